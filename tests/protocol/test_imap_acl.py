# SPDX-License-Identifier: EUPL-1.2
"""ACL (RFC 4314), LIST-MYRIGHTS (RFC 8440) and NAMESPACE (RFC 2342): another's mailbox, opened by a delegate with her own sign-in. Cases after the
RFC's own examples; which right opens which command is one table."""
import imaplib
import re
import socket

import pytest
from instance import PliError, eventually

LETTER = b"Subject: resultat\r\nFrom: labo@chu.test\r\nTo: cabinet@chu.test\r\n\r\nGlycemie 1,02 g/l\r\n"
OTHERS = "Other users"


class Line:
    """A session that says lines and reads answers."""

    def __init__(self, pli, who):
        self.m = pli.imap(who)

    def ask(self, line):
        m = self.m
        tag = m._new_tag()
        m.send(tag + b" " + line.encode() + b"\r\n")
        told = []
        while True:
            raw = m.readline()
            got = raw.decode(errors="replace").rstrip("\r\n")
            if got.startswith(tag.decode() + " "):
                return told, got[len(tag) + 1:]
            told.append(got)
            if got.startswith("* BYE") or not raw:
                return told, ""

    def ok(self, line):
        told, end = self.ask(line)
        assert end.startswith("OK"), (line, told, end)
        return told

    def no(self, line, code):
        told, end = self.ask(line)
        assert end.startswith(f"NO [{code}]"), (line, told, end)
        return end

    def append(self, folder, text=LETTER, flags=""):
        return self.ok(f'APPEND "{folder}" {flags}{{{len(text)}+}}\r\n{text.decode()}')


class Practice:
    """A mailbox, its holder's session, and a delegate with these rights."""

    def __init__(self, pli, name, rights):
        self.pli, self.box, self.her = pli, f"{name}.cabinet@chu.test", f"{name}.marie@chu.test"
        pli.add(self.box, sign="never")
        pli.add(self.her, sign="never")
        self.root = f"{OTHERS}/{self.box}"
        if rights:
            self.give(rights)
        self.holder, self.delegate = Line(pli, self.box), Line(pli, self.her)

    def give(self, rights):
        self.pli.pli("delegate", "add", self.box, "--to", self.her, "--rights", rights)

    def take(self):
        self.pli.pli("delegate", "remove", self.box, "--to", self.her)

    def close(self):
        for one in (self.holder, self.delegate):
            try:
                one.m.logout()
            except (imaplib.IMAP4.error, OSError):
                pass


@pytest.fixture
def practice(pli):
    made = []

    def make(name, rights):
        made.append(Practice(pli, name, rights))
        return made[-1]
    yield make
    for one in made:
        one.close()


def test_a_delegate_reads_and_files(practice):
    p = practice("acl1", "lrswite")
    p.holder.append("INBOX")
    assert p.delegate.ok("NAMESPACE") == [f'* NAMESPACE (("" "/")) (("{OTHERS}/" "/")) NIL']
    told = p.delegate.ok('LIST "" "*"')
    assert f'* LIST (\\HasNoChildren) "/" "{p.root}/INBOX"' in told
    assert f'* LIST (\\Noselect \\HasChildren) "/" "{p.root}"' in told
    assert f'* LIST (\\Noselect \\HasChildren) "/" "{OTHERS}"' in told
    assert any(line.endswith('"/" INBOX') or line.endswith('"/" "INBOX"') for line in told)
    assert p.delegate.ok('LIST "" "%"')[-1] == f'* LIST (\\Noselect \\HasChildren) "/" "{OTHERS}"'
    assert f'* LSUB () "/" "{p.root}/Sent"' in p.delegate.ok('LSUB "" "*"')
    assert p.delegate.ok(f'STATUS "{p.root}/INBOX" (MESSAGES UNSEEN)') == [f'* STATUS "{p.root}/INBOX" (MESSAGES 1 UNSEEN 1)']
    told = p.delegate.ok(f'SELECT "{p.root}/INBOX"')
    assert "* 1 EXISTS" in told
    told = p.delegate.ok("FETCH 1 (BODY[])")
    assert "Glycemie 1,02 g/l" in told
    # \Seen exists once
    p.holder.ok("SELECT INBOX")
    assert any("\\Seen" in line for line in p.holder.ok("FETCH 1 FLAGS"))
    # a message of hers, in the holder's folder, sealed for the holder
    p.delegate.append(f"{p.root}/Archive", flags="(\\Flagged) ")
    p.holder.ok("SELECT Archive")
    told = p.holder.ok("FETCH 1 (FLAGS BODY.PEEK[TEXT])")
    assert "Glycemie 1,02 g/l" in told and any("\\Flagged" in line for line in told)
    # within the other mailbox
    p.delegate.ok(f'COPY 1 "{p.root}/Archive"')
    p.delegate.ok("STORE 1 +FLAGS (\\Deleted $Lu)")
    p.delegate.ok("EXPUNGE")
    p.holder.ok("NOOP")
    assert p.holder.ok("STATUS Archive (MESSAGES)") == ["* STATUS Archive (MESSAGES 2)"]
    assert p.holder.ok("STATUS INBOX (MESSAGES)") == ["* STATUS INBOX (MESSAGES 0)"]
    # her own is where it was
    p.delegate.append("INBOX")
    assert p.delegate.ok("STATUS INBOX (MESSAGES)") == ["* STATUS INBOX (MESSAGES 1)"]


