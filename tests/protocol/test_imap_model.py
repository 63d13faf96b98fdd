# SPDX-License-Identifier: EUPL-1.2
"""Several sessions change one folder at random; each keeps, as a client does, its own list of messages from untagged answers alone.

After every command the list is compared with FETCH 1:* (UID FLAGS), number by number: a wrong EXPUNGE, an EXISTS too early or a flag
that was never told shows at once. In the end all sessions and the store agree. A seed names the run: PLI_SEED=7 repeats it.

One session is plain; one has CONDSTORE, and checks that each mod-sequence it is told grows and is the one that FETCH shows; one has QRESYNC,
removes messages by the UIDs of VANISHED, and goes away now and then: what SELECT (QRESYNC ...) tells it must make its old list the folder's; one has
UIDONLY too, and is never told a number. One has NOTIFY for the selected folder at any time, works with UIDs, and keeps a search (CONTEXT) whose members
must be those of its list; one has it delayed, and compresses; others combine COMPRESS with QRESYNC and UTF8=ACCEPT, and with IMAP4rev2.

With a \\Seen of each person's own (decision 0049) sessions of the holder and of two delegates agree in all flags but that; those of one person in all.
"""
import os
import random
import re
import socket
import zlib

import pytest
from instance import PASSWORD

SEED = int(os.environ.get("PLI_SEED", "0")) or random.randrange(1, 10000)
COMMANDS = int(os.environ.get("PLI_COMMANDS", "250"))
FLAGS = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$Un", "$Deux"]


def members(text):
    for part in text.split(","):
        lo, _, hi = part.partition(":")
        yield from range(int(lo), int(hi or lo) + 1)


