# SPDX-License-Identifier: EUPL-1.2
"""The bad day: what each part says when another is away, full, hostile or too new. Nothing accepted is lost."""
import imaplib
import os
import random
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time

import pytest
from instance import PASSWORD, Instance, PliError, naming, plain

GARBAGE = [b"\0" * 4096, b"\xff" * 70000, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"A" * 5000,
           b"A" * 200000, b"{99999999999999999999}\r\n", b"\r\n" * 5000, b"(" * 100000 + b"\r\n"]


def still_works(pli):
    pli.submit("gp@chu.test", ["gp@chu.test"], plain("encore", "gp@chu.test", "gp@chu.test"))
    assert pli.fetch_all("gp@chu.test")


@pytest.fixture(scope="module")
def shared():
    with Instance() as inst:
        inst.add("gp@chu.test", sign="never")
        yield inst


@pytest.mark.parametrize("service,tls", [("smtp", 0), ("submission", 0), ("submissions", 0), ("imap", 0), ("imaps", 0),
                                         ("submissions", 1), ("imaps", 1)])
def test_garbage_on_every_port(shared, service, tls):
    seeded = random.Random(service)
    for blob in GARBAGE + [seeded.randbytes(30000)]:
        with socket.create_connection(("127.0.0.1", shared.port(service)), timeout=10) as s:
            s.settimeout(10)
            try:
                if tls:
                    s = shared.tls().wrap_socket(s, server_hostname="localhost")
                s.sendall(blob)
                s.shutdown(socket.SHUT_WR)
                while s.recv(65536):
                    pass
            except (OSError, ssl.SSLError):
                pass
    still_works(shared)


@pytest.mark.parametrize("name", ["stored.sock", "keyd.sock", "dird.sock"])
def test_garbage_on_every_ipc_socket(shared, name):
    daemon = "pli-" + name.split(".")[0]
    pid = shared.daemon(daemon)
    seeded = random.Random(name)
    here = os.getcwd()
    os.chdir(shared.root / "run")
    try:
        for _ in range(200):
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                s.settimeout(5)
                s.connect(name)
                try:
                    for _ in range(3):
                        s.send(seeded.randbytes(seeded.choice([1, 2, 8, 40, 200, 4000, 60000])))
                    assert len(s.recv(65536)) < 4096     # an error reply, or the end
                except OSError:
                    pass
    finally:
        os.chdir(here)
    assert shared.daemon(daemon) == pid, "garbage ended the daemon"
    assert "ipc-malformed" in shared.output()
    still_works(shared)


def test_unknown_recipient_and_wrong_password(shared):
    with shared.smtp(login="gp@chu.test") as s:
        s.mail("gp@chu.test")
        code, text = s.rcpt("inconnu@chu.test")
        assert code == 550 and text.startswith(b"5.1.1"), (code, text)
        assert s.rcpt("gp@chu.test")[0] == 250
    with pytest.raises(smtplib.SMTPAuthenticationError) as e:
        shared.smtp(login="gp@chu.test", password="faux")
    assert e.value.smtp_code == 535 and e.value.smtp_error.startswith(b"5.7.8")
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        shared.imap("gp@chu.test", "faux")


def test_no_tls_no_word(shared):
    with smtplib.SMTP("localhost", shared.port("submission"), timeout=20) as s:
        s.ehlo()
        assert "auth" not in s.esmtp_features
        assert s.docmd("AUTH", "PLAIN AGdwAHB3")[0] == 530
        assert s.docmd("MAIL", "FROM:<gp@chu.test>")[0] == 530
    m = imaplib.IMAP4("localhost", shared.port("imap"), timeout=20)
    assert "LOGINDISABLED" in m.capabilities
    with pytest.raises(imaplib.IMAP4.error):
        m.login("gp@chu.test", PASSWORD)
    m.shutdown()


def test_sender_not_held(shared):
    shared.add("autre@chu.test", sign="never")
    with shared.smtp(login="gp@chu.test") as s:
        code, text = s.mail("autre@chu.test")
        assert code == 553 and text.startswith(b"5.7.1"), (code, text)
        s.mail("gp@chu.test")
        s.rcpt("gp@chu.test")
        code, text = s.data(plain("faux", "autre@chu.test", "gp@chu.test"))
        assert code == 550 and text.startswith(b"5.7.1"), (code, text)


