# SPDX-License-Identifier: EUPL-1.2
"""Port 25 and the certificates of other operators: each thing that can be wrong with one has its own answer, and revocation is checked with lists and
responders that are there, wrong, old, slow or gone. The authorities and their web server are the test's."""
import concurrent.futures
import datetime
import itertools
import signal
import os
import re
import smtplib
import time

import pytest
from authority import CLIENT, HOUR, MAIL, SERVER, Authority, Web
from instance import Instance, eventually, plain
from rows import ROWS

GP = "gp@chu.test"
DN = {"C": "FR", "O": "Op", "CN": "smtp.op.test"}
PLACES = itertools.count()
POLICY = "1.2.250.1.213.1.7.1"


@pytest.fixture(scope="module")
def web():
    with Web() as w:
        yield w


def instance(web, *conf):
    """An instance that takes certificates below an authority of ours."""
    pli = Instance(serve=False)
    pli.authority = Authority("Racine")
    from authority import pem
    (pli.root / "peers.pem").write_bytes(pem(pli.authority.cert))
    with open(pli.root / "pli.conf", "a") as f:
        f.write("smtpd { peer_anchors = peers.pem }\n" + "".join(line + "\n" for line in conf))
    pli.serve()
    pli.add(GP, sign="never")
    pli.pli("trust", "add", "op.test", "--dn", "CN=smtp.op.test,O=Op,C=FR")
    pli.n = 0
    return pli


@pytest.fixture(scope="module")
def inst(web):
    with instance(web) as pli:
        yield pli


class Peer:
    """An operator with an authority of its own below the instance's anchor, and its addresses on the web: /N.crl, /N-root.crl, /N.ocsp."""

    def __init__(self, inst, web, lists=True, ocsp=False, good=True, **issue):
        inst.n += 1
        self.inst, self.web, self.at = inst, web, f"/{next(PLACES)}"  # one instance may stand in memory where another has stood
        self.ca = Authority(f"Operateurs {inst.n}", inst.authority, cdp=web.url(self.at + "-root.crl"))
        self.pem = inst.dir / f"peer{inst.n}.pem"
        self.cert = self.ca.issue(self.pem, DN, cdp=web.url(self.at + ".crl") if lists else None, ocsp_at=web.url(self.at + ".ocsp") if ocsp else None, **issue)
        web.pages[self.at + "-root.crl"] = inst.authority.crl()
        if lists and good:
            web.pages[self.at + ".crl"] = self.ca.crl()

    def page(self, kind, what):
        self.web.pages[self.at + kind] = what

    def asked(self, kind=".crl"):
        return self.web.asked.get(self.at + kind, 0)

    def mail(self):
        """(code, text) of MAIL."""
        with self.inst.smtp("smtp", pem=self.pem) as s:
            code, text = s.mail("a@op.test")
            return code, text.decode()


def says(answer, code, words):
    assert answer[0] == code and words in answer[1], answer


# ---- the certificate itself ----

WRONG = {
    "expired": (dict(begins=-3 * HOUR, ends=-HOUR), "cert-expired"),
    "not yet": (dict(begins=HOUR), "cert-not-yet"),
    "for mail": (dict(eku=[MAIL]), "cert-usage"),
}


@pytest.mark.parametrize("case", WRONG)
def test_each_fault_has_its_answer(inst, web, case):
    how, cause = WRONG[case]
    peer = Peer(inst, web, **how)
    code, text = peer.mail()
    assert (code, *text.split(" ", 1)) == ROWS[cause]
    assert peer.asked() == 0, "an address in a certificate that is not taken is not followed"


def test_a_key_that_may_not_sign(inst, web):
    """Its proof of possession is itself the fault: GnuTLS ends the handshake, where there is no place for an SMTP text. TLS's alert and the log say it. (To let it
    through takes the library's compatibility mode, which gives up more than a text is worth.)"""
    peer, mark = Peer(inst, web, usage=False), len(inst.output())
    with pytest.raises((smtplib.SMTPException, OSError)):
        peer.mail()
    eventually(lambda: re.search(r"ev=tls-failed .*usage", inst.output()[mark:]))
    assert peer.asked() == 0


