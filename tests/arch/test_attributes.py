# SPDX-License-Identifier: EUPL-1.2
"""Each attribute that dird or an import may write stands in the entry by which slapd numbers all of them before a disk can be full (directory/schema/first.c)."""
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
NUMBERED = set(re.findall(r"^([A-Za-z][A-Za-z;-]*)::? ", (TOP / "directory/schema/attributes.ldif.in").read_text(), re.M))


def test_each_attribute_of_the_schema_is_numbered():
    schema = (TOP / "directory/schema/pli.schema").read_text()
    ours = set(re.findall(r"^attributetype \( \S+ NAME '(\w+)'", schema, re.M))
    assert len(ours) > 40 and not ours - NUMBERED


def test_each_attribute_that_is_written_is_numbered():
    """As C has their names: mods_text(m, "title", ...), a table's {"telephoneNumber", offsetof(...)}, LDAPMod's .mod_type."""
    written = set()
    for f in (TOP / "directory/dird").glob("*.c"):
        if not f.stem.endswith("_test"):
            written |= set(re.findall(r'(?:mods_\w+|finding)\(\w+, "([A-Za-z;-]+)"|mod_type = (?:\(char \*\))?"(\w+)"|^ +\{"([a-z]\w+)", offsetof', f.read_text(), re.M))
    names = {n for found in written for n in found if n}
    assert {"title", "cn;lang-x-find", "telephoneNumber", "pliCodeUntil"} <= names
    assert not names - NUMBERED
