# SPDX-License-Identifier: EUPL-1.2
"""A SEARCH that is asked again, and the SORT or THREAD of what it found, is answered from what the first one opened (imapd/kept.h): the answers stay
those of the folder as it is."""
import re

import pytest
from instance import Instance

N = 40


@pytest.fixture(scope="module")
def pli():
    with Instance() as i:
        i.add("gp@chu.test", sign="never")
        yield i


def letter(n):
    return f"Date: Mon, {1 + n % 28} Jun 2026 10:00:00 +0200\r\nSubject: letter {n} of {'Léa' if n % 4 == 0 else 'Paul'}\r\nX-Odd: {n % 2}\r\n\r\nword{n}\r\n".encode()


def uids(m, *keys):
    typ, data = m.uid("SEARCH", *keys)
    assert typ == "OK"
    return [int(u) for u in data[0].split()]


# keys, and which letters they mean; those with TEXT or an absent field are decided by the next tier, or not kept at all
ASKED = [
    (("HEADER", "Subject", '"letter 7 of"'), lambda n: n == 7),
    (("CHARSET", "UTF-8", "SUBJECT", "lea"), lambda n: n % 4 == 0),
    (("HEADER", "X-Odd", "1"), lambda n: n % 2 == 1),
    (("HEADER", "X-None", '""'), lambda n: False),
    (("SENTSINCE", "20-Jun-2026"), lambda n: 1 + n % 28 >= 20),
    (("NOT", "SUBJECT", "paul"), lambda n: n % 4 == 0),
    (("OR", "SUBJECT", '"letter 3 of"', "TEXT", "word5"), lambda n: n == 3 or n == 5),
    (("SUBJECT", "paul", "UNSEEN"), lambda n: n % 4 != 0),
    (("SUBJECT", "letter", "LARGER", "1"), lambda n: True),
]


def ordered(m, verb, *args):
    """The UIDs of the answer's line, in its order, without THREAD's parentheses."""
    typ, data = m.uid(verb, *args)
    assert typ == "OK"
    return [int(u) for u in re.findall(rb"\d+", data[0])]


def sent_order(have, us):
    return sorted(us, key=lambda u: (1 + have[u] % 28, u))


def all_in_order(m, have):
    """have: UID -> n. Some of what is sorted was opened before, some was not, and some is looked at by the search of the same command."""
    odd = [u for u in sorted(have) if have[u] % 2]
    lea = [u for u in sorted(have) if have[u] % 4 == 0]
    subject = lambda u: f"letter {have[u]} of {'lea' if have[u] % 4 == 0 else 'paul'}"
    assert ordered(m, "SORT", "(DATE)", "UTF-8", "HEADER", "X-Odd", "1") == sent_order(have, odd)
    assert ordered(m, "SORT", "(REVERSE SUBJECT)", "UTF-8", "ALL") == sorted(sorted(have), key=subject, reverse=True)
    assert ordered(m, "SORT", "(SUBJECT)", "UTF-8", "SUBJECT", "lea") == sorted(lea, key=subject)
    assert ordered(m, "THREAD", "ORDEREDSUBJECT", "UTF-8", "SUBJECT", "lea") == sent_order(have, lea)
    assert sorted(ordered(m, "THREAD", "REFERENCES", "UTF-8", "ALL")) == sorted(have)


def all_right(m, have):
    """have: UID -> n"""
    for keys, means in ASKED:
        assert uids(m, *keys) == sorted(u for u, n in have.items() if means(n)), keys


def test_the_same_answers_again_and_after_changes(pli):
    with pli.imap("gp@chu.test") as m, pli.imap("gp@chu.test") as other:
        m.create("S")
        for n in range(N):
            m.append("S", None, None, letter(n))
        m.select("S")
        other.select("S")
        have = {n + 1: n for n in range(N)}
        assert uids(m, "UID", "20:30", "SUBJECT", "lea") == [u for u in range(20, 31) if have[u] % 4 == 0]  # some are kept, in the middle
        all_right(m, have)
        all_in_order(m, have)
        all_right(m, have)
        all_in_order(m, have)
        # what another session takes away and brings is seen, and numbers that moved mean the right messages
        other.uid("STORE", "1:9,25", "+FLAGS.SILENT", "(\\Deleted)")
        other.expunge()
        for n in (N, N + 1):
            other.append("S", None, None, letter(n))
        m.noop()
        have = {u: n for u, n in have.items() if u > 9 and u != 25} | {N + 1: N, N + 2: N + 1}
        all_in_order(m, have)  # the two that came are asked for, in the midst of those that are kept
        all_right(m, have)
        typ, data = m.search(None, "SUBJECT", '"letter 41 of"')
        assert data[0].split() == [str(len(have)).encode()]
        # another folder has other messages under the same UIDs
        m.create("T")
        for n in range(5):
            m.append("T", None, None, letter(n + 100))
        m.select("T")
        assert uids(m, "SUBJECT", '"letter 104 of"') == [5]
        assert uids(m, "SUBJECT", '"letter 12 of"') == []
        m.select("S")
        assert uids(m, "UID", "20:30", "SUBJECT", "lea") == [u for u in range(20, 31) if u in have and have[u] % 4 == 0]
        all_in_order(m, have)
        all_right(m, have)
