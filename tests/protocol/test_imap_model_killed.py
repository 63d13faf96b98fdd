# SPDX-License-Identifier: EUPL-1.2
"""The sessions of test_imap_model.py while stored is killed, again and again, in the middle of a command. No session ends of it.

Before each kill all sessions agree. After it they agree again, and between the two lies the one command that was under way, done or not done:
no other message came, went or changed, no UID and no mod-sequence was given twice.
"""
import os
import random
import signal
import threading
import time

import pytest
from instance import Instance
from test_imap_model import FLAGS, SEED, Client, step

KILLS = int(os.environ.get("PLI_KILLS", "8"))
BETWEEN = int(os.environ.get("PLI_COMMANDS", "240")) // KILLS
ME = "modele@chu.test"


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.add(ME, sign="never")
        yield pli


def settle(clients):
    """Every session is told all that there is."""
    for c in clients:
        end = time.monotonic() + 60
        while not c.ask("NOOP").startswith("t OK"):
            assert time.monotonic() < end
            time.sleep(0.05)
    for c in clients:
        if c.list:
            end = time.monotonic() + 60
            while not c.ask("UID FETCH 1:* (UID FLAGS)").startswith("t OK"):
                assert time.monotonic() < end
                time.sleep(0.05)
    shown = [{row[0]: row[1] for row in c.list} for c in clients]
    assert all(s == shown[0] for s in shown), [sorted(s) for s in shown]
    return shown[0]


def one_command(r, before):
    """A command, and what the folder may be after it: (line, literal, UIDs that may go, a flag that may come to these, how many may come)."""
    some = r.sample(sorted(before), min(len(before), r.randint(1, 5)))
    uids, flag = ",".join(str(u) for u in some), r.choice(FLAGS[:3])
    octets = b"Subject: en route\r\n\r\n" + b"z" * r.choice([10, 3000, 30000])
    return r.choice([(f"APPEND INBOX {{{len(octets)}+}}\r\n", octets, set(), None, set(), 1),
                     (f"UID STORE {uids} +FLAGS.SILENT ({flag})", b"", set(), flag, set(some), 0),
                     (f"UID MOVE {uids} Trash", b"", set(some), None, set(), 0),
                     (f"UID COPY {uids} INBOX", b"", set(), None, set(), len(some)),
                     (f"UID EXPUNGE {uids}", b"", {u for u in some if "\\Deleted" in before[u]}, None, set(), 0)])


def kill_soon(inst, ms):
    pid = inst.daemon("pli-stored")

    def strike():
        time.sleep(ms / 1000)
        os.kill(pid, signal.SIGKILL)

    t = threading.Thread(target=strike)
    t.start()
    return pid, t


def lawful(before, after, gone, flag, flagged, more):
    new = set(after) - set(before)
    assert set(before) - set(after) in (set(), gone) and len(new) in (0, more), (sorted(before), sorted(after))
    assert not new or min(new) > max(before, default=0)
    marked = {u for u in flagged & set(after) if flag in after[u] and flag not in before[u]}
    assert marked in (set(), {u for u in flagged if flag not in before[u]}), "half of a command"
    for uid in set(after) - new - marked:
        assert after[uid] == before[uid], (uid, before[uid], after[uid])


def test_sessions_agree_across_kills(inst):
    r = random.Random(SEED)
    clients = [Client(inst, ME), Client(inst, ME, "CONDSTORE"), Client(inst, ME, "QRESYNC UIDONLY"), Client(inst, ME, also="NOTIFY"),
               Client(inst, ME, "QRESYNC", "COMPRESS UTF8=ACCEPT"), Client(inst, ME, also="DELAYED")]
    for c in clients:
        c.killed = True
    done = highest = 0
    for n in range(KILLS):
        for _ in range(BETWEEN):
            step(r, r.choice(clients))
        before = settle(clients)
        highest = max([highest, *before])
        line, octets, gone, flag, flagged, more = one_command(r, before) if before else ("APPEND INBOX {1+}\r\n", b"x", set(), None, set(), 1)
        pid, killer = kill_soon(inst, r.choice([0, 0, 1, 2, 3]))
        answer = r.choice(clients[:3] + clients[4:]).ask(line, octets)
        killer.join()
        inst.wait_daemon("pli-stored", not_pid=pid, timeout=60)
        after = settle(clients)
        lawful(before, after, gone, flag, flagged, more)
        if answer.startswith("t OK"):
            done += 1
            assert not gone or not gone & set(after), f"{line}: was answered OK"
            assert not more or len(set(after) - set(before)) == more, f"{line}: was answered OK"
        assert all(uid > highest for uid in set(after) - set(before))
        highest = max([highest, *after])
    assert all(not c.away for c in clients)
    for c in clients:
        c.s.close()
