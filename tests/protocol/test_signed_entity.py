# SPDX-License-Identifier: EUPL-1.2
"""What is signed is seven bits and says what it is (RFC 8551 3.1.3); the signature names every address of the account and
carries a time that no reader takes for a fault (docs/decisions/0014)."""
import email
import email.policy
import email.utils
import re
import subprocess
import time

import pytest
from instance import Instance, plain

ME, ALIAS = "marie@chu.test", "secretariat@chu.test"


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add(ME, kind="per", name="Dr Marie MARTIN", extra=["--alias", ALIAS])
        yield pli


def head(extra="", sender=ME, date=None):
    when = time.time() if date is None else date
    return (f"From: <{sender}>\r\nTo: <{ME}>\r\nSubject: a signer\r\nDate: {email.utils.formatdate(when)}\r\n"
            f"Message-ID: <{time.monotonic_ns()}@chu.test>\r\nMIME-Version: 1.0\r\n{extra}").encode()


def mixed(*parts):
    return head("Content-Type: multipart/mixed; boundary=b\r\n\r\n") + b"".join(b"--b\r\n" + p + b"\r\n" for p in parts) + b"--b--\r\n"


def send(inst, message, options=("BODY=8BITMIME", "SMTPUTF8"), sender=ME):
    with inst.smtp(login=ME) as s:
        assert s.mail(sender, list(options))[0] == 250
        assert s.rcpt(ME)[0] == 250
        code, text = s.data(message)
        assert code == 250, text
    return inst.fetch_all(ME)[-1]


