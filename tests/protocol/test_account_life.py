# SPDX-License-Identifier: EUPL-1.2
"""The life of an account: suspended and resumed, closed and reopened, purged; and who may have its address afterwards. Decision 0045."""
import contextlib
import json
import os
import re
import signal
import smtplib
import subprocess
import threading
import time

import pytest
from instance import FINESS, PASSWORD, Instance, eventually, plain

SUSPENDED, CLOSED = "Cette boite aux lettres est suspendue", "Cette boite aux lettres est fermee"
ONE, TWO = "10001234565", "10009999995"  # two professionals, fictitious
COLLEAGUE = "collegue@chu.test"


@pytest.fixture(scope="module")
def pli():
    with Instance() as p:
        p.add(COLLEAGUE, sign="never")
        yield p


def refused(pli, code, says, *args, stdin=""):
    r = pli.pli(*args, stdin=stdin, check=False)
    assert r.returncode == code and says in r.stderr and r.stderr.count("\n") == 1, (r.returncode, r.stdout, r.stderr)


def rcpt(pli, to):
    """(code, enhanced code, text) for a recipient, as an operator on port 25 and as a colleague hear it."""
    told = []
    for s, sender in ((pli.smtp("smtp", pem=pli.trust_operator()), "x@load.test"), (pli.smtp(login=COLLEAGUE), COLLEAGUE)):
        with s:
            s.mail(sender)
            code, text = s.rcpt(to)
            told.append((code, text.decode().split(" ", 1)[0], text.decode().split(" ", 1)[1]))
    assert told[0] == told[1]
    return told[0]


