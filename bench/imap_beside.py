#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""IMAP figures beside Dovecot with mail_crypt, in the same run: SELECT and QRESYNC of a large folder, SORT and THREAD of 20,000, COMPRESS.

    bench/imap_beside.py [--big 100000] [--small 20000]        as root; needs dovecot-imapd

Both servers are private, on the loopback, and hold the same messages: distinct ones with threads in INBOX, copies of 5,000 of them in Big. Each figure is the
median of several, wall time at the client; CPU is of the whole server's process tree. Ratio: Dovecot's time through Pli's, above 1 Pli is faster.
"""
import argparse
import os
import pathlib
import re
import socket
import ssl
import statistics
import sys
import time
import zlib

os.environ.setdefault("PLI_BUILD", "build")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "lib"))
import dovecot  # noqa: E402
from instance import PASSWORD, Instance, children  # noqa: E402

ME = "bench@chu.test"
TICK = os.sysconf("SC_CLK_TCK")


def message(n):
    refs = f"References: <{n - n % 7}@x>\r\nIn-Reply-To: <{n - n % 7}@x>\r\n" if n % 7 else ""
    text = "".join(f"Ligne {i} du compte rendu {n * 31 % 997} : glyc\u00e9mie {n % 90}, r\u00e9sultat {i * n % 53}.\r\n" for i in range(20))
    return (f"From: Dr {n % 211} <dr{n % 211}@chu.test>\r\nTo: <{ME}>\r\nSubject: {'Re: ' if n % 7 else ''}Dossier {n * 7919 % 1009}\r\n"
            f"Date: {1 + n % 28} Jan {2000 + n % 25} {n % 24:02}:{n % 60:02}:00 +0000\r\nMessage-ID: <{n}@x>\r\n{refs}MIME-Version: 1.0\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}").encode()


class Client:
    def __init__(self, server):
        ctx = ssl.create_default_context(cafile=server.ca)
        s = socket.create_connection(("127.0.0.1", server.imaps), 600)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s, self.n, self.inflate, self.deflate = ctx.wrap_socket(s, server_hostname="localhost"), 0, None, None
        self.s.recv(4096)
        self.say(b"LOGIN %s %s" % (ME.encode(), server.password.encode()))

    def put(self, octets):
        self.s.sendall(self.deflate.compress(octets) + self.deflate.flush(zlib.Z_SYNC_FLUSH) if self.deflate else octets)

    def say(self, line, keep=True):
        """Gives what was answered; keep False: its end alone."""
        self.n += 1
        tag = b"t%d" % self.n
        self.put(tag + b" " + line + b"\r\n")
        got, end = [], b""
        while True:
            piece = self.s.recv(262144)
            assert piece, "the server went"
            piece = self.inflate.decompress(piece) if self.inflate else piece
            if keep:
                got.append(piece)
            end = (end + piece)[-4096:]
            if end.endswith(b"\r\n") and (end.startswith(tag + b" ") or b"\r\n" + tag + b" " in end):
                break
        last = end[end.rfind(tag + b" "):]
        assert last.startswith(tag + b" OK"), last
        return b"".join(got)

    def compress(self):
        self.say(b"COMPRESS DEFLATE")
        self.inflate, self.deflate = zlib.decompressobj(-15), zlib.compressobj(6, zlib.DEFLATED, -15)

    def append(self, folder, messages):
        parts = b"".join(b" {%d+}\r\n%s" % (len(m), m) for m in messages)
        self.say(b"APPEND " + folder + parts)

    def close(self):
        self.s.close()


def cpu(pid):
    total = 0
    for p in [pid, *children(pid)]:
        try:
            f = open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(int(x) for x in f[11:15])
    return total / TICK


class Server:
    def __init__(self, name, ca, imaps, password, pid):
        self.name, self.ca, self.imaps, self.password, self.pid = name, ca, imaps, password, pid

    def timed(self, fn, times):
        walls, before = [], cpu(self.pid)
        for _ in range(times):
            start = time.monotonic()
            fn()
            walls.append(time.monotonic() - start)
        return statistics.median(walls), (cpu(self.pid) - before) / times


def fill(server, small, big):
    c = Client(server)
    for at in range(0, small, 100):
        c.append(b"INBOX", [message(n) for n in range(at, min(at + 100, small))])
    c.say(b"CREATE Big")
    c.say(b"SELECT INBOX")
    have = min(small, 5000)
    c.say(b"COPY 1:%d Big" % have)
    c.say(b"SELECT Big")
    while have < big:
        more = min(have, big - have, 5000)
        c.say(b"COPY 1:%d Big" % more)
        have += more
    c.close()


def select_big(server):
    c = Client(server)
    c.say(b"SELECT Big")
    got = server.timed(lambda: (c.say(b"UNSELECT"), c.say(b"SELECT Big")), 7)
    c.close()
    return got


def qresync(server, changes=100):
    walls, cpus = [], []
    for _ in range(5):
        c = Client(server)
        c.say(b"ENABLE QRESYNC")
        told = c.say(b"SELECT Big")
        validity, modseq = re.search(rb"UIDVALIDITY (\d+)", told)[1], re.search(rb"HIGHESTMODSEQ (\d+)", told)[1]
        uids = re.search(rb"\* (\d+) EXISTS", told)[1]
        n = int(uids)
        for i in range(changes // 2):
            c.say(b"STORE %d +FLAGS.SILENT (\\Flagged)" % (1 + i * 1999 % n))
        for i in range(changes - changes // 2):
            c.say(b"STORE %d +FLAGS.SILENT (\\Deleted)" % (2 + i * 1777 % n))
        c.say(b"EXPUNGE")
        c.close()
        d = Client(server)
        d.say(b"ENABLE QRESYNC")
        out = []
        wall, used = server.timed(lambda: out.append(d.say(b"SELECT Big (QRESYNC (%s %s))" % (validity, modseq))), 1)
        assert b"VANISHED (EARLIER)" in out[0] and len(re.findall(rb" FETCH \(", out[0])) >= changes // 2 - 5, out[0][-500:]
        d.close()
        walls.append(wall)
        cpus.append(used)
    return statistics.median(walls), statistics.median(cpus)


def listing(command, least):
    def run(server):
        c = Client(server)
        c.say(b"SELECT INBOX")
        first = time.monotonic()
        got = c.say(command)
        first = time.monotonic() - first
        assert len(got) > least
        wall, used = server.timed(lambda: c.say(command, keep=False), 5)
        c.close()
        return wall, used, first
    return run


def fetching(what, compressed):
    def run(server):
        c = Client(server)
        c.say(b"SELECT INBOX")
        if compressed:
            c.compress()
        c.say(what, keep=False)
        got = server.timed(lambda: c.say(what, keep=False), 3)
        c.close()
        return got
    return run


ROWS = [
    ("SELECT of {big}", select_big),
    ("QRESYNC reconnect, 100 changes in {big}", qresync),
    ("SORT (DATE), {small}", listing(b"SORT (DATE) UTF-8 ALL", 5)),
    ("SORT (SUBJECT FROM), {small}", listing(b"SORT (SUBJECT FROM) UTF-8 ALL", 5)),
    ("THREAD REFERENCES, {small}", listing(b"THREAD REFERENCES UTF-8 ALL", 5)),
    ("FETCH ENVELOPE, {small}", fetching(b"FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE)", False)),
    ("the same, COMPRESS", fetching(b"FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE)", True)),
    ("FETCH 2,000 bodies", fetching(b"FETCH 1:2000 (BODY.PEEK[])", False)),
    ("the same, COMPRESS", fetching(b"FETCH 1:2000 (BODY.PEEK[])", True)),
]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--big", type=int, default=100000)
    p.add_argument("--small", type=int, default=20000)
    p.add_argument("--only", default="", help="rows whose name has this word")
    o = p.parse_args()
    if not dovecot.installed():
        sys.exit("bench/imap_beside.py: dovecot-imapd is not installed, or this is not root")
    with Instance() as pli, dovecot.Dovecot(crypt=True) as dove:
        pli.add(ME, sign="never", extra=["--quota", "0"])
        servers = [Server("Pli", pli.ca, pli.port("imaps"), PASSWORD, pli.proc.pid), Server("Dovecot", dove.ca, dove.port, dovecot.PASSWORD, dove.proc.pid)]
        for s in servers:
            start, used = time.monotonic(), cpu(s.pid)
            fill(s, o.small, o.big)
            print(f"{s.name} filled in {time.monotonic() - start:.0f} s, {cpu(s.pid) - used:.0f} s of CPU", flush=True)
        print(f"{'':44} {'Pli ms':>9} {'CPU':>7} {'Dovecot ms':>11} {'CPU':>7} {'ratio':>6}")
        for name, fn in (row for row in ROWS if o.only in row[0]):
            got = [fn(s) for s in servers]
            (a, ac, *af), (b, bc, *bf) = got
            first = f"   first {af[0] * 1000:.0f} / {bf[0] * 1000:.0f}" if af else ""
            print(f"{name.format(big=o.big, small=o.small):44} {a * 1000:9.1f} {ac * 1000:7.0f} {b * 1000:11.1f} {bc * 1000:7.0f} {b / a:6.2f}{first}", flush=True)


if __name__ == "__main__":
    main()
