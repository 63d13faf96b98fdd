# SPDX-License-Identifier: EUPL-1.2
"""Two Pli instances as two operators that trust each other: their authorities, their DNs, their MX in a private DNS.

    with Operators() as (a, b):
        a.submit("hosp@a.test", ["gp@b.test"], message)
"""
import contextlib
import subprocess

from dns import Dns
from instance import Instance


def subject(pem):
    """The DN of the first certificate of a PEM file, RFC 4514."""
    return subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-subject", "-nameopt", "RFC2253"], capture_output=True, text=True,
                          check=True).stdout.strip().removeprefix("subject=")


class Operators:
    """a.test and b.test, or another b_domain. conf: lines for both; conf_a, conf_b: for one. dns is running; names may be added before start() again."""

    def __init__(self, conf=(), conf_a=(), conf_b=(), accounts=("hosp@a.test", "gp@b.test"), trust=True, dns=None, build=None, b_domain="b.test"):
        self.stack = contextlib.ExitStack()
        try:
            self.dns = self.stack.enter_context(dns or Dns())
            self.a, self.b = (self.stack.enter_context(Instance(d, serve=False, build=build)) for d in ("a.test", b_domain))
            for d in ("a.test", b_domain.encode("idna").decode()):
                self.dns.mx(d, f"mail.{d}")
            self.dns.start()
            anchors = (self.a.root / "ca.pem").read_text() + (self.b.root / "ca.pem").read_text()
            for me, other, mine in ((self.a, self.b, conf_a), (self.b, self.a, conf_b)):
                (me.root / "anchors.pem").write_text(anchors)
                with open(me.root / "pli.conf", "a") as f:
                    f.write(f'smtpd {{\n peer_anchors = "{me.root}/anchors.pem"\n}}\nrelayd {{\n port = {other.port("smtp")}\n'
                            f' resolver = "{self.dns.address}"\n local_peers = yes\n retry_first = 1s\n retry_max = 2s\n}}\n')
                    f.write("".join(line + "\n" for line in (*conf, *mine)))
                me.serve()
            for address in accounts:
                self.of(address).add(address)
            if trust:
                self.trust()
        except BaseException:
            self.stack.close()
            raise

    def of(self, address):
        return self.a if address.endswith("@a.test") else self.b

    def trust(self):
        for me, other in ((self.a, self.b), (self.b, self.a)):
            self.trust_one(me, other)

    def trust_one(self, me, other):
        for dn in sorted({subject(other.root / "tls" / name) for name in ("server.pem", "server-ec.pem")}):
            me.pli("trust", "add", other.domain, "--dn", dn)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()