class Client:
    killed = False  # stored is, now and then: what is refused for that may have happened

    def __init__(self, pli, who, mode="", also="", below=""):
        self.who, self.inbox, self.trash = who, f'"{below}INBOX"', f'"{below}Trash"'
        self.mode, self.away, self.highest = mode.replace(" UIDONLY", ""), False, 0
        self.uidonly = "UIDONLY" in mode
        self.s = pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", pli.port("imaps")), 20), server_hostname="localhost")
        self.packed, self.held, self.flagged, self.updates = None, b"", None, 0
        self.at_once, self.delayed = "NOTIFY" in also, "DELAYED" in also
        self.byuid = self.uidonly or self.at_once
        self.line()
        self.list = []  # [uid or None, set of flags or None, modseq or 0], as this client was told
        self.told = []
        self.ask(f"LOGIN {who} {PASSWORD}")
        if mode:
            self.ask(f"ENABLE {self.mode}")
        if self.uidonly:
            self.ask("ENABLE UIDONLY")
        for word in ("IMAP4rev2", "UTF8=ACCEPT"):
            if word in also:
                self.ask(f"ENABLE {word}")
                assert word in self.told[-1]
        if "COMPRESS" in also:
            self.ask("COMPRESS DEFLATE")
            self.packed = zlib.compressobj(6, zlib.DEFLATED, -15), zlib.decompressobj(-15)
        self.ask(f"SELECT {self.inbox}")
        self.validity = next(int(m[1]) for t in self.told if (m := re.search(r"UIDVALIDITY (\d+)", t)))

        if self.at_once or self.delayed:
            self.ask(f"NOTIFY SET ({'selected' if self.at_once else 'selected-delayed'} (MessageNew (UID FLAGS) MessageExpunge FlagChange))")
        if self.at_once:
            self.flagged = set()
            self.ask("UID SEARCH RETURN (UPDATE COUNT) FLAGGED NOT KEYWORD $Un", tag="ctx")

    def send(self, octets):
        self.s.sendall(self.packed[0].compress(octets) + self.packed[0].flush(zlib.Z_SYNC_FLUSH) if self.packed else octets)

    def line(self):
        while b"\n" not in self.held:
            got = self.s.recv(65536)
            if not got:
                return ""
            self.held += self.packed[1].decompress(got) if self.packed else got
        line, self.held = self.held.split(b"\n", 1)
        return line.decode() + "\n"

    def ask(self, line, literal=b"", tag="t"):
        self.told = []
        self.send(f"{tag} {line}".encode() + literal + b"\r\n")
        while True:
            got = self.line()
            assert got, line
            if got.startswith("ctx OK"):
                return got
            if got.startswith("t "):
                assert re.match(r"t (OK|NO \[(EXPUNGEISSUED|MODIFIED [\d:,]+)\])", got) or (self.killed and got.startswith("t NO [UNAVAILABLE] ")), f"{line}: {got}"
                self.note(got)
                if self.mode == "QRESYNC" and any(uid is None for uid, *_ in self.list):  # who is removed by UID must know them
                    first = [uid for uid, *_ in self.list].index(None)
                    if self.uidonly:
                        self.ask(f"UID FETCH {self.list[first - 1][0] + 1 if first else 1}:* (FLAGS MODSEQ)")
                    else:
                        self.ask(f"FETCH {first + 1}:* (UID FLAGS MODSEQ)")
                return got
            self.told.append(got)
            self.take(got, line)

    def note(self, got):
        if m := re.search(r"HIGHESTMODSEQ (\d+)", got):
            assert int(m[1]) >= self.highest, got
            self.highest = int(m[1])

    def take(self, got, line):
        self.note(got)
        if m := re.match(r"\* (\d+) EXPUNGE", got):
            assert self.mode != "QRESYNC" and (self.at_once or not re.match(r"(FETCH|STORE|SEARCH)", line)), f"{line}: {got}"
            del self.list[int(m[1]) - 1]
        elif m := re.match(r"\* VANISHED (\(EARLIER\) )?([\d:,]+)", got):
            assert (self.mode == "QRESYNC" or self.uidonly) and not re.match(r"(FETCH|STORE|SEARCH)", line), f"{line}: {got}"
            gone, before = set(members(m[2])), len(self.list)
            self.list = [row for row in self.list if row[0] not in gone]
            assert m[1] or before - len(self.list) == len(gone), f"{line}: {got}"
        elif m := re.match(r'\* ESEARCH \(TAG "ctx"\) UID (.*)', got):
            for word, uids in re.findall(r"(ADDTO|REMOVEFROM) \(0 ([\d:,]+)\)", m[1]):
                uids, self.updates = set(members(uids)), self.updates + 1
                assert uids <= self.flagged if word == "REMOVEFROM" else not uids & self.flagged, f"{line}: {got} {self.flagged}"
                self.flagged = self.flagged - uids if word == "REMOVEFROM" else self.flagged | uids
        elif m := re.match(r"\* (\d+) EXISTS", got):
            assert int(m[1]) >= len(self.list), got
            self.list += [[None, None, 0] for _ in range(int(m[1]) - len(self.list))]
        elif m := re.match(r"\* (\d+) (UID)?FETCH \((.*)\)", got):
            assert bool(m[2]) == self.uidonly, got
            if self.uidonly:  # known, or the first one that is not
                uid = int(m[1])
                row = next(row for row in self.list if row[0] in (uid, None))
                row[0] = uid
            else:
                row = self.list[int(m[1]) - 1]
            if u := re.search(r"UID (\d+)", m[3]):
                assert row[0] in (None, int(u[1])), f"{line}: {got} but it was {row[0]}"
                row[0] = int(u[1])
            if flags := re.search(r"FLAGS \(([^)]*)\)", m[3]):
                row[1] = set(flags[1].split()) - {"\\Recent"}
                assert not self.mode or "MODSEQ" in got or "FETCH" in line, f"{line}: {got}"
            assert self.mode or "MODSEQ" not in got, got
            if modseq := re.search(r"MODSEQ \((\d+)\)", m[3]):
                assert int(modseq[1]) >= row[2], f"{line}: {got} but it had {row[2]}"
                row[2] = int(modseq[1])

    def compare(self):
        """Whatever FETCH shows is what was told before, but for what was never told: new messages."""
        if self.at_once or self.delayed:
            self.ask("NOOP")  # after it, nothing is still on its way
        before = [list(row) for row in self.list]
        if self.at_once:
            assert self.flagged == {uid for uid, flags, _ in self.list if "\\Flagged" in flags and "$Un" not in flags}
        if not self.list:
            return
        self.ask(f"{'UID ' if self.byuid else ''}FETCH 1:* (UID FLAGS{' MODSEQ' if self.mode else ''})")
        for i, (old, new) in enumerate(zip(before, self.list)):
            assert old[0] in (None, new[0]), i
            assert old[2] in (0, new[2]), f"message {i + 1}: modseq {old[2]} was told, {new[2]} shown"
            assert old[1] is None or old[1] == new[1], f"message {i + 1}: flags {old[1]} were told, {new[1]} shown"

    def leave(self):
        self.ask("NOOP")
        self.compare()
        self.highest = max([self.highest] + [row[2] for row in self.list])
        self.ask("UNSELECT")
        self.away = True

    def come_back(self, r):
        """The list of before, less what vanished, with the flags that changed, and new ones at its end."""
        known = {row[0]: row for row in self.list}
        some = f" 1:{max(known)}" if known and r.random() < 0.5 else ""
        last = len(self.list)
        match = f" ({last} {self.list[-1][0]})" if known and not self.uidonly and r.random() < 0.5 else ""
        self.list, self.away = [], False
        self.ask_select(f"SELECT {self.inbox} (QRESYNC ({self.validity} {max(self.highest, 1)}{some}{match}))", known)

    def ask_select(self, line, known):
        self.send(b"q " + line.encode() + b"\r\n")
        exists = 0
        while not (got := self.line()).startswith("q "):
            self.note(got)
            if m := re.match(r"\* (\d+) EXISTS", got):
                exists = int(m[1])
            elif m := re.match(r"\* VANISHED \(EARLIER\) ([\d:,]+)", got):
                for uid in members(m[1]):
                    known.pop(uid, None)
            elif m := re.match(r"\* (\d+) (?:UIDFETCH \(|FETCH \(UID (\d+) )FLAGS \(([^)]*)\) MODSEQ \((\d+)\)\)", got):
                assert (m[2] is None) == self.uidonly, got
                uid = int(m[2] or m[1])
                known[uid] = [uid, set(m[3].split()) - {"\\Recent"}, int(m[4])]
        assert got.startswith("q OK"), got
        self.list = [known[uid] for uid in sorted(known)]
        assert len(self.list) <= exists, f"{line}: {exists} messages, but {self.list}"
        self.list += [[None, None, 0] for _ in range(exists - len(self.list))]
        if exists:
            self.compare()


