# SPDX-License-Identifier: EUPL-1.2
"""SMTP smuggling and STARTTLS injection, on 25, 587 and 465: every public variant, as a table. One message or none is taken, never a second one that
its sender did not mean; and nothing that was said in clear counts after TLS has begun."""
import base64
import re
import socket
import ssl

import pytest
from instance import PASSWORD, Instance, eventually

DOORS = ("smtp", "submission", "submissions")
ME, PEER, TO = "gp@chu.test", "a@load.test", "cible@chu.test"


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add(ME, sign="never")
        pli.add(TO, sign="never")
        pli.cert = pli.trust_operator("load.test")
        yield pli


class Peer:
    """A connection, octet by octet."""

    def __init__(self, inst, door, tls=True):
        self.inst, self.door, self.have = inst, door, b""
        self.s = socket.create_connection(("127.0.0.1", inst.port(door)), 60)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sender = PEER if door == "smtp" else ME
        if door == "submissions" and tls:
            self.wrap()
        if not tls:
            return
        assert self.reply() == 220
        if door != "submissions":
            assert self.ask(b"EHLO client.test\r\n") == 250 and self.ask(b"STARTTLS\r\n") == 220
            self.wrap()
        assert self.ask(b"EHLO client.test\r\n") == 250
        if door != "smtp":
            assert self.ask(b"AUTH PLAIN " + base64.b64encode(f"\0{ME}\0{PASSWORD}".encode()) + b"\r\n") == 235

    def wrap(self):
        ctx = self.inst.tls(self.inst.cert if self.door == "smtp" else None)
        self.s = ctx.wrap_socket(self.s, server_hostname="localhost")

    def send(self, octets):
        self.s.sendall(octets)

    def reply(self):
        """The code of the next reply; 0 when the connection has ended."""
        while True:
            m = re.match(rb"(?:\d\d\d-[^\r\n]*\r\n)*(\d\d\d) [^\r\n]*\r\n", self.have)
            if m:
                self.have = self.have[m.end():]
                return int(m[1])
            try:
                more = self.s.recv(65536)
            except (ConnectionError, ssl.SSLError):
                return 0
            if not more:
                return 0
            self.have += more

    def ask(self, octets):
        self.send(octets)
        return self.reply()

    def rest(self):
        codes = []
        while code := self.reply():
            codes.append(code)
        return codes

    def close(self):
        self.s.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def letter(sender, subject):
    return f"From: <{sender}>\r\nTo: <{TO}>\r\nSubject: {subject}\r\n\r\nbonjour".encode()


def boxed(inst):
    """The subjects that arrived."""
    return [re.search(rb"Subject: (\S+)", m)[1].decode() for m in inst.fetch_all(TO)]


def envelope(sender):
    return f"MAIL FROM:<{sender}>\r\nRCPT TO:<{TO}>\r\nDATA\r\n".encode()


def smuggled(sender, tag):
    return envelope(sender) + letter(sender, f"passager-{tag}") + b"\r\n.\r\n"


# What stands where the end might be. Each of them a second server, or an older one, has taken for the end of the message.
NOT_AN_END = {
    "LF . LF": b"\n.\n", "LF . CRLF": b"\n.\r\n", "LF . CR": b"\n.\r", "CR . CR": b"\r.\r", "CR . LF": b"\r.\n", "CR . CRLF": b"\r.\r\n", "CRLF . LF": b"\r\n.\n",
    "CRLF . CR": b"\r\n.\r", "CRLF . CR CR LF": b"\r\n.\r\r\n", "CRLF . LF CR": b"\r\n.\n\r", "LF CR . CRLF": b"\n\r.\r\n", "CR LF LF . CRLF": b"\r\n\n.\r\n",
    "CRLF . CR NUL LF": b"\r\n.\r\0\n", "CRLF NUL . CRLF": b"\r\n\0.\r\n", "CRLF . NUL CRLF": b"\r\n.\0\r\n", "CRLF . NUL LF": b"\r\n.\0\n",
    "NUL LF . NUL LF": b"\0\n.\0\n", "CR NUL LF . CR NUL LF": b"\r\0\n.\r\0\n", "CR NUL . CR NUL": b"\r\0.\r\0",
    "CRLF .. CRLF": b"\r\n..\r\n", "CRLF ... CRLF": b"\r\n...\r\n", "CRLF .. LF": b"\r\n..\n", "LF .. LF": b"\n..\n", "CRLF . space CRLF": b"\r\n. \r\n",
    "CRLF . tab CRLF": b"\r\n.\t\r\n", "CRLF space . CRLF": b"\r\n .\r\n", "CRLF .x CRLF": b"\r\n.x\r\n", "VT . VT": b"\v.\v", "FF . FF": b"\f.\f",
    "NEL . NEL": b"\x85.\x85", "U+2028 . U+2028": "\u2028.\u2028".encode(), "CRLF U+FF0E CRLF": "\r\n\uff0e\r\n".encode(), "CRLF .CRLF in 8 bits": b"\x8d\x8a.\x8d\x8a",
    "dot alone, then nothing": b".\r\n", "CRLF . backspace CRLF": b"\r\n.\b\r\n", "CRLF . EOF CRLF": b"\r\n.\x1a\r\n",
}
# An end, for there is a CRLF . CRLF, with a bare CR or LF right before it.
AN_END_BEHIND_A_FAULT = {"CR CRLF . CRLF": b"\r\r\n.\r\n", "LF CRLF . CRLF": b"\n\r\n.\r\n", "CR LF CR CR LF . CRLF": b"\r\n\r\r\n.\r\n"}
TAKEN = {"CRLF .. CRLF", "CRLF ... CRLF", "CRLF . space CRLF", "CRLF . tab CRLF", "CRLF space . CRLF", "CRLF .x CRLF", "VT . VT", "FF . FF", "NEL . NEL", "U+2028 . U+2028",
         "CRLF U+FF0E CRLF", "CRLF .CRLF in 8 bits", "dot alone, then nothing", "CRLF . backspace CRLF", "CRLF . EOF CRLF"}  # text like any other


