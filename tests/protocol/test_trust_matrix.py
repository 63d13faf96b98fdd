# SPDX-License-Identifier: EUPL-1.2
"""The trust space as a matrix, one line a case: what the list says, which certificate is shown, which way the mail goes; and the one answer: the cause, so
its code, enhanced code and both texts (policies/causes.c). While it runs, the loopback is captured: no word of a message is there in clear.

List states come from local entries (pli trust add), in an instance that has no white list, and from a signed list, in another one.
"""
import contextlib
import os
import re
import shutil
import signal
import smtplib
import ssl
import subprocess
import time

import pytest
import white_list as wl
from authority import Web
from instance import NO_WAY_OUT, Instance, eventually
from openssl_ca import GOOD, Authority, dn_of, self_signed
from rows import ROWS

SUBJECT = "/C=FR/ST=Gard (30)/O=CH B/OU=1300017985/CN=smtp.chb.test"
PASSWORD = "pw-Matrice.9"          # nobody else's: the loopback is everybody's, and another test may say its password in clear
MARK = "matriceconfidentielle"      # in each message: subject, body and attachment name
CLEAR = "temoin-en-clair.test"      # what our peers say before TLS: it must be in the capture, or the capture proves nothing

CERTS = {  # how it is issued
    "good": {}, "good, RSA": {"key": "rsa:2048"}, "expired": {"days": (-400, -1)}, "not yet": {"days": (2, 400)},
    "mail only": {"ext": "keyUsage = critical, digitalSignature\nextendedKeyUsage = emailProtection"},
    "weak key": {"key": "rsa:1024"}, "SHA-1": {"md": "sha1"}, "no usage named": {"ext": "keyUsage = critical, digitalSignature"},
    "another's name": {"subject": "/C=FR/ST=Gard (30)/O=CH C/OU=1300017985/CN=smtp.chc.test"},
    "the same name, otherwise written": {"subject": "/C=fr/ST=GARD  (30)/O=ch b/OU=1300017985/CN=SMTP.chb.test"},
}
FAULTS = {"expired": "cert-expired", "not yet": "cert-not-yet", "other authority": "cert-chain", "self-signed": "cert-chain", "mail only": "cert-usage", "weak key": "cert-weak",
          "SHA-1": "cert-weak", "none": "no-certificate", "revoked": "cert-revoked", "not to be checked": "cert-unchecked"}

