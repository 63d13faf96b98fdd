# SPDX-License-Identifier: EUPL-1.2
"""pli publish where nothing is published: tests/protocol/test_publish.py has what it does where something is."""
import json

import pytest


def test_off_by_default(pli):
    assert not pli.pids("pli-pubd") and not (pli.root / "publish").exists() and not (pli.root / "run/pubd.sock").exists()
    assert not [f for f in json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"] if f["check"] in ("publish", "pubd")]


@pytest.mark.parametrize("args", [("status",), ("list",), ("diff",), ("run",), ("show", "a@chu.test"), ("retry", "--all"), ("confirm",), ("begin", "--here")])
def test_each_command_says_that_it_is_off(pli, args):
    r = pli.pli("publish", *args, check=False)
    assert r.returncode == 1 and "publish.backend is off" in r.stderr and r.stderr.count("\n") == 1


@pytest.mark.parametrize("args, says", [(("begin",), "one of --nothing, --everything, --here"), (("begin", "--here", "--nothing"), "one of"),
                                        (("retry",), "an address, or --all"), (("retry", "--all", "a@chu.test"), "an address, or --all")])
def test_wrong_usage(pli, args, says):
    r = pli.pli("publish", *args, check=False)
    assert r.returncode == 2 and says in r.stderr
