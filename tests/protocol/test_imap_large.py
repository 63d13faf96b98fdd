# SPDX-License-Identifier: EUPL-1.2
"""Large and small messages side by side: whole, in parts, by ranges; and sessions that outlive a restart of the store.

Messages that fit a page of the store's answers travel with it; larger ones are read chunk by chunk on the same connection. Both kinds in
one FETCH once spoilt the page at hand: every item is asked for here over a mixture of both.
"""
import os
import re
import signal
import socket
import time

import pytest
from instance import PASSWORD, children


class Session:
    def __init__(self, pli, who):
        self.s = pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", pli.port("imaps")), 30), server_hostname="localhost")
        self.f = self.s.makefile("rb", 1 << 20)
        self.f.readline()
        assert b" OK " in self.ask(f"LOGIN {who} {PASSWORD}")[-1]

    def ask(self, line):
        self.s.sendall(b"t " + line.encode() + b"\r\n")
        return self.until(b"t ")

    def until(self, tag):
        out = []
        while not out or not out[-1].startswith(tag):
            out.append(self.f.readline())
            assert out[-1], out
        return out

    def append(self, octets):
        self.s.sendall(b"t APPEND INBOX {%d+}\r\n" % len(octets) + octets + b"\r\n")
        assert b" OK " in self.until(b"t ")[-1]

    def literal(self):
        line = self.f.readline()
        n = int(re.search(rb"\{(\d+)\}\r\n$", line)[1])
        return line, self.f.read(n)

    def close(self):
        self.f.close()
        self.s.close()


