# SPDX-License-Identifier: EUPL-1.2
"""COPY is all or nothing (RFC 3501 6.4.7), also of more messages than one transaction takes (STORE_COPY_MAX, 8,000)."""
import re

import pytest
from instance import Instance

N, MOST = 8200, 16300


@pytest.fixture(scope="module")
def box():
    with Instance(conf=["stored {", f"max_messages = {MOST}", "}"]) as pli:
        pli.add("gp@chu.test", sign="never")
        with pli.imap("gp@chu.test") as m:
            m.create("X")
            m.create("Y")
            m.append("X", None, None, b"Subject: s\r\n\r\nx\r\n")
            m.select("X")
            have = 1
            while have < N:
                more = min(have, N - have)
                assert m.copy(f"1:{more}", "X")[0] == "OK"
                m.noop()
                have += more
            yield m


def messages(m, folder):
    return int(re.search(rb"MESSAGES (\d+)", m.status(folder, "(MESSAGES)")[1][0])[1])


def test_a_copy_that_fails_late_leaves_nothing(box):
    assert messages(box, "X") == N
    box.append("Y", None, None, b"Subject: it was here\r\n\r\nx\r\n")
    typ, text = box.copy("1:*", "Y")
    assert typ == "NO" and b"[OVERQUOTA]" in text[0]
    assert messages(box, "Y") == 1
    # what was taken back counts no more, and a copy that fits is whole
    assert box.copy("1:8050", "Y")[0] == "OK"
    assert messages(box, "Y") == 8051


def test_into_the_selected_folder(box):
    box.select("Y")
    box.store("1:8050", "+FLAGS.SILENT", "(\\Deleted)")
    box.expunge()
    box.select("X")
    typ, text = box.copy("1:*", "X")
    assert typ == "NO" and b"[OVERQUOTA]" in text[0]
    assert messages(box, "X") == N
    box.noop()
    assert box.uid("SEARCH", "ALL")[1][0].count(b" ") == N - 1
