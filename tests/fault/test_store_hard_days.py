# SPDX-License-Identifier: EUPL-1.2
"""The store on a hard day, seen from outside: it dies under a listing, one bit of it is flipped, it stalls."""
import os
import re
import signal
import socket
import time
import types

import pytest
from instance import PASSWORD, Instance, eventually, plain


@pytest.fixture(scope="module")
def shared():
    with Instance() as inst:
        inst.add("a@chu.test", sign="never")
        yield inst


def fill(pli, user, rows, subject):
    """A folder of that many messages, made by copies."""
    m = pli.imap(user)
    m.create("X")
    m.append("X", None, None, b"Subject: " + subject + b"\r\n\r\nx\r\n")
    m.select("X")
    have = 1
    while have < rows:
        take = min(have, rows - have, 2000)
        assert m.copy(f"1:{take}", "X")[0] == "OK"
        m.noop()
        have += take
    m.logout()


def wait_blocked(pid):
    """The process waits: it has used no processor time for a second."""
    def used():
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[11:13]
    end = time.monotonic() + 60
    while time.monotonic() < end:
        before = used()
        time.sleep(1)
        if used() == before:
            return
    raise AssertionError("the session does not come to rest")


def test_stored_dies_under_a_listing(shared):
    """The client reads slowly, the session has a page at hand and another on its way: stored is killed, the listing is whole."""
    rows, subject = 12000, b" ".join([b"s" * 60] * 14)
    fill(shared, "a@chu.test", rows, subject)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", shared.port("imaps")))
    raw.settimeout(120)
    with shared.tls().wrap_socket(raw, server_hostname="localhost") as s, s.makefile("rb") as f:
        def ask(line, tag):
            s.sendall(tag + b" " + line + b"\r\n")
            while not (got := f.readline()).startswith(tag):
                assert got
            assert b" OK " in got, got
        f.readline()
        ask(f"LOGIN a@chu.test {PASSWORD}".encode(), b"a")
        ask(b"SELECT X", b"b")
        s.sendall(b"c FETCH 1:* (ENVELOPE)\r\n")
        first = f.readline()
        wait_blocked(shared.session(types.SimpleNamespace(sock=s)))     # it has begun, and waits for us
        pid = shared.daemon("pli-stored")
        os.kill(pid, signal.SIGKILL)
        shared.wait_daemon("pli-stored", not_pid=pid)
        seen, line = 0, first
        while not line.startswith(b"c "):
            assert line, f"the session ended after {seen} rows: {shared.output()[-2000:]}"
            seen += 1
            assert line.startswith(b"* %d FETCH " % seen) and subject in line, line[:200]
            line = f.readline()
        assert b" OK " in line and seen == rows, (line, seen)
    assert "AddressSanitizer" not in shared.output()


def test_stalled_store_makes_no_duplicate(own):
    """451 after the wait; what was refused is not filed later; the sender's second try is."""
    shared = own(conf=["stored {", "timeout = 2", "}"])
    shared.add("b@chu.test", sign="never")
    def count():
        m = shared.imap("b@chu.test")
        n = int(m.select("INBOX")[1][0])
        m.logout()
        return n
    mail = plain("une seule fois", "b@chu.test", "b@chu.test")
    before = count()
    with shared.smtp(login="b@chu.test", timeout=90) as s:
        s.mail("b@chu.test")
        assert s.rcpt("b@chu.test")[0] == 250
        assert s.docmd("DATA")[0] == 354
        pid = shared.daemon("pli-stored")
        os.kill(pid, signal.SIGSTOP)
        eventually(lambda: open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "T")
        try:
            s.send(mail + b".\r\n")
            code, text = s.getreply()
        finally:
            os.kill(pid, signal.SIGCONT)
        assert code == 451 and text.startswith(b"4.3.0"), (code, text)
    shared.submit("b@chu.test", ["b@chu.test"], mail)
    assert count() == before + 1


def flip(path, page, size):
    with open(path, "r+b") as f:
        f.seek(page * size + size // 2)
        c = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([c[0] ^ 1]))


def test_one_flipped_bit(own):
    pli = own()
    pli.add("a@chu.test", sign="never")
    pli.add("b@chu.test", sign="never")
    fill(pli, "a@chu.test", 500, b"s")
    pli.submit("b@chu.test", ["b@chu.test"], plain("avant", "b@chu.test", "b@chu.test"))
    pli.stop()
    flip(pli.root / "store/summaries.db", 6, 16384)
    pli.serve()
    pid = pli.daemon("pli-stored")
    m = pli.imap("a@chu.test")
    m.select("X")
    for _ in range(2):
        typ, rows = m.fetch("1:*", "(ENVELOPE)")      # summaries that cannot be read are made again from the octets, which can
        assert typ == "OK" and len(rows) == 500 and len({re.sub(rb"^\d+ ", b"", r) for r in rows}) == 1, (typ, rows[:3])
        assert m.fetch("1:*", "(FLAGS)")[0] == "OK"
        pli.submit("b@chu.test", ["b@chu.test"], plain("encore", "b@chu.test", "b@chu.test"))
    m.logout()
    assert len(pli.fetch_all("b@chu.test")) == 3
    assert pli.daemon("pli-stored") == pid, "one bit ended the store"
    assert re.search(r"ev=store-damaged table=summaries\.db page=6 ", pli.output())
    r = pli.pli("store", "check", check=False)
    assert r.returncode != 0 and "table summaries.db page 6: damaged" in r.stdout, r.stdout
    assert "summaries.db page 6" in pli.pli("doctor", check=False).stdout


