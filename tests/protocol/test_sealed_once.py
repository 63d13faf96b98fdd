# SPDX-License-Identifier: EUPL-1.2
"""A message over 256 KiB is sealed once, while it comes (docs/decisions/0041): its trace is a chunk of its own in front of what came. IMAP and
tools show one message, octet for octet (relaying and reports: test_reports.py). The witness is the same message put by APPEND, whose chunks have no such front."""
import base64
import os
import random
import re
import signal
import socket

import pytest
from instance import Instance, PASSWORD, children, eventually, plain

BOUND = 256 * 1024
CHUNK = 65536
ME = "gp@chu.test"
THEM = "x@load.test"
PDF = base64.encodebytes(random.Random(7).randbytes(500_000)).replace(b"\n", b"\r\n")


def report(subject, size=None, to=ME):
    """A letter with a text, a document and a letter inside; or a plain one of exactly that many octets."""
    if size is not None:
        m = plain(subject, THEM, to, "")
        m += b"compte rendu " * 3 + b"\r\n"
        m += (b"0123456789" * 7 + b"\r\n") * ((size - len(m) - 80) // 72)
        return m + b"z" * (size - len(m) - 2) + b"\r\n"
    head = plain(subject, THEM, to, "", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=bb\r\n")
    return (head + "--bb\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nBonjour, éclampsie.\r\n".encode()
            + b"--bb\r\nContent-Type: application/pdf; name=\"irm.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + PDF
            + b"--bb\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: <i@chu.test>\r\n\r\nlast words\r\n--bb--\r\n")


@pytest.fixture(scope="module")
def one():
    with Instance(conf=["smtpd {", "max_message = 4M", "max_memory_per_account = 16M", "data_timeout = 6s", "}"]) as p:
        p.add(ME, sign="never")
        p.add("b@chu.test", sign="never")
        p.add("full@chu.test", sign="never", extra=["--quota", "100KB"])
        p.trust_operator()
        yield p


def inbound(pli, message, to=(ME,)):
    with pli.smtp("smtp", pem=pli.trust_operator()) as s:
        return s.sendmail(THEM, list(to), message, mail_options=["BODY=8BITMIME"])


def stats(pli):
    return pli.json("store", "stats")


def literals(answer):
    return [x[1] for x in answer if isinstance(x, tuple)]


def whole(box, uid):
    return literals(box.uid("FETCH", str(uid), "(BODY.PEEK[])")[1])[0]


def newest(box):
    return int(box.uid("SEARCH", "ALL")[1][0].split()[-1])


ITEMS = ["RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE", "BODY", "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "BODY.PEEK[1]", "BODY.PEEK[2]", "BODY.PEEK[2.MIME]",
         "BODY.PEEK[3]", "BODY.PEEK[3.HEADER]", "BODY.PEEK[3.TEXT]", "BINARY.PEEK[2]", "BINARY.SIZE[2]", "PREVIEW",
         "BODY.PEEK[HEADER.FIELDS (RECEIVED SUBJECT)]", "BODY.PEEK[HEADER.FIELDS.NOT (RECEIVED)]", "BODY.PEEK[TEXT]<100.70000>"]


def served(box, uid, item):
    answer = box.uid("FETCH", str(uid), f"({item})")[1]
    return re.sub(rb"^\d+ \(UID \d+ ", b"", b"|".join(x if isinstance(x, bytes) else b"|".join(x) for x in answer))


def test_served_as_one_message(one):
    """Every item of it is what a message of the same octets without that front gives; ranges across the chunks' borders are right."""
    sent = report("un rapport")
    inbound(one, sent)
    with one.imap(ME) as box:
        box.select("INBOX")
        uid = newest(box)
        octets = whole(box, uid)
        assert octets.endswith(sent) and octets.startswith(b"Return-Path: <x@load.test>\r\n")
        lead = len(octets) - len(sent)
        assert box.append("INBOX", None, None, octets)[0] == "OK"
        box.noop()
        twin = newest(box)
        assert twin != uid and whole(box, twin) == octets
        for item in ITEMS:
            assert served(box, uid, item) == served(box, twin, item), item
        for at in (0, 1, lead - 1, lead, lead + 1, lead + CHUNK - 1, lead + CHUNK, lead + 3 * CHUNK - 5, len(octets) - 3, len(octets), len(octets) + 9):
            for n in (1, 2, 700, CHUNK, 2 * CHUNK + 1):
                got = box.uid("FETCH", str(uid), f"(BODY.PEEK[]<{at}.{n}>)")[1]
                assert (literals(got) or [b""])[0] == octets[at:at + n], (at, n)
        for key in (b'TEXT "eclampsie"', b'TEXT "irm.pdf"', b'BODY "last words"', b'HEADER Received "client.test"', b'SUBJECT "un rapport"'):
            found = box.uid("SEARCH", key.decode())[1][0].split()
            assert {b"%d" % uid, b"%d" % twin} <= set(found), key
    one.pli("store", "check")


@pytest.mark.parametrize("extra", [0, -2, 1, CHUNK, CHUNK + 1])
def test_at_the_bound(one, extra):
    """The message as it came has exactly so many octets more than memory keeps: with its trace it is longer in any case."""
    sent = report("borne", BOUND + extra)
    assert len(sent) == BOUND + extra
    inbound(one, sent)
    with one.imap(ME) as box:
        box.select("INBOX")
        uid = newest(box)
        assert whole(box, uid).endswith(b"\r\n" + sent)
        assert int(re.search(rb"RFC822.SIZE (\d+)", box.uid("FETCH", str(uid), "(RFC822.SIZE)")[1][0])[1]) == len(whole(box, uid))
        assert box.append("INBOX", None, None, sent)[0] == "OK"
        box.noop()
        assert whole(box, newest(box)) == sent


def test_several_at_once(one):
    """Of a MULTIAPPEND the first one's chunks are used as they lie, the others' are put behind them; a replacement is one of one."""
    sizes = [400_000, 900, 300_000, 2_000_000, 100_000]
    letters = [report(f"n{n}", n) for n in sizes]
    with one.tls().wrap_socket(socket.create_connection(("127.0.0.1", one.port("imaps")), 60), server_hostname="localhost") as s:
        f = s.makefile("rb")
        f.readline()
        s.sendall(f"a LOGIN {ME} {PASSWORD}\r\n".encode())
        while not f.readline().startswith(b"a OK"):
            pass
        s.sendall(b"b APPEND INBOX" + b"".join(b" {%d+}\r\n" % len(x) + x for x in letters) + b"\r\n")
        while not (said := f.readline()).startswith(b"b "):
            pass
        first = int(re.search(rb"APPENDUID \d+ (\d+):", said)[1])
    with one.imap(ME) as box:
        box.select("INBOX")
        assert [whole(box, first + i) for i in range(len(letters))] == letters
        assert box.uid("FETCH", str(first), "(UID)")[0] == "OK"
    one.pli("store", "check")


def test_several_recipients_share_it(one):
    before = stats(one)
    inbound(one, report("pour deux"), (ME, "b@chu.test"))
    after = stats(one)
    assert after["objects"] == before["objects"] + 1 and after["messages"] == before["messages"] + 2
    assert after["segment_bytes"] - before["segment_bytes"] < 1.1 * len(report(""))
    with one.imap(ME) as a, one.imap("b@chu.test") as b:
        a.select("INBOX")
        b.select("INBOX")
        assert whole(a, newest(a)) == whole(b, newest(b))


def test_one_of_two_is_full(one):
    with one.smtp("smtp", pem=one.trust_operator()) as s:
        s.mail(THEM, ["SIZE=700000"])
        assert s.rcpt("full@chu.test")[0] in (452, 552)
        assert s.rcpt("b@chu.test")[0] == 250
        assert s.data(report("un seul"))[0] == 250
    with one.imap("b@chu.test") as b, one.imap("full@chu.test") as full:
        b.select("INBOX")
        assert b"Subject: un seul" in whole(b, newest(b))
        assert full.select("INBOX")[1] == [b"0"]
        assert full.append("INBOX", None, None, report("trop"))[0] == "NO"
    one.pli("store", "check")


def spools(session):
    found = []
    for fd in os.listdir(f"/proc/{session}/fd"):
        path = f"/proc/{session}/fd/{fd}"
        try:
            if "memfd:" in os.readlink(path) and os.stat(path).st_size > BOUND:
                found.append(path)
        except OSError:
            pass
    return found


def begin(pli, octets, to=ME):
    s = pli.smtp("smtp", pem=pli.trust_operator())
    s.mail(THEM)
    s.rcpt(to)
    assert s.docmd("DATA")[0] == 354
    s.send(octets)
    return s


def test_refused_after_data(one):
    """What a message held that is refused at its end is given back: on the disk nothing was, and no memfd is left."""
    before = stats(one)
    bad = report("x").replace(b"From: <x@load.test>", b"From: <x@elsewhere.test>")
    s = begin(one, bad + b".\r\n")
    assert s.getreply()[0] >= 500
    assert not spools(one.session(s))
    assert {k: stats(one)[k] for k in ("objects", "segment_bytes")} == {k: before[k] for k in ("objects", "segment_bytes")}
    s.sendmail(THEM, [ME], report("la suite"))
    s.quit()


def test_never_ended(one):
    """A client that sends and sends and never ends: nothing of it is on the disk, and its memory is given back when it was silent for long."""
    before = stats(one)["segment_bytes"]
    held = []
    for _ in range(4):
        held.append(begin(one, report("jamais", 3_500_000)))
        for s in held:
            s.send(b"not silent yet\r\n")
    others = one.smtp("smtp", pem=one.trust_operator())
    others.mail(THEM)
    others.rcpt(ME)
    assert others.docmd("DATA")[0] == 354
    others.send(report("refused while they hold it all", 3_500_000) + b".\r\n")
    assert others.getreply()[0] == 452
    assert stats(one)["segment_bytes"] == before
    sessions = [one.session(s) for s in held]
    eventually(lambda: not any(p in children(one.proc.pid) for p in sessions), 60)
    others.sendmail(THEM, [ME], report("enfin", 3_500_000))
    others.quit()


def test_keys_change_meanwhile(one):
    """keyd and stored die, and the password changes, between the first chunk and the end: the key is wrapped for who the recipient is at the end."""
    sent = report("tout change")
    s = begin(one, sent[:400_000])
    for i, name in enumerate(("pli-keyd", "pli-stored")):
        pid = one.daemon(name)
        os.kill(pid, signal.SIGKILL)
        one.wait_daemon(name, pid)
        s.send(sent[400_000 + i * 1000:401_000 + i * 1000])  # data_timeout is short here
    one.pli("account", "passwd", ME, "--password-stdin", stdin="pw-Other.10\n")
    try:
        s.send(sent[402_000:] + b".\r\n")
        assert s.getreply()[0] == 250
        s.quit()
        with one.imap(ME, "pw-Other.10") as box:
            box.select("INBOX")
            assert whole(box, newest(box)).endswith(sent)
    finally:
        one.pli("account", "passwd", ME, "--password-stdin", stdin=PASSWORD + "\n")


def test_exported(one, tmp_path):
    one.pli("mailbox", "export", ME, str(tmp_path / "out"), "--password-stdin", stdin=PASSWORD + "\n")
    have = sorted(p.read_bytes().replace(b"\n", b"\r\n") for p in (tmp_path / "out").rglob("cur/*"))
    assert have == sorted(one.fetch_all(ME))


def test_written_anew(one):
    """What a step writes anew (signed here, Bcc cut out) waits in new chunks, which are the ones that are kept: the signature is good, the Bcc is gone."""
    one.add("sign@chu.test", kind="per")
    for who, to in (("sign@chu.test", ME), (ME, "b@chu.test")):
        sent = report("anew", to=to).replace(b"x@load.test", who.encode()).replace(b"Subject:", b"Bcc: secret@chu.test\r\nSubject:", 1)
        with one.smtp(login=who) as s:
            s.sendmail(who, [to], sent, mail_options=["BODY=8BITMIME"])
        with one.imap(to) as box:
            box.select("INBOX")
            octets = whole(box, newest(box))
        assert b"secret@chu.test" not in octets and b"Subject: anew" in octets
        if who != ME:
            assert b"multipart/signed" in octets and b"smime=pass" in octets
            assert PDF.rstrip() in octets
        else:
            assert octets.endswith(sent.replace(b"Bcc: secret@chu.test\r\n", b""))
    one.pli("store", "check")
