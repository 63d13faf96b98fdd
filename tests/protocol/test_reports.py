# SPDX-License-Identifier: EUPL-1.2
"""Reports to senders, whole servers: what a client asks for with NOTIFY, RET, ENVID and ORCPT, what became of the message, and what then stands in
the sender's INBOX, read strictly: RFC 3464's fields by Python's email, with nothing left out and nothing told twice.

a.test sends. b.test is a Pli that knows DSN. c.test is a scripted server that does not.
"""
import email
import email.policy
import os
import re
import signal
import socket
import ssl
import subprocess
import threading

import pytest
from instance import NO_WAY_OUT, PASSWORD, Instance, eventually, plain
from operators import Operators

SENDER, HERE, THERE, NOBODY = "hosp@a.test", "doc@a.test", "gp@b.test", "nobody@b.test"


class Report:
    def __init__(self, octets):
        self.octets = octets
        assert octets.startswith(b"Return-Path: <>\r\n")
        assert b"\n" not in octets.replace(b"\r\n", b""), "a bare LF"
        m = email.message_from_bytes(octets, policy=email.policy.default)
        assert not m.defects
        assert (m.get_content_type(), m.get_param("report-type")) == ("multipart/report", "delivery-status")
        assert m["from"] == "Mail Delivery System <MAILER-DAEMON@a.test>"
        assert m["auto-submitted"] == "auto-replied" and m["to"] == SENDER and m["message-id"] and m["date"]
        self.message, (text, status, self.original) = m, list(m.iter_parts())
        assert text.get_content_type() == "text/plain" and text.get_content_charset() == "utf-8"
        assert status.get_content_type() == "message/delivery-status"
        self.text = text.get_content()
        self.fields, *self.rcpts = [dict(g.items()) for g in status.get_payload()]
        assert self.fields["Reporting-MTA"] == "dns; mail.a.test" and self.fields["Arrival-Date"]

    @property
    def action(self):
        return {r["Final-Recipient"].removeprefix("rfc822; "): r["Action"] for r in self.rcpts}


def reports(pli, sender=SENDER):
    return [Report(x) for x in pli.fetch_all(sender) if b"report-type" in x]


def send(pli, rcpts, mail="", subject="resultat", sender=SENDER, body="Bonjour.\r\n"):
    """rcpts: [(address, parameters)]. Gives our message id of the letter."""
    with pli.smtp(login=sender) as s:
        assert s.has_extn("dsn")
        assert s.docmd("MAIL", f"FROM:<{sender}>{mail}")[0] == 250
        for address, params in rcpts:
            got = s.docmd("RCPT", f"TO:<{address}>{params}")
            assert got[0] == 250, got
        code, said = s.data(plain(subject, sender, rcpts[0][0], body=body))
        assert code == 250, said


def quiet(pli):
    """The queue is empty: whatever is to be told was told."""
    return eventually(lambda: "the queue is empty" in pli.pli("queue", "list"), 60)


def lines(pli, event):
    return [dict(re.findall(r"(\S+?)=(\S*)", x)) for x in pli.output().splitlines() if f" ev={event} " in x]


# ---- a recipient here ----
LOCAL = [("", None), (" NOTIFY=SUCCESS", "delivered"), (" NOTIFY=FAILURE", None), (" NOTIFY=DELAY", None), (" NOTIFY=NEVER", None),
         (" NOTIFY=SUCCESS,FAILURE,DELAY", "delivered"), (" NOTIFY=FAILURE,DELAY", None)]


@pytest.fixture(scope="module")
def one():
    with Instance("a.test", conf=[NO_WAY_OUT]) as pli:  # what the machine's own DNS says of load.test is nothing to us
        for address in (SENDER, HERE, "other@a.test"):
            pli.add(address)
        yield pli


def read_reply(f):
    out = b""
    while True:
        line = f.readline()
        out += line
        if line[3:4] != b"-":
            return out


