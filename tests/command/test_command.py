# SPDX-License-Identifier: EUPL-1.2
"""The people's command as people and scripts rely on it: exit codes, one-line errors, JSON with stable keys, all or nothing."""
import imaplib
import json
import os
import pathlib
import signal
import smtplib
import ssl
import stat
import subprocess
import tempfile
import time

import pytest
from instance import FINESS, PASSWORD, RPPS, PliError, build_dir, free_port_base, plain, uids

PLI = build_dir() / "bin" / "pli"


def call(*args, stdin="", env=None):
    return subprocess.run([str(PLI), *map(str, args)], input=stdin, capture_output=True, text=True, timeout=120, env=env)


def refused(r, code, *words):
    assert r.returncode == code, r
    assert len(r.stderr.strip().splitlines()) == 1, r.stderr
    assert all(w in r.stderr for w in words), r.stderr


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="pli-test-") as d:
        os.chmod(d, 0o711)
        yield pathlib.Path(d)


# ---- init ----
def test_init_leaves_what_is_promised(folder):
    begun = time.monotonic()
    r = call("init", "--root", folder / "i", "--domain", "chu.test", "--port-base", "12000", "--json")
    assert r.returncode == 0, r
    assert json.loads(r.stdout) == {"instance": str(folder / "i"), "domain": "chu.test", "host": "mail.chu.test", "conf": str(folder / "i/pli.conf")}
    assert time.monotonic() - begun < 120
    assert sorted(os.listdir(folder / "i")) == ["ca.pem", "keys", "ldap", "log", "pli.conf", "run", "store", "tls", "trust"]
    assert stat.S_IMODE(os.stat(folder / "i/keys").st_mode) == 0o700
    for name in ("keyring", "credential", "dird.secret"):
        assert stat.S_IMODE(os.stat(folder / "i/keys" / name).st_mode) & 0o077 == 0
    text = (folder / "i/pli.conf").read_text()
    assert '"127.0.0.1:12025"' in text and '"127.0.0.1:12993"' in text and "chu.test" in text
    r = subprocess.run(["openssl", "verify", "-CAfile", folder / "i/ca.pem", "-verify_hostname", "localhost", folder / "i/tls/server.pem"],
                       capture_output=True, text=True)
    assert r.returncode == 0, r
    r = subprocess.run(["openssl", "verify", "-CAfile", folder / "i/ca.pem", "-verify_ip", "127.0.0.1", folder / "i/tls/server-ec.pem"],
                       capture_output=True, text=True)
    assert r.returncode == 0, r


def test_init_refuses_what_it_can_not_do(folder):
    (folder / "full").mkdir()
    (folder / "full/mine").write_text("kept")
    refused(call("init", "--root", folder / "full", "--domain", "chu.test"), 1, "not an empty folder")
    assert (folder / "full/mine").read_text() == "kept"
    refused(call("init", "--root", folder / "a/b/c", "--domain", "chu.test"), 1, "parent")
    refused(call("init", "--root", folder / "i"), 2, "--domain")
    for bad in ("chu", "chu..test", "-chu.test", "chu.test/..", "ch u.test"):
        refused(call("init", "--root", folder / "i", "--domain", bad), 2, "domain")
    for bad in ("0", "70000", "x", "-5"):
        refused(call("init", "--root", folder / "i", "--domain", "chu.test", "--port-base", bad), 2, "--port-base")
    assert sorted(os.listdir(folder)) == ["full"]


def test_init_leaves_nothing_when_a_step_fails(folder):
    (folder / "i").mkdir()
    os.chmod(folder / "i", 0o700)
    env = {**os.environ, "PATH": "/nonexistent"}
    strange = folder / 'quo"te'      # a name that the directory refuses, after the keys were made
    refused(call("init", "--root", strange, "--domain", "chu.test", env=env), 1)
    assert not strange.exists()
    (folder / "i/.init-unfinished").write_text("")      # what a crash leaves
    (folder / "i/keys").mkdir()
    (folder / "i/keys/keyring").write_text("half")
    assert call("init", "--root", folder / "i", "--domain", "chu.test").returncode == 0
    assert not (folder / "i/.init-unfinished").exists()


