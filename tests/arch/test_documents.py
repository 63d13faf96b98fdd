# SPDX-License-Identifier: EUPL-1.2
"""A page that names a file names one that is there; a link leads somewhere."""
import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGES = [TOP / p for p in ("README.md", "INSTALL", "ARCHITECTURE.md", "CHANGELOG.md", "bench/README.md")] + sorted(TOP.glob("docs/**/*.md"))
ROOMS = ("base", "proto", "mime", "extract", "crypto", "directory", "publish", "policies", "store", "flow", "admin", "smtpd", "relayd", "imapd", "httpd", "pli", "tests", "bench", "docs", "man", "packaging")


@pytest.mark.parametrize("page", [p for p in PAGES if p.exists()], ids=lambda p: str(p.relative_to(TOP)))
def test_named_files_are_there(page):
    text = page.read_text()
    named = re.findall(r"`((?:%s)/[\w./-]+\.(?:c|h|py|md|in|schema))\b" % "|".join(ROOMS), text)
    lost = [n for n in named if not (TOP / n).exists()]
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if not re.match(r"[a-z]+:|#", link)]
    lost += [link for link in links if not (page.parent / link).exists()]
    assert not lost, f"{page.name} names what is not there: {lost}"


def test_the_stores_number_is_the_codes():
    code = re.search(r"STORE_FORMAT = (\d+)", (TOP / "store/db/tables.h").read_text())[1]
    page = re.search(r"`format.db` .*u32 big-endian: (\d+)", (TOP / "docs/internals/store.md").read_text())[1]
    said = re.search(r"Store format (\d+)", (TOP / "CHANGELOG.md").read_text())[1]
    assert code == page == said
