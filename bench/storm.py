#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Ten thousand letters to fifty operators, ten of whom are down, each in a way of its own: is anything lost or doubled, and are the forty others slower for it?

    make all && bench/storm.py [--messages 10000] [--domains 50] [--down 10] [--runs 3] [--build build]

First in turn, --runs times each: the letters to the healthy alone, and with those to the others between them; the queue is filled while relayd sleeps, and the
time runs until the last healthy one was taken. Then once more with kill -9 of relayd and stored at random points, while the letters come in and leave.
Each letter is counted at the other side by its Message-ID (tests/lib/storm.py). The sink shares the machine with the sender.
"""
import argparse
import json
import os
import pathlib
import statistics
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "lib"))
from storm import Storm  # noqa: E402


def timed(a, with_down):
    with Storm(a.domains, a.down, build=a.build) as storm:
        storm.hold()
        storm.send(i for i in range(a.messages) if with_down or not storm.is_down(i))
        storm.go()
        seconds = storm.healthy_done()
        assert storm.check() == {}
        return {"with_down": with_down, "seconds": round(seconds, 2), "healthy": len(storm.healthy()), "per_s": round(len(storm.healthy()) / seconds)}


def killed(a):
    with Storm(a.domains, a.down, build=a.build, conf="relayd {\n retry_first = 5s\n}") as storm:
        with storm.killing(seed=a.seed):
            storm.send(range(a.messages))
        with storm.killing(seed=a.seed):
            storm.healthy_done()
        doubles = storm.check()
        kills = [name for _, name in storm.kills]
        return {"kills": {n: kills.count(n) for n in sorted(set(kills))}, "letters": a.messages, "lost": 0, "doubled where SMTP allows it": len(doubles)}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--messages", type=int, default=10000)
    p.add_argument("--domains", type=int, default=50)
    p.add_argument("--down", type=int, default=10)
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--seed", type=int)
    p.add_argument("--build", default=os.environ.get("PLI_BUILD", "build"))
    a = p.parse_args()
    rows = []
    for _ in range(a.runs):
        for with_down in (False, True):
            rows.append(timed(a, with_down))
            print(json.dumps(rows[-1]), flush=True)
    if rows:
        alone, beside = (statistics.median(r["seconds"] for r in rows if r["with_down"] == w) for w in (False, True))
        print(f"the healthy, median: {alone:.2f} s alone, {beside:.2f} s beside those that are down: {(beside / alone - 1) * 100:+.1f} %")
        alone, beside = (min(r["seconds"] for r in rows if r["with_down"] == w) for w in (False, True))
        print(f"the healthy, best:   {alone:.2f} s alone, {beside:.2f} s beside those that are down: {(beside / alone - 1) * 100:+.1f} %")
    print(json.dumps(killed(a)))


if __name__ == "__main__":
    main()
