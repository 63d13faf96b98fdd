# SPDX-License-Identifier: EUPL-1.2
"""A cause, not a text (docs/decisions/0015): one list of causes, one table of their codes and texts, and nobody tells errors apart by their words."""
import re

import pytest
from test_arch import code, in_house, is_test, report, text

LIST, TABLE = "base/cause.h", "policies/causes.c"
COMPARES = re.compile(r"\b(strn?cmp|strn?casecmp|strstr|strcasestr|strr?chr|strchrnul|strspn|strcspn|strpbrk|memcmp|memmem|fnmatch|regexec|sscanf|"
                      r"span_i?eq\w*|span_i?starts\w*|span_i?ends\w*|span_find\w*|span_chr)\s*\(")
STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"')
ROW = re.compile(r'^    (SMTP|IMAP|BOTH)\((CAUSE_\w+), (.*?)\),$', re.M | re.S)

# What is said when all went well has no cause: it stands where it is said.
REPORTS = "mime/report_text.c"  # what a report says beside the cause: its subject, its sentences
PLEASANT = {
    ("smtpd/cmd_auth.c", "Bonjour / Authentication successful"),
    ("smtpd/cmd_mail.c", "Expediteur accepte / Sender OK"),
    ("smtpd/cmd_rcpt.c", "Destinataire accepte / Recipient OK"),
    ("smtpd/cmd_data.c", "Fin par une ligne d'un seul point / End with a line of one dot"),
    ("smtpd/cmd_simple.c", "Essayez de lui ecrire / Cannot VRFY, try RCPT"),
    ("smtpd/cmd_simple.c", "Au revoir / Bye"),
    ("smtpd/receive.c", "Message enregistre / Message stored, id=%s"),
    ("imapd/cmd/logout.c", "* BYE Au revoir / Goodbye"),
}


def product():
    return [n for n in in_house(".c", ".h") if not is_test(n) and not n.endswith("_test.h")]


def strings(name):
    """What the string literals hold, with the numbers of their lines; neighbours are one literal, as in C."""
    plain = re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: "\n" * m[0].count("\n"), text(name), flags=re.S)
    for m in re.finditer(r'"(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*', plain):
        yield plain.count("\n", 0, m.start()) + 1, "".join(STRING.findall(m[0]))


def arguments(source, start):
    """From behind the opening bracket to its closing one."""
    depth = 1
    for i in range(start, len(source)):
        depth += {"(": 1, ")": -1}.get(source[i], 0)
        if depth == 0:
            return source[start:i]
    return source[start:]


def compared_texts(source):
    """Calls that look into the text of a struct err: (line, call)."""
    for m in COMPARES.finditer(source):
        if re.search(r"(->|\.)log\b", arguments(source, m.end())):
            yield source.count("\n", 0, m.start()) + 1, m[1]


def causes():
    return re.findall(r"^    X\((CAUSE_\w+), \"([a-z0-9-]+)\"\)", text(LIST), re.M)


def test_no_code_compares_the_text_of_an_error():
    report([f"{name}:{line}: {call}() on the text of an error: compare e->cause"
            for name in product() for line, call in compared_texts(code(name))])


@pytest.mark.parametrize("line", ['if (strstr(e->log, "too many"))', 'strcmp(cause.log, "") == 0', 'span_eq_str(span_str(e.log), "x")'])
def test_the_check_finds_a_comparison(line):
    assert list(compared_texts(line))


def test_every_cause_has_one_row():
    ids, names = zip(*causes())
    assert len(ids) == text(LIST).count("X(CAUSE_") and len(set(ids)) == len(ids) and len(set(names)) == len(names)
    rows = ROW.findall(text(TABLE))
    assert len(rows) == len(re.findall(r"\((CAUSE_\w+),", text(TABLE))), "a row that is not laid out as the others are"
    assert sorted(r[1] for r in rows) == sorted(ids)


def test_rows_are_whole():
    """SMTP(code, enhanced code, texts), IMAP(response code or NULL, texts), BOTH; an unlawful code is found by policies/causes_test.c."""
    shape = {"SMTP": r'[245]\d\d, "[245]\.\d\.\d\d?", TEXTS', "IMAP": r'(NULL|"[A-Z]+[^"]*"), TEXTS', "BOTH": r'[45]\d\d, "[45]\.\d\.\d", (NULL|"[A-Z]+[^"]*"), TEXTS'}
    report([f"{TABLE}: {id}" for kind, id, rest in ROW.findall(text(TABLE))
            if not re.fullmatch(shape[kind].replace("TEXTS", r'"[^"]+",\s+"[^"]+"'), rest)])


def test_every_cause_is_given_by_the_product():
    used = {id for name in product() if name not in (LIST, TABLE) for id in re.findall(r"\bCAUSE_\w+", code(name))}
    report([f"{LIST}: nobody gives {id}" for id, _ in causes() if id not in used])


def test_no_text_of_two_languages_beside_the_table():
    found = {(name, words) for name in product() if name not in (TABLE, REPORTS) for _, words in strings(name) if re.search(r"\w / [A-Z%]", words)}
    assert PLEASANT <= found, PLEASANT - found
    report([f"{name}: {words!r} belongs into {TABLE}" for name, words in sorted(found - PLEASANT) if "%s / %s" not in words])


def test_no_refusal_is_said_by_hand():
    found = []
    for name in product():
        if name.startswith("smtpd/") and re.search(r"\bsmtp_say\s*\(\s*\w+\s*,\s*[45]\d\d\b", code(name)):
            found.append(f"{name}: a reply of 4xx or 5xx is smtp_refuse()'s to say")
        if name.startswith("imapd/"):
            found += [f"{name}:{line}: {words!r}: NO, BAD and BYE take their text from {TABLE}" for line, words in strings(name)
                      if re.search(r"\b(NO|BAD|BYE) [\[A-Za-z]", words) and (name, words) not in PLEASANT]
    report(found)
