# SPDX-License-Identifier: EUPL-1.2
"""Submission to patients (spec/mssante.md 6): the address is a matricule INS with a right key, the message has 25 MB at most, as it leaves."""
import re

import pytest
from instance import Instance, plain

MAX = 100 * 1024
RIGHT = "279035121518989@patient.mssante.fr"
WRONG = {"key": "279035121518988", "name": "jean.dupont", "14 figures": "27903512151898", "16 figures": "2790351215189890",
         "sub-address": "279035121518989+x", "Corsica's letter with the other's key": "155082A00400174"}
FINE = {"as it is": "279035121518989", "Corsica": "155082A00400147", "small letter": "155082b00400174", "quoted": '"279035121518989"'}


def make(check="refuse"):
    pli = Instance(conf=[f'smtpd {{\n citizen_max = {MAX // 1024}k\n citizen_check = {check}\n}}'])
    pli.add("brut@chu.test", sign="never")
    pli.add("signe@chu.test", kind="per", name="Dr Marie MARTIN")
    pli.trust_operator("patient.mssante.fr")
    return pli


@pytest.fixture(scope="module")
def inst():
    with make() as pli:
        yield pli


def rcpt(inst, to, size=None):
    with inst.smtp(login="brut@chu.test") as s:
        assert s.mail("brut@chu.test", [f"SIZE={size}"] if size else [])[0] == 250
        code, text = s.docmd("RCPT", f"TO:<{to}>")
        return code, text.decode()


@pytest.mark.parametrize("name", WRONG)
def test_an_address_that_is_no_matricule(inst, name):
    before = len(inst.output())
    code, text = rcpt(inst, f"{WRONG[name]}@patient.mssante.fr")
    assert (code, text.split()[0]) == (550, "5.1.3"), text
    assert "matricule INS" in text and "valid INS number" in text
    lines = [ln for ln in inst.output()[before:].splitlines() if "why=citizen-address" in ln]
    assert len(lines) == 1 and "address=ins-" in lines[0] and WRONG[name] not in inst.output(), lines


@pytest.mark.parametrize("name", FINE)
def test_a_matricule(inst, name):
    assert rcpt(inst, f"{FINE[name]}@PATIENT.mssante.fr")[0] == 250
    assert FINE[name].strip('"') not in inst.output()


def test_too_large_is_told_before_it_is_sent(inst):
    assert rcpt(inst, RIGHT, MAX)[0] == 250
    code, text = rcpt(inst, RIGHT, MAX + 1)
    assert (code, text.split()[0]) == (552, "5.3.4") and "citoyenne" in text and "citizens" in text, text
    assert rcpt(inst, "signe@chu.test", MAX + 1)[0] == 250 # a limit of patients' mailboxes alone


def send(inst, who, size, to):
    message = plain("resultats", who, to, body="")
    message += (b"x" * 74 + b"\r\n") * ((size - len(message)) // 76)
    with inst.smtp(login=who) as s:
        s.mail(who), s.rcpt(to)
        code, text = s.data(message)
    return code, text.decode()


@pytest.mark.parametrize("who", ["brut@chu.test", "signe@chu.test"])
def test_what_was_not_announced_is_refused_at_its_end(inst, who):
    code, text = send(inst, who, MAX + 200, RIGHT)
    assert (code, text.split()[0]) == (552, "5.3.4"), text
    mid = re.search(r"id=([0-9a-f]{16})", text)[1]
    assert f"mid={mid} ev=refused " in inst.output()
    assert not [q for q in inst.json("queue", "list") if q.get("mid") == mid]
    assert send(inst, who, MAX + 200, "brut@chu.test")[0] == 250


def test_the_signature_counts(inst):
    """What fits as it came, and does no longer once it is signed, is refused; unsigned it goes."""
    size = MAX - 1000
    assert send(inst, "brut@chu.test", size, RIGHT)[0] == 250
    assert send(inst, "signe@chu.test", size, RIGHT)[0] == 552
    assert send(inst, "signe@chu.test", MAX // 2, RIGHT)[0] == 250


def test_warn_and_off():
    for check, lines in ("warn", 1), ("off", 0):
        with make(check) as pli:
            assert rcpt(pli, "jean.dupont@patient.mssante.fr")[0] == 250
            assert pli.output().count("ev=citizen-address") == lines and "jean.dupont" not in pli.output()
            assert rcpt(pli, RIGHT, MAX + 1)[0] == 552
