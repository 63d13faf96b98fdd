# SPDX-License-Identifier: EUPL-1.2
"""NIST's path validation suite (PKITS, 2011 edition), as signed mails: what "pli cert verify" says of every one, with NIST's anchor. The mails have
their revocation lists inside. When what cannot be checked is not accepted, every bad one is refused and every good one accepted, but for DSA. The mails are Debian's (python3-cryptography-vectors); they are read where they are installed."""
import concurrent.futures
import json
import pathlib
import subprocess

import pytest
from instance import build_dir

DATA = pathlib.Path("/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data")
NO_ADDRESS = "the certificate has no address to compare From with"

# No list that could be believed is there for these: without --require-revocation they are good, and said to be unchecked.
NOTHING_BELIEVABLE = {f"Invalid{n}" for n in """BadCRLIssuerNameTest5 BadCRLSignatureTest4 IDPwithindirectCRLTest26 OldCRLnextUpdateTest11 SeparateCertificateandCRLKeysTest21
    UnknownCRLEntryExtensionTest8 UnknownCRLExtensionTest10 UnknownCRLExtensionTest9 WrongCRLTest6 cRLIssuerTest27 cRLIssuerTest35
    deltaCRLIndicatorNoBaseTest1 deltaCRLTest10 distributionPointTest3 distributionPointTest8 distributionPointTest9
    keyUsageCriticalcRLSignFalseTest4 keyUsageNotCriticalcRLSignFalseTest5 onlyContainsAttributeCertsTest14 onlyContainsCACertsCRLTest12
    onlyContainsUserCertsCRLTest11 onlySomeReasonsTest17 pre2000CRLnextUpdateTest12""".split()}
# Section 4.8 and 4.12 names do not say their result. NIST's, for the initial policy set "any" and nothing else required: these are refused, the
# others hold.
POLICY_REFUSED = {f"DifferentPoliciesTest{n}" for n in (4, 5, 7, 8, 9, 12)}
# NIST holds these good; here DSA is not accepted (crypto/cms/cms.h): historic in RFC 8551, 1024 bits with SHA-1 in these.
OURS_REFUSED = {"ValidDSASignaturesTest4": "policy", "ValidDSAParameterInheritanceTest5": "neutral"}


# Its name does not say so: a certificate whose authority has no list is refused where revocation is required (4.4.1).
NO_LIST = {"MissingCRLTest1"}
REVOKED = "revoked, as of "


def ask_all(tmp, *options):
    anchor = tmp / "anchor.pem"
    subprocess.run(["openssl", "x509", "-inform", "DER", "-in", DATA / "certs/TrustAnchorRootCertificate.crt", "-out", anchor], check=True)

    def ask(mail):
        r = subprocess.run([build_dir() / "bin/pli", "cert", "verify", mail, "--anchors", anchor, "--json", *options], capture_output=True, text=True,
                           timeout=120)
        answer = json.loads(r.stdout)
        assert r.returncode == (0 if answer["verdict"] == "pass" else 1), (mail.name, r)
        return mail.stem.removeprefix("Signed"), answer

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(pool.map(ask, sorted((DATA / "smime").glob("*.eml"))))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    return ask_all(tmp_path_factory.mktemp("pkits"))


@pytest.fixture(scope="module")
def required(tmp_path_factory):
    return ask_all(tmp_path_factory.mktemp("pkits"), "--require-revocation")


def accepted(answer):
    """NIST's certificates name nobody, most of them: the path is what is asked here. Of a good one that is the whole complaint."""
    return answer["unchanged"] and set(answer["reasons"]) <= {NO_ADDRESS}


def wrong(verdicts, tolerated):
    """Those whose answer is not NIST's, but for the two of DSA."""
    assert len(verdicts) == 224
    out = {}
    for name, answer in verdicts.items():
        bad = name.startswith("Invalid") or name in POLICY_REFUSED
        if name in OURS_REFUSED:
            good = answer["verdict"] == OURS_REFUSED[name] and not accepted(answer)
        elif bad and name not in tolerated or name in NO_LIST - tolerated:
            good = not accepted(answer) and answer["verdict"] in ("policy", "fail")
        else:
            good = accepted(answer)
        if not good:
            out[name] = answer
    return out


def test_every_bad_one_is_refused_and_every_good_one_accepted(required):
    """The figures: 224 mails, 121 to be refused and 103 to be accepted, of which two are DSA with SHA-1 and 1024 bits."""
    assert wrong(required, set()) == {}
    refused = {n for n, a in required.items() if not accepted(a)}
    assert len(refused) == 123 and len(required) - len(refused) == 101
    assert refused - {n for n in refused if n.startswith("Invalid")} == POLICY_REFUSED | NO_LIST | set(OURS_REFUSED)


def test_lists_at_hand_change_nothing(tmp_path):
    """All of NIST's lists at once, the forged and the old among them: none hides the one that counts."""
    assert wrong(ask_all(tmp_path, "--require-revocation", "--crls", DATA / "crls"), set()) == {}


def test_what_cannot_be_checked_is_said(verdicts):
    assert wrong(verdicts, NOTHING_BELIEVABLE | NO_LIST) == {}
    for name in NOTHING_BELIEVABLE | NO_LIST:
        assert verdicts[name]["revocation"].startswith("not checked"), (name, verdicts[name])


def test_the_lists_name_what_is_there(verdicts):
    """A name that is mistyped here would excuse nothing, or everything."""
    assert NOTHING_BELIEVABLE | POLICY_REFUSED | NO_LIST | set(OURS_REFUSED) <= set(verdicts)


def test_the_time_of_the_data_is_said(verdicts):
    said = [a["revocation"] for a in verdicts.values()]
    assert sum(s.startswith("not revoked as of 20") for s in said) > 100
    assert verdicts["InvalidRevokedEETest3"]["revocation"] == REVOKED + "2010-01-01T08:30:00Z"
    assert "revoked 2010-01-01T08:30:01Z by CN=Good CA" in verdicts["InvalidRevokedEETest3"]["reasons"][0]
    assert verdicts["InvalidRevokedCATest2"]["reasons"][0].startswith("an authority revoked ")


def test_an_address_makes_it_pass(verdicts):
    """Those whose certificate has the sender's address pass outright."""
    passed = {n for n, a in verdicts.items() if a["verdict"] == "pass"}
    assert {"ValidRFC822nameConstraintsTest21", "ValidDNandRFC822nameConstraintsTest27"} <= passed
    assert all(not n.startswith("Invalid") for n in passed)
