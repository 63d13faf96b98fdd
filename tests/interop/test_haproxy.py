# SPDX-License-Identifier: EUPL-1.2
"""A real proxy: haproxy (Debian's) in front of every mail port, with send-proxy-v2. Both families before it, its health checks (LOCAL) beside.

PLI_HAPROXY names a program that is not installed."""
import contextlib
import imaplib
import os
import re
import shutil
import smtplib
import socket
import subprocess

import pytest
from instance import PASSWORD, Instance, eventually, free_port_base, plain, release

PROGRAM = os.environ.get("PLI_HAPROXY") or shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")
OFFSET = {"smtp": 25, "submission": 587, "submissions": 465, "imaps": 993}


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
        return True


@pytest.fixture(scope="module")
def inst(tmp_path_factory):
    if not PROGRAM:
        pytest.skip("haproxy is not installed")
    folder, base = tmp_path_factory.mktemp("haproxy"), free_port_base()
    with contextlib.ExitStack() as stack:
        stack.callback(release, base)
        pli = stack.enter_context(Instance(conf=['smtpd { proxy_from = "127.0.0.1" }', 'imapd { proxy_from = "127.0.0.1" }']))
        pli.add("gp@chu.test", sign="never")
        pli.cert, pli.before = pli.trust_operator("load.test"), {s: base + off for s, off in OFFSET.items()}
        conf = "global\n  maxconn 100\ndefaults\n  mode tcp\n  timeout client 60s\n  timeout server 60s\n  timeout connect 5s\n"
        for service, port in pli.before.items():
            check = " check inter 300 check-send-proxy" if service == "smtp" else ""
            conf += f"listen {service}\n  bind ::1:{port}\n  bind 127.0.0.1:{port}\n  server pli 127.0.0.1:{pli.port(service)} send-proxy-v2{check}\n"
        (folder / "conf").write_text(conf)
        with open(folder / "log", "w") as log:
            p = subprocess.Popen([PROGRAM, "-f", folder / "conf", "-db"], stdout=log, stderr=log)
        stack.callback(p.wait, 20)
        stack.callback(p.terminate)
        eventually(lambda: all(answers(port) for port in pli.before.values()))
        yield pli


def context(inst, pem=None):
    ctx = inst.tls(pem)
    ctx.check_hostname = False
    return ctx


def named(inst, host, port, kind):
    return re.search(rf"ev=connect(?:ed)? peer={re.escape(host)} port={port} (?:kind={kind}|tls=1) proxy=127\.0\.0\.1", inst.output())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("door", ["smtp", "submission", "submissions"])
def test_a_letter(inst, door, host):
    if door == "submissions":
        s = smtplib.SMTP_SSL(host, inst.before[door], "client.test", context=context(inst), timeout=60)
    else:
        s = smtplib.SMTP(host, inst.before[door], "client.test", timeout=60)
        s.starttls(context=context(inst, inst.cert if door == "smtp" else None))
    with s:
        port = s.sock.getsockname()[1]
        if door != "smtp":
            s.login("gp@chu.test", PASSWORD)
        sender = "a@load.test" if door == "smtp" else "gp@chu.test"
        assert not s.sendmail(sender, ["gp@chu.test"], plain(f"{door} {host}", sender, "gp@chu.test"))
    assert named(inst, host, port, door)
    with imaplib.IMAP4_SSL(host, inst.before["imaps"], ssl_context=context(inst), timeout=60) as m:
        port = m.sock.getsockname()[1]
        m.login("gp@chu.test", PASSWORD)
        m.select("INBOX", readonly=True)
        assert m.search(None, "SUBJECT", f'"{door} {host}"')[1][0].split()
    assert named(inst, host, port, "imaps")


def test_its_health_checks_are_heard(inst):
    """It looks three times a second; none of these is a malformed header."""
    seen = inst.output().count("kind=smtp proxy=127.0.0.1")
    eventually(lambda: inst.output().count("kind=smtp proxy=127.0.0.1") > seen + 2)
    assert "ev=proxy-refused" not in inst.output()
