# SPDX-License-Identifier: EUPL-1.2
"""A private Pli instance for a test: made in a temporary folder, on free loopback ports, stopped by process id.

    with Instance() as pli:
        pli.add("gp@chu.test", kind="per", rpps="10001234565")
        pli.submit("gp@chu.test", ["gp@chu.test"], message)
        with pli.imap("gp@chu.test") as box: ...

PLI_BUILD names the build folder (default: build-dev when it is there, else build). Everything a test starts through
this class is gone after close(), and so is the folder (PLI_KEEP=1 keeps it and prints its place).
"""
import contextlib
import imaplib
import json
import os
import re
import pathlib
import random
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = "pw-Sesame.9"
RPPS = "10001234565"      # a valid check digit; a fictitious professional
FINESS = "300017985"
NO_WAY_OUT = 'relayd {\n resolver = "127.0.0.1:9"\n retry_first = 1h\n}'  # what is to be sent stays in the queue


def build_dir():
    named = os.environ.get("PLI_BUILD")
    if named:
        return TOP / named
    return TOP / ("build-dev" if (TOP / "build-dev/bin/pli").exists() else "build")


OFFSETS = (25, 587, 465, 143, 993, 389, 636, 80, 443)
# Below the range that the kernel gives to outgoing connections (32768). No two offsets differ by 1 to 20 or by 980 to 1000, per which no
# two of these bases have a port in common.
BASES = [thousand * 1000 + unit for unit in range(20) for thousand in range(10, 31)]
claims = {}  # base: the socket that holds it for this process


def claim(base):
    """Whether base is ours now: an abstract Unix socket of that name, which ends with its process at the latest, keeps every other test
    process (of this checkout or another) from choosing it between our look at the ports and the server's bind."""
    held = socket.socket(socket.AF_UNIX)
    try:
        held.bind(f"\0pli-test-ports-{base}")
        with contextlib.ExitStack() as stack:
            for off in OFFSETS:
                s = stack.enter_context(socket.socket())
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("127.0.0.1", base + off))
    except OSError:
        held.close()
        return False
    claims[base] = held
    return True


def free_port_base():
    """A base B such that every port of an instance (B+25 .. B+993) is free, and is left to this process until release() or its end."""
    start = random.randrange(len(BASES))
    for base in BASES[start:] + BASES[:start]:
        if claim(base):
            return base
    raise RuntimeError("no free ports")


def release(base):
    if base in claims:
        claims.pop(base).close()


class PliError(Exception):
    def __init__(self, argv, rc, out, err):
        super().__init__(f"{' '.join(argv)}: exit {rc}: {err.strip() or out.strip()}")
        self.rc, self.out, self.err = rc, out, err


def eventually(what, timeout=90):
    """What what() gives, once it gives something."""
    end = time.monotonic() + timeout
    while not (got := what()):
        assert time.monotonic() < end, "not in time"
        time.sleep(0.2)
    return got


def children(pid):
    """Every live process below pid: {pid: (name, ppid)}; name is the program's file name."""
    table = {}
    for p in os.listdir("/proc"):
        if not p.isdigit():
            continue
        try:
            stat = open(f"/proc/{p}/stat").read()
            argv0 = open(f"/proc/{p}/cmdline", "rb").read().split(b"\0")[0].decode(errors="replace")
        except OSError:
            continue
        state, ppid = stat.rsplit(")", 1)[1].split()[:2]
        if state != "Z":
            table[int(p)] = (os.path.basename(argv0), int(ppid))
    below, grown = {pid}, True
    while grown:
        more = {p for p, (_, pp) in table.items() if pp in below} - below
        grown = bool(more)
        below |= more
    return {p: table[p] for p in below if p != pid and p in table}


def is_fork(pid):
    """Whether the process runs the program of the one that it was forked from (PF_FORKNOEXEC), as a session does and no daemon. The supervisor is the
    parent of orphans, too: of the sessions of a daemon that was killed."""
    try:
        return bool(int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[6]) & 0x40)
    except OSError:
        return True


def naming(path):
    """Processes whose command line names that path."""
    found = []
    for p in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if str(path).encode() in open(f"/proc/{p}/cmdline", "rb").read():
                found.append(int(p))
    return found


def uids(pid):
    """{pid: user id} of every live process below pid; one that ends while we look is left out."""
    found = {}
    for p in children(pid):
        with contextlib.suppress(OSError):
            found[p] = open(f"/proc/{p}/status").read().split("Uid:")[1].split()[0]
    return found


