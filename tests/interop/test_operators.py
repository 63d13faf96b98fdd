# SPDX-License-Identifier: EUPL-1.2
"""Real servers as other operators, in both directions, over mutual TLS with certificates of a test authority, found in a private DNS.

A second Pli is tests/protocol/test_relay.py's. The packages of Postfix, Exim and OpenSMTPD cannot stand beside each other, so "make test" unpacks the last
two (tests/lib/unpacked.py).
"""
import re

import exim
import opensmtpd
import postfix
import pytest
from dns import Dns
from hostile import Authority
from instance import Instance, eventually, free_port_base, plain, release

HERE = "gp@chu.test"


class World:
    """One Pli, and one other operator: {kind}.test at 127.0.2.1."""

    def __init__(self, kind, module, cls):
        self.unknown = getattr(module, "UNKNOWN", "550 5.1.1")  # how it refuses a recipient that is not there
        self.domain, self.base, self.dns, self.inst, self.peer = f"{kind}.test", free_port_base(), Dns(), None, None
        try:
            self.inst = Instance(serve=False)
            self.ca = Authority(self.inst.dir)
            self.dns.mx(self.domain, f"mx.{self.domain}", 10, "127.0.2.1")
            self.dns.start()
            pem, both = self.ca.issue(f"mx.{self.domain}"), self.inst.root / "anchors.pem"
            both.write_text((self.inst.root / "ca.pem").read_text() + self.ca.pem.read_text())
            with open(self.inst.root / "pli.conf", "a") as f:
                f.write(f'smtpd {{\n peer_anchors = "{both}"\n}}\nrelayd {{\n port = {self.base + 25}\n resolver = "{self.dns.address}"\n'
                        " local_peers = yes\n retry_first = 1s\n retry_max = 2s\n}\n")
            self.inst.serve()
            self.inst.add(HERE)
            self.inst.pli("trust", "add", self.domain, "--dn", f"CN=mx.{self.domain},O=Essais,C=FR")
            self.peer = cls("localhost", self.inst.port("smtp"), self.inst.root / "ca.pem", pem, name=f"mx.{self.domain}",
                            door=("127.0.2.1", self.base + 25))
        except BaseException:
            self.close()
            raise

    def close(self):
        try:
            if self.peer:
                self.peer.close()
        finally:
            if self.inst:
                self.inst.close()
            self.dns.close()
            release(self.base)


@pytest.fixture(scope="module", params=[("postfix", postfix, postfix.Postfix), ("exim", exim, exim.Exim), ("opensmtpd", opensmtpd, opensmtpd.OpenSmtpd)],
                ids=["postfix", "exim", "opensmtpd"])
def world(request):
    kind, module, cls = request.param
    if module.usable() is not None:
        pytest.skip(module.usable())
    w = World(kind, module, cls)
    yield w
    w.close()


def received(world, subject):
    return [m for m in world.peer.mail() if f"Subject: {subject}\n".encode() in m.replace(b"\r\n", b"\n")]


