# SPDX-License-Identifier: EUPL-1.2
"""pli-trustd with the white list: taken by file and by address, refused when it is not better, kept, given to dird, and seen by a session that runs.
The web server is a real one (tests/lib/web.py), the lists are signed by tests/lib/white_list.py, the real one of 2025 is used where it is at hand."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib"))
import white_list as wl  # noqa: E402
from instance import Instance, eventually  # noqa: E402
from web import Web, document, endless, status  # noqa: E402

REAL = TOP.parent / "shared/data/mssante/liste-blanche-2025-02-28.xml"
HTML = b"<!DOCTYPE html>\n<html><body>Please enable JavaScript</body></html>"


@pytest.fixture(scope="module")
def space():
    """Authority and signers, made once: keys take their time."""
    class Space:
        ca = wl.Authority()
        signer = ca.signer(kind="ec")
        other = wl.Authority("Une autre").signer(kind="ec")
    return Space


@pytest.fixture(scope="module")
def web():
    with Web() as w:
        yield w


def conf(space, folder, **more):
    """Lines of pli.conf: the signer is pinned by a file."""
    pin = folder / "pin.pem"
    pin.write_text(space.signer.pem)
    pin.chmod(0o644)
    lines = [f'{k.replace("__", "_")} = "{v}"' for k, v in {"signer_cert": pin, **more}.items()]
    return ["trust {"] + lines + ["}"]


@pytest.fixture
def inst(space, tmp_path):
    tmp_path.chmod(0o755)
    with Instance(conf=conf(space, tmp_path)) as pli:
        pli.add("gp@chu.test", sign="never")
        yield pli


def take(pli, xml, *options, check=True):
    path = pli.dir / "l.xml"
    path.write_bytes(xml)
    return pli.pli("trust", "update", str(path), *options, check=check)


def state(pli):
    return pli.json("trust", "show")["white_list"]


def refused(pli, xml, why, *options):
    """Not taken, for that reason, and the list in use stays."""
    before = state(pli)
    r = take(pli, xml, *options, check=False)
    assert r.returncode == 1 and why in r.stderr, r.stderr
    assert state(pli)["generation"] == before["generation"] and state(pli)["generated"] == before["generated"]


def dird_has(pli, generation):
    """dird looks names up in that list."""
    return eventually(lambda: f"generation={generation} " in "".join(
        line + " " for line in pli.output().splitlines() if "dird[" in line and "ev=white-list" in line))


def answer(s, verb, arg):
    code, text = s.docmd(verb, arg)
    return code, text.decode().split()[0]


def becomes(s, sender, want):
    """MAIL is answered like that after a while."""
    def now():
        got = answer(s, "MAIL", sender)
        s.rset()
        return got == want
    eventually(now)


# ---- lists by file ----
def test_taken_refused_kept(inst, space):
    assert (state(inst)["generation"], state(inst)["good_until"]) == (0, 0)
    first = wl.white_list(wl.operators(10), space.signer, wl.ago(days=2))
    got = json.loads(take(inst, first, "--json"))
    assert (got["entries"], got["domains"], got["gained"], got["lost"], got["changed"], got["unchanged"]) == (10, 10, 10, 0, 0, False)
    now = state(inst)
    assert now["generation"] == got["generation"] and now["domains"] == 10 and "alb.mssante.fr" in now["signer"] and now["alarm"] == 0
    again = json.loads(take(inst, first, "--json"))
    assert again["unchanged"] and again["generation"] == got["generation"]

    refused(inst, first.replace(b"CN=smtp.op3", b"CN=smtp.op4"), "signature of the white list is wrong")
    refused(inst, wl.white_list(wl.operators(10), space.other), "signed by somebody else")
    refused(inst, wl.white_list(wl.operators(10), space.signer, wl.ago(days=3)), "older than the one in use")
    refused(inst, wl.white_list(wl.operators(10)[3:], space.signer), "loses too many domains")
    refused(inst, HTML, "cannot be read")
    refused(inst, b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "cannot be read")
    refused(inst, b"\x7fELF", "cannot be read")
    assert inst.pli("trust", "update", check=False).returncode == 1

    got = json.loads(take(inst, wl.white_list(wl.operators(10)[3:], space.signer, wl.ago(hours=2)), "--accept-loss", "--json"))
    assert (got["gained"], got["lost"], got["domains"]) == (0, 3, 7)
    # a list of another signer that the command names is that signer's
    pem = inst.dir / "other.pem"
    pem.write_text(space.other.pem)
    got = json.loads(take(inst, wl.white_list(wl.operators(8)[3:] + [("d.op", "CN=x,C=FR")], space.other, wl.ago(hours=1)), "--signer", str(pem),
                          "--accept-loss", "--json"))
    assert (got["gained"], got["lost"]) == (1, 2)


def test_twenty_percent(inst, space):
    """trust.max_loss is the share that may be lost, that share included."""
    take(inst, wl.white_list(wl.operators(10), space.signer, wl.ago(hours=3)))
    take(inst, wl.white_list(wl.operators(10)[2:], space.signer, wl.ago(hours=2)))
    assert state(inst)["domains"] == 8
    refused(inst, wl.white_list(wl.operators(10)[4:], space.signer, wl.ago(hours=1)), "loses too many domains")


def test_standard_input_and_diff(inst, space):
    one = wl.white_list([("a.test", "CN=a,C=FR"), ("b.test", "CN=b,C=FR")], space.signer, wl.ago(hours=2))
    two = wl.white_list([("b.test", "CN=b2,C=FR"), ("c.test", "CN=c,C=FR")], space.signer, wl.ago(hours=1))
    inst.pli("trust", "update", "-", stdin=one.decode())
    (inst.dir / "two.xml").write_bytes(two)
    before = state(inst)
    assert inst.pli("trust", "diff", str(inst.dir / "two.xml")).split("\n")[:3] == ["- a.test", "~ b.test", "+ c.test"]
    assert inst.json("trust", "diff", str(inst.dir / "two.xml")) == [
        {"change": c, "domain": d} for c, d in (("-", "a.test"), ("~", "b.test"), ("+", "c.test"))]
    assert state(inst) == before
    assert inst.pli("trust", "diff", "-", stdin=one.decode()) == ""
    assert "cannot be read" in inst.pli("trust", "diff", "-", stdin="<a/>", check=False).stderr


def test_show_a_domain(inst, space):
    """What the list and the administrator's own entries say of one domain."""
    take(inst, wl.white_list([wl.entry("CHB.mssante.fr", "CN=smtp.chb,C=FR", description="Hôpital & Cie"), ("chb.mssante.fr", "CN=two,C=FR")], space.signer))
    inst.pli("trust", "add", "chb.mssante.fr", "--dn", "CN=own,C=FR", "--note", "essai")
    rows = inst.json("trust", "show", "chb.mssante.fr")
    assert {(r["dn"], r.get("from")) for r in rows} == {("CN=own,C=FR", None), ("CN=smtp.chb,C=FR", "white list"), ("CN=two,C=FR", "white list")}
    assert [r["description"] for r in rows if r["dn"] == "CN=smtp.chb,C=FR"] == ["Hôpital & Cie"]
    text = inst.pli("trust", "show", "chb.mssante.fr")
    assert "Hôpital & Cie" in text and "CN=own" in text and "support@example.org" in text
    assert inst.pli("trust", "show", "absent.test", check=False).returncode == 1
    inst.pli("trust", "remove", "chb.mssante.fr")
    assert len(inst.json("trust", "show", "chb.mssante.fr")) == 2


