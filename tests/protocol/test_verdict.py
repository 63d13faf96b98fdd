# SPDX-License-Identifier: EUPL-1.2
"""What Authentication-Results says of signatures that others made: each word of RFC 7281 3.1, each form a signed mail comes in, each address a
certificate may hold. The same mail is asked of "pli cert verify": one judgement, two places to see it."""
import base64
import json
import os
import re
import smtplib
import subprocess

import pytest
from instance import Instance

ME = "gp@chu.test"
ENTITY = b"Content-Type: text/plain; charset=us-ascii\r\n\r\nEtat stable.\r\n"
P7S = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n"
EC, RSA = ("EC", "ec_paramgen_curve:P-256"), ("RSA", "rsa_keygen_bits:2048")


class Authority:
    """A signing authority of the test, made and used with the openssl command."""

    def __init__(self, folder):
        self.dir = folder
        self.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                 "-subj", "/O=Essai/CN=Autorite", "-days", "30", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def run(self, *argv, stdin=None):
        return subprocess.run(argv, input=stdin, capture_output=True, check=True, cwd=self.dir, timeout=120).stdout

    def leaf(self, name, san=f"email:{ME}", subject="/O=Essai/CN=Essai", eku="emailProtection", key=EC, more="", usage="digitalSignature,nonRepudiation"):
        (self.dir / f"{name}.ext").write_text("basicConstraints=CA:FALSE\n" + (f"keyUsage=critical,{usage}\n" if usage else "") + (f"extendedKeyUsage={eku}\n" if eku else "")
                                              + (f"subjectAltName={san}\n" if san else "") + more)
        if not (self.dir / f"{name}.key").exists():
            self.run("openssl", "genpkey", "-algorithm", key[0], "-pkeyopt", key[1], "-out", f"{name}.key")
        self.run("openssl", "req", "-new", "-utf8", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        self.run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "0x" + os.urandom(8).hex(), "-days", "30",
                 "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        return name

    def sign(self, *names, options=()):
        who = [x for n in names for x in ("-signer", f"{n}.pem", "-inkey", f"{n}.key")]
        return self.run("openssl", "cms", "-sign", "-binary", *who, "-outform", "DER", *options, stdin=ENTITY)


def head(sender=ME):
    return f"From: {sender}\r\nTo: {ME}\r\nSubject: signe\r\nDate: Sat, 28 Nov 2026 01:00:00 +0000\r\nMessage-ID: <{os.urandom(6).hex()}@a.test>\r\nMIME-Version: 1.0\r\n".encode()


def wrap(der):
    return b"".join(line + b"\r\n" for line in base64.encodebytes(der).splitlines())


def detached(der, part=P7S, entity=ENTITY, after=b"", sender=ME):
    return (head(sender) + b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=f1\r\n\r\n--f1\r\n" + entity
            + b"\r\n--f1\r\n" + part + b"\r\n" + wrap(der) + b"\r\n" + after + b"--f1--\r\n")


def opaque(der, fields=b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n"):
    return head() + fields + b"Content-Transfer-Encoding: base64\r\n\r\n" + wrap(der)


@pytest.fixture(scope="module")
def inst(tmp_path_factory):
    with Instance(serve=False) as pli:
        pli.authority = Authority(tmp_path_factory.mktemp("autorite"))
        (pli.root / "mail-anchors.pem").write_bytes((pli.authority.dir / "ca.pem").read_bytes() + (pli.root / "ca.pem").read_bytes())
        with open(pli.root / "pli.conf", "a") as f:
            f.write("smtpd { mail_anchors = mail-anchors.pem }\n")
        pli.serve()
        pli.add(ME, sign="never")
        yield pli


def result(inst, mail):
    """(word, the whole result) of the delivered message, and the command's word beside it."""
    inst.submit(ME, [ME], mail)
    stored = inst.fetch_all(ME)[-1]
    found = re.search(rb"smime=(\w+)(.*?)(?=\r\n[^\s]|;|\r\n\r\n)", stored, re.S)
    assert found, stored[:600]
    saved = inst.dir / "mail.eml"
    saved.write_bytes(mail)
    command = inst.pli("cert", "verify", str(saved), check=False)
    word = found[1].decode()
    assert command.stdout.startswith(f"smime={word}:"), (word, command.stdout, command.stderr)
    assert command.returncode == (0 if word == "pass" else 1)
    return word, re.sub(rb"\s+", b" ", found[0]).decode()


def no_pass(a, name, **kw):
    return detached(a.sign(a.leaf(name, **kw)))


WORDS = {
    "plain": ("pass", lambda a: detached(a.sign(a.leaf("n")))),
    "any extended usage (RFC 8550 4.4.4)": ("pass", lambda a: detached(a.sign(a.leaf("any", eku="anyExtendedKeyUsage")))),
    "no extended usage": ("pass", lambda a: detached(a.sign(a.leaf("none", eku=None)))),
    "no key usage": ("pass", lambda a: detached(a.sign(a.leaf("noku", usage=None)))),
    "not for mail": ("policy", lambda a: no_pass(a, "web", eku="serverAuth")),
    "key usage without signatures": ("policy", lambda a: no_pass(a, "enc", usage="keyEncipherment,dataEncipherment", key=RSA)),
    "a critical extension not known": ("policy", lambda a: no_pass(a, "crit", more="1.2.3.4=critical,ASN1:UTF8String:x\n")),
    "a further extension, not critical": ("pass", lambda a: no_pass(a, "ncrit", more="1.2.3.4=ASN1:UTF8String:x\n")),
    "no certificate": ("permerror", lambda a: detached(a.sign(a.leaf("n"), options=["-nocerts"]))),
    "no CMS": ("neutral", lambda a: detached(b"0\x05abcde")),
    "RSA of 1024": ("policy", lambda a: no_pass(a, "weak", key=("RSA", "rsa_keygen_bits:1024"))),
    "SHA-1": ("policy", lambda a: detached(a.sign(a.leaf("r", key=RSA), options=["-md", "sha1"]))),
    "MD5": ("policy", lambda a: detached(a.sign(a.leaf("r", key=RSA), options=["-md", "md5"]))),
    "no signed attributes": ("policy", lambda a: detached(a.sign(a.leaf("n"), options=["-noattr"]))),
    "content changed": ("fail", lambda a: detached(a.sign(a.leaf("n")), entity=ENTITY.replace(b"stable", b"grave!"))),
    "SHA-1, and content changed": ("fail", lambda a: detached(a.sign(a.leaf("r", key=RSA), options=["-md", "sha1"]), entity=ENTITY.replace(b"s", b"z"))),
    "no certificate of that serial": ("permerror", lambda a: detached(a.sign(a.leaf("n"), options=["-nocerts", "-certfile", a.leaf("r", key=RSA) + ".pem"]))),
    "content inside a detached one": ("neutral", lambda a: detached(a.sign(a.leaf("n"), options=["-nodetach"]))),
    # signed, in a form that is lawful or common
    "opaque": ("pass", lambda a: opaque(a.sign(a.leaf("n"), options=["-nodetach"]), b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n")),
    "opaque without smime-type": ("pass", lambda a: opaque(a.sign(a.leaf("n"), options=["-nodetach"]))),
    "opaque, by its file name": ("pass", lambda a: opaque(a.sign(a.leaf("n"), options=["-nodetach"]), b"Content-Type: application/octet-stream; name=smime.p7m\r\n")),
    "octet-stream smime.p7s": ("pass", lambda a: detached(a.sign(a.leaf("n")), part=P7S.replace(b"pkcs7-signature", b"octet-stream"))),
    "x-pkcs7-signature": ("pass", lambda a: detached(a.sign(a.leaf("n")), part=P7S.replace(b"pkcs7", b"x-pkcs7"))),
    "comment before the encoding": ("pass", lambda a: detached(a.sign(a.leaf("n")), part=P7S.replace(b": base64", b": (essai) base64 (fin)"))),
    "a third part": ("neutral", lambda a: detached(a.sign(a.leaf("n")), after=b"--f1\r\n\r\npied\r\n")),
    "encrypted": ("none", lambda a: opaque(a.run("openssl", "cms", "-encrypt", "-aes256", "-outform", "DER", a.leaf("r", key=RSA) + ".pem", stdin=ENTITY))),
    # two ways to take it apart: a reader that follows the other shows what nobody signed
    "a second boundary": ("neutral", lambda a: detached(a.sign(a.leaf("n"))).replace(b"boundary=f1\r\n", b"boundary=f1; boundary*=us-ascii''f2\r\n")),
    "a second Content-Type": ("neutral", lambda a: detached(a.sign(a.leaf("n"))).replace(b"boundary=f1\r\n", b"boundary=f1\r\nContent-Type: text/html\r\n")),
    # every address of a certificate
    "the second of two names": ("pass", lambda a: no_pass(a, "two", san=f"email:autre@chu.test,email:{ME}")),
    "in the subject alone": ("pass", lambda a: no_pass(a, "subj", san=None, subject=f"/CN=Essai/emailAddress={ME}")),
    "in the subject, another in the names": ("pass", lambda a: no_pass(a, "subj2", san="email:autre@chu.test", subject=f"/CN=Essai/emailAddress={ME}")),
    "SmtpUTF8Mailbox": ("pass", lambda a: no_pass(a, "utf8", san=f"otherName:1.3.6.1.5.5.7.8.9;UTF8:{ME}")),
    "capitals": ("pass", lambda a: no_pass(a, "caps", san="email:GP@CHU.test")),
    "another's": ("policy", lambda a: no_pass(a, "other", san="email:autre@chu.test")),
    "no address": ("policy", lambda a: no_pass(a, "noaddr", san=None)),
    # every signer
    "two signers, both good": ("pass", lambda a: detached(a.sign(a.leaf("other", san="email:autre@chu.test"), a.leaf("n")))),
    "two signers, one weak": ("policy", lambda a: detached(a.sign(a.leaf("n"), a.leaf("weak", key=("RSA", "rsa_keygen_bits:1024"))))),
    "two signers, one not for mail": ("policy", lambda a: detached(a.sign(a.leaf("n"), a.leaf("web", eku="serverAuth")))),
}


FROM = ["<autre@chu.test> <{}>", "<{}> <autre@chu.test>", "autre@chu.test <{}>", "{} autre@chu.test", "<{}> autre@chu.test", "\"{} <autre@chu.test>", "<autre@chu.test {}>"]


@pytest.mark.parametrize("author", FROM)
def test_an_author_that_reads_two_ways(inst, author):
    """One reader shows the one address, the next the other: refused where it is written, and no "pass" for what came so."""
    a, saved = inst.authority, inst.dir / "two.eml"
    mail = detached(a.sign(a.leaf("n")), sender=author.format(ME))
    with pytest.raises(smtplib.SMTPDataError) as refused:
        inst.submit(ME, [ME], mail)
    assert refused.value.smtp_code == 550 and refused.value.smtp_error.startswith(b"5.7.1 ")
    saved.write_bytes(mail)
    command = inst.pli("cert", "verify", str(saved), check=False)
    assert command.stdout.startswith("smime=policy:"), command


@pytest.mark.parametrize("case", WORDS)
def test_word(inst, case):
    want, make = WORDS[case]
    word, whole = result(inst, make(inst.authority))
    assert word == want, whole
    # what was not looked at is said wherever a true signature is spoken of
    assert ("(revocation not checked)" in whole) == (word in ("pass", "policy")), whole


A_LABEL = "hôpital".encode("idna").decode()
UTF8_MAILBOX = "[alt]\notherName=1.3.6.1.5.5.7.8.9;FORMAT:UTF8,UTF8:"


@pytest.mark.parametrize("held, author", [(f"gp@{A_LABEL}.test", "gp@hôpital.test"), ("gp@hôpital.test", f"gp@{A_LABEL}.test"), ("gé@hôpital.test", "gé@hôpital.test")])
def test_a_domain_in_both_its_forms(inst, held, author):
    """RFC 9598: SmtpUTF8Mailbox has U-labels, rfc822Name A-labels; From has what its writer liked."""
    a, saved = inst.authority, inst.dir / "idn.eml"
    der = a.sign(a.leaf("idn", san=f"email:{held}") if held.isascii() else a.leaf("idn", san="@alt", more=UTF8_MAILBOX + held + "\n"))
    for sender, word in ((author, "pass"), (author.replace("test", "autre"), "policy")):
        saved.write_bytes(detached(der, sender=sender))
        command = inst.pli("cert", "verify", str(saved), check=False)
        assert command.stdout.startswith(f"smime={word}:"), (sender, command)


def test_the_name_that_is_shown_is_the_author(inst):
    a = inst.authority
    assert f'body.smime-identifier="{ME}"' in result(inst, no_pass(a, "two", san=f"email:autre@chu.test,email:{ME}"))[1]


def test_another_certificate_for_the_same_key(inst):
    """RFC 5035: the signer said which certificate it meant. One that an authority issued to somebody else for the same key is not it."""
    a = inst.authority
    a.leaf("mine", subject="/CN=Mallory", san="email:mallory@chu.test")
    der = a.sign("mine", options=["-cades", "-keyid"])
    first = a.run("openssl", "x509", "-in", "mine.pem", "-outform", "DER")
    a.leaf("mine")
    assert result(inst, detached(a.sign("mine", options=["-cades", "-keyid"])))[0] == "pass"
    # the signature made for Mallory's certificate, carrying mine: the key identifier fits both
    bare = a.run("openssl", "cms", "-sign", "-binary", "-signer", "mine.pem", "-inkey", "mine.key", "-outform", "DER", "-cades", "-keyid", stdin=ENTITY)
    other = a.run("openssl", "x509", "-in", "mine.pem", "-outform", "DER")
    assert first in der and other in bare
    swapped = swap(der, first, other)
    word, whole = result(inst, detached(swapped))
    assert word == "fail" and "another certificate" in whole, whole


def swap(der, old, new):
    """The CMS with one certificate for another: the lengths of what holds it are written anew."""
    at = der.index(old)

    def length(n):
        body = n.to_bytes((n.bit_length() + 7) // 8, "big")
        return bytes([n]) if n < 128 else bytes([0x80 | len(body)]) + body

    def element(i):
        first, size = der[i + 1], 2
        n = first
        if first >= 128:
            size += first & 127
            n = int.from_bytes(der[i + 2:i + size], "big")
        return size, n

    def rebuilt(i):
        size, n = element(i)
        if i == at:
            return new
        end, j, out = i + size + n, i + size, b""
        if not i < at < end:
            return der[i:end]
        while j < end:
            out += rebuilt(j)
            s, m = element(j)
            j += s + m
        return der[i:i + 1] + length(len(out)) + out

    return rebuilt(0)


def test_mail_anchors_are_not_peer_anchors(inst):
    """The test's authority signs mail here; a peer with its certificate is nobody."""
    a = inst.authority
    a.leaf("peer", san="DNS:smtp.load.test", eku="clientAuth,serverAuth")
    pem = a.dir / "peer-both.pem"
    pem.write_bytes((a.dir / "peer.pem").read_bytes() + (a.dir / "peer.key").read_bytes())
    dn = a.run("openssl", "x509", "-in", "peer.pem", "-noout", "-subject", "-nameopt", "RFC2253").decode().strip().removeprefix("subject=")
    inst.pli("trust", "add", "load.test", "--dn", dn)
    with inst.smtp("smtp", pem=str(pem)) as s:
        assert s.mail("a@load.test")[0] == 554


def test_the_command_says_each_reason(inst):
    a = inst.authority
    saved = inst.dir / "two-faults.eml"
    saved.write_bytes(detached(a.sign(a.leaf("weakweb", key=("RSA", "rsa_keygen_bits:1024"), eku="serverAuth"), options=["-md", "sha1"])).replace(b"\r\n", b"\n"))
    out = inst.pli("cert", "verify", str(saved), check=False).stdout
    assert "weak digest" in out and "weak key" in out and "revocation  not checked" in out and f"address     {ME}" in out, out


@pytest.mark.parametrize("last", ["é", "xé"])
def test_a_long_name_keeps_its_signer_and_commands_no_terminal(inst, last):
    """A stranger's name is shown, cut: in the middle of a character it had no place in JSON, and the signer was missing there."""
    a = inst.authority
    saved = inst.dir / "long-name.eml"
    saved.write_bytes(detached(a.sign(a.leaf("longname", subject=f"/CN=Essai/OU={60 * 'é'}/OU={60 * 'é'}/OU={last}\u009b\u202e/O={60 * 'é'}"))).replace(b"\r\n", b"\n"))
    said = json.loads(inst.pli("cert", "verify", str(saved), "--json", check=False).stdout)
    assert len(said["signers"]) == 1 and 254 <= len(said["signers"][0]["subject"].encode()) <= 255
    out = inst.pli("cert", "verify", str(saved), check=False).stdout
    assert "signer      O=" in out and not {"\u009b", "\u202e"} & set(out), out


@pytest.mark.parametrize("argv, says", [(("absent.eml",), "cannot be read"), (("mail.eml", "--anchors", "absent.pem"), "trust anchors")])
def test_the_command_says_what_to_do(inst, argv, says):
    r = inst.pli("cert", "verify", *argv, check=False)
    assert r.returncode == 1 and says in r.stderr and r.stdout == "", r
