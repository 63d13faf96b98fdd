# SPDX-License-Identifier: EUPL-1.2
"""The way out, whole servers: a.test relays to b.test over mutual TLS, each found in a private DNS, each trusted by its DN.

What is looked at is what a person at either end sees: the message in the mailbox, the queue, the log's one line an attempt.
"""
import collections
import email
import json
import os
import random
import re
import signal
import smtplib
import socket
import threading
import time

import pytest
from instance import eventually, plain
from operators import Operators


def letter(to="gp@b.test", subject="compte rendu", **more):
    return plain(subject, "hosp@a.test", to, **more)


def lines(pli, event):
    """{key: value} of each line of that event in the log, oldest first."""
    found = []
    for line in pli.output().splitlines():
        if f" ev={event} " in line:
            found.append(dict(re.findall(r"(\S+?)=(\S*)", line)))
    return found


def entries(pli):
    got = pli.json("queue", "list")
    return got if isinstance(got, list) else got["entries"]


def empty(pli):
    return "the queue is empty" in pli.pli("queue", "list")


@pytest.fixture
def pair():
    with Operators() as operators:
        yield operators


def doctor(pli):
    """What pli doctor says of other operators' servers."""
    found = json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"]
    return [(f["level"], f["text"].split(":")[0]) for f in found if f["check"] == "destination"]


# ---- a letter each way ----
def test_there_and_back(pair):
    pair.a.submit("hosp@a.test", ["gp@b.test"], letter(body="Bonjour.\r\nLigne deux.\r\n"))
    got = eventually(lambda: pair.b.fetch_all("gp@b.test"))
    assert len(got) == 1 and b"Ligne deux.\r\n" in got[0]
    assert b"from mail.a.test" in got[0]
    one, = eventually(lambda: lines(pair.a, "relayed"))
    assert (one["to"], one["domain"], one["host"], one["code"], one["why"]) == ("gp@b.test", "b.test", "mail.b.test", "250", "none")
    assert one["tls"].startswith("TLS1.3") and int(one["delay"]) < 30
    taken, = lines(pair.b, "message-taken")
    assert taken["dn"].startswith("CN=mail.a.test") and taken["from"] == "hosp@a.test"
    pair.b.submit("gp@b.test", ["hosp@a.test"], plain("merci", "gp@b.test", "hosp@a.test"))
    assert b"Subject: merci" in eventually(lambda: pair.a.fetch_all("hosp@a.test"))[0]
    assert empty(pair.a) and empty(pair.b)


def test_the_signature_arrives_whole(pair):
    """What b serves ends with what a signed: not an octet changed on the way."""
    pair.a.submit("hosp@a.test", ["gp@b.test", "hosp@a.test"], letter(body="x" * 70 + "\r\n"))
    there, = eventually(lambda: pair.b.fetch_all("gp@b.test"))
    here, = pair.a.fetch_all("hosp@a.test")
    cut = here.index(b"From: <hosp@a.test>")
    assert len(here) - cut > 1000 and there.endswith(here[cut:])


def test_five_megabytes(pair):
    body = "".join(f"{i:08d} " + "0123456789" * 6 + "\r\n" for i in range(70000))
    pair.a.submit("hosp@a.test", ["gp@b.test"], letter(body=body))
    got, = eventually(lambda: pair.b.fetch_all("gp@b.test"), 60)
    assert body.encode() in got


def test_one_transaction_for_many_recipients(pair):
    people = [f"p{i}@b.test" for i in range(12)]
    for address in people:
        pair.b.add(address)
    pair.a.submit("hosp@a.test", people, letter("p0@b.test"))
    for address in people:
        assert len(eventually(lambda: pair.b.fetch_all(address))) == 1
    assert len(lines(pair.b, "message-taken")) == 1
    assert {x["to"] for x in eventually(lambda: len(lines(pair.a, "relayed")) == 12 and lines(pair.a, "relayed"))} == set(people)


def test_a_connection_serves_several_letters(pair):
    for i in range(8):
        pair.a.submit("hosp@a.test", ["gp@b.test"], letter(subject=f"n{i}"))
    assert eventually(lambda: len(pair.b.fetch_all("gp@b.test")) == 8)
    peers = {m for m in re.findall(r"sid=(\w+) mid=\w+ ev=message-taken", pair.b.output())}
    assert len(peers) < 8


# ---- patience ----
def test_a_server_that_is_down_is_tried_again(pair):
    pair.b.stop()
    pair.a.submit("hosp@a.test", ["gp@b.test"], letter())
    first = eventually(lambda: lines(pair.a, "relay-host"))[0]
    assert (first["domain"], first["why"], first["failures"]) == ("b.test", "unreachable", "1")
    waiting, = entries(pair.a)
    assert waiting["state"] == "waiting" and "unreachable" in str(waiting)
    pair.b.serve()
    assert len(eventually(lambda: pair.b.fetch_all("gp@b.test"))) == 1
    assert eventually(lambda: empty(pair.a))
    assert len(lines(pair.b, "message-taken")) == 1


