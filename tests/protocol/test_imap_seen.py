# SPDX-License-Identifier: EUPL-1.2
r"""A \Seen of each person's own in a mailbox that three open (decision 0049): its holder, Marie and Paul, at once. By default it exists once: test_imap_acl.py."""
import re
import time

import pytest
from test_imap_acl import LETTER, OTHERS, Line

WORK = "lrswite"


class Cabinet:
    """The holder's session, and one of each delegate; each with the name that she has for a folder of it."""

    def __init__(self, pli, name, rights=WORK):
        self.pli, self.box = pli, f"{name}.cabinet@chu.test"
        self.people = {who: f"{name}.{who}@chu.test" for who in ("marie", "paul")}
        for who in [self.box, *self.people.values()]:
            pli.add(who, sign="never")
        self.made = time.time()
        for who in self.people.values():
            self.give(who, rights)
        self.holder, self.marie, self.paul = Line(pli, self.box), self.session("marie"), self.session("paul")

    def session(self, who):
        return Line(self.pli, self.people[who])

    def give(self, who, rights):
        self.pli.pli("delegate", "add", self.box, "--to", who, "--rights", rights)

    def seen(self, how):
        self.pli.pli("account", "set", self.box, "--seen", how)

    def name(self, folder):
        return f'"{OTHERS}/{self.box}/{folder}"'

    def all(self):
        return [self.holder, self.marie, self.paul]

    def select(self):
        return [self.holder.ok("SELECT INBOX"), self.marie.ok(f"SELECT {self.name('INBOX')}"), self.paul.ok(f"SELECT {self.name('INBOX')}")]

    def unseen(self, folder="INBOX"):
        """As STATUS counts for the three."""
        told = [self.holder.ok(f"STATUS {folder} (UNSEEN)"), self.marie.ok(f"STATUS {self.name(folder)} (UNSEEN)"),
                self.paul.ok(f"STATUS {self.name(folder)} (UNSEEN)")]
        return [int(re.search(r"UNSEEN (\d+)", lines[0])[1]) for lines in told]

    def found(self, key="UNSEEN"):
        return [line.ok(f"SEARCH {key}")[0] for line in self.all()]


@pytest.fixture
def cabinet(pli):
    made = []

    def make(name, rights=WORK, letters=3):
        made.append(Cabinet(pli, name, rights))
        for _ in range(letters):
            made[-1].holder.append("INBOX")
        return made[-1]
    yield make
    for c in made:
        for line in c.all():
            line.m.shutdown()


def flags(lines):
    r"""(number, flags but \Recent) of each FETCH."""
    found = [re.search(r"^\* (\d+) FETCH .*FLAGS \(([^)]*)\)", one) for one in lines]
    return [(int(m[1]), " ".join(sorted(set(m[2].split()) - {"\\Recent"}))) for m in found if m]


def idle(line):
    line.m.send(b"idle IDLE\r\n")
    assert line.m.readline().startswith(b"+")


def pushed(line):
    return line.m.readline().decode().rstrip("\r\n")


def idle_ends(line):
    """What else was pushed."""
    line.m.send(b"DONE\r\n")
    told = []
    while not (got := pushed(line)).startswith("idle OK"):
        assert got, told
        told.append(got)
    return told


