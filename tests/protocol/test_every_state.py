# SPDX-License-Identifier: EUPL-1.2
"""Every SMTP verb and every IMAP command in every state, generated from the servers' own tables.

pli-smtpd --verbs and pli-imapd --commands print the tables as JSON: [{"name", "phases" or "states": [...], "flags": [...]}, ...].
Each SMTP verb has one answer in each state, which stands here; an IMAP command that its table does not allow in a state must be refused, one that
it allows must be answered. In all cases the session lives on, unless ending it is the command's work.
"""
import base64
import imaplib
import json
import re
import socket
import subprocess

import pytest
from instance import PASSWORD, build_dir, plain


def table(program, option):
    r = subprocess.run([build_dir() / "bin" / program, option], capture_output=True, text=True, timeout=20)
    assert r.returncode == 0, r.stderr
    rows = json.loads(r.stdout)
    assert len(rows) >= 10
    return rows


SMTP_ARGS = {"EHLO": "client.test", "HELO": "client.test", "MAIL": "FROM:<{me}>", "RCPT": "TO:<{me}>", "BDAT": "0",
             "AUTH": "PLAIN {plain}", "VRFY": "{me}", "EXPN": "x"}
SMTP_STATES = ["connected", "helo", "auth", "mail", "rcpt"]


@pytest.fixture(scope="module")
def me(pli):
    pli.add("etats@chu.test", sign="never")
    return "etats@chu.test"


def smtp_in(pli, me, state):
    """A session on 465 brought to a state, by the shortest lawful way."""
    s = pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", pli.port("submissions")), 20), server_hostname="localhost")
    f = s.makefile("rb")

    def ask(line):
        s.sendall(line.encode() + b"\r\n")
        return reply(f)
    assert reply(f)[0] == 220
    way = ["EHLO client.test", f"AUTH PLAIN {auth(me)}", f"MAIL FROM:<{me}>", f"RCPT TO:<{me}>"][:SMTP_STATES.index(state)]
    for line in way:
        assert ask(line)[0] in (250, 235), line
    return s, ask


def auth(me):
    return base64.b64encode(f"\0{me}\0{PASSWORD}".encode()).decode()


def reply(f):
    text = b""
    while True:
        line = f.readline()
        if not line:
            return 0, text
        text += line
        if re.match(rb"\d{3} ", line):
            return int(line[:3]), text


# The one answer to each verb, column by column as SMTP_STATES: from RFC 5321 4.1.4 and 4.3.2, RFC 4954 4 and 6, RFC 3207 4, not from the server.
# Port 465 is in TLS from the start, so STARTTLS never has its place there.
OUT_OF_ORDER = "503 5.5.1"
SMTP_ANSWERS = {
    "EHLO": ["250"] * 5,
    "HELO": ["250"] * 5,
    "STARTTLS": [OUT_OF_ORDER] * 5,
    "AUTH": [OUT_OF_ORDER, "235 2.7.0", OUT_OF_ORDER, OUT_OF_ORDER, OUT_OF_ORDER],
    "MAIL": [OUT_OF_ORDER, "530 5.7.0", "250 2.1.0", OUT_OF_ORDER, OUT_OF_ORDER],
    "RCPT": [OUT_OF_ORDER, "530 5.7.0", OUT_OF_ORDER, "250 2.1.5", "250 2.1.5"],
    "DATA": [OUT_OF_ORDER, "530 5.7.0", OUT_OF_ORDER, OUT_OF_ORDER, "354"],
    "BDAT": [OUT_OF_ORDER, "530 5.7.0", OUT_OF_ORDER, OUT_OF_ORDER, "250 2.0.0"],
    "RSET": ["250 2.0.0"] * 5,
    "NOOP": ["250 2.0.0"] * 5,
    "VRFY": ["252 2.5.0"] * 5,
    "EXPN": ["502 5.5.1"] * 5,
    "HELP": ["214 2.0.0"] * 5,
    "QUIT": ["221 2.0.0"] * 5,
}
WRONG = "501 5.5.4"     # an argument that no verb takes; where the verb itself is refused, that comes first


def said(text):
    """Code and enhanced code of a reply's last line, as far as it has one: "250 2.1.0", "354"."""
    return re.match(rb"\d{3}(?: [245]\.\d\.\d)?", text.splitlines()[-1])[0].decode()


