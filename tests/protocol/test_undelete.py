# SPDX-License-Identifier: EUPL-1.2
"""Second thoughts: what was expunged, or deleted with its folder, is kept sealed (stored.keep_expunged) and comes back whole; legal hold keeps it longer
than its time, than its share and than the account's end, and says who, when and why."""
import imaplib
import json
import re

import pytest

from instance import Instance, eventually, plain

DOC, OTHER = "doc@chu.test", "autre@chu.test"
SHOWN = '"Recently deleted"'
DATE = '"01-Feb-2024 10:11:12 +0000"'


@pytest.fixture(scope="module")
def inst():
    with Instance() as i:
        for address in (DOC, OTHER):
            i.add(address)
        yield i


def facts(m, folder):
    """Subject -> flags, INTERNALDATE, EMAILID and every octet, of a folder's messages."""
    out = {}
    assert m.select(f'"{folder}"', readonly=True)[0] == "OK"
    _, data = m.uid("FETCH", "1:*", "(FLAGS INTERNALDATE EMAILID BODY.PEEK[])")
    for part in data:
        if not isinstance(part, tuple):
            continue
        line = part[0].decode()
        out[re.search(rb"(?mi)^Subject: (.*?)\r$", part[1])[1].decode()] = (
            set(re.search(r"FLAGS \(([^)]*)\)", line)[1].split()) - {"\\Recent", "\\Deleted"},
            re.search(r'INTERNALDATE "([^"]*)"', line)[1], re.search(r"EMAILID \(([^)]*)\)", line)[1], part[1])
    m.unselect()
    return out


def fill(m, folder, n, tag):
    for k in range(n):
        assert m.append(f'"{folder}"', r"(\Seen \Flagged $Label1)" if k % 2 else None, DATE,
                        plain(subject=f"{tag} {k}", body=f"{tag} {k}\r\n" * (40 * k + 1)))[0] == "OK"


def expunge(m, folder, which="1:*"):
    assert m.select(f'"{folder}"')[0] == "OK"
    m.store(which, "+FLAGS.SILENT", r"(\Deleted)")
    assert m.expunge()[0] == "OK"
    m.unselect()


def used(inst, address=DOC):
    return inst.json("account", "show", address)


def test_back_whole_and_once(inst):
    m = inst.imap(DOC)
    m.create("Bilans")
    fill(m, "Bilans", 5, "bilan")
    before = facts(m, "Bilans")
    expunge(m, "Bilans", "2:4")
    left = facts(m, "Bilans")
    assert len(before) == 5 and len(left) == 2
    listed = inst.json("mailbox", "undelete", DOC, "--list")
    assert listed["count"] == 3 and not listed["given_back"]
    assert {r["how"] for r in listed["messages"]} == {"expunged"} and {r["by"] for r in listed["messages"]} == {"holder"}
    assert len(facts(m, "Bilans")) == 2, "--list changes nothing"
    back = inst.json("mailbox", "undelete", DOC, "--since", "1d")
    assert back["count"] == 3 and back["given_back"]
    assert sorted(r["back"]["uid"] for r in back["messages"]) == [6, 7, 8], "new UIDs"
    assert facts(m, "Bilans") == before
    assert inst.json("mailbox", "undelete", DOC)["count"] == 0, "once"
    assert inst.json("store", "check")["bad"] == 0
    expunge(m, "Bilans")
    assert inst.json("mailbox", "undelete", DOC, "--since", "2090-01-01")["count"] == 0
    assert inst.json("mailbox", "undelete", DOC, "--folder", "INBOX")["count"] == 0
    number = str(inst.json("mailbox", "undelete", DOC, "--list")["messages"][0]["folder_number"])
    assert inst.json("mailbox", "undelete", DOC, "--folder", number)["count"] == 5
    assert facts(m, "Bilans") == before
    expunge(m, "Bilans")
    m.logout()


