# SPDX-License-Identifier: EUPL-1.2
"""What a submission gets, what is taken out of it, and what is answered about its recipients (RFC 6409, RFC 5321)."""
import re

import pytest
from instance import Instance, plain

WHO = {"signs": "signe@chu.test", "does not sign": "brut@chu.test"}
PATIENT = "279035121518989@patient.mssante.fr"


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add("signe@chu.test", kind="per", name="Dr Marie MARTIN")
        pli.add("brut@chu.test", sign="never")
        pli.add("gp@chu.test", sign="never")
        pli.trust_operator("patient.mssante.fr")
        yield pli


def filed(inst, who, message):
    """The header of what the recipient gets, unfolded; of the whole message, so that nothing hides inside the signed part."""
    inst.submit(who, ["gp@chu.test"], message)
    return inst.fetch_all("gp@chu.test")[-1]


def head(message):
    return message.split(b"\r\n\r\n", 1)[0]


@pytest.mark.parametrize("who", WHO)
def test_date_and_message_id_are_added(inst, who):
    bare = f"From: <{WHO[who]}>\r\nTo: <gp@chu.test>\r\nSubject: nu\r\n\r\nx\r\n".encode()
    got = head(filed(inst, WHO[who], bare))
    assert re.search(rb"(?m)^Date: \w{3}, \d\d? \w{3} \d{4} ", got), got
    assert len(re.findall(rb"(?m)^Message-ID: <[0-9a-f]{32}@mail\.chu\.test>\r$", got)) == 1, got


@pytest.mark.parametrize("who", WHO)
def test_what_is_there_stays_once(inst, who):
    got = head(filed(inst, WHO[who], plain("la", WHO[who], "gp@chu.test")))
    assert len(re.findall(rb"(?mi)^Date:", got)) == len(re.findall(rb"(?mi)^Message-ID:", got)) == 1
    assert b"21 Nov 2026 10:00:00" in got


@pytest.mark.parametrize("who", WHO)
def test_blind_copies_are_taken_out(inst, who):
    extra = "Bcc: <secret@chu.test>,\r\n <deux@chu.test>\r\nresent-bcc: <trois@chu.test>\r\nX-Bcc: reste\r\n"
    got = filed(inst, WHO[who], plain("aveugle", WHO[who], "gp@chu.test", extra=extra))
    assert not re.search(rb"(?mi)^(Resent-)?Bcc:", got) and b"secret@" not in got and b"deux@" not in got and b"trois@" not in got
    assert b"X-Bcc: reste" in got


@pytest.mark.parametrize("mark", ["From ", ">From "])
@pytest.mark.parametrize("who", WHO)
def test_the_line_of_a_mailbox_file_is_left_out(inst, who, mark):
    message = f"{mark}jeanne Sat Nov 28 01:00:00 2026\r\n".encode() + plain("mbox", WHO[who], "gp@chu.test")
    got = filed(inst, WHO[who], message)
    assert b"jeanne" not in got and b"Subject: mbox" in got


def test_offered_is_done(inst):
    with inst.smtp(login="brut@chu.test") as s:
        s.ehlo()
        assert {"dsn", "requiretls"} <= set(s.esmtp_features)
        assert s.esmtp_features["limits"] == "RCPTMAX=500"
        assert s.esmtp_features["size"] == str(50 * 1024 * 1024)


def test_the_last_recipient_that_the_limit_takes(inst):
    with inst.smtp(login="brut@chu.test") as s:
        s.mail("brut@chu.test")
        answers = [s.rcpt("gp@chu.test" if n else f"gp+{n}@chu.test")[0] for n in range(501)]
    assert answers == [250] * 500 + [452]


def test_a_list_with_many_that_left(inst):
    """Each unknown recipient has its own answer, and the session goes on: the letter reaches who is there (RFC 5321 3.3)."""
    before = len(inst.fetch_all("gp@chu.test"))
    with inst.smtp(login="brut@chu.test") as s:
        s.mail("brut@chu.test")
        assert {s.rcpt(f"parti{n}@chu.test")[0] for n in range(150)} == {550}
        assert s.rcpt("gp@chu.test")[0] == 250
        assert s.data(plain("liste", "brut@chu.test", "gp@chu.test"))[0] == 250
    assert len(inst.fetch_all("gp@chu.test")) == before + 1