def expected(name, state, wrong):
    right = SMTP_ANSWERS[name][SMTP_STATES.index(state)]
    return right if not wrong or right in (OUT_OF_ORDER, "530 5.7.0") else WRONG


def test_the_answers_are_of_all_verbs():
    assert set(SMTP_ANSWERS) == {row["name"] for row in table("pli-smtpd", "--verbs")}


def ends_well(s, ask, me, name, answer):
    """After its answer: a message that was asked for is taken, and the session lives on; QUIT alone ends it."""
    if answer == "354":
        s.sendall(plain("etat", me, me))
        assert said(ask(".")[1]) == "250 2.0.0"
    if answer == "221 2.0.0":
        assert s.recv(1) == b""
    else:
        assert said(ask("NOOP")[1]) == "250 2.0.0", f"after {name}"


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize("state", SMTP_STATES)
def test_every_smtp_verb(pli, me, state, wrong):
    for name in SMTP_ANSWERS:
        s, ask = smtp_in(pli, me, state)
        args = "\x01\x7f<<>>" + "(" * 200 if wrong else SMTP_ARGS.get(name, "").format(me=me, plain=auth(me))
        code, text = ask(f"{name} {args}".strip(" "))
        assert code, f"{name} in {state}: the server closed without a word"
        assert said(text) == expected(name, state, wrong), f"{name} in {state}: {text}"
        ends_well(s, ask, me, name, said(text))
        s.close()


IMAP_ARGS = {"LOGIN": "{me} {pw}", "AUTHENTICATE": "PLAIN {plain}", "SELECT": "INBOX", "EXAMINE": "INBOX", "CREATE": "E{n}", "DELETE": "absent",
             "RENAME": "absent autre", "SUBSCRIBE": "INBOX", "UNSUBSCRIBE": "INBOX", "LIST": '"" "*"', "LSUB": '"" "*"',
             "STATUS": "INBOX (MESSAGES)", "SEARCH": "ALL", "FETCH": "1 (UID)", "STORE": "1 +FLAGS (\\Seen)", "COPY": "1 INBOX",
             "MOVE": "1 INBOX", "ID": "NIL", "ENABLE": "X", "UID FETCH": "1 (UID)", "UID STORE": "1 +FLAGS (\\Seen)", "UID COPY": "1 INBOX",
             "UID MOVE": "1 INBOX", "UID SEARCH": "ALL", "UID EXPUNGE": "1", "APPEND": "INBOX {{3+}}\r\nx\r\n"}
IMAP_STATES = ["not-authenticated", "authenticated", "selected"]


def imap_in(pli, me, state):
    m = imaplib.IMAP4_SSL("localhost", pli.port("imaps"), ssl_context=pli.tls(), timeout=20)
    if state != "not-authenticated":
        m.login(me, PASSWORD)
    if state == "selected":
        m.select("INBOX")
    return m


def ask_imap(m, tag, line):
    m.send(f"{tag} {line}\r\n".encode())
    while True:
        got = m.readline()
        if not got or got.startswith(tag.encode() + b" "):
            return got
        if got.startswith(b"+ "):
            m.send(b"DONE\r\n")


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize("state", IMAP_STATES)
def test_every_imap_command(pli, me, state, wrong):
    with pli.imap(me) as m:
        m.append("INBOX", None, None, plain("etat", me, me))
    for n, row in enumerate(table("pli-imapd", "--commands")):
        name = row["name"]
        m = imap_in(pli, me, state)
        args = " \x01((({" if wrong else (" " + IMAP_ARGS.get(name, "")).rstrip(" ").format(me=me, pw=PASSWORD, plain=auth(me), n=f"{n}{state}")
        got = ask_imap(m, "t1", name + args)
        if state not in row["states"]:
            assert re.match(rb"t1 (BAD|NO)", got), f"{name} in {state}: {got}"
        elif wrong:
            assert re.match(rb"t1 (BAD|NO|OK)", got) or name == "LOGOUT", f"{name} in {state}: {got}"
        else:
            assert re.match(rb"t1 (OK|NO)", got), f"{name} in {state}: {got}"
        if name not in ("LOGOUT", "STARTTLS"):
            assert ask_imap(m, "t2", "NOOP").startswith(b"t2 OK"), f"after {name} in {state}"
        m.shutdown()
