# SPDX-License-Identifier: EUPL-1.2
"""slapd's disk was full once: what could not be written is refused for now, and when there is room again everything works and is read, after a restart too. On a
tmpfs of its own, so root."""
import contextlib
import os
import re
import shutil
import subprocess

import pytest
from instance import Instance, PASSWORD

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small tmpfs: root")
SLAPCAT = "/usr/sbin/slapcat"


@pytest.fixture
def small():
    """An instance whose accounts' database lies on a disk of 6 MiB, before anything but two plain accounts was written."""
    with Instance() as inst:
        for who in ("premier@chu.test", "second@chu.test"):
            inst.add(who, sign="never")
        inst.stop()
        db, kept = inst.root / "ldap/db", inst.dir / "kept"
        shutil.copytree(db, kept)
        st = db.stat()
        how = f"size=6m,mode={st.st_mode & 0o777:o},uid={st.st_uid},gid={st.st_gid}"
        if subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", db], capture_output=True).returncode:
            pytest.skip("this machine lets nobody mount")
        try:
            subprocess.run(["cp", "-a", "--sparse=always", f"{kept}/.", db], check=True)
            inst.serve()
            yield inst
        finally:
            inst.stop()
            subprocess.run(["umount", "-l", db], check=True)


def fill(path):
    with open(path, "wb", buffering=0) as f, contextlib.suppress(OSError):
        while True:
            f.write(b"x" * 4096)


def test_what_was_refused_on_a_full_disk_breaks_nothing_later(small, tmp_path):
    """slapd numbers an attribute when it is first written, and went on with the number when that commit failed: every entry that got it later was unreadable, and
    slapd ended at it. So the first suspension, the first code, the first list of an instance must not be what the disk refuses."""
    rows = tmp_path / "rows.csv"
    rows.write_text("address;type;name;structure\n" + "".join(f"x{i}@chu.test;org;X{i};300017985\n" for i in range(20)))
    fill(small.root / "ldap/db/fill")
    r = small.pli("account", "import", rows, "--sheets", tmp_path / "none.html", check=False)
    assert r.returncode == 1 and "it cannot write: is its disk full?" in r.stderr, "the disk was not full"
    for args in (["account", "set", "premier@chu.test", "--town", "Lyon"], ["account", "suspend", "second@chu.test", "--reason", "essai"]):
        small.pli(*args, check=False)  # it may find a page that is free in the file
    small.imap("premier@chu.test", password=PASSWORD).logout()
    (small.root / "ldap/db/fill").unlink()
    small.pli("account", "import", rows, "--sheets", tmp_path / "sheets.html")
    small.pli("account", "set", "premier@chu.test", "--town", "Lyon")
    small.pli("account", "suspend", "second@chu.test")
    assert len(small.json("account", "list")) == 22 and small.json("account", "show", "second@chu.test")["state"] == "suspended"
    assert "ev=process-died" not in small.output()
    small.stop()
    text = subprocess.run([SLAPCAT, "-f", small.root / "ldap/slapd.conf"], capture_output=True, text=True, check=True, cwd=small.root).stdout
    assert len(re.findall(r"^dn: mail=.*ou=mailboxes", text, re.M)) >= 22
    small.serve()
    assert small.json("account", "show", "x7@chu.test")["state"] == "pending"


def test_an_instance_of_before_gets_the_numbers_at_its_start(own):
    """Without the entry of all attributes and the top of the national copy, or with an entry of another version."""
    inst = own()
    conf, mark = inst.root / "ldap/slapd.conf", inst.root / "ldap/db/attributes"

    def entry():
        r = subprocess.run([SLAPCAT, "-f", conf, "-a", "(cn=attributes)"], capture_output=True, text=True, check=True, cwd=inst.root)
        return r.stdout

    def without_top():
        for left in ("data.mdb", "lock.mdb"):
            (inst.root / "ldap/national" / left).unlink()

    def has_top():
        tops = subprocess.run([SLAPCAT, "-f", conf, "-b", "ou=national,o=pli"], capture_output=True, text=True, check=True, cwd=inst.root).stdout
        return tops.count("dn: ") == 1 and "dn: ou=national,o=pli" in tops

    inst.stop()
    assert "pliReason: x" in entry()
    as_slapd = [] if not mark.stat().st_uid else ["setpriv", f"--reuid={mark.stat().st_uid}", f"--regid={mark.stat().st_gid}", "--clear-groups"]
    mark.unlink()
    subprocess.run([*as_slapd, "/usr/sbin/slapd", "-Tmodify", "-b", "o=pli", "-f", conf], input="dn: cn=attributes,ou=daemons,o=pli\nchangetype: delete\n", text=True, check=True,
                   capture_output=True, cwd="/")
    assert entry() == ""
    without_top()
    inst.serve()
    inst.add("ana@chu.test", sign="never")
    inst.stop()
    assert "pliReason: x" in entry() and "ev=attributes-numbered" in inst.output() and has_top()
    without_top()  # and the copy's own file says that there is one: a folder that was put back in part
    (inst.root / "ldap/national/state").write_bytes(b"of a copy that is gone")
    inst.serve()
    inst.stop()
    assert has_top()
    mark.write_text("another version\n")
    inst.serve()
    inst.stop()
    assert entry().count("dn: ") == 1 and mark.read_text() != "another version\n"
