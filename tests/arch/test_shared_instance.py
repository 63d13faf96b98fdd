# SPDX-License-Identifier: EUPL-1.2
"""Tests of many files share one instance (conftest.pli), in an order that nobody knows: a domain that one of them takes up is elsewhere for no other."""
import re

from test_arch import TOP, report


def sharers():
    """{file: text} of those that use the shared instance: a test takes pli, and the file makes none of that name."""
    found = {}
    for path in sorted((TOP / "tests").glob("*/test_*.py")):
        text = path.read_text()
        if re.search(r"^def test_\w+\([^)]*\bpli\b", text, re.M) and not re.search(r"^def pli\(", text, re.M):
            found[path] = text
    return found


def test_no_domain_is_one_of_ours_and_elsewhere():
    texts, found = sharers(), []
    assert any(path.name == "test_domains.py" for path in texts)
    for path, text in texts.items():
        for domain in re.findall(r'\bpli\.pli\("domain", "add", "([\w.-]+)"', text):
            for other, words in texts.items():
                if other != path and re.search(rf"(?<![\w.-]){re.escape(domain)}\b", words, re.I):
                    found.append(f"{path.name} takes up {domain}, which stands in {other.name} too")
    report(found)
