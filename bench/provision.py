#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""How long it takes to provision professionals from a file: accounts with mailbox keys, certificates and sheets.

    bench/provision.py [--accounts 5000]

A new instance with nothing else to do; wall time of `pli account import`, and the CPU of the command and of each daemon. Then the same file again, which changes nothing.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("PLI_BUILD", "build")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "lib"))
from instance import Instance, children  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def luhn(digits):
    total = sum(d if i % 2 else sum(divmod(2 * d, 10)) for i, d in enumerate(map(int, reversed(digits))))
    return digits + str(-total % 10)


def table(n):
    rows = ["address;type;name;rpps;profession;service"]
    rows += [f"prenom{i}.nom{i}@chu.test;per;Prénom{i} NOM{i};{luhn(f'1000{i:06}')};Médecin;Service {i % 40}" for i in range(n)]
    return "\n".join(rows) + "\n"


def cpu(pid):
    used = {}
    for p, (name, _) in children(pid).items():
        try:
            f = open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        used[name] = used.get(name, 0) + sum(int(x) for x in f[11:15]) / TICK
    return used


def run(pli, file, *more):
    before, start, mine = cpu(pli.proc.pid), time.monotonic(), os.times()
    r = subprocess.run([f"{os.environ['PLI_BUILD']}/bin/pli", "account", "import", file, "--root", pli.root, *more],
                       capture_output=True, text=True)
    wall, after, done = time.monotonic() - start, cpu(pli.proc.pid), os.times()
    own = done.children_user + done.children_system - mine.children_user - mine.children_system
    parts = {name: after[name] - before.get(name, 0) for name in after if after[name] - before.get(name, 0) > 0.1}
    print(f"{wall:.1f} s; CPU {own + sum(parts.values()):.1f} s: pli {own:.1f}, " + ", ".join(f"{k} {v:.1f}" for k, v in sorted(parts.items(), key=lambda x: -x[1])))
    print("  " + r.stdout.strip().splitlines()[-1] + r.stderr[-300:], flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--accounts", type=int, default=5000)
    o = p.parse_args()
    with Instance() as pli:
        file, sheets = pli.root.parent / "rows.csv", pli.root.parent / "sheets.html"
        file.write_text(table(o.accounts))
        run(pli, file, "--dry-run")
        run(pli, file, "--sheets", sheets)
        run(pli, file)


if __name__ == "__main__":
    main()
