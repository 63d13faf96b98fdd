# SPDX-License-Identifier: EUPL-1.2
"""The folder is the whole instance: a copy, a moved folder and two copies side by side serve, and none touches another."""
import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from instance import OFFSETS, PASSWORD, Instance, free_port_base, naming, plain


def digest(root):
    """Every file of an instance with its content; what a lock file or a log holds may change by itself."""
    found = {}
    for at, _, names in os.walk(root):
        for name in names:
            p = pathlib.Path(at) / name
            if p.is_file() and not p.is_symlink():
                found[str(p.relative_to(root))] = hashlib.sha256(p.read_bytes()).hexdigest()
    return found


class Copy(Instance):
    """An instance that was not made by init: a folder that stands there already, with its ports changed in pli.conf."""

    def __init__(self, of, root, base=None):      # no super(): the folder is there
        self.domain, self.user, self.proc = of.domain, of.user, None
        self.dir, self.root, self.bin, self.base = root.parent, root, of.bin, base or of.base
        if base:
            conf = root / "pli.conf"
            text = conf.read_text()
            for off in OFFSETS:
                text = text.replace(f":{of.base + off}\"", f":{base + off}\"")
            conf.write_text(text)


@pytest.fixture(scope="module")
def made():
    with Instance(build="build") as inst:
        inst.add("gp@chu.test", sign="never")
        inst.submit("gp@chu.test", ["gp@chu.test"], plain("avant", "gp@chu.test", "gp@chu.test"))
        yield inst


def has(inst, n):
    assert len(inst.fetch_all("gp@chu.test")) == n


def test_a_copy_of_a_stopped_instance_leaves_the_original_alone(made):
    made.stop()
    subprocess.run(["cp", "-a", made.root, made.dir / "copie"], check=True)
    copy = Copy(made, made.dir / "copie", free_port_base())
    before = digest(made.root)
    copy.serve()
    try:
        assert not naming(made.root / "ldap"), "the copy's directory server names the original's folder"
        copy.add("neuf@chu.test", sign="never")
        copy.submit("gp@chu.test", ["gp@chu.test"], plain("copie", "gp@chu.test", "gp@chu.test"))
        has(copy, 2)
        assert digest(made.root) == before, "the copy wrote into the folder it was copied from"
        made.serve()      # side by side
        has(made, 1)
        assert "neuf@chu.test" not in [a["address"] for a in made.json("account", "list")]
        assert "neuf@chu.test" in [a["address"] for a in copy.json("account", "list")]
        made.submit("gp@chu.test", ["gp@chu.test"], plain("original", "gp@chu.test", "gp@chu.test"))
        has(copy, 2)
        has(made, 2)
    finally:
        copy.stop()
        shutil.rmtree(copy.root)
    has(made, 2)


def test_a_copy_of_a_running_one(made):
    """Taken at a moment when nobody writes: cp -a is no backup under load, and INSTALL says so."""
    if not made.proc:
        made.serve()
    n = len(made.fetch_all("gp@chu.test"))
    root = made.dir / "en-marche"
    subprocess.run(["cp", "-a", made.root, root], check=True, stderr=subprocess.DEVNULL)
    copy = Copy(made, root, free_port_base())
    copy.serve()
    try:
        has(copy, n)
        copy.submit("gp@chu.test", ["gp@chu.test"], plain("dans la copie", "gp@chu.test", "gp@chu.test"))
        has(copy, n + 1)
        has(made, n)
    finally:
        copy.stop()
        shutil.rmtree(root)


def test_a_moved_folder_serves(made):
    if not made.proc:
        made.serve()
    n = len(made.fetch_all("gp@chu.test"))
    made.stop()
    moved = Copy(made, made.dir / "ailleurs")
    os.rename(made.root, moved.root)
    try:
        moved.serve()
        has(moved, n)
        moved.pli("account", "passwd", "gp@chu.test", "--password-stdin", stdin=f"{PASSWORD}\n{PASSWORD}\n")
        assert not made.root.exists(), "something of the moved instance went to its former place"
        doctor = moved.json("doctor")
        assert doctor["fail"] == 0, [f for f in doctor["findings"] if f["level"] == "fail"]
    finally:
        moved.stop()
        os.rename(moved.root, made.root)


# ---- starts ----
def test_run_and_log_are_made_again(made):
    made.stop()
    for name in ("run", "log"):
        shutil.rmtree(made.root / name)
        r = made.pli("account", "list", check=False)
        assert r.returncode == 1 and "no instance" not in r.stderr and "pli serve" in r.stderr, r
        r = made.pli("doctor", check=False)
        assert "no instance" not in r.stderr and "pli serve" in r.stdout, r
        assert made.pli("serve", "-n") and not (made.root / name).exists(), "a check of the settings changes nothing"
        made.serve()
        has(made, len(made.fetch_all("gp@chu.test")))
        made.stop()
    shutil.rmtree(made.root / "run")
    made.serve()
    assert (made.root / "run").stat().st_mode & 0o7777 == 0o1775


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_start_after_a_killed_start(made, after):
    """kill -9 of a supervisor that is starting: nothing of it holds the next one up."""
    made.stop()
    first = subprocess.Popen(made.argv("serve"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        first.wait(after)
    except subprocess.TimeoutExpired:
        pass
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    made.serve()      # raises with what it said, when it does not say ready


def test_a_living_supervisor_is_not_waited_for(made):
    if not made.proc:
        made.serve()
    link = made.root / "run" / "ldapi"
    link.unlink()
    link.touch()  # an instance of an earlier version has slapd's socket there, and is served on it
    r = made.pli("serve", check=False)
    assert r.returncode == 1 and f"already served by process {made.proc.pid}" in r.stderr, r
    assert not link.is_symlink() and link.exists()
    link.unlink()
    link.symlink_to("slapd/ldapi")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_named_at_once(made):
    made.stop()
    disk = made.dir / "disque"
    disk.mkdir()
    size = sum(p.stat().st_blocks * 512 for p in made.root.rglob("*") if p.is_file()) + (160 << 20)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=711", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        subprocess.run(["cp", "-a", made.root, disk / "inst"], check=True)
        full = Copy(made, disk / "inst", free_port_base())
        (disk / "inst/store/reserve").unlink(missing_ok=True)  # given up already: with it a start would go on (test_full_disk.py)
        with open(disk / "plein", "wb") as f:
            with contextlib.suppress(OSError):
                while True:
                    f.write(b"\0" * 65536)
        r = full.pli("serve", check=False)
        assert r.returncode == 1 and len(r.stderr.strip().splitlines()) == 1, r
        assert "full" in r.stderr and str(disk / "inst") in r.stderr and "make room" in r.stderr, r.stderr
        os.unlink(disk / "plein")
        full.serve()
        full.stop()
    finally:
        subprocess.run(["umount", "-l", disk], check=False)
    made.serve()
