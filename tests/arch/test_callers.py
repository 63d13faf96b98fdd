# SPDX-License-Identifier: EUPL-1.2
"""A function of the product has a caller in the product: what only tests call is code that nobody runs.

Read from the text: what a header of the product declares must be named in the product elsewhere than where it is declared and defined. What waits
for its caller is named below with its reason.
"""
import re

from test_arch import code, in_house, is_test, report

TESTS_TOO = ("_test.h", "_fixture_int.h")
KEPT = {
    r"scan_memory": "what a scan holds: its bound is seen by the test of a message made to be large",
}


def declared():
    """{name: header} of functions and objects that headers of the product declare."""
    found = {}
    for name in in_house(".h"):
        if is_test(name) or name.endswith(TESTS_TOO):
            continue
        body = re.sub(r"(?m)^\s*#.*(?:\\\n.*)*", "", code(name))
        body = re.sub(r"static inline[^{]*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}", "", body)
        for m in re.finditer(r"(?m)^(?!typedef|static|IPC_MESSAGE|\s)[^;{}()=]*?\b(\w+)\s*\([^;{}]*?;", body):
            found[m[1]] = name
        for m in re.finditer(r"(?m)^extern\b([^;(]*);", body):
            for part in m[1].split(","):
                found[re.findall(r"\w+", re.sub(r"\[[^\]]*\]", "", part))[-1]] = name
    return found


def test_every_function_has_a_caller():
    product = "\n".join(code(n) for n in in_house(".c", ".h") if not is_test(n) and not n.endswith(TESTS_TOO))
    uses, pasted, lost = {}, tuple(re.findall(r"\b(\w+_)##", product)), []  # do_##name: bound by an X-list
    for word in re.findall(r"\b[a-z_]\w*\b", product):
        uses[word] = uses.get(word, 0) + 1
    for name, header in sorted(declared().items()):
        # declared once and defined once: whatever else names it, a table say, is a caller
        if uses.get(name, 0) <= 2 and not (pasted and name.startswith(pasted)) and not any(re.fullmatch(k, name) for k in KEPT):
            lost.append(f"{header}: {name}: only tests call it")
    assert "buf_addspan" in declared() and "do_" in pasted
    report(lost)
