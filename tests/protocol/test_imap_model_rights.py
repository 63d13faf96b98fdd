# SPDX-License-Identifier: EUPL-1.2
r"""The sessions of test_imap_model.py when two of the three people are delegates whose rights change under their selected folder (decision 0034).

The holder gives and takes rights, renames and deletes the folder; the administrator gives and takes the delegation. After each command of a delegate the holder looks
at what changed: no more than her rights of that moment allow. Who may not read is told no message. What she did is in the log. Each session's list, made of untagged answers
alone, is what FETCH shows. A seed names the run: PLI_SEED=7 repeats it, PLI_COMMANDS=5000 makes it long.
"""
import os
import random
import re

from test_imap_model import FLAGS, SEED, Client, members, some_set

COMMANDS = int(os.environ.get("PLI_COMMANDS", "160"))
RIGHTS = ["lrswite", "lrswite", "lrswitea", "lr", "lrs", "lrsw", "lrste", "lrit", "lri", "l", "lswite", ""]
REFUSED = re.compile(r"NO \[(NOPERM|NONEXISTENT|READ-ONLY|CANNOT|TRYCREATE|EXPUNGEISSUED|MODIFIED [\d:,]+)\]|BAD ")


class Person(Client):
    """A session that may be refused, and ended, for want of a right."""

    def __init__(self, world, who, mode="", also=""):
        self.world, self.gone, self.refused = world, False, False
        super().__init__(world.pli, who, mode, also, below="" if who == world.box else f"Other users/{world.box}/")

    @property
    def guest(self):
        return self.who != self.world.box

    def rights(self):
        return self.world.rights.get(self.who, "")

    def ask(self, line, literal=b"", tag="t"):
        line = line.replace(self.inbox, f'"{self.inbox[1:-6]}{self.world.folder}"')
        self.told, self.refused = [], False
        before = self.world.acts(self) if self.guest and self.world.ready else 0
        self.send(f"{tag} {line}".encode() + literal + b"\r\n")
        while True:
            got = self.line()
            if not got or got.startswith("* BYE"):
                assert self.guest and ("delegation" in got or "folder" in got or "mailbox" in got), f"{self.who} {line}: {got}"
                self.gone = True
                return "BYE"
            if got.startswith(tag + " "):
                break
            self.told.append(got)
            self.take(got, line)
        if not got[2:].startswith("OK"):
            assert REFUSED.match(got[2:]), f"{self.who} {line}: {got}"
            self.refused = True
            assert not line.startswith("SELECT") or not self.guest, f"{self.who} ({self.rights()}) {line}: {got} {self.world.rights}"
        elif self.guest and self.world.ready and re.match(r"(UID )?(FETCH|STORE|COPY|MOVE|EXPUNGE|APPEND|SELECT)", line):
            assert self.world.acts(self) > before, f"{self.who} {line}: done, and not on the record"
        self.note(got)
        refused = self.refused
        if tag == "t" and self.mode == "QRESYNC" and any(uid is None for uid, *_ in self.list) and "r" in (self.rights() if self.guest else "r"):
            first = [uid for uid, *_ in self.list].index(None)
            told = self.told
            self.ask(f"UID FETCH {self.list[first - 1][0] + 1 if first else 1}:* (FLAGS MODSEQ)" if self.uidonly else f"FETCH {first + 1}:* (UID FLAGS MODSEQ)", tag="u")
            assert all(row[0] for row in self.list) or self.refused or self.gone, f"{self.who} {line}: {told}, then {self.told}: {self.list}"
            self.told, self.refused = told, refused
        return got

    def line(self):
        """A whole answer: what is in a literal is left out."""
        got = super().line()
        while m := re.search(r"\{(\d+)\}\r\n$", got):
            while len(self.held) < int(m[1]):
                more = self.s.recv(65536)
                assert more, got
                self.held += self.packed[1].decompress(more) if self.packed else more
            self.held = self.held[int(m[1]):]
            got = got[:m.start()] + "..." + super().line()
        return got

    def take(self, got, line):
        if self.world.ready and self.guest and "r" not in self.rights() and "FETCH" in got:
            assert "BODY" not in got, f"{self.who} may not read ({self.rights()}): {line}: {got}"
            super().take(got, line)  # what her session had heard while she might read is no news; what came later is
            row = self.list[int(re.match(r"\* (\d+)", got)[1]) - 1] if not self.uidonly else [int(re.match(r"\* (\d+)", got)[1]), None]
            flags = re.search(r"FLAGS \(([^)]*)\)", got)
            had = self.world.shown[self.who].get(row[0], set())
            assert frozenset(flags[1].split()) - {"\\Seen", "\\Recent"} in had, f"{self.who} may not read ({self.rights()}): {line}: {got} {row}: {had}"
            return
        if m := re.match(r"\* VANISHED ([\d:,]+)", got):  # of those that came when she might not look she knows no UID: they are the last
            unknown = len(set(members(m[1])) - {row[0] for row in self.list})
            assert all(row[0] is None for row in self.list[len(self.list) - unknown:]), f"{self.who} {line}: {got}: {self.list}"
            got = f"* VANISHED {known}" if (known := ",".join(str(uid) for uid in members(m[1]) if uid in {row[0] for row in self.list})) else None
            del self.list[len(self.list) - unknown:]
        if got:
            super().take(got, line)

    def compare(self):
        self.ask("NOOP")
        if self.gone:
            return
        if self.guest and "r" not in self.rights():
            self.ask("UID FETCH 1:* (UID FLAGS BODY.PEEK[TEXT])")  # take() looks
            return
        super().compare()


