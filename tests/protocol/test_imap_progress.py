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
    assert all(got), lines
    return [(g[1], int(g[2]), int(g[3])) for g in got]


def test_progress():
    with Instance(conf=["imapd {", "progress = 0", "}"]) as pli:
        pli.add("gp@chu.test", sign="never")
        with pli.imap("gp@chu.test") as m:
            assert ask(m, "APPEND INBOX" + ONE * 30)[1].startswith("OK")
            m.select("INBOX")
            for line in ("SEARCH TEXT absent", "UID SEARCH LARGER 1", "COPY 1:* Sent", "MOVE 1:3 Sent"):
                got = told(m, line)
                assert got and {tag for tag, _, _ in got} == {got[0][0]}, line
                done = [d for _, d, _ in got]
                assert done == sorted(done) and all(0 <= d <= total for _, d, total in got), (line, got)
            assert told(m, "SEARCH SEEN") == [] and told(m, "NOOP") == []


def test_a_short_command_says_nothing(pli):
    pli.add("bref@chu.test", sign="never")
    with pli.imap("bref@chu.test") as m:
        assert ask(m, "APPEND INBOX" + ONE * 30)[1].startswith("OK")
        m.select("INBOX")
        assert told(m, "SEARCH TEXT absent") == [] and told(m, "COPY 1:* Sent") == []
