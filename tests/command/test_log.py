# SPDX-License-Identifier: EUPL-1.2
"""The log is bounded and turned over under a running instance; doctor looks at it, and says which walls stand on this kernel."""
import os
import signal
import socket

from instance import Instance, eventually


def connect(inst):
    with socket.create_connection(("127.0.0.1", inst.port("imap")), 20) as s:
        assert s.recv(200)
        return s.getsockname()[1]


def test_log_is_turned_over():
    with Instance(conf=["log {", "max_size = 40k", "keep = 2", "}"]) as inst:
        log = inst.root / "log" / "pli.log"
        port = connect(inst)
        eventually(lambda: f"port={port}" in log.read_text())
        inst.proc.send_signal(signal.SIGHUP)
        eventually(lambda: log.with_suffix(".log.1").exists() and "ev=log-turned" in log.read_text())
        assert f"port={port}" in log.with_suffix(".log.1").read_text()
        port = connect(inst)  # written by processes that were there before
        eventually(lambda: f"port={port}" in log.read_text())

        def flooded():
            for _ in range(100):
                connect(inst)
            return (log.with_suffix(".log.2")).exists() and log.read_text().count("ev=log-turned") > 0
        eventually(flooded, 60)
        for _ in range(300):
            connect(inst)
        eventually(lambda: log.stat().st_size < 60000)
        assert sorted(p.name for p in log.parent.iterdir()) == ["pli.log", "pli.log.1", "pli.log.2"]
        assert all(p.stat().st_mode & 0o777 == 0o600 for p in log.parent.iterdir())
        assert inst.proc.poll() is None and inst.pli("account", "list") is not None
        found = {f["check"]: f for f in inst.json("doctor")["findings"]} if os.geteuid() == 0 else {}
        if found:
            assert found["log"]["level"] == "ok" and "bounded" in found["log"]["text"]
            assert "seccomp" in found["landlock"]["text"]
