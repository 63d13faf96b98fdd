# SPDX-License-Identifier: EUPL-1.2
"""pli policy explain says what the sessions then do: each case is asked, and then tried over SMTP; code and enhanced status agree."""
import json
import pathlib
import smtplib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib"))
import white_list as wl  # noqa: E402
from instance import Instance  # noqa: E402

def ins(body):
    return body + f"{97 - int(body) % 97:02d}"


@pytest.fixture(scope="module")
def inst(tmp_path_factory):
    folder = tmp_path_factory.mktemp("list")
    ca = wl.Authority()
    signer = ca.signer(kind="ec")
    xml = wl.white_list([("liste.test", "CN=smtp.liste.test,OU=1300017985,O=CH,C=FR"), ("patient.mssante.fr", "CN=ens,O=CNAM,C=FR")], signer)
    files = wl.save(folder, xml, signer, ca)
    with Instance() as pli:
        pli.pem = pli.trust_operator("load.test")
        for name in ("a", "ancien", "ferme", "efface", "plein"):
            pli.add(f"{name}@chu.test", extra=("--alias", f"{name}.alias@chu.test"))
        pli.pli("account", "disable", "ancien@chu.test")
        pli.pli("account", "close", "ferme@chu.test")
        pli.pli("account", "delete", "efface@chu.test")
        pli.pli("account", "set", "plein@chu.test", "--quota", "1K")
        pli.pli("trust", "update", str(files["list"]), "--signer", str(files["signer"]))
        yield pli


def explain(inst, sender, to, *more, check=None):
    done = inst.pli("policy", "explain", "--from", sender, "--to", to, *more, "--json", check=False)
    assert done.returncode in (0, 1) and not done.stderr, done
    got = json.loads(done.stdout)
    assert (done.returncode == 0) == (got["cause"] == "")
    assert all(set(line) == {"about", "fr", "en"} for line in got["lines"])
    return got


def replied(answer):
    code, text = answer
    status = text.decode().split()[0]
    return code, status


def tried(inst, sender, to, size=0):
    """What the session answers to the first of MAIL and RCPT that it refuses, or to RCPT."""
    local = sender.endswith("@chu.test")
    s = inst.smtp(login="a@chu.test") if local else inst.smtp("smtp", pem=inst.pem)
    with s:
        answer = s.docmd(f"MAIL FROM:<{sender}>" + (f" SIZE={size}" if size else ""))
        if answer[0] == 250:
            answer = s.docmd(f"RCPT TO:<{to}>")
        s.rset()
    return replied(answer)


