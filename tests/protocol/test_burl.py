# SPDX-License-Identifier: EUPL-1.2
"""BURL (RFC 4468): a phone forwards what lies in its mailbox without fetching it. A draft made by CATENATE is authorized by GENURLAUTH and submitted by its
URL; its recipient has the octets, signed; what is not authorized leads nowhere; an end of keyd or stored in between is a 451 at most."""
import base64
import os
import re
import signal
import subprocess

import pytest
from instance import PASSWORD, Instance, eventually

GP, AUTRE = "gp@chu.test", "autre@chu.test"
HOST = "mail.chu.test"
HEAD = f"From: <{GP}>\r\nTo: <{AUTRE}>\r\nSubject: bilan\r\nDate: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <un@chu.test>\r\nMIME-Version: 1.0\r\n"


@pytest.fixture(scope="module")
def pli():
    with Instance() as pli:
        for who in (GP, AUTRE):
            pli.add(who)
        yield pli


def url_of(uid, more="", folder="Drafts", access="submit+gp%40chu.test", who="gp%40chu.test"):
    return f"imap://{who}@{HOST}/{folder}/;UID={uid}{more};URLAUTH={access}"


def authorized(m, rump):
    typ, _ = m.xatom("GENURLAUTH", f'"{rump}"', "INTERNAL")
    assert typ == "OK"
    return re.search(rb'"(.*)"', m.response("GENURLAUTH")[1][0]).group(1).decode()


def put(m, message, folder="Drafts"):
    typ, got = m.append(folder, None, None, message)
    assert typ == "OK", got
    return int(re.search(rb"APPENDUID \d+ (\d+)", got[0]).group(1))


class Submit:
    def __init__(self, pli, who=GP, to=AUTRE):
        import socket
        self.s = pli.tls().wrap_socket(socket.create_connection(("127.0.0.1", pli.port("submissions")), 120), server_hostname="localhost")
        self.f = self.s.makefile("rb")
        self.reply()
        assert "BURL\n" in self.ask("EHLO pc")[1] + "\n"
        plain = base64.b64encode(f"\0{who}\0{PASSWORD}".encode()).decode()
        assert self.ask(f"AUTH PLAIN {plain}")[0] == 235
        assert "BURL imap\n" in self.ask("EHLO pc")[1] + "\n"
        self.begin(who, to)

    def begin(self, who=GP, to=AUTRE):
        assert self.ask(f"MAIL FROM:<{who}>")[0] == 250
        assert self.ask(f"RCPT TO:<{to}>")[0] == 250

    def reply(self):
        lines = []
        while True:
            line = self.f.readline().decode()
            assert line, lines
            lines.append(line[4:].rstrip())
            if line[3:4] == " ":
                return int(line[:3]), "\n".join(lines)

    def ask(self, line):
        self.s.sendall(line if isinstance(line, bytes) else line.encode() + b"\r\n")
        return self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.f.close()
        self.s.close()


def received(pli, subject):
    with pli.imap(AUTRE) as m:
        m.select("INBOX")
        uid = eventually(lambda: m.search(None, "SUBJECT", subject)[1][0].split(), 60)[-1].decode()
        return m.fetch(uid, "BODY.PEEK[]")[1][0][1]


def verified(message, tmp_path):
    """openssl verifies the signature; what was signed."""
    (tmp_path / "m.eml").write_bytes(message[message.index(b"MIME-Version"):] if not message.startswith(b"MIME") else message)
    r = subprocess.run(["openssl", "cms", "-verify", "-in", str(tmp_path / "m.eml"), "-noverify"], capture_output=True)
    assert r.returncode == 0, r.stderr
    return r.stdout


def test_a_draft_made_of_urls_is_forwarded_signed(pli, tmp_path):
    """The phone's way: CATENATE in IMAP, GENURLAUTH, BURL LAST. No octet of the report goes to the phone or comes from it."""
    pdf = base64.encodebytes(os.urandom(200_000)).replace(b"\n", b"\r\n")
    report = (f"{HEAD}Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Type: text/plain\r\n\r\ntexte\r\n--bb\r\n"
              "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n").encode() + pdf + b"\r\n--bb--\r\n"
    with pli.imap(GP) as m:
        uid = put(m, report, "INBOX")
        new = HEAD.replace("bilan", "transfert").replace("<un@", "<deux@") + "Content-Type: multipart/mixed; boundary=cc\r\n\r\n--cc\r\n"
        tail = "\r\n--cc--\r\n"
        tag = m._new_tag()
        m.send(tag + f' APPEND Drafts CATENATE (TEXT {{{len(new)}+}}\r\n{new} URL "/INBOX/;UID={uid}/;SECTION=2.MIME" '
                     f'URL "/INBOX/;UID={uid}/;SECTION=2" TEXT {{{len(tail)}+}}\r\n{tail})\r\n'.encode())
        line = m.readline()
        while not line.startswith(tag):
            line = m.readline()
        draft = int(re.search(rb"APPENDUID \d+ (\d+)", line).group(1))
        url = authorized(m, url_of(draft))
    with Submit(pli) as c:
        code, text = c.ask(f"BURL {url} LAST")
        assert code == 250, text
    got = received(pli, "transfert")
    assert b"multipart/signed" in got and pdf.strip() in verified(got, tmp_path)


