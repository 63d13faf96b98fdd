# SPDX-License-Identifier: EUPL-1.2
"""Each row of policies/causes.c that IMAP may tell is told once by a real server, as the row has it: response code, French / English.

A new row without a way to bring it about, or a reason why there is none here, fails test_every_row_has_a_way.
"""
import base64
import re
import socket

import pytest
from instance import PASSWORD, TOP, Instance

NAMES = dict(re.findall(r'X\((CAUSE_\w+), "([a-z0-9-]+)"\)', (TOP / "base/cause.h").read_text()))
ROW = re.compile(r'^    (?:IMAP\((CAUSE_\w+)|BOTH\((CAUSE_\w+), \d+, "[\d.]+"), (NULL|"[^"]*"),\s*"([^"]*)",\s*"([^"]*)"\),', re.M)
TABLE = (TOP / "policies/causes.c").read_text()
ROWS = {NAMES[imap or both]: ("" if code == "NULL" else f"[{code[1:-1]}] ") + f"{fr} / {en}" for imap, both, code, fr, en in ROW.findall(TABLE)}

# state: n new, a signed in, s INBOX selected; then lines, of which the last one's answer counts. Octets: as they are, without tag and CRLF.
WAYS = {
    "tls-active": ("n", "STARTTLS"),
    "need-tls": ("clear", f"LOGIN gp@chu.test {PASSWORD}"),
    "auth-failed": ("n", "LOGIN gp@chu.test faux"),
    "auth-disabled": ("n", f"LOGIN parti@chu.test {PASSWORD}"),
    "auth-domain": ("n", f"LOGIN ana@clos.test {PASSWORD}"),
    "bad-mechanism": ("n", "AUTHENTICATE CRAM-MD5"),
    "bad-response": ("n", "AUTHENTICATE PLAIN ***"),
    "auth-cancelled": ("n", "AUTHENTICATE PLAIN\r\n*"),
    "other-identity": ("n", "AUTHENTICATE PLAIN " + base64.b64encode(f"autre@chu.test\0gp@chu.test\0{PASSWORD}".encode()).decode()),
    "pipelined-tls": ("clear", b"t STARTTLS\r\nt NOOP\r\n"),
    "no-tag": ("n", b"(\r\n"),
    "bare-line": ("n", b"t NOOP\n"),
    "line-too-long": ("n", b"t NOOP " + b"x" * 10000 + b"\r\n"),
    "unknown-verb": ("n", "XYZZY"),
    "bad-sequence": ("n", "SELECT INBOX"),
    "no-command": ("n", "("),
    "extra-arguments": ("n", "NOOP x"),
    "literal-too-long": ("n", "LOGIN {70000}"),
    "bad-arguments": ("s", "FETCH x FLAGS"),
    "need-mailbox": ("a", "SELECT"),
    "need-set": ("s", "COPY x INBOX"),
    "uid-required": ("s", "ENABLE UIDONLY", "FETCH 1 FLAGS"),
    "no-such-message": ("s", "FETCH 99 FLAGS"),
    "append-form": ("a", "APPEND INBOX x"),
    "append-rest": ("a", "APPEND INBOX {3+}\r\nx\r\n encore"),
    "empty-message": ("a", "APPEND INBOX {0+}\r\n"),
    "too-many-at-once": ("a", "APPEND INBOX" + " {3+}\r\nx\r\n" * 129),
    "special-use": ("a", "CREATE x (USE (\\Sent))"),
    "metadata-form": ("a", "GETMETADATA INBOX /autre"),
    "metadata-size": ("a", "SETMETADATA INBOX (/private/x {40000+}\r\n" + "y" * 40000 + ")"),
    "metadata-too-many": ("a", "SETMETADATA Sent (" + " ".join(f'/private/x{n} "y"' for n in range(128)) + ")", 'SETMETADATA Sent (/private/un-de-plus "y")'),
    "metadata-read-only": ("a", 'SETMETADATA "" (/shared/admin "x")'),
    "others-name": ("a", 'CREATE "Other users/x"'),
    "acl-holder": ("a", "SETACL INBOX gp@chu.test lr"),
    "acl-who": ("a", "SETACL INBOX personne@chu.test lr"),
    "acl-rights": ("a", "SETACL INBOX gp@chu.test lz"),
    "url-access": ("a", "RESETKEY INBOX XSAMPLE"),
    "no-quota-root": ("a", "GETQUOTA autre"),
    "unknown-cte": ("s", b"t APPEND INBOX {66+}\r\nSubject: cte\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644\r\n\r\n", "FETCH * BINARY[1]"),
    "nul": ("a", "APPEND INBOX {3+}\r\na\0b"),
    "header-line-end": ("a", "APPEND INBOX {17+}\r\nSubject: a\rb\r\n\r\nc"),
    "too-big": ("a", "APPEND INBOX {2000000}"),
    "mailbox-full": ("petit", "APPEND INBOX {30000+}\r\nSubject: x\r\n\r\n" + "y" * 29986),
    "status-form": ("a", "STATUS INBOX x"),
    "list-form": ("a", "LIST x"),
    "lsub-form": ("a", "LSUB x"),
    "idle-done": ("a", "IDLE\r\nFIN"),
    "bad-event": ("a", "NOTIFY SET (personal (AnnotationChange MessageNew MessageExpunge))"),
    "notify-overflow": ("a", "NOTIFY SET (mailboxes (" + " ".join(f"b{n}" for n in range(1001)) + ") (MailboxName))"),
    "no-context": ("s", 'CANCELUPDATE "absent"'),
    "bad-charset": ("s", "SEARCH CHARSET KOI8-R ALL"),
    "no-such-mailbox": ("a", "SELECT absent"),
    "try-create": ("s", "COPY 1 absent"),
    "mailbox-exists": ("a", "CREATE Sent"),
    "folders-only": ("a", "CREATE niveau/bas", "DELETE niveau", "SELECT niveau"),
    "has-children": ("a", "CREATE haut/bas", "DELETE haut", "DELETE haut"),
    "inbox-stays": ("a", "DELETE INBOX"),
    "below-itself": ("a", "RENAME Sent Sent/x"),
    "too-many-keywords": ("s", *[f"STORE 1 +FLAGS (k{n}a k{n}b k{n}c k{n}d)" for n in range(17)]),
    "read-only": ("a", "EXAMINE INBOX", "STORE 1 +FLAGS (\\Seen)"),
    "name-direction": ("a", 'CREATE "Patient &IC4-exe"'),
    "name-control": ("a", 'CREATE "a&AIU-"'),
    "name-invisible": ("a", 'CREATE "a&IAs-"'),
    "name-empty": ("a", 'CREATE ""'),
    "name-too-long": ("a", "CREATE " + "a" * 1100),
    "name-empty-level": ("a", "CREATE a//b"),
    "name-levels": ("a", "CREATE " + "a/" * 32 + "a"),
    "name-utf7": ("a", 'CREATE "a&b"'),
}
ELSEWHERE = {
    "bad-url": ("tests/protocol/imap/0410-catenate.txt", "NO [BADURL /absent/;UID=1] "),
    "no-update": ("tests/protocol/imap/0502-contexts.txt", '[NOUPDATE "'),
    "tag-in-use": ("tests/protocol/imap/0502-contexts.txt", "That tag is the one of a search"),
    "compressed": ("tests/protocol/test_imap_compress.py", "[COMPRESSIONACTIVE]"),
    "code-first": ("tests/protocol/test_first_codes.py", "sur la page que votre feuille indique"),
    "code-ended": ("tests/protocol/test_first_codes.py", "n'est plus valable"),
    "account-sessions": ("tests/protocol/test_imap_limits.py", "Too many sessions for this account"),
    "too-many-errors": ("tests/protocol/test_imap_limits.py", "Too many errors, closing connection"),
    "shutdown": ("tests/protocol/test_imap_limits.py", "Server shutting down, try again shortly"),
    "timed-out": ("tests/protocol/test_imap_limits.py", "* BYE Delai depasse / Timed out"),
    "account-changed": ("tests/protocol/test_right_to_stay.py", "Your account has changed"),
    "strict-password": ("tests/fault/test_strict_password.py", "CONTACTADMIN"),
    "expunged": ("tests/protocol/imap/0024-expunge-issued.txt", "[EXPUNGEISSUED]"),
    "mailbox-deleted": ("tests/protocol/imap/0025-folder-deleted-elsewhere.txt", "Mailbox was deleted by another session"),
    "delegation-ended": ("tests/protocol/test_imap_acl.py", "Your delegation for this mailbox has changed or ended"),
    "no-right": ("tests/protocol/test_imap_acl.py", "You lack the right to do this in this mailbox"),
    "other-mailbox": ("tests/protocol/test_imap_acl.py", "Not from one mailbox into another"),
    "damaged": ("tests/fault/test_store_hard_days.py", "[CORRUPTION]"),
}
# Nothing that a test may do to a whole server brings these about; or pli and SMTP tell them, and IMAP would if a daemon answered so.
NOT_HERE = {
    "unavailable", "disk-full", "too-many-messages", "refused", "syntax", "not-allowed", "not-found", "exists", "closed", "box-not-opened", "session-expired", "too-many-auth", "too-many-sessions", "busy",
    "too-many-operations", "directory-temp", "server-bug", "too-complex", "search-too-complex", "append-literal", "too-many-folders", "too-many-renames",
    "text-empty", "text-too-long", "text-not-utf8", "password-character", "login-character", "not-permitted",
    "strict-delegate",  # told by pli delegate add: test_imap_acl.py
    "new-password",  # told over LDAP: test_directory_sessions.py
    "code-none", "password-rule",  # told by pli-httpd: test_first_codes.py
    "address-closed",  # told by pli account: test_account_life.py
    "out-of-scope", "acting-ended",  # told by pli --as: test_admins.py
}


