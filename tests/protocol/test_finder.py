# SPDX-License-Identifier: EUPL-1.2
"""relayd's finder against a real DNS server and against one that answers wrongly: which host and address it connects to, and what it says when it cannot."""
import contextlib
import re
import select
import socket
import subprocess
import threading
import time

import dns
import instance
import pytest

pytestmark = pytest.mark.skipif(dns.usable() is not None, reason=str(dns.usable()))
TOOL = instance.build_dir() / "test/tests/lib/find_host"


class Answer:
    def __init__(self, line):
        self.domain, self.result, self.host, self.ip, cand, ms, self.text = line.split("\t")
        self.candidate, self.ms = int(cand), int(ms)


def find(where, questions, port, **settings):
    """The answers to (domain, after) or domain, in the order of the questions."""
    given = {"relayd.resolver": where, "relayd.port": port, "relayd.local_peers": "yes", "instance.hostname": "own.test", **settings}
    asks = [q if isinstance(q, tuple) else (q, 0) for q in questions]
    r = subprocess.run([TOOL, *(f"{k}={v}" for k, v in given.items())], input="".join(f"{d} {a}\n" for d, a in asks), capture_output=True, text=True, timeout=180)
    assert r.returncode == 0 and "Sanitizer" not in r.stderr, r.stderr
    got = [Answer(x) for x in r.stdout.splitlines()]
    assert len(got) == len(asks)
    return sorted(got, key=lambda a: [d for d, _ in asks].index(a.domain)) if len({d for d, _ in asks}) == len(asks) else got


def take_all(listeners, stop):
    while select.select([*listeners, stop], [], [])[0] != [stop]:
        for s in listeners:
            with contextlib.suppress(OSError):
                s.accept()[0].close()


@pytest.fixture(scope="module")
def port():
    """One port, open on four addresses of the loopback interface; connections are taken and closed."""
    with contextlib.ExitStack() as stack:
        listeners, number = [], 0
        for host in ("127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"):
            s = stack.enter_context(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET))
            try:
                s.bind((host, number))
            except OSError:
                assert host == "::1"        # a machine without IPv6
                continue
            s.listen(500)
            s.setblocking(False)
            number = s.getsockname()[1]
            listeners.append(s)
        near, far = map(stack.enter_context, socket.socketpair())
        thread = threading.Thread(target=take_all, args=(listeners, far))
        thread.start()
        yield number
        near.close()
        thread.join(20)


@pytest.fixture(scope="module")
def zone():
    with dns.Dns() as d:
        d.mx_alone("two.test", "b.two.test", 20).mx_alone("two.test", "a.two.test", 10)
        d.host("a.two.test", "127.0.0.2").host("b.two.test", "127.0.0.3")
        d.host("nomx.test", "127.0.0.2")
        d.null_mx("null.test")
        d.nothing("nothing.test")
        d.mx_alone("dead.test", "x.dead.test", 5).mx_alone("dead.test", "y.dead.test", 10)
        d.host("x.dead.test", "127.0.0.9").host("y.dead.test", "127.0.0.4")       # nobody listens on .9
        d.mx_alone("alldead.test", "x.dead.test", 5)
        d.cname("alias.test", "two.test")
        d.mx_alone("mxalias.test", "cn.mxalias.test", 5).cname("cn.mxalias.test", "b.two.test")
        d.mx_alone("lost.test", "gone.lost.test", 5)
        d.mx_alone("equal.test", "e2.test", 10).mx_alone("equal.test", "e3.test", 10).mx_alone("equal.test", "e4.test", 10)
        for n in (2, 3, 4):
            d.host(f"e{n}.test", f"127.0.0.{n}")
        d.mx_alone("self.test", "own.test", 10).mx_alone("self.test", "worse.self.test", 20).host("own.test", "127.0.0.2").host("worse.self.test", "127.0.0.3")
        d.mx_alone("backup.test", "OWN.test", 20).mx_alone("backup.test", "better.test", 10).host("better.test", "127.0.0.4")
        d.mx_alone("linklocal.test", "ll.test", 5).host("ll.test", "169.254.1.1", "fe80::1")
        d.mx_alone("mapped.test", "m.test", 5).host("m.test", "::ffff:127.0.0.2")
        d.mx_alone("zero.test", "z.test", 5).host("z.test", "0.0.0.0")
        d.mx_alone("six.test", "six.host.test", 5).host("six.host.test", "::1")
        d.rr("rootandmore.test", dns.MX, b"\0\0" + dns.name("."))
        d.rr("rootandmore.test", dns.MX, b"\0\5" + dns.name("a.two.test"))
        yield d.start()


