# SPDX-License-Identifier: EUPL-1.2
"""Started as an ordinary user everything still runs, with the sandbox that a user can have, and pli doctor says which."""
import os
import pwd
import subprocess

import pytest
from instance import Instance, build_dir, plain, uids


def somebody():
    """A user that is not root and may run the built programs: ourselves, or nobody."""
    if os.getuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody").pw_uid
    r = subprocess.run(["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups", "sh", "-c",
                        f"'{build_dir()}/bin/pli' version"], capture_output=True)    # by a shell: setpriv itself may still pass where its user may not
    if r.returncode:
        pytest.skip("the checkout lies where no other user may look")
    return nobody


@pytest.fixture(scope="module")
def inst():
    with Instance(user=somebody()) as pli:
        pli.add("gp@chu.test", kind="per", name="Dr Marie MARTIN")
        yield pli


def test_a_letter_goes_through(inst):
    inst.submit("gp@chu.test", ["gp@chu.test"], plain("ordinaire", "gp@chu.test", "gp@chu.test"))
    assert b"multipart/signed" in inst.fetch_all("gp@chu.test")[-1]


def test_nothing_runs_as_root(inst):
    found = uids(inst.proc.pid)
    assert len(found) >= 7 and "0" not in found.values(), found


def test_doctor_says_which_walls_stand(inst):
    r = inst.pli("doctor", "--json", check=False)
    assert r.returncode == 0, r.stdout + r.stderr
    for name in ("pli-stored", "pli-keyd", "pli-dird", "pli-trustd", "pli-smtpd", "pli-imapd", "pli-httpd", "pli-relayd"):
        assert name in r.stdout
    walls = inst.pli("doctor", check=False).stdout
    assert "seccomp" in walls and "no-new-privs" in walls
    for name in ("pli-stored", "pli-keyd", "pli-smtpd", "pli-imapd"):
        status = open(f"/proc/{inst.daemon(name)}/status").read()
        assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status, name