# ---- mistakes ----
def test_mistakes_say_what_to_do(folder):
    refused(call("accont", "list"), 2, "account list")
    refused(call("account", "lst"), 2, "account list")
    refused(call("account", "show"), 2, "ADDRESS")
    refused(call("serve", "--rot", "x"), 2, "--root")
    refused(call("serve", "--root", folder / "nowhere"), 1, "pli init")
    assert call("init", "--root", folder / "i", "--domain", "chu.test", "--port-base", str(free_port_base())).returncode == 0
    refused(call("account", "list", "--root", folder / "i"), 1, "not running", "pli serve")
    with open(folder / "i/pli.conf", "a") as f:
        f.write("smtpd { max_mesage = 25M }\n")
    refused(call("serve", "-n", "--root", folder / "i"), 1, "smtpd.max_mesage", "smtpd.max_message", "line")
    refused(call("serve", "--root", folder / "i"), 1, "smtpd.max_message")


def test_help_is_there_for_everything():
    top = json.loads(call("help", "--json").stdout)
    for c in top["commands"]:
        r = call(*c["command"].split(), "--help")
        assert r.returncode == 0 and c["summary"] in r.stdout and all(o["name"] in r.stdout for o in c["options"])
    assert call().returncode == 0 and call("--help").returncode == 0


# ---- accounts ----
KEYS = {"address", "type", "name", "given", "sn", "rpps", "structure", "profession", "specialty", "service", "responsible", "aliases",
        "civility", "adeli", "telephone", "description", "town", "structure_name", "rank", "paperless",
        "mailbox", "quota", "quota_messages", "strict", "sign", "red_list", "disabled", "state", "state_since", "state_by", "state_reason", "keep_until", "code_until"}


def test_an_account_from_add_to_delete(pli):
    made = pli.json("account", "add", "Vie.Entiere@chu.test", "--type", "per", "--rpps", RPPS, "--name", "Zoé ÉLUARD", "--profession", "Sage-femme")
    assert set(made) == KEYS | {"password"} and made["address"] == "vie.entiere@chu.test"
    assert (made["given"], made["sn"]) == ("Zoé", "ÉLUARD") and made["sign"] and not made["strict"]
    shown = pli.json("account", "show", "vie.entiere@chu.test")
    assert set(shown) == KEYS | {"used", "messages", "seen"} and shown["rpps"] == RPPS and shown["profession"] == "Sage-femme"
    pli.imap("vie.entiere@chu.test", made["password"]).logout()
    r = pli.pli("account", "add", "vie.entiere@chu.test", "--type", "per", "--rpps", RPPS, "--name", "Autre", check=False)
    refused(r, 1, "there already")
    pli.pli("account", "set", "vie.entiere@chu.test", "--service", "Maternité", "--quota", "3G", "--red-list", "yes", "--alias", "zoe@chu.test")
    shown = pli.json("account", "show", "vie.entiere@chu.test")
    assert (shown["service"], shown["quota"], shown["red_list"], shown["aliases"]) == ("Maternité", 3 << 30, True, ["zoe@chu.test"])
    for seen in ("each", "shared"):
        pli.pli("account", "set", "vie.entiere@chu.test", "--seen", seen)
        assert pli.json("account", "show", "vie.entiere@chu.test")["seen"] == seen
    refused(pli.pli("account", "set", "vie.entiere@chu.test", "--seen", "her", check=False), 2, "--seen is each or shared")
    pli.pli("account", "set", "vie.entiere@chu.test", "--civility", "Mme", "--telephone", "+33 1 23 45 67 89", "--description", "Suites de couches", "--rank", "1", "--paperless", "no", "--adeli", "2B1234567")
    shown = pli.json("account", "show", "vie.entiere@chu.test")
    assert [shown[k] for k in ("civility", "telephone", "description", "rank", "paperless", "adeli")] == ["Mme", "+33 1 23 45 67 89", "Suites de couches", 1, False, "2B1234567"]
    page = pli.pli("account", "show", "vie.entiere@chu.test")
    assert all(f"{k:<12} {v}\n" in page for k, v in (("civility", "Mme"), ("telephone", "+33 1 23 45 67 89"), ("description", "Suites de couches"), ("rank", 1), ("paperless", "no"), ("adeli", "2B1234567")))
    pli.pli("account", "set", "vie.entiere@chu.test", "--civility", "", "--telephone", "", "--description", "", "--rank", "0", "--paperless", "unknown", "--adeli", "")
    shown = pli.json("account", "show", "vie.entiere@chu.test")
    assert [shown[k] for k in ("civility", "telephone", "description", "rank", "paperless", "adeli")] == [None, None, None, 0, None, None]
    refused(pli.pli("account", "set", "vie.entiere@chu.test", "--paperless", "perhaps", check=False), 2, "--paperless is yes, no or unknown")
    refused(pli.pli("account", "set", "vie.entiere@chu.test", "--rank", "100", check=False), 2, "rank")
    assert "vie.entiere@chu.test" in [a["address"] for a in pli.json("account", "list")]
    assert [a["address"] for a in pli.json("directory", "search", "eluard")] == ["vie.entiere@chu.test"]
    assert "vie.entiere@chu.test" in [c["address"] for c in pli.json("cert", "list")]
    assert pli.json("account", "delete", "vie.entiere@chu.test")["done"] == "deleted"
    refused(pli.pli("account", "show", "vie.entiere@chu.test", check=False), 1, "closed for good")