@pytest.mark.parametrize("domain, result, host, ip", [
    ("two.test", "connected", "a.two.test", "127.0.0.2"),
    ("TWO.test", "connected", "a.two.test", "127.0.0.2"),
    ("nomx.test", "connected", "nomx.test", "127.0.0.2"),
    ("null.test", "null-mx", "", ""),
    ("nothing.test", "no-address", "", ""),
    ("not.there.test", "no-domain", "", ""),
    ("dead.test", "connected", "y.dead.test", "127.0.0.4"),
    ("alldead.test", "unreachable", "x.dead.test", "127.0.0.9"),
    ("mxalias.test", "connected", "cn.mxalias.test", "127.0.0.3"),
    ("lost.test", "no-address", "", ""),
    ("self.test", "unreachable", "", ""),
    ("backup.test", "connected", "better.test", "127.0.0.4"),
    ("linklocal.test", "unreachable", "ll.test", None),
    ("mapped.test", "unreachable", "m.test", "::ffff:127.0.0.2"),
    ("zero.test", "unreachable", "z.test", "0.0.0.0"),
    ("rootandmore.test", "connected", "a.two.test", "127.0.0.2"),
    ("a..b.test", "no-domain", "", ""),
    ("x" * 64 + ".test", "no-domain", "", ""),
    ("a\\.b.test", "no-domain", "", ""),
    (".".join(["abcdefg"] * 31), "no-domain", "", ""),
])
def test_one(zone, port, domain, result, host, ip):
    (a,) = find(zone.address, [domain], port)
    assert (a.result, a.host) == (result, host), a.text
    assert ip is None or a.ip == ip
    assert (a.text == "") == (result == "connected")


def test_a_failure_names_host_and_address(zone, port):
    assert find(zone.address, ["alldead.test"], port)[0].text == "x.dead.test [127.0.0.9]: Connection refused"
    assert "this server itself" in find(zone.address, ["self.test"], port)[0].text


def test_ipv6(zone, port):
    with socket.socket(socket.AF_INET6) as s:
        try:
            s.connect(("::1", port))
        except OSError:
            pytest.skip("no IPv6 here")
    (a,) = find(zone.address, ["six.test"], port)
    assert (a.result, a.ip) == ("connected", "::1")


def test_behind_a_candidate(zone, port):
    """.after: the second best host, then no more; the number may be asked with again and means the same."""
    (first,) = find(zone.address, ["two.test"], port)
    (second,) = find(zone.address, [("two.test", first.candidate)], port)
    assert (second.result, second.host) == ("connected", "b.two.test")
    assert find(zone.address, [("two.test", second.candidate)], port)[0].result == "no-more"
    assert find(zone.address, [("two.test", first.candidate)], port)[0].host == "b.two.test"


def test_equal_hosts_take_turns_and_are_all_reached(zone, port):
    """Equal preferences: the first is a random one; behind it come the two others, each once."""
    firsts = find(zone.address, ["equal.test"] * 40, port)
    assert {a.host for a in firsts} == {"e2.test", "e3.test", "e4.test"}
    for start in {a.host: a for a in firsts}.values():
        seen, after = [start.host], start.candidate
        while (a := find(zone.address, [("equal.test", after)], port)[0]).result == "connected":
            seen.append(a.host)
            after = a.candidate
        assert a.result == "no-more" and sorted(seen) == ["e2.test", "e3.test", "e4.test"]


def test_loopback_is_refused_by_default(zone, port):
    for domain in ("two.test", "six.test"):
        (a,) = find(zone.address, [domain], port, **{"relayd.local_peers": "no"})
        assert a.result == "unreachable" and "a loopback address" in a.text


def test_bind_address(zone, port):
    with socket.socket() as s:
        s.bind(("127.0.0.5", 0))
        s.listen(5)
        with dns.Dns() as d:
            d.host("to5.test", "127.0.0.5").start()
            (a,) = find(d.address, ["to5.test"], s.getsockname()[1], **{"relayd.bind_address": "127.0.0.7 ::1"})
            assert a.result == "connected"
            c, who = s.accept()
            c.close()
            assert who[0] == "127.0.0.7"


def test_many_at_once(zone, port):
    """More questions than the finder takes at a time: all answered, none for another."""
    asked = [d for _ in range(100) for d in ("two.test", "null.test", "not.there.test", "dead.test", "nomx.test")]
    got = find(zone.address, asked, port)
    want = {"two.test": "connected", "null.test": "null-mx", "not.there.test": "no-domain", "dead.test": "connected", "nomx.test": "connected"}
    assert len(got) == 500 and all(want[a.domain] == a.result for a in got)


# ---- a server that answers wrongly ----
def good(domain, kind):
    """A zone of one host: the answer that a lie spoils."""
    return {dns.MX: [dns.record(domain, dns.MX, b"\0\5" + dns.name("mx.liar.test"))],
            dns.A: [dns.record(domain, dns.A, socket.inet_aton("127.0.0.2"))]}.get(kind, [])


def pointer_loop(domain, kind, tcp):
    body = b"\x81\x80\0\1\0\1\0\0\0\0" + dns.name(domain) + b"\0\x0f\0\1"
    at = 2 + len(body)
    return body + bytes([0xc0 | at >> 8, at & 255]) + b"\0\x0f\0\1\0\0\0\0\0\4\0\5\xc0" + bytes([at & 255])