def test_each_cause_is_told_apart():
    """Of what can be wrong with a certificate: no text twice; one code and enhanced code for two of them only where the registry has nothing closer."""
    causes = ("no-certificate", "bad-certificate", "cert-expired", "cert-not-yet", "cert-chain", "cert-usage", "cert-policy", "cert-weak", "cert-revoked", "cert-unchecked")
    assert len({ROWS[c][2].split(" / ")[k] for c in causes for k in (0, 1)}) == 2 * len(causes)
    pairs = [ROWS[c][:2] for c in causes]
    assert [p for p in pairs if pairs.count(p) > 1] == [(554, "5.7.5")] * 2  # cannot be read, or verified, here
    listed = {ROWS[c][:2] for c in ("unknown-domain", "wrong-dn", "from-operator")}
    assert not listed & set(pairs), "a certificate that is good, but another's, is not called a bad one"


def test_another_authority(inst, web):
    stranger = Authority("Inconnue")
    pem_file = inst.dir / "stranger.pem"
    stranger.issue(pem_file, DN, cdp=web.url("/stranger.crl"))
    with inst.smtp("smtp", pem=pem_file) as s:
        code, text = s.mail("a@op.test")
    assert (code, *text.decode().split(" ", 1)) == ROWS["cert-chain"]
    assert web.asked.get("/stranger.crl", 0) == 0


@pytest.mark.parametrize("eku", [[CLIENT], [SERVER], None])
def test_client_or_server(inst, web, eku):
    says(Peer(inst, web, eku=eku).mail(), 250, "Sender OK")


def test_checks_are_settings(web):
    with instance(web, f'smtpd {{ peer_usage = client\n peer_policies = "1.2.3 {POLICY}" }}') as pli:
        says(Peer(pli, web, eku=[SERVER]).mail(), 554, "for this use")
        says(Peer(pli, web, eku=[CLIENT]).mail(), 554, "policy")


# ---- revocation ----

def test_good_is_fetched_once(inst, web):
    peer = Peer(inst, web)
    for _ in range(5):
        says(peer.mail(), 250, "Sender OK")
    assert (peer.asked(), peer.asked("-root.crl")) <= (1, 1) and peer.asked() == 1


def peers_told(inst, mark):
    return re.findall(r"ev=peer verified=(\d) by=(\w+) dn=(\S*)", inst.output()[mark:])


def told_again(inst, peer, code, words):
    """What the log says of the peer in one more session of it."""
    mark = len(inst.output())
    says(peer.mail(), code, words)
    eventually(lambda: peers_told(inst, mark))
    return peers_told(inst, mark)


def test_a_chain_verified_lately_is_not_read_again(inst, web):
    """The first session reads it, the next find it at trustd, by its hash, under the same name; a list that comes ends that at once, and so does trustd's end."""
    peer, other = Peer(inst, web), Peer(inst, web)
    name = "CN=smtp.op.test,O=Op,C=FR"
    assert told_again(inst, peer, 250, "Sender OK") == [("1", "session", name)]
    assert told_again(inst, peer, 250, "Sender OK") == [("1", "trustd", name)]
    assert told_again(inst, other, 250, "Sender OK") == [("1", "session", name)], "the same name, another chain"
    # that took other lists into use: what was said before them is said anew
    assert told_again(inst, peer, 250, "Sender OK") == [("1", "session", name)]
    assert told_again(inst, peer, 250, "Sender OK") == [("1", "trustd", name)]
    with inst.smtp("smtp", pem=peer.pem) as s:  # a session that found it there, and asks again at each MAIL
        assert s.mail("a@op.test")[0] == 250 and s.rset()[0] == 250
        peer.ca.revoke(peer.cert)
        (inst.dir / "known.crl").write_bytes(peer.ca.crl(begins=-datetime.timedelta(minutes=1)))
        inst.pli("trust", "crl", str(inst.dir / "known.crl"))
        code, text = s.mail("a@op.test")
        says((code, text.decode()), 554, "revoked")
    assert told_again(inst, peer, 554, "revoked") == [("1", "trustd", name)]
    assert told_again(inst, other, 250, "Sender OK")[0][1] == "session"
    os.kill(inst.daemon("pli-trustd"), signal.SIGKILL)
    assert told_again(inst, other, 250, "Sender OK") == [("1", "session", name)]


