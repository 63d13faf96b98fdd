# SPDX-License-Identifier: EUPL-1.2
"""A mailbox moved with pli mailbox import and export: Dovecot to Pli to Dovecot, by IMAP and by Maildir, differs in nothing; what is broken is named."""
import base64
import imaplib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

import dovecot
import pytest
from instance import PASSWORD, eventually, plain

needs_dovecot = pytest.mark.skipif(not dovecot.installed(), reason="dovecot-imapd is not installed, or this is not root")
OLD = "gp@old.test"
SPECIAL = {"Envois": "Sent", "Corbeille": "Trash", "Brouillons": "Drafts"}


def utf7(name):
    """Modified UTF-7 of a text whose other characters are Latin."""
    return re.sub(r"[^\x20-\x7e]+", lambda m: "&" + base64.b64encode(m[0].encode("utf-16be")).decode().rstrip("=").replace("/", ",") + "-", name.replace("&", "&-"))


FOLDERS = ["INBOX", "Envois", "Corbeille", "Brouillons", "Patients", "Patients{}Bob", "Patients{}R\u00e9sultats d'\u00e9t\u00e9", "A & B"]
BODIES = [plain(f"lettre {n}", "a@old.test", OLD, body="Bonjour.\r\n" * (n + 1)) for n in range(4)] + [
    plain("octets", "a@old.test", OLD, body="caf\u00e9 8 bits\r\n").replace("caf\u00e9".encode(), b"caf\xe9\xff\x80"),
    plain("From", "a@old.test", OLD, body="From moi\r\n>From lui\r\n.\r\n..\r\n"),
    plain("large", "a@old.test", OLD, body="x" * 70 + "\r\n" + ("y" * 76 + "\r\n") * 4000)]
FLAGS = ["", "\\Seen", "\\Seen \\Answered", "\\Flagged $Forwarded", "\\Draft", "\\Deleted NonJunk", "\\Seen $label1 $Forwarded"]
DATES = ['"01-Feb-2019 10:11:12 +0100"', '"31-Dec-2025 23:59:59 -0500"', '"15-Jul-2003 00:00:00 +0000"']


def fill(m, sep):
    for n, name in enumerate(FOLDERS):
        name = '"' + utf7(name.format(sep)) + '"'
        if n:
            assert m.create(name)[0] == "OK"
        for i, body in enumerate(BODIES if n < 2 else BODIES[:n - 1]):
            assert m.append(name, f"({FLAGS[(i + n) % len(FLAGS)]})", DATES[(i + n) % 3], body)[0] == "OK"
    assert m.append("INBOX", "()", DATES[0], BODIES[0])[0] == "OK"     # the same twice, date and all: two
    assert m.append("INBOX", "()", DATES[0], BODIES[0])[0] == "OK"
    m.subscribe('"Patients"')


def everything(m, sep):
    """{folder: sorted [(octets, date, flags)]} as the server gives it, subscriptions, roles."""
    out, roles = {}, {}
    for line in m.list()[1]:
        flags, name = re.fullmatch(rb'\((.*?)\) "." "?(.*?)"?', line).groups()
        name = name.decode()
        role = [f for f in flags.split() if f in (b"\\Sent", b"\\Trash", b"\\Drafts")]
        if role:
            roles[name] = role[0]
        if m.select(f'"{name}"', readonly=True)[1] == [b"0"]:
            out[name.replace(sep, "/")] = []
            continue
        rows = []
        for x in m.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")[1]:
            if isinstance(x, tuple):
                date = time.mktime(imaplib.Internaldate2tuple(x[0]))
                rows.append((x[1], date, tuple(sorted(f.lower() for f in imaplib.ParseFlags(x[0]) if f != b"\\Recent"))))
        out[name.replace(sep, "/")] = sorted(rows)
    subscribed = sorted(re.search(rb'"." "?(.*?)"?$', x)[1].decode().replace(sep, "/") for x in m.lsub()[1] if x)
    return out, subscribed, roles


def moved(pli, *args, passwords, **kw):
    return pli.pli("mailbox", *args, "--password-stdin", stdin="\n".join(passwords) + "\n", **kw)