def test_offered(one):
    """DSN always, REQUIRETLS only when TLS is active (RFC 8689 4)."""
    for service in ("smtp", "submission"):
        with socket.create_connection(("localhost", one.port(service)), 30) as s:
            f = s.makefile("rb")
            f.readline()
            s.sendall(b"EHLO client.test\r\n")
            said = read_reply(f)
            assert b"250-DSN\r\n" in said and b"REQUIRETLS" not in said
    with one.smtp() as s:
        assert s.has_extn("dsn") and s.has_extn("requiretls")


@pytest.mark.parametrize("notify,action", LOCAL)
def test_here(one, notify, action):
    before, there = len(reports(one)), len(one.fetch_all(HERE))
    send(one, [(HERE, f"{notify} ORCPT=rfc822;Doc+2Bx@a.test")], " RET=FULL ENVID=QQ+2B31")
    assert len(one.fetch_all(HERE)) == there + 1
    if action:
        eventually(lambda: len(reports(one)) > before, 60)
    quiet(one)
    got = reports(one)[before:]
    assert [r.action for r in got] == ([{HERE: action}] if action else [])
    msgid = email.message_from_bytes(one.fetch_all(HERE)[-1])["message-id"]
    for r in got:
        assert r.fields["Original-Envelope-Id"] == "QQ+31"
        assert r.rcpts[0]["Original-Recipient"] == "rfc822; Doc+x@a.test" and r.rcpts[0]["Status"] == "2.0.0"
        assert r.original.get_content_type() == "text/rfc822-headers"  # nothing failed: RET=FULL is not for it (RFC 3461 4.3)
        assert "Subject: resultat" in r.original.get_payload() and r.message["in-reply-to"] == msgid
        assert r.message["subject"] == "Message remis / Delivered mail"
        assert r.text.index("a été déposé") < r.text.index("was delivered")


def test_here_null_sender(one):
    """Nobody is there to be told, and no duty is left behind."""
    before = len(reports(one))
    with one.smtp(login=SENDER) as s:
        assert s.docmd("MAIL", "FROM:<>")[0] == 250
        assert s.docmd("RCPT", f"TO:<{HERE}> NOTIFY=SUCCESS")[0] == 250
        assert s.data(plain("avis", SENDER, HERE))[0] == 250
    assert "the queue is empty" in one.pli("queue", "list")
    assert len(reports(one)) == before


def test_here_several(one):
    """Who asked is told of, who did not is not; one mailbox by one name twice is one."""
    before = len(reports(one))
    send(one, [(HERE, " NOTIFY=SUCCESS"), ("other@a.test", " NOTIFY=FAILURE"), (SENDER, " NOTIFY=SUCCESS")])
    told = eventually(lambda: (lambda r: r if sum(len(x.rcpts) for x in r) == 2 else None)(reports(one)[before:]), 60)
    quiet(one)
    assert {a: b for r in told for a, b in r.action.items()} == {HERE: "delivered", SENDER: "delivered"}
    assert len(reports(one)) == before + len(told)


def test_here_sender_deleted(one):
    """The account that asked is gone when the report is due: a line in the log, nothing waits for ever, relayd lives."""
    one.add("gone@a.test")
    relayd = one.daemon("pli-relayd")
    os.kill(relayd, signal.SIGSTOP)
    try:
        send(one, [(HERE, " NOTIFY=SUCCESS")], sender="gone@a.test")
        one.pli("account", "delete", "gone@a.test")
    finally:
        os.kill(relayd, signal.SIGCONT)
    quiet(one)
    assert eventually(lambda: [x for x in lines(one, "report-dropped") if x["why"] == "no-such-account"])
    assert one.daemon("pli-relayd") == relayd


def test_here_once_across_kill(one):
    """relayd is killed again and again while reports are due: each is there once."""
    before = len(reports(one))
    for i in range(12):
        send(one, [(HERE, " NOTIFY=SUCCESS")], subject=f"n{i}")
        if i % 3 == 0:
            relayd = one.wait_daemon("pli-relayd")
            os.kill(relayd, signal.SIGKILL)
            one.wait_daemon("pli-relayd", not_pid=relayd, timeout=60)
    quiet(one)
    assert len(reports(one)) == before + 12
    ids = [r.message["message-id"] for r in reports(one)]
    assert len(set(ids)) == len(ids)


