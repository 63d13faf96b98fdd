# SPDX-License-Identifier: EUPL-1.2
"""pli account import of LDIF: another directory's entries, what slapcat says of our own, and files that are no list of accounts."""
import base64
import json
import subprocess

import pytest
from instance import FINESS, Instance

PEOPLE = """version: 1
# what another directory wrote

dn: uid=zoe,ou=personnes,dc=chu,dc=example
objectClass: inetOrgPerson
uid: zoe
cn:: {cn}
givenName:: {given}
sn: ZOLA
mail: zoe.zola@chu.test
mail: z.zola@chu.test
mssType: PER
rpps: 10001234565
mssService: Cardiologie et
  maladies vasculaires
pliQuota: 2147483648
userPassword: {{SSHA}}x
telephoneNumber: +33 1 23 45 67 89

dn: cn=accueil,dc=chu,dc=example
changetype: add
cn: Accueil
mail: accueil.ldif@chu.test
mssType: org
mssStructureId: {finess}
mssRedList: TRUE

dn: ou=personnes,dc=chu,dc=example
objectClass: organizationalUnit
ou: personnes
"""


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        yield pli


@pytest.fixture
def file(tmp_path):
    def write(text, newline="\n"):
        path = tmp_path / "annuaire.ldif"
        path.write_bytes(text.replace("\n", newline).encode() if isinstance(text, str) else text)
        return path
    return write


def people():
    return PEOPLE.format(cn=base64.b64encode("Dr Zoé ZOLA".encode()).decode(), given=base64.b64encode("Zoé".encode()).decode(), finess=FINESS)


def imported(inst, path, *more):
    r = inst.pli("account", "import", path, "--json", *more, check=False)
    return json.loads(r.stdout)


def refused(inst, path):
    r = inst.pli("account", "import", path, check=False)
    assert r.returncode == 1 and len(r.stderr.strip().splitlines()) == 1 and not r.stdout, (r.stdout, r.stderr)
    return r.stderr


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_entries_become_accounts(inst, file, newline):
    path = file(people(), newline)
    first = imported(inst, path)
    assert [(row["line"], row["address"], row["outcome"]) for row in first["rows"]] == [
        (4, "zoe.zola@chu.test", "added" if newline == "\n" else "unchanged"), (20, "accueil.ldif@chu.test", "added" if newline == "\n" else "unchanged")]
    assert first["unused"] == "uid, userPassword, ou"
    zoe = inst.json("account", "show", "zoe.zola@chu.test")
    assert (zoe["name"], zoe["rpps"], zoe["service"], zoe["aliases"], zoe["quota"]) == (
        "Dr Zoé ZOLA", "10001234565", "Cardiologie et maladies vasculaires", ["z.zola@chu.test"], 2 << 30)
    assert zoe["telephone"] == "+33 1 23 45 67 89"
    assert inst.json("account", "show", "accueil.ldif@chu.test")["red_list"] is True
    assert imported(inst, path)["unchanged"] == 2
    said = inst.pli("account", "import", path, "--dry-run", check=False)
    assert "attributes that are not used: uid, userPassword, ou" in said.stderr


@pytest.mark.parametrize("name", ["x\x1b[2Jy".encode(), "x\u009b\u202ey".encode(), b"x\xe9y"], ids=["escape", "c1-and-direction", "no-utf8"])
def test_an_attribute_that_is_no_word(inst, file, name):
    """The names of what is passed over are shown: none commands a terminal, and one that is no UTF-8 ends no --json."""
    path = file(b"dn: mail=mot@chu.test\nmail: mot@chu.test\nmssType: per\nrpps: 1\ncn: Mot\n" + name + b": z\n")
    r = subprocess.run([str(a) for a in inst.argv("account", "import", path)], capture_output=True, timeout=60)
    assert r.returncode == 1 and b"attributes that are not used: " in r.stderr and not {0x1b, 0x9b, 0xae, 0xe9} & set(r.stderr), r.stderr
    said = imported(inst, path)
    assert said["refused"] == 1 == len(said["rows"]) and said["unused"].startswith("x")


