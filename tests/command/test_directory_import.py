# SPDX-License-Identifier: EUPL-1.2
"""pli directory import: the national copy made of files of its shape with fictitious people (tests/lib/national.py), seen by ldapsearch as a mail
client sees it. Whatever is wrong with a file, or dies half way, the copy is the old one or the new one."""
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import national
import pytest
from instance import PASSWORD, TOP, Instance, PliError, build_dir, eventually

LINES = 300
WHO = "marie.martin@chu.test"


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add(WHO, kind="per", name="Marie MARTIN")
        yield pli


@pytest.fixture
def made(tmp_path):
    """made(lines, ...): a file, as national.write() makes it."""
    def make(lines=LINES, **how):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.txt"
        national.write(path, lines, **how)
        return str(path)
    return make


def search(inst, flt, *attrs, base="o=pli"):
    """Waits for a slapd that is starting again: whoever was killed may have told the supervisor so just before."""
    env = {**os.environ, "LDAPTLS_CACERT": inst.ca, "LDAPTLS_REQCERT": "demand"}
    argv = ["ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-H", f"ldaps://localhost:{inst.port('ldaps')}", "-x", "-D",
            f"mail={WHO},ou=mailboxes,o=pli", "-w", PASSWORD, "-E", "pr=500/noprompt", "-b", base, flt, *attrs]
    r = eventually(lambda: (g := subprocess.run(argv, capture_output=True, text=True, env=env, timeout=60)).returncode != 255 and g)
    assert r.returncode == 0, r.stderr
    return r.stdout


def addresses(inst, flt="(mssNationalKey=*)"):
    return sorted(line.split()[1] for line in search(inst, flt, "mail").splitlines() if line.startswith("mail:"))


def addresses_of(path):
    with open(path, encoding="utf-8") as f:
        return sorted(line.split("|")[1] for line in list(f)[1:])


def imported(inst, path, *more):
    return inst.json("directory", "import", path, *more)


def refused(inst, path, *more):
    with pytest.raises(PliError) as e:
        inst.pli("directory", "import", path, *more)
    assert e.value.rc == 1 and len(e.value.err.strip().splitlines()) == 1, e.value.err
    return e.value.err


@pytest.fixture
def start(inst, made):
    """The copy that each test begins with."""
    path = made()
    imported(inst, path, "--accept-loss")
    return path


def test_a_file_becomes_the_copy_and_only_differences_are_written(inst, start, made):
    assert addresses(inst) == addresses_of(start)
    assert imported(inst, start)["written"] == "nothing"
    second = made(differences=30)
    report = imported(inst, second, "--dry-run")
    assert (report["added"], report["changed"], report["removed"], report["written"]) == (10, 10, 10, "dry-run")
    assert addresses(inst) == addresses_of(start), "a dry run changes nothing"
    report = imported(inst, second)
    assert (report["added"], report["changed"], report["removed"], report["written"]) == (10, 10, 10, "differences")
    assert addresses(inst) == addresses_of(second)
    stats = inst.json("directory", "stats")
    assert stats["national_entries"] == len(addresses_of(second)) and stats["national_changed"].endswith("Z")
    changed = next(line for line in open(second, encoding="utf-8").read().splitlines()[1:]
                   if line.startswith("PER") and line not in open(start, encoding="utf-8").read()).split("|")
    entry = search(inst, f"(mail={changed[1]})", "title", "rpps", "mail", "l", "o", "mssSearchName")
    assert f"rpps: {changed[3]}" in entry and "mssSearchName: centre" in entry


FULL = {"Type de BAL": "PER", "Type Identifiant PP": "8", "Identifiant PP": national.with_check_digit("1077777777"), "Type identifiant structure": "1",
        "Identification Structure": national.with_check_digit("30777777"), "Service de rattachement": "Cardiologie pédiatrique", "Nom d'exercice": "MARTIN-ÉLAN",
        "Prénom d'exercice": "Hélène", "Libellé Profession": "Médecin", "Libellé savoir-faire": "Qualifié en Médecine Générale", "Dématérialisation": "O",
        "Raison Sociale structure BAL": "Hôpital Nord", "L4NUMEROVOIE": "7", "NL4TYPEVOIE": "RUE", "L4LIBELLEVOIE": "DES ÉCOLES",
        "L6LIGNEACHEMINEMENT": "93200 SAINT-DENIS", "Code postal": "93200", "Pays": "France"}


