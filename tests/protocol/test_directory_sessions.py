# SPDX-License-Identifier: EUPL-1.2
"""Connections to slapd's own ports that outlive what they were signed in with; and names of one account written in several ways."""
import contextlib
import time

import pytest

from instance import Instance, PASSWORD, eventually
from ldap_line import LdapLine, mailbox, text, tlv

INSUFFICIENT, WRONG, BUSY, NO_OBJECT = 50, 49, 51, 32
STOLEN, NEW = "vole-a-nouveau-9", "tout-nouveau-9"


@pytest.fixture(scope="module")
def pli():
    with Instance() as p:
        yield p


def reset(pli, who):
    pli.pli("account", "passwd", who, "--password-stdin", stdin=NEW + "\n")


@pytest.mark.parametrize("how", ["replace", "passwd"])
def test_a_stolen_password_that_was_replaced_sets_no_new_one(pli, how):
    who = f"reset-{how}@chu.test"
    pli.add(who, sign="never")
    with LdapLine(pli) as thief:
        assert thief.bind(who, PASSWORD) == 0
        reset(pli, who)
        code = thief.replace_password(who, STOLEN) if how == "replace" else thief.passwd(STOLEN)
        assert code == INSUFFICIENT
    with LdapLine(pli) as line:
        assert line.bind(who, STOLEN) == WRONG
        assert line.bind(who, NEW) == 0
    assert eventually(lambda: [l for l in pli.output().splitlines() if "ev=ldap-change-refused" in l and f"login={who}" in l])


@pytest.mark.parametrize("extra", [[], ["--red-list"]])
def test_a_password_is_changed_by_who_has_it(pli, extra):
    who = f"own{len(extra)}@chu.test"
    pli.add(who, sign="never", extra=extra)
    with LdapLine(pli) as line, contextlib.closing(pli.imap(who).sock) as session:
        session.settimeout(30)
        assert line.bind(who, PASSWORD) == 0
        time.sleep(1.1)  # two passwords in the very second in which an account was made may count as one (directory/dird/entry.c)
        assert line.replace_password(who, "le-deuxieme-9") == 0
        assert b"BYE" in session.recv(1000)  # so dird knows
        assert line.replace_password(who, "le-troisieme-9") == INSUFFICIENT  # this connection was signed in with the first one
        assert line.bind(who, "le-deuxieme-9") == 0
        assert line.replace_password(who, "le-troisieme-9") == 0


@pytest.mark.parametrize("change", [["disable"], ["delete", "--yes"]])
def test_who_is_disabled_or_gone_reads_nothing_more(pli, change):
    who = f"{change[0]}@chu.test"
    pli.add(who, sign="never")
    pli.add(f"other-{change[0]}@chu.test", sign="never")
    with LdapLine(pli) as line:
        assert line.bind(who, PASSWORD) == 0
        found, code = line.search()
        assert found >= 2 and code == 0
        pli.pli("account", change[0], who, *change[1:])
        for base, scope in [("ou=mailboxes,o=pli", 1), ("o=pli", 2), ("ou=structures,o=pli", 2), (mailbox(f"other-{change[0]}@chu.test"), 0)]:
            found, code = line.search(base, scope)
            assert found == 0 and code in (0, NO_OBJECT), base
        assert line.replace_password(who, STOLEN) in (INSUFFICIENT, NO_OBJECT)


def test_one_account_is_one_count_however_its_name_is_written(pli):
    pli.add("spelt@chu.test", sign="never")
    codes = []
    for i in range(30):
        with LdapLine(pli) as line:
            before, behind = "\\20" * (i % 6), "\\20" * (i // 6)
            codes.append(line.bind_dn(f"mail={before}spelt@chu.test{behind},ou=mailboxes,o=pli", f"guess{i}"))
    assert codes[:10] == [WRONG] * 10
    assert codes.count(BUSY) >= 12 and set(codes) == {WRONG, BUSY}
    assert eventually(lambda: [l for l in pli.output().splitlines() if "ev=auth" in l and "login=spelt@chu.test" in l])


def test_a_stranger_writes_few_lines_into_the_log(pli):
    """Operations that come behind a sign-in have to wait for it, and slapd says so for each."""
    before = len(pli.output())
    with LdapLine(pli) as line, contextlib.suppress(OSError):
        line.send(tlv(0x60, b"\x02\x01\x03" + text(mailbox("nobody@chu.test")) + text("x", 0x80)))
        for _ in range(90):
            line.send(tlv(0x63, text("") + tlv(10, b"\0") * 2 + tlv(2, b"\0") * 2 + tlv(1, b"\0") + text("mail", 0x87) + tlv(0x30, b"")))
        while line.answer()[0] is not None:
            pass
    eventually(lambda: "login=unknown" in pli.output()[before:])
    assert len([l for l in pli.output()[before:].splitlines() if "deferring" in l]) <= 6
