# SPDX-License-Identifier: EUPL-1.2
"""Another operator's server without 8BITMIME (RFC 6152): what nobody signed arrives there in seven bits with the same words, what somebody signed comes back
to its author with the reason, and what Pli signed itself was in seven bits from the start."""
import email
import email.policy

import pytest
from dns import Dns
from hostile import Authority, Hostile
from instance import Instance, eventually, free_port_base, plain, release

QUIET, SIGNING, DOMAIN = "labo@chu.test", "gp@chu.test", "sept.test"
SEVEN = {"ehlo-tls": "250-hostile.test\r\n250-SIZE 30000000\r\n250 ENHANCEDSTATUSCODES"}
MIXED = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\nContent-Transfer-Encoding: 8bit\r\n"
BODY = ("--o\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nRésultats : élevés.\r\n.\r\nFin\r\n"
        "--o\r\nContent-Type: message/rfc822\r\n\r\nSubject: Réponse\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nd\xe9j\xe0 vu\r\n--o--\r\n")
WIRE = BODY.replace("d\xe9j\xe0", "@@").encode().replace(b"@@", b"d\xe9j\xe0")
SIGNED = ("MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pgp-signature\"; micalg=pgp-sha256; boundary=s\r\n")


@pytest.fixture(scope="module")
def world():
    base, dns = free_port_base(), Dns()
    try:
        dns.mx(DOMAIN, f"mx.{DOMAIN}", 10, "127.0.3.7")
        dns.start()
        with Instance(serve=False) as inst:
            ca = Authority(inst.dir)
            both = inst.root / "anchors.pem"
            both.write_text((inst.root / "ca.pem").read_text() + ca.pem.read_text())
            with open(inst.root / "pli.conf", "a") as f:
                f.write(f'smtpd {{\n peer_anchors = "{both}"\n}}\nrelayd {{\n port = {base + 25}\n resolver = "{dns.address}"\n local_peers = yes\n}}\n')
            inst.serve()
            inst.add(QUIET, sign="never")
            inst.add(SIGNING)
            inst.pli("trust", "add", DOMAIN, "--dn", f"CN=mx.{DOMAIN},O=Essais,C=FR")
            with Hostile("127.0.3.7", base + 25, ca.issue(f"mx.{DOMAIN}"), script=SEVEN) as peer:
                yield inst, peer
    finally:
        dns.close()
        release(base)


def message(subject, sender, head, body):
    return plain(subject, sender, f"dr@{DOMAIN}", body="", extra=head) + body


def there(peer, subject):
    return [x for x in peer.letters if f"Subject: {subject}\r\n".encode() in x["data"]]


def seven(octets):
    return max(octets) < 128 and all(len(line) <= 998 for line in octets.split(b"\r\n"))


def test_converted(world):
    inst, peer = world
    inst.submit(QUIET, [f"dr@{DOMAIN}"], message("converti", QUIET, MIXED, WIRE))
    (got,) = eventually(lambda: there(peer, "converti"), 60)
    assert seven(got["data"]) and b"BODY=" not in got["mail"] and not got["data"].startswith(b"Return-Path"), got
    assert f" SIZE={len(got['data'])}".encode() in got["mail"], (got["mail"], len(got["data"]))
    m = email.message_from_bytes(got["data"], policy=email.policy.default)
    text, enclosed = m.iter_parts()
    assert text.get_content() == "Résultats : élevés.\r\n.\r\nFin" and not m.defects
    inner = enclosed.get_content()
    assert inner["subject"] == "Réponse" and inner.get_content() == "déjà vu"
    assert enclosed["content-transfer-encoding"] in (None, "7bit")  # it may not be encoded itself (RFC 2046 5.2.1)
    eventually(lambda: inst.json("queue", "list") == [])
    assert " ev=relay-converted " in inst.output()


def test_what_is_signed_comes_back(world):
    inst, peer = world
    body = "--s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nété\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--s--\r\n"
    inst.submit(QUIET, [f"dr@{DOMAIN}"], message("signe", QUIET, SIGNED, body.encode()))
    (report,) = eventually(lambda: [m for m in inst.fetch_all(QUIET) if b"report-type" in m], 60)
    m = email.message_from_bytes(report, policy=email.policy.default)
    text, status, _ = m.iter_parts()
    assert status.get_payload()[1]["status"] == "5.6.3" and status.get_payload()[1]["final-recipient"] == f"rfc822; dr@{DOMAIN}"
    assert "n'accepte pas ce message signe sans le modifier" in text.get_content() and "must not be changed" in text.get_content()
    assert there(peer, "signe") == []


def test_what_pli_signs_is_seven_bits_already(world, tmp_path):
    inst, peer = world
    inst.submit(SIGNING, [f"dr@{DOMAIN}"], message("scelle", SIGNING, MIXED, WIRE))
    (got,) = eventually(lambda: there(peer, "scelle"), 60)
    assert seven(got["data"])
    kept = tmp_path / "kept.eml"
    kept.write_bytes(got["data"])
    assert inst.json("cert", "verify", str(kept))["verdict"] == "pass"
