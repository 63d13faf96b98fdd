# SPDX-License-Identifier: EUPL-1.2
"""ACL (RFC 4314), LIST-MYRIGHTS (RFC 8440) and NAMESPACE (RFC 2342): another's mailbox, opened by a delegate with her own sign-in. Cases after the
RFC's own examples; which right opens which command is one table."""
import imaplib
import os
import re
import signal
import subprocess
import time

import pytest
from instance import PASSWORD, PliError, eventually

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
        self.root, self.made = f"{OTHERS}/{self.box}", time.time()
        if rights:
            self.give(rights)
        self.holder, self.delegate = Line(pli, self.box), Line(pli, self.her)

    def settled(self):
        """A change of an account within two seconds of its password's counts as another password (directory/dird/entry.h): sessions would end."""
        time.sleep(max(0, self.made + 2.5 - time.time()))

    def give(self, rights):
        self.pli.pli("delegate", "add", self.box, "--to", self.her, "--rights", rights)

    def take(self):
        self.settled()
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


def test_a_reader_only_reads(practice):
    """What a session asks for is answered NO [NOPERM], and nothing has changed."""
    p = practice("acl4", "lr")
    p.holder.append("INBOX")
    inbox, archive = f'"{p.root}/INBOX"', f'"{p.root}/Archive"'
    told, end = p.delegate.ask(f"SELECT {inbox}")
    assert end.startswith("OK [READ-ONLY]") and "* OK [PERMANENTFLAGS ()] Read-only mailbox" in told
    assert any("FLAGS ()" in line or "\\Recent" in line for line in p.delegate.ok("FETCH 1 (FLAGS BODY[TEXT])"))
    assert p.holder.ok("STATUS INBOX (UNSEEN)") == ["* STATUS INBOX (UNSEEN 1)"]  # reading it set nothing
    for line in ["STORE 1 +FLAGS (\\Seen)", "STORE 1 FLAGS (\\Deleted)", "UID STORE 1 +FLAGS (mot)", "EXPUNGE", f"MOVE 1 {archive}"]:
        assert re.match(r"NO \[(NOPERM|READ-ONLY|CANNOT)", p.delegate.ask(line)[1]), line
    for line in [f"COPY 1 {archive}", f'CREATE "{p.root}/nouveau"', f'CREATE "{p.root}/Archive/nouveau"', f"DELETE {archive}",
                 f'RENAME {archive} "{p.root}/ailleurs"', f"APPEND {archive} {{3+}}\r\na\r\n", f"SETACL {inbox} {p.her} lrs", f"GETACL {inbox}",
                 f'SETMETADATA {inbox} (/shared/comment "x")']:
        assert "You lack the right to do this in this mailbox" in p.delegate.no(line, "NOPERM")
    p.delegate.no(f'SELECT "{p.root}"', "CANNOT")
    p.delegate.no(f'SELECT "{p.root}/nulle-part"', "NONEXISTENT")
    p.delegate.no(f'CREATE "{OTHERS}/x"', "CANNOT")
    p.delegate.no(f'RENAME Archive "{OTHERS}/y@chu.test/Archive"', "CANNOT")
    assert "Not from one mailbox into another" in p.delegate.no(f'RENAME Archive "{p.root}/Archive2"', "CANNOT")
    p.delegate.ok(f"SELECT {inbox}")
    p.delegate.ok("CLOSE")  # nothing to expunge, and no failure
    assert p.holder.ok("STATUS INBOX (MESSAGES)") == ["* STATUS INBOX (MESSAGES 1)"]
    assert p.holder.ok('LIST "" "*"') == p.holder.ok('LIST "" "*"')
    # annotations of her own, in a folder that she reads; the holder does not see them
    p.delegate.ok(f'SETMETADATA {inbox} (/private/comment "pour moi")')
    assert "pour moi" in " ".join(p.delegate.ok(f"GETMETADATA {inbox} /private/comment"))
    assert "pour moi" not in " ".join(p.holder.ok("GETMETADATA INBOX /private/comment"))
    # marks of subscription of her own
    p.delegate.ok(f"UNSUBSCRIBE {archive}")
    assert not any("Archive" in line and "Other" in line for line in p.delegate.ok('LSUB "" "*"'))
    assert any(line.endswith('"Archive"') or line.endswith(" Archive") for line in p.holder.ok('LSUB "" "*"'))
    p.delegate.ok(f"SUBSCRIBE {archive}")
    assert any(archive in line for line in p.delegate.ok('LSUB "" "*"'))


