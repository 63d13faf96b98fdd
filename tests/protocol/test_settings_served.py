# SPDX-License-Identifier: EUPL-1.2
"""Settings of mail programs over HTTPS (pli-httpd): each file read as its reader does, the profile's signature verified, strangers told nothing of accounts,
and hostile or slow clients kept within their bounds."""
import contextlib
import http.client
import os
import plistlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import xml.etree.ElementTree as ET

import pytest
from instance import Instance, children, eventually
from proxy import connect, header

HOST = "mail.chu.test"
FILES = ("/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml")
MS = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
ASK = ('<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>'
       "<EMailAddress>{}</EMailAddress><AcceptableResponseSchema>{}</AcceptableResponseSchema></Request></Autodiscover>")
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"


class Answer:
    def __init__(self, r):
        self.status, self.headers, self.body = r.status, r.headers, r.read()
        self.text = self.body.decode("utf-8", "replace")


def ask(pli, path, method="GET", body=None, service="https", headers=()):
    port = pli.port(service)
    c = http.client.HTTPSConnection("localhost", port, context=pli.tls(), timeout=30) if service == "https" else http.client.HTTPConnection("localhost", port, timeout=30)
    with contextlib.closing(c):
        c.request(method, path, body, dict(headers))
        return Answer(c.getresponse())


def servers(pli, xml, kind):
    """[(type, host, port, security, user)] of an autoconfig file."""
    return [(s.get("type"), *(s.findtext(x) for x in ("hostname", "port", "socketType", "username"))) for s in ET.fromstring(xml).iter(kind)]


# ---- what is served ----
@pytest.mark.parametrize("path", FILES)
def test_mozilla(pli, path):
    a = ask(pli, path + "?emailaddress=ana%40chu.test")
    assert a.status == 200 and a.headers["Content-Type"] == "text/xml; charset=utf-8"
    root = ET.fromstring(a.body)
    assert root.tag == "clientConfig" and root.get("version") == "1.1"
    assert [d.text for d in root.iter("domain")] == ["chu.test"]
    assert servers(pli, a.body, "incomingServer") == [("imap", HOST, str(pli.port("imaps")), "SSL", "%EMAILADDRESS%"),
                                                      ("imap", HOST, str(pli.port("imap")), "STARTTLS", "%EMAILADDRESS%")]
    assert servers(pli, a.body, "outgoingServer") == [("smtp", HOST, str(pli.port("submissions")), "SSL", "%EMAILADDRESS%"),
                                                      ("smtp", HOST, str(pli.port("submission")), "STARTTLS", "%EMAILADDRESS%")]
    assert {x.text for x in root.iter("authentication")} == {"password-cleartext"}
    assert ask(pli, path, service="http").body == a.body                        # http://autoconfig.DOMAIN/ without an address


@pytest.mark.parametrize("path", ["/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml", "/AUTODISCOVER/AUTODISCOVER.XML"])
def test_outlook(pli, path):
    a = ask(pli, path, "POST", ASK.format("Ana.Dupont@CHU.test", OUTLOOK), headers={"Content-Type": "text/xml"})
    assert a.status == 200
    account = ET.fromstring(a.body).find(f"{MS}Response/{MS}Account")
    assert account.findtext(f"{MS}AccountType") == "email" and account.findtext(f"{MS}Action") == "settings"
    said = [tuple(p.findtext(MS + x) for x in ("Type", "Server", "Port", "LoginName", "SSL", "Encryption")) for p in account.iter(f"{MS}Protocol")]
    assert said == [("IMAP", HOST, str(pli.port("imaps")), "ana.dupont@chu.test", "on", "SSL"),
                    ("SMTP", HOST, str(pli.port("submissions")), "ana.dupont@chu.test", "on", "SSL")]


