# SPDX-License-Identifier: EUPL-1.2
"""TLS for a mail server that cannot do it itself: mutual STARTTLS on one side, the server's own SMTP in clear on the other, octet for octet.

    TlsFront(pem, ca).door((address, port), (its address, its port))      takes connections with a certificate of ca, and hands them on
    TlsFront(pem, ca).way_out(("127.0.0.1", port), (host, port))          hands on what the server sends in clear, under TLS, with its certificate

Only greeting, EHLO and STARTTLS are spoken here. One thread a direction; all end with close()."""
import contextlib
import socket
import ssl
import threading


def line(f):
    got = f.readline()
    if not got.endswith(b"\r\n"):
        raise OSError("gone")
    return got


def reply(f):
    got = line(f)
    while got[3:4] == b"-":
        got = line(f)
    return got


class TlsFront:
    def __init__(self, pem, ca):
        self.pem, self.ca, self.open, self.threads = str(pem), str(ca), [], []

    def context(self, side):
        ctx = ssl.SSLContext(side)
        ctx.load_cert_chain(self.pem)
        ctx.load_verify_locations(self.ca)
        ctx.verify_mode = ssl.CERT_REQUIRED
        return ctx

    def spawn(self, fn, *args):
        def run():
            with contextlib.suppress(OSError):
                fn(*args)
        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def listen(self, at, each, to):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(at)
        s.listen(20)
        self.open.append(s)

        def accept():
            while True:
                c, _ = s.accept()
                self.open.append(c)
                self.spawn(each, c, to)
        self.spawn(accept)
        return self

    def door(self, at, to):
        return self.listen(at, self.take_in, to)

    def way_out(self, at, to):
        return self.listen(at, self.let_out, to)

    def take_in(self, c, to):
        c.sendall(b"220 front ESMTP\r\n")
        f = c.makefile("rb", buffering=0)
        while not (command := line(f).upper()).startswith(b"STARTTLS"):
            c.sendall(b"250-front\r\n250 STARTTLS\r\n" if command.startswith(b"EHLO") else b"530 5.7.0 STARTTLS first\r\n")
        c.sendall(b"220 2.0.0 go\r\n")
        c = self.context(ssl.PROTOCOL_TLS_SERVER).wrap_socket(c, server_side=True)
        server = socket.create_connection(to, 30)
        reply(server.makefile("rb", buffering=0))  # its greeting was said above
        self.join(c, server)

    def let_out(self, c, to):
        server = socket.create_connection(to, 30)
        f = server.makefile("rb", buffering=0)
        greeting = line(f)
        server.sendall(b"EHLO front\r\n")
        reply(f)
        server.sendall(b"STARTTLS\r\n")
        assert reply(f).startswith(b"220")
        server = self.context(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(server, server_hostname=to[0])
        c.sendall(greeting)
        self.join(c, server)

    def join(self, one, two):
        for s in (one, two):
            s.settimeout(300)
            self.open.append(s)
        self.spawn(self.pump, one, two)
        self.pump(two, one)

    @staticmethod
    def pump(a, b):
        try:
            while octets := a.recv(65536):
                b.sendall(octets)
        finally:
            with contextlib.suppress(OSError):
                b.shutdown(socket.SHUT_RDWR)

    def close(self):
        for s in self.open:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()
        for t in self.threads:
            t.join(10)
