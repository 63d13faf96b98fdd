# SPDX-License-Identifier: EUPL-1.2
"""Protocol transcripts: a test that reads like a conversation. Files tests/protocol/{smtp,imap}/NNNN-name.txt.

    # a comment
    @accounts gp raw:never          mailboxes of this transcript: gp@DOMAIN, raw@DOMAIN (--sign never), made anew
    @connect C imaps                TLS at once (imaps, submissions) or in clear (imap, smtp, submission); C C1 C2 name it
    @starttls C                     the TLS handshake, after the server agreed (@starttls C cert: with the operator's certificate)
    @append gp INBOX                the lines that follow with "| " are a message put there by a connection of its own
    | From: ...
    @submit gp gp                   sender and recipients; the lines with "| " are sent by a connection of its own
    C> a1 SELECT INBOX              sent with CRLF
    C>> a1 LOG                      sent without CRLF; \\r \\n \\0 are those bytes
    C< * 1 EXISTS                   the next line is this; <*> stands for any text, <*NAME> too and is ${NAME} from then on
    C<~ a1 OK <*>                   lines are skipped until this one
    C<! * EXPUNGE                   none of the lines skipped by the next <~ may match this
    C<#                             the server closes the connection
    @bdat C text\\r\\n               BDAT with the length of the text behind it; @bdat-last the same with LAST
    @once                           not to be run one byte at a time
    @sleep 0.1
Variables: ${gp} address, ${gp64} its PLAIN response, ${gpurl} as a URL has it, ${pw} the password, ${domain}, ${NAME} set by @set NAME value.
Numbers are never reused. Each transcript is run twice: written in one piece, and one byte at a time: the answers must be the same.
"""
import base64
import re
import socket
import ssl
import time

import pytest
from instance import PASSWORD


def unescape(text):
    return text.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0")


class Conversation:
    def __init__(self, pli, slow):
        self.pli, self.slow, self.conn, self.never = pli, slow, {}, {}
        self.vars = {"pw": PASSWORD, "domain": pli.domain}

    def expand(self, text):
        return re.sub(r"\$\{(\w+)\}", lambda m: self.vars[m.group(1)], text)

    # -- connections --
    def connect(self, name, service):
        s = socket.create_connection(("127.0.0.1", self.pli.port(service)), timeout=20)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if service in ("imaps", "submissions"):
            s = self.pli.tls().wrap_socket(s, server_hostname="localhost")
        self.conn[name] = [s, b""]

    def starttls(self, name, *how):
        pem = self.pli.trust_operator() if how else None
        self.conn[name][0] = self.pli.tls(pem).wrap_socket(self.conn[name][0], server_hostname="localhost")

    def send(self, name, data):
        s = self.conn[name][0]
        if not self.slow or len(data) > 4000:
            s.sendall(data)
            return
        for i in range(len(data)):
            try:
                s.sendall(data[i:i + 1])
            except (ConnectionError, ssl.SSLError):
                return  # the server closed in the middle: what it said is read next

    def line(self, name):
        s, held = self.conn[name]
        while b"\n" not in held:
            try:
                got = s.recv(65536)
            except (ConnectionError, ssl.SSLError):
                got = b""
            if not got:
                self.conn[name][1] = b""
                return held.decode("utf-8", "replace") if held else None
            held += got
        line, self.conn[name][1] = held.split(b"\n", 1)
        return line.decode("utf-8", "replace").rstrip("\r")

    def same(self, line, pattern):
        """<*> stands for any text; <*NAME> too, and is kept as ${NAME}."""
        parts = re.split(r"<\*(\w*)>", pattern)
        regex = "".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>.*?)" if p else ".*?" for i, p in enumerate(parts))
        found = re.fullmatch(regex, line, re.DOTALL)
        if found:
            self.vars.update(found.groupdict())
        return found

    def expect(self, name, pattern, skip):
        passed = []
        while True:
            line = self.line(name)
            assert line is not None, f"{name}: closed, while waiting for: {pattern}\n" + "\n".join(passed[-20:])
            if self.same(line, pattern):
                break
            assert skip, f"{name}: got:    {line}\n{name}: wanted: {pattern}"
            passed.append(line)
        for bad in self.never.pop(name, []):
            assert not any(self.same(p, bad) for p in passed), f"{name}: must not come: {bad}\n" + "\n".join(passed)

    # -- directives --
    def accounts(self, *names):
        for spec in names:
            short, _, sign = spec.partition(":")
            address = f"{short}{time.monotonic_ns() % 10**9}@{self.pli.domain}"
            self.pli.add(address, sign=sign or None)
            self.vars[short] = address
            self.vars[short + "url"] = address.replace("@", "%40")
            self.vars[short + "64"] = base64.b64encode(f"\0{address}\0{PASSWORD}".encode()).decode()

    def append(self, message, who, folder="INBOX", *flags):
        with self.pli.imap(self.vars[who]) as m:
            typ, d = m.append(folder, " ".join(flags) or None, None, message)
            assert typ == "OK", d

    def submit(self, message, who, *to):
        self.pli.submit(self.vars[who], [self.vars.get(t, t) for t in to], message)

    def run(self, text):
        lines = [l.rstrip("\n") for l in text.splitlines()]
        i = 0
        while i < len(lines):
            line, i = self.expand(lines[i]), i + 1
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("@"):
                word, *args = line[1:].split()
                body = []
                while i < len(lines) and lines[i].startswith("|"):
                    body.append(self.expand(lines[i][2:]))
                    i += 1
                self.directive(word, args, "".join(b + "\r\n" for b in body).encode())
                continue
            m = re.match(r"(C\d?)(>>|>|<~|<!|<#|<)(?: (.*))?$", line)
            assert m, f"not a transcript line: {line}"
            name, what, arg = m.group(1), m.group(2), m.group(3) or ""
            if what in (">", ">>"):
                if what == ">>":
                    arg = unescape(arg)
                self.send(name, arg.encode() + (b"\r\n" if what == ">" else b""))
            elif what == "<!":
                self.never.setdefault(name, []).append(arg)
            elif what == "<#":
                rest = self.line(name)
                assert rest is None, f"{name}: not closed, said: {rest}"
            else:
                self.expect(name, arg, what == "<~")

    def directive(self, word, args, body):
        if word == "accounts":
            self.accounts(*args)
        elif word == "connect":
            self.connect(*args)
        elif word == "starttls":
            self.starttls(*args)
        elif word == "append":
            self.append(body, *args)
        elif word == "submit":
            self.submit(body, *args)
        elif word == "sleep":
            time.sleep(float(args[0]))
        elif word in ("bdat", "bdat-last"):
            piece = unescape(" ".join(args[1:])).encode()
            self.send(args[0], b"BDAT %d%s\r\n" % (len(piece), b" LAST" if word == "bdat-last" else b"") + piece)
        elif word == "once":
            if self.slow:
                pytest.skip("its point is that all comes in one flight")
        elif word == "set":
            self.vars[args[0]] = " ".join(args[1:])
        else:
            raise AssertionError(f"unknown directive @{word}")

    def close(self):
        for s, _ in self.conn.values():
            s.close()
