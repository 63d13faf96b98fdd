# SPDX-License-Identifier: EUPL-1.2
"""Whatever ends a session, the client reads the last reply: in clear and under TLS, with input that nobody reads any more still under way,
and when the client has closed its own half. A reply that a reset destroys turns "never again" into "try later".

Each row: what the client says once the greeting came (and, for AFTER_LOGIN, once it signed in), and what the last reply must begin with.
All rows of a server run at once, for several of them wait for a deadline.
"""
import base64
import concurrent.futures
import os
import signal
import socket
import ssl
import time

import pytest
from instance import PASSWORD, Instance, eventually

CONF = ["smtpd {", "command_timeout = 3", "data_timeout = 3", "login_timeout = 6", "max_errors = 4", "}",
        "imapd {", "login_timeout = 6", "max_errors = 4", "}"]
WHO = "fin@chu.test"
AUTH = b"AUTH PLAIN " + base64.b64encode(f"\0{WHO}\0{PASSWORD}".encode()) + b"\r\n"
UNREAD = b"NOOP\r\n" * 30000  # more than the server takes in before it has decided
START = [b"EHLO client.test\r\n"]
LOGIN = START + [AUTH]
MAIL = LOGIN + [b"MAIL FROM:<%s>\r\n" % WHO.encode(), b"RCPT TO:<%s>\r\n" % WHO.encode()]
DATA = MAIL + [b"DATA\r\n"]

# name, what is said line by line (each but the last waits for its reply), the last reply, in clear too
SMTP = [
    ("quit", START + [b"QUIT\r\n"], b"221", True),
    ("quit with input behind it", START + [b"QUIT\r\n" + UNREAD], b"221", True),
    ("silent before sign-in", START + [b""], b"421", True),
    ("silent in the middle of a line", START + [b"NOO"], b"421", True),
    ("busy but never signed in", START + [b"NOOP\r\n", b"NOOP\r\n", b""], b"421", True),
    ("silent after sign-in", LOGIN + [b""], b"421", False),
    ("silent in AUTH", START + [b"AUTH PLAIN\r\n", b""], b"421", False),
    ("silent in a message", DATA + [b"Subject: x\r\n\r\nx"], b"421", False),
    ("silent in a chunk", MAIL + [b"BDAT 100\r\nx"], b"421", False),
    ("bad end of data", DATA + [b"Subject: x\r\n\r\nx\n.\n"], b"554 5.6.0", False),
    ("bare LF", START + [b"NOOP\n" + UNREAD], b"500", True),
    ("bare CR", START + [b"NO\rOP\r\n" + UNREAD], b"500", True),
    ("a line without end", START + [b"x" * 3000000], b"500", True),
    ("too many errors", START + [b"FOO\r\n"] * 3 + [b"FOO\r\n" + UNREAD], b"421", True),
    ("a chunk beyond all bounds", MAIL + [b"BDAT 999999999\r\n" + UNREAD], b"552", False),
    ("words behind STARTTLS", START + [b"STARTTLS\r\n" + UNREAD], b"5", "only"),
    ("told to stop", LOGIN + [b"STOP"], b"421", False),
]
NEW = [b"a NOOP\r\n"]
IN = [b"a LOGIN %s %s\r\n" % (WHO.encode(), PASSWORD.encode())]
IMAP_UNREAD = b"z NOOP\r\n" * 30000
IMAP = [
    ("logout", NEW + [b"b LOGOUT\r\n"], b"b OK", True),
    ("logout with input behind it", NEW + [b"b LOGOUT\r\n" + IMAP_UNREAD], b"b OK", True),
    ("silent before sign-in", [b""], b"* BYE", True),
    ("silent in the middle of a line", [b"a NOO"], b"* BYE", True),
    ("silent in AUTHENTICATE", [b"a AUTHENTICATE PLAIN\r\n", b""], b"* BYE", False),
    ("an endless response in AUTHENTICATE", [b"a AUTHENTICATE PLAIN\r\n", b"A" * 200000], b"* BYE", False),
    ("too many errors", [b"a FOO\r\n"] * 4 + [b"b FOO\r\n" + IMAP_UNREAD], b"* BYE", True),
    ("a line without end", [b"a NOOP " + b"x" * 3000000], b"* BYE", True),
    ("a literal beyond all bounds", [b"a LOGIN {9999999+}\r\n" + IMAP_UNREAD], b"* BYE", False),
    ("words behind STARTTLS", [b"a STARTTLS\r\n" + IMAP_UNREAD], b"* BYE", "only"),
    ("told to stop", IN + [b"STOP"], b"* BYE", False),
    ("told to stop in IDLE", IN + [b"b SELECT INBOX\r\n", b"c IDLE\r\n", b"STOP"], b"* BYE", False),
]


