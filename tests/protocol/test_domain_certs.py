# SPDX-License-Identifier: EUPL-1.2
"""Certificates of domains (docs/decisions/0055): who asks for a name of one is shown it, everybody else the instance's, on every port, while it is replaced too."""
import json
import os
import signal
import socket
import ssl
import subprocess

import pytest
from authority import HOUR, Authority
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from instance import eventually


@pytest.fixture(scope="module")
def ca():
    return Authority("AC des domaines", by=Authority("AC racine"))


@pytest.fixture(scope="module")
def pli(own_module):
    p = own_module()
    for d in ("hopital.test", "cabinet.test"):
        p.pli("domain", "add", d)
    return p


@pytest.fixture(scope="module")
def own_module(tmp_path_factory):
    from instance import Instance
    made = []

    def make():
        made.append(Instance())
        return made[-1].__enter__()
    yield make
    for p in made:
        p.__exit__(None, None, None)


def issue(ca, path, domain, *dns, **more):
    return ca.issue(path, {"CN": f"smtp.{domain}", "OU": "1300017985", "O": domain.upper(), "C": "FR"}, dns=dns, **more)


def shown(pli, port, name, start=None, version=None, rsa_only=False):
    """The certificate that a client is shown that asks for that name (None: for none); the handshake must end, so its key has signed."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    if version:
        c.minimum_version = c.maximum_version = version
    if rsa_only:
        c.maximum_version = ssl.TLSVersion.TLSv1_2
        c.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")
    with socket.create_connection(("127.0.0.1", pli.port(port)), timeout=60) as s:
        if start:
            f = s.makefile("rb")
            f.readline()
            s.sendall(b"EHLO x.test\r\n")
            while f.readline()[3:4] == b"-":
                pass
            s.sendall(b"STARTTLS\r\n")
            assert f.readline().startswith(b"220")
        with c.wrap_socket(s, server_hostname=name) as t:
            return x509.load_der_x509_certificate(t.getpeercert(binary_form=True))


PORTS = [("imaps", False), ("submissions", False), ("https", False), ("submission", True), ("smtp", True)]


def signed_for(pli, name, port="imaps", start=None):
    """None: no listener, or keyd starts again and the machine is slow."""
    try:
        return shown(pli, port, name, start).serial_number
    except OSError:
        return None


def shown_meanwhile(pli, name):
    """No handshake fails while keyd starts again, but where that takes longer than it is waited for, five seconds; the log says so then."""
    try:
        return shown(pli, "imaps", name).serial_number
    except ssl.SSLError:
        assert "keyd did not sign: keyd is away" in pli.output()
        return None


def seen(pli, want, name):
    """Listeners are replaced one by one."""
    assert eventually(lambda: all(signed_for(pli, name, p, start) == want.serial_number for p, start in PORTS), timeout=60)


def test_by_the_name_that_is_asked_for(pli, ca, tmp_path):
    """The domain's for its names, in any case; the instance's for its own, for unknown ones and for none, and for hosts of another domain."""
    instance = shown(pli, "imaps", None)
    cert = issue(ca, tmp_path / "h.pem", "hopital.test", "mx.hopital.test", "imap.hopital.test", "*.salle.hopital.test")
    told = pli.pli("cert", "import", str(tmp_path / "h.pem"), "--domain", "Hopital.TEST")
    assert told.startswith("hopital.test has a certificate of its own, good until"), told
    seen(pli, cert, "imap.hopital.test")
    for name, want in [("MX.Hopital.test", cert), ("un.salle.hopital.test", cert), ("deux.un.salle.hopital.test", instance), ("salle.hopital.test", instance), ("hopital.test", instance),
                       ("localhost", instance), (None, instance), ("mx.cabinet.test", instance), ("x" * 60 + ".test", instance)]:
        for port, start in PORTS:
            assert shown(pli, port, name, start).serial_number == want.serial_number, (name, port)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert shown(pli, "imaps", "imap.hopital.test", version=version).serial_number == cert.serial_number
    rows = {r["address"]: r for r in pli.json("cert", "list") if r["what"] == "domain"}
    assert list(rows) == ["hopital.test ec"] and "HOPITAL.TEST" in rows["hopital.test ec"]["subject"]
    (one,) = pli.json("domain", "show", "hopital.test")["certificates"]
    assert one["algorithm"] == "ec" and one["days_left"] in (19, 20) and pli.json("domain", "show", "cabinet.test")["certificates"] == []
    r = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{pli.port('imaps')}", "-servername", "imap.hopital.test", "-CAfile", str(write_root(ca, tmp_path)),
                        "-verify_return_error", "-verify_hostname", "imap.hopital.test"], input="", capture_output=True, text=True, timeout=60)
    assert "Verify return code: 0 (ok)" in r.stdout, r.stdout + r.stderr


def write_root(ca, tmp_path):
    from cryptography.hazmat.primitives.serialization import Encoding
    path = tmp_path / "racine.pem"
    path.write_bytes(ca.by.cert.public_bytes(Encoding.PEM))
    return path


def test_both_kinds(pli, ca, tmp_path):
    """A client that takes RSA alone is shown the RSA one."""
    ec = issue(ca, tmp_path / "ec.pem", "cabinet.test", "mx.cabinet.test")
    two = issue(ca, tmp_path / "rsa.pem", "cabinet.test", "mx.cabinet.test", key=rsa.generate_private_key(65537, 2048))
    for f in ("ec.pem", "rsa.pem"):
        pli.pli("cert", "import", str(tmp_path / f), "--domain", "cabinet.test")
    seen(pli, ec, "mx.cabinet.test")
    assert eventually(lambda: shown(pli, "submissions", "mx.cabinet.test", rsa_only=True).serial_number == two.serial_number, timeout=60)
    assert shown(pli, "imaps", "mx.cabinet.test", version=ssl.TLSVersion.TLSv1_2).serial_number == ec.serial_number
    assert len(pli.json("domain", "show", "cabinet.test")["certificates"]) == 2


def test_what_is_refused(pli, ca, tmp_path):
    """Nothing is changed by what does not fit: another's name, no name, an ended one, another's key, a domain that is not served."""
    def refused(words, *args):
        before = sorted(os.listdir(pli.root / "tls" / "domains")), sorted(os.listdir(pli.root / "keys" / "domains"))
        r = pli.pli("cert", "import", *args, check=False)
        assert r.returncode != 0 and words in r.stderr, r
        assert before == (sorted(os.listdir(pli.root / "tls" / "domains")), sorted(os.listdir(pli.root / "keys" / "domains")))
    path = tmp_path / "x.pem"
    issue(ca, path, "cabinet.test", "mx2.cabinet.test", "MX.hopital.test")
    refused("mx.hopital.test stands in the certificate of hopital.test", str(path), "--domain", "cabinet.test")
    refused("pas-servi.test is not a domain of this instance", str(path), "--domain", "pas-servi.test")
    refused("is not a mail domain", str(path), "--domain", "../../etc")
    refused("--domain or --ldap or --outbox: one of them", str(path), "--domain", "cabinet.test", "--ldap")
    issue(ca, path, "cabinet.test", "mx3.cabinet.test", begins=-3 * HOUR, ends=-HOUR)
    refused("expired", str(path), "--domain", "cabinet.test")
    issue(ca, path, "cabinet.test", "mx4.cabinet.test")
    issue(ca, tmp_path / "y.pem", "cabinet.test", "mx5.cabinet.test")
    key = b"-----BEGIN PRIVATE" + (tmp_path / "y.pem").read_bytes().split(b"-----BEGIN PRIVATE")[1]
    path.write_bytes(path.read_bytes().split(b"-----BEGIN PRIVATE")[0] + key)
    refused("not a pair", str(path), "--domain", "cabinet.test")
    r = pli.pli("cert", "remove", "--domain", "chu.test", check=False)
    assert r.returncode == 1 and "chu.test has no certificate of its own" in r.stderr, r


def test_replaced_while_connections_are_open(pli, ca, tmp_path):
    """Nobody is disconnected and no handshake fails: each is shown the old one or the new one, and the key that signs is that one's."""
    pli.pli("domain", "add", "change.test")
    pli.add("ana@change.test", sign="never")
    certs = [issue(ca, tmp_path / f"{n}.pem", "change.test", "imap.change.test") for n in range(3)]
    pli.pli("cert", "import", str(tmp_path / "0.pem"), "--domain", "change.test")
    seen(pli, certs[0], "imap.change.test")
    signed_in = pli.imap("ana@change.test")
    for n in (1, 2):
        p = subprocess.Popen(pli.argv("cert", "import", str(tmp_path / f"{n}.pem"), "--domain", "change.test"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while p.poll() is None:
            assert shown_meanwhile(pli, "imap.change.test") in {None, *(c.serial_number for c in certs[n - 1:n + 1])}
        assert p.returncode == 0, p.stderr.read()
        seen(pli, certs[n], "imap.change.test")
    assert signed_in.noop()[0] == "OK"


def test_keyd_killed(pli, ca, tmp_path):
    """It reads the domains' keys again; a file of another domain under this one's name is not taken, and its certificate is signed for by nobody."""
    pli.pli("domain", "add", "tue.test")
    cert = issue(ca, tmp_path / "t.pem", "tue.test", "mx.tue.test")
    pli.pli("cert", "import", str(tmp_path / "t.pem"), "--domain", "tue.test")
    seen(pli, cert, "mx.tue.test")

    def kill():
        old = pli.daemon("pli-keyd")
        os.kill(old, signal.SIGKILL)
        pli.wait_daemon("pli-keyd", not_pid=old)
    kill()
    seen(pli, cert, "mx.tue.test")
    keys = pli.root / "keys" / "domains"
    whole = (keys / "tue.test.ec").read_bytes()
    for wrong in ((keys / "hopital.test.ec").read_bytes(), whole[:-1], b"", whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]):
        (keys / "tue.test.ec").chmod(0o600)
        (keys / "tue.test.ec").write_bytes(wrong)
        kill()
        with pytest.raises((ssl.SSLError, OSError)):
            shown(pli, "imaps", "mx.tue.test")
        assert "ev=domain-key-unread file=tue.test.ec" in pli.output()
        assert shown(pli, "imaps", None)  # all others go on
    (keys / "tue.test.ec").write_bytes(whole)
    kill()
    seen(pli, cert, "mx.tue.test")


def test_roots_import_for_an_instance_of_somebody_elses(pli, ca, tmp_path):
    """What root puts there belongs to whom the instance belongs, else the next start could not read it."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    folders = [pli.root / "keys", pli.root / "tls"]
    try:
        for f in folders:
            os.chown(f, 12345, 12345)
            os.rename(f / "domains", f / "away")
        issue(ca, tmp_path / "r.pem", "cabinet.test", "mx.root.test")
        pli.pli("cert", "import", str(tmp_path / "r.pem"), "--domain", "cabinet.test")
        for path in (*(f / "domains" for f in folders), folders[0] / "domains" / "cabinet.test.ec", folders[1] / "domains" / "cabinet.test.ec.pem"):
            assert (os.stat(path).st_uid, os.stat(path).st_gid) == (12345, 12345), path
    finally:
        for f in folders:
            os.chown(f, 0, 0)
            if (f / "away").exists():
                subprocess.run(["rm", "-rf", str(f / "domains")], check=True)
                os.rename(f / "away", f / "domains")


def test_what_doctor_says(pli, ca, tmp_path):
    """The one that ends first is named; a damaged file is passed over by all others."""
    issue(ca, tmp_path / "d.pem", "cabinet.test", "mx.bientot.test", ends=3 * 24 * HOUR)
    pli.pli("cert", "import", str(tmp_path / "d.pem"), "--domain", "cabinet.test")
    found = [f for f in json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"] if f["check"] == "certificate"]
    assert any(f["level"] == "warn" and " certificates of domains end within 30 days, the first, of cabinet.test ec, on " in f["text"] for f in found), found
    assert any(r["address"] == "cabinet.test ec" and r["days_left"] in (2, 3) for r in pli.json("cert", "expiring", "--days", "5"))


def trial(pli, domain, path):
    """What pli cert issue-trial gives, imported for that domain. It ends in three years, so a renewal is asked for with --all."""
    path.unlink(missing_ok=True)
    pli.pli("cert", "issue-trial", "--operator", domain, "--algorithm", "ecdsa", "--out", path)
    pli.pli("cert", "import", path, "--domain", domain)
    return x509.load_pem_x509_certificate(b"-----BEGIN CERT" + path.read_bytes().split(b"-----BEGIN CERT", 1)[1])


def test_a_trial_certificate_renewed(pli, ca, tmp_path):
    """For the same key and names, with no restart: who is signed in goes on, keyd is the same process, and each handshake meanwhile shows the old one or the new one."""
    pli.pli("domain", "add", "essai.test")
    pli.add("bea@essai.test", sign="never")
    old = trial(pli, "essai.test", tmp_path / "e.pem")
    name = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)[0]
    seen(pli, old, name)
    other = issue(ca, tmp_path / "o.pem", "hopital.test", "mx.hopital.test")
    pli.pli("cert", "import", tmp_path / "o.pem", "--domain", "hopital.test")
    seen(pli, other, "mx.hopital.test")
    signed_in, keyd = pli.imap("bea@essai.test"), pli.daemon("pli-keyd")
    assert pli.json("cert", "renew", "--domain", "Essai.TEST") == {"server": 0, "accounts": 0, "domains": 0, "publication": 0}
    p = subprocess.Popen(pli.argv("cert", "renew", "--domain", "essai.test", "--all"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    shown_meanwhile = set()
    while p.poll() is None:
        shown_meanwhile.add(shown(pli, "imaps", name).serial_number)
    assert p.returncode == 0 and p.stdout.read() == "renewed: 0 of the server, 0 of accounts, 1 of domains\n", p.stderr.read()
    new = x509.load_pem_x509_certificate((pli.root / "tls/domains/essai.test.ec.pem").read_bytes())
    seen(pli, new, name)
    assert new.serial_number != old.serial_number and shown_meanwhile <= {old.serial_number, new.serial_number}
    assert new.public_key().public_numbers() == old.public_key().public_numbers() and new.subject == old.subject
    assert [x.value for x in new.extensions] == [x.value for x in old.extensions]
    assert signed_in.noop()[0] == "OK" and pli.daemon("pli-keyd") == keyd
    assert shown(pli, "imaps", "mx.hopital.test").serial_number == other.serial_number
    assert pli.json("cert", "renew", "--domains", "--all")["domains"] == 1, "another authority's are left alone"
    for words, *args in [("one of them", "--domain", "essai.test", "--domains"), ("is not a mail domain", "--domain", "../x"), ("has no certificate of its own", "--domain", "chu.test")]:
        r = pli.pli("cert", "renew", *args, check=False)
        assert r.returncode != 0 and words in r.stderr, r


def test_doctor_says_a_line_a_kind(pli, ca, tmp_path):
    """However many end, by whom they were issued and whether they have ended: one line each, naming the first."""
    where, days = pli.root / "tls/domains", 24 * HOUR
    try:
        for n in range(40):
            ca.issue(tmp_path / "f.pem", {"CN": "x"}, dns=(f"mx.foule{n}.test",), ends=(5 + n % 9) * days if n % 2 else -(2 + n) * days, begins=-90 * days)
            (where / f"foule{n:02}.test.ec.pem").write_bytes((tmp_path / "f.pem").read_bytes().split(b"-----BEGIN PRIVATE")[0])
        found = [f for f in json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"] if f["check"] == "certificate" and "of domains" in f["text"]]
        assert [f["level"] for f in found if " the first, of " in f["text"]] == ["fail", "warn"], found
        ended, soon = [f for f in found if " the first, of " in f["text"]]
        assert ended["text"].startswith("20 certificates of domains have ended, the first, of foule38.test ec, on "), ended
        assert " certificates of domains end within 30 days, the first, of " in soon["text"] and "pli cert import FILE --domain" in soon["advice"], soon
    finally:
        for f in where.glob("foule*"):
            f.unlink()


def test_import_killed_half_way(pli, ca, tmp_path):
    """Whatever it left, a listener that starts then shows a certificate that keyd signs for; the next import mends all."""
    pli.pli("domain", "add", "moitie.test")
    last = issue(ca, tmp_path / "m.pem", "moitie.test", "mx.moitie.test")
    pli.pli("cert", "import", str(tmp_path / "m.pem"), "--domain", "moitie.test")
    seen(pli, last, "mx.moitie.test")
    known = {last.serial_number}
    for n in range(8):
        known.add(issue(ca, tmp_path / "m.pem", "moitie.test", "mx.moitie.test").serial_number)
        p = subprocess.Popen(pli.argv("cert", "import", str(tmp_path / "m.pem"), "--domain", "moitie.test"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            p.wait(0.004 * n)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
        assert eventually(lambda: signed_for(pli, "mx.moitie.test") in known, timeout=60)
    pli.stop()
    pli.serve()
    assert eventually(lambda: signed_for(pli, "mx.moitie.test") in known, timeout=60)
    pli.pli("cert", "import", str(tmp_path / "m.pem"), "--domain", "moitie.test")
    new = x509.load_pem_x509_certificate((tmp_path / "m.pem").read_bytes())
    seen(pli, new, "mx.moitie.test")
    assert not [n for where in ("tls", "keys") for n in os.listdir(pli.root / where / "domains") if n.endswith(".new")]


def test_removed(pli, ca, tmp_path):
    """The instance's is shown again, and no handshake fails meanwhile; once its time is over the key is destroyed by the next change."""
    pli.pli("domain", "add", "parti.test")
    instance = shown(pli, "imaps", None)
    cert = issue(ca, tmp_path / "p.pem", "parti.test", "mx.parti.test")
    pli.pli("cert", "import", str(tmp_path / "p.pem"), "--domain", "parti.test")
    seen(pli, cert, "mx.parti.test")
    r = pli.pli("domain", "remove", "parti.test", check=False)
    assert r.returncode == 1 and "pli cert remove --domain parti.test comes first" in r.stderr, r
    assert pli.pli("cert", "remove", "--domain", "parti.test").startswith("parti.test has no certificate of its own any more")
    seen(pli, instance, "mx.parti.test")
    assert not (pli.root / "tls" / "domains" / "parti.test.ec.pem").exists()
    key = pli.root / "keys" / "domains" / "parti.test.ec"
    os.utime(key, (1, 1))
    pli.pli("cert", "import", str(tmp_path / "p.pem"), "--domain", "cabinet.test")  # its name is free
    assert not key.exists()
    seen(pli, cert, "mx.parti.test")


def untold(pli):
    found = json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"]
    return [f for f in found if f["check"] == "untold"]


def test_removed_and_killed_before_it_told(pli, ca, tmp_path):
    """All files are as a removal leaves them, and nobody who runs knows: doctor names who shows the old one, and the same command again ends it."""
    pli.pli("domain", "add", "coupe.test")
    instance = shown(pli, "imaps", None)
    cert = issue(ca, tmp_path / "c.pem", "coupe.test", "mx.coupe.test")
    pli.pli("cert", "import", str(tmp_path / "c.pem"), "--domain", "coupe.test")
    seen(pli, cert, "mx.coupe.test")
    assert eventually(lambda: not untold(pli), timeout=60)
    beside = tmp_path / "beside"
    beside.mkdir()
    subprocess.run(["cp", "-a", *(str(pli.root / n) for n in ("keys", "tls", "pli.conf")), str(beside)], check=True)
    (beside / "run").mkdir()
    subprocess.run([str(pli.bin / "pli"), "cert", "remove", "--domain", "coupe.test", "--root", str(beside)], check=True, timeout=120)  # it runs nowhere: nobody is told
    for name in ("keys/domains/coupe.test.ec", "keys/keyring"):
        os.replace(beside / name, pli.root / name)
    (pli.root / "tls" / "domains" / "coupe.test.ec.pem").unlink()
    assert shown(pli, "imaps", "mx.coupe.test").serial_number == cert.serial_number
    assert eventually(lambda: len(untold(pli)) >= 3, timeout=60)
    said = untold(pli)[0]
    assert "pli-smtpd" in said["text"] and "give it again" in said["advice"], said
    assert pli.pli("cert", "remove", "--domain", "coupe.test").startswith("coupe.test has no certificate of its own any more")
    seen(pli, instance, "mx.coupe.test")
    assert eventually(lambda: not untold(pli), timeout=60)
