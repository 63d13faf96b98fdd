# SPDX-License-Identifier: EUPL-1.2
"""Connections to slapd's own ports that outlive what they were signed in with; and names of one account written in several ways."""
import contextlib

import pytest

from instance import Instance, PASSWORD, eventually
from ldap_line import LdapLine, mailbox, text, tlv

INSUFFICIENT, WRONG, BUSY, NO_OBJECT, VIOLATION = 50, 49, 51, 32, 19
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
        assert line.replace_password(who, "le-deuxieme-9") == 0
        assert b"BYE" in session.recv(1000)  # so dird knows
        assert line.replace_password(who, "le-troisieme-9") == INSUFFICIENT  # this connection was signed in with the first one
        assert line.bind(who, "le-deuxieme-9") == 0
        assert line.replace_password(who, "le-troisieme-9") == 0


ADD, DELETE, REPLACE = 0, 1, 2
NEVER = {  # changes of an own password that "pli account passwd" would refuse, or that would make it a second one
    "one letter": [(REPLACE, "userPassword", ["a"])],
    "seven": [(REPLACE, "userPassword", ["abcdefg"])],
    "seven letters of two octets": [(REPLACE, "userPassword", ["\u00e9\u00e8\u00ea\u00eb\u00e0\u00e2\u00e4"])],
    "the address": [(REPLACE, "userPassword", ["regle@chu.test"])],
    "one again and again": [(REPLACE, "userPassword", ["aaaaaaaaaa"])],
    "accents not composed": [(REPLACE, "userPassword", ["medecin-e\u0301tage"])],
    "a line end": [(REPLACE, "userPassword", ["tout-nouveau\n-9"])],
    "empty": [(REPLACE, "userPassword", [""])],
    "a second one": [(ADD, "userPassword", ["tout-nouveau-2"])],
    "two": [(REPLACE, "userPassword", ["tout-nouveau-2", "tout-nouveau-3"])],
    "a lawful one, then another": [(REPLACE, "userPassword", ["tout-nouveau-2"]), (ADD, "userPassword", ["tout-nouveau-3"])],
    "none": [(DELETE, "userPassword", [])],
    "none by replacing": [(REPLACE, "userPassword", [])],
    "a scheme": [(REPLACE, "userPassword", ["{CLEARTEXT}tout-nouveau-2"])],
    "a second one with a scheme": [(ADD, "userPassword", ["{CLEARTEXT}b"])],
    "a hash made elsewhere": [(REPLACE, "userPassword", ["{SSHA}MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nw=="])],
    "a hash as ours": [(REPLACE, "userPassword", ["{ARGON2}$argon2id$v=19$m=12288,t=3,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nw"])],
    "by its number": [(REPLACE, "2.5.4.35", ["a"])],
    "in other letters": [(REPLACE, "USERPASSWORD", ["a"])],
    "with an option": [(ADD, "userPassword;lang-fr", ["tout-nouveau-2"])],
}


def test_a_password_over_ldap_is_held_to_the_same_rule(pli):
    who = "regle@chu.test"
    pli.add(who, sign="never")
    with LdapLine(pli) as line:
        assert line.bind(who, PASSWORD) == 0
        for name, changes in NEVER.items():
            code = line.modify(who, *changes)
            assert code == VIOLATION or (name in ("empty", "with an option", "a line end") and code not in (0, None)), (name, code)
        for new in ("a", "abcdefg", who, "aaaaaaaaaa", None):
            assert line.passwd(new) == VIOLATION, new
        assert line.bind(who, PASSWORD) == 0
    with LdapLine(pli) as line:
        for wrong in ("a", "b", "tout-nouveau-2"):
            assert line.bind(who, wrong) == WRONG
    pli.imap(who).logout()
    assert eventually(lambda: [l for l in pli.output().splitlines() if "ev=ldap-password-refused" in l and f"login={who}" in l])
    assert "nouveau" not in "".join(l for l in pli.output().splitlines() if "ev=ldap-password-refused" in l)


@pytest.mark.parametrize("way", ["replace", "delete and add", "passwd"])
def test_a_lawful_password_over_ldap_is_taken(pli, way):
    who, new = f"lawful-{way.split()[0]}@chu.test", "m\u00e9decin-\u00e9tage-9"
    pli.add(who, sign="never")
    with LdapLine(pli) as line:
        assert line.bind(who, PASSWORD) == 0
        if way == "passwd":
            assert line.passwd("court") == VIOLATION     # and what is lawful afterwards is taken all the same
            assert line.passwd(new) == 0
        elif way == "replace":
            assert line.replace_password(who, new) == 0
        else:
            assert line.modify(who, (DELETE, "userPassword", []), (ADD, "userPassword", [new])) == 0
    with LdapLine(pli) as line:
        assert line.bind(who, PASSWORD) == WRONG
        assert line.bind(who, new) == 0


def test_a_hash_does_not_ride_on_a_lawful_operation(pli):
    """The operation of RFC 3062 comes to the directory as a change with a hash: that lets no other hash in, before or after it."""
    who = "ride@chu.test"
    pli.add(who, sign="never")
    with LdapLine(pli) as line, contextlib.closing(pli.imap(who).sock) as session:
        session.settimeout(30)
        assert line.bind(who, PASSWORD) == 0
        assert line.passwd("tout-nouveau-9") == 0
        assert b"BYE" in session.recv(1000)               # so dird knows
        line.number -= 1                                  # the same message number
        assert line.bind(who, "tout-nouveau-9") == 0
        line.number -= 1
        assert line.modify(who, *NEVER["a hash as ours"]) == VIOLATION


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


def test_clients_that_do_not_read_keep_nobody_out(pli):
    """A telephone that lost its network in the middle of a long answer. slapd has few threads, and one waits for each such client."""
    who = "sourd@chu.test"
    pli.add(who, sign="never")
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            deaf = stack.enter_context(LdapLine(pli, room=4096))
            assert deaf.bind(who, PASSWORD) == 0
            for _ in range(60):  # 100 KB each
                deaf.ask("cn=Subschema", 0, "objectClass", "attributeTypes")
        with LdapLine(pli) as line:
            assert line.bind(who, PASSWORD) == 0
            assert line.search()[1] == 0
        with pli.imap(who) as m:
            assert m.select("INBOX")[0] == "OK"