@pytest.fixture(scope="module")
def server():
    with Instance(conf=CONF) as inst:
        inst.add(WHO, sign="never")
        yield inst


def dial(inst, service, tls):
    raw = socket.create_connection(("127.0.0.1", inst.port(service)), 60)
    return inst.tls().wrap_socket(raw, server_hostname="localhost") if tls else raw


def reply_of(sock, tagged):
    """One whole reply: SMTP's up to a line without a hyphen, IMAP's up to a tagged line, a continuation or a greeting."""
    text = b""
    while True:
        text += (got := sock.recv(4096))
        assert got, text
        last = text.rstrip(b"\r\n").split(b"\n")[-1]
        if text.endswith(b"\r\n") and (not last.startswith(b"* ") if tagged else last[3:4] != b"-"):
            return text


def say(sock, data):
    """The server may end before all of it is taken: what counts is what it said."""
    try:
        sock.sendall(data)
    except OSError:
        pass


def to_the_end(sock):
    text = b""
    try:
        while got := sock.recv(65536):
            text += got
    except ssl.SSLEOFError:
        pass
    return text  # a reset is an error, and fails the row


def last_line(inst, service, tls, lines, stop):
    sock = dial(inst, service, tls)
    tagged = service.startswith("imap")
    sock.recv(4096)
    for line in lines[:-1]:
        sock.sendall(line)
        reply_of(sock, tagged)
    if lines[-1] == b"STOP":
        stop()
    else:
        say(sock, lines[-1])
    time.sleep(1)  # the client is slow to read: what is destroyed meanwhile is missed
    text = to_the_end(sock)
    sock.close()
    return text.rstrip(b"\r\n").split(b"\n")[-1]


def run_rows(inst, rows, clear, under_tls, stop):
    """Those told to stop come last: the listener is stopped once for all of them."""
    jobs, wrong = [], []
    for name, lines, want, in_clear in rows:
        if in_clear:
            jobs.append((name, clear, False, lines, want))
        if in_clear != "only":
            jobs.append((name, under_tls, True, lines, want))
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        for stopping in (False, True):
            todo = [j for j in jobs if (j[3][-1] == b"STOP") == stopping]
            got = [(j, pool.submit(last_line, inst, j[1], j[2], j[3], stop)) for j in todo]
            for (name, service, tls, _, want), future in got:
                try:
                    line = future.result(90)
                except Exception as e:  # noqa: BLE001 - a row that breaks is a row that fails
                    line = repr(e).encode()
                if not line.startswith(want):
                    wrong.append((name, "TLS" if tls else "clear", want, line[:200]))
    assert not wrong, "\n".join(map(str, wrong))


def stopper(inst, name, sessions):
    """Called by each session that is to be told: the last one tells the listener."""
    there = []

    def stop():
        there.append(1)
        if len(there) == sessions:
            os.kill(inst.daemon(name), signal.SIGTERM)
    return stop


def test_smtp(server):
    run_rows(server, SMTP, "submission", "submissions", stopper(server, "pli-smtpd", 1))


def test_imap(server):
    run_rows(server, IMAP, "imap", "imaps", stopper(server, "pli-imapd", 2))


def test_early_talker(server):
    """Who speaks before the greeting is told so, whatever else it has sent. (Now and then the greeting is faster: then another try.)"""
    def once():
        with socket.create_connection(("127.0.0.1", server.port("smtp")), 60) as sock:
            sock.sendall(UNREAD)
            return to_the_end(sock).startswith(b"554")
    eventually(once, 60)


@pytest.mark.parametrize("tls", [False, True])
def test_half_closed(server, tls):
    """A client that says all it has to say and closes its half reads every reply."""
    eventually(lambda: server.daemon("pli-smtpd"))
    with dial(server, "submissions" if tls else "submission", tls) as sock:
        assert sock.recv(4096).startswith(b"220")
        sock.sendall(b"EHLO client.test\r\nNOOP\r\nVRFY x\r\n")
        socket.socket.shutdown(sock, socket.SHUT_WR)  # of TCP alone: no close_notify
        text = to_the_end(sock)
        assert text.count(b"\r\n250 ") == 2 and b"\r\n252 " in text, text
    with dial(server, "imaps" if tls else "imap", tls) as sock:
        sock.sendall(b"a NOOP\r\nb CAPABILITY\r\n")
        socket.socket.shutdown(sock, socket.SHUT_WR)
        text = to_the_end(sock)
        assert b"\r\na OK" in text and b"\r\nb OK" in text, text
