# SPDX-License-Identifier: EUPL-1.2
"""What all daemons do alike, seen from outside: they heed log.level, name their version, and refuse a stray argument."""
import re
import subprocess

import pytest

from instance import Instance, build_dir, eventually, plain

DAEMONS = ("smtpd", "imapd", "httpd", "stored", "keyd", "dird", "relayd")


def by_level(log):
    """(daemon, level) of each line."""
    return re.findall(r"(?m)^\S+ (\w+)\[\d+\] (debug|info|warn|error) ", log)


def run_at(level):
    """What an instance logs, from its start over a letter to its end."""
    with Instance(conf=[f'log {{ level = "{level}" }}']) as pli:
        pli.add("a@chu.test")
        pli.submit("a@chu.test", ["a@chu.test"], plain(sender="a@chu.test", to="a@chu.test"))
        eventually(lambda: len(pli.fetch_all("a@chu.test")) == 1)
        pli.stop()
        return (pli.root / "log/pli.log").read_text()


def test_log_level_is_heeded_by_all():
    log = run_at("info")
    for name in DAEMONS:
        for event in ("ready", "stopped"):
            assert re.search(rf"(?m)^\S+ {name}\[\d+\] info ev={event}\b", log), f"{name}: {event}"
    quiet = by_level(run_at("warn"))
    assert not [line for line in quiet if line[1] in ("debug", "info") and line[0] in DAEMONS]


@pytest.mark.parametrize("name", DAEMONS)
def test_command_line(name):
    program = build_dir() / "bin" / f"pli-{name}"
    said = subprocess.run([program, "--version"], capture_output=True, text=True)
    assert said.returncode == 0 and re.fullmatch(rf"pli-{name} \d\S*\n", said.stdout)
    stray = subprocess.run([program, "stray"], capture_output=True, text=True)
    assert stray.returncode == 2 and f"usage: pli-{name}" in stray.stderr and "pli serve" in stray.stderr
