# SPDX-License-Identifier: EUPL-1.2
"""pli directory import of PS_LibreAcces_Personne_activite beside Extraction_Correspondance_MSSante: what a mailbox's line leaves empty is told by the
activities of its person; a person without a mailbox is no entry; neither file takes away what the other brought (decision 0052)."""
import gzip
import os
import signal
import subprocess

import national
import pytest
from instance import Instance, PliError, eventually
from test_directory_import import WHO, addresses, addresses_of, imported, inst, made, refused, search  # inst, made: fixtures

LINES = 300


def bare(path):
    """The file without professions, specialties and places: all that persons can tell."""
    with open(path, encoding="utf-8") as f:
        lines = [line.rstrip("\n").split("|") for line in f]
    for c in lines[1:]:
        if c[0] == "PER":
            c[5:8] = [""] * 3
            c[11:17] = [""] * 6
            c[18:31] = [""] * 13
    with open(path, "w", encoding="utf-8") as f:
        f.writelines("|".join(c) + "\n" for c in lines)
    return path


@pytest.fixture
def start(inst, made):
    """Mailboxes without professions, and no persons."""
    path = bare(made())
    imported(inst, path, "--accept-loss")
    imported(inst, made(1, persons=True, defects={"half"}), "--accept-loss")
    return path


def whole_copy(inst):
    """Every entry with all its values, in an order of its own."""
    entries = search(inst, "(mssNationalKey=*)").split("\n\n")
    return "\n\n".join(sorted("\n".join(sorted(line for line in e.splitlines() if not line.startswith("#"))) for e in entries))


def known(lines=LINES):
    """Numbers of the lines whose person has a mailbox."""
    return [n for n in range(lines) if n % 4 and national.line(1, n)[0] == "PER"]


def test_a_mailbox_gets_what_its_persons_activities_tell(inst, start, made):
    persons = made(persons=True)
    report = imported(inst, persons)
    assert report["file"] == "persons" and report["lines"] == report["persons"] == report["persons_added"] == LINES
    assert (report["added"], report["changed"], report["removed"]) == (0, len(known()), 0)
    assert report["entries"] == LINES and report["written"] == "differences"
    assert addresses(inst) == addresses_of(start), "a person without a mailbox is no entry"
    n = known()[0]
    box, act = national.line(1, n), national.activity(1, n)
    entry = search(inst, f"(mail={box[1]})", "title", "o", "mssStructureId", "mssSearchName", "rpps")
    assert f"o: {act[24]}" in entry and f"rpps: {act[1]}" in entry
    assert f"mssStructureId: {act[21] or act[19]}" in entry and "mssSearchName: cabinet" in entry
    assert "example.org" not in whole_copy(inst) and "SANSBO" not in whole_copy(inst)
    assert inst.json("directory", "stats")["national_persons"] == LINES
    assert box[1] in [row["address"] for row in inst.json("directory", "search", act[1])]
    assert imported(inst, persons)["written"] == "nothing"


def test_the_order_of_the_two_files_changes_nothing(inst, start, made):
    boxes, persons = start, made(persons=True)
    imported(inst, persons)
    one_way = whole_copy(inst)
    for path in (persons, boxes):
        with Instance(serve=False) as pli:
            other = boxes if path == persons else persons
            first, second = imported(pli, path), imported(pli, other)
            assert first["entries"] == (0 if path == persons else LINES) and second["entries"] == LINES
            pli.serve()
            pli.add(WHO, kind="per", name="Marie MARTIN")
            assert whole_copy(pli) == one_way


def test_neither_file_takes_away_what_the_other_brought(inst, start, made):
    imported(inst, made(persons=True))
    before = whole_copy(inst)
    assert imported(inst, start)["written"] == "nothing"
    assert whole_copy(inst) == before
    tomorrow = bare(made(differences=30))
    report = imported(inst, tomorrow)
    assert (report["added"], report["removed"], report["written"]) == (10, 10, "differences")
    assert report["persons"] == LINES and addresses(inst) == addresses_of(tomorrow)
    copy = whole_copy(inst)
    assert copy.count("mssSearchName: cabinet") > len(known()) - 40
    report = imported(inst, made(persons=True, differences=30))
    assert (report["persons_added"], report["persons_changed"], report["persons_removed"]) == (10, 10, 10), report
    assert (report["added"], report["removed"]) == (0, 0) and addresses(inst) == addresses_of(tomorrow)


def test_several_activities_of_one_person(inst, start, made, tmp_path):
    n = known()[1]
    one, two = national.activity(1, n), national.activity(1, n, version=1)
    for name, lines in (("a", [one, two]), ("b", [two, one, two])):
        rows = ["|".join(national.PERSON_COLUMNS), *("|".join(x) for x in lines)]
        (tmp_path / name).write_text("\n".join(rows), encoding="utf-8")       # no line end at the last
    report = imported(inst, str(tmp_path / "a"), "--accept-loss")
    assert (report["lines"], report["persons"], report["changed"]) == (2, 1, 1)
    entry = search(inst, f"(mail={national.line(1, n)[1]})")
    assert entry.count("\no: ") == 1
    for act in (one, two):
        assert f"mssSearchName: {national.plain(act[24].split()[1])}" in entry
    report = imported(inst, str(tmp_path / "b"), "--accept-loss")
    assert report["duplicates"] == 1 and report["written"] == "nothing"


