# SPDX-License-Identifier: EUPL-1.2
"""Ten connections in one folder, all of them reading, copying, searching, storing and expunging what the others expunge (as Dovecot's imaptest does): a
session that was not told yet of a removal still reads the message (RFC 2180 4.1.1). Nobody is answered NO [EXPUNGEISSUED], every answer is of the message
that the number stands for, and in the end all see the same."""
import os
import random
import re
import threading

from instance import Instance, plain

SESSIONS, ROUNDS = 10, 400 if os.environ.get("PLI_LONG") else 45
WHO = "foule@chu.test"


class Session:
    """One connection that keeps its own list of UIDs by number, as a client must, and compares what it is told."""

    def __init__(self, inst, seed):
        self.m, self.rng, self.uids, self.n, self.bad = inst.imap(WHO), random.Random(seed), [], 0, []
        self.unseen = self.cmd("SELECT INBOX")
        self.uids = [0] * self.exists
        self.cmd("FETCH 1:* (UID)")

    def cmd(self, text, literal=None):
        self.n += 1
        tag = b"t%d" % self.n
        self.m.send(tag + b" " + text.encode() + b"\r\n")
        if literal is not None:
            line = self.m.readline()
            while not line.startswith(b"+"):  # news may come first
                self.take(line, text)
                line = self.m.readline()
            self.m.send(literal + b"\r\n")
        lines = []
        while True:
            line = self.m.readline()
            if not line:
                raise RuntimeError(f"{text}: the connection ended")
            while (size := re.search(rb"\{(\d+)\}\r\n$", line)) and not line.startswith(tag):
                line = line[:size.start()] + self.m.read(int(size[1])) + self.m.readline()
            if line.startswith(tag + b" "):
                break
            self.take(line, text)
            lines.append(line)
        self.answer = line
        if not line.startswith(tag + b" OK"):
            self.bad.append((text, line))
        return lines

    def take(self, line, text):
        if e := re.match(rb"\* (\d+) EXISTS", line):
            self.exists = int(e[1])
            self.uids += [0] * (self.exists - len(self.uids))
        elif e := re.match(rb"\* (\d+) EXPUNGE", line):
            if re.match(r"(FETCH|STORE|SEARCH) ", text):
                self.bad.append((text, b"EXPUNGE during it: " + line))
            del self.uids[int(e[1]) - 1]
            self.exists -= 1
        elif (e := re.match(rb"\* (\d+) FETCH \(", line)) and (u := re.search(rb"UID (\d+)", line)):
            i = int(e[1]) - 1
            if self.uids[i] not in (0, int(u[1])):
                self.bad.append((text, line))
            self.uids[i] = int(u[1])

    def some(self):
        """A set of numbers that this session has."""
        a = self.rng.randint(1, max(1, self.exists))
        return a, min(self.exists, a + self.rng.randint(0, 5))

    def one(self):
        if self.exists == 0:
            self.cmd("NOOP")
            return
        lo, hi = self.some()
        what = self.rng.choice(["flags", "body", "list", "text", "copy", "search", "store", "silent", "delete", "expunge", "append", "noop"])
        if what in ("flags", "body", "list", "text"):
            item = {"flags": "(UID FLAGS)", "body": "(UID BODY.PEEK[])", "list": "(UID ENVELOPE BODYSTRUCTURE RFC822.SIZE INTERNALDATE)",
                    "text": "(UID BODY[TEXT] BODY[HEADER.FIELDS (SUBJECT)])"}[what]
            got = {int(x[1]) for line in self.cmd(f"FETCH {lo}:{hi} {item}") if (x := re.match(rb"\* (\d+) FETCH .*" + {
                "flags": rb"FLAGS", "body": rb"BODY\[\]", "list": rb"ENVELOPE", "text": rb"BODY\[TEXT\]"}[what], line, re.S))}
            if not got >= set(range(lo, hi + 1)):
                self.bad.append((f"FETCH {lo}:{hi} {item}", f"answered {sorted(got)}".encode()))
        elif what == "search":
            found = self.cmd(f"SEARCH {lo}:{hi} SUBJECT mot")
            if [int(x) for line in found if line.startswith(b"* SEARCH") for x in line.split()[2:]] != list(range(lo, hi + 1)):
                self.bad.append((f"SEARCH {lo}:{hi}", b"".join(found)))
        elif what == "append":
            text = plain(subject="mot", body="corps\r\n" * 30)
            self.cmd("APPEND INBOX {%d}" % len(text), text)
        else:
            self.cmd({"copy": f"COPY {lo}:{hi} Archive", "store": f"STORE {lo}:{hi} +FLAGS (\\Flagged)", "expunge": "EXPUNGE", "noop": "NOOP",
                      "silent": f"STORE {lo}:{hi} FLAGS.SILENT (\\Seen)", "delete": f"STORE {lo}:{hi} +FLAGS (\\Deleted)"}[what])


def crowd(inst, rounds):
    with inst.imap(WHO) as m:
        for _ in range(120):
            m.append("INBOX", None, None, plain(subject="mot", body="corps\r\n" * 30))
    sessions = [Session(inst, 100 + k) for k in range(SESSIONS)]
    failed = []

    def run(s):
        try:
            for _ in range(rounds):
                s.one()
        except Exception as e:  # noqa: BLE001 - told by the test, not by the thread
            failed.append(e)

    threads = [threading.Thread(target=run, args=(s,)) for s in sessions]
    for t in threads:
        t.start()
    for t in threads:
        t.join(600)
    assert not failed, failed
    return sessions


def check(inst, sessions):
    bad = [b for s in sessions for b in s.bad]
    assert bad == []
    for s in sessions:
        s.cmd("NOOP")
        s.cmd("FETCH 1:* (UID)" if s.exists else "NOOP")
    assert len({tuple(s.uids) for s in sessions}) == 1, "every session sees the same in the end"
    for s in sessions:
        s.m.logout()
    assert inst.json("store", "check")["bad"] == 0


def test_nobody_is_refused_what_it_sees():
    with Instance() as inst:
        inst.add(WHO, sign="never")
        check(inst, crowd(inst, ROUNDS))


def test_nor_when_nothing_is_kept():
    """stored.keep_expunged = 0: what left is there as long as sessions may still show it, and goes with the last of them."""
    with Instance(conf=["stored { keep_expunged = 0 }"]) as inst:
        inst.add(WHO, sign="never")
        sessions = crowd(inst, ROUNDS // 3)
        assert inst.json("store", "stats")["freeing"] > 0
        assert inst.json("mailbox", "undelete", WHO, "--list")["count"] > 0
        check(inst, sessions)
        from instance import eventually
        eventually(lambda: inst.json("store", "stats")["freeing"] == 0)