def test_each_right_by_itself(practice):
    """One folder, one message; with each set of rights: what goes and what does not."""
    p = practice("acl5", "lrswipkxtea")
    p.holder.append("INBOX")
    inbox = f'"{p.root}/INBOX"'
    cases = [("lrs", "STORE 1 +FLAGS (\\Seen)", True), ("lrs", "STORE 1 +FLAGS (\\Flagged)", False), ("lrw", "STORE 1 +FLAGS (\\Flagged mot)", True),
             ("lrw", "STORE 1 +FLAGS (\\Seen)", False), ("lrt", "STORE 1 -FLAGS (\\Deleted)", True), ("lrw", "STORE 1 -FLAGS (\\Deleted)", False),
             ("lrwe", "EXPUNGE", True), ("lrw", "EXPUNGE", False), ("lrs", "STORE 1 FLAGS (\\Seen \\Deleted)", True),
             ("lri", f'COPY 1 "{p.root}/Sent"', True), ("lri", f'MOVE 1 "{p.root}/Sent"', False)]
    for rights, line, may in cases:
        p.holder.ok(f"SETACL INBOX {p.her} {rights}")
        p.delegate.ok(f"SELECT {inbox}")
        end = p.delegate.ask(line)[1]
        assert end.startswith("OK") if may else end.startswith("NO [NOPERM]"), (rights, line, end)
    # flags that she may not set stay as they are
    p.holder.ok("SELECT INBOX")
    told = " ".join(p.holder.ok("FETCH 1 FLAGS"))
    assert "\\Seen" in told and "\\Flagged" in told and "\\Deleted" not in told
    # PERMANENTFLAGS says which
    p.holder.ok(f"SETACL INBOX {p.her} lrst")
    assert "* OK [PERMANENTFLAGS (\\Deleted \\Seen)] Flags kept" in p.delegate.ok(f"SELECT {inbox}")
    # a folder begins with the rights of the one above
    p.holder.ok("CREATE Dossiers")
    p.holder.ok(f"SETACL Dossiers {p.her} lrk")
    p.holder.ok("CREATE Dossiers/A")
    assert p.delegate.ok(f'MYRIGHTS "{p.root}/Dossiers/A"') == [f'* MYRIGHTS "{p.root}/Dossiers/A" lrk']
    p.delegate.ok(f'CREATE "{p.root}/Dossiers/B"')
    p.delegate.no(f'DELETE "{p.root}/Dossiers/B"', "NOPERM")
    p.holder.ok(f"SETACL Dossiers/B {p.her} +x")
    p.delegate.ok(f'RENAME "{p.root}/Dossiers/B" "{p.root}/Dossiers/C"')
    assert any("Dossiers/C" in line for line in p.holder.ok('LIST "" "*"'))
    p.delegate.ok(f'DELETE "{p.root}/Dossiers/C"')


def test_nothing_is_made_below_a_folder_that_she_does_not_see(practice):
    p = practice("acl12", "lrswikx")
    for folder in ("Prive", "Autre"):
        p.holder.ok(f"CREATE {folder}")
    for folder in ("Prive", "INBOX"):
        p.holder.ok(f"DELETEACL {folder} {p.her}")
    p.delegate.no(f'CREATE "{p.root}/Prive/a-elle"', "NOPERM")
    p.delegate.no(f'CREATE "{p.root}/Prive/a/b"', "NOPERM")
    p.delegate.no(f'RENAME "{p.root}/Autre" "{p.root}/Prive/Autre"', "NOPERM")
    p.delegate.no(f'CREATE "{p.root}/INBOX/a-elle"', "NOPERM")
    assert [line for line in p.holder.ok('LIST "" (Prive/* INBOX/* Autre)')] == ['* LIST (\\HasNoChildren) "/" Autre']
    # where she may, she may: the levels between are made, and those that are there are gone through
    p.delegate.ok(f'CREATE "{p.root}/Autre/a/b"')
    p.delegate.ok(f'CREATE "{p.root}/Autre/a/c"')
    p.holder.ok(f"SETACL Autre/a {p.her} lr")
    p.delegate.no(f'CREATE "{p.root}/Autre/a/d"', "NOPERM")


