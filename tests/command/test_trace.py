# SPDX-License-Identifier: EUPL-1.2
"""pli trace: the story of one message, by the header's Message-ID or by ours, from every process and every log that is kept."""
import os
import re
import signal
import smtplib
import time

import pytest
from instance import Instance, eventually, plain


def message(mid, to, subject="secret", extra=""):
    body = plain(subject, "gp@chu.test", to, extra=extra)
    return re.sub(rb"Message-ID: <[^>]*>", b"Message-ID: " + mid.encode(), body)


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add("gp@chu.test")
        pli.add("dr@chu.test")
        pli.trust_operator("load.test")
        relayd = pli.daemon("pli-relayd")
        os.kill(relayd, signal.SIGSTOP)    # what waits stays, to be asked for
        try:
            yield pli
        finally:
            os.kill(relayd, signal.SIGCONT)


def events(inst, mid, *more):
    got = inst.json("trace", mid, *more)
    return [[e["event"] for e in m["events"]] for m in got["messages"]], got


def test_the_whole_story_of_a_submission(inst):
    inst.submit("gp@chu.test", ["dr@chu.test", "ailleurs@load.test"], message("<une.lettre@chu.test>", "dr@chu.test"))
    (story,), got = events(inst, "<une.lettre@chu.test>")
    assert story[0] == "message-taken" and "sign-mail" in story and "smime-verdict" in story
    assert story.index("sign-mail") < story.index("stored") < story.index("message-filed") <= story.index("filed-for")
    assert {e["process"] for e in got["messages"][0]["events"]} >= {"smtpd", "keyd", "stored"}
    assert got["complete"] is True and got["messages"][0]["complete"] is True
    times = [e["time"] for e in got["messages"][0]["events"]]
    assert times == sorted(times)
    waits = got["messages"][0]["queue"]
    assert [w["recipient"] for w in waits] == ["ailleurs@load.test"] and "subject" not in waits[0]
    taken = got["messages"][0]["events"][0]
    assert taken["fields"]["account"] == "gp@chu.test" and taken["fields"]["from"] == "gp@chu.test" and taken["fields"]["tls"].startswith("TLS1")
    # with or without brackets, or by our own id, it is one message
    own = got["messages"][0]["mid"]
    assert events(inst, "une.lettre@chu.test")[0] == events(inst, own)[0] == [story]
    text = inst.pli("trace", "<une.lettre@chu.test>")
    assert "reçu du compte gp@chu.test" in text and "signature faite au nom de gp@chu.test" in text
    assert "attend encore" in text and "ailleurs@load.test" in text and "secret" not in text


def test_no_byte_of_a_message_id_is_in_the_log(inst):
    inst.submit("gp@chu.test", ["dr@chu.test"], message("<nom.du.patient.286018345678911@chu.test>", "dr@chu.test"))
    assert events(inst, "<nom.du.patient.286018345678911@chu.test>")[0]
    assert "nom.du.patient" not in inst.output()


def test_port_25_and_a_refusal(inst):
    with inst.smtp("smtp", pem=inst.trust_operator("load.test")) as s:
        s.sendmail("x@load.test", ["dr@chu.test"], message("<port25@load.test>", "dr@chu.test").replace(b"gp@chu.test", b"x@load.test"))
        with pytest.raises(smtplib.SMTPDataError):
            s.sendmail("x@load.test", ["dr@chu.test"], message("<port25@load.test>", "dr@chu.test"))   # another domain's From
    stories, got = events(inst, "<port25@load.test>")
    assert len(stories) == 2 and stories[0][-1] == "filed-for" and "message-refused" in stories[1] and "filed-for" not in stories[1]
    assert "CN=" in got["messages"][0]["events"][0]["fields"]["dn"]
    refused = next(e for e in got["messages"][1]["events"] if e["event"] == "message-refused")
    assert refused["fields"]["why"] == "from-operator" and "from-operator" in refused["text"]
    text = inst.pli("trace", "<port25@load.test>")
    assert text.count("message ") >= 2 and "de l'opérateur" in text