@pytest.mark.parametrize("octets, where, page", [(2000, "objects.db", 8192), (10000, "*.seg", 4096)])
def test_damaged_octets_keep_no_other_message_back(own, octets, where, page):
    """A client that asks for all of a folder gets all that can be read, and NO for the rest."""
    pli = own()
    pli.add("a@chu.test", sign="never")
    with pli.imap("a@chu.test") as m:
        m.create("X")
        for i in range(40):
            m.append("X", None, None, b"Subject: s%d\r\n\r\n" % i + os.urandom(octets).hex().encode() + b"\r\n")
    pli.stop()
    path = next((pli.root / "store").glob(where))
    flip(path, path.stat().st_size // page // 2, page)
    pli.serve()
    with pli.imap("a@chu.test") as m:
        m.select("X")
        lost = [i for i in range(1, 41) if m.fetch(str(i), "(BODY.PEEK[])")[0] == "NO"]
        assert 0 < len(lost) < 20, lost
        for items in ("(BODY.PEEK[])", "(BODY.PEEK[TEXT])", "(ENVELOPE BODY.PEEK[])"):
            m.send(b"all FETCH 1:* %s\r\n" % items.encode())
            seen = []
            while not (line := m.readline()).startswith(b"all "):
                if row := re.match(rb"\* (\d+) FETCH .*\{(\d+)\}\r\n$", line):
                    seen.append(int(row[1]))
                    m.read(int(row[2]))
            assert line.startswith(b"all NO [CORRUPTION]"), line
            assert seen == [i for i in range(1, 41) if i not in lost], (items, lost, seen)


def test_salvage(own):
    """What the damaged page did not hold is served again after pli store salvage; what it held is said by number."""
    pli = own()
    pli.add("a@chu.test", sign="never")
    fill(pli, "a@chu.test", 500, b"s")
    assert pli.pli("store", "salvage", check=False).returncode != 0      # it is served
    pli.stop()
    flip(pli.root / "store/summaries.db", 6, 16384)
    report = pli.json("store", "salvage")["report"]
    assert any(re.match(r"table summaries\.db: 1 pages were damaged; \d+ records are kept", line) for line in report), report
    lost = [re.fullmatch(r"mailbox \d+: (\d+) messages lost their summary: .*", line) for line in report]
    lost = int(next(m for m in lost if m).group(1))
    assert list((pli.root / "store").glob("summaries.db.damaged-*")), "the old file is kept"
    pli.serve()
    m = pli.imap("a@chu.test")
    assert m.select("X")[1][0] == b"500"
    typ, rows = m.fetch("1:*", "(BODY.PEEK[])")
    assert typ == "OK" and len([r for r in rows if isinstance(r, tuple)]) == 500
    typ, rows = m.fetch("1:*", "(ENVELOPE BODYSTRUCTURE)")
    assert typ == "OK" and len(rows) == 500 and 0 < lost < 100
    assert len({re.sub(rb"^\d+ ", b"", r) for r in rows}) == 1, "a summary made again says the same"
    m.store("1:*", "+FLAGS", "(\\Deleted)")
    assert m.expunge()[0] == "OK"
    assert m.select("X")[1][0] == b"0"
    m.logout()
    r = pli.pli("store", "check", check=False)
    assert r.returncode == 0, r.stdout
    assert "no page is damaged" in stopped_salvage(pli)


def test_salvage_again_deletes_nothing(own):
    """A mailbox that lost its record cannot be opened, until boxes.db comes back from a backup: then all of its mail is there, however often the
    salvage was run meanwhile; and the check says that something is wrong."""
    pli = own()
    pli.add("a@chu.test", sign="never")
    with pli.imap("a@chu.test") as m:
        for i in range(20):
            m.append("INBOX", None, None, b"Subject: s%d\r\n\r\nx\r\n" % i)
    pli.stop()
    boxes = pli.root / "store/boxes.db"
    backup = boxes.read_bytes()
    flip(boxes, 1, 16384)
    for _ in range(3):
        report = pli.json("store", "salvage")["report"]
        assert any(re.fullmatch(r"mailbox \d+: its keys are lost: restore it from a backup", line) for line in report), report
    pli.serve()
    check = pli.pli("store", "check", check=False)
    assert check.returncode == 1 and re.search(r"mailbox mbx=\d+: its record is missing", check.stdout), check
    pli.stop()
    boxes.write_bytes(backup)       # in place: owner and mode stay
    pli.serve()
    assert len(pli.fetch_all("a@chu.test")) == 20
    assert pli.pli("store", "check", check=False).returncode == 0


def stopped_salvage(pli):
    pli.stop()
    return pli.pli("store", "salvage")