def lines(n):
    return b"".join(os.urandom(37).hex().encode() + b"\r\n" for _ in range(n // 76))


BIG = b"Subject: gros\r\n\r\n" + lines(5 << 20)
MIDDLE = b"Subject: moyen\r\n\r\n" + lines(200_000)
SMALL = [b"Subject: petit %d\r\n\r\npetit %d\r\n" % (i, i) for i in range(150)]
ALL = [BIG] + SMALL[:100] + [MIDDLE] + SMALL[100:]


@pytest.fixture(scope="module")
def box(pli):
    pli.add("large@chu.test", sign="never")
    s = Session(pli, "large@chu.test")
    for m in ALL:
        s.append(m)
    assert b"READ-WRITE" in s.ask("SELECT INBOX")[-1]
    yield s
    s.close()


def head(m):
    return m[:m.index(b"\r\n\r\n") + 4]


@pytest.mark.parametrize("items,of", [
    ("BODY.PEEK[]", lambda m: m), ("(RFC822.SIZE BODY.PEEK[])", lambda m: m), ("(BODYSTRUCTURE BODY.PEEK[])", lambda m: m),
    ("BODY.PEEK[TEXT]", lambda m: m[len(head(m)):]), ("BODY.PEEK[1]", lambda m: m[len(head(m)):]), ("BODY.PEEK[HEADER]", head),
    ("BODY.PEEK[]<5.100000>", lambda m: m[5:100005]), ("RFC822", lambda m: m)])
@pytest.mark.parametrize("rows", ["1:*", "1:3", "100:104", "1,102", "2:90,120:*"])
def test_mixed_sizes(box, items, of, rows):
    want = sorted(set(n for p in rows.split(",") for a, _, b in [p.partition(":")]
                      for n in range(int(a), (len(ALL) if b == "*" else int(b or a)) + 1)))
    box.s.sendall(f"f FETCH {rows} {items}\r\n".encode())
    for n in want:
        line, octets = box.literal()
        assert line.startswith(b"* %d FETCH (" % n)
        assert octets == of(ALL[n - 1]), (n, len(octets))
        assert box.f.readline() == b")\r\n"
    assert b" OK " in box.f.readline()


@pytest.mark.parametrize("off,n", [(0, 10), (65530, 20), (65536, 65536), (131000, 200000), (len(BIG) - 5, 100), (len(BIG), 5)])
def test_ranges(box, off, n):
    box.s.sendall(f"f FETCH 1 BODY.PEEK[]<{off}.{n}>\r\n".encode())
    assert box.literal()[1] == BIG[off:off + n]
    assert box.until(b"f ")[-1].startswith(b"f OK")


def test_search_in_mixed_sizes(box):
    got = box.ask('SEARCH BODY "petit 149"')[0].split()[2:]
    assert got == [b"%d" % len(ALL)]
    assert box.ask("SEARCH LARGER 100000")[0].split()[2:] == [b"1", b"102"]


def test_client_gone_in_the_middle(pli, box):
    s = Session(pli, "large@chu.test")
    s.ask("SELECT INBOX")
    s.s.sendall(b"f FETCH 1 BODY.PEEK[]\r\n")
    s.f.readline()
    s.close()
    assert b" OK " in box.ask("NOOP")[-1]


def test_store_restarts_under_an_idling_session(pli):
    pli.add("veille@chu.test", sign="never")
    idle, other = Session(pli, "veille@chu.test"), Session(pli, "veille@chu.test")
    idle.ask("SELECT INBOX")
    idle.s.sendall(b"i IDLE\r\n")
    assert idle.f.readline().startswith(b"+")
    other.append(SMALL[0])
    assert idle.f.readline() == b"* 1 EXISTS\r\n"
    idle.f.readline()
    stored = [p for p, (name, _) in children(pli.proc.pid).items() if name == "pli-stored"]
    os.kill(stored[0], signal.SIGKILL)
    other.append(SMALL[1])
    began = time.time()
    assert idle.f.readline() == b"* 2 EXISTS\r\n"
    assert time.time() - began < 30
    idle.f.readline()
    time.sleep(0.5)
    took = []  # it watches again: what comes is told at once, and not when it looks by itself, every two seconds
    for n in range(3, 8):
        began = time.time()
        other.append(SMALL[2])
        assert idle.f.readline() == b"* %d EXISTS\r\n" % n
        took.append(time.time() - began)
        idle.f.readline()
    assert min(took) < 1, took
    idle.s.sendall(b"DONE\r\n")
    assert idle.f.readline().startswith(b"i OK")
    idle.close()
    other.close()


def test_every_message_is_announced(pli):
    """An event that came with the reply to another request was once seen only with the next one."""
    pli.add("rafale@chu.test", sign="never")
    idle, other = Session(pli, "rafale@chu.test"), Session(pli, "rafale@chu.test")
    idle.ask("SELECT INBOX")
    idle.s.settimeout(5)
    idle.s.sendall(b"i IDLE\r\n")
    assert idle.f.readline().startswith(b"+")
    for n in range(5, 501, 5):
        other.s.sendall(b"".join(b"t APPEND INBOX {18+}\r\nSubject: %04d\r\n\r\nx\r\n" % k for k in range(5)))
        for _ in range(5):
            assert b" OK " in other.until(b"t ")[-1]
        seen = 0
        while seen < n:
            line = idle.f.readline()
            if line.endswith(b"EXISTS\r\n"):
                seen = int(line.split()[1])
        idle.f.readline()
    idle.s.sendall(b"DONE\r\n")
    assert idle.f.readline().startswith(b"i OK")
    idle.close()
    other.close()


def peak_kb(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])


def test_a_large_fetch_takes_no_memory(box, pli):
    """Sixty megabytes in one FETCH, and half of them when the client does not read: neither the session nor stored holds more than some chunks of them."""
    box.ask("CREATE gros")
    for _ in range(12):
        assert b" OK " in box.ask("COPY 1 gros")[-1]
    s = Session(pli, "large@chu.test")
    s.sock = s.s  # as Instance.session() names it
    pids = pli.session(s), pli.daemon("pli-stored")
    s.ask("SELECT gros")
    s.s.sendall(b"t FETCH 1 BODY.PEEK[]\r\n")
    assert s.literal()[1] == BIG
    s.until(b"t ")
    for pid in pids:
        with open(f"/proc/{pid}/clear_refs", "w") as f:
            f.write("5")  # the peak begins anew
    before = [peak_kb(pid) for pid in pids]
    s.s.sendall(b"t FETCH 1:* BODY.PEEK[]\r\n")
    for i in range(12):
        assert s.literal()[1] == BIG
        assert s.f.readline() == b")\r\n"
        if i == 5:
            time.sleep(1)
    assert b" OK " in s.until(b"t ")[-1]
    grown = [peak_kb(pid) - b for pid, b in zip(pids, before)]
    s.close()
    print(f"session and stored grew by {grown} KB for 12 messages of {len(BIG)} octets")
    if "build-dev" not in str(pli.bin):  # the address sanitizer keeps what was freed
        assert max(grown) < 5000, grown