def test_no_for_now_is_tried_again(pair):
    """The mailbox is full: 452, and the letter comes when there is room."""
    pair.b.add("full@b.test", extra=("--quota", "1M"))
    pair.b.submit("gp@b.test", ["full@b.test"], plain("grand", "gp@b.test", "full@b.test", body="x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 13000))
    pair.a.submit("hosp@a.test", ["full@b.test"], letter("full@b.test", body=("z" * 70 + "\r\n") * 3000))
    later = eventually(lambda: lines(pair.a, "relay-later"))[0]
    assert later["code"].startswith("4") and later["dsn"].startswith("4.2.2")
    assert not lines(pair.a, "relay-alarm")
    with pair.b.imap("full@b.test") as m:
        m.select("INBOX")
        m.store("1:*", "+FLAGS", "(\\Deleted)")
        m.expunge()
    assert eventually(lambda: lines(pair.a, "relayed"))
    assert eventually(lambda: len(pair.b.fetch_all("full@b.test")) == 1)


def test_another_dn_alarms_and_waits(pair):
    pair.a.pli("trust", "remove", "b.test")
    pair.a.pli("trust", "add", "b.test", "--dn", "CN=somebody.else.test,O=Other,C=FR")
    pair.a.submit("hosp@a.test", ["gp@b.test"], letter())
    alarm = eventually(lambda: lines(pair.a, "relay-alarm"))
    assert [(x["domain"], x["why"]) for x in alarm] == [("b.test", "peer-dn")]
    eventually(lambda: len(lines(pair.a, "relay-host")) >= 2)  # it is tried again, and alarms once
    assert len(lines(pair.a, "relay-alarm")) == 1
    assert not lines(pair.b, "message-taken") and len(entries(pair.a)) == 1
    assert eventually(lambda: doctor(pair.a)) == [("warn", "mail for b.test waits (1 recipients)")]
    pair.trust_one(pair.a, pair.b)
    assert len(eventually(lambda: pair.b.fetch_all("gp@b.test"))) == 1
    assert eventually(lambda: empty(pair.a))
    assert doctor(pair.a) == []


# ---- the end of patience ----
def reports(pli, address="hosp@a.test"):
    """The reports in a mailbox: (Action, Status, Final-Recipient) of each recipient in each, oldest first."""
    found = []
    for octets in pli.fetch_all(address):
        message = email.message_from_bytes(octets)
        if message.get_content_type() != "multipart/report":
            continue
        status = message.get_payload()[1]
        assert status.get_content_type() == "message/delivery-status"
        found.append([(b["Action"], b["Status"], b["Final-Recipient"].split(";")[1].strip()) for b in status.get_payload()[1:]])
    return found


def test_a_late_letter_warns_once_then_fails():
    with Operators(conf_a=["relayd {\n warn_after = 3s\n max_age = 15s\n}"], accounts=("hosp@a.test", "gp@b.test", "x@b.test")) as pair:
        pair.b.stop()
        pair.a.submit("hosp@a.test", ["gp@b.test", "x@b.test"], letter())
        warned = eventually(lambda: reports(pair.a))
        both = {"gp@b.test", "x@b.test"}
        delayed, = eventually(lambda: lines(pair.a, "relay-delayed"))
        assert delayed["mid"] == entries(pair.a)[0]["mid"] and delayed["recipients"] == "2"
        assert len(warned) == 1 and {(a, s[0]) for a, s, _ in warned[0]} == {("delayed", "4")} and {r for _, _, r in warned[0]} == both
        os.kill(pair.a.daemon("pli-relayd"), signal.SIGKILL)  # the next one knows that the sender was warned
        got = eventually(lambda: len(reports(pair.a)) > 1 and reports(pair.a), 60)
        assert len(got) == 2 and {(a, s) for a, s, _ in got[1]} == {("failed", "5.4.7")} and {r for _, _, r in got[1]} == both
        assert eventually(lambda: empty(pair.a))
        assert len(reports(pair.a)) == 2


def test_a_domain_that_leaves_the_trust_space(pair):
    pair.b.stop()
    pair.a.submit("hosp@a.test", ["gp@b.test"], letter())
    eventually(lambda: lines(pair.a, "relay-host"))
    pair.a.pli("trust", "remove", "b.test")
    pair.b.serve()
    assert eventually(lambda: reports(pair.a)) == [[("failed", "5.7.1", "gp@b.test")]]
    assert eventually(lambda: empty(pair.a))
    assert [x["why"] for x in lines(pair.a, "relay-failed")] == ["left-trust-space"]
    assert not lines(pair.b, "message-taken")


def test_a_recipient_that_is_not_there(pair):
    """One of two: the other one has the letter, and the report names the one."""
    pair.a.submit("hosp@a.test", ["gp@b.test", "nobody@b.test"], letter())
    assert len(eventually(lambda: pair.b.fetch_all("gp@b.test"))) == 1
    assert eventually(lambda: reports(pair.a)) == [[("failed", "5.1.1", "nobody@b.test")]]
    assert eventually(lambda: empty(pair.a))


def test_no_such_domain(pair):
    for d in ("gone.test", "null.test"):
        pair.a.pli("trust", "add", d, "--dn", f"CN={d},C=FR")
    pair.dns.null_mx("null.test")
    pair.dns.start()
    pair.a.submit("hosp@a.test", ["x@gone.test"], letter("x@gone.test"))
    pair.a.submit("hosp@a.test", ["x@null.test"], letter("x@null.test"))
    got = eventually(lambda: len(reports(pair.a)) == 2 and reports(pair.a))
    assert sorted(got) == [[("failed", "5.1.10", "x@null.test")], [("failed", "5.1.2", "x@gone.test")]]


# ---- an administrator's hand ----
def test_hold_and_release(pair):
    pair.b.stop()
    pair.a.submit("hosp@a.test", ["gp@b.test"], letter())
    eventually(lambda: lines(pair.a, "relay-host"))
    qid = str(entries(pair.a)[0]["id"])
    pair.a.pli("queue", "hold", qid)
    pair.b.serve()
    pair.a.submit("hosp@a.test", ["gp@b.test"], letter(subject="second"))
    assert b"Subject: second" in eventually(lambda: pair.b.fetch_all("gp@b.test"))[0]
    time.sleep(1)
    assert len(pair.b.fetch_all("gp@b.test")) == 1 and entries(pair.a)[0]["state"] == "held"
    pair.a.pli("queue", "release", qid)
    assert eventually(lambda: len(pair.b.fetch_all("gp@b.test")) == 2)
    assert eventually(lambda: empty(pair.a))


def test_retry_now():
    with Operators(conf_a=["relayd {\n retry_first = 5m\n retry_max = 1h\n}"]) as pair:
        pair.b.stop()
        pair.a.submit("hosp@a.test", ["gp@b.test"], letter())
        eventually(lambda: lines(pair.a, "relay-host"))
        pair.b.serve()
        assert len(lines(pair.a, "relay-host")) == 1  # minutes away
        pair.a.pli("queue", "retry", str(entries(pair.a)[0]["id"]))
        assert len(eventually(lambda: pair.b.fetch_all("gp@b.test"))) == 1


# ---- deaths ----
def subjects(pli, address):
    found = collections.Counter()
    for octets in pli.fetch_all(address, item="BODY.PEEK[HEADER.FIELDS (SUBJECT)]"):
        found.update(re.findall(rb"Subject: (n\d+)", octets))
    return found


def submit_all(pli, n, go):
    """n letters over as many connections as it takes: a daemon that is being killed answers 4yz, or nothing, and is asked again."""
    s = None
    for i in range(n):
        for attempt in range(200):
            try:
                s = s or pli.smtp(login="hosp@a.test")
                s.sendmail("hosp@a.test", ["gp@b.test"], letter(subject=f"n{i}"))
                break
            except (smtplib.SMTPException, OSError):
                s = None
                time.sleep(0.2)
        else:
            raise AssertionError("never taken")
        if i == n // 10:
            go.set()


@pytest.mark.parametrize("victims", [("pli-relayd",), ("pli-relayd", "pli-stored", "pli-keyd", "pli-dird")], ids=["relayd", "all"])
def test_killed_at_random(pair, victims):
    """None lost, and doubles only of what was with a session when its scheduler, or stored, was killed. A letter whose submission had no answer was
    submitted again by the client: its double is the client's own, and has two of our ids."""
    n, go, done, kills = 300, threading.Event(), threading.Event(), collections.Counter()
    chance = random.Random(7)

    def killer():
        go.wait()
        while not done.is_set():
            time.sleep(chance.uniform(0.2, 1.0))
            name = chance.choice(victims)
            try:
                os.kill(pair.a.daemon(name), signal.SIGKILL)
                kills[name] += 1
            except (AssertionError, OSError):
                pass  # it is just being started again

    thread = threading.Thread(target=killer)
    thread.start()
    try:
        submit_all(pair.a, n, go)
    finally:
        go.set()
        done.set()
        thread.join()
    assert kills["pli-relayd"] > 0
    assert eventually(lambda: empty(pair.a), 120)
    got = subjects(pair.b, "gp@b.test")
    assert set(got) == {b"n%d" % i for i in range(n)}
    doubles = sum(got.values()) - n
    assert doubles <= sum(kills.values()) * 10, (doubles, kills)  # relayd.max_sessions_per_domain letters are in flight at most


def test_stops_in_order(pair):
    """SIGTERM: the letters at hand are finished, the others are there after the next start, none twice."""
    with pair.a.smtp(login="hosp@a.test") as s:
        for i in range(120):
            s.sendmail("hosp@a.test", ["gp@b.test"], letter(subject=f"n{i}"))
            if i in (30, 60, 90):
                pid = pair.a.daemon("pli-relayd")
                os.kill(pid, signal.SIGTERM)
                pair.a.wait_daemon("pli-relayd", not_pid=pid)
    assert eventually(lambda: empty(pair.a), 60)
    got = subjects(pair.b, "gp@b.test")
    assert len(got) == 120 and set(got.values()) == {1}


# ---- who is it ----
def test_hosts_that_are_down_delay_nobody():
    """A destination that is down or unknown delays no other one."""
    with Operators(conf_a=["relayd {\n retry_first = 1m\n}"]) as pair:
        for d in [f"down{i}.test" for i in range(10)]:
            pair.dns.mx(d, f"mail.{d}", 10, "127.0.0.9")
            pair.a.pli("trust", "add", d, "--dn", f"CN=mail.{d},C=FR")
        pair.dns.start()
        with pair.a.smtp(login="hosp@a.test") as s:
            for i in range(10):
                s.sendmail("hosp@a.test", [f"x@down{i}.test"], letter(f"x@down{i}.test"))
        pair.a.submit("hosp@a.test", ["gp@b.test"], letter())
        eventually(lambda: pair.b.fetch_all("gp@b.test"), 50)  # before any of them is tried again
        assert len(eventually(lambda: len(entries(pair.a)) == 10 and entries(pair.a))) == 10


def test_a_second_host_serves_as_well_as_a_first():
    """The best MX greets nobody. The next one takes the letters, all over one connection: that the first failed is no failure of the second."""
    with Operators(conf_a=["relayd {\n retry_first = 5m\n retry_max = 1h\n max_sessions_per_domain = 1\n}"]) as pair, socket.socket() as bad:
        bad.bind(("127.0.0.9", pair.b.port("smtp")))
        bad.listen()
        stop = threading.Event()

        def close_each():
            while not stop.is_set():
                bad.accept()[0].close()

        threading.Thread(target=close_each, daemon=True).start()
        pair.dns.mx("b.test", "bad.b.test", 5, "127.0.0.9")
        pair.dns.start()
        with pair.a.smtp(login="hosp@a.test") as s:
            for i in range(6):
                s.sendmail("hosp@a.test", ["gp@b.test"], letter(subject=f"n{i}"))
        assert eventually(lambda: len(pair.b.fetch_all("gp@b.test")) == 6)
        stop.set()
        assert [x["host"] for x in lines(pair.a, "relay-candidate")][:1] == ["bad.b.test"]
        assert not lines(pair.a, "relay-host")


def test_a_damaged_letter_keeps_no_other_back():
    """A page of the store lost a bit: the letter that lies there cannot be read. The others go at once, and its sender is told in the end."""
    with Operators(conf_a=["relayd {\n max_age = 40s\n warn_after = 0s\n max_sessions_per_domain = 1\n}"]) as pair:
        pair.b.stop()
        pair.a.submit("hosp@a.test", ["gp@b.test"], letter(subject="damaged", body=("x" * 70 + "\r\n") * 400))
        eventually(lambda: lines(pair.a, "relay-host"))
        pair.a.stop()
        store = next((pair.a.root / "store").glob("*.seg"))
        middle = store.stat().st_size // 2
        octets = bytearray(store.read_bytes())
        octets[middle] ^= 1
        store.write_bytes(octets)
        pair.b.serve()
        pair.a.serve()
        for i in range(3):
            pair.a.submit("hosp@a.test", ["gp@b.test"], letter(subject=f"n{i}"))
        assert eventually(lambda: len(subjects(pair.b, "gp@b.test")) == 3)
        assert eventually(lambda: [line for line in lines(pair.a, "relay-later") if line["why"] == "damaged"])
        assert not reports(pair.a)  # not only once it was given up
        assert eventually(lambda: reports(pair.a), 60) == [[("failed", "5.4.7", "gp@b.test")]]
        assert eventually(lambda: empty(pair.a))
