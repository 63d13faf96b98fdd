# SPDX-License-Identifier: EUPL-1.2
"""pli account quota, octets and messages, at once and everywhere; and the mail that tells a holder at 80 and at 95 per cent, once for each time."""
import email
import email.policy
import itertools
import os
import signal
import smtplib
import subprocess

import pytest
from instance import Instance, eventually, plain
from test_imap_quota import ask

ME, ELLE, PEER = "gp@chu.test", "elle@chu.test", "secretariat@chu.test"
KIB = 1024


@pytest.fixture(scope="module")
def inst():
    with Instance(conf=["stored {", "max_messages = 1000", "full_for = 2s", "}"]) as pli:
        for who in (ME, ELLE, PEER):
            pli.add(who, sign="never", extra=["--quota", "1M"])
        yield pli


@pytest.fixture
def box(inst):
    """The mailbox ME, empty, with no bound passed."""
    inst.pli("account", "quota", ME, "--storage", "1M", "--messages", "0")
    empty(inst)
    return inst


def empty(inst):
    with inst.imap(ME) as m:
        if m.select("INBOX")[1] != [b"0"]:
            m.store("1:*", "+FLAGS", "(\\Deleted)")
            m.expunge()
    settled(inst, [])


def fill(inst, kib, n=1):
    """n messages that take so many KiB each, as the store counts them."""
    octets = b"Subject: x\r\n\r\n" + b"y" * (kib * KIB - KIB - 14)
    with inst.imap(ME) as m:
        for _ in range(n):
            assert m.append("INBOX", None, None, octets)[0] == "OK"


def warnings(inst):
    """Those in the INBOX, oldest first."""
    with inst.imap(ME) as m:
        m.select("INBOX", readonly=True)
        found = m.search(None, "HEADER", "Auto-Submitted", "auto-generated")[1][0].split()
        return [email.message_from_bytes(m.fetch(n, "(BODY.PEEK[])")[1][0][1], policy=email.policy.default) for n in found]


def levels(inst):
    return [80 if " 80 " in m["Subject"] else 95 for m in warnings(inst)]


marks = itertools.count()


def settled(inst, expected):
    """These were told, and what was due before now is told too: another mailbox passes 80 per cent, and the mail that says so makes it pass 95."""
    mark = f"repere{next(marks)}@chu.test"
    inst.add(mark, sign="never", extra=["--quota", "0"])
    with inst.imap(mark) as m:
        for _ in range(4):
            m.append("INBOX", None, None, b"Subject: x\r\n\r\n")
    inst.pli("account", "quota", mark, "--messages", "5")
    eventually(lambda: told(inst, mark) == 2)
    assert levels(inst) == expected


def told(inst, who):
    return sum("ev=quota-warning " in line and f"account=<{who}>" in line for line in (inst.root / "log/pli.log").read_text().splitlines())


def test_told_once_and_again_after_it_was_below(box):
    fill(box, 400, 2)  # 78 per cent
    settled(box, [])
    fill(box, 30)      # 81
    settled(box, [80])
    m = warnings(box)[0]
    assert m["From"] == "Mail Delivery System <MAILER-DAEMON@chu.test>" and m["To"] == ME and m["Return-Path"] == "<>"
    assert m["Subject"].strip() == "Boîte aux lettres remplie à 80 % / Mailbox 80 % full" and m["Message-ID"].endswith("@mail.chu.test>")
    french, english = m.get_content().replace("\r", "").split("---- English ----")
    assert f"Votre boîte aux lettres est remplie à 80 % ou plus :\n\n  <{ME}>\n    Place occupée : 0,8 / 1,0 Mio\n    Messages : 3 / 1000\n" in french
    assert "Your mailbox is 80 % full or more:" in english and "Room taken : 0.8 / 1.0 MiB" in english and "l'administrateur" not in english
    fill(box, 30, 3)   # 90: nothing more
    settled(box, [80])
    fill(box, 70)      # 97
    settled(box, [80, 95])
    with box.imap(ME) as m:
        m.select("INBOX")
        m.store("7:8", "+FLAGS", "(\\Deleted)")  # 30 and 70: 88
        m.expunge()
    settled(box, [80, 95])
    fill(box, 90)      # 97 again
    settled(box, [80, 95, 95])


def test_one_big_delivery_is_told_of_once(box):
    box.submit(PEER, [ME], plain("gros", PEER, ME) + b"z" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 14000)  # 96 per cent at once
    settled(box, [95])
    for name in ("pli-stored", "pli-relayd"):  # a start of theirs tells nothing again
        pid = box.daemon(name)
        os.kill(pid, signal.SIGKILL)
        box.wait_daemon(name, not_pid=pid)
    settled(box, [95])


def test_messages_count_too_and_a_bound_that_comes_down(box):
    fill(box, 2, 9)
    settled(box, [])
    box.pli("account", "quota", ME, "--messages", "11")  # 9 of 11 are 81 per cent; the mail makes it 10, which are 90
    settled(box, [80])
    box.pli("account", "quota", ME, "--messages", "10")
    settled(box, [80, 95])
    box.pli("account", "quota", ME, "--messages", "100")  # far below
    settled(box, [80, 95])
    box.pli("account", "quota", ME, "--storage", "20K")
    settled(box, [80, 95, 95])