def test_a_chain_of_a_stranger_is_read_each_time(inst, web):
    stranger, pem_file = Authority("Inconnue"), inst.dir / "again.pem"
    stranger.issue(pem_file, DN, cdp=web.url("/again.crl"))
    for _ in range(2):
        mark = len(inst.output())
        with inst.smtp("smtp", pem=pem_file) as s:
            assert s.mail("a@op.test")[0] == ROWS["cert-chain"][0]
        eventually(lambda: peers_told(inst, mark))
        assert peers_told(inst, mark)[0][:2] == ("0", "session")


def test_a_peer_that_never_comes_to_mail_is_named(inst, web):
    peer, mark = Peer(inst, web), len(inst.output())
    with inst.smtp("smtp", pem=peer.pem) as s:
        s.noop()
    eventually(lambda: peers_told(inst, mark))
    assert peers_told(inst, mark) == [("1", "session", "CN=smtp.op.test,O=Op,C=FR")]


def test_revoked(inst, web):
    peer = Peer(inst, web, good=False)
    peer.ca.revoke(peer.cert)
    peer.page(".crl", peer.ca.crl())
    says(peer.mail(), 554, "revoked")
    assert re.search(r"ev=refused .*why=cert-revoked", inst.output()) or "cert-revoked" in inst.output()


def test_revoked_whatever_the_age(inst, web):
    peer = Peer(inst, web, good=False)
    peer.ca.revoke(peer.cert)
    peer.page(".crl", peer.ca.crl(begins=-900 * HOUR, ends=-500 * HOUR))
    says(peer.mail(), 554, "revoked")


def test_revoked_authority(web):
    with instance(web) as pli:
        peer = Peer(pli, web)
        pli.authority.revoke(peer.ca.cert)
        peer.page("-root.crl", pli.authority.crl())
        says(peer.mail(), 554, "revoked")


def test_within_and_beyond_the_grace(inst, web):
    peer, late = Peer(inst, web, good=False), Peer(inst, web, good=False)
    peer.page(".crl", peer.ca.crl(begins=-9 * HOUR, ends=-3 * HOUR))
    late.page(".crl", late.ca.crl(begins=-9 * HOUR, ends=-5 * HOUR))
    says(peer.mail(), 250, "Sender OK")
    says(late.mail(), 451, "4.7.5")


def test_what_is_no_list(inst, web):
    for body in (b"<!DOCTYPE html><html>Patientez</html>", b"-----BEGIN X509 CRL-----\n", b"", 403, 404, 500):
        peer = Peer(inst, web, good=False)
        peer.page(".crl", body)
        says(peer.mail(), 451, "cannot be checked")
        says(peer.mail(), 451, "cannot be checked")
        assert peer.asked() == 1, "an address that failed is left alone"


def test_forged(inst, web):
    peer = Peer(inst, web, good=False)
    peer.page(".crl", peer.ca.crl(key=Authority("Autre").key))
    says(peer.mail(), 451, "cannot be checked")


def test_hanging(inst, web):
    peer = Peer(inst, web, good=False)
    peer.page(".crl", Web.HANG)
    began = time.monotonic()
    says(peer.mail(), 451, "cannot be checked")
    assert time.monotonic() - began < 30