def test_msmtp(one):
    """A client of Debian's that knows DSN."""
    before = len(reports(one))
    subprocess.run(["msmtp", "--host=localhost", f"--port={one.port('submission')}", "--tls=on", "--tls-starttls=on", f"--tls-trust-file={one.ca}",
                    "--auth=plain", f"--user={SENDER}", f"--passwordeval=echo {PASSWORD}", f"--from={SENDER}", "--dsn-notify=success",
                    "--dsn-return=headers", HERE], input=plain("msmtp", SENDER, HERE), check=True, timeout=120)
    report, = new_reports(one, before)
    quiet(one)
    assert report.action == {HERE: "delivered"}


def test_from_port_25(one):
    """A sender elsewhere asks for it at port 25: the report waits in the queue for his server, from <>."""
    pem = one.trust_operator("load.test")
    with one.smtp("smtp", pem=pem) as s:
        assert s.docmd("MAIL", "FROM:<x@load.test> RET=HDRS ENVID=e1")[0] == 250
        assert s.docmd("RCPT", f"TO:<{HERE}> NOTIFY=SUCCESS")[0] == 250
        assert s.data(plain("de loin", "x@load.test", HERE))[0] == 250

    def waiting():
        return [x for x in one.json("queue", "list") if x["recipient"] == "x@load.test" and x["state"] == "waiting"]
    item, = eventually(waiting, 60)
    assert not item["sender"]
    one.pli("queue", "drop", "--all", "--silent", "--yes")
    quiet(one)


# ---- recipients elsewhere ----
NOTIFY = ["", " NOTIFY=NEVER", " NOTIFY=SUCCESS", " NOTIFY=FAILURE", " NOTIFY=DELAY", " NOTIFY=SUCCESS,FAILURE", " NOTIFY=FAILURE,DELAY"]


@pytest.fixture(scope="module")
def pair():
    with Operators(accounts=(SENDER, HERE, THERE)) as operators:
        yield operators


def new_reports(pli, before, count=1):
    return eventually(lambda: (lambda r: r if sum(len(x.rcpts) for x in r) >= count else None)(reports(pli)[before:]), 60)


def test_failed(pair):
    """One letter to seven addresses that b does not know: one report, on those of whom it was wanted and on nobody else."""
    a, before = pair.a, len(reports(pair.a))
    send(a, [(f"n{i}@b.test", f"{n} ORCPT=rfc822;N+2B{i}@b.test") for i, n in enumerate(NOTIFY)], " RET=HDRS ENVID=envel+3Dope")
    due = {f"n{i}@b.test" for i in (0, 3, 5, 6)}
    report, = new_reports(a, before, len(due))
    quiet(a)
    assert len(reports(a)) == before + 1
    assert report.action == {x: "failed" for x in due}
    assert report.fields["Original-Envelope-Id"] == "envel=ope"
    for r in report.rcpts:
        i = r["Final-Recipient"][9]
        assert r["Original-Recipient"] == f"rfc822; N+{i}@b.test" and r["Status"] == "5.1.1" and r["Last-Attempt-Date"]
        assert r["Remote-MTA"].startswith("dns; mail.b.test (127.0.0.1)")
        assert re.match(r"smtp; 550 5\.1\.1 \S", r["Diagnostic-Code"])
    assert report.message["subject"] == "Message non remis / Undelivered mail"
    assert report.original.get_content_type() == "text/rfc822-headers" and "Bonjour" not in report.octets.decode()