def book(pli, address):
    """What a colleague's address book finds under that address."""
    r = subprocess.run(["ldapsearch", "-LLL", "-x", "-H", f"ldaps://localhost:{pli.port('ldaps')}", "-D", f"mail={COLLEAGUE},ou=mailboxes,o=pli", "-w", PASSWORD,
                        "-b", "o=pli", f"(|(mail={address})(mailLocalAddress={address}))"], env=dict(os.environ, LDAPTLS_CACERT=str(pli.ca)), capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    return r.stdout.strip()


def show(pli, who):
    return pli.json("account", "show", who)


def person(pli, who, rpps=ONE, mail=0, extra=()):
    pli.add(who, kind="per", extra=("--rpps", rpps, *extra))
    for i in range(mail):
        pli.submit(who, [who], plain(f"lettre {i}", who, who, body="Bonjour.\r\n" * 4000))  # its octets lie in a segment
    return who


def erased(pli):
    """What the store has of mailboxes, messages and sealed octets: the same again once its background thread is done with what was purged."""
    stats = pli.json("store", "stats")
    return {k: stats[k] for k in ("boxes", "messages", "bytes_plain", "live_bytes")}


def keys(pli, who, mailbox):
    """Which private keys keyd's own keys still open."""
    r = subprocess.run([pli.bin.parent / "test/tests/lib/keys_dump", pli.root, who, str(mailbox)], capture_output=True, text=True)
    return {line.split()[0] for line in r.stdout.splitlines() if " " in line}


# ---- suspended ----
def test_suspended_and_resumed(pli):
    who = person(pli, "suspendue@chu.test", mail=1, extra=("--alias", "s@chu.test"))
    assert book(pli, who)
    session = pli.imap(who)
    session.select("INBOX")
    assert pli.pli("account", "suspend", who, "--reason", "en arrêt") == f"account {who} suspended\n"
    session.sock.settimeout(30)
    assert b"* BYE " in session.sock.recv(1000)
    with pytest.raises(Exception, match="suspendu ou ferme"):
        pli.imap(who)
    for to in (who, "s@chu.test", "suspendue+x@chu.test"):
        code, esc, text = rcpt(pli, to)
        assert (code, esc) == (550, "5.2.1") and text.startswith(SUSPENDED)
    assert book(pli, who) == ""
    shown = show(pli, who)
    assert (shown["state"], shown["state_reason"], shown["disabled"], shown["keep_until"]) == ("suspended", "en arrêt", True, None)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert shown["state_since"].startswith(today)
    assert f"state        suspended since {today}: en arrêt\n" in pli.pli("account", "show", who)
    assert [line.split()[2] for line in pli.pli("account", "list").splitlines() if line.startswith(who)] == ["suspended"]
    assert "is not closed" in pli.pli("account", "reopen", who, check=False).stderr
    assert pli.pli("account", "resume", who) == f"account {who} resumed\n"
    shown = show(pli, who)
    assert (shown["state"], shown["state_reason"], shown["state_since"]) == ("active", None, None)
    assert len(pli.fetch_all(who)) == 1 and book(pli, who)
    pli.pli("account", "disable", who)  # the same by its older name
    assert show(pli, who)["state"] == "suspended"
    pli.pli("account", "enable", who)
    assert show(pli, who)["state"] == "active"


# ---- closed ----
def test_closed_and_reopened(pli):
    who = person(pli, "fermee@chu.test", mail=2, extra=("--alias", "f@chu.test"))
    other = person(pli, "voisin@chu.test")
    box = person(pli, "cabinet.f@chu.test")
    pli.pli("delegate", "add", who, "--to", other, "--rights", "work")
    pli.pli("delegate", "add", box, "--to", who, "--rights", "work")
    session, neighbour = pli.imap(who), pli.imap(other)
    theirs = f'"Other users/{who}/INBOX"'
    assert neighbour.select(theirs)[0] == "OK"
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 90 * 86400))
    said = pli.pli("account", "close", who, "--reason", "retraite")
    assert said == f"account {who} closed; its mail and its keys are kept until {day}, and pli account reopen gives it back\n"
    session.sock.settimeout(30)
    assert b"* BYE " in session.sock.recv(1000)
    for to in (who, "f@chu.test", "F+x@chu.test"):
        code, esc, text = rcpt(pli, to)
        assert (code, esc) == (550, "5.1.6") and text.startswith(CLOSED)
    with pytest.raises(Exception, match="suspendu ou ferme"):
        pli.imap(who)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        pli.smtp(login=who)
    assert book(pli, who) == "" and book(pli, "f@chu.test") == ""
    assert who not in [c["address"] for c in pli.json("cert", "list")]
    # delegations from it and to it are gone, with their keys
    assert pli.json("delegate", "list", who) == [] and pli.json("delegate", "list", box) == []
    assert pli.imap(other).select(theirs)[0] == "NO"
    shown = show(pli, who)
    assert (shown["state"], shown["state_reason"], shown["messages"]) == ("closed", "retraite", 2) and shown["keep_until"].startswith(day)
    # everything else that would change it is refused, and says what to do
    for words in (["resume"], ["enable"], ["suspend"], ["set", "--service", "x"], ["passwd", "--generate"]):
        refused(pli, 1, "is closed: pli account reopen gives it back", "account", words[0], who, *words[1:])
    refused(pli, 2, "not reed", "delegate", "add", who, "--to", other, "--rights", "reed")     # r, e and d: to delete
    refused(pli, 1, "is closed", "delegate", "add", who, "--to", other, "--rights", "read")
    refused(pli, 1, "is closed", "delegate", "add", box, "--to", who, "--rights", "read")
    refused(pli, 1, "is closed", "cert", "issue-trial", who)
    refused(pli, 1, "is closed", "account", "quota", who, "--storage", "7G")
    # closing it again ends what was cut off; --keep alone sets another time
    assert f"until {day}" in pli.pli("account", "close", who)
    assert show(pli, who)["state_reason"] == "retraite"
    other_day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 86400))
    assert pli.json("account", "close", who, "--keep", "7")["keep_until"].startswith(other_day)
    assert pli.json("account", "purge", "--dry-run") == [{"address": who, "outcome": "waits", "keep_until": show(pli, who)["keep_until"], "why": ""}]
    assert [r["outcome"] for r in pli.json("account", "purge", "--dry-run", "--at", "2090-01-01")] == ["due"]
    assert pli.pli("account", "purge") == f"{who} is kept until {other_day}\n"
    # nobody else gets the address, nor an alias of it
    refused(pli, 1, "pli account reopen", "account", "add", who, "--type", "per", "--rpps", TWO, "--name", "Une AUTRE", "--password-stdin", stdin="pw-assez-long\n")
    refused(pli, 1, "pli account reopen", "account", "add", who, "--type", "per", "--rpps", ONE, "--name", "La MEME", "--password-stdin", stdin="pw-assez-long\n")
    refused(pli, 1, "pli account reopen fermee@chu.test", "account", "set", other, "--alias", "f@chu.test")
    r = pli.pli("account", "add", who, "--type", "per", "--rpps", TWO, "--name", "Une AUTRE", "--json", check=False)
    assert json.loads(r.stderr)["cause"] == "address-closed"
    assert pli.pli("account", "reopen", who) == f"account {who} reopened\n"
    assert len(pli.fetch_all(who)) == 2 and book(pli, who) and rcpt(pli, "f@chu.test")[0] == 250
    assert who in [c["address"] for c in pli.json("cert", "list")]
    pli.submit(who, [who], plain("de retour", who, who))
    assert len(pli.fetch_all(who)) == 3
    assert pli.json("delegate", "list", who) == []  # those are named anew
    assert show(pli, who)["quota"] != 7 << 30


