# SPDX-License-Identifier: EUPL-1.2
"""packaging/publish-fhir, the back end over HTTPS, against a real server with mutual TLS (tests/lib/fhir_server.py): each answer is read rightly, and what was
applied without an answer stands there once."""
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from fhir_server import FhirServer
from instance import FINESS, Instance, eventually

TOP = pathlib.Path(__file__).resolve().parents[2]


def certificate(folder, name):
    """A self-signed one, good for localhost."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True)
    (folder / f"{name}.key").chmod(0o644)
    return folder / f"{name}.pem", folder / f"{name}.key"


@pytest.fixture(scope="module")
def place():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pli-test-fhir-"))
    folder.chmod(0o755)
    server, client = certificate(folder, "server"), certificate(folder, "client")
    with FhirServer(*server, client[0]) as web:
        (folder / "curl").write_text(f'cacert = "{server[0]}"\ncert = "{client[0]}"\nkey = "{client[1]}"\n')
        (folder / "conf").write_text(f"BASE=https://localhost:{web.port}/fhir/v2\nCURL_OPTIONS={folder}/curl\nSECONDS_MOST=2\n")
        (folder / "program").write_text(f"#!/bin/sh\nPLI_PUBLISH_FHIR_CONF={folder}/conf exec {folder}/publish-fhir\n")
        shutil.copy(TOP / "packaging/publish-fhir", folder)  # the checkout may lie where the daemon's uid cannot look
        (folder / "program").chmod(0o755)
        conf = [f'publish {{\n backend = command\n command = "{folder}/program"\n timeout = 20s\n retry_first = 1s\n retry_max = 1s\n}}']
        with Instance(conf=conf) as pli:
            pli.add("un@chu.test", sign="never")
            pli.pli("publish", "begin", "--nothing")
            eventually(lambda: web.count("un@chu.test") == 1)
            yield pli, web, folder
    shutil.rmtree(folder, ignore_errors=True)


def half(h):
    h.apply()
    h.say(200, b'{"resourceType":', length=1000)
    h.close_connection = True


def silent(h):
    h.apply()
    h.server.parent.stopping.wait(10)


def garbage(h):
    h.wfile.write(b"\x16\x03 no HTTP\r\n\r\n")
    h.close_connection = True


def page(h):
    h.say(200, b"<html>Portail captif</html>")


def no_such_page(h):
    h.say(404, b"<html>nginx</html>")


def status(code):
    return lambda h: h.say(code)


def failed_200(code):
    """A gateway's: the failure stands in the body."""
    return lambda h: h.say(200, b'{"resourceType": "OperationOutcome", "issue": [{"severity" : "error", "code" : "%s"}]}' % code.encode())


def applied_then(code):
    def act(h):
        h.apply()
        h.say(code)
    return act


@pytest.mark.parametrize("name, answers", [
    ("busy", [status(503), status(429)]), ("half", [half]), ("silent", [silent]), ("garbage", [garbage]), ("page", [page]),
    ("gateway", [applied_then(504), applied_then(502)]), ("key", [status(403)]),
    ("hidden", [failed_200("throttled")]),
])
def test_until_there_is_an_answer_and_once(place, name, answers):
    pli, web, _ = place
    who = f"{name}@chu.test"
    web.answers[who] = list(answers)
    pli.add(who, sign="never")
    eventually(lambda: pli.pli("publish", "show", who, check=False).stdout.startswith(f"{who}: published"))
    asked = [r for r in web.requests if r[0] == who]
    assert len(asked) == len(answers) + 1 and len({r[1] for r in asked}) == 1 and asked[0][2] == "application/fhir+json"
    assert web.count(who) == 1 and who in web.entries["Organization", f"https://finess.esante.gouv.fr|{FINESS}"]
    pli.pli("account", "close", who)
    eventually(lambda: web.count(who) == 0)


@pytest.mark.parametrize("code", [404, 412, 422, 200])
def test_refused(place, code):
    pli, web, _ = place
    who = f"refuse{code}@chu.test"
    web.answers[who] = [failed_200("value") if code == 200 else status(code)]
    pli.add(who, sign="never")
    report = eventually(lambda: [x["report"] for x in pli.json("publish", "list", "--refused") if x["address"] == who])[0]
    assert report.startswith(f"create: HTTP {code}") and "OperationOutcome" in report
    pli.pli("publish", "retry", who)
    eventually(lambda: web.count(who) == 1)


def test_deleted_where_nobody_is_any_more(place):
    pli, web, _ = place
    who = "parti@chu.test"
    pli.add(who, sign="never")
    eventually(lambda: pli.pli("publish", "show", who, check=False).stdout.startswith(f"{who}: published"))
    web.answers[who] = [no_such_page, status(404)]  # a proxy, or an address that is wrong, knows of nobody
    pli.pli("account", "close", who)
    eventually(lambda: len([r for r in web.requests if r[0] == who]) == 3)
    eventually(lambda: who not in pli.pli("publish", "list"))


def test_a_server_that_is_another_one_gets_nothing(place):
    pli, web, folder = place
    who = "intrus@chu.test"
    text = (folder / "curl").read_text()
    (folder / "curl").write_text(text.replace("server.pem", "client.pem"))
    pli.add(who, sign="never")
    report = eventually(lambda: [x["report"] for x in pli.json("publish", "list") if x["address"] == who and x["report"]])[0]
    assert "certificate" in report and not [r for r in web.requests if r[0] == who]
    (folder / "curl").write_text(text)
    eventually(lambda: web.count(who) == 1)
