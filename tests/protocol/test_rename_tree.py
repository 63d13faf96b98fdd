# SPDX-License-Identifier: EUPL-1.2
"""RENAME of a tree that one request to stored does not hold: what a client does when its user deletes a top folder (into Trash). All of it
moves, or none, and a refusal leaves nothing behind."""
import re

import pytest

N = 1200


def names(m, pattern):
    return [re.search(rb'"/" (.*)', x)[1].strip(b'"').decode() for x in m.list('""', pattern)[1] if x]


@pytest.fixture(scope="module")
def box(pli):
    address = f"tree@{pli.domain}"
    pli.add(address, sign="never")
    with pli.imap(address) as m:
        for start in range(0, N, 100):  # pipelined
            m.send(b"".join(b'x%d CREATE "Patients/dossier du service numero %04d"\r\n' % (i, i) for i in range(start, start + 100)))
            for i in range(start, start + 100):
                assert m.readline().startswith(b"x%d OK" % i)
        yield m


def test_a_large_tree_moves_whole(box):
    assert len(names(box, "Patients/%")) == N
    assert box.rename("Patients", "Trash/2026/Patients")[0] == "OK"
    assert names(box, "Patients*") == [] and len(names(box, "Trash/2026/Patients/%")) == N
    assert box.select('"Trash/2026/Patients/dossier du service numero 1199"')[0] == "OK"
    assert box.rename("Trash/2026/Patients", "Patients")[0] == "OK"
    assert len(names(box, "Patients/%")) == N


@pytest.mark.parametrize("to", ["autre/" * 31 + "Patients", "autre/" + "x" * 1000], ids=["too deep", "too long"])
def test_a_refusal_leaves_nothing_behind(box, to):
    typ, text = box.rename("Patients", f'"{to}"')
    assert typ == "NO" and b"[CANNOT]" in text[0]
    assert names(box, "autre*") == [] and len(names(box, "Patients/%")) == N
