# SPDX-License-Identifier: EUPL-1.2
"""Accounts that an import makes through admin/ alone (tests/lib/import_accounts.c): no command line stands between, and what it made is what
"pli account add" makes. Each line is typed as a site's list has it; a line that is wrong leaves nothing behind."""
import imaplib
import smtplib
import subprocess
import unicodedata

import pytest
from instance import FINESS, PASSWORD, RPPS, Instance, build_dir, plain

TOOL = build_dir() / "test/tests/lib/import_accounts"   # made by "make test-tools"


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        yield pli


def imported(inst, *rows):
    """What became of each line: (address, mailbox number, words)."""
    text = "".join("\t".join(row) + "\n" for row in rows)
    r = subprocess.run([str(TOOL), str(inst.root)], input=text, capture_output=True, text=True, timeout=120)
    said = [line.split("\t") for line in r.stdout.splitlines()]
    assert len(said) == len(rows) and r.stderr == "", r
    assert r.returncode == (0 if all(s[2] in ("made", "changed") for s in said) else 1), r
    return [(a, int(mbx), words) for a, mbx, words in said]


def line(address, kind="per", name="Hélène MARTIN-DURAND", rpps=RPPS, structure="", alias="", strict="", password=PASSWORD):
    return (address, kind, name, rpps, structure, alias, strict, password)


def boxes(inst):
    return inst.json("store", "stats")["boxes"]


def test_an_import_makes_accounts_that_work(inst):
    said = imported(inst, line("Helene.Martin@CHU.test", name=unicodedata.normalize("NFD", "Hélène MARTIN-DURAND"), alias="Docteur.Martin@chu.test"),
                    line("labo@chu.test", "org", "Laboratoire", rpps="", structure=FINESS))
    assert [(a, w) for a, _, w in said] == [("helene.martin@chu.test", "made"), ("labo@chu.test", "made")]
    shown = inst.json("account", "show", "helene.martin@chu.test")
    assert (shown["name"], shown["given"], shown["sn"]) == ("Hélène MARTIN-DURAND", "Hélène", "MARTIN-DURAND")
    assert shown["mailbox"] == said[0][1] and shown["aliases"] == ["docteur.martin@chu.test"] and shown["quota"] == 100 << 20
    assert inst.json("account", "show", "labo@chu.test")["given"] is None
    inst.submit("helene.martin@chu.test", ["labo@chu.test"], plain("de l'import", "docteur.martin@chu.test", "labo@chu.test"))
    (message,) = inst.fetch_all("labo@chu.test")
    (inst.dir / "letter.eml").write_bytes(message)
    verdict = inst.json("cert", "verify", str(inst.dir / "letter.eml"))
    assert verdict["verdict"] == "pass", verdict      # signed with the key and the certificate that it was given, which names the alias too
    assert set(verdict["signers"][0]["addresses"]) == {"helene.martin@chu.test", "docteur.martin@chu.test"}, verdict


def test_what_an_import_makes_is_what_the_command_makes(inst):
    imported(inst, line("import@chu.test"))
    inst.add("commande@chu.test", kind="per", name="Hélène MARTIN-DURAND", extra=("--quota", "100M"))
    one, other = (inst.json("account", "show", f"{who}@chu.test") for who in ("import", "commande"))
    differ = {k for k in one if one[k] != other[k]}
    assert differ == {"address", "mailbox"}, (one, other)
    assert "FAIL" not in inst.pli("doctor", check=False).stdout


def test_a_strict_mailbox_opens_with_the_password_as_a_sign_in_prepares_it(inst):
    composed, decomposed = "Sésame-été.9", unicodedata.normalize("NFD", "Sésame-été.9")
    assert composed != decomposed
    imported(inst, line("strict@chu.test", strict="strict", password=decomposed))
    for password in (composed, decomposed):
        with inst.imap() as m:
            m._encoding = "utf-8"
            assert m.authenticate("PLAIN", lambda _: f"\0strict@chu.test\0{password}".encode())[0] == "OK"
            assert m.select()[0] == "OK"


@pytest.mark.parametrize("row, words", [
    (line("helene", alias=""), "this cannot be a mailbox: helene"),
    (line("a@autre.test"), "autre.test is not a domain of this instance"),
    (line("a@chu.test", kind="roi"), "no such type of mailbox"),
    (line("a@chu.test", name=" "), "an account needs a name"),
    (line("a@chu.test", name="Jean\u202eDUPONT"), "the name cannot be kept"),
    (line("a@chu.test", name="N" * 300), "the name is 300 octets long"),
    (line("a@chu.test", rpps="10001234566"), "not an RPPS number: 10001234566"),
    (line("a@chu.test", rpps=""), "a professional's mailbox needs an RPPS number"),
    (line("a@chu.test", kind="org", rpps=""), "this type of mailbox needs the number of a structure"),
    (line("a@chu.test", alias="personne"), "not an address: personne"),
    (line("a@chu.test", password="court"), "this password is too short"),
    (line("a@chu.test", password="a@chu.test"), "the address is no password"),
    (line("premier@chu.test"), "premier@chu.test is there already"),
    (line("a@chu.test", alias="premier@chu.test"), "premier@chu.test is already an address here"),
], ids=lambda v: v if isinstance(v, str) else None)
def test_a_wrong_line_leaves_nothing_behind(inst, row, words):
    inst.pli("account", "show", "premier@chu.test", check=False).returncode == 0 or imported(inst, line("premier@chu.test"))
    before = boxes(inst), [a["address"] for a in inst.json("account", "list")]
    ((_, _, said),) = imported(inst, row)
    assert words in said
    assert (boxes(inst), [a["address"] for a in inst.json("account", "list")]) == before


def test_a_wrong_line_does_not_end_the_import(inst):
    said = imported(inst, line("un@chu.test"), line("deux@chu.test", rpps="1"), line("trois@chu.test"))
    assert [w == "made" for _, _, w in said] == [True, False, True]


def test_an_import_sets_passwords(inst):
    imported(inst, line("passe@chu.test"), line("ferme@chu.test", strict="strict"))
    said = imported(inst, ("passe@chu.test", "nouveau-Sesame.7"), ("ferme@chu.test", "nouveau-Sesame.7"), ("absent@chu.test", "nouveau-Sesame.7"))
    assert [w for _, _, w in said] == ["changed", "a strict mailbox opens with its old password only: give the old one too", "no account absent@chu.test"]
    with inst.imap("passe@chu.test", "nouveau-Sesame.7"), inst.imap("ferme@chu.test"):
        pass
    with pytest.raises((imaplib.IMAP4.error, smtplib.SMTPException)):
        inst.imap("passe@chu.test")


def test_an_import_by_another_user_is_refused(inst):
    r = subprocess.run(["setpriv", "--reuid=60700", "--regid=60700", "--clear-groups", str(TOOL), str(inst.root)], input="\t".join(line("vol@chu.test")) + "\n",
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == 1 and "made" not in r.stdout, r
    assert inst.pli("account", "show", "vol@chu.test", check=False).returncode == 1


def test_the_import_is_linked_with_no_command_line():
    libraries = subprocess.run(["readelf", "-d", str(TOOL)], capture_output=True, text=True, check=True).stdout
    assert "NEEDED" in libraries and not any(lib in libraries for lib in ("jansson", "confuse", "libdb-5")), libraries
