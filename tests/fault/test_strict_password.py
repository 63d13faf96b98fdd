# SPDX-License-Identifier: EUPL-1.2
"""A strict mailbox and its password: one way to change it, which changes both the directory's and the key's; the way back when they differ."""
import imaplib
import subprocess

import pytest
from instance import PASSWORD, Instance, eventually, plain

NEW = "nouveau-Sesame.7"


@pytest.fixture(scope="module")
def inst():
    with Instance(build="build") as pli:
        pli.add("strict@chu.test", sign="never", extra=["--strict"])
        pli.add("gp@chu.test", sign="never")
        pli.submit("gp@chu.test", ["strict@chu.test", "gp@chu.test"], plain("avant", "gp@chu.test", "strict@chu.test"))
        yield pli


def ldap(inst, tool, who, *args, password=PASSWORD):
    return subprocess.run([tool, "-x", "-H", f"ldaps://localhost:{inst.port('ldaps')}", "-D", f"mail={who},ou=mailboxes,o=pli", "-w", password, *args],
                          capture_output=True, text=True, timeout=60, env={"LDAPTLS_CACERT": str(inst.ca), "PATH": "/usr/bin:/bin"})


def test_the_directory_takes_no_password_that_would_shut_the_mailbox(inst):
    r = ldap(inst, "ldappasswd", "strict@chu.test", "-s", NEW)
    assert r.returncode != 0 and "Insufficient access (50)" in r.stdout + r.stderr, r
    r = ldap(inst, "ldappasswd", "strict@chu.test", "-a", PASSWORD, "-s", NEW)
    assert r.returncode != 0 and "Server is unwilling to perform (53)" in r.stdout + r.stderr, r
    r = ldap(inst, "ldapwhoami", "strict@chu.test")
    assert r.returncode == 0, r      # the address book still opens
    assert len(inst.fetch_all("strict@chu.test")) == 1


def test_a_default_mailbox_may_change_its_password_there(inst):
    r = ldap(inst, "ldappasswd", "gp@chu.test", "-a", PASSWORD, "-s", NEW)
    assert r.returncode == 0, r
    assert eventually(lambda: len(inst.fetch_all("gp@chu.test", password=NEW))) == 1


def test_the_way_back(inst):
    """Changed elsewhere all the same (a site's own directory, an administrator's tool): sign-in says so, no empty mailbox is shown, and the
    old password with the new one opens it again."""
    secret = (inst.root / "keys/dird.secret").read_text().strip()
    dn = "mail=strict@chu.test,ou=mailboxes,o=pli"
    r = subprocess.run(["ldappasswd", "-x", "-H", "ldapi://ldapi/", "-D", "cn=dird,ou=daemons,o=pli", "-w", secret, "-s", NEW, dn], cwd=inst.root / "run",
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == 0, r
    said = eventually(lambda: sign_in(inst, NEW))
    assert "CONTACTADMIN" in said and "pli account passwd" in said, said
    r = inst.pli("account", "passwd", "strict@chu.test", "--password-stdin", stdin=f"pas-le-bon-1\n{NEW}\n", check=False)
    assert r.returncode == 1 and "old password" in r.stderr, r
    inst.pli("account", "passwd", "strict@chu.test", "--password-stdin", stdin=f"{PASSWORD}\n{NEW}\n")
    assert len(inst.fetch_all("strict@chu.test", password=NEW)) == 1
    with pytest.raises(imaplib.IMAP4.error):
        inst.imap("strict@chu.test", PASSWORD)


def sign_in(inst, password):
    """What the refusal says, once the directory's new password is known to all; None while it is not."""
    try:
        inst.imap("strict@chu.test", password)
    except imaplib.IMAP4.error as e:
        return None if "AUTHENTICATIONFAILED" in str(e) else str(e)
    raise AssertionError("a strict mailbox opened with a password that does not open its key")