def verified(inst, tmp_path, data, *more):
    """The signed content as openssl gives it, when the signature holds; and the whole as a tree."""
    (tmp_path / "m.eml").write_bytes(data)
    r = subprocess.run(["openssl", "cms", "-verify", "-in", tmp_path / "m.eml", "-inform", "SMIME", "-CAfile", inst.ca, "-purpose",
                        "smimesign", "-signer", tmp_path / "signer.pem", "-out", tmp_path / "content", *more], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    return (tmp_path / "content").read_bytes(), email.message_from_bytes(data, policy=email.policy.default)


PDF = b"Content-Transfer-Encoding: base64\r\n\r\nAAAA"
NAME = "Résultat de l'été.pdf"
EIGHT = {
    "utf-8 file name": (mixed(b"Content-Type: text/plain\r\n\r\nx", b"Content-Type: application/pdf; name=\"%b\"\r\nContent-Disposition: attachment; filename=\"%b\"\r\n" % (2 * (NAME.encode(),)) + PDF),
                        lambda m: m.get_payload(1).get_filename() == NAME and m.get_payload(1)["content-type"].params["name"] == NAME),
    "latin-1 file name": (mixed(b"Content-Disposition: attachment; filename=\"%b\"\r\n" % NAME.encode("latin-1") + PDF), lambda m: m.get_payload(0).get_filename() == NAME),
    "root file name": (head() + b"Content-Type: application/pdf; name=\"%b\"\r\n" % NAME.encode() + PDF, lambda m: m["content-type"].params["name"] == NAME),
    "description": (mixed("Content-Description: la pièce jointe\r\n\r\nx".encode()), lambda m: m.get_payload(0)["content-description"] == "la pièce jointe"),
    "enclosed mail": (mixed("Content-Type: message/rfc822\r\n\r\nFrom: \"Zoé, Dr\" <z@ailleurs.test>\r\nSubject: Réponse à tout\r\n\r\nété".encode()),
                      lambda m: m.get_payload(0).get_payload(0)["from"].addresses[0].display_name == "Zoé, Dr" and m.get_payload(0).get_payload(0)["subject"] == "Réponse à tout"
                      and m.get_payload(0).get_payload(0)["from"].addresses[0].addr_spec == "z@ailleurs.test" and m.get_payload(0).get_payload(0).get_content() == "été"),
    "text without a label, utf-8": (head() + "\r\nété œdème\r\n".encode(), lambda m: m.get_content() == "été œdème\r\n" and m.get_content_charset() == "utf-8"),
    "text without a label, latin-1": (head() + "\r\nété\r\n".encode("latin-1"), lambda m: m.get_content() == "été\r\n" and m.get_content_charset() == "windows-1252"),
    "says us-ascii": (mixed("Content-Type: text/html; charset=us-ascii\r\n\r\n<p>été".encode()), lambda m: m.get_payload(0).get_content() == "<p>été"),
    "says utf-8, is latin-1": (mixed("Content-Type: text/plain; charset=utf-8\r\n\r\nété".encode("latin-1")), lambda m: m.get_payload(0).get_content() == "été"),
    "says iso-8859-15": (mixed("Content-Type: text/plain; charset=iso-8859-15\r\n\r\n5 €".encode("iso-8859-15")), lambda m: m.get_payload(0).get_content() == "5 €"),
    "multipart says base64": (head("Content-Transfer-Encoding: base64\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n") + "--b\r\n\r\nété\r\n--b--\r\n".encode(),
                              lambda m: m["content-transfer-encoding"] == "7bit" and m.get_payload(0).get_content() == "été"),
    # lines that no relay may have to break (RFC 5321 4.5.3.1.6), where no blank is to fold them at
    "long file name": (mixed(b"Content-Type: application/pdf; name=\"%b\"\r\nContent-Disposition: attachment; filename=\"%b\"\r\n" % (2 * (b"n" * 2000 + b".pdf",)) + PDF),
                       lambda m: m.get_payload(0).get_filename() == "n" * 2000 + ".pdf" and m.get_payload(0)["content-type"].params["name"] == "n" * 2000 + ".pdf"),
    "long root file name": (head() + b"Content-Type: application/pdf; name=\"" + b"n" * 3000 + b"\"\r\n" + PDF, lambda m: m["content-type"].params["name"] == "n" * 3000),
    "long description": (mixed(b"Content-Description: avant " + b"d" * 3000 + b"\r\n\r\nx"), lambda m: m.get_payload(0)["content-description"] == "avant " + "d" * 3000),
    "enclosed mail, long subject": (mixed(b"Content-Type: message/rfc822\r\n\r\nFrom: z@ailleurs.test\r\nSubject: " + b"s" * 2000 + b"\r\n\r\nx"),
                                    lambda m: m.get_payload(0).get_payload(0)["subject"] == "s" * 2000),
    "multipart without parts": (head("Content-Type: multipart/mixed; boundary=b\r\n\r\n") + "été\r\n".encode(), lambda m: m.get_content() == "été\r\n"),
}


@pytest.mark.parametrize("name", EIGHT)
def test_signed_entity_is_seven_bits(inst, tmp_path, name):
    message, holds = EIGHT[name]
    served = send(inst, message)
    content, tree = verified(inst, tmp_path, served)
    assert tree.get_content_type() == "multipart/signed"
    boundary = tree.get_boundary().encode()
    entity = served.split(b"--" + boundary + b"\r\n", 2)[1].removesuffix(b"\r\n")
    assert entity == content, "what is served is not what was signed"
    assert not [c for c in content if c > 127]
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert holds(email.message_from_bytes(content, policy=email.policy.default)), content


def test_outer_header_keeps_utf8(inst, tmp_path):
    served = send(inst, head("X-Note: été\r\n") + b"\r\nx\r\n")
    content, tree = verified(inst, tmp_path, served)
    assert "X-Note: été\r\n".encode() in served and b"X-Note" not in content


# ---- the time ----

@pytest.mark.parametrize("apart, timed", [(0, True), (-40 * 60, True), (40 * 60, True), (-61 * 60, False), (61 * 60, False), (-86400 * 30, False)])
def test_signing_time(inst, tmp_path, apart, timed):
    served = send(inst, head(date=time.time() + apart) + b"\r\nx\r\n")
    verified(inst, tmp_path, served)
    printed = subprocess.run(["openssl", "cms", "-cmsout", "-print", "-noout", "-in", tmp_path / "m.eml", "-inform", "SMIME"], capture_output=True, text=True).stdout
    assert ("signingTime" in printed) is timed
    assert "messageDigest" in printed and "contentType" in printed


def test_date_that_is_none(inst, tmp_path):
    served = send(inst, plain("sans date", ME, ME).replace(b"Date: ", b"Date: hier, pas "))
    verified(inst, tmp_path, served)


# ---- whose signature ----

def addresses(pem):
    text = subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-ext", "subjectAltName"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"email:([^\s,]+)", text)


def test_certificate_names_the_aliases(inst, tmp_path):
    served = send(inst, head(sender=ALIAS) + b"\r\nx\r\n", sender=ALIAS)
    verified(inst, tmp_path, served)
    assert addresses(tmp_path / "signer.pem") == [ME, ALIAS]


@pytest.mark.parametrize("algorithm, key", [("rsa", "rsaEncryption"), ("ecdsa", "id-ecPublicKey")])
def test_certificate_follows_the_aliases(inst, tmp_path, algorithm, key):
    who = f"service.{algorithm}@chu.test"
    inst.add(who, extra=["--algorithm", algorithm])

    def signer():
        message = head(sender=who) + b"\r\nx\r\n"
        with inst.smtp(login=who) as s:
            assert s.sendmail(who, [ME], message) == {}
        verified(inst, tmp_path, inst.fetch_all(ME)[-1])
        return addresses(tmp_path / "signer.pem")
    assert signer() == [who]
    inst.pli("account", "set", who, "--alias", f"a.{algorithm}@chu.test", "--alias", f"b.{algorithm}@chu.test")
    assert signer() == [who, f"a.{algorithm}@chu.test", f"b.{algorithm}@chu.test"]
    printed = subprocess.run(["openssl", "x509", "-in", tmp_path / "signer.pem", "-noout", "-text"], capture_output=True, text=True).stdout
    assert f"Public Key Algorithm: {key}" in printed
    inst.pli("account", "set", who, "--alias", "")
    assert signer() == [who]


def test_never_stays_never(inst):
    inst.add("muet@chu.test")
    inst.pli("account", "set", "muet@chu.test", "--sign", "never")
    inst.pli("account", "set", "muet@chu.test", "--alias", "silence@chu.test")
    assert inst.json("account", "show", "muet@chu.test")["sign"] is False