# list state, certificate, envelope sender, answer: a cause, or "" where the message is taken
INBOUND = [
    ("fresh", "good", "a@chb.test", ""),
    ("fresh", "good, RSA", "a@chb.test", ""),
    ("fresh", "no usage named", "a@chb.test", ""),
    ("fresh", "the same name, otherwise written", "a@chb.test", ""),
    ("fresh", "good", "a@CHB.test", ""),
    ("fresh", "good", "", ""),
    ("fresh", "another's name", "a@chb.test", "wrong-dn"),
    ("fresh", "another's name", "", "wrong-dn"),
    ("fresh", "good", "a@sous.chb.test", "unknown-domain"),
    ("fresh", "good", "a@chu.test", "unknown-domain"),
    ("domain absent", "good", "a@chb.test", "unknown-domain"),
    ("domain absent", "good", "", "wrong-dn"),
    ("domain absent", "another's name", "a@chb.test", "unknown-domain"),
    ("other DN", "good", "a@chb.test", "wrong-dn"),
    ("other DN", "good", "", "wrong-dn"),
    ("other DN", "another's name", "a@chb.test", ""),
    ("other DN", "another's name", "", ""),
    ("both DNs", "good", "a@chb.test", ""),
    ("both DNs", "another's name", "a@chb.test", ""),
    *[(state, cert, sender, cause) for state in ("fresh", "domain absent", "other DN") for cert, cause in FAULTS.items() for sender in ("a@chb.test", "")],
]
# list state, recipient, answer at RCPT: nothing is ever queued for who is not in the list
SUBMITTED = [
    ("fresh", "dr@chb.test", ""),
    ("fresh", "dr@CHB.TEST", ""),
    ("fresh", "dr@sous.chb.test", "unknown-domain"),
    ("fresh", "dr@gmail.com", "unknown-domain"),
    ("domain absent", "dr@chb.test", "unknown-domain"),
    ("other DN", "dr@chb.test", ""),            # who may speak for it is asked when it is sent
    ("both DNs", "dr@chb.test", ""),
]
# The same by a signed list. The states are put in this order, for a list gives way to a younger one only; "stale" has an instance of its own.
LIST = ["missing", "missing, local entry", "list: other DN", "list: domain absent", "list: both DNs", "list: fresh"]
INBOUND_LIST = [
    ("missing", "good", "a@chb.test", "list-missing"),
    ("missing", "good", "", "list-missing"),
    ("missing, local entry", "good", "a@chb.test", ""),
    ("missing, local entry", "another's name", "a@chb.test", "list-missing"),  # the list may name it for that domain, too
    ("missing, local entry", "good", "a@autre.test", "list-missing"),
    ("stale", "good", "a@chb.test", "list-stale"),
    ("stale", "good", "", "list-stale"),
    ("stale", "another's name", "a@chb.test", "list-stale"),
    ("list: other DN", "good", "a@chb.test", "wrong-dn"),
    ("list: other DN", "good", "", "wrong-dn"),
    ("list: other DN", "another's name", "a@chb.test", ""),
    ("list: domain absent", "good", "a@chb.test", "unknown-domain"),
    ("list: domain absent", "good", "", "wrong-dn"),
    ("list: both DNs", "good", "a@chb.test", ""),
    ("list: both DNs", "another's name", "a@chb.test", ""),
    ("list: fresh", "good", "a@chb.test", ""),
    ("list: fresh", "good, RSA", "a@chb.test", ""),
    ("list: fresh", "the same name, otherwise written", "a@CHB.test", ""),
    ("list: fresh", "good", "", ""),
    ("list: fresh", "another's name", "a@chb.test", "wrong-dn"),
    ("list: fresh", "good", "a@sous.chb.test", "unknown-domain"),
    *[(state, cert, "a@chb.test", cause) for state in ("missing", "stale", "list: other DN", "list: domain absent", "list: fresh") for cert, cause in FAULTS.items()],
]
SUBMITTED_LIST = [
    ("missing", "dr@chb.test", "list-missing"),
    ("missing, local entry", "dr@chb.test", ""),
    ("stale", "dr@chb.test", "list-stale"),
    ("stale", "dr@gmail.com", "list-stale"),
    ("list: other DN", "dr@chb.test", ""),
    ("list: domain absent", "dr@chb.test", "unknown-domain"),
    ("list: fresh", "dr@chb.test", ""),
    ("list: fresh", "dr@gmail.com", "unknown-domain"),
]


@contextlib.contextmanager
def capture(folder):
    """Every octet on the loopback; gives the file, or None where nobody may look. The file is whole behind the with."""
    out = folder / "lo.pcap"
    if not shutil.which("dumpcap") or os.geteuid() != 0:
        yield None
        return
    p = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-P", "-w", out, "-B", "64"], stderr=subprocess.PIPE, text=True)
    try:
        if not eventually(lambda: p.poll() is not None or out.exists()) or p.poll() is not None:
            yield None
            return
        yield out
    finally:
        if p.poll() is None:
            time.sleep(0.5)  # what is still in the kernel's ring
            p.send_signal(signal.SIGINT)
            p.wait(30)
        p.stderr.close()


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificats")
    ca, other, quiet = Authority(folder / "ca"), Authority(folder / "other"), Authority(folder / "quiet", "AC sans liste")
    with Web() as web:
        found = {n: ca.issue(f"c{i}", **({"subject": SUBJECT} | how)) for i, (n, how) in enumerate(CERTS.items())}
        for name, by, page in ("revoked", ca, "/ca.crl"), ("not to be checked", quiet, "/nothing.crl"):
            found[name] = by.issue("revoked", SUBJECT, ext=f"{GOOD}\ncrlDistributionPoints = URI:{web.url(page)}")
        web.pages["/ca.crl"] = ca.crl("revoked")
        found |= {"other authority": other.issue("c", SUBJECT), "self-signed": self_signed(folder / "self", SUBJECT), "none": None}
        (folder / "peers.pem").write_text(ca.pem.read_text() + quiet.pem.read_text())
        found["authorities"] = folder / "peers.pem"
        yield found