def test_responder_when_the_list_is_away(inst, web):
    peer, revoked = Peer(inst, web, ocsp=True, good=False), Peer(inst, web, ocsp=True, good=False)
    peer.page(".ocsp", peer.ca.answer(peer.cert))
    says(peer.mail(), 250, "Sender OK")
    says(peer.mail(), 250, "Sender OK")
    assert peer.asked(".ocsp") == 1
    revoked.ca.revoke(revoked.cert)
    revoked.page(".ocsp", revoked.ca.answer(revoked.cert))
    says(revoked.mail(), 554, "revoked")


def test_responder_away_and_the_list_fresh_or_old(inst, web):
    fresh, old = Peer(inst, web, ocsp=True), Peer(inst, web, ocsp=True, good=False)
    fresh.page(".ocsp", 503)
    says(fresh.mail(), 250, "Sender OK")
    old.page(".ocsp", 503)
    old.page(".crl", old.ca.crl(begins=-9 * HOUR, ends=-5 * HOUR))
    says(old.mail(), 451, "cannot be checked")


def test_five_at_once_are_one_download(inst, web):
    peer = Peer(inst, web)
    web.slow[peer.at + ".crl"] = 1.0
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        for answer in [f.result() for f in [pool.submit(peer.mail) for _ in range(5)]]:
            says(answer, 250, "Sender OK")
    assert peer.asked() == 1


def test_ten_megabytes(inst, web):
    peer = Peer(inst, web, good=False)
    peer.ca.revoke(peer.cert)
    body = peer.ca.crl(more=400_000)
    assert len(body) > 10_000_000
    peer.page(".crl", body)
    end = time.monotonic() + 120
    while (answer := peer.mail())[0] == 451 and time.monotonic() < end:
        time.sleep(1)
    says(answer, 554, "revoked")


def test_no_address_at_all(inst, web):
    """As the trial authority of pli init issues them: taken, for there is nothing to check; a setting refuses them."""
    peer = Peer(inst, web, lists=False)
    says(peer.mail(), 250, "Sender OK")
    with instance(web, "trust { no_address = unknown }") as pli:
        says(Peer(pli, web, lists=False).mail(), 451, "cannot be checked")


def test_soft_and_off(web):
    with instance(web, "trust { revocation = soft }") as pli:
        peer, revoked = Peer(pli, web, good=False), Peer(pli, web, good=False)
        says(peer.mail(), 250, "Sender OK")
        revoked.ca.revoke(revoked.cert)
        revoked.page(".crl", revoked.ca.crl())
        says(revoked.mail(), 554, "revoked")
    with instance(web, "trust { revocation = off }") as pli:
        revoked = Peer(pli, web, good=False)
        revoked.ca.revoke(revoked.cert)
        revoked.page(".crl", revoked.ca.crl())
        says(revoked.mail(), 250, "Sender OK")
        assert revoked.asked() == 0


def test_doctor_tells(web):
    """An address that fails is a warning; a list too old to be relied on, without which mail waits, is a failure."""
    with instance(web) as pli:
        peer = Peer(pli, web, good=False)
        assert "none fails" in pli.pli("doctor", check=False).stdout
        peer.page(".crl", 403)
        says(peer.mail(), 451, "cannot be checked")
        assert re.search(r"warn +revocation .*failed 1 times: .*403", pli.pli("doctor", check=False).stdout, re.I)
        (pli.dir / "old.crl").write_bytes(peer.ca.crl(begins=-9 * HOUR, ends=-5 * HOUR))
        pli.pli("trust", "crl", str(pli.dir / "old.crl"))
        told = pli.pli("doctor", check=False)
        assert told.returncode == 1 and re.search(r"the list of CN=Operateurs", told.stdout), told.stdout


def test_the_last_good_copy_survives_a_restart(web):
    with instance(web) as pli:
        peer = Peer(pli, web)
        says(peer.mail(), 250, "Sender OK")
        peer.page(".crl", 503)
        peer.page("-root.crl", 503)
        before = pli.daemon("pli-trustd")
        os.kill(before, signal.SIGKILL)
        pli.wait_daemon("pli-trustd", not_pid=before)
        says(peer.mail(), 250, "Sender OK")
        assert peer.asked() == 1
        assert any((pli.root / "trust/crl").glob("*.crl"))


