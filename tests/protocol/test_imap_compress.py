# SPDX-License-Identifier: EUPL-1.2
"""COMPRESS=DEFLATE (RFC 4978): commands and answers as before, smaller; IDLE is told at once; what is no deflate stream ends the session."""
import random
import re
import socket
import zlib

import pytest
from instance import PASSWORD, eventually


class Session:
    def __init__(self, pli, who, service="imaps", window=15):
        self.s = socket.create_connection(("127.0.0.1", pli.port(service)), 30)
        self.pli, self.packed, self.window, self.held, self.wire, self.n = pli, None, window, b"", 0, 0
        if service == "imaps":
            self.s = pli.tls().wrap_socket(self.s, server_hostname="localhost")
        self.line()
        if service == "imap":
            assert self.ask("STARTTLS")[-1].startswith(b"OK")
            self.s = pli.tls().wrap_socket(self.s, server_hostname="localhost")
        assert self.ask(f"LOGIN {who} {PASSWORD}")[-1].startswith(b"OK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def begin(self):
        got = self.ask("COMPRESS DEFLATE")[-1]
        assert got.startswith(b"OK"), got
        self.packed = (zlib.compressobj(6, zlib.DEFLATED, -self.window), zlib.decompressobj(-15))

    def send(self, octets):
        if self.packed:
            octets = self.packed[0].compress(octets) + self.packed[0].flush(zlib.Z_SYNC_FLUSH)
        self.s.sendall(octets)

    def more(self):
        got = self.s.recv(65536)
        self.wire += len(got)
        assert got, "closed"
        self.held += self.packed[1].decompress(got) if self.packed else got

    def line(self):
        while b"\r\n" not in self.held:
            self.more()
        line, self.held = self.held.split(b"\r\n", 1)
        return line

    def octets(self, n):
        while len(self.held) < n:
            self.more()
        got, self.held = self.held[:n], self.held[n:]
        return got

    def ask(self, command, octets=b""):
        self.n += 1
        tag = b"t%d " % self.n
        self.send(tag + command.encode() + b"\r\n" + octets + (b"\r\n" if octets else b""))
        lines = []
        while not lines or not lines[-1].startswith(tag):
            lines.append(self.line())
            if m := re.search(rb"\{(\d+)\}$", lines[-1]):
                lines.append(self.octets(int(m[1])))
                lines.append(b"")
        return [*lines[:-1], lines[-1][len(tag):]]


@pytest.fixture(scope="module")
def who(pli):
    pli.add("compresse@chu.test", sign="never")
    return "compresse@chu.test"


@pytest.mark.parametrize("service", ["imaps", "imap"])
@pytest.mark.parametrize("window", [9, 15])
def test_as_before_and_smaller(pli, who, service, window):
    text = b"Subject: long\r\n\r\n" + b"Le patient va bien, il rentre demain.\r\n" * 5000
    noise = b"Subject: bruit\r\n\r\n" + random.Random(window).randbytes(150_000).replace(b"\0", b"1").replace(b"\r", b"2").replace(b"\n", b"3")
    with Session(pli, who, service, window) as c:
        folder = f"{service}{window}"
        assert c.ask(f"CREATE {folder}")[-1].startswith(b"OK")
        assert b"COMPRESS=DEFLATE" in c.ask("CAPABILITY")[0]
        c.begin()
        assert b"COMPRESS" not in c.ask("CAPABILITY")[0]
        for octets in (text, noise):
            assert c.ask(f"APPEND {folder} {{{len(octets)}+}}", octets)[-1].startswith(b"OK [APPENDUID")
        assert c.ask(f"SELECT {folder}")[-1].startswith(b"OK")
        for n, octets in enumerate((text, noise), 1):
            before = c.wire
            assert octets in c.ask(f"FETCH {n} BODY.PEEK[]")
            if octets is text:
                assert c.wire - before < len(octets) / 10
        assert c.ask("COMPRESS DEFLATE")[-1].startswith(b"NO [COMPRESSIONACTIVE]")
        c.send(b"".join(b"p%d NOOP\r\n" % k for k in range(300)))  # in one packet: all are answered
        for k in range(300):
            while not (got := c.line()).startswith(b"p"):
                pass
            assert got.startswith(b"p%d OK" % k)
        c.send(b"z LOGOUT\r\n")
        assert c.line().startswith(b"* BYE") and c.line().startswith(b"z OK")


def test_idle_is_told_at_once(pli, who):
    with Session(pli, who) as c, Session(pli, who) as other:
        c.begin()
        c.ask("SELECT INBOX")
        c.send(b"i IDLE\r\n")
        assert c.line().startswith(b"+")
        assert other.ask("APPEND INBOX {14+}", b"Subject: x\r\n\r\n")[-1].startswith(b"OK")
        while not re.match(rb"\* \d+ EXISTS", c.line()):
            pass
        c.send(b"DONE\r\n")
        while not c.line().startswith(b"i OK"):
            pass


@pytest.mark.parametrize("octets", [b"t NOOP\r\n" * 50, b"\xff" * 100])
def test_no_deflate_stream_ends_it(pli, who, octets):
    with Session(pli, who) as c:
        c.begin()
        c.s.sendall(octets)
        eventually(lambda: c.s.recv(65536) == b"", 30)


def test_refused(pli, who):
    with Session(pli, who) as c:
        assert c.ask("COMPRESS LZ4")[-1].startswith(b"BAD")
        assert c.ask("COMPRESS")[-1].startswith(b"BAD")
        c.send(b"x COMPRESS DEFLATE\r\ny NOOP\r\n")  # what comes behind it in the same packet could be either
        assert c.line().startswith(b"x BAD")
        eventually(lambda: c.s.recv(65536) == b"", 30)
