# SPDX-License-Identifier: EUPL-1.2
"""Messages made of lawful and unlawful pieces at random: stored byte for byte, and every answer about them within the grammar.

A small strict parser reads ENVELOPE, BODY and BODYSTRUCTURE (RFC 3501 9); then each part that the structure names is fetched: it has the size the
structure says, and its octets stand in the message. A seed names the run: PLI_SEED=7 repeats it.
"""
import os
import random
import re
import socket

import pytest
from instance import PASSWORD

SEED = int(os.environ.get("PLI_SEED", "0")) or random.randrange(1, 10000)
PIECES = [
    b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: multipart/alternative; boundary=\"c\"\r\n",
    b"Content-Type: message/rfc822\r\n", b"Content-Type: text/plain; charset=utf-8\r\n", b"Content-Type: =?x?\r\n",
    b"From: a <b@c>, \"d\\\"e\" <f@g>\r\n", b"To: undisclosed: ;\r\n", b"Subject: \xe9\xff \"q\\\r\n", b"Subject: =?utf-8?b?w6k=?=\r\n",
    b"Date: garbage\r\n", b"Date: Sat, 21 Nov 2026 10:00:00 +0100\r\n", b"\r\n", b"\r\n\r\n", b"--b\r\n", b"--b--\r\n", b"--c\r\n",
    b"--c--\r\n", b"\n", b"\r", b"text text\r\n", b"x" * 1200, b"Content-Disposition: attachment; filename=\"a\\\"b\"\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"w6kK\r\n", b" folded\r\n", b":\r\n", b"no colon\r\n", b"Message-ID: <x@y>\r\n",
    b"\x80\x81\xfe", b"(((((", b"Cc: (comment (nested)) x@y\r\n", b"In-Reply-To: \"\r\n", b"Content-Language: fr, en\r\n",
    b"Content-MD5: x\r\n", b"Content-ID: <1>\r\n", b"Content-Description: \x01\x02\"\r\n"]
QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00\x80-\xff]|\\["\\])*)"')
LITERAL = re.compile(rb"\{(\d+)\}\r\n")
ATOM = re.compile(rb'[^\s()"{]+')


class Parser:
    def __init__(self, text):
        self.text, self.at = text, 0

    def near(self):
        return self.text[max(0, self.at - 60):self.at + 60]

    def value(self):
        c = self.text[self.at:self.at + 1]
        if c == b"(":
            return self.list()
        m = (QUOTED if c == b'"' else LITERAL if c == b"{" else ATOM).match(self.text, self.at)
        assert m, self.near()
        self.at = m.end()
        if c != b"{":
            return m[1] if c == b'"' else m[0]
        octets = self.text[self.at:self.at + int(m[1])]
        assert len(octets) == int(m[1])
        self.at += len(octets)
        return octets

    def list(self):
        self.at += 1
        out = []
        while self.text[self.at:self.at + 1] != b")":
            out.append(self.value())
            after = self.text[self.at:self.at + 2]
            if after[:1] == b" ":
                assert after != b" )", self.near()
                self.at += 1
            else:  # only lists may stand side by side: addresses, the parts of a multipart
                assert after[:1] == b")" or (after[:1] == b"(" and isinstance(out[-1], list)), self.near()
        self.at += 1
        return out


class Session:
    def __init__(self, pli, who):
        s = pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", pli.port("imaps")), 20), server_hostname="localhost")
        self.s, self.f = s, s.makefile("rb", 1 << 20)
        self.f.readline()
        self.ask(f"LOGIN {who} {PASSWORD}".encode())

    def ask(self, line, want=b"t OK"):
        self.s.sendall(b"t " + line + b"\r\n")
        out = b""
        while True:
            got = self.f.readline()
            assert got, line
            if got.startswith(b"t "):
                assert got.startswith(want), (line, got)
                return out
            while m := re.search(rb"\{(\d+)\}\r\n$", got):
                got += self.f.read(int(m[1]))
                out, got = out + got, self.f.readline()
            out += got

    def fetch(self, n, items):
        got = self.ask(b"FETCH %d (%s)" % (n, items))
        values = Parser(got[got.index(b"FETCH (") + 6:]).value()
        return dict(zip(values[0::2], values[1::2]))


def leaves(body, path):
    """Every part that can be asked for by number: (path, its description)."""
    if isinstance(body[0], list):
        for n, part in enumerate((p for p in body if isinstance(p, list) and len(p) > 4), 1):
            yield from leaves(part, path + [n])
        return
    yield path or [1], body
    if body[0].lower() == b"message" and body[1].lower() == b"rfc822" and len(body) > 8 and isinstance(body[8], list):
        inner = body[8]
        yield from leaves(inner, (path or [1]) if isinstance(inner[0], list) else (path or [1]) + [1])


def check(s, n, message):
    got = s.fetch(n, b"RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT]")
    assert got[b"BODY[]"] == message
    assert int(got[b"RFC822.SIZE"]) == len(message)
    assert got[b"BODY[HEADER]"] + got[b"BODY[TEXT]"] == message
    assert len(got[b"ENVELOPE"]) == 10
    for path, body in leaves(got[b"BODYSTRUCTURE"], []):
        section = b".".join(b"%d" % p for p in path)
        octets = s.fetch(n, b"BODY.PEEK[%s]" % section)[b"BODY[%s]" % section]
        assert len(octets) == int(body[6]) and octets in message, section


def kept(message):
    """What APPEND keeps of a message (docs/decisions/0013); None: its header has two readings, and it is refused."""
    if re.match(rb"[^\n]*(?<!\r)\n", message):
        message = re.sub(rb"(?<!\r)\n", b"\r\n", message)
    header = message[:2] if message.startswith(b"\r\n") else message.split(b"\r\n\r\n")[0]
    return None if re.search(rb"(?<!\r)\n|\r(?!\n)", header) else message


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_any_message(pli, seed):
    r, who = random.Random(seed), f"grammaire{seed}@chu.test"
    pli.add(who, sign="never")
    s = Session(pli, who)
    messages = []
    while len(messages) < 50:
        m = b"".join(r.choice(PIECES) for _ in range(r.randint(1, 40)))
        s.ask(b"APPEND INBOX {%d+}\r\n" % len(m) + m, b"t OK" if kept(m) is not None else b"t NO [CANNOT]")
        messages += [kept(m)] if kept(m) is not None else []
    s.ask(b"SELECT INBOX")
    for n, m in enumerate(messages, 1):
        try:
            check(s, n, m)
        except AssertionError as why:
            raise AssertionError(f"seed {seed}, message {n}: {m[:1500]}") from why
    s.s.close()
