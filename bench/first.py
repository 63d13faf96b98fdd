#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""First figures, with nothing but the project: deliveries/s, FETCH MB/s, memory per idle session, and how soon an idling client is told.

    make bench                      (or: bench/first.py --seconds 5)

The generator is Python in several processes on the same cores, so these are lower bounds of the server, good to compare one
build with the next. For figures beside another server in the same run see bench/README.md.
"""
import argparse
import multiprocessing
import os
import pathlib
import re
import statistics
import sys
import time

os.environ.setdefault("PLI_BUILD", "build")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "lib"))
from instance import Instance, children, plain  # noqa: E402

BODY = {"4 KB": 54, "75 KB": 1010}
PER_ACCOUNT = 20


def deliver(pli, size, seconds, out):
    """One kept connection: MAIL, RCPT, DATA in one flight, then the message."""
    me = "bench@chu.test"
    message = plain("bench", me, me, ("x" * 72 + "\r\n") * BODY[size])
    with pli.smtp(login=me) as s:
        end, n = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            s.send(f"MAIL FROM:<{me}>\r\nRCPT TO:<{me}>\r\nDATA\r\n".encode())
            codes = [s.getreply()[0] for _ in range(3)]
            assert codes == [250, 250, 354], codes
            s.send(message + b".\r\n")
            assert s.getreply()[0] == 250
            n += 1
    out.put(n)


def deliveries(pli, size, clients, seconds):
    out = multiprocessing.Queue()
    jobs = [multiprocessing.Process(target=deliver, args=(pli, size, seconds, out)) for _ in range(clients)]
    start = time.monotonic()
    for j in jobs:
        j.start()
    total = sum(out.get() for _ in jobs)
    for j in jobs:
        j.join()
    return total / (time.monotonic() - start)


def fetch(pli):
    with pli.imap("bench@chu.test") as m:
        m.select("INBOX", readonly=True)
        m.send(b"f1 FETCH 1:* (BODY.PEEK[])\r\n")
        start, got, tail = time.monotonic(), 0, b""
        while b"\nf1 " not in tail:
            piece = m.sock.recv(1 << 18)
            got += len(piece)
            tail = (tail + piece)[-200:]
        return got / 1e6 / (time.monotonic() - start)


def pss(pid):
    total = 0
    for p in [pid, *children(pid)]:
        try:
            total += int(re.search(r"(?m)^Pss:\s+(\d+)", open(f"/proc/{p}/smaps_rollup").read()).group(1))
        except (OSError, AttributeError):
            pass
    return total


def idle(pli, n):
    """n sessions that idle, PER_ACCOUNT of each account: more would be refused (imapd.max_sessions_per_account)."""
    who = [f"idle{i}@chu.test" for i in range(-(-n // PER_ACCOUNT))]
    for address in who:
        pli.add(address, sign="never")
        pli.imap(address).shutdown()  # the first sign-in makes the folders
    before, held = pss(pli.proc.pid), []
    for i in range(n):
        m = pli.imap(who[i // PER_ACCOUNT])
        m.select("INBOX", readonly=True)
        m.send(b"i IDLE\r\n")
        m.readline()
        held.append(m)
    grown = (pss(pli.proc.pid) - before) / n
    for m in held:
        m.shutdown()
    return grown


def told(pli, rounds):
    """Milliseconds from the sender's 250 to the line an idling client reads (0: the line was there first)."""
    ms = []
    me = "told@chu.test"
    pli.add(me, sign="never")
    with pli.imap(me) as m, pli.smtp(login=me) as s:
        m.select("INBOX")
        m.send(b"i IDLE\r\n")
        m.readline()
        for _ in range(rounds):
            s.sendmail(me, [me], plain("told", me, me))
            start = time.monotonic()
            while b"EXISTS" not in m.readline():
                pass
            ms.append(1000 * (time.monotonic() - start))
        m.send(b"DONE\r\n")
        while not m.readline().startswith(b"i OK"):  # imaplib does not know this tag
            pass
    return statistics.median(ms), max(ms)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--seconds", type=float, default=5)
    ap.add_argument("--idle", type=int, default=100)
    a = ap.parse_args()
    with Instance() as pli:
        pli.add("bench@chu.test", sign="never", extra=["--quota", "50G"])
        for size in BODY:
            for clients in (1, 8):
                print(f"deliver {size:>5}, {clients} kept connections: {deliveries(pli, size, clients, a.seconds):8.0f} /s", flush=True)
        print(f"FETCH BODY.PEEK[] of all, 1 session:  {fetch(pli):8.0f} MB/s", flush=True)
        print(f"idle IMAP session, PSS growth:        {idle(pli, a.idle):8.0f} KiB", flush=True)
        median, worst = told(pli, 30)
        print(f"IDLE announces after the 250:         {median:8.1f} ms median, {worst:.1f} ms worst of 30")


if __name__ == "__main__":
    main()