@needs_dovecot
def test_a_round_trip_differs_in_nothing(pli, tmp_path):
    """Dovecot -> Pli by IMAP, Pli -> Dovecot by IMAP, Pli -> Maildir -> another Dovecot, Maildir -> Pli."""
    me = "moved@chu.test"
    pli.add(me, sign="never")
    with dovecot.Dovecot(SPECIAL) as dove:
        with dove.imap(OLD) as m:
            fill(m, ".")
            before, subscribed, roles = everything(m, ".")
        out = moved(pli, "import", me, dove.url(OLD), "--ca", dove.ca, passwords=[PASSWORD, dovecot.PASSWORD])
        assert "NOT" not in out and "left out" not in out, out
        with pli.imap(me) as m:
            here, subscribed_here, roles_here = everything(m, "/")
        assert {k: v for k, v in here.items() if k not in ("Junk", "Archive")} == before       # and Pli's own two, empty
        assert here["Junk"] == here["Archive"] == []
        assert set(subscribed) <= set(subscribed_here) and {k: v for k, v in roles_here.items() if k in roles} == roles
        assert len([r for r in before["INBOX"] if r[0] == BODIES[0]]) == 3

        moved(pli, "export", me, dove.url("back@old.test"), "--ca", dove.ca, passwords=[PASSWORD, dovecot.PASSWORD])
        with dove.imap("back@old.test") as m:
            back, subscribed_back, roles_back = everything(m, ".")
        assert {k: v for k, v in back.items() if k not in ("Junk", "Archive")} == before
        assert set(subscribed) <= set(subscribed_back) and roles_back == roles

        moved(pli, "export", me, str(tmp_path / "out"), passwords=[PASSWORD])
        dove.put("files@old.test", tmp_path / "out")
        with dove.imap("files@old.test") as m:
            files, subscribed_files, _ = everything(m, ".")
        assert {k: v for k, v in files.items() if k not in ("Junk", "Archive")} == before
        assert set(subscribed) <= set(subscribed_files)

        pli.add("again@chu.test", sign="never")
        moved(pli, "import", "again@chu.test", str(dove.maildir("files@old.test")), passwords=[PASSWORD])
        with pli.imap("again@chu.test") as m:
            again, _, roles_again = everything(m, "/")
        assert again == here and roles_again == roles_here
        told = [pli.json("mailbox", "statement", place, "--ca", dove.ca, "--password-stdin", stdin=word + "\n") for place, word in (
            (me, PASSWORD), ("again@chu.test", PASSWORD), (dove.url("back@old.test"), dovecot.PASSWORD), (str(tmp_path / "out"), ""))]
        sums = [{f["name"]: (f["messages"], f["octets"], f["bodies"], f["all"]) for f in t["folders"]} for t in told]
        assert sums[0] == sums[1] == sums[2] == sums[3] and len(sums[0]) == len(FOLDERS) + 2
        assert len({v[2] for v in sums[0].values()}) > 4         # digests tell folders apart


def maildir(top, messages):
    for sub in ("cur", "new", "tmp"):
        (top / sub).mkdir(parents=True)
    for n, body in enumerate(messages):
        path = top / "cur" / f"{1000 + n}.x:2,{'S' if n % 2 else ''}"
        path.write_bytes(body.replace(b"\r\n", b"\n"))
        os.utime(path, (1500000000 + n, 1500000000 + n))


def count(pli, me, folder="INBOX"):
    with pli.imap(me) as m:
        return int(m.select(f'"{folder}"', readonly=True)[1][0])


