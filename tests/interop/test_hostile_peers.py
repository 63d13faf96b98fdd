# SPDX-License-Identifier: EUPL-1.2
"""Other operators' servers that do not behave, one a row: what relayd makes of each, to the cause and the code, as `pli queue list` and the log
have it. All rows at once: each has its own domain, its own address on the loopback and one letter; none delays another.

A row: what the server does (hostile.py), and what must come of it:
    LATER, cause, code, esc     the letter waits, and its last error is exactly that
    NEVER, cause, code, esc     the letter failed: the log says so, and its sender is told
    TAKEN                       the server has it, once
"""
import contextlib
import re
import ssl

import pytest
from cryptography.x509.oid import NameOID
from dns import Dns
from hostile import BOTH, Authority, Hostile
from instance import Instance, eventually, free_port_base, plain, release

LATER, NEVER, TAKEN = "later", "never", "taken"
SENDER = "gp@chu.test"


# The enhanced code that a cause of ours has while it is for now (policies/causes.c); a server's own words have the server's.
ESC = {"peer-timeout": "4.4.2", "peer-lost": "4.4.2", "peer-tls": "4.7.5", "peer-no-starttls": "4.7.4", "peer-injected": "4.7.0", "peer-protocol": "4.5.0",
       "peer-cert": "4.7.5", "peer-dn": "4.7.5", "unreachable": "4.4.1"}


def row(name, outcome, cause="none", code=0, esc=None, cert="good", **script):
    esc = ESC.get(cause, "") if esc is None else esc
    return pytest.param(name, outcome, cause, code, esc, cert, {k.replace("_", "-"): v for k, v in script.items()}, id=name)


