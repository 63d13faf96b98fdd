# SPDX-License-Identifier: EUPL-1.2
"""Certificates imported and renewed while people are connected: who is there stays, who comes next sees the new one, and what is not right is refused
before anything is changed. Real openssl makes, and looks at, all of them."""
import hashlib
import imaplib
import json
import os
import pathlib
import resource
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request

import pytest
from instance import Instance, children, eventually, plain

ME, HOST = "gp@chu.test", "mail.chu.test"
EC = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


class Authority:
    """Root, intermediate, and server certificates of it."""

    def __init__(self, folder):
        self.dir = folder
        self.run("req", "-x509", "-newkey", *EC, "-nodes", "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Racine", "-days", "30",
                 "-addext", "keyUsage=critical,keyCertSign")
        self.issue("inter", "root", "/CN=Intermediaire", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")

    def run(self, *argv):
        return subprocess.run(["openssl", *argv], check=True, capture_output=True, cwd=self.dir, timeout=120).stdout

    def issue(self, name, by, subject, extensions, key=EC, days="20", how=()):
        (self.dir / f"{name}.ext").write_text(extensions)
        self.run("req", "-newkey", *key, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial", "-days", days, "-extfile", f"{name}.ext",
                 "-out", f"{name}.pem", *how)
        return name

    def server(self, name, host=HOST, usage="serverAuth", **kw):
        return self.issue(name, "inter", "/CN=serveur", f"subjectAltName=DNS:{host},DNS:localhost\nextendedKeyUsage={usage}\n", **kw)

    def bundle(self, name, *others):
        """Key first, the chain in the wrong order: authorities send all sorts."""
        out = self.dir / f"{name}.bundle.pem"
        out.write_bytes(b"".join((self.dir / f).read_bytes() for f in (f"{name}.key", *others, "inter.pem", f"{name}.pem")))
        return str(out)

    def print_of(self, name):
        return hashlib.sha256(self.run("x509", "-in", f"{name}.pem", "-outform", "DER")).hexdigest()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("autorite"))


@pytest.fixture
def inst():
    with Instance() as pli:
        pli.add(ME)
        yield pli


def shown(inst, port, *options):
    """(fingerprint, certificates sent) of what a new TLS connection is shown; openssl has verified the signature made with its key."""
    r = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{inst.base + port}", "-showcerts", *options], input=b"", capture_output=True, timeout=60)
    if b"BEGIN CERTIFICATE" not in r.stdout:
        return None, 0
    der = subprocess.run(["openssl", "x509", "-outform", "DER"], input=r.stdout, capture_output=True, check=True).stdout
    return hashlib.sha256(der).hexdigest(), r.stdout.count(b"BEGIN CERTIFICATE")


