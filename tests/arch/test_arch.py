# SPDX-License-Identifier: EUPL-1.2
"""The shape of the house, read from #include lines, link lines and the text of the sources (ARCHITECTURE.md, "Who may include whom").

Levels: base < proto, mime, crypto, policies < extract, store, trust < directory < publish < flow | admin < smtpd | relayd | imapd | httpd, pli at the edge. A folder includes
itself and lower levels, never a sibling. Each library has one home. No public header names a library's type.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
LEVEL = {"base": 0, "proto": 1, "mime": 1, "crypto": 1, "policies": 1, "extract": 2, "store": 2, "trust": 2, "directory": 2.5, "publish": 2.7, "flow": 3, "admin": 3,
         "smtpd": 4, "relayd": 4, "imapd": 4, "httpd": 4, "pli": 5}
# store may include of crypto the seals alone; the command line sits beside the daemons and never includes them; a session, which has a peer, does
# nothing of what an administrator does
ONLY = {("store", "crypto"): "crypto/seal", ("pli", "smtpd"): None, ("pli", "imapd"): None, ("pli", "relayd"): None,
        ("publish", "store"): None, ("publish", "extract"): None, ("publish", "trust"): None, ("flow", "publish"): None, ("smtpd", "publish"): None, ("imapd", "publish"): None,
        ("relayd", "publish"): None, ("httpd", "publish"): None,
        ("directory", "store"): None, ("directory", "extract"): None, ("smtpd", "admin"): None, ("imapd", "admin"): None, ("relayd", "admin"): None,
        ("pli", "httpd"): None, ("httpd", "admin"): None}

# within a room: a folder includes itself and those before it
INNER = {"crypto": ["crypto/seal", "crypto/pki", "crypto/cms", "crypto/keyd/client", "crypto/tls", "crypto/keyd"],
         "trust": ["trust/wire", "trust/client", "trust/index", "trust/list", "trust/fetch", "trust/trustd"],
         "publish": ["publish", "publish/pubd"],
         "store": ["store/wire", "store/client", "store/db", "store/segments", "store/ops", "store/check", "store/stored"]}

# libunistring has three: search texts and the address book fold accents alike, and what people type is prepared for every daemon
HOME = {r"openssl/": "crypto", r"idn2\.h": "base", r"gnutls/": "crypto", r"libetpan/": "mime admin", r"(unistr|unicase|uninorm|unictype|unitypes)\.h": "mime extract directory base",
        r"zlib\.h": "mime imapd", r"db\.h": "store", r"(ldap|lber|ldap_schema)\.h": "directory", r"confuse\.h": "pli",
        r"jansson\.h": "pli publish", r"csv\.h": "admin", r"seccomp\.h": "base", r"systemd/": "base", r"libxml/": "trust httpd", r"xmlsec/": "trust", r"(microhttpd|qrencode)\.h": "httpd", r"curl/": "trust publish", r"ares\.h": "relayd"}
LIBRARY_TYPE = re.compile(r"\b(EVP_\w+|X509\w*|CMS_(?:ContentInfo|SignerInfo|RecipientInfo)\w*|SSL(?:_CTX)?|BIO|STACK_OF|gnutls_\w+_t|mailmime\w*|mailimf_\w+|clist\w*|"
                          r"DB|DBT|DBC|DB_\w+|LDAP\w*|BerElement|json_t|cfg_t)\b")

# DT_NEEDED that a program must not have: who can do what is readable in its link line
NOT_LINKED = {
    "pli-stored": ["etpan", "gnutls", "ldap", "lber", "confuse", "jansson"],
    "pli-keyd": ["etpan", "db-5", "ldap", "lber", "confuse", "jansson"],
    "pli-dird": ["etpan", "db-5", "confuse", "jansson"],
    "pli-smtpd": ["db-5", "ldap", "lber", "confuse", "jansson"],
    "pli-imapd": ["db-5", "ldap", "lber", "confuse", "jansson"],
    "pli-relayd": ["db-5", "ldap", "lber", "confuse", "jansson", "xml", "curl"],
    "pli-httpd": ["etpan", "db-5", "ldap", "lber", "confuse", "jansson", "xmlsec", "curl", "cares"],
    "pli-trustd": ["etpan", "db-5", "ldap", "lber", "confuse", "jansson", "cares"],
    "pli-pubd": ["etpan", "db-5", "ldap", "lber", "confuse", "xml", "cares"],  # its carrier, a fork, speaks HTTPS (decision 0057)
    "pli": ["db-5"],
}
BANNED = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|localtime|gmtime|ctime|asctime|rand|srand|"
                    r"alloca|gets|system|popen|tmpnam|mktemp)\s*\(")
FILE_LINES, FUNCTION_LINES = 500, 60


def tracked(*suffixes):
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, capture_output=True, text=True).stdout.split("\n")
    if not any(names):  # not a clone: a release archive
        names = [str(p.relative_to(TOP)) for p in TOP.rglob("*") if p.is_file() and not p.parts[len(TOP.parts)].startswith("build")]
    return sorted(n for n in names if n and (TOP / n).is_file() and (not suffixes or n.endswith(suffixes)))


def text(name):
    return (TOP / name).read_text("utf-8", "replace")


def code(name):
    """The text without comments and without what strings hold; line numbers stay."""
    keep_lines = lambda m: "\n" * m[0].count("\n") if m[0].startswith("/") else m[0][0] * 2
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', keep_lines, text(name), flags=re.S)


def own_includes(name):
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', text(name), re.M)


def library_includes(name):
    return re.findall(r"^\s*#\s*include\s+<([^>]+)>", text(name), re.M)


def in_house(*suffixes):
    return [n for n in tracked(*suffixes) if n.split("/")[0] in LEVEL]


def is_test(name):
    return name.endswith(("_test.c", "_fuzz.c"))


def may_include(name, header):
    me, you = name.split("/")[0], header.split("/")[0]
    if (me, you) in ONLY:
        return ONLY[me, you] is not None and header.startswith(ONLY[me, you] + "/")
    return me == you or LEVEL[you] < LEVEL[me]


def report(found):
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_levels():
    found = []
    for name in in_house(".c", ".h"):
        for header in own_includes(name):
            if not (TOP / header).is_file():
                found.append(f"{name}: includes {header}, which is not there (paths start at the top)")
            elif not is_test(name) and not may_include(name, header):
                found.append(f"{name}: may not include {header}")
    report(found)


def place(path, folders):
    """Where a file stands in its room's order; the longest folder name that fits counts."""
    return max((len(f), i) for i, f in enumerate(folders) if path.startswith(f + "/"))[1]


