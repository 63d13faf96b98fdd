# SPDX-License-Identifier: EUPL-1.2
"""A small real DNS server for a test: dnsmasq with a zone of its own on a free loopback port, and a server that answers wrongly on purpose.

    with Dns() as dns:
        dns.mx("b.test", "mx.b.test")                 # and the host's address: 127.0.0.1
        dns.start()
        Instance(conf={"relayd": {"resolver": dns.address, "local_peers": "yes"}})

Records are given before start(); a second start() takes new ones into use, on the same port. What is in no record does not exist
(NXDOMAIN), below every top domain. dnsmasq asks nobody else.
"""
import contextlib
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time


def usable():
    return None if shutil.which("dnsmasq") else "dnsmasq is not installed"


def free_port():
    """A port that is free for UDP and TCP on 127.0.0.1, below those that the kernel gives to outgoing connections."""
    while True:
        port = random.randrange(31600, 32700)
        with contextlib.ExitStack() as stack:
            try:
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    stack.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Dns:
    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pli-dns-"))
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.lines, self.proc, self.log = [], None, None

    def add(self, line):
        """A line of dnsmasq.conf."""
        self.lines.append(line)
        return self

    def mx(self, domain, host, preference=10, *addresses):
        """With the host's addresses; 127.0.0.1 where none is given."""
        return self.mx_alone(domain, host, preference).host(host, *(addresses or ("127.0.0.1",)))

    def mx_alone(self, domain, host, preference=10):
        return self.add(f"mx-host={domain},{host},{preference}")

    def null_mx(self, domain):
        """RFC 7505: one MX of preference 0 whose host is the root. MX is record type 15."""
        return self.add(f"dns-rr={domain},15,000000")

    def host(self, name, *addresses):
        return self.add(f"host-record={name},{','.join(addresses or ('127.0.0.1',))}")

    def nothing(self, name):
        """A name that is there and has no address."""
        return self.add(f"txt-record={name},here")

    def cname(self, name, target):
        """dnsmasq follows it to names that it knows itself."""
        return self.add(f"cname={name},{target}")

    def rr(self, name, kind, octets):
        return self.add(f"dns-rr={name},{kind},{octets.hex()}")

    def start(self):
        self.stop()
        conf = self.dir / "dnsmasq.conf"
        conf.write_text("\n".join([f"port={self.port}", "listen-address=127.0.0.1", "bind-interfaces", "no-resolv", "no-hosts", "no-poll", "keep-in-foreground",
                                   "log-facility=-", "local=/#/", "local-ttl=0", "user=", "pid-file="] + self.lines) + "\n")
        self.log = self.log or open(self.dir / "log", "ab")
        self.proc = subprocess.Popen(["dnsmasq", "-C", str(conf), "--conf-dir="], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        end = time.monotonic() + 30
        while time.monotonic() < end and self.proc.poll() is None:
            if self.answers():
                return self
            time.sleep(0.05)
        raise RuntimeError(f"dnsmasq does not start: {(self.dir / 'log').read_text(errors='replace')}")

    def answers(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(1)
            try:
                s.sendto(query("ready.invalid", 1), ("127.0.0.1", self.port))
                return len(s.recv(512)) > 11
            except OSError:
                return False

    def stop(self):
        if self.proc and self.proc.poll() is None:
            self.proc.terminate()
            self.proc.wait(20)
        self.proc = None

    def close(self):
        self.stop()
        if self.log:
            self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# ---- octets ----
MX, A, AAAA, CNAME = 15, 1, 28, 5
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".") if p) + b"\0"


def query(domain, kind, ident=7):
    return struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, 0) + name(domain) + struct.pack(">HH", kind, 1)


def record(owner, kind, data, ttl=0):
    return (owner if isinstance(owner, bytes) else name(owner)) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


class Liar:
    """A DNS server in Python. answer(domain, kind, tcp) gives (rcode, records), octets to be sent behind the header and question as they are, or None:
    no answer. It is called for UDP and TCP alike; a tuple with a third member True says that the answer is truncated (UDP)."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind(("127.0.0.1", self.port))
        self.tcp.listen(50)
        self.threads = [threading.Thread(target=t, daemon=True) for t in (self.serve_udp, self.serve_tcp)]
        for t in self.threads:
            t.start()

    def reply(self, q, tcp):
        labels, at = [], 12
        while q[at]:
            labels.append(q[at + 1:at + 1 + q[at]].decode())
            at += 1 + q[at]
        kind = struct.unpack(">H", q[at + 1:at + 3])[0]
        self.asked.append((".".join(labels), kind, tcp))
        got = self.answer(".".join(labels), kind, tcp)
        if got is None:
            return None
        if isinstance(got, bytes):
            return q[:2] + got
        rcode, records, cut = (*got, False)[:3]
        flags = 0x8180 | rcode | (0x0200 if cut else 0)
        return q[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + q[12:at + 5] + b"".join(records)

    def serve_udp(self):
        while True:
            try:
                q, who = self.udp.recvfrom(2000)
                if not q:
                    return
                r = self.reply(q, False)
                if r is not None:
                    self.udp.sendto(r, who)
            except OSError:
                return

    def serve_tcp(self):
        while True:
            try:
                c, _ = self.tcp.accept()
            except OSError:
                return
            with c:
                try:
                    head = c.recv(2, socket.MSG_WAITALL)
                    if len(head) < 2:
                        continue
                    r = self.reply(c.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL), True)
                    if r is not None:
                        c.sendall(struct.pack(">H", len(r)) + r)
                except OSError:
                    pass

    def close(self):
        for s in (self.udp, self.tcp):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"", ("127.0.0.1", self.port))
        for t in self.threads:
            t.join(5)
        self.udp.close()
        self.tcp.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