def test_an_operator_that_gathers_addresses(inst):
    with inst.smtp("smtp", pem=inst.trust_operator("load.test")) as s:
        s.mail("a@load.test")
        answers = [s.rcpt(f"essai{n}@chu.test")[0] for n in range(100)]
        assert answers == [550] * 100
        code, text = s.getreply()
    assert code == 421 and text.startswith(b"4.7.0"), (code, text)


def test_postmaster(inst):
    """RFC 5321 4.5.1: with nothing set up, the first account of the instance is postmaster; an account or alias of that name goes before."""
    with inst.smtp("smtp", pem=inst.trust_operator("load.test")) as s:
        s.mail("a@load.test")
        assert [s.docmd("RCPT", f"TO:<{a}>")[0] for a in ("Postmaster", "postmaster@chu.test", "POSTMASTER@CHU.test")] == [250] * 3
        assert s.docmd("RCPT", "TO:<postmaster@autre.test>")[0] == 550
        assert s.data(plain("au maitre", "a@load.test", "postmaster@chu.test"))[0] == 250
    assert b"au maitre" in inst.fetch_all("signe@chu.test")[-1]
    inst.add("maitre@chu.test", sign="never", extra=["--alias", "postmaster@chu.test"])
    inst.inbound("a@load.test", ["postmaster@chu.test"], plain("au nouveau", "a@load.test", "postmaster@chu.test"))
    assert b"au nouveau" in inst.fetch_all("maitre@chu.test")[-1]


def test_the_log_says_who_got_it(inst):
    with inst.smtp(login="brut@chu.test") as s:
        s.mail("brut@chu.test"), s.rcpt("gp@chu.test"), s.rcpt("signe@chu.test")
        code, text = s.data(plain("suivi", "brut@chu.test", "gp@chu.test"))
        mid = re.search(rb"id=([0-9a-f]{16})", text)[1].decode()
        assert code == 250
        s.mail("brut@chu.test"), s.rcpt("gp@chu.test")
        code, text = s.data(b"From: <autre@chu.test>\r\n\r\nx\r\n")
        refused = re.search(rb"id=([0-9a-f]{16})", text)[1].decode()
        assert code == 550
        s.mail("brut@chu.test"), s.rcpt("personne@chu.test")
    lines = inst.pli("log", "find", "GP@chu.test").splitlines()
    assert any(f"mid={mid}" in ln and "ev=filed-for" in ln and "signe@chu.test" in ln for ln in lines), lines
    assert any(f"mid={refused}" in ln and "ev=refused-for" in ln for ln in lines), lines
    assert "why=unknown-recipient" in inst.pli("log", "find", "personne@chu.test")
    assert inst.pli("log", "find", "p@chu.test", check=False).returncode == 1


def test_every_recipient_of_a_long_list_is_in_the_log(inst):
    """A line of the log is bounded, a list is not: nobody falls off its end."""
    names = [f"gp+{n:03d}{'x' * 50}@chu.test" for n in range(120)]
    with inst.smtp(login="brut@chu.test") as s:
        s.mail("brut@chu.test")
        assert {s.rcpt(name)[0] for name in names} == {250}
        code, text = s.data(plain("liste", "brut@chu.test", "gp@chu.test"))
        assert code == 250
    mid = re.search(rb"id=([0-9a-f]{16})", text)[1].decode()
    lines = [ln for ln in (inst.root / "log/pli.log").read_text().splitlines() if f"mid={mid}" in ln and "ev=filed-for" in ln]
    assert [a for ln in lines for a in ln.split(" to=")[1].split(",")] == names


def test_a_patient_is_a_hash_in_the_log(inst):
    with inst.smtp(login="brut@chu.test") as s:
        s.mail("brut@chu.test"), s.rcpt(PATIENT)
        assert s.data(plain("resultat", "brut@chu.test", PATIENT))[0] == 250
        s.mail("brut@chu.test")
        s.rcpt("1850175123456A9@ailleurs.test")
    log = (inst.root / "log/pli.log").read_text()
    assert PATIENT.split("@")[0] not in log and "1850175123456" not in log
    lines = inst.pli("log", "find", PATIENT.upper()).splitlines()
    assert any("ev=filed-for" in ln and re.search(r"to=ins-[0-9a-f]{16}@patient\.mssante\.fr", ln) for ln in lines), lines
    assert inst.json("log", "find", PATIENT) == lines