def some_set(r, c):
    if c.byuid:
        return ",".join(str(row[0]) for row in r.sample(c.list, r.randint(1, min(4, len(c.list)))))
    n = len(c.list)
    a, b = r.randint(1, n), r.randint(1, n)
    return r.choice([f"{a}", f"{min(a, b)}:{max(a, b)}", f"{a},{b}", "*"])


def step(r, c):
    what = r.choice(["append", "append", "appends", "replace", "store", "store", "store", "expunge", "noop", "uid expunge", "move", "copy", "uid store", "fetch"])
    if what == "append" or not c.list:
        flags = " ".join(r.sample(FLAGS, r.randint(0, 3)))
        octets = b"Subject: %d\r\n\r\nx\r\n" % r.randrange(10 ** 6)
        c.ask(f"APPEND {c.inbox} ({flags}) {{{len(octets)}+}}\r\n", octets)
        return
    if what in ("appends", "replace"):
        flags, octets = " ".join(r.sample(FLAGS, r.randint(0, 3))), b"Subject: %d\r\n\r\ny\r\n" % r.randrange(10 ** 6)
        number = f"UID REPLACE {r.choice(c.list)[0]}" if c.byuid else f"REPLACE {r.randint(1, len(c.list))}"
        start = f"{'APPEND' if what == 'appends' else number} {c.inbox}"
        more = b" {%d+}\r\n" % len(octets) + octets if what == "appends" else b""
        c.ask(f"{start} ({flags}) {{{len(octets)}+}}\r\n", octets + more)
        return
    rows, how = some_set(r, c), r.choice(["", "+", "-"])
    flags = " ".join(r.sample(FLAGS, r.randint(0 if how == "" else 1, 3)))
    uids = ",".join(str(u) for u in sorted({u for u, *_ in c.list if u} or {1}) if r.random() < 0.3) or "1"
    if c.mode and r.random() < 0.5:
        how = f"(UNCHANGEDSINCE {max(row[2] for row in c.list) - r.randrange(3)}) {how}" if c.list[0][2] else how
    if c.byuid and what in ("store", "move", "copy", "fetch"):
        what = "uid " + what
    c.ask({"uid move": f"UID MOVE {rows} {c.trash}", "uid copy": f"UID COPY {rows} {c.inbox}", "uid fetch": f"UID FETCH {rows} (UID FLAGS)",
           "store": f"STORE {rows} {how}FLAGS ({flags})", "expunge": "EXPUNGE", "noop": "NOOP", "uid expunge": f"UID EXPUNGE {uids}",
           "move": f"MOVE {rows} {c.trash}", "copy": f"COPY {rows} {c.inbox}", "uid store": f"UID STORE {uids} {how}FLAGS ({flags})",
           "fetch": f"FETCH {rows} (UID FLAGS)"}[what])


