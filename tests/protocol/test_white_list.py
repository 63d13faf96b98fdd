# SPDX-License-Identifier: EUPL-1.2
"""The white list is taken when it is what the trust space signed, and for nothing else: trust/list through a test tool that reads many in one process
(tests/lib/read_lists.c), pli trust verify, and the real list where it is at hand. The lists are made and signed by tests/lib/white_list.py."""
import base64
import datetime
import json
import os
import pathlib
import re
import struct
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib"))
import white_list as wl  # noqa: E402
from instance import Instance, build_dir  # noqa: E402

REAL = TOP.parent / "shared/data/mssante/liste-blanche-2025-02-28.xml"
GENERATED = "2026-05-12T06:00:00Z"
NOW = int(datetime.datetime(2026, 5, 20, tzinfo=datetime.timezone.utc).timestamp())


def utc(*args):
    return datetime.datetime(*args, tzinfo=datetime.timezone.utc)


class Space:
    """One authority, its signers, and a reader that knows them."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = wl.Authority(start=utc(2020, 1, 1), end=utc(2040, 1, 1))
        self.signer = self.make(kind="ec")
        self.other = self.make(kind="ec", cn="autre.mssante.fr", email="autre@mssante.fr")
        self.entries = wl.operators(3)
        self.good = self.list()

    def make(self, start=utc(2025, 1, 1), end=utc(2028, 1, 1), **how):
        return self.ca.signer(start=start, end=end, **how)

    def list(self, entries=None, signer=None, generated=GENERATED, **how):
        return wl.white_list(self.entries if entries is None else entries, signer or self.signer, generated, **how)

    def signed(self, text, **how):
        """A text of our own in place of the list, signed like one."""
        return wl.enclosed(text, wl.signature(text.encode(), self.signer, **how))

    def read(self, lists, signer=None, anchors=None, name=None, now=NOW, expired="generation", where="here"):
        """What is said of each list: a list of fields, the first "ok" or the rc, the second of a refusal its cause."""
        paths = []
        for kind, pem in (("signer", signer), ("anchors", anchors)):
            path = self.folder / f"{kind}.pem"
            path.write_text(pem or "")
            paths.append(str(path) if pem else "-")
        data = b"".join(struct.pack("<I", len(x)) + x for x in lists)
        done = subprocess.run([build_dir() / "test/tests/lib/read_lists", where, *paths, name or "-", str(now), expired], input=data,
                              capture_output=True)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-3000:]
        lines = [line.split("\t") for line in done.stdout.decode("utf-8", "replace").splitlines()]
        assert len(lines) == len(lists)
        return lines

    def pinned(self, *lists, signer=None, **how):
        return self.read(lists, signer=(signer or self.signer).pem, **how)

    def chained(self, *lists, name="alb.mssante.fr", anchors=None, **how):
        return self.read(lists, anchors=anchors or self.ca.pem, name=name, **how)


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    return Space(tmp_path_factory.mktemp("lists"))


def refused(answers, cause, why=""):
    for i, a in enumerate(answers):
        assert a[:2] == ["denied", "list-" + cause], (i, a)
        assert why in a[2], (i, a)


# ---- what is taken ----
@pytest.mark.parametrize("kind", ["rsa", "ec", "ec384"])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_signed_lists_are_taken(space, kind, digest):
    signer = space.make(kind=kind)
    xml = space.list(signer=signer, digest=digest)
    for answer in space.pinned(xml, signer=signer) + space.chained(xml) + space.chained(xml, name="ALB@mssante.FR", where="apart"):
        assert answer[:8] == ["ok", str(int(utc(2026, 5, 12, 6).timestamp())), "3", "3", "3", "0", "0", "0"]


def test_a_list_that_xmlsec1_signed_is_taken(space, tmp_path):
    """The library's own writer, in its own layout of the signature."""
    signature = wl.signature(b"", space.signer)
    empty = re.sub(r"(<DigestValue>|<SignatureValue>)[^<]*", r"\1", signature)
    empty = re.sub(r"<X509Data>.*</X509Data>", "<X509Data></X509Data>", empty, flags=re.S)
    empty = re.sub(r"><", ">\n  <", empty)
    template, key, cert = tmp_path / "t.xml", tmp_path / "key.pem", tmp_path / "cert.pem"
    template.write_bytes(wl.enclosed(wl.unsigned(space.entries, GENERATED), empty))
    key.write_text(space.signer.key_pem())
    cert.write_text(space.signer.pem)
    done = subprocess.run(["xmlsec1", "--sign", "--privkey-pem", f"{key},{cert}", str(template)], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert space.pinned(done.stdout)[0][:3] == space.pinned(space.good)[0][:3]


def test_an_intermediate_authority(space):
    below = wl.Authority("AC Essai Organisations", above=space.ca, start=utc(2021, 1, 1), end=utc(2035, 1, 1))
    signer = below.signer(start=utc(2025, 1, 1), end=utc(2028, 1, 1), kind="ec")
    xml = space.list(signer=signer)
    assert space.chained(xml, anchors=below.pem + space.ca.pem)[0][0] == "ok"
    assert space.chained(xml, anchors=below.pem)[0][0] == "ok"
    refused(space.chained(xml), "signer", "issuer")
    refused(space.chained(xml, anchors=wl.Authority("Autre").pem), "signer", "issuer")


def test_what_does_not_change_the_signed_text_changes_nothing(space):
    """Comments, the declaration, the way a tag or a character is written: the canonical form is the same, and so are the entries."""
    plain = space.good.decode()
    same = [plain.replace('<?xml version="1.0" encoding="UTF-8"?>', ""), plain.replace("smtp.op1", "smt&#112;.op1"),
            plain.replace("<Nom>", "<Nom  >", 1), plain.replace("</Nom>", "</Nom >", 1), plain.replace("OPERATEUR", "<![CDATA[OPERATEUR]]>"),
            plain.replace("op2.mssante.fr</Nom>", "op2.<!-- x --><!-- y -->mssante.fr</Nom>"), "\ufeff" + plain, plain + "<!-- end -->\n"]
    want = space.pinned(space.good)[0]
    assert want[0] == "ok"
    for text, answer in zip(same, space.pinned(*[t.encode() for t in same])):
        assert text != plain and answer == want, text


def test_what_is_left_out_is_counted(space):
    entries = space.entries + [space.entries[0], ("mé_d.mssante.fr", "CN=x,C=FR"), ("ok.mssante.fr", "hello"), ("-.fr", "CN=x,C=FR")]
    assert space.pinned(space.list(entries))[0][2:7] == ["7", "3", "3", "1", "3"]


def test_a_domain_with_accents_is_its_a_labels(space):
    dn = space.entries[0][1]
    one = space.pinned(space.list([("xn--mdecins-bya.mssante.fr", dn)]))[0]
    both = space.pinned(space.list([("médecins.mssante.fr", dn), ("MÉDECINS.mssante.fr", dn), ("xn--mdecins-bya.mssante.fr", dn)]))[0]
    assert one[0] == both[0] == "ok"
    assert one[2:7] == ["1", "1", "1", "0", "0"] and both[2:5] == ["3", "1", "1"], (one, both)


def test_elements_that_are_not_known_are_passed_over(space):
    plain = wl.unsigned(space.entries, GENERATED)
    text = plain.replace("<Description>", "<Nouveau><Nom>evil.fr</Nom></Nouveau><Description>").replace(
        "    <ListeDomaines>", "    <Version>2</Version><Autre><Domaine><Nom>evil.fr</Nom></Domaine></Autre><ListeDomaines>").replace(
        "        <Domaine>", "        <Nouveau><Domaine></Domaine></Nouveau><Domaine>", 1)
    text = text.replace("</ListeDomaines>", '<x:Domaine xmlns:x="urn:x"><x:Nom>evil.fr</x:Nom></x:Domaine></ListeDomaines>')
    assert text != plain and space.pinned(space.signed(text))[0] == space.pinned(space.good)[0]


# ---- one byte ----
def test_every_byte_changed(space):
    """Each octet of a list in turn: another one, taken away, doubled. It is refused, or the entries are the very same."""
    xml, want = space.list(space.entries[:1]), None
    want = space.pinned(xml)[0]
    assert want[0] == "ok"
    changed = [xml[:i] + bytes([xml[i] ^ 1]) + xml[i + 1:] for i in range(len(xml))]
    changed += [xml[:i] + xml[i + 1:] for i in range(len(xml))]
    changed += [xml[:i] + xml[i:i + 1] + xml[i:] for i in range(len(xml))]
    answers = space.pinned(*changed)
    taken = [(c, a) for c, a in zip(changed, answers) if a[0] == "ok"]
    assert all(a == want for _, a in taken)
    # white space in tags and in base 64, a letter of the declaration
    assert len(taken) < len(changed) // 50, len(taken)
    assert {a[1] for a in answers if a[0] != "ok"} == {"list-unreadable", "list-signature", "list-signer"}


def test_every_byte_changed_of_a_list_by_anchors_and_name(space):
    xml = space.list(space.entries[:1])
    changed = [xml[:i] + bytes([xml[i] ^ 0x20]) + xml[i + 1:] for i in range(0, len(xml), 3)]
    want = space.chained(xml)[0]
    assert want[0] == "ok"
    answers = space.chained(*changed)
    assert all(a == want for a in answers if a[0] == "ok")
    assert sum(a[0] == "ok" for a in answers) < len(changed) // 50


def test_cut_lists(space):
    xml = space.list(space.entries[:1])
    assert all(a[0] == "denied" for a in space.pinned(*[xml[:n] for n in range(0, len(xml), 7)]))


# ---- who signed ----
def test_another_signer(space):
    by_other = space.list(signer=space.other)
    refused(space.pinned(by_other), "signer", "another certificate")
    refused(space.chained(by_other), "signer", "no CN or mail address")
    stranger = wl.Authority("Ailleurs", start=utc(2020, 1, 1), end=utc(2040, 1, 1)).signer(start=utc(2025, 1, 1), end=utc(2028, 1, 1), kind="ec")
    refused(space.chained(space.list(signer=stranger)), "signer", "issuer")  # the right name, somebody else's word
    refused(space.read([space.good]), "signer", "no signer is configured")
    refused(space.read([space.good], anchors=space.ca.pem), "signer", "no signer is configured")
    assert space.read([space.good], signer="no certificate")[0][0] == "syntax"
    refused(space.read([space.good], anchors="no certificates", name="alb.mssante.fr"), "signer", "no trust anchors")


def test_the_certificate_of_the_one_with_the_signature_of_another(space):
    refused(space.pinned(space.list(signer=space.other, certificates=[space.signer.der])), "signature", "not that of this text")


def test_what_a_signer_may_not_be(space):
    weak = space.make(kind="rsa1024")
    refused(space.pinned(space.list(signer=weak), signer=weak), "signer", "bits of security")
    authority = wl.Authority("alb.mssante.fr", above=space.ca, start=utc(2025, 1, 1), end=utc(2028, 1, 1))  # keyCertSign and cRLSign only
    refused(space.pinned(space.list(signer=authority), signer=authority), "signer", "key usage")


# ---- dates ----
def test_dates_of_the_signer(space):
    at = lambda **d: int((utc(2026, 5, 12, 6) + datetime.timedelta(**d)).timestamp())
    old = space.make(kind="ec", start=utc(2024, 1, 1), end=utc(2026, 5, 15))
    xml = space.list(signer=old)
    assert space.pinned(xml, signer=old, now=at(days=1))[0][7] == "0"
    for answer in space.pinned(xml, signer=old, now=at(days=100)) + space.chained(xml, now=at(days=100)):
        assert answer[0] == "ok" and answer[7] == "1"  # it has expired since
    for answers in (space.pinned(xml, signer=old, now=at(days=100), expired="never"), space.chained(xml, now=at(days=100), expired="never")):
        refused(answers, "expired-signer", "expired on 2026-05-15")
    assert space.pinned(xml, signer=old, now=at(days=1), expired="never")[0][0] == "ok"
    for start, end in ((utc(2024, 1, 1), utc(2026, 5, 12, 5, 59, 59)), (utc(2026, 5, 12, 6, 0, 1), utc(2027, 1, 1))):
        signer = space.make(kind="ec", start=start, end=end)
        refused(space.pinned(space.list(signer=signer), signer=signer), "expired-signer", "generated on 2026-05-12")
        refused(space.chained(space.list(signer=signer)), "expired-signer", "generated on 2026-05-12")


def test_the_authority_was_valid_when_the_list_was_generated(space):
    for start, end, good in ((utc(2020, 1, 1), utc(2026, 5, 15), True), (utc(2020, 1, 1), utc(2026, 5, 1), False), (utc(2026, 5, 14), utc(2030, 1, 1), False)):
        ca = wl.Authority("AC courte", start=start, end=end)
        xml = space.list(signer=ca.signer(kind="ec", start=utc(2025, 1, 1), end=utc(2028, 1, 1)))
        answers = space.chained(xml, anchors=ca.pem)
        assert answers[0][0] == "ok" if good else not refused(answers, "signer", "chain")
        if good:
            refused(space.chained(xml, anchors=ca.pem, expired="never"), "signer", "expired")


def test_dates_of_the_list(space):
    at = int(utc(2026, 5, 12, 6).timestamp())
    assert space.pinned(space.good, now=at - 300)[0][0] == "ok"
    refused(space.pinned(space.good, now=at - 301), "future")
    for text in ("2026-05-12T08:00:00+02:00", "2026-05-12T06:00:00.000Z", "  2026-05-12T06:00:00Z\n"):
        assert space.pinned(space.list(generated=text))[0][1] == str(at)
    for text in (" ", "2026-05-12", "2026-02-30T06:00:00Z", "2026-05-12T25:00:00Z", "2026-05-12T06:00:00", "x2026-05-12T06:00:00Z", "2026-05-12T06:00:00Zx"):
        refused(space.pinned(space.list(generated=text)), "unreadable", "DateDeGeneration")


# ---- the form of the signature ----
def forms(space):
    text = wl.unsigned(space.entries, GENERATED)
    octets, sig = text.encode(), lambda **how: space.list(**how)
    ref = wl.reference(octets)
    rsa = space.make(kind="rsa")
    yield "sha1 digest", sig(digest="sha1", sign_digest="sha256"), "digest"
    yield "sha1 signature", space.list(signer=rsa, sign_digest="sha1"), "method"
    yield "ecdsa sha1", sig(sign_digest="sha1"), "method"
    yield "hmac", sig(method=wl.MORE + "hmac-sha256"), "method"
    yield "unknown method", sig(method="urn:x"), "method"
    yield "inclusive form of SignedInfo", sig(c14n="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), "canonical form"
    yield "form with comments", sig(c14n=wl.EXCLUSIVE + "WithComments"), "canonical form"
    yield "no transform", sig(transforms=()), "another form"
    yield "enveloped alone", sig(transforms=(wl.ENVELOPED,)), "another form"
    yield "other order", sig(transforms=(wl.EXCLUSIVE, wl.ENVELOPED)), "transforms"
    yield "a third transform", sig(transforms=(wl.ENVELOPED, wl.EXCLUSIVE, wl.EXCLUSIVE)), "another form"
    for name in ("http://www.w3.org/TR/1999/REC-xpath-19991116", "http://www.w3.org/TR/1999/REC-xslt-19991116", wl.DSIG + "base64",
                 "http://www.w3.org/2002/06/xmldsig-filter2", wl.EXCLUSIVE + "WithComments"):
        yield name, sig(transforms=(wl.ENVELOPED, name)), "transforms"
    yield "part of the document", sig(uri="#x"), "whole document"
    yield "xpointer", sig(uri="#xpointer(/)"), "whole document"
    yield "another document", sig(uri="http://127.0.0.1:9/x.xml"), "whole document"
    yield "a file", sig(uri="file:///etc/passwd"), "whole document"
    yield "no URI", sig(references=[ref.replace(' URI=""', "")]), "whole document"
    yield "Type beside URI", sig(references=[ref.replace(' URI=""', f' Type="{wl.DSIG}Manifest" URI=""')]), "whole document"
    yield "two references", sig(references=[ref, ref]), "not one reference"
    yield "no reference", sig(references=[]), "not one reference"
    yield "a prefix list", sig(references=[ref.replace(f'"{wl.EXCLUSIVE}"></', f'"{wl.EXCLUSIVE}"><InclusiveNamespaces xmlns="{wl.EXCLUSIVE}" PrefixList="x"></InclusiveNamespaces></')]), "transforms"
    yield "an Object", sig(inside='<Object Id="x">text</Object>'), "another form"
    yield "no KeyInfo", sig(key_info=""), "another form"
    yield "KeyName", sig(key_info="<KeyInfo><KeyName>x</KeyName></KeyInfo>"), "not one certificate"
    yield "no certificate", sig(certificates=[]), "not one certificate"
    yield "two certificates", sig(certificates=[space.signer.der, space.other.der]), "not one certificate"
    yield "two, ours last", sig(certificates=[space.other.der, space.signer.der]), "not one certificate"
    yield "the same twice", sig(certificates=[space.signer.der, space.signer.der]), "not one certificate"
    yield "two X509Data", sig(key_info="<KeyInfo>" + 2 * f"<X509Data><X509Certificate>{wl.b64(space.signer.der)}</X509Certificate></X509Data>" + "</KeyInfo>"), "not one certificate"
    yield "a certificate elsewhere", sig(key_info='<KeyInfo><RetrievalMethod URI="http://127.0.0.1:9/"></RetrievalMethod></KeyInfo>'), "not one certificate"
    yield "no base 64", sig(key_info="<KeyInfo><X509Data><X509Certificate>!</X509Certificate></X509Data></KeyInfo>"), "cannot be read"
    yield "no DER", sig(certificates=[b"hello"]), "cannot be read"
    yield "certificate and more", sig(certificates=[space.signer.der + b"\0"]), "cannot be read"
    yield "unsigned", ('<?xml version="1.0"?>' + text).encode(), "not signed"
    one = wl.signature(octets, space.signer)
    yield "two signatures", wl.enclosed(text, one + one), "more than once"
    yield "another's before", wl.enclosed(text, wl.signature(octets, space.other) + one), "more than once"
    yield "signature first", (text.replace("\n    <DateDe", one + "\n    <DateDe", 1)).encode(), "not signed"
    yield "signature in ListeDomaines", text.replace("</ListeDomaines>", one + "</ListeDomaines>").encode(), "not signed"
    yield "other namespace", wl.enclosed(text, one.replace(wl.DSIG, "urn:x", 1)), "not signed"


def test_the_form_of_the_signature(space):
    named = list(forms(space))
    for (name, xml, why), answer in zip(named, space.pinned(*[x for _, x, _ in named])):
        assert answer[:2] == ["denied", "list-signature"] and why in answer[2], (name, answer)


def test_wrapped_signatures(space):
    """The signed list, whole and verifiable, moved to where nobody looks; another one where entries are read."""
    good = space.good.decode().replace('<?xml version="1.0" encoding="UTF-8"?>', "")
    evil = wl.unsigned([("evil.mssante.fr", "CN=evil,C=FR")], GENERATED)
    sig = re.search(r"<Signature .*</Signature>", good, re.S)[0]
    body, entry = good.replace(sig, ""), wl.entry("evil.mssante.fr", "CN=evil,C=FR")
    inside = sig.replace("</KeyInfo>", f"</KeyInfo><Object>{body}</Object>")
    wrapped = {
        "the list within the other": wl.enclosed(evil, f"<Autre>{good}</Autre>", ""),
        "the signature with the other": wl.enclosed(evil, sig, ""),
        "the list in an Object of its signature": wl.enclosed(evil, inside, ""),
        "the list in a Domaine": wl.enclosed(evil.replace("</Domaine>", f"{good}</Domaine>"), sig, ""),
        "the list before, a second signature last": wl.enclosed(evil, good + sig, ""),
        "one entry more": good.replace("</ListeDomaines>", entry + "</ListeDomaines>").encode(),
        "a second ListeDomaines": good.replace("<Signature ", f"<ListeDomaines>{entry}</ListeDomaines><Signature ", 1).encode(),
        "entries in an Object": good.replace("</KeyInfo>", f"</KeyInfo><Object><ListeDomaines>{entry}</ListeDomaines></Object>").encode(),
        "entries behind the root": (good + evil).encode(),
        "Id twice": good.replace("<ListeDomaines>", '<ListeDomaines Id="x">').replace("<Signature ", f'<ListeDomaines Id="x">{entry}</ListeDomaines><Signature ', 1).encode(),
        "an xml:id": good.replace("<ListeDomaines>", '<ListeDomaines xml:id="x">').encode(),
    }
    for name, answer in zip(wrapped, space.pinned(*wrapped.values())):
        assert answer[0] == "denied", (name, answer)
    # what may stand in KeyInfo beside the certificate is not signed, and not read: the list is the same
    for beside in ("<KeyName>x</KeyName><X509Data><X509SubjectName>CN=evil</X509SubjectName>", entry + "<X509Data>"):
        assert space.pinned(good.replace("<X509Data>", beside).encode()) == space.pinned(space.good)


# ---- the document ----
LAUGHS = '<!DOCTYPE l [<!ENTITY a "lollollol">' + "".join(f'<!ENTITY a{i} "{("&a" + (str(i - 1) if i else "") + ";") * 10}">' for i in range(10)) + "]>"


def documents(space):
    plain = space.good.decode().replace('<?xml version="1.0" encoding="UTF-8"?>', "")
    yield "empty", b"", "0 octets"
    yield "text", b"hello", "no XML"
    yield "binary", bytes(range(256)), "no XML"
    yield "HTML", b"<!DOCTYPE html>\n<html><body>Access denied</body></html>", "HTML"
    yield "HTML without a type", b"\n<HTML><BODY>403</BODY></HTML>", "HTML"
    yield "XHTML", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"></html>', "HTML"
    yield "JSON", b'{"error":"not found"}', "no XML"
    yield "billion laughs", (LAUGHS + plain.replace("<Nom>", "<Nom>&a9;", 1)).encode(), "document type"
    yield "quadratic", ('<!DOCTYPE l [<!ENTITY a "' + "x" * 100000 + '">]>' + plain.replace("<Nom>", "<Nom>" + "&a;" * 10000, 1)).encode(), "document type"
    yield "external entity", ('<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + plain.replace("<Nom>", "<Nom>&a;", 1)).encode(), "document type"
    yield "external DTD", ('<!DOCTYPE l SYSTEM "http://127.0.0.1:9/x.dtd">' + plain).encode(), "document type"
    yield "parameter entity", ('<!DOCTYPE l [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>' + plain).encode(), "document type"
    yield "an attribute's default", ("<!DOCTYPE l [<!ATTLIST Domaine x CDATA 'y'>]>" + plain).encode(), "document type"
    yield "UTF-16", ('<?xml version="1.0" encoding="UTF-16"?>' + LAUGHS + plain).encode("utf-16"), "no XML"
    yield "UTF-16 as UTF-8", (LAUGHS + plain).encode("utf-16-le"), "no XML"
    yield "UTF-32", (LAUGHS + plain).encode("utf-32"), "no XML"
    yield "UTF-7", ('<?xml version="1.0" encoding="UTF-7"?>+ADw-!DOCTYPE l+AD4-' + plain).encode(), "no XML"
    yield "EBCDIC", ('<?xml version="1.0" encoding="cp037"?>' + LAUGHS + plain).encode("cp037"), "no XML"
    yield "an entity of no one", plain.replace("<Nom>", "<Nom>&a;", 1).encode(), "no XML"
    yield "not UTF-8", plain.encode().replace("MSSanté".encode(), b"MSSant\xe9", 1), "no XML"
    yield "a NUL", plain.encode().replace(b"<Nom>", b"<Nom>\0", 1), "no XML"
    yield "deep", b"<a>" * 100000, "no XML"
    yield "deep and closed", b"<a>" * 1000 + b"</a>" * 1000, "no XML"
    yield "many attributes", b"<a " + b" ".join(b'a%d="x"' % i for i in range(20000)) + b"/>", "root"
    yield "two roots", (plain + plain).encode(), "no XML"
    yield "another root", space.list(root="Autre"), "another root"
    yield "another namespace", space.list(namespace="https://listeblanche.mssante.fr/autre"), "another root"
    yield "no namespace", plain.replace(f' xmlns="{wl.NAMESPACE}"', "").encode(), "another root"


def test_the_document(space):
    named = list(documents(space))
    for (name, xml, why), answer in zip(named, space.pinned(*[x for _, x, _ in named])):
        assert answer[:2] == ["denied", "list-unreadable"] and why in answer[2], (name, answer)


def test_xinclude_is_text(space):
    """Signed, and passed over: nothing is included."""
    text = wl.unsigned(space.entries, GENERATED).replace(
        "<ListeDomaines>", '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"></xi:include><ListeDomaines>')
    assert space.pinned(space.signed(text))[0] == space.pinned(space.good)[0]


# ---- the signed text ----
def texts(space):
    plain = wl.unsigned(space.entries, GENERATED)
    edit = lambda a, b, n=1: plain.replace(a, b, n)
    nom, dn = re.search(r"<Nom>.*?</Nom>", plain)[0], re.search(r"<DNC.*?</DNC\w*>", plain)[0]
    yield "no Nom", edit(nom, ""), "without Nom"
    yield "empty Nom", edit(nom, "<Nom></Nom>"), "without Nom"
    yield "no DN", edit(dn, ""), "without Nom or DN"
    yield "blank DN", edit(dn, "<DNCertificatOperateur>  \n</DNCertificatOperateur>"), "without Nom or DN"
    yield "Nom of another namespace", edit(nom, nom.replace("<Nom>", '<Nom xmlns="urn:x">')), "without Nom"
    yield "Nom twice", edit(nom, nom + nom), "already"
    yield "DN twice", edit(dn, dn + dn), "already"
    yield "an element in Nom", edit("<Nom>", "<Nom><b>x</b>"), "more than text"
    yield "a processing instruction in Nom", edit("<Nom>", "<Nom><?x y?>"), "more than text"
    yield "a long DN", edit(dn, dn.replace("CN=", "CN=" + "x" * 5000)), "too long"
    yield "a very long DN", edit(dn, dn.replace("CN=", "CN=" + "x" * 3000000)), "too long"
    yield "date twice", edit("<ListeDomaines>", f"<DateDeGeneration>{GENERATED}</DateDeGeneration><ListeDomaines>"), "already"
    yield "no date", re.sub(r"<DateDeGeneration>.*</DateDeGeneration>", "", plain), "no DateDeGeneration"
    yield "lists twice", edit("<ListeDomaines>", "<ListeDomaines></ListeDomaines><ListeDomaines>"), "twice"
    yield "no list", re.sub(r"<ListeDomaines>.*</ListeDomaines>", "", plain, flags=re.S), "no entry"
    yield "no entry", wl.unsigned([], GENERATED), "no entry"
    yield "no good entry", wl.unsigned([("é_.fr", "CN=x")], GENERATED), "no entry"
    yield "entries in the root", plain.replace("<ListeDomaines>", "").replace("</ListeDomaines>", ""), "no entry"


def test_the_signed_text(space):
    named = list(texts(space))
    for (name, text, why), answer in zip(named, space.pinned(*[space.signed(t) for _, t, _ in named])):
        assert answer[:2] == ["denied", "list-unreadable"] and why in answer[2], (name, answer)


# ---- apart ----
def test_a_process_of_its_own_says_the_same(space):
    lists = [space.good, space.list(signer=space.other), b"<html>", LAUGHS.encode() + space.good, space.list(generated="2030-01-01T00:00:00Z"),
             space.list(space.entries + [space.entries[0]])]
    assert space.pinned(*lists, where="apart") == space.pinned(*lists)
    assert [a[0] for a in space.pinned(*lists, where="apart")] == ["ok", "denied", "denied", "denied", "denied", "ok"]


def test_a_large_list(space):
    """60,000 entries, 34 MB."""
    xml = space.list([wl.entry(f"d{i}.mssante.fr", f"CN=smtp{i % 3000}.fr,OU=1{i % 3000},O=OPERATEUR,C=FR", description="x" * 150) for i in range(60000)])
    assert space.pinned(xml, where="apart")[0][:5] == ["ok", str(int(utc(2026, 5, 12, 6).timestamp())), "60000", "60000", "3000"]


RELEASE = TOP / "build/test/tests/lib/read_lists"  # the sanitizers of the dev profile need more addresses than any limit


@pytest.mark.skipif(not RELEASE.exists(), reason="the release profile's tools are not built")
@pytest.mark.parametrize("bomb, why", [("memory", "no XML|no memory|its reader"), ("time", "its reader was ended by signal 9")])
def test_bombs_end_the_reader_alone(space, bomb, why):
    xml = b"<a>" + b"<a/>" * 15000000 + b"</a>" if bomb == "memory" else b"<a " + b" ".join(b"a%d='c'" % i for i in range(200000)) + b"/>"
    signer = space.folder / "bomb.pem"
    signer.write_text(space.signer.pem)
    data = b"".join(struct.pack("<I", len(x)) + x for x in (xml, space.good))
    done = subprocess.run([RELEASE, "apart", signer, "-", "-", str(NOW), "generation"], input=data, capture_output=True)
    first, second = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert done.returncode == 0 and done.stderr == b""
    assert first[:2] == ["denied", "list-unreadable"] and re.search(why, first[2]), first
    assert second[0] == "ok"  # its caller reads the next


# ---- the real one ----
def real_signer(xml):
    der = base64.b64decode(re.search(r"<X509Certificate>(.*?)</X509Certificate>", xml, re.S)[1].replace("&#13;", ""))
    return "-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der).decode() + "-----END CERTIFICATE-----\n"


def verify(*args):
    return subprocess.run([build_dir() / "bin/pli", "trust", "verify", *args], capture_output=True, text=True)


@pytest.mark.skipif(not REAL.exists(), reason="the real list is not at hand")
def test_the_real_list(tmp_path):
    signer = tmp_path / "signer.pem"
    signer.write_text(real_signer(REAL.read_text("utf-8")))
    done = verify(REAL, "--signer", signer, "--json")
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert {k: got[k] for k in ("verdict", "generated", "entries", "domains", "operators", "duplicates", "unusable", "signer_until")} == {
        "verdict": "pass", "generated": "2025-02-28T15:42:07Z", "entries": 6494, "domains": 4944, "operators": 383, "duplicates": 2, "unusable": 0,
        "signer_until": "2026-08-23T13:54:23Z"}
    assert got["signer"].startswith("CN=alb.mssante.fr,")
    if got["signer_expired"]:
        assert "signer's certificate expired on 2026-08-23" in got["remark"]
        done = verify(REAL, "--signer", signer, "--never-expired")
        assert done.returncode == 1 and "expired on 2026-08-23" in done.stderr
    changed = tmp_path / "changed.xml"
    changed.write_bytes(REAL.read_bytes().replace(b"CN=medimail", b"CN=medimai1", 1))
    done = verify(changed, "--signer", signer, "--json")
    assert done.returncode == 1 and json.loads(done.stderr)["cause"] == "list-signature"


# ---- the command ----
@pytest.fixture(scope="module")
def files(space, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    signer = space.ca.signer(kind="ec", start=wl.ago(days=30), end=wl.now() + datetime.timedelta(days=30))
    return wl.save(folder, wl.white_list(space.entries, signer, wl.ago(hours=5)), signer, space.ca)


def test_the_command(files):
    done = verify(files["list"], "--signer", files["signer"])
    assert done.returncode == 0 and done.stderr == ""
    lines = dict(line.split(None, 1) for line in done.stdout.splitlines())
    assert lines["generated"].endswith(", 5 hours ago") and lines["signer"].startswith("CN=alb.mssante.fr,")
    assert lines["entries"] == "3, for 3 domains and 3 operator names"
    assert "remark" not in lines and "duplicates" not in lines and "unusable" not in lines
    got = json.loads(verify(files["list"], "--anchors", files["anchors"], "--name", "alb@mssante.fr", "--json").stdout)
    assert got["verdict"] == "pass" and got["remark"] == "" and 5 * 3600 <= got["age"] < 6 * 3600 and not got["signer_expired"]


def test_the_command_refuses(files, tmp_path):
    page = tmp_path / "page.xml"
    page.write_text("<html>not here</html>")
    done = verify(page, "--signer", files["signer"], "--json")
    got = json.loads(done.stderr)
    assert done.returncode == 1 and done.stdout == "" and got["cause"] == "list-unreadable" and "an HTML page" in got["error"]
    done = verify(files["list"], "--anchors", files["anchors"], "--name", "autre.mssante.fr")
    assert done.returncode == 1 and "no CN or mail address autre.mssante.fr" in done.stderr


@pytest.mark.parametrize("args", [["--signer", "S", "--anchors", "A"], ["--anchors", "A"], ["--signer", "S", "--name", "x"], ["--anchors", "A", "--name", ""]])
def test_wrong_use_of_the_command(files, args):
    done = verify(files["list"], *[{"S": files["signer"], "A": files["anchors"]}.get(a, a) for a in args])
    assert done.returncode == 2 and done.stdout == ""


def test_without_options_the_settings_of_the_instance_count(files, tmp_path):
    done = verify(files["list"], "--root", str(tmp_path), "--json")
    assert done.returncode == 2 and "no instance" in done.stderr
    with Instance(serve=False) as pli:
        conf = pli.root / "pli.conf"
        plain = conf.read_text()
        done = pli.pli("trust", "verify", str(files["list"]), check=False)
        assert done.returncode == 2 and "trust.signer_cert" in done.stderr  # nothing is set
        for settings, good in (({"signer_cert": files["signer"]}, True), ({"anchors": files["anchors"], "signer": "alb@mssante.fr"}, True),
                               ({"anchors": files["anchors"], "signer": "autre.mssante.fr"}, False), ({"signer_cert": files["anchors"]}, False)):
            conf.write_text(plain + "trust { " + " ".join(f'{k} = "{v}"' for k, v in settings.items()) + " }\n")
            done = pli.pli("trust", "verify", str(files["list"]), "--json", check=False)
            assert done.returncode == (0 if good else 1), done.stderr
            assert good or json.loads(done.stderr)["cause"] == "list-signer"


def test_files_that_are_not_there(files):
    for args in ([files["list"], "--signer", "/nowhere.pem"], ["/nowhere.xml", "--signer", files["signer"]]):
        done = verify(*args)
        assert done.returncode == 1 and "/nowhere" in done.stderr and "No such file" in done.stderr