def test_rights_are_told_and_set(practice):
    p = practice("acl2", "lrsa")
    told = p.holder.ok("CAPABILITY")
    assert {"ACL", "RIGHTS=kxte", "LIST-MYRIGHTS", "NAMESPACE"} <= set(told[0].split())
    inbox = f'"{p.root}/INBOX"'
    # the holder has all; c and d stand beside what they stand for (RFC 4314 2.1.1)
    assert p.holder.ok("MYRIGHTS INBOX") == ["* MYRIGHTS INBOX lrswipkxteacd"]
    assert p.holder.ok("GETACL INBOX") == [f"* ACL INBOX {p.box} lrswipkxteacd {p.her} lrsa"]
    assert p.delegate.ok(f"MYRIGHTS {inbox}") == [f"* MYRIGHTS {inbox} lrsa"]
    assert p.delegate.ok(f"GETACL {inbox}") == [f"* ACL {inbox} {p.box} lrswipkxteacd {p.her} lrsa"]
    assert p.holder.ok(f"LISTRIGHTS INBOX {p.her}") == [f'* LISTRIGHTS INBOX {p.her} "" l r s w i p k x t e a c d']
    assert p.holder.ok(f"LISTRIGHTS INBOX {p.box}") == [f"* LISTRIGHTS INBOX {p.box} lrswipkxteacd"]
    # one folder: set, more, less, obsolete letters, none
    for rights, told in [("lrsw", "lrsw"), ("+te", "lrswted"), ("-w", "lrsted"), ("+c", "lrskxtecd"), ("-d", "lrskxc"), ("lra", "lra")]:
        p.holder.ok(f"SETACL Archive {p.her.upper()} {rights}")
        assert p.holder.ok("GETACL Archive") == [f"* ACL Archive {p.box} lrswipkxteacd {p.her} {told}"], rights
    archive = f'"{p.root}/Archive"'
    assert p.delegate.ok(f"MYRIGHTS {archive}") == [f"* MYRIGHTS {archive} lra"]
    assert p.delegate.ok(f"MYRIGHTS {inbox}") == [f"* MYRIGHTS {inbox} lrsa"]
    # who has "a" changes rights, her own too
    p.delegate.ok(f"SETACL {archive} {p.her} lrs")
    p.delegate.no(f"SETACL {archive} {p.her} lrswi", "NOPERM")
    p.delegate.no(f"GETACL {archive}", "NOPERM")
    # no rights: the folder is not there for her
    p.holder.ok(f"DELETEACL Archive {p.her}")
    assert p.holder.ok("GETACL Archive") == [f"* ACL Archive {p.box} lrswipkxteacd"]
    p.delegate.no(f"MYRIGHTS {archive}", "NONEXISTENT")
    p.delegate.no(f"SELECT {archive}", "NONEXISTENT")
    assert not any("Archive" in line for line in p.delegate.ok(f'LIST "" "{p.root}/*"'))
    # LIST RETURN (MYRIGHTS)
    told = p.delegate.ok(f'LIST "" "{p.root}/INBOX" RETURN (MYRIGHTS)')
    assert told == [f'* LIST (\\HasNoChildren) "/" {inbox}', f"* MYRIGHTS {inbox} lrsa"]
    assert "* MYRIGHTS INBOX lrswipkxteacd" in p.holder.ok('LIST "" INBOX RETURN (MYRIGHTS)')


def test_who_is_no_delegate_is_refused(practice, pli):
    p = practice("acl3", "lr")
    pli.add("acl3.autre@chu.test", sign="never")
    for who in ["acl3.autre@chu.test", "anyone", f"-{p.her}", "personne@chu.test", '""']:
        end = p.holder.no(f"SETACL INBOX {who} lr", "CANNOT")
        assert "pli delegate add" in end
        p.holder.no(f"LISTRIGHTS INBOX {who}", "CANNOT")
        p.holder.no(f"DELETEACL INBOX {who}", "CANNOT")
    p.holder.no(f"SETACL INBOX {p.box} lr", "CANNOT")
    p.holder.no(f"SETACL INBOX {p.box} -l", "CANNOT")
    p.holder.no(f"SETACL nulle-part {p.her} lr", "NONEXISTENT")
    for bad in ["lrz", "L", "+q", "lr lr", ""]:
        assert p.holder.ask(f"SETACL INBOX {p.her} {bad}")[1].startswith("BAD"), bad
    p.delegate.no(f'SETACL "{p.root}/INBOX" {p.her} lrswipkxtea', "NOPERM")
    assert p.holder.ok("GETACL INBOX") == [f"* ACL INBOX {p.box} lrswipkxteacd {p.her} lr"]
