# SPDX-License-Identifier: EUPL-1.2
"""Fixtures: one shared instance a test session (most tests make mailboxes of their own), or one of a test's own."""
import os
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from instance import Instance  # noqa: E402
from other_server import OtherServer  # noqa: E402

# Random tests are named by their seed, and every worker of pytest-xdist must collect the same names: the seed is drawn here, in the process
# that starts them, and they inherit it.
os.environ.setdefault("PLI_SEED", str(random.randrange(1, 10000)))

# Begun first, so that no worker is left alone with one of them at the end.
LONG = ["test_kill_stored", "test_bad_day", "test_certificate_change", "test_right_to_stay", "test_imap_limits", "test_review", "test_imap_large",
        "test_strangers", "test_command", "test_every_refusal"]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        report.sections += [("server", one.last_lines()) for one in Instance.live + OtherServer.live]


@pytest.fixture(scope="session")
def pli():
    with Instance() as inst:
        yield inst


@pytest.fixture
def own():
    """A factory of instances for tests that break things: own(conf=[...])."""
    made = []

    def make(*a, **kw):
        made.append(Instance(*a, **kw))
        return made[-1]
    yield make
    for inst in made:
        inst.close()


@pytest.fixture(scope="session")
def data():
    """The folder of real data beside a checkout; tests that need it skip where it is absent."""
    d = pathlib.Path(os.environ.get("PLI_DATA", pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not d.is_dir():
        pytest.skip(f"no real data at {d}")
    return d
