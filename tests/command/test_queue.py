# SPDX-License-Identifier: EUPL-1.2
"""pli queue: what waits is found, counted, held, released, retried and dropped; its envelope is shown, its message never.

relayd is stopped (SIGSTOP) while the queue is looked at, so that nothing leaves it by itself.
"""
import contextlib
import os
import signal
import subprocess
import time

import pytest
from instance import Instance, PliError, eventually, plain


@contextlib.contextmanager
def still(inst):
    relayd = inst.daemon("pli-relayd")
    os.kill(relayd, signal.SIGSTOP)
    try:
        yield inst
    finally:
        os.kill(relayd, signal.SIGCONT)


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add("gp@chu.test")
        pli.add("labo@chu.test")
        for domain in ("un.test", "deux.test"):
            pli.trust_operator(domain)
        with still(pli):
            yield pli


@pytest.fixture(autouse=True)
def empty(inst):
    inst.pli("queue", "drop", "--all", "--silent", "--yes")
    assert inst.json("queue", "list") == []


def send(inst, to, sender="gp@chu.test", subject="Secretsubject"):
    inst.submit(sender, to if isinstance(to, list) else [to], plain(subject, sender, "x@un.test", body="Secretbody\r\n"))


def listed(inst, *options):
    return [r["recipient"] for r in inst.json("queue", "list", *options)]


def test_filters_find_what_they_say_and_nothing_else(inst):
    send(inst, ["a@un.test", "b@deux.test"])
    send(inst, "C.c@UN.test", "labo@chu.test")
    everything = ["a@un.test", "b@deux.test", "C.c@UN.test"]
    assert [r.lower() for r in listed(inst)] == [r.lower() for r in everything]
    first, _, third = inst.json("queue", "list")
    cases = [(["--domain", "un.test"], [0, 2]), (["--domain", "UN.Test"], [0, 2]), (["--domain", "autre.test"], []),
             (["--sender", "labo@chu.test"], [2]), (["--sender", "LABO@chu.test"], [2]), (["--sender", "chu.test"], [0, 1, 2]),
             (["--sender", "<>"], []), (["--sender", "a@un.test"], []), (["--recipient", "c.C@un.test"], [2]),
             (["--recipient", "deux.test"], [1]), (["--recipient", "gp@chu.test"], []), (["--state", "waiting"], [0, 1, 2]),
             (["--state", "held"], []), (["--age", "1h"], []), (["--age", "0s"], None), (["--cause", "unreachable"], []),
             (["--id", str(first["id"])], [0, 1]), (["--id", f"{first['id']}.1"], [1]), (["--id", f"{third['id']}.7"], []),
             (["--limit", "2"], [0, 1]), (["--limit", "1", "--domain", "deux.test"], [1]), (["--limit", "9"], [0, 1, 2]),
             (["--sender", "gp@chu.test", "--domain", "un.test"], [0]), (["--sender", "labo@chu.test", "--domain", "deux.test"], [])]
    for options, wanted in cases:
        if wanted is not None:
            assert [r.lower() for r in listed(inst, *options)] == [everything[i].lower() for i in wanted], options
    for wrong in (["--age", "yesterday"], ["--cause", "nocause"], ["--cause", "none"], ["--state", "done"], ["--state", "x"], ["--id", "x"],
                  ["--id", "1.x"], ["--limit", "0"], ["--limit", "-1"], ["--domain", ""]):
        assert inst.pli("queue", "list", *wrong, check=False).returncode == 2, wrong
    time.sleep(1.1)
    assert len(listed(inst, "--age", "1s")) == 3


def test_another_log_key_finds_the_same(inst):
    """Keys made under a key that is no more are not taken for other addresses; nor is a log.key that cannot be read."""
    send(inst, ["a@un.test", "b@deux.test"])
    key = inst.root / "keys" / "log.key"
    was = key.read_bytes()
    try:
        key.write_bytes(b"n" * len(was))
        assert listed(inst, "--domain", "deux.test") == ["b@deux.test"] and listed(inst, "--sender", "labo@chu.test") == []
        key.write_bytes(b"short")
        assert listed(inst, "--recipient", "a@un.test") == ["a@un.test"]
    finally:
        key.write_bytes(was)