def test_a_level_keeps_the_rights_of_its_folder(practice):
    """RFC 9051 6.3.5: a folder that has others below stays as a level of names. Who was shut out of it is shut out of what is made there later."""
    p = practice("acl17", "lrk")
    for line in ("CREATE Top", "CREATE Top/x", "SUBSCRIBE Top", f"DELETEACL Top {p.her}", f"DELETEACL Top/x {p.her}"):
        p.holder.ok(line)
    p.holder.append("Top")
    p.delegate.no(f'SELECT "{p.root}/Top"', "NONEXISTENT")
    p.holder.ok("DELETE Top")
    assert p.holder.ok('LIST "" Top RETURN (SUBSCRIBED)') == ['* LIST (\\HasChildren \\Noselect \\Subscribed) "/" Top']
    p.holder.no("DELETE Top", "HASCHILDREN")
    p.holder.ok("CREATE Top/y")
    p.delegate.no(f'SELECT "{p.root}/Top/y"', "NONEXISTENT")
    p.delegate.no(f'CREATE "{p.root}/Top"', "ALREADYEXISTS")
    p.delegate.no(f'CREATE "{p.root}/Top/z"', "NOPERM")
    p.holder.ok("CREATE Top")
    assert p.holder.ok("STATUS Top (MESSAGES)") == ["* STATUS Top (MESSAGES 0)"]
    assert p.holder.ok('LSUB "" Top') == ['* LSUB () "/" Top']
    for folder in ("Top", "Top/x", "Top/y"):
        assert p.holder.ok(f"GETACL {folder}") == [f"* ACL {folder} {p.box} lrswipkxteacd"]
        p.delegate.no(f'SELECT "{p.root}/{folder}"', "NONEXISTENT")
    assert p.delegate.ok(f'LIST "" "{p.root}/Top*"') == []
    # what is hers to make again, she makes
    p.holder.ok(f"SETACL Top {p.her} lrkx")
    p.holder.ok(f"SETACL Top/x {p.her} l")
    p.delegate.ok(f'DELETE "{p.root}/Top"')
    p.delegate.ok(f'CREATE "{p.root}/Top"')
    assert p.delegate.ok(f'MYRIGHTS "{p.root}/Top"') == [f'* MYRIGHTS "{p.root}/Top" lrkxc']
    assert p.pli.json("store", "check")["bad"] == 0


@pytest.mark.parametrize("subscribed", [True, False], ids=["subscribed", "plain"])
def test_who_was_shut_out_is_shut_out_when_it_comes_back(practice, subscribed):
    """A folder deleted, and made again under its name or given back with its mail: its rights of before are still there, as the most that a delegate has."""
    p = practice(f"acl.revient{int(subscribed)}", "lrs")

    def sees(name):
        return bool(p.delegate.ok(f'LIST "" "{p.root}/{name}"'))
    for name in ("Prive", "Encore", "Avant"):
        p.holder.ok(f"CREATE {name}")
        p.holder.ok(f"DELETEACL {name} {p.her}")
        if subscribed:
            p.holder.ok(f"SUBSCRIBE {name}")
        p.holder.append(name)
    p.holder.ok("CREATE Commun")
    p.holder.append("Commun")
    assert not sees("Prive") and sees("Commun")
    for name in ("Prive", "Encore", "Avant", "Commun"):
        p.holder.ok(f"DELETE {name}")
    p.holder.ok("CREATE Encore")                     # by hand
    assert not sees("Encore")
    p.pli.pli("mailbox", "undelete", p.box)  # with their mail, and into the folder that was made again
    assert not any(sees(name) for name in ("Prive", "Encore", "Avant"))
    assert sees("Commun") and p.holder.ok(f'STATUS Encore (MESSAGES)') == ["* STATUS Encore (MESSAGES 1)"]
    p.holder.ok(f"SETACL Encore {p.her} lr")         # nothing is for ever
    assert sees("Encore") and p.delegate.ok(f'STATUS "{p.root}/Encore" (MESSAGES)')
    p.holder.ok("DELETE Encore")
    if subscribed:
        p.holder.ok("UNSUBSCRIBE Encore")
    p.holder.ok("CREATE Encore")
    assert p.delegate.ok(f'MYRIGHTS "{p.root}/Encore"') == [f'* MYRIGHTS "{p.root}/Encore" lr']
    assert p.pli.json("store", "check")["bad"] == 0


