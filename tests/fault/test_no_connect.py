# SPDX-License-Identifier: EUPL-1.2
"""Sessions have no connect(2): the dialler beside their listener connects for them. What that must not change: every daemon may be killed
under live sessions, and so may the dialler itself."""
import os
import signal
import smtplib

import pytest
from instance import Instance, children, eventually, plain

WHO, UNSIGNED = "fil@chu.test", "sans@chu.test"


@pytest.fixture(scope="module")
def server():
    with Instance() as inst:
        inst.add(WHO, sign="always")
        inst.add(UNSIGNED, sign="never")
        yield inst


def dialler(inst, name):
    """The child of a listener that has no socket of the network: not a session, not a spare."""
    listener = inst.daemon(name)
    kids = sorted(p for p, (n, parent) in children(inst.proc.pid).items() if parent == listener)
    return kids[0]  # the first that a listener forks


def kill(inst, name):
    pid = inst.daemon(name)
    os.kill(pid, signal.SIGKILL)
    inst.wait_daemon(name, not_pid=pid)


def taken(s):
    """dird reads the directory first: until then senders are told to try again, on the session that they have."""
    try:
        s.sendmail(WHO, [WHO], plain("apres", WHO, WHO))
    except (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused) as e:
        assert "451" in str(e), e
        return False
    return True


@pytest.mark.parametrize("daemon", ["pli-stored", "pli-keyd", "pli-dird", "pli-trustd"])
def test_sessions_dial_again(server, daemon):
    with server.smtp(login=WHO) as s, server.imap(WHO) as box:
        s.sendmail(WHO, [WHO], plain("avant", WHO, WHO))
        assert box.select("INBOX")[0] == "OK"
        kill(server, daemon)
        eventually(lambda: taken(s))
        assert box.noop()[0] == "OK"
        typ, d = box.fetch("1:*", "(ENVELOPE BODY.PEEK[TEXT])")
        assert typ == "OK" and any(b"apres" in x[0] for x in d if isinstance(x, tuple)), d
    log = server.output()
    assert "forbidden-system-call" not in log and "sandbox-violation" not in log


def test_dialler_killed(server):
    """Sessions that it had go on with the connections that they have (a first message to be signed needs one more); new ones get a new dialler."""
    for name in ("pli-smtpd", "pli-imapd"):
        listener, old = server.daemon(name), dialler(server, name)
        with server.smtp(login=UNSIGNED) as s:
            os.kill(old, signal.SIGKILL)
            eventually(lambda: old not in children(server.proc.pid))
            s.sendmail(UNSIGNED, [WHO], plain("malgre tout", UNSIGNED, WHO))
        server.submit(WHO, [WHO], plain("ensuite", WHO, WHO))
        with server.imap(WHO) as box:
            kill(server, "pli-stored")
            assert box.select("INBOX")[0] == "OK"
        assert server.daemon(name) == listener


def test_dialler_ends_with_its_listener(server):
    for name in ("pli-smtpd", "pli-imapd"):
        old, pid = dialler(server, name), server.daemon(name)
        os.kill(pid, signal.SIGKILL)
        server.wait_daemon(name, not_pid=pid)
        eventually(lambda: not os.path.exists(f"/proc/{old}"))


def test_peer_is_the_session(server):
    """keyd bounds handshakes by process: one that its session dialled anew still counts for the session, not for the dialler."""
    kill(server, "pli-keyd")
    for _ in range(40):  # more than one process may ask for in a minute (decision 0008)
        with server.smtp() as s:
            assert s.noop()[0] == 250
