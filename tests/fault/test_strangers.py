# SPDX-License-Identifier: EUPL-1.2
"""What one stranger, and what one account, may use up: places before proof, and memory of messages on their way."""
import contextlib
import os
import pathlib
import signal
import smtplib
import socket
import ssl

import pytest
from instance import Instance, PASSWORD, children, eventually, plain

WHO, OTHER = "gp@chu.test", "autre@chu.test"
CONF = ["smtpd {", "max_sessions = 40", "max_sessions_per_address = 30", "max_unproven_per_address = 6", "login_timeout = 5",
        "max_message = 10M", "max_memory = 96M", "max_memory_per_account = 48M", "}",
        "imapd {", "max_sessions = 40", "max_sessions_per_address = 30", "max_unproven_per_address = 6", "login_timeout = 5",
        "max_message = 10M", "max_memory = 96M", "max_memory_per_account = 48M", "}"]
UNPROVEN = 10  # of a port: a quarter of max_sessions
SOON = 45  # s: login_timeout is 5 here, and 60 where nobody says; the wait begins when the last stranger has come
MB = 1 << 20


@pytest.fixture(scope="module")
def server():
    with Instance(conf=CONF) as inst:
        for who in (WHO, OTHER):
            inst.add(who, sign="never", extra=["--quota", "20G"])
        yield inst


def stranger(inst, service, source, starttls):
    """A session with TLS and without proof, as far as it comes. None: no place."""
    raw = socket.create_connection(("127.0.0.1", inst.port(service)), 20, source_address=(source, 0))
    try:
        if starttls:
            for line in (b"", b"EHLO x\r\n", b"STARTTLS\r\n"):
                raw.sendall(line)
                if not raw.recv(2000).startswith(b"2"):
                    raise OSError("refused")
        ctx = ssl.create_default_context()
        ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
        s = ctx.wrap_socket(raw)
        if not starttls and not s.recv(2000):
            raise OSError("closed")
        return s
    except (OSError, ValueError):
        raw.close()
        return None


def alive(s, word):
    """Whether it is still served; a goodbye that waits to be read is none, however late we come to read it."""
    try:
        s.sendall(word)
        got = s.recv(2000)
        return bool(got) and not got.startswith((b"421", b"* BYE"))
    except OSError:
        return False


@pytest.mark.parametrize("service, starttls, word", [("smtp", True, b"NOOP\r\n"), ("submissions", False, b"NOOP\r\n"),
                                                     ("imaps", False, b"a NOOP\r\n")])
def test_places_before_proof(server, service, starttls, word):
    """Strangers behind TLS hold few places, for a short time, and give them to who comes: everybody else signs in meanwhile."""
    held = [s for n in range(10, 16) for _ in range(7) if (s := stranger(server, service, f"127.0.0.{n}", starttls))]

    def gone():
        held[:] = [s for s in held if alive(s, word)]
        return not held
    try:
        for s in ("submission", "submissions"):
            with server.smtp(s, login=WHO, timeout=20) as c:
                assert c.noop()[0] == 250
        with server.imap(WHO, timeout=20) as box:
            assert box.noop()[0] == "OK"
        assert server.inbound("x@load.test", [WHO], plain("x", "x@load.test", WHO)) == {}
        assert sum(alive(s, word) for s in held) <= UNPROVEN
        eventually(gone, SOON)  # and talking does not help them beyond login_timeout
    finally:
        for s in held:
            s.close()


def test_one_address(server):
    """An address whose strangers hold all that it may have: a colleague behind it still signs in, in the place of the oldest."""
    held, before = [], server.output().count("ev=session-displaced")

    def in_a_strangers_place():
        held[:] = [s for s in held if alive(s, b"NOOP\r\n")]  # whom login_timeout ended left a place of himself
        held.extend(filter(None, (stranger(server, "submissions", "127.0.0.1", False) for _ in range(6 - len(held)))))
        return len(held) == 6 and signs_in(server) and server.output().count("ev=session-displaced") > before
    eventually(in_a_strangers_place)
    for s in held:
        s.close()


def signs_in(inst):
    try:
        with inst.smtp("submissions", login=WHO, timeout=20) as c:
            return c.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def test_the_proven_stay(server):
    """A sign-in is proof: the session outlives login_timeout and strangers."""
    with server.smtp(login=WHO) as s, server.imap(WHO) as box:
        held = [x for n in range(10, 16) for _ in range(4) if (x := stranger(server, "submission", f"127.0.0.{n}", True))]
        eventually(lambda: not any(alive(x, b"NOOP\r\n") for x in held), SOON)  # login_timeout is over for those who came later
        assert s.noop()[0] == 250 and box.noop()[0] == "OK"
        for x in held:
            x.close()


