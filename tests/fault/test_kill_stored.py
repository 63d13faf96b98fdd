# SPDX-License-Identifier: EUPL-1.2
"""kill -9 of pli-stored, again and again, while 8 clients submit: after each restart every acknowledged message is there exactly once.

PLI_KILLS sets how often (200). Each message carries a serial of its own in its subject; a client notes it only after the 250.
"""
import collections
import os
import re
import signal
import smtplib
import threading
import time

import pytest
from instance import Instance, plain

KILLS = {"build": int(os.environ.get("PLI_KILLS", "200")), "build-dev": 10}    # what ships; and under the sanitizers
CLIENTS = 8


class Client(threading.Thread):
    """Submits without pause; on any failure it makes a new session and goes on with a new serial."""

    def __init__(self, pli, n, stop):
        super().__init__(daemon=True)
        self.pli, self.n, self.stop_now, self.acked, self.refused = pli, n, stop, [], 0

    def run(self):
        count = 0
        while not self.stop_now.is_set():
            try:
                with self.pli.smtp("submission", login="sender@chu.test", timeout=30) as s:
                    while not self.stop_now.is_set():
                        count += 1
                        serial = f"serial-{self.n}-{count}"
                        body = "x" * 70 + "\r\n"
                        size = 3000 if count % 10 == 0 else 1   # one in ten is large: the write-ahead path
                        s.sendmail("sender@chu.test", ["box@chu.test"],
                                   plain(serial, "sender@chu.test", "box@chu.test", body * size))
                        self.acked.append(serial)
            except (smtplib.SMTPException, OSError):
                self.refused += 1
                time.sleep(0.02)


class Reader:
    """Reads the subjects of what is new since last time; counts every serial it ever saw."""

    def __init__(self, pli):
        self.pli, self.next, self.seen = pli, 1, collections.Counter()

    def look(self):
        end = time.monotonic() + 20
        while True:
            try:
                return self._look()
            except Exception:  # stored is on its way up: sessions get NO meanwhile
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def _look(self):
        with self.pli.imap("box@chu.test") as m:
            typ, d = m.select("INBOX", readonly=True)
            assert typ == "OK", d
            typ, d = m.uid("FETCH", f"{self.next}:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            assert typ == "OK", d
        top, found = self.next, []
        for item in d:
            if isinstance(item, tuple):
                uid = int(re.search(rb"UID (\d+)", item[0]).group(1))
                if uid >= self.next:
                    found.append(re.search(rb"serial-\d+-\d+", item[1]).group().decode())
                    top = max(top, uid + 1)
        self.seen.update(found)
        self.next = top


@pytest.mark.parametrize("build", KILLS)
def test_kill_9_of_stored_while_8_clients_submit(build):
    kills = KILLS[build]
    with Instance(build=build, parent="/var/tmp") as pli:  # on a disk, per which some kills come while stored waits for a flush
        pli.add("sender@chu.test", sign="never")
        pli.add("box@chu.test", sign="never", extra=["--quota", "20G"])
        stop, reader = threading.Event(), Reader(pli)
        clients = [Client(pli, n, stop) for n in range(CLIENTS)]
        for c in clients:
            c.start()
        pid = pli.daemon("pli-stored")
        for kill in range(kills):
            time.sleep(0.03 + kill % 7 * 0.02)
            os.kill(pid, signal.SIGKILL)
            pid = pli.wait_daemon("pli-stored", not_pid=pid)
            acked = [s for c in clients for s in list(c.acked)]
            reader.look()
            missing = [s for s in acked if not reader.seen[s]]
            doubled = [s for s, n in reader.seen.items() if n > 1]
            assert not missing and not doubled, f"after kill {kill}: missing {missing[:5]} doubled {doubled[:5]}"
        stop.set()
        for c in clients:
            c.join(60)
        reader.look()
        acked = [s for c in clients for s in c.acked]
        assert len(acked) >= kills, "the clients hardly got a word in"
        assert all(reader.seen[s] == 1 for s in acked)
        assert max(reader.seen.values()) == 1
        print(f"{kills} kills, {len(acked)} acknowledged, {sum(reader.seen.values())} in the mailbox, "
              f"{sum(c.refused for c in clients)} sessions refused meanwhile")
        pli.pli("store", "check")
