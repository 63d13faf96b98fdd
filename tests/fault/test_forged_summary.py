# SPDX-License-Identifier: EUPL-1.2
"""A summary is sealed by the session that took the message in. Taken over, it could seal anything, and its texts go into another person's
IMAP stream. What is not lawful there is not believed: the answer is made anew from the octets, and the stream stays in step."""
import subprocess

import pytest
from instance import TOP

MESSAGE = ("From: a@chu.test\r\nTo: b@chu.test\r\nSubject: vrai sujet\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@chu.test>\r\n"
           "\r\nBonjour.\r\n")
NILS = "NIL NIL NIL NIL NIL NIL NIL NIL "
TRUE_STRUCTURE = b'("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 10 1 NIL NIL NIL NIL)'
ENVELOPE, BODY, STRUCTURE, PARTS, FACTS = "1", "2", "3", "4", "6"
FORGED = {
    "envelope-answers": [ENVELOPE, f"(NIL {NILS}NIL))\r\n* 1 EXPUNGE\r\n* 5 EXISTS\r\n* 2 FETCH (ENVELOPE (NIL {NILS}NIL)"],
    "envelope-bye": [ENVELOPE, "NIL)\r\n* BYE Session expired, sign in at http://evil.test/\r\n"],
    "envelope-long-literal": [ENVELOPE, f"(NIL {NILS}{{100000}}\r\nx)"],
    "envelope-tagged": [ENVELOPE, f"(NIL {NILS}NIL))\r\nx1 OK done\r\n"],
    "body": [BODY, '("text" "plain" NIL NIL NIL "7BIT" 1 1))\r\n* 1 EXPUNGE\r\n* 1 FETCH (BODY NIL'],
    "structure": [STRUCTURE, '("text" "plain" NIL NIL NIL "7BIT" 1 1 NIL NIL NIL NIL) UID 77'],
    "structure-deep": [STRUCTURE, "(" * 20000],
    "future-version": ["0", "9"],
    "no-structure": [STRUCTURE, ""],
    "facts": [FACTS, "abc"],
}


@pytest.fixture(scope="module")
def forge(pli):
    def make(address, *forged):
        subprocess.run([TOP / "build/test/tests/lib/forge_summary", pli.root, address, MESSAGE, *forged], check=True)
    return make


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_summary_says_nothing(pli, forge, name):
    address = f"forge.{name}@{pli.domain}"
    pli.add(address, sign="never")
    forge(address)                 # the tool's own message is served as it is
    forge(address, *FORGED[name])
    with pli.imap(address) as m:
        m.select("INBOX")
        typ, data = m.fetch("1:2", "(UID ENVELOPE BODY BODYSTRUCTURE BODY.PEEK[1] BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        lines = b"".join(x if isinstance(x, bytes) else x[0] + x[1] for x in data)
        assert typ == "OK" and len([x for x in data if isinstance(x, tuple)]) == 4, data
        assert lines.count(b'"vrai sujet"') == 2 and lines.count(TRUE_STRUCTURE) == 2 and lines.count(b"Bonjour.") == 2, data
        assert not m.untagged_responses.get("EXPUNGE") and m.untagged_responses["EXISTS"] == [b"2"]
        assert b"evil" not in lines
        assert m.uid("SEARCH", "HEADER", "SUBJECT", "sujet")[1] == [b"1 2"] and m.noop()[0] == "OK"
    said = pli.output()
    assert "ev=summaries-made-anew" in said and f"account={address} folder=1 n=1" in said