CASES = {
    # sender, recipient, size: result, cause
    "to a colleague": ("a@chu.test", "a@chu.test", 0, "delivered", ""),
    "by an alias, to an alias": ("a.alias@chu.test", "A.Alias@CHU.test", 0, "delivered", ""),
    "to a sub-address": ("a@chu.test", "a+x@chu.test", 0, "delivered", ""),
    "to nobody": ("a@chu.test", "nobody@chu.test", 0, "refused", "unknown-recipient"),
    "to a disabled account": ("a@chu.test", "ancien@chu.test", 0, "refused", "disabled-recipient"),
    "to a closed account": ("a@chu.test", "ferme@chu.test", 0, "refused", "closed-recipient"),
    "to an alias of a closed account": ("a@chu.test", "ferme.alias@chu.test", 0, "refused", "closed-recipient"),
    "to an address of which a tombstone is left": ("a@chu.test", "efface.alias@chu.test", 0, "refused", "closed-recipient"),
    "to a local entry's domain": ("a@chu.test", "x@load.test", 0, "queued", ""),
    "to a listed domain": ("a@chu.test", "x@LISTE.test", 0, "queued", ""),
    "outside the trust space": ("a@chu.test", "x@gmail.test", 0, "refused", "unknown-domain"),
    "to a patient": ("a@chu.test", ins("1600123456789") + "@patient.mssante.fr", 0, "queued", ""),
    "to a patient with a wrong key": ("a@chu.test", "160012345678900@patient.mssante.fr", 0, "refused", "citizen-address"),
    "as somebody else": ("nobody@chu.test", "a@chu.test", 0, "refused", "sender-not-held"),
    "from an operator": ("x@load.test", "a@chu.test", 0, "delivered", ""),
    "a report": ("", "a@chu.test", 0, "delivered", ""),
    "from an operator to nobody": ("x@load.test", "nobody@chu.test", 0, "refused", "unknown-recipient"),
    "from an operator to another": ("x@load.test", "x@liste.test", 0, "refused", "not-local"),
    "from an operator to outside": ("x@load.test", "x@gmail.test", 0, "refused", "not-local"),
    "from outside": ("x@gmail.test", "a@chu.test", 0, "refused", "unknown-domain"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_said_is_what_is_done(inst, name):
    sender, to, size, result, cause = CASES[name]
    got = explain(inst, sender or "<>", to)
    assert (got["result"], got["cause"]) == (result, cause)
    code, status = tried(inst, sender, to, size)
    assert code == got["code"], (code, status, got)
    assert code == 250 or status == got["status"]


def message(tmp_path, author, size, ends="\n"):
    text = f"From: Quelqu'un <{author}>\nTo: b@chu.test\nSubject: essai\n\n" + "x" * 70 + "\n"
    text += ("x" * 70 + "\n") * (size // 71)
    path = tmp_path / "m.eml"
    path.write_bytes(text.replace("\n", ends).encode())
    return path


def test_a_message_is_looked_at(inst, tmp_path):
    own = message(tmp_path, "a.alias@chu.test", 5000)
    got = explain(inst, "a@chu.test", "a@chu.test", "--message", str(own))
    text = own.read_bytes().replace(b"\n", b"\r\n")
    assert got["result"] == "delivered" and got["size"] == len(text)
    assert explain(inst, "a@chu.test", "a@chu.test", "--message", str(message(tmp_path, "a@chu.test", 5000, "\r\n")))["size"] == len(text) - len(".alias")
    full = explain(inst, "a@chu.test", "plein@chu.test", "--message", str(own))
    assert full["cause"] == "quota"
    with inst.smtp(login="a@chu.test") as s:
        s.docmd(f"MAIL FROM:<a@chu.test> SIZE={len(text)}")
        code, status = replied(s.docmd("RCPT TO:<plein@chu.test>"))
    assert (code, status) == (full["code"], full["status"])
    for sender, author in (("a@chu.test", "ancien@chu.test"), ("a@chu.test", "x@load.test"), ("x@load.test", "x@liste.test")):
        other = message(tmp_path, author, 100)
        got = explain(inst, sender, "a@chu.test", "--message", str(other))
        local = sender.endswith("chu.test")
        with (inst.smtp(login=sender) if local else inst.smtp("smtp", pem=inst.pem)) as s:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                s.sendmail(sender, ["a@chu.test"], other.read_bytes().replace(b"\n", b"\r\n"))
        assert (refused.value.smtp_code, refused.value.smtp_error.decode().split()[0]) == (got["code"], got["status"]), (sender, author, got)
        assert got["cause"] == ("from-mismatch" if local else "from-operator")
    assert explain(inst, "x@load.test", "a@chu.test", "--message", str(message(tmp_path, "y@load.test", 100)))["result"] == "delivered"
    big = message(tmp_path, "a@chu.test", 26 << 20)
    patient = ins("1600123456789") + "@patient.mssante.fr"
    assert explain(inst, "a@chu.test", patient, "--message", str(big))["cause"] == "citizen-size"
    assert explain(inst, "a@chu.test", "x@liste.test", "--message", str(big))["result"] == "queued"
    big = message(tmp_path, "a@chu.test", 51 << 20)
    assert explain(inst, "a@chu.test", "a@chu.test", "--message", str(big))["cause"] == "too-big"


def test_certificates_and_the_list(inst):
    got = explain(inst, "a@chu.test", "x@liste.test")
    assert got["certificates"] == [{"dn": "CN=smtp.liste.test,OU=1300017985,O=CH,C=FR", "from": "white list"}]
    assert got["list_generated"] > 0 and got["list_alarm"] == 0 and got["way"] == "submission"
    got = explain(inst, "x@load.test", "a@chu.test")
    assert len(got["certificates"]) == 1 and got["certificates"][0]["from"] == "local" and got["way"] == "operator"
    assert explain(inst, "a@chu.test", "a@chu.test")["certificates"] == []


@pytest.mark.parametrize("who", ["ancien@chu.test", "ferme@chu.test"])
def test_a_suspended_or_closed_account_cannot_sign_in(inst, who):
    got = explain(inst, who, "a@chu.test")
    with inst.smtp() as s, pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        s.login(who, "pw-Sesame.9")
    assert (refused.value.smtp_code, refused.value.smtp_error.decode().split()[0]) == (got["code"], got["status"]) and got["cause"] == "auth-disabled"


def test_for_people(inst):
    text = inst.pli("policy", "explain", "--from", "a@chu.test", "--to", "x@liste.test")
    assert "domaine de l'espace de confiance / a domain of the trust space" in text
    assert "le message serait accepté et envoyé à l'autre opérateur" in text and "CN=smtp.liste.test" in text and "liste blanche du " in text
    done = inst.pli("policy", "explain", "--from", "a@chu.test", "--to", "x@gmail.test", check=False)
    assert done.returncode == 1 and "hors de l'espace de confiance" in done.stdout and "550 5.7.1" in done.stdout


@pytest.mark.parametrize("args", [[], ["--from", "a@chu.test"], ["--to", "a@chu.test"], ["--from", "a", "--to", "a@chu.test"],
                                  ["--from", "a@chu.test", "--to", "a b@chu.test"], ["--from", "a@chu.test", "--to", "a@[1.2.3.4]"]])
def test_wrong_use(inst, args):
    assert inst.pli("policy", "explain", *args, check=False).returncode == 2


def test_a_list_that_is_not_there():
    """One is configured and none is loaded: nobody is told that a domain is unknown."""
    ca = wl.Authority()
    signer = ca.signer(kind="ec")
    with Instance(serve=False) as pli:
        (pli.root / "signer.pem").write_text(signer.pem)
        (pli.root / "signer.pem").chmod(0o644)
        with open(pli.root / "pli.conf", "a") as f:
            f.write('trust { signer_cert = "signer.pem" }\n')
        pli.serve()
        pli.add("a@chu.test")
        got = explain(pli, "a@chu.test", "x@gmail.test")
        assert (got["result"], got["cause"], got["recipient"]) == ("refused-for-now", "list-missing", "unsure")
        with pli.smtp(login="a@chu.test") as s:
            s.docmd("MAIL FROM:<a@chu.test>")
            assert replied(s.docmd("RCPT TO:<x@gmail.test>")) == (got["code"], got["status"])
