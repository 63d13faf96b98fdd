# SPDX-License-Identifier: EUPL-1.2
"""A client that pipelines more than it has finished: what is complete is answered, whatever of the next command has come with it."""
import socket

import pytest
from instance import PASSWORD

# the first octets of a command, the others; whether it wants a mailbox
HALVES = {
    "a tag": (b"c", b" NOOP\r\n", False),
    "a word": (b"c LOG", b"OUT\r\n", False),
    "a line without its LF": (b"c NOOP\r", b"\n", False),
    "a literal without its end": (b"c SEARCH TEXT {5+}\r\nab", b"cde\r\n", True),
    "the first octets of a message": (b"c APPEND INBOX {300+}\r\nFrom: a", b"@chu.test\r\n\r\n" + b"x" * 280 + b"\r\n", True),
    "a message without its command's end": (b"c APPEND INBOX {12+}\r\nA: b\r\n\r\nbody", b"\r\n", True),
}
CASES = [(tls, half) for tls in (True, False) for half, row in HALVES.items() if tls or not row[2]]


@pytest.fixture(scope="module")
def box(pli):
    pli.add("half@chu.test", sign="never")
    return pli


@pytest.mark.parametrize("tls,half", CASES, ids=[f"{'tls' if tls else 'clear'}-{half}" for tls, half in CASES])
def test_finished_commands_are_answered(box, tls, half):
    """One segment (one TLS record) with two commands and a half. An answer that is held back until the rest comes is a time-out here."""
    first, rest, _ = HALVES[half]
    s = socket.create_connection(("127.0.0.1", box.port("imaps" if tls else "imap")), 30)
    s = box.tls().wrap_socket(s, server_hostname="localhost") if tls else s
    with s, s.makefile("rb") as f:
        def answer(tag):
            while not (line := f.readline()).startswith(tag + b" "):
                assert line.startswith(b"* "), line
            assert line.startswith(tag + b" OK"), line

        assert f.readline().startswith(b"* OK")
        if tls:
            s.sendall(f"l LOGIN half@chu.test {PASSWORD}\r\n".encode())
            answer(b"l")
        s.sendall((b"a SELECT INBOX\r\n" if tls else b"a CAPABILITY\r\n") + b"b NOOP\r\n" + first)
        answer(b"a")
        answer(b"b")
        s.sendall(rest)
        answer(b"c")
