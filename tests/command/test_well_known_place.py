# SPDX-License-Identifier: EUPL-1.2
"""The instance of a real server: /var/lib/pli with its settings in /etc/pli, named or not, and its copy. Both stand in a mount namespace of their own."""
import os
import subprocess

import pytest
from instance import build_dir

PLI = build_dir() / "bin" / "pli"
STAGE = """set -e
mount --make-rprivate /
cp -a /etc "$1/etc"
mount --bind "$1/etc" /etc
mount -t tmpfs -o mode=755 tmpfs /var/lib
rm -rf /etc/pli
cd /
unset PLI_ROOT
"""


def in_a_namespace(folder, script):
    """Exit code and output of a script that may write /etc and /var/lib: nothing of it is seen outside."""
    r = subprocess.run(["unshare", "-m", "sh", "-c", STAGE + "set +e\n" + script, "sh", str(folder), str(PLI)], capture_output=True, text=True, timeout=120)
    return r.returncode, r.stdout + r.stderr


@pytest.fixture
def folder(tmp_path):
    if os.getuid() != 0 or in_a_namespace(tmp_path, "exit 0")[0] != 0:
        pytest.skip("mount namespaces are root's")
    subprocess.run(["rm", "-rf", tmp_path / "etc"], check=True)
    return tmp_path


def test_what_init_tells_to_do_next_works(folder):
    rc, said = in_a_namespace(folder, """
        $2 init --domain chu.test || exit 9
        test -e /etc/pli/pli.conf && ! test -e /var/lib/pli/pli.conf || exit 8
        $2 serve -n || exit 7
        $2 serve -n --root /var/lib/pli || exit 6
        $2 serve -n --root /var/lib/../lib/pli || exit 5
        sed -i 's/^/ /; $a nosuch = 1' /etc/pli/pli.conf; $2 serve -n --root /var/lib/pli && exit 4
        exit 0""")
    assert rc == 0, said
    assert "next: pli serve      (and read /etc/pli/pli.conf)" in said and said.count("pli.conf is correct") == 3 and "/etc/pli/pli.conf line" in said, said


def test_a_copy_says_what_it_lacks(folder):
    rc, said = in_a_namespace(folder, """
        $2 init --domain chu.test || exit 9
        cp -a /var/lib/pli /var/lib/copie
        $2 serve -n --root /var/lib/copie && exit 8
        cp /etc/pli/pli.conf /var/lib/copie/pli.conf
        $2 serve -n --root /var/lib/copie || exit 7
        mkdir /var/lib/vide; $2 serve -n --root /var/lib/vide && exit 6
        exit 0""")
    assert rc == 0, said
    assert "/var/lib/copie/pli.conf is missing: put the instance's settings there" in said and said.count("pli.conf is correct") == 1, said
    assert "no instance in /var/lib/vide" in said, said
