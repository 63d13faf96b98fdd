# SPDX-License-Identifier: EUPL-1.2
"""The log is bounded and turned over under a running instance; doctor looks at it, and says which walls stand on this kernel."""
import os
import signal
import socket

from instance import Instance, eventually, plain


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


def test_did_dr_x_get_it():
    """Asked by any of the account's addresses, of every log that is kept; the oldest line comes first."""
    with Instance() as inst:
        inst.add("dr@chu.test", extra=["--alias", "docteur@chu.test", "--alias", "garde@chu.test"])
        inst.add("gp@chu.test")
        log = inst.root / "log" / "pli.log"

        def filed(address):
            return [line.rsplit("to=", 1)[1] for line in inst.pli("log", "find", address).splitlines() if "ev=filed-for" in line]

        for n, to in enumerate(("docteur@chu.test", "dr@chu.test", "garde@chu.test"), 1):
            inst.submit("gp@chu.test", [to], plain(f"lettre {n}", "gp@chu.test", to))
            inst.proc.send_signal(signal.SIGHUP)
            eventually(lambda n=n: log.with_suffix(f".log.{n}").exists() and "ev=log-turned" in log.read_text())
        inst.submit("gp@chu.test", ["gp@chu.test"], plain("autre", "gp@chu.test", "gp@chu.test"))
        wanted = ["docteur@chu.test", "dr@chu.test", "garde@chu.test"]
        for address in (*wanted, "DR@chu.test"):
            assert filed(address) == wanted
        assert filed("gp@chu.test") == ["gp@chu.test"]
        assert inst.json("log", "find", "dr@chu.test") == inst.pli("log", "find", "garde@chu.test").splitlines()
        r = inst.pli("log", "find", "personne@ailleurs.test", check=False)
        assert r.returncode == 1 and "personne@ailleurs.test" in r.stderr
        r = inst.pli("log", "find", "dr", check=False)
        assert r.returncode == 2 and "not an address" in r.stderr
        inst.stop()
        r = inst.pli("log", "find", "garde@chu.test", check=False)
        assert r.returncode == 0 and [line.rsplit("to=", 1)[1] for line in r.stdout.splitlines() if "filed-for" in line] == ["garde@chu.test"]
        assert "only garde@chu.test is looked for" in r.stderr