@pytest.mark.parametrize("name, columns", {
    "whole": {},
    "named-twice": {"Nom d'exercice": "NOËL", "Prénom d'exercice": "Noël"},
    "no-break-space": {"Service de rattachement": "Service\u00a0d'urgence pédiatrique"},
}.items(), ids=lambda v: v if isinstance(v, str) else "")
def test_a_line_with_every_column_goes_in_online(inst, start, tmp_path, name, columns):
    """Added, then changed, beside the others: one such line is no reason to write half a million anew."""
    file = tmp_path / "plus.txt"
    before = open(start, encoding="utf-8").read()
    for town in "93200 SAINT-DENIS", "97490 SAINTE-CLOTILDE":
        row = dict.fromkeys(national.COLUMNS, "") | FULL | columns | {"Adresse BAL": f"{name}@hopital.mssante.fr", "L6LIGNEACHEMINEMENT": town}
        file.write_text(before + "|".join(row.values()) + "\n", encoding="utf-8")
        report = imported(inst, str(file))
        assert (report["added"] + report["changed"], report["removed"], report["refused"], report["written"]) == (1, 0, 0, "differences")
    found = search(inst, "(&(l;lang-x-find=sainte clo*)(title;lang-x-find=medecin))", "mail")
    assert f"mail: {name}@hopital.mssante.fr" in found


@pytest.mark.parametrize("shape", ["crlf", "bom", "shuffled"])
def test_the_same_lines_in_another_dress_change_nothing(inst, start, made, shape):
    assert imported(inst, made(defects={shape}))["written"] == "nothing"


def test_each_refused_line_is_told_with_its_cause(inst, start, made):
    path = made(defects={"check-digit", "duplicate", "short", "latin1"})
    report = imported(inst, path)
    assert report["lines"] == LINES + 3 and report["duplicates"] == 3
    assert report["causes"]["columns"] == 3 and report["causes"]["utf-8"] == 3 and report["causes"].get("rpps", 0) <= 3
    assert report["refused"] == sum(report["causes"].values()) == len(report["refused_lines"])
    raw = open(path, "rb").read().splitlines()
    for row in report["refused_lines"]:
        if row["cause"] == "columns":
            assert raw[row["line"] - 1].count(b"|") == 19
    said = inst.pli("directory", "import", path, check=False)
    assert (said.returncode, said.stderr) == (0, "")  # a job of each day has nothing to tell
    assert [int(x) for x in re.findall(r"(?m)^line (\d+): refused: ", said.stdout)] == [row["line"] for row in report["refused_lines"]]


@pytest.mark.parametrize("broken,word", [({"half"}, "more than 10 per cent"), ({"no-column"}, "adresse bal")])
def test_a_broken_file_changes_nothing(inst, start, made, broken, word):
    assert word in refused(inst, made(defects=broken))
    assert addresses(inst) == addresses_of(start)


def test_a_file_of_other_people_changes_nothing(inst, start, made):
    """It has as many lines as before; hardly an address of before is among them."""
    others = made(seed=22)
    gone = len(set(addresses_of(start)) - set(addresses_of(others)))
    assert gone > LINES * 0.9 and f"{gone} would be gone, more than 10 per cent" in refused(inst, others)
    assert addresses(inst) == addresses_of(start)
    assert imported(inst, others, "--accept-loss")["removed"] == gone


def test_half_of_the_lines_is_taken_when_that_is_meant(inst, start, made):
    half = made(defects={"half"})
    assert imported(inst, half, "--accept-loss")["removed"] == LINES // 2
    assert addresses(inst) == addresses_of(half)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>\n", b"PK\x03\x04" + bytes(200), b"\n" * 50])
