# SPDX-License-Identifier: EUPL-1.2
"""Letters to twenty operators of whom five are down, each in its way, while relayd and stored are killed at random points: none is lost, and none goes twice but
where SMTP itself allows it. bench/storm.py is the same with ten thousand letters and fifty operators, and measures."""
from collections import Counter
import os
import re

from storm import Storm

LETTERS = 12000 if os.environ.get("PLI_LONG") else 1500


def test_nothing_is_lost_or_doubled():
    with Storm(domains=20, down=5, size=1500, conf="relayd {\n retry_first = 5s\n}") as storm:
        storm.send(range(100))
        with storm.killing():
            storm.send(range(100, LETTERS))
            for more in range(LETTERS, 10 * LETTERS, 100):
                if len({name for _, name in storm.kills}) == 2:
                    break
                storm.send(range(more, more + 100))  # the machine is faster than the killer
            storm.healthy_done()
        doubles = storm.check()
        kills = Counter(name for _, name in storm.kills)
        assert kills["pli-relayd"] > 0 and kills["pli-stored"] > 0
        assert len(doubles) <= 10 * sum(kills.values()), (doubles, kills)  # what was with sessions of one destination; the others are at other steps
        # what was written down as taken never goes again
        relayd = Counter(re.findall(r"mid=(\w+) ev=relayed ", storm.pli.output()))
        assert set(relayd.values()) == {1}
        # a letter that was submitted again, for want of an answer, is the same letter: it has no second id
        assert len(relayd) <= len(storm.healthy())