@contextlib.contextmanager
def serving(folder, certs, *conf):
    """An instance that trusts our authority, and reaches no other server: what it has to send stays in the queue."""
    with Instance(serve=False) as pli:
        shutil.copy(certs["authorities"], pli.root / "peers.pem")
        (pli.root / "peers.pem").chmod(0o644)
        with open(pli.root / "pli.conf", "a") as f:
            f.write("\n".join(['smtpd { peer_anchors = "peers.pem" }', NO_WAY_OUT, *conf, ""]))
        with capture(folder) as pcap:
            pli.serve()
            pli.add("gp@chu.test", sign="never", password=PASSWORD)
            pli.add("signe@chu.test", kind="per", password=PASSWORD, name="Dr Marie MARTIN")
            pli.certs, pli.state = certs, None
            yield pli
        if pcap:
            seen = pcap.read_bytes()
            assert CLEAR.encode() in seen, "the capture has not seen what was said in clear"
            assert MARK.encode() not in seen and PASSWORD.encode() not in seen
            print(f"captured {len(seen)} octets: no word of a message in clear")


@pytest.fixture(scope="module")
def inst(tmp_path_factory, certs):
    with serving(tmp_path_factory.mktemp("entrees"), certs) as pli:
        yield pli


@pytest.fixture(scope="module")
def listed(tmp_path_factory, certs):
    folder = tmp_path_factory.mktemp("liste")
    signer = wl.Authority().signer(kind="ec")
    (folder / "pin.pem").write_text(signer.pem)
    (folder / "pin.pem").chmod(0o644)
    folder.chmod(0o755)
    with serving(folder, certs, f'trust {{ signer_cert = "{folder}/pin.pem" }}') as pli:
        pli.signer = signer
        yield pli


@pytest.fixture(scope="module")
def stale(tmp_path_factory, certs):
    """The list was taken longer ago than trust.max_age."""
    folder = tmp_path_factory.mktemp("vieille")
    signer = wl.Authority().signer(kind="ec")
    (folder / "pin.pem").write_text(signer.pem)
    (folder / "pin.pem").chmod(0o644)
    folder.chmod(0o755)
    with serving(folder, certs, f'trust {{\n signer_cert = "{folder}/pin.pem"\n max_age = 1s\n}}') as pli:
        pli.signer, pli.state = signer, "stale"
        take_list(pli, "fresh", wl.ago(hours=1))
        time.sleep(2.5)
        yield pli


LISTS = {"fresh": ["good"], "domain absent": [], "other DN": ["another's name"], "both DNs": ["good", "another's name"]}


def take_list(inst, state, generated):
    """A list in that state, taken and in use at dird."""
    entries = [("chb.test", dn_of(inst.certs[c])) for c in LISTS[state]] + [("ailleurs.test", "CN=smtp.ailleurs.test,O=Ailleurs,C=FR")]
    (inst.dir / "liste.xml").write_bytes(wl.white_list(entries, inst.signer, generated))
    inst.pli("trust", "update", str(inst.dir / "liste.xml"), "--accept-loss")
    generation = inst.json("trust", "show")["white_list"]["generation"]
    assert generation
    eventually(lambda: any("dird[" in ln and "ev=white-list" in ln and f"generation={generation} " in ln + " " for ln in inst.output().splitlines()))


def put_signed(inst, state):
    at = LIST.index(state)
    assert inst.state is None or LIST.index(inst.state) <= at, "the states come in the order of LIST"
    if state == "missing, local entry":
        inst.pli("trust", "add", "chb.test", "--dn", dn_of(inst.certs["good"]))
    elif inst.state == "missing, local entry":
        inst.pli("trust", "remove", "chb.test")
    if state.startswith("list: "):
        take_list(inst, state.removeprefix("list: "), wl.ago(hours=len(LIST) - at))


def put_list(inst, state):
    if inst.state == state:
        return
    if state in LIST:
        put_signed(inst, state)
    else:
        if inst.state and LISTS[inst.state]:
            inst.pli("trust", "remove", "chb.test")
        for cert in LISTS[state]:
            inst.pli("trust", "add", "chb.test", "--dn", dn_of(inst.certs[cert]))
    inst.state = state


def message(sender, to):
    return (f"From: <{sender or 'mailer-daemon@chb.test'}>\r\nTo: <{to}>\r\nSubject: {MARK}\r\nMessage-ID: <{time.monotonic_ns()}@chb.test>\r\n"
            f'Content-Type: application/pdf; name="{MARK}.pdf"\r\n\r\n{MARK}\r\n').encode()