@pytest.fixture(scope="module")
def pli():
    with Instance(conf=["imapd {", "max_message = 1M", "}"]) as pli:
        for who in ("gp@chu.test", "parti@chu.test"):
            pli.add(who, sign="never")
        pli.add("petit@chu.test", sign="never", extra=["--quota", "20K"])
        pli.pli("account", "disable", "parti@chu.test")
        pli.pli("domain", "add", "clos.test")
        pli.add("ana@clos.test", sign="never")
        pli.pli("domain", "disable", "clos.test")
        yield pli


def session(pli, state):
    s = socket.create_connection(("127.0.0.1", pli.port("imap" if state == "clear" else "imaps")), 60)
    if state != "clear":
        s = pli.tls().wrap_socket(s, server_hostname="localhost")
    f = s.makefile("rb")
    assert f.readline().startswith(b"* OK")
    if state not in ("n", "clear"):
        who = "petit" if state == "petit" else "gp"
        assert ask(s, f, f"LOGIN {who}@chu.test {PASSWORD}").startswith("OK")
    if state == "s":
        assert ask(s, f, "APPEND INBOX {3+}\r\na\r\n").startswith("OK") and ask(s, f, "SELECT INBOX").startswith("OK")
    return s, f


def ask(s, f, line):
    s.sendall(line if isinstance(line, bytes) else b"t " + line.encode() + b"\r\n")
    while True:
        got = f.readline().decode()
        assert got, line
        if got.startswith(("t ", "* BAD ", "* BYE ")):
            return got[2:].rstrip("\r\n")


