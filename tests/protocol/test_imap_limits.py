# SPDX-License-Identifier: EUPL-1.2
"""What bounds an IMAP session: sessions of one account, time to sign in, wrong passwords, refused commands; and the end of the server."""
import os
import signal
import socket
import time

import pytest
from instance import PASSWORD, Instance, children

CONF = ["imapd {", "max_sessions_per_account = 3", 'login_timeout = "4s"', "max_errors = 4", "}"]


@pytest.fixture(scope="module")
def small():
    with Instance(conf=CONF) as pli:
        pli.add("gp@chu.test", sign="never")
        yield pli


def connect(pli):
    s = pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", pli.port("imaps")), 20), server_hostname="localhost")
    f = s.makefile("rb")
    assert f.readline().startswith(b"* OK")
    return s, f


def ask(s, f, line):
    s.sendall(b"t " + line.encode() + b"\r\n")
    while True:
        got = f.readline()
        if not got or got.startswith(b"t "):
            return got


def login(pli):
    s, f = connect(pli)
    return s, f, ask(s, f, f"LOGIN gp@chu.test {PASSWORD}")


def test_sessions_of_one_account(small):
    held = [login(small) for _ in range(3)]
    assert all(b" OK " in h[2] for h in held)
    s, f, got = login(small)
    assert got == b"t NO [LIMIT] Trop de sessions pour ce compte / Too many sessions for this account\r\n"
    assert ask(s, f, "NOOP").startswith(b"t OK")
    assert ask(*held[0][:2], "LOGOUT").startswith(b"t OK")
    deadline = time.time() + 60
    while ask(s, f, f"LOGIN gp@chu.test {PASSWORD}").startswith(b"t NO [LIMIT]"):
        assert time.time() < deadline
        s.close()
        s, f = connect(small)
    for h in [(s, f)] + [h[:2] for h in held]:
        h[0].close()


def test_time_to_sign_in(small):
    s, f = connect(small)
    began = time.time()
    assert f.readline() == b"* BYE Delai depasse / Timed out\r\n"
    assert f.readline() == b""
    assert 3 < time.time() - began < 30
    s, f = connect(small)  # talking does not help
    began = time.time()
    with pytest.raises(AssertionError):
        while time.time() - began < 30:
            assert ask(s, f, "NOOP").startswith(b"t OK")
            time.sleep(0.2)
    assert time.time() - began < 25


def test_wrong_passwords_and_bad_commands(small):
    s, f = connect(small)
    began = time.time()
    assert ask(s, f, "LOGIN gp@chu.test faux").startswith(b"t NO [AUTHENTICATIONFAILED]")
    assert time.time() - began > 0.9  # each costs a second more
    s.close()
    s, f = connect(small)
    for _ in range(5):
        assert ask(s, f, "NOSUCH").startswith(b"t BAD")
    assert f.read() == b"* BYE Trop d'erreurs, fin de la connexion / Too many errors, closing connection\r\n"


def test_the_server_says_goodbye():
    with Instance() as pli:
        pli.add("gp@chu.test", sign="never")
        idle, rest = login(pli), login(pli)
        ask(*idle[:2], "SELECT INBOX")
        idle[0].sendall(b"i IDLE\r\n")
        assert idle[1].readline().startswith(b"+")
        imapd = [p for p, (name, parent) in children(pli.proc.pid).items() if name == "pli-imapd" and parent == pli.proc.pid]
        assert len(imapd) == 1

        os.kill(imapd[0], signal.SIGTERM)
        for s, f, _ in (idle, rest):
            assert f.readline() == b"* BYE Le serveur s'arrete, reessayez dans un instant / Server shutting down, try again shortly\r\n"
            assert f.readline() == b""
