# SPDX-License-Identifier: EUPL-1.2
"""Open sessions learn within two seconds that their account has another password, is disabled or gone; a session whose ticket runs out in its
working day goes on. The directory is the real one, changed by the command and by its holder over LDAP."""
import contextlib
import os
import socket
import subprocess
import time

import pytest

from instance import Instance, PASSWORD, eventually

SOON = 2.0  # what is promised
BY_THEN = 8  # the bound of the tests: a machine may be slow, and the end of the ticket is far beyond
LIFE = 20  # of a ticket, in seconds


@pytest.fixture(scope="module")
def pli():
    with Instance(conf=["dird {", f"ticket_life = {LIFE}", "}"]) as p:
        yield p


def account(pli, name):
    address = f"{name}@chu.test"
    pli.add(address, sign="never")
    return address


class Line:
    """An IMAP session by hand: what the server says unasked is seen, and when."""

    def __init__(self, pli, login, raw=None):
        raw = raw or socket.create_connection(("127.0.0.1", pli.port("imaps")), 30)
        self.sock = pli.tls().wrap_socket(raw, server_hostname="localhost")
        self.file = self.sock.makefile("rb")
        self.file.readline()
        assert self.ask(f"a LOGIN {login} {PASSWORD}").startswith("a OK")

    def ask(self, text):
        self.sock.sendall(text.encode() + b"\r\n")
        tag = text.split()[0].encode()
        while True:
            line = self.file.readline()
            if not line or line.startswith(tag) or line.startswith(b"+"):
                return line.decode()

    def bye(self):
        """The BYE, and seconds until it."""
        begun = time.monotonic()
        self.sock.settimeout(30)
        lines = [line.decode() for line in self.file]
        return [line for line in lines if line.startswith("* BYE")], time.monotonic() - begun

    def close(self):
        self.sock.close()


def idle(line):
    assert line.ask("i SELECT INBOX").startswith("i OK")
    assert line.ask("j IDLE").startswith("+")


def passwd(pli, who):
    pli.pli("account", "passwd", who, "--password-stdin", stdin="tout-nouveau-1\n")


def ldappasswd(pli, who):
    subprocess.run(["ldappasswd", "-x", "-H", f"ldaps://localhost:{pli.port('ldaps')}", "-D", f"mail={who},ou=mailboxes,o=pli", "-w", PASSWORD,
                    "-s", "tout-nouveau-2"], env=dict(os.environ, LDAPTLS_CACERT=str(pli.ca)), check=True, capture_output=True)