def test_a_message_is_taken(inst, web):
    peer = Peer(inst, web)
    with inst.smtp("smtp", pem=peer.pem) as s:
        assert not s.sendmail("a@op.test", [GP], plain("x", "a@op.test", GP))


# ---- what changes while a session is open ----
def asks(s):
    """(code, text) of one more MAIL on this session."""
    s.docmd("RSET")
    code, text = s.docmd("MAIL", "FROM:<a@op.test>")
    return code, text.decode()


def test_revoked_while_its_session_is_open(inst, web):
    """A list that trustd has by now counts at the next MAIL, whatever was good before; here one that the administrator brings."""
    peer, other = Peer(inst, web), Peer(inst, web)
    with inst.smtp("smtp", pem=peer.pem) as s, inst.smtp("smtp", pem=other.pem) as t:
        says(asks(s), 250, "Sender OK")
        says(asks(t), 250, "Sender OK")
        peer.ca.revoke(peer.cert)
        (inst.dir / "now.crl").write_bytes(peer.ca.crl(begins=-datetime.timedelta(minutes=1)))
        inst.pli("trust", "crl", str(inst.dir / "now.crl"))
        says(asks(s), 554, "revoked")
        says(asks(t), 250, "Sender OK")
    says(peer.mail(), 554, "revoked")


def test_revoked_by_the_next_list(web):
    """The list ends, trustd fetches the next one by itself, and the open session's next MAIL is refused: no hour in between."""
    with instance(web) as pli:
        peer = Peer(pli, web, good=False)
        peer.page(".crl", peer.ca.crl(ends=datetime.timedelta(seconds=15)))
        with pli.smtp("smtp", pem=peer.pem) as s:
            says(asks(s), 250, "Sender OK")
            peer.ca.revoke(peer.cert)
            peer.page(".crl", peer.ca.crl(begins=datetime.timedelta(0)))
            eventually(lambda: asks(s)[0] != 250)
            says(asks(s), 554, "revoked")
        assert peer.asked() == 2


def test_trustd_dies_or_hangs_while_a_session_is_open(web):
    """What was good a moment ago stays good while nobody can say more; a newcomer has to wait. What trustd learns afterwards counts."""
    with instance(web, "smtpd { max_errors = 50 }") as pli:
        peer = Peer(pli, web)
        with pli.smtp("smtp", pem=peer.pem) as s:
            says(asks(s), 250, "Sender OK")
            pid = pli.daemon("pli-trustd")
            os.kill(pid, signal.SIGSTOP)
            try:
                began = time.monotonic()
                for _ in range(5):
                    says(asks(s), 250, "Sender OK")
                assert time.monotonic() - began < 30, "a trustd that hangs is waited for once, not at each MAIL"
                says(peer.mail(), 451, "cannot be checked")
            finally:
                os.kill(pid, signal.SIGKILL)
                os.kill(pid, signal.SIGCONT)
            says(asks(s), 250, "Sender OK")
            pli.wait_daemon("pli-trustd", not_pid=pid)
            says(peer.mail(), 250, "Sender OK")
            peer.ca.revoke(peer.cert)
            (pli.dir / "now.crl").write_bytes(peer.ca.crl(begins=-datetime.timedelta(minutes=1)))
            pli.pli("trust", "crl", str(pli.dir / "now.crl"))
            eventually(lambda: asks(s)[0] == 554)


def test_a_certificate_that_ends_while_its_session_is_open(inst, web):
    peer = Peer(inst, web, ends=datetime.timedelta(seconds=20))
    with inst.smtp("smtp", pem=peer.pem) as s:
        says(asks(s), 250, "Sender OK")
        code, text = eventually(lambda: (got := asks(s))[0] != 250 and got)
    assert (code, *text.split(" ", 1)) == ROWS["cert-expired"]