def test_a_gigabyte_literal(shared):
    with shared.imap("gp@chu.test") as m:
        m.send(b"x1 APPEND INBOX {1073741824}\r\n")
        assert m.readline().startswith(b"x1 NO"), "a synchronising literal beyond the limit is refused before it is sent"
    raw = socket.create_connection(("127.0.0.1", shared.port("imaps")), timeout=20)
    s = shared.tls().wrap_socket(raw, server_hostname="localhost")
    s.recv(4096)
    got = b""
    try:
        s.sendall(b"x1 LOGIN {1073741824+}\r\n" + b"A" * 100000)
        while chunk := s.recv(65536):
            got += chunk
            if b"x1 " in got or b"* BYE" in got:
                break
    except OSError:
        pass
    assert b"x1 OK" not in got
    s.close()
    still_works(shared)


def test_data_cut_off_is_not_delivered(shared):
    before = len(shared.fetch_all("gp@chu.test"))
    s = shared.smtp(login="gp@chu.test")
    s.mail("gp@chu.test")
    s.rcpt("gp@chu.test")
    s.docmd("DATA")
    s.send(plain("coupe", "gp@chu.test", "gp@chu.test"))
    s.sock.close()
    time.sleep(0.5)
    assert len(shared.fetch_all("gp@chu.test")) == before


def test_hostile_line_lengths(shared):
    with shared.smtp(login="gp@chu.test") as s:
        assert s.docmd("NOOP", "x" * 100000)[0] == 500
    with shared.smtp(login="gp@chu.test") as s:
        s.mail("gp@chu.test")
        s.rcpt("gp@chu.test")
        code, _ = s.data(plain("longue", "gp@chu.test", "gp@chu.test", "x" * 3_000_000 + "\r\n"))
        assert code == 554
    still_works(shared)


def test_quota(shared):
    shared.add("petit@chu.test", sign="never", extra=["--quota", "20K"])
    body = "x" * 70 + "\r\n"
    refused = None
    for n in range(10):
        try:
            shared.submit("petit@chu.test", ["petit@chu.test"], plain(f"q{n}", "petit@chu.test", "petit@chu.test", body * 100))
        except smtplib.SMTPRecipientsRefused as e:
            refused = e.recipients["petit@chu.test"]
            break
    assert refused and refused[0] == 452 and refused[1][:5] == b"4.2.2", refused
    with shared.imap("petit@chu.test") as m:
        typ, d = m.append("INBOX", None, None, plain("trop", body=body * 100))
        assert typ == "NO" and b"OVERQUOTA" in d[0], d


@pytest.mark.parametrize("name", ["pli-stored", "pli-keyd", "pli-dird", "pli-trustd"])
def test_a_daemon_dies_and_sessions_live(shared, name):
    """kill -9: the supervisor restarts it; a session that was open goes on."""
    with shared.smtp(login="gp@chu.test") as s, shared.imap("gp@chu.test") as m:
        m.select("INBOX")
        pid = shared.daemon(name)
        os.kill(pid, signal.SIGKILL)
        shared.wait_daemon(name, not_pid=pid)
        end = time.monotonic() + 10
        while True:
            try:
                s.sendmail("gp@chu.test", ["gp@chu.test"], plain("apres", "gp@chu.test", "gp@chu.test"))
                break
            except smtplib.SMTPResponseException as e:
                assert e.smtp_code == 451 and e.smtp_error.startswith(b"4.3.0") and time.monotonic() < end, e
                time.sleep(0.1)
            except smtplib.SMTPRecipientsRefused as e:
                assert all(c == 451 and text.startswith(b"4.3.0") for c, text in e.recipients.values()) and time.monotonic() < end, e
                time.sleep(0.1)
        while m.noop()[0] != "OK":
            assert time.monotonic() < end
        typ, d = m.fetch("1:*", "(UID)")
        assert typ == "OK"
    still_works(shared)


def test_a_session_that_dies_takes_nobody_with_it(shared):
    with shared.smtp(login="gp@chu.test") as a:
        b = shared.smtp(login="gp@chu.test")
        os.kill(shared.session(b), signal.SIGKILL)
        assert a.noop()[0] == 250
        b.close()
    still_works(shared)