def test_import_while_people_are_connected(inst, authority):
    before = shown(inst, 465)
    a = authority
    a.server("neuf")
    with inst.imap(ME) as box, inst.smtp("submissions", ME) as s:
        box.select("INBOX")
        s.mail(ME)
        s.rcpt(ME)
        s.putcmd("DATA")
        assert s.getreply()[0] == 354
        answer = inst.json("cert", "import", a.bundle("neuf"))
        assert answer["host"] == HOST and answer["running"] is True and answer["certificates"] == 2
        for port, options in ((465, ()), (993, ()), (443, ()), (587, ("-starttls", "smtp")), (25, ("-starttls", "smtp")), (143, ("-starttls", "imap"))):
            eventually(lambda port=port, options=options: shown(inst, port, *options) == (a.print_of("neuf"), 2))
        assert before[0] != a.print_of("neuf")
        # in the middle of DATA, and in a selected folder: neither was disturbed
        s.send(plain("avant", ME, ME) + b"\r\n.\r\n")
        assert s.getreply()[0] == 250
        assert eventually(lambda: box.noop()[0] == "OK" and box.search(None, "ALL")[1][0]) == b"1"
    # one who can only do RSA is not shown the trial authority's any more
    assert shown(inst, 465, "-tls1_2", "-cipher", "aRSA")[0] is None
    assert not (inst.root / "tls/server.pem").exists() and (inst.root / "tls/server-ec.pem").exists()
    # a settings file is signed by the new one, with its authority inside
    with urllib.request.urlopen(f"https://localhost:{inst.base + 443}/apple.mobileconfig?adresse={ME}", context=ssl.create_default_context(cafile=a.dir / "root.pem")) as r:
        (a.dir / "profil").write_bytes(r.read())
    assert b"com.apple.mail.managed" in a.run("cms", "-verify", "-inform", "DER", "-in", "profil", "-CAfile", "root.pem", "-purpose", "sslserver")
    # the listener that yielded has gone with its last session
    eventually(lambda: sorted(n for n, parent in children(inst.proc.pid).values() if parent == inst.proc.pid and n in ("pli-smtpd", "pli-imapd")) == ["pli-imapd", "pli-smtpd"])
    listed = {row["address"]: row for row in inst.json("cert", "list")}
    assert listed["tls/server-ec.pem"]["days_left"] in (19, 20) and listed[ME]["what"] == "account"
    soon = {row["address"] for row in inst.json("cert", "expiring", "--days", "25")}
    assert soon == {"tls/server-ec.pem"}
    # and it is what the next start serves
    inst.stop()
    inst.serve()
    assert shown(inst, 465) == (a.print_of("neuf"), 2)