class World:
    def __init__(self, pli, seed):
        self.pli, self.ready, self.folder, self.rights = pli, False, "INBOX", {}
        self.box, self.marie, self.paul = (f"droits{who}{seed}@chu.test" for who in ("cabinet", "marie", "paul"))
        self.made, self.shown = 0, {self.marie: {}, self.paul: {}}  # what each might have seen: {uid: every state of its flags but \\Seen}
        for who in (self.box, self.marie, self.paul):
            pli.add(who, sign="never")
        for who in (self.marie, self.paul):
            self.delegate("add", who, "lrswitea")
        self.log = open(pli.root / "log" / "pli.log")
        self.counts, self.rest = {}, ""
        self.watch = Person(self, self.box)
        self.names = pli.imap(self.box)
        self.new_folder()
        self.watch.ask(f"SELECT {self.watch.inbox}")
        self.look()
        self.kinds = [(self.box, "QRESYNC", ""), (self.marie, "", ""), (self.marie, "QRESYNC", "COMPRESS"), (self.marie, "", "IMAP4rev2"), (self.paul, "CONDSTORE", ""),
                      (self.paul, "QRESYNC UIDONLY", ""), (self.paul, "", "DELAYED")]
        self.sessions = [None] * len(self.kinds)

    # ---- what the log says ----
    def acts(self, c):
        """Lines of the record for this delegate so far."""
        self.rest += self.log.read()
        whole, _, self.rest = self.rest.rpartition("\n")
        for m in re.finditer(r"ev=delegate account=(\S+) mailbox=(\S+) .*rc=ok", whole):
            self.counts[m[1]] = self.counts.get(m[1], 0) + (m[2] == self.box)
        return self.counts.get(c.who, 0)

    # ---- what the holder and the administrator do ----
    def holders(self, line):
        typ, told = self.names.xatom(*line.split(" ", 1))
        assert typ == "OK", (line, told)

    def new_folder(self):
        self.made += 1
        self.folder = f"Dossier{self.made}"
        self.holders(f"CREATE {self.folder}")
        self.shown = {self.marie: {}, self.paul: {}}
        self.look_rights()

    def look_rights(self):
        typ, told = self.names.getacl(self.folder)
        assert typ == "OK"
        words = told[0].decode().split()[1:]
        self.rights = {who: rights for who, rights in zip(words[::2], words[1::2]) if who != self.box}

    def delegate(self, what, who, rights=""):
        self.pli.pli("delegate", what, self.box, "--to", who, *(["--rights", rights] if rights else []))

    def change(self, r):
        if self.watch:
            self.look()  # whoever may read now may have seen this
        what, who = r.choice(["acl"] * 8 + ["rename", "rename", "delete", "given", "taken", "seen"]), r.choice([self.marie, self.paul])
        if what == "acl":
            rights = r.choice(RIGHTS)
            typ, told = self.names.setacl(self.folder, who, rights or '""')
            assert typ == "OK" or who not in self.given(), told
        elif what == "rename":
            self.made += 1
            self.holders(f"RENAME {self.folder} Dossier{self.made}")
            self.folder = f"Dossier{self.made}"
        elif what == "delete":
            self.holders(f"DELETE {self.folder}")
            self.close_all()
            self.new_folder()
        elif what == "seen":
            self.pli.pli("account", "set", self.box, "--seen", r.choice(["each", "shared"]))
        elif what == "given":
            self.delegate("add", who, r.choice(["lrswite", "lrswitea", "lr"]))
        elif who in self.given():
            self.delegate("remove", who)
        self.look_rights()
        return what

    def given(self):
        return [row["to"] for row in self.pli.json("delegate", "list", self.box)]

    def close_all(self):
        """The folder is gone: whoever has it selected is told nothing of the next one."""
        for c in [c for c in [*self.sessions, self.watch] if c]:
            if c is not self.watch and not c.gone:
                c.send(b"x UID FETCH 1:* (UID BODY.PEEK[TEXT])\r\n")
                while (got := c.line()) and not got.startswith(("x ", "* BYE")):
                    assert "BODY" not in got, got
            c.s.close()
        self.sessions = [None] * len(self.kinds)
        self.watch = None

    # ---- what happened ----
    def session(self, r):
        """One of the sessions; opened when it is not there and she may read."""
        if self.watch is None:
            self.ready = False
            self.watch = Person(self, self.box)
            self.watch.ask(f"SELECT {self.watch.inbox}")
            self.watch.list = []
            self.look()
        i = r.randrange(len(self.kinds))
        who, mode, also = self.kinds[i]
        c = self.sessions[i]
        if c is None or c.gone:
            if who != self.box and "r" not in self.rights.get(who, ""):
                return None
            self.ready = False
            c = self.sessions[i] = Person(self, who, mode, also)
            self.ready = True
        return c

    def look(self):
        """{uid: flags} as the holder's own session sees it."""
        self.watch.compare()
        now = {row[0]: row[1] for row in self.watch.list}
        for who, rights in self.rights.items():
            if "r" in rights:
                for uid, flags in now.items():
                    self.shown[who].setdefault(uid, set()).add(frozenset(flags - {"\\Seen"}))
        return now

    def allowed(self, c, before, after):
        may, says = c.rights(), f"{c.who} ({c.rights()})"
        if before.keys() - after.keys():
            assert "e" in may, f"{says} removed"
        if after.keys() - before.keys():
            assert "i" in may, f"{says} filed"
        for uid in before.keys() & after.keys():
            for flag in before[uid] ^ after[uid]:
                assert {"\\Deleted": "t", "\\Seen": "s"}.get(flag, "w") in may, f"{says} changed {flag}"


