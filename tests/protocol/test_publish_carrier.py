# SPDX-License-Identifier: EUPL-1.2
"""publish.backend = https: pubd's carrier against a real FHIR server with mutual TLS (tests/lib/fhir_server.py). The outbox shows a certificate of its own, whose key
is in keyd; each answer is read rightly, and what was applied without an answer stands there once."""
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import time

import pytest
from authority import CLIENT, HOUR, Authority, pem
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fhir_server import FhirServer
from instance import FINESS, Instance, children, eventually
from test_publish_https import applied_then, certificate, garbage, half, no_such_page, page, status


def endless(h):
    """An answer without an end: its first MB is enough."""
    h.send_response(200)
    h.end_headers()
    try:
        for _ in range(300):
            h.wfile.write(b"x" * 65536)
    except (OSError, ssl.SSLError):
        pass
    h.close_connection = True


def slow(h):
    h.apply()
    h.server.parent.stopping.wait(60)


def elsewhere(h):
    h.send_response(307)
    h.send_header("Location", "https://localhost:1/")
    h.send_header("Content-Length", "0")
    h.end_headers()


def client_certificate(web, folder, name, **more):
    """Of an authority of the operators that the server knows; for clients alone, and of no host."""
    ca = Authority(f"AC {name}")
    (folder / "ac.pem").write_bytes(pem(ca.cert))
    web.accept(folder / "ac.pem")
    return ca, ca.issue(folder / f"{name}.pem", {"CN": name, "O": "Operateur"}, eku=(CLIENT,), **more)


def serial(cert):
    from cryptography.hazmat.primitives.serialization import Encoding
    return cert.public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def place():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pli-test-carrier-"))
    folder.chmod(0o755)
    server = certificate(folder, "server")
    with FhirServer(*server, server[0]) as web:
        conf = [f'publish {{\n backend = https\n url = "https://localhost:{web.port}/fhir/v2"\n anchors = "{folder}/server.pem"\n'
                ' timeout = 3s\n retry_first = 1s\n retry_max = 1s\n}']
        with Instance(conf=conf) as pli:
            client_certificate(web, folder, "publication")
            told = pli.pli("cert", "import", folder / "publication.pem", "--outbox")
            assert told.startswith("the outbox shows the new certificate of O=Operateur,CN=publication, good until "), told
            pli.add("un@chu.test", sign="never")
            pli.pli("publish", "begin", "--nothing")
            eventually(lambda: web.count("un@chu.test") == 1)
            yield pli, web, folder
    shutil.rmtree(folder, ignore_errors=True)


def published(pli, who):
    return pli.pli("publish", "show", who, check=False).stdout.startswith(f"{who}: published")


def test_its_own_certificate_was_shown(place):
    pli, web, folder = place
    assert web.shown == {ssl.PEM_cert_to_DER_cert((folder / "publication.pem").read_text().split("-----BEGIN PRIVATE")[0])}
    (row,) = [r for r in pli.json("cert", "list") if r["what"] == "publication"]
    assert row["address"] == "publication ec" and row["subject"] == "O=Operateur,CN=publication" and row["days_left"] in (19, 20)
    assert any(r["what"] == "publication" for r in pli.json("cert", "expiring", "--days", "25"))
    doctor = json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"]
    (f,) = [f for f in doctor if f["check"] == "publish-certificate"]
    assert f["level"] == "warn" and f["text"].startswith("the certificate of the publication ec ends in "), f


def test_what_is_refused(place):
    """Nothing is changed by what does not fit; a server's certificate is none for a client."""
    pli, web, folder = place
    def refused(words, *args):
        before = {p: p.read_bytes() for d in ("keys/publish", "tls/publish") for p in (pli.root / d).iterdir()}
        r = pli.pli("cert", *args, check=False)
        assert r.returncode != 0 and words in r.stderr, r
        assert before == {p: p.read_bytes() for d in ("keys/publish", "tls/publish") for p in (pli.root / d).iterdir()}
    from authority import SERVER
    ca = Authority("AC refus")
    path = folder / "refus.pem"
    ca.issue(path, {"CN": "x"}, eku=(SERVER,))
    refused("purpose", "import", path, "--outbox")
    ca.issue(path, {"CN": "x"}, eku=(CLIENT,), begins=-3 * HOUR, ends=-HOUR)
    refused("expired", "import", path, "--outbox")
    ca.issue(path, {"CN": "x"}, eku=(CLIENT,))
    refused("one of them", "import", path, "--outbox", "--domain", "chu.test")
    refused("one of them", "import", path, "--outbox", "--ldap")
    refused("needs --domain DOMAIN or --outbox", "remove", "--outbox", "--domain", "chu.test")
    refused("needs --domain DOMAIN or --outbox", "remove")
    path.write_bytes(path.read_bytes().split(b"-----BEGIN PRIVATE")[0])
    refused("no private key", "import", path, "--outbox")


