# SPDX-License-Identifier: EUPL-1.2
"""Every SMTP verb and every IMAP command in every state, generated from the servers' own tables.

pli-smtpd --verbs and pli-imapd --commands print the tables as JSON: [{"name", "phases" or "states": [...], "flags": [...]}, ...].
Each answer is the one that follows from the table and the state, by the rules written here: not allowed: refused for what is
missing (TLS, a sign-in, the sequence); allowed: what SMTP_RIGHT and IMAP_RIGHT say; with a wrong argument: its syntax, or the
state where that is looked at first. In all cases the session lives on, unless ending it is the command's work.
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


SMTP_ARGS = {"EHLO": "client.test", "HELO": "client.test", "MAIL": "FROM:<{me}>", "RCPT": "TO:<{me}>", "BDAT": "0", "BURL": "imap://x",
             "AUTH": "PLAIN {plain}", "VRFY": "{me}", "EXPN": "x"}
SMTP_STATES = ["connected", "clear", "helo", "auth", "mail", "rcpt"]
# the code, and the enhanced code where the reply has one, of a verb that is allowed and right
SMTP_RIGHT = {"EHLO": (250, ""), "HELO": (250, ""), "STARTTLS": (220, "2.0.0"), "AUTH": (235, "2.7.0"), "MAIL": (250, "2.1.0"),
              "RCPT": (250, "2.1.5"), "DATA": (354, ""), "BDAT": (250, "2.0.0"), "BURL": (554, "5.6.6"), "RSET": (250, "2.0.0"), "NOOP": (250, "2.0.0"),
              "VRFY": (252, "2.5.0"), "EXPN": (502, "5.5.1"), "HELP": (214, "2.0.0"), "QUIT": (221, "2.0.0")}


def smtp_expected(row, state, wrong):
    if state in row["phases"]:
        return (501, "5.5.4") if wrong else SMTP_RIGHT[row["name"]]
    if "tls" in row["flags"] and state == "clear":
        return 530, "5.7.0"  # Must issue a STARTTLS command first (RFC 3207 4)
    if "auth" in row["flags"] and state == "helo":
        return 530, "5.7.0"  # Authentication required (RFC 4954 6)
    return 503, "5.5.1"


def code_of(text):
    """(code, enhanced code) of a reply."""
    m = re.match(rb"(\d{3})[ -](?:(\d\.\d+\.\d+) )?", text)
    return (int(m[1]), (m[2] or b"").decode()) if m else (0, "")


@pytest.fixture(scope="module")
def me(pli):
    pli.add("etats@chu.test", sign="never")
    return "etats@chu.test"


def smtp_in(pli, me, state):
    """A session on 465 brought to a state, by the shortest lawful way."""
    if state == "clear":
        s = socket.create_connection(("127.0.0.1", pli.port("submission")), 20)
    else:
        s = pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", pli.port("submissions")), 20), server_hostname="localhost")
    f = s.makefile("rb")

    def ask(line):
        s.sendall(line.encode() + b"\r\n")
        return reply(f)
    assert reply(f)[0] == 220
    way = ["EHLO client.test", f"AUTH PLAIN {auth(me)}", f"MAIL FROM:<{me}>", f"RCPT TO:<{me}>"][:max(SMTP_STATES.index(state) - 1, state == "clear")]
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


WRONG = " \x01\x7f<<>>" + "(" * 200


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize("state", SMTP_STATES)
def test_every_smtp_verb(pli, me, state, wrong):
    for row in table("pli-smtpd", "--verbs"):
        name = row["name"]
        s, ask = smtp_in(pli, me, state)
        line = name + WRONG if wrong else f"{name} {SMTP_ARGS.get(name, '')}".strip().format(me=me, plain=auth(me))
        code, text = ask(line)
        want = smtp_expected(row, state, wrong)
        assert code_of(text) == want, f"{name} in {state}: {text}"
        if code == 354:
            assert ask(plain("etat", me, me).decode() + ".")[0] == 250
        if (name, code) not in (("QUIT", 221), ("STARTTLS", 220)):
            assert ask("NOOP")[0] == 250, f"after {name} in {state}"
        s.close()


@pytest.mark.parametrize("state", SMTP_STATES)
def test_a_verb_of_no_table(pli, me, state):
    s, ask = smtp_in(pli, me, state)
    for line in ("XYZZY", "TURN", "MAILFROM:<a@b>", "SEND FROM:<a@b>", "ETRN x"):
        assert code_of(ask(line)[1]) == (500, "5.5.1"), (line, state)
    assert ask("NOOP")[0] == 250
    s.close()


IMAP_ARGS = {"LOGIN": "{me} {pw}", "AUTHENTICATE": "PLAIN {plain}", "SELECT": "INBOX", "EXAMINE": "INBOX", "CREATE": "E{n}", "DELETE": "absent",
             "RENAME": "absent autre", "SUBSCRIBE": "INBOX", "UNSUBSCRIBE": "INBOX", "LIST": '"" "*"', "LSUB": '"" "*"',
             "STATUS": "INBOX (MESSAGES)", "SEARCH": "ALL", "FETCH": "1 (UID)", "STORE": "1 +FLAGS (\\Seen)", "COPY": "1 INBOX",
             "MOVE": "1 INBOX", "ID": "NIL", "ENABLE": "X", "UID FETCH": "1 (UID)", "UID STORE": "1 +FLAGS (\\Seen)", "UID COPY": "1 INBOX",
             "UID MOVE": "1 INBOX", "UID SEARCH": "ALL", "UID EXPUNGE": "1", "APPEND": "INBOX {{3+}}\r\nx\r\n", "SORT": "(DATE) UTF-8 ALL", "UID SORT": "(DATE) UTF-8 ALL", "THREAD": "REFERENCES UTF-8 ALL", "UID THREAD": "REFERENCES UTF-8 ALL",
             "NOTIFY": "SET STATUS (personal (MessageNew MessageExpunge))", "ESEARCH": "IN (inboxes) ALL", "CANCELUPDATE": '"absent"',
             "GETQUOTA": '""', "GETQUOTAROOT": "INBOX", "COMPRESS": "DEFLATE", "REPLACE": "1 INBOX {{3+}}\r\nx\r\n",
             "GENURLAUTH": '"imap://etats%40chu.test@mail.chu.test/INBOX/;UID=1;URLAUTH=authuser" INTERNAL', "URLFETCH": "imap://{me}@localhost/INBOX/;UID=1", "RESETKEY": "INBOX",
             "GETACL": "INBOX", "MYRIGHTS": "INBOX", "LISTRIGHTS": "INBOX {me}", "SETACL": "INBOX {me} lr", "DELETEACL": "INBOX {me}",
             "GETMETADATA": "INBOX /private/comment", "SETMETADATA": 'INBOX (/private/comment "a")',
             "UID REPLACE": "99999 INBOX {{3+}}\r\nx\r\n"}
# what a command that is allowed and right is answered, where that is not OK
IMAP_RIGHT = {"STARTTLS": b"t1 NO [CLIENTBUG] ",  # the session is under TLS already
              "CANCELUPDATE": b"t1 BAD Aucune recherche tenue a jour ", "DELETE": b"t1 NO [NONEXISTENT] ", "RENAME": b"t1 NO [NONEXISTENT] ",
              "SETACL": b"t1 NO [CANNOT] Le titulaire ", "DELETEACL": b"t1 NO [CANNOT] Le titulaire ", "UID REPLACE": b"t1 NO [EXPUNGEISSUED] "}
NOT_IN_THIS_STATE = b"t1 BAD Commande hors de propos a ce moment / Bad sequence of commands"
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
            want = NOT_IN_THIS_STATE
        elif wrong:
            want = IMAP_RIGHT[name] if name == "STARTTLS" else b"t1 BAD "
        else:
            want = IMAP_RIGHT.get(name, b"t1 OK ")
        assert got.startswith(want), f"{name} in {state}: {got}"
        assert want == NOT_IN_THIS_STATE or not got.startswith(NOT_IN_THIS_STATE), f"{name} in {state}: {got}"
        if name not in ("LOGOUT", "COMPRESS") or not got.startswith(b"t1 OK"):
            assert ask_imap(m, "t2", "NOOP").startswith(b"t2 OK"), f"after {name} in {state}"
        m.shutdown()
