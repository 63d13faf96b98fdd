# SPDX-License-Identifier: EUPL-1.2
"""The outbox to the national directory (decision 0051): events from what changes, each once, retried and reported; guarded against what a bad day brings.
The back end is a real program (tests/lib/backend.py)."""
import json
import os
import signal
import subprocess

import pytest
from backend import Backend
from instance import FINESS, PASSWORD, RPPS, Instance, children, eventually, naming

METADATA = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata"
OTHER = "10009999995"


def operations(body):
    """[(type, path, value)] of a FHIR Patch."""
    assert body["resourceType"] == "Parameters"
    told = []
    for p in body["parameter"]:
        assert p["name"] == "operation"
        parts = {x["name"]: next(v for k, v in x.items() if k != "name") for x in p["part"]}
        told.append((parts["type"], parts["path"], parts.get("value")))
    return told


def facts(point):
    """{url: value} of a ContactPoint's metadata."""
    (meta,) = point["extension"]
    assert meta["url"] == METADATA and point["system"] == "email"
    return {x["url"]: next(v for k, v in x.items() if k != "url") for x in meta["extension"]}


def status(pli):
    return pli.json("publish", "status")


def settled(pli):
    """All that may be sent was sent."""
    pli.pli("publish", "run", check=False)
    return status(pli)


def shown(pli, who):
    """Of one that is not known yet: every value None."""
    r = pli.pli("publish", "show", who, "--json", check=False)
    return json.loads(r.stdout) if r.returncode == 0 else dict.fromkeys(("state", "event", "attempts", "report", "published", "wanted"))


@pytest.fixture(scope="module")
def box():
    back = Backend()
    yield back
    back.close()


@pytest.fixture(scope="module")
def pli(box):
    with Instance(conf=box.conf()) as p:
        p.add("premier@chu.test", sign="never")
        assert status(p)["mode"] == "first"
        assert eventually(lambda: [x["event"] for x in p.json("publish", "diff")] == ["create"])
        p.pli("publish", "begin", "--nothing")
        eventually(lambda: box.events("premier@chu.test") == ["create"])
        yield p


@pytest.fixture(scope="module")
def strict(box):
    """Little patience, few deletions."""
    with Instance(conf=box.conf(timeout="5s", max_deletes=3, max_loss=10)) as p:
        p.pli("publish", "begin", "--nothing")
        yield p


def test_a_domain_that_does_not_consent(pli, box):
    """Its mailboxes are taken back, and nothing is told of them, until it consents again (decision 0056)."""
    pli.pli("domain", "add", "discret.test")
    created(pli, box, "ana@discret.test")
    pli.pli("domain", "set", "discret.test", "--publish", "no")
    assert eventually(lambda: (settled(pli), box.events("ana@discret.test"))[1] == ["create", "delete"])
    pli.add("luc@discret.test", sign="never")
    settled(pli)
    assert box.events("luc@discret.test") == []
    pli.pli("domain", "set", "discret.test", "--publish", "yes")
    assert eventually(lambda: (settled(pli), box.events("luc@discret.test"))[1] == ["create"])
    assert eventually(lambda: box.events("ana@discret.test") == ["create", "delete", "create"])


def created(pli, box, who, *extra, kind="org"):
    """A mailbox that is published."""
    pli.add(who, kind=kind, sign="never", extra=extra)
    eventually(lambda: "create" in box.events(who) and shown(pli, who)["state"] == "done")
    return who