@pytest.mark.parametrize("name", sorted(WAYS))
def test_the_answer_is_the_row(pli, name):
    state, *lines = WAYS[name]
    s, f = session(pli, state)
    with s, f:
        for line in lines[:-1]:
            ask(s, f, line)
        assert re.sub("^(NO|BAD|BYE) ", "", ask(s, f, lines[-1])) == ROWS[name]


def test_every_row_has_a_way():
    assert len(ROWS) == len(re.findall(r"^    (?:IMAP|BOTH)\(", TABLE, re.M))
    for path, mark in ELSEWHERE.values():
        assert mark in (TOP / path).read_text(), (path, mark)
    assert set(ROWS) == set(WAYS) | set(ELSEWHERE) | NOT_HERE
    assert not set(WAYS) & set(ELSEWHERE) and not (set(WAYS) | set(ELSEWHERE)) & NOT_HERE


def test_octets_of_urls_count_as_those_that_are_sent(pli):
    s, f = session(pli, "a")
    with s, f:
        assert ask(s, f, "CREATE Long").startswith("OK") and ask(s, f, "CREATE Copies").startswith("OK")
        assert ask(s, f, b"t APPEND Long {700000+}\r\n" + b"a" * 76 + b"\r\n" * 349962 + b"\r\n").startswith("OK")
        one = ' CATENATE (URL "/Long/;UID=1")'
        assert ask(s, f, "APPEND Copies" + one * 3) == "NO " + ROWS["too-many-at-once"]
        assert ask(s, f, "APPEND Copies" + one * 2).startswith("OK [APPENDUID")