def profile(pli, address, tmp_path):
    """The profile of that address, once openssl has verified who signed it."""
    a = ask(pli, f"/apple.mobileconfig?adresse={address}")
    assert a.status == 200 and a.headers["Content-Type"] == "application/x-apple-aspen-config"
    assert a.headers["Content-Disposition"] == 'attachment; filename="messagerie.mobileconfig"'
    (tmp_path / "signed").write_bytes(a.body)
    subprocess.run(["openssl", "cms", "-verify", "-inform", "DER", "-in", tmp_path / "signed", "-CAfile", pli.ca, "-purpose", "sslserver", "-out", tmp_path / "plain",
                    "-signer", tmp_path / "signer.pem"], check=True, capture_output=True)
    return plistlib.loads((tmp_path / "plain").read_bytes()), (tmp_path / "signer.pem").read_text()


def test_apple(pli, tmp_path):
    p, signer = profile(pli, "Ana.Dupont%40chu.test", tmp_path)
    assert signer.split("-----")[2] in (pli.root / "tls/server.pem").read_text()
    assert p["PayloadType"] == "Configuration" and p["PayloadVersion"] == 1
    mail, book = p["PayloadContent"]
    assert mail["PayloadType"] == "com.apple.mail.managed" and mail["EmailAccountType"] == "EmailTypeIMAP"
    assert mail["EmailAddress"] == mail["IncomingMailServerUsername"] == mail["OutgoingMailServerUsername"] == "ana.dupont@chu.test"
    assert (mail["IncomingMailServerHostName"], mail["IncomingMailServerPortNumber"], mail["IncomingMailServerUseSSL"]) == (HOST, pli.port("imaps"), True)
    assert (mail["OutgoingMailServerHostName"], mail["OutgoingMailServerPortNumber"], mail["OutgoingMailServerUseSSL"]) == (HOST, pli.port("submissions"), True)
    assert book["PayloadType"] == "com.apple.ldap.account" and book["LDAPAccountUseSSL"] is True
    assert book["LDAPAccountHostName"] == f"{HOST}:{pli.port('ldaps')}"
    assert len({x["PayloadUUID"] for x in (p, mail, book)}) == 3
    assert "IncomingPassword" not in mail and "LDAPAccountPassword" not in book
    again, _ = profile(pli, "ana.dupont@chu.test", tmp_path)
    assert again == p
    assert re.search(r"keyd\[\d+\] info .*ev=sign-profile peer=\d+ key=1 rc=ok", pli.output())


