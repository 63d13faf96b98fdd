# SPDX-License-Identifier: EUPL-1.2
"""INPROGRESS (RFC 9585): a long command says how far it is, with its tag, growing, never beyond the whole; a short one says nothing."""
import re

from instance import Instance
from test_imap_quota import ask

ONE = " {14+}\r\nSubject: x\r\n\r\n"


def told(m, line):
    lines, end = ask(m, line)
    assert end.startswith("OK"), end
    got = [re.fullmatch(r'\* OK \[INPROGRESS \("(\w+)" (\d+) (\d+)\)\] .*', x) for x in lines if "INPROGRESS" in x]
    tag = (m.tagpre + b"%d" % (m.tagnum - 1)).decode()
    assert all(got) and {g[1] for g in got} <= {tag}, (tag, lines)
    return [(int(g[2]), int(g[3])) for g in got]


def test_progress():
    with Instance(conf=["imapd {", "progress = 0", "}"]) as pli:
        pli.add("gp@chu.test", sign="never")
        with pli.imap("gp@chu.test") as m:
            assert ask(m, "APPEND INBOX" + ONE * 30)[1].startswith("OK")
            m.select("INBOX")
            for line in ("SEARCH TEXT absent", "UID SEARCH LARGER 1", "SORT (SUBJECT) UTF-8 TEXT x", "THREAD REFERENCES UTF-8 TEXT x", "COPY 1:* Sent", "MOVE 1:3 Sent"):
                got = told(m, line)
                done = [d for d, _ in got]
                assert got and done == sorted(done) and all(0 <= d <= total for d, total in got), (line, got)
            assert told(m, "SEARCH SEEN") == [] and told(m, "NOOP") == []


def test_a_short_command_says_nothing(pli):
    pli.add("bref@chu.test", sign="never")
    with pli.imap("bref@chu.test") as m:
        assert ask(m, "APPEND INBOX" + ONE * 30)[1].startswith("OK")
        m.select("INBOX")
        assert told(m, "SEARCH TEXT absent") == [] and told(m, "COPY 1:* Sent") == []
