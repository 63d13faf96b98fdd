# SPDX-License-Identifier: EUPL-1.2
"""Messages of a MULTIAPPEND that wait for the next one count toward the memory of their account, as one on its way does."""
import contextlib
import socket

import pytest
from instance import Instance, PASSWORD, eventually

CONF = ["imapd {", "max_message = 4M", "max_memory_per_account = 16M", "}"]
ONE = (b"a" * 78 + b"\r\n") * 52000


@pytest.fixture(scope="module")
def pli():
    with Instance(conf=CONF) as p:
        p.add("gp@chu.test", sign="never")
        yield p


@contextlib.contextmanager
def waiting(pli):
    """A session that has sent one message of two; its next answer."""
    with pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", pli.port("imaps")), 30), server_hostname="localhost") as s:
        f = s.makefile("rb")
        assert f.readline().startswith(b"* OK")
        s.sendall(f"a LOGIN gp@chu.test {PASSWORD}\r\n".encode())
        assert f.readline().startswith(b"a OK")
        s.sendall(b"b APPEND INBOX {%d+}\r\n" % len(ONE) + ONE + b" {14}\r\n")
        yield s, f, f.readline()


def test_what_waits_counts(pli):
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(waiting(pli)) for _ in range(5)]
        said = [h[2] for h in held]
        assert said[0].startswith(b"+") and said[1].startswith(b"+")
        assert said[-1].startswith(b"b NO"), said
        s, f, _ = held[0]
        s.sendall(b"Subject: x\r\n\r\n\r\n")
        assert b" OK [APPENDUID" in f.readline()

    def again():
        with waiting(pli) as (_, _, got):
            return got.startswith(b"+")

    assert eventually(again)  # the sessions end when they have seen that their clients went