def test_what_slapcat_says_of_our_own_changes_nothing(inst, file):
    inst.add("mien@chu.test", kind="per", name="Hélène MÂLE", extra=["--alias", "autre@chu.test", "--service", "Bloc <A> & B", "--quota", "3G",
                                                                        "--civility", "Pr", "--telephone", "116117", "--description", "Avis é", "--rank", "3", "--paperless", "no"])
    r = subprocess.run(["slapcat", "-f", inst.root / "ldap/slapd.conf", "-b", "o=pli", "-a", "(objectClass=mssBox)"], capture_output=True)
    assert r.stdout.count(b"\ndn: ") + 1 >= 1, r.stderr
    got = imported(inst, file(r.stdout))
    assert {row["outcome"] for row in got["rows"]} == {"unchanged"} and "mien@chu.test" in {row["address"] for row in got["rows"]}


def test_states_are_those_of_our_own(inst, file):
    for who in ("actif", "suspendu", "ferme", "efface"):
        inst.add(f"{who}@chu.test", kind="per")
    inst.pli("account", "suspend", "suspendu@chu.test")
    inst.pli("account", "close", "ferme@chu.test")
    inst.pli("account", "delete", "efface@chu.test")  # its tombstone is no account
    slapcat = subprocess.run(["slapcat", "-f", inst.root / "ldap/slapd.conf", "-b", "o=pli", "-a", "(|(objectClass=mssBox)(objectClass=pliTombstone))"],
                             capture_output=True).stdout
    assert b"pliHolder" in slapcat
    states = {f"{who}@chu.test": state for who, state in (("actif", "active"), ("suspendu", "suspended"), ("ferme", "closed"))}
    got = {row["address"]: row["outcome"] for row in imported(inst, file(slapcat))["rows"]}
    assert {who: got[who] for who in states} == dict.fromkeys(states, "unchanged") and "efface@chu.test" not in got
    inst.pli("account", "resume", "suspendu@chu.test")
    inst.pli("account", "suspend", "actif@chu.test")
    got = {row["address"]: (row["outcome"], row["why"]) for row in imported(inst, file(slapcat))["rows"]}
    assert got["suspendu@chu.test"] == got["actif@chu.test"] == ("changed", "state")
    assert {who: inst.json("account", "show", who)["state"] for who in states} == states


@pytest.mark.parametrize("text,why", [
    ("dn: mail=a@chu.test,o=x\nchangetype: delete\n", "line 2: this changes a directory"),
    ("dn: mail=a@chu.test,o=x\nmail: a@chu.test\nmssType: per\ncn:< file:///etc/passwd\n", "line 4: a value that stands in another file"),
    ("dn: mail=a@chu.test,o=x\nmail: a@chu.test\nmssType: per\ncn:: ***\n", "line 4: this does not read as LDIF"),
    ("dn: mail=a@chu.test,o=x\nmail: a@chu.test\nmssType per\n", "line 3: no attribute: value"),
    (b"dn: mail=a@chu.test,o=x\nmail: a@chu.test\nmssType: per\ncn: H\xe9l\xe8ne\n", "line 4: this value is not UTF-8"),
    ("dn: o=x\nobjectClass: organization\no: x\n", "no entry of the file has mail or mssType"),
    ("version: 1\n", "no entry of the file has mail or mssType"),
    (b"dn: o=x\nmail: a\0b\n", "line 2: an octet 0"),
])
def test_what_is_no_list_is_refused_whole(inst, file, text, why):
    assert why in refused(inst, file(text))
    assert inst.pli("account", "show", "a@chu.test", check=False).returncode == 1


def test_entries_that_cannot_be_accounts_are_refused_by_themselves(inst, file):
    got = imported(inst, file("dn: cn=1\nmail: un@chu.test\nmssType: per\ncn: Un UN\nrpps: 10001234566\n\n"
                              "dn: cn=2\nmail: deux@chu.test\ncn: Deux\n\n"
                              "dn: cn=3\nmail: trois@chu.test\nmssType: per\ncn: Trois TROIS\nrpps: 10001234565\n\n"
                              "dn: cn=4\nmail: TROIS@chu.test\nmssType: per\ncn: Trois TROIS\nrpps: 10001234565\n"))
    assert [(row["line"], row["outcome"]) for row in got["rows"]] == [(1, "refused"), (7, "refused"), (11, "added"), (17, "refused")]
