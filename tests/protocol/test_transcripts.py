# SPDX-License-Identifier: EUPL-1.2
"""Runs every transcript, written at once and one byte at a time."""
import pathlib

import pytest
from transcript import Conversation

FILES = sorted(pathlib.Path(__file__).parent.glob("*/[0-9]*.txt"))


@pytest.mark.parametrize("slow", [False, True], ids=["whole", "bytewise"])
@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_transcript(pli, path, slow):
    c = Conversation(pli, slow)
    try:
        c.run(path.read_text())
    finally:
        c.close()


def test_numbers_are_never_reused():
    for folder in {p.parent for p in FILES}:
        numbers = [p.stem.split("-")[0] for p in FILES if p.parent == folder]
        assert len(numbers) == len(set(numbers)), folder
