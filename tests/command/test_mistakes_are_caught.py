# SPDX-License-Identifier: EUPL-1.2
"""What an administrator gets wrong is caught where it is written: settings with their line, options without their value, weak passwords."""
import imaplib
import json
import os
import pty
import select
import subprocess
import tempfile
import time

import pytest
from instance import PASSWORD, RPPS, Instance, build_dir, uids

OTHER_RPPS = "10001234573"
NEW = "phrase-nouvelle-1"


@pytest.fixture(scope="module")
def inst():
    with Instance(build="build") as pli:
        pli.add("gp@chu.test", kind="per", sign="never", extra=["--alias", "docteur@chu.test"])
        pli.add("org@chu.test", kind="org", sign="never")
        pli.add("strict@chu.test", sign="never", extra=["--strict"])
        yield pli


def refused(r, code, *words):
    assert r.returncode == code, r
    assert len(r.stderr.strip().splitlines()) == 1, r.stderr
    assert all(w in r.stderr for w in words), r.stderr


# ---- settings ----
@pytest.mark.parametrize("name, value, why", [
    ("instance.domain", "autre.test", "made for chu.test"),
    ("instance.domain", "pas un domaine", "not a mail domain"),
    ("instance.hostname", "pas un hote", "not a host name"),
    ("log.level", "loud", "debug, info, warn or error"),
    ("log.level", "INFO", "debug, info, warn or error"),
    ("listen.imap", "127.0.0.300:143", "not understood"),
    ("listen.imap", "127.0.0.1:0", "an address and a port"),
    ("listen.imap", "IMAPS", "has that port already"),
    ("listen.ldap", "IMAPS", "has that port already"),
    ("listen.smtp", "[::]:IMAPS-PORT", "has that port already"),
    ("smtpd.max_message", "beaucoup", "a size such as"),
    ("smtpd.max_recipients", "3", "outside 100"),
])
def test_a_wrong_setting_names_itself_and_its_line(inst, name, value, why):
    conf = inst.root / "pli.conf"
    whole = conf.read_text()
    port = str(inst.port("imaps"))
    value = value.replace("IMAPS-PORT", port).replace("IMAPS", f"127.0.0.1:{port}")
    section, key = name.split(".")
    conf.write_text(whole + f"# derniere section\n{section} {{\n    # {key} = autre chose\n    {key} = \"{value}\"\n}}\n")
    line = len(whole.splitlines()) + 4
    try:
        # of two listeners on one port, the line of the later in the order of ports is named, and both settings
        where = f"line {line}" if name not in ("listen.smtp", "listen.imap") else "line"
        for args in (["serve", "-n"], ["serve"]):
            refused(inst.pli(*args, check=False), 1, where, name, why)
        found = [f for f in json.loads(inst.pli("doctor", "--json", check=False).stdout)["findings"] if f["check"] == "conf"]
        assert [f["level"] for f in found] == ["fail"] and name in found[0]["text"], found
    finally:
        conf.write_text(whole)
    assert inst.pli("serve", "-n") == "pli.conf is correct\n"


# ---- the command line ----
def test_an_option_is_never_another_s_value(inst):
    r = inst.pli("account", "add", "x@chu.test", "--type", "per", "--rpps", RPPS, "--name", "--password-stdin", stdin=f"{PASSWORD}\n", check=False)
    refused(r, 2, "--name", "--password-stdin", "--name=VALUE")
    assert "x@chu.test" not in [a["address"] for a in inst.json("account", "list")]
    made = inst.json("account", "add", "tiret@chu.test", "--type", "per", "--rpps", RPPS, "--name=--Jean MARTIN")
    assert made["name"] == "--Jean MARTIN"


def test_version_and_errors_as_json(inst):
    version = inst.json("version")["version"]
    assert inst.pli("--version") == f"pli {version}\n" == inst.pli("account", "add", "--version")
    for args, code in ((["account", "show", "personne@chu.test"], 1), (["account", "show"], 2), (["account", "nosuch"], 2), (["serve", "--nosuch"], 2)):
        r = inst.pli(*args, "--json", check=False)
        got = json.loads(r.stderr)
        assert r.returncode == code == got["exit"] and got["error"] and set(got) - {"cause"} == {"error", "command", "exit"} and r.stdout == "", r


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_stranger_is_told_what_to_do(inst):
    with tempfile.TemporaryDirectory(prefix="pli-test-") as d:
        os.chmod(d, 0o755)
        subprocess.run(["cp", build_dir() / "bin/pli", d], check=True)
        for uid in {"65534", *uids(inst.proc.pid).values()} - {"0"}:
            r = subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", f"{d}/pli", "account", "list", "--root", inst.root],
                               capture_output=True, text=True, timeout=60)
            refused(r, 1, "run this as root or as the instance's owner")


@pytest.mark.parametrize("size, bytes_", [("2G", 2 << 30), ("2GB", 2 << 30), ("2 GiB", 2 << 30), ("2Go", 2 << 30), ("1T", 1 << 40), ("512k", 512 << 10)])
def test_sizes(inst, size, bytes_):
    inst.pli("account", "set", "gp@chu.test", "--quota", size)
    assert inst.json("account", "show", "gp@chu.test")["quota"] == bytes_
    assert f"of {size.replace(' ', '').rstrip('iBo')}" in inst.pli("account", "show", "gp@chu.test")