def test_with_its_folder(inst):
    m = inst.imap(OTHER)
    m.create("Radios")
    fill(m, "Radios", 4, "radio")
    before = facts(m, "Radios")
    assert m.delete("Radios")[0] == "OK"
    eventually(lambda: inst.json("mailbox", "undelete", OTHER, "--list")["count"] == 4)
    row = inst.json("mailbox", "undelete", OTHER, "--list")["messages"][0]
    assert row["how"] == "folder deleted" and "(deleted)" in row["folder"]
    assert inst.json("mailbox", "undelete", OTHER)["count"] == 4
    assert facts(m, "Radios") == before
    assert m.delete("Radios")[0] == "OK"
    eventually(lambda: inst.json("mailbox", "undelete", OTHER, "--list")["count"] == 4)
    m.create("Radios")  # another folder has the name by then: they go there
    fill(m, "Radios", 1, "neuf")
    assert inst.json("mailbox", "undelete", OTHER)["count"] == 4
    assert set(facts(m, "Radios")) == set(before) | {"neuf 0"}
    assert inst.json("store", "check")["bad"] == 0
    m.logout()


def test_moved_and_replaced(inst):
    """A moved message is in another folder: there is nothing to give back. A replaced draft is."""
    inst.add("move@chu.test")
    m = inst.imap("move@chu.test")
    m.create("Ailleurs")
    fill(m, "INBOX", 2, "move")
    m.select("INBOX")
    assert m.uid("MOVE", "1", "Ailleurs")[0] == "OK"
    assert inst.json("mailbox", "undelete", "move@chu.test", "--list")["count"] == 0
    text = plain(subject="mieux")
    m.send(b"r1 UID REPLACE 2 INBOX {%d}\r\n" % len(text))
    assert m.readline().startswith(b"+")
    m.send(text + b"\r\n")
    while not (line := m.readline()).startswith(b"r1 "):
        assert line
    assert line.startswith(b"r1 OK"), line
    rows = inst.json("mailbox", "undelete", "move@chu.test", "--list")["messages"]
    assert [r["how"] for r in rows] == ["replaced"]
    m.logout()


def test_quota_is_the_holders_own(inst):
    """What is kept takes none of the holder's quota."""
    inst.add("petit@chu.test", extra=("--quota", "2M"))
    m = inst.imap("petit@chu.test")
    big = plain(subject="gros", body="x" * 70 + "\r\n") + b"y" * 70 + b"\r\n" * 2
    big += (b"z" * 76 + b"\r\n") * 18000
    for _ in range(3):
        assert m.append("INBOX", None, None, big)[0] == "OK"
        assert m.append("INBOX", None, None, big)[0] == "NO"
        expunge(m, "INBOX")
    assert used(inst, "petit@chu.test")["messages"] == 0
    # half of the quota may be kept: less than one such message, so each went at once, and the log said so before
    eventually(lambda: inst.json("mailbox", "undelete", "petit@chu.test", "--list")["count"] == 0)
    assert "ev=removed-freed-early" in inst.output() and "cause=share" in inst.output()
    m.logout()


def test_hold(inst):
    """What is over its share goes early, but never while the mailbox is on hold; the account can not be deleted."""
    a = "tenu@chu.test"
    inst.add(a, extra=("--quota", "2M"))
    assert inst.json("mailbox", "hold", "show", a) == {"held": False, "kept": 0, "kept_bytes": 0, "notes": []}
    r = inst.pli("mailbox", "hold", "set", a, check=False)
    assert r.returncode == 2 and "--reason" in r.stderr
    inst.pli("mailbox", "hold", "set", a, "--reason", "réquisition 2026/17", "--by", "J. Martin")
    assert inst.pli("mailbox", "hold", "set", a, "--reason", "encore", check=False).returncode == 1
    m = inst.imap(a)
    text = plain(subject="preuve") + (b"z" * 76 + b"\r\n") * 18000
    for _ in range(2):
        m.append("INBOX", None, None, text)
        expunge(m, "INBOX")
    m.subscribe(SHOWN)
    m.select(SHOWN, readonly=True)
    alert = b" ".join(m.untagged_responses["OK"]).decode()  # the holder reads it (promise 6)
    assert "[ALERT]" in alert and "Legal hold set" in alert and "J. Martin: r?quisition 2026/17" in alert
    rows = inst.json("mailbox", "undelete", a, "--list")["messages"]
    assert len(rows) == 2 and {x["until"] for x in rows} == {"held"}
    r = inst.pli("account", "delete", a, "--yes", check=False)
    assert r.returncode == 1 and "legal hold" in r.stderr
    assert inst.json("account", "show", a)["address"] == a
    inst.stop()
    inst.serve()  # a restart, and the rounds of upkeep behind it
    assert inst.json("mailbox", "undelete", a, "--list")["count"] == 2
    assert inst.json("store", "check")["bad"] == 0
    shown = json.loads(inst.pli("mailbox", "hold", "clear", a, "--reason", "affaire close", "--by", "J. Martin", "--json"))
    assert not shown["held"] and [(n["what"], n["who"], n["why"]) for n in shown["notes"]] == [
        ("set", "J. Martin", "réquisition 2026/17"), ("cleared", "J. Martin", "affaire close")]
    eventually(lambda: inst.json("mailbox", "undelete", a, "--list")["count"] == 0)
    log = inst.output()
    assert "ev=hold-set" in log and "ev=hold-cleared" in log
    inst.pli("account", "delete", a, "--yes")



