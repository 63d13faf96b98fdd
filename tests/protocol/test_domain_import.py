# SPDX-License-Identifier: EUPL-1.2
"""pli domain import (docs/decisions/0059): the instance's domains made to agree with a table, a row at a time, again and again; nothing is removed by a file."""
import json
import os
import signal
import subprocess
import time

import pytest
from instance import Instance, eventually


@pytest.fixture(scope="module")
def inst():
    with Instance() as p:
        yield p


@pytest.fixture
def file(tmp_path):
    def write(text, name="domaines.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path
    return write


def outcomes(inst, path, *more):
    """Line to (domain, outcome, why); and the sums."""
    r = inst.pli("domain", "import", path, "--json", *more, check=False)
    said = json.loads(r.stdout)
    assert (r.returncode == 0) == (said["refused"] + said["failed"] + said["untried"] == 0), r
    return {row["line"]: (row["domain"], row["outcome"], row["why"]) for row in said["rows"]}, said


def names(inst):
    return [d["domain"] for d in inst.json("domain", "list")]


def test_as_a_french_excel_encodes_it(inst, file):
    table = file("domaine;description\r\nencode.import.test;Hôpital d\u2019Éze\r\n", encoding="cp1252")
    r = inst.pli("domain", "import", table, check=False)
    assert r.returncode == 1 and "--encoding windows-1252" in r.stderr
    assert outcomes(inst, table, "--encoding", "windows-1252")[1]["added"] == 1
    assert inst.json("domain", "show", "encode.import.test")["description"] == "Hôpital d\u2019Éze"


def test_added_changed_and_as_it_was(inst, file):
    inst.add("ana@chu.test", sign="never")
    path = file('Domaine;Description;Quota;Comptes max;Interne;Taille message;Signature;Liste rouge;Publication;Postmaster;État\r\n'.replace("Taille message", "message_max") +
                'Un.Import.test;"Cabinet; des Lilas";5G;12;oui;20M;jamais;oui;non;Ana@CHU.test;actif\r\n'
                'deux.import.test;;;;;;;;;;désactivé\r\n'
                'hôpital.import.test;Hôpital;0;;;;;;;;\r\n')
    before = names(inst)
    rows, said = outcomes(inst, path, "--dry-run")
    assert [r[1] for r in rows.values()] == ["added"] * 3 and said["dry_run"] is True and names(inst) == before
    rows, said = outcomes(inst, path)
    assert rows == {2: ("Un.Import.test", "added", ""), 3: ("deux.import.test", "added", ""), 4: ("hôpital.import.test", "added", "")} and said["added"] == 3
    one = inst.json("domain", "show", "un.import.test")
    assert {k: one[k] for k in ("description", "quota", "most_accounts", "inside", "max_message", "sign", "red_list", "publish", "postmaster", "disabled")} == {
        "description": "Cabinet; des Lilas", "quota": 5 << 30, "most_accounts": 12, "inside": True, "max_message": 20 << 20, "sign": "never", "red_list": True, "publish": False,
        "postmaster": "ana@chu.test", "disabled": False}
    assert inst.json("domain", "show", "deux.import.test")["disabled"] is True
    assert inst.json("domain", "show", "hôpital.import.test")["quota"] == 0
    assert [r[1] for r in outcomes(inst, path)[0].values()] == ["unchanged"] * 3
    assert inst.pli("domain", "import", path) == "3 rows: 0 added, 0 changed, 3 unchanged\n"

    rows, _ = outcomes(inst, file("domain;description;comptes max\nun.import.test;aucune;none\n"))
    assert rows == {2: ("un.import.test", "changed", "description, max_accounts")}
    one = inst.json("domain", "show", "un.import.test")
    assert not one["description"] and not one["most_accounts"]
    outcomes(inst, file("domain;description\nun.import.test;Cabinet; des Lilas\n".replace("Cabinet; des Lilas", '"Cabinet; des Lilas"')))

    path = file("domain,quota,postmaster,state\nun.import.test,none,none,\ndeux.import.test,,,active\n")
    rows, _ = outcomes(inst, path, "--dry-run")
    assert rows == {2: ("un.import.test", "changed", "quota, postmaster"), 3: ("deux.import.test", "changed", "state")}
    assert inst.json("domain", "show", "un.import.test")["quota"] == 5 << 30
    assert inst.pli("domain", "import", path).splitlines()[:2] == ["line 2: un.import.test changed: quota, postmaster", "line 3: deux.import.test changed: state"]
    one = inst.json("domain", "show", "un.import.test")
    assert (one["quota"], one["postmaster"], one["description"], one["inside"]) == (None, None, "Cabinet; des Lilas", True), "what the row does not say stays"
    inst.add("luc@deux.import.test", sign="never")  # it is served, at once


def test_a_row_that_is_wrong_stops_no_other(inst, file):
    rows, said = outcomes(inst, file(
        "domain;quota;postmaster;max_message\nbon.import.test;;;\npas un domaine;;;\nBON.import.test;5G;;\n;1G;;\nquota.import.test;beaucoup;;\n"
        "chef.import.test;;personne@chu.test;\nnul.import.test;;;0\nfin.import.test;1G;;\n"))
    assert {n: r[1] for n, r in rows.items()} == {2: "added", 3: "refused", 4: "refused", 5: "refused", 6: "refused", 7: "refused", 8: "refused", 9: "added"}
    assert rows[4][2] == "line 2 has that domain already" and rows[6][2].startswith('quota: not "beaucoup" but ')
    assert rows[7][2] == "personne@chu.test is no account: a postmaster needs the address of one"
    hostile = inst.pli("domain", "import", file('domain;quota\n"x\x1b[2J\nline 3: autre.test added";1G\nun.import.test;"\x1b[31m"\n'), check=False)
    assert hostile.returncode == 1 and "\x1b" not in hostile.stderr and "\nline 3: autre.test added" not in hostile.stderr and "line 4: un.import.test refused" in hostile.stderr
    assert said["refused"] == 6 and not {"chef.import.test", "quota.import.test", "nul.import.test"} & set(names(inst))


@pytest.mark.parametrize("text, encoding, why", [
    ("domain;quotas\nx.import.test;1G\n", "utf-8", "line 1: no such column: quotas (known: domain description quota "),
    ("description\nx\n", "utf-8", "the column domain must be there"),
    ("domain;description\nx.import.test;Hôpital\n", "latin-1", "line 2"),
    ("domain;description\nx.import.test;Un\ny.import.test;\"Deux\n", "utf-8", "line "),
    ("", "utf-8", "the file is empty"),
])
def test_a_file_that_is_wrong_changes_nothing(inst, file, text, encoding, why):
    before = names(inst)
    r = inst.pli("domain", "import", file(text, encoding=encoding), check=False)
    assert r.returncode == 1 and why in r.stderr and r.stderr.rstrip().endswith("nothing was changed"), r
    assert names(inst) == before


def test_a_reason_that_is_cut_keeps_its_row(inst, file):
    path = file(f"domain;quota\ncoupe.import.test;x{40 * 'é'}\n")
    rows, said = outcomes(inst, path)
    assert said["refused"] == 1 and rows[2][:2] == ("coupe.import.test", "refused") and f'not "x{29 * "é"}" but' in rows[2][2]


def many(n, quota="1G"):
    return "domain;description;quota;inside\n" + "".join(f"d{i}.foule.test;Cabinet numéro {i};{quota};oui\n" for i in range(n))


def test_three_thousand_and_a_file_that_lost_half_of_its_lines(inst, file):
    """Prints what it takes; half of the lines is half of the work, and removes nothing. Run again, all is as it was."""
    begun = time.monotonic()
    _, said = outcomes(inst, file(many(3000)))
    added = time.monotonic() - begun
    assert said["added"] == 3000
    begun = time.monotonic()
    _, said = outcomes(inst, file(many(3000)))
    again = time.monotonic() - begun
    assert said["unchanged"] == 3000
    print(f"3,000 domains: added in {added:.1f} s, looked at again in {again:.1f} s")
    whole = many(3000, "2G").encode()
    rows, said = outcomes(inst, file(whole[:len(whole) // 4].rsplit(b"\n", 1)[0]))
    assert said["changed"] == len(rows) < 1500 and sum(d.endswith(".foule.test") for d in names(inst)) == 3000
    assert inst.json("domain", "show", "d2999.foule.test")["quota"] == 1 << 30


def test_killed_half_way_and_run_again(inst, file):
    path = file("domain;description\n" + "".join(f"k{i}.coupe.test;K\n" for i in range(300)))
    p = subprocess.Popen(inst.argv("domain", "import", path), stdout=subprocess.PIPE, text=True)
    for _ in range(20):
        assert p.stdout.readline().endswith(" added\n")
    p.kill()
    p.communicate()
    _, said = outcomes(inst, path)  # at once: dird may be at work for the first
    assert said["unchanged"] >= 20 and said["unchanged"] + said["added"] == 300 and sum(d.endswith(".coupe.test") for d in names(inst)) == 300


def test_two_at_once(inst, file):
    path = file("domain\n" + "".join(f"t{i}.ensemble.test\n" for i in range(60)))
    two = [subprocess.Popen(inst.argv("domain", "import", path, "--json"), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [json.loads(p.communicate()[0]) for p in two]
    assert sum(s["added"] for s in said) == 60 and sum(s["unchanged"] for s in said) == 60, said


def test_the_directory_is_away(inst, file):
    """Rows that were tried say so; when it is back the same file goes in."""
    slapd, path = inst.daemon("slapd"), file("domain\nabsent.test\n")
    os.kill(slapd, signal.SIGSTOP)
    try:
        rows, said = outcomes(inst, path)
    finally:
        os.kill(slapd, signal.SIGCONT)
    assert said["failed"] == 1 and rows[2][2], rows
    assert eventually(lambda: outcomes(inst, path)[0][2][1] in ("added", "unchanged")) and "absent.test" in names(inst)
