# SPDX-License-Identifier: EUPL-1.2
"""pli account import, export and code: a file of accounts, what becomes of each row, and the sheets that the new holders are given."""
import json
import os
import re
import signal
import stat
import subprocess
import threading

import pytest
from instance import FINESS, PASSWORD, Instance, eventually, plain

ME = "admin@chu.test"


def luhn(digits):
    total = sum(d if i % 2 else sum(divmod(2 * d, 10)) for i, d in enumerate(map(int, reversed(digits))))
    return digits + str(-total % 10)


def rpps(i):
    return luhn(f"1000{i:06}")


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add(ME, sign="never")
        yield pli


@pytest.fixture
def file(tmp_path):
    def write(text, name="lignes.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path
    return write


def outcomes(inst, path, *more):
    """{address: (outcome, why)} and the exit code."""
    r = inst.pli("account", "import", path, "--json", *more, check=False)
    got = json.loads(r.stdout)
    return {row["address"]: (row["outcome"], row["why"]) for row in got["rows"]}, r.returncode


def sheets(path):
    """{address: password}"""
    return dict(re.findall(r"Identifiant</th><td>([^<]*)</td></tr>\n<tr><th>Mot de passe</th><td class=\"code\">([^<]*)<", path.read_text(errors="replace")))


def sheet_names(path):
    return re.findall(r"Identifiant</th><td>([^<]*)<", path.read_text(errors="replace"))


def test_added_with_a_sheet_each(inst, file, tmp_path):
    rows = file(f"\ufeffadresse;type;prenom;nom;rpps;structure;service;alias;quota;signature;liste_rouge\r\n"
                f"Jeanne.Essai@chu.test;per;Jeanne;ESSAI;{rpps(1)};;Cardiologie;j.essai@chu.test jessai@chu.test;2G;oui;non\r\n"
                f"accueil.cardio@chu.test;org;;\"Accueil \"\"Cardio\"\"; <Nord>\";;{FINESS};Cardiologie;;;non;oui\r\n")
    paper = tmp_path / "feuilles.html"
    out = inst.pli("account", "import", rows, "--sheets", paper, "--code-days", "0")
    assert "line 2: Jeanne.Essai@chu.test added" in out and out.strip().endswith("2 rows: 2 added, 0 changed, 0 unchanged")
    assert stat.S_IMODE(paper.stat().st_mode) == 0o600
    codes = sheets(paper)
    assert all(f"<td>{words}</td>" in paper.read_text() for words in ("o=pli", "mail=jeanne.essai@chu.test,ou=mailboxes,o=pli"))  # what no program finds
    assert set(codes) == {"jeanne.essai@chu.test", "accueil.cardio@chu.test"} and "Accueil &quot;Cardio&quot;; &lt;Nord&gt;" in paper.read_text()
    with inst.imap("jessai@chu.test", password=codes["jeanne.essai@chu.test"]) as m:
        assert m.select("INBOX")[0] == "OK"
    shown = inst.json("account", "show", "jeanne.essai@chu.test")
    assert (shown["name"], shown["service"], shown["quota"], sorted(shown["aliases"])) == ("Jeanne ESSAI", "Cardiologie", 2 << 30, ["j.essai@chu.test", "jessai@chu.test"])
    said = "".join(f.read_text(errors="replace") for f in (inst.root / "log").iterdir())
    assert not any(code in said for code in codes.values())
    r = inst.pli("account", "import", rows, "--sheets", paper, check=False)
    assert r.returncode == 1 and "exists: name a new file" in r.stderr


@pytest.mark.parametrize("dress", [lambda t: "\ufeff" + t.replace("\n", "\r\n"), lambda t: t.replace("\n", "\r"), lambda t: "\ufeffsep=;\r\n" + t.replace("\n", "\r\n")],
                         ids=["windows", "mac", "excel"])
def test_as_a_spreadsheet_writes_it(inst, file, dress):
    """With the headings that its owner typed."""
    rows = file(dress("Adresse;Type;Nom affiché;Prénom;NOM;RPPS;Spécialité;Liste rouge;État\n"
                      f"marie.tableur@chu.test;PER;Marie-Ève TABLEUR;Marie-Ève;TABLEUR;{rpps(11)};\"Médecine \"\"du sport\"\"; général\";Non;Actif\n"))
    assert outcomes(inst, rows, "--dry-run")[1] == 0 and outcomes(inst, rows)[1] == 0
    shown = inst.json("account", "show", "marie.tableur@chu.test")
    assert (shown["name"], shown["specialty"], shown["red_list"]) == ("Marie-Ève TABLEUR", 'Médecine "du sport"; général', False)


@pytest.mark.parametrize("encoding,python", [("windows-1252", "cp1252"), ("macintosh", "mac_roman"), ("utf-16", "utf-16")])
def test_as_an_old_spreadsheet_encodes_it(inst, file, encoding, python):
    """Excel's plain CSV in France: refused with the option's name, taken with it; the dry run shows each name, so that a wrong guess is seen."""
    address = f"helene.{python.replace('_', '')}@chu.test"
    rows = file("Adresse;Type;Nom affiché;RPPS;Service\r\n" f"{address};PER;Hélène L\u2019Œuvre;{rpps(12)};Réa \u00e0 200\u00a0m\r\n", encoding=python)
    r = inst.pli("account", "import", rows, check=False)
    assert r.returncode == 1 and f"--encoding {'utf-16' if python == 'utf-16' else 'windows-1252'}" in r.stderr
    assert f"line 2: {address} (Hélène L\u2019Œuvre) would be added\n" in inst.pli("account", "import", rows, "--dry-run", "--encoding", encoding)
    if python == "mac_roman":  # the wrong one: seen in the dry run, or refused
        r = inst.pli("account", "import", rows, "--dry-run", "--encoding", "windows-1252", check=False)
        assert r.returncode == 1 and "line 1: the octet 8F is nothing in windows-1252" in r.stderr or "Hélène" not in r.stdout
    assert outcomes(inst, rows, "--encoding", encoding) == ({address: ("added", "")}, 0)
    shown = inst.json("account", "show", address)
    assert (shown["name"], shown["service"]) == ("Hélène L\u2019Œuvre", "Réa à 200\u00a0m")
    r = inst.pli("account", "import", file(f"adresse;type\n{address};per\n"), "--encoding", "latin1", check=False)
    assert r.returncode == 1 and "no such encoding: latin1 (known: windows-1252, " in r.stderr


def test_numbers_as_people_and_spreadsheets_write_them(inst, file):
    """Spaces of all kinds, dots, hyphens say nothing; what a spreadsheet has rounded or shortened is refused with what to do."""
    head = "adresse;type;nom_affiche;rpps;structure;adeli;telephone\n"
    n = rpps(13)
    spaced = f"{n[:2]}\u00a0{n[2:5]}\u202f{n[5:8]} {n[8:]}"
    rows = file(head + f"nombres@chu.test;per;Anne NOMBRE;{spaced};187.512.751-00020;2a 1234567;01\u00a023\u202f45 67 89\n")
    assert outcomes(inst, rows) == ({"nombres@chu.test": ("added", "")}, 0)
    assert outcomes(inst, rows) == ({"nombres@chu.test": ("unchanged", "")}, 0)
    shown = inst.json("account", "show", spaced)
    assert [shown[k] for k in ("address", "rpps", "structure", "adeli", "telephone")] == ["nombres@chu.test", n, "18751275100020", "2A1234567", "01 23 45 67 89"]
    inst.pli("account", "set", "nombres@chu.test", "--rpps", "10.001.234.565", "--adeli", "2B 123 4567", "--telephone", "+33\u00a01 23")
    shown = inst.json("account", "show", "nombres@chu.test")
    assert [shown[k] for k in ("rpps", "adeli", "telephone")] == ["10001234565", "2B1234567", "+33 1 23"]
    inst.pli("account", "set", "nombres@chu.test", "--rpps", n)
    for cells, why in [("1,00001E+10;;;", "a spreadsheet has rounded this number"), (";1,87513E+13;;", "a spreadsheet has rounded this number"),
                       (f"{n};10 000 024;;", "a 0 is missing in front"), (f"{n};;12345678;", "a 0 is missing in front"), (f"{n};;;3,31235E+10", "a spreadsheet has rounded"),
                       (f"{n[:-1]}{(int(n[-1]) + 1) % 10};;;", "not an RPPS number")]:
        got, code = outcomes(inst, file(head + f"nombres2@chu.test;per;Anne NOMBRE;{cells}\n"))
        assert code == 1 and got["nombres2@chu.test"][0] == "refused" and got["nombres2@chu.test"][1].startswith(why)
    got, code = outcomes(inst, file(head + "nombres@chu.test;per;Anne NOMBRE;1,00001E+10;;;\n"))  # of one that is there, too
    lost = "a spreadsheet has rounded this number and its last digits are lost: 1,00001E+10 (type all of them again; in the spreadsheet, make the column's format Text first)"
    assert code == 1 and got["nombres@chu.test"][1] == lost
    r = inst.pli("account", "set", "nombres@chu.test", "--rpps", "1,00001E+10", check=False)
    assert r.returncode == 2 and lost in r.stderr, "an option is told the same as a cell"


def test_again_and_with_changes(inst, file):
    head = "address,type,name,rpps,service,aliases,quota,red_list\n"
    first = file(head + f"marc.deux@chu.test,per,Marc DEUX,{rpps(2)},Urgences,m.deux@chu.test,1G,no\n")
    assert outcomes(inst, first) == ({"marc.deux@chu.test": ("added", "")}, 0)
    assert outcomes(inst, first) == ({"marc.deux@chu.test": ("unchanged", "")}, 0)
    other = file(head + f"marc.deux@chu.test,per,Marc DEUX,{rpps(2)},R\u0065\u0301a,m.deux@chu.test m2@chu.test,3G,yes\n")
    for more, _ in ((["--dry-run"], 0), ([], 0)):
        assert outcomes(inst, other, *more) == ({"marc.deux@chu.test": ("changed", "service, aliases, red_list, quota")}, 0)
    shown = inst.json("account", "show", "marc.deux@chu.test")
    assert (shown["service"], shown["quota"], shown["red_list"]) == ("Réa", 3 << 30, True)
    assert outcomes(inst, other)[0] == {"marc.deux@chu.test": ("unchanged", "")}
    some = file("address,type,service\nmarc.deux@chu.test,per,\n")  # what has no column stays; an empty cell is an empty text
    assert outcomes(inst, some)[0] == {"marc.deux@chu.test": ("changed", "service")}
    assert inst.json("account", "show", "marc.deux@chu.test")["quota"] == 3 << 30


def test_a_row_that_is_wrong_stops_no_other(inst, file):
    rows = file("address;type;name;rpps;structure;quota\n"
                f"bon1@chu.test;per;Bon UN;{rpps(3)};;\n"
                f"chiffre@chu.test;per;Faux CHIFFRE;{rpps(4)[:-1]}{(int(rpps(4)[-1]) + 1) % 10};;\n"
                f"ailleurs@autre.test;per;Pas ICI;{rpps(5)};;\n"
                f"BON1@chu.test;per;Encore UN;{rpps(6)};;\n"
                "sansrpps@chu.test;per;Sans RPPS;;;\n"
                "genre@chu.test;rien;Quel GENRE;;;\n"
                "pas une adresse;per;X Y;;;\n"
                f"quota@chu.test;per;Quel QUOTA;{rpps(7)};;beaucoup\n"
                f"peu@chu.test;per;Sans UNITE;{rpps(7)};;5\n"
                f"{ME};per;Autre GENRE;{rpps(8)};;\n"
                f"bon2@chu.test;org;Bon DEUX;;{FINESS};\n")
    dry, code = outcomes(inst, rows, "--dry-run")
    assert code == 1 and inst.pli("account", "show", "bon1@chu.test", check=False).returncode == 1
    got, code = outcomes(inst, rows)
    assert code == 1 and dry == got
    assert got == {"bon1@chu.test": ("added", ""), "bon2@chu.test": ("added", ""),
                   "chiffre@chu.test": ("refused", f"not an RPPS number: {rpps(4)[:-1]}{(int(rpps(4)[-1]) + 1) % 10} "
                                                      "(11 digits whose last is a check digit; compare it with the professional's card)"),
                   "ailleurs@autre.test": ("refused", "autre.test is not a domain of this instance"),
                   "BON1@chu.test": ("refused", "line 2 has this address already"),
                   "sansrpps@chu.test": ("refused", "a professional's mailbox needs an RPPS number (who has none yet: an ADELI number)"),
                   "genre@chu.test": ("refused", "no such type of mailbox (per, org, app or cab)"),
                   "pas une adresse": ("refused", "\"pas une adresse\" is not an address of a mailbox"),
                   "quota@chu.test": ("refused", 'quota: not "beaucoup" but a size with its unit, such as 500M, 2G; 0: none'),
                   "peu@chu.test": ("refused", 'quota: not "5" but a size with its unit, such as 500M, 2G; 0: none'),
                   ME: ("refused", "the type of a mailbox never changes: it is ORG")}
    r = inst.pli("account", "import", rows, check=False)
    assert "line 3: chiffre@chu.test refused: not an RPPS number" in r.stderr and "11 rows: 0 added, 0 changed, 2 unchanged, 9 refused" in r.stdout


def test_a_reason_that_is_cut_keeps_its_row(inst, file):
    """A cell of the file stands in the reason, cut: between two characters, or --json lost the row."""
    rows = file("address;type;name;rpps;quota\n"
                f"coupe1@chu.test;per;Un UN;{rpps(900)};x{40 * 'é'}\n"
                f"coupe2@chu.test;per;Deux DEUX;x{70 * 'é'};\n")
    got, code = outcomes(inst, rows)
    assert code == 1 and {a: row[0] for a, row in got.items()} == {"coupe1@chu.test": "refused", "coupe2@chu.test": "refused"}
    assert f'quota: not "x{29 * "é"}" but a size' in got["coupe1@chu.test"][1] and f"not an RPPS number: x{49 * 'é'} (" in got["coupe2@chu.test"][1]
    r = inst.pli("account", "import", file(f"address;type;x{40 * 'é'}\n"), "--json", check=False)
    assert f"no such column: x{19 * 'é'} (known" in json.loads(r.stderr)["error"] and r.returncode == 1


MARKS = "\x1b[2J|\x7f|\u009b31m|\u202e|\u2066"


def test_what_a_file_says_commands_no_terminal(inst, file):
    """Headings, names and addresses are shown to who imports: a control of ASCII or of C1, or a direction mark, reaches nobody's terminal."""
    for text in (f"address;type;a{MARKS}b\n", f"address;type;name;rpps\nx{MARKS}@chu.test;per;Un;{rpps(901)}\n", f"address;type;name;rpps\nordre@chu.test;per;Un{MARKS};{rpps(901)}\n"):
        for more in ((), ("--json",), ("--dry-run",)):
            r = inst.pli("account", "import", file(text), *more, check=False)
            shown = r.stderr + ("" if "--json" in more else r.stdout)  # a program is given the address as the file has it
            assert not set("\x1b\x7f\u009b\u202e\u2066") & set(shown), (text, more, r)
            assert r.returncode == 1, (text, more, r)
    r = inst.pli("account", "show", f"{MARKS}@chu.test", check=False)
    assert r.returncode != 0 and not set("\x1b\x7f\u009b\u202e\u2066") & set(r.stderr)


def test_an_alias_that_another_row_has_is_foreseen(inst, file):
    """Whichever row is worked on first: an account's own address before an alias, then the earlier row; what is tried dry is what happens."""
    head, org = "address;type;name;structure;alias\n", f";org;Boite;{FINESS};"
    rows = file(head + f"un.al@chu.test{org}deux.al@chu.test\ndeux.al@chu.test{org}\ntrois.al@chu.test{org}DEUX.al@chu.test\n"
                f"quatre.al@chu.test{org}commun@chu.test\ncinq.al@chu.test{org}autre.al@chu.test, commun@chu.test\nsix.al@chu.test{org}autre.al@chu.test autre.al@chu.test\n")
    dry, _ = outcomes(inst, rows, "--dry-run")
    got, code = outcomes(inst, rows)
    taken = "line {} has an alias of this row already".format
    assert code == 1 and dry == got == {"un.al@chu.test": ("refused", taken(3)), "deux.al@chu.test": ("added", ""), "trois.al@chu.test": ("refused", taken(3)),
                                        "quatre.al@chu.test": ("added", ""), "cinq.al@chu.test": ("refused", taken(5)), "six.al@chu.test": ("refused", taken(6))}


@pytest.mark.parametrize("text,encoding,why", [
    ("address;type;nom complet\n", "utf-8", "line 1: no such column: nom complet (known: address type name given sn "),
    ("address;type;" + 60 * "é" + "\n", "utf-8", " aliases quota messages sign red_list rank paperless state)\n"),
    ("adresse;type;" + 60 * "é" + "\n", "utf-8", " alias quota messages signature liste_rouge rang dematerialisation etat)\n"),
    ("address;type;;name\n", "utf-8", "line 1: column 3 has no name: give it one, or delete the column"),
    ("address;type;Liste  rouge;LISTE-ROUGE\n", "utf-8", "line 1: the column red_list is there twice"),
    ("adresse;nom\n", "utf-8", "line 1: the columns address and type must be there"),
    ("adresse;type;address\n", "utf-8", "line 1: the column address is there twice"),
    ("address;type\nx@chu.test;per;trop\n", "utf-8", "line 2: 3 cells, but 2 columns"),
    ("address;type;name\nx@chu.test;per;Hélène\n", "cp1252", 'line 2: the file is not UTF-8: save it as "CSV UTF-8" in the spreadsheet, or say --encoding windows-1252 '),
    ("address;type;name\nx@chu.test;per;Hélène\n", "utf-16", 'the file is UTF-16: save it as "CSV UTF-8", or say --encoding utf-16'),
    ("address;type;name\nx@chu.test;per;\"Sans fin\ny@chu.test;per;Y\n", "utf-8", "line 2: its quotes do not end"),
    ("", "utf-8", "the file is empty"),
])
def test_a_file_that_is_wrong_changes_nothing(inst, file, text, encoding, why):
    r = inst.pli("account", "import", file(text, encoding=encoding), check=False)
    assert r.returncode == 1 and why in r.stderr and r.stdout == "" and r.stderr.count("\n") == 1
    assert inst.pli("account", "show", "x@chu.test", check=False).returncode == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")
def test_a_disk_that_takes_no_more_sheets_ends_the_run(inst, file, tmp_path):
    """An account whose password nobody has is of no use: who has got none is named, and the rest is left for the next run."""
    disk = tmp_path / "petit"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12k", "pli-sheets", disk], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        got, code = outcomes(inst, file(many(400, 300)), "--sheets", disk / "feuilles.html", "--code-days", "0")
        lost = [a for a, (o, why) in got.items() if o == "added" and why]
        codes = sheets(disk / "feuilles.html")
    finally:
        subprocess.run(["umount", disk], check=True)
    added = {a for a, (o, _) in got.items() if o == "added"}
    assert code == 1 and lost and all("its sheet could not be written" in got[a][1] for a in lost)
    assert added - set(lost) <= set(codes) and any(o == "untried" for o, _ in got.values()) and len(added) < 300
    inst.pli("account", "code", *lost[:2], "--sheets", tmp_path / "suite.html", "--code-days", "0")
    with inst.imap(lost[0], password=sheets(tmp_path / "suite.html")[lost[0]]) as m:
        assert m.select("INBOX")[0] == "OK"


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "comble"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12k", "pli-comble", disk]).returncode != 0:
        pytest.skip("mounts a small file system")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_is_full_from_the_start(inst, file, small_disk):
    """One line, nobody is added, and no empty file stands in the way of the next run."""
    inst.add("plein@chu.test")
    (small_disk / "plein").write_bytes(b"x" * 12288)
    name = small_disk / "feuilles.html"
    r = inst.pli("account", "import", file(many(3, 900)), "--sheets", name, check=False)
    assert r.returncode == 1 and r.stderr.count("\n") == 1 and "cannot be written" in r.stderr and not name.exists()
    r = inst.pli("account", "code", "plein@chu.test", "--sheets", name, check=False)
    assert r.returncode == 1 and r.stderr.count("\n") == 1 and "cannot be written" in r.stderr and not name.exists()
    (small_disk / "plein").unlink()
    got, code = outcomes(inst, file(many(3, 900)), "--sheets", name)
    assert code == 0 and {o for o, _ in got.values()} == {"added"} and len(sheet_names(name)) == 3


def test_as_many_aliases_as_there_may_be(inst, file):
    """64, by the command and by a file; what is exported is taken again."""
    who, many = "alias64@chu.test", [f"alias64.{i}@chu.test" for i in range(64)]
    inst.add(who)
    for n in 65, 900:
        r = inst.pli("account", "alias", "add", who, *(f"{'x' * 40}{i}@chu.test" for i in range(n)), check=False)
        assert r.returncode == 1 and r.stderr == "pli account alias: more than 64 aliases\n"
    inst.pli("account", "alias", "add", who, *many)
    row = [line for line in inst.pli("account", "export").splitlines() if line.startswith(("address;", who))]
    assert outcomes(inst, file("\n".join(row) + "\n")) == ({who: ("unchanged", "")}, 0)
    assert outcomes(inst, file("\n".join(row).replace("alias64.0@", "alias64.64@chu.test alias64.0@") + "\n")) == ({who: ("refused", "aliases: more than 64")}, 1)


def test_an_alias_that_is_named_twice_is_one(inst, file):
    """Whatever its spelling: the second run finds nothing to change, and what differs is still seen."""
    head, row = "address;type;name;rpps;aliases\n", f"deuxfois@chu.test;per;Deux FOIS;{rpps(910)};"
    twice = file(head + row + "df@chu.test DF@CHU.test df2@chu.test df@chu.test\n")
    assert outcomes(inst, twice)[0] == {"deuxfois@chu.test": ("added", "")}
    assert outcomes(inst, twice) == ({"deuxfois@chu.test": ("unchanged", "")}, 0)
    assert sorted(inst.json("account", "show", "deuxfois@chu.test")["aliases"]) == ["df2@chu.test", "df@chu.test"]
    assert outcomes(inst, file(head + row + "df@chu.test df@chu.test\n"))[0] == {"deuxfois@chu.test": ("changed", "aliases")}
    assert outcomes(inst, file(head + row + "df@chu.test df3@chu.test df3@chu.test\n"))[0] == {"deuxfois@chu.test": ("changed", "aliases")}
    assert outcomes(inst, file(head + row + "df@chu.test df3@chu.test df3@chu.test\n")) == ({"deuxfois@chu.test": ("unchanged", "")}, 0)
    assert outcomes(inst, file(head + row + "df@chu.test df3\n"))[0]["deuxfois@chu.test"][0] == "refused"


def test_what_is_exported_is_taken_again(inst, file):
    assert outcomes(inst, file(f"address;type;name;structure\nformule@chu.test;org;=1+1;{FINESS}\n", "formule.csv"))[1] == 0
    rows = file("address;type;name;rpps;service;aliases\n" + f"\"aller.retour@chu.test\";per;\"Aller; \"\"RETOUR\"\"\";{rpps(9)};\"Étage 2; nord\";ar@chu.test\n")
    assert outcomes(inst, rows)[1] == 0
    everything = inst.pli("account", "export")
    assert everything.splitlines()[0] == "address;type;name;given;sn;rpps;structure;profession;specialty;service;responsible;civility;adeli;telephone;description;town;structure_name;aliases;quota;messages;sign;red_list;rank;paperless;state"
    assert f'aller.retour@chu.test;PER;"Aller; ""RETOUR""";' in everything
    assert "formule@chu.test;ORG;'=1+1;" in everything  # no spreadsheet runs what whoever names an account wrote
    got, code = outcomes(inst, file(everything))
    assert code == 0 and got and {o for o, _ in got.values()} == {"unchanged"}


def test_what_the_national_directory_is_told_beside_the_name(inst, file):
    """Civility, ADELI, telephone, description, rank, dematerialisation: from a table in French, and back."""
    head = "adresse;type;nom_affiche;civilite;adeli;telephone;description;rang;dematerialisation\n"
    assert outcomes(inst, file(head + "kine@chu.test;per;Aline KINÉ;Mme;2A1234567;01 23 45 67 89;Rééducation;2;oui\n"))[1] == 0
    keys = ("civility", "adeli", "telephone", "description", "rank", "paperless", "rpps")
    told = {k: inst.json("account", "show", "kine@chu.test")[k] for k in keys}
    assert told == {"civility": "Mme", "adeli": "2A1234567", "telephone": "01 23 45 67 89", "description": "Rééducation", "rank": 2,
                    "paperless": True, "rpps": None}
    got, code = outcomes(inst, file(inst.pli("account", "export")))
    assert code == 0 and got["kine@chu.test"][0] == "unchanged"
    got, code = outcomes(inst, file(head + "kine@chu.test;per;Aline KINÉ;;2A1234567;;;0;non\n"))
    assert code == 0 and got["kine@chu.test"] == ("changed", "civility, telephone, description, rank, paperless")
    told = {k: inst.json("account", "show", "kine@chu.test")[k] for k in keys}
    assert told == {"civility": None, "adeli": "2A1234567", "telephone": None, "description": None, "rank": 0, "paperless": False, "rpps": None}
    for cells, why in [("1234567;;;", "ADELI"), (";01-AB;;", "telephone"), (";;;100", "rank"), (";;;-1", "rank")]:
        adeli, telephone, description, rank = cells.split(";")
        got, code = outcomes(inst, file(head + f"kine@chu.test;per;Aline KINÉ;;{adeli};{telephone};{description};{rank};\n"))
        assert code == 1 and got["kine@chu.test"][0] == "refused" and why in got["kine@chu.test"][1]
    got, code = outcomes(inst, file(head + "kine@chu.test;per;Aline KINÉ;;;;;;\n"))  # her only number is not taken away
    assert got["kine@chu.test"][0] == "refused" and inst.json("account", "show", "kine@chu.test")["adeli"] == "2A1234567"


def test_town_and_name_of_the_structure(inst, file):
    """Told of an account, found by colleagues without accents, exported and taken again; the next account of that structure bears its name, too."""
    head = "adresse;type;nom_affiche;structure;ville;nom_structure\n"
    rows = file(head + f"lab@chu.test;org;Laboratoire;18751275100020;Saint-Étienne;Hôpital Édouard-Herriot\n")
    assert outcomes(inst, rows) == ({"lab@chu.test": ("added", "")}, 0)
    next_one = file(head + "lab2@chu.test;org;Laboratoire deux;18751275100020;;\n")
    assert outcomes(inst, next_one)[0] == {"lab2@chu.test": ("added", "")}
    assert outcomes(inst, next_one)[0] == {"lab2@chu.test": ("unchanged", "")}  # an empty cell is the name that the structure has here
    told = {a["address"]: (a["town"], a["structure_name"]) for a in inst.json("account", "list") if a["address"].startswith("lab")}
    assert told == {"lab@chu.test": ("Saint-Étienne", "Hôpital Édouard-Herriot"), "lab2@chu.test": (None, "Hôpital Édouard-Herriot")}
    for words in ("herriot", "etienne", "edouard herr"):
        assert "lab@chu.test" in {a["address"] for a in inst.json("directory", "search", words)}
    got, code = outcomes(inst, file(inst.pli("account", "export")))
    assert code == 0 and got["lab@chu.test"][0] == got["lab2@chu.test"][0] == "unchanged"
    assert outcomes(inst, file(head + "lab@chu.test;org;Laboratoire;18751275100020;Lyon;HCL\n"))[0] == {"lab@chu.test": ("changed", "town, structure_name")}
    assert outcomes(inst, file(head + "lab3@chu.test;org;Laboratoire trois;18751275100020;;\n"))[1] == 0
    assert inst.json("account", "show", "lab3@chu.test")["structure_name"] == "HCL"  # what was told last
    inst.pli("account", "set", "lab2@chu.test", "--town", "Bron", "--structure-name", "")
    shown = inst.json("account", "show", "lab2@chu.test")
    assert (shown["town"], shown["structure_name"]) == ("Bron", None)
    assert "organisation HCL\n" in (page := inst.pli("account", "show", "lab@chu.test")) and "town         Lyon\n" in page
    assert "lab2@chu.test" not in {a["address"] for a in inst.json("directory", "search", "herriot")}


def test_another_password_on_paper(inst, file, tmp_path):
    assert outcomes(inst, file(f"address;type;name;rpps\nperdu@chu.test;per;Mot PERDU;{rpps(10)}\n"))[1] == 0
    one, two = tmp_path / "un.html", tmp_path / "deux.html"
    inst.pli("account", "code", "perdu@chu.test", "--sheets", one, "--code-days", "0")
    inst.pli("account", "code", "perdu@chu.test", ME, "--sheets", two, "--code-days", "0")
    codes = sheets(two)
    assert set(codes) == {"perdu@chu.test", ME} and codes["perdu@chu.test"] != sheets(one)["perdu@chu.test"]
    with inst.imap("perdu@chu.test", password=codes["perdu@chu.test"]) as m:
        assert m.select("INBOX")[0] == "OK"
    assert inst.pli("account", "code", "perdu@chu.test", check=False).returncode == 2
    inst.pli("account", "passwd", ME, "--password-stdin", stdin=f"{codes[ME]}\n{PASSWORD}\n")


def many(n, first):
    return "address;type;name;structure;sign\n" + "".join(f"lot{i}@chu.test;org;Lot {i};{FINESS};no\n" for i in range(first, first + n))


def test_killed_half_way_and_run_again(inst, file):
    rows = file(many(60, 0))
    p = subprocess.Popen(inst.argv("account", "import", str(rows)), stdout=subprocess.PIPE, text=True)
    for _ in range(8):
        p.stdout.readline()
    p.kill()
    p.wait()
    got, code = outcomes(inst, rows)  # at once: the daemons are still at work for the first
    assert code == 0 and len(got) == 60 and {"added", "unchanged"} == {o for o, _ in got.values()}


def test_who_got_no_sheet_is_not_forgotten(inst, file, tmp_path):
    """Killed, a run has made some accounts whose sheets were not written yet; the next one tells of all that were there and that nobody has opened."""
    rows, first = file(many(30, 200)), tmp_path / "un.html"
    p = subprocess.Popen(inst.argv("account", "import", str(rows), "--sheets", str(first)), stdout=subprocess.PIPE, text=True)
    for _ in range(4):
        p.stdout.readline()
    p.kill()
    p.wait()
    got = json.loads(inst.pli("account", "import", rows, "--sheets", tmp_path / "deux.html", "--json"))
    made = {row["address"] for row in got["rows"] if row["outcome"] == "unchanged"}
    assert got["pending"] == got["unchanged"] == len(made) and got["added"] + len(made) == 30
    pending = {a["address"] for a in inst.json("account", "list", "--state", "pending")}
    assert set(sheet_names(first)) <= made <= pending
    told = inst.pli("account", "import", rows).splitlines()
    assert told[-1].startswith("30 were there already and nobody has opened them (pli account list --state pending): whose sheet is missing, ")
    assert told[-2] == "30 rows: 0 added, 0 changed, 30 unchanged"


def test_who_stands_on_no_sheet_of_passwords(inst, file, tmp_path):
    """With passwords no account tells whether its holder was given one: the run says how many were there and stand on none of its sheets. Closed ones want none."""
    inst.pli("account", "import", file(many(3, 240)), "--sheets", tmp_path / "un.html", "--code-days", "0")
    inst.pli("account", "close", "lot240@chu.test")
    closed = file(many(1, 240).replace("sign", "state").replace(";no", ";closed"), "ferme.csv")
    more = file(many(4, 241))
    assert "stand on" not in inst.pli("account", "import", closed, "--sheets", tmp_path / "deux.html", "--code-days", "0")
    assert "stand on" not in inst.pli("account", "import", more, "--dry-run", "--sheets", tmp_path / "x.html", "--code-days", "0")
    dry = json.loads(inst.pli("account", "import", more, "--dry-run", "--json", check=False).stdout)
    assert (dry["added"], dry["unchanged"], dry["pending"], dry["opened"]) == (2, 2, 0, 2)
    assert json.loads(inst.pli("account", "import", closed, "--json", check=False).stdout)["opened"] == 0
    told = inst.pli("account", "import", more, "--sheets", tmp_path / "trois.html", "--code-days", "0").splitlines()
    assert told[-2] == "4 rows: 2 added, 0 changed, 2 unchanged"
    assert told[-1] == ("2 were there already and stand on no sheet of this file: who is on no earlier sheet either, as after a run that was cut off, gets another password by "
                        "pli account code ADDRESS --sheets FILE --code-days 0")
    assert set(sheets(tmp_path / "trois.html")) == {"lot243@chu.test", "lot244@chu.test"}


def test_pending_stays_pending_without_a_sheet(inst, file, tmp_path):
    """What another instance exported: who had not opened a mailbox there has not here, whatever is imported without sheets; a password on paper and the first sign-in end it."""
    head = "address;type;name;rpps;state\n"
    rows = file(head + f"venir@chu.test;per;A VENIR;{rpps(60)};pending\ndeja@chu.test;per;Déjà LÀ;{rpps(61)};active\nmuet@chu.test;per;Ne DIT RIEN;{rpps(62)};\n")
    ldif = file("dn: mail=ldif@chu.test,o=x\nmail: ldif@chu.test\nmssType: PER\ncn: De LDIF\n"
                f"rpps: {rpps(63)}\npliPending: TRUE\npliDisabled: FALSE\n", "lignes.ldif")
    assert {o for path in (rows, ldif) for o, _ in outcomes(inst, path)[0].values()} == {"added"}

    def states():
        return {a["address"].split("@")[0]: a["state"] for a in inst.json("account", "list") if a["address"] in ("venir@chu.test", "deja@chu.test", "muet@chu.test", "ldif@chu.test")}
    assert states() == {"venir": "pending", "ldif": "pending", "deja": "active", "muet": "active"}
    got, code = outcomes(inst, file(inst.pli("account", "export")))
    assert code == 0 and got["venir@chu.test"] == got["deja@chu.test"] == ("unchanged", "")
    paper = tmp_path / "papier.html"
    inst.pli("account", "code", "venir@chu.test", "--sheets", paper, "--code-days", "0")
    assert states()["venir"] == "pending"
    with inst.imap("venir@chu.test", password=sheets(paper)["venir@chu.test"]) as m:
        assert m.select("INBOX")[0] == "OK"
    assert states()["venir"] == "active"


def test_the_directory_is_away(inst, file):
    """Rows that were tried say so, the others are not tried; when it is back the same file goes in."""
    rows = file(many(40, 100))
    slapd = inst.daemon("slapd")
    os.kill(slapd, signal.SIGSTOP)
    try:
        got, code = outcomes(inst, rows)
    finally:
        os.kill(slapd, signal.SIGCONT)
    said = [o for o, _ in got.values()]
    assert code == 1 and set(said) == {"failed", "untried"} and 8 <= said.count("failed") <= 16 and all(why for _, why in got.values())
    got = eventually(lambda: (g := outcomes(inst, rows))[1] == 0 and g[0])
    assert {o for o, _ in got.values()} <= {"added", "unchanged"}


def test_effective_at_once_while_mail_flows(inst, file):
    errors, stop = [], threading.Event()

    def send():
        while not stop.is_set():
            try:
                inst.submit(ME, [ME], plain("flot", ME, ME))
            except Exception as e:  # noqa: BLE001: whatever it is, it is one too many
                errors.append(e)

    t = threading.Thread(target=send)
    t.start()
    try:
        assert outcomes(inst, file(many(20, 200)))[1] == 0
        inst.submit(ME, [f"lot{i}@chu.test" for i in range(200, 220)], plain("bienvenue", ME, "lot200@chu.test"))
    finally:
        stop.set()
        t.join()
    assert errors == []