def test_folders_within_a_room_have_an_order():
    found = []
    for room, folders in INNER.items():
        for name in in_house(".c", ".h"):
            if not name.startswith(room + "/") or is_test(name) or name.endswith(("_test.h", "fixture_int.h")):
                continue
            found += [f"{name}: may not include {h}" for h in own_includes(name)
                      if h.startswith(room + "/") and place(h, folders) > place(name, folders)]
    report(found)


def test_libraries_have_one_home():
    found = []
    for name in in_house(".c", ".h"):
        for header in library_includes(name):
            for pattern, home in HOME.items():
                if re.match(pattern, header) and name.split("/")[0] not in home.split():
                    found.append(f"{name}: includes <{header}>, whose home is {home}")
    report(found)


def public_headers():
    """Headers that another folder's product code includes, and the headers these bring along. What unit tests share of their fixtures is not public."""
    todo = {h for n in in_house(".c", ".h") for h in own_includes(n)
            if h.split("/")[0] != n.split("/")[0] and not re.search(r"_(test|fuzz)\.[ch]$|_fixture_int\.h$", n)}
    public = set()
    while todo:
        header = todo.pop()
        if header not in public and (TOP / header).is_file():
            public.add(header)
            todo |= set(own_includes(header))
    return sorted(public)


def test_public_headers_name_no_library_type():
    found = []
    for name in public_headers():
        for number, line in enumerate(code(name).split("\n"), 1):
            if LIBRARY_TYPE.search(line):
                found.append(f"{name}:{number}: {line.strip()}")
        for header in library_includes(name):
            if any(re.match(p, header) for p in HOME):
                found.append(f"{name}: brings <{header}> along")
    report(found)


def test_public_headers_say_who_and_what():
    report([f"{n}: its head comment does not say in which process it runs (a line 'Process ...')"
            for n in public_headers() if not re.search(r"^ \*.*\bProcess\b", text(n), re.M)])