def test_a_folder_below_one_that_goes_is_still_found(practice):
    """A delegate deletes, or renames, a folder whose children she does not see: these stay, and RFC 3501 6.3.8 has LIST "%" tell the level above them."""
    p = practice("acl.niveaux", "lrswitexk")
    for line in ("CREATE Top", "CREATE Top/x", "CREATE Top/x/a", "CREATE Top/x/b", "CREATE Haut", "CREATE Haut/x", "SUBSCRIBE Top/x/a", "SUBSCRIBE Top/x/b"):
        p.holder.ok(line)
    for name in ("Top/x", "Top/x/a", "Top/x/b", "Haut/x"):
        p.holder.ok(f"DELETEACL {name} {p.her}")
    p.holder.append("Top/x")
    p.delegate.ok(f'DELETE "{p.root}/Top"')
    p.delegate.ok(f'RENAME "{p.root}/Haut" "{p.root}/Bas"')
    assert p.holder.ok('LIST "" "Top*"')[0] == '* LIST (\\HasChildren) "/" Top/x' and p.holder.ok("STATUS Top/x (MESSAGES)") == ["* STATUS Top/x (MESSAGES 1)"]
    told = p.holder.ok('LIST "" %')
    assert [one for one in told if one.endswith(("Top", "Haut", "Bas"))] == [
        '* LIST (\\HasNoChildren) "/" Bas', '* LIST (\\HasChildren \\Noselect) "/" Haut', '* LIST (\\HasChildren \\Noselect) "/" Top']
    assert p.holder.ok('LIST "" Top/%') == ['* LIST (\\HasChildren) "/" Top/x'] and not any(one.endswith(" Top") for one in p.holder.ok('LIST (SUBSCRIBED) "" %'))
    p.holder.ok("DELETE Top/x/a")
    # each level once, and not what is there
    assert p.holder.ok('LSUB "" Top%') == ['* LSUB (\\Noselect) "/" Top'] and p.holder.ok('LSUB "" Top/%') == ['* LSUB (\\Noselect) "/" Top/x']
    # so for her, of a folder that she sees below one that she does not
    p.holder.ok(f"SETACL Top/x/b {p.her} lr")
    told = p.delegate.ok(f'LIST "" "{p.root}/%"')
    assert f'* LIST (\\HasChildren \\Noselect) "/" "{p.root}/Top"' in told and len(set(told)) == len(told)
    assert p.delegate.ok(f'LIST "" "{p.root}/Top/%"') == [f'* LIST (\\HasChildren \\Noselect) "/" "{p.root}/Top/x"']
    p.holder.ok("CREATE Top")
    assert p.holder.ok('LIST "" Top%') == ['* LIST (\\HasChildren) "/" Top']


def test_a_list_that_tells_more_than_names_is_on_the_record(practice):
    p = practice("acl14", "lr")
    p.holder.ok('SETMETADATA INBOX (/shared/comment "garde du 12")')
    line = f'ev=delegate account={p.her} mailbox={p.box} what="LIST" folder=0 rc=ok'
    p.delegate.ok(f'LIST "" "{p.root}/*"')
    assert line not in p.pli.output()
    told = p.delegate.ok(f'LIST "" "{p.root}/INBOX" RETURN (METADATA (/shared/comment))')
    assert "garde du 12" in told[-1] and p.pli.output().count(line) == 1
    p.delegate.ok('LIST "" "*" RETURN (STATUS (MESSAGES))')
    assert p.pli.output().count(line) == 2


def test_messages_that_notify_brings_are_on_the_record(practice):
    """NOOP and IDLE look at nothing; what NOTIFY asks for of a new message comes with them, its text as well."""
    p = practice("acl16", "lr")
    line = f'ev=delegate account={p.her} mailbox={p.box} what="NOTIFY" folder=1 rc=ok'
    p.delegate.ok("NOTIFY SET (selected (MessageNew (BODY.PEEK[TEXT]) MessageExpunge))")
    p.delegate.ok(f'SELECT "{p.root}/INBOX"')
    p.delegate.ok("NOOP")
    assert line not in p.pli.output()
    p.holder.append("INBOX")
    assert any("Glycemie" in told for told in p.delegate.ok("NOOP"))
    assert p.pli.output().count(line) == 1
    p.delegate.ok("SELECT INBOX")
    p.delegate.append("INBOX")
    p.delegate.ok("NOOP")
    assert p.pli.output().count(line) == 1  # her own is hers


