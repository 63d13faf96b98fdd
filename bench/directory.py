#!/usr/bin/python3 -B
# SPDX-License-Identifier: EUPL-1.2
"""The address book under load: CLIENTS mail clients, signed in over LDAPS, each asking for completions without pause.

    bench/directory.py [--entries 535000] [--clients 50] [--seconds 20] [--plain]

Makes an instance with the national copy of that many generated entries (tests/lib/national.py). Says for each kind of question: questions a second, p50,
p99, the longest, answers each, and slapd's CPU and the clients' for one. What is typed are the first three to six letters of names that are there; at most
20 answers are asked for, as clients show them. The clients are bench/complete.c, on the same cores.

--plain fills a plain slapd beside it with the same people (cn, sn, givenName, mail, title, o, l; indexes of substrings as slapd makes them by itself; no
access rules, no accents folded) and asks it the same questions in the same run."""
import argparse
import base64
import contextlib
import os
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path[0] = str(TOP / "tests/lib")  # and not this folder, whose queue.py is no library
import national  # noqa: E402
from instance import PASSWORD, Instance  # noqa: E402
from ldap_line import mailbox  # noqa: E402

WHO, KINDS = "bench@chu.test", ("prefix", "words", "anywhere")
PLAIN = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
tool-threads 2
TLSCACertificateFile {ca}
TLSCertificateFile {root}/tls/slapd.pem
TLSCertificateKeyFile {root}/tls/slapd.key
threads 8
database mdb
directory {folder}
maxsize 8589934592
suffix o=plain
rootdn cn=root,o=plain
rootpw {password}
sizelimit 500
index objectClass eq
index cn,sn,givenName,mail eq,sub
"""


def cpu_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def slapd_of(root):
    for p in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if f"{root}/ldap/slapd.conf".encode() in open(f"/proc/{p}/cmdline", "rb").read().split(b"\0"):
                return int(p)
    raise SystemExit(f"no slapd serves {root}")


def measure(label, a, d, slapd, port, ca, who, base, kind):
    argv = [f"{d}/complete", f"ldaps://localhost:{port}", str(ca), who, base, kind, f"{d}/names", str(a.clients)]
    subprocess.run([*argv, "2", "9"], input=PASSWORD, text=True, check=True, capture_output=True)  # pages that are met for the first time
    before = cpu_of(slapd)
    said = subprocess.run([*argv, str(a.seconds), "1"], input=PASSWORD, text=True, check=True, capture_output=True).stdout
    used = cpu_of(slapd) - before
    n, answers, p50, p99, longest, own, wall = map(float, said.split())
    print(f"{label:6} {kind:9} {n / wall:6.0f}/s  p50 {p50:5.1f}  p99 {p99:5.1f}  longest {longest:6.1f} ms  {answers / n:4.1f} answers each  "
          f"CPU of slapd {1000 * used / n:.2f}, of the clients {1000 * own / n:.2f} ms a question", flush=True)


def plain_ldif(path, out):
    at = {name: i for i, name in enumerate(national.COLUMNS)}
    out.write("dn: o=plain\nobjectClass: organization\no: plain\n\n".encode())
    with open(path, encoding="utf-8") as f:
        next(f)
        for n, line in enumerate(f):
            c = line.rstrip("\n").split("|")
            name, given, firm = c[at["Nom d'exercice"]], c[at["Prénom d'exercice"]], c[at["Raison Sociale structure BAL"]]
            sn = name or firm
            values = [("cn", f"{given} {name}" if name else f"{c[at['Service de rattachement']]} - {firm}"), ("sn", sn), ("givenName", given),
                      ("mail", c[at["Adresse BAL"]]), ("title", c[at["Libellé Profession"]]), ("o", firm), ("l", c[at["L6LIGNEACHEMINEMENT"]][6:])]
            out.write(f"dn: uid={n},o=plain\nobjectClass: inetOrgPerson\nuid: {n}\n".encode())
            out.write(b"".join(k.encode() + b":: " + base64.b64encode(v.encode()) + b"\n" for k, v in values if v) + b"\n")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def plain_slapd(pli, d, path):
    folder, port = pathlib.Path(d, "plain"), free_port()
    folder.mkdir()
    conf = pathlib.Path(d, "plain.conf")
    conf.write_text(PLAIN.format(ca=pli.ca, root=pli.root, folder=folder, password=PASSWORD))
    began = time.monotonic()
    add = subprocess.Popen(["/usr/sbin/slapd", "-Tadd", "-q", "-f", conf], stdin=subprocess.PIPE)
    plain_ldif(path, add.stdin)
    add.stdin.close()
    if add.wait() != 0:
        raise SystemExit("the plain slapd was not filled")
    print(f"plain slapd filled in {time.monotonic() - began:.1f} s", flush=True)
    server = subprocess.Popen(["/usr/sbin/slapd", "-f", conf, "-h", f"ldaps://127.0.0.1:{port}/", "-d", "none"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)
        yield server.pid, port
    finally:
        server.terminate()
        server.wait()


def imported(pli, path, n):
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(pli.argv("directory", "import", path), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"import of {n}: {time.monotonic() - began:.1f} s, CPU {used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime:.1f} s, "
          f"largest process {used.ru_maxrss // 1024} MiB", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--entries", type=int, default=535000)
    p.add_argument("--clients", type=int, default=50)
    p.add_argument("--seconds", type=int, default=20)
    p.add_argument("--plain", action="store_true")
    a = p.parse_args()
    with Instance(build="build") as pli, tempfile.TemporaryDirectory() as d, contextlib.ExitStack() as stack:
        subprocess.run(["cc", "-O2", "-o", f"{d}/complete", str(TOP / "bench/complete.c"), "-lldap", "-llber", "-lpthread"], check=True)
        pli.add(WHO, name="Banc d'essai")
        national.write(f"{d}/file.txt", a.entries)
        pathlib.Path(d, "names").write_text("\n".join(sorted({c[9] or c[7] for c in (national.line(1, n) for n in range(2000))})) + "\n")
        imported(pli, f"{d}/file.txt", a.entries)
        plain = stack.enter_context(plain_slapd(pli, d, f"{d}/file.txt")) if a.plain else None
        print(f"{a.clients} clients, load {os.getloadavg()[0]:.1f}")
        for kind in KINDS:
            measure("pli", a, d, slapd_of(pli.root), pli.port("ldaps"), pli.ca, mailbox(WHO), "o=pli", kind)
            if plain and kind != "words":
                measure("plain", a, d, *plain, pli.ca, "cn=root,o=plain", "o=plain", kind)


if __name__ == "__main__":
    main()
