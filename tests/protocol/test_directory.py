# SPDX-License-Identifier: EUPL-1.2
"""The address book as a mail client sees it: a plain ldapsearch over LDAPS, and what it must not see."""
import os
import re
import subprocess
import time

import pytest
from instance import PASSWORD, Instance, PliError, plain


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add("marie.martin@chu.test", kind="per", name="Marie MARTIN")
        pli.add("paul.martinet@chu.test", name="Paul MARTINET", extra=["--red-list"])
        pli.add("helene.amelie@chu.test", name="Hélène AMÉLIE")
        yield pli


def search(inst, flt, *attrs, who="marie.martin@chu.test", password=PASSWORD, base="o=pli"):
    bind = ["-x", "-D", f"mail={who},ou=mailboxes,o=pli", "-w", password] if who else ["-x"]
    env = {**os.environ, "LDAPTLS_CACERT": inst.ca, "LDAPTLS_REQCERT": "demand"}
    return subprocess.run(["ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-H", f"ldaps://localhost:{inst.port('ldaps')}", *bind, "-b", base, flt, *attrs],
                          capture_output=True, text=True, env=env, timeout=20)


def test_completion_of_a_colleague(inst):
    r = search(inst, "(|(cn=*mart*)(mail=mart*)(sn=mart*))", "cn", "mail")
    assert r.returncode == 0, r.stderr
    assert "mail: marie.martin@chu.test" in r.stdout
    assert "martinet" not in r.stdout, "red-listed"


def test_completion_folds_accents(inst):
    for text in ("helene", "Hélène", "HELENE"):
        assert "helene.amelie@chu.test" in search(inst, f"(|(cn=*{text}*)(mssSearchName=*{text.lower().replace('é', 'e').replace('è', 'e')}*))", "mail").stdout


def test_nobody_reads_hashes_or_daemons(inst):
    r = search(inst, "(objectClass=*)", "*", "+")
    assert r.returncode == 0 and "userPassword" not in r.stdout
    assert "ou=daemons" not in r.stdout and "cn=dird" not in r.stdout
    assert not re.search(r"^dn: .*ou=trust", r.stdout, re.M)
    r = search(inst, "(userPassword=*)", "mail")
    assert "mail:" not in r.stdout


def test_anonymous_sees_nothing(inst):
    assert "mail:" not in search(inst, "(objectClass=*)", who=None).stdout
    assert search(inst, "(objectClass=*)", password="faux").returncode == 49


def test_an_account_added_is_usable_within_a_second(inst):
    inst.add("neuf@chu.test", sign="never")
    start = time.monotonic()
    inst.submit("neuf@chu.test", ["neuf@chu.test"], plain("neuf", "neuf@chu.test", "neuf@chu.test"))
    assert len(inst.fetch_all("neuf@chu.test")) == 1
    assert time.monotonic() - start < 20     # generous: timing never decides a test


def test_check_digits_are_verified(inst):
    with pytest.raises(PliError) as e:
        inst.pli("account", "add", "faux@chu.test", "--type", "per", "--name", "Faux", "--rpps", "10001234567", "--password-stdin", stdin="x\n")
    assert e.value.rc in (1, 2) and "RPPS" in e.value.err and len(e.value.err.strip().splitlines()) == 1
    with pytest.raises(PliError) as e:
        inst.pli("account", "add", "faux@chu.test", "--type", "org", "--name", "Faux", "--structure", "300017986", "--password-stdin", stdin="x\n")
    assert "FINESS" in e.value.err


def test_disable_enable_delete(inst):
    inst.add("parti@chu.test", sign="never")
    inst.pli("account", "disable", "parti@chu.test")
    with inst.smtp(login="marie.martin@chu.test") as s:
        s.mail("marie.martin@chu.test")
        code, text = s.rcpt("parti@chu.test")
        assert code == 550, (code, text)
    with pytest.raises(Exception):
        inst.imap("parti@chu.test")
    inst.pli("account", "enable", "parti@chu.test")
    inst.imap("parti@chu.test").logout()
    inst.pli("account", "delete", "parti@chu.test")
    with pytest.raises(PliError):
        inst.pli("account", "show", "parti@chu.test")


def test_password_changed_straight_in_ldap(inst):
    """A default mailbox opens as before; a strict one's is not changed there (tests/fault/test_strict_password.py has the way back)."""
    inst.add("doux@chu.test", sign="never")
    inst.add("dur@chu.test", sign="never", extra=["--strict"])
    for who, code in (("doux@chu.test", 0), ("dur@chu.test", 1)):
        inst.submit(who, [who], plain("avant", who, who))
        env = {**os.environ, "LDAPTLS_CACERT": inst.ca}
        r = subprocess.run(["ldappasswd", "-x", "-H", f"ldaps://localhost:{inst.port('ldaps')}", "-D", f"mail={who},ou=mailboxes,o=pli", "-w", PASSWORD,
                            "-a", PASSWORD, "-s", "change-ailleurs"], capture_output=True, text=True, env=env)
        assert r.returncode == code, (r.stdout, r.stderr)
    assert len(inst.fetch_all("doux@chu.test", password="change-ailleurs")) == 1
    assert len(inst.fetch_all("dur@chu.test")) == 1
    inst.pli("account", "passwd", "dur@chu.test", "--password-stdin", stdin=f"{PASSWORD}\nchange-ailleurs\n")
    assert len(inst.fetch_all("dur@chu.test", password="change-ailleurs")) == 1
