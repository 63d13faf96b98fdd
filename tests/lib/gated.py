# SPDX-License-Identifier: EUPL-1.2
"""One Pli, and the servers of four domains that take letters and say 250 when the test says so: what happens between the final dot and the 250 is the test's.

    with contextlib.ExitStack() as stack:
        world = World(stack)
        world.send("d0.test", "a subject"); world.at_dot(1); ...; world.gate.set()
"""
import os
import re
import signal
import threading

from dns import Dns
from hostile import Authority, Hostile
from instance import Instance, eventually, free_port_base, plain, release

SENDER = "gp@chu.test"
DOMAINS = [f"d{i}.test" for i in range(4)]


class Gated(Hostile):
    def __init__(self, gate, *args):
        self.gate = gate
        super().__init__(*args)

    def step(self, w, name):
        if name == "dot":
            self.seen.append("at-dot")
            self.gate.wait(120)
        return super().step(w, name)


class World:
    def __init__(self, stack, build=None):
        base, self.gate = free_port_base(), threading.Event()
        stack.callback(release, base)
        dns, self.inst = stack.enter_context(Dns()), stack.enter_context(Instance(serve=False, build=build))
        stack.callback(self.gate.set)
        ca, anchors = Authority(self.inst.dir), self.inst.root / "anchors.pem"
        for i, d in enumerate(DOMAINS):
            dns.mx(d, f"mx.{d}", 10, f"127.0.2.{i + 1}")
        dns.start()
        self.peers = [stack.enter_context(Gated(self.gate, f"127.0.2.{i + 1}", base + 25, ca.issue(f"mx.{d}"), self.inst.root / "ca.pem")) for i, d in enumerate(DOMAINS)]
        anchors.write_text((self.inst.root / "ca.pem").read_text() + ca.pem.read_text())
        with open(self.inst.root / "pli.conf", "a") as f:
            f.write(f'smtpd {{\n peer_anchors = "{anchors}"\n}}\nrelayd {{\n port = {base + 25}\n resolver = "{dns.address}"\n local_peers = yes\n'
                    " final_timeout = 2m\n retry_first = 1s\n retry_max = 2s\n}\n")
        self.inst.serve()
        self.inst.add(SENDER, sign="never")
        for d in DOMAINS:
            self.inst.pli("trust", "add", d, "--dn", f"CN=mx.{d},O=Essais,C=FR")

    def send(self, domain, subject, body="Bonjour.\r\n", params=""):
        with self.inst.smtp(login=SENDER) as s:
            assert s.mail(SENDER)[0] == 250
            assert s.docmd("RCPT", f"TO:<dr@{domain}>{params}")[0] == 250
            assert s.data(plain(subject, SENDER, f"dr@{domain}", body))[0] == 250

    def at_dot(self, n):
        return eventually(lambda: sum(p.said("at-dot") for p in self.peers) >= n)

    def taken(self):
        return sorted(m.decode() for p in self.peers for x in p.letters for m in re.findall(rb"Subject: (\w+)", x["data"]))

    def lines(self, event):
        return re.findall(rf" ev={event} (.*)", self.inst.output())

    def change_under_stored(self, change):
        """stored ends in order; change() is made to its files; the supervisor starts it again."""
        supervisor, stored = self.inst.proc.pid, self.inst.daemon("pli-stored")
        os.kill(supervisor, signal.SIGSTOP)
        try:
            os.kill(stored, signal.SIGTERM)
            eventually(lambda: open(f"/proc/{stored}/stat").read().rsplit(")", 1)[1].split()[0] == "Z")
            change()
        finally:
            os.kill(supervisor, signal.SIGCONT)
        self.inst.wait_daemon("pli-stored", not_pid=stored, timeout=60)