def test_recipients_of_one_message_apart(inst):
    inst.submit("gp@chu.test", ["dr@chu.test", "un@load.test", "deux@load.test"], message("<trois@chu.test>", "dr@chu.test"))
    got = inst.json("trace", "<trois@chu.test>", "--recipient", "Deux@load.test")["messages"][0]
    assert [w["recipient"] for w in got["queue"]] == ["deux@load.test"]
    assert "filed-for" in [e["event"] for e in got["events"]]
    got = inst.json("trace", "<trois@chu.test>", "--recipient", "personne@load.test")["messages"][0]
    assert got["queue"] == [] and "filed-for" not in [e["event"] for e in got["events"]]


def test_a_message_that_came_without_one(inst):
    body = re.sub(rb"Message-ID: [^\r]*\r\n", b"", plain("sans", "gp@chu.test", "dr@chu.test"))
    inst.submit("gp@chu.test", ["dr@chu.test"], body)
    given = re.search(rb"^Message-ID: (<[^>]*>)", inst.fetch_all("dr@chu.test")[-1], re.M | re.I).group(1).decode()
    (story,), got = events(inst, given)
    assert story[0] == "message-taken" and "filed-for" in story and got["complete"]


def test_older_logs_and_what_they_lack():
    with Instance() as inst:
        inst.add("gp@chu.test")
        log = inst.root / "log" / "pli.log"
        inst.submit("gp@chu.test", ["gp@chu.test"], message("<avant@chu.test>", "gp@chu.test"))
        inst.proc.send_signal(signal.SIGHUP)
        older = log.with_suffix(".log.1")
        eventually(lambda: older.exists() and "ev=log-turned" in log.read_text())
        inst.submit("gp@chu.test", ["gp@chu.test"], message("<avant@chu.test>", "gp@chu.test"))
        stories, got = events(inst, "<avant@chu.test>")
        assert len(stories) == 2 and got["complete"] and got["logs"] == 2
        # the first lines of the first one are gone
        lines = older.read_text().splitlines(keepends=True)
        cut = next(i for i, line in enumerate(lines) if "ev=message-taken" in line)
        older.write_text("".join(lines[cut + 1:]))
        stories, got = events(inst, "<avant@chu.test>")
        assert [m["complete"] for m in got["messages"]] == [False, True] and got["complete"] is False
        assert "le début manque" in inst.pli("trace", "<avant@chu.test>")
        older.unlink()
        stories, got = events(inst, "<avant@chu.test>")
        assert len(stories) == 1
        r = inst.pli("trace", "<jamais@chu.test>", check=False)
        assert r.returncode == 1 and "the oldest line is of 20" in r.stderr
        assert inst.pli("trace", "<>", check=False).returncode == 2
        inst.stop()
        assert "message " in inst.pli("trace", "<avant@chu.test>")       # nobody need serve