def test_urls_and_chunks_are_one_message(pli):
    with pli.imap(GP) as m:
        uid = put(m, HEAD.replace("bilan", "morceaux").encode() + b"\r\nun corps\r\n")
        head, body = (authorized(m, url_of(uid, more)) for more in ("/;SECTION=HEADER", "/;SECTION=TEXT"))
    with Submit(pli) as c:
        assert c.ask(f"BURL {head}") == (250, "2.5.0 " + c_octets(uid, pli))
        assert c.ask(b"BDAT 9\r\navant\r\n\r\n")[0] == 250
        assert c.ask(f"BURL {body}")[0] == 250
        assert c.ask("DATA")[0] == 503
        assert c.ask(b"BDAT 7 LAST\r\napres\r\n")[0] == 250
    assert b"avant\r\n\r\nun corps\r\napres\r\n" in received(pli, "morceaux")


def c_octets(uid, pli):
    return f"{len(HEAD.replace('bilan', 'morceaux')) + 2} octets"


def test_what_is_not_authorized_leads_nowhere(pli):
    with pli.imap(GP) as m, pli.imap(AUTRE) as other:
        uid = put(m, HEAD.encode() + b"\r\nx\r\n")
        good = authorized(m, url_of(uid))
        theirs = put(other, HEAD.encode() + b"\r\nsecret\r\n")
        foreign = authorized(other, url_of(theirs, access="submit+autre%40chu.test", who="autre%40chu.test"))
        m.create("parti")
        gone = authorized(m, url_of(put(m, HEAD.encode() + b"\r\nx\r\n", "parti"), folder="parti"))
        m.delete("parti")
        reset = authorized(m, url_of(uid, "/;SECTION=TEXT"))
        assert m.xatom("RESETKEY", "INBOX")[0] == "OK"
        bad = [authorized(m, url_of(uid, access="user+gp%40chu.test")),   # not for submission
               authorized(m, url_of(uid, ";EXPIRE=2026-01-01T00:00:00Z")),  # expired
               authorized(m, url_of(99)),                                  # no such message
               good[:-1] + ("0" if good[-1] != "0" else "1"), good.replace("Drafts", "INBOX"), good.split(":INTERNAL")[0],
               good.split(";URLAUTH")[0], foreign, gone, "imap://", "%", "http://x/", "x" * 1500, good.replace(HOST, "ailleurs.test")]
        assert m.xatom("RESETKEY", "Drafts")[0] == "OK"
        bad += [good, reset]
        fresh = authorized(m, url_of(uid))
    for url in bad:
        with Submit(pli) as c:
            code, text = c.ask(f"BURL {url} LAST")
            assert code == 554 and text.startswith("5.6.6 "), (url, code, text)
            assert c.ask(f"BURL {fresh} LAST")[0] == 503  # the transaction is over
            assert c.ask(b"BDAT 2 LAST\r\nx\n")[0] == 503
    with Submit(pli) as c:
        for wrong in ("BURL", f"BURL {fresh} FIRST", f"BURL {fresh} LAST LAST"):
            assert c.ask(wrong)[0] == 501
        assert c.ask(f"BURL {fresh} last")[0] == 250
        assert c.ask(f"BURL {fresh} LAST")[0] == 503
    with Submit(pli, AUTRE, GP) as c:  # the URL is GP's
        assert c.ask(f"BURL {fresh} LAST")[0] == 554


def test_twenty_megabytes(pli):
    line = b"x" * 74 + b"\r\n"
    with pli.imap(GP) as m:
        uid = put(m, HEAD.replace("bilan", "grand").encode() + b"\r\n" + line * (20 * (1 << 20) // len(line)))
        url = authorized(m, url_of(uid))
    with Submit(pli) as c:
        code, text = c.ask(f"BURL {url} LAST")
        assert code == 250, text
    assert len(received(pli, "grand")) > 20 * (1 << 20)


def test_keyd_and_stored_may_end_in_between(pli):
    with pli.imap(GP) as m:
        url = authorized(m, url_of(put(m, HEAD.replace("bilan", "apres").encode() + b"\r\nx\r\n")))
    with Submit(pli) as c:
        for name in ("pli-keyd", "pli-stored", "pli-imapd"):
            os.kill(pli.daemon(name), signal.SIGKILL)
            while (reply := c.ask(f"BURL {url} LAST"))[0] != 250:
                assert reply[0] == 451, (name, reply)
                c.begin()
            c.begin()
    received(pli, "apres")
