# SPDX-License-Identifier: EUPL-1.2
"""docs/imap-extensions.md is the program's table: every extension in its order, with its RFC, a file that is there and a test that speaks of it."""
import json
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "lib"))
from instance import build_dir  # noqa: E402

IMAPD = build_dir() / "bin" / "pli-imapd"
ROWS = [[cell.strip().strip("`") for cell in line.strip("|\n").split("|")] for line in (TOP / "docs/imap-extensions.md").read_text().splitlines()
        if line.startswith("|")][2:]
# What the conversation must hold of an extension whose name it does not say: patterns, each found in one of its lines (comments apart).
PROOF = {"IMAP4rev1": [r'ask\(f"SELECT \{self\.inbox\}"\)', r'EXISTS", got\)', r'EXPUNGE", got\)'], "LITERAL+": [r"^C>.*\{\d+\+\}"], "SASL-IR": [r"^C\d?> \w+ AUTHENTICATE PLAIN \S"],
         "AUTH": [r"^C\d?> \w+ AUTHENTICATE PLAIN", r"^C\d?< \w+ OK "], "UIDPLUS": [r"^C\d?<.* OK \[APPENDUID \d|^C<.* OK \[APPENDUID <"],
         "MOVE": [r"^C\d?> \w+ MOVE ", r"^C\d?<~? \* OK \[COPYUID ", r"^C\d?<~? \* \d+ EXPUNGE"], "STATUS=SIZE": [r"^C\d?> .*\(SIZE", r"^C\d?< \* STATUS .*SIZE \d"],
         "LIST-STATUS": [r"^C\d?> .*RETURN \(.*STATUS \(", r"^C\d?< \* STATUS "], "LIST-EXTENDED": [r"^C\d?> \w+ LIST \(SUBSCRIBED", r"RETURN \("],
         "CHILDREN": [r"^C\d?<.*\\HasChildren", r"^C\d?<.*\\HasNoChildren"], "WITHIN": [r"^C\d?> .*OLDER \d", r"^C\d?> .*YOUNGER \d"],
         "SORT=DISPLAY": [r"^C\d?> .*SORT .*DISPLAYFROM"], "THREAD=ORDEREDSUBJECT": [r"^C\d?> .*THREAD ORDEREDSUBJECT", r"^C\d?< \* THREAD "],
         "THREAD=REFERENCES": [r"^C\d?> .*THREAD REFERENCES", r"^C\d?< \* THREAD "], "ESORT": [r"^C\d?> \w+ (UID )?SORT RETURN \(", r"^C\d?< \* ESEARCH "],
         "I18NLEVEL=1": [r"^C\d?> .*SUBJECT \"ÉCLAMPSIE\"", r"^C\d?> .*SUBJECT eclampsie", r"^C\d?< \* SORT 1 2 4 3"],
         "CONTEXT=SORT": [r"^C\d?> .*SORT RETURN \(UPDATE", r"^C\d?< \* ESEARCH .*ADDTO \([1-9]"], "STARTTLS": [r"^C> \w+ STARTTLS", r"^@starttls C"],
         "LOGINDISABLED": [r"^C\d?<.*LOGINDISABLED"]}


def lines_of(test):
    """Of a transcript what is said, of a program its code: a name in a comment proves nothing."""
    keep = r"C\d?[<>~#!]|@|\|" if test.endswith(".txt") else r"\s*[^#\s]"
    return [line for line in (TOP / test).read_text().splitlines() if re.match(keep, line)]


@pytest.mark.skipif(not IMAPD.exists(), reason="pli-imapd is not built")
def test_the_page_is_the_table():
    table = json.loads(subprocess.run([IMAPD, "--extensions"], capture_output=True, text=True, check=True).stdout)
    assert [(row[0], int(row[1])) for row in ROWS] == [(x["name"], x["rfc"]) for x in table]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_has_a_file_and_a_test(row):
    name, rfc, sections, file, test, _ = row
    assert sections
    assert re.search(rf"\b{rfc}\b", (TOP / file).read_text()), f"{file} does not name RFC {rfc}"
    lines = lines_of(test)
    for pattern in PROOF.get(name, [re.escape(name)]):
        assert any(re.search(pattern, line) for line in lines), f"{test} has no line like {pattern}: it does not speak of {name}"