def test_what_is_no_such_file_is_refused(inst, start, tmp_path, content):
    (tmp_path / "odd").write_bytes(content)
    assert "nothing was changed" in refused(inst, str(tmp_path / "odd"))
    assert "regular file" in refused(inst, "/dev/null")
    assert "cannot be read" in refused(inst, str(tmp_path / "none"))


def test_a_second_import_at_the_same_time_is_refused(inst, start):
    with open(inst.root / "ldap/import.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another import is running" in refused(inst, start)


def test_a_lost_or_damaged_state_file_is_made_again(inst, start, made):
    state, second = inst.root / "ldap/national/state", made(differences=9)
    for damage in (lambda: state.unlink(), lambda: state.write_bytes(state.read_bytes()[:-5]),
                   lambda: state.write_bytes(state.read_bytes()[:-1] + b"!")):
        damage()
        assert imported(inst, second)["written"] == "whole"
        assert addresses(inst) == addresses_of(second)


def test_half_of_the_lines_is_noticed_without_the_state_file_too(inst, start, made):
    (inst.root / "ldap/national/state").unlink()
    assert "more than 10 per cent" in refused(inst, made(defects={"half"}))
    assert addresses(inst) == addresses_of(start)


def test_lines_of_one_address_are_one_entry_whatever_their_order(inst, start, tmp_path):
    head, *lines = open(start, encoding="utf-8").read().splitlines()
    person = next(line for line in lines if line.startswith("PER")).split("|")
    second = "|".join([*person[:18], "Maison de Retraite", *person[19:]])
    for name, order in (("a", [*lines, second]), ("b", [second, *lines])):
        (tmp_path / name).write_text("\n".join([head, *order]), encoding="utf-8")     # and no line end at the last
    assert imported(inst, str(tmp_path / "a"))["changed"] == 1
    entry = search(inst, f"(mail={person[1]})", "mail", "mssSearchName")
    assert entry.count("dn:") == 1 and "mssSearchName: retraite" in entry and "mssSearchName: centre" in entry
    assert imported(inst, str(tmp_path / "b"))["written"] == "nothing"


def test_a_line_of_megabytes_is_refused_alone(inst, start, tmp_path):
    lines = open(start, "rb").read().splitlines(keepends=True)
    (tmp_path / "long").write_bytes(b"".join([*lines[:100], b"x|" * 1_500_000 + b"\n", b"\0" * 40 + b"\n", *lines[100:]]))
    report = imported(inst, str(tmp_path / "long"))
    assert report["causes"] == {"long": 1, "control": 1} and report["written"] == "nothing"
    assert [row["line"] for row in report["refused_lines"]] == [101, 102]


def test_killed_at_any_moment_the_copy_is_the_old_one_or_the_new_one(inst, start, made):
    files = [start, made(seed=2)]
    both = [addresses_of(f) for f in files]
    for step in range(6):
        argv = inst.argv("directory", "import", files[1 - step % 2], "--accept-loss")
        p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.02 * step)
        p.send_signal(signal.SIGKILL)
        p.wait()
        assert addresses(inst) in both
    imported(inst, files[0], "--accept-loss")
    assert addresses(inst) == both[0]


def test_slapd_killed_while_differences_go_in(inst, start, made):
    second = made(differences=90)
    both = [addresses_of(start), addresses_of(second)]
    p = subprocess.Popen(inst.argv("directory", "import", second), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.03)
    os.kill(inst.pids("slapd")[0], signal.SIGKILL)
    p.wait()
    inst.wait_daemon("slapd")
    eventually(lambda: inst.pli("directory", "search", "marie", check=False).returncode == 0)
    assert addresses(inst) in both
    imported(inst, second)
    assert addresses(inst) == both[1]


