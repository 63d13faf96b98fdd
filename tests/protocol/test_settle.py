# SPDX-License-Identifier: EUPL-1.2
"""What became of a letter is written down, though something is in the way of that: one bad entry keeps no other back, and no report is lost."""
import contextlib
import os
import signal

import pytest
from gated import DOMAINS, SENDER, World
from instance import eventually

PAGE = 8192


@pytest.fixture
def world():
    with contextlib.ExitStack() as stack:
        yield World(stack)


def flip_page_with(path, octets):
    data = bytearray(path.read_bytes())
    found = [at for at in range(PAGE, len(data), PAGE) if data[at + 25] == 5 and octets in data[at:at + PAGE]]
    assert len(found) == 1, found
    data[found[0] + 40] ^= 1  # a key's place on the page
    path.write_bytes(data)


def test_one_bad_entry_keeps_no_other_back(world):
    """Letters to four domains are with sessions. The page of one's entry goes bad, and then all are taken, in one round: the others end in the queue, and the one that
    cannot be written down goes to nobody again."""
    inst = world.inst
    world.send(DOMAINS[0], "bad")
    world.at_dot(1)
    bad, = inst.json("queue", "list")
    for i in range(40):  # the others' entries lie on other pages
        world.send(DOMAINS[1 + i % 3], f"n{i}")
    world.at_dot(4)
    world.change_under_stored(lambda: flip_page_with(inst.root / "store/queue.db", bad["mid"].encode()))
    eventually(lambda: inst.json("queue", "list", "--limit", "5"))
    relayd = inst.daemon("pli-relayd")
    os.kill(relayd, signal.SIGSTOP)
    try:
        there = world.at_dot(4) and sum(p.said("at-dot") for p in world.peers)
        world.gate.set()
        eventually(lambda: len(world.taken()) >= there)
    finally:
        os.kill(relayd, signal.SIGCONT)
    assert eventually(lambda: {f"n{i}" for i in range(40)} <= set(world.taken()))
    assert eventually(lambda: inst.json("queue", "list") == [])
    assert [x for x in world.lines("queue-stuck") if x.startswith(f"qid={bad['id']}.0")], world.lines("queue-unsettled")
    hidden = len(world.lines("queue-stuck"))
    assert len(world.lines("relayed")) == 41 and hidden < 20
    assert inst.daemon("pli-relayd") == relayd
    taken = world.taken()
    assert len(taken) == len(set(taken)) == 41


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
        eventually(lambda: len(world.lines("report-unfiled")) >= 3)
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