def test_what_is_not_a_closing(pli):
    who = person(pli, "options@chu.test")
    for bad in ("--keep=-1", "--keep=3651", "--keep=demain", "--keep="):
        refused(pli, 2, "--keep is a number of days", "account", "close", who, bad)
    refused(pli, 2, "--at is a day", "account", "purge", "--at", "2027-01-01")
    refused(pli, 2, "--at is a day", "account", "purge", "--dry-run", "--at", "bientôt")
    refused(pli, 1, "no account", "account", "close", "personne@chu.test")
    refused(pli, 2, "direction", "account", "close", who, "--reason", "a\u202eb")
    assert show(pli, who)["state"] == "active"


def test_two_closes_at_once(pli):
    who = person(pli, "deux@chu.test", mail=1)
    done = []
    both = [threading.Thread(target=lambda days=days: done.append(pli.pli("account", "close", who, "--keep", days, check=False))) for days in ("5", "9")]
    for t in both:
        t.start()
    for t in both:
        t.join()
    assert [r.returncode for r in done] == [0, 0], done
    kept = show(pli, who)
    assert kept["state"] == "closed" and kept["keep_until"][:10] in [time.strftime("%Y-%m-%d", time.gmtime(time.time() + d * 86400)) for d in (5, 9)]
    pli.pli("account", "reopen", who)
    assert len(pli.fetch_all(who)) == 1


# ---- purged ----
def test_purged(pli):
    before = eventually(lambda: erased(pli))
    who = person(pli, "purgee@chu.test", mail=3, extra=("--alias", "p@chu.test"))
    assert erased(pli)["boxes"] == before["boxes"] + 1
    number = show(pli, who)["mailbox"]
    assert {"mailbox", "signing"} <= keys(pli, who, number)
    pli.pli("account", "close", who, "--keep", "0")
    assert [r["outcome"] for r in pli.json("account", "purge", "--dry-run") if r["address"] == who] == ["due"]
    assert show(pli, who)["state"] == "closed"  # dry
    assert pli.pli("account", "purge") == f"{who} purged\n"
    assert eventually(lambda: erased(pli) == before)
    assert eventually(lambda: re.search(rf"ev=account-erase name={who} rc=ok by=.*\n(.*\n)*.*ev=account-bury name={who} rc=ok", pli.output()))
    assert "mailbox" not in keys(pli, who, number) and "signing" not in keys(pli, who, number)
    assert pli.json("account", "purge") == []
    # there is no way back
    refused(pli, 1, f"{who} was closed for good, and its mail is destroyed", "account", "reopen", who)
    refused(pli, 1, f"{who} was closed for good", "account", "show", who)
    refused(pli, 1, "closed for good", "account", "show", "p@chu.test")
    assert rcpt(pli, "p@chu.test")[:2] == (550, "5.1.6")
    # another person never, nor as an alias of hers
    refused(pli, 1, "never given to another holder", "account", "add", who, "--type", "per", "--rpps", TWO, "--name", "Une AUTRE", "--password-stdin", stdin="pw-assez-long\n")
    refused(pli, 1, "never given to another holder", "account", "add", who, "--type", "org", "--structure", FINESS, "--name", "Un service", "--password-stdin",
            stdin="pw-assez-long\n")
    refused(pli, 1, "never given to another holder", "account", "add", "ailleurs@chu.test", "--type", "per", "--rpps", TWO, "--name", "Une AUTRE", "--alias", "p@chu.test",
            "--password-stdin", stdin="pw-assez-long\n")
    assert erased(pli) == before  # nothing was left behind by them
    # she comes back: the address is hers, and the mailbox empty
    person(pli, who)
    assert pli.fetch_all(who) == []
    pli.pli("account", "delete", who)
    refused(pli, 1, "never given to another holder", "account", "add", who, "--type", "per", "--rpps", TWO, "--name", "Une AUTRE", "--password-stdin", stdin="pw-assez-long\n")