def tag_of(door, name):
    return f"{door}-{sorted(NOT_AN_END | AN_END_BEHIND_A_FAULT).index(name)}"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", NOT_AN_END)
@pytest.mark.parametrize("pieces", [False, True], ids=["one segment", "in pieces"])
def test_what_does_not_end_a_message(inst, door, name, pieces):
    """All of it is one message: text, or refused for its bare CR, bare LF or NUL. The passenger in it is never one of its own."""
    tag = f"{tag_of(door, name)}-{int(pieces)}"
    with Peer(inst, door) as p:
        start = envelope(p.sender)
        p.send(start)
        assert [p.reply() for _ in range(3)] == [250, 250, 354]
        octets = letter(p.sender, f"porteur-{tag}") + NOT_AN_END[name] + smuggled(p.sender, tag)
        if pieces:
            for i in range(0, len(octets), 7):
                p.send(octets[i:i + 7])
        else:
            p.send(octets)
        assert p.reply() == (250 if name in TAKEN else 554)
        p.send(b"QUIT\r\n")
        assert p.rest() in ([221], [])
    got = boxed(inst)
    assert f"passager-{tag}" not in got and got.count(f"porteur-{tag}") == (name in TAKEN)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", AN_END_BEHIND_A_FAULT)
def test_a_fault_and_then_an_end(inst, door, name):
    """The message is refused, and what came behind it in the same breath is no command: the session is over."""
    tag = tag_of(door, name)
    with Peer(inst, door) as p:
        p.send(envelope(p.sender))
        assert [p.reply() for _ in range(3)] == [250, 250, 354]
        p.send(letter(p.sender, f"porteur-{tag}") + AN_END_BEHIND_A_FAULT[name] + smuggled(p.sender, tag))
        assert p.rest() == [554]
    assert not [s for s in boxed(inst) if s.endswith(f"-{tag}")]


# ---- BDAT: its length ends it, whatever stands in it ----
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("end", [b"\r\n.\r\n", b"\n.\n", b"\r\n.\n", b"\r.\r"], ids=["CRLF . CRLF", "LF . LF", "CRLF . LF", "CR . CR"])
@pytest.mark.parametrize("cut", [None, 1, 2, 3], ids=["whole", "behind 1", "behind 2", "behind 3"])
def test_an_end_in_a_chunk(inst, door, end, cut):
    """Also cut by the border of two chunks."""
    tag = f"{door}-{end.hex()}-{cut}"
    with Peer(inst, door) as p:
        p.send(envelope(p.sender)[:-6])
        assert [p.reply() for _ in range(2)] == [250, 250]
        octets = letter(p.sender, f"porteur-{tag}") + end + smuggled(p.sender, tag)
        at = octets.index(end) + cut if cut else len(octets)
        parts = [octets[:at], octets[at:]] if cut else [octets]
        for n, part in enumerate(parts):
            last = b" LAST" if n == len(parts) - 1 else b""
            code = p.ask(b"BDAT %d%s\r\n" % (len(part), last) + part)
        taken = end == b"\r\n.\r\n"
        assert code == (250 if taken else 554)
        assert p.ask(b"QUIT\r\n") == 221
    got = boxed(inst)
    assert f"passager-{tag}" not in got and got.count(f"porteur-{tag}") == taken


