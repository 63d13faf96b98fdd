# SPDX-License-Identifier: EUPL-1.2
"""Submission by a delegate (DESIGN 6): From: another's mailbox when she has the right p there; the mailbox signs, who submitted it stays known."""
import re
import smtplib
import subprocess

import pytest
from instance import plain

BOX, SENDS, READS, TO = (f"envoi.{who}@chu.test" for who in ("cabinet", "marie", "paul", "labo"))


@pytest.fixture(scope="module")
def box(pli):
    pli.add(BOX, name="Cabinet des Lilas")
    pli.add(SENDS, name="Marie SECRETAIRE")
    pli.add(READS, sign="never")
    pli.add(TO, sign="never")
    pli.pli("delegate", "add", BOX, "--to", SENDS, "--rights", "send")
    pli.pli("delegate", "add", BOX, "--to", READS, "--rights", "work")
    return pli


def submit(pli, login, sender, author):
    with pli.smtp(login=login) as s:
        s.sendmail(sender, [TO], plain("au nom de", author, TO))
    return pli.fetch_all(TO)[-1]


def refused(pli, login, sender, author):
    with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError)) as e:
        submit(pli, login, sender, author)
    return e.value.smtp_code, re.sub(rb", id=\w+", b"", e.value.smtp_error)


def signer(message, tmp_path, pli):
    """openssl verifies the signature; the address in the signer's certificate."""
    (tmp_path / "m.eml").write_bytes(message)
    cert = tmp_path / "signer.pem"
    r = subprocess.run(["openssl", "cms", "-verify", "-in", tmp_path / "m.eml", "-CAfile", pli.ca, "-signer", cert, "-out", "/dev/null",
                        "-purpose", "any"], capture_output=True)
    assert r.returncode == 0, r.stderr
    return subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-ext", "subjectAltName"], capture_output=True, text=True).stdout


def test_the_mailbox_signs(box, tmp_path):
    got = submit(box, SENDS, BOX, BOX)
    assert re.search(rb"(?m)^From: <?" + BOX.encode(), got)
    assert BOX in signer(got, tmp_path, box) and SENDS not in signer(got, tmp_path, box)
    results = got[:got.index(b"\r\n\r\n")]
    assert b"smtp.auth=" + SENDS.encode() in results and b"smime=pass" in results
    lines = [line for line in box.output().splitlines() if "ev=delegate " in line and 'what="send"' in line]
    assert f"account={SENDS} mailbox={BOX}" in lines[-1] and "rc=ok" in lines[-1]
    # her own: hers
    assert SENDS in signer(submit(box, SENDS, SENDS, SENDS), tmp_path, box)
    # the envelope may be hers, the author the mailbox
    assert BOX in signer(submit(box, SENDS, SENDS, BOX), tmp_path, box)


def test_every_letter_that_names_the_mailbox_is_on_the_record(box):
    """The mailbox as envelope sender (it gets the reports), as Sender, as a second author: she signs, and may; the holder can see that it was done."""
    def told(sender, author, extra=""):
        before = len(box.output())
        with box.smtp(login=SENDS) as s:
            s.sendmail(sender, [TO], plain("au nom de", author, TO, extra=extra))
        return re.findall(r'ev=delegate account=(\S+) mailbox=(\S+) what="(\w+)"', box.output()[before:])

    assert told(SENDS, SENDS) == []
    assert told(BOX, SENDS) == [(SENDS, BOX, "named")]
    assert told(SENDS, SENDS, f"Sender: <{BOX}>\r\n") == [(SENDS, BOX, "named")]
    assert told(SENDS, f"{SENDS}>, <{BOX}") == [(SENDS, BOX, "named")]
    assert told(BOX, BOX, f"Sender: <{SENDS}>\r\n") == [(SENDS, BOX, "send")]


def test_without_the_right_p(box):
    assert refused(box, READS, READS, BOX) == refused(box, READS, READS, TO)  # as for any address that is not hers
    code, says = refused(box, READS, BOX, READS)
    assert code == 553 and b"5.7.1" in says
    assert refused(box, SENDS, SENDS, TO)[0] == 550
    assert refused(box, BOX, BOX, SENDS)[0] == 550  # the other way round
    box.pli("delegate", "add", BOX, "--to", SENDS, "--rights", "work")
    assert refused(box, SENDS, SENDS, BOX)[0] == 550
    box.pli("delegate", "add", BOX, "--to", SENDS, "--rights", "send")
    submit(box, SENDS, BOX, BOX)
    box.pli("delegate", "remove", BOX, "--to", SENDS)
    assert refused(box, SENDS, BOX, BOX)[0] == 553
