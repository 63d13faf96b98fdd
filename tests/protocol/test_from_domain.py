# SPDX-License-Identifier: EUPL-1.2
"""Setting smtpd.from_domain: which domains a message from another operator may have in From: and Sender:. operator is what test_port_25.py shows."""
import re

import pytest
from instance import Instance

TAKEN, REFUSED = (250, "2.0.0"), (550, "5.7.1")
CASES = {  # envelope sender, header, answer with domain, answer with off
    "the envelope's": ("a@load.test", "From: <b@LOAD.test>", TAKEN, TAKEN),
    "another one of the operator's": ("a@load.test", "From: <a@second.test>", REFUSED, TAKEN),
    "another operator's": ("a@load.test", "From: <a@autre.test>", REFUSED, TAKEN),
    "Sender of another one": ("a@load.test", "From: <a@load.test>\r\nSender: <a@second.test>", REFUSED, TAKEN),
    "one author of two": ("a@load.test", "From: <a@load.test>, <b@second.test>", REFUSED, TAKEN),
    "report: the operator's": ("", "From: <mailer-daemon@second.test>", TAKEN, TAKEN),
    "report: another operator's": ("", "From: <mailer-daemon@autre.test>", REFUSED, TAKEN),
    "no author": ("a@load.test", "Subject: x", REFUSED, REFUSED),
    "author that cannot be read": ("a@load.test", "From: <a@load.test", REFUSED, REFUSED),
}


@pytest.fixture(scope="module", params=["domain", "off"])
def inst(request):
    with Instance(conf=[f'smtpd {{ from_domain = "{request.param}" }}']) as pli:
        pli.add("gp@chu.test", sign="never")
        pli.column = 2 if request.param == "domain" else 3
        pli.cert = pli.trust_operator("load.test")
        pli.trust_operator("autre.test")
        pli.dn = pli.json("trust", "show", "load.test")[0]["dn"]
        pli.pli("trust", "add", "second.test", "--dn", pli.dn)
        yield pli


@pytest.mark.parametrize("name", CASES)
def test_whose_domain(inst, name):
    sender, header = CASES[name][:2]
    with inst.smtp("smtp", pem=inst.cert) as s:
        assert s.docmd("MAIL", f"FROM:<{sender}>")[0] == 250 and s.rcpt("gp@chu.test")[0] == 250
        code, text = s.data(f"{header}\r\n\r\nx\r\n".encode())
    text = text.decode()
    assert (code, text.split()[0]) == CASES[name][inst.column], text
    if code != 250:
        mid = re.search(r"id=([0-9a-f]{16})", text)[1]
        lines = [ln for ln in inst.output().splitlines() if f"mid={mid}" in ln and "ev=refused " in ln]
        assert len(lines) == 1 and "why=from-operator" in lines[0] and " peer=127.0.0.1 " in lines[0], lines
        assert inst.dn.split(",")[0].removeprefix("CN=") in lines[0], lines


def test_a_word_that_is_none():
    with Instance(serve=False, conf=['smtpd { from_domain = "Operator" }']) as pli:
        r = pli.pli("serve", "-n", check=False)
        assert r.returncode == 1 and "operator|domain|off" in r.stderr, r