def context(inst, pem):
    ctx = ssl.create_default_context(cafile=inst.ca)
    ctx.set_ciphers("DEFAULT:@SECLEVEL=0")  # the weak certificates are ours to show
    if pem:
        ctx.load_cert_chain(str(pem))
    return ctx


def said(answer):
    code, text = answer
    text = text.decode()
    esc, _, rest = text.partition(" ")
    return code, esc, re.sub(r", id=[0-9a-f]{16}$", "", rest)


def boxed(inst):
    with inst.imap("gp@chu.test", PASSWORD) as m:
        return int(m.select("INBOX", readonly=True)[1][0])


def inbound(inst, state, cert, sender, cause):
    put_list(inst, state)
    before, mark = boxed(inst), len(inst.output())
    with smtplib.SMTP("localhost", inst.port("smtp"), CLEAR, timeout=60) as s:
        s.ehlo()
        assert said(s.docmd("MAIL", f"FROM:<{sender}>"))[:2] == (530, "5.7.0")  # before TLS: nothing
        s.starttls(context=context(inst, inst.certs[cert]))
        s.ehlo()
        answer = s.docmd("MAIL", f"FROM:<{sender}>")
        if cause:
            assert said(answer) == ROWS[cause]
            assert s.rcpt("gp@chu.test")[0] == 503
        else:
            assert answer[0] == 250 and s.rcpt("gp@chu.test")[0] == 250
            assert s.data(message(sender.lower(), "gp@chu.test"))[0] == 250
    assert boxed(inst) - before == (not cause)
    if cause:
        lines = [ln for ln in inst.output()[mark:].splitlines() if "ev=refused " in ln and "verb=MAIL" in ln and "code=530" not in ln]
        assert len(lines) == 1 and f"why={cause} " in lines[0] and "peer=127.0.0.1" in lines[0], lines
        assert cert == "none" or "dn=" in lines[0], lines


def submitted(inst, who, state, to, cause):
    put_list(inst, state)
    before = len(inst.json("queue", "list"))
    with smtplib.SMTP("localhost", inst.port("submission"), CLEAR, timeout=60) as s:
        s.starttls(context=inst.tls())
        s.ehlo()
        s.login(who, PASSWORD)
        s.mail(who)
        answer = s.rcpt(to)
        if cause:
            assert said(answer) == ROWS[cause] and s.docmd("DATA")[0] == 503
        else:
            assert answer[0] == 250 and s.data(message(who, to))[0] == 250
    assert len(inst.json("queue", "list")) - before == (not cause)


def in_order(rows):
    return sorted((r for r in rows if r[0] != "stale"), key=lambda r: LIST.index(r[0]))


@pytest.mark.parametrize("state, cert, sender, cause", INBOUND, ids=lambda v: v or "-")
def test_inbound(inst, state, cert, sender, cause):
    inbound(inst, state, cert, sender, cause)


@pytest.mark.parametrize("who", ["gp@chu.test", "signe@chu.test"])
@pytest.mark.parametrize("state, to, cause", SUBMITTED, ids=lambda v: v or "-")
def test_submitted(inst, who, state, to, cause):
    submitted(inst, who, state, to, cause)


@pytest.mark.parametrize("row", [r for r in INBOUND_LIST + SUBMITTED_LIST if r[0] == "stale"], ids=lambda r: "-".join(r))
def test_by_a_stale_list(stale, row):
    if len(row) == 4:
        inbound(stale, *row)
    else:
        submitted(stale, "gp@chu.test", *row)


@pytest.mark.parametrize("row", in_order(INBOUND_LIST + SUBMITTED_LIST), ids=lambda r: "-".join(r))
def test_by_the_signed_list(listed, row):
    if len(row) == 4:
        inbound(listed, *row)
    else:
        submitted(listed, "gp@chu.test", *row)


def test_the_table_is_whole():
    """Every certificate stands before every list state, but for spellings of one name."""
    once = {"good, RSA", "no usage named", "the same name, otherwise written"}
    assert {c for _, c, _, _ in INBOUND} == set(CERTS) | set(FAULTS)
    for state in ("fresh", "domain absent", "other DN"):
        assert {c for s, c, _, _ in INBOUND if s == state} >= (set(CERTS) | set(FAULTS)) - once
    for state in {*LIST, "stale"} - {"missing, local entry", "list: both DNs"}:
        assert {c for s, c, _, _ in INBOUND_LIST if s == state} >= set(FAULTS) | {"good"}
