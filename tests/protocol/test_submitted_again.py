# SPDX-License-Identifier: EUPL-1.2
"""A submission whose reply was lost comes again: it is answered with the first one's id and filed once (docs/decisions/0019)."""
import os
import random
import re
import signal
import socket
import struct
import threading
import time

import pytest
from instance import NO_WAY_OUT, Instance, eventually

REMOTE = "medecin@load.test"


@pytest.fixture(scope="module")
def inst():
    with Instance(conf=[NO_WAY_OUT]) as pli:
        pli.add("brut@chu.test", sign="never")
        pli.add("signe@chu.test", kind="per", name="Dr Marie MARTIN")
        pli.add("autre@chu.test", sign="never")
        pli.cert = pli.trust_operator("load.test")
        yield pli


def letter(subject, sender="brut@chu.test", ident=None, body="Bonjour.\r\n"):
    ident = ident or f"<{random.getrandbits(64):x}@chu.test>"
    return (f"From: <{sender}>\r\nTo: <gp@chu.test>\r\nSubject: {subject}\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: {ident}\r\n\r\n{body}").encode()


def box(inst, who="autre@chu.test"):
    """How often each subject is there."""
    found = {}
    for m in inst.fetch_all(who, item="BODY.PEEK[HEADER.FIELDS (SUBJECT)]"):
        subject = re.search(rb"Subject: (.*?)\r\n", m)[1].decode()
        found[subject] = found.get(subject, 0) + 1
    return found


def send(inst, message, who="brut@chu.test", to=("autre@chu.test",), chunk=False, sender=None):
    """(code, our id)"""
    with inst.smtp(login=who) as s:
        assert s.mail(sender if sender is not None else who)[0] == 250
        for r in to:
            assert s.rcpt(r)[0] == 250
        if chunk:
            s.send(b"BDAT %d LAST\r\n" % len(message) + message)
            code, text = s.getreply()
        else:
            code, text = s.data(message)
    return code, re.search(rb"id=([0-9a-f]{16})", text)[1].decode()


def begin(inst, message, who="brut@chu.test", to=("autre@chu.test",)):
    """A session that has sent all but the final dot's line."""
    s = inst.smtp(login=who)
    assert s.mail(who)[0] == 250
    for r in to:
        assert s.rcpt(r)[0] == 250
    assert s.docmd("DATA")[0] == 354
    s.send(message)
    return s


def cut(s):
    """The connection is gone, the reply unread: a reset, as when a train enters a tunnel and the client gives up."""
    s.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


@pytest.mark.parametrize("who", ["brut@chu.test", "signe@chu.test"])
@pytest.mark.parametrize("chunk", [False, True], ids=["DATA", "BDAT"])
def test_a_lost_reply(inst, who, chunk):
    subject = f"perdue {who} {chunk}"
    message = letter(subject, who)
    to = ("autre@chu.test", REMOTE)
    s = begin(inst, message, who, to)
    before = inst.output().count("ev=message-filed")
    s.send(b".\r\n")
    eventually(lambda: inst.output().count("ev=message-filed") > before)
    first = re.findall(r"mid=([0-9a-f]{16}) ev=message-filed", inst.output())[-1]
    cut(s)
    assert send(inst, message, who, to, chunk) == (250, first)
    assert send(inst, message, who, reversed(to), chunk) == (250, first)  # recipients in another order
    assert box(inst)[subject] == 1
    assert len([q for q in inst.json("queue", "list") if q["mid"] == first]) == 1
    assert f"ev=message-again first={first}" in inst.output()


def test_what_is_not_the_same(inst):
    """Each of these is a message of its own."""
    ident = "<fixe@chu.test>"
    message = letter("variantes", ident=ident)
    send(inst, message)
    send(inst, letter("variantes", ident=ident, body="Bonsoir.\r\n"))
    send(inst, letter("variantes", ident="<autre-fixe@chu.test>"))
    send(inst, message, to=("autre@chu.test", "signe@chu.test"))
    send(inst, message, sender="")
    send(inst, letter("variantes", "signe@chu.test", ident=ident), who="signe@chu.test")
    assert box(inst)["variantes"] == 6
    send(inst, message)
    assert box(inst)["variantes"] == 6


def test_without_a_message_id(inst):
    """Nobody knows whether it is meant twice: it is filed twice."""
    message = re.sub(rb"Message-ID: .*?\r\n", b"", letter("sans"))
    ids = {send(inst, message)[1] for _ in range(2)}
    empty = letter("vide", ident=" ")
    ids |= {send(inst, empty)[1] for _ in range(2)}
    assert len(ids) == 4 and box(inst)["sans"] == 2 and box(inst)["vide"] == 2


def test_another_operator_is_believed(inst):
    """Port 25 has no account to hold it to: what comes twice is there twice."""
    message = letter("par 25", "a@load.test")
    for _ in range(2):
        inst.inbound("a@load.test", ["autre@chu.test"], message)
    assert box(inst)["par 25"] == 2


