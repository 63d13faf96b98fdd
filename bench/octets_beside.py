#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Octets beside Dovecot, in the same run: FETCH of 5 MB bodies warm and cold against Dovecot in clear, EXPUNGE of 50,000 in one command.

    bench/octets_beside.py [--bodies 40] [--expunge 50000]        as root; needs dovecot-imapd

Both servers are private, on the loopback. Wall time at the client, medians of three; cold: the machine's page cache is dropped before each run.
"""
import argparse
import base64
import os
import pathlib
import random
import sys
import time

os.environ.setdefault("PLI_BUILD", "build")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "lib"))
import dovecot  # noqa: E402
from imap_beside import ME, Client, Server, cpu  # noqa: E402
from instance import PASSWORD, Instance  # noqa: E402


def image(size, n):
    """Base64 of octets that nothing packs, in lines of 76."""
    head = f"From: Dr <dr@chu.test>\r\nTo: <{ME}>\r\nSubject: image {n}\r\nMIME-Version: 1.0\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + base64.encodebytes(random.Random(n).randbytes(size * 57 // 78)).replace(b"\n", b"\r\n")


def fetched(server, n):
    c = Client(server)
    c.say(b"SELECT Grand")
    start, used = time.monotonic(), cpu(server.pid)
    c.say(b"FETCH 1:%d (BODY.PEEK[])" % n, keep=False)
    wall, used = time.monotonic() - start, cpu(server.pid) - used
    c.close()
    return n / wall, used / n * 1000


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")


def bodies(servers, n):
    for s in servers:
        c = Client(s)
        c.say(b"CREATE Grand")
        for i in range(n):
            c.append(b"Grand", [image(5_000_000, i)])
        c.close()
    for name, before in (("cold", drop_caches), ("warm", lambda: None)):
        got = []
        for s in servers:
            runs = []
            for _ in range(3):
                before()
                runs.append(fetched(s, n))
            got.append(sorted(runs)[1])
        (a, ac), (b, bc) = got
        print(f"FETCH of {n} bodies of 5 MB, {name}: Pli {a:.1f}/s {ac:.1f} ms, Dovecot in clear {b:.1f}/s {bc:.1f} ms, ratio {a / b:.2f}", flush=True)


def expunge(servers, n):
    got = []
    for s in servers:
        c = Client(s)
        c.say(b"CREATE Beaucoup")
        for _ in range(50):
            c.append(b"Beaucoup", [b"From: <a@chu.test>\r\nSubject: x\r\n\r\n" + b"y" * 200 + b"\r\n"] * 100)
        c.say(b"SELECT Beaucoup")
        for _ in range(n // 5000 - 1):
            c.say(b"COPY 1:5000 Beaucoup")
        c.say(b"STORE 1:* +FLAGS.SILENT (\\Deleted)", keep=False)
        start = time.monotonic()
        c.say(b"EXPUNGE", keep=False)
        got.append(time.monotonic() - start)
        c.close()
    print(f"EXPUNGE of {n}: Pli {got[0]:.2f} s, Dovecot {got[1]:.2f} s, ratio {got[1] / got[0]:.2f}", flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bodies", type=int, default=40)
    p.add_argument("--expunge", type=int, default=50000)
    o = p.parse_args()
    if not dovecot.installed():
        sys.exit("bench/octets_beside.py: dovecot-imapd is not installed, or this is not root")
    with Instance() as pli, dovecot.Dovecot(crypt=False) as dove:
        pli.add(ME, sign="never", extra=["--quota", "0"])
        servers = [Server("Pli", pli.ca, pli.port("imaps"), PASSWORD, pli.proc.pid), Server("Dovecot", dove.ca, dove.port, dovecot.PASSWORD, dove.proc.pid)]
        bodies(servers, o.bodies)
        expunge(servers, o.expunge)


if __name__ == "__main__":
    main()