# ---- what is told ----
def test_the_life_of_a_mailbox(pli, box):
    who = "vie@chu.test"
    pli.add(who, kind="per", sign="never")
    (call,) = eventually(lambda: box.calls(who))
    assert (call["event"], call["resource"], call["query"]) == ("create", "Practitioner", f"identifier=urn:oid:1.2.250.1.71.4.2.1|8{RPPS}")
    ((kind, path, point),) = operations(call["body"])
    assert (kind, path, point["value"]) == ("insert", "Practitioner.telecom", who)
    assert facts(point) == {"type": "PER", "listeRouge": False}  # nothing but that of a person's mailbox: no name, no service

    pli.pli("account", "set", who, "--red-list", "yes")
    call = eventually(lambda: box.calls(who)[1:])[0]
    assert call["event"] == "red-list" and call["red_list"] == "true"
    assert operations(call["body"]) == [
        ("replace", f"Practitioner.telecom.where(value = '{who}').extension('{METADATA}').extension('listeRouge').value", True)]

    pli.pli("account", "close", who)
    call = eventually(lambda: box.calls(who)[2:])[0]
    assert call["event"] == "delete"
    assert operations(call["body"]) == [("delete", f"Practitioner.telecom.where(value = '{who}')", None)]
    eventually(lambda: pli.json("publish", "show", who)["published"] is None)
    pli.pli("account", "reopen", who)
    eventually(lambda: box.events(who) == ["create", "red-list", "delete", "create"])
    assert len({c["key"] for c in box.calls(who)}) == 4


def test_nobody_has_opened_it_yet(pli, box, tmp_path):
    """Made with a code: not told before its holder is there (publish.pending, decision 0058); suspended meanwhile, neither."""
    who, rows = "attente@chu.test", tmp_path / "attente.csv"
    rows.write_text(f"address;type;name;structure;sign\n{who};org;Attente;{FINESS};no\n")
    pli.pli("account", "import", rows, "--sheets", tmp_path / "attente.html")
    pli.pli("account", "suspend", who)
    pli.pli("account", "resume", who)
    settled(pli)
    assert box.events(who) == [] and pli.json("account", "show", who)["state"] == "pending"
    pli.pli("account", "passwd", who, "--password-stdin", stdin=PASSWORD + "\n")
    settled(pli)
    assert box.events(who) == []
    with pli.imap(who):
        pass
    assert eventually(lambda: (settled(pli), box.events(who))[1] == ["create"])


def test_an_organisation(pli, box):
    who = created(pli, box, "cardio@chu.test", "--service", "Cardiologie", "--responsible", "Dr Ève L'Hôte")
    (call,) = box.calls(who)
    assert (call["resource"], call["query"]) == ("Organization", f"identifier=https://finess.esante.gouv.fr|{FINESS}")
    ((_, _, point),) = operations(call["body"])
    assert facts(point) == {"type": "ORG", "listeRouge": False, "description": "Essai cardio", "service": "Cardiologie",
                            "responsible": "Dr Ève L'Hôte"}
    pli.pli("account", "set", who, "--service", "Cardiologie B")
    call = eventually(lambda: box.calls(who)[1:])[0]
    assert call["event"] == "update" and operations(call["body"]) == [
        ("replace", f"Organization.telecom.where(value = '{who}').extension('{METADATA}').extension('service').value", "Cardiologie B")]
    pli.pli("account", "set", who, "--service", "", "--responsible", "Dr Noël")  # one goes: the whole ContactPoint
    call = eventually(lambda: box.calls(who)[2:])[0]
    ((kind, path, point),) = operations(call["body"])
    assert (kind, path) == ("replace", f"Organization.telecom.where(value = '{who}')")
    assert facts(point) == {"type": "ORG", "listeRouge": False, "description": "Essai cardio", "responsible": "Dr Noël"}


def test_what_the_other_side_says_commands_no_terminal(pli, box):
    """The report is a stranger's text, and an administrator reads it on a terminal."""
    box.answer("echappe@chu.test", "printf 'Refus\\303\\251:\\nligne \\033]0;titre\\007 \\302\\233\\061m \\342\\200\\256fin\\n'; exit 65")
    pli.add("echappe@chu.test", kind="org")
    report = eventually(lambda: shown(pli, "echappe@chu.test")["state"] == "refused" and shown(pli, "echappe@chu.test")["report"])
    assert report.startswith("Refusé:\nligne \x1b]0;titre\x07")  # kept as it came
    for page in (pli.pli("publish", "show", "echappe@chu.test"), pli.pli("publish", "list")):
        assert "Refusé:\n" in page and r"ligne\x20\x1b]0;titre\x07" in page
        assert not any(c in page for c in "\x1b\x07\x9b\u202e")
    box.answer("echappe@chu.test")
    pli.pli("publish", "retry", "echappe@chu.test")
    eventually(lambda: shown(pli, "echappe@chu.test")["published"])


