# SPDX-License-Identifier: EUPL-1.2
"""IPv6 and IPv4 alike: each door takes a message from both, and trace field and log name the peer as it came (RFC 5321 4.1.3, 4.4)."""
import re
import smtplib

import pytest
from instance import PASSWORD, Instance, plain

HOSTS = {"127.0.0.1": "[127.0.0.1]", "::1": "[IPv6:::1]"}


@pytest.fixture(scope="module")
def inst():
    with Instance(every_address=True) as pli:
        pli.add("gp@chu.test", sign="never")
        pli.cert = pli.trust_operator("load.test")
        yield pli


@pytest.mark.parametrize("door", ["smtp", "submission", "submissions"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_message(inst, door, host):
    ctx = inst.tls(inst.cert if door == "smtp" else None)
    ctx.check_hostname = False
    if door == "submissions":
        s = smtplib.SMTP_SSL(host, inst.port(door), "client.test", context=ctx, timeout=60)
    else:
        s = smtplib.SMTP(host, inst.port(door), "client.test", timeout=60)
        s.starttls(context=ctx)
    with s:
        port = s.sock.getsockname()[1]
        if door != "smtp":
            s.login("gp@chu.test", PASSWORD)
        sender = "a@load.test" if door == "smtp" else "gp@chu.test"
        assert not s.sendmail(sender, ["gp@chu.test"], plain(f"par {door} {host}", sender, "gp@chu.test"))
    got = inst.fetch_all("gp@chu.test")[-1]
    assert f"Subject: par {door} {host}".encode() in got
    assert HOSTS[host] in re.search(rb"(?ms)^Received: .*?\r\n(?!\s)", got)[0].decode()
    assert re.search(rf"ev=connected peer={re.escape(host)} port={port} kind={door}\b", inst.output())


@pytest.mark.parametrize("literal", ["[IPv6:::1]", "[127.0.0.1]", "[IPv6:2001:db8::25]"])
def test_a_client_without_a_name(inst, literal):
    """EHLO with an address literal (RFC 5321 4.1.3)."""
    with smtplib.SMTP("::1", inst.port("submission"), "client.test", timeout=60) as s:
        assert s.docmd("EHLO", literal)[0] == 250
