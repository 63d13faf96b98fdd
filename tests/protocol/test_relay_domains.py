# SPDX-License-Identifier: EUPL-1.2
"""Mail of each domain leaves with that domain's own certificate (docs/decisions/0055): another operator, whose list names one certificate for each, takes it, and
no connection has mail of two."""
import collections
import re

import pytest
from instance import eventually, plain
from operators import Operators, subject

HOP, CAB, SEUL, VA = "hop.test", "cab.test", "seul.test", "va.test"


@pytest.fixture(scope="module")
def pair():
    with Operators() as operators:
        for d in (HOP, CAB, SEUL, VA):
            operators.a.pli("domain", "add", d)
            operators.a.add(f"ana@{d}", sign="never")
            operators.a.pli("trust", "add", d, "--dn", subject(operators.a.root / "tls" / "server-ec.pem"))
        yield operators


def certificate(pair, domain, *more):
    """Of the trial authority, which b knows: made, taken in, and the one that b's list names for that domain."""
    path = pair.a.dir / f"{domain}.pem"
    path.unlink(missing_ok=True)
    pair.a.pli("cert", "issue-trial", "--operator", domain, "--out", str(path), *more)
    pair.a.pli("cert", "import", str(path), "--domain", domain)
    dn = subject(path)
    pair.b.pli("trust", "add", domain, "--dn", dn, check=False)  # it may be there already
    return dn


def taken(pli):
    """(connection, DN, sender) of each message that b took from elsewhere."""
    return [(m[1], re.search(r" dn=(\S*)", m[0])[1], re.search(r" from=(\S*)", m[0])[1])
            for m in re.finditer(r"[^\n]* sid=(\w+) [^\n]*ev=message-taken [^\n]*", pli.output()) if " dn=CN" in m[0]]


def send(pair, sender, subject_="bonjour"):
    pair.a.submit(sender, ["gp@b.test"], plain(subject_, sender, "gp@b.test"))


def test_each_with_its_own(pair):
    dns = {HOP: certificate(pair, HOP), CAB: certificate(pair, CAB), "a.test": subject(pair.a.root / "tls" / "server-ec.pem")}
    assert len(set(dns.values())) == 3
    senders = ["hosp@a.test", f"ana@{HOP}", f"ana@{CAB}"]
    for n in range(5):
        for sender in senders:
            send(pair, sender, f"each-{n}")
    assert eventually(lambda: sum(b"Subject: each-" in m for m in pair.b.fetch_all("gp@b.test")) == 15, 60)
    seen, of_connection = [t for t in taken(pair.b) if t[2] in senders], collections.defaultdict(set)
    assert len(seen) == 15
    for sid, dn, sender in seen:
        domain = sender.split("@")[1]
        assert dn.replace("\\x20", " ").split(",")[0] == dns[domain].split(",")[0], (dn, sender)
        of_connection[sid].add(domain)
    assert all(len(domains) == 1 for domains in of_connection.values()), of_connection
    log = pair.a.output()
    assert f"domain=b.test as={HOP} host=mail.b.test" in log and f"domain=b.test as={CAB} " in log and "domain=b.test as=- host=" in log
    assert "the queue is empty" in pair.a.pli("queue", "list")


def test_without_its_own_it_is_refused_there(pair):
    """b's list gives the domain to another certificate than the instance's. What waits leaves with the certificate that is there when it leaves."""
    path = pair.a.dir / "seul.pem"
    pair.a.pli("cert", "issue-trial", "--operator", SEUL, "--out", str(path))
    pair.b.pli("trust", "add", SEUL, "--dn", subject(path))
    send(pair, f"ana@{SEUL}", "trop tot")
    assert eventually(lambda: any(b"5.7.1" in m for m in pair.a.fetch_all(f"ana@{SEUL}")), 60)
    pair.b.stop()
    send(pair, f"ana@{SEUL}", "a temps")
    eventually(lambda: "ev=relay-host" in pair.a.output(), 60)
    pair.a.pli("cert", "import", str(path), "--domain", SEUL)
    pair.b.serve()
    assert eventually(lambda: [m for m in pair.b.fetch_all("gp@b.test") if b"Subject: a temps" in m], 90)
    assert not [m for m in pair.b.fetch_all("gp@b.test") if b"Subject: trop tot" in m]


def test_replaced_and_removed_while_mail_leaves(pair):
    """Every message arrives, whichever certificate is shown for it at that moment: b's list names them all."""
    pair.b.pli("trust", "add", VA, "--dn", subject(pair.a.root / "tls" / "server-ec.pem"))
    for n in range(12):
        send(pair, f"ana@{VA}", f"va-{n}")
        if n % 4 == 1:
            certificate(pair, VA)
        if n % 4 == 3:
            pair.a.pli("cert", "remove", "--domain", VA)
    def arrived():
        return {m[1] for mail in pair.b.fetch_all("gp@b.test") if (m := re.search(rb"Subject: va-(\d+)", mail))}
    assert eventually(lambda: arrived() == {str(n).encode() for n in range(12)}, 90)
    assert eventually(lambda: "the queue is empty" in pair.a.pli("queue", "list"), 60)