def test_telephone_rank_and_no_paper(pli, box):
    who = created(pli, box, "accueil.pub@chu.test", "--telephone", "+33 1 23 45 67 89", "--description", "Accueil des urgences", "--paperless", "no")
    ((_, _, point),) = operations(box.calls(who)[0]["body"])
    assert facts(point) == {"type": "ORG", "digitization": False, "listeRouge": False, "description": "Accueil des urgences",
                            "phone": "+33 1 23 45 67 89"} and "rank" not in point
    pli.pli("account", "set", who, "--paperless", "yes")
    call = eventually(lambda: box.calls(who)[1:])[0]
    assert (call["event"], call["paperless"], call["telephone"], call["rank"]) == ("update", "true", "+33 1 23 45 67 89", "")
    assert operations(call["body"]) == [
        ("replace", f"Organization.telecom.where(value = '{who}').extension('{METADATA}').extension('digitization').value", True)]
    pli.pli("account", "set", who, "--rank", "1")
    call = eventually(lambda: box.calls(who)[2:])[0]
    ((kind, path, point),) = operations(call["body"])
    assert (kind, path, point["rank"], call["rank"]) == ("replace", f"Organization.telecom.where(value = '{who}')", 1, "1")
    shown = eventually(lambda: (pli.json("publish", "show", who)["published"] or {}).get("rank") == 1 and pli.json("publish", "show", who))
    assert (shown["published"]["telephone"], shown["published"]["paperless"]) == ("+33 1 23 45 67 89", True)
    assert "rank 1" in pli.pli("publish", "show", who)


def test_another_holders_number_moves_the_mailbox(pli, box):
    who = created(pli, box, "numero@chu.test", kind="per")
    pli.pli("account", "set", who, "--rpps", OTHER)
    eventually(lambda: box.events(who) == ["create", "delete", "create"])
    assert [c["query"][-11:] for c in box.calls(who)] == [RPPS, RPPS, OTHER]


def test_suspended_is_taken_away_and_comes_back(pli, box):
    who = created(pli, box, "suspendu@chu.test")
    pli.pli("account", "suspend", who, "--reason", "essai")
    eventually(lambda: box.events(who) == ["create", "delete"])
    pli.pli("account", "resume", who)
    eventually(lambda: box.events(who) == ["create", "delete", "create"])


def test_what_is_no_mailbox_of_ours_is_not_told(pli, box):
    who = created(pli, box, "avec.alias@chu.test", "--alias", "alias@chu.test")
    pli.pli("list", "add", "liste@chu.test", "--name", "Une liste")
    pli.add("cab@chu.test", kind="cab", sign="never")  # no RPPS number: it would hang on nobody
    now = settled(pli)
    assert now["left_out"] == 1 and now["pending"] == now["trying"] == now["refused"] == 0
    assert not {c["address"] for c in box.calls()} & {"alias@chu.test", "liste@chu.test", "cab@chu.test"}
    pli.pli("account", "set", "cab@chu.test", "--rpps", RPPS)
    assert eventually(lambda: box.calls("cab@chu.test"))[0]["resource"] == "Practitioner"