def started(pid):
    """When: in clock ticks, and of one tick by the number above the parent's, since numbers begin again when the last was given. Never, of one that has gone."""
    try:
        _, parent, *more = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return float("inf"), 0
    return int(more[17]), (pid - int(parent)) % int(pathlib.Path("/proc/sys/kernel/pid_max").read_text())


def test_the_proven_stay_whose_dialler_died(server):
    """A session that signs in after its dialler died can tell nobody: it must not count as a stranger for that."""
    listener = server.daemon("pli-imapd")
    dialler = min((p for p, (_, parent) in children(server.proc.pid).items() if parent == listener), key=started)  # the first that a listener forks
    with server.imap() as box:
        assert box.noop()[0] == "OK"  # its process has joined the dialler
        os.kill(dialler, signal.SIGKILL)
        eventually(lambda: f"ev=dialler-died pid={dialler}" in server.output())
        assert box.login(WHO, PASSWORD)[0] == "OK"
        held = []
        eventually(lambda: held.append(stranger(server, "imaps", "127.0.0.1", False)) or len([s for s in held if s]) > 7)
        assert box.noop()[0] == "OK"
        for s in filter(None, held):
            s.close()


BODY = b"From: <%s>\r\nSubject: x\r\n\r\n" % WHO.encode() + (b"x" * 76 + b"\r\n") * (9 * MB // 78)


def half_sent(inst, stack, who, size=""):
    s = stack.enter_context(contextlib.closing(inst.smtp(login=who)))
    assert s.docmd("MAIL", f"FROM:<{who}> {size}".strip())[0] == 250 and s.rcpt(who)[0] == 250
    code, text = s.docmd("DATA")
    if code == 354:
        s.send(BODY.replace(WHO.encode(), who.encode(), 1))
    return s, code, text


def finish(s):
    return s.docmd(".")


def told_beforehand(inst):
    """Whether a message of this size is refused before it is sent."""
    with contextlib.closing(inst.smtp(login=WHO)) as s:
        assert s.docmd("MAIL", f"FROM:<{WHO}> SIZE={9 * MB}")[0] == 250 and s.rcpt(WHO)[0] == 250
        return s.docmd("DATA")[0] == 452


def test_memory_of_an_account(server):
    """Messages of one account that are half sent hold a bounded memory; another account is not touched; what is refused is told, and later taken."""
    with contextlib.ExitStack() as stack:
        some = [half_sent(server, stack, WHO)[0] for _ in range(8)]
        eventually(lambda: told_beforehand(server))  # what was sent has come
        other = half_sent(server, stack, OTHER)[0]
        assert finish(other)[0] == 250
        s, code, text = half_sent(server, stack, WHO, f"SIZE={9 * MB}")
        assert (code, text[:5]) == (452, b"4.3.1")  # told before it is sent
        codes = [finish(s) for s in some]
        assert {c for c, _ in codes} == {250, 452} and sum(c == 250 for c, _ in codes) in (4, 5), codes
        assert all(t.startswith(b"4.3.1") for c, t in codes if c == 452)
        assert server.smtp(login=WHO).sendmail(WHO, [WHO], BODY) == {}  # their room is free again
    assert len(server.fetch_all(WHO, item="RFC822.SIZE")) >= 0


def test_memory_comes_back(server):
    """A session that goes in the middle of a message leaves nothing behind."""
    for _ in range(3):
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                half_sent(server, stack, OTHER)
    eventually(lambda: takes(server))


def takes(inst):
    with contextlib.ExitStack() as stack:
        s, code, _ = half_sent(inst, stack, OTHER, f"SIZE={9 * MB}")
        return code == 354 and finish(s)[0] == 250


def test_memory_of_append(server):
    with server.imap(WHO) as a, contextlib.ExitStack() as stack:
        boxes = [stack.enter_context(server.imap(WHO)) for _ in range(6)]
        said = []
        for m in boxes:
            m.send(b"x1 APPEND INBOX {%d}\r\n" % len(BODY))
            said.append(m.readline())
            if said[-1].startswith(b"+"):
                m.send(BODY[:-10])
        assert said[0].startswith(b"+") and said[-1].startswith(b"x1 NO"), said
        for m in boxes:
            m.shutdown()
        boxes.clear()
        stack.pop_all()
        assert eventually(lambda: a.append("INBOX", None, None, BODY)[0] == "OK")
