# SPDX-License-Identifier: EUPL-1.2
"""Other operators' servers whose certificate is revoked, or of which nobody can say whether it is: on the way out. The authority, its list on the web and the
servers are the test's. Nothing of a letter is said to such a server; the letter waits, and who has to know is told; when it is over, the letter goes.
"""
import datetime
import json
import re

import pytest
from authority import Authority, Web, pem
from dns import Dns
from hostile import Hostile
from instance import Instance, eventually, free_port_base, plain, release
from rows import ROWS

SENDER = "gp@chu.test"
SECONDS = datetime.timedelta(seconds=1)
# the certificate is revoked, then no longer; is revoked, then replaced; nobody has the list, then the administrator brings it
DOMAINS = {"rendu": "peer-revoked", "renouvele": "peer-revoked", "inconnu": "peer-unchecked"}


class World:
    def __init__(self):
        self.base, self.dns, self.web, self.peers, self.inst = free_port_base(), Dns(), Web(), {}, None
        try:
            self.inst = Instance(serve=False)
            self.port = self.base + 25
            # each has an authority of its own, which is an anchor: one list to be had
            self.ca = {name: Authority(f"AC {name}") for name in DOMAINS}
            self.cert = {}
            for n, (name, ca) in enumerate(self.ca.items()):
                self.dns.mx(f"{name}.test", f"mx.{name}.test", 10, f"127.0.3.{n + 1}")
                self.peers[name] = Hostile(f"127.0.3.{n + 1}", self.port, self.certificate(name), self.inst.root / "ca.pem")
                self.web.pages[f"/{name}.crl"] = 503
            for name in ("rendu", "renouvele"):
                self.ca[name].revoke(self.cert[name])
            # the web has one for some seconds only: the next one is fetched when it ends
            self.short = self.ca["rendu"].crl(ends=25 * SECONDS)
            self.web.pages["/rendu.crl"] = self.short
            self.web.pages["/renouvele.crl"] = self.ca["renouvele"].crl()
            self.dns.start()
            self.serve()
        except BaseException:
            self.close()
            raise

    def certificate(self, name):
        """Another one of that operator: the same name, another number."""
        path = self.inst.dir / f"{name}.pem"
        self.cert[name] = self.ca[name].issue(path, {"C": "FR", "O": "Essais", "CN": f"mx.{name}.test"}, cdp=self.web.url(f"/{name}.crl"), dns=[f"mx.{name}.test"])
        return path

    def serve(self):
        inst, anchors = self.inst, self.inst.root / "anchors.pem"
        anchors.write_bytes((inst.root / "ca.pem").read_bytes() + b"".join(pem(ca.cert) for ca in self.ca.values()))
        with open(inst.root / "pli.conf", "a") as f:
            f.write(f'smtpd {{\n peer_anchors = "{anchors}"\n}}\nrelayd {{\n port = {self.port}\n resolver = "{self.dns.address}"\n local_peers = yes\n'
                    " retry_first = 1s\n retry_max = 2s\n warn_after = 5s\n}\n")
        inst.serve()
        inst.add(SENDER, sign="never")
        for name in DOMAINS:
            inst.pli("trust", "add", f"{name}.test", "--dn", f"CN=mx.{name}.test,O=Essais,C=FR")
            inst.submit(SENDER, [f"dr@{name}.test"], plain(f"lettre {name}", SENDER, f"dr@{name}.test"))

    def waiting(self, name):
        return self.inst.json("queue", "list", "--domain", f"{name}.test")

    def close(self):
        try:
            if self.inst:
                self.inst.close()
        finally:
            for p in self.peers.values():
                p.close()
            self.web.__exit__()
            self.dns.close()
            release(self.base)


@pytest.fixture(scope="module")
def world():
    w = World()
    yield w
    w.close()


@pytest.mark.parametrize("name, cause", DOMAINS.items())
def test_the_letter_waits_and_who_must_know_is_told(world, name, cause):
    inst, (_, esc, text) = world.inst, ROWS[cause]
    french, english = text.split(" / ")
    row, = eventually(lambda: [r for r in world.waiting(name) if r["last_error"]], 60)
    assert (row["state"], row["last_error"]["cause"], row["last_error"]["esc"]) == ("waiting", cause, esc)
    shown = inst.pli("queue", "show", str(row["id"]))
    assert cause in shown and "waiting" in shown
    alarm = eventually(lambda: [ln for ln in inst.output().splitlines() if " ev=relay-alarm " in ln and f"domain={name}.test" in ln])[0]
    assert f"why={cause} " in alarm and (r"revoked\x2020" in alarm if cause == "peer-revoked" else "503" in alarm), alarm
    assert re.search(rf"warn +destination +mail for {name}.test waits \(1 recipients\): {re.escape(text)}", inst.pli("doctor", check=False).stdout)
    report = eventually(lambda: [m for m in inst.fetch_all(SENDER) if b"Subject: " in m and b"delivery-status" in m and f"dr@{name}.test".encode() in m], 60)[0]
    assert re.search(rb"(?m)^Action: delayed\r$", report) and re.search(rf"(?m)^Status: {re.escape(esc)}\r$".encode(), report), report.decode()
    words = report.decode("utf-8", "replace")
    assert french.split(" revo")[0][:30] in words and english[:30] in words, words
    peer = world.peers[name]
    assert peer.said("ehlo") > 0 and peer.said("mail") == 0 and not peer.letters


def gone(world, name):
    """It has left, whole, and was taken once."""
    eventually(lambda: not world.waiting(name), 90)
    letter, = world.peers[name].letters
    assert f"Subject: lettre {name}\r\n".encode() in letter["data"]
    assert any(" ev=relayed " in ln and f"domain={name}.test" in ln for ln in world.inst.output().splitlines())


def test_no_longer_revoked(world):
    """The authority takes it back (a hold, RFC 5280 5.3.1), and trustd has its next list by itself."""
    world.ca["rendu"].revoked.clear()
    world.web.pages["/rendu.crl"] = world.ca["rendu"].crl(begins=-SECONDS)
    gone(world, "rendu")
    assert world.web.asked["/rendu.crl"] >= 2  # more often when the short one ended before the next was there


def test_another_certificate(world):
    path = world.certificate("renouvele")
    world.peers["renouvele"].ctx.load_cert_chain(str(path))
    gone(world, "renouvele")
    assert world.web.asked["/renouvele.crl"] == 1


def test_the_administrator_brings_the_list(world):
    assert world.web.asked["/inconnu.crl"] <= 2, "an address that fails is left alone"
    path = world.inst.dir / "inconnu.crl"
    path.write_bytes(world.ca["inconnu"].crl())
    assert json.loads(world.inst.pli("trust", "crl", str(path), "--json"))["revoked"] == 0
    gone(world, "inconnu")
    assert not re.search("destination +mail for", world.inst.pli("doctor", check=False).stdout)