def test_killed_in_the_middle_it_goes_on_and_doubles_nothing(pli, tmp_path):
    me = "cut@chu.test"
    pli.add(me, sign="never")
    bodies = [plain(f"n {n}", me, me) for n in range(300)] + [plain("n 0", me, me)]
    maildir(tmp_path / "in", bodies)
    argv = pli.argv("mailbox", "import", me, str(tmp_path / "in"), "--password-stdin")
    seen = [0]
    while seen[-1] < 200:         # killed again and again, each time after some more have come
        p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        p.stdin.write((PASSWORD + "\n").encode())
        p.stdin.close()
        eventually(lambda: p.poll() is not None or count(pli, me) > seen[-1] + 40)
        p.send_signal(signal.SIGKILL)
        p.wait()
        seen.append(count(pli, me))
        assert seen[-1] > seen[-2]
        if p.returncode == 0:
            break
    assert any(0 < n < 301 for n in seen), seen       # it was cut off in the middle
    out = pli.json("mailbox", "import", me, str(tmp_path / "in"), "--password-stdin", stdin=PASSWORD + "\n")
    assert out["whole"] and count(pli, me) == 301
    assert sorted(pli.fetch_all(me)) == sorted(bodies)
    assert pli.json("mailbox", "import", me, str(tmp_path / "in"), "--password-stdin", stdin=PASSWORD + "\n")["brought"] == 0

    argv = pli.argv("mailbox", "export", me, str(tmp_path / "out"), "--password-stdin")
    p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    p.stdin.write((PASSWORD + "\n").encode())
    p.stdin.close()
    eventually(lambda: p.poll() is not None or ((tmp_path / "out" / "cur").exists() and len(os.listdir(tmp_path / "out" / "cur")) > 20))
    p.send_signal(signal.SIGKILL)
    p.wait()
    moved(pli, "export", me, str(tmp_path / "out"), passwords=[PASSWORD])
    assert sorted(f.read_bytes() for f in (tmp_path / "out" / "cur").iterdir()) == sorted(b.replace(b"\r\n", b"\n") for b in bodies)
    assert oct((tmp_path / "out").stat().st_mode)[-3:] == "700"


def test_what_is_broken_is_named_and_the_rest_comes(pli, tmp_path):
    me = "broken@chu.test"
    pli.add(me, sign="never")
    top = tmp_path / "in"
    good = [plain("un", me, me), plain("deux", me, me)]
    maildir(top, good)
    (top / "cur" / "2000.nul:2,").write_bytes(plain("nul", me, me).replace(b"Bonjour", b"Bon\0jour"))
    garbage = bytes(range(1, 256)).replace(b"\r", b"").replace(b"\n", b"") * 3
    (top / "cur" / "2001.garbage:2,").write_bytes(b"Subject: \xff\xfe\n\n" + garbage + b"\n")
    (top / "cur" / "2002.nothing:2,").write_bytes(b"")
    with open(top / "cur" / "2003.large:2,", "wb") as f:
        f.write(b"Subject: large\n\n")
        f.truncate(60 << 20)
    os.symlink("/etc/passwd", top / "cur" / "2004.link:2,")
    os.mkfifo(top / "cur" / "2005.fifo:2,")
    r = pli.pli("mailbox", "import", me, str(top), "--json", "--password-stdin", stdin=PASSWORD + "\n", check=False)
    got = json.loads(r.stdout)
    named = {x["message"].split(":")[0]: x["why"] for x in got["left_out"]}
    assert r.returncode == 1 and not got["whole"]
    assert {"2000.nul", "2003.large", "2004.link", "2005.fifo"} <= set(named), named
    assert "NUL" in named["2000.nul"] and "octets" in named["2003.large"]
    inbox = [f for f in got["folders"] if f["name"] == "INBOX"][0]
    assert inbox["left_out"] == len(named) and inbox["messages"] + len(named) == 8 and inbox["missing"] == 0
    there = pli.fetch_all(me)
    assert all(g in there for g in good) and b"Subject: \xff\xfe\r\n\r\n" + garbage + b"\r\n" in there
    assert not any(b"root:" in x for x in there)


MBOX = """From a@old.test Thu Jan  3 10:00:00 2019
Status: RO
X-Status: AF
X-Keywords: NonJunk $label1
Subject: un

>From here
>>From there

From b@old.test Fri Jan  4 11:00:00 2019
X-Mozilla-Status: 0001
Subject: deux

deux
"""


def test_mbox_files(pli, tmp_path):
    me = "mbox@chu.test"
    pli.add(me, sign="never")
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "Vieux").write_text(MBOX)
    (tmp_path / "mail" / "Vieux.sbd").mkdir()
    (tmp_path / "mail" / "Vieux.sbd" / "Été").write_text(MBOX)
    moved(pli, "import", me, str(tmp_path / "mail"), passwords=[PASSWORD])
    assert pli.fetch_all(me, "Vieux") == [b"Subject: un\r\n\r\nFrom here\r\n>From there\r\n", b"Subject: deux\r\n\r\ndeux\r\n"]
    with pli.imap(me) as m:
        m.select('"Vieux/&AMk-t&AOk-"', readonly=True)
        one, two = m.fetch("1:2", "(FLAGS INTERNALDATE)")[1]
        assert set(imaplib.ParseFlags(one)) - {b"\\Recent"} == {b"\\Seen", b"\\Answered", b"\\Flagged", b"NonJunk", b"$label1"}
        assert b" 3-Jan-2019 10:00:00 +0000" in one and b"\\Seen" in two
    (tmp_path / "bad").write_text("no mail at all\n" * 3 + "\n" + MBOX)
    r = moved(pli, "import", me, str(tmp_path / "bad"), passwords=[PASSWORD], check=False)
    assert r.returncode == 1 and "neither a Maildir nor an mbox" in r.stderr
    (tmp_path / "half").write_text("From nobody\nlost: line\n\n" + MBOX)
    r = moved(pli, "import", me, str(tmp_path / "half"), "--into", "Moitié", passwords=[PASSWORD], check=False)
    assert r.returncode == 1 and "its beginning" in r.stderr and count(pli, me, "Moiti&AOk-") == 2


