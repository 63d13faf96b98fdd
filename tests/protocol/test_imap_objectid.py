# SPDX-License-Identifier: EUPL-1.2
"""OBJECTID (RFC 8474): an EMAILID follows its message through COPY and MOVE and finds it; the same octets put twice are two messages."""
import re


def ids(m, rows="1:*"):
    return re.findall(r"EMAILID \((M[0-9a-f]+)\)", b" ".join(m.fetch(rows, "(EMAILID)")[1]).decode())


def test_an_email_keeps_its_id(pli):
    pli.add("objet@chu.test", sign="never")
    with pli.imap("objet@chu.test") as m:
        for _ in range(2):
            m.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")
        m.select("INBOX")
        first, second = ids(m)
        assert first != second
        m.copy("1", "Archive")
        m._simple_command("MOVE", "2", "Archive")
        m.select("Archive")
        assert ids(m) == [first, second]
        assert m.search(None, "EMAILID", second)[1] == [b"2"]
        assert m.search(None, "EMAILID", first, "EMAILID", second)[1] == [b""]
        for _ in range(2):  # what the first SEARCH kept of the header knows no ids
            assert m.search(None, "EMAILID", second, "SUBJECT", "x")[1] == [b"2"]