def test_what_is_shown_is_the_envelope_and_never_the_message(inst):
    with inst.smtp(login="gp@chu.test") as s:
        s.mail("gp@chu.test", ["RET=HDRS", "ENVID=QQ314"])
        s.rcpt("a@un.test", ["NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;Ancien@un.test"])
        s.data(plain("Secretsubject", "gp@chu.test", "a@un.test", body="Secretbody\r\n"))
    (row,) = inst.json("queue", "list")
    assert row["state"] == "waiting" and row["sender"] == "gp@chu.test" and row["domain"] == "un.test" and row["attempts"] == 0
    assert row["last_error"] is None and row["age"] < 60 and row["next_try"] and row["received"]
    (whole,) = inst.json("queue", "show", str(row["id"]))
    assert whole["notify"] == ["FAILURE", "DELAY"] and whole["ret"] == "HDRS" and whole["envid"] == "QQ314"
    assert whole["orcpt"].lower() == "rfc822;ancien@un.test" and whole["asks"] == []
    text = inst.pli("queue", "list") + inst.pli("queue", "show", f"{row['id']}.0") + inst.pli("queue", "stats") + str(whole)
    assert "NOTIFY     FAILURE DELAY" in text and "Secret" not in text


def test_hold_release_retry(inst):
    send(inst, ["a@un.test", "b@deux.test"])
    rows = inst.json("queue", "list")
    number = str(rows[0]["id"])
    assert inst.json("queue", "hold", "--domain", "un.test") == {"done": "held", "recipients": 1, "missed": 0}
    assert [r["state"] for r in inst.json("queue", "list")] == ["held", "waiting"] and listed(inst, "--state", "held") == ["a@un.test"]
    assert inst.json("queue", "hold", "--all")["recipients"] == 1           # the one that still waits
    assert inst.json("queue", "retry", "--all")["recipients"] == 0          # nothing waits
    assert inst.pli("queue", "retry", number, check=False).returncode == 1
    assert inst.json("queue", "release", f"{number}.0")["recipients"] == 1
    assert inst.pli("queue", "release", number) == "1 recipient released\n"
    assert [r["state"] for r in inst.json("queue", "list")] == ["waiting", "waiting"]
    before = rows[0]["next_try"]
    time.sleep(1.1)
    assert inst.pli("queue", "retry", f"{number}.1") == "1 recipient to be tried now\n"
    again = inst.json("queue", "list")
    assert again[1]["next_try"] > before and again[0]["next_try"] < again[1]["next_try"] and again[1]["attempts"] == 0
    for act in ("hold", "retry", "release", "drop"):
        r = inst.pli("queue", act, check=False)
        assert r.returncode == 2 and "say for which" in r.stderr
    assert inst.pli("queue", "hold", "12", check=False).returncode == 1
    assert inst.pli("queue", "hold", number, "--state", "held", check=False).returncode == 1


def test_drop_says_what_it_does_and_asks_beyond_one_message(inst):
    send(inst, ["a@un.test", "b@deux.test"])
    send(inst, "c@un.test", "labo@chu.test")
    send(inst, "d@deux.test")
    r = inst.pli("queue", "drop", "--domain", "un.test", check=False)
    assert r.returncode == 2 and "2 messages, 2 recipients (un.test 2)" in r.stderr and "their senders are told" in r.stderr and "--yes" in r.stderr
    assert len(listed(inst)) == 4
    r = inst.pli("queue", "drop", "--all", "--silent", check=False)
    assert r.returncode == 2 and "3 messages, 4 recipients (un.test 2, deux.test 2)" in r.stderr and "nobody is told" in r.stderr
    # one message, though for two recipients: no question
    rows = inst.json("queue", "list")
    assert inst.json("queue", "drop", str(rows[0]["id"]))["recipients"] == 2
    after = inst.json("queue", "list")
    assert [r["state"] for r in after] == ["dropped", "dropped", "waiting", "waiting"]
    assert {r["last_error"]["cause"] for r in after[:2]} == {"queue-dropped"} and after[0]["last_error"]["text"].startswith("Le message a ete retire")
    # what is dropped waits for its report: nothing else can be done to it
    for act in ("hold", "release", "retry"):
        assert inst.json("queue", act, "--all")["recipients"] == 2          # the others
        assert [r["state"] for r in inst.json("queue", "list", "--state", "dropped")] == ["dropped", "dropped"]
    assert inst.json("queue", "drop", "--all", "--yes")["recipients"] == 2
    assert inst.json("queue", "stats")["states"]["dropped"] == 4
    assert inst.pli("queue", "drop", str(rows[0]["id"]), check=False).returncode == 1      # its report is on the way
    assert inst.json("queue", "drop", str(rows[0]["id"]), "--silent")["recipients"] == 2    # unless that is not wanted either


