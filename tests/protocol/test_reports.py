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
import time

import pytest
from instance import Instance, eventually, plain
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
    with Instance("a.test") as pli:
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
    relayd = one.daemon("relayd")
    os.kill(relayd, signal.SIGSTOP)
    try:
        send(one, [(HERE, " NOTIFY=SUCCESS")], sender="gone@a.test")
        one.pli("account", "delete", "gone@a.test")
    finally:
        os.kill(relayd, signal.SIGCONT)
    quiet(one)
    assert eventually(lambda: [x for x in lines(one, "report-dropped") if x["why"] == "no-such-account"])
    assert one.daemon("relayd") == relayd


def test_here_once_across_kill(one):
    """relayd is killed again and again while reports are due: each is there once."""
    before = len(reports(one))
    for i in range(12):
        send(one, [(HERE, " NOTIFY=SUCCESS")], subject=f"n{i}")
        if i % 3 == 0:
            os.kill(one.daemon("relayd"), signal.SIGKILL)
    quiet(one)
    assert len(reports(one)) == before + 12
    ids = [r.message["message-id"] for r in reports(one)]
    assert len(set(ids)) == len(ids)


def test_from_port_25(one):
    """A sender elsewhere asks for it at port 25: the report waits in the queue for his server, from <>."""
    pem = one.trust_operator("load.test")
    with one.smtp("smtp", pem=pem) as s:
        assert s.docmd("MAIL", "FROM:<x@load.test> RET=HDRS ENVID=e1")[0] == 250
        assert s.docmd("RCPT", f"TO:<{HERE}> NOTIFY=SUCCESS")[0] == 250
        assert s.data(plain("de loin", "x@load.test", HERE))[0] == 250
    def waiting():
        got = one.json("queue", "list")
        got = got if isinstance(got, list) else got["entries"]
        return [x for x in got if x["recipient"] == "x@load.test" and x["state"] == "waiting"]
    item, = eventually(waiting, 60)
    assert not item.get("sender")
    one.pli("queue", "drop", *([item["id"]] if "id" in item else ["--all"]), check=False)