def test_an_import_needs_no_server(made):
    with Instance(serve=False) as pli:
        path = made()
        assert imported(pli, path)["written"] == "whole"
        pli.serve()
        pli.add(WHO, kind="per", name="Marie MARTIN")
        assert addresses(pli) == addresses_of(path)


def test_the_national_copy_is_not_in_the_cache_of_accounts(inst, start):
    (inst.root / "ldap/national/state").unlink()
    assert imported(inst, start)["written"] == "whole"     # slapd starts again, and dird listens to all that is its own
    told = eventually(lambda: [line for line in inst.output().splitlines() if "ev=sync-" in line] if "ev=sync-ready" in inst.output().split("ev=directory-renewed")[-1] else None)
    assert "accounts=1 " in told[-1] and not any("sync-odd-entry" in line for line in told)
    assert len(inst.json("account", "list")) == 1


def test_pli_directory_search_shows_a_hundred_of_the_copy(inst, start, made):
    imported(inst, made(500), "--accept-loss")
    told = eventually(lambda: (r := inst.pli("directory", "search", "medecin", check=False)).returncode == 0 and r)  # slapd may be starting again
    assert len(told.stdout.splitlines()) == 100 and told.stderr == "pli directory search: the first 100 of the national copy are shown\n"
    rows = inst.pli("directory", "search", "medecin", "--json", check=False)
    assert (rows.returncode, len(json.loads(rows.stdout)), rows.stderr) == (0, 100, "")  # as the page says: there may be more


def test_what_the_file_says_commands_no_terminal(inst, start, tmp_path):
    """The national file's names are kept as they came; who searches is shown no direction mark and no control of C1."""
    path = tmp_path / "marks.txt"
    line = DOCTOR.replace("|Hélène|", "|Hélène\u202e\u009b2J|").replace("NÎMES CEDEX", "NÎMES\u202e CEDEX")
    path.write_text("|".join(national.COLUMNS) + "\n" + line + "\n", encoding="utf-8")
    imported(inst, str(path), "--accept-loss")
    shown = eventually(lambda: inst.pli("directory", "search", "oeuvrard", check=False).stdout)
    assert shown.startswith("helene.oeuvrard@pro.mssante.fr") and not {"\u202e", "\u009b"} & set(shown), shown


DOCTOR = ("PER|helene.oeuvrard@pro.mssante.fr|8|10001234565|810001234565|1|300017985||DR|ŒUVRARD-MÉSANGE|Hélène|C|Civil|10|Médecin|SM04|Cardiologie|O|"
          "Clinique d'Essai||||12||RUE|DES ÉCOLES||30900 NÎMES CEDEX 9|30900|30|France")
# What clients ask when somebody types: Thunderbird's completion (its template with one word, and with two), its search in the address book (version 153,
# mail.addr_book.quicksearchquery.format through its map of attributes), Outlook's, Apple Contacts' (whole values; beginnings).
CLIENTS = {
    "thunderbird": "(|(cn={0}*)(mail={0}*)(sn={0}*))",
    "thunderbird book": "(&(objectclass=*)(|(cn=*{0}*)(givenName=*{0}*)(sn=*{0}*)(mozillaNickname=*{0}*)(mail=*{0}*)(mozillaSecondEmail=*{0}*)(&(description=*{0}*))"
                        "(o=*{0}*)(ou=*{0}*)(title=*{0}*)(mozillaWorkUrl=*{0}*)(mozillaHomeUrl=*{0}*)))",
    "outlook": "(&(mail=*)(|(mail={0}*)(cn={0}*)(sn={0}*)(givenName={0}*)(displayName={0}*)))",
    "apple": "(|(givenname={0})(sn={0})(cn={0})(mail={0})(givenname={0}*)(sn={0}*)(cn={0}*)(mail={0}*))",
}


