#!/usr/bin/python3 -B
# SPDX-License-Identifier: EUPL-1.2
"""The address book under load: CLIENTS mail clients, signed in over LDAPS, each asking for completions without pause.

    bench/directory.py [--entries 535000] [--clients 50] [--seconds 20] [--root DIR]

Makes an instance with the national copy of that many generated entries (tests/lib/national.py), or takes a served one (--root, with its account
bench@chu.test). Says for each kind of question: questions a second, p50, p99, the CPU seconds of slapd and of all clients. What is typed are the
first three to six letters of names that are there; at most 20 answers are asked for, as clients show them."""
import argparse
import asyncio
import multiprocessing
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path[0] = str(TOP / "tests/lib")  # and not this folder, whose queue.py is no library
import national  # noqa: E402
from instance import PASSWORD, Instance  # noqa: E402
from ldap_line import mailbox, text, tlv  # noqa: E402

WHO, LIMIT, PROCESSES = "bench@chu.test", 20, 2


def starts(attribute, value):
    return tlv(0xA4, text(attribute) + tlv(0x30, text(value, 0x80)))


def holds(attribute, value):
    return tlv(0xA4, text(attribute) + tlv(0x30, text(value, 0x81)))


def either(*filters):
    return tlv(0xA1, b"".join(filters))


KINDS = {
    "prefix": lambda s: either(*(starts(a, s) for a in ("cn", "sn", "givenName", "mail"))),
    "words": lambda s: starts("mssSearchName", s),
    "anywhere": lambda s: either(*(holds(a, s) for a in ("cn", "sn", "givenName", "mail"))),
}


def question(kind, typed):
    wanted = tlv(0x30, text("cn") + text("mail") + text("title") + text("o") + text("l"))
    return tlv(0x63, text("o=pli") + tlv(10, b"\x02") + tlv(10, b"\x00") + tlv(2, bytes([LIMIT])) + tlv(2, b"\x14") + tlv(1, b"\x00") +
               KINDS[kind](typed) + wanted)


async def message(reader):
    head = await reader.readexactly(2)
    n = head[1]
    if n & 128:
        n = int.from_bytes(await reader.readexactly(n & 127), "big")
    body = await reader.readexactly(n)
    return body[2 + body[1]], body


async def ask(reader, writer, number, operation, last):
    writer.write(tlv(0x30, tlv(2, number.to_bytes(3, "big")) + operation))
    answers = 0
    while (await message(reader))[0] != last:
        answers += 1
    return answers


async def sign_in(reader, writer):
    """Many at once are told to come again (busy): who did not get in would ask for nothing, very fast."""
    while True:
        writer.write(tlv(0x30, b"\x02\x01\x01" + tlv(0x60, tlv(2, b"\x03") + text(mailbox(WHO)) + text(PASSWORD, 0x80))))
        _, body = await message(reader)
        if body[body.find(b"\x0a\x01") + 2] == 0:
            return
        await asyncio.sleep(0.2)


async def client(port, tls, kind, names, seconds, seed, times):
    reader, writer = await asyncio.open_connection("localhost", port, ssl=tls)
    await sign_in(reader, writer)
    r, number, end, found = random.Random(seed), 1, time.monotonic() + seconds, 0
    while time.monotonic() < end:
        name, number = r.choice(names), number + 1
        began = time.monotonic()
        found += await ask(reader, writer, number, question(kind, name[:r.randrange(3, 7)]), 0x65)
        times.append(time.monotonic() - began)
    writer.close()
    return found


def worker(port, ca, kind, names, seconds, clients, seed, out):
    import ssl
    tls, times = ssl.create_default_context(cafile=ca), []

    async def all_of_them():
        return sum(await asyncio.gather(*(client(port, tls, kind, names, seconds, seed + i, times) for i in range(clients))))
    found = asyncio.run(all_of_them())
    use = resource.getrusage(resource.RUSAGE_SELF)
    out.put((times, found, use.ru_utime + use.ru_stime))


def cpu_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(port, ca, slapd, kind, names, a):
    out, before = multiprocessing.Queue(), cpu_of(slapd)
    workers = [multiprocessing.Process(target=worker, args=(port, ca, kind, names, a.seconds, a.clients // PROCESSES, 1000 * i, out))
               for i in range(PROCESSES)]
    for w in workers:
        w.start()
    results = [out.get() for _ in workers]
    for w in workers:
        w.join()
    times = sorted(t for r in results for t in r[0])
    print(f"{kind:9} {len(times) / a.seconds:7.0f}/s  p50 {1000 * times[len(times) // 2]:6.1f} ms  p99 {1000 * times[len(times) * 99 // 100]:6.1f} ms  "
          f"{sum(r[1] for r in results) / len(times):4.1f} answers each  CPU of slapd {cpu_of(slapd) - before:5.1f} s = "
          f"{1000 * (cpu_of(slapd) - before) / len(times):.2f} ms a question, of clients {sum(r[2] for r in results):.1f} s", flush=True)


def slapd_of(root):
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            if f"{root}/ldap/slapd.conf".encode() in open(f"/proc/{p}/cmdline", "rb").read().split(b"\0"):
                return int(p)
        except OSError:
            continue
    raise SystemExit(f"no slapd serves {root}")


def run(port, ca, root, a):
    names = sorted({c[9] if c[9] else c[7] for c in (national.line(1, n) for n in range(2000))})
    print(f"{a.clients} clients, load {os.getloadavg()[0]:.1f}")
    for kind in KINDS:
        measure(port, ca, slapd_of(root), kind, names, a)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--entries", type=int, default=535000)
    p.add_argument("--clients", type=int, default=50)
    p.add_argument("--seconds", type=int, default=20)
    p.add_argument("--root")
    p.add_argument("--port", type=int, help="of LDAPS, with --root")
    a = p.parse_args()
    if a.root:
        return run(a.port, f"{a.root}/ca.pem", a.root, a)
    with Instance(build="build") as pli, tempfile.TemporaryDirectory() as d:
        pli.add(WHO, name="Banc d'essai")
        national.write(f"{d}/file.txt", a.entries)
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(pli.argv("directory", "import", f"{d}/file.txt"), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"import of {a.entries}: {time.monotonic() - began:.1f} s, CPU {used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime:.1f} s, largest process {used.ru_maxrss // 1024} MiB", flush=True)
        run(pli.port("ldaps"), pli.ca, pli.root, a)


if __name__ == "__main__":
    main()
