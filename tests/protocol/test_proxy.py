# SPDX-License-Identifier: EUPL-1.2
"""PROXY protocol v2: from the addresses that are set, and from no other; before anything else, TLS included; the client it names is who is counted and
logged."""
import imaplib
import re
import smtplib
import ssl
import time

import pytest
from instance import PASSWORD, Instance, eventually, plain
from proxy import LOCAL, SIGNATURE, connect, header, lines, tlv

SMTP, IMAP = ("smtp", "submission"), ("imap",)
TLS = ("submissions", "imaps")


@pytest.fixture(scope="module")
def inst():
    """The proxy is 127.0.0.1; ::1 is a peer like any other."""
    with Instance(every_address=True, conf=['smtpd {\n proxy_from = "127.0.0.0/8"\n max_sessions_per_address = 3\n}', 'imapd {\n proxy_from = "127.0.0.1, 192.0.2.0/24"\n}']) as pli:
        pli.add("gp@chu.test", sign="never")
        pli.cert = pli.trust_operator("load.test")
        yield pli


def greeting(inst, service, first, host="127.0.0.1"):
    """The first line that the service says behind those octets."""
    with connect(inst.port(service), first, host) as s:
        if service not in TLS:
            return lines(s)
        try:
            with inst.tls().wrap_socket(s, server_hostname="localhost") as t:
                return lines(t)
        except (ssl.SSLError, ConnectionError):
            return b""


def well(service, said):
    return said.startswith(b"220 " if service in (*SMTP, "submissions") else b"* OK ")


def logged(inst, client, port, service):
    ev = "connect" if service.startswith("imap") else "connected"
    return re.search(rf"ev={ev} peer={re.escape(client)} port={port} .*proxy=127\.0\.0\.1", inst.output())


CLIENTS = {"IPv4": ("192.0.2.7", b""), "IPv6": ("2001:db8::7", b""), "TLVs": ("192.0.2.8", tlv(4, b"") + tlv(0x30, b"netns"))}


@pytest.mark.parametrize("service", [*SMTP, *IMAP, *TLS])
@pytest.mark.parametrize("name", CLIENTS)
def test_the_client_it_names(inst, service, name):
    client, tlvs = CLIENTS[name]
    port = 40000 + hash((service, name)) % 20000
    assert well(service, greeting(inst, service, header(client, port, tlvs=tlvs)))
    eventually(lambda: logged(inst, client, port, service))


@pytest.mark.parametrize("service", [*SMTP, *IMAP, *TLS])
@pytest.mark.parametrize("first", [header(None, command=LOCAL), header("192.0.2.9", command=LOCAL), header(None)], ids=["LOCAL", "LOCAL with addresses", "no family"])
def test_the_proxy_speaks_for_itself(inst, service, first):
    assert well(service, greeting(inst, service, first))


def test_mapped_ipv4_is_ipv4(inst):
    assert well("smtp", greeting(inst, "smtp", header("::ffff:192.0.2.55", 4242)))
    eventually(lambda: logged(inst, "192.0.2.55", 4242, "smtp"))


V4 = header("192.0.2.7")
BAD = {
    "nothing of it": b"EHLO client.test\r\n", "version 1": b"PROXY TCP4 192.0.2.7 10.0.0.1 50000 25\r\n", "version 3": V4[:12] + b"\x31" + V4[13:],
    "command 2": V4[:12] + b"\x22" + V4[13:], "datagram": header("192.0.2.7", family=0x12), "Unix socket": header("192.0.2.7", family=0x31),
    "IPv6 with IPv4's length": header("192.0.2.7", family=0x21), "length beyond bounds": V4[:14] + b"\xff\xff" + V4[16:] + b"x" * 4000,
    "cut TLV": header("192.0.2.7", tlvs=b"\4\0\11x"), "signature off by one": SIGNATURE[:-1] + b"\r" + V4[12:],
    "TLS hello": bytes.fromhex("1603010200010001fc0303") + b"x" * 40,
}


@pytest.mark.parametrize("service", ["smtp", "submissions", "imap", "imaps"])
@pytest.mark.parametrize("name", BAD)
def test_malformed_ends_the_connection(inst, service, name):
    """Without a word to the peer, and with one line in the log."""
    before = inst.output().count("ev=proxy-refused")
    with connect(inst.port(service), BAD[name]) as s:
        assert lines(s) == b""
    eventually(lambda: inst.output().count("ev=proxy-refused") > before)
    line = [ln for ln in inst.output().splitlines() if "ev=proxy-refused" in ln][-1]
    assert inst.output().count("ev=proxy-refused") == before + 1 and "peer=127.0.0.1" in line and "cause=" in line, line


