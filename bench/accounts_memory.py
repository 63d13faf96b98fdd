#!/usr/bin/python3 -B
# SPDX-License-Identifier: EUPL-1.2
"""How much memory pli-dird takes for accounts of ours.

    bench/accounts_memory.py [--accounts 100000]

Makes an instance with one account, puts as many more of its shape into the stopped directory with slapadd (person and mailbox, each with a key, a number and an
address of its own), and says what pli-dird takes before, once it has read them, and at most after slapd was killed and the whole list came again."""
import argparse
import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

os.environ.setdefault("PLI_BUILD", "build")
sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1] / "tests/lib")  # and not this folder, whose queue.py is no library
from instance import RPPS, Instance, eventually  # noqa: E402
from national import with_check_digit  # noqa: E402

ONE = "modele@chu.test"
OPERATIONAL = re.compile(r"(?m)^(structuralObjectClass|entryUUID|creatorsName|createTimestamp|entryCSN|modifiersName|modifyTimestamp|contextCSN):.*\n")


def memory(pid, what):
    return int(re.search(rf"{what}:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])


def entries(conf):
    r = subprocess.run(["slapcat", "-f", conf, "-b", "o=pli", "-a", f"(|(mail={ONE})(rpps={RPPS}))"], capture_output=True, text=True, check=True)
    return [OPERATIONAL.sub("", block + "\n") for block in r.stdout.replace("\n ", "").split("\n\n") if block.strip()]


def fill(pli, n):
    conf, db = str(pli.root / "ldap/slapd.conf"), str(pli.root / "ldap/db")
    shapes = entries(conf)
    p = subprocess.Popen(["slapadd", "-q", "-f", conf, "-b", "o=pli"], stdin=subprocess.PIPE, text=True)
    for i in range(n):
        for text in shapes:
            text = text.replace(ONE, f"prenom{i}.nom{i}@chu.test").replace(RPPS, with_check_digit(f"1{i:09}"))
            text = re.sub("pliMailboxId: .*", f"pliMailboxId: {i + 100}", text)
            p.stdin.write(re.sub("pliMailboxKey:: .*", "pliMailboxKey:: " + base64.b64encode(os.urandom(32)).decode(), text) + "\n")
    p.stdin.close()
    if p.wait():
        raise SystemExit("slapadd failed")
    subprocess.run(["chown", "-R", "--reference", db, db], check=True)


def read_all(pli, n):
    eventually(lambda: (r := pli.pli("account", "list", "--json", check=False)).returncode == 0 and len(json.loads(r.stdout)) > n)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--accounts", type=int, default=100000)
    n = p.parse_args().accounts
    with Instance() as pli:
        pli.add(ONE, kind="per", name="Jeanne ESSAI", extra=["--profession", "Médecin", "--service", "Cardiologie"])
        empty = memory(pli.daemon("pli-dird"), "VmRSS")
        pli.stop()
        fill(pli, n)
        pli.serve()
        read_all(pli, n)
        dird, slapd = pli.daemon("pli-dird"), pli.daemon("slapd")
        full, before = memory(dird, "VmRSS"), pli.output().count("ev=sync-ready")
        os.kill(slapd, signal.SIGKILL)
        pli.wait_daemon("slapd", not_pid=slapd)
        eventually(lambda: pli.output().count("ev=sync-ready") > before)
        print(f"{n} accounts: dird {empty} KiB empty, {full} KiB full: {1024 * (full - empty) // n} octets an account; "
              f"at most {memory(dird, 'VmHWM')} KiB after the whole list came again")


main()
