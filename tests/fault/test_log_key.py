# SPDX-License-Identifier: EUPL-1.2
"""The key that hides patients' addresses in the log (keys/log.key) is in the memory of relayd's scheduler, and in none of the processes that meet the network:
the finder, the nursery, a session."""
import contextlib
import os

import pytest
from gated import DOMAINS, World
from instance import children

from test_session_memory import held

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="reading another process's memory needs root")


def test_log_key_stays_in_the_scheduler():
    with contextlib.ExitStack() as stack:
        world = World(stack, build="build")
        key = (world.inst.root / "keys/log.key").read_bytes()
        assert len(key) == 32 and len(set(key)) > 8
        wanted = {"whole": key, "head": key[:16], "tail": key[16:], "turned round": key[::-1]}
        world.send(DOMAINS[0], "lettre")
        world.at_dot(1)
        scheduler = world.inst.daemon("pli-relayd")
        below = {p: parent for p, (name, parent) in children(world.inst.proc.pid).items() if name == "pli-relayd" and p != scheduler}
        nursery = [p for p in below if p in below.values()]
        assert len(nursery) == 1 and len(below) == 3, below  # the finder, the nursery, and the session, whose parent is the nursery
        assert "whole" in held(scheduler, wanted)
        for pid in below:
            assert held(pid, wanted) == [], (pid, below)
        open_files = {p: [os.readlink(f"/proc/{p}/fd/{fd}") for fd in os.listdir(f"/proc/{p}/fd")] for p in below}
        assert not [f for files in open_files.values() for f in files if "log.key" in f], open_files
