# SPDX-License-Identifier: EUPL-1.2
"""Sessions forked before their peer comes (base/listener_spare.c): none outlives its listener, none serves a peer with what its listener has no more."""
import contextlib
import hashlib
import os
import re
import signal
import socket
import ssl
import subprocess

import pytest
from instance import Instance, children, eventually

ME = "gp@chu.test"
LISTENERS = ("pli-imapd", "pli-smtpd")
PEERS = 5  # more than there are spares: fresh forks are looked at too


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add(ME)
        yield pli


def kids(inst, name):
    """Children of that listener: dialler first, then its spares, for no peer is here."""
    listener = inst.daemon(name)
    return sorted(p for p, (_, parent) in children(inst.proc.pid).items() if parent == listener)


def ready(inst, name):
    """(listener, its children) once it has a dialler and both spares."""
    return eventually(lambda: (inst.wait_daemon(name), kids(inst, name)) if len(kids(inst, name)) == 3 else None)


def alive(pid, name):
    """Until it is a zombie its descriptors may be open, and a peer be given to it. Its command line goes before those do: its name stays."""
    with contextlib.suppress(OSError):
        comm, rest = open(f"/proc/{pid}/stat").read().split("(", 1)[1].rsplit(")", 1)
        return comm == name and rest.split()[0] not in "ZX"
    return False


def shown(inst):
    """Fingerprint of the certificate that a new IMAP session shows."""
    pem = ssl.get_server_certificate(("127.0.0.1", inst.port("imaps")))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def greeting(inst):
    with socket.create_connection(("127.0.0.1", inst.port("imap")), 60) as s, s.makefile("rb") as f:
        return f.readline()


@pytest.mark.parametrize("name", LISTENERS)
def test_spares_end_with_a_listener_that_is_killed(inst, name):
    listener, before = ready(inst, name)
    os.kill(listener, signal.SIGKILL)
    inst.wait_daemon(name, not_pid=listener)
    eventually(lambda: not any(alive(p, name) for p in before))
    with inst.imap(ME) as box:  # and there are others
        assert box.select("INBOX")[0] == "OK"
    _, after = ready(inst, name)
    assert not set(before) & set(after)


@pytest.mark.parametrize("name", LISTENERS)
def test_spares_that_are_killed_are_replaced(inst, name):
    listener, before = ready(inst, name)
    for pid in before[1:]:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not any(alive(p, name) for p in before[1:]))  # a peer given to one that is about to die has a session that is killed
    with inst.imap(ME) as box, inst.smtp(login=ME) as s:  # others may not be there yet
        assert box.noop()[0] == "OK" and s.noop()[0] == 250
    eventually(lambda: len(set(kids(inst, name)) - set(before)) == 2)
    assert inst.daemon(name) == listener


def test_no_spare_shows_a_former_certificate(inst, tmp_path):
    """From the moment that the new certificate is seen, nobody sees the old one again; and the spares of the listener that yielded have gone with it."""
    old, spares = shown(inst), {n: ready(inst, n)[1] for n in LISTENERS}
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", tmp_path / "k.pem", "-out",
                    tmp_path / "c.pem", "-subj", "/CN=neuf", "-days", "20", "-addext", "subjectAltName=DNS:mail.chu.test,DNS:localhost", "-addext",
                    "basicConstraints=critical,CA:TRUE"], check=True, capture_output=True, timeout=60)
    (tmp_path / "both.pem").write_bytes((tmp_path / "k.pem").read_bytes() + (tmp_path / "c.pem").read_bytes())
    inst.pli("cert", "import", str(tmp_path / "both.pem"))
    eventually(lambda: shown(inst) != old)
    for name in LISTENERS:
        eventually(lambda name=name: not any(alive(p, name) for p in spares[name]))
        ready(inst, name)
    new = shown(inst)
    assert new != old and [shown(inst) for _ in range(PEERS)] == [new] * PEERS


def test_no_spare_has_former_settings(inst):
    """Settings are taken up by a restart of pli serve. Each of the peers that come at once afterwards is greeted with the new name."""
    spares = [p for n in LISTENERS for p in ready(inst, n)[1]]
    assert b" autre.chu.test " not in greeting(inst)
    conf = inst.root / "pli.conf"
    conf.write_text(re.sub(r'(?m)^( +hostname = ).*', r'\1"autre.chu.test"', conf.read_text()))
    inst.stop()
    assert not any(alive(p, n) for p in spares for n in LISTENERS)
    inst.serve()
    assert all(b" autre.chu.test " in greeting(inst) for _ in range(PEERS))