# ---- whose account ----
def test_show_by_alias_and_rpps(inst):
    inst.pli("account", "set", "gp@chu.test", "--rpps", OTHER_RPPS)
    for name in ("gp@chu.test", "GP@chu.test", "docteur@chu.test", OTHER_RPPS):
        shown = inst.json("account", "show", name)
        assert (shown["address"], shown["rpps"]) == ("gp@chu.test", OTHER_RPPS), name
    assert [a["address"] for a in inst.json("directory", "search", OTHER_RPPS)] == ["gp@chu.test"]
    refused(inst.pli("account", "show", "10001234599", check=False), 1, "no account has the RPPS number")
    refused(inst.pli("account", "set", "gp@chu.test", "--rpps", OTHER_RPPS[:-1] + "0", check=False), 2, "check digit")
    refused(inst.pli("account", "set", "org@chu.test", "--rpps", RPPS, check=False), 1, "organisation")
    refused(inst.pli("account", "delete", "docteur@chu.test", check=False), 1, "docteur@chu.test is another address of gp@chu.test")


def test_sign_in_by_alias(inst):
    """One account, whichever of its addresses is typed: in the log, in the count of wrong passwords; a sub-address is not a login."""
    with inst.imap("Docteur@chu.test") as m:
        assert m.select()[0] == "OK"
    inst.smtp(login="docteur@chu.test").close()
    assert "account=docteur" not in inst.output() and "ev=signin" in inst.output()
    for login, password in (("docteur+x@chu.test", PASSWORD), ("docteur@chu.test", "pas-celui-la"), ("autre@chu.test", PASSWORD)):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            inst.imap(login, password)


# ---- passwords ----
@pytest.mark.parametrize("password, why", [("a", "at least 8 characters"), ("sept-ca", "at least 8 characters"), ("gp2@chu.test", "no password"),
                                           ("zzzzzzzzzz", "no password")])
def test_weak_passwords(inst, password, why):
    r = inst.pli("account", "add", "gp2@chu.test", "--type", "per", "--rpps", RPPS, "--name", "Un DEUX", "--password-stdin", stdin=password + "\n", check=False)
    refused(r, 2, why)
    assert password not in r.stderr or password == "a"
    if password != "gp2@chu.test":
        refused(inst.pli("account", "passwd", "gp@chu.test", "--password-stdin", stdin=password + "\n", check=False), 2, why)
    inst.imap("gp@chu.test").logout()


def test_the_minimum_is_a_setting(inst):
    conf = inst.root / "pli.conf"
    whole = conf.read_text()
    conf.write_text(whole + "dird { password_min = 20 }\n")
    try:
        refused(inst.pli("account", "passwd", "gp@chu.test", "--password-stdin", stdin="dix-neuf-caracteres\n", check=False), 2, "at least 20 characters")
    finally:
        conf.write_text(whole)


def test_a_byte_order_mark_is_no_part_of_it(inst):
    inst.pli("account", "passwd", "gp@chu.test", "--password-stdin", stdin="\ufeff" + NEW + "\r\n")
    inst.imap("gp@chu.test", NEW).logout()
    inst.pli("account", "passwd", "gp@chu.test", "--password-stdin", stdin="\ufeff" + NEW + "\n" + PASSWORD + "\n")
    inst.imap("gp@chu.test").logout()


def test_one_is_made(inst):
    got = inst.json("account", "passwd", "gp@chu.test", "--generate")
    inst.imap("gp@chu.test", got["password"]).logout()
    inst.pli("account", "passwd", "gp@chu.test", "--password-stdin", stdin=PASSWORD + "\n")
    got = inst.json("account", "passwd", "strict@chu.test", "--generate", "--password-stdin", stdin=PASSWORD + "\n")
    inst.imap("strict@chu.test", got["password"]).logout()
    inst.pli("account", "passwd", "strict@chu.test", "--password-stdin", stdin=got["password"] + "\n" + PASSWORD + "\n")


def test_without_a_terminal_it_says_how(inst):
    refused(inst.pli("account", "passwd", "gp@chu.test", check=False), 2, "--password-stdin", "--generate")


def typed(inst, *lines):
    """pli account passwd at a terminal of its own, each line typed once it is asked for: (exit code, all that was shown)."""
    args, *lines = lines
    pid, fd = pty.fork()
    if pid == 0:
        argv = inst.argv("account", "passwd", *args)
        os.execv(argv[0], argv)
    shown, asked, end = b"", 0, time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([fd], [], [], 1)[0]:
            try:
                got = os.read(fd, 4096)
            except OSError:
                break
            if not got:
                break
            shown += got
        if asked < len(lines) and shown.count(b": ") > asked and shown.endswith(b": "):
            os.write(fd, lines[asked].encode())
            asked += 1
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)
    return code, shown.decode()


def test_it_asks_at_a_terminal(inst):
    code, shown = typed(inst, ["gp@chu.test"], NEW + "\n", NEW + "\n")
    assert code == 0 and NEW not in shown and "changed" in shown, shown
    inst.imap("gp@chu.test", NEW).logout()
    code, shown = typed(inst, ["gp@chu.test"], PASSWORD + "\n", PASSWORD + "x\n")
    assert code == 2 and "not the same" in shown and PASSWORD not in shown, shown
    code, shown = typed(inst, ["gp@chu.test"], "\x03")
    assert code == 2 and "nothing was changed" in shown, shown
    inst.imap("gp@chu.test", NEW).logout()
    code, shown = typed(inst, ["strict@chu.test"], PASSWORD + "\n", NEW + "\n", NEW + "\n")
    assert code == 0 and PASSWORD not in shown, shown
    inst.imap("strict@chu.test", NEW).logout()
