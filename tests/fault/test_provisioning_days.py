# SPDX-License-Identifier: EUPL-1.2
"""Provisioning on a working day: accounts from a file while mail flows as fast as it can, and while a daemon or slapd is killed."""
import collections
import json
import os
import re
import signal
import smtplib
import subprocess
import threading

import pytest
from instance import FINESS, Instance, eventually, plain

ME, SENDERS, ROWS = "flot@chu.test", 6, 40
DAEMONS = ("slapd", "pli-dird", "pli-keyd", "pli-stored", "pli-smtpd", "pli-imapd")


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add(ME, sign="never")
        yield pli


@pytest.fixture
def file(tmp_path):
    def write(name):
        path = tmp_path / f"{name}.csv"
        path.write_text("adresse;type;nom_affiche;structure;signature\n" + "".join(f"{name}{i}@chu.test;org;Lot {i};{FINESS};non\n" for i in range(ROWS)))
        return path
    return write


class Sender(threading.Thread):
    """Message after message in one session, until it is told to stop."""

    def __init__(self, pli, n):
        super().__init__(daemon=True)
        self.session, self.n, self.sent, self.error, self.ends = pli.smtp(login=ME), n, 0, None, threading.Event()
        self.start()

    def run(self):
        try:
            with self.session as s:
                while not self.ends.is_set():
                    s.sendmail(ME, [ME], plain(f"flot-{self.n}-{self.sent}", ME, ME))
                    self.sent += 1
        except (smtplib.SMTPException, OSError) as e:
            self.error = e


def test_effective_within_a_second_at_full_rate(inst, file):
    """Each address is taken at RCPT at the very moment that its row is told, by a session that was open before; a change that dird's cache did not have
    within a second of slapd's answer would be in the log (ev=sync-late). Nobody is refused, and no process is another one afterwards."""
    before, senders = {name: inst.daemon(name) for name in DAEMONS}, [Sender(inst, n) for n in range(SENDERS)]
    with inst.smtp(login=ME) as open_session:
        open_session.mail(ME)
        answers = {}
        p = subprocess.Popen(inst.argv("account", "import", str(file("rapide"))), stdout=subprocess.PIPE, text=True)
        for line in p.stdout:
            if added := re.fullmatch(r"line \d+: (\S+) added\n", line):
                answers[added[1]] = open_session.rcpt(added[1])[0]
        assert p.wait() == 0 and len(answers) == ROWS
    for s in senders:
        s.ends.set()
    for s in senders:
        s.join(60)
    late = set(re.findall(r"ev=sync-late account=(\S+)", inst.output()))
    assert {a for a, code in answers.items() if code != 250} <= late, "told as added before it was"
    assert [s.error for s in senders if s.error] == [] and all(s.sent for s in senders)
    assert {name: inst.daemon(name) for name in DAEMONS} == before


@pytest.mark.parametrize("victim", ["slapd", "pli-dird", "pli-keyd", "pli-stored"])
def test_killed_while_a_file_goes_in(inst, file, victim):
    """An account is there whole, or not at all; and the same file goes in when it is run again."""
    name, pid = victim.replace("pli-", "tue-"), inst.daemon(victim)
    rows = file(name)
    p = subprocess.Popen(inst.argv("account", "import", str(rows), "--json"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    log = open(inst.root / "log/pli.log")
    log.seek(0, os.SEEK_END)
    with log:
        while f"ev=account-add name={name}" not in (line := log.readline()):
            assert line or p.poll() is None, "it ended before"
    os.kill(pid, signal.SIGKILL)
    told = {r["address"]: r["outcome"] for r in json.loads(p.communicate(timeout=120)[0])["rows"]}
    print(victim, collections.Counter(told.values()))
    assert len(told) == ROWS and set(told.values()) <= {"added", "unchanged", "failed", "untried"}
    inst.wait_daemon(victim, not_pid=pid)
    there = eventually(lambda: (r := inst.pli("account", "list", "--json", check=False)).returncode == 0 and json.loads(r.stdout))
    there = {a["address"]: a for a in there if a["address"].startswith(name)}
    assert {a for a, outcome in told.items() if outcome == "added"} <= set(there)
    assert all(a["mailbox"] and a["type"] == "ORG" and a["structure"] == FINESS and a["name"] for a in there.values())
    again = eventually(lambda: (r := inst.pli("account", "import", rows, "--json", check=False)).returncode == 0 and json.loads(r.stdout))
    assert again["refused"] == again["failed"] == 0 and again["added"] + again["unchanged"] == ROWS
    inst.submit(ME, [f"{name}{i}@chu.test" for i in range(ROWS)], plain("bienvenue", ME, f"{name}0@chu.test"))