def test_the_way_out_is_told_from_relayd_s_lines():
    """Lines as relayd writes them (relayd/scheduler_log.c, scheduler_host.c), put into the log: the host's failure is told while the message waits for
    that domain, no longer, and of no other message."""
    with Instance() as inst:
        inst.add("gp@chu.test")
        inst.trust_operator("loin.test")
        inst.proc.send_signal(signal.SIGSTOP)      # nothing is started again, nothing turned over
        try:
            os.kill(inst.daemon("pli-relayd"), signal.SIGSTOP)
            inst.submit("gp@chu.test", ["un@loin.test", "deux@loin.test"], message("<sortie@chu.test>", "un@loin.test"))
            mid = inst.json("trace", "<sortie@chu.test>")["messages"][0]["mid"]
            head, host = "2026-11-28T13:00:0{}.000Z relayd[7] {} ", "domain=loin.test host=mx1.loin.test ip=192.0.2.1 "
            lines = [
                head.format(1, "warn") + "ev=relay-host " + host + "why=peer-dn code=0 dsn=4.7.5 failures=1 next=1795870800 said=CN\\x3dautre",
                head.format(2, "warn") + "ev=relay-host domain=ailleurs.test host=mx.ailleurs.test ip=192.0.2.9 why=peer-tls code=0 dsn=- failures=1 next=1 said=",
                head.format(3, "info") + f"mid={mid} ev=relay-later qid=1.0 to=un@loin.test " + host + "tls=TLS1.3 code=451 dsn=4.2.2 why=none delay=5 attempts=1 said=plus\\x20tard",
                head.format(4, "info") + f"mid={mid} ev=relayed qid=1.0 to=un@loin.test " + host + "tls=TLS1.3 code=250 dsn=2.0.0 why=none delay=6 attempts=2 said=pris",
                head.format(5, "warn") + f"mid={mid} ev=relay-failed qid=1.1 to=deux@loin.test " + host + "tls=TLS1.3 code=550 dsn=5.1.1 why=none delay=6 attempts=1 said=inconnu",
                head.format(6, "warn") + "ev=relay-host " + host + "why=peer-tls code=0 dsn=- failures=2 next=1795870800 said=",
            ]
            with open(inst.root / "log" / "pli.log", "a") as f:
                f.write("".join(line + "\n" for line in lines))
            got = [e for e in inst.json("trace", "<sortie@chu.test>")["messages"][0]["events"] if e["process"] == "relayd"]
            assert [e["event"] for e in got] == ["relay-host", "relay-later", "relayed", "relay-failed"]
            texts = [e["text"] for e in got]
            assert "peer-dn" in texts[0] and "CN=autre" in texts[0] and "2026-11-28T13:00:00" in texts[0]
            assert texts[1] == "pas encore remis pour un@loin.test : mx1.loin.test répond 451 4.2.2 plus tard ; 1 essai(s)"
            assert texts[2] == "remis pour un@loin.test à mx1.loin.test (192.0.2.1), TLS1.3 : réponse 250 2.0.0 pris, après 6 s"
            assert texts[3] == "refusé pour deux@loin.test : mx1.loin.test répond 550 5.1.1 inconnu"
            got = [e for e in inst.json("trace", "<sortie@chu.test>", "--recipient", "deux@loin.test")["messages"][0]["events"]]
            assert [e["event"] for e in got if e["process"] == "relayd"] == ["relay-host", "relay-failed"]
        finally:
            os.kill(inst.daemon("pli-relayd"), signal.SIGCONT)
            inst.proc.send_signal(signal.SIGCONT)


def memory_of(inst):
    """The most that pli trace took, in kB."""
    pid = os.posix_spawn(inst.bin / "pli", inst.argv("trace", "<aiguille@chu.test>"), dict(os.environ, ASAN_OPTIONS="detect_leaks=0"),
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, str(inst.dir / "story"), os.O_WRONLY | os.O_CREAT, 0o600)])
    _, status, used = os.wait4(pid, 0)
    assert status == 0
    return used.ru_maxrss


def test_a_large_log_is_read_once_with_little_memory():
    """A log of 300 MB: memory stays far below it; the story is whole though other messages' lines stand between."""
    with Instance(conf=["log {", "max_size = 0", "}"]) as inst:
        inst.add("gp@chu.test")
        log = inst.root / "log" / "pli.log"
        inst.submit("gp@chu.test", ["gp@chu.test"], message("<aiguille@chu.test>", "gp@chu.test"))
        before = events(inst, "<aiguille@chu.test>")[0]
        small = memory_of(inst)
        other = "2026-11-21T10:00:00.123Z smtpd[4711] info sid=0123456789abcdef mid=fedcba9876543210 ev=filed-for to=un@chu.test,deux@chu.test\n"
        with open(log, "a") as f:
            for _ in range(300):
                f.write(other * (1_000_000 // len(other)))
        start = time.monotonic()
        grown = memory_of(inst)
        assert grown < small + 40_000, (small, grown)  # kB
        assert events(inst, "<aiguille@chu.test>")[0] == before
        print("seconds for 300 MB:", time.monotonic() - start)
