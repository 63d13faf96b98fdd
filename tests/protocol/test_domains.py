# SPDX-License-Identifier: EUPL-1.2
"""Many mail domains on one instance (docs/decisions/0047): taken up, disabled and removed while it serves, each with accounts, limits and a postmaster of its own."""
import concurrent.futures
import email
import imaplib
import json
import os
import signal
import smtplib
import subprocess

import pytest
from instance import FINESS, PASSWORD, eventually, plain


def rcpt(pli, login, to):
    with pli.smtp(login=login) as s:
        assert s.mail(login)[0] == 250
        return s.rcpt(to)


def book(pli, reader, domain):
    """The addresses of that domain that a colleague's address book shows."""
    r = subprocess.run(["ldapsearch", "-LLL", "-x", "-o", "ldif-wrap=no", "-H", f"ldaps://localhost:{pli.port('ldaps')}", "-D", f"mail={reader},ou=mailboxes,o=pli", "-w", PASSWORD,
                        "-b", "o=pli", f"(mail=*@{domain})", "mail"], env=os.environ | {"LDAPTLS_CACERT": pli.ca}, capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    return sorted(line.split()[1] for line in r.stdout.splitlines() if line.startswith("mail:"))


STATES, TYPES = ("active", "pending", "suspended", "closed"), ("per", "org", "app", "cab")


def figures(names, **some):
    return dict.fromkeys(names, 0) | some


def subjects(pli, who):
    return [email.message_from_bytes(m)["Subject"] for m in pli.fetch_all(who)]


def test_a_domain_is_served_at_once(pli):
    assert pli.pli("domain", "add", "Un.Test", "--description", "Cabinet des Lilas", "--quota", "3M", "--max-accounts", "2") == "domain un.test added\n"
    assert pli.json("domain", "show", "un.test") == {
        "domain": "un.test", "description": "Cabinet des Lilas", "disabled": False, "accounts": 0, "most_accounts": 2,
        "by_state": figures(STATES), "by_type": figures(TYPES), "aliases": 0, "lists": 0, "administrators": 0, "messages": 0, "used": 0,
        "quota": 3 << 20, "inside": False, "max_message": None, "sign": None, "red_list": False, "publish": True, "postmaster": None, "catch_all": None, "certificates": []}
    pli.add("ana@un.test", sign="never")
    pli.add("luc@un.test", sign="never", extra=["--quota", "5M", "--alias", "l.luc@un.test"])
    assert [pli.json("account", "show", who)["quota"] for who in ("ana@un.test", "luc@un.test")] == [3 << 20, 5 << 20]
    shown = pli.json("domain", "show", "un.test")
    assert (shown["accounts"], shown["aliases"], shown["lists"]) == (2, 1, 0)
    pli.submit("ana@un.test", ["l.luc@un.test"], plain("entre nous", "ana@un.test", "luc@un.test"))
    assert subjects(pli, "luc@un.test") == ["entre nous"]


def test_no_more_accounts_than_it_may_have(pli):
    pli.pli("domain", "add", "deux.test", "--max-accounts", "1")
    pli.add("ana@deux.test", sign="never")
    r = pli.pli("account", "add", "luc@deux.test", "--type", "org", "--name", "Luc", "--structure", "300017985", check=False)
    assert r.returncode == 1 and "deux.test has the 1 accounts that it may have: pli domain set deux.test --max-accounts N" in r.stderr, r
    assert pli.pli("domain", "set", "deux.test", "--max-accounts", "0") == "domain deux.test changed\n"
    pli.add("luc@deux.test", sign="never")
    r = pli.pli("account", "add", "luc@nulle-part.test", "--type", "org", "--name", "Luc", "--structure", "300017985", check=False)
    assert r.returncode == 1 and "nulle-part.test is not a domain of this instance" in r.stderr, r


def test_its_figures(pli):
    """Counted as entries come, change and go; a disabled domain has them still, and an administrator reads those of her own."""
    pli.pli("domain", "add", "compte.test")
    pli.pli("domain", "add", "compte2.test")

    def shown(domain="compte.test"):
        d = pli.json("domain", "show", domain)
        return {n: v for part in (d["by_state"], d["by_type"], d) for n, v in part.items() if n in (*STATES, *TYPES, "accounts", "aliases", "lists", "administrators") and v}
    assert shown() == {}
    pli.add("ana@compte.test", sign="never", extra=["--alias", "a@compte.test", "--alias", "ana@compte2.test"])
    rows = pli.dir / "figures.csv"
    rows.write_text("address;type;name;structure;sign\napp@compte.test;app;App;300017985;no\n")
    pli.pli("account", "import", rows, "--sheets", str(pli.dir / "figures.html"))
    pli.pli("list", "add", "garde@compte.test", "--name", "Garde")
    everything = {"active": 1, "pending": 1, "org": 1, "app": 1, "accounts": 2, "aliases": 1, "lists": 1}
    assert shown() == everything and shown("compte2.test") == {"aliases": 1}
    pli.pli("admin", "grant", "ana@compte.test", "--domain", "compte2.test")
    pli.pli("account", "suspend", "ana@compte.test")
    assert shown() == {"pending": 1, "suspended": 1, "org": 1, "app": 1, "accounts": 2, "aliases": 1, "lists": 1}
    assert shown("compte2.test") == {"aliases": 1, "administrators": 1}
    pli.pli("account", "close", "app@compte.test")
    pli.pli("domain", "disable", "compte.test")
    told = pli.pli("domain", "show", "compte.test")
    assert "compte.test, disabled\n" in told and "accounts           2\n  by state         suspended 1, closed 1\n  by type          org 1, app 1\n" in told, told
    pli.pli("domain", "enable", "compte.test")
    pli.pli("account", "resume", "ana@compte.test")
    pli.pli("account", "delete", "app@compte.test", "--yes")
    pli.pli("list", "delete", "garde@compte.test")
    pli.pli("admin", "revoke", "ana@compte.test", "--domain", "compte2.test")
    pli.pli("account", "set", "ana@compte.test", "--alias", "")
    assert shown() == {"active": 1, "org": 1, "accounts": 1} and shown("compte2.test") == {}


def test_a_disabled_domain(pli):
    """No mail to it, no sign-in, nothing sent: each with words of its own, within two seconds for whoever is signed in; and then all is there again."""
    pli.pli("domain", "add", "trois.test")
    pli.add("ana@trois.test", sign="never", extra=["--alias", "ana.autrement@chu.test"])
    pli.add("ici-trois@chu.test", sign="never", extra=["--alias", "ici@trois.test"])
    pli.submit("ici-trois@chu.test", ["ana@trois.test"], plain("avant", "ici-trois@chu.test", "ana@trois.test"))
    pli.pli("list", "add", "liste@trois.test", "--name", "Une liste")
    assert book(pli, "ici-trois@chu.test", "trois.test") == ["ana@trois.test", "liste@trois.test"]
    signed_in, waiting = pli.imap("ana@trois.test"), pli.smtp(login="ana@trois.test")
    assert pli.pli("domain", "disable", "trois.test") == "domain trois.test disabled\n"
    for to in ("ana@trois.test", "ana.autrement@chu.test", "ici@trois.test", "personne@trois.test", "postmaster@trois.test"):
        code, text = rcpt(pli, "ici-trois@chu.test", to)
        assert (code, text.split()[0]) == (550, b"5.3.2") and b"This domain takes no mail for now" in text, (to, text)
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        pli.smtp(login="ana@trois.test")
    assert refused.value.smtp_code == 535 and b"The domain of this account is disabled" in refused.value.smtp_error
    with pytest.raises(imaplib.IMAP4.error, match="AUTHORIZATIONFAILED.*domain of this account is disabled"):
        pli.imap("ana@trois.test")
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        eventually(lambda: signed_in.noop()[0] == "BYE")
    assert eventually(lambda: waiting.noop()[0] != 250 or None)
    with pli.smtp(login="ici-trois@chu.test") as s:
        assert s.mail("ici@trois.test")[0] == 553  # an alias of it is no sender either
    assert pli.json("domain", "show", "trois.test")["disabled"] is True
    ldap = subprocess.run(["ldapwhoami", "-x", "-H", f"ldaps://localhost:{pli.port('ldaps')}", "-D", "mail=ana@trois.test,ou=mailboxes,o=pli", "-w", PASSWORD],
                          env=os.environ | {"LDAPTLS_CACERT": pli.ca}, capture_output=True, text=True)
    assert ldap.returncode == 49, ldap
    assert book(pli, "ici-trois@chu.test", "trois.test") == [] and "ici-trois@chu.test" in book(pli, "ici-trois@chu.test", "chu.test")
    pli.pli("domain", "enable", "trois.test")
    assert book(pli, "ici-trois@chu.test", "trois.test") == ["ana@trois.test", "liste@trois.test"]
    assert rcpt(pli, "ici-trois@chu.test", "ana@trois.test")[0] == 250
    assert subjects(pli, "ana@trois.test") == ["avant"]


def test_one_name(pli):
    """Case, U-labels and A-labels are one name; what is no domain is none."""
    pli.pli("domain", "add", "hôpital.un.test")
    for again in ("HÔPITAL.un.test", "ho\u0302pital.un.test", "xn--hpital-ixa.un.test", "XN--hpital-IXA.un.TEST"):
        r = pli.pli("domain", "add", again, check=False)
        assert r.returncode == 1 and "is a domain of this instance already" in r.stderr, (again, r)
    for wrong in ("un.test.", ".un.test", "un", "un..test", "un test.fr", "a@un.test", "x" * 64 + ".test", "x." * 130 + "test", "*.test", "un.test\n"):
        r = pli.pli("domain", "add", wrong, check=False)
        assert r.returncode == 2 and "is not a mail domain" in r.stderr, (wrong, r)
    r = pli.pli("domain", "show", "pas-la.test", check=False)
    assert r.returncode == 1 and "pas-la.test is not a domain of this instance" in r.stderr


def test_removed_only_when_it_is_empty(pli):
    pli.pli("domain", "add", "quatre.test")
    pli.add("ana@quatre.test", sign="never")
    pli.add("ici-quatre@chu.test", sign="never", extra=["--alias", "ici@quatre.test"])

    def refused(domain, words):
        r = pli.pli("domain", "remove", domain, check=False)
        assert r.returncode == 1 and words in r.stderr, r
    refused("quatre.test", "quatre.test has addresses")
    pli.pli("account", "delete", "ana@quatre.test", "--yes")
    refused("quatre.test", "quatre.test has addresses")  # an alias is one
    pli.pli("account", "set", "ici-quatre@chu.test", "--alias", "")
    assert pli.pli("domain", "remove", "quatre.test") == "domain quatre.test removed\n"
    refused("quatre.test", "not a domain of this instance")
    refused("chu.test", "chu.test is instance.domain")
    code, text = rcpt(pli, "ici-quatre@chu.test", "ana@quatre.test")
    assert (code, text.split()[0]) == (550, b"5.7.1"), text


def test_twice_at_once(pli):
    """Of two who add the same domain, one is told that it is there."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: pli.pli("domain", "add", "ensemble.test", check=False), range(4)))
    assert sorted(r.returncode for r in done) == [0, 1, 1, 1]
    assert all("already" in r.stderr for r in done if r.returncode)


def test_postmaster(pli):
    """Each domain has a postmaster: its own account of that name, the one it names, or the instance's."""
    pli.pli("domain", "add", "cinq.test")
    pli.add("chef@cinq.test", sign="never")
    pli.pli("domain", "set", "cinq.test", "--postmaster", "chef@cinq.test")
    pli.submit("chef@cinq.test", ["Postmaster@cinq.test"], plain("pour le maitre", "chef@cinq.test", "postmaster@cinq.test"))
    assert subjects(pli, "chef@cinq.test") == ["pour le maitre"]
    pli.add("postmaster@cinq.test", sign="never")
    pli.submit("chef@cinq.test", ["postmaster@cinq.test"], plain("pour lui-meme", "chef@cinq.test", "postmaster@cinq.test"))
    assert subjects(pli, "postmaster@cinq.test") == ["pour lui-meme"] and len(subjects(pli, "chef@cinq.test")) == 1
    r = pli.pli("domain", "set", "cinq.test", "--postmaster", "personne@cinq.test", check=False)
    assert r.returncode == 1 and "personne@cinq.test is no account" in r.stderr


def test_somebody_is_always_postmaster(pli):
    """RFC 5321 4.5.1: mail to postmaster is taken, also where that is a suspended account, or a list that is empty or for its members alone."""
    pli.pli("domain", "add", "poste.test")
    pli.add("chef@poste.test", sign="never")
    pli.add("postmaster@poste.test", sign="never")
    pli.pli("domain", "set", "poste.test", "--postmaster", "chef@poste.test")

    def asked():
        with pli.smtp("smtp", pem=pli.trust_operator()) as s:
            s.sendmail("x@load.test", ["postmaster@poste.test"], plain("a l'aide", "x@load.test", "postmaster@poste.test"))
        return [len(pli.fetch_all(who)) for who in ("postmaster@poste.test", "chef@poste.test")]
    assert asked() == [1, 0]
    pli.pli("account", "suspend", "postmaster@poste.test")
    with pli.smtp("smtp", pem=pli.trust_operator()) as s:
        s.sendmail("x@load.test", ["postmaster@poste.test"], plain("a l'aide", "x@load.test", "postmaster@poste.test"))
    assert len(pli.fetch_all("chef@poste.test")) == 1
    pli.pli("account", "resume", "postmaster@poste.test")
    assert asked() == [2, 1]
    pli.pli("domain", "add", "poste2.test")
    pli.pli("list", "add", "postmaster@poste2.test", "--name", "Ceux qui aident", "--post", "members")
    with pli.smtp("smtp", pem=pli.trust_operator()) as s:
        assert s.mail("x@load.test")[0] == 250 and s.rcpt("postmaster@poste2.test")[0] == 250  # nobody is in it: the instance's
        pli.pli("list", "member", "add", "postmaster@poste2.test", "chef@poste.test")
        assert s.rset()[0] == 250 and s.mail("x@load.test")[0] == 250 and s.rcpt("Postmaster@poste2.test")[0] == 250
        assert s.data(plain("a l'aide", "x@load.test", "postmaster@poste2.test"))[0] == 250
    assert len(pli.fetch_all("chef@poste.test")) == 2


def test_reports_come_from_the_senders_own_domain(pli):
    pli.pli("domain", "add", "six.test")
    pli.add("ana@six.test", sign="never")
    with pli.smtp(login="ana@six.test") as s:
        s.sendmail("ana@six.test", ["ana@six.test"], plain("accuse", "ana@six.test", "ana@six.test"), rcpt_options=["NOTIFY=SUCCESS"])
    froms = eventually(lambda: [f for m in pli.fetch_all("ana@six.test") if "MAILER-DAEMON" in (f := email.message_from_bytes(m)["From"])])
    assert froms == ["Mail Delivery System <MAILER-DAEMON@six.test>"]


def test_catch_all(pli):
    """Off unless it is asked for; then only for an address that nobody has."""
    pli.pli("domain", "add", "sept.test")
    pli.add("ana@sept.test", sign="never", extra=["--alias", "a@sept.test"])
    pli.add("tout@sept.test", sign="never")
    pli.add("parti@sept.test", sign="never")
    pli.pli("account", "disable", "parti@sept.test")
    assert rcpt(pli, "ana@sept.test", "faute@sept.test")[0] == 550
    pli.pli("domain", "set", "sept.test", "--catch-all", "tout@sept.test")
    assert pli.json("domain", "show", "sept.test")["catch_all"] == "tout@sept.test"
    pli.submit("ana@sept.test", ["faute@sept.test", "a@sept.test"], plain("une faute", "ana@sept.test", "faute@sept.test"))
    assert subjects(pli, "tout@sept.test") == subjects(pli, "ana@sept.test") == ["une faute"]
    assert "ev=catch-all address=faute@sept.test" in pli.output()
    code, text = rcpt(pli, "ana@sept.test", "parti@sept.test")
    assert (code, text.split()[0]) == (550, b"5.2.1"), text
    assert rcpt(pli, "ana@sept.test", "faute@chu.test")[0] == 550  # another domain has none
    with pli.smtp(login="tout@sept.test") as s:
        assert s.mail("faute@sept.test")[0] == 553  # nobody sends from it
    with pytest.raises(smtplib.SMTPAuthenticationError):
        pli.smtp(login="faute@sept.test")
    # whose an address is, and where its mail goes, are two things: nobody has these
    for free in ("nouveau@sept.test", "postmaster@sept.test"):
        r = pli.pli("account", "show", free, check=False)
        assert r.returncode == 1 and f"no account {free}" in r.stderr, r.stderr
        told = pli.pli("policy", "explain", "--from", free, "--to", "ana@sept.test", "--json", check=False)
        assert json.loads(told.stdout)["result"] == "refused", told.stdout
        path = pli.dir / "compte.csv"
        path.write_text(f"address,type,name,structure\n{free},org,Essai,{FINESS}\n")
        assert "1 added" in pli.pli("account", "import", str(path), "--sheets", str(pli.dir / f"{free}.html"))
    assert rcpt(pli, "ana@sept.test", "nouveau@sept.test")[0] == 250
    pli.pli("domain", "set", "sept.test", "--catch-all", "none")
    assert rcpt(pli, "ana@sept.test", "faute@sept.test")[0] == 550


def test_the_list_has_pages(own):
    """More domains than a page of dird's takes; they are written as an import would, straight into the directory."""
    pli = own()
    ldif = "".join(f"dn: dc=p{n:04}.pages.test,ou=domains,o=pli\nobjectClass: domain\nobjectClass: mssDomain\ndc: p{n:04}.pages.test\n\n" for n in range(3000))
    secret = (pli.root / "keys" / "dird.secret").read_text().strip()
    done = subprocess.run(["ldapadd", "-x", "-H", f"ldapi://{str(pli.root / 'run' / 'ldapi').replace('/', '%2F')}", "-D", "cn=dird,ou=daemons,o=pli", "-w", secret],
                          input=ldif, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-300:]
    listed = eventually(lambda: [d for d in map(lambda d: d["domain"], pli.json("domain", "list")) if d.endswith(".pages.test")] if "p2999.pages.test" in pli.pli("domain", "list") else None)
    assert listed == [f"p{n:04}.pages.test" for n in range(3000)]
    pli.add("ana@p1500.pages.test", sign="never")
    pli.submit("ana@p1500.pages.test", ["ana@p1500.pages.test"], plain("au milieu", "ana@p1500.pages.test", "ana@p1500.pages.test"))
    assert pli.json("domain", "show", "p1500.pages.test")["accounts"] == 1


def test_dird_killed_half_way(own):
    """A domain is there or it is not; what was answered is there."""
    inst = own()
    answered = []
    for n in range(6):
        r = subprocess.Popen(inst.argv("domain", "add", f"k{n}.test"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if n % 2:
            old = inst.daemon("pli-dird")
            os.kill(old, signal.SIGKILL)
            inst.wait_daemon("pli-dird", not_pid=old)
        if r.communicate(timeout=60) and r.returncode == 0:
            answered.append(f"k{n}.test")
    eventually(lambda: inst.pli("domain", "list", check=False).returncode == 0)  # the last dird has read the directory
    there = {d["domain"] for d in inst.json("domain", "list")}
    assert {"chu.test", *answered} <= there <= {"chu.test", *(f"k{n}.test" for n in range(6))} and "k0.test" in answered
    for n in range(6):  # again: it is made, or said to be there
        r = inst.pli("domain", "add", f"k{n}.test", check=False)
        assert r.returncode == (1 if f"k{n}.test" in there else 0), r


def test_its_dns_records(pli):
    """Of any domain, before it is added: its names, and the hosts of the instance."""
    own, told = pli.json("doctor", "--dns"), pli.json("doctor", "--dns", "Hôpital.dns.test")
    assert told["domain"] == "xn--hpital-ixa.dns.test" and told["host"] == own["host"]
    assert [(r["name"].replace("xn--hpital-ixa.dns.test", "chu.test"), r["data"]) for r in told["records"]] == [(r["name"], r["data"]) for r in own["records"]]
    for words, said in [(("doctor", "--dns", "a@b"), "is not a mail domain"), (("doctor", "un.test"), "a domain goes with --dns")]:
        r = pli.pli(*words, check=False)
        assert r.returncode == 2 and said in r.stderr, r


def test_space_used(pli):
    """What its mailboxes hold, as their quotas count it: with each letter that comes or goes, of who is suspended or closed too, and right after the daemons were killed."""
    pli.pli("domain", "add", "place.test")
    pli.pli("domain", "add", "vide.place.test")
    who = [f"{name}@place.test" for name in ("ana", "luc", "eve")]
    for w in who:
        pli.add(w, sign="never")
    pli.add("alias@vide.place.test", sign="never", extra=["--alias", "ailleurs@place.test"])

    def held():
        d = pli.json("domain", "show", "place.test")
        shown = [pli.json("account", "show", w) for w in who]
        assert (d["used"], d["messages"]) == (sum(a["used"] for a in shown), sum(a["messages"] for a in shown))
        return d["used"], d["messages"]
    assert held() == (0, 0)
    for n, w in enumerate(who):
        pli.submit("ana@place.test", [w], plain("gros", "ana@place.test", w, "une ligne de texte\r\n" * 1500 * (n + 1)))
    pli.submit("ana@place.test", ["ailleurs@place.test"], plain("pas ici", "ana@place.test", "ailleurs@place.test"))
    used, messages = held()
    assert messages == 3 and used > 180000
    assert "space used" in pli.pli("domain", "show", "place.test") and ", 3 messages" in pli.pli("domain", "show", "place.test")
    listed = {d["domain"]: (d["used"], d["messages"]) for d in pli.json("domain", "list")}
    assert listed["place.test"] == (used, 3) and listed["vide.place.test"][1] == 1
    box = pli.imap("luc@place.test")
    box.select("INBOX")
    box.store("1", "+FLAGS", "\\Deleted")
    box.expunge()
    left, messages = held()
    assert messages == 2 and left < used
    pli.pli("account", "suspend", "eve@place.test")
    pli.pli("account", "close", "eve@place.test")
    assert pli.json("domain", "show", "place.test")["used"] == left
    for name in ("pli-stored", "pli-dird"):
        was = pli.daemon(name)
        os.kill(was, signal.SIGKILL)
        pli.wait_daemon(name, not_pid=was)
        r = eventually(lambda: (r := pli.pli("domain", "show", "place.test", "--json", check=False)).returncode == 0 and r, timeout=60)
        assert (json.loads(r.stdout)["used"], json.loads(r.stdout)["messages"]) == (left, 2)