def test_what_the_administrator_takes_is_taken_in_every_folder(practice):
    p = practice("acl15", "lrswitea")
    p.holder.append("INBOX")
    p.delegate.ok(f'SETACL "{p.root}/INBOX" {p.her} lrswipkxtea')  # she may, and keeps it no longer than the "a" that lets her
    p.holder.ok(f"DELETEACL Drafts {p.her}")
    p.settled()
    p.give("lrs")
    again = Line(p.pli, p.her)
    assert again.ok(f'MYRIGHTS "{p.root}/INBOX"') == [f'* MYRIGHTS "{p.root}/INBOX" lrs']
    assert p.holder.ok("GETACL INBOX") == [f"* ACL INBOX {p.box} lrswipkxteacd {p.her} lrs"]
    again.ok(f'SELECT "{p.root}/INBOX"')
    again.no("STORE 1 +FLAGS (\\Deleted)", "NOPERM")
    again.no(f'SELECT "{p.root}/Drafts"', "NONEXISTENT")  # narrower stays
    p.holder.ok(f"SETACL INBOX {p.her} +t")
    again.ok(f'SELECT "{p.root}/INBOX"')
    again.ok("STORE 1 +FLAGS (\\Deleted)")


def test_what_a_folder_is_for_is_its_holders_to_say(practice):
    p = practice("acl13", "lrswikxa")
    roles = p.holder.ok('LIST (SPECIAL-USE) "" "*"')
    p.delegate.no(f'CREATE "{p.root}/Envois" (USE (\\Sent))', "USEATTR")
    p.holder.ok("DELETE Junk")
    p.delegate.no(f'CREATE "{p.root}/Spam" (USE (\\Junk))', "USEATTR")
    assert p.holder.ok('LIST (SPECIAL-USE) "" "*"') == [line for line in roles if "Junk" not in line]
    p.delegate.ok("DELETE Junk")
    p.delegate.ok('CREATE Spam (USE (\\Junk))')  # in her own it is hers


def test_a_delegation_that_is_taken_ends_her_sessions(practice):
    p = practice("acl6", "lrswite")
    p.holder.append("INBOX")
    inbox = f'"{p.root}/INBOX"'
    elsewhere, idle = Line(p.pli, p.her), Line(p.pli, p.her)
    p.delegate.ok(f"SELECT {inbox}")
    elsewhere.ok(f"STATUS {inbox} (MESSAGES)")
    elsewhere.ok("SELECT INBOX")
    idle.ok(f"SELECT {inbox}")
    idle.m.send(b"i1 IDLE\r\n")
    assert idle.m.readline().startswith(b"+")
    p.take()
    told, end = p.delegate.ask("NOOP")
    assert end == "" and told[-1].startswith("* BYE") and "Your delegation for this mailbox has changed or ended" in told[-1], (told, end)
    line = idle.m.readline()  # at once, not at its next command
    assert line.startswith(b"* BYE") and b"delegation" in line
    # a session that looks at her own mailbox stays; the other's folders are no more
    elsewhere.no(f"STATUS {inbox} (MESSAGES)", "NONEXISTENT")
    assert not any("Other users" in one for one in elsewhere.ok('LIST "" "*"'))
    elsewhere.ok("NOOP")
    assert p.holder.ok("GETACL INBOX") == [f"* ACL INBOX {p.box} lrswipkxteacd"]
    with pytest.raises(PliError):
        p.take()
    # given again, with less: a session of before goes, a new one has what is given now
    p.give("lr")
    elsewhere.ok(f"SELECT {inbox}")
    p.give("lrs")
    told, end = elsewhere.ask("FETCH 1 BODY.PEEK[TEXT]")
    assert not any("Glycemie" in one for one in told), told
    assert end == "" and told[-1].startswith("* BYE") or end.startswith("NO [NOPERM]"), (told, end)
    again = Line(p.pli, p.her)
    assert again.ok(f"MYRIGHTS {inbox}") == [f"* MYRIGHTS {inbox} lrs"]
    # the mailbox disabled: nobody opens it
    p.pli.pli("account", "disable", p.box)
    again.no(f"SELECT {inbox}", "NONEXISTENT")
    p.pli.pli("account", "enable", p.box)
    again.ok(f"SELECT {inbox}")


def test_a_mailbox_that_is_suspended_ends_her_waiting_sessions(practice):
    """dird tells her session nothing of another's account: it asks, whether it idles or waits for a command after NOTIFY."""
    p = practice("acl.suspendue", "lrs")
    p.holder.append("INBOX")
    inbox = f'"{p.root}/INBOX"'
    idle, notify = Line(p.pli, p.her), Line(p.pli, p.her)
    for one in (idle, notify):
        one.ok(f"SELECT {inbox}")
        one.m.sock.settimeout(40)
    notify.ok("NOTIFY SET (SELECTED (MessageNew MessageExpunge))")
    idle.m.send(b"i1 IDLE\r\n")
    assert idle.m.readline().startswith(b"+")
    p.settled()
    p.pli.pli("account", "suspend", p.box)
    for one in (idle, notify):
        line = one.m.readline()
        assert line.startswith(b"* BYE") and b"delegation" in line, line
    p.delegate.ok("NOOP")  # her own mailbox is as before
    p.pli.pli("account", "resume", p.box)
    p.delegate.ok(f"SELECT {inbox}")