# ---- who may speak: a session that runs sees the list that came meanwhile ----
def own_operator(pli, name):
    pem = pli.dir / f"{name}.pem"
    pli.pli("cert", "issue-trial", "--operator", name, "--out", str(pem))
    dn = subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-subject", "-nameopt", "RFC2253"], capture_output=True, text=True, check=True)
    return pem, dn.stdout.strip().removeprefix("subject=")


def test_a_running_session_sees_the_change(inst, space):
    pem, dn = own_operator(inst, "op.test")
    with inst.smtp("smtp", pem=pem) as peer, inst.smtp(login="gp@chu.test") as author:
        assert answer(peer, "MAIL", "FROM:<a@op.test>") == (451, "4.7.1")  # a signer is configured, and there is no list yet
        got = json.loads(take(inst, wl.white_list([("op.test", dn)], space.signer, wl.ago(hours=3)), "--json"))
        dird_has(inst, got["generation"])
        assert answer(peer, "MAIL", "FROM:<a@op.test>") == (250, "2.1.0")
        assert answer(peer, "RCPT", "TO:<gp@chu.test>") == (250, "2.1.5")
        peer.rset()
        assert answer(author, "MAIL", "FROM:<gp@chu.test>")[0] == 250
        assert answer(author, "RCPT", "TO:<b@op.test>") == (250, "2.1.5")
        assert answer(author, "RCPT", "TO:<b@autre.test>")[0] == 550
        # the operator loses the domain to another, which comes in
        got = json.loads(take(inst, wl.white_list([("op.test", "CN=other,C=FR"), ("autre.test", dn)], space.signer, wl.ago(hours=2)), "--json"))
        dird_has(inst, got["generation"])
        assert answer(peer, "MAIL", "FROM:<a@op.test>") == (550, "5.7.1")  # at once: asked at each MAIL
        assert answer(peer, "MAIL", "FROM:<a@autre.test>") == (250, "2.1.0")
        peer.rset()
        assert answer(peer, "MAIL", "FROM:<>") == (250, "2.1.0")
        peer.rset()
        assert answer(author, "RCPT", "TO:<b@autre.test>") == (250, "2.1.5")


