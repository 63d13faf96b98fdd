# SPDX-License-Identifier: EUPL-1.2
"""Submission has rates an hour, for an account and for an address. They are counted beside the sessions, so a new connection does not begin anew. The
address comes from a PROXY header here, because loopback has no rate."""
import smtplib

import pytest
from instance import PASSWORD, Instance, plain
from proxy import connect, header

LIMITS = """smtpd {
 proxy_from = "127.0.0.1"
 max_messages_per_account_hour = 4
 max_recipients_per_account_hour = 10
 max_messages_per_address_hour = 6
 max_recipients_per_address_hour = 12
}"""


@pytest.fixture()
def inst():
    with Instance(conf=[LIMITS]) as pli:
        for name in "abcd":
            pli.add(f"{name}@chu.test", sign="never")
        pli.cert = pli.trust_operator("load.test")
        yield pli


def send(inst, who, ip, recipients=1, service="submission", chunk=False):
    """(code, enhanced code, text) of DATA's or BDAT's last answer, over a connection of its own."""
    class Through(smtplib.SMTP):
        def _get_socket(self, host, port, timeout):
            return connect(port, header(ip), "127.0.0.1", timeout)
    with Through("localhost", inst.port(service), "client.test", timeout=60) as s:
        s.starttls(context=inst.tls(None if who else inst.cert))
        s.ehlo()
        if who:
            s.login(f"{who}@chu.test", PASSWORD)
        sender = f"{who}@chu.test" if who else "a@load.test"
        assert s.mail(sender)[0] == 250
        for n in range(recipients):
            assert s.rcpt(f"a+{n}@chu.test")[0] == 250
        message = plain("x", sender, "a@chu.test")
        if chunk:
            s.send(b"BDAT %d LAST\r\n" % len(message) + message)
            code, text = s.getreply()
        else:
            code, text = s.docmd("DATA")
            if code == 354:
                s.send(message + b".\r\n")
                code, text = s.getreply()
        assert s.noop()[0] == 250  # the session lives on, in step
    return code, *text.decode().split(" ", 1)


def test_messages_of_an_account(inst):
    assert [send(inst, "a", f"192.0.2.{n}")[0] for n in range(4)] == [250] * 4
    code, enhanced, text = send(inst, "a", "192.0.2.99")
    assert (code, enhanced) == (450, "4.7.1") and "par ce compte" in text and "from this account" in text
    assert send(inst, "a", "127.0.0.1", chunk=True)[:2] == (450, "4.7.1")
    assert send(inst, "b", "192.0.2.99")[0] == 250
    assert len(inst_messages(inst)) == 5
    line = [ln for ln in inst.output().splitlines() if "why=rate-account" in ln][0]
    assert "account=a@chu.test" in line and "peer=192.0.2.99" in line and "code=450" in line


def inst_messages(inst):
    with inst.imap("a@chu.test") as m:
        n = int(m.select("INBOX", readonly=True)[1][0])
        return [None] * n


def test_recipients_of_an_account(inst):
    assert send(inst, "a", "192.0.2.1", 9)[0] == 250
    assert send(inst, "a", "192.0.2.2", 2)[:2] == (450, "4.7.1")
    assert send(inst, "a", "192.0.2.3", 1)[0] == 250  # the refused one has used nothing


def test_an_address(inst):
    for who in "abc":
        assert [send(inst, who, "2001:db8::1")[0], send(inst, who, "2001:db8::2:2")[0]] == [250] * 2
    code, enhanced, text = send(inst, "d", "2001:db8::3")  # the same /64
    assert (code, enhanced) == (450, "4.7.1") and "depuis ce poste" in text and "from this address" in text
    assert "why=rate-address" in inst.output()
    assert send(inst, "d", "2001:db8:0:1::3")[0] == 250


def test_recipients_from_an_address(inst):
    assert send(inst, "a", "192.0.2.1", 9)[0] == 250
    assert send(inst, "b", "192.0.2.1", 4)[:2] == (450, "4.7.1")
    assert send(inst, "b", "192.0.2.1", 3)[0] == 250


def test_loopback_and_other_operators_have_none(inst):
    assert [send(inst, "abc"[n % 3], "127.0.0.1")[0] for n in range(9)] == [250] * 9
    assert [send(inst, None, "192.0.2.1", service="smtp")[0] for _ in range(8)] == [250] * 8