def test_dird_is_away_and_she_stays(practice):
    p = practice("acl.dird", "lrs")
    inbox = f'"{p.root}/INBOX"'
    p.delegate.ok(f"SELECT {inbox}")
    p.delegate.m.send(b"i1 IDLE\r\n")
    assert p.delegate.m.readline().startswith(b"+")
    was = p.pli.daemon("pli-dird")
    os.kill(was, signal.SIGKILL)
    p.pli.wait_daemon("pli-dird", not_pid=was)
    p.holder.append("INBOX")
    assert p.delegate.m.readline() == b"* 1 EXISTS\r\n"
    p.delegate.m.send(b"DONE\r\n")
    while not (line := p.delegate.m.readline()).startswith(b"i1 "):
        assert line.startswith(b"* 1 RECENT") or line.startswith(b"* "), line
    assert line.startswith(b"i1 OK")
    eventually(lambda: p.pli.pli("account", "show", p.box, check=False).returncode == 0)  # it has read the directory: the next test adds accounts


def test_the_first_folders_of_a_mailbox_that_nobody_signs_in_to(pli):
    pli.add("acl10.cabinet@chu.test", sign="never")
    for who, rights in (("lit", "work"), ("tient", "all")):
        pli.add(f"acl10.{who}@chu.test", sign="never")
        pli.pli("delegate", "add", "acl10.cabinet@chu.test", "--to", f"acl10.{who}@chu.test", "--rights", rights)
    below = f'LIST "" "{OTHERS}/acl10.cabinet@chu.test/*"'
    assert len(Line(pli, "acl10.lit@chu.test").ok(below)) == 1
    assert len(Line(pli, "acl10.tient@chu.test").ok(below)) == 6
    assert len(Line(pli, "acl10.lit@chu.test").ok(below)) == 6


def test_two_at_once_and_slapd_away(practice):
    p = practice("acl7", "lrswite")
    inbox = f'"{p.root}/INBOX"'
    p.delegate.ok(f"SELECT {inbox}")
    p.holder.ok("SELECT INBOX")
    idle = Line(p.pli, p.her)
    idle.ok(f"SELECT {inbox}")
    idle.m.send(b"i1 IDLE\r\n")
    assert idle.m.readline().startswith(b"+")
    p.holder.append("INBOX")
    assert idle.m.readline().startswith(b"* 1 EXISTS")
    assert "* 1 EXISTS" in p.delegate.ok("NOOP")
    p.delegate.ok("STORE 1 +FLAGS (\\Flagged)")
    assert any("\\Flagged" in line for line in p.holder.ok("NOOP"))
    p.holder.ok("STORE 1 +FLAGS (\\Deleted)")
    p.delegate.ok("EXPUNGE")
    assert "* 1 EXPUNGE" in p.holder.ok("NOOP")
    slapd = p.pli.daemon("slapd")
    os.kill(slapd, signal.SIGSTOP)  # what is known of delegates needs no directory
    try:
        two = Line(p.pli, p.her)
        two.ok(f"SELECT {inbox}")
        assert p.holder.ok("GETACL INBOX") == [f"* ACL INBOX {p.box} lrswipkxteacd {p.her} lrswited"]
        assert two.ok(f"MYRIGHTS {inbox}") == [f"* MYRIGHTS {inbox} lrswited"]
        # what is taken away is gone at once; the directory is told when it is there again
        p.settled()
        taking = subprocess.Popen(p.pli.argv("delegate", "remove", p.box, "--to", p.her))
        eventually(lambda: two.ask(f"STATUS {inbox} (MESSAGES)")[1].startswith("NO ["))
        told, end = p.delegate.ask("FETCH 1:* FLAGS")
        assert told and told[-1].startswith("* BYE"), (told, end)
    finally:
        os.kill(slapd, signal.SIGCONT)
    assert taking.wait(60) == 0
    assert p.holder.ok("GETACL INBOX") == [f"* ACL INBOX {p.box} lrswipkxteacd"]
    # nothing of it is left in a session that gave the account up
    two.ok("UNAUTHENTICATE")
    two.m.state = "NONAUTH"
    two.m.login(p.box, PASSWORD)
    assert not any(OTHERS in line for line in two.ok('LIST "" "*"'))
    two.ok("SELECT INBOX")


