# SPDX-License-Identifier: EUPL-1.2
"""What became of a letter is written down, though something is in the way of that: one bad entry keeps no other back, and no report is lost."""
import contextlib
import os
import re
import signal

import pytest
from gated import DOMAINS, SENDER, World
from instance import eventually

PAGE, LEAF = 8192, 5


@pytest.fixture
def world():
    with contextlib.ExitStack() as stack:
        yield World(stack)


def flip_page_with(path, mid, mids):
    """Flips a bit of the leaf that has this entry; gives those of mids that lie there, and may be of former days."""
    data = bytearray(path.read_bytes())
    found = [at for at in range(PAGE, len(data), PAGE) if data[at + 25] == LEAF and mid.encode() in data[at:at + PAGE]]
    assert found
    for at in found:
        data[at + 40] ^= 1
    on = {m for at in found for m in mids if m.encode() in data[at:at + PAGE]}
    path.write_bytes(data)
    return on


def test_one_bad_entry_keeps_no_other_back(world):
    """Letters to four domains are with sessions. The page of one's entry goes bad, and then all are taken, in one round: the others end in the queue, and the one
    that cannot be written down goes to nobody again."""
    inst, hidden = world.inst, set()
    world.send(DOMAINS[0], "bad")
    world.at_dot(1)
    bad, = inst.json("queue", "list")
    for i in range(60):  # enough for some leaves
        world.send(DOMAINS[1 + i % 3], f"n{i}")
    world.at_dot(4)
    mids = {e["mid"] for e in inst.json("queue", "list", "--limit", "100")}
    world.change_under_stored(lambda: hidden.update(flip_page_with(inst.root / "store/queue.db", bad["mid"], mids)))
    assert len(mids) == 61 and bad["mid"] in hidden and len(hidden) < 45
    eventually(lambda: inst.json("queue", "list", "--limit", "5"))
    relayd = inst.daemon("pli-relayd")
    os.kill(relayd, signal.SIGSTOP)
    try:
        there = world.at_dot(4) and sum(p.said("at-dot") for p in world.peers)
        world.gate.set()
        eventually(lambda: len(world.taken()) >= there)
    finally:
        os.kill(relayd, signal.SIGCONT)
    assert eventually(lambda: set(re.findall(r"mid=(\w+) ev=relayed ", inst.output())) >= mids - hidden | {bad["mid"]})
    assert eventually(lambda: inst.json("queue", "list") == [])
    assert [x for x in world.lines("queue-stuck") if x.startswith(f"qid={bad['id']}.0")]
    assert inst.daemon("pli-relayd") == relayd and "ev=store-dead" not in inst.output()
    taken = world.taken()
    assert "bad" in taken and len(taken) == len(set(taken))


def test_a_report_that_cannot_be_filed_is_filed_later(world):
    """NOTIFY=SUCCESS, and a server without DSN: the sender hears that the trail ends there, though the directory was away for a while when it was taken. The
    letter is not sent again meanwhile."""
    inst = world.inst
    world.send(DOMAINS[0], "asked", params=" NOTIFY=SUCCESS,FAILURE")
    world.at_dot(1)
    dird = inst.daemon("pli-dird")
    os.kill(dird, signal.SIGSTOP)
    try:
        world.gate.set()
        eventually(lambda: len(world.lines("report-unfiled")) >= 3, timeout=300)  # each waits 20 s for an answer
        eventually(lambda: world.lines("relayed"))
        waiting, = inst.json("queue", "list")
        assert waiting["state"] == "report"
        relayd = inst.daemon("pli-relayd")
        os.kill(relayd, signal.SIGKILL)  # what is known stands in the queue
        inst.wait_daemon("pli-relayd", not_pid=relayd, timeout=60)
    finally:
        os.kill(dird, signal.SIGCONT)
    report, = eventually(lambda: inst.fetch_all(SENDER))
    assert b"Action: relayed\r\n" in report and b"dr@d0.test" in report
    assert eventually(lambda: inst.json("queue", "list") == [])
    assert world.taken() == ["asked"] and len(inst.fetch_all(SENDER)) == 1
