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
# A command or a word of the extension, where its test does not write its name.
WORDS = {"IMAP4rev1": "SELECT", "LITERAL+": "{", "SASL-IR": "AUTHENTICATE PLAIN ", "AUTH": "AUTHENTICATE", "UIDPLUS": "APPENDUID", "MOVE": "MOVE",
         "STATUS=SIZE": "(SIZE", "LIST-STATUS": "STATUS (", "LIST-EXTENDED": "RETURN (", "CHILDREN": "HasChildren",
         "WITHIN": "OLDER", "SORT=DISPLAY": "DISPLAY", "THREAD=ORDEREDSUBJECT": "ORDEREDSUBJECT", "THREAD=REFERENCES": "REFERENCES", "ESORT": "RETURN",
         "I18NLEVEL=1": "UTF-8", "STARTTLS": "clear", "LOGINDISABLED": "clear"}


@pytest.mark.skipif(not IMAPD.exists(), reason="pli-imapd is not built")
def test_the_page_is_the_table():
    table = json.loads(subprocess.run([IMAPD, "--extensions"], capture_output=True, text=True, check=True).stdout)
    assert [(row[0], int(row[1])) for row in ROWS] == [(x["name"], x["rfc"]) for x in table]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_has_a_file_and_a_test(row):
    name, rfc, sections, file, test, _ = row
    assert sections
    assert re.search(rf"\b{rfc}\b", (TOP / file).read_text()), f"{file} does not name RFC {rfc}"
    assert WORDS.get(name, name) in (TOP / test).read_text(), f"{test} does not speak of {name}"