def test_the_sender_hears_of_a_drop(inst):
    """relayd is let go: it files the report in the sender's mailbox, then the entries end. Nothing is sent."""
    inst.pli("queue", "hold", "--all")
    send(inst, ["a@un.test", "b@deux.test"], "labo@chu.test")
    before = len(inst.fetch_all("labo@chu.test"))
    (number,) = {str(r["id"]) for r in inst.json("queue", "list", "--sender", "labo@chu.test")}
    assert inst.json("queue", "drop", number)["recipients"] == 2
    relayd = inst.daemon("pli-relayd")
    os.kill(relayd, signal.SIGCONT)
    try:
        eventually(lambda: listed(inst) == [], 60)
        reports = eventually(lambda: inst.fetch_all("labo@chu.test")[before:])
        assert len(reports) == 1                       # one, for both
        text = reports[0]
        assert b"a@un.test" in text and b"b@deux.test" in text and b"Status: 5.7.0" in text
        assert b"Le message a ete retire de la file d'attente par l'administrateur" in text or b"retir" in text
    finally:
        os.kill(relayd, signal.SIGSTOP)


def test_a_silent_drop_ends_it_at_once(inst):
    send(inst, "a@un.test")
    (row,) = inst.json("queue", "list")
    assert inst.pli("queue", "drop", str(row["id"]), "--silent") == "1 recipient dropped, nobody is told\n"
    assert listed(inst) == [] and inst.pli("queue", "list") == "the queue is empty\n"
    assert inst.json("store", "stats")["queue"] == 0
    told = [e["event"] for e in inst.json("trace", row["mid"])["messages"][0]["events"]]
    assert "queue-ended" in told


def test_what_an_administrator_did_belongs_to_the_story(inst):
    send(inst, "a@un.test")
    (row,) = inst.json("queue", "list")
    number = str(row["id"])
    for act in ("hold", "release", "drop"):
        inst.pli("queue", act, number)
    told = [e["event"] for e in inst.json("trace", row["mid"])["messages"][0]["events"] if e["process"] == "stored"]
    assert told == ["stored", "queue-held", "queue-released", "queue-dropped"]
    assert "retenu par l'administrateur" in inst.pli("trace", row["mid"])


def test_stats(inst):
    send(inst, ["a@un.test", "b@deux.test", "c@deux.test"])
    send(inst, "d@deux.test")
    inst.pli("queue", "hold", "--recipient", "c@deux.test")
    inst.pli("queue", "drop", "--recipient", "d@deux.test")
    s = inst.json("queue", "stats")
    assert s["entries"] == 4 and s["states"] == {"waiting": 2, "held": 1, "report": 0, "dropped": 1} and s["causes"] == {"queue-dropped": 1}
    by = {d["domain"]: d for d in s["domains"]}
    assert by["un.test"]["states"] == {"waiting": 1, "held": 0, "report": 0, "dropped": 0} and by["un.test"]["causes"] == {}
    assert by["deux.test"]["states"] == {"waiting": 1, "held": 1, "report": 0, "dropped": 1} and by["deux.test"]["causes"] == {"queue-dropped": 1}
    assert s["octets"] == sum(d["octets"] for d in s["domains"]) == sum(r["size"] for r in inst.json("queue", "list"))
    text = inst.pli("queue", "stats")
    assert text.startswith("4 recipients, ") and "deux.test" in text and "queue-dropped: Le message a ete retire" in text


def test_a_list_opens_what_it_shows_and_no_more(inst):
    """A queue of 3,000: what keyd is asked to open is what is shown, whatever waits beside it."""
    tool = inst.bin.parent / "test/tests/lib/fill_queue"
    if not tool.exists():
        pytest.skip("make test-tools")
    subprocess.run([tool, str(inst.root), "30", "100", "60"], check=True, stdout=subprocess.DEVNULL)

    def opened(*options):
        before = inst.output().count("ev=queue-open")
        return len(listed(inst, *options)), inst.output().count("ev=queue-open") - before

    assert opened("--limit", "20") == (20, 20)
    assert opened("--domain", "d7.test") == (50, 50)
    assert opened("--recipient", "p55@d55.test") == (1, 1)
    assert opened("--domain", "nowhere.test") == (0, 0)
    assert opened("--sender", "nobody@chu.test") == (0, 0)
    assert opened("--cause", "peer-tls") == (0, 0)
    before = inst.output().count("ev=queue-open")
    s = inst.json("queue", "stats")
    assert s["entries"] == 3000 and len(s["domains"]) == 60 and {d["entries"] for d in s["domains"]} == {50}
    assert inst.output().count("ev=queue-open") - before == 60             # one a destination, for its name
