# SPDX-License-Identifier: EUPL-1.2
"""An LDAP connection by hand (RFC 4511, BER written here): it stays open between requests, and sends what no client library would.

    with LdapLine(pli) as line:
        assert line.bind("gp@chu.test", PASSWORD) == 0
        count, code = line.search()
"""
import socket


def tlv(tag, value):
    n = len(value)
    return bytes([tag]) + (bytes([n]) if n < 128 else b"\x82" + n.to_bytes(2, "big")) + value


def text(s, tag=4):
    return tlv(tag, s.encode() if isinstance(s, str) else s)


def mailbox(address):
    return f"mail={address},ou=mailboxes,o=pli"


class LdapLine:
    def __init__(self, pli, room=None):
        """room: octets of answers that the system takes for us while we do not read."""
        raw = socket.socket()
        if room:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        raw.settimeout(60)
        raw.connect(("127.0.0.1", pli.port("ldaps")))
        self.sock = pli.tls().wrap_socket(raw, server_hostname="localhost")
        self.file, self.number = self.sock.makefile("rb"), 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def send(self, operation):
        self.number += 1
        self.sock.sendall(tlv(0x30, tlv(2, bytes([self.number])) + operation))

    def answer(self):
        """(tag of the operation, its result code or None). Answers to what was asked before are passed over, as clients do."""
        while True:
            number, body = self.message()
            if body is None:
                return None, None
            if number == self.number:
                at = body.find(b"\x0a\x01")
                return body[0], body[at + 2] if body[0] != 0x64 else None

    def message(self):
        head = self.file.read(2)
        if len(head) < 2:
            return None, None
        n = head[1]
        if n & 128:
            n = int.from_bytes(self.file.read(n & 127), "big")
        body = self.file.read(n)
        return int.from_bytes(body[2:2 + body[1]], "big"), body[2 + body[1]:]

    def bind_dn(self, dn, password):
        self.send(tlv(0x60, b"\x02\x01\x03" + text(dn) + text(password, 0x80)))
        return self.answer()[1]

    def bind(self, address, password):
        return self.bind_dn(mailbox(address), password)

    def ask(self, base, scope, present, wanted):
        numbers = tlv(10, bytes([scope])) + tlv(10, b"\0") + tlv(2, b"\0") * 2 + tlv(1, b"\0")
        self.send(tlv(0x63, text(base) + numbers + text(present, 0x87) + tlv(0x30, text(wanted))))

    def search(self, base="ou=mailboxes,o=pli", scope=1):
        """(entries, result code) of (mail=*)"""
        self.ask(base, scope, "mail", "mail")
        found = 0
        while True:
            tag, code = self.answer()
            if tag != 0x64:
                return found, code
            found += 1

    def modify(self, address, *changes):
        """changes: (0 add, 1 delete, 2 replace; attribute; values)"""
        one = [tlv(0x30, tlv(10, bytes([how])) + tlv(0x30, text(name) + tlv(0x31, b"".join(map(text, values))))) for how, name, values in changes]
        self.send(tlv(0x66, text(mailbox(address)) + tlv(0x30, b"".join(one))))
        return self.answer()[1]

    def replace_password(self, address, password):
        return self.modify(address, (2, "userPassword", [password]))

    def passwd(self, password):
        """RFC 3062, for who is signed in. None: the server is to draw one."""
        new = b"" if password is None else text(password, 0x82)
        self.send(tlv(0x77, text("1.3.6.1.4.1.4203.1.11.1", 0x80) + text(tlv(0x30, new), 0x81)))
        return self.answer()[1]