def test_it_was_read_and_thrown_away(inst):
    """The recipient's deletion does not bring it back."""
    message = letter("jetee")
    first = send(inst, message)
    with inst.imap("autre@chu.test") as m:
        m.select("INBOX")
        for n in m.search(None, 'SUBJECT', '"jetee"')[1][0].split():
            m.store(n, "+FLAGS", r"(\Deleted)")
        m.expunge()
    assert send(inst, message) == first and "jetee" not in box(inst)


def test_a_refused_one_is_no_first_one(inst):
    message = letter("refusee", "pas-moi@chu.test")
    with inst.smtp(login="brut@chu.test") as s:
        s.mail("brut@chu.test"), s.rcpt("autre@chu.test")
        assert s.data(message)[0] == 550
        s.mail("brut@chu.test"), s.rcpt("autre@chu.test")
        assert s.data(message)[0] == 550


def test_a_large_one_leaves_nothing_behind(inst):
    message = letter("grande", body=("x" * 76 + "\r\n") * 40000)
    first = send(inst, message)
    assert send(inst, message) == first and box(inst)["grande"] == 1
    assert inst.pli("store", "check", check=False).returncode == 0, inst.pli("store", "check", check=False)
    assert inst.json("store", "stats").get("orphans", 0) == 0


def test_cut_at_any_moment(inst):
    """Right behind the dot, or a little later, and again at once: the first session may still be filing it, or never have seen the dot."""
    rng = random.Random(19)
    for n in range(25):
        message = letter(f"tunnel {n}")
        s = begin(inst, message)
        s.send(b".\r\n")
        time.sleep(rng.choice([0, 0, 0.001, 0.003, 0.01]))
        s.sock.close()
        s.file = s.sock = None
        assert send(inst, message)[0] == 250
    found = box(inst)
    assert {found[f"tunnel {n}"] for n in range(25)} == {1}


def test_all_at_once(inst):
    """Eight sessions end the same message in the same moment: one files it, all say its id."""
    for n in range(5):
        message, said, gate = letter(f"ensemble {n}"), [], threading.Barrier(8)

        def one():
            s = begin(inst, message)
            gate.wait(60)
            s.send(b".\r\n")
            said.append(s.getreply())
            s.close()
        all_ = [threading.Thread(target=one) for _ in range(8)]
        for t in all_:
            t.start()
        for t in all_:
            t.join(120)
        assert len(said) == 8 and {code for code, _ in said} == {250}, said
        assert len({text for _, text in said}) == 1 and box(inst)[f"ensemble {n}"] == 1, said


@pytest.mark.parametrize("when", ["before it heard of it", "while it works on it"])
def test_stored_is_killed_in_between(inst, when):
    """The first session asks stored again, and the client comes again meanwhile."""
    for n in range(4):
        subject = f"tue {when} {n}"
        message = letter(subject)
        stored = inst.daemon("pli-stored")
        s = begin(inst, message)
        if when == "before it heard of it":
            os.kill(stored, signal.SIGSTOP)
        s.send(b".\r\n")
        if when == "before it heard of it":
            time.sleep(0.2)
        else:
            time.sleep(0.002 * n)
        os.kill(stored, signal.SIGKILL)
        cut(s)
        code = None
        end = time.monotonic() + 60
        while code != 250 and time.monotonic() < end:
            try:
                code = send(inst, message)[0]
            except (AssertionError, OSError):  # 451 while the store is away
                time.sleep(0.2)
        assert code == 250
        inst.wait_daemon("pli-stored", not_pid=stored)
        eventually(lambda: box(inst).get(subject))
        time.sleep(0.5)  # what the first session has still to say
        assert box(inst)[subject] == 1


def test_the_window_ends():
    with Instance(conf=["smtpd { duplicate_window = 3s }"]) as pli:
        pli.add("brut@chu.test", sign="never")
        pli.add("autre@chu.test", sign="never")
        message = letter("fenetre")
        first = send(pli, message)
        assert send(pli, message) == first
        time.sleep(4)
        second = send(pli, message)
        assert second[0] == 250 and second != first and box(pli)["fenetre"] == 2
        assert send(pli, message) == second


def test_switched_off():
    with Instance(conf=["smtpd { duplicate_window = 0 }"]) as pli:
        pli.add("brut@chu.test", sign="never")
        pli.add("autre@chu.test", sign="never")
        message = letter("deux fois")
        assert send(pli, message) != send(pli, message) and box(pli)["deux fois"] == 2


def test_it_is_known_after_a_restart():
    """The key is kept with the instance, not drawn at a start."""
    with Instance() as pli:
        pli.add("brut@chu.test", sign="never")
        pli.add("autre@chu.test", sign="never")
        message = letter("apres")
        first = send(pli, message)
        pli.stop()
        pli.serve()
        assert send(pli, message) == first and box(pli)["apres"] == 1
