# SPDX-License-Identifier: EUPL-1.2
"""NOTIFY (RFC 5465) on bad days: many sessions, a client that does not read, stored that dies, a folder deleted while it is watched and selected."""
import itertools
import os
import select
import signal
import threading
import time

import pytest
from instance import Instance

MANY = int(os.environ.get("PLI_SESSIONS", "40"))


class Lines:
    """A session of which every line counts."""
    def __init__(self, pli, who, *commands):
        self.m = pli.imap(who)
        self.n = 0
        for command in commands:
            assert self.ask(command)[-1].split(" ", 1)[1].startswith("OK"), command

    def line(self, timeout=20):
        self.m.sock.settimeout(timeout)
        return self.m.readline().decode().rstrip("\r\n")

    def send(self, command):
        self.n += 1
        self.m.send(b"n%d %s\r\n" % (self.n, command.encode()))
        return f"n{self.n} "

    def ask(self, command):
        tag, lines = self.send(command), []
        while not lines or not lines[-1].startswith(tag):
            lines.append(self.line())
        return lines

    def until(self, start):
        while not (line := self.line()).startswith(start):
            assert line, f"closed, while waiting for {start}"
        return line

    def close(self):
        self.m.sock.close()


def append(pli, who, folder="INBOX"):
    with pli.imap(who) as m:
        assert m.append(folder, None, None, b"Subject: x\r\n\r\nx")[0] == "OK"


@pytest.fixture(scope="module")
def pli():
    with Instance(conf=["imapd {", f"max_sessions_per_account = {MANY + 20}", "}"]) as pli:
        pli.add("gp@chu.test", sign="never")
        yield pli


