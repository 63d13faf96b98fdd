# SPDX-License-Identifier: EUPL-1.2
"""Many letters to many operators, some of whose servers are down, each in a way of its own: nothing lost, nothing doubled.

    with Storm(domains=50, down=10) as storm:
        storm.fill(10000)
        storm.go(); seconds = storm.healthy_done()
        storm.check()

The servers of all domains are bench/relay_sink.c, at 127.0.0.1 and on; it writes down each Message-ID that it takes. Down are the first domains, in turn:
refuses connections, says nothing, says nothing after EHLO, says nothing in the handshake, answers 451 to MAIL.
"""
import collections
import contextlib
import itertools
import os
import pathlib
import random
import signal
import smtplib
import socket
import subprocess
import tempfile
import threading
import time

from dns import Dns
from hostile import Authority
from instance import TOP, Instance, children, eventually

SENDER = "chir@chu.test"
WAYS = "rcet4"  # r: nobody listens


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def letter(i, rcpt, size):
    head = (f"From: <{SENDER}>\r\nTo: <{rcpt}>\r\nSubject: Compte rendu {i}\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
            f"Message-ID: <{i}@storm.test>\r\n\r\n")
    return (head + ("x" * 70 + "\r\n") * max(1, (size - len(head)) // 72)).encode()


class Sink:
    def __init__(self, folder, pem, manners, count=0):
        program = folder / "relay_sink"
        subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", "-o", program, TOP / "bench/relay_sink.c", "-lssl", "-lcrypto", "-lpthread"], check=True)
        self.port, self.ids = free_port(), folder / "ids"
        self.ids.touch()
        self.proc = subprocess.Popen([program, str(self.port), pem, str(count), manners, self.ids], stdout=subprocess.PIPE, text=True)
        assert self.proc.stdout.readline() == "ready\n"

    def taken(self):
        """[(when, number of the letter)]; when: CLOCK_MONOTONIC."""
        rows = (line.split() for line in self.ids.read_text().splitlines(keepends=True) if line.endswith("\n"))
        return [(float(when), int(mid.split("@")[0])) for when, mid in rows]

    def close(self):
        self.proc.kill()
        self.proc.wait()
        self.proc.stdout.close()


class Storm:
    def __init__(self, domains=50, down=10, size=4096, build=None, conf=""):
        self.n_domains, self.down, self.size, self.kills, self.sent = domains, down, size, [], set()
        self.begun = time.monotonic()
        self.stack = contextlib.ExitStack()
        try:
            self.begin(build, conf)
        except BaseException:
            self.stack.close()
            raise

    def begin(self, build, conf):
        folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="pli-storm-")))
        self.domains = [f"d{i:02}.storm.test" for i in range(1, self.n_domains + 1)]
        ca = Authority(folder)
        pem = ca.issue_for([f"mx{i}.storm.test" for i in range(1, self.n_domains + 1)], "sink.storm.test")
        ways = [WAYS[i % len(WAYS)] for i in range(self.down)]
        self.sink = Sink(folder, pem, "".join(w.replace("r", "g") for w in ways))
        self.stack.callback(self.sink.close)
        dns = self.stack.enter_context(Dns())
        for i, d in enumerate(self.domains):
            dns.mx(d, f"mx{i + 1}.storm.test", 10, "::1" if i < self.down and ways[i] == "r" else f"127.0.0.{i + 1}")
        dns.start()
        self.pli = self.stack.enter_context(Instance("chu.test", serve=False, build=build))
        anchors = self.pli.root / "anchors.pem"
        anchors.write_text((self.pli.root / "ca.pem").read_text() + ca.pem.read_text())
        with open(self.pli.root / "pli.conf", "a") as f:
            f.write(f'smtpd {{\n peer_anchors = "{anchors}"\n}}\nrelayd {{\n port = {self.sink.port}\n resolver = "{dns.address}"\n local_peers = yes\n}}\n{conf}\n')
        self.pli.serve()
        self.pli.add(SENDER, sign="never")
        for d in self.domains:
            self.pli.pli("trust", "add", d, "--dn", "CN=sink.storm.test,O=Essais,C=FR")

    # ---- letters ----
    def is_down(self, i):
        return i % self.n_domains < self.down

    def send(self, numbers):
        """A daemon that is being killed answers 4yz, or nothing: the letter is submitted again."""
        s = None
        for i in numbers:
            rcpt = f"gp{i}@{self.domains[i % self.n_domains]}"
            end = time.monotonic() + 120
            while True:
                try:
                    s = s or self.pli.smtp(login=SENDER)
                    s.sendmail(SENDER, [rcpt], letter(i, rcpt, self.size))
                    break
                except (smtplib.SMTPException, OSError):
                    s = None
                    assert time.monotonic() < end, "never taken"
                    time.sleep(0.2)
            self.sent.add(i)
        if s:
            s.quit()

    def hold(self):
        self.held = [p for p in self.pli.pids("pli-relayd")]
        for p in self.held:
            os.kill(p, signal.SIGSTOP)

    def go(self):
        self.begun = time.monotonic()
        for p in self.held:
            os.kill(p, signal.SIGCONT)

    def healthy(self):
        return {i for i in self.sent if not self.is_down(i)}

    def healthy_done(self, timeout=600):
        """Seconds from go() until the last of the letters to servers that are up was taken."""
        wanted = self.healthy()
        eventually(lambda: len(self.sink.taken()) >= len(wanted) and {i for _, i in self.sink.taken()} >= wanted, timeout)
        return max(when for when, _ in self.sink.taken()) - self.begun

    # ---- deaths ----
    @contextlib.contextmanager
    def killing(self, names=("pli-relayd", "pli-stored"), pause=(0.3, 1.5), seed=None):
        """Each name in its turn, so that the shortest storm has met all of them."""
        chance, over = random.Random(seed), threading.Event()
        turn = itertools.cycle(chance.sample(names, len(names)))

        def run():
            while not over.wait(chance.uniform(*pause)):
                name = next(turn)
                own = [p for p, (n, parent) in children(self.pli.proc.pid).items() if n == name and parent == self.pli.proc.pid]
                with contextlib.suppress(OSError, ValueError):  # it is just being started again
                    os.kill(max(own), signal.SIGKILL)  # sessions of a relayd that was killed are the supervisor's, and older
                    self.kills.append((time.monotonic(), name))

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    # ---- what became of them ----
    def waiting(self):
        """Numbers of the letters in the queue, each once a recipient there."""
        return collections.Counter(int(e["recipient"].split("@")[0].removeprefix("gp")) for e in self.pli.json("queue", "list", "--limit", "1000000"))

    def check(self):
        """None is lost: each letter to a server that is up was taken, each other one waits, once. Gives the doubles that SMTP allows: taken before somebody was
        killed, and again after it; without a kill there is none."""
        wanted = self.healthy()
        waiting = eventually(lambda: (w := self.waiting()) == collections.Counter(self.sent - wanted) and [w], 60)[0]
        assert set(waiting.values()) <= {1}
        times = collections.defaultdict(list)
        for when, i in self.sink.taken():
            times[i].append(when)
        assert set(times) == wanted, (len(times), len(wanted))
        doubles = {i: sorted(t) for i, t in times.items() if len(t) > 1}
        for i, t in doubles.items():
            for first, again in zip(t, t[1:]):  # the sink writes down a letter some time after its last octet came: the kill may be just before
                near = [when for when, _ in self.kills if first - 2 <= when <= again]
                assert near, (i, t, [(round(when, 2), name) for when, name in self.kills if first - 10 < when < again + 10])
        return doubles

    def close(self):
        self.stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