def test_each_has_her_own(cabinet):
    c = cabinet("vu1")
    c.seen("each")
    c.select()
    assert c.unseen() == [3, 3, 3]
    told = c.marie.ok("FETCH 1 (FLAGS BODY[TEXT])")  # and so it is seen, by her
    assert flags(told) == [(1, "\\Seen")]
    assert c.unseen() == [3, 2, 3]
    assert c.holder.ok("NOOP") == [] and c.paul.ok("NOOP") == []  # to these nothing has changed
    c.paul.ok("STORE 2:3 +FLAGS (\\Seen)")
    c.holder.ok("STORE 3 +FLAGS.SILENT (\\Seen \\Flagged)")
    assert flags(c.marie.ok("NOOP")) == [(3, "\\Flagged")] and flags(c.paul.ok("NOOP")) == [(3, "\\Flagged \\Seen")]
    assert c.found() == ["* SEARCH 1 2", "* SEARCH 2 3", "* SEARCH 1"]
    assert c.found("SEEN") == ["* SEARCH 3", "* SEARCH 1", "* SEARCH 2 3"]
    assert flags(c.marie.ok("FETCH 1:3 FLAGS")) == [(1, "\\Seen"), (2, ""), (3, "\\Flagged")]  # other flags exist once
    assert flags(c.paul.ok("FETCH 1:3 (UID FLAGS RFC822.SIZE)")) == [(1, ""), (2, "\\Seen"), (3, "\\Flagged \\Seen")]
    assert c.marie.ok("SORT (ARRIVAL) UTF-8 UNSEEN") == ["* SORT 2 3"]
    assert c.paul.ok("THREAD ORDEREDSUBJECT UTF-8 UNSEEN") == ["* THREAD (1)"]
    assert [next(one for one in told if "[UNSEEN" in one)[:16] for told in c.select()] == ["* OK [UNSEEN 1] ", "* OK [UNSEEN 2] ", "* OK [UNSEEN 1] "]
    # counted for her in the list, too
    told = c.marie.ok(f'LIST "" {c.name("*")} RETURN (STATUS (UNSEEN MESSAGES))')
    assert f"* STATUS {c.name('INBOX')} (MESSAGES 3 UNSEEN 2)" in told
    # not again, and back
    c.marie.ok("STORE 1 -FLAGS (\\Seen)")
    c.paul.ok("STORE 1:3 FLAGS ()")
    assert c.unseen() == [2, 3, 3]
    c.marie.ok(f"EXAMINE {c.name('INBOX')}")
    c.marie.ok("FETCH 1 BODY[TEXT]")
    c.paul.ok("FETCH 1 BODY.PEEK[TEXT]")
    assert c.unseen() == [2, 3, 3]
    # who files a message with \Seen has seen it
    c.marie.append(c.name("INBOX").strip('"'), flags="(\\Seen) ")
    assert c.unseen() == [3, 3, 4]


def test_changes_are_told_to_her_clients(cabinet):
    c = cabinet("vu2")
    c.seen("each")
    again, reader = c.session("marie"), c.session("marie")
    for line in (c.marie, c.paul, again):
        line.ok("ENABLE QRESYNC")
    c.select()
    told = again.ok(f"SELECT {c.name('INBOX')}")
    validity, since = (re.search(rf"{word} (\d+)", " ".join(told))[1] for word in ("UIDVALIDITY", "HIGHESTMODSEQ"))
    again.ok("UNSELECT")
    reader.ok(f"SELECT {c.name('INBOX')}")
    idle(reader)
    c.marie.ok("STORE 2 +FLAGS (\\Seen)")
    assert pushed(reader) == "* 2 FETCH (FLAGS (\\Seen))"  # on her other machine, at once
    assert idle_ends(reader) == []
    # RFC 7162: hers is a change; to who knows mod-sequences the number is told, with the flags that he has
    assert re.match(r"\* 2 FETCH \(UID 2 FLAGS \(\\Seen\) MODSEQ \(\d+\)\)", c.marie.ok(f"FETCH 1:3 (UID FLAGS) (CHANGEDSINCE {since})")[0])
    told = c.paul.ok("NOOP")
    assert len(told) == 1 and flags(told) == [(2, "")] and "MODSEQ" in told[0]
    assert c.holder.ok("NOOP") == []
    # a client that was away, of each
    told = again.ok(f"SELECT {c.name('INBOX')} (QRESYNC ({validity} {since}))")
    assert flags(told) == [(2, "\\Seen")] and not any("VANISHED" in one for one in told)
    c.paul.ok("UNSELECT")
    told = c.paul.ok(f"SELECT {c.name('INBOX')} (QRESYNC ({validity} {since}))")
    assert flags(told) == [(2, "")]
    # what another has read meanwhile fails a condition, and has it after that
    assert c.paul.ask(f"STORE 2 (UNCHANGEDSINCE {since}) +FLAGS (\\Seen)")[1].startswith("OK [MODIFIED 2]")
    c.paul.ok("STORE 2 +FLAGS (\\Seen)")
    assert c.unseen() == [3, 2, 2]
    # removed: nobody counts it
    c.holder.ok("STORE 2 +FLAGS (\\Deleted)")
    c.holder.ok("EXPUNGE")
    assert c.unseen() == [2, 2, 2]
    assert "* VANISHED 2" in again.ok("NOOP")
    assert c.holder.ok("SEARCH UNSEEN") == ["* SEARCH 1 2"]