def run(r, clients, commands):
    """Commands of one client after the other; in the end each has been told all that there is: [uid, flags] of each message, by client."""
    for n in range(commands):
        c = r.choice(clients)
        if c.away:
            c.come_back(r)
        step(r, c)
        if r.random() < 0.5:
            c.compare()
        if c.mode == "QRESYNC" and r.random() < 0.2:
            c.leave()
        if n % 25 == 24:  # a list of hundreds of copies would only be slow
            for victim in clients:
                if len(victim.list) > 60 and not victim.away:
                    numbers = f"UID STORE {victim.list[29][0]}" if victim.byuid else "STORE 30"
                    victim.ask(f"{numbers}:* +FLAGS.SILENT (\\Deleted)")
                    victim.ask("EXPUNGE")
    for c in clients:
        if c.away:
            c.come_back(r)
        c.ask("NOOP")
    for c in clients:
        if c.at_once or c.delayed:
            c.compare()
        if c.list:  # of an empty folder 1:* is BAD
            c.ask("UID FETCH 1:* (UID FLAGS)")
    return [[row[:2] for row in c.list] for c in clients]


@pytest.mark.parametrize("seed", [SEED, SEED + 1, 2043])
def test_sessions_agree(pli, seed):
    r, who = random.Random(seed), f"modele{seed}@chu.test"
    pli.add(who, sign="never")
    clients = [Client(pli, who), Client(pli, who, "CONDSTORE"), Client(pli, who, "QRESYNC"), Client(pli, who, "QRESYNC UIDONLY"),
               Client(pli, who, also="NOTIFY"), Client(pli, who, also="DELAYED COMPRESS"), Client(pli, who, "QRESYNC", "COMPRESS UTF8=ACCEPT"),
               Client(pli, who, also="IMAP4rev2 COMPRESS")]
    shown = run(r, clients, COMMANDS)
    assert all(s == shown[0] for s in shown), f"seed {seed}"
    assert all(c.updates > 0 for c in clients if c.at_once)
    for c in clients:
        c.s.close()


def test_sessions_of_three_people_agree(pli):
    """The option is switched on and off between the commands; what each has seen is hers, and no session of hers is told anything else."""
    r, names = random.Random(SEED), [f"modele{who}{SEED}@chu.test" for who in ("cabinet", "marie", "paul")]
    for who in names:
        pli.add(who, sign="never")
    for who in names[1:]:
        pli.pli("delegate", "add", names[0], "--to", who, "--rights", "all")
    below = f"Other users/{names[0]}/"
    clients = [Client(pli, names[0]), Client(pli, names[0], "QRESYNC"), Client(pli, names[0], also="NOTIFY"),
               Client(pli, names[1], below=below), Client(pli, names[1], "QRESYNC", "COMPRESS", below=below), Client(pli, names[1], "CONDSTORE", below=below),
               Client(pli, names[2], "QRESYNC UIDONLY", below=below), Client(pli, names[2], "QRESYNC", below=below)]
    for how in ("each", "shared", "each"):
        pli.pli("account", "set", names[0], "--seen", how)
        shown = run(r, clients, COMMANDS // 4)
    for one, c in zip(shown, clients):
        first = shown[[k.who for k in clients].index(c.who)]
        assert one == first, f"seed {SEED}: two sessions of {c.who}"
        assert [(uid, flags - {"\\Seen"}) for uid, flags in one] == [(uid, flags - {"\\Seen"}) for uid, flags in shown[0]], f"seed {SEED}"
    for c in clients:
        c.s.close()