@pytest.mark.parametrize("args, words", [
    (["--type", "per", "--name", "Un"], "--rpps"),
    (["--type", "org", "--name", "Un"], "--structure"),
    (["--type", "nurse", "--name", "Un", "--rpps", RPPS], "--type"),
    (["--type", "per", "--rpps", RPPS], "--name"),
    (["--type", "per", "--name", "Un", "--rpps", RPPS[:-1] + "6"], "RPPS"),
    (["--type", "org", "--name", "Un", "--structure", FINESS[:-1] + "6"], "FINESS"),
    (["--type", "org", "--name", "Un", "--structure", "2C0000014"], "FINESS"),
    (["--type", "org", "--name", "Un", "--structure", "35600000000049"], "SIRET"),
    (["--type", "per", "--name", "Un", "--adeli", "1234567"], "ADELI"),
    (["--type", "org", "--name", "Un", "--structure", FINESS, "--adeli", "123456789"], "person's number"),
    (["--type", "per", "--name", "Un", "--rpps", RPPS, "--telephone", "01 23 45 67 89 p. 4"], "telephone"),
    (["--type", "per", "--name", "Un", "--rpps", RPPS, "--rank", "100"], "rank"),
    (["--type", "per", "--name", "Un", "--rpps", RPPS, "--paperless", "perhaps"], "--paperless"),
    (["--type", "per", "--name", "Un", "--rpps", RPPS, "--sign", "often"], "--sign"),
    (["--type", "per", "--name", "Un", "--rpps", RPPS, "--quota", "lots"], "--quota"),
    (["--type", "per", "--name", "Un", "--rpps", RPPS, "--quota", "5"], "--quota 5: too small: is its unit missing"),
    (["--type", "per", "--name", "Un", "--rpps", RPPS, "--alias", "nobody"], "alias"),
])
def test_what_add_refuses(pli, args, words):
    before = pli.json("store", "stats")["boxes"]
    refused(pli.pli("account", "add", "refus@chu.test", *args, "--password-stdin", stdin="pw-assez-long\n", check=False), 2, words)
    assert pli.json("store", "stats")["boxes"] == before


def test_add_refuses_other_domains_and_empty_passwords(pli):
    org = ["--type", "org", "--name", "Un", "--structure", FINESS, "--password-stdin"]
    refused(pli.pli("account", "add", "x@ailleurs.test", *org, stdin="pw-assez-long\n", check=False), 1, "domain")
    refused(pli.pli("account", "add", "x@chu.test", *org, stdin="", check=False), 2, "password")
    refused(pli.pli("account", "add", "x@chu.test", *org, stdin="\n", check=False), 2, "password")


