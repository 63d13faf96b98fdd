# SPDX-License-Identifier: EUPL-1.2
"""Other operators' servers that do not behave: a test authority, and a server whose every step is a script.

    ca = Authority(folder)
    pem = ca.issue("mx.un.test", days=30)
    with Hostile("127.0.1.1", port, pem, script={"mail": "451 4.3.0 plus tard"}) as peer:
        ... peer.letters, peer.clear, peer.said("mail") ...

Steps    greeting, ehlo, starttls, handshake, ehlo-tls, mail, rcpt, data, dot, quit
Scripts  a step's value is a reply ("451 4.3.0 ..."), several lines with \\r\\n between, or one of: "hang" (says nothing more until the other
         side goes), "reset" (TCP reset), "close", "drip" (a line that never ends, an octet at a time), "flood" (a reply of lines without end),
         "garbage" (octets that are no reply). "starttls": "inject" puts a command's answer in clear behind the 220. "ehlo": "bare" offers nothing.
A step that is not in the script is answered as a good server answers. One thread a connection; all end with close().
"""
import contextlib
import datetime
import pathlib
import socket
import ssl
import struct
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
WAIT = 120  # of a peer that hangs: longer than any test waits for it


def pem_of(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


class Authority:
    """A root whose certificate is .pem, in that folder."""

    def __init__(self, folder, name="Essai AC"):
        self.dir, self.count = pathlib.Path(folder), 0
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.cert = self.make(self.name, self.key, self.name, self.key, 1, 30, None, ())
        self.pem = self.dir / f"{name.replace(' ', '-')}.pem"
        self.pem.write_bytes(pem_of(self.cert))

    @staticmethod
    def make(name, key, issuer, issuer_key, since, days, hosts, usage):
        now = datetime.datetime.now(datetime.timezone.utc)
        b = (x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key()).serial_number(x509.random_serial_number())
             .not_valid_before(now - datetime.timedelta(days=since)).not_valid_after(now + datetime.timedelta(days=days))
             .add_extension(x509.BasicConstraints(hosts is None, None), True)
             .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
             .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
             .add_extension(x509.KeyUsage(hosts is not None, False, False, False, False, hosts is None, hosts is None, False, False), True))
        if hosts:
            b = b.add_extension(x509.SubjectAlternativeName([x509.DNSName(h) for h in hosts]), False)
        if usage:
            b = b.add_extension(x509.ExtendedKeyUsage(usage), False)
        return b.sign(issuer_key, hashes.SHA256())

    def issue(self, host, cn=None, since=1, days=30, usage=BOTH, self_signed=False, subject=None):
        """A PEM file with certificate and key. since, days: valid from that long ago, for so long from now on (may be negative).
        subject: pairs of OID and value in place of the usual name."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Essais"),
                          x509.NameAttribute(NameOID.COMMON_NAME, cn or host)])
        if subject is not None:
            name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
        issuer, signer = (name, key) if self_signed else (self.name, self.key)
        return self.write(self.make(name, key, issuer, signer, since, days, [host], usage), key, host)

    def issue_for(self, hosts, cn):
        """One certificate for many hosts."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Essais"),
                          x509.NameAttribute(NameOID.COMMON_NAME, cn)])
        return self.write(self.make(name, key, self.name, self.key, 1, 30, hosts, BOTH), key, cn)

    def write(self, cert, key, host):
        self.count += 1
        path = self.dir / f"{host}-{self.count}.pem"
        path.write_bytes(pem_of(cert) + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        path.chmod(0o600)
        return path


def letter():
    return {"mail": None, "rcpt": []}


class Gone(Exception):
    """The script has ended the conversation."""


class Hostile:
    GOOD = {"greeting": "220 hostile.test ESMTP", "ehlo": "250-hostile.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES", "starttls": "220 2.0.0 go",
            "ehlo-tls": "250-hostile.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 30000000\r\n250 ENHANCEDSTATUSCODES", "mail": "250 2.1.0 ok",
            "rcpt": "250 2.1.5 ok", "data": "354 go", "dot": "250 2.0.0 taken", "quit": "221 2.0.0 bye", "rset": "250 2.0.0 ok"}

    def __init__(self, address, port, pem, ca=None, script=None, tls=None):
        self.script, self.letters, self.clear, self.seen, self.peers = script or {}, [], b"", [], []
        self.over, self.threads, self.open = threading.Event(), [], set()
        self.ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ctx.load_cert_chain(str(pem))
        if ca:
            self.ctx.verify_mode = ssl.CERT_REQUIRED
            self.ctx.load_verify_locations(str(ca))
        if tls:
            self.ctx.maximum_version = tls
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(50)
        self.spawn(self.accept)

    def spawn(self, fn, *args):
        t = threading.Thread(target=fn, args=args, daemon=True)
        self.threads.append(t)
        t.start()

    def accept(self):
        while not self.over.is_set():
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            self.spawn(self.serve, s)

    # ---- one connection ----
    def serve(self, s):
        s.settimeout(WAIT)
        self.open.add(s)
        with contextlib.suppress(Gone, OSError, ssl.SSLError, ValueError):
            self.talk(Wire(s, self))
        with contextlib.suppress(OSError):
            s.close()  # what TLS was put around is closed by the trick, or by close()

    def said(self, step):
        return self.seen.count(step)

    def talk(self, w):
        self.step(w, "greeting")
        while True:
            line = w.line()
            verb = line.split(b" ")[0].split(b":")[0].strip().upper()
            if verb in (b"EHLO", b"HELO"):
                self.step(w, "ehlo-tls" if w.tls else "ehlo")
            elif verb == b"STARTTLS" and not w.tls:
                self.starttls(w)
            elif verb in (b"RCPT", b"DATA") and not w.letter["mail" if verb == b"RCPT" else "rcpt"]:
                w.send(b"503 5.5.1 not now\r\n")       # pipelined behind what was refused
            elif verb == b"DATA":
                if self.step(w, "data").startswith("354"):
                    w.letter["data"] = w.until_dot()
                    if self.step(w, "dot").startswith("2"):
                        self.letters.append(w.letter)
                    w.letter = letter()
            elif verb == b"QUIT":
                self.step(w, "quit")
                return
            elif verb == b"MAIL":
                w.letter["mail"] = line if self.step(w, "mail").startswith("2") else None
            elif verb == b"RCPT":
                w.letter["rcpt"] += [line] if self.step(w, "rcpt").startswith("2") else []
            elif verb == b"RSET":
                w.letter = letter()
                self.step(w, "rset")
            else:
                w.send(b"500 5.5.2 what\r\n")

    def starttls(self, w):
        if self.script.get("starttls") == "inject":
            self.seen.append("starttls")
            w.send(b"220 2.0.0 go\r\n250 2.0.0 injected\r\n")
        elif not self.step(w, "starttls").startswith("220"):
            return
        if "handshake" in self.script:
            self.step(w, "handshake")
        w.begin_tls(self.ctx)
        self.peers.append(w.s.getpeercert())

    def step(self, w, name):
        """Does what the script says; gives the reply that was sent."""
        self.seen.append(name)
        what = self.script.get(name, self.GOOD.get(name, ""))
        if what == "bare":
            what = "250 hostile.test"
        trick = getattr(self, "do_" + what, None) if what.isalpha() else None
        if trick:
            trick(w)
            raise Gone
        w.send(what.encode() + b"\r\n")
        return what

    # ---- tricks ----
    def do_hang(self, w):
        self.over.wait(WAIT)

    def do_close(self, w):
        w.s.close()

    def do_reset(self, w):
        if not self.said("ehlo"):
            time.sleep(2)  # the connection is made by then: before that a reset is a refusal to connect
        w.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        w.s.close()

    def do_drip(self, w):
        while not self.over.wait(0.2):
            w.send(b"2")

    def do_flood(self, w):
        while not self.over.is_set():
            w.send(b"250-" + b"x" * 70 + b"\r\n")

    def do_garbage(self, w):
        w.send(b"\xff\xfe no reply at all\r\n" * 3)
        self.over.wait(WAIT)

    def close(self):
        self.over.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for s in list(self.open):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
        end = time.monotonic() + 20
        for t in self.threads:
            t.join(max(0, end - time.monotonic()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Wire:
    def __init__(self, s, owner):
        self.s = s
        self.owner, self.held, self.tls, self.letter = owner, b"", False, letter()

    def begin_tls(self, ctx):
        self.s = ctx.wrap_socket(self.s, server_side=True)
        self.tls, self.held = True, b""
        self.owner.open.add(self.s)

    def send(self, octets):
        self.s.sendall(octets)

    def more(self):
        got = self.s.recv(65536)
        if not got:
            raise Gone
        if not self.tls:
            self.owner.clear += got
        self.held += got

    def line(self):
        while b"\n" not in self.held:
            self.more()
        line, self.held = self.held.split(b"\n", 1)
        return line.rstrip(b"\r")

    def until_dot(self):
        while not (self.held.startswith(b".\r\n") or b"\r\n.\r\n" in self.held):
            self.more()
        if self.held.startswith(b".\r\n"):
            octets, self.held = b"", self.held[3:]
        else:
            octets, self.held = self.held.split(b"\r\n.\r\n", 1)
            octets += b"\r\n"
        return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in octets.split(b"\r\n"))