CHUNKS = {  # how a chunk is announced, what follows, and the codes that answer it
    "DATA behind a chunk": (b"BDAT 5\r\nx: y\nDATA\r\n", [250, 503]),
    "a chunk that is longer than it says": (b"BDAT 2 LAST\r\nx:MAIL FROM:<>\r\n", None),
    "bare LF behind the length": (b"BDAT 5 LAST\nx: y\n", [500]),
    "NUL in the length": (b"BDAT 5\0 LAST\r\nx: y\n", None),
    "negative": (b"BDAT -5 LAST\r\n", [501]), "beyond 64 bits": (b"BDAT 18446744073709551621 LAST\r\n", None), "hexadecimal": (b"BDAT 0x5 LAST\r\n", [501]),
    "plus": (b"BDAT +5 LAST\r\n", [501]), "two lengths": (b"BDAT 5 6 LAST\r\n", [501]), "empty last": (b"BDAT 0 LAST\r\n", None),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", CHUNKS)
def test_how_a_chunk_is_announced(inst, door, name):
    octets, codes = CHUNKS[name]
    with Peer(inst, door) as p:
        p.send(envelope(p.sender)[:-6])
        assert [p.reply() for _ in range(2)] == [250, 250]
        p.send(octets + b"QUIT\r\n")
        said = p.rest()
    assert codes is None or said[:len(codes)] == codes, said
    assert not [c for c in said if c == 354]
    assert f"passager-{name}" not in boxed(inst)


# ---- commands in the middle of commands ----
LINES = {"LF": b"NOOP\nMAIL FROM:<{0}>\nRCPT TO:<{1}>\nDATA\n", "CR": b"NOOP\rMAIL FROM:<{0}>\r", "LF CR": b"NOOP\n\rMAIL FROM:<{0}>\n\r", "NUL": b"NOOP\0\r\0\nMAIL FROM:<{0}>\r\n",
         "in an address": b"MAIL FROM:<a\nRCPT TO:<{1}>\r\n", "in a parameter": b"MAIL FROM:<{0}> SIZE=1\nRCPT TO:<{1}>\r\n"}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", LINES)
def test_lines_that_do_not_end_so(inst, door, name):
    """A bare CR or LF in a command ends the session: at most one refusal is said, and no second command is run."""
    with Peer(inst, door) as p:
        p.send(LINES[name].replace(b"{0}", p.sender.encode()).replace(b"{1}", TO.encode()) + b"RSET\r\n")
        said = p.rest() if name != "NUL" else [p.reply()]
    assert said and said[0] in (500, 501), said
    assert name == "NUL" or len(said) == 1, said


# ---- STARTTLS ----
def whole(subject):
    """All that a client says, for a peer that asks for nothing before it."""
    return b"EHLO mechant.test\r\n" + envelope(PEER) + letter(PEER, subject) + b"\r\n.\r\nQUIT\r\n"


HELLO = bytes.fromhex("16030100c8010000c40303") + b"\x11" * 192  # looks like a TLS hello
BEHIND = {
    "a command": b"NOOP\r\n", "part of a command": b"MA", "one octet": b"M", "an empty line": b"\r\n", "a sender": f"MAIL FROM:<{PEER}>\r\n".encode(),
    "a whole message": whole("injecte"), "AUTH": b"AUTH PLAIN " + base64.b64encode(f"\0{ME}\0{PASSWORD}".encode()) + b"\r\n", "another STARTTLS": b"STARTTLS\r\n",
    "RSET and EHLO": b"RSET\r\nEHLO x\r\n", "a TLS hello": HELLO, "BDAT": b"BDAT 5 LAST\r\nx: y\n", "NUL": b"\0", "a long line": b"X" * 5000, "LF": b"\n", "QUIT": b"QUIT\r\n",
}


@pytest.mark.parametrize("door", DOORS[:2])
@pytest.mark.parametrize("name", BEHIND)
@pytest.mark.parametrize("first", [b"EHLO client.test\r\n", b""], ids=["EHLO in the same segment", "EHLO before"])
def test_octets_behind_starttls(inst, door, name, first):
    """In one segment with it: the server agrees to nothing, and ends."""
    with Peer(inst, door, tls=False) as p:
        assert p.reply() == 220
        if not first:
            assert p.ask(b"EHLO client.test\r\n") == 250
        p.send(first + b"STARTTLS\r\n" + BEHIND[name])
        assert p.rest() == ([250, 554] if first else [554])
    assert "injecte" not in boxed(inst)


INSTEAD = {"a command": b"NOOP\r\n", "a whole message": whole("injecte"), "a command and a hello": b"NOOP\r\n" + HELLO, "nothing of TLS": b"\0" * 64, "alert": b"\x15\3\1\0\2\2\x28",
           "application data": b"\x17\3\3\0\5hello", "SSL 2": b"\x80\x2e\1\0\2\0\x15\0\0\0\x10" + b"\1" * 37}


@pytest.mark.parametrize("door", DOORS[:2])
@pytest.mark.parametrize("name", INSTEAD)
def test_octets_in_clear_where_tls_begins(inst, door, name):
    """Behind the 220: they are no handshake, nothing of them is run, and the connection ends without a word in clear."""
    with Peer(inst, door, tls=False) as p:
        assert p.reply() == 220 and p.ask(b"EHLO client.test\r\n") == 250 and p.ask(b"STARTTLS\r\n") == 220
        p.send(INSTEAD[name])
        p.s.shutdown(socket.SHUT_WR)
        left = p.have
        while True:
            try:
                more = p.s.recv(4096)
            except ConnectionError:
                break
            if not more:
                break
            left += more
    assert not re.search(rb"(?m)^\d\d\d[ -]", left), left  # a TLS alert at most
    assert "injecte" not in boxed(inst)


@pytest.mark.parametrize("name", [n for n in INSTEAD if n != "SSL 2"] + ["STARTTLS and more"])
def test_octets_in_clear_on_465(inst, name):
    octets = INSTEAD.get(name, b"EHLO x\r\nSTARTTLS\r\n" + whole("injecte"))
    with Peer(inst, "submissions", tls=False) as p:
        p.send(octets)
        p.s.shutdown(socket.SHUT_WR)
        left = b""
        while True:
            try:
                more = p.s.recv(4096)
            except ConnectionError:
                break
            if not more:
                break
            left += more
    assert not re.search(rb"(?m)^\d\d\d[ -]", left), left
    assert "injecte" not in boxed(inst)


ODD = {"bare LF": b"STARTTLS\nNOOP\r\n", "bare CR": b"STARTTLS\rNOOP\r\n", "with an argument": b"STARTTLS now\r\n", "NUL": b"STARTTLS\0\r\n"}


@pytest.mark.parametrize("door", DOORS[:2])
@pytest.mark.parametrize("name", ODD)
def test_odd_forms_of_the_command(inst, door, name):
    with Peer(inst, door, tls=False) as p:
        assert p.reply() == 220 and p.ask(b"EHLO client.test\r\n") == 250
        assert p.ask(ODD[name]) in (500, 501)


@pytest.mark.parametrize("door", DOORS[:2])
def test_what_was_said_in_clear_is_forgotten(inst, door):
    """EHLO, and what a man in the middle said before the handshake: none of it holds in TLS (RFC 3207 4.2)."""
    with Peer(inst, door, tls=False) as p:
        assert p.reply() == 220 and p.ask(b"EHLO mechant.test\r\n") == 250
        assert [p.ask(x) for x in (f"MAIL FROM:<{PEER}>\r\n".encode(), b"AUTH PLAIN AGEAYg==\r\n" if door != "smtp" else b"DATA\r\n", b"BDAT 0 LAST\r\n")] == [530] * 3
        assert p.ask(b"STARTTLS\r\n") == 220
        p.wrap()
        assert p.ask(f"MAIL FROM:<{PEER}>\r\n".encode()) in (503, 530)  # no EHLO yet
        assert p.ask(b"STARTTLS\r\n") == 503
        assert p.ask(b"EHLO client.test\r\n") == 250
        assert p.ask(b"STARTTLS\r\n") == 503


@pytest.mark.parametrize("door", DOORS[:2])
def test_between_the_220_and_the_hello(inst, door):
    """The attacker's octets come first, the client's true hello behind them, later: the handshake fails, and the message is nowhere."""
    with Peer(inst, door, tls=False) as p:
        assert p.reply() == 220 and p.ask(b"EHLO client.test\r\n") == 250 and p.ask(b"STARTTLS\r\n") == 220
        p.send(f"MAIL FROM:<{PEER}>\r\n".encode())
        with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
            p.wrap()
    eventually(lambda: "ev=tls-failed" in inst.output())
    assert "injecte" not in boxed(inst)


def test_the_doors_are_open(inst):
    """The same client, honestly: one message at each door arrives. Without this the tests above would prove nothing."""
    for door in DOORS:
        with Peer(inst, door) as p:
            p.send(envelope(p.sender))
            assert [p.reply() for _ in range(3)] == [250, 250, 354]
            assert p.ask(letter(p.sender, f"honnete-{door}") + b"\r\n.\r\n") == 250
            assert p.ask(b"QUIT\r\n") == 221
    assert {f"honnete-{d}" for d in DOORS} <= set(boxed(inst))