def test_pli_delegate(pli):
    for who in ("d1", "d2", "d3"):
        pli.add(f"acl8.{who}@chu.test", sign="never")
    pli.add("acl8.stricte@chu.test", sign="never", extra=["--strict"])
    box = "acl8.d1@chu.test"
    assert pli.json("delegate", "list", box) == []
    assert pli.json("delegate", "add", box, "--to", "acl8.d2@chu.test", "--rights", "read") == {
        "mailbox": box, "to": "acl8.d2@chu.test", "rights": "lr"}
    pli.pli("delegate", "add", box, "--to", "acl8.d3@chu.test", "--rights", "kxlr")
    assert sorted(pli.json("delegate", "list", box), key=lambda d: d["to"]) == [
        {"to": "acl8.d2@chu.test", "rights": "lr"}, {"to": "acl8.d3@chu.test", "rights": "lrkx"}]
    pli.pli("delegate", "add", box, "--to", "acl8.d2@chu.test", "--rights", "all")
    assert {"to": "acl8.d2@chu.test", "rights": "lrswipkxtea"} in pli.json("delegate", "list", box)
    pli.pli("delegate", "remove", box, "--to", "acl8.d2@chu.test")
    assert pli.json("delegate", "list", box) == [{"to": "acl8.d3@chu.test", "rights": "lrkx"}]

    def refused(code, says, *args):
        with pytest.raises(PliError) as e:
            pli.pli("delegate", *args)
        assert e.value.rc == code and says in e.value.err and e.value.err.count("\n") == 1, (e.value.rc, e.value.err)
    refused(1, "no delegate", "remove", box, "--to", "acl8.d2@chu.test")
    refused(1, "strict", "add", "acl8.stricte@chu.test", "--to", "acl8.d2@chu.test", "--rights", "read")
    refused(2, "holder", "add", box, "--to", box, "--rights", "read")
    refused(2, "--rights", "add", box, "--to", "acl8.d2@chu.test")
    refused(2, "--rights", "add", box, "--to", "acl8.d2@chu.test", "--rights", "lrz")
    refused(2, "--rights", "add", box, "--to", "acl8.d2@chu.test", "--rights=")
    refused(2, "--to", "add", box, "--rights", "read")
    refused(1, "no account", "add", box, "--to", "acl8.rien@chu.test", "--rights", "read")
    refused(1, "no account", "add", "acl8.rien@chu.test", "--to", box, "--rights", "read")
    # a strict person may be a delegate: her own password opens her own mailbox, and that the slot
    pli.pli("delegate", "add", box, "--to", "acl8.stricte@chu.test", "--rights", "read")
    strict = Line(pli, "acl8.stricte@chu.test")
    strict.ok(f'SELECT "{OTHERS}/{box}/INBOX"')
    # the delegate's account goes: nothing of hers opens for who has the address next
    pli.pli("account", "delete", "acl8.d3@chu.test", "--yes")
    pli.add("acl8.d3@chu.test", sign="never")
    assert not any(OTHERS in line for line in Line(pli, "acl8.d3@chu.test").ok('LIST "" "*"'))
    assert [d["to"] for d in pli.json("delegate", "list", box)] == ["acl8.stricte@chu.test"]
    refused(1, "no delegate", "remove", box, "--to", "acl8.d3@chu.test")


