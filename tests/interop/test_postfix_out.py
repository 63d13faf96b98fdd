# SPDX-License-Identifier: EUPL-1.2
"""A real server as the operator that we send to: a private Postfix takes relayd's mail over mutual TLS, files it in a maildir, and says what it saw."""
import base64
import email
import hashlib
import os
import pathlib
import random
import subprocess
import tempfile

import dns
import postfix
import pytest
from instance import Instance, children, eventually, plain

ME, THERE = "gp@chu.test", "secretariat@load.test"
pytestmark = pytest.mark.skipif((postfix.usable() or dns.usable()) is not None, reason=str(postfix.usable() or dns.usable()))


class Pair:
    """One instance and one Postfix for load.test. more: lines of main.cf."""

    def __init__(self, more=(), build=None, relayd=()):
        self.dns = dns.Dns()
        self.pli = Instance(serve=False, build=build)
        self.pli.serve()
        pem = self.pli.trust_operator("load.test")
        names = subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-ext", "subjectAltName"], capture_output=True, text=True, check=True).stdout
        self.host = names.split("DNS:")[1].split(",")[0].strip()
        self.dns.mx("load.test", self.host).start()
        self.mx = postfix.Postfix("localhost", self.pli.port("smtp"), self.pli.ca, pem, name="mx.load.test", more=[
            "transport_maps =", "smtpd_tls_security_level = encrypt", "smtpd_tls_cert_file = $smtp_tls_cert_file", "smtpd_tls_key_file = $smtp_tls_key_file",
            "smtpd_tls_CAfile = $smtp_tls_CAfile", "smtpd_tls_req_ccert = yes", "smtpd_tls_loglevel = 1", "smtpd_tls_received_header = yes",
            "virtual_mailbox_domains = load.test", "virtual_mailbox_maps = static:all/", "virtual_transport = virtual", "virtual_minimum_uid = 100",
            "virtual_uid_maps = static:65534", "virtual_gid_maps = static:65534", "message_size_limit = 60000000", "virtual_mailbox_limit = 0",
            "virtual_mailbox_base = $queue_directory/../box", *more])
        self.box = self.mx.dir / "box"
        self.box.mkdir()
        os.chown(self.box, 65534, 65534)
        self.pli.stop()
        with open(self.pli.root / "pli.conf", "a") as f:
            f.write(f'relayd {{\n port = {self.mx.port}\n resolver = "{self.dns.address}"\n local_peers = yes\n retry_first = 1s\n retry_max = 2s\n' +
                    "".join(f" {line}\n" for line in relayd) + "}\n")
        self.pli.serve()
        self.pli.add(ME)

    def arrived(self, subject):
        """The message of that subject, with CRLF, without what Postfix has put on top; when it is there."""
        for p in sorted((self.box / "all" / "new").glob("*")):
            octets = p.read_bytes().replace(b"\n", b"\r\n")
            if b"\r\nSubject: " + subject.encode() + b"\r\n" in octets:
                return octets
        return None

    def close(self):
        self.mx.close()
        self.pli.close()
        self.dns.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


WAYS = {
    "bdat": [],
    "data": ["smtpd_discard_ehlo_keywords = chunking"],
    "one-by-one": ["smtpd_discard_ehlo_keywords = chunking, pipelining"],
    "tls12": ["smtpd_tls_protocols = >=TLSv1.2, <=TLSv1.2", "smtpd_tls_mandatory_protocols = >=TLSv1.2, <=TLSv1.2"],
}


def verified(octets, ca):
    """What the signature covers, once openssl has verified it."""
    with tempfile.TemporaryDirectory() as d:
        m, out = pathlib.Path(d) / "m", pathlib.Path(d) / "out"
        m.write_bytes(octets)
        r = subprocess.run(["openssl", "cms", "-verify", "-in", m, "-CAfile", ca, "-purpose", "any", "-out", out], capture_output=True, text=True)
        assert r.returncode == 0, r.stderr
        return out.read_bytes()


def blob(n):
    return random.Random(7).randbytes(n)


def with_file(subject, octets):
    text = base64.encodebytes(octets).replace(b"\n", b"\r\n").decode()
    head = f"From: {ME}\r\nTo: {THERE}\r\nSubject: {subject}\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{subject}@chu.test>\r\nMIME-Version: 1.0\r\n"
    return (head + 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n.\r\n..\r\n. point\r\n.fin\r\n'
            '--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n' + text + "--b--\r\n").encode()


@pytest.mark.parametrize("way", WAYS)
def test_postfix_takes_our_mail(way):
    """Small and large, dots at the start of lines: the octets and the signature arrive whole, and Postfix has verified our certificate."""
    with Pair(WAYS[way]) as p:
        file = blob(700_000)
        p.pli.submit(ME, [THERE], with_file("petit", b"abc"))
        p.pli.submit(ME, [THERE], with_file("grand", file))
        for subject, octets in (("petit", b"abc"), ("grand", file)):
            got = eventually(lambda: p.arrived(subject), 90)
            inner = email.message_from_bytes(verified(got, p.pli.ca))
            text, part = inner.get_payload()
            assert part.get_payload(decode=True) == octets
            assert text.get_payload().replace("\r\n", "\n").startswith(".\n..\n. point\n.fin")
        said = p.mx.log()
        assert "Trusted TLS connection established from" in said and "Untrusted" not in said and "Anonymous" not in said
        assert ("TLSv1.2" in said) == (way == "tls12")


def test_a_large_message_costs_little_memory():
    """5 MB: while Postfix keeps us waiting for its reply, the session has had all octets through its hands. Its peak is far below the message."""
    if not (pathlib.Path(__file__).resolve().parents[2] / "build/bin/pli-relayd").exists():
        pytest.skip("no release build")
    with Pair(["smtpd_end_of_data_restrictions = sleep 6, permit"], build="build") as p:
        file = blob(5_000_000)
        p.pli.submit(ME, [THERE], with_file("cinq", file))
        pid = eventually(lambda: session_of(p.pli), 60)
        peak = last_peak(pid)
        part = email.message_from_bytes(verified(eventually(lambda: p.arrived("cinq"), 90), p.pli.ca)).get_payload()[1]
        assert hashlib.sha256(part.get_payload(decode=True)).digest() == hashlib.sha256(file).digest()
        print(f"session's memory for 7 MB on the wire: peak {peak['VmHWM']} KB resident, {peak['Pss']} KB proportional, {peak['Private_Dirty']} KB its own")
        assert peak["Private_Dirty"] < 4000 and peak["VmHWM"] < 24000


def session_of(pli):
    below = children(pli.proc.pid)
    relayd = {pid: ppid for pid, (name, ppid) in below.items() if name == "pli-relayd"}
    deep = [pid for pid, ppid in relayd.items() if relayd.get(ppid) in relayd]
    return deep[0] if deep else None


def last_peak(pid):
    """The figures of a process when it ends, or as near to that as we see."""
    seen = {}
    while True:
        try:
            rows = open(f"/proc/{pid}/status").read() + open(f"/proc/{pid}/smaps_rollup").read()
        except OSError:
            return seen
        for row in rows.splitlines():
            name, _, value = row.partition(":")
            if value.strip().endswith("kB"):
                seen[name] = max(seen.get(name, 0), int(value.split()[0]))