def test_a_full_mailbox_is_warned_and_that_is_no_refusal(box):
    """The warning comes in though nothing else does. Who writes from here hears why, at first for a while, and for good once that has lasted."""
    fill(box, 1000)  # 97: and the warning itself
    settled(box, [95])
    big = plain("non", PEER, ME) + (b"y" * 70 + b"\r\n") * 1000

    def refused():
        with box.smtp("submission", PEER) as s, pytest.raises(smtplib.SMTPRecipientsRefused) as why:
            s.sendmail(PEER, [ME], big)
        code, text = why.value.recipients[ME]
        return code, text.decode()

    code, text = refused()
    assert code == 452 and text.startswith("4.2.2 ") and "pleine" in text and "full" in text, text
    code, text = eventually(lambda: refused() if refused()[0] != 452 else None)
    assert code == 552 and text.startswith("5.2.2 ") and "pleine" in text and "full" in text, text
    box.pli("account", "quota", ME, "--storage", "2M")
    settled(box, [95])
    box.pli("account", "quota", ME, "--storage", "1M")
    settled(box, [95, 95])  # it took a warning, and is as full as before
    assert refused()[0] == 552


def ldap(inst, verb, *args, rows=""):
    uri = "ldapi://" + str(inst.root / "run/ldapi").replace("/", "%2F")
    r = subprocess.run([verb, "-x", "-D", "cn=dird,ou=daemons,o=pli", "-y", str(inst.root / "keys/dird.secret"), "-H", uri, *args],
                       input=rows, capture_output=True, text=True)
    assert r.returncode == 0, r.stderr[-500:]
    return r.stdout


def test_a_holder_whom_dird_cannot_read_keeps_no_other_waiting(box):
    """An entry that is no whole account. Until it is whole its holder is not told, everybody else is."""
    who = "egare@chu.test"
    box.add(who, sign="never", extra=["--quota", "0"])
    with box.imap(who) as m:
        for _ in range(4):
            m.append("INBOX", None, None, b"Subject: x\r\n\r\n")
    entry = f"mail={who},ou=mailboxes,o=pli"
    key = next(line for line in ldap(box, "ldapsearch", "-LLL", "-b", entry, "-s", "base", "pliMailboxKey").splitlines() if line.startswith("pliMailboxKey"))
    relayd = box.daemon("pli-relayd")
    os.kill(relayd, signal.SIGSTOP)
    try:
        box.pli("account", "quota", who, "--messages", "5")
        ldap(box, "ldapmodify", rows=f"dn: {entry}\nchangetype: modify\nreplace: pliMailboxKey\npliMailboxKey:: QUFB\n")
        eventually(lambda: f"ev=sync-odd-entry dn=mail={who}," in (box.root / "log/pli.log").read_text())
    finally:
        os.kill(relayd, signal.SIGCONT)
    settled(box, [])
    settled(box, [])
    assert told(box, who) == 0
    ldap(box, "ldapmodify", rows=f"dn: {entry}\nchangetype: modify\nreplace: pliMailboxKey\n{key}\n")
    eventually(lambda: told(box, who) == 2)


def test_the_command(box):
    box.pli("account", "quota", ME, "--storage", "3M", "--messages", "40")
    assert box.json("account", "quota", ME) == {"address": ME, "used": 0, "quota": 3 << 20, "messages": 0, "messages_quota": 40, "messages_own": True}
    with box.imap(ME) as m:  # a session that is open already
        assert ask(m, "GETQUOTAROOT INBOX")[0][1] == '* QUOTA "" (STORAGE 0 3072 MESSAGE 0 40)'
        shown = box.pli("account", "quota", ME, "--storage", "0", "--messages", "2")
        assert "any size" in shown and "0 of 2 (0 %)" in shown
        one = " {14+}\r\nSubject: x\r\n\r\n"
        assert ask(m, "APPEND INBOX" + one * 3)[1].startswith("NO [OVERQUOTA]") and ask(m, "APPEND INBOX" + one * 2)[1].startswith("OK")
        assert ask(m, 'GETQUOTA ""')[0] == ['* QUOTA "" (MESSAGE 2 2)']
        box.pli("account", "quota", ME, "--messages", "0")
        assert ask(m, 'GETQUOTA ""')[0][0].endswith("1000)")
        assert ask(m, "APPEND INBOX" + one)[1].startswith("OK")
    assert box.json("account", "quota", ME)["messages_own"] is False
    box.pli("account", "quota", ME, "--storage", "5M", "--messages", "2000")  # more than the setting: the account's own counts
    assert box.json("account", "quota", ME)["messages_quota"] == 2000
    entry = next(a for a in box.json("account", "list") if a["address"] == ME)  # as the directory has it
    assert (entry["quota"], entry["quota_messages"]) == (5 << 20, 2000)
    for wrong in (["--messages", "-1"], ["--messages", "x"], ["--storage", "beaucoup"]):
        assert box.pli("account", "quota", ME, *wrong, check=False).returncode == 2
    assert box.pli("account", "quota", "personne@chu.test", check=False).returncode == 1
