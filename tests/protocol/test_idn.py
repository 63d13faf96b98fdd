# SPDX-License-Identifier: EUPL-1.2
"""A domain with letters beyond ASCII (RFC 5890, RFC 6531): its U-labels and its A-labels are one domain at every door, in the directory, the trust space,
the queue and in what relayd asks of DNS and compares in certificates."""
import base64
import re
import smtplib

import pytest
from instance import PASSWORD, eventually, plain
from operators import Operators, subject

U, A = "hôpital.test", "xn--hpital-ixa.test"
UPPER = "HÔPITAL.test"
DECOMPOSED = "ho\u0302pital.test"  # o, and a circumflex of its own
SPELLINGS = (U, A, UPPER, DECOMPOSED, "XN--HPITAL-ixa.TEST")
HOSP, GP, ACCOUNT = "hosp@a.test", f"gp@{U}", f"gp@{A}"


@pytest.fixture(scope="module")
def two():
    with Operators(b_domain=U, accounts=(), trust=False) as ops:
        ops.a.add(HOSP)
        ops.b.add(GP)
        for me, other, name in ((ops.a, ops.b, UPPER), (ops.b, ops.a, "a.test")):
            for dn in sorted({subject(other.root / "tls" / pem) for pem in ("server.pem", "server-ec.pem")}):
                me.pli("trust", "add", name, "--dn", dn)
        yield ops


def letter(name, sender, to, more=""):
    """Its header is UTF-8 (RFC 6532) where an address is."""
    return plain(name, "@", "@").decode().replace("From: <@>", f"From: <{sender}>", 1).replace("To: <@>", f"To: <{to}>", 1).encode()


def send(inst, login, sender, to, message, options=("SMTPUTF8", "BODY=8BITMIME")):
    with inst.smtp(login=login) as s:
        s.command_encoding = "utf-8"
        assert s.mail(sender, list(options))[0] == 250
        codes = [s.rcpt(t) for t in to]
        return codes, s.data(message) if any(c[0] == 250 for c in codes) else None


def here(inst, login, name):
    return [m for m in inst.fetch_all(login) if f"Subject: {name}\r\n".encode() in m]


def test_the_instance_is_its_a_labels(two):
    b = two.b
    assert re.search(rf'domain = "{A}"', (b.root / "pli.conf").read_text())
    assert [x["address"] for x in b.json("account", "list")] == [f"gp@{A}"]
    for spelling in SPELLINGS:
        assert b.json("account", "show", f"gp@{spelling}")["address"] == f"gp@{A}"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_sign_in(two, spelling):
    with smtplib.SMTP("localhost", two.b.port("submission"), "client.test", timeout=60) as s:
        s.starttls(context=two.b.tls())
        s.ehlo()
        response = ("\0" + f"gp@{spelling}" + "\0" + PASSWORD).encode()
        assert s.docmd("AUTH", "PLAIN " + base64.b64encode(response).decode())[0] == 235


def test_one_recipient_in_every_spelling(two):
    """Sent to another operator: one entry of the queue, one copy there, one session to the one destination."""
    codes, end = send(two.a, HOSP, HOSP, [f"gp@{s}" for s in SPELLINGS], letter("toutes", HOSP, GP))
    assert [c[0] for c in codes] == [250] * len(SPELLINGS) and end[0] == 250, (codes, end)
    eventually(lambda: here(two.b, ACCOUNT, "toutes"))
    eventually(lambda: two.a.json("queue", "list") == [])
    assert len(here(two.b, ACCOUNT, "toutes")) == 1
    sessions = re.findall(r" ev=relay-session domain=(\S+) host=(\S+)", two.a.output())
    assert set(sessions) == {(A, f"mail.{A}")}
    assert two.a.output().count(f"to=gp@{A} domain={A} ") == 1


def test_its_own_mail_leaves_and_is_taken(two):
    """Sender, From: and account in three spellings; port 25 asks the trust space for sender and author."""
    codes, end = send(two.b, ACCOUNT, f"gp@{UPPER}", [HOSP], letter("retour", f"gp@{U}", HOSP))
    assert end[0] == 250, (codes, end)
    (m,) = eventually(lambda: here(two.a, HOSP, "retour"))
    assert m.startswith(b"Return-Path: <gp@%b>\r\n" % A.encode()) and f"From: <gp@{U}>\r\n".encode() in m
    assert b"smime=pass" in m.split(b"\r\n\r\n")[0].replace(b"\r\n", b""), m[:2000]


def test_another_author_is_refused(two):
    for author in ("gp@hopital.test", "gp@xn--hpital-ixb.test", "gp@hôpitäl.test"):
        codes, end = send(two.b, ACCOUNT, GP, [HOSP], letter("faux", author, HOSP))
        assert end[0] == 550 and b"5.7.1" in end[1], (author, end)


def test_what_is_no_domain(two):
    """UTF-8 that no domain can be: a picture, a full-width @, an underscore; and U-labels where SMTPUTF8 was not asked for."""
    for domain in ("\U0001f3e5.test", "hô＠pital.test", "hô_pital.test"):
        codes, _ = send(two.a, HOSP, HOSP, [f"gp@{domain}"], b"")
        assert codes[0][0] == 501 and codes[0][1].startswith(b"5.1.3"), codes
    codes, _ = send(two.a, HOSP, HOSP, [GP], b"", options=())
    assert codes[0][0] == 553 and codes[0][1].startswith(b"5.6.7"), codes
    codes, _ = send(two.a, HOSP, HOSP, ["gp@hôpitäl.test"], b"")
    assert codes[0][0] == 550 and codes[0][1].startswith(b"5.7.1"), codes


def test_what_an_administrator_asks(two):
    a = two.a
    assert A in a.pli("trust", "show") and "pital" not in a.pli("trust", "show").replace(A, "")
    for spelling in SPELLINGS:
        told = a.json("policy", "explain", "--from", HOSP, "--to", f"gp@{spelling}")
        assert told["result"] == "queued", told
    for inst in (two.b, two.a):
        inst.stop()
    (a.root / "pli.conf").write_text((a.root / "pli.conf").read_text().replace(two.dns.address, "127.0.0.1:9"))
    a.serve()
    codes, end = send(a, HOSP, HOSP, [f"gp@{U}"], letter("attente", HOSP, GP))
    assert end[0] == 250
    for spelling in SPELLINGS:
        assert len(a.json("queue", "list", "--domain", spelling)) == 1
        assert len(a.json("queue", "list", "--recipient", f"gp@{spelling}")) == 1
        assert len(a.json("queue", "list", "--recipient", spelling)) == 1
    assert a.json("queue", "list", "--domain", "hopital.test") == []