ROWS = [
    row("good", TAKEN),
    row("good-tls12", TAKEN, cert="tls12"),
    # hangs at each step
    row("hang-greeting", LATER, "peer-timeout", greeting="hang"),
    row("hang-ehlo", LATER, "peer-timeout", ehlo="hang"),
    row("hang-starttls", LATER, "peer-timeout", starttls="hang"),
    row("hang-handshake", LATER, "peer-timeout", handshake="hang"),
    row("hang-ehlo-tls", LATER, "peer-timeout", ehlo_tls="hang"),
    row("hang-mail", LATER, "peer-timeout", mail="hang"),
    row("hang-rcpt", LATER, "peer-timeout", rcpt="hang"),
    row("hang-data", LATER, "peer-timeout", data="hang"),
    row("hang-dot", LATER, "peer-timeout", dot="hang"),
    row("hang-quit", TAKEN, quit="hang"),
    # resets, closes
    row("reset-greeting", LATER, "peer-lost", greeting="reset"),
    row("reset-ehlo", LATER, "peer-lost", ehlo="reset"),
    row("reset-starttls", LATER, "peer-lost", starttls="reset"),
    row("reset-mail", LATER, "peer-lost", mail="reset"),
    row("reset-rcpt", LATER, "peer-lost", rcpt="reset"),
    row("reset-data", LATER, "peer-lost", data="reset"),
    row("reset-dot", LATER, "peer-lost", dot="reset"),
    row("reset-quit", TAKEN, quit="reset"),
    row("close-greeting", LATER, "peer-lost", greeting="close"),
    row("close-handshake", LATER, "peer-tls", handshake="close"),
    row("close-data", LATER, "peer-lost", data="close"),
    # 4yz: later, with the server's words' codes; for the host, or for the letter
    row("busy-greeting", LATER, "peer-greeting", 421, "4.3.2", greeting="421 4.3.2 busy"),
    row("no-greeting", LATER, "peer-greeting", 554, "5.3.2", greeting="554 5.3.2 no service"),
    row("later-ehlo", LATER, "none", 421, "4.3.2", ehlo="421 4.3.2 busy"),
    row("later-starttls", LATER, "peer-tls", 454, "4.7.0", starttls="454 4.7.0 not now"),
    row("later-ehlo-tls", LATER, "none", 451, "4.3.0", ehlo_tls="451 4.3.0 busy"),
    row("later-mail", LATER, "none", 451, "4.7.1", mail="451 4.7.1 greylisted"),
    row("later-rcpt", LATER, "none", 452, "4.2.2", rcpt="452 4.2.2 full"),
    row("later-data", LATER, "none", 451, "4.3.0", data="451 4.3.0 no"),
    row("later-dot", LATER, "none", 451, "4.6.0", dot="451 4.6.0 scanner away"),
    row("leaves-at-mail", LATER, "none", 421, "4.4.2", mail="421 4.4.2 bye"),
    # 5yz to the letter: never; to the connection: the host may be mended, so later
    row("never-ehlo", LATER, "none", 550, "5.7.1", ehlo="550 5.7.1 no"),
    row("never-mail", NEVER, "none", 550, "5.7.1", mail="550 5.7.1 no"),
    row("never-rcpt", NEVER, "none", 550, "5.1.1", rcpt="550 5.1.1 unknown"),
    row("never-data", NEVER, "none", 554, "5.5.1", data="554 5.5.1 no"),
    row("never-dot", NEVER, "none", 554, "5.6.0", dot="554 5.6.0 virus"),
    row("later-no-esc", LATER, "none", 451, "", rcpt="451 later"),
    row("no-esc", NEVER, "none", 550, "", rcpt="550 unknown"),
    # no TLS, or what is said around it
    row("no-starttls", LATER, "peer-no-starttls", ehlo="bare"),
    row("injected", LATER, "peer-injected", starttls="inject"),
    # whose certificate?
    row("wrong-dn", LATER, "peer-dn", cert="other-dn"),
    row("no-dn", LATER, "peer-cert", cert="no-dn"),         # nothing to compare is not the same
    row("long-dn", LATER, "peer-cert", cert="long-dn"),     # nor is what cannot be compared
    row("expired", LATER, "peer-cert", cert="expired"),
    row("not-yet", LATER, "peer-cert", cert="not-yet"),
    row("self-signed", LATER, "peer-cert", cert="self-signed"),
    row("other-authority", LATER, "peer-cert", cert="other-authority"),
    row("other-name", LATER, "peer-cert", cert="other-name"),
    row("client-only", LATER, "peer-cert", cert="client-only"),
    # no SMTP
    row("garbage-greeting", LATER, "peer-protocol", greeting="garbage"),
    row("garbage-rcpt", LATER, "peer-protocol", rcpt="garbage"),
    row("flood-ehlo", LATER, "peer-protocol", ehlo="flood"),
    row("flood-rcpt", LATER, "peer-protocol", rcpt="flood"),
    row("drip-greeting", LATER, "peer-timeout", greeting="drip"),
    row("drip-dot", LATER, "peer-timeout", dot="drip"),
    row("data-is-250", LATER, "peer-protocol", 250, "2.0.0", data="250 2.0.0 taken already"),
    row("unreachable", LATER, "unreachable", cert="nobody-listens"),
]
CERTS = {"good": {}, "tls12": {}, "other-dn": {"cn": "autre operateur"}, "no-dn": {"subject": ()},
         "long-dn": {"subject": [(NameOID.ORGANIZATIONAL_UNIT_NAME, f"{i:064}") for i in range(20)]}, "expired": {"since": 30, "days": -2}, "not-yet": {"since": -2},
         "self-signed": {"self_signed": True}, "other-name": {}, "client-only": {"usage": BOTH[1:]}, "other-authority": {}}


