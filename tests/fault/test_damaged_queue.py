# SPDX-License-Identifier: EUPL-1.2
"""A page of the queue's tables lost a bit. The letters on sound pages leave, new ones are taken and leave, the store lives, and the damage is named."""
import collections
import re
import struct

import pytest
from instance import eventually, plain
from operators import Operators

LEAF = 5                                # db_page.h: P_LBTREE
SIZES = {"queue.db": 8192, "due.db": 4096}


def pages(path, size):
    """{page number: what lies on it} of the leaf pages in use."""
    octets = path.read_bytes()
    found = {}
    for no in range(1, len(octets) // size):
        page = octets[no * size:(no + 1) * size]
        if page[25] == LEAF and struct.unpack_from("<H", page, 20)[0] > 0:
            found[no] = page
    return found


def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        c = f.read(1)
        f.seek(at)
        f.write(bytes([c[0] ^ 1]))


def submit(pli, numbers):
    with pli.smtp(login="hosp@a.test") as s:
        for i in numbers:
            s.sendmail("hosp@a.test", ["gp@b.test"], plain(f"n{i}", "hosp@a.test", "gp@b.test"))


def arrived(pli):
    """{subject: how often}"""
    return collections.Counter(name for octets in pli.fetch_all("gp@b.test", item="BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
                               for name in re.findall(r"Subject: (n\d+)", octets.decode()))


def relayed(pli):
    """Our ids of the letters that the log says were taken."""
    return re.findall(r"mid=(\w+) ev=relayed ", pli.output())


def items(page):
    """Keys and values, in turn, of a leaf: what else lies on the page is of former days."""
    for at in struct.unpack_from(f"<{struct.unpack_from('<H', page, 20)[0]}H", page, 32):
        length = struct.unpack_from("<H", page, at)[0]
        yield page[at + 3:at + 3 + length]


def ids_on(page, mids):
    return {m for item in items(page) for m in mids if m.encode() in item}


# The middle and the last page of the queue: letters lie there, new ones would, and the pages beside them become empty. All of the index: it can be done without.
@pytest.mark.parametrize("table, n, which", [("queue.db", 90, "middle and last"), ("due.db", 130, "all")])
def test_letters_on_sound_pages_leave(table, n, which):
    size, path = SIZES[table], f"store/{table}"
    with Operators() as pair:
        pair.b.stop()
        submit(pair.a, range(n))
        mids = {e["mid"] for e in pair.a.json("queue", "list", "--limit", "1000")}
        assert len(mids) == n
        pair.a.stop()
        leaves = pages(pair.a.root / path, size)
        order = sorted(leaves, key=lambda no: next(items(leaves[no])))
        bad = order if which == "all" else [order[len(order) // 2], order[-1]]
        lost = set().union(*(ids_on(leaves[no], mids) for no in bad)) if table == "queue.db" else set()
        assert len(bad) >= 2 and len(lost) < n / 2
        for no in bad:
            flip(pair.a.root / path, no * size + size // 2)
        pair.b.serve()
        pair.a.serve()
        stored = pair.a.daemon("pli-stored")
        submit(pair.a, range(n, n + 5))  # they are taken, and leave
        assert eventually(lambda: len(arrived(pair.b)) >= n + 5 - len(lost))
        assert eventually(lambda: len(relayed(pair.a)) == n + 5 - len(lost))
        assert set(relayed(pair.a)) & lost == set() and set(arrived(pair.b).values()) == {1}
        assert pair.a.daemon("pli-stored") == stored and "ev=store-dead" not in pair.a.output()
        assert eventually(lambda: pair.a.json("queue", "list") == [])
        # it is named
        for no in bad[:1] if which == "all" else bad:
            assert re.search(rf"ev=store-damaged table={table} page={no} ", pair.a.output())
        assert table in pair.a.pli("doctor", check=False).stdout
        shown = pair.a.pli("queue", "list", check=False)
        assert table in shown.stderr, shown
        check = pair.a.pli("store", "check", check=False)
        assert check.returncode != 0 and all(f"table {table} page {no}: damaged" in check.stdout for no in bad), check.stdout
        # the next start knows, and sends nothing again
        pair.a.stop()
        pair.a.serve()
        submit(pair.a, [n + 5])
        assert eventually(lambda: len(arrived(pair.b)) == n + 6 - len(lost))
        assert set(arrived(pair.b).values()) == {1} and "ev=store-dead" not in pair.a.output()
        # a salvage makes it whole
        pair.a.stop()
        assert "salvaged" in "\n".join(pair.a.json("store", "salvage")["report"])
        assert not list((pair.a.root / "store").glob("damaged-*"))
        pair.a.serve()
        submit(pair.a, [n + 6])
        assert eventually(lambda: len(arrived(pair.b)) == n + 7 - len(lost))
        check = pair.a.pli("store", "check", check=False)
        assert check.returncode == 0, check.stdout