def test_two_purges_at_once(pli):
    before = erased(pli)
    people = [person(pli, f"ensemble{i}@chu.test", mail=1) for i in range(6)]
    for who in people:
        pli.pli("account", "close", who, "--keep", "0")
    runs = [subprocess.Popen(pli.argv("account", "purge"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(3)]
    for r in runs:
        said = r.communicate(timeout=60)[0]
        assert r.returncode == 0, said
    assert pli.json("account", "purge") == [] and eventually(lambda: erased(pli) == before)
    for who in people:
        refused(pli, 1, "closed for good", "account", "show", who)


def test_a_legal_hold_keeps_it(pli):
    who = person(pli, "saisie@chu.test", mail=1)
    pli.pli("account", "close", who, "--keep", "0")
    pli.pli("mailbox", "hold", "set", who, "--reason", "enquête", "--by", "Mme Juge")
    assert pli.pli("account", "purge") == f"{who} is on legal hold, and is kept\n"
    assert [r["outcome"] for r in pli.json("account", "purge")] == ["held"]
    refused(pli, 1, "legal hold", "account", "delete", who, "--yes")
    assert show(pli, who)["messages"] == 1
    pli.pli("mailbox", "hold", "clear", who, "--reason", "classée", "--by", "Mme Juge")
    assert [r["outcome"] for r in pli.json("account", "purge")] == ["purged"]


def test_deleted_at_once_or_never_there(pli):
    who = person(pli, "erreur@chu.test")
    pli.pli("account", "delete", who, "--never-used")
    pli.add(who, kind="per", extra=("--rpps", TWO))  # it was nobody's: it may be anybody's
    pli.imap(who).logout()
    refused(pli, 1, "was used: pli account delete", "account", "delete", who, "--never-used")
    other = person(pli, "recue@chu.test", mail=0)
    pli.submit(COLLEAGUE, [other], plain("bonjour", COLLEAGUE, other))
    refused(pli, 1, "was used: pli account delete", "account", "delete", other, "--never-used")
    pli.pli("account", "delete", who)
    refused(pli, 1, "never given to another holder", "account", "add", who, "--type", "per", "--rpps", ONE, "--name", "Une AUTRE", "--password-stdin", stdin="pw-assez-long\n")


def doctor(pli):
    return [f["text"] for f in json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"] if f["check"] in ("clock-ahead", "closed")]


def test_a_clock_that_has_jumped_destroys_nothing():
    """Decision 0054: what stored has seen run counts beside the clock; pli doctor tells of it; who deletes at once asks no clock."""
    with Instance() as p:
        for who in ("loin@chu.test", "tout-de-suite@chu.test"):
            person(p, who, mail=1)
            p.pli("account", "close", who, "--keep", "1")
        day = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 5 * 86400))  # as if 90 days had been given, and the clock stood 95 days ahead
        ldap(p, "ldapmodify", f"dn: mail=loin@chu.test,ou=mailboxes,o=pli\nchangetype: modify\nreplace: pliKeepUntil\npliKeepUntil: {day}\n")
        p.stop()
        subprocess.run([p.bin.parent / "test/tests/lib/store_clock", p.root, "95"], check=True)
        p.serve()
        assert eventually(lambda: "ev=clock-ahead days=95" in p.output())
        kept = {r["address"]: r for r in p.json("account", "purge")}
        assert kept["loin@chu.test"]["outcome"] == "waits" and "clock stands further ahead" in kept["loin@chu.test"]["why"]
        assert "clock stands further ahead" in p.pli("account", "purge") and show(p, "loin@chu.test")["messages"] == 1
        told = doctor(p)
        assert len(told) == 1 and told[0].startswith("the clock stands 9"), told
        p.pli("account", "delete", "tout-de-suite@chu.test")
        p.stop()
        subprocess.run([p.bin.parent / "test/tests/lib/store_clock", p.root, "0"], check=True)
        p.serve()
        told = doctor(p)
        assert told == ["1 closed accounts are kept beyond their time, loin@chu.test first"]
        p.pli("mailbox", "hold", "set", "loin@chu.test", "--reason", "enquête", "--by", "Mme Juge")
        told = doctor(p)
        assert told == ["1 closed accounts are kept beyond their time, on legal hold"]
        p.pli("mailbox", "hold", "clear", "loin@chu.test", "--reason", "classée", "--by", "Mme Juge")
        assert p.pli("account", "purge") == "loin@chu.test purged\n"


# ---- cut off ----
def ldap(pli, tool, text="", *more):
    """As dird speaks to slapd: over run/ldapi, with its secret."""
    uri = f"ldapi://{str(pli.root / 'run/ldapi').replace('/', '%2F')}"
    r = subprocess.run([tool, "-x", "-H", uri, "-D", "cn=dird,ou=daemons,o=pli", "-y", str(pli.root / "keys/dird.secret"), *more], input=text, capture_output=True, text=True)
    assert r.returncode == 0, (tool, r.stdout, r.stderr)
    return r.stdout


def entry(pli, who):
    return ldap(pli, "ldapsearch", "", "-LLL", "-o", "ldif-wrap=no", "-b", f"mail={who},ou=mailboxes,o=pli", "-s", "base")


ERASING = "dn: mail={},ou=mailboxes,o=pli\nchangetype: modify\nreplace: pliErasing\npliErasing: TRUE\n"


@pytest.mark.parametrize("cut", ["before its mailbox went", "before the tombstone", "before the entry went"])
def test_a_purge_that_was_cut_off_is_ended(pli, cut):
    """The state that kill -9 leaves behind each step is made by hand; then the next run ends it, and between them there is no way back."""
    before = erased(pli)
    who = person(pli, f"{cut.replace(' ', '.')}@chu.test", mail=1)
    pli.pli("account", "close", who, "--keep", "0")
    ldap(pli, "ldapmodify", ERASING.format(who))
    if cut != "before its mailbox went":
        was = entry(pli, who)
        assert pli.pli("account", "purge") == f"{who} purged\n"
        if cut == "before the tombstone":
            ldap(pli, "ldapdelete", "", f"mail={who},ou=closed,o=pli")
        ldap(pli, "ldapadd", was)
        eventually(lambda: pli.pli("account", "list").count(who))
        assert [r["outcome"] for r in pli.json("account", "purge", "--dry-run")] == ["due"]
    assert rcpt(pli, who)[:2] == (550, "5.1.6")
    refused(pli, 1, "its keys and its mail are being destroyed", "account", "reopen", who)
    assert pli.pli("account", "purge") == f"{who} purged\n"
    assert eventually(lambda: erased(pli) == before)
    assert rcpt(pli, who)[:2] == (550, "5.1.6")
    refused(pli, 1, "closed for good", "account", "show", who)
    refused(pli, 1, "never given to another holder", "account", "add", who, "--type", "per", "--rpps", TWO, "--name", "Une AUTRE", "--password-stdin", stdin="pw-assez-long\n")


def test_kill_at_any_moment(pli):
    """pli, dird and stored are killed while accounts are purged: afterwards one run leaves nothing, and every address has its tombstone."""
    before = erased(pli)
    people = [person(pli, f"tue{i}@chu.test", mail=1) for i in range(8)]
    for who in people:
        pli.pli("account", "close", who, "--keep", "0")
    for n, victim in enumerate(["pli", "pli-dird", "pli", "pli-stored", "pli", "pli"]):
        other = None if victim == "pli" else pli.wait_daemon(victim)
        run = subprocess.Popen(pli.argv("account", "purge"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seen = pli.output().count("ev=account-")
        eventually(lambda: run.poll() is not None or pli.output().count("ev=account-") > seen + n % 3)
        with contextlib.suppress(ProcessLookupError):  # it was quicker
            os.kill(other or run.pid, signal.SIGKILL)
        run.wait(60)
    eventually(lambda: pli.pli("account", "purge", check=False).returncode == 0 and pli.json("account", "purge") == [])
    assert eventually(lambda: erased(pli) == before)
    assert [rcpt(pli, who)[:2] for who in people] == [(550, "5.1.6")] * len(people)
    assert "mailboxes" not in pli.pli("doctor", check=False).stderr


def test_the_directory_is_away(pli):
    """Nothing is half done, and the error says what to look at."""
    who = person(pli, "panne@chu.test", mail=1)
    slapd = pli.daemon("slapd")
    os.kill(slapd, signal.SIGSTOP)
    try:
        r = pli.pli("account", "close", who, check=False)
        assert r.returncode == 1 and r.stderr.count("\n") == 1 and "slapd" in r.stderr, r.stderr
        assert rcpt(pli, who)[0] == 250
    finally:
        os.kill(slapd, signal.SIGCONT)
    eventually(lambda: pli.pli("account", "show", who, check=False).returncode == 0)
    assert show(pli, who)["state"] == "active" and len(pli.fetch_all(who)) == 1
    pli.pli("account", "close", who)
    assert show(pli, who)["state"] == "closed"
    pli.pli("account", "reopen", who)


# ---- a file of accounts ----
def test_in_a_file(pli, tmp_path):
    who, gone = person(pli, "ligne@chu.test", extra=("--alias", "li@chu.test")), person(pli, "partie@chu.test")
    pli.pli("account", "delete", gone)
    rows = tmp_path / "lignes.csv"

    def result(*lines, dry=False):
        rows.write_text("adresse;type;nom_affiche;rpps;alias;etat\n" + "\n".join(lines) + "\n")
        r = pli.pli("account", "import", rows, "--json", *(["--dry-run"] if dry else []), check=False)
        return [(row["outcome"], row["why"]) for row in json.loads(r.stdout)["rows"]]

    line = f"{who};per;Essai ligne;{ONE};li@chu.test;"
    assert result(line) == [("unchanged", "")]
    for dry in (True, False):
        assert result(line + "suspendu", dry=dry) == [("changed", "state")]
    assert show(pli, who)["state"] == "suspended"
    assert result(line + "suspended") == result(line) == [("unchanged", "")]
    assert result(line + "actif") == [("changed", "state")] and show(pli, who)["state"] == "active"
    assert result(line + "ferme") == [("refused", "a row closes no account: pli account close does")]
    assert result(line + "parti") == [("refused", 'state: not "parti" but active, pending, suspended, closed; actif, en attente, suspendu, ferme')]
    pli.pli("account", "close", who)
    closed = f"{who} is closed: pli account reopen gives it back"
    for dry in (True, False):
        assert result(line, line.replace(who, "LIGNE@chu.test"), line + "actif", dry=dry)[0] == ("refused", closed)
        assert result(line + "actif", dry=dry) == [("refused", closed)]
        assert result(line + "fermé", dry=dry) == [("unchanged", "")]
        # another's: by its address, by its alias, and an address of which a tombstone is left
        assert result(f"{gone};per;Une AUTRE;{TWO};;", dry=dry) == [("refused", f"{gone} was closed for good, and is never given to another holder: choose another address")]
    assert result(f"prise@chu.test;per;Une AUTRE;{TWO};li@chu.test;") == [
        ("refused", f"li@chu.test is of a closed account: pli account reopen {who} gives it back, and nobody else gets it")]
    # what is exported is taken back as it is
    exported = tmp_path / "export.csv"
    exported.write_text(pli.pli("account", "export"))
    assert f";closed\n" in exported.read_text() and ";active\n" in exported.read_text()
    assert json.loads(pli.pli("account", "import", exported, "--json"))["unchanged"] == len(pli.json("account", "list"))
    # suspended from the beginning; and she who held it has it again
    assert result(f"arrivee@chu.test;per;Bientôt LÀ;{TWO};;suspendu", f"{gone};per;Essai partie;{ONE};;") == [("added", ""), ("added", "")]
    assert (show(pli, "arrivee@chu.test")["state"], show(pli, gone)["state"]) == ("suspended", "active")


# ---- by itself ----
def test_once_in_a_while_by_itself():
    with Instance(conf=["account {\n purge_every = 1s\n keep_closed = 2s\n}"]) as pli:
        who = person(pli, "seule@chu.test", mail=1)
        pli.pli("account", "close", who)
        assert eventually(lambda: f"ev=account-bury name={who} rc=ok" in pli.output())
        assert rcpt_alone(pli, who)[:2] == (550, "5.1.6")
        assert "ev=purge-failed" not in pli.output()
        assert pli.json("store", "stats")["boxes"] == 0
        pli.stop()  # whether or not a run is on its way


def rcpt_alone(pli, to):
    with pli.smtp("smtp", pem=pli.trust_operator()) as s:
        s.mail("x@load.test")
        code, text = s.rcpt(to)
        return code, text.decode().split(" ", 1)[0]