def begin_tls(sock):
    """The certificate that a session shows whose peer came before; the handshake verifies the signature made with its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(sock) as tls:
        return hashlib.sha256(tls.getpeercert(True)).hexdigest()


def in_clear(inst, port, says, asks):
    """A connection at the point where only the handshake is missing."""
    sock = socket.create_connection(("127.0.0.1", inst.base + port), 60)
    with sock.makefile("rb") as f:
        f.readline()
        sock.sendall(asks)
        while (line := f.readline()) and not line.startswith(says):
            pass
        assert line.startswith(says)
    return sock


def test_two_imports_at_once_and_who_came_before(inst, authority):
    """Whoever comes, and whoever came before the first of them, is shown a certificate with a signature that fits it."""
    a, trial = authority, shown(inst, 465)[0]
    a.server("premier"), a.server("second")
    before = [in_clear(inst, 143, b"a OK", b"a STARTTLS\r\n"), in_clear(inst, 587, b"220 ", b"EHLO client.test\r\nSTARTTLS\r\n")]
    stop, seen, failed = threading.Event(), [], []

    def look():
        while not stop.is_set():
            try:
                seen.append(begin_tls(socket.create_connection(("127.0.0.1", inst.base + 993), 60)))
            except OSError as e:  # ssl.SSLError is one
                failed.append(e)

    looking = threading.Thread(target=look)
    looking.start()
    for name in ("premier", "second"):
        inst.pli("cert", "import", a.bundle(name))
    eventually(lambda: seen and seen[-1] == a.print_of("second"))
    stop.set()
    looking.join()
    assert not failed and set(seen) <= {trial, a.print_of("premier"), a.print_of("second")}
    assert [begin_tls(s) for s in before] == [trial, trial]


def test_an_import_that_did_not_tell(inst, authority):
    """It was killed before its signal. A listener that starts again for another reason reads the new certificate, and keyd has its key by then."""
    a = authority
    a.server("muet")
    with tempfile.TemporaryDirectory() as away:
        for name in ("keys", "tls", "pli.conf", "ca.pem"):
            subprocess.run(["cp", "-a", inst.root / name, away], check=True)
        subprocess.run([inst.bin / "pli", "cert", "import", a.bundle("muet"), "--root", away], check=True, capture_output=True, timeout=60)
        for name in ("keys/keyring", "tls/server-ec.pem"):
            subprocess.run(["cp", "-a", f"{away}/{name}", f"{inst.root}/{name}.moved"], check=True)
            os.rename(f"{inst.root}/{name}.moved", inst.root / name)
    old = inst.daemon("pli-imapd")
    os.kill(old, signal.SIGKILL)
    inst.wait_daemon("pli-imapd", not_pid=old)
    assert shown(inst, 993) == (a.print_of("muet"), 2)


def test_import_pkcs12_and_for_the_directory(inst, authority):
    a = authority
    a.server("rsa", key=["rsa:2048"])
    a.run("pkcs12", "-export", "-inkey", "rsa.key", "-in", "rsa.pem", "-certfile", "inter.pem", "-out", "rsa.p12", "-passout", "pass:Sesame")
    p12 = str(a.dir / "rsa.p12")
    r = inst.pli("cert", "import", p12, "--password-stdin", stdin="autre\n", check=False)
    assert r.returncode == 1 and "password" in r.stderr
    inst.pli("cert", "import", p12, "--password-stdin", stdin="Sesame\n")
    eventually(lambda: shown(inst, 993) == (a.print_of("rsa"), 2))
    a.server("annuaire")
    before = shown(inst, 636)[0]
    inst.pli("cert", "import", a.bundle("annuaire"), "--ldap")
    eventually(lambda: shown(inst, 636)[0] == a.print_of("annuaire"))
    assert before != a.print_of("annuaire") and shown(inst, 993)[0] == a.print_of("rsa")
    # dird has found the directory again, and nothing of it was lost; a client that knows the authority is content
    with open(inst.ca, "ab") as f:
        f.write((a.dir / "root.pem").read_bytes())
    inst.submit(ME, [ME], plain("apres", ME, ME))
    assert len(inst.fetch_all(ME)) == 1
    assert inst.json("account", "show", ME)["address"] == ME


def test_stop_while_a_listener_has_yielded(inst):
    """Its sessions are told as all are, and nothing is left behind."""
    box = inst.imap(ME)
    first = inst.daemon("pli-imapd")
    inst.pli("cert", "renew", "--all", "--server")
    eventually(lambda: len([p for p, (n, parent) in children(inst.proc.pid).items() if n == "pli-imapd" and parent == inst.proc.pid]) == 2)
    box.select("INBOX")
    below = children(inst.proc.pid)
    assert first in below
    inst.stop()
    assert not any((pathlib.Path("/proc") / str(p)).exists() for p in below)
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        box.noop()
        box.noop()
    assert not [ev for ev in ("process-died", "sessions-killed", "killed-at-stop") if ev in inst.output()], inst.output()[-2000:]


def findings(inst):
    """What doctor says; its exit status tells the same."""
    return json.loads(inst.pli("doctor", "--json", check=False).stdout)["findings"]


def test_doctor_is_content_with_one_kind(inst, authority):
    authority.server("seul")
    inst.pli("cert", "import", authority.bundle("seul"))
    if os.geteuid() == 0:  # slapd may be starting again at this moment, and dird be about to read it anew
        eventually(lambda: not [f for f in findings(inst) if f["level"] == "fail"])


def test_renew_the_trial_ones(inst):
    server, ldap = shown(inst, 465)[0], shown(inst, 636)[0]
    serial = {r["address"]: r["serial"] for r in inst.json("cert", "list")}
    assert inst.json("cert", "renew") == {"server": 0, "accounts": 0, "domains": 0, "publication": 0}, "nothing ends within 30 days"
    time.sleep(2.1)  # another change within the second of a new password, or the next, counts as another password (directory/dird/entry.h)
    with inst.imap(ME) as box:
        assert inst.json("cert", "renew", "--all") == {"server": 3, "accounts": 1, "domains": 0, "publication": 0}
        eventually(lambda: shown(inst, 465)[0] not in (server, None))
        eventually(lambda: shown(inst, 636)[0] not in (ldap, None))
        assert box.noop()[0] == "OK"
    now = {r["address"]: r["serial"] for r in inst.json("cert", "list")}
    assert now["ca.pem"] == serial["ca.pem"] and all(now[k] != serial[k] for k in serial if k != "ca.pem")
    # clients that trust the trial authority go on as before, and what is signed now verifies
    inst.submit(ME, [ME], plain("apres", ME, ME))
    assert b"smime=pass" in eventually(lambda: inst.fetch_all(ME))[-1]


def test_the_next_command_finds_a_directory(inst, authority):
    """slapd starts again for its new certificate: who comes back to the prompt is not told that the directory is away."""
    for _ in range(3):
        assert inst.json("cert", "renew", "--all") == {"server": 3, "accounts": 1, "domains": 0, "publication": 0}
        assert inst.json("cert", "renew", "--all", "--accounts") == {"server": 0, "accounts": 1, "domains": 0, "publication": 0}
        assert "not in step" not in inst.pli("doctor", check=False).stdout
    authority.server("annuaire2")
    inst.pli("cert", "import", authority.bundle("annuaire2"), "--ldap")
    inst.pli("account", "set", ME, "--service", "Urgences")
    # with the directory's certificate another's, the trial ones of the listeners are renewed without a wait for it
    slapd, rests = inst.daemon("slapd"), resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw
    assert inst.json("cert", "renew", "--all", "--server") == {"server": 2, "accounts": 0, "domains": 0, "publication": 0}
    rests = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw - rests
    assert rests < 300, "it looks 600 times, in 30 s, for a directory that does not start again (pli/certs.c)"
    assert inst.daemon("slapd") == slapd
    r = inst.pli("cert", "renew", "--all", "--days", "3", check=False)
    assert r.returncode == 2 and "not both" in r.stderr


@pytest.fixture(scope="module")
def refusing():
    with Instance(serve=False) as pli:
        yield pli


def unpaired(a):
    a.server("x1"), a.server("x2")
    out = a.dir / "unpaired.pem"
    out.write_bytes((a.dir / "x1.key").read_bytes() + (a.dir / "x2.pem").read_bytes() + (a.dir / "inter.pem").read_bytes())
    return str(out)


def file_of(a, name, *parts):
    (a.dir / name).write_bytes(b"".join((a.dir / p).read_bytes() for p in parts))
    return str(a.dir / name)


REFUSED = {
    "key and certificate are no pair": (unpaired, "not a pair"),
    "another host": (lambda a: a.bundle(a.server("h", host="mail.autre.test")), "ostname mismatch"),
    "past": (lambda a: a.bundle(a.server("p", days="-1")), "expired"),
    "RSA of 1024": (lambda a: a.bundle(a.server("w", key=["rsa:1024"])), "2048"),
    "SHA-1": (lambda a: a.bundle(a.server("s1", how=["-sha1"])), "too weak"),
    "not for servers": (lambda a: a.bundle(a.server("c", usage="emailProtection")), "purpose"),
    "no key": (lambda a: file_of(a, "nokey.pem", a.server("nk") + ".pem"), "no private key"),
    "no certificate": (lambda a: file_of(a, "nocert.pem", a.server("nc") + ".key"), "no certificate"),
    "nothing known": (lambda a: file_of(a, "text.txt", "root.ext" if (a.dir / "root.ext").exists() else "inter.ext"), "neither PEM nor PKCS#12"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_and_nothing_changed(refusing, authority, case):
    make, says = REFUSED[case]
    def state():
        return {f: (refusing.root / f).read_bytes() for f in ("keys/keyring", "tls/server.pem", "tls/server-ec.pem", "tls/slapd.pem", "tls/slapd.key")}
    before, path = state(), make(authority)
    for where in ([], ["--ldap"]):
        r = refusing.pli("cert", "import", path, *where, check=False)
        assert r.returncode == 1 and says in r.stderr and len(r.stderr.splitlines()) == 1, r
    assert state() == before


def test_import_without_a_running_server(refusing, authority):
    authority.server("froid")
    assert refusing.json("cert", "import", authority.bundle("froid"))["running"] is False
    assert authority.print_of("froid") == hashlib.sha256(subprocess.run(["openssl", "x509", "-in", refusing.root / "tls/server-ec.pem", "-outform", "DER"],
                                                                          capture_output=True, check=True).stdout).hexdigest()
    r = refusing.pli("cert", "renew", check=False)
    assert r.returncode == 1 and "start pli serve" in r.stderr
