# SPDX-License-Identifier: EUPL-1.2
"""Port 25: a certificate that is verified is not yet an operator of the list. What a peer may say it is, in the envelope and in the header, is what the
list gives to its DN; a domain that is served here is no exception."""
import pytest
from instance import Instance, plain


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add("gp@chu.test", sign="never")
        pli.add("relu@chu.test", sign="never")
        pli.certs = {name: pli.trust_operator(name) for name in ("load.test", "autre.test")}
        pli.certs["expelled.test"] = pli.dir / "expelled.pem"
        pli.pli("cert", "issue-trial", "--operator", "expelled.test", "--out", str(pli.certs["expelled.test"]))
        yield pli


def said(inst, operator, sender, author):
    """The refusal that a message of that envelope sender and From: meets, as (verb, code, enhanced code); ("DATA", 250, "2.0.0") where it is taken."""
    head = f"From: {author}\r\n" if author else ""
    with inst.smtp("smtp", pem=inst.certs[operator]) as s:
        for verb, answer in (("MAIL", lambda: s.docmd("MAIL", f"FROM:<{sender}>")), ("RCPT", lambda: s.rcpt("gp@chu.test")),
                             ("DATA", lambda: s.data(f"{head}Subject: ordre\r\n\r\nx\r\n".encode()))):
            code, text = answer()
            if code != 250:
                break
        return verb, code, text.decode().split()[0]


REFUSED_MAIL, REFUSED_DATA, TAKEN = ("MAIL", 550, "5.7.1"), ("DATA", 550, "5.7.1"), ("DATA", 250, "2.0.0")
CASES = {  # peer, envelope sender, From:
    "own domain": ("load.test", "a@load.test", "<a@load.test>", TAKEN),
    "report": ("load.test", "", "<mailer-daemon@load.test>", TAKEN),
    "another's domain": ("load.test", "a@autre.test", "<a@autre.test>", REFUSED_MAIL),
    "in nobody's list": ("expelled.test", "a@expelled.test", "<a@expelled.test>", REFUSED_MAIL),
    "report of nobody": ("expelled.test", "", "<directeur@chu.test>", REFUSED_MAIL),
    "domain served here in the envelope": ("load.test", "directeur@chu.test", "<a@load.test>", REFUSED_MAIL),
    "domain served here in From": ("load.test", "a@load.test", "Le directeur <directeur@chu.test>", REFUSED_DATA),
    "the same in a report": ("load.test", "", "<directeur@chu.test>", REFUSED_DATA),
    "another's domain in From": ("load.test", "a@load.test", "<a@autre.test>", REFUSED_DATA),
    "one author of two": ("load.test", "a@load.test", "<a@load.test>, <directeur@chu.test>", REFUSED_DATA),
    "second From": ("load.test", "a@load.test", "<a@load.test>\r\nFrom: <directeur@chu.test>", REFUSED_DATA),
    "Sender": ("load.test", "a@load.test", "<a@load.test>\r\nSender: <directeur@chu.test>", REFUSED_DATA),
    "no From": ("load.test", "a@load.test", "", REFUSED_DATA),
}


@pytest.mark.parametrize("name", CASES)
def test_who_speaks(inst, name):
    operator, sender, author, want = CASES[name]
    before = len(inst.fetch_all("gp@chu.test"))
    assert said(inst, operator, sender, author) == want
    assert len(inst.fetch_all("gp@chu.test")) - before == (want == TAKEN)


def test_a_shared_domain(inst):
    """Several operators may serve one domain: the list says which, and only those bring mail from it."""
    dn = inst.json("trust", "show", "load.test")[0]["dn"]
    inst.pli("trust", "add", "chu.test", "--dn", dn)
    try:
        assert said(inst, "load.test", "collegue@chu.test", "<collegue@chu.test>") == TAKEN
        assert said(inst, "autre.test", "collegue@chu.test", "<collegue@chu.test>") == REFUSED_MAIL
        assert said(inst, "autre.test", "a@autre.test", "<collegue@chu.test>") == REFUSED_DATA
    finally:
        inst.pli("trust", "remove", "chu.test")
    assert said(inst, "load.test", "collegue@chu.test", "<collegue@chu.test>") == REFUSED_MAIL


def test_an_operator_that_leaves_the_list(inst):
    """Its open session brings no further message and no further report, from the very next MAIL on."""
    pem = inst.trust_operator("partant.test")
    with inst.smtp("smtp", pem=pem) as s:
        for sender in ("a@partant.test", ""):
            assert s.docmd("MAIL", f"FROM:<{sender}>")[0] == 250
            s.docmd("RSET")
        inst.pli("trust", "remove", "partant.test")
        for sender in ("a@partant.test", ""):
            assert s.docmd("MAIL", f"FROM:<{sender}>")[0] == 550


def test_the_text_is_for_people(inst):
    with inst.smtp("smtp", pem=inst.certs["load.test"]) as s:
        s.mail("a@load.test"), s.rcpt("gp@chu.test")
        code, text = s.data(plain("x", "directeur@chu.test", "gp@chu.test"))
    assert code == 550 and b"certificat" in text and b"certificate" in text, text