class World:
    """One Pli, a DNS, and a server for each row."""

    def __init__(self):
        self.base, self.dns, self.peers, self.inst = free_port_base(), Dns(), {}, None
        try:
            self.inst = Instance(serve=False)
            self.port = self.base + 25
            self.ca, self.other = Authority(self.inst.dir), Authority(self.inst.dir, "Autre AC")
            for n, p in enumerate(ROWS):
                self.add(f"127.0.1.{n + 1}", *p.values)
            self.dns.start()
            self.serve()
        except BaseException:
            self.close()
            raise

    def add(self, address, name, outcome, cause, code, esc, cert, script):
        host = f"mx.{name}.test"
        self.dns.mx(f"{name}.test", host, 10, address)
        if cert == "nobody-listens":
            return
        issuer = self.other if cert == "other-authority" else self.ca
        pem = issuer.issue("ailleurs.test" if cert == "other-name" else host, **{"cn": host, **CERTS[cert]})
        self.peers[name] = Hostile(address, self.port, pem, self.inst.root / "ca.pem", script, ssl.TLSVersion.TLSv1_2 if cert == "tls12" else None)

    def serve(self):
        inst, anchors = self.inst, self.inst.root / "anchors.pem"
        anchors.write_text((inst.root / "ca.pem").read_text() + self.ca.pem.read_text())
        with open(inst.root / "pli.conf", "a") as f:
            f.write(f'smtpd {{\n peer_anchors = "{anchors}"\n}}\nrelayd {{\n port = {self.port}\n resolver = "{self.dns.address}"\n local_peers = yes\n'
                    " command_timeout = 8s\n data_timeout = 8s\n final_timeout = 8s\n connect_timeout = 20s\n retry_first = 1h\n retry_max = 2h\n}\n")
        inst.serve()
        inst.add(SENDER)
        for p in ROWS:
            inst.pli("trust", "add", f"{p.values[0]}.test", "--dn", f"CN=mx.{p.values[0]}.test,O=Essais,C=FR")
        for p in ROWS:
            inst.submit(SENDER, [f"dr@{p.values[0]}.test"], plain(f"lettre {p.values[0]}", SENDER, f"dr@{p.values[0]}.test"))

    def waiting(self, name):
        return self.inst.json("queue", "list", "--domain", f"{name}.test")

    def lines(self, event, name):
        return [line for line in self.inst.output().splitlines() if f" ev={event} " in line and f"domain={name}.test" in line]

    def close(self):
        try:
            if self.inst:
                self.inst.close()
        finally:
            for p in self.peers.values():
                p.close()
            self.dns.close()
            release(self.base)


    def settled(self):
        """Has every letter met its server?"""
        waiting = {r["domain"]: r for r in self.inst.json("queue", "list")}
        return all(r["last_error"] for r in waiting.values()) and len(waiting) + len(re.findall(r" ev=relay(?:ed|-failed) ", self.inst.output())) >= len(ROWS)


@pytest.fixture(scope="module")
def world():
    w = World()
    try:
        with contextlib.suppress(AssertionError):  # each row says by itself what it lacks
            eventually(w.settled, 150)
        yield w
    finally:
        w.close()


def told(world, name):
    rows = world.waiting(name)
    return rows[0]["last_error"] if rows and rows[0]["last_error"] else None


@pytest.mark.parametrize("name, outcome, cause, code, esc, cert, script", ROWS)
def test_each(world, name, outcome, cause, code, esc, cert, script):
    peer = world.peers.get(name)
    if outcome == LATER:
        why = eventually(lambda: told(world, name), 5)
        assert (why["cause"], why["code"], why["esc"] or "") == (cause, code, esc)
        assert world.waiting(name)[0]["state"] == "waiting"
        assert not world.lines("relayed", name) and not world.lines("relay-failed", name)
    elif outcome == NEVER:
        (line,) = eventually(lambda: world.lines("relay-failed", name), 5)
        assert f" code={code} dsn={esc or '-'} why={cause} " in line
        eventually(lambda: not world.waiting(name), 5)
    else:
        (line,) = eventually(lambda: world.lines("relayed", name), 5)
        assert " code=250 " in line
        eventually(lambda: not world.waiting(name), 5)
        (letter,) = peer.letters
        assert letter["rcpt"][0].startswith(b"RCPT TO:<dr@" + name.encode() + b".test>") and f"Subject: lettre {name}\r\n".encode() in letter["data"]
        assert peer.peers[0]                                # it has seen our certificate, verified
    if peer and outcome != TAKEN:
        assert not peer.letters
    if peer:
        assert b"MAIL" not in peer.clear and b"lettre" not in peer.clear and b"dr@" not in peer.clear
    if cert not in ("good", "tls12", "nobody-listens"):
        assert peer.said("mail") == 0                       # nothing of a letter before we know whose server it is
