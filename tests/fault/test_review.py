# SPDX-License-Identifier: EUPL-1.2
"""What an attacker tried and must not get: one test a try, each the memory of a hole that was there or might have been."""
import base64
import imaplib
import os
import re
import select
import signal
import smtplib
import subprocess
import time

import pytest
from instance import PASSWORD, Instance, PliError, plain

MARK = "zqxmarkerw"


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add("gp@chu.test")
        pli.trust_operator("chu.test")
        yield pli


def results(inst, data):
    """The verdicts that Pli writes on a letter that comes through port 25."""
    inst.inbound("gp@chu.test", "gp@chu.test", data, operator="chu.test")
    return re.search(rb"(?ms)^Authentication-Results:.*?(?=^\S)", inst.fetch_all("gp@chu.test")[-1]).group()


def test_signature_vouches_for_one_from_only(inst):
    """A valid signer who adds a second From: of somebody else must not get a pass: a reader shows one of the two."""
    inst.submit("gp@chu.test", ["gp@chu.test"], plain("signe", "gp@chu.test", "gp@chu.test"))
    served = inst.fetch_all("gp@chu.test")[-1]
    signed = served[re.search(rb"(?m)^From:", served).start():]
    assert b"smime=pass" in results(inst, signed)
    assert b"smime=policy" in results(inst, b"From: directeur@chu.test\r\n" + signed)
    assert b"smime=policy" in results(inst, signed.replace(b"\r\n", b"\r\nFrom : directeur@chu.test\r\n", 1))
    assert b"smime=pass" not in results(inst, signed.replace(b"From: ", b"From: directeur@chu.test (", 1).replace(b"\r\n", b")\r\n", 1))


def test_what_is_typed_as_a_login_is_not_logged(inst):
    """A login that is no address here may be a password in the wrong field."""
    with inst.smtp() as s:
        for login, password in ((MARK, "x"), (f"gp@chu.test{MARK}", "x"), ("gp@chu.test", MARK)):
            blob = base64.b64encode(f"\0{login}\0{password}".encode()).decode()
            assert s.docmd("AUTH", f"PLAIN {blob}")[0] in (535, 454)
    m = inst.imap()
    with pytest.raises(Exception):
        m.login(MARK, MARK)
    hits = subprocess.run(["grep", "-rlaF", MARK, str(inst.dir)], capture_output=True, text=True).stdout
    assert not hits, hits
    assert PASSWORD not in inst.output()


def test_large_messages_among_small_ones(inst):
    """A message too large for a page of the store, read in the middle of a listing: those behind it are served all the same."""
    inst.add("mixte@chu.test", sign="never")
    sizes = [10, 300_000, 20, 30, 90_000, 40, 70_000, 1_500_000, 50]
    sent = [b"Subject: n%d\r\n\r\n" % n + b"x" * 70 * (n // 70) + b"y" * (n % 70) + b"\r\n" for n in sizes]
    with inst.imap("mixte@chu.test") as m:
        for data in sent:
            assert m.append("INBOX", None, None, data)[0] == "OK"
        m.select("INBOX", readonly=True)
        for rows in ("1:*", "2:*", "2:4", "5:6", "7:9", "1,3,5:9"):
            for items in ("(BODY.PEEK[])", "(BODY.PEEK[] BODY.PEEK[TEXT] ENVELOPE)"):
                typ, d = m.fetch(rows, items)
                assert typ == "OK", (rows, items, d)
        got = [x[1] for x in m.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(x, tuple)]
        assert got == sent


def told(sock, timeout=15):
    """Waits until the server has said something unasked."""
    assert select.select([sock], [], [], timeout)[0], "nothing was said"


def test_sessions_of_a_disabled_account_end(inst):
    """Disabled or deleted while signed in: nothing more is sent or read; on enabling, everything is there again."""
    inst.add("parti@chu.test", sign="never")
    letter = plain("encore", "parti@chu.test", "parti@chu.test")
    m = inst.imap("parti@chu.test")
    with inst.smtp(login="parti@chu.test") as s:
        s.sendmail("parti@chu.test", ["parti@chu.test"], letter)
        m.select("INBOX")
        inst.pli("account", "disable", "parti@chu.test")
        told(s.sock)
        told(m.sock)
        with pytest.raises(smtplib.SMTPSenderRefused) as no:
            s.sendmail("parti@chu.test", ["gp@chu.test"], letter)
        assert no.value.smtp_code == 421
        with pytest.raises(imaplib.IMAP4.abort, match="Account changed"):
            m.fetch("1", "(BODY[])")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        inst.smtp(login="parti@chu.test")
    inst.pli("account", "enable", "parti@chu.test")
    assert len(inst.fetch_all("parti@chu.test")) == 1
    m = inst.imap("parti@chu.test")
    m.select("INBOX")
    m.send(b"i1 IDLE\r\n")
    assert m.readline().startswith(b"+ ")
    inst.pli("account", "delete", "parti@chu.test", "--yes")
    told(m.sock)
    m.send(b"DONE\r\ni2 NOOP\r\n")
    lines = [m.readline()]
    while lines[-1]:
        lines.append(m.readline())
    assert b"* BYE " in b"".join(lines) and not lines[-1], lines


def test_directory_that_answers_too_late(inst):
    """slapd hangs while an account is added, and makes the entry when it wakes up: then the account has its mailbox."""
    slapd = inst.daemon("slapd")
    inst.add("avant@chu.test")
    os.kill(slapd, signal.SIGSTOP)
    try:
        with pytest.raises(PliError):
            inst.add("tardif@chu.test", sign="never")
    finally:
        os.kill(slapd, signal.SIGCONT)
    end = time.monotonic() + 10
    while time.monotonic() < end and inst.pli("account", "show", "tardif@chu.test", check=False).returncode:
        time.sleep(0.2)
    if inst.pli("account", "show", "tardif@chu.test", check=False).returncode:
        inst.add("tardif@chu.test", sign="never")    # it never took place: so it can be done again
    inst.submit("gp@chu.test", ["tardif@chu.test"], plain("tard", "gp@chu.test", "tardif@chu.test"))
    assert len(inst.fetch_all("tardif@chu.test")) == 1
