# SPDX-License-Identifier: EUPL-1.2
"""Promise 2, for the log: a message is refused for every cause that is found in its content, and no byte of its header is in any log line."""
import pytest
from instance import Instance

MARK = "Marque7391"
HEAD = (f"To: {MARK} <{MARK}@chu.test>\r\nCc: {MARK}@ailleurs.test\r\nReply-To: {MARK}@x.test\r\nSubject: {MARK} examen\r\nMessage-ID: <{MARK}@x.test>\r\n"
        f"X-{MARK}: {MARK}\r\nContent-Type: text/plain; name={MARK}\r\nIn-Reply-To: <{MARK}@x>\r\nReceived: from {MARK}.test by x; now\r\n"
        f"Authentication-Results: {MARK}.test; smime=pass\r\n")
GOOD = "From: <gp@chu.test>\r\n"
BODY = f"\r\n{MARK}\r\n"
CASES = {  # cause -> message, code
    "from-mismatch": (f"From: {MARK} <{MARK}@chu.test>\r\n" + HEAD + BODY, 550),
    "from-mismatch, an address that cannot be read": (f"From: {MARK} <{MARK}@@>\r\n" + HEAD + BODY, 550),
    "from-mismatch, Sender": (GOOD + f"Sender: {MARK}@chu.test\r\n" + HEAD + BODY, 550),
    "tnef": (GOOD + HEAD.replace("text/plain", "application/ms-tnef") + BODY, 550),
    "nul": (GOOD + HEAD + "\r\n\0" + BODY, 554),
    "loop": (GOOD + f"Received: by {MARK}.test\r\n" * 60 + HEAD + BODY, 554),
    "headers-too-big": (GOOD + f"X-Remplissage: {MARK} et la suite de cette ligne\r\n" * 8000 + HEAD + BODY, 552),
    "bare-lf": (GOOD + HEAD + f"\r\n{MARK}\n{MARK}" + BODY, 554),
    "message-line": (GOOD + HEAD + "\r\n" + MARK * 300000 + "\r\n" + BODY, 554),
    "too-big": (GOOD + HEAD + "\r\n" + f"{MARK}\r\n" * 200000 + BODY, 552),
    "from-operator": (f"From: {MARK} <{MARK}@chu.test>\r\n" + HEAD + BODY, 550),
    "from-operator, a domain of nobody": (f"From: {MARK} <directeur@{MARK}.test>\r\n" + HEAD + BODY, 550),
}
SEEN_ELSEWHERE = {"quota", "disk-full", "store-temp", "directory-temp", "keys-temp", "timeout", "shutdown"}  # not of the content


@pytest.fixture(scope="module")
def inst():
    with Instance(conf=["smtpd {", "max_message = 1M", "}", "log {", "level = debug", "}"]) as pli:
        pli.add("gp@chu.test", sign="never")
        pli.add("signe@chu.test", kind="per", name="Dr Marie MARTIN")
        yield pli


def send(inst, name, message):
    relay = name.startswith("from-operator")
    with inst.smtp("smtp", pem=inst.trust_operator("load.test")) if relay else inst.smtp(login="gp@chu.test") as s:
        sender = "a@load.test" if relay else "gp@chu.test"
        s.mail(sender), s.rcpt("gp@chu.test"), s.docmd("DATA")
        s.send(message.replace("\r\n.", "\r\n..").encode("latin-1") + b"\r\n.\r\n")
        return s.getreply()


@pytest.mark.parametrize("name", CASES)
def test_refused_without_a_word_of_it(inst, name):
    message, code = CASES[name]
    if name == "headers-too-big":
        inst.pli("doctor", check=False)  # nothing of it either
    got, text = send(inst, name, message)
    assert got == code, text
    assert MARK.encode() not in text
    log = (inst.root / "log/pli.log").read_text(errors="replace")
    assert f"why={name.split(',')[0]}" in log
    found = [ln for ln in log.splitlines() if MARK.lower() in ln.lower()]
    assert not found, found[:3]


def test_filed_without_a_word_of_it(inst):
    inst.submit("signe@chu.test", ["gp@chu.test"], ("From: <signe@chu.test>\r\n" + HEAD + BODY).encode())
    inst.submit("gp@chu.test", ["gp@chu.test"], ("From: <gp@chu.test>\r\n" + HEAD + BODY).encode())
    inst.fetch_all("gp@chu.test")
    found = [ln for ln in (inst.root / "log/pli.log").read_text(errors="replace").splitlines() if MARK.lower() in ln.lower()]
    assert not found, found[:3]