def test_no_list_and_an_old_one_are_no_refusal(space, tmp_path):
    """A list that is configured and not there, or too old, is our trouble: others are asked to come again, and the administrator's entries count."""
    tmp_path.chmod(0o755)
    with Instance(conf=conf(space, tmp_path, alarm_age="1m", max_age="15s")) as pli:
        pli.add("gp@chu.test", sign="never")
        pem, dn = own_operator(pli, "op.test")
        pli.pli("trust", "add", "own.test", "--dn", dn)
        with pli.smtp("smtp", pem=pem) as peer, pli.smtp(login="gp@chu.test") as author:
            assert answer(peer, "MAIL", "FROM:<a@op.test>") == (451, "4.7.1")
            assert answer(peer, "MAIL", "FROM:<a@own.test>") == (250, "2.1.0")
            peer.rset()
            answer(author, "MAIL", "FROM:<gp@chu.test>")
            assert answer(author, "RCPT", "TO:<b@op.test>") == (451, "4.7.1")
            r = pli.pli("doctor", check=False)
            assert re.search("fail +trust +there is no white list", r.stdout)
            got = json.loads(take(pli, wl.white_list([("op.test", dn)], space.signer), "--json"))
            dird_has(pli, got["generation"])
            assert answer(peer, "MAIL", "FROM:<a@op.test>") == (250, "2.1.0")
            peer.rset()
            becomes(peer, "FROM:<a@op.test>", (451, "4.7.1"))
            assert answer(peer, "MAIL", "FROM:<a@absent.test>") == (451, "4.7.1")
            assert answer(peer, "MAIL", "FROM:<a@own.test>") == (250, "2.1.0")
            assert state(pli)["alarm"] == 2
            assert re.search("fail +trust +the white list was last seen", pli.pli("doctor", check=False).stdout)
            assert "TOO OLD" in pli.pli("trust", "show")
            take(pli, wl.white_list([("op.test", dn)], space.signer, wl.ago(minutes=5)))
            peer.rset()
            becomes(peer, "FROM:<a@op.test>", (250, "2.1.0"))


def test_no_list_configured(space):
    """As before issue 7: who has no list has the administrator's entries, and every other domain is unknown."""
    with Instance() as pli:
        pli.add("gp@chu.test", sign="never")
        with pli.smtp(login="gp@chu.test") as author:
            answer(author, "MAIL", "FROM:<gp@chu.test>")
            assert answer(author, "RCPT", "TO:<b@op.test>")[0] == 550
        assert "no white list is configured" in pli.pli("doctor", check=False).stdout


# ---- fetched ----
@pytest.fixture
def fetching(space, web, tmp_path):
    """An instance that fetches /list of the web server each second, and one list to begin with."""
    tmp_path.chmod(0o755)
    web.seen.clear()
    web.at = {"/list": document(wl.white_list(wl.operators(5), space.signer, wl.ago(hours=9)))}
    with Instance(conf=conf(space, tmp_path, url=web.url("/list"), refresh="1s")) as pli:
        eventually(lambda: state(pli)["domains"] == 5, 300)  # a first try that fails on a slow machine is followed by a pause of a minute
        yield pli


def test_fetched_and_refreshed(fetching, space, web):
    pli = fetching
    first = state(pli)
    eventually(lambda: len(web.asked("/list")) > 3)
    assert all("If-None-Match" in h for h in web.asked("/list")[1:]), "only what has changed is fetched again"
    assert state(pli)["generation"] == first["generation"]
    assert state(pli)["taken"] == first["taken"], "over http anybody may say that nothing has changed"
    web.at["/list"] = document(wl.white_list(wl.operators(6), space.signer, wl.ago(hours=8)))
    eventually(lambda: state(pli)["domains"] == 6)
    assert state(pli)["generation"] > first["generation"] and state(pli)["failures"] == 0
    dird_has(pli, state(pli)["generation"])
    # a server without ETag, and one that knows no conditions at all
    web.at["/list"] = document(wl.white_list(wl.operators(7), space.signer, wl.ago(hours=7)), etag=False, modified=1790000000)
    eventually(lambda: state(pli)["domains"] == 7)
    n = len(web.asked("/list"))
    eventually(lambda: len(web.asked("/list")) > n + 2)
    assert "If-Modified-Since" in web.asked("/list")[-1] and "If-None-Match" not in web.asked("/list")[-1]
    web.at["/list"] = document(wl.white_list(wl.operators(7), space.signer, wl.ago(hours=7)), etag=False, modified=1790000000, conditions=False)
    n = len(web.asked("/list"))
    eventually(lambda: len(web.asked("/list")) > n + 2)
    assert state(pli)["failures"] == 0 and state(pli)["domains"] == 7