def test_changes_while_an_event_waits_become_one(pli, box):
    """The back end is slow with another mailbox meanwhile."""
    who, slow = created(pli, box, "souvent@chu.test"), created(pli, box, "lent@chu.test")
    gate = box.box / "gate"
    box.answer(slow, f"while [ ! -e {gate} ]; do sleep 0.05; done")
    pli.pli("account", "set", slow, "--red-list", "yes")
    eventually(lambda: box.events(slow) == ["create", "red-list"])
    for service in ("A", "B", "C"):
        pli.pli("account", "set", who, "--service", service)
    pli.pli("account", "set", who, "--red-list", "yes")
    gate.touch()
    eventually(lambda: len(box.calls(who)) == 2 and shown(pli, who)["state"] == "done")
    assert settled(pli)["pending"] == 0 and box.events(who) == ["create", "update"]
    ((_, _, point),) = operations(box.calls(who)[1]["body"])
    assert facts(point)["service"] == "C" and facts(point)["listeRouge"] is True


# ---- answers ----
@pytest.mark.parametrize("name, shell, says", [
    ("code", "echo 503 Service Unavailable; exit 75", "503 Service Unavailable (exit code 75)"),
    ("crash", "exit 1", "(exit code 1)"),
    ("signal", "kill -9 $$", "(ended by signal 9)"),
    ("flood", "head -c 100000000 /dev/zero | tr '\\0' x; exit 75", "x (exit code 75)"),
])
def test_without_an_answer_it_is_repeated_with_its_key(pli, box, name, shell, says):
    who = f"sans.reponse.{name}@chu.test"
    box.answer(who, shell)
    pli.add(who, sign="never")
    eventually(lambda: len(box.calls(who)) >= 2)
    now = eventually(lambda: ((s := shown(pli, who))["attempts"] or 0) >= 2 and s)
    assert now["state"] == "trying" and now["report"].endswith(says) and len(now["report"].encode()) <= 2000
    box.answer(who)
    eventually(lambda: shown(pli, who)["state"] == "done")
    first, *more = box.calls(who)
    assert {c["key"] for c in more} == {first["key"]} and [c["attempt"] for c in more][:1] == ["2"]
    assert [x[0] for x in operations(first["body"])] == ["insert"]
    # the first one may have arrived: the entry is made anew, never twice
    assert [x[0] for x in operations(more[-1]["body"])] == ["delete", "insert"]


