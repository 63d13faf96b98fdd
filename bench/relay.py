#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""How fast a full queue leaves: Pli and Postfix in turn, to the same sink, over mutual TLS, to one destination and to fifty.

    bench/relay.py [--messages 2000] [--size 4096] [--domains 1,50] [--only pli,postfix] [--down 10] [--out FILE.jsonl]

The queue is filled while the sender's scheduler sleeps (SIGSTOP to pli-relayd, to Postfix's qmgr); then it is woken, and the sink tells when it
took the first and the last message. Root, because Postfix needs it. The sink (bench/relay_sink.c) shares the machine with the sender: it costs both alike.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
os.environ.setdefault("PLI_BUILD", "build")
sys.path.insert(0, str(TOP / "tests" / "lib"))
import postfix  # noqa: E402
from dns import Dns  # noqa: E402
from instance import Instance, children, plain  # noqa: E402


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def sink(folder, pem, count):
    program = folder / "relay_sink"
    if not program.exists():
        subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", "-o", program, TOP / "bench/relay_sink.c", "-lssl", "-lcrypto", "-lpthread"], check=True)
    port = free_port()
    proc = subprocess.Popen([program, str(port), pem, str(count)], stdout=subprocess.PIPE, text=True)
    assert proc.stdout.readline() == "ready\n"
    return proc, port


def wait(proc, seconds):
    """(rate, sessions) of what the sink took from its first message to its last."""
    first = float(proc.stdout.readline().split()[1])
    last, sessions, octets = proc.stdout.readline().split()[1:]
    proc.wait(seconds)
    return float(last) - first, int(sessions), int(octets)


def domains_of(n):
    return [f"d{i:02}.relay.test" for i in range(1, n + 1)]


def message(i, sender, rcpt, size):
    head = len(plain("Compte rendu", sender, rcpt, ""))
    return plain("Compte rendu", sender, rcpt, ("x" * 70 + "\r\n") * max(1, (size - head) // 72))


def run_pli(folder, n_domains, count, size, down=0):
    """The sink's certificate comes from the instance's own trial authority; its names are those of every domain's host."""
    domains, sender = domains_of(n_domains), "chir@chu.test"
    ca, theirs = own_certificate(folder, "sink.relay.test", [f"mx{i}.relay.test" for i in range(1, n_domains + 1)])
    proc, port = sink(folder, theirs, sum(i % n_domains >= down for i in range(count)))
    with Dns() as dns, Instance("chu.test", serve=False, build=os.environ["PLI_BUILD"]) as pli:
        for i, d in enumerate(domains, 1):
            dns.mx(d, f"mx{i}.relay.test", 10, f"127.0.0.{i}" if i > down else "::1")  # nobody listens there
        dns.start()
        anchors = pli.root / "anchors.pem"
        anchors.write_text((pli.root / "ca.pem").read_text() + ca.read_text())
        with open(pli.root / "pli.conf", "a") as f:
            f.write(f'smtpd {{\n peer_anchors = "{anchors}"\n}}\nrelayd {{\n port = {port}\n resolver = "{dns.address}"\n local_peers = yes\n}}\n')
        pli.serve()
        pli.add(sender, sign="never")
        for d in domains:
            pli.pli("trust", "add", d, "--dn", "CN=sink.relay.test")
        relayd = [p for p, (name, _) in children(pli.proc.pid).items() if name == "pli-relayd"]
        for p in relayd:
            os.kill(p, signal.SIGSTOP)
        with pli.smtp(login=sender) as s:
            for i in range(count):
                rcpt = f"gp{i}@{domains[i % n_domains]}"
                s.sendmail(sender, [rcpt], message(i, sender, rcpt, size))
        start = time.monotonic()
        for p in relayd:
            os.kill(p, signal.SIGCONT)
        took, sessions, octets = wait(proc, 600)
        return {"seconds": took, "whole": time.monotonic() - start, "sessions": sessions, "octets": octets}


def own_certificate(folder, name, names=()):
    """A CA and a certificate of a server that is client and server, for Postfix and its sink."""
    ca, pem = folder / "ca.pem", folder / f"{name}.pem"
    if not ca.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "ca.key", "-out", ca, "-days", "2", "-subj", "/CN=bench CA"],
                       check=True, capture_output=True)
    subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr", "-subj", f"/CN={name}"],
                   check=True, capture_output=True)
    (folder / "ext").write_text("extendedKeyUsage = serverAuth, clientAuth\nsubjectAltName = " + ",".join(f"DNS:{n}" for n in (name, *names)) + "\n")
    r = subprocess.run(["openssl", "x509", "-req", "-in", folder / f"{name}.csr", "-CA", ca, "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2", "-extfile", folder / "ext"],
                       check=True, capture_output=True)
    pem.write_bytes(r.stdout + (folder / f"{name}.key").read_bytes())
    return ca, pem


def run_postfix(folder, n_domains, count, size, _):
    ca, own = own_certificate(folder, "mx.load.test")
    _, theirs = own_certificate(folder, "sink.relay.test")
    proc, port = sink(folder, theirs, count)
    rows = " ".join(f"{{{d} = smtp:[127.0.0.{i}]:{port}}}" for i, d in enumerate(domains_of(n_domains), 1))
    more = ["in_flow_delay = 0", "default_process_limit = 100", "smtp_tls_security_level = encrypt", "smtp_tls_session_cache_database =",
            f"transport_maps = inline:{{{rows}}}"]
    with postfix.Postfix("localhost", 25, ca, own, more=more) as mx:
        qmgr = next(p for p, (name, _) in children(mx.proc.pid).items() if name == "qmgr")
        os.kill(qmgr, signal.SIGSTOP)
        domains = domains_of(n_domains)
        with smtplib.SMTP("127.0.0.1", mx.port, timeout=60) as s:
            for i in range(count):
                rcpt = f"gp{i}@{domains[i % n_domains]}"
                s.sendmail("chir@load.test", [rcpt], message(i, "chir@load.test", rcpt, size))
        start = time.monotonic()
        os.kill(qmgr, signal.SIGCONT)
        took, sessions, octets = wait(proc, 600)
        return {"seconds": took, "whole": time.monotonic() - start, "sessions": sessions, "octets": octets}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--messages", type=int, default=2000)
    a.add_argument("--size", type=int, default=4096)
    a.add_argument("--domains", default="1,50")
    a.add_argument("--only", default="pli,postfix")
    a.add_argument("--down", type=int, default=0, help="so many of the domains have a server that refuses the connection (Pli alone)")
    a.add_argument("--out")
    a = a.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pli-relay-bench-"))
    try:
        for n in map(int, a.domains.split(",")):
            for who in a.only.split(","):
                r = {"pli": run_pli, "postfix": run_postfix}[who](folder, n, a.messages, a.size, a.down)
                r |= {"who": who, "domains": n, "messages": a.messages, "size": a.size, "down": a.down, "per_s": round(sum(i % n >= a.down for i in range(a.messages)) / r["seconds"], 1)}
                print(json.dumps(r), flush=True)
                if a.out:
                    with open(a.out, "a") as f:
                        f.write(json.dumps(r) + "\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
