# SPDX-License-Identifier: EUPL-1.2
"""Where messages, names and passwords are in clear, every buffer is wiped (base/buf.h: .secret), from its declaration on.

In these folders a struct buf that is declared is one of
- a local:   struct buf text = BUF_SECRET_INIT;
- a member:  set by a designated BUF_SECRET_INIT, an assignment of it, or buf_init_secret(), in the folder that declares it;
- open:      its declaration says on its line why nothing in clear gets into it: /* open: UIDs */
and nothing marks a buffer later on: what was put into it before would have been moved without being wiped.
"""
import re

from test_arch import code, in_house, is_test, report, text

CLEAR = ("imapd", "smtpd", "flow", "extract", "mime")


def sources():
    return [n for n in in_house(".c", ".h") if n.split("/")[0] in CLEAR and not is_test(n) and not n.endswith("_test.h")]


def declared(line):
    """Names and initial values of the buffers that a line declares, pointers and parameters apart."""
    for m in re.finditer(r"(?:^|[{;]|\bstatic\b)\s*struct buf ((?!\*)[^;()]*);", line):
        for part in re.split(r",\s*(?![^{]*\})", m[1]):
            if not part.startswith("*"):
                name, _, value = part.partition("=")
                yield name.strip(), value.strip()


def initialised(folder):
    """Names of members that are made secret somewhere in the folder."""
    all_code = "\n".join(code(n) for n in sources() if n.split("/")[0] == folder)
    return set(re.findall(r"\.(\w+) = BUF_SECRET_INIT", all_code)) | set(re.findall(r"(\w+) = \(struct buf\)BUF_SECRET_INIT", all_code)) | \
        set(re.findall(r"buf_init_secret\(&[\w.>-]*?(\w+)\)", all_code))


def test_every_buffer_is_secret_or_says_why_not():
    found, seen = [], 0
    made = {folder: initialised(folder) for folder in CLEAR}
    for name in sources():
        for number, (line, bare) in enumerate(zip(text(name).split("\n"), code(name).split("\n")), 1):
            for buf, value in declared(bare):
                seen += 1
                if re.search(r"/\* open: \w", line) or value == "BUF_SECRET_INIT" or (not value and buf in made[name.split("/")[0]]):
                    continue
                found.append(f"{name}:{number}: {buf}: BUF_SECRET_INIT, or /* open: why */")
            if re.search(r"\bBUF_INIT\b", bare) and not re.search(r"/\* open: \w", line):  # in a struct's initialiser, say
                found.append(f"{name}:{number}: BUF_INIT")
    assert seen > 100
    report(found)


def test_none_is_marked_later():
    report([f"{name}:{number}: {line.strip()}: marked behind its declaration"
            for name in sources() for number, line in enumerate(code(name).split("\n"), 1) if re.search(r"\bsecret = true", line)])