def test_failed_full(pair):
    """RET=FULL gives the whole message, octet for octet; of one beyond relayd.report_full_max (1M) its header."""
    a, before = pair.a, len(reports(pair.a))
    send(a, [(NOBODY, ""), (HERE, "")], " RET=FULL", body="é" * 10 + "\r\nLigne.\r\n")
    report, = new_reports(a, before)
    assert report.original.get_content_type() == "message/rfc822"
    sent = a.fetch_all(HERE)[-1]
    back = report.octets[report.octets.index(b"Content-Type: message/rfc822"):]
    cut = sent.index(b"\r\nFrom: ")
    assert sent[cut:].rstrip(b"\r\n") in back
    send(a, [(NOBODY, "")], " RET=FULL", body=("x" * 70 + "\r\n") * 16000)
    *_, second = eventually(lambda: len(reports(a)) == before + 2 and reports(a), 60)
    assert second.original.get_content_type() == "text/rfc822-headers" and len(second.octets) < 20000


def test_large(pair):
    """Of a letter over 256 KiB the trace is a chunk of its own in front: the next server has every octet, less Return-Path, and the report shows the whole header."""
    before = len(reports(pair.a))
    body = "0123456789 abcdef\r\n" * 25000
    send(pair.a, [(THERE, " NOTIFY=NEVER"), (HERE, " NOTIFY=SUCCESS")], " RET=HDRS", "tres grand", body=body)
    report, = new_reports(pair.a, before)
    assert report.original.get_content_type() == "text/rfc822-headers"
    assert b"Subject: tres grand" in report.octets and b"Received: from client.test" in report.octets
    got, = eventually(lambda: [x for x in pair.b.fetch_all(THERE) if b"Subject: tres grand" in x])
    assert body.encode() in got and got.count(b"\r\nReceived: ") == 2 and got.count(b"Return-Path: ") == 1
    for pli in (pair.a, pair.b):
        pli.pli("store", "check")


def test_delivered_there(pair):
    """b knows DSN: what the sender asked for goes with the message, a says nothing, b reports."""
    a, before = pair.a, len(a_boxes(pair))
    send(pair.a, [(THERE, " NOTIFY=SUCCESS ORCPT=rfc822;Gp+2B7@b.test")], " RET=HDRS ENVID=there+2B1")
    octets = eventually(lambda: a_boxes(pair)[before:], 60)[0]
    m = email.message_from_bytes(octets, policy=email.policy.default)
    assert m["from"] == "Mail Delivery System <MAILER-DAEMON@b.test>" and m.get_param("report-type") == "delivery-status"
    fields, rcpt = (dict(g.items()) for g in list(m.iter_parts())[1].get_payload())
    assert fields["Original-Envelope-Id"] == "there+1" and rcpt["Original-Recipient"] == "rfc822; Gp+7@b.test"
    assert (rcpt["Action"], rcpt["Final-Recipient"]) == ("delivered", f"rfc822; {THERE}")
    quiet(pair.a), quiet(pair.b)
    assert len(a_boxes(pair)) == before + 1


def a_boxes(pair):
    return pair.a.fetch_all(SENDER)


def test_not_asked_there(pair):
    for notify in ("", " NOTIFY=NEVER", " NOTIFY=FAILURE,DELAY"):
        before, there = len(a_boxes(pair)), len(pair.b.fetch_all(THERE))
        send(pair.a, [(THERE, notify)])
        eventually(lambda: len(pair.b.fetch_all(THERE)) > there, 60)
        quiet(pair.a), quiet(pair.b)
        assert len(a_boxes(pair)) == before


def test_no_report_on_a_report(pair):
    """A message from <> that fails: one line in the log, nothing else, and nothing again."""
    a, before = pair.a, len(a_boxes(pair))
    with a.smtp(login=SENDER) as s:
        assert s.docmd("MAIL", "FROM:<>")[0] == 250
        assert s.docmd("RCPT", f"TO:<{NOBODY}>")[0] == 250
        assert s.data(plain("avis", SENDER, NOBODY))[0] == 250
    eventually(lambda: [x for x in lines(a, "report-dropped") if x["why"] == "double-bounce"], 60)
    quiet(a)
    assert len(a_boxes(pair)) == before and len([x for x in lines(a, "report-dropped") if x["why"] == "double-bounce"]) == 1


