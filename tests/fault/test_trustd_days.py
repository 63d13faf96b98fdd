# SPDX-License-Identifier: EUPL-1.2
"""Bad days of pli-trustd: killed, its files cut or from another moment, a full disk, a web server that hangs or is another one, an instance of before.
The list that was good stays, and mail goes on with it."""
import json
import os
import pathlib
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import threading
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib"))
import white_list as wl  # noqa: E402
from instance import Instance, eventually  # noqa: E402
from web import Web, document, status  # noqa: E402

REAL = TOP.parent / "shared/data/mssante/liste-blanche-2025-02-28.xml"


@pytest.fixture(scope="module")
def space():
    class Space:
        ca = wl.Authority()
        signer = ca.signer(kind="ec")
    return Space


def conf(space, folder, **more):
    folder.chmod(0o755)
    pin = folder / "pin.pem"
    pin.write_text(space.signer.pem)
    pin.chmod(0o644)
    return ["trust {", *(f'{k} = "{v}"' for k, v in {"signer_cert": pin, **more}.items()), "}"]


def take(pli, xml, *options, check=True):
    path = pli.dir / "l.xml"
    path.write_bytes(xml)
    r = pli.pli("trust", "update", str(path), "--json", *options, check=check)
    return json.loads(r) if check else r


def state(pli):
    return pli.json("trust", "show")["white_list"]


def comes_back(pli):
    """trustd's state, once it answers again."""
    return eventually(lambda: pli.pli("trust", "show", "--json", check=False).returncode == 0 and state(pli))


def kill(pli):
    pid = pli.daemon("pli-trustd")
    os.kill(pid, signal.SIGKILL)
    pli.wait_daemon("pli-trustd", not_pid=pid)
    return comes_back(pli)


def knows(pli, domain):
    """Does an author here reach that domain? By dird's list, asked at RCPT."""
    with pli.smtp(login="gp@chu.test") as s:
        s.docmd("MAIL", "FROM:<gp@chu.test>")
        return s.docmd("RCPT", f"TO:<x@{domain}>")[0]


@pytest.fixture
def inst(space, tmp_path):
    with Instance(conf=conf(space, tmp_path)) as pli:
        pli.add("gp@chu.test", sign="never")
        yield pli


def dird_generation(pli):
    return max(map(int, re.findall(r"dird\[\d+\].* ev=white-list generation=(\d+)", pli.output())), default=0)


def dird_has(pli, generation):
    eventually(lambda: dird_generation(pli) == generation)


def test_killed(inst, space):
    """kill -9 of trustd: dird answers from the list it has, and the next trustd has the same one, under the same number."""
    got = take(inst, wl.white_list(wl.operators(5), space.signer, wl.ago(hours=3)))
    dird_has(inst, got["generation"])
    before, lines = state(inst), inst.output().count("ev=white-list")
    after = kill(inst)
    assert knows(inst, "d0.op3.mssante.fr") == 250 and knows(inst, "absent.test") == 550
    assert {k: after[k] for k in ("generation", "generated", "taken", "domains", "signer")} == {
        k: before[k] for k in ("generation", "generated", "taken", "domains", "signer")}
    # dird has dialled the new one: it hears of the next list
    got = take(inst, wl.white_list(wl.operators(6), space.signer, wl.ago(hours=2)))
    dird_has(inst, got["generation"])
    assert knows(inst, "d0.op5.mssante.fr") == 250
    assert inst.output().count("ev=white-list") == lines + 1, "the list that dird had was not given out again"


