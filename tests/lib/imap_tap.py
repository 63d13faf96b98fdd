# SPDX-License-Identifier: EUPL-1.2
"""What a real client and the server say to each other: TLS ends here, every line is noted, and goes on over TLS to the instance.

    with Tap(pli, folder) as tap:          tap.port, tap.ca for the client
        ...
        tap.commands()                     [b"SELECT INBOX", ...] without tags; what a literal holds is left out
        tap.said(b"QRESYNC")               the server's lines that hold it

A connection that turns COMPRESS on is read through zlib from then on. One thread a connection; all end with close()."""
import contextlib
import re
import select
import socket
import ssl
import subprocess
import threading
import zlib


class Side:
    """The octets of one direction, as text lines: inflated when the connection is compressed."""

    def __init__(self):
        self.raw, self.zlib, self.text, self.pending = 0, None, b"", False

    def take(self, octets):
        self.raw += len(octets)
        self.text += self.zlib.decompress(octets) if self.zlib else octets
        return self.text


def ready(sockets):
    """Those with something to read; not by select(), which knows no descriptor above 1,023."""
    poll = select.poll()
    for s in sockets:
        poll.register(s, select.POLLIN)
    there = {fd for fd, _ in poll.poll(300 * 1000)}
    return [s for s in sockets if s.fileno() in there]


class Tap:
    def __init__(self, pli, folder):
        self.pli, self.open, self.threads, self.talks = pli, [], [], []
        self.cert, self.key = folder / "tap.pem", folder / "tap.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.key, "-out", self.cert], check=True, capture_output=True, timeout=60)
        self.ca = str(self.cert)
        self.ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ctx.load_cert_chain(self.cert, self.key)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.open.append(self.door)
        self.spawn(self.accept)

    def spawn(self, fn, *args):
        def run():
            with contextlib.suppress(OSError, ssl.SSLError):
                fn(*args)
        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def accept(self):
        while True:
            c, _ = self.door.accept()
            self.spawn(self.talk, c)

    def talk(self, c):
        """One thread for both directions: OpenSSL does not allow one thread to read a connection while another writes it."""
        client = self.ctx.wrap_socket(c, server_side=True)
        server = self.pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", self.pli.port("imaps")), 60), server_hostname="localhost")
        self.open += [client, server]
        sides = (Side(), Side())
        self.talks.append(sides)
        try:
            while self.pass_on(client, server, sides):
                pass
        finally:
            for s in (client, server):
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)

    def pass_on(self, client, server, sides):
        """What is there from either; False: one of them has closed."""
        both = [client, server]
        for a in [s for s in both if s.pending()] or ready(both):
            a.setblocking(False)
            try:
                octets = a.recv(65536)
            except ssl.SSLWantReadError:  # a session ticket, or half a record
                continue
            if not octets:
                return False
            self.note(octets, sides, both.index(a))
            b = both[1 - both.index(a)]
            b.settimeout(300)
            b.sendall(octets)
        return True

    def note(self, octets, sides, me):
        text = sides[me].take(octets)
        if me == 0 and not sides[0].zlib and re.search(rb"^\S+ COMPRESS DEFLATE\r\n\Z", text, re.M | re.I):
            sides[0].zlib = zlib.decompressobj(-15)     # the client waits for the answer before it goes on
        if me == 1 and not sides[1].zlib and sides[0].zlib and text.endswith(b"\r\n"):
            tag = re.findall(rb"^(\S+) COMPRESS DEFLATE\r\n", sides[0].text, re.M | re.I)[-1]
            if re.search(rb"^" + re.escape(tag) + rb" OK", text, re.M):
                sides[1].zlib = zlib.decompressobj(-15)

    def commands(self):
        got = []
        for client, _ in list(self.talks):
            text = re.sub(rb"\{(\d+)\+?\}\r\n", lambda m: m[0], client.text)
            while m := re.search(rb"\{(\d+)\+?\}\r\n", text):
                text = text[:m.start()] + b"{}" + text[m.end() + int(m[1]):]
            got += [line.partition(b" ")[2] if b" " in line else line for line in text.split(b"\r\n") if line]
        return got

    def said(self, what):
        return [line for _, server in list(self.talks) for line in server.text.split(b"\r\n") if what in line]

    def refused(self):
        """Every NO and BAD of the server."""
        return [line for _, server in list(self.talks) for line in re.findall(rb"^\S+ (?:NO|BAD)[^\r\n]*", server.text, re.M)]

    def close(self):
        for s in self.open:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()
        for t in self.threads:
            t.join(10)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            print(b"\n".join([b"said by the client:", *self.commands()[-60:]]).decode(errors="replace"))
            print(b"\n".join([b"refused:", *self.refused()[-10:]]).decode(errors="replace"))
        self.close()