def test_the_book_of_the_profile_answers(pli, tmp_path):
    """What the profile says of the address book opens it: its name, its base, and the holder's password. The base is the one of the national copy, too."""
    pli.add("livre.profil@chu.test", kind="per", name="Lia PROFIL")
    book = profile(pli, "livre.profil@chu.test", tmp_path)[0]["PayloadContent"][1]
    found = subprocess.run(["ldapsearch", "-LLL", "-x", "-H", "ldaps://localhost:" + book["LDAPAccountHostName"].split(":")[1], "-D", book["LDAPAccountUserName"],
                            "-w", "pw-Sesame.9", "-b", book["LDAPSearchSettings"][0]["LDAPSearchSettingSearchBase"], "(sn=profil)", "mail"],
                           env={"LDAPTLS_CACERT": pli.ca, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert found.returncode == 0 and "mail: livre.profil@chu.test" in found.stdout, found.stderr
    assert book["LDAPSearchSettings"][0]["LDAPSearchSettingSearchBase"] == "o=pli"


def test_page(pli):
    a = ask(pli, "/")
    assert a.status == 200 and a.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script" not in a.text and "style=" not in a.text and "apple.mobileconfig" not in a.text
    assert not [u for u in re.findall(r'(?:src|href|action)="([^"]*)"', a.text) if not u.startswith("/")]
    a = ask(pli, "/?adresse=+Ana.Dupont%40CHU.test")
    assert 'value="ana.dupont@chu.test"' in a.text and 'href="/apple.mobileconfig?adresse=ana.dupont@chu.test"' in a.text
    for value in (HOST, pli.port("imaps"), pli.port("submissions"), pli.port("ldaps"), "o=pli", "mail=ana.dupont@chu.test,ou=mailboxes,o=pli"):
        assert f"<code>{value}</code>" in a.text
    policy = a.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src" not in policy
    assert a.headers["X-Content-Type-Options"] == "nosniff" and a.headers["Cache-Control"] == "no-store" and a.headers["Referrer-Policy"] == "no-referrer"
    css = ask(pli, "/style.css")
    assert css.headers["Content-Type"] == "text/css; charset=utf-8" and "url(" not in css.text and "@import" not in css.text


def test_the_code_leads_to_the_page(pli, tmp_path):
    """What zbarimg reads of the QR code, drawn by hand from its SVG."""
    if not shutil.which("zbarimg"):
        pytest.skip("zbarimg is not installed")
    svg = ET.fromstring(re.search(r"<svg.*?</svg>", ask(pli, "/?adresse=ana@chu.test").text)[0])
    n, scale = int(svg.get("viewBox").split()[2]), 4
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg[1].get("d"))}
    rows = b"".join(bytes(0 if (x // scale, y // scale) in dark else 255 for x in range(n * scale)) for y in range(n * scale))
    (tmp_path / "code.pgm").write_bytes(b"P5 %d %d 255\n" % (n * scale, n * scale) + rows)
    read = subprocess.run(["zbarimg", "--quiet", "--raw", tmp_path / "code.pgm"], capture_output=True, text=True)
    assert read.stdout.strip() == f"https://{HOST}:{pli.port('https')}/?adresse=ana@chu.test"


# ---- who asks learns nothing of accounts ----
def test_nobody_learns_whether_an_address_exists(pli):
    pli.add("connue.page@chu.test")

    def told(address):
        return [(a.status, a.body.replace(address.encode(), b"ADDRESS")) for a in (
            ask(pli, f"{FILES[0]}?emailaddress={address}"), ask(pli, "/autodiscover/autodiscover.xml", "POST", ASK.format(address, OUTLOOK)))] + [
            re.sub(r"<svg.*?</svg>", "", ask(pli, f"/?adresse={address}").text.replace(address, "ADDRESS"))]
    assert told("connue.page@chu.test") == told("personne.page@chu.test")
    assert "connue.page" not in "".join(line for line in pli.output().splitlines() if " httpd[" in line)


OTHERS = {"another domain": ("ana@autre.test", 404), "below it": ("ana@x.chu.test", 404), "no address": ("ana", 400), "nothing before @": ("%40chu.test", 400),
          "an octet 0": ("ana@chu.test%00.autre.test", 400), "a line end": ("ana@chu%0d%0aX-Split:1.test", 400), "not UTF-8": ("ana@chu.test%ff", 400),
          "a tag": ("ana@%3Cscript%3E.test", 400)}


@pytest.mark.parametrize("address,status", OTHERS.values(), ids=OTHERS)
def test_other_addresses(pli, address, status):
    for path in (f"{FILES[0]}?emailaddress={address}", f"/apple.mobileconfig?adresse={address}", f"/?adresse={address}"):
        a = ask(pli, path)
        assert a.status == status and "<script>" not in a.text and "X-Split" not in a.headers
        assert "autre.test" not in a.text


@pytest.mark.parametrize("address", ["%3Cb%3E@chu.test", "a%22b@chu.test", "ana,ou=people@chu.test", "ana%0d%0aX-Split:1@chu.test"])
def test_what_no_account_has_is_put_nowhere(pli, address):
    for path in (f"/apple.mobileconfig?adresse={address}", f"/?adresse={address}"):
        a = ask(pli, path)
        assert a.status == 400 and "<b>" not in a.text and 'a"b' not in a.text and "ou=people" not in a.text and "X-Split" not in a.headers


ERRORS = {"another domain": (ASK.format("ana@autre.test", OUTLOOK), 404, "500"), "no XML": ("ana@chu.test", 400, "600"), "nothing": ("", 400, "600"),
          "another schema": (ASK.format("ana@chu.test", OUTLOOK.replace("outlook", "mobilesync")), 200, "601"),
          "an entity": ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ASK.format("&x;@chu.test", OUTLOOK)[38:], 400, "600"),
          "laughs": ('<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
                     + ASK.format("&c;@chu.test", OUTLOOK)[38:], 400, "600")}


@pytest.mark.parametrize("body,status,code", ERRORS.values(), ids=ERRORS)
def test_outlook_hears_why_not(pli, body, status, code):
    a = ask(pli, "/autodiscover/autodiscover.xml", "POST", body)
    assert a.status == status
    assert ET.fromstring(a.body).find(".//{*}Error/{*}ErrorCode").text == code
    assert "root:" not in a.text and "aaaaaaaaaa" not in a.text


# ---- HTTP ----
def test_port_80_sends_on(pli):
    for path, to in (("/", "/"), ("/?adresse=ana@chu.test", "/"), ("/apple.mobileconfig?adresse=ana@chu.test", "/apple.mobileconfig"),
                     ("/autodiscover/autodiscover.xml", "/autodiscover/autodiscover.xml")):
        a = ask(pli, path, service="http", headers={"Host": "evil.test"})
        assert a.status == 302 and a.headers["Location"] == f"https://{HOST}:{pli.port('https')}{to}"
    assert ask(pli, "/autodiscover/autodiscover.xml", "POST", ASK.format("ana@chu.test", OUTLOOK), "http").status == 405
    assert ask(pli, "/nichts", service="http").status == 404


def test_methods(pli):
    for method, path, allow in (("DELETE", "/", "GET, HEAD"), ("PUT", FILES[0], "GET, HEAD"), ("OPTIONS", "/", "GET, HEAD"), ("POST", "/", "GET, HEAD"), ("TRACE", "/", "GET, HEAD"),
                                ("GET", "/autodiscover/autodiscover.xml", "POST"), ("FOO", "/apple.mobileconfig", "GET, HEAD")):
        a = ask(pli, path, method)
        assert (a.status, a.headers["Allow"]) == (405, allow), (method, path)
    whole, head = ask(pli, FILES[0]), ask(pli, FILES[0], "HEAD")
    assert head.status == 200 and head.body == b"" and head.headers["Content-Length"] == str(len(whole.body))


@pytest.mark.parametrize("path", ["/nichts", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/texts/page.html", "//", "/style.css/", "/STYLE.CSS", "/%00", "/style.css%00.html", "/%ff%fe"])
def test_nothing_else_is_there(pli, path):
    a = ask(pli, path)
    assert a.status == 404 and "root:" not in a.text


def raw(pli, octets, service="http", timeout=30):
    """All that comes back for these octets."""
    with socket.create_connection(("localhost", pli.port(service)), timeout=timeout) as s:
        s = pli.tls().wrap_socket(s, server_hostname="localhost") if service == "https" else s
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            s.sendall(octets)
        got = b""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while piece := s.recv(65536):
                got += piece
        return got


CLOSE = b"Host: x\r\nConnection: close\r\n\r\n"
HOSTILE = {"a long path": (b"GET /" + b"a" * 60000 + b" HTTP/1.1\r\n" + CLOSE, rb"HTTP/1\.1 414 "),
           "long headers": (b"GET / HTTP/1.1\r\nX: " + b"a" * 60000 + b"\r\n" + CLOSE, rb"HTTP/1\.1 431 "),
           "many headers": (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 9000 + CLOSE, rb"HTTP/1\.1 431 "),
           "a large body": (b"POST /autodiscover/autodiscover.xml HTTP/1.1\r\nContent-Length: 99999999\r\n" + CLOSE + b"a" * 1000, rb"HTTP/1\.1 413 "),
           "a length that is none": (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n" + CLOSE, rb"HTTP/1\.1 4\d\d "),
           "an endless body": (b"POST /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b"a" * 4096 + b"\r\n" * 1 + b"4000\r\n" + b"a" * 16384 + b"\r\n0\r\n\r\n", rb"$"),
           "no Host": (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", rb"HTTP/1\.1 400 "),
           "SMTP": (b"EHLO x\r\n\r\n", rb"$|HTTP/1\.\d 4\d\d "), "octets": (bytes(range(256)) * 20, rb"$|HTTP/1\.\d 4\d\d ")}


@pytest.mark.parametrize("octets,answer", HOSTILE.values(), ids=HOSTILE)
def test_hostile_octets(pli, octets, answer):
    got = raw(pli, octets)
    assert re.match(answer, got), got[:200]
    assert ask(pli, FILES[0], service="http").status == 200


def test_many_questions_one_connection(pli):
    got = raw(pli, b"GET /style.css HTTP/1.1\r\nHost: x\r\n\r\n" * 20 + b"GET / HTTP/1.1\r\n" + CLOSE, "https")
    assert got.count(b"HTTP/1.1 200 OK") == 21 and got.rstrip().endswith(b"</html>")


def test_one_octet_at_a_time(pli):
    with socket.create_connection(("localhost", pli.port("http")), timeout=30) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in b"GET /mail/config-v1.1.xml HTTP/1.1\r\n" + CLOSE:
            s.sendall(bytes([octet]))
        assert s.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"


# ---- walls and bounds ----
@pytest.fixture(scope="module")
def tight():
    with Instance(conf=['httpd {\n max_sessions = 6\n max_sessions_per_address = 3\n request_timeout = 1s\n session_timeout = 3s\n proxy_from = "127.0.0.2"\n}']) as inst:
        yield inst


def ended(s, within):
    s.settimeout(within)
    with contextlib.suppress(ConnectionError):
        while s.recv(4096):
            pass
    return True


def test_slow_clients_are_ended(tight):
    """One says nothing; one sends an octet now and then, for ever; one never reads."""
    silent = connect(tight.port("http"))
    dripping = connect(tight.port("http"))
    began = time.monotonic()
    with silent, dripping:
        assert ended(silent, 20)
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < began + 60:
                dripping.sendall(b"G")
                time.sleep(0.2)
        assert time.monotonic() < began + 59
    eventually(lambda: len(tight.pids("pli-httpd")) <= 4)       # listener, dialler, two spares


def test_places_of_one_address_and_a_proxy_s_clients(tight):
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(connect(tight.port("http"))) for _ in range(3)]
        assert ended(stack.enter_context(connect(tight.port("http"))), 10)        # a fourth from there
        assert "why=address-full" in tight.output()
        through = socket.socket()
        stack.enter_context(through)
        through.bind(("127.0.0.2", 0))
        through.connect(("127.0.0.1", tight.port("http")))
        through.sendall(header("192.0.2.9") + b"GET /mail/config-v1.1.xml HTTP/1.1\r\n" + CLOSE)
        assert through.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        del held
    eventually(lambda: re.search(r"httpd\[\d+\] .*ev=connected peer=192\.0\.2\.9 ", tight.output()))


def test_walls(pli):
    """Each process is behind a filter, and has neither LDAP nor the store in it."""
    for pid in pli.pids("pli-httpd"):
        status = open(f"/proc/{pid}/status").read()
        assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status
    with socket.create_connection(("localhost", pli.port("http"))) as s:
        s.sendall(b"GET /")
        eventually(lambda: f"port={s.getsockname()[1]} " in pli.output())
        pid = pli.session(type("c", (), {"sock": s}))
        maps = open(f"/proc/{pid}/maps").read()
        assert "libldap" not in maps and "libdb-5" not in maps


def test_a_profile_is_never_unsigned(pli, tmp_path):
    """keyd signs 20 a minute for one process. Who asks for more hears 503, and somebody else has his."""
    c = http.client.HTTPSConnection("localhost", pli.port("https"), context=pli.tls(), timeout=30)
    said = []
    with contextlib.closing(c):
        for _ in range(42):                                     # the minute may turn once
            c.request("GET", "/apple.mobileconfig?adresse=ana@chu.test")
            said.append(Answer(c.getresponse()))
    late = [a for a in said if a.status != 200]
    assert said[0].status == 200 and late and {(a.status, a.headers["Retry-After"], a.headers["Content-Disposition"]) for a in late} == {(503, "60", None)}
    assert not [a for a in late if "plist" in a.text]
    assert "ev=profile-unsigned" in pli.output()
    profile(pli, "eva@chu.test", tmp_path)


def test_switched_off_there_is_no_process(own):
    inst = own(conf=['listen { http = "" https = "" }'])
    assert not inst.pids("pli-httpd")
    assert "pli-httpd" not in {n for n, _ in children(inst.proc.pid).values()}


@pytest.fixture(scope="module")
def second():
    with Instance() as inst:
        yield inst


def test_killed_and_back(second, tmp_path):
    """keyd dies under a connection that was made before, and signs for it when it is back; the listener dies, and another takes its place."""
    with contextlib.closing(http.client.HTTPSConnection("localhost", second.port("https"), context=second.tls(), timeout=30)) as c:
        c.request("GET", "/style.css")
        assert c.getresponse().read()
        pid = second.daemon("pli-keyd")
        os.kill(pid, signal.SIGKILL)
        second.wait_daemon("pli-keyd", not_pid=pid)
        c.request("GET", "/apple.mobileconfig?adresse=ana@chu.test")
        assert c.getresponse().status == 200
    pid = second.daemon("pli-httpd")
    os.kill(pid, signal.SIGKILL)
    second.wait_daemon("pli-httpd", not_pid=pid)
    profile(second, "ana@chu.test", tmp_path)
    assert "forbidden-system-call" not in second.output() and "sandbox-violation" not in second.output()


def test_another_domain_of_the_directory(second, tmp_path):
    """A domain that the directory serves besides the one of the settings is found at once, and with it its addresses, known or not."""
    inst, ldif = second, "dn: dc=autre.test,ou=domains,o=pli\nobjectClass: domain\nobjectClass: mssDomain\ndc: autre.test\n"
    assert ask(inst, "/?adresse=ana@autre.test").status == 404
    subprocess.run(["ldapadd", "-x", "-H", f"ldapi://{str(inst.root / 'run/ldapi').replace('/', '%2F')}", "-D", "cn=dird,ou=daemons,o=pli", "-y",
                    inst.root / "keys/dird.secret"], input=ldif, text=True, check=True, capture_output=True)
    eventually(lambda: ask(inst, "/?adresse=ana@autre.test").status == 200, 20)
    a = ask(inst, f"{FILES[0]}?emailaddress=personne@Autre.test")
    assert a.status == 200 and [d.text for d in ET.fromstring(a.body).iter("domain")] == ["autre.test"]
    for host, domain in (("autoconfig.Autre.test:80", "autre.test"), ("autre.test", "autre.test"), ("autoconfig.troisieme.test", "chu.test"), ("[::1]:80", "chu.test"), ("a" * 3000, "chu.test")):
        named = ask(inst, FILES[0], service="http", headers={"Host": host})
        assert named.status == 200 and [d.text for d in ET.fromstring(named.body).iter("domain")] == [domain], host
    assert profile(inst, "ana@autre.test", tmp_path)[0]["PayloadOrganization"] == "autre.test"
    assert ask(inst, f"{FILES[0]}?emailaddress=ana@troisieme.test").status == 404
    told = ask(inst, "/autodiscover/autodiscover.xml", "POST", ASK.format("ana@autre.test", OUTLOOK))
    assert told.status == 200 and "ana@autre.test" in told.text


def test_dns_records(pli):
    told = pli.json("doctor", "--dns")
    records = {(r["name"], r["type"]): r["data"] for r in told["records"]}
    assert records[("_imaps._tcp.chu.test.", "SRV")] == f"0 1 {pli.port('imaps')} {HOST}."
    assert records[("_submissions._tcp.chu.test.", "SRV")] == f"0 1 {pli.port('submissions')} {HOST}."
    assert records[("_autodiscover._tcp.chu.test.", "SRV")] == f"0 1 {pli.port('https')} {HOST}."
    assert records[("autoconfig.chu.test.", "CNAME")] == f"{HOST}."
    lines = [line.split(";")[0].split() for line in pli.pli("doctor", "--dns").splitlines() if not line.startswith(";")]
    assert {(n, t): " ".join(d) for n, _, t, *d in lines} == records