def act(r, c):
    """One command, which the server may refuse."""
    what = r.choice(["append", "append", "store", "store", "store", "expunge", "noop", "copy", "away", "read"])
    octets = b"Subject: %d\r\n\r\nx\r\n" % r.randrange(10 ** 6)
    if what == "append" or not c.list or any(row[0] is None for row in c.list):
        return c.ask(f"APPEND {c.inbox} ({' '.join(r.sample(FLAGS, r.randint(0, 3)))}) {{{len(octets)}+}}\r\n", octets)
    rows, uid = some_set(r, c), "UID " if c.byuid else ""
    flags = " ".join(r.sample(FLAGS, r.randint(1, 3)))
    return c.ask({"store": f"{uid}STORE {rows} {r.choice(['', '+', '-'])}FLAGS ({flags})", "expunge": "EXPUNGE", "noop": "NOOP", "copy": f"{uid}COPY {rows} {c.inbox}",
                  "away": f"{uid}MOVE {rows} Trash", "read": f"{uid}FETCH {rows} (UID FLAGS BODY[TEXT])"}[what])


def run(pli, seed, commands):
    r, world = random.Random(seed), World(pli, seed)
    for _ in range(commands):
        if r.random() < 0.15:
            world.change(r)
            continue
        if not (c := world.session(r)):
            continue
        before = world.look()
        act(r, c)
        after = world.look()
        if c.guest:
            world.allowed(c, before, after)
        if r.random() < 0.5 and not c.gone:
            c.compare()
        if len(after) > 40:
            world.watch.ask("STORE 20:* +FLAGS (\\Deleted)")
            world.look()  # somebody may have heard of it
            world.watch.ask("EXPUNGE")
    return world


def test_rights_change_under_open_folders(pli):
    """In the end each session that may read shows what the holder's shows, but for \\Seen; two sessions of one person agree in that too."""
    world, shown = run(pli, SEED, COMMANDS), {}
    for c in [c for c in world.sessions if c and not c.gone and world.watch]:
        c.compare()
        if c.gone or c.guest and "r" not in c.rights():
            continue
        c.ask("UID FETCH 1:* (UID FLAGS)")
        now = {row[0]: row[1] for row in c.list}
        assert {uid: flags - {"\\Seen"} for uid, flags in now.items()} == {uid: flags - {"\\Seen"} for uid, flags in world.look().items()}, f"seed {SEED}: {c.who}"
        assert shown.setdefault(c.who, now) == now, f"seed {SEED}: two sessions of {c.who}"
    assert sum(world.counts.values()) > 0
