# SPDX-License-Identifier: EUPL-1.2
"""What a newcomer types: families of commands, names with odd characters or of any length, a subject copied as openssl prints it."""
import json
import subprocess
import unicodedata

import pytest
from instance import NO_WAY_OUT, RPPS, Instance, build_dir, plain

PLI = build_dir() / "bin" / "pli"
DN = "CN=autre.example,O=Essai,C=FR"


@pytest.fixture(scope="module")
def inst():
    with Instance(build="build", conf=[NO_WAY_OUT]) as pli:
        pli.add("gp@chu.test", kind="per", sign="never")
        yield pli


def call(*args):
    return subprocess.run([str(PLI), *args], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def refused(r, code, *words):
    assert r.returncode == code, r
    assert len(r.stderr.strip().splitlines()) == 1, r.stderr
    assert all(w in r.stderr for w in words), r.stderr


# ---- families ----
@pytest.mark.parametrize("family", ["account", "cert", "trust", "queue", "store"])
def test_a_family_tells_its_commands(family):
    members = [c for c in json.loads(call("help", "--json").stdout)["commands"] if c["command"].startswith(family + " ")]
    assert len(members) >= 2
    for args in ((family, "--help"), ("-h", family), ("help", family)):
        r = call(*args)
        assert r.returncode == 0 and r.stderr == "", r
        assert all(f"pli {c['command']}" in r.stdout and c["summary"] in r.stdout for c in members), r.stdout
        assert len(r.stdout.splitlines()) == len(members) + 1
    assert json.loads(call("help", family, "--json").stdout)["commands"] == members      # one JSON value
    refused(call(family), 2, *[c["command"].split()[1] for c in members], f"pli help {family}")


def test_help_without_a_command_lists_them_all():
    assert call("--help").stdout == call("-h").stdout == call("help").stdout == call().stdout
    assert "pli account add" in call("--help").stdout


def test_only_a_near_name_is_offered():
    for args in (("zzzzzzzz",), ("list", "account"), ("-V",), ("serve", "--bogus")):
        r = call(*args)
        refused(r, 2, "pli help")
        assert "did you mean" not in r.stderr
    refused(call("acount", "list"), 2, 'did you mean "account list"')
    refused(call("serve", "--rot", "x"), 2, "did you mean --root")


# ---- texts ----
TEXTS = ["--name", "--service", "--profession", "--specialty", "--responsible"]
ODD = [("Jean\nMARTIN", "control"), ("Jean\x1b[2JMARTIN", "control"), ("Jean\u202eNITRAM", "direction mark"), ("Je\u200ban MARTIN", "invisible"),
       ("x" * 256, "256 octets"), ("é" * 2500, "5000 octets")]


@pytest.mark.parametrize("option", TEXTS)
@pytest.mark.parametrize("text, why", ODD, ids=["line-end", "escape", "direction", "invisible", "256-octets", "5000-octets"])
def test_a_text_that_would_mislead_is_refused(inst, option, text, why):
    before = inst.json("account", "show", "gp@chu.test")
    refused(inst.pli("account", "set", "gp@chu.test", option, text, check=False), 2, option, why)
    given = {"--name": "Jean MARTIN", option: text}
    args = [w for o, v in given.items() for w in (o, v)]
    refused(inst.pli("account", "add", "odd@chu.test", "--type", "per", "--rpps", RPPS, *args, check=False), 2, option, why)
    assert inst.json("account", "show", "gp@chu.test") == before
    assert "odd@chu.test" not in [a["address"] for a in inst.json("account", "list")]


def test_bytes_that_are_no_text(inst):
    r = subprocess.run([*map(str, inst.argv("account", "set", "gp@chu.test")), "--name", b"Jean \xff"],
                       capture_output=True, text=True, timeout=60)
    refused(r, 2, "--name", "UTF-8")
    refused(inst.pli("trust", "add", "autre.example", "--dn", DN, "--note", "a\nb", check=False), 2, "--note", "control")
    refused(inst.pli("trust", "add", "autre.example", "--dn", DN + "x" * 600, check=False), 2, "--dn", "at most 511")
    refused(inst.pli("directory", "search", "a\u202eb", check=False), 2, "direction mark")


def test_the_longest_text_and_one_form(inst):
    name = "É" * 126 + " XY"      # 255 octets
    inst.pli("account", "set", "gp@chu.test", "--name", name, "--service", name)
    assert inst.json("account", "show", "gp@chu.test")["name"] == name
    inst.pli("account", "set", "gp@chu.test", "--name", unicodedata.normalize("NFD", "Hélène ÉLUARD"), "--service", "")
    shown = inst.json("account", "show", "gp@chu.test")
    assert (shown["name"], shown["sn"], shown["service"]) == ("Hélène ÉLUARD", "ÉLUARD", None)


# ---- a subject as openssl prints it ----
@pytest.mark.parametrize("printed", [DN, "subject=" + DN, "subject= " + DN, "subject = " + DN], ids=["dn", "new", "old", "spaces"])
def test_a_subject_copied_whole(inst, printed):
    inst.pli("trust", "add", "copie.example", "--dn", printed)
    assert [t["dn"] for t in inst.json("trust", "show", "copie.example")] == [DN]
    inst.pli("trust", "remove", "copie.example", "--dn", printed)
    refused(inst.pli("trust", "add", "copie.example", "--dn", "subject=", check=False), 2, "--dn")


# ---- small things that stop a newcomer ----
def test_an_alias_is_told_from_nobody(inst):
    inst.add("a1@chu.test", sign="never", extra=["--alias", "autre-nom@chu.test"])
    for words in (["set", "--service", "x"], ["disable"], ["enable"], ["delete", "--yes"], ["passwd", "--generate"]):
        r = inst.pli("account", words[0], "autre-nom@chu.test", *words[1:], check=False)
        refused(r, 1, "autre-nom@chu.test is another address of a1@chu.test: name that one")
        refused(inst.pli("account", words[0], "personne@chu.test", *words[1:], check=False), 1, "no account personne@chu.test")
    assert inst.json("account", "show", "a1@chu.test")["disabled"] is False


def test_a_file_is_no_instance(inst):
    refused(call("account", "list", "--root", str(inst.root / "pli.conf")), 1, "is a file", "--root names the instance's folder")


def test_who_stops_reading_is_told_nothing(inst):
    r = subprocess.run(["sh", "-c", f"{{ sleep 0.2; {PLI} help; }} | true"], capture_output=True, text=True, timeout=60)
    assert r.stderr == "", r
    with open("/dev/full", "w") as full:
        r = subprocess.run([str(PLI), "help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    refused(r, 1, "could not be written")


def test_a_message_that_waits_has_no_empty_words(inst):
    inst.trust_operator("attend.test")
    inst.submit("gp@chu.test", ["a@attend.test"], plain("dehors", "gp@chu.test", "a@attend.test"))
    number = str(inst.json("queue", "list")[0]["id"])
    shown = inst.pli("queue", "show", number).splitlines()
    assert "gp@chu.test -> a@attend.test" in shown[0] and "envelope id" not in shown[1] and "last error" not in shown[1], shown


def test_an_account_shown(inst):
    inst.add("montre@chu.test", sign="never", extra=["--alias", "m1@chu.test", "--alias", "m2@chu.test", "--quota", "0"])
    shown = dict.fromkeys(inst.pli("account", "show", "montre@chu.test").splitlines())
    labelled = [line.split(None, 1) for line in shown]
    assert ["alias", "m1@chu.test"] in labelled and ["alias", "m2@chu.test"] in labelled, labelled
    assert ["mailbox", "0 messages, 0 of any size (no quota)"] in labelled, labelled
    inst.submit("montre@chu.test", ["montre@chu.test"], plain("sans quota", "montre@chu.test", "montre@chu.test"))
    assert len(inst.fetch_all("montre@chu.test")) == 1
    r = subprocess.run([str(a) for a in inst.argv("directory", "search", "introuvable")], capture_output=True, text=True, timeout=60)
    assert (r.returncode, r.stdout) == (0, "") and "nothing found" in r.stderr, r