# ---- time ----
def test_delayed_once_then_expired():
    """b is down: one warning to who wants one, though tries go on and relayd is killed; at the end of its life one failure."""
    with Operators(accounts=(SENDER, THERE), conf_a=("relayd {", " warn_after = 4s", " max_age = 30s", "}")) as pair:
        a = pair.a
        pair.b.stop()
        send(a, [(f"n{i}@b.test", n) for i, n in enumerate(NOTIFY)])
        first, = new_reports(a, 0, 3)
        assert first.action == {f"n{i}@b.test": "delayed" for i in (0, 4, 6)}
        assert first.message["subject"] == "Message retardé / Delayed mail"
        assert all(r["Status"].startswith("4.") and r["Will-Retry-Until"] for r in first.rcpts)
        relayd = a.daemon("pli-relayd")
        os.kill(relayd, signal.SIGKILL)
        a.wait_daemon("pli-relayd", not_pid=relayd, timeout=60)
        quiet(a)
        told = reports(a)
        assert [sorted(r.action) for r in told if "delayed" in r.action.values()] == [["n0@b.test", "n4@b.test", "n6@b.test"]]
        failed = [x for r in told for x, action in r.action.items() if action == "failed"]
        assert sorted(failed) == ["n0@b.test", "n3@b.test", "n5@b.test", "n6@b.test"]
        assert all(x["Status"] == "5.4.7" for r in told for x in r.rcpts if x["Action"] == "failed")


# ---- a server without DSN ----
class Plain:
    """A server of c.test that knows STARTTLS and nothing of DSN; keeps what it was told. At 127.0.0.2, b's port."""

    def __init__(self, pem, port):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pem)
        self.said, self.listener = [], socket.create_server(("127.0.0.2", port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                c, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        c.sendall(b"220 mail.c.test ESMTP\r\n")
        for line in iter(c.makefile("rb").readline, b""):
            if line[:4].upper() == b"STAR":
                c.sendall(b"220 go\r\n")
                c = self.context.wrap_socket(c, server_side=True)
                self.serve_tls(c, c.makefile("rb"))
                return
            c.sendall(b"250-mail.c.test\r\n250 STARTTLS\r\n")

    def serve_tls(self, c, f):
        data = False
        for line in iter(f.readline, b""):
            if data:
                data = line != b".\r\n"
                if not data:
                    c.sendall(b"250 2.0.0 taken\r\n")
                continue
            self.said.append(line.decode().strip())
            verb = line[:4].upper()
            data = verb == b"DATA"
            c.sendall({b"EHLO": b"250-mail.c.test\r\n250 8BITMIME\r\n", b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 ok\r\n"))
            if verb == b"QUIT":
                c.close()
                return

    def close(self):
        self.listener.close()


def test_relayed():
    """A server without DSN took it: whoever wants to hear of success hears that the trail ends there."""
    with Operators(accounts=(SENDER, THERE), conf=("relayd {", " check_name = no", "}")) as pair:
        a = pair.a
        pair.dns.mx("c.test", "mail.c.test", 10, "127.0.0.2")
        pair.dns.start()
        server = Plain(a.trust_operator("c.test"), pair.b.port("smtp"))
        try:
            send(a, [(f"n{i}@c.test", f"{n} ORCPT=rfc822;N@c.test") for i, n in enumerate(NOTIFY)], " RET=FULL ENVID=e")
            report, = new_reports(a, 0, 2)
            quiet(a)
        finally:
            server.close()
        assert len(reports(a)) == 1 and report.action == {"n2@c.test": "relayed", "n5@c.test": "relayed"}
        assert all(r["Status"] == "2.0.0" and "mail.c.test" in r["Remote-MTA"] for r in report.rcpts)
        assert report.original.get_content_type() == "text/rfc822-headers"
        assert not [x for x in server.said if re.search("NOTIFY|ORCPT|RET=|ENVID", x)]
