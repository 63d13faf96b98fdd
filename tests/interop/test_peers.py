# SPDX-License-Identifier: EUPL-1.2
"""A real server as the other operator: a private Postfix hands its mail to port 25 with a client certificate."""
import re

import postfix
import pytest
from instance import eventually, plain

pytestmark = pytest.mark.skipif(postfix.usable() is not None, reason=str(postfix.usable()))
HERE, THERE = "peer@chu.test", "medecin@load.test"


@pytest.fixture(scope="module")
def me(pli):
    pli.add(HERE)
    return HERE


@pytest.fixture(scope="module")
def mx(pli, me):
    with postfix.Postfix("localhost", pli.port("smtp"), pli.ca, pli.trust_operator("load.test")) as server:
        yield server


def subjects(pli, login):
    return [re.search(rb"^Subject: (.*?)\r", m, re.M).group(1).decode() for m in pli.fetch_all(login)]


def test_postfix_delivers_with_its_certificate(pli, me, mx):
    mx.inject(THERE, [me], plain("par postfix", THERE, me, body="Bonjour.\r\n.\r\n..\r\n. point\r\n"))
    line = mx.until(me, "sent")
    assert "dsn=2.0.0" in line
    assert "Verified TLS connection established to localhost" in mx.log()
    got = next(m for m in pli.fetch_all(me) if b"par postfix" in m)
    assert got.endswith(b"Bonjour.\r\n.\r\n..\r\n. point\r\n")       # dots came off as they went on
    assert got.startswith(b"Return-Path: <medecin@load.test>\r\n")


def test_postfix_sends_eight_bits_and_large_mail(pli, me, mx):
    mime = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    body = "Une ligne \u00e9crite.\r\n" * 60000
    mx.inject(THERE, [me], plain("grand", THERE, me, extra=mime).replace(b"Bonjour.\r\n", body.encode()))
    got = eventually(lambda: [m for m in pli.fetch_all(me) if b"Subject: grand" in m])[0]
    assert got.endswith(body.encode())


def test_postfix_hears_of_an_unknown_recipient_and_serves_the_others(pli, me, mx):
    mx.inject(THERE, ["personne@chu.test", me], plain("a deux", THERE, me))
    assert "550 5.1.1" in mx.until("personne@chu.test", "bounced")
    eventually(lambda: "a deux" in subjects(pli, me))


def test_another_sender_domain_is_refused(pli, me, mx):
    """The certificate is load.test's: it brings no mail of a domain that is not trusted with it."""
    mx.inject("intrus@autre.test", ["second@chu.test"], plain("intrus", "intrus@autre.test", me))
    line = mx.until("second@chu.test", "bounced")
    assert re.search(r"said: 5\d\d 5\.7\.\d", line)


def test_no_certificate_no_mail(pli, me):
    with postfix.Postfix("localhost", pli.port("smtp"), pli.ca, pli.trust_operator("load.test"),
                         more=["smtp_tls_cert_file =", "smtp_tls_key_file ="]) as bare:
        bare.inject(THERE, [me], plain("sans certificat", THERE, me))
        assert re.search(r"said: 5\d\d 5\.7\.\d", bare.until(me, "bounced"))
    assert "sans certificat" not in subjects(pli, me)


SMUGGLE = [b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\n.\n", b"\r.\r", b"\r\n\0.\r\n"]


@pytest.mark.parametrize("stray", ["yes", "no"])
def test_no_letter_is_smuggled_through_postfix(pli, me, stray):
    """Postfix taking doubtful ends of data, mending stray CR and LF or not: we file as many letters as it says it sent, no more."""
    lax = [f"cleanup_replace_stray_cr_lf = {stray}", "smtpd_forbid_bare_newline = no", "smtpd_forbid_unauth_pipelining = no"]
    with postfix.Postfix("localhost", pli.port("smtp"), pli.ca, pli.trust_operator("load.test"), more=lax) as mx:
        for n, end in enumerate(SMUGGLE):
            inner = f"MAIL FROM:<chef@load.test>\r\nRCPT TO:<{me}>\r\nDATA\r\n".encode()
            mx.raw(THERE, me, plain(f"porteur {n}{stray}", THERE, me) + b"fin" + end + inner + plain(f"passe {n}{stray}", "chef@load.test", me))
        eventually(lambda: mx.done() >= len(SMUGGLE) and mx.idle())
        sent, said = len(re.findall(r"postfix/smtp\[.* status=sent", mx.log())), mx.log()
        filed = [s for s in subjects(pli, me) if s.endswith(stray)]
        assert len(filed) == sent, (filed, said[-6000:])
        refused = re.findall(r"said: (5\d\d 5\.\d\.\d)", said)
        assert sent + len(refused) == mx.done()