def test_from_one_mailbox_into_another(practice):
    """COPY and MOVE open a message and seal it anew: octets, flags, keywords and date are there."""
    p = practice("acl9", "lrswite")
    big = LETTER.replace(b"g/l", b"g/l\r\n" + b"0123456789abcdef" * 4 + b"\r\n" * 40_000)  # several chunks
    for text, flags in [(LETTER, "(\\Flagged mot-du-cabinet) "), (big, "(\\Seen) "), (LETTER, "")]:
        p.holder.append("INBOX", text, flags)
    p.holder.ok("SELECT INBOX")
    dates = [re.search(r'INTERNALDATE "[^"]*"', line)[0] for line in p.holder.ok("FETCH 1:3 INTERNALDATE")]
    inbox = f'"{p.root}/INBOX"'
    p.delegate.ok(f"SELECT {inbox}")
    told, end = p.delegate.ask("COPY 1:3 INBOX")
    assert re.match(r"OK \[COPYUID \d+ 1:3 1:3\]", end), end
    p.delegate.ok("SELECT INBOX")
    told = p.delegate.ok("FETCH 1:3 (FLAGS INTERNALDATE RFC822.SIZE)")
    assert [re.search(r'INTERNALDATE "[^"]*"', line)[0] for line in told] == dates
    assert "\\Flagged" in told[0] and "mot-du-cabinet" in told[0] and "\\Seen" in told[1] and f"RFC822.SIZE {len(big)}" in told[1]
    with p.pli.imap(p.her) as m:
        m.select("INBOX", readonly=True)
        assert m.fetch("2", "BODY.PEEK[]")[1][0][1] == big
    # and back: into the practice's folder, out of her own
    told, end = p.delegate.ask(f'MOVE 1,3 "{p.root}/Archive"')
    assert end.startswith("OK") and any(re.match(r"\* OK \[COPYUID \d+ 1,3 1:2\]", line) for line in told)
    assert [line for line in told if "EXPUNGE" in line] == ["* 1 EXPUNGE", "* 2 EXPUNGE"]
    assert p.delegate.ok("STATUS INBOX (MESSAGES)") == ["* STATUS INBOX (MESSAGES 1)"]
    p.holder.ok("SELECT Archive")
    told = p.holder.ok("FETCH 1:2 (FLAGS BODY.PEEK[TEXT])")
    assert any("mot-du-cabinet" in line for line in told) and told.count("Glycemie 1,02 g/l") == 2
    assert p.holder.ok('SEARCH TEXT glycemie') == ["* SEARCH 1 2"]
    # without the right: nothing is copied
    p.holder.ok(f"SETACL Archive {p.her} lr")
    p.holder.ok(f"SETACL INBOX {p.her} lr")
    p.delegate.no(f'COPY 1 "{p.root}/Archive"', "NOPERM")
    p.delegate.ok(f"SELECT {inbox}")
    assert p.delegate.ask("MOVE 1 INBOX")[1].startswith("NO [")
    p.holder.ok(f"SETACL INBOX {p.her} lrs")
    p.delegate.ok(f"SELECT {inbox}")
    p.delegate.no("MOVE 1 INBOX", "NOPERM")
    p.delegate.no("COPY 1 nulle-part", "TRYCREATE")
    p.delegate.no(f'UID COPY 1 "{OTHERS}/personne@chu.test/INBOX"', "TRYCREATE")
    assert p.delegate.ok("STATUS INBOX (MESSAGES)") == ["* STATUS INBOX (MESSAGES 1)"]
    # more than one transaction takes: nothing
    for _ in range(129):
        p.delegate.m.append("Drafts", None, None, b"Subject: x\r\n\r\n")
    p.delegate.ok("SELECT Drafts")
    p.holder.ok(f"SETACL Archive {p.her} lri")
    p.delegate.no(f'COPY 1:* "{p.root}/Archive"', "LIMIT")
    p.delegate.ok(f'COPY 1:128 "{p.root}/Archive"')
    assert p.holder.ok("STATUS Archive (MESSAGES)") == ["* STATUS Archive (MESSAGES 130)"]
    # CATENATE takes what is hers, wherever the message goes
    new = "Subject: transmis\r\n\r\n"
    p.delegate.ok(f'APPEND "{p.root}/Archive" CATENATE (TEXT {{{len(new)}+}}\r\n{new} URL "/INBOX/;UID=2/;SECTION=TEXT")')
    p.holder.ok("SELECT Archive")
    assert any("Glycemie" in line for line in p.holder.ok("FETCH 131 BODY.PEEK[TEXT]"))


def test_news_of_her_own_while_anothers_folder_is_selected(practice):
    """NOTIFY is about her own mailbox; the folder that is selected has the same number there."""
    p = practice("acl11", "lrswite")
    p.delegate.ok("NOTIFY SET (selected (MessageNew MessageExpunge)) (inboxes (MessageNew MessageExpunge))")
    p.delegate.ok(f'SELECT "{p.root}/INBOX"')
    Line(p.pli, p.her).append("INBOX")
    told = p.delegate.ok("NOOP")
    assert any(line.startswith("* STATUS INBOX ") and "MESSAGES 1" in line for line in told), told
    p.holder.append("INBOX")
    told = p.delegate.ok("NOOP")
    assert "* 1 EXISTS" in told and not any("STATUS" in line for line in told), told
