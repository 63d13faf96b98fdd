# SPDX-License-Identifier: EUPL-1.2
"""IMAP sessions that send right and wrong commands at random, hang up in the middle, delete each other's folders: nothing crashes.

Run against the dev profile the sanitizers watch. The log must name no crash, no broken message, no malformed answer between the daemons.
"""
import os
import random
import re
import socket
import ssl
import threading
import time

from instance import PASSWORD, Instance

SEED = int(os.environ.get("PLI_SEED", "0")) or random.randrange(1, 10000)
SECONDS = float(os.environ.get("PLI_STORM", "10"))
WORDS = ["1", "1:*", "*", "2,4:6", "99", "0", "INBOX", "Sent", "a/b", '"x y"', "FLAGS", "(FLAGS UID)", "BODY[]", "BODY.PEEK[1.2.HEADER]<3.9>",
         "BODY[HEADER.FIELDS (a b)]", "(\\Seen $k)", "\\Deleted", "+FLAGS", "-FLAGS.SILENT", "ALL", "UNSEEN", "OR", "NOT", "(", "))", "TEXT", '"e"',
         "{3+}\r\nabc", "{5}\r\n", '""', "%", "NIL", "SUBJECT", "SENTON 1-Jan-2026", "ENVELOPE", "(ENVELOPE BODY[TEXT] BODY[1])", "RFC822",
         "(MESSAGES RECENT)", "RETURN (STATUS (MESSAGES))", "\xe9", "\0", "&AOk-", "{99999999}", "{4000000000+}", "~{3+}\r\na\0c",
         "BINARY[1]", "BINARY.SIZE[]", "(PREVIEW (LAZY) EMAILID THREADID SAVEDATE)", "CATENATE (URL /INBOX/;UID=1 TEXT {3+}\r\nabc)", "URL", "CATENATE (TEXT",
         "(USE (\\Sent))", "UTF8 (~{3+}\r\nabc)", "(DELETED DELETED-STORAGE MAILBOXID)"]
NAMES = ["CAPABILITY", "NOOP", "SELECT", "EXAMINE", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "LIST", "LSUB", "STATUS", "APPEND",
         "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE", "UID FETCH", "UID STORE", "UID COPY", "UID MOVE",
         "UID SEARCH", "UID EXPUNGE", "REPLACE", "UID REPLACE", "GETQUOTA", "GETQUOTAROOT", "ENABLE", "ID", "NAMESPACE", "IDLE", "XX", "UID"]
LAWFUL = ["SELECT INBOX", "FETCH 1:* (FLAGS UID ENVELOPE BODY[TEXT] BODY[1])", "UID FETCH 1:* (BODY.PEEK[])", "STORE 1:2 +FLAGS (\\Deleted)",
          "EXPUNGE", "APPEND INBOX {40+}\r\nSubject: x\r\n\r\n" + "y" * 26, "APPEND INBOX {30012+}\r\nSubject: b\r\n" + "z" * 30000,
          "COPY 1:* a/b", "UID MOVE 1:5 INBOX", "SELECT a/b", "SEARCH OR TEXT e SUBJECT x", "CREATE a/b", "NOOP", "UID SEARCH BODY y",
          "STATUS a/b (MESSAGES RECENT UNSEEN)", 'LIST "" *', "CLOSE", "RENAME a c", "DELETE c/b", "STORE 1 FLAGS ($k7)", "IDLE", "APPEND INBOX" + " {14+}\r\nSubject: m\r\n\r\n" * 3, "REPLACE 1 INBOX {14+}\r\nSubject: r\r\n\r\n",
          'APPEND a/b CATENATE (URL "/INBOX/;UID=1/;SECTION=HEADER" TEXT {4+}\r\nabcd URL ";UID=2") () {14+}\r\nSubject: c\r\n\r\n',
          "APPEND INBOX ~{15+}\r\nSubject: n\r\n\r\n\0", "FETCH 1:* (PREVIEW EMAILID THREADID SAVEDATE BINARY[1] BINARY.SIZE[])", 'GETQUOTAROOT INBOX']
# A folder that is copied into itself a dozen times would have a million messages: then each answer takes minutes, and nothing is found out.
FEW = ["stored {", "max_messages = 1000", "}"]


class Gone(Exception):
    pass


def answers(s, f, tag):
    while True:
        line = f.readline()
        if not line or line.startswith(b"* BYE"):
            raise Gone
        if line.startswith(b"+ "):
            s.sendall(b"DONE\r\n")
        if line.startswith((tag, b"* BAD")):
            return
        if m := re.search(rb"\{(\d+)\}\r\n$", line):
            f.read(int(m[1]))


def session(pli, r):
    s = pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", pli.port("imaps")), 20), server_hostname="localhost")
    f = s.makefile("rb")
    try:
        f.readline()
        s.sendall(f"l LOGIN storm@chu.test {PASSWORD}\r\n".encode())
        answers(s, f, b"l ")
        for n in range(60):
            line = r.choice(LAWFUL) if r.random() < 0.6 else r.choice(NAMES) + "".join(" " + r.choice(WORDS) for _ in range(r.randrange(5)))
            s.sendall(b"t%d " % n + line.encode("latin-1") + b"\r\n")
            if r.random() < 0.03:
                return  # in the middle of an answer
            answers(s, f, b"t%d " % n)
    finally:
        f.close()
        s.close()


def storm(pli, seed, until, odd):
    r = random.Random(seed)
    while time.time() < until:
        try:
            session(pli, r)
        except (Gone, ConnectionError, ssl.SSLError):
            pass
        except Exception as why:  # a session that hangs, say
            odd.append(repr(why))


def test_storm():
    odd = []
    with Instance(conf=["imapd {", "max_errors = 1000", "}", *FEW]) as pli:
        pli.add("storm@chu.test", sign="never")
        until = time.time() + SECONDS
        threads = [threading.Thread(target=storm, args=(pli, SEED + n, until, odd)) for n in range(5)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        log = (pli.root / "log/pli.log").read_text(errors="replace")
    assert not odd, (SEED, odd[:3])
    assert not re.search(r"Sanitizer|runtime error", log), SEED
    crashes = re.findall(r"[^\n]*ev=(?:bug|server-bug|message-broken|epoch-broken|ipc-malformed|process-died|session-died)[^\n]*", log)
    assert not crashes, (SEED, crashes[:3])
