# SPDX-License-Identifier: EUPL-1.2
"""QUOTA (RFC 9208) with QUOTA=RES-STORAGE and QUOTA=RES-MESSAGE: what is told is what is enforced; a full mailbox; STATUS (DELETED DELETED-STORAGE)."""
import os
import re
import signal

from instance import Instance

SMALL = b"Subject: x\r\n\r\n" + b"y" * 10_000


def ask(m, line):
    """Untagged lines, and the tagged one, of a command that imaplib does not know."""
    tag = m._new_tag()
    m.send(tag + b" " + line.encode() + b"\r\n")
    told = []
    while True:
        got = m.readline().decode().rstrip()
        if got.startswith(tag.decode()):
            return told, got[len(tag) + 1:]
        told.append(got)


def storage(told):
    return tuple(map(int, re.search(r"STORAGE (\d+) (\d+)", told).groups())) if "STORAGE" in told else None


def test_what_is_told_is_what_is_enforced():
    with Instance(conf=["stored {", "max_messages = 1000", "}"]) as pli:
        pli.add("gp@chu.test", sign="never", extra=["--quota", "60K"])
        pli.add("libre@chu.test", sign="never", extra=["--quota", "0"])
        os.kill(pli.daemon("pli-relayd"), signal.SIGSTOP)  # no mail that says that it fills up (test_quota_warning.py): octets are counted here
        with pli.imap("gp@chu.test") as m:
            assert "QUOTA" in m.capabilities or "QUOTA" in ask(m, "CAPABILITY")[0][0]
            told, end = ask(m, "GETQUOTAROOT INBOX")
            assert end.startswith("OK") and told == ['* QUOTAROOT INBOX ""', '* QUOTA "" (STORAGE 0 60 MESSAGE 0 1000)']
            n = 0
            while m.append("INBOX", None, None, SMALL)[0] == "OK":
                n += 1
                used, most = storage(ask(m, 'GETQUOTA ""')[0][0])
                assert used == -(-n * (len(SMALL) + 1024) // 1024) <= most == 60
            assert n == 60 * 1024 // (len(SMALL) + 1024)
            assert ask(m, "APPEND INBOX {%d+}\r\n%s" % (len(SMALL), SMALL.decode()))[1].startswith("NO [OVERQUOTA]")
            m.select("INBOX")
            assert ask(m, "COPY 1 Sent")[1].startswith("NO [OVERQUOTA]")
            assert ask(m, "MOVE 1 Sent")[1].startswith("OK")  # takes no room
            assert m.store("1:2", "+FLAGS", "(\\Deleted)")[0] == "OK"
            assert ask(m, "STATUS INBOX (MESSAGES DELETED DELETED-STORAGE)")[0] == [
                f"* STATUS INBOX (MESSAGES {n - 1} DELETED 2 DELETED-STORAGE {2 * len(SMALL)})"]
            assert ask(m, "STATUS Sent (DELETED DELETED-STORAGE)")[0] == ["* STATUS Sent (DELETED 0 DELETED-STORAGE 0)"]
            m.expunge()
            assert m.append("INBOX", None, None, SMALL)[0] == "OK"
            assert ask(m, "GETQUOTA autre")[1].startswith("NO [NONEXISTENT]")
            assert ask(m, "GETQUOTAROOT absent")[1].startswith("NO [NONEXISTENT]")
            assert ask(m, "GETQUOTA")[1].startswith("BAD") and ask(m, 'GETQUOTA "" x')[1].startswith("BAD")
            assert ask(m, 'SETQUOTA "" (STORAGE 9)')[1].startswith("BAD")
        with pli.imap("libre@chu.test") as m:  # no quota of octets: it is not told
            one = " {14+}\r\nSubject: x\r\n\r\n"
            for k in range(9):
                assert ask(m, "APPEND Sent" + one * 111)[1].startswith("OK")
            assert ask(m, "APPEND Sent" + one * 2)[1].startswith("NO [OVERQUOTA]")  # there is room for one: for none of two
            assert ask(m, 'GETQUOTA ""')[0] == ['* QUOTA "" (MESSAGE 999 1000)']
            assert ask(m, "APPEND Sent" + one)[1].startswith("OK")
            assert ask(m, "APPEND INBOX" + one)[1].startswith("NO [OVERQUOTA]")
        os.kill(pli.daemon("pli-relayd"), signal.SIGCONT)


def test_no_limit_is_no_resource(pli):
    pli.add("sans@chu.test", sign="never", extra=["--quota", "0"])
    with pli.imap("sans@chu.test") as m:
        told = ask(m, 'GETQUOTA ""')[0][0]
        assert storage(told) is None and re.fullmatch(r'\* QUOTA "" \((MESSAGE 0 \d+)?\)', told)
