# SPDX-License-Identifier: EUPL-1.2
"""Several sessions change one folder at random; each keeps, as a client does, its own list of messages from untagged answers alone.

After every command the list is compared with FETCH 1:* (UID FLAGS), number by number: a wrong EXPUNGE, an EXISTS too early or a flag
that was never told shows at once. In the end all sessions and the store agree. A seed names the run: PLI_SEED=7 repeats it.
"""
import os
import random
import re
import socket

import pytest
from instance import PASSWORD

SEED = int(os.environ.get("PLI_SEED", "0")) or random.randrange(1, 10000)
COMMANDS = int(os.environ.get("PLI_COMMANDS", "250"))
FLAGS = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$Un", "$Deux"]


class Client:
    def __init__(self, pli, who):
        self.s = pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", pli.port("imaps")), 20), server_hostname="localhost")
        self.f = self.s.makefile("rb")
        self.f.readline()
        self.list = []  # [uid or None, set of flags or None], as this client was told
        self.told = []
        self.ask(f"LOGIN {who} {PASSWORD}")
        self.ask("SELECT INBOX")

    def ask(self, line, literal=b""):
        self.told = []
        self.s.sendall(b"t " + line.encode() + literal + b"\r\n")
        while True:
            got = self.f.readline().decode()
            assert got, line
            if got.startswith("t "):
                assert re.match(r"t (OK|NO \[EXPUNGEISSUED\])", got), f"{line}: {got}"
                return got
            self.told.append(got)
            self.take(got, line)

    def take(self, got, line):
        if m := re.match(r"\* (\d+) EXPUNGE", got):
            assert not re.match(r"(FETCH|STORE|SEARCH)", line), f"{line}: {got}"
            del self.list[int(m[1]) - 1]
        elif m := re.match(r"\* (\d+) EXISTS", got):
            assert int(m[1]) >= len(self.list), got
            self.list += [[None, None] for _ in range(int(m[1]) - len(self.list))]
        elif m := re.match(r"\* (\d+) FETCH \((.*)\)", got):
            row = self.list[int(m[1]) - 1]
            if u := re.search(r"UID (\d+)", m[2]):
                assert row[0] in (None, int(u[1])), f"{line}: {got} but it was {row[0]}"
                row[0] = int(u[1])
            if flags := re.search(r"FLAGS \(([^)]*)\)", m[2]):
                row[1] = set(flags[1].split()) - {"\\Recent"}

    def compare(self):
        """Whatever FETCH shows is what was told before, but for what was never told: new messages."""
        before = [list(row) for row in self.list]
        if not self.list:
            return
        self.ask("FETCH 1:* (UID FLAGS)")
        for i, (old, new) in enumerate(zip(before, self.list)):
            assert old[0] in (None, new[0]), i
            assert old[1] is None or old[1] == new[1], f"message {i + 1}: flags {old[1]} were told, {new[1]} shown"


def some_set(r, c):
    n = len(c.list)
    a, b = r.randint(1, n), r.randint(1, n)
    return r.choice([f"{a}", f"{min(a, b)}:{max(a, b)}", f"{a},{b}", "*"])


def step(r, c):
    what = r.choice(["append", "append", "appends", "replace", "store", "store", "store", "expunge", "noop", "uid expunge", "move", "copy", "uid store", "fetch"])
    if what == "append" or not c.list:
        flags = " ".join(r.sample(FLAGS, r.randint(0, 3)))
        octets = b"Subject: %d\r\n\r\nx\r\n" % r.randrange(10 ** 6)
        c.ask(f"APPEND INBOX ({flags}) {{{len(octets)}+}}\r\n", octets)
        return
    if what in ("appends", "replace"):
        flags, octets = " ".join(r.sample(FLAGS, r.randint(0, 3))), b"Subject: %d\r\n\r\ny\r\n" % r.randrange(10 ** 6)
        start = "APPEND INBOX" if what == "appends" else f"REPLACE {r.randint(1, len(c.list))} INBOX"
        more = b" {%d+}\r\n" % len(octets) + octets if what == "appends" else b""
        c.ask(f"{start} ({flags}) {{{len(octets)}+}}\r\n", octets + more)
        return
    rows, how = some_set(r, c), r.choice(["", "+", "-"])
    flags = " ".join(r.sample(FLAGS, r.randint(0 if how == "" else 1, 3)))
    uids = ",".join(str(u) for u in sorted({u for u, _ in c.list if u} or {1}) if r.random() < 0.3) or "1"
    c.ask({"store": f"STORE {rows} {how}FLAGS ({flags})", "expunge": "EXPUNGE", "noop": "NOOP", "uid expunge": f"UID EXPUNGE {uids}",
           "move": f"MOVE {rows} Trash", "copy": f"COPY {rows} INBOX", "uid store": f"UID STORE {uids} {how}FLAGS ({flags})",
           "fetch": f"FETCH {rows} (UID BODY[])"}[what] if what != "fetch" else f"FETCH {rows} (UID FLAGS)")


@pytest.mark.parametrize("seed", [SEED, SEED + 1, 2043])
def test_sessions_agree(pli, seed):
    r, who = random.Random(seed), f"modele{seed}@chu.test"
    pli.add(who, sign="never")
    clients = [Client(pli, who) for _ in range(3)]
    for n in range(COMMANDS):
        c = r.choice(clients)
        step(r, c)
        if r.random() < 0.5:
            c.compare()
        if n % 25 == 24:  # a list of hundreds of copies would only be slow
            for victim in clients:
                if len(victim.list) > 60:
                    victim.ask("STORE 30:* +FLAGS.SILENT (\\Deleted)")
                    victim.ask("EXPUNGE")
    for c in clients:
        c.ask("NOOP")
    for c in clients:
        if c.list:  # of an empty folder 1:* is BAD
            c.ask("FETCH 1:* (UID FLAGS)")
    assert clients[0].list == clients[1].list == clients[2].list, f"seed {seed}"
    for c in clients:
        c.s.close()