def test_a_letter_leaves_whole_and_signed(world, tmp_path):
    """The octets that the other server keeps are those that a recipient here has: signed, with every line as it was."""
    body = "Bonjour.\r\n.\r\n..deux points\r\n" + "é" * 400 + "\r\n" + "Une ligne.\r\n" * 3000
    text = plain("depart", HERE, "dr@" + world.domain, body=body,
                 extra="MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n")
    text = text.decode("latin-1").encode("latin-1")
    world.inst.submit(HERE, [HERE, "dr@" + world.domain], text)
    (there,) = eventually(lambda: received(world, "depart"), 60)
    (here,) = [m for m in world.inst.fetch_all(HERE) if b"Subject: depart\r\n" in m]
    mine = here[here.index(b"Received: "):]
    assert there.replace(b"\r\n", b"\n").endswith(mine.replace(b"\r\n", b"\n"))
    assert there.lower().count(b"return-path: <gp@chu.test>") == 1
    kept = tmp_path / "kept.eml"
    kept.write_bytes(there.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    verdict = world.inst.json("cert", "verify", str(kept))
    assert verdict["verdict"] == "pass", verdict
    eventually(lambda: world.inst.json("queue", "list") == [])


def test_its_story_is_told(world):
    text = plain("histoire", HERE, "dr@" + world.domain)
    world.inst.submit(HERE, ["dr@" + world.domain], text)
    eventually(lambda: received(world, "histoire"), 60)
    mid = re.search(rb"Message-ID: (<[^>]*>)", text).group(1).decode()
    (m,) = eventually(lambda: [m for m in world.inst.json("trace", mid)["messages"] if any(e["event"] == "relayed" for e in m["events"])])
    last = [e for e in m["events"] if e["event"] == "relayed"][0]
    assert last["fields"]["host"] == "mx." + world.domain and last["fields"]["code"] == "250" and last["fields"]["tls"].startswith("TLS1.3")
    assert f"remis pour dr@{world.domain} à mx.{world.domain} (127.0.2.1)" in last["text"] and m["queue"] == []


def test_an_unknown_recipient_comes_back_as_a_report(world):
    world.inst.submit(HERE, ["unknown@" + world.domain, "dr@" + world.domain], plain("a deux", HERE, "dr@" + world.domain))
    eventually(lambda: received(world, "a deux"), 60)
    (report,) = eventually(lambda: [m for m in world.inst.fetch_all(HERE) if b"report-type=delivery-status" in m.replace(b'"', b"")], 60)
    assert re.search(rb"^Final-Recipient: rfc822; ?unknown@" + world.domain.encode(), report, re.M | re.I)
    status = world.unknown.split()[1]
    assert re.search(rb"^Status: " + re.escape(status.encode()), report, re.M) and world.unknown.encode() in report
    assert b"dr@" + world.domain.encode() not in report.split(b"message/rfc822-headers")[0].split(b"text/rfc822-headers")[0].split(b"delivery-status")[-1]
    eventually(lambda: world.inst.json("queue", "list") == [])
    mid = re.search(r" mid=(\w+) .*ev=relay-failed ", world.inst.output()).group(1)
    (story,) = world.inst.json("trace", mid)["messages"]
    told = [e["event"] for e in story["events"] if e["process"] == "relayd"]
    assert told.count("report") == 1 and "relay-failed" in told and "relayed" in told
    own = next(e for e in story["events"] if e["event"] == "report")["fields"]["report"]
    (of_report,) = world.inst.json("trace", own)["messages"]
    assert of_report["complete"] and [e["event"] for e in of_report["events"]][0] in ("report", "stored")


def test_a_letter_comes_in_with_its_certificate(world):
    sender = "dr@" + world.domain
    world.peer.inject(sender, [HERE], plain("retour", sender, HERE, body="Bonjour.\r\n.\r\n..\r\n"))
    (got,) = eventually(lambda: [m for m in world.inst.fetch_all(HERE) if b"Subject: retour\r\n" in m], 60)
    assert got.endswith(b"Bonjour.\r\n.\r\n..\r\n") and got.startswith(b"Return-Path: <" + sender.encode() + b">\r\n")
    (line,) = [x for x in world.inst.output().splitlines() if " ev=message-taken " in x and f"from={sender} " in x]
    assert f"dn=CN=mx.{world.domain}" in line and "tls=TLS1.3" in line


def test_a_letter_of_2_mb_leaves_whole(world):
    text = plain("grand", HERE, "dr@" + world.domain, body="Une ligne de texte, ni plus ni moins que cela.\r\n" * 42000)
    world.inst.submit(HERE, ["dr@" + world.domain], text)
    (there,) = eventually(lambda: received(world, "grand"), 90)
    assert there.replace(b"\r\n", b"\n").count(b"Une ligne de texte, ni plus ni moins que cela.\n") == 42000
