# SPDX-License-Identifier: EUPL-1.2
"""A private DNS server (dnsmasq) on a free loopback port, which knows what it is told and nothing else.

    with Dns() as dns:
        dns.mx("chu.test", "mail.chu.test")          # and the host's address: 127.0.0.1
        dns.start()
        ... relayd.resolver = dns.address ...
"""
import contextlib
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import time


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
        self.port, self.proc, self.lines = free_port(), None, []
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pli-dns-"))

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    # ---- what it knows; take effect with the next start() ----
    def host(self, name, *addresses):
        self.lines += [f"host-record={name},{a}" for a in addresses or ("127.0.0.1",)]

    def mx(self, domain, host, preference=10, *addresses):
        self.lines.append(f"mx-host={domain},{host},{preference}")
        self.host(host, *addresses)

    def null_mx(self, domain):
        self.lines.append(f"dns-rr={domain},15,000000")  # preference 0, the root

    # ---- the process ----
    def start(self):
        self.stop()
        conf = self.dir / "dnsmasq.conf"
        conf.write_text("\n".join(["no-resolv", "no-hosts", "no-daemon", "user=root", "bind-interfaces", "listen-address=127.0.0.1",
                                   f"port={self.port}", "local=/test/", "pid-file=", *self.lines]) + "\n")
        with open(self.dir / "out", "ab") as out:
            self.proc = subprocess.Popen(["dnsmasq", f"--conf-file={conf}"], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            assert self.proc.poll() is None and time.monotonic() < end, (self.dir / "out").read_text()
            time.sleep(0.05)

    def stop(self):
        if self.proc:
            self.proc.terminate()
            self.proc.wait(20)
        self.proc = None

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
