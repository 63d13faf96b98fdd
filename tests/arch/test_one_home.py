# SPDX-License-Identifier: EUPL-1.2
"""What exists once, so that it is right once: base 64, case and classes of ASCII, IMAP's strings, the files of domains' keys."""
import re

import pytest
from test_arch import in_house, report, text

# What has one home, so that it is right once: (pattern in the code, where it may stand, what to use instead). Fuzzers and tests are held to it too.
ONE_HOME = [
    (r"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", {"base/base64.c"}, "base/base64.h"),
    (r"(?:[<>]=? *'[AaZz]'|\| *0x20\b|\| *32\b|'a' *- *'A'|\b(?:to|is)(?:lower|upper|alpha|alnum|digit|xdigit)\s*\(|<ctype\.h>)",
     {"base/ascii.h", "base/base64.h"}, "base/ascii.h"),
    (r"\{%zu\}\\r\\n", {"proto/imap/write.c"}, "proto/imap/write.h"),
    # besides IMAP's: quoted-strings of RFC 5322, JSON, slapd.conf
    (r"== '\"' \|\| [^;]*== '\\\\'", {"proto/imap/write.c", "mime/seven.c", "flow/step_verify.c", "imapd/commands.c", "directory/schema/embedded.c"},
     "proto/imap/write.h"),
    # where a domain's certificate and key stand, and what they are called
    (r"(?:tls|keys)/(?:domains|publish)\b|\"\.(?:rsa|ec)(?:\.pem)?\"", {"crypto/keyd/client/domain_key_place.c"}, "crypto/keyd/client/domain_key_place.h"),
]


def uncommented(name):
    """The text without comments; strings stay, and so do line numbers."""
    keep = lambda m: "\n" * m[0].count("\n") if m[0].startswith("/") else m[0]
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', keep, text(name), flags=re.S)


@pytest.mark.parametrize("pattern,home,use", ONE_HOME, ids=["base64", "ascii", "imap-literal", "imap-quoted", "domain-keys"])
def test_one_home(pattern, home, use):
    found = []
    for name in in_house(".c", ".h"):
        if name in home or name.endswith("_test.c"):
            continue
        for number, line in enumerate(uncommented(name).split("\n"), 1):
            if m := re.search(pattern, line):
                found.append(f"{name}:{number}: {m[0]}: its one home is {use}")
    report(found)