class Instance:
    """One instance. domain: the local mail domain. user: start everything as that uid (root only). build: a build folder's name, where
    the test wants what ships (a sanitizer's shadow memory can be neither dumped nor searched in reasonable time). every_address: SMTP and IMAP
    listen on [::], so on IPv6 and IPv4. language: of the first folders' names; None: as the settings' default has it."""

    live = []  # those that are not closed yet

    def __init__(self, domain="chu.test", serve=True, conf=None, parent=None, user=None, build=None, every_address=False, language="en"):
        self.domain, self.user, self.proc = domain, user, None
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pli-test-", dir=parent))
        self.dir.chmod(0o711)
        Instance.live.append(self)
        if user is not None:
            os.chown(self.dir, user, user)
        self.root = self.dir / "inst"
        self.base = free_port_base()
        self.bin = (TOP / build if build else build_dir()) / "bin"
        try:
            self.pli("init", "--domain", domain, "--port-base", str(self.base))
            if every_address:
                text = (self.root / "pli.conf").read_text()
                (self.root / "pli.conf").write_text(re.sub(r'(?m)^( +(?:smtp|imap|submission)s? = ")127\.0\.0\.1:', r"\1[::]:", text))
            for line in [*([f"instance {{ language = {language} }}"] if language else []), *(conf or [])]:
                with open(self.root / "pli.conf", "a") as f:
                    f.write(line + "\n")
            if serve:
                self.serve()
        except BaseException:
            self.close()
            raise

    # ---- the command ----
    def argv(self, *args):
        argv = [str(self.bin / "pli"), *args, "--root", str(self.root)]
        if self.user is not None:
            argv = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *argv]
        return argv

    def pli(self, *args, stdin="", check=True):
        argv = self.argv(*args)
        r = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=120)
        if check and r.returncode:
            raise PliError(argv, r.returncode, r.stdout, r.stderr)
        return r if not check else r.stdout

    def json(self, *args, stdin=""):
        return json.loads(self.pli(*args, "--json", stdin=stdin))

    def serve(self):
        self.out = open(self.dir / "serve.out", "ab+")
        self.proc = subprocess.Popen(self.argv("serve"), stdout=self.out, stderr=self.out, stdin=subprocess.DEVNULL)
        mark = self.out.seek(0, 2)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with open(self.dir / "serve.out", "rb") as f:
                f.seek(mark if mark else 0)
                if any(line.startswith(b"ready") for line in f.read().splitlines()):
                    return
            if self.proc.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError("pli serve is not ready:\n" + self.output()[-3000:])

    def output(self):
        text = (self.dir / "serve.out").read_text(errors="replace") if (self.dir / "serve.out").exists() else ""
        log = self.root / "log" / "pli.log"
        return text + (log.read_text(errors="replace") if log.exists() else "")

    def stop(self, sig=signal.SIGTERM, timeout=30):
        if self.proc and self.proc.poll() is None:
            self.proc.send_signal(sig)
            self.proc.wait(timeout)
        if self.proc:
            self.out.close()
        self.proc = None

    def close(self):
        if self in Instance.live:
            Instance.live.remove(self)
        try:
            if self.proc and self.proc.poll() is None:
                below = children(self.proc.pid)
                try:
                    self.stop()
                except subprocess.TimeoutExpired:
                    for p in [self.proc.pid, *below]:
                        with contextlib.suppress(OSError):
                            os.kill(p, signal.SIGKILL)
                    raise
        finally:
            release(self.base)
            if os.environ.get("PLI_KEEP"):
                print("kept:", self.dir)
            else:
                shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            print(self.last_lines())
        self.close()

    def last_lines(self, most=60):
        """For the report of a test that failed: the machine where it failed may be gone when it is read."""
        told = [x for x in self.output().splitlines() if not re.search(r"imapd\[\d+\] info .* ev=(connect|signin|disconnect) | ev=open-box ", x)]
        return "\n".join([f"the last lines of {self.domain} (but for IMAP sessions that came and went):", *told[-most:]])

    # ---- processes ----
    def pids(self, name):
        """Process ids of a program below the supervisor ("pli-stored"), oldest first."""
        return sorted(p for p, (n, _) in children(self.proc.pid).items() if n == name)

    def session(self, client):
        """The process that serves this client (smtplib, imaplib): the log names it with the client's port."""
        port = client.sock.getsockname()[1]
        return int(re.findall(rf"\[(\d+)\] .* ev=connect(?:ed)? .*\bport={port}\b", self.output())[-1])

    def daemon(self, name):
        """The one daemon of that name that is the supervisor's own child (not a session)."""
        own = self.daemons(name)
        assert len(own) == 1, (name, children(self.proc.pid))
        return own[0]

    def daemons(self, name):
        return [p for p, (n, pp) in children(self.proc.pid).items() if n == name and pp == self.proc.pid and not is_fork(p)]

    def wait_daemon(self, name, not_pid=None, timeout=60):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            own = self.daemons(name)
            if len(own) == 1 and own[0] != not_pid:
                return own[0]
            time.sleep(0.005)
        raise AssertionError(f"{name} did not come back:\n{self.output()[-2000:]}")

    # ---- people ----
    def add(self, address, kind="org", password=PASSWORD, sign=None, name=None, extra=()):
        args = ["account", "add", address, "--type", kind, "--name", name or f"Essai {address.split('@')[0]}"]
        args += ["--rpps", RPPS] if kind == "per" and "--rpps" not in extra else []
        args += ["--structure", FINESS] if kind != "per" and "--structure" not in extra else []
        args += ["--sign", sign] if sign else []
        return self.pli(*args, "--password-stdin", *extra, stdin=password + "\n")

    def trust_operator(self, domain="load.test"):
        """A trial operator that port 25 takes mail from; gives the PEM file of its certificate and key."""
        pem = self.dir / f"{domain}.pem"
        if not pem.exists():
            self.pli("cert", "issue-trial", "--operator", domain, "--out", str(pem))
            dn = subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-subject", "-nameopt", "RFC2253"],
                                capture_output=True, text=True, check=True).stdout.strip().removeprefix("subject=")
            self.pli("trust", "add", domain, "--dn", dn)
        return pem

    # ---- clients ----
    @property
    def ca(self):
        return str(self.root / "ca.pem")

    def tls(self, pem=None):
        ctx = ssl.create_default_context(cafile=self.ca)
        if pem:
            ctx.load_cert_chain(str(pem))
        return ctx

    def port(self, service):
        return self.base + {"smtp": 25, "submission": 587, "submissions": 465, "imap": 143, "imaps": 993,
                            "ldap": 389, "ldaps": 636, "http": 80, "https": 443}[service]

    def smtp(self, service="submission", login=None, password=PASSWORD, pem=None, timeout=60):
        if service == "submissions":
            s = smtplib.SMTP_SSL("localhost", self.port(service), "client.test", context=self.tls(), timeout=timeout)
        else:
            s = smtplib.SMTP("localhost", self.port(service), "client.test", timeout=timeout)
            s.starttls(context=self.tls(pem))
        s.ehlo()
        if login:
            s.login(login, password)
        return s

    def submit(self, login, to, message, password=PASSWORD):
        with self.smtp(login=login, password=password) as s:
            return s.sendmail(login, to, message, mail_options=["BODY=8BITMIME"] if max(message, default=0) > 127 else [])

    def inbound(self, sender, to, message, operator="load.test"):
        with self.smtp("smtp", pem=self.trust_operator(operator)) as s:
            return s.sendmail(sender, to, message)

    def imap(self, login=None, password=PASSWORD, timeout=60):
        m = imaplib.IMAP4_SSL("localhost", self.port("imaps"), ssl_context=self.tls(), timeout=timeout)
        if login:
            m.login(login, password)
        return m

    def fetch_all(self, login, folder="INBOX", item="BODY.PEEK[]", password=PASSWORD):
        """Every message's bytes, in UID order."""
        with self.imap(login, password) as m:
            typ, d = m.select(folder, readonly=True)
            assert typ == "OK", d
            if d[0] == b"0":
                return []
            typ, d = m.fetch("1:*", f"({item})")
            assert typ == "OK", d
            return [x[1] for x in d if isinstance(x, tuple)]


def plain(subject="bonjour", sender="a@chu.test", to="b@chu.test", body="Bonjour.\r\n", extra=""):
    """A small lawful message, CRLF."""
    return (f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
            f"Message-ID: <{time.monotonic_ns()}@chu.test>\r\n{extra}\r\n{body}").encode()