def test_a_file_that_vanishes_is_named(pli, tmp_path):
    """Files deleted and renamed by another program while the import reads: renamed ones come, gone ones are named."""
    me = "gone@chu.test"
    pli.add(me, sign="never")
    maildir(tmp_path / "in", [plain(f"n {n}", me, me) for n in range(400)])
    p = subprocess.Popen(pli.argv("mailbox", "import", me, str(tmp_path / "in"), "--json", "--password-stdin"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    p.stdin.write(PASSWORD + "\n")
    p.stdin.close()
    p.stdin = None
    eventually(lambda: count(pli, me) > 0)
    p.send_signal(signal.SIGSTOP)
    assert count(pli, me) < 390, "it was too fast to be stopped in the middle"
    (tmp_path / "in" / "cur" / "1399.x:2,S").unlink()
    (tmp_path / "in" / "cur" / "1398.x:2,").rename(tmp_path / "in" / "cur" / "1398.x:2,FS")
    p.send_signal(signal.SIGCONT)
    out, _ = p.communicate(timeout=100)
    assert p.returncode == 1 and count(pli, me) == 399
    assert '"1399.x:2,S"' in out and "it went" in out and "1398" not in out


def test_wrong_passwords_and_certificates_move_nothing(pli, tmp_path):
    me = "strict@chu.test"
    pli.add(me, sign="never", extra=["--strict"])
    maildir(tmp_path / "in", [plain("un", me, me)])
    r = moved(pli, "import", me, str(tmp_path / "in"), passwords=["not-the-password"], check=False)
    assert r.returncode == 1 and "password" in r.stderr
    moved(pli, "import", me, str(tmp_path / "in"), passwords=[PASSWORD])
    assert count(pli, me) == 1
    r = moved(pli, "import", me, f"imaps://x@localhost:{pli.port('imaps')}", passwords=[PASSWORD, "x"], check=False)
    assert r.returncode == 1 and "certificate is not good" in r.stderr          # the trial CA is not one of the system's
    r = moved(pli, "import", me, f"imap://{me}@localhost:{pli.port('imap')}", "--ca", pli.ca, passwords=[PASSWORD, PASSWORD], check=False)
    assert r.returncode == 0 and count(pli, me) == 1                              # STARTTLS; its own mail is there already
    assert pli.pli("mailbox", "export", str(tmp_path), me, check=False).returncode == 2


def test_list_and_show_open_nothing(pli):
    me = "shown@chu.test"
    pli.add(me, sign="never")
    pli.submit(me, [me], plain("un", me, me))
    with pli.imap(me) as m:
        m.create('"Dossier de Mme X"')
        m.append('"Dossier de Mme X"', "(\\Seen)", None, plain("deux", me, me))
    opened = pli.output().count("ev=open-box")
    row = [x for x in pli.json("mailbox", "list") if x["address"] == me][0]
    assert row["messages"] == 2 and row["folders"] == 7
    got = pli.json("mailbox", "show", me)
    assert "Mme" not in str(got) and got["messages"] == 2
    inbox, other = [f for f in got["folders"] if f["messages"]]
    assert inbox["role"] == "INBOX" and inbox["unseen"] == 1 and other["role"] == "" and other["unseen"] == 0 and other["octets"] > 100
    assert {f["role"] for f in got["folders"]} == {"", "INBOX", "\\Sent", "\\Drafts", "\\Trash", "\\Junk", "\\Archive"}
    assert pli.output().count("ev=open-box") == opened           # nobody's key was asked for
    named = pli.json("mailbox", "show", me, "--names", "--password-stdin", stdin=PASSWORD + "\n")
    assert [f["name"] for f in named["folders"] if f["messages"]] == ["INBOX", "Dossier de Mme X"]
    assert pli.pli("mailbox", "show", "nobody@chu.test", check=False).returncode == 1


def test_what_one_side_cannot_take_keeps_nothing_else_back(pli, tmp_path):
    """A folder whose name Pli does not take, dates that IMAP cannot say, more keywords than a folder has room for."""
    me = "reste@chu.test"
    pli.add(me, sign="never")
    maildir(tmp_path / "M", BODIES[:3])
    for name in (".a\nb", "." + ".".join("n" * 40), ".Zoe"):
        maildir(tmp_path / "M" / name, BODIES[:1])
    old, new = sorted((tmp_path / "M" / "cur").iterdir())[:2]
    os.utime(old, (-86400, -86400))
    os.utime(new, (300000000000, 300000000000))
    for n in range(2):
        p = moved(pli, "import", me, str(tmp_path / "M"), passwords=[PASSWORD], check=False)
        assert p.returncode == 1 and len(p.stderr.splitlines()) == 2 and "control character" in p.stderr and "Zoe" not in p.stderr, p.stderr
        assert count(pli, me) == 3 and count(pli, me, "Zoe") == 1
        assert "4 messages brought" in p.stdout if n == 0 else "0 messages brought" in p.stdout
    box = tmp_path / "box"
    box.write_bytes(b"".join(b"From a@old.test Thu Jan  1 00:00:00 2015\nX-Keywords: k%d\nSubject: %d\n\nBonjour.\n\n" % (n, n) for n in range(70)))
    p = moved(pli, "import", me, str(box), "--into", "Mots", passwords=[PASSWORD], check=False)
    left = int(re.search(r"NOT the same, (\d+) with other flags", p.stdout)[1])
    assert p.returncode == 1 and "70 messages brought" in p.stdout, (p.stdout, p.stderr)
    assert [x.split("there: ")[1] for x in p.stderr.splitlines()] == [f"k{n}" for n in range(70 - left, 70)] and left > 10, p.stderr
    assert count(pli, me, "Mots") == 70
    with box.open("ab") as f:
        f.write(b"From a@old.test Thu Jan  1 00:00:00 2015\nX-Keywords: k3 k99\nSubject: 99\n\nBonjour.\n\n")
    p = moved(pli, "import", me, str(box), "--into", "Mots", passwords=[PASSWORD], check=False)
    assert "1 messages brought" in p.stdout and p.stderr.splitlines()[-1].endswith("there: k99"), p.stderr
    with pli.imap(me) as m:
        m.select("Mots", readonly=True)
        assert len(m.search(None, "KEYWORD", "k3")[1][0].split()) == 2       # what there is room for comes
    out = tmp_path / "out"
    p = moved(pli, "export", me, str(out), passwords=[PASSWORD], check=False)      # a Maildir has letters for 26
    assert p.returncode == 1 and "75 messages brought" in p.stdout and len(list((out / ".Mots" / "cur").iterdir())) == 71
    assert len([x for x in p.stderr.splitlines() if "no room there" in x]) == 70 - left - 26, p.stderr


def test_a_folder_that_cannot_be_written_keeps_no_other_back(pli, alices):
    me = "barre@chu.test"
    pli.add(me, sign="never")
    with pli.imap(me) as m:
        for name in ("Barre", "Ouvert"):
            m.create(name)
            m.append(name, "", None, BODIES[0])
    out = alices / "home" / "copie"
    maildir(out, [])
    maildir(out / ".Barre", [])
    for folder, _, _ in os.walk(out):
        os.chown(folder, ALICE, ALICE)
    (out / ".Barre" / "tmp").chmod(0o500)
    p = moved(pli, "export", me, str(out), passwords=[PASSWORD], check=False)
    assert p.returncode == 1 and p.stderr.count("\n") == 1 and "Barre" in p.stderr, (p.stdout, p.stderr)
    assert len(list((out / ".Ouvert" / "cur").iterdir())) == 1


def test_a_file_cut_short_ends_with_a_line_and_goes_on(pli, tmp_path):
    me = "court@chu.test"
    pli.add(me, sign="never", extra=["--quota", "1G"])
    one = b"From a@old.test Thu Jan  1 00:00:00 2015\nSubject: %d\n\n" + b"x" * 70 + b"\n\n"
    box = tmp_path / "box"
    box.write_bytes(b"".join(one % n for n in range(50000)))
    p = subprocess.Popen(pli.argv("mailbox", "import", me, str(box), "--password-stdin"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    p.stdin.write(PASSWORD + "\n")
    p.stdin.close()
    p.stdin = None
    eventually(lambda: count(pli, me) > 20)
    os.kill(p.pid, signal.SIGSTOP)
    os.truncate(box, 0)
    os.kill(p.pid, signal.SIGCONT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 1 and err == "pli: the mbox file was cut short while it was read: call this again when nobody writes to it\n", (out, err)
    came = count(pli, me)
    assert 20 < came < 50000
    box.write_bytes(b"".join(one % n for n in range(came + 5)))
    moved(pli, "import", me, str(box), passwords=[PASSWORD])
    assert count(pli, me) == came + 5


def test_words_that_cannot_be_read_are_not_written_over(pli, tmp_path):
    me = "motscles@chu.test"
    pli.add(me, sign="never")
    with pli.imap(me) as m:
        assert m.append("INBOX", "(projet)", None, BODIES[0])[0] == "OK"
    out = tmp_path / "M"
    maildir(out, BODIES[1:2])
    words = out / "dovecot-keywords"
    words.symlink_to("/etc/hostname")          # root reads everything but a link
    p = moved(pli, "export", me, str(out), passwords=[PASSWORD], check=False)
    assert p.returncode == 1 and words.is_symlink() and "dovecot-keywords" in p.stderr, p.stderr
    p = moved(pli, "import", me, str(out), passwords=[PASSWORD], check=False)
    assert p.returncode == 1 and "its keywords" in p.stderr and count(pli, me) == 2


def test_what_was_removed_is_not_moved(pli, tmp_path):
    me = "retire@chu.test"
    pli.add(me, sign="never")
    with pli.imap(me) as m:
        m.append("INBOX", "", None, BODIES[0])
        m.append("INBOX", "(\\Deleted)", None, BODIES[1])
        m.select()
        m.expunge()
        shown = "Recently deleted"
        assert m.subscribe(f'"{shown}"')[0] == "OK" and any(shown.encode() in x for x in m.list()[1])
    moved(pli, "export", me, str(tmp_path / "M"), passwords=[PASSWORD])
    assert len(list((tmp_path / "M" / "cur").iterdir())) == 1
    assert not [f for f in json.loads(moved(pli, "statement", me, "--json", passwords=[PASSWORD]))["folders"] if f["name"] == "Recently deleted"]


ALICE = 54321      # a uid that nobody here has


@pytest.fixture
def alices():
    """A folder of another user's, and one of root's beside it that she may not read. pytest's own folders let nobody pass."""
    if os.geteuid() != 0:
        pytest.skip("gives files to another user")
    with tempfile.TemporaryDirectory(prefix="pli-test-") as d:
        os.chmod(d, 0o711)
        top = pathlib.Path(d)
        maildir(top / "home", [plain("la sienne", "a@old.test", "b@old.test")])
        maildir(top / "roots", [plain("celle de root", "a@old.test", "b@old.test")])
        (top / "roots").chmod(0o700)
        for folder, _, files in os.walk(top / "home"):
            for path in [folder] + [os.path.join(folder, f) for f in files]:
                os.chown(path, ALICE, ALICE)
        yield top


def messages(pli, me, folder):
    with pli.imap(me) as m:
        if m.select(f'"{folder}"', readonly=True)[0] != "OK":
            return []
        return [x[1] for x in m.uid("FETCH", "1:*", "(BODY.PEEK[])")[1] if isinstance(x, tuple)]


def link(at, to):
    os.symlink(to, at)
    os.lchown(at, ALICE, ALICE)


@pytest.mark.parametrize("where", ["folder", "nested", "top", "behind", "cur", "file", "fifo"])
def test_root_follows_no_link_of_the_owner(pli, alices, where):
    """What root reads for alice is what alice could read, whichever step of the path she makes a link."""
    me = f"lien-{where}@chu.test"
    pli.add(me, sign="never")
    home, roots = alices / "home", alices / "roots"
    name = home
    if where == "folder":
        link(home / ".Dossier", roots)
    elif where == "nested":
        link(home / "Dossier", roots)
    elif where == "top":
        home.rename(alices / "away")
        link(home, roots)
    elif where == "behind":          # a link of root's leads to hers
        home.rename(alices / "away")
        link(home, roots)
        name = f"{alices}/named/."
        (alices / "named").symlink_to(home)
    elif where == "fifo":
        os.mkfifo(home / "cur" / "pipe:2,")
    elif where == "cur":
        shutil.rmtree(home / "new")
        link(home / "new", roots / "cur")
    else:
        link(home / "cur" / "lien:2,", roots / "cur" / os.listdir(roots / "cur")[0])
    p = moved(pli, "import", me, str(name), passwords=[PASSWORD], check=False)
    there = [m for f in ("INBOX", "Dossier") for m in messages(pli, me, f)]
    assert not [m for m in there if b"celle de root" in m], (p.stdout, p.stderr)
    assert len(there) == (0 if where in ("top", "behind") else 1)
    assert p.returncode != 0 or where in ("folder", "nested"), p.stdout


def test_a_link_of_the_administrators_is_followed(pli, alices):
    me = "nomme@chu.test"
    pli.add(me, sign="never")
    (alices / "named").symlink_to(alices / "home")
    (alices / "owns").symlink_to("roots")
    moved(pli, "import", me, str(alices / "named"), passwords=[PASSWORD])
    moved(pli, "import", me, str(alices / "owns"), passwords=[PASSWORD])
    assert len(messages(pli, me, "INBOX")) == 2
    moved(pli, "export", me, str(alices / "named"), passwords=[PASSWORD])
    assert {f.stat().st_uid for f in (alices / "home" / "cur").iterdir()} == {ALICE}


def test_a_place_of_roots_with_folders_of_others_is_refused(pli, alices):
    me = "mixte@chu.test"
    pli.add(me, sign="never")
    (alices / "home").rename(alices / "roots" / ".Alice")
    (alices / "named").symlink_to("roots")
    for name in ("roots", "named"):
        p = moved(pli, "import", me, str(alices / name), passwords=[PASSWORD], check=False)
        assert p.returncode == 1 and "holds folders of others" in p.stderr and messages(pli, me, "INBOX") == []


def test_an_export_into_alices_folder_is_hers_and_changes_nothing_of_others(pli, alices):
    me = "sortie@chu.test"
    pli.add(me, sign="never")
    pli.submit(me, [me], plain("la lettre", me, me))
    before = sorted(os.listdir(alices / "roots" / "cur"))
    for sub in ("cur", "new", "tmp"):
        shutil.rmtree(alices / "home" / sub)
        link(alices / "home" / sub, alices / "roots" / sub)
    p = moved(pli, "export", me, str(alices / "home"), passwords=[PASSWORD], check=False)
    assert p.returncode == 1 and sorted(os.listdir(alices / "roots" / "cur")) == before, p.stderr
    shutil.rmtree(alices / "home")
    (alices / "home").mkdir()
    os.chown(alices / "home", ALICE, ALICE)
    moved(pli, "export", me, str(alices / "home" / "copie"), passwords=[PASSWORD])
    files = [os.path.join(d, f) for d, _, names in os.walk(alices / "home") for f in names]
    assert [f for f in files if "/cur/" in f] and {os.stat(f).st_uid for f in files} == {ALICE} and {os.stat(f).st_mode & 0o777 for f in files} == {0o600}


@pytest.mark.parametrize("greeting", [b"* OK hello\r\n", b"\0\xff{99999999999}\r\n" * 3, b"* BYE no\r\n", b"* OK [CAPABILITY " + b"X" * 300000 + b"]\r\n", b""],
                         ids=["no-starttls", "garbage", "bye", "long", "nothing"])
def test_a_hostile_server_meets_nobody(pli, greeting):
    """What another server says is read without root's rights and without a connection to a daemon; it ends the command with one line."""
    me = f"h{len(greeting)}@chu.test"
    pli.add(me, sign="never")
    with socket.create_server(("127.0.0.1", 0)) as door:
        p = subprocess.Popen(pli.argv("mailbox", "import", me, f"imap://x@127.0.0.1:{door.getsockname()[1]}", "--ca", pli.ca, "--password-stdin"),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})      # libetpan forgets the lines of a BYE
        p.stdin.write(f"{PASSWORD}\nx\n")
        p.stdin.close()
        p.stdin = None
        door.settimeout(60)
        c, _ = door.accept()
        if os.geteuid() == 0:
            status = open(f"/proc/{p.pid}/status").read()
            assert set(re.search(r"Uid:(.*)", status)[1].split()) == {"65534"} and re.search(r"CapEff:\s*0+$", status, re.M)
        unix = {line.split()[6] for line in open(f"/proc/{p.pid}/net/unix").read().splitlines()[1:]}
        held = [os.readlink(f"/proc/{p.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{p.pid}/fd")]
        assert not [h for h in held if h.startswith("socket:") and h[8:-1] in unix]
        c.sendall(greeting)
        c.shutdown(socket.SHUT_WR)
        out, err = p.communicate(timeout=60)
        c.close()
    assert p.returncode == 1 and out == "" and len(err.splitlines()) == 1, (out, err[:500])


class Talker:
    """A server of our own making: answers what a mover says, and a FETCH of a message as it is told."""

    def __init__(self, folder, body):
        key, pem = folder / "key.pem", folder / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", pem], check=True, capture_output=True)
        folder.chmod(0o755)
        pem.chmod(0o644)
        self.ca, self.body, self.tls = str(pem), body, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(pem, key)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]

    def run(self):
        self.door.settimeout(60)
        s = self.tls.wrap_socket(self.door.accept()[0], server_side=True)
        s.settimeout(60)
        s.sendall(b"* OK bonjour\r\n")
        said = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n", b"LIST": b'* LIST () "/" INBOX\r\n', b"EXAMINE": b"* 1 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] ok\r\n",
                b"UID SEARCH": b"* SEARCH 1\r\n", b"UID FETCH": b"* 1 FETCH (UID 1 RFC822.SIZE 10)\r\n"}
        f = s.makefile("rb")
        try:
            for line in f:
                tag, rest = line.rstrip().split(b" ", 1)
                if b"BODY.PEEK[]" in rest:
                    self.body(s)
                s.sendall(b"".join(v for k, v in said.items() if rest.startswith(k)) + tag + b" OK fait\r\n")
        except OSError:
            pass           # it hung up
        f.close()
        s.close()
        self.door.close()


def said_by(pli, me, body):
    pli.add(me, sign="never")
    folder = tempfile.TemporaryDirectory(prefix="pli-test-")      # nobody reads the certificate
    server = Talker(pathlib.Path(folder.name), lambda s: body(s, p.pid))
    p = subprocess.Popen(pli.argv("mailbox", "import", me, f"imaps://x@localhost:{server.port}", "--ca", server.ca, "--password-stdin"),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    p.stdin.write(f"{PASSWORD}\nx\n")
    p.stdin.close()
    p.stdin = None
    try:
        with folder:
            server.run()
        return p, *p.communicate(timeout=60)
    finally:
        p.kill()


def test_a_literal_cut_short_ends_the_command(pli):
    def cut(s, pid):
        s.sendall(b'* 1 FETCH (UID 1 FLAGS () INTERNALDATE "01-Jan-2015 00:00:00 +0000" BODY[] {1000}\r\nSubject: x')
        s.shutdown(socket.SHUT_RDWR)
        raise OSError
    p, out, err = said_by(pli, "coupe@chu.test", cut)
    assert p.returncode == 1 and "the connection to the IMAP server ended" in err and len(err.splitlines()) == 1, (out, err)


def test_a_literal_without_end_is_not_read(pli):
    """The size said 10 octets; four thousand million are announced, and come."""
    sent = [0]

    def flood(s, pid):
        s.sendall(b'* 1 FETCH (UID 1 FLAGS () INTERNALDATE "01-Jan-2015 00:00:00 +0000" BODY[] {4000000000}\r\n')
        while sent[0] < 200 << 20:
            s.sendall(b"x" * (1 << 20))
            sent[0] += 1 << 20
        s.shutdown(socket.SHUT_RDWR)
        raise OSError
    p, out, err = said_by(pli, "flot@chu.test", flood)
    assert p.returncode == 1 and "says more than was asked for" in err and len(err.splitlines()) == 1, (out, err)
    assert sent[0] < 100 << 20 and count(pli, "flot@chu.test") == 0