def cname_loop(domain, kind, tcp):
    return dns.NOERROR, [dns.record(domain, dns.CNAME, dns.name("b." + domain)), dns.record("b." + domain, dns.CNAME, dns.name(domain))]


def many_mx(domain, kind, tcp):
    if kind == dns.MX:
        return dns.NOERROR, [dns.record(b"\xc0\x0c", dns.MX, bytes([p >> 8, p & 255]) + dns.name(f"h{p}.liar.test")) for p in range(1500, 0, -1)] if tcp else [], not tcp
    return dns.NOERROR, good(domain, kind)


def many_addresses(domain, kind, tcp):
    if kind == dns.A:
        return dns.NOERROR, [dns.record(b"\xc0\x0c", dns.A, bytes([127, 1, n >> 8, n & 255])) for n in range(3000)] if tcp else [], not tcp
    return dns.NOERROR, good(domain, kind)


def odd_names(*names):
    def answer(domain, kind, tcp):
        return dns.NOERROR, [dns.record(domain, dns.MX, b"\0\5" + n) for n in names] if kind == dns.MX else good(domain, kind)
    return answer


@pytest.mark.parametrize("lie, result", [
    (lambda d, k, t: (dns.SERVFAIL, []), "dns-temp"),
    (lambda d, k, t: (dns.REFUSED, []), "dns-temp"),
    (lambda d, k, t: None, "dns-temp"),
    (lambda d, k, t: b"", "dns-temp"),
    (lambda d, k, t: b"\x81\x80\0\1\0\1", "dns-temp"),
    (lambda d, k, t: b"\x81\x80\0\1\0\1\0\0\0\0" + dns.name(d) + b"\0\x0f\0\1" + b"\xff" * 40, "dns-temp"),
    (pointer_loop, "dns-temp"),
    (cname_loop, "no-address"),
    (many_mx, "connected"),
    (many_addresses, "unreachable"),
    (odd_names(b"\3a b\4test\0"), None),
    (odd_names(b"\3a/b\4test\0"), None),
    (odd_names(b"\5evil\0\4test\0"), None),
    (odd_names(b"\3a.b\4test\0", dns.name("mx.liar.test")), None),
    (lambda d, k, t: (dns.NOERROR, good(d, k)) if k == dns.MX else (dns.SERVFAIL, []), "dns-temp"),
    (lambda d, k, t: (dns.NXDOMAIN, []) if k == dns.MX else (dns.NOERROR, good(d, k)), "no-domain"),
    (lambda d, k, t: (dns.NOERROR, [dns.record(d, k, b"\1\2")]), "dns-temp"),
], ids=["servfail", "refused", "silent", "empty", "short", "garbage", "pointer loop", "cname loop", "1500 MX", "3000 addresses", "space in MX", "slash in MX",
        "NUL in MX", "dot in a label", "no addresses to be had", "nxdomain", "short rdata"])
def test_lies(port, lie, result):
    """Never a crash, a hang, or a connection that the answer does not say."""
    with dns.Liar(lie) as liar:
        (a,) = find(liar.address, ["liar.test"], port, **{"relayd.connect_timeout": "40s"})
    assert a.result in ([result] if result else ["dns-temp", "no-address", "connected"]), (a.result, a.text)
    assert not a.host or re.fullmatch(r"[A-Za-z0-9._-]+", a.host)
    if a.result == "connected":
        assert a.ip == "127.0.0.2"


def test_best_of_many_mx(port):
    with dns.Liar(many_mx) as liar:
        (a,) = find(liar.address, ["liar.test"], port)
    assert (a.result, a.host) == ("connected", "h1.liar.test")


def test_a_failure_of_a_moment_is_asked_again(port):
    """The first server answer is lost: the library asks again, and nobody hears of it."""
    lost = [True]

    def answer(domain, kind, tcp):
        if lost and lost.pop():
            return None
        return dns.NOERROR, good(domain, kind)
    with dns.Liar(answer) as liar:
        assert find(liar.address, ["liar.test"], port)[0].result == "connected"


def test_time_is_bounded(port):
    """An address that swallows everything: the whole question ends at relayd.connect_timeout."""
    def answer(domain, kind, tcp):
        return dns.NOERROR, [dns.record(domain, dns.A, socket.inet_aton("127.0.0.8"))] if kind == dns.A else []
    with socket.socket() as full:
        full.bind(("127.0.0.8", 0))
        full.listen(0)
        filler = [socket.socket() for _ in range(4)]     # its queue is full: further SYNs are dropped
        for f in filler:
            f.setblocking(False)
            with contextlib.suppress(OSError):
                f.connect(full.getsockname())
        time.sleep(0.3)
        with dns.Liar(answer) as liar:
            (a,) = find(liar.address, ["liar.test"], full.getsockname()[1], **{"relayd.connect_timeout": "3s"})
        for f in filler:
            f.close()
    assert a.result == "unreachable" and 2900 <= a.ms < 20000, (a.result, a.ms, a.text)