def test_killed_at_any_moment(inst, space):
    """While lists come in one after another: what is there afterwards is one of them, whole, and no older than the last one that was acknowledged."""
    lists = [wl.white_list(wl.operators(5 + i), space.signer, wl.ago(hours=30 - i)) for i in range(20)]
    acknowledged = 0
    for i in range(0, 20, 2):
        path = inst.dir / "k.xml"
        path.write_bytes(lists[i])
        p = subprocess.Popen(inst.argv("trust", "update", str(path)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.02 * (i % 5))
        os.kill(inst.daemon("pli-trustd"), signal.SIGKILL)
        if p.wait(300) == 0:  # it may wait until the supervisor starts trustd again, later each time
            acknowledged = 5 + i
        now = comes_back(inst)
        assert now["domains"] >= acknowledged and now["domains"] <= 5 + i
        if now["domains"]:
            assert now["domains"] in {5 + k for k in range(0, i + 1)}
    got = take(inst, wl.white_list(wl.operators(30), space.signer, wl.ago(hours=1)))
    dird_has(inst, got["generation"])
    assert knows(inst, "d0.op29.mssante.fr") == 250


def test_index_of_another_moment(space, tmp_path):
    """A crash between the index and the state: what the state says of the web server's document is about another list. Had it been believed, the
    server's 304 would keep the old list for ever."""
    one, two = (wl.white_list(wl.operators(n), space.signer, wl.ago(hours=20 - n)) for n in (5, 6))
    with Web() as web:
        web.at["/l"] = document(one)
        with Instance(conf=conf(space, tmp_path, url=web.url("/l"), refresh="1h")) as pli:
            pli.add("gp@chu.test", sign="never")
            first = eventually(lambda: state(pli)["domains"] == 5 and state(pli))
            kept = (pli.root / "trust/list.index").read_bytes()
            web.at["/l"] = document(two)
            pli.pli("trust", "update")
            second = state(pli)
            assert second["domains"] == 6
            dird_has(pli, second["generation"])
            (pli.root / "trust/list.index").write_bytes(kept)
            kill(pli)
            now = eventually(lambda: state(pli)["domains"] == 6 and state(pli))  # asked at once, and without the other list's ETag
            assert now["generation"] not in (first["generation"], second["generation"])
            dird_has(pli, now["generation"])
            assert "If-None-Match" not in web.asked("/l")[-1]


@pytest.mark.parametrize("harm", ["a bit", "cut", "empty", "old version"])
def test_damaged_index(inst, space, harm):
    """The index is made again from list.xml, which is verified as always."""
    got = take(inst, wl.white_list(wl.operators(5), space.signer, wl.ago(hours=3)))
    dird_has(inst, got["generation"])
    path = inst.root / "trust/list.index"
    whole = path.read_bytes()
    path.write_bytes({"a bit": whole[:200] + bytes([whole[200] ^ 1]) + whole[201:], "cut": whole[:-9], "empty": b"",
                      "old version": whole[:8] + b"\0\0\0\0" + whole[12:]}[harm])
    now = kill(inst)
    assert now["domains"] == 5 and now["taken"] == got_taken(inst, now) and path.read_bytes() == whole
    assert "ev=list-damaged" in inst.output()
    assert knows(inst, "d0.op3.mssante.fr") == 250


def got_taken(pli, now):
    return int(re.search(r"(?m)^taken (\d+)$", (pli.root / "trust/list.state").read_text())[1])


def test_all_damaged(inst, space):
    """Neither index nor list can be read, and the list as it lies there is not the signer's: dird keeps the one it has. After a restart of all there
    is none, and others are asked to wait."""
    got = take(inst, wl.white_list(wl.operators(5), space.signer, wl.ago(hours=3)))
    dird_has(inst, got["generation"])
    (inst.root / "trust/list.index").write_bytes(b"x")
    xml = inst.root / "trust/list.xml"
    xml.write_bytes(xml.read_bytes().replace(b"op3", b"op9"))
    assert kill(inst)["generation"] == 0
    assert knows(inst, "d0.op3.mssante.fr") == 250 and knows(inst, "d0.op9.mssante.fr") == 550
    inst.stop()
    inst.serve()
    assert knows(inst, "d0.op3.mssante.fr") == 451
    assert re.search("fail +trust ", inst.pli("doctor", check=False).stdout)
    take(inst, wl.white_list(wl.operators(5), space.signer, wl.ago(hours=2)))
    eventually(lambda: knows(inst, "d0.op3.mssante.fr") == 250)


def test_full_disk(space, tmp_path):
    """DIR/trust on a disk without room: the new list is refused, the old one stays, in memory and on disk."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk wants root")
    with Instance(conf=conf(space, tmp_path), serve=False) as pli:
        trust = pli.root / "trust"
        st = trust.stat()
        r = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=2m,mode=700,uid={st.st_uid},gid={st.st_gid}", "tmpfs", trust], capture_output=True, text=True)
        if r.returncode:
            pytest.skip(f"no tmpfs can be mounted: {r.stderr}")
        try:
            pli.serve()
            pli.add("gp@chu.test", sign="never")
            got = take(pli, wl.white_list(wl.operators(3), space.signer, wl.ago(hours=3)))
            dird_has(pli, got["generation"])
            files = {p.name: p.read_bytes() for p in trust.iterdir() if p.is_file()}
            r = take(pli, wl.white_list(wl.operators(4000), space.signer, wl.ago(hours=2)), check=False)
            assert r.returncode == 1 and "No space" in r.stderr + pli.output(), r.stderr
            assert state(pli)["generation"] == got["generation"] and knows(pli, "d0.op2.mssante.fr") == 250 and knows(pli, "d0.op200.mssante.fr") == 550
            assert {p.name: p.read_bytes() for p in trust.iterdir() if p.is_file()} == files, "nothing half written is left"
            assert kill(pli)["generation"] == got["generation"]
            assert take(pli, wl.white_list(wl.operators(4), space.signer, wl.ago(hours=1)))["domains"] == 4
        finally:
            pli.stop()
            subprocess.run(["umount", "-l", trust], check=True)


def test_instance_of_before(space):
    """An instance of an earlier version has no trust/: the first start makes it."""
    with Instance(serve=False) as pli:
        shutil.rmtree(pli.root / "trust")
        pli.serve()
        pli.add("gp@chu.test", sign="never")
        assert state(pli)["generation"] == 0 and knows(pli, "absent.test") == 550
        pem = pli.dir / "pin.pem"
        pem.write_text(space.signer.pem)
        got = take(pli, wl.white_list(wl.operators(3), space.signer), "--signer", str(pem))
        dird_has(pli, got["generation"])
        assert knows(pli, "d0.op2.mssante.fr") == 250
        assert (pli.root / "trust").stat().st_mode & 0o777 == 0o700


def test_copied_folder(inst, space):
    """The folder is the instance: its copy elsewhere has the list."""
    got = take(inst, wl.white_list(wl.operators(3), space.signer, wl.ago(hours=3)))
    dird_has(inst, got["generation"])
    inst.stop()
    moved = inst.dir / "elsewhere"
    subprocess.run(["cp", "-a", inst.root, moved], check=True)
    shutil.rmtree(inst.root)
    inst.root = moved
    inst.serve()
    assert state(inst)["generation"] == got["generation"]
    dird_has(inst, got["generation"])
    assert knows(inst, "d0.op2.mssante.fr") == 250


def test_other_address_in_the_settings(space, tmp_path):
    """trust.url is changed: what the old server said (ETag, failures, when to ask next) is nothing for the new one."""
    xml = wl.white_list(wl.operators(3), space.signer, wl.ago(hours=3))
    with Web() as old, Web() as new:
        old.at["/l"] = new.at["/l"] = document(xml)
        with Instance(conf=conf(space, tmp_path, url=old.url("/l"), refresh="6h")) as pli:
            eventually(lambda: state(pli)["domains"] == 3)
            pli.stop()
            text = (pli.root / "pli.conf").read_text()
            (pli.root / "pli.conf").write_text(text.replace(old.url("/l"), new.url("/l")))
            pli.serve()
            eventually(lambda: new.asked("/l"))
            assert "If-None-Match" not in new.asked("/l")[0] and "If-Modified-Since" not in new.asked("/l")[0]
            assert len(old.asked("/l")) == 1


def server_certificate(ca, folder, host, name=None):
    """cert.pem, key.pem of a web server, by that authority."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    key = wl.new_key("ec")
    cert = (x509.CertificateBuilder().subject_name(wl.name_of(host)).issuer_name(ca.cert.subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(wl.ago(days=1)).not_valid_after(wl.now() + wl.datetime.timedelta(days=90))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(False, None), critical=True).sign(ca.key, hashes.SHA256()))
    made = wl.Signer(cert, key)
    paths = folder / f"{name or host}.crt", folder / f"{name or host}.key"
    paths[0].write_text(made.pem)
    paths[1].write_text(made.key_pem())
    return paths


def test_https(space, tmp_path):
    """The list's own host has a certificate of the trust space's authority: trust.https_anchors alone counts, and the name. From https a redirect
    leads to https only."""
    good = wl.white_list(wl.operators(3), space.signer, wl.ago(hours=3))
    anchors, other = tmp_path / "anchors.pem", wl.Authority("Une autre AC")
    anchors.write_text(space.ca.pem)
    anchors.chmod(0o644)
    named = {"localhost": server_certificate(space.ca, tmp_path, "localhost"), "another name": server_certificate(space.ca, tmp_path, "autre.test"),
             "another authority": server_certificate(other, tmp_path, "localhost", "other")}
    with Instance(conf=conf(space, tmp_path, https_anchors=anchors)) as pli, Web() as plain:
        plain.at["/l"] = document(good)
        for who in ("another name", "another authority"):
            with Web(tls=named[who]) as web:
                web.at["/l"] = document(good)
                r = pli.pli("trust", "update", web.url("/l"), check=False)
                assert r.returncode == 1 and "certificate" in r.stderr.lower() and state(pli)["generation"] == 0, r.stderr
                assert not web.seen, "nothing was asked of a server that is somebody else"
        with Web(tls=named["localhost"]) as web:
            web.at["/down"] = status(302, Location=plain.url("/l"))
            r = pli.pli("trust", "update", web.url("/down"), check=False)
            assert r.returncode == 1 and "rotocol" in r.stderr and not plain.seen, r.stderr
            web.at["/l"] = document(good)
            web.at["/other"] = status(302, Location=web.url("/l"))
            assert json.loads(pli.pli("trust", "update", web.url("/other"), "--json"))["domains"] == 3


@pytest.mark.parametrize("frozen", ["not modified", "the same list again"])
def test_frozen_over_http(space, tmp_path, frozen):
    """Who answers in the place of the list's host can keep a younger list back. Over http his word does not make the list any younger: the alarm comes, then
    nobody relies on it. A younger list ends that."""
    old, new = (document(wl.white_list(wl.operators(n), space.signer, wl.ago(hours=9 - n)), etag=False, modified=1790000000 + n, conditions=frozen == "not modified")
                for n in (3, 4))
    with Web() as web:
        web.at["/l"] = old
        with Instance(conf=conf(space, tmp_path, url=web.url("/l"), refresh="1s", alarm_age="1m", max_age="20s")) as pli:
            pli.add("gp@chu.test", sign="never")
            first = eventually(lambda: state(pli)["domains"] == 3 and state(pli))
            dird_has(pli, first["generation"])
            assert knows(pli, "d0.op2.mssante.fr") == 250
            eventually(lambda: state(pli)["alarm"] == 2)
            assert knows(pli, "d0.op2.mssante.fr") == 451
            now = state(pli)
            assert (now["taken"], now["failures"]) == (first["taken"], 0) and len(web.asked("/l")) > 5
            assert re.search("fail +trust +the white list was last seen", pli.pli("doctor", check=False).stdout)
            web.at["/l"] = new
            now = eventually(lambda: state(pli)["domains"] == 4 and state(pli))
            dird_has(pli, now["generation"])
            assert now["alarm"] == 0 and knows(pli, "d0.op2.mssante.fr") == 250


def test_https_says_what_is_the_newest(space, tmp_path):
    """A server that is who it should be renews the list's age, not its own date: beyond trust.max_list_age nobody relies on a list that a frozen host goes on
    serving, unless the administrator brings it by hand."""
    anchors = tmp_path / "anchors.pem"
    anchors.write_text(space.ca.pem)
    anchors.chmod(0o644)
    xml = wl.white_list(wl.operators(3), space.signer, wl.ago(hours=3))
    with Web(tls=server_certificate(space.ca, tmp_path, "localhost")) as web:
        web.at["/l"] = document(xml)
        with Instance(conf=conf(space, tmp_path, url=web.url("/l"), refresh="1s", https_anchors=anchors, max_age="1m")) as pli:
            pli.add("gp@chu.test", sign="never")
            first = eventually(lambda: state(pli)["domains"] == 3 and state(pli))
            eventually(lambda: state(pli)["taken"] > first["taken"])
            assert first["alarm"] == 0 and knows(pli, "d0.op2.mssante.fr") == 250
            pli.stop()
            text = (pli.root / "pli.conf").read_text()
            (pli.root / "pli.conf").write_text(text.replace('max_age = "1m"', 'max_age = "1m"\nmax_list_age = "4h"'))
            pli.serve()
            now = eventually(lambda: state(pli)["alarm"] == 1 and state(pli))  # two thirds of its time are over
            assert now["good_until"] < now["taken"] + 3600 * 2
            pli.stop()
            (pli.root / "pli.conf").write_text(text.replace('max_age = "1m"', 'max_age = "1m"\nmax_list_age = "2h"'))
            pli.serve()
            now = eventually(lambda: state(pli)["alarm"] == 2 and state(pli))
            eventually(lambda: state(pli)["taken"] > now["taken"])
            assert knows(pli, "d0.op2.mssante.fr") == 451 and knows(pli, "absent.test") == 451
            take(pli, xml)
            eventually(lambda: knows(pli, "d0.op2.mssante.fr") == 250)
            assert state(pli)["alarm"] == 0


def test_a_clock_that_was_in_the_future(inst, space):
    """The list was taken while the clock stood years ahead. Set right, it is as old as its own date says, not young for years."""
    take(inst, wl.white_list(wl.operators(3), space.signer, wl.ago(days=4)))
    assert state(inst)["alarm"] == 0  # taken by hand just now
    inst.stop()
    path = inst.root / "trust/list.state"
    path.write_text(re.sub(r"(?m)^(taken|dated|last_try|next) \d+$", lambda m: f"{m[1]} {int(time.time()) + 10 * 365 * 86400}", path.read_text()))
    inst.serve()
    now = comes_back(inst)
    assert now["alarm"] == 1 and now["good_until"] < time.time() + 30 * 86400  # trust.alarm_age is 3 days, trust.max_age 30
    eventually(lambda: "ev=list-alarm" in inst.output())


def test_a_server_that_hangs(inst, space):
    """While a download hangs, questions are answered, the list in use is given out, and trustd ends when it is told to."""
    got = take(inst, wl.white_list(wl.operators(3), space.signer, wl.ago(hours=3)))
    dird_has(inst, got["generation"])
    held = threading.Event()
    with Web() as web:
        web.at["/slow"] = lambda h: held.wait(60)
        p = subprocess.Popen(inst.argv("trust", "update", web.url("/slow")), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: web.asked("/slow"))
            assert state(inst)["generation"] == got["generation"] and knows(inst, "d0.op2.mssante.fr") == 250
            inst.stop()
            assert "killed-at-stop" not in inst.output()
        finally:
            held.set()
            p.kill()
            p.wait()


def test_a_trustd_that_is_frozen(inst, space):
    """dird's thread waits for an answer that does not come: names are looked up meanwhile, and dird ends when it is told to."""
    got = take(inst, wl.white_list(wl.operators(3), space.signer, wl.ago(hours=3)))
    dird_has(inst, got["generation"])
    pid = inst.daemon("pli-trustd")
    dird = inst.daemon("pli-dird")
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(21)  # dird has asked once more since (WHITE_LIST_LOOK_S)
        assert knows(inst, "d0.op2.mssante.fr") == 250
        os.kill(dird, signal.SIGTERM)
        eventually(lambda: not os.path.exists(f"/proc/{dird}"), timeout=8)
        inst.wait_daemon("pli-dird", not_pid=dird)
    finally:
        os.kill(pid, signal.SIGCONT)

    def again():
        try:
            return knows(inst, "d0.op2.mssante.fr") == 250
        except smtplib.SMTPAuthenticationError:
            return False  # dird begins
    eventually(again)


def test_stopped_in_any_order(inst, space):
    """trustd stops before dird does: nobody has to be killed."""
    for _ in range(4):
        inst.stop()
        assert "killed-at-stop" not in inst.output()
        inst.serve()


# ---- size ----
def processor_ns(pid):
    """Nanoseconds that all threads of a process had the processor, those that ended too: by the clock of clock_getcpuclockid(3)."""
    return time.clock_gettime_ns(~pid << 3 | 2)


def test_sixty_thousand(inst, space):
    """60,000 entries: taken, given to dird, and a RCPT costs what it costs with three."""
    def cost():
        """Seconds of the processor that dird takes for 600 of them."""
        dird = inst.daemon("pli-dird")
        before = processor_ns(dird)
        with inst.smtp(login="gp@chu.test") as s:
            for _ in range(10):
                s.docmd("MAIL", "FROM:<gp@chu.test>")
                for i in range(60):
                    assert s.docmd("RCPT", f"TO:<u{i}@d0.op2.mssante.fr>")[0] == 250
                s.docmd("RSET")
        return (processor_ns(dird) - before) / 1e9

    got = take(inst, wl.white_list(wl.operators(3), space.signer, wl.ago(hours=3)))
    dird_has(inst, got["generation"])
    small = cost()
    got = take(inst, wl.white_list(wl.operators(400, 150), space.signer, wl.ago(hours=2)))
    assert got["domains"] == 60000
    dird_has(inst, got["generation"])
    large = cost()
    assert 0 < small and large < 3 * small + 0.02, (small, large)
    assert len(inst.json("trust", "show", "d149.op399.mssante.fr")) == 1


@pytest.mark.skipif(not REAL.exists(), reason="the real list is not at hand")
def test_the_real_list(inst):
    """The list of 2025-02-28 with its own signer named: 6,494 entries. Its signer's certificate has expired since, which is said."""
    der = re.search(rb"<X509Certificate>(.*?)</X509Certificate>", REAL.read_bytes(), re.S)[1]
    text = re.sub(r"&#13;|\s", "", der.decode())
    pem = inst.dir / "signer.pem"
    pem.write_text("-----BEGIN CERTIFICATE-----\n" + "\n".join(text[i:i + 64] for i in range(0, len(text), 64)) + "\n-----END CERTIFICATE-----\n")
    r = inst.pli("trust", "update", str(REAL), check=False)
    assert r.returncode == 1 and "somebody else" in r.stderr
    got = json.loads(inst.pli("trust", "update", str(REAL), "--signer", str(pem), "--json"))
    assert got["entries"] == 6494 and got["domains"] == 4944 and "expired" in got["remark"]
    dird_has(inst, got["generation"])
    assert knows(inst, "mssante.apicrypt.org") == 250 and knows(inst, "absent.test") == 550
    rows = inst.json("trust", "show", "patient.mssante.fr")
    assert {r["dn"].split(",")[0] for r in rows} == {"CN=smtps1.ens.atos-infogerance.fr", "CN=smtps2.ens.atos-infogerance.fr"}
    assert "2025-02-28T15:42:07Z" in inst.pli("trust", "show")