def test_slapd_stopped(own):
    pli = own()
    pli.add("gp@chu.test", sign="never")
    pli.add("rare@chu.test", sign="never")
    still_works(pli)
    slapd = pli.pids("slapd")
    assert slapd
    for p in slapd:
        os.kill(p, signal.SIGSTOP)
    try:
        # known recipients are still known, a password checked lately still opens; an unchecked one waits for the directory
        pli.submit("gp@chu.test", ["rare@chu.test"], plain("sans annuaire", "gp@chu.test", "rare@chu.test"))
        with pytest.raises(smtplib.SMTPResponseException) as e:
            pli.smtp(login="rare@chu.test", timeout=40)
        assert e.value.smtp_code == 454 and e.value.smtp_error.startswith(b"4.7.0"), e.value
    finally:
        for p in slapd:
            os.kill(p, signal.SIGCONT)
    end = time.monotonic() + 15
    while True:
        try:
            assert len(pli.fetch_all("rare@chu.test")) == 1
            break
        except imaplib.IMAP4.error:
            assert time.monotonic() < end
            time.sleep(0.3)


@pytest.fixture
def passable():
    """A folder that the daemons' own users pass through, as pytest's own (mode 0700 above) do not let them."""
    with tempfile.TemporaryDirectory(prefix="pli-test-") as d:
        os.chmod(d, 0o711)
        yield d


@pytest.mark.skipif(os.getuid() != 0, reason="mounting a small file system needs root")
def test_disk_full(passable):
    """A store on a full disk refuses for now, before the promise, loses nothing, and works again when there is room."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m,mode=755", "tmpfs", passable], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with Instance(parent=passable) as pli:
            pli.add("gp@chu.test", sign="never", extra=["--quota", "10G"])
            acked, refused = 0, None
            for n in range(400):
                try:
                    pli.submit("gp@chu.test", ["gp@chu.test"], plain(f"plein {n}", "gp@chu.test", "gp@chu.test", ("x" * 70 + "\r\n") * 15000))
                    acked += 1
                except smtplib.SMTPResponseException as e:
                    refused = e
                    break
                except smtplib.SMTPRecipientsRefused as e:
                    refused = smtplib.SMTPResponseException(*e.recipients["gp@chu.test"])
                    break
            assert refused and refused.smtp_code == 452 and refused.smtp_error.startswith(b"4.3.1 "), refused
            assert acked and len(pli.fetch_all("gp@chu.test", item="BODY.PEEK[HEADER]")) == acked
            pli.stop()
            pli.serve()
            assert len(pli.fetch_all("gp@chu.test", item="BODY.PEEK[HEADER]")) == acked
            subprocess.run(["mount", "-o", "remount,size=900m", passable], check=True)
            pli.submit("gp@chu.test", ["gp@chu.test"], plain("de la place", "gp@chu.test", "gp@chu.test"))
            assert len(pli.fetch_all("gp@chu.test", item="BODY.PEEK[HEADER]")) == acked + 1
    finally:
        subprocess.run(["umount", "-l", passable])


def test_kill_9_of_everything_then_serve(own):
    pli = own()
    pli.add("gp@chu.test")
    still_works(pli)
    os.kill(pli.proc.pid, signal.SIGKILL)
    pli.proc.wait()
    end = time.monotonic() + 10
    while naming(pli.root):
        assert time.monotonic() < end, "something outlived its supervisor"
        time.sleep(0.1)
    pli.proc = None
    pli.serve()
    still_works(pli)


def test_two_serves_on_one_instance(shared):
    r = shared.pli("serve", check=False)
    assert r.returncode == 1 and len(r.stderr.strip().splitlines()) == 1, r
    still_works(shared)


def test_strict_password_story(own):
    pli = own()
    pli.add("strict@chu.test", extra=["--strict"], sign="never")
    pli.submit("strict@chu.test", ["strict@chu.test"], plain("scelle", "strict@chu.test", "strict@chu.test"))
    assert len(pli.fetch_all("strict@chu.test")) == 1
    pli.pli("account", "passwd", "strict@chu.test", "--password-stdin", stdin=f"{PASSWORD}\nnouveau-1\n")
    assert len(pli.fetch_all("strict@chu.test", password="nouveau-1")) == 1
    with pytest.raises(imaplib.IMAP4.error):
        pli.imap("strict@chu.test", PASSWORD)
    with pytest.raises(PliError):
        pli.pli("account", "passwd", "strict@chu.test", "--password-stdin", stdin="faux\nautre-mot-1\n")
    assert len(pli.fetch_all("strict@chu.test", password="nouveau-1")) == 1
