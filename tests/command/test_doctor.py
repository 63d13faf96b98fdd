# SPDX-License-Identifier: EUPL-1.2
"""pli doctor finds what an administrator loses sleep over: each thing is broken for real, found by name, mended, and no longer found."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

import pytest
from instance import NO_WAY_OUT, Instance, build_dir, eventually, plain

DIRD = "cn=dird,ou=daemons,o=pli"


@pytest.fixture(scope="module")
def inst():
    with Instance(build="build", conf=[NO_WAY_OUT]) as pli:
        pli.add("gp@chu.test")
        pli.add("autre@chu.test", sign="never")
        pli.submit("gp@chu.test", ["autre@chu.test"], plain("un", "gp@chu.test", "autre@chu.test"))
        yield pli


def doctor(inst):
    r = inst.pli("doctor", "--json", check=False)
    assert r.returncode in (0, 1) and r.stderr == "", r
    return json.loads(r.stdout)


def findings(inst, check, level=("warn", "fail")):
    return [f for f in doctor(inst)["findings"] if f["check"] == check and f["level"] in level]


def quiet_log(inst):
    """Lines of the log, once no session has a last line to write."""
    lines, was = len((inst.root / "log/pli.log").read_text().splitlines()), None
    while lines != was:
        time.sleep(0.5)
        lines, was = len((inst.root / "log/pli.log").read_text().splitlines()), lines
    return lines


def account_findings(inst, words, level=None):
    """Once dird has seen what changed in the directory under it."""
    return eventually(lambda: any(words in f["text"] and level in (None, f["level"]) for f in findings(inst, "accounts")))


@contextlib.contextmanager
def kept(*paths):
    """The files as they were, owner and mode too, afterwards."""
    for p in paths:
        subprocess.run(["cp", "-a", p, f"{p}.kept"], check=True)
    try:
        yield
    finally:
        for p in paths:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(p)
            os.rename(f"{p}.kept", p)


def test_a_sound_instance_and_a_quiet_log(inst):
    before = quiet_log(inst)
    got = doctor(inst)
    assert got["fail"] == 0, [f for f in got["findings"] if f["level"] == "fail"]
    quiet_log(inst)
    added = [line for line in (inst.root / "log/pli.log").read_text().splitlines()[before:] if "ev=slapd" not in line]
    assert len(added) <= 4, added      # one session of each kind of listener
    said = {(f["check"], f["text"]) for f in got["findings"]}
    for check, words in (("keys", "keyring opens"), ("keys", "tls/server.pem is the certificate of"), ("keys", "tls/slapd.pem is the certificate of"),
                         ("directory", "answers"), ("accounts", "each with its mailbox"), ("accounts", "days left"), ("queue", "no mail waits"),
                         ("way", "folders above"), ("way", "its owner alone"), ("certificate", "days")):
        assert any(c == check and words in t for c, t in said), (check, words, said)


@pytest.mark.parametrize("name", ["slapd", "pli-keyd", "pli-stored", "pli-dird", "pli-trustd", "pli-smtpd", "pli-imapd", "pli-httpd", "pli-relayd"])
def test_a_frozen_process_is_named_and_nobody_waits_for_it(inst, name):
    """Who waited for one would say that it does not answer within so many seconds: that it is stopped is all that is wrong."""
    pid = inst.daemon(name)
    os.kill(pid, signal.SIGSTOP)
    try:
        found = [f for f in doctor(inst)["findings"] if f["level"] == "fail"]
        assert [f["check"] for f in found] == ["frozen"] and name in found[0]["text"] and str(pid) in found[0]["text"] and "CONT" in found[0]["advice"], found
    finally:
        os.kill(pid, signal.SIGCONT)
    assert not findings(inst, "frozen")


@pytest.mark.parametrize("name, words", [("keys/credential", "does not open"), ("keys/keyring", "does not open")])
def test_a_key_that_does_not_fit(inst, name, words):
    path = inst.root / name
    with kept(path):
        os.chmod(path, 0o600)
        data = bytearray(path.read_bytes())
        data[20] ^= 1
        path.write_bytes(data)
        found = findings(inst, "keys")
        assert any(words in f["text"] and "restore" in f["advice"] for f in found), found
        os.unlink(path)
        found = findings(inst, "keys")
        assert any(name in f["text"] for f in found), found
    assert not findings(inst, "keys")


@pytest.mark.parametrize("one, other", [("tls/server.pem", "tls/server-ec.pem"), ("tls/slapd.pem", "tls/server.pem")])
def test_a_certificate_of_another_key(inst, one, other):
    with kept(inst.root / one):
        shutil.copyfile(inst.root / other, inst.root / one)
        found = findings(inst, "keys")
        assert len(found) == 1 and found[0]["level"] == "fail" and found[0]["text"].startswith(f"{one} is not the certificate of"), found
    assert not findings(inst, "keys")


def test_the_directory_s_secret(inst):
    path = inst.root / "keys/dird.secret"
    with kept(path):
        path.write_text("0" * 64)
        found = findings(inst, "directory")
        assert len(found) == 1 and "refuses the secret" in found[0]["text"], found
        path.write_text("court")
        found = findings(inst, "directory")
        assert len(found) == 1 and "dird.secret" in found[0]["text"], found
    assert not findings(inst, "directory")


# ---- accounts against mailboxes ----
def ldap(inst, tool, *args, ldif=None):
    secret = (inst.root / "keys/dird.secret").read_text().strip()
    return subprocess.run([tool, "-x", "-H", "ldapi://ldapi/", "-D", DIRD, "-w", secret, *args], cwd=inst.root / "run", input=ldif, capture_output=True,
                          text=True, timeout=60, check=True).stdout


def entry(inst, address, *attrs):
    return ldap(inst, "ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", f"mail={address},ou=mailboxes,o=pli", "-s", "base", "(objectClass=*)", *attrs)


def test_accounts_and_mailboxes_are_compared(inst):
    whole = entry(inst, "autre@chu.test")
    number = next(line.split()[1] for line in whole.splitlines() if line.startswith("pliMailboxId:"))
    ldap(inst, "ldapdelete", "mail=autre@chu.test,ou=mailboxes,o=pli")
    assert account_findings(inst, f"mailbox {number} belongs to no account (1 messages)") and len(findings(inst, "accounts")) == 1
    ldap(inst, "ldapadd", ldif=whole.replace(f"pliMailboxId: {number}", "pliMailboxId: 99999"))
    assert account_findings(inst, "autre@chu.test has no mailbox", "fail")
    other = next(line for line in entry(inst, "gp@chu.test").splitlines() if line.startswith("pliMailboxKey::"))
    mine = next(line for line in whole.splitlines() if line.startswith("pliMailboxKey::"))
    ldap(inst, "ldapdelete", "mail=autre@chu.test,ou=mailboxes,o=pli")
    ldap(inst, "ldapadd", ldif=whole.replace(mine, other))
    assert account_findings(inst, "different keys", "fail")
    ldap(inst, "ldapdelete", "mail=autre@chu.test,ou=mailboxes,o=pli")
    ldap(inst, "ldapadd", ldif=whole)
    assert eventually(lambda: not findings(inst, "accounts"))


@pytest.mark.parametrize("days, level, words", [(5, "warn", "end within 30 days"), (-1, "fail", "are over")])
def test_an_account_s_certificate_that_ends(inst, days, level, words):
    d = inst.dir
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", d / "k.pem", "-out", d / "c.pem",
                    "-subj", "/CN=essai", "-days", str(days if days > 0 else 1)], check=True, capture_output=True)
    if days < 0:      # openssl req takes no dates; openssl ca does
        subprocess.run(["openssl", "req", "-new", "-key", d / "k.pem", "-out", d / "r.pem", "-subj", "/CN=essai"], check=True, capture_output=True)
        (d / "ca.cnf").write_text(f"[ca]\ndefault_ca=c\n[c]\ndatabase={d}/db\nnew_certs_dir={d}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n"
                                  "unique_subject=no\n[p]\ncommonName=supplied\n")
        (d / "db").write_text("")
        subprocess.run(["openssl", "ca", "-batch", "-config", d / "ca.cnf", "-selfsign", "-keyfile", d / "k.pem", "-in", d / "r.pem", "-out", d / "c.pem",
                        "-startdate", "20240101000000Z", "-enddate", "20250101000000Z", "-notext"], check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-in", d / "c.pem", "-outform", "DER", "-out", d / "c.der"], check=True)
    before = entry(inst, "gp@chu.test", "userCertificate;binary")
    change = "dn: mail=gp@chu.test,ou=mailboxes,o=pli\nchangetype: modify\nreplace: userCertificate;binary\n"
    ldap(inst, "ldapmodify", ldif=change + f"userCertificate;binary:< file://{d}/c.der\n")
    try:
        found = findings(inst, "accounts")
        assert len(found) == 1 and found[0]["level"] == level and words in found[0]["text"] and "gp@chu.test" in found[0]["text"], found
    finally:
        ldap(inst, "ldapmodify", ldif=change + next(line for line in before.splitlines() if line.startswith("userCertificate")) + "\n")
    assert not findings(inst, "accounts")


# ---- who may write where ----
def test_folders_above_and_the_settings_file(inst):
    mode = inst.dir.stat().st_mode & 0o7777
    inst.dir.chmod(0o777)
    try:
        found = findings(inst, "way")
        assert [f["level"] for f in found] == ["fail"] and str(inst.dir) in found[0]["text"] and "everybody" in found[0]["text"], found
        inst.dir.chmod(0o1777)
        assert not findings(inst, "way"), "a sticky folder, as /tmp is, lets nobody take away what is not his"
    finally:
        inst.dir.chmod(mode)
    conf = inst.root / "pli.conf"
    conf.chmod(0o666)
    try:
        found = findings(inst, "way")
        assert [f["level"] for f in found] == ["fail"] and "pli.conf" in found[0]["text"], found
    finally:
        conf.chmod(0o644)
    if os.getuid() == 0:
        inst.dir.chmod(0o700)
        try:
            found = findings(inst, "way")
            assert [f["level"] for f in found] == ["fail"] and "shut" in found[0]["text"], found
        finally:
            inst.dir.chmod(mode)
    assert not findings(inst, "way")


def test_mail_that_waits(inst):
    inst.trust_operator("load.test")
    inst.submit("gp@chu.test", ["a@load.test"], plain("dehors", "gp@chu.test", "a@load.test"))
    found = findings(inst, "queue", ("ok", "warn", "fail"))
    assert len(found) == 1 and found[0]["text"].startswith("1 messages wait, the oldest for 0 minutes"), found


def test_an_instance_that_is_not_served(inst):
    inst.stop()
    try:
        got = doctor(inst)
        assert [f["check"] for f in got["findings"] if f["level"] == "fail"] == ["serve"]
    finally:
        inst.serve()
    inst.imap("gp@chu.test").logout()


@pytest.mark.parametrize("name, mode, words", [("keys/credential", 0o644, "can be read by others"), ("keys/dird.secret", 0o440, "can be read by others"),
                                               ("keys/log.key", 0o604, "can be read by others"), ("keys/keyring", 0o644, "can be read by others"),
                                               ("ca.pem", 0o666, "may be written by others"), ("tls/server.pem", 0o664, "may be written by others")])
def test_files_that_are_their_owner_s_alone(inst, name, mode, words):
    path = inst.root / name
    before = path.stat().st_mode & 0o7777
    path.chmod(mode)
    try:
        found = findings(inst, "permissions", ("ok", "warn", "fail"))
        assert [f["level"] for f in found] == ["fail"] and name in found[0]["text"] and words in found[0]["text"], found
    finally:
        path.chmod(before)
    if os.getuid() == 0:
        owner = path.stat().st_uid
        os.chown(path, 65534, -1)
        try:
            found = findings(inst, "permissions")
            assert [f["level"] for f in found] == ["fail"] and f"belongs to uid 65534, not {owner}" in found[0]["text"], found
        finally:
            os.chown(path, owner, -1)
    assert not findings(inst, "permissions")


def test_a_mistake_in_the_settings_is_the_only_finding(inst):
    """Which uid a daemon has stands in the settings: without them no owner is called wrong."""
    conf = inst.root / "pli.conf"
    with kept(conf):
        conf.write_text(conf.read_text() + "nosuch = 3\n")
        fails = [f for f in doctor(inst)["findings"] if f["level"] == "fail"]
        assert [f["check"] for f in fails] == ["conf"] and "nosuch" in fails[0]["text"], fails


def test_what_a_start_makes_again_is_not_to_be_restored(inst):
    inst.stop()
    try:
        shutil.rmtree(inst.root / "run")
        shutil.rmtree(inst.root / "log")
        found = findings(inst, "permissions")
        assert [f["text"].split(":")[0] for f in found] == [str(inst.root / name) for name in ("log", "run", "run/slapd")], found
        assert all("pli serve makes it again" in f["advice"] for f in found), found
    finally:
        inst.serve()
    assert not findings(inst, "permissions")


def test_after_an_import_the_missing_kind_is_no_fault(inst):
    """pli cert import takes the trial authority's certificate of the other kind away: a real server has one of the two."""
    d = inst.dir
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", d / "k.pem", "-out", d / "c.pem", "-days", "90", "-subj", "/CN=x",
                    "-addext", "subjectAltName=DNS:mail.chu.test,DNS:localhost"], check=True, capture_output=True)
    (d / "both.pem").write_bytes((d / "k.pem").read_bytes() + (d / "c.pem").read_bytes())
    inst.json("cert", "import", d / "both.pem")
    assert not (inst.root / "tls/server-ec.pem").exists()
    assert not findings(inst, "keys")
    with kept(inst.root / "tls/server.pem"):
        (inst.root / "tls/server.pem").unlink()
        assert len(findings(inst, "keys")) == 2      # and none at all is one


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("words", [["doctor"], ["serve"], ["serve", "-n"], ["store", "salvage"], ["log", "find", "gp@chu.test"]])
def test_a_stranger_is_told_one_thing(inst, words):
    with tempfile.TemporaryDirectory(prefix="pli-test-") as d:
        os.chmod(d, 0o755)
        subprocess.run(["cp", "-r", build_dir() / "bin", d], check=True)
        r = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"{d}/bin/pli", *words, "--root", inst.root],
                           capture_output=True, text=True, timeout=60)
    assert r.returncode == 1 and r.stdout == "" and len(r.stderr.splitlines()) == 1, r
    assert "belongs to uid 0, and you are uid 65534" in r.stderr and "run this as root or as the instance's owner" in r.stderr, r