@pytest.mark.parametrize("shape", ["crlf", "bom", "shuffled"])
def test_the_same_activities_in_another_dress(inst, start, made, shape):
    imported(inst, made(persons=True))
    report = imported(inst, made(persons=True, defects={shape}))
    assert report["written"] == "nothing" and report["persons_changed"] == 0


def test_each_refused_line_is_told_with_its_cause(inst, start, made):
    report = imported(inst, made(persons=True, defects={"check-digit", "short", "latin1", "nul", "duplicate"}))
    assert report["causes"] == {"rpps": 3, "columns": 3, "utf-8": 3, "control": 3} and report["refused"] == 12
    assert report["duplicates"] == 3 and report["persons"] == LINES - 12


@pytest.mark.parametrize("broken,word", [({"half"}, "150 would be gone, more than 10 per cent"), ({"no-column"}, '"identifiant pp"'),
                                         ({"twice"}, '"identifiant pp" twice'), ({"cut"}, "middle of a line")])
def test_a_broken_file_changes_nothing(inst, start, made, broken, word):
    imported(inst, made(persons=True))
    before = whole_copy(inst)
    if "twice" in broken:
        path = made(persons=True)
        text = open(path, encoding="utf-8").read().replace("Code civilité|", "Identifiant PP|", 1)
        open(path, "w", encoding="utf-8").write(text)
    else:
        path = made(persons=True, defects=broken)
    assert word in refused(inst, path)
    assert whole_copy(inst) == before and inst.json("directory", "stats")["national_persons"] == LINES


def test_quotation_marks_are_part_of_a_value(inst, start, made):
    """The files have none; a file that a spreadsheet has saved has no number that reads."""
    imported(inst, made(persons=True))
    before = whole_copy(inst)
    r = inst.pli("directory", "import", made(persons=True, defects={"quotes"}), "--json", check=False)
    assert r.returncode == 1 and "300 of 300 lines were refused" in r.stderr
    assert whole_copy(inst) == before


def test_a_file_of_other_people_changes_nothing(inst, start, made):
    imported(inst, made(persons=True))
    others = made(persons=True)
    shifted = [national.activity(1, 5000 + n) for n in range(LINES)]
    with open(others, "w", encoding="utf-8") as f:
        f.writelines("|".join(c) + "\n" for c in [national.PERSON_COLUMNS, *shifted])
    before = whole_copy(inst)
    assert "300 would be gone" in refused(inst, others)
    assert whole_copy(inst) == before
    assert imported(inst, others, "--accept-loss")["changed"] == len(known())


def test_what_is_no_such_file_is_refused(inst, start, made, tmp_path):
    whole = open(made(persons=True), "rb").read()
    head = whole.split(b"\n", 1)[0] + b"\n"
    odd = {"gz": (gzip.compress(whole), "compressed (gzip)"), "zip": (b"PK\x03\x04" + whole, "archive (ZIP)"), "utf16": (whole.decode().encode("utf-16"), "UTF-16"),
           "latin1": (whole.decode().encode("latin-1"), "UTF-8"), "head": (head, "no line but the first"), "empty": (b"", "empty"),
           "sibling": ("|".join(national.PERSON_COLUMNS[:3] + national.PERSON_COLUMNS[7:17]).encode() + b"\n", "is it PS_LibreAcces_Personne_activite?")}
    imported(inst, made(persons=True))
    before = whole_copy(inst)
    for name, (content, word) in odd.items():
        (tmp_path / name).write_bytes(content)
        assert word in refused(inst, str(tmp_path / name)), name
    assert whole_copy(inst) == before
    (tmp_path / "long").write_bytes(head + b"8|" * 500_000 + b"\n" + whole[len(head):])
    report = imported(inst, str(tmp_path / "long"))
    assert report["causes"] == {"long": 1} and report["written"] == "nothing"


@pytest.mark.parametrize("which", ["persons", "boxes"])
def test_a_kept_file_that_was_harmed_is_seen(inst, start, made, which):
    persons = made(persons=True)
    imported(inst, persons)
    before = whole_copy(inst)
    kept = inst.root / "ldap/national" / which
    raw = kept.read_bytes()
    assert imported(inst, *([start] if which == "persons" else [persons]))["written"] == "nothing"
    argv = [start if which == "persons" else persons]
    for harm in (raw[:200] + b"x" + raw[201:], raw[:-2000], b"", None):
        kept.unlink()
        if harm is not None:
            kept.write_bytes(harm)
        assert "import " in refused(inst, *argv)
        assert whole_copy(inst) == before
        assert imported(inst, persons if which == "persons" else start)["written"] == "nothing"
        assert kept.read_bytes() == raw, "the same file mends it"
        assert imported(inst, *argv)["written"] == "nothing"