def needed(program):
    out = subprocess.run(["readelf", "-d", str(program)], capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", out)


@pytest.mark.parametrize("program", sorted(NOT_LINKED))
def test_link_lines(program):
    build = pathlib.Path(os.environ.get("PLI_BUILD", TOP / "build"))
    path = next((b / "bin" / program for b in (build, TOP / "build", TOP / "build-dev") if (b / "bin" / program).exists()), None)
    if not path:
        pytest.skip(f"{program} is not built")
    libraries = needed(path)
    assert libraries
    report([f"{program} is linked with {lib}" for lib in libraries for bad in NOT_LINKED[program] if re.match(rf"lib(ssl|{bad})", lib)])


KEYS_ALONE = ("slot_keyd_open", "slot_password_open", "slot_signing_open", "slot_keyd_seal")  # crypto/keyd/slot_keys.h


@pytest.mark.parametrize("program", sorted(NOT_LINKED))
def test_only_keyd_can_open_a_slot(program):
    path = next((b / "bin" / program for b in (TOP / "build", TOP / "build-dev") if (b / "bin" / program).exists()), None)
    if not path:
        pytest.skip(f"{program} is not built")
    symbols = set(subprocess.run(["nm", str(path)], capture_output=True, text=True).stdout.split())
    assert "main" in symbols
    assert [s for s in KEYS_ALONE if s in symbols] == (list(KEYS_ALONE) if program == "pli-keyd" else [])


def is_source(name):
    if name.endswith((".c", ".h", ".py", ".sh", ".dict", ".schema")) or name in ("Makefile", ".clang-format"):
        return True
    return os.access(TOP / name, os.X_OK) and "." not in pathlib.PurePath(name).name


def test_every_source_names_the_licence():
    report([f"{n}: no SPDX line at its head" for n in tracked()
            if is_source(n) and "SPDX-License-Identifier: EUPL-1.2" not in "\n".join(text(n).split("\n")[:3])])


def test_banned_functions():
    found = []
    for name in in_house(".c", ".h"):
        for number, line in enumerate(code(name).split("\n"), 1):
            m = BANNED.search(line)
            if m and not (m[1] in ("system", "popen") and re.search("_test[.]|fixture", name)):  # a test may run the openssl command
                found.append(f"{name}:{number}: {m[1]} is banned")
    report(found)


def test_sizes():
    found = []
    for name in in_house(".c", ".h"):
        lines = text(name).split("\n")
        if len(lines) - 1 > FILE_LINES:
            found.append(f"{name}: {len(lines) - 1} lines, at most {FILE_LINES}")
        start = None
        for number, line in enumerate(lines, 1):
            if line.rstrip() == "{":
                start = number
            elif line.startswith("}") and start:
                if number - start - 1 > FUNCTION_LINES:
                    found.append(f"{name}:{start}: function of {number - start - 1} lines, at most {FUNCTION_LINES}")
                start = None
    report(found)


def test_no_loose_ends():
    marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X:", r"(?<![\w.])/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/")))
    found = []
    for name in tracked(".c", ".h", ".py", ".sh", ".md", "Makefile"):
        for number, line in enumerate(text(name).split("\n"), 1):
            if m := marks.search(line):
                found.append(f"{name}:{number}: {m[0]}")
    report(found)


def test_what_an_administrator_does_neither_prints_nor_asks():
    spoken = re.compile(r"(?<!\w)(printf|fprintf|vprintf|vfprintf|dprintf|puts|putchar|fputs|fputc|fwrite|perror|scanf|getchar|fgets|getline|getpass|isatty)\s*\("
                        r"|\b(stdin|stdout|stderr)\b|\bopt_get\b|\bstruct cmd\b")
    report([f"{n}:{i}: {m[0]}: admin/ does, who calls it asks and shows" for n in in_house(".c", ".h") if n.startswith("admin/") and not is_test(n)
            for i, line in enumerate(code(n).split("\n"), 1) if (m := spoken.search(line))])


def test_every_c_file_is_formatted():
    """Tables laid out by hand say so in the file ("clang-format off"). cmocka.h must come last, so the includes of tests keep their order."""
    if not shutil.which("clang-format"):
        pytest.skip("clang-format is not installed")
    for order, names in (("1", [n for n in in_house(".c") if not n.endswith("_test.c")]), ("0", [n for n in in_house(".c") if n.endswith("_test.c")])):
        out = subprocess.run(["clang-format", "--dry-run", f"--sort-includes={order}", *names], cwd=TOP, capture_output=True, text=True).stderr
        report(sorted({line.split(": ")[0] for line in out.split("\n") if "code should be clang-formatted" in line}))