@pytest.mark.parametrize("service", ["smtp", "imap"])
@pytest.mark.parametrize("first", [b"", V4[:5], V4[:20]], ids=["nothing", "part of the head", "part of the addresses"])
def test_it_has_a_deadline_of_its_own(inst, service, first):
    """Five seconds, though a client has a minute to sign in."""
    began = time.monotonic()
    with connect(inst.port(service), first) as s:
        assert lines(s) == b""
    assert 4 < time.monotonic() - began < 40


@pytest.mark.parametrize("service", [*SMTP, *IMAP])
def test_from_another_address_it_is_no_command(inst, service):
    with connect(inst.port(service), b"", "::1") as s:
        assert well(service, lines(s))
        s.sendall(header("192.0.2.7") + b"\r\n")
        said = s.recv(4096)
    assert said[:4] in (b"500 ", b"* BA"), said
    assert well(service, greeting(inst, service, b"", "::1"))


def test_octet_by_octet_and_nothing_beyond(inst):
    """A header that trickles; and the TLS hello right behind it in one segment is TLS's."""
    with connect(inst.port("smtp")) as s:
        for i in range(len(V4)):
            s.sendall(V4[i:i + 1])
        assert lines(s).startswith(b"220 ")
    s = connect(inst.port("submissions"))
    inn, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    t = inst.tls().wrap_bio(inn, out, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        t.do_handshake()
    s.sendall(V4 + out.read())
    while True:
        try:
            t.do_handshake()
            break
        except ssl.SSLWantReadError:
            s.sendall(out.read())
            inn.write(s.recv(65536))
    s.sendall(out.read())
    while True:
        try:
            assert t.read(4) == b"220 "
            break
        except ssl.SSLWantReadError:
            inn.write(s.recv(65536))
    s.close()


def test_commands_behind_it_are_an_early_talker(inst):
    assert greeting(inst, "smtp", V4 + b"EHLO client.test\r\n").startswith(b"554 5.5.0")


class Through(smtplib.SMTP):
    """A client behind a proxy."""
    client = "192.0.2.7"

    def _get_socket(self, host, port, timeout):
        return connect(port, header(self.client), "127.0.0.1", timeout)


def through(inst, service="submission", client="192.0.2.7", pem=None):
    kind = type("Client", (Through,), {"client": client})
    s = kind("localhost", inst.port(service), "client.test", timeout=60)
    s.starttls(context=inst.tls(pem))
    s.ehlo()
    return s


def test_a_letter_through_it(inst):
    """Both directions; trace fields and the log name the client, not the proxy."""
    with through(inst, client="192.0.2.31") as s:
        s.login("gp@chu.test", PASSWORD)
        s.sendmail("gp@chu.test", ["gp@chu.test"], plain("par le proxy", "gp@chu.test", "gp@chu.test"))
    got = inst_box(inst)
    assert b"Subject: par le proxy" in got[-1] and b"192.0.2.31" in got[-1].split(b"\r\n\r\n")[0]
    with through(inst, "smtp", "2001:db8::31", inst.cert) as s:
        s.sendmail("a@load.test", ["gp@chu.test"], plain("d'ailleurs", "a@load.test", "gp@chu.test"))
    assert b"2001:db8::31" in inst_box(inst)[-1].split(b"\r\n\r\n")[0]
    assert re.search(r"ev=signed-in account=gp@chu.test peer=192\.0\.2\.31", inst.output())


def inst_box(inst):
    ctx = inst.tls()

    class Box(imaplib.IMAP4):
        def _create_socket(self, timeout=None):
            return ctx.wrap_socket(connect(inst.port("imaps"), header("192.0.2.32")), server_hostname="localhost")
    with Box("localhost", inst.port("imaps"), 60) as m:
        m.login("gp@chu.test", PASSWORD)
        n = int(m.select("INBOX", readonly=True)[1][0])
        return [x[1] for x in m.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(x, tuple)] if n else []


def test_places_are_the_clients(inst):
    """Three sessions an address: a fourth client's fourth is told so, while another address comes through the same proxy."""
    open_ = [through(inst, "smtp", "198.51.100.1") for _ in range(3)]
    with connect(inst.port("smtp"), header("198.51.100.1")) as s:
        assert lines(s).startswith(b"421 4.7.0")
    with connect(inst.port("submissions"), header("198.51.100.1")) as s:
        assert lines(s) == b""
    eventually(lambda: re.search(r"ev=session-refused peer=198\.51\.100\.1 proxy=127\.0\.0\.1 why=address-full", inst.output()))
    more = [through(inst, "smtp", f"198.51.100.{n}") for n in range(2, 8)]
    for s in open_[:1]:
        s.quit()
    eventually(lambda: greeting(inst, "smtp", header("198.51.100.1")).startswith(b"220 "))
    for s in open_[1:] + more:
        s.close()


def test_without_the_setting_nobody_may():
    with Instance() as pli, connect(pli.port("smtp")) as s:
        assert lines(s).startswith(b"220 ")
        s.sendall(V4)
        assert lines(s).startswith(b"500 ")
