# SPDX-License-Identifier: EUPL-1.2
"""What must not be signed is refused before keyd is asked for a signature: winmail.dat, bare CR and LF, NUL, a line without end, a From that is not held.
What can be repaired is, in test_signed_entity.py. An account that does not sign is held to the same."""
import re

import pytest
from instance import Instance

SIGNS, NOT = "signe@chu.test", "brut@chu.test"


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add(SIGNS, kind="per", name="Dr Marie MARTIN")
        pli.add(NOT, sign="never")
        yield pli


def mixed(part):
    return b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nvoici\r\n--b\r\n' + part + b"\r\n--b--\r\n"


TNEF, LINE, NUL, LONG = ("550", "5.6.1"), ("554", "5.6.0"), ("554", "5.6.0"), ("554", "5.6.0")
BASE64 = b"Content-Transfer-Encoding: base64\r\n\r\neJ8+IgAA\r\n"
CASES = {
    "winmail.dat by its type": (mixed(b"Content-Type: application/ms-tnef\r\n" + BASE64), TNEF),
    "the type in other letters": (mixed(b"Content-Type: Application/MS-TNEF; x=y\r\n" + BASE64), TNEF),
    "the other type": (mixed(b"Content-Type: application/vnd.ms-tnef\r\n" + BASE64), TNEF),
    "by its name": (mixed(b"Content-Type: application/octet-stream; name=winmail.dat\r\n" + BASE64), TNEF),
    "by its name in capitals": (mixed(b'Content-Disposition: attachment; filename="WINMAIL.DAT"\r\n' + BASE64), TNEF),
    "by its name, encoded": (mixed(b"Content-Disposition: attachment; filename*=utf-8''win%6Dail.dat\r\n" + BASE64), TNEF),
    "by its name, RFC 2047": (mixed(b'Content-Type: application/octet-stream; name="=?utf-8?B?d2lubWFpbC5kYXQ=?="\r\n' + BASE64), TNEF),
    "nested": (mixed(b'Content-Type: multipart/mixed; boundary="c"\r\n\r\n--c\r\nContent-Type: application/ms-tnef\r\n' + BASE64 + b"--c--"), TNEF),
    "in an enclosed message": (mixed(b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\nContent-Type: application/ms-tnef\r\n" + BASE64), TNEF),
    "all of it": (b"Content-Type: application/ms-tnef\r\n" + BASE64, TNEF),
    "bare LF in the header": (b"X-A: b\nX-C: d\r\n\r\nx\r\n", LINE),
    "bare CR in the header": (b"X-A: b\rX-C: d\r\n\r\nx\r\n", LINE),
    "bare LF in the body": (b"\r\na\nb\r\n", LINE),
    "bare CR in the body": (b"\r\na\rb\r\n", LINE),
    "bare CR before a line's end": (b"\r\na\r\r\nb\r\n", LINE),
    "NUL in the header": (b"X-A: b\0c\r\n\r\nx\r\n", NUL),
    "NUL in the body": (b"\r\na\0b\r\n", NUL),
    "a line without end": (b"\r\n" + b"x" * 1_000_000 + b"\r\n", LONG),
    "another's From": (b"\r\nx\r\n", ("550", "5.7.1")),
}


@pytest.mark.parametrize("who", [SIGNS, NOT])
@pytest.mark.parametrize("how", ["DATA", "BDAT"])
@pytest.mark.parametrize("name", CASES)
def test_refused_before_it_is_signed(inst, who, how, name):
    rest, want = CASES[name]
    author = "pas-moi@chu.test" if name.startswith("another") else who
    message = f"From: <{author}>\r\nTo: <{NOT}>\r\nSubject: x\r\n".encode() + rest
    signed, boxed = inst.output().count("ev=sign-mail"), len(inst.fetch_all(NOT))
    with inst.smtp(login=who) as s:
        assert s.mail(who)[0] == 250 and s.rcpt(NOT)[0] == 250
        if how == "DATA":
            assert s.docmd("DATA")[0] == 354
            s.send(message + b".\r\n")
        else:
            s.send(b"BDAT %d LAST\r\n" % len(message) + message)
        code, text = s.getreply()
    assert (str(code), text.decode().split()[0]) == want, text
    assert inst.output().count("ev=sign-mail") == signed and len(inst.fetch_all(NOT)) == boxed


def test_a_good_one_is_signed_once(inst):
    """The event that the test above counts is there when there is a signature."""
    before = inst.output().count("ev=sign-mail")
    inst.submit(SIGNS, [NOT], f"From: <{SIGNS}>\r\nTo: <{NOT}>\r\nSubject: x\r\n\r\nx\r\n".encode())
    assert inst.output().count("ev=sign-mail") == before + 1
    assert re.search(rb"(?i)content-type: multipart/signed", inst.fetch_all(NOT)[-1])
