# SPDX-License-Identifier: EUPL-1.2
"""A disk that was full once: mail is refused before the promise, deleting always works, and what was deleted is room again without a
restart. On a tmpfs of its own, so root."""
import os
import pathlib
import smtplib
import subprocess
import tempfile

import pytest
from instance import Instance, eventually, plain

MB = 1 << 20


@pytest.fixture
def small():
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk wants root")
    with tempfile.TemporaryDirectory() as d:
        os.chmod(d, 0o711)
        r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=260m,mode=711", "tmpfs", d], capture_output=True, text=True)
        if r.returncode != 0:
            pytest.skip(f"no tmpfs can be mounted: {r.stderr}")
        try:
            yield pathlib.Path(d)
        finally:
            subprocess.run(["umount", "-l", d], check=True)


def free(d):
    st = os.statvfs(d)
    return st.f_bavail * st.f_frsize


def delivers(pli):
    """True: taken; False: refused for want of room, with 452 4.3.1 and nothing else."""
    try:
        pli.submit("gp@chu.test", ["gp@chu.test"], plain("x", "gp@chu.test", "gp@chu.test"))
        return True
    except smtplib.SMTPResponseException as e:
        assert e.smtp_code == 452 and e.smtp_error.startswith(b"4.3.1"), e
        return False


def fill(m):
    """APPENDs until the store takes none: some small ones, so that there are many to move, then the largest that find room."""
    for _ in range(30):
        assert m.append("Y", None, None, b"Subject: s\r\n\r\nx\r\n")[0] == "OK"
    for size in (3 * MB, MB // 4, 20000, 1000):
        body = b"Subject: s\r\n\r\n" + b"\r\n".join(os.urandom(36).hex().encode() for _ in range(size // 74)) + b"\r\n"
        while m.append("Y", None, None, body)[0] == "OK":
            pass


def annotations(m):
    assert m.xatom("GETMETADATA", "INBOX", "(/private/comment /private/autre)")[0] == "OK"
    return m.response("METADATA")[1][0]


def moved_away(m):
    """The delete key of most clients is a MOVE to the Trash, of a folder a RENAME to below it: as many rows go as come. All messages at once, which
    one transaction on such a disk does not hold, and back into what is then below the Trash."""
    n = int(m.select("Y")[1][0])
    assert n > 10
    no, why = m.copy("1", "Trash")
    assert no == "NO" and b"Insufficient system storage" in why[0], why
    typ, answer = m._simple_command("MOVE", "1:*", "Trash")
    assert typ == "OK", answer
    assert m.select("Trash") == ("OK", [str(n).encode()])
    typ, answer = m.rename("Y", "Trash/Y")
    assert typ == "OK", answer
    typ, answer = m._simple_command("MOVE", "1:*", "Trash/Y")
    assert typ == "OK", answer
    assert m.select("Trash/Y") == ("OK", [str(n).encode()])
    assert m.fetch("1:*", "(RFC822.SIZE)")[1][n - 1]


def test_full_then_emptied(small):
    with Instance(parent=str(small)) as pli:
        for who in ("gros@chu.test", "gp@chu.test", "neuf@chu.test"):
            pli.add(who, sign="never")
        assert delivers(pli)
        m = pli.imap("gros@chu.test")
        assert m.xatom("SETMETADATA", "INBOX", '(/private/comment "avant")')[0] == "OK"
        m.create("Y")
        fill(m)
        assert not delivers(pli)
        # something else takes the rest of the disk, and the server starts on it
        with open(small / "other", "wb", buffering=0) as f:  # nothing is left to be written at the end
            try:
                while True:
                    f.write(b"\xff" * MB)
                    f.flush()
            except OSError:
                pass
        pli.stop()
        died = pli.output().count("process-died name=stored")  # while the disk was taken away under it stored may end and start anew
        pli.serve()
        assert not delivers(pli)
        with pli.imap("neuf@chu.test") as new:      # whose folders cannot be made now: the INBOX can be read all the same
            assert new.select("INBOX") == ("OK", [b"0"])
            assert [line.split()[-1] for line in new.list()[1]] == [b"INBOX"]
        m = pli.imap("gros@chu.test")
        for entries in ('(/private/comment "neuf" /private/autre "neuf")', f'(/private/autre "{"y" * 20000}")'):
            typ, why = m.xatom("SETMETADATA", "INBOX", entries)   # none of them, or all: never one
            assert typ == "NO" and b"[UNAVAILABLE]" in why[0], why
        assert annotations(m) == b'INBOX (/private/comment "avant" /private/autre NIL)'
        moved_away(m)
        assert m.store("1:*", "+FLAGS.SILENT", "(\\Deleted)")[0] == "OK" and m.expunge()[0] == "OK"
        assert m.select("Trash/Y") == ("OK", [b"0"])
        os.unlink(small / "other")
        eventually(lambda: delivers(pli), 60)
        eventually(lambda: free(small) > 100 * MB, 60)       # some 64 before: the tables' files shrink, until twice min_free is free
        assert pli.output().count("process-died name=stored") == died  # not by place: what is said and what is logged stand in two files
        pli.pli("store", "check")