CHANGES = {
    "passwd": passwd,
    "ldappasswd": ldappasswd,
    "disable": lambda pli, who: pli.pli("account", "disable", who),
    "delete": lambda pli, who: pli.pli("account", "delete", who, "--yes"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_open_session_ends(pli, change):
    who = account(pli, change)
    other = account(pli, f"other-{change}")
    with contextlib.ExitStack() as stack:
        waiting, idling, colleague = (stack.enter_context(contextlib.closing(Line(pli, w))) for w in (who, who, other))
        idle(idling)
        smtp = pli.smtp("submissions", login=who)
        CHANGES[change](pli, who)
        for line in (waiting, idling):
            bye, took = line.bye()
            why = ["Votre compte a change, reconnectez-vous / Your account has changed"]
            if change == "delete" and line is idling:  # whoever tells it first
                why.append("Boite supprimee par une autre session / Mailbox was deleted")
            assert len(bye) == 1 and any(w in bye[0] for w in why), bye
            assert took < BY_THEN
        smtp.sock.settimeout(30)
        begun = time.monotonic()
        assert smtp.getreply()[0] == 421
        assert time.monotonic() - begun < BY_THEN
        smtp.close()
        assert colleague.ask("z NOOP").startswith("z OK")


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("verb", ["DATA", "BDAT"])
def test_a_message_on_its_way_is_not_taken(pli, change, verb):
    """Nothing is signed or filed in the name of an account that may not be here any more, however long the message had been on its way."""
    who = account(pli, f"{verb.lower()}-{change}")
    other = account(pli, f"to-{verb.lower()}-{change}")
    smtp = pli.smtp("submissions", login=who)
    assert smtp.mail(who)[0] == 250 and smtp.rcpt(other)[0] == 250
    text = f"From: {who}\r\nTo: {other}\r\nSubject: x\r\n\r\nx\r\n".encode()
    if verb == "DATA":
        assert smtp.docmd("DATA")[0] == 354
        smtp.send(text)
    else:
        smtp.send(b"BDAT %d LAST\r\n" % (len(text) + 3) + text)
    CHANGES[change](pli, who)
    eventually(lambda: f"ev=session-ended account={who} " in pli.output())
    smtp.send(b".\r\n")
    assert smtp.getreply()[0] == 421
    smtp.close()
    assert pli.fetch_all(other) == []


HALF = {  # what a client has sent when it falls silent
    "command": (b"MAIL FR", None),
    "DATA": (b"DATA\r\n", b"From: x\r\nSubject: ha"),
    "BDAT": (b"", b"BDAT 5000\r\nFrom: x\r\nSubject: ha"),
}


def silent_smtp(pli, who, half):
    smtp = pli.smtp("submissions", login=who)
    command, body = HALF[half]
    if body is not None:
        assert smtp.mail(who)[0] == 250 and smtp.rcpt(who)[0] == 250
    smtp.send(command)
    if command.endswith(b"\n"):
        assert smtp.getreply()[0] == 354
    smtp.send(body or b"")
    return smtp


@pytest.mark.parametrize("change", CHANGES)
def test_a_client_that_falls_silent_in_a_message_learns_it(pli, change):
    """It sends nothing more, so nothing wakes the session but dird."""
    who = account(pli, f"silent-{change}")
    silent = {half: silent_smtp(pli, who, half) for half in HALF}
    time.sleep(0.5)  # what was sent is read, and the session waits
    CHANGES[change](pli, who)
    begun = time.monotonic()
    for half, smtp in silent.items():
        smtp.sock.settimeout(30)
        code, text = smtp.getreply()
        assert code == 421 and b"Votre compte a change" in text, (half, code, text)
        assert time.monotonic() - begun < BY_THEN, half
        smtp.close()


HALF_IMAP = {
    "command": (None, b"c FETCH 1:* (FLA"),
    "append": ("c APPEND INBOX {3000}", b"Subject: ha"),
    "append-literal+": (None, b"c APPEND INBOX {3000+}\r\nSubject: ha"),
    "append-no-folder": (None, b"c APPEND nowhere {3000+}\r\nSubject: ha"),
    "append-end": (None, b"c APPEND INBOX {18+}\r\nSubject: x\r\n\r\n1234 "),
    "literal": ("c CREATE {30}", b"ha"),
    "too-big-literal": (None, b"c CREATE {900000+}\r\nha"),
    "idle": ("c IDLE", b"DO"),
    "tls-record": (None, b"\x17\x03\x03\x01\x00ha"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_client_that_falls_silent_in_a_command_learns_it(pli, change):
    who = account(pli, f"mute-{change}")
    with contextlib.ExitStack() as stack:
        lines = {half: stack.enter_context(contextlib.closing(Line(pli, who))) for half in HALF_IMAP}
        for half, line in lines.items():
            command, rest = HALF_IMAP[half]
            if command:
                assert line.ask(command).startswith("+")
            if half == "tls-record":  # half of one, past the library
                os.write(line.sock.fileno(), rest)
            else:
                line.sock.sendall(rest)
        time.sleep(0.5)
        CHANGES[change](pli, who)
        begun = time.monotonic()
        for half, line in lines.items():
            bye, _ = line.bye()
            assert len(bye) == 1 and "Your account has changed" in bye[0], (half, bye)
            assert time.monotonic() - begun < BY_THEN, half


@pytest.mark.parametrize("change", ["passwd", "disable"])
def test_a_literal_on_its_way_is_not_taken(pli, change):
    who = account(pli, f"append-{change}")
    with contextlib.closing(Line(pli, who)) as line:
        assert line.ask("b APPEND INBOX {30}").startswith("+")
        line.sock.sendall(b"Subject: x\r\n\r\n")
        CHANGES[change](pli, who)
        eventually(lambda: f"ev=session-ended account={who} " in pli.output())
        line.sock.sendall(b"0123456789012345\r\n")
        came = line.file.readlines()
        assert len(came) == 1 and came[0].startswith("* BYE Votre compte a change".encode()), came
    assert "ev=append account=" + who not in pli.output()


def test_a_session_that_asks_at_once_is_told_too(pli):
    who = account(pli, "busy")
    with contextlib.closing(Line(pli, who)) as line:
        assert line.ask("b SELECT INBOX").startswith("b OK")
        passwd(pli, who)
        eventually(lambda: f"ev=session-ended account={who} " in pli.output())
        with contextlib.suppress(OSError):
            line.sock.sendall(b"c FETCH 1:* FLAGS\r\n")
        assert not [a for a in line.file if a.startswith(b"c OK")]


def test_a_long_answer_is_cut(pli):
    """Twelve megabytes on their way to a slow client: the rest of them never comes."""
    who = account(pli, "slow")
    size = 12 * 1024 * 1024
    with pli.imap(who) as box:
        assert box.append("INBOX", None, None, b"Subject: x\r\n\r\n" + (b"x" * 76 + b"\r\n") * (size // 78))[0] == "OK"
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    raw.connect(("127.0.0.1", pli.port("imaps")))
    with contextlib.closing(Line(pli, who, raw)) as line:
        assert line.ask("b SELECT INBOX").startswith("b OK")
        line.sock.sendall(b"c FETCH 1 BODY.PEEK[]\r\n")
        came = len(line.file.read(100000))
        passwd(pli, who)
        time.sleep(SOON)
        line.sock.settimeout(60)
        with contextlib.suppress(OSError):
            while block := line.sock.recv(65536):
                came += len(block)
        assert came < size * 9 // 10


def test_dird_restarted_meanwhile(pli):
    """Who watched on the old connection watches on the new one; what changed in between is found."""
    who = account(pli, "restart")
    with contextlib.closing(Line(pli, who)) as line:
        idle(line)
        pid = pli.daemon("pli-dird")
        os.kill(pid, 9)
        pli.wait_daemon("pli-dird", not_pid=pid)
        ldappasswd(pli, who)
        bye, took = line.bye()
        assert len(bye) == 1 and took < 10


def test_the_ticket_is_renewed_while_the_account_stands(pli):
    """Past the end of its ticket a session that idles, and one that waits, go on."""
    who = account(pli, "daylong")
    with contextlib.closing(Line(pli, who)) as waiting, contextlib.closing(Line(pli, who)) as idling:
        assert waiting.ask("b SELECT INBOX").startswith("b OK")
        idle(idling)
        smtp = pli.smtp("submissions", login=who)
        pli.add("long@chu.test", sign="always")
        slow = pli.smtp("submissions", login="long@chu.test")
        assert slow.mail("long@chu.test")[0] == slow.rcpt(who)[0] == 250 and slow.docmd("DATA")[0] == 354
        slow.send(b"From: long@chu.test\r\nSubject: long\r\n\r\n")
        for _ in range(5):
            time.sleep((LIFE + 5) / 5)
            slow.send(b"one more line\r\n")
        slow.send(b".\r\n")
        assert slow.getreply()[0] == 250  # signed with the ticket that was renewed while the message came
        slow.close()
        assert waiting.ask("c STATUS INBOX (MESSAGES)").startswith("c OK")
        assert waiting.ask("d CREATE X").startswith("d OK")
        pli.submit(who, [who], f"From: {who}\r\nTo: {who}\r\nSubject: x\r\n\r\nx\r\n".encode())
        assert idling.file.readline().startswith(b"* 1 EXISTS")
        idling.sock.sendall(b"DONE\r\n")
        assert smtp.docmd("MAIL", f"FROM:<{who}>")[0] == 250
        smtp.close()


@pytest.mark.parametrize("change", CHANGES)
def test_what_becomes_of_a_former_account_is_not_told_to_the_next_one(pli, change):
    """UNAUTHENTICATE (RFC 8437): dird tells a connection of the account that signed in on it. The next one to sign in is another."""
    former, following = account(pli, f"former-{change}"), account(pli, f"following-{change}")
    with contextlib.closing(Line(pli, former)) as line, contextlib.closing(Line(pli, former)) as witness:
        assert line.ask("b UNAUTHENTICATE").startswith("b OK")
        CHANGES[change](pli, former)
        assert witness.bye()[0]  # dird has told
        assert line.ask(f"c LOGIN {following} {PASSWORD}").startswith("c OK")
        assert line.ask("d NOOP").startswith("d OK")
        CHANGES[change](pli, following)
        bye, took = line.bye()
        assert len(bye) == 1 and took < BY_THEN