def test_refused_stays_until_somebody_acts(pli, box):
    who = "refuse@chu.test"
    box.answer(who, "echo '412 several matches'; exit 65")
    pli.add(who, sign="never")
    now = eventually(lambda: (s := shown(pli, who))["state"] == "refused" and s)
    assert now["report"] == "412 several matches" and now["event"] == "create"
    assert settled(pli)["refused"] == 1 and len(box.calls(who)) == 1
    r = pli.pli("publish", "run", check=False)
    assert r.returncode == 1 and "1 refused" in r.stdout
    assert [x["address"] for x in pli.json("publish", "list", "--refused")] == [who]
    assert "412 several matches" in pli.pli("publish", "list")
    found = [f for f in json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"] if f["check"] == "publish"]
    assert [f["level"] for f in found] == ["warn"] and "refused 1 mailboxes" in found[0]["text"], found
    # an administrator: the same event, with another key, for the other side has said that it did nothing
    assert json.loads(pli.pli("publish", "retry", who, "--json"))["entries"] == 1
    eventually(lambda: len(box.calls(who)) == 2)
    eventually(lambda: shown(pli, who)["state"] == "refused")
    # who mends the mailbox acts, too
    box.answer(who)
    pli.pli("account", "set", who, "--service", "Autre")
    eventually(lambda: shown(pli, who)["state"] == "done")
    assert box.events(who) == ["create"] * 3 and len({c["key"] for c in box.calls(who)}) == 3
    assert pli.pli("publish", "retry", "nobody@chu.test", check=False).returncode == 1


def test_deleted_while_the_creation_has_no_answer(pli, box):
    """The other side may have it: so it is created for sure, and deleted then."""
    who = "disparait@chu.test"
    box.answer(who, "exit 75")
    pli.add(who, sign="never")
    eventually(lambda: box.calls(who))
    pli.pli("account", "close", who)
    eventually(lambda: shown(pli, who)["wanted"] is None)
    box.answer(who)
    eventually(lambda: box.events(who)[-1] == "delete")
    assert set(box.events(who)[:-1]) == {"create"}


def test_one_that_hangs_is_killed_with_what_it_started(strict, box):
    who = "pend@chu.test"
    box.answer(who, "setsid sleep 1001 & sleep 1002")
    strict.add(who, sign="never")
    now = eventually(lambda: (s := shown(strict, who))["attempts"] and s["report"] and s)
    assert now["report"].endswith("(no end after 5 s: killed)")
    box.answer(who)
    eventually(lambda: shown(strict, who)["state"] == "done")
    assert "sleep" not in [n for n, _ in children(strict.proc.pid).values()]


# ---- bad days ----
def test_a_runner_that_does_not_answer_in_time_is_asked_no_more(strict, box):
    """Its late answer to one event would be taken for that to the next one."""
    who = created(strict, box, "gele@chu.test")
    was = strict.daemon("pli-pubd")
    (runner,) = [p for p, (_, parent) in children(strict.proc.pid).items() if parent == was]
    os.kill(runner, signal.SIGSTOP)
    try:
        strict.pli("account", "set", who, "--red-list", "yes")
        eventually(lambda: set(strict.pids("pli-pubd")) - {was, runner})  # the runner, which cannot end yet, has become a child of pli serve as well
    finally:
        os.kill(runner, signal.SIGCONT)
    eventually(lambda: shown(strict, who)["state"] == "done" and box.events(who)[-1] == "red-list")
    calls = box.calls(who)
    assert len({c["key"] for c in calls if c["event"] == "red-list"}) == 1, calls


def kill(pli, name):
    was = pli.daemon(name)
    os.kill(was, signal.SIGKILL)
    pli.wait_daemon(name, not_pid=was)


def test_killed_at_each_point(pli, box):
    """While the back end works, and between two events: nothing is lost, nothing comes under another key."""
    who = created(pli, box, "tue@chu.test")
    gate = box.box / "killed"
    box.answer(who, f"[ -e {gate} ] || sleep 1000")
    pli.pli("account", "set", who, "--red-list", "yes")
    eventually(lambda: len(box.calls(who)) == 2)
    kill(pli, "pli-pubd")
    gate.touch()
    eventually(lambda: shown(pli, who)["state"] == "done")
    calls = box.calls(who)
    assert [c["event"] for c in calls] == ["create", "red-list", "red-list"] and calls[1]["key"] == calls[2]["key"]
    pli.pli("account", "set", who, "--service", "X")
    eventually(lambda: len(box.calls(who)) == 4)
    eventually(lambda: shown(pli, who)["state"] == "done")
    kill(pli, "pli-pubd")
    assert settled(pli)["pending"] == 0 and len(box.calls(who)) == 4


def test_its_runner_killed_means_another_one(pli, box):
    who = created(pli, box, "coureur@chu.test")
    was = pli.daemon("pli-pubd")
    (runner,) = [p for p, (_, parent) in children(pli.proc.pid).items() if parent == was]
    os.kill(runner, signal.SIGKILL)
    pli.pli("account", "set", who, "--red-list", "yes")
    eventually(lambda: box.events(who) == ["create", "red-list"])
    assert pli.wait_daemon("pli-pubd", not_pid=was)


def test_changes_while_dird_or_slapd_is_away(pli, box):
    who = created(pli, box, "absent@chu.test")
    os.kill(pli.daemon("slapd"), signal.SIGKILL)
    os.kill(pli.daemon("pli-dird"), signal.SIGKILL)
    eventually(lambda: pli.pli("account", "set", who, "--red-list", "yes", check=False).returncode == 0)
    eventually(lambda: box.events(who) == ["create", "red-list"])


def test_two_at_once(pli, box):
    who = created(pli, box, "deux@chu.test")
    pli.pli("account", "set", who, "--red-list", "yes")
    both = [subprocess.Popen(pli.argv("publish", "run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for r in both:
        out, err = r.communicate(timeout=90)
        assert not err, err
    assert box.events(who) == ["create", "red-list"]


def test_a_mass_deletion_waits(strict, box):
    table = strict.dir / "t.csv"
    table.write_text("address,type,name,structure\n" + "".join(f"m{i:02}@chu.test,org,Boite {i},{FINESS}\n" for i in range(12)))
    strict.pli("account", "import", str(table))
    eventually(lambda: box.events("m11@chu.test") == ["create"])
    for i in range(3):
        strict.pli("account", "close", f"m{i:02}@chu.test")
    eventually(lambda: box.events("m02@chu.test") == ["create", "delete"])
    # the fourth of that day: held, and what else happens goes on
    strict.pli("account", "close", "m03@chu.test")
    strict.pli("account", "set", "m09@chu.test", "--red-list", "yes")
    eventually(lambda: status(strict)["held"] == 1 and box.events("m09@chu.test") == ["create", "red-list"])
    assert box.events("m03@chu.test") == ["create"]
    kill(strict, "pli-pubd")
    eventually(lambda: status(strict)["held"] == 1)
    assert [x["address"] for x in strict.json("publish", "list") if x["held"]] == ["m03@chu.test"]
    assert "pli publish confirm" in strict.pli("doctor", check=False).stdout
    assert strict.json("publish", "confirm")["entries"] == 1
    eventually(lambda: box.events("m03@chu.test") == ["create", "delete"])


def test_a_folder_with_another_name_does_not_publish_before_it_is_said(box):
    """As a snapshot of the file system that is mounted beside it: the folder has the same inode, and the machine is the same."""
    with Instance(conf=box.conf()) as pli:
        pli.pli("publish", "begin", "--nothing")
        who = created(pli, box, "instantane@chu.test")
        pli.stop()
        pli.root = pli.root.rename(pli.root.with_name("beside"))
        pli.serve()
        pli.pli("account", "set", who, "--red-list", "yes")
        eventually(lambda: status(pli)["mode"] == "copy" and status(pli)["pending"] == 1)
        assert box.events(who) == ["create"]
        pli.pli("publish", "begin", "--here")
        eventually(lambda: box.events(who) == ["create", "red-list"])


def test_a_copy_does_not_publish_and_a_lost_state_asks(strict, box):
    who, where = created(strict, box, "copie@chu.test"), strict.root / "publish"
    subprocess.run(["cp", "-a", where, strict.root / "there"], check=True)
    where.rename(strict.root / "was")
    (strict.root / "there").rename(where)
    kill(strict, "pli-pubd")
    strict.pli("account", "set", who, "--red-list", "yes")
    eventually(lambda: status(strict)["mode"] == "copy" and status(strict)["pending"] == 1)
    assert box.events(who) == ["create"] and "when the outbox there has ended" in strict.pli("publish", "status")
    assert strict.pli("publish", "begin", "--nothing", check=False).returncode == 1
    strict.pli("publish", "run", check=False)
    kill(strict, "pli-pubd")  # it stays one
    eventually(lambda: status(strict)["pending"] == 1)
    assert status(strict)["mode"] == "copy"
    strict.pli("publish", "begin", "--here")
    eventually(lambda: box.events(who) == ["create", "red-list"] and shown(strict, who)["state"] == "done")

    # damaged in the middle: nothing is sent, the old file is kept
    state = bytearray((where / "state").read_bytes())
    state[30] ^= 1
    with open(where / "state", "r+b") as f:
        f.write(state)
    kill(strict, "pli-pubd")
    eventually(lambda: status(strict)["mode"] == "damaged")
    strict.pli("publish", "begin", "--everything")
    assert (where / "state.damaged").read_bytes() == bytes(state)
    # what is published is believed, but not its form: the next event says all of it
    strict.pli("account", "set", who, "--red-list", "no")
    eventually(lambda: len(box.events(who)) == 3 and shown(strict, who)["state"] == "done")
    ((kind, path, point),) = operations(box.calls(who)[-1]["body"])
    assert (kind, path) == ("replace", f"Organization.telecom.where(value = '{who}')") and facts(point)["listeRouge"] is False

    # lost, and nobody knows: each is made anew, never twice
    (where / "state").unlink()
    kill(strict, "pli-pubd")
    eventually(lambda: status(strict)["mode"] == "first")
    strict.pli("publish", "begin", "--nothing")
    eventually(lambda: len(box.events(who)) == 4)
    assert [x[0] for x in operations(box.calls(who)[-1]["body"])] == ["delete", "insert"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk wants root")
def test_a_full_disk_sends_nothing_that_is_not_written_down(strict, box):
    where, who = strict.root / "publish", created(strict, box, "plein@chu.test")
    owner = where.stat()
    r = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=256k,mode=700,uid={owner.st_uid},gid={owner.st_gid}", "tmpfs", where], capture_output=True, text=True)
    if r.returncode:
        pytest.skip(f"no tmpfs can be mounted: {r.stderr}")
    try:
        kill(strict, "pli-pubd")
        strict.pli("publish", "begin", "--everything")
        with open(where / "filler", "wb", buffering=0) as f:
            with pytest.raises(OSError):
                while True:
                    f.write(bytes(1024))
        for n in range(20):  # what is left of the last page of the state is soon used up, and then nothing goes
            strict.pli("account", "set", who, "--service", f"Service {n} " + "x" * 200)
            eventually(lambda: shown(strict, who)["state"] == "done" or "No space left" in (status(strict)["last_error"] or ""))
            if status(strict)["last_error"]:
                break
        assert "publish/state cannot be written" in status(strict)["last_error"]
        calls = len(box.calls(who))
        strict.pli("account", "set", who, "--service", "Dernier " + "x" * 200)
        strict.pli("publish", "run", check=False)
        assert len(box.calls(who)) == calls and shown(strict, who)["state"] in ("pending", "trying")
        (where / "filler").unlink()
        eventually(lambda: shown(strict, who)["state"] == "done" and box.calls(who)[-1]["service"].startswith("Dernier"))
        assert status(strict)["last_error"] is None
    finally:
        subprocess.run(["umount", "-l", where], check=True)
        kill(strict, "pli-pubd")


def test_the_supervisor_killed_ends_the_back_end(strict, box):
    who, mark = created(strict, box, "tout@chu.test"), f"10{os.getpid()}"
    box.answer(who, f"setsid sleep {mark} & sleep {mark}")
    strict.pli("account", "set", who, "--red-list", "yes")
    eventually(lambda: len(naming(mark)) == 2)
    strict.stop(signal.SIGKILL)
    eventually(lambda: not naming(mark))
    box.answer(who)
    strict.serve()
    eventually(lambda: box.events(who) == ["create", "red-list"] and shown(strict, who)["state"] == "done")


def test_files_in_a_folder(own):
    """The built-in back end; red list and kinds by the settings."""
    p = own(conf=['publish {\n backend = folder\n types = "org"\n red_list = remove\n domains = "chu.test, autre.test"\n}'])
    p.add("dossier@chu.test", sign="never")
    p.add("personne@chu.test", kind="per", sign="never")
    p.add("rouge@chu.test", sign="never", extra=("--red-list",))
    p.pli("publish", "begin", "--nothing")
    (one,) = eventually(lambda: list((p.root / "publish/out").glob("*.json")))
    told = json.loads(one.read_text())
    assert (told["event"], told["address"], told["method"], told["resource"]) == ("create", "dossier@chu.test", "PATCH", "Organization")
    assert told["key"] in one.name and operations(told["body"])[-1][0] == "insert" and told["wanted"]["structure"] == FINESS
    p.pli("account", "set", "dossier@chu.test", "--red-list", "yes")
    eventually(lambda: [json.loads(f.read_text())["event"] for f in sorted((p.root / "publish/out").glob("*.json"))] == ["create", "delete"])
    assert settled(p)["published"] == 0