def test_many_sessions_are_told_at_once(pli):
    """Each hears of a message in the selected folder, and in another one, without asking; how long it took is told when it fails."""
    half = [Lines(pli, "gp@chu.test", "SELECT INBOX", "NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MessageNew MessageExpunge))") for _ in range(MANY // 2)]
    rest = [Lines(pli, "gp@chu.test", "NOTIFY SET (personal (MessageNew MessageExpunge))") for _ in range(MANY // 2)]
    writer = Lines(pli, "gp@chu.test")
    for folder, start in (("INBOX", "* 1 EXISTS"), ("Sent", "* STATUS Sent (MESSAGES 1 ")):
        began = time.monotonic()
        writer.m.append(folder, None, None, b"Subject: x\r\n\r\nx")
        for one in half:
            one.until(start)
        for one in rest:
            one.until(f"* STATUS {folder} (MESSAGES 1 ")
        took = time.monotonic() - began
        assert took < 60, took
        print(f"{MANY} sessions told of {folder} in {took * 1000:.0f} ms")
    writer.m.select("INBOX")
    writer.m.store("1", "+FLAGS.SILENT", "\\Deleted")
    writer.m.expunge()
    for one in half:
        one.until("* 1 EXPUNGE")
    for one in rest:
        one.until("* STATUS INBOX (MESSAGES 0 ")
    for one in half + rest + [writer]:
        one.close()


def test_who_does_not_read_holds_nobody(pli):
    pli.add("sourd@chu.test", sign="never")
    deaf = Lines(pli, "sourd@chu.test", "NOTIFY SET (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))")
    ears = Lines(pli, "sourd@chu.test", "NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))")
    with pli.imap("sourd@chu.test") as m:
        for n in range(20):
            name = f"f{n % 7}-" + "x" * 200
            assert m.create(name)[0] == "OK"
            ears.until('* LIST (\\HasNoChildren) "/" ' + name)  # one that comes and goes between two looks is no news
            assert m.append(name, None, None, b"Subject: x\r\n\r\nx")[0] == m.delete(name)[0] == "OK"
            ears.until('* LIST (\\HasNoChildren \\NonExistent) "/" ' + name)
    assert pss(pli.session(deaf.m)) < pss(pli.session(ears.m)) + 1024, "KiB"
    last = deaf.ask("NOOP")[-1]  # it is all there, in order, once somebody reads
    assert " OK " in last
    deaf.close(), ears.close()


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Pss_Anon:"))


def test_stored_dies_while_it_is_watched(pli):
    pli.add("tue@chu.test", sign="never")
    one = Lines(pli, "tue@chu.test", "SELECT INBOX", "NOTIFY SET (selected (MessageNew MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge MailboxName))")
    for n in (1, 2):
        pid = pli.daemon("pli-stored")
        os.kill(pid, signal.SIGKILL)
        pli.wait_daemon("pli-stored", not_pid=pid)
        append(pli, "tue@chu.test")
        one.until(f"* {n} EXISTS")
        append(pli, "tue@chu.test", "Sent")
        one.until(f"* STATUS Sent (MESSAGES {n} ")
        with pli.imap("tue@chu.test") as m:
            assert m.create(f"neuf{n}")[0] == "OK"
        one.until(f'* LIST (\\HasNoChildren) "/" neuf{n}')
        one.until(f"* STATUS neuf{n} (MESSAGES 0 ")
    assert one.ask("NOOP") == [f"n{one.n} OK NOOP completed"]
    one.close()


def test_the_selected_folder_is_renamed_then_deleted(pli):
    pli.add("efface@chu.test", sign="never")
    other = Lines(pli, "efface@chu.test", "CREATE ici", "CREATE la")
    one = Lines(pli, "efface@chu.test", "SELECT ici", "NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MessageNew MessageExpunge MailboxName))")
    other.ask("RENAME ici autre")
    assert one.line() == '* LIST (\\HasNoChildren) "/" autre ("OLDNAME" (ici))'
    append(pli, "efface@chu.test", "autre")  # it is still the selected one
    assert one.line() == "* 1 EXISTS" and one.line() == "* 1 RECENT"
    assert one.ask("SELECT la")[-1].split()[1] == "OK"
    append(pli, "efface@chu.test", "autre")
    assert one.line().startswith("* STATUS autre (MESSAGES 2 ")
    append(pli, "efface@chu.test", "la")
    assert one.line() == "* 1 EXISTS" and one.line() == "* 1 RECENT"
    other.ask("DELETE la")
    lines = [one.line(), one.line()]
    assert lines[0].startswith("* BYE Boite supprimee") and lines[1] == "", lines
    one.close(), other.close()


@pytest.mark.skipif(not os.environ.get("PLI_LONG"), reason="makes a thousand folders: PLI_LONG=1")
def test_more_mailboxes_than_are_watched(pli):
    pli.add("mille@chu.test", sign="never")
    one = Lines(pli, "mille@chu.test", "NOTIFY SET (subtree d (MailboxName)) (selected (MessageNew MessageExpunge))")
    with pli.imap("mille@chu.test") as m:
        for n in range(1001):
            assert m.create(f"d/{n}")[0] == "OK"
    line = one.until("* OK [")
    assert line.startswith("* OK [NOTIFICATIONOVERFLOW] ")
    assert one.ask("NOTIFY SET (subtree d (MailboxName))")[-1].split(" ", 1)[1].startswith("NO [NOTIFICATIONOVERFLOW] ")
    one.close()


def test_news_without_end_let_commands_through(pli):
    """While others change flags without a pause, a client with NOTIFY, or in IDLE, is answered: it waits for one round of news at most."""
    pli.add("presse@chu.test", sign="never")
    with pli.imap("presse@chu.test") as m:
        for _ in range(3):
            assert m.append("INBOX", None, None, b"Subject: x\r\n\r\nx")[0] == "OK"
        m.send(b"".join(b"c CREATE %d\r\n" % n for n in range(300)))  # a look takes a while: the next change is there when it ends
        assert all(m.readline().startswith(b"c OK") for _ in range(300))
        assert m.select("INBOX")[0] == "OK" and all(m.copy("1:3", str(n))[0] == "OK" for n in range(1, 5))
    stop = threading.Event()

    def change(n):
        m, word = Lines(pli, "presse@chu.test", f"SELECT {n or 'INBOX'}"), ("+", "-")
        m.m.sock.settimeout(20)
        for turn in itertools.count():
            if stop.is_set():
                break
            m.m.send(b"".join(b"s STORE 2 %sFLAGS.SILENT (\\Flagged)\r\n" % word[(turn + i) % 2].encode() for i in range(101)))
            done = 0
            while done < 101:
                done += m.m.readline().startswith(b"s OK")
        m.close()

    others = [threading.Thread(target=change, args=(n,)) for n in range(5)]
    one = Lines(pli, "presse@chu.test", "SELECT INBOX", "NOTIFY SET (selected (MessageNew MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge FlagChange))")
    for other in others:
        other.start()
    try:
        told = []
        for _ in range(5):
            one.until("* ")  # the news come
            while one.m.sock.pending() or select.select([one.m.sock], [], [], 0)[0]:
                one.line()  # all that is here already
            lines = one.ask("NOOP")
            told.append(sum(line.startswith("* STATUS 1 ") for line in lines))
        assert max(told) < 60, told  # some were on their way, in buffers
        tag = one.send("IDLE")
        one.until("+ ")
        one.until("* ")
        began = time.monotonic()
        one.m.send(b"DONE\r\n")
        one.until(tag + "OK")
        assert time.monotonic() - began < 60
    finally:
        stop.set()
        for other in others:
            other.join()
    one.close()


def test_own_annotations_are_no_news(pli):
    """What the session set itself while nothing was told is not told as another's later, and another's in between is."""
    pli.add("note@chu.test", sign="never")
    one = Lines(pli, "note@chu.test", "ENABLE METADATA", "NOOP", "NOTIFY NONE")
    other = Lines(pli, "note@chu.test")
    for who, entry in ((one, "a"), (other, "b"), (one, "c"), (other, "d"), (one, "e"), (one, "f")):
        assert who.ask(f'SETMETADATA INBOX (/private/{entry} "x")')[-1].split()[1] == "OK"
    lines = one.ask("NOTIFY SET (personal (MailboxMetadataChange))")
    assert [line for line in lines if line.startswith("* METADATA")] == ["* METADATA INBOX /private/b /private/d"], lines
    one.close(), other.close()


def test_an_idle_session_without_a_folder_is_told_of_each_annotation(pli):
    """An annotation that is set while the session looks at the one before it is told too: two come in one flight, again and again."""
    pli.add("annote@chu.test", sign="never")
    one, other = Lines(pli, "annote@chu.test", "ENABLE METADATA"), Lines(pli, "annote@chu.test")
    tag = one.send("IDLE")
    one.until("+ ")
    for n in range(100):
        other.m.send(b"".join(b's SETMETADATA INBOX (/private/n%d "%d")\r\n' % (i, n) for i in range(3)))
        missing = {"/private/n0", "/private/n1", "/private/n2"}
        while missing:
            missing -= set(one.until("* METADATA INBOX ").split()[3:])
    one.m.send(b"DONE\r\n")
    assert one.until(tag + "OK")
    one.close(), other.close()


@pytest.mark.parametrize("waits", ["IDLE", "NOTIFY SET (personal (MailboxMetadataChange))"])
def test_a_long_wait_keeps_room_for_its_news(pli, waits):
    """Each look at the folders takes memory of a command's; a wait is one command, or none, for half an hour."""
    who = f"long{waits[:2].lower()}@chu.test"
    pli.add(who, sign="never")
    other, one = Lines(pli, who), Lines(pli, who, "ENABLE METADATA")
    other.m.send(b"".join(b"c CREATE %s%d\r\n" % (b"x" * 200, n) for n in range(500)))
    for _ in range(500):
        other.until("c OK")
    one.send(waits)
    one.until("+ " if waits == "IDLE" else f"n{one.n} OK")
    for n in range(60):
        assert other.ask(f'SETMETADATA INBOX (/private/n "{n}")')[-1].split()[1] == "OK"
        assert one.until("* METADATA ") == "* METADATA INBOX /private/n"
    one.close(), other.close()


def test_a_folder_deleted_amid_news_is_told_once(pli):
    """What is looked at while news come is no wait for the client: its end in vain is not why the session says BYE."""
    pli.add("attend@chu.test", sign="never")
    other = Lines(pli, "attend@chu.test")
    for n in range(5):
        assert other.ask("CREATE ici")[-1].split()[1] == "OK"
        one = Lines(pli, "attend@chu.test", "ENABLE METADATA", "SELECT ici")
        one.send("IDLE")
        one.until("+ ")
        other.m.send(b"".join(b's SETMETADATA ici (/private/n "%d")\r\n' % i for i in range(30)) + b"t DELETE ici\r\n")
        other.until("t OK")
        lines = [one.until("* BYE "), one.line()]
        assert lines[0].startswith("* BYE Boite supprimee") and lines[1] == "", (n, lines)
        one.close()
    other.close()