@pytest.fixture(scope="module")
def book(inst, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "doctor.txt"
    path.write_text("|".join(national.COLUMNS) + "\n" + DOCTOR + "\n", encoding="utf-8")
    imported(inst, str(path), "--accept-loss")
    inst.add("helene.rouge@chu.test", kind="per", name="Hélène ROUGE", extra=["--red-list"])
    inst.add("helene.martin@chu.test", kind="per", name="Hélène MARTIN")
    inst.add("mta@chu.test", kind="per", name="Marie-Thérèse d’ARGENT", extra=["--given", "Marie-Thérèse", "--sn", "d’ARGENT"])
    inst.add("pole@chu.test", kind="per", name="Zoé POLE", extra=["--profession", "Médecin", "--service", "Pédiatrie", "--structure-name", "Pôle-de-Santé"])
    return inst


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("typed", ["Hélène", "helene", "HELENE", "hél", "oeuvrard", "œuv", "oeuvrard mes", "helene oeu"])
def test_a_client_finds_both_subtrees_from_one_base(book, client, typed):
    found = addresses(book, CLIENTS[client].format(typed))
    assert "helene.oeuvrard@pro.mssante.fr" in found, found
    assert ("helene.martin@chu.test" in found) == typed.lower().startswith(("hel", "hél")) or " " in typed
    assert "helene.rouge@chu.test" not in found, "red-listed"


@pytest.mark.parametrize("conf", ["slapd.conf.in", "national.conf.in"])
def test_each_attribute_that_a_client_asks_for_has_an_index(conf):
    """Of an OR, one part without an index is a look at every entry: 440 ms of CPU instead of 20 among 250,000. What the schema does not know costs nothing."""
    lines = re.findall(r"(?m)^index (\S+) (\S+)$", (TOP / "directory/schema" / conf).read_text())
    indexed = {a.lower() for names, kinds in lines if "sub" in kinds.split(",") for a in names.split(",")}
    asked = {a.lower() for f in CLIENTS.values() for a in re.findall(r"\((\w+)=", f)} - {"objectclass"}
    assert {a for a in asked if not a.startswith("mozilla")} <= indexed


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("typed", ["oeuvrard-mes", "oeuvrard mes", "ŒUVRARD-MÉS", "marie-ther", "marie ther", "Marie-Thér", "d'argen", "d argen", "Œuvrard Més", "Marie Thér"])
def test_hyphens_and_apostrophes_are_typed_or_left_out(book, client, typed):
    """With accents or without, in both subtrees: the national copy's OEUVRARD-MESANGE, our Marie-Therese d'ARGENT."""
    found = addresses(book, CLIENTS[client].format(typed))
    assert ("helene.oeuvrard@pro.mssante.fr" if typed.lower().startswith(("oeu", "œu")) else "mta@chu.test") in found, found


NATIONAL, OURS = "helene.oeuvrard@pro.mssante.fr", "pole@chu.test"


@pytest.mark.parametrize("typed, found", [("medecin", {NATIONAL, OURS}), ("MÉDECIN", {NATIONAL, OURS}), ("pediatrie", {OURS}), ("pole de sante", {OURS}), ("pole-de-sante", {OURS}),
                                          ("pôle de santé", {OURS}), ("clinique d essai", {NATIONAL})])
def test_profession_service_and_structure_without_accents(book, typed, found):
    """In Thunderbird's search in the address book, which looks at title, ou and o as well."""
    assert set(addresses(book, CLIENTS["thunderbird book"].format(typed))) == found
    assert NATIONAL in addresses(book, "(l=nimes*)")


@pytest.mark.parametrize("i, name, given, sn", [(0, "Marie-Françoise DE LA TOUR ", "", ""), (1, "HÉLÈNE-MARIE  DUPONT", "Hélène-Marie", "Dupont"), (2, "É-É É-É", "é-é", "é-é"), (3, "Noël NOËL", "", ""),
                                                (4, "İpek YILMAZ", "", ""), (5, "Hans WEIß", "", "")])
def test_forms_that_slapd_takes_for_one(book, i, name, given, sn):
    """It compares without regard to case, of any letter, and to spaces; an attribute with one value twice is refused."""
    book.add(f"formes{i}@chu.test", kind="per", name=name, extra=[*(("--given", given, "--sn", sn) if given else ())])
    assert f"formes{i}@chu.test" in addresses(book, f"(cn={name.strip().replace('-', ' ')}*)")
    assert i != 5 or f"formes{i}@chu.test" in addresses(book, "(cn=Weiß Hans*)") == addresses(book, "(cn=weiss hans*)"), "two values for slapd"


def test_an_entry_shows_profession_town_and_structure(book):
    entry = search(book, "(mail=helene.oeuvrard@pro.mssante.fr)", "title", "l", "o", "rpps", "mssSpecialty", "creatorsName")
    assert "rpps: 10001234565" in entry and "o: Clinique d'Essai" in entry and "mssSpecialty: Cardiologie" in entry
    assert "l:: TsOOTUVT" in entry and "title:: TcOpZGVjaW4=" in entry, entry      # NÎMES, Médecin
    assert "creatorsName" not in entry


def test_nobody_but_who_is_signed_in_reads_and_nobody_writes(book):
    for who in ([], ["-D", f"mail={WHO},ou=mailboxes,o=pli", "-w", "faux"]):
        r = subprocess.run(["ldapsearch", "-LLL", "-x", "-H", f"ldaps://localhost:{book.port('ldaps')}", *who, "-b", "ou=national,o=pli"],
                           capture_output=True, text=True, env={**os.environ, "LDAPTLS_CACERT": book.ca}, timeout=60)
        assert r.returncode != 0 and "mail:" not in r.stdout
    r = subprocess.run(["ldapdelete", "-r", "-x", "-H", f"ldaps://localhost:{book.port('ldaps')}", "-D", f"mail={WHO},ou=mailboxes,o=pli", "-w", PASSWORD,
                        "ou=national,o=pli"], capture_output=True, text=True, env={**os.environ, "LDAPTLS_CACERT": book.ca}, timeout=60)
    assert "Insufficient access" in r.stderr
    assert addresses(book) == ["helene.oeuvrard@pro.mssante.fr"]


def test_a_disabled_account_reads_no_more(book):
    book.add("parti@chu.test", name="Parti")
    from ldap_line import LdapLine
    with LdapLine(book) as line:
        assert line.bind("parti@chu.test", PASSWORD) == 0
        assert line.search(base="ou=national,o=pli")[0] == 1
        assert line.search(base="o=pli", scope=2)[0] > 1
        book.pli("account", "disable", "parti@chu.test")
        for base, scope in (("ou=national,o=pli", 1), ("ou=national,o=pli", 2), ("ou=national,o=pli", 0), ("o=pli", 2)):
            assert line.search(base=base, scope=scope)[0] == 0, (base, scope)


def test_pli_directory_search_finds_both(book):
    found = {row["address"]: row for row in book.json("directory", "search", "hélène")}
    assert {"helene.martin@chu.test", "helene.rouge@chu.test", "helene.oeuvrard@pro.mssante.fr"} <= set(found)
    assert found["helene.oeuvrard@pro.mssante.fr"]["national"] and found["helene.oeuvrard@pro.mssante.fr"]["town"] == "NÎMES"
    for words in (["nimes", "medecin"], ["10001234565"], ["clinique", "cardio"]):
        assert "helene.oeuvrard@pro.mssante.fr" in [row["address"] for row in book.json("directory", "search", *words)], words
    assert book.pli("directory", "search", "oeuvrard").startswith("helene.oeuvrard@pro.mssante.fr")


def test_pli_directory_search_tells_that_the_copy_could_not_be_asked(book):
    """A copy that does not answer is no copy without such an entry."""
    door = book.root / "run/ldapi"
    where = os.readlink(door)
    door.unlink()
    try:
        plain = book.pli("directory", "search", "oeuvrard", check=False)
        rows = book.pli("directory", "search", "hélène", "--json", check=False)
    finally:
        door.symlink_to(where)
    assert (plain.returncode, plain.stdout) == (1, "") and "the directory did not let pli in" in plain.stderr
    assert (rows.returncode, rows.stdout) == (1, "") and "the directory did not let pli in" in json.loads(rows.stderr)["error"]
    assert book.pli("directory", "search", "oeuvrard").startswith("helene.oeuvrard@pro.mssante.fr")


def test_an_instance_of_before_there_was_a_copy_starts_and_takes_one(made):
    with Instance(serve=False) as pli:
        shutil.rmtree(pli.root / "ldap/national")
        assert pli.json("directory", "stats")["national_entries"] == 0
        pli.serve()
        pli.add(WHO, kind="per", name="Marie MARTIN")
        assert addresses(pli, "(mail=*)") == [WHO]
        path = made()
        imported(pli, path)
        assert addresses(pli) == addresses_of(path)


def test_indexes_of_before_an_upgrade_are_made_anew_at_the_start(made):
    """slapd reads an index by the lines of today: keys that were made under other lines would find nothing."""
    path = made()
    name = open(path, encoding="utf-8").read().splitlines()[1].split("|")[1].split("@")[0][1:6]
    with Instance() as pli:
        pli.add(WHO, kind="per", name="Marie MARTIN")
        imported(pli, path)
        whole = addresses(pli, f"(mail=*{name}*)")
        assert whole and addresses(pli, "(cn=*art*)").count(WHO) == 1
        pli.stop()
        old = "".join(l for l in open(pli.root / "ldap/slapd.conf") if not l.startswith("index_substr"))
        (pli.root / "ldap/old.conf").write_text(old)
        for base, folder in (("o=pli", "db"), ("ou=national,o=pli", "national")):
            owner = (pli.root / "ldap" / folder).stat()
            subprocess.run(["/usr/sbin/slapd", "-Tindex", "-gqt", "-b", base, "-f", str(pli.root / "ldap/old.conf")], check=True,
                           user=owner.st_uid, group=owner.st_gid, capture_output=True)
            (pli.root / "ldap" / folder / "indexes").write_text("index mail eq\n")
        pli.serve()
        assert addresses(pli, f"(mail=*{name}*)") == whole and WHO in addresses(pli, "(cn=*art*)")
        assert pli.output().count("ev=indexes-anew") == 2
        pli.stop()
        pli.serve()
        assert pli.output().count("ev=indexes-anew") == 2, "once is enough"


def test_dird_killed_meanwhile(inst, start, made):
    (inst.root / "ldap/national/state").unlink()
    second = made(differences=30)
    p = subprocess.Popen(inst.argv("directory", "import", second, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.kill(inst.daemon("pli-dird"), signal.SIGKILL)
    assert p.communicate(timeout=120)[0].startswith(b'{"lines"') and p.returncode == 0
    assert addresses(inst) == addresses_of(second)


def test_on_a_full_disk_the_old_copy_stays(made):
    first, second = made(), made(seed=2)
    small = pathlib.Path(tempfile.mkdtemp())
    small.chmod(0o711)
    r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m,mode=711", "tmpfs", small], capture_output=True, text=True)
    if r.returncode:
        small.rmdir()
        pytest.skip(f"no tmpfs can be mounted: {r.stderr}")
    try:
        with Instance(serve=False, parent=str(small)) as pli:
            imported(pli, first)
            before = (pli.root / "ldap/national/data.mdb").stat().st_ino
            room = os.statvfs(small).f_bavail * os.statvfs(small).f_frsize
            (small / "filler").write_bytes(bytes(room - 300_000))
            assert "disk full" in refused(pli, second, "--accept-loss").replace("is its disk full?", "disk full")
            assert (pli.root / "ldap/national/data.mdb").stat().st_ino == before
            assert not (pli.root / "ldap/national.new").exists()
            assert pli.json("directory", "stats")["national_entries"] == LINES
            (small / "filler").unlink()
            assert imported(pli, second, "--accept-loss")["written"] == "whole"
    finally:
        subprocess.run(["umount", "-l", small], check=False)
        small.rmdir()
