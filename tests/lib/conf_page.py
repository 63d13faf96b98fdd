#!/usr/bin/python3 -B
# SPDX-License-Identifier: EUPL-1.2
"""Writes the option section of man/pli.conf.5 from the program's own table (pli serve -n --json); run it after a change of
base/settings.c.      tests/lib/conf_page.py"""
import json
import pathlib
import re
import subprocess
import tempfile
import textwrap

from instance import build_dir

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGE = TOP / "man" / "pli.conf.5"


def table():
    with tempfile.TemporaryDirectory() as d:
        (pathlib.Path(d) / "run").mkdir()
        (pathlib.Path(d) / "pli.conf").write_text('instance { domain = "chu.test" }\n')
        r = subprocess.run([build_dir() / "bin/pli", "serve", "-n", "--json", "--root", d], capture_output=True, text=True, check=True)
    return json.loads(r.stdout)["settings"]


def section(rows):
    at_init = set(re.findall(r'\{"([\w.]+)",[^{}]*?SET_AT_INIT', (TOP / "base/settings.c").read_text()))
    out, current = [], None
    for r in rows:
        name = r["name"].split(".")[0]
        if name != current:
            out += [".El"] if current else []
            out += [f".Ss {name}", ".Bl -tag -width Ds"]
            current = name
        out.append(f".It Va {r['name']}")
        out += textwrap.wrap(r["help"][0].upper() + r["help"][1:] + ".", 78, break_long_words=False, break_on_hyphens=False)
        out.append(f"Default: {r['default'] or 'empty'}." + (" (at init)" if r["name"] in at_init else ""))
    return "\n".join(out + [".El"]) + "\n"


if __name__ == "__main__":
    text = PAGE.read_text()
    begin, end = text.index(".Sh OPTIONS\n") + len(".Sh OPTIONS\n"), text.index(".Sh FILES\n")
    PAGE.write_text(text[:begin] + section(table()) + text[end:])