def test_the_holder_looks_and_copies_back(inst):
    """A folder that appears when the holder subscribes to it: read only, from which messages are copied back, octet for octet."""
    a = "regret@chu.test"
    inst.add(a)
    m = inst.imap(a)
    m.create("Bilans")
    fill(m, "Bilans", 4, "bilan")
    fill(m, "INBOX", 3, "lettre")
    before = facts(m, "Bilans") | facts(m, "INBOX")
    expunge(m, "Bilans", "1:3")
    expunge(m, "INBOX", "2")
    assert m.select(SHOWN)[0] == "NO"
    assert m.subscribe(SHOWN)[0] == "OK"
    assert [line for line in m.list()[1] if b"X-Pli-Removed" in line] == [line for line in m.list()[1] if b"Recently deleted" in line] != []
    status = m.status(SHOWN, "(MESSAGES UNSEEN UIDNEXT)")[1][0].decode()
    assert re.search(r"MESSAGES 4\b", status) and re.search(r"UNSEEN 2\b", status), status
    gone = facts(m, "Recently deleted")
    assert gone == {k: before[k] for k in ("bilan 0", "bilan 1", "bilan 2", "lettre 1")}
    with pytest.raises(imaplib.IMAP4.readonly):  # SELECT is answered [READ-ONLY]
        m.select(SHOWN)
    m.select(SHOWN, readonly=True)
    assert sorted(m.search(None, "SUBJECT", "bilan")[1][0].split()) == [b"1", b"2", b"3"]
    assert m.search(None, "TEXT", '"lettre 1"')[1] == [b"4"]
    assert m.store("1", "+FLAGS", r"(\Seen)")[0] == "NO" and m.expunge()[0] == "NO"
    assert m._simple_command("MOVE", "1", "INBOX")[0] == "NO"
    assert m.copy("2,4", "INBOX")[0] == "OK"
    m.unselect()
    assert m.append(SHOWN, None, None, plain())[0] == "NO"
    assert m.select('"INBOX"')[0] == "OK" and m.copy("1", SHOWN)[0] == "NO"
    m.unselect()
    back = facts(m, "INBOX")
    assert back["bilan 1"] == before["bilan 1"] and back["lettre 1"] == before["lettre 1"]
    m.select(SHOWN, readonly=True)
    other = inst.imap(a)
    expunge(other, "Bilans")
    m.noop()
    assert m.untagged_responses["EXISTS"][-1] == b"5"
    assert inst.json("mailbox", "undelete", a, "--folder", "INBOX")["count"] == 1
    m.untagged_responses.clear()
    m.noop()
    assert m.untagged_responses.get("EXPUNGE") == [b"4"]
    m.unselect()
    assert m.unsubscribe(SHOWN)[0] == "OK"
    assert not any(b"Recently deleted" in line for line in m.list()[1])
    assert inst.json("store", "check")["bad"] == 0
    other.logout()
    m.logout()
