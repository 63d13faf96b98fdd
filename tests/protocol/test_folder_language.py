# SPDX-License-Identifier: EUPL-1.2
"""The folders of a new account bear the names that their holder knows; their roles (RFC 6154) are the same in every language."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from instance import Instance  # noqa: E402

FRENCH = {"Drafts": "Brouillons", "Sent": "Envoy&AOk-s", "Trash": "Corbeille", "Junk": "Ind&AOk-sirables", "Archive": "Archives"}
ENGLISH = {"Drafts": "Drafts", "Sent": "Sent", "Trash": "Trash", "Junk": "Junk", "Archive": "Archive"}


def roles(pli, address):
    """{role: name as it travels, in modified UTF-7} of the subscribed folders."""
    with pli.imap(address) as c:
        assert c.xatom("LIST", '(SUBSCRIBED)', '""', '"*"', "RETURN", "(SPECIAL-USE)")[0] == "OK"
        rows = c.response("LIST")[1]
    found = [re.search(rb'\\(Drafts|Sent|Trash|Junk|Archive)\b.*"/" "?([^"]+)"?$', row) for row in rows]
    return {m[1].decode(): m[2].decode() for m in found if m}


@pytest.mark.parametrize("language, names", [(None, FRENCH), ("fr", FRENCH), ("en", ENGLISH)])
def test_names(language, names):
    """None: the settings as pli init leaves them."""
    with Instance(language=language) as pli:
        pli.add("gp@chu.test", sign="never")
        assert roles(pli, "gp@chu.test") == names
        with pli.imap("gp@chu.test") as c:
            assert c.namespace()[1] == [f'(("" "/")) (("{"Other users" if language == "en" else "Autres utilisateurs"}/" "/")) NIL'.encode()]


def test_a_change_of_the_setting_renames_nothing():
    with Instance(language="en") as pli:
        pli.add("gp@chu.test", sign="never")
        assert roles(pli, "gp@chu.test") == ENGLISH
        pli.stop()
        conf = pli.root / "pli.conf"
        conf.write_text(conf.read_text().replace("language = en", "language = fr"))
        pli.serve()
        assert roles(pli, "gp@chu.test") == ENGLISH
        pli.add("new@chu.test", sign="never")
        assert roles(pli, "new@chu.test") == FRENCH
