# SPDX-License-Identifier: EUPL-1.2
"""What the verdict on a signed mail says of revocation: revoked signers and authorities are not accepted, "not checked" where nothing could be had, the
time of the data in either case, and no mail waits for long. "pli cert verify" says the same."""
import os
import re
import signal
import subprocess
import time

import pytest
from authority import MAIL, Authority, Web, pem
from instance import Instance
from test_verdict import ENTITY, detached

ME = "gp@chu.test"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture(scope="module")
def web():
    with Web() as w:
        yield w


def instance(*conf):
    pli = Instance(serve=False)
    pli.authority, pli.n = Authority("Racine des messages"), 0
    (pli.root / "mails.pem").write_bytes(pem(pli.authority.cert))
    with open(pli.root / "pli.conf", "a") as f:
        f.write("smtpd { mail_anchors = mails.pem }\n" + "".join(line + "\n" for line in conf))
    pli.serve()
    pli.add(ME, sign="never")
    return pli


@pytest.fixture(scope="module")
def inst():
    with instance() as pli:
        yield pli


class Signer:
    def __init__(self, inst, web, lists=True):
        inst.n += 1
        self.inst, self.web, self.at = inst, web, f"/m{id(inst)}-{inst.n}"
        self.ca = Authority(f"Signatures {inst.n}", inst.authority, cdp=web.url(self.at + "-root.crl"))
        self.pem = inst.dir / f"signer{inst.n}.pem"
        self.cert = self.ca.issue(self.pem, {"CN": "Dr Essai", "O": "Op"}, eku=[MAIL], mail=[ME], cdp=web.url(self.at + ".crl") if lists else None)
        self.above = inst.dir / f"above{inst.n}.pem"
        self.above.write_bytes(self.ca.chain)
        web.pages[self.at + "-root.crl"] = inst.authority.crl()
        web.pages[self.at + ".crl"] = self.ca.crl()

    def mail(self):
        der = subprocess.run(["openssl", "cms", "-sign", "-binary", "-signer", self.pem, "-certfile", self.above, "-outform", "DER"], input=ENTITY,
                             capture_output=True, check=True).stdout
        return detached(der)

    def verdict(self):
        """(word, the whole result, seconds that the mail took). The first mail may find nothing yet; trustd goes on fetching."""
        began = time.monotonic()
        mail = self.mail()
        self.inst.submit(ME, [ME], mail)
        took = time.monotonic() - began
        stored = self.inst.fetch_all(ME)[-1]
        found = re.search(rb"smime=(\w+)(.*?)(?=\r\n[^\s]|;|\r\n\r\n)", stored, re.S)
        whole = re.sub(rb"\s+", b" ", found[0]).decode()
        saved = self.inst.dir / "mail.eml"
        saved.write_bytes(mail)
        command = self.inst.pli("cert", "verify", str(saved), check=False)
        assert command.stdout.startswith(f"smime={found[1].decode()}:"), (whole, command.stdout)
        self.command = command.stdout
        return found[1].decode(), whole, took


def test_good(inst, web):
    s = Signer(inst, web)
    word, whole, _ = s.verdict()
    assert word == "pass" and re.search(rf"smime=pass \(not revoked as of {TIME}\)", whole), whole
    assert re.search(rf"revocation  not revoked as of {TIME}", s.command), s.command
    assert web.asked[s.at + ".crl"] == 1
    assert "revocation=good" in inst.output()


def test_revoked_signer(inst, web):
    s = Signer(inst, web)
    s.ca.revoke(s.cert)
    web.pages[s.at + ".crl"] = s.ca.crl()
    word, whole, _ = s.verdict()
    assert word == "policy" and re.search(rf"\(revoked, as of {TIME}\) reason=\"the signer's certificate revoked 20", whole), whole
    assert "the signer's certificate revoked" in s.command


def test_revoked_authority(web):
    with instance() as pli:
        s = Signer(pli, web)
        pli.authority.revoke(s.ca.cert)
        web.pages[s.at + "-root.crl"] = pli.authority.crl()
        word, whole, _ = s.verdict()
        assert word == "policy" and "an authority revoked" in whole, whole


def test_nothing_to_be_had(inst, web):
    s = Signer(inst, web)
    web.pages[s.at + ".crl"] = 404
    word, whole, _ = s.verdict()
    assert word == "pass" and "(revocation not checked)" in whole, whole
    assert "revocation  not checked: " in s.command and "404" in s.command, s.command


def test_no_address_is_not_checked(inst, web):
    word, whole, _ = Signer(inst, web, lists=False).verdict()
    assert word == "pass" and "(revocation not checked)" in whole, whole


def test_a_hanging_server_does_not_hold_mail(inst, web):
    s = Signer(inst, web)
    web.pages[s.at + ".crl"] = Web.HANG
    word, whole, took = s.verdict()
    assert word == "pass" and "(revocation not checked)" in whole, whole
    assert took < 25, took


@pytest.mark.parametrize("how", ["stopped", "slow"])
def test_trustd_away_does_not_hold_mail(inst, web, how):
    s = Signer(inst, web)
    trustd = inst.daemon("pli-trustd")
    if how == "slow":
        web.slow[s.at + ".crl"] = 20
    else:
        os.kill(trustd, signal.SIGSTOP)
    try:
        word, whole, took = s.verdict()
    finally:
        if how == "stopped":
            os.kill(trustd, signal.SIGCONT)
    assert word == "pass" and "(revocation not checked)" in whole, whole
    assert took < 15, took


def test_required(web):
    with instance("trust { mail_revocation = require }") as pli:
        good, s = Signer(pli, web), Signer(pli, web)
        assert good.verdict()[0] == "pass"
        web.pages[s.at + ".crl"] = 404
        pli.submit(ME, [ME], s.mail())
        stored = pli.fetch_all(ME)[-1]
        assert b"smime=policy" in stored and b"revocation could not be checked" in re.sub(rb"\s+", b" ", stored), stored[:900]


def test_an_imported_list(web):
    """An authority whose certificates name no address revokes by a list that an administrator brings."""
    with instance() as pli:
        s = Signer(pli, web, lists=False)
        (pli.dir / "root.crl").write_bytes(pli.authority.crl())
        s.ca.revoke(s.cert)
        (pli.dir / "ca.crl").write_bytes(s.ca.crl())
        forged = pli.dir / "forged.crl"
        forged.write_bytes(pli.authority.crl(key=Authority("Autre").key))
        assert "not signed by" in pli.pli("trust", "crl", str(forged), check=False).stderr
        told = pli.json("trust", "crl", str(pli.dir / "ca.crl"))
        assert told["revoked"] == 1 and "Signatures" in told["issuer"], told
        word, whole, _ = s.verdict()
        assert word == "policy" and "the signer's certificate revoked" in whole, whole
        rows = pli.json("trust", "sources")
        assert [r["revoked"] for r in rows if r["address"].startswith("local-")] == [1], rows
        assert "local-" in pli.pli("trust", "sources")