@pytest.mark.parametrize("name, answers", [
    ("occupe", [status(503), status(429), status(409)]), ("moitie", [half]), ("muet", [slow]), ("bruit", [garbage]), ("portail", [page, no_such_page]),
    ("passerelle", [applied_then(504), applied_then(502)]), ("cle", [status(403), status(401)]), ("infini", [endless]), ("ailleurs", [elsewhere]),
])
def test_until_there_is_an_answer_and_once(place, name, answers):
    pli, web, _ = place
    who = f"{name}@chu.test"
    web.answers[who] = list(answers)
    pli.add(who, sign="never")
    eventually(lambda: published(pli, who))
    asked = [r for r in web.requests if r[0] == who]
    assert len(asked) == len(answers) + 1 and len({r[1] for r in asked}) == 1 and asked[0][2] == "application/fhir+json"
    assert web.count(who) == 1 and who in web.entries["Organization", f"https://finess.esante.gouv.fr|{FINESS}"]


def says(code, body, *headers):
    """Another answer each time: a body without a length, ended with the connection, would be one, too."""
    def act(h):
        h.send_response(code)
        for name, value in headers:
            h.send_header(name, value)
        h.send_header("Content-Length", str(len(body)))
        h.end_headers()
        h.wfile.write(body)
    return act


def outcome(severity, code):
    return ('{"resourceType":"OperationOutcome","issue":[{"severity":"%s","code":"%s","diagnostics":"BAL inconnue"}]}' % (severity, code)).encode()


def test_a_failure_inside_a_200_is_none_taken(place):
    pli, web, _ = place
    who = "echec200@chu.test"
    web.answers[who] = [says(200, outcome("error", "throttled")), says(200, outcome("fatal", "value"))]
    pli.add(who, sign="never")
    report = eventually(lambda: [x["report"] for x in pli.json("publish", "list", "--refused") if x["address"] == who])[0]
    assert report == "create: HTTP 200 OperationOutcome\nBAL inconnue" and not published(pli, who) and not web.answers[who]
    web.answers[who] = [lambda h: (h.apply(), says(200, outcome("warning", "value"))(h))]
    pli.pli("publish", "retry", who)
    eventually(lambda: published(pli, who) and web.count(who) == 1)


def test_who_asks_to_be_left_alone_is(place):
    """Retry-After holds all events; an administrator may ask at once."""
    pli, web, _ = place
    who = "doucement@chu.test"
    web.answers[who] = [says(429, outcome("error", "throttled"), ("Retry-After", "600"))]
    before = int(time.time())
    pli.add(who, sign="never")
    until = eventually(lambda: pli.json("publish", "status")["pause_until"])
    assert before + 590 <= until <= time.time() + 600
    pli.add("patient@chu.test", sign="never")
    eventually(lambda: pli.json("publish", "status")["pending"] == 1)
    assert [r for r in web.requests if r[0] == "patient@chu.test"] == []
    page = pli.pli("publish", "status")
    assert "Z: the last error says why" in page and "last error    create: HTTP 429" in page
    pli.pli("publish", "retry", "--all")
    eventually(lambda: published(pli, who) and published(pli, "patient@chu.test"))


@pytest.mark.parametrize("code", [400, 404, 412, 422])
def test_refused(place, code):
    pli, web, _ = place
    who = f"refus{code}@chu.test"
    web.answers[who] = [lambda h: h.say(code, '{"resourceType":"OperationOutcome","issue":[{"diagnostics":"Structure inconnue: é"}]}'.encode())]
    pli.add(who, sign="never")
    report = eventually(lambda: [x["report"] for x in pli.json("publish", "list", "--refused") if x["address"] == who])[0]
    assert report == f"create: HTTP {code} OperationOutcome\nStructure inconnue: é"
    pli.pli("publish", "retry", who)
    eventually(lambda: web.count(who) == 1)


def test_deleted_where_nobody_is_any_more(place):
    pli, web, _ = place
    who = "parti.loin@chu.test"
    pli.add(who, sign="never")
    eventually(lambda: published(pli, who))
    web.answers[who] = [no_such_page, status(404)]
    pli.pli("account", "close", who)
    eventually(lambda: len([r for r in web.requests if r[0] == who]) == 3 and who not in pli.pli("publish", "list"))


def carrier(pli, pubd):
    found = [p for p, (_, parent) in children(pli.proc.pid).items() if parent == pubd]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name, victim", [("tue", lambda pli, pubd: pubd), ("porteur", carrier)])
def test_killed_while_it_waits_for_the_answer(place, name, victim):
    pli, web, _ = place
    who = f"{name}@chu.test"
    web.answers[who] = [slow]
    was = pli.daemon("pli-pubd")
    pli.add(who, sign="never")
    eventually(lambda: [r for r in web.requests if r[0] == who])
    os.kill(victim(pli, was), signal.SIGKILL)
    pli.wait_daemon("pli-pubd", not_pid=was)
    eventually(lambda: published(pli, who))
    assert web.count(who) == 1 and len({r[1] for r in web.requests if r[0] == who}) == 1