BAD = {
    "403": (status(403, HTML), "403"),
    "404": (status(404), "404"),
    "503": (status(503, b"x", "text/plain"), "503"),
    "challenge page": (status(200, HTML), "HTML page"),
    "challenge page called XML": (status(200, HTML, "application/xml"), "HTML page"),
    "empty": (status(200, b"", "application/xml"), ""),
    "to a file": (status(302, Location="file:///etc/passwd"), "rotocol"),
    "to a directory of LDAP": (status(302, Location="ldap://localhost/"), "rotocol"),
    "endless redirects": (status(302, Location="/list"), "edirect"),
    "no XML": (status(200, b"%PDF-1.4", "application/xml"), ""),
}


@pytest.fixture(scope="module")
def idle(space, web, tmp_path_factory):
    """An instance that has a list and whose next scheduled fetch is far away."""
    folder = tmp_path_factory.mktemp("pin")
    for p in (folder, *folder.parents):
        p.chmod(p.stat().st_mode | 0o755) if p.owner() == "root" and p != pathlib.Path("/") else None
    web.at = {"/idle": document(wl.white_list(wl.operators(5), space.signer, wl.ago(hours=9)))}
    with Instance(conf=conf(space, folder, url=web.url("/idle"), refresh="1h")) as pli:
        eventually(lambda: state(pli)["domains"] == 5)
        yield pli


@pytest.mark.parametrize("name", BAD)
def test_bad_answers(idle, web, name):
    """Each is a failure that is told; the list stays, and the address is left alone for a minute or more."""
    serve, why = BAD[name]
    before = state(idle)
    web.at["/idle"] = web.at["/list"] = serve
    r = idle.pli("trust", "update", check=False)
    assert r.returncode == 1 and why in r.stderr, r.stderr
    now = state(idle)
    assert now["generation"] == before["generation"] and now["domains"] == 5
    assert now["failures"] == before["failures"] + 1 and why in now["last_error"]
    assert now["next_fetch"] - now["last_try"] >= 48
    assert re.search("warn +trust +fetching the white list failed", idle.pli("doctor", check=False).stdout)


def test_too_long(idle, web):
    web.at["/idle"] = endless
    r = idle.pli("trust", "update", check=False)
    assert r.returncode == 1 and "longer than" in r.stderr, r.stderr


def test_back_off_is_remembered(idle, web):
    """Failures in a row make the pause grow, also over a restart: a server that refuses us is not asked at each start."""
    web.at["/idle"] = status(403)
    for _ in range(4):
        idle.pli("trust", "update", check=False)
    before = state(idle)
    assert before["failures"] >= 4 and before["next_fetch"] - before["last_try"] >= 60 * 8 * 4 // 5
    n, pid = len(web.asked("/idle")), idle.daemon("pli-trustd")
    os.kill(pid, signal.SIGKILL)
    idle.wait_daemon("pli-trustd", not_pid=pid)
    after = eventually(lambda: idle.pli("trust", "show", "--json", check=False).returncode == 0 and state(idle))
    assert (after["failures"], after["next_fetch"], after["generation"], after["domains"]) == (
        before["failures"], before["next_fetch"], before["generation"], 5)
    assert len(web.asked("/idle")) == n
    # the administrator's word counts at once, and a success forgets the failures
    web.at["/idle"] = document(wl.white_list(wl.operators(5), wl_signer(idle), wl.ago(hours=8)))
    assert json.loads(idle.pli("trust", "update", "--json"))["domains"] == 5
    assert state(idle)["failures"] == 0


def wl_signer(pli):
    return pli.space_signer


@pytest.fixture(autouse=True)
def _signers(request, space):
    if "idle" in request.fixturenames:
        request.getfixturevalue("idle").space_signer = space.signer


def test_an_address_by_hand(idle, space, web):
    """pli trust update URL: trustd fetches it, once. What that server says of its document is not sent to trust.url."""
    web.at["/idle"] = document(wl.white_list(wl.operators(5), space.signer, wl.ago(hours=7)))
    web.at["/by-hand"] = document(wl.white_list(wl.operators(9), space.signer, wl.ago(hours=2)))
    assert idle.pli("trust", "diff", web.url("/by-hand")).count("+ ") == 4
    got = json.loads(idle.pli("trust", "update", web.url("/by-hand"), "--json"))
    assert (got["gained"], got["lost"], got["domains"], got["unchanged"]) == (4, 0, 9, False)
    idle.pli("trust", "update", check=False)
    assert "If-None-Match" not in web.asked("/idle")[-1] and "If-Modified-Since" not in web.asked("/idle")[-1]
    for bad in ("file:///etc/passwd", "ftp://localhost/x", "http://localhost:1/x"):
        assert idle.pli("trust", "update", bad, check=False).returncode == 1
