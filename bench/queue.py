#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""What a queue of 100,000 recipients costs beside one of 100: pli queue list, its filters, stats, and putting one more message in.

    make all test-tools && bench/queue.py           (or: --entries 20000)

The queue is filled by tests/lib/fill_queue.c, through keyd and stored as a session fills it. relayd stands still meanwhile.
"""
import argparse
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

os.environ.setdefault("PLI_BUILD", "build")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "lib"))
from instance import Instance, build_dir  # noqa: E402

COMMANDS = [("list", "--limit", "20"), ("list", "--domain", "d7.test", "--limit", "20"), ("list", "--domain", "nowhere.test"),
            ("list", "--recipient", "p55@d5.test"), ("list", "--sender", "nobody@chu.test"), ("list", "--state", "held"),
            ("list", "--cause", "peer-tls"), ("list", "--age", "30d"), ("stats",)]


def fill(inst, messages, recipients):
    """Milliseconds a message."""
    tool = build_dir() / "test/tests/lib/fill_queue"
    r = subprocess.run([tool, inst.root, str(messages), str(recipients), "50"], capture_output=True, text=True, check=True)
    n, seconds = r.stdout.split()
    return float(seconds) / int(n) * 1000


def milliseconds(inst, *words):
    took = []
    for _ in range(9):
        start = time.monotonic()
        inst.pli("queue", *words)
        took.append((time.monotonic() - start) * 1000)
    return statistics.median(took)


def figures(inst):
    rows = {"enqueue, one message": statistics.median(fill(inst, 200, 1) for _ in range(5))}
    rows.update({"pli queue " + " ".join(c): milliseconds(inst, *c) for c in COMMANDS})
    return rows


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--entries", type=int, default=100_000)
    args = p.parse_args()
    with Instance() as inst:
        relayd = inst.daemon("pli-relayd")
        os.kill(relayd, signal.SIGSTOP)
        try:
            fill(inst, 1, 100)
            few = figures(inst)
            fill(inst, args.entries // 100, 100)
            many = figures(inst)
        finally:
            os.kill(relayd, signal.SIGCONT)
    print(f"{'':44} {'about 1,000':>12} {args.entries:>12,} {'ratio':>7}")
    for what, ms in few.items():
        print(f"{what:44} {ms:9.2f} ms {many[what]:9.2f} ms {many[what] / ms:7.2f}")


if __name__ == "__main__":
    main()