def test_a_copy_of_before_there_were_persons_is_completed_after_its_own_file(inst, start, made):
    """The version that made it kept no file."""
    persons = made(persons=True)
    (inst.root / "ldap/national/boxes").unlink()
    assert "import Extraction_Correspondance_MSSante first" in refused(inst, persons)
    assert imported(inst, start)["written"] == "nothing"
    assert imported(inst, persons)["changed"] == len(known())


@pytest.mark.parametrize("whole", [False, True])
def test_killed_at_any_moment_the_copy_is_the_old_one_or_the_new_one(inst, start, made, whole):
    files = [made(persons=True), made(persons=True, differences=90)]
    imported(inst, files[1], "--accept-loss")
    copies = [whole_copy(inst)]
    imported(inst, files[0], "--accept-loss")
    copies.append(whole_copy(inst))
    assert copies[0] != copies[1]
    for step in range(6):
        if whole:
            (inst.root / "ldap/national/state").unlink(missing_ok=True)
        p = subprocess.Popen(inst.argv("directory", "import", files[1 - step % 2], "--accept-loss"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            p.wait(timeout=0.02 * step)
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGKILL)
            p.wait()
        assert whole_copy(inst) in copies
    imported(inst, start)
    assert whole_copy(inst) in copies, "mailboxes imported after a killed import keep what persons told, then or before"
    imported(inst, files[0], "--accept-loss")
    assert whole_copy(inst) == copies[1]


@pytest.mark.parametrize("committed", [False, True])
def test_killed_between_the_commit_and_its_files(inst, start, made, committed):
    """state.next and persons.next wait: what slapd serves tells whether they count."""
    files = [made(persons=True), made(persons=True, differences=90)]
    folder = inst.root / "ldap/national"
    imported(inst, files[0], "--accept-loss")
    old = {name: (folder / name).read_bytes() for name in ("state", "persons")}
    copy = whole_copy(inst)
    imported(inst, files[1], "--accept-loss")
    for name in ("state", "persons"):
        (folder / f"{name}.next").write_bytes((folder / name).read_bytes())
        (folder / name).write_bytes(old[name])
    if not committed:
        imported_back = {name: (folder / f"{name}.next").read_bytes() for name in ("state", "persons")}
        for name in ("state", "persons"):
            (folder / f"{name}.next").unlink()
        imported(inst, files[0], "--accept-loss")
        for name in ("state", "persons"):
            (folder / f"{name}.next").write_bytes(imported_back[name])
    else:
        copy = whole_copy(inst)
    report = imported(inst, start)
    assert report["written"] == "nothing" and whole_copy(inst) == copy
    assert not list(folder.glob("*.next"))
    assert imported(inst, files[int(committed)])["written"] == "nothing"


def test_slapd_killed_while_differences_go_in(inst, start, made):
    files = [made(persons=True), made(persons=True, differences=90)]
    imported(inst, files[1])
    copies = [whole_copy(inst)]
    imported(inst, files[0], "--accept-loss")
    copies.append(whole_copy(inst))
    p = subprocess.Popen(inst.argv("directory", "import", files[1], "--accept-loss"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    eventually(lambda: (inst.root / "ldap/national/state.next").exists() or p.poll() is not None)
    os.kill(inst.pids("slapd")[0], signal.SIGKILL)
    p.wait()
    inst.wait_daemon("slapd")
    eventually(lambda: inst.pli("directory", "search", "marie", check=False).returncode == 0)
    assert whole_copy(inst) in copies
    imported(inst, files[1], "--accept-loss")
    assert whole_copy(inst) == copies[0]


def test_two_imports_at_once_never_mix(inst, start, made):
    files = [made(persons=True), made(persons=True, differences=90)]
    copies = []
    for path in files:
        imported(inst, path, "--accept-loss")
        copies.append(whole_copy(inst))
    both = [subprocess.Popen(inst.argv("directory", "import", f, "--accept-loss"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for f in files]
    said = [(*p.communicate(timeout=120), p.returncode) for p in both]
    assert all(rc == 0 or "another import is running" in err for _, err, rc in said) and any(rc == 0 for *_, rc in said), said
    assert whole_copy(inst) in copies


def test_only_the_owner_and_never_on_a_dry_run(inst, start, made):
    before = whole_copy(inst)
    report = imported(inst, made(persons=True), "--dry-run")
    assert report["written"] == "dry-run" and report["changed"] == len(known()) and report["persons_added"] == LINES
    assert whole_copy(inst) == before and inst.json("directory", "stats")["national_persons"] == 0
    with pytest.raises(PliError):
        inst.pli("directory", "import", str(inst.root / "none"))