def test_copies(cabinet):
    """To each a copy is what the original was to her; what leaves the mailbox is as who copies had it."""
    c = cabinet("vu3")
    c.seen("each")
    c.select()
    c.marie.ok("STORE 1:2 +FLAGS (\\Seen)")
    c.paul.ok("STORE 3 +FLAGS (\\Seen)")
    c.holder.ok("COPY 1:3 Archive")
    assert c.unseen("Archive") == [3, 1, 2]
    c.paul.ok(f"MOVE 1:2 {c.name('Archive')}")
    assert c.unseen("Archive") == [5, 1, 4] and c.unseen() == [1, 1, 0]
    c.marie.ok(f"SELECT {c.name('Archive')}")
    assert c.marie.ok("SEARCH SEEN") == ["* SEARCH 1 2 4 5"]
    c.marie.ok("COPY 1,3 INBOX")
    c.marie.ok("SELECT INBOX")
    assert flags(c.marie.ok("FETCH 1:2 FLAGS")) == [(1, "\\Seen"), (2, "")]
    c.marie.ok(f"COPY 1 {c.name('INBOX')}")
    assert c.unseen() == [2, 1, 1]
    # a folder that is renamed, or goes
    c.holder.ok("RENAME Archive Ancien")
    assert c.unseen("Ancien") == [5, 1, 4]
    c.holder.ok("DELETE Ancien")
    c.holder.ok("CREATE Archive")
    assert c.unseen("Archive") == [0, 0, 0]
    assert c.pli.json("store", "check")["bad"] == 0


def test_on_and_off_while_all_look(cabinet):
    c = cabinet("vu4")
    c.select()
    c.paul.ok("STORE 1 +FLAGS (\\Seen)")
    assert [flags(line.ok("NOOP")) for line in c.all()] == [[(1, "\\Seen")], [(1, "\\Seen")], []]
    c.seen("each")
    assert [line.ok("NOOP") for line in c.all()] == [[], [], []]  # each goes on from there
    assert c.unseen() == [2, 2, 2]
    c.marie.ok("STORE 2 +FLAGS (\\Seen)")
    c.holder.ok("STORE 1 -FLAGS (\\Seen)")
    c.paul.ok("STORE 3 +FLAGS (\\Seen)")
    assert c.found() == ["* SEARCH 1 2 3", "* SEARCH 3", "* SEARCH 2"]
    idle(c.marie)
    c.seen("shared")  # what the holder has seen holds
    told = [pushed(c.marie), pushed(c.marie)] + idle_ends(c.marie)
    assert told == ["* 1 FETCH (FLAGS ())", "* 2 FETCH (FLAGS ())"]
    assert flags(c.paul.ok("NOOP")) == [(1, ""), (3, "")] and c.holder.ok("NOOP") == []
    assert c.unseen() == [3, 3, 3]
    c.marie.ok("STORE 3 +FLAGS (\\Seen)")
    assert c.unseen() == [2, 2, 2]
    c.seen("each")
    c.marie.ok("STORE 3 -FLAGS (\\Seen)")
    assert c.unseen() == [2, 3, 2]


def test_without_the_right(cabinet):
    """RFC 4314: without s she sets no \\Seen, and nothing sets it for her. What she has seen stays."""
    c = cabinet("vu5")
    c.seen("each")
    c.select()
    c.marie.ok("STORE 1 +FLAGS (\\Seen)")
    c.holder.ok("STORE 2 +FLAGS (\\Seen)")
    c.holder.ok(f"SETACL INBOX {c.people['marie']} -s")
    told = c.marie.ok(f"SELECT {c.name('INBOX')}")
    assert any(re.match(r"\* OK \[PERMANENTFLAGS \((?!.*Seen)", one) for one in told), told
    c.marie.no("STORE 3 +FLAGS (\\Seen)", "NOPERM")
    c.marie.ok("FETCH 3 BODY[TEXT]")
    c.marie.ok("STORE 1 FLAGS (\\Answered)")
    assert c.found() == ["* SEARCH 1 3", "* SEARCH 2 3", "* SEARCH 1 2 3"]
    c.marie.append(c.name("INBOX").strip('"'), LETTER, "(\\Seen) ")
    assert c.unseen() == [3, 3, 4]
    told = c.paul.ok(f"SELECT {c.name('INBOX')}")
    assert any(re.match(r"\* OK \[PERMANENTFLAGS \(.*\\Seen", one) for one in told), told


def test_who_is_named_again_begins_anew(cabinet):
    c = cabinet("vu6")
    c.seen("each")
    c.select()
    c.marie.ok("STORE 1:2 +FLAGS (\\Seen)")
    c.holder.ok("STORE 3 +FLAGS (\\Seen)")
    assert c.unseen() == [2, 1, 3]
    time.sleep(max(0, c.made + 2.5 - time.time()))  # earlier it counts as another password (directory/dird/entry.h)
    c.pli.pli("delegate", "remove", c.box, "--to", c.people["marie"])
    c.give(c.people["marie"], WORK)
    c.marie = c.session("marie")
    assert c.unseen() == [2, 2, 3]
    assert c.pli.json("store", "check")["bad"] == 0