def test_the_carrier_is_caged_and_has_no_key(place):
    pli, _, _ = place
    pid = carrier(pli, pli.daemon("pli-pubd"))
    lines = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    assert (lines["Seccomp"], lines["NoNewPrivs"]) == ("2", "1")
    assert lines["Name"] == "pubd-carrier"


def test_replaced_ended_removed(place):
    """A new one is shown by a pubd that has started again; of one that has ended, and of none, the reports say so; nothing is lost."""
    pli, web, folder = place
    key, two = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)

    def imports(*args):
        was = pli.daemon("pli-pubd")
        pli.pli("cert", *args)
        pli.wait_daemon("pli-pubd", not_pid=was)
    ca, cert = client_certificate(web, folder, "neuf", key=key)
    imports("import", folder / "neuf.pem", "--outbox")
    pli.add("importe@chu.test", sign="never")
    eventually(lambda: published(pli, "importe@chu.test"))
    assert serial(cert) in web.shown

    own = pli.root / "tls/publish/client.ec.pem"
    ca.issue(folder / "fini.pem", {"CN": "fini"}, eku=(CLIENT,), key=key, begins=-48 * HOUR, ends=-25 * HOUR)
    own.write_bytes((folder / "fini.pem").read_bytes().split(b"-----BEGIN PRIVATE")[0])
    was = pli.daemon("pli-pubd")
    os.kill(was, signal.SIGKILL)
    pli.wait_daemon("pli-pubd", not_pid=was)
    pli.add("fini@chu.test", sign="never")
    report = eventually(lambda: [x["report"] for x in pli.json("publish", "list") if x["address"] == "fini@chu.test" and x["report"]])[0]
    assert report.startswith("our certificate ended on ") and "pli cert import FILE --outbox" in report, report
    assert "ev=publish-certificate state=ended until=" in pli.output()
    (f,) = [f for f in json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"] if f["check"] == "publish-certificate"]
    assert f["level"] == "fail" and f["text"].startswith("the certificate of the publication ec ended on "), f

    own.write_bytes(own.read_bytes()[:300])  # cut off by a power failure
    was = pli.daemon("pli-pubd")
    os.kill(was, signal.SIGKILL)
    pli.wait_daemon("pli-pubd", not_pid=was)
    assert eventually(lambda: "ev=publish-certificate state=unread file=" in pli.output())
    assert eventually(lambda: pli.pli("publish", "status", check=False).returncode == 0)

    imports("remove", "--outbox")
    pli.add("aucun@chu.test", sign="never")
    report = eventually(lambda: [x["report"] for x in pli.json("publish", "list") if x["address"] == "aucun@chu.test" and x["report"]])[0]
    assert report.startswith("there is no certificate to show (pli cert import FILE --outbox)"), report
    assert "ev=publish-certificate state=none" in pli.output()
    (f,) = [f for f in json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"] if f["check"] == "publish-certificate"]
    assert f["level"] == "warn" and "there is no certificate to show" in f["text"], f

    _, cert = client_certificate(web, folder, "deux", key=two)
    imports("import", folder / "deux.pem", "--outbox")
    eventually(lambda: published(pli, "aucun@chu.test") and published(pli, "fini@chu.test"))
    assert serial(cert) in web.shown and web.count("aucun@chu.test") == web.count("fini@chu.test") == 1


def test_a_server_that_is_another_one_gets_nothing():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pli-test-carrier-"))
    folder.chmod(0o755)
    server, other = certificate(folder, "server"), certificate(folder, "other")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=ailleurs", "-addext",
                    "subjectAltName=DNS:ailleurs.test", "-keyout", folder / "named.key", "-out", folder / "named.pem"], check=True, capture_output=True)
    try:
        with FhirServer(*other, server[0]) as stranger, FhirServer(folder / "named.pem", folder / "named.key", server[0]) as misnamed:
            (folder / "both.pem").write_text(server[0].read_text() + (folder / "named.pem").read_text())
            for web in (stranger, misnamed):
                conf = [f'publish {{\n backend = https\n url = "https://localhost:{web.port}/fhir"\n anchors = "{folder}/both.pem"\n retry_first = 1s\n}}']
                with Instance(conf=conf) as pli:
                    pli.add("intrus@chu.test", sign="never")
                    pli.pli("publish", "begin", "--nothing")
                    report = eventually(lambda: [x["report"] for x in pli.json("publish", "list") if x["report"]])[0]
                    assert report.startswith("the server's certificate: ") and not web.requests
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("url", ["http://localhost/fhir", "https://moi:x@localhost/fhir", "https://localhost/fhir?a=b", "https://localhost/fhir/", "https:///fhir",
                                 "https://localhost:99999/fhir", "localhost"])
def test_an_address_that_is_none_is_said_at_the_start(url, tmp_path):
    with Instance() as pli:
        with open(pli.root / "pli.conf", "a") as f:
            f.write(f'publish {{\n backend = https\n url = "{url}"\n}}\n')
        pli.stop()
        said = subprocess.run([pli.bin / "pli", "serve", "--root", pli.root], capture_output=True, text=True, timeout=120)
        assert said.returncode != 0 and "publish.url" in said.stdout + said.stderr
