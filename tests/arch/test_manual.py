# SPDX-License-Identifier: EUPL-1.2
"""The manual and the program say the same: every command and option in pli(1), every setting and default in pli.conf(5)."""
import json
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "lib"))
from instance import build_dir  # noqa: E402

PLI = build_dir() / "bin" / "pli"
PAGES = sorted((TOP / "man").glob("*.[1-8]"))
needs_pli = pytest.mark.skipif(not PLI.exists(), reason="pli is not built")


def macro_lines(page):
    return (TOP / "man" / page).read_text()


@needs_pli
def test_every_command_and_option_is_in_pli_1():
    answer = json.loads(subprocess.run([PLI, "help", "--json"], capture_output=True, text=True, check=True).stdout)
    page, missing = macro_lines("pli.1"), []
    for option in answer["options"]:
        if f"Fl {option['name'][1:]}" not in page:
            missing.append(option["name"])
    for command in answer["commands"]:
        if f".It Ic {command['command']}" not in page:
            missing.append(command["command"])
        for option in command["options"]:
            if not re.search(rf"Fl {re.escape(option['name'][1:])}\b", page):
                missing.append(f"{command['command']} {option['name']}")
    assert not missing, "not in man/pli.1: " + ", ".join(missing)


@needs_pli
def test_pli_1_names_no_command_that_is_not_there():
    answer = json.loads(subprocess.run([PLI, "help", "--json"], capture_output=True, text=True, check=True).stdout)
    there = {c["command"] for c in answer["commands"]}
    named = re.findall(r"(?m)^\.It Ic ((?:[a-z-]+ ?)+?)(?= Fl| Ar| Op| Oo|$)", macro_lines("pli.1"))
    assert named and not [n for n in named if n.strip() not in there]


@needs_pli
def test_every_command_has_its_json_answer_in_pli_1():
    """Who scripts Pli reads what each --json gives; "account set, suspend" is two commands."""
    answer = json.loads(subprocess.run([PLI, "help", "--json"], capture_output=True, text=True, check=True).stdout)
    section = macro_lines("pli.1").split(".Sh JSON ANSWERS")[1].split("\n.Sh ")[0]
    told = set()
    for item in re.findall(r"(?m)^\.It (.+)", section):
        family = item.split()[0]
        for words in (w.split() for w in item.split(",")):
            told.add(" ".join(words if words[0] == family else [family, *words]))
    assert not [c["command"] for c in answer["commands"] if c["command"] not in told | {"serve"}]       # of serve: -n alone


@needs_pli
def test_every_setting_and_default_is_in_pli_conf_5(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "pli.conf").write_text('instance { domain = "chu.test" }\n')
    r = subprocess.run([PLI, "serve", "-n", "--json", "--root", tmp_path], capture_output=True, text=True, check=True)
    page, wrong = macro_lines("pli.conf.5"), []
    entries = dict(re.findall(r"(?ms)^\.It Va (\S+)\n(.*?)(?=^\.It|^\.El)", page))
    for s in json.loads(r.stdout)["settings"]:
        said = re.sub(r"\s+", " ", entries.get(s["name"], ""))
        if f"Default: {s['default'] or 'empty'}." not in said or s["help"][1:] not in said:
            wrong.append(s["name"])
        entries.pop(s["name"], None)
    assert not wrong, "man/pli.conf.5 says nothing, or something else, of: " + ", ".join(wrong) + " (tests/lib/conf_page.py writes it anew)"
    assert not entries, "man/pli.conf.5 describes what is not there: " + ", ".join(entries)


IMAPD = build_dir() / "bin" / "pli-imapd"


@pytest.mark.skipif(not IMAPD.exists(), reason="pli-imapd is not built")
def test_pli_imapd_8_has_the_extensions():
    """The page's list is the table's, in its order, each with its RFC."""
    table = json.loads(subprocess.run([IMAPD, "--extensions"], capture_output=True, text=True, check=True).stdout)
    section = re.search(r"(?s)^\.Sh EXTENSIONS\n(.*?)^\.Sh ", macro_lines("pli-imapd.8"), re.M)[1]
    said = [(name, int(rfc)) for names, rfc in re.findall(r"(?m)^\.It Cm (.+)\nRFC (\d+)", section) for name in names.split(" , ")]
    assert said == [(x["name"], x["rfc"]) for x in table]


def test_every_program_has_a_page():
    programs = re.search(r"(?m)^PROGRAMS := (.*)$", (TOP / "Makefile").read_text()).group(1).split()
    missing = [p for p in programs if not list((TOP / "man").glob(p + ".[18]"))]
    assert not missing, missing


def test_pages_are_clean():
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    r = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *map(str, PAGES)], capture_output=True, text=True)
    assert r.returncode == 0, r.stdout + r.stderr


def test_every_alarm_of_the_log_is_explained():
    """Each event that is logged as a warning or an error has an entry ev=NAME in a page."""
    call = re.compile(r'log_(?:ev|err)\(\s*([^;]*?"[a-z-]+")')
    pages = " ".join(p.read_text() for p in PAGES)
    there = set(re.findall(r"ev=([a-z-]+)", pages))
    for line in re.findall(r"(?m)^\.It Cm ev=(.*)$", pages):      # one entry for several
        there |= set(line.split(" , "))
    unsaid = set()
    for source in TOP.glob("[!.t]*/**/*.c"):
        if re.search(r"_(test|fuzz|bench)\.c$", source.name) or source.relative_to(TOP).parts[0].startswith(("build", "tests", "bench")):
            continue
        for args in call.findall(source.read_text()):
            if re.search(r"LOG_(WARN|ERROR)_", args):
                unsaid |= {f"{name} ({source.relative_to(TOP)})" for name in re.findall(r'"([a-z][a-z-]*)"', args) if name not in there}
    assert not unsaid, "no entry in the manual: " + ", ".join(sorted(unsaid))