def test_passwords(pli):
    pli.add("mdp@chu.test", sign="never")
    refused(pli.pli("account", "passwd", "mdp@chu.test", "--password-stdin", stdin="faux\ntout-neuf\n", check=False), 1, "old password")
    pli.imap("mdp@chu.test").logout()
    pli.pli("account", "passwd", "mdp@chu.test", "--password-stdin", stdin=f"{PASSWORD}\ntout-neuf-1\n")
    pli.imap("mdp@chu.test", "tout-neuf-1").logout()
    pli.pli("account", "passwd", "mdp@chu.test", "--password-stdin", stdin="tout-neuf-2\n")      # the administrator helps
    pli.imap("mdp@chu.test", "tout-neuf-2").logout()
    pli.add("mdp-strict@chu.test", sign="never", extra=["--strict"])
    refused(pli.pli("account", "passwd", "mdp-strict@chu.test", "--password-stdin", stdin="tout-neuf\n", check=False), 2, "strict")


def test_a_strict_password_change_that_is_cut_off(own):
    """pli is killed while the directory hangs: whichever password the directory takes then, the mailbox opens with it."""
    inst = own()
    inst.add("coupe@chu.test", sign="never", extra=["--strict"])
    inst.submit("coupe@chu.test", ["coupe@chu.test"], plain("avant", "coupe@chu.test", "coupe@chu.test"))
    slapd = inst.daemon("slapd")
    os.kill(slapd, signal.SIGSTOP)
    try:
        change = subprocess.Popen(inst.argv("account", "passwd", "coupe@chu.test", "--password-stdin"), stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        change.stdin.write(f"{PASSWORD}\ntout-neuf-1\n".encode())
        change.stdin.close()
        time.sleep(2)       # the slots are both there by now, and the directory does not answer
        assert change.poll() is None
        change.kill()
        change.wait()
    finally:
        os.kill(slapd, signal.SIGCONT)
    end, opens = time.monotonic() + 20, []
    while not opens and time.monotonic() < end:
        for password in (PASSWORD, "tout-neuf-1"):
            try:
                assert len(inst.fetch_all("coupe@chu.test", password=password)) == 1
                opens.append(password)
            except imaplib.IMAP4.error:
                time.sleep(0.5)
    assert opens, inst.output()[-2000:]
    inst.pli("account", "passwd", "coupe@chu.test", "--password-stdin", stdin=f"{opens[-1]}\ntout-neuf-2\n")
    assert len(inst.fetch_all("coupe@chu.test", password="tout-neuf-2")) == 1


def test_certificates_and_trust(pli, folder):
    pli.add("cert@chu.test", sign="never")
    refused(pli.pli("account", "set", "cert@chu.test", "--sign", "always", check=False), 1, "cert issue-trial")
    one = pli.json("cert", "issue-trial", "cert@chu.test")
    two = pli.json("cert", "issue-trial", "cert@chu.test", "--algorithm", "rsa")
    assert one["serial"] != two["serial"] and pli.json("account", "show", "cert@chu.test")["sign"]
    assert [c["serial"] for c in pli.json("cert", "list") if c["address"] == "cert@chu.test"] == [two["serial"]]
    pem = folder / "autre.pem"
    made = pli.json("cert", "issue-trial", "--operator", "autre.test", "--out", str(pem))
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600
    r = subprocess.run(["openssl", "verify", "-CAfile", pli.ca, pem], capture_output=True, text=True)
    assert r.returncode == 0, r
    refused(pli.pli("cert", "issue-trial", "--operator", "autre.test", "--out", str(pem), check=False), 1, "exists", "new file")
    refused(pli.pli("cert", "issue-trial", "--operator", "autre.test", "--out", str(folder / "sans/x.pem"), check=False), 1, "make its folder first")
    refused(pli.pli("trust", "show", "autre.test", check=False), 1, "pli trust add")
    refused(pli.pli("trust", "add", "autre.test", "--dn", "no dn", check=False), 2, "--dn")
    pli.pli("trust", "add", "autre.test", "--dn", made["dn"], "--note", "essai")
    assert [(t["domain"], t["dn"]) for t in pli.json("trust", "show", "autre.test")] == [("autre.test", made["dn"])]
    pli.pli("trust", "remove", "autre.test")
    refused(pli.pli("trust", "show", "autre.test", check=False), 1)


def test_every_listing_has_both_forms(pli):
    for words in (["account", "list"], ["cert", "list"], ["trust", "show"], ["queue", "list"], ["store", "stats"], ["directory", "search", "essai"]):
        json.loads(pli.pli(*words, "--json"))
        pli.pli(*words)


def test_doctor(pli):
    r = pli.json("doctor")
    assert r["fail"] == 0, [f for f in r["findings"] if f["level"] == "fail"]
    walls = [f["text"] for f in r["findings"] if f["check"] == "walls"]
    for name in ("pli-keyd", "pli-stored", "pli-dird", "pli-relayd", "pli-smtpd", "pli-imapd", "pli-httpd", "slapd"):
        assert any(w.startswith(name) and "no-new-privs" in w for w in walls), walls
    if os.getuid() == 0:
        assert all("own-uid" in w for w in walls), walls


# ---- the supervisor with the real daemons (pli/super/super_test.c has it with daemons that only greet) ----
def test_serve_as_an_ordinary_user():
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    uid = 54321
    with tempfile.TemporaryDirectory(prefix="pli-test-") as d:
        os.chmod(d, 0o755)
        subprocess.run(["cp", "-r", build_dir() / "bin", d], check=True)      # the tree itself may be root's alone
        root, base = pathlib.Path(d) / "home", free_port_base()
        root.mkdir()
        os.chown(root, uid, uid)
        su = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", f"{d}/bin/pli"]
        subprocess.run([*su, "init", "--root", root / "i", "--domain", "chu.test", "--port-base", str(base)], check=True, capture_output=True)
        serve = subprocess.Popen([*su, "serve", "--root", root / "i"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            assert serve.stdout.readline().startswith("ready")
            r = subprocess.run([*su, "account", "add", "gp@chu.test", "--root", root / "i", "--type", "org", "--structure", FINESS, "--name", "Un",
                                "--password-stdin"], input="pw-assez-long\n", text=True, capture_output=True)
            assert r.returncode == 0, r
            ctx = ssl.create_default_context(cafile=str(root / "i/ca.pem"))
            with smtplib.SMTP("localhost", base + 587, "client.test", timeout=60) as s:
                s.starttls(context=ctx)
                s.login("gp@chu.test", "pw-assez-long")
                s.sendmail("gp@chu.test", ["gp@chu.test"], plain("pour moi", "gp@chu.test", "gp@chu.test"))
            m = imaplib.IMAP4_SSL("localhost", base + 993, ssl_context=ctx, timeout=60)
            m.login("gp@chu.test", "pw-assez-long")
            assert m.select()[1] == [b"1"]
            m.logout()
            r = subprocess.run([*su, "doctor", "--json", "--root", root / "i"], text=True, capture_output=True)
            assert json.loads(r.stdout)["fail"] == 0, r.stdout
            mine = set(uids(serve.pid).values())
            assert mine == {str(uid)}
        finally:
            serve.send_signal(signal.SIGTERM)
            assert serve.wait(30) == 0


def test_a_busy_port_is_named(own):
    import socket
    inst = own(serve=False)
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", inst.port("imaps")))
        s.listen()
        refused(inst.pli("serve", check=False), 1, "listen.imaps", str(inst.port("imaps")))
    inst.serve()
    with pytest.raises(PliError):
        inst.pli("account", "show", "personne@chu.test")


@pytest.mark.skipif(os.getuid() != 0, reason="daemons have uids of their own when started as root")
def test_no_daemon_may_act_as_the_administrator(pli, folder):
    """Who takes over a session has its uid: with it nobody makes certificates, mailboxes or accounts."""
    subprocess.run(["cp", "-r", build_dir() / "bin", folder], check=True)      # the tree itself may be root's alone
    daemons = set(uids(pli.proc.pid).values()) - {"0"}
    assert len(daemons) >= 7, daemons
    for uid in daemons:
        for words in (["account", "list"], ["store", "stats"], ["cert", "issue-trial", "--operator", "x.test", "--out", "/dev/null"]):
            r = subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", folder / "bin/pli", *words, "--root", pli.root],
                               capture_output=True, text=True, timeout=60)
            refused(r, 1)
            assert "not permitted" in r.stderr or "role" in r.stderr or "uid" in r.stderr, r.stderr
