# SPDX-License-Identifier: EUPL-1.2
"""Distribution lists (docs/decisions/0048): one recipient to the sender, all members in one transaction; who may post; what keeps a message from going round."""
import concurrent.futures
import email
import json
import os
import re
import signal
import subprocess

import pytest
from instance import NO_WAY_OUT, PASSWORD, Instance, eventually, plain

ANA, LUC, ZOE = "ana@chu.test", "luc@chu.test", "zoe@chu.test"


@pytest.fixture(scope="module")
def inst():
    with Instance(conf=[NO_WAY_OUT]) as pli:
        for who in (ANA, LUC, ZOE):
            pli.add(who, sign="never")
        pli.pli("account", "alias", "add", LUC, "l.luc@chu.test")
        pli.pli("domain", "add", "autre.test")
        pli.add("marc@autre.test", sign="never")
        pli.cert = pli.trust_operator("load.test")
        yield pli


def subjects(pli, who):
    return [email.message_from_bytes(m)["Subject"] for m in pli.fetch_all(who)]


def make(pli, address, *members, post="members", name=None):
    pli.pli("list", "add", address, "--name", name or f"Liste {address.split('@')[0]}", "--post", post)
    if members:
        pli.pli("list", "member", "add", address, "-", stdin="".join(m + "\n" for m in members))


def rcpt(s, sender, to, options=()):
    s.rset()
    assert s.mail(sender)[0] == 250
    code, text = s.rcpt(to, list(options))
    return code, text.decode().split()[0]


def waiting(pli):
    """Recipients of each message that waits in the queue."""
    return {item["recipient"] for item in pli.json("queue", "list")}


def reports(pli, who, about):
    """Final-Recipient and Status of each recipient of each report to who about a message of that subject."""
    rows = []
    for octets in pli.fetch_all(who):
        m = email.message_from_bytes(octets)
        if m.get_content_type() == "multipart/report" and about in str(m.get_payload()[-1]):
            rows += [(p["Final-Recipient"].split(";")[1].strip(), p["Action"], p["Status"]) for p in m.get_payload()[1].get_payload() if p["Final-Recipient"]]
    return sorted(rows)


def test_every_member_once(inst):
    """Nested, named twice, under an alias, and named by RCPT as well: one copy each."""
    make(inst, "garde@chu.test", LUC, ZOE)
    make(inst, "service@chu.test", ANA, "garde@chu.test", "l.luc@chu.test", "marc@autre.test")
    assert {m["address"]: m["is"] for m in inst.json("list", "show", "service@chu.test")["members"]} == {
        ANA: "account", "garde@chu.test": "list", "l.luc@chu.test": "account", "marc@autre.test": "account"}
    for state in "suspend", "close", "reopen", "resume":
        inst.pli("account", state, "marc@autre.test")
        shown = inst.json("list", "show", "service@chu.test")["members"][-1]
        assert shown == {"address": "marc@autre.test", "is": {"suspend": "disabled", "close": "closed"}.get(state, "account")}, state
    inst.submit(ANA, ["service@chu.test", LUC], plain("a tous", ANA, "service@chu.test"))
    assert [subjects(inst, who).count("a tous") for who in (ANA, LUC, ZOE, "marc@autre.test")] == [1, 1, 1, 1]
    got = inst.fetch_all(ZOE)[-1]
    assert b"From: <ana@chu.test>\r\nTo: <service@chu.test>" in got and b"Return-Path: <ana@chu.test>" in got
    stored = [ln for ln in inst.output().splitlines() if " ev=stored " in ln][-1]
    assert "places=4 remotes=0" in stored, stored  # in one transaction


def test_received_names_the_list_alone(inst):
    make(inst, "seul@chu.test", ZOE, post="domain")
    inst.submit(ANA, ["Seul+x@CHU.test"], plain("a une seule", ANA, "seul@chu.test"))
    got = inst.fetch_all(ZOE)[-1]
    assert re.search(rb"\r\n\tfor <Seul\+x@chu.test>", got, re.I) and b"zoe@chu.test" not in got, got[:900]


@pytest.mark.parametrize("post,answers", {  # ana is a member, luc is of its domain, marc of another one here; a@load.test is a member elsewhere
    "members": (250, 550, 550, 250, 550), "domain": (250, 250, 550, 550, 550), "anyone-signed-in": (250, 250, 250, 550, 550),
    "trust-space": (250, 250, 250, 250, 250)}.items())
def test_who_may_post(inst, post, answers):
    address = f"post-{post}@chu.test"
    make(inst, address, ANA, "a@load.test", post=post)
    got = []
    for who in (ANA, LUC, "marc@autre.test"):
        with inst.smtp(login=who) as s:
            got.append(rcpt(s, who, address))
    with inst.smtp("smtp", pem=inst.cert) as s:
        got += [rcpt(s, who, address) for who in ("a@load.test", "b@load.test")]
    assert tuple(code for code, _ in got) == answers
    assert {text for code, text in got if code == 550} <= {"5.7.2"}, got
    told = json.loads(inst.pli("policy", "explain", "--from", LUC, "--to", address, "--json", check=False).stdout)
    assert told["recipient"] == "list" and told["result"] == ("delivered" if answers[1] == 250 else "refused"), told


def test_a_delegate_posts_as_the_mailbox(inst):
    inst.add("bureau@chu.test", sign="never")
    inst.pli("delegate", "add", "bureau@chu.test", "--to", LUC, "--rights", "send")
    make(inst, "bureaux@chu.test", "bureau@chu.test")
    with inst.smtp(login=LUC) as s:
        assert rcpt(s, LUC, "bureaux@chu.test") == (550, "5.7.2")
        assert rcpt(s, "bureau@chu.test", "bureaux@chu.test")[0] == 250
        assert rcpt(s, "", "bureaux@chu.test") == (550, "5.7.2")


def test_lists_that_name_each_other(inst):
    make(inst, "rond@chu.test", ANA, post="domain")
    make(inst, "point@chu.test", LUC, "rond@chu.test", post="domain")
    inst.pli("list", "member", "add", "rond@chu.test", "point@chu.test")
    r = inst.pli("list", "member", "add", "rond@chu.test", "Rond@chu.test", check=False)
    assert r.returncode == 1 and "Rond@chu.test cannot be a member of itself" in r.stderr, r
    inst.submit(ZOE, ["rond@chu.test"], plain("tourne", ZOE, "rond@chu.test"))
    assert [subjects(inst, who).count("tourne") for who in (ANA, LUC, ZOE)] == [1, 1, 0]


def test_what_comes_back_is_refused(inst):
    """As through a list elsewhere of which ours is a member: the mark it bears is ours, and names nobody."""
    make(inst, "boucle@chu.test", ANA, post="trust-space")
    make(inst, "voisine@chu.test", LUC, post="trust-space")
    inst.inbound("a@load.test", ["boucle@chu.test"], plain("revient", "a@load.test", "boucle@chu.test"))
    back = inst.fetch_all(ANA)[-1]
    assert re.search(rb"(?m)^Pli-List: [0-9a-f]{24}\r$", back)
    with inst.smtp("smtp", pem=inst.cert) as s:
        s.mail("a@load.test"), s.rcpt("boucle@chu.test")
        code, text = s.data(back)
        assert (code, text.split()[0]) == (554, b"5.4.6"), text
        s.mail("a@load.test"), s.rcpt("voisine@chu.test")
        assert s.data(back)[0] == 250


def test_members_who_cannot_get_it(inst):
    """The others get it, and the sender a report that names each with the cause."""
    inst.pli("domain", "add", "clos.test")
    for who, extra in (("parti@chu.test", []), ("plein@chu.test", ["--quota", "1K"]), ("ana@clos.test", []), ("efface@chu.test", [])):
        inst.add(who, sign="never", extra=extra)
    make(inst, "mixte@chu.test", ANA, "parti@chu.test", "plein@chu.test", "ana@clos.test", "efface@chu.test", post="domain")
    inst.pli("account", "disable", "parti@chu.test")
    inst.pli("domain", "disable", "clos.test")
    inst.pli("account", "delete", "efface@chu.test", "--yes")
    letter = plain("pour certains", LUC, "mixte@chu.test", body="x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 40)
    with inst.smtp(login=LUC) as s:
        assert not s.sendmail(LUC, ["mixte@chu.test"], letter)
    assert subjects(inst, ANA).count("pour certains") == 1
    assert eventually(lambda: reports(inst, LUC, "pour certains")) == [
        ("ana@clos.test", "failed", "5.3.2"), ("efface@chu.test", "failed", "5.1.6"), ("parti@chu.test", "failed", "5.2.1"), ("plein@chu.test", "failed", "5.2.2")]
    assert not waiting(inst) & {"parti@chu.test", "plein@chu.test"}
    with inst.smtp(login=LUC) as s:  # who wants no report gets none
        s.sendmail(LUC, ["mixte@chu.test"], plain("sans rapport", LUC, "mixte@chu.test"), rcpt_options=["NOTIFY=NEVER"])
    eventually(lambda: not waiting(inst) & {"parti@chu.test", "efface@chu.test"})
    assert reports(inst, LUC, "sans rapport") == [] and subjects(inst, ANA).count("sans rapport") == 1


def test_a_list_in_a_list_whose_domain_is_disabled(inst):
    """It takes no mail by another list either; the sender hears of it."""
    inst.pli("domain", "add", "ferme.test")
    make(inst, "dedans@ferme.test", LUC)
    make(inst, "dehors@chu.test", ANA, "dedans@ferme.test", post="domain")
    inst.pli("domain", "disable", "ferme.test")
    inst.submit(ZOE, ["dehors@chu.test"], plain("pas a Luc", ZOE, "dehors@chu.test"))
    assert "pas a Luc" in subjects(inst, ANA) and "pas a Luc" not in subjects(inst, LUC)
    assert eventually(lambda: reports(inst, ZOE, "pas a Luc")) == [("dedans@ferme.test", "failed", "5.3.2")]
    inst.pli("domain", "enable", "ferme.test")
    inst.submit(ZOE, ["dehors@chu.test"], plain("a Luc", ZOE, "dehors@chu.test"))
    assert "a Luc" in subjects(inst, LUC)


def test_nobody_can_get_it(inst):
    make(inst, "vide@chu.test", post="domain")
    inst.add("seul-parti@chu.test", sign="never")
    make(inst, "partis@chu.test", "seul-parti@chu.test", post="domain")
    inst.pli("account", "disable", "seul-parti@chu.test")
    with inst.smtp(login=LUC) as s:
        for address in ("vide@chu.test", "partis@chu.test"):
            assert rcpt(s, LUC, address) == (550, "5.2.4")


def test_members_elsewhere(inst):
    """From an account here they are sent to; from elsewhere they are not, and its sender is told."""
    make(inst, "loin@chu.test", ANA, "x.Y@load.test", post="trust-space")
    r = inst.pli("list", "member", "add", "loin@chu.test", "x@nulle-part.test", check=False)
    assert r.returncode == 1 and "the domain of x@nulle-part.test is not in the trust space" in r.stderr, r
    inst.submit(LUC, ["loin@chu.test"], plain("au loin", LUC, "loin@chu.test"))
    assert "x.Y@load.test" in waiting(inst)
    inst.pli("queue", "drop", "--recipient", "x.Y@load.test", "--yes", "--silent")
    inst.inbound("b@load.test", ["loin@chu.test"], plain("de loin", "b@load.test", "loin@chu.test"))
    assert {"au loin", "de loin"} <= set(subjects(inst, ANA))
    eventually(lambda: "b@load.test" in waiting(inst))  # the report waits for its way out
    assert "x.Y@load.test" not in waiting(inst)


def test_five_hundred(inst):
    """As many as one message has: all in one transaction. One more is refused to whoever would add it."""
    make(inst, "grande@chu.test", *[f"m{n:03}@load.test" for n in range(500)], post="domain")
    r = inst.pli("list", "member", "add", "grande@chu.test", ANA, check=False)
    assert r.returncode == 1 and "500 members at most" in r.stderr, r
    make(inst, "trop@chu.test", "grande@chu.test", ANA, post="domain")
    with inst.smtp(login=LUC) as s:
        assert rcpt(s, LUC, "trop@chu.test") == (550, "5.2.4")
        assert rcpt(s, LUC, "grande@chu.test")[0] == 250
        assert s.rcpt(ANA)[0] == 452  # another message
        assert s.data(plain("aux cinq cents", LUC, "grande@chu.test"))[0] == 250
    stored = [ln for ln in inst.output().splitlines() if " ev=stored " in ln][-1]
    assert "places=0 remotes=500" in stored, stored
    assert len({r for r in waiting(inst) if re.fullmatch(r"m\d{3}@load.test", r)}) == 500
    inst.pli("queue", "drop", "--sender", LUC, "--yes", "--silent")


def test_a_member_who_leaves_while_it_comes(inst):
    """Who gets it is decided at RCPT."""
    make(inst, "mouvante@chu.test", ANA, ZOE, post="domain")
    with inst.smtp(login=LUC) as s:
        assert rcpt(s, LUC, "mouvante@chu.test")[0] == 250
        assert inst.pli("list", "member", "remove", "mouvante@chu.test", ZOE, "personne@chu.test") == "list mouvante@chu.test: 1 removed, 1 members\n"
        assert s.data(plain("en route", LUC, "mouvante@chu.test"))[0] == 250
        s.sendmail(LUC, ["mouvante@chu.test"], plain("ensuite", LUC, "mouvante@chu.test"))
    assert [s for s in subjects(inst, ZOE) if s in ("en route", "ensuite")] == ["en route"]
    assert [s for s in subjects(inst, ANA) if s in ("en route", "ensuite")] == ["en route", "ensuite"]


def test_sent_again_after_a_lost_answer(inst):
    """It is the same message though the list has changed meanwhile."""
    make(inst, "encore@chu.test", ANA, post="domain")
    letter = plain("deux fois", LUC, "encore@chu.test")
    inst.submit(LUC, ["encore@chu.test"], letter)
    inst.pli("list", "member", "add", "encore@chu.test", ZOE)
    inst.submit(LUC, ["encore@chu.test"], letter)
    assert subjects(inst, ANA).count("deux fois") == 1 and "deux fois" not in subjects(inst, ZOE)


def test_delivery_is_reported_of_the_list(inst):
    make(inst, "accuse@chu.test", ANA, ZOE, post="domain")
    with inst.smtp(login=LUC) as s:
        s.sendmail(LUC, ["accuse@chu.test"], plain("bien remis", LUC, "accuse@chu.test"), rcpt_options=["NOTIFY=SUCCESS,FAILURE"])
    assert eventually(lambda: reports(inst, LUC, "bien remis")) == [("accuse@chu.test", "delivered", "2.0.0")]


def test_slapd_is_away(inst):
    """A list is expanded from dird's memory."""
    make(inst, "memoire@chu.test", ANA, ZOE, post="members")
    with inst.smtp(login=ANA) as s:
        slapd = inst.pids("slapd")
        for pid in slapd:
            os.kill(pid, signal.SIGSTOP)
        try:
            assert not s.sendmail(ANA, ["memoire@chu.test"], plain("sans annuaire", ANA, "memoire@chu.test"))
        finally:
            for pid in slapd:
                os.kill(pid, signal.SIGCONT)
    assert "sans annuaire" in subjects(inst, ZOE)


def test_an_address_is_one_thing(inst):
    """A mailbox, an alias or a list; whoever comes second is told, and of two at once one."""
    make(inst, "une@chu.test", ANA)

    def refused(*words, **more):
        r = inst.pli(*words, check=False, **more)
        assert r.returncode == 1 and re.search("already an address here|is there already", r.stderr), (words, r)
    add = ("--type", "org", "--structure", "300017985", "--name", "Une", "--sign", "never")
    refused("account", "add", "une@chu.test", *add)
    refused("account", "set", LUC, "--alias", "l.luc@chu.test", "--alias", "une@chu.test")
    for taken in (LUC, "l.luc@chu.test", "une@chu.test"):
        refused("list", "add", taken, "--name", "Une autre")
    both = [("list", "add", "course@chu.test", "--name", "Course"), ("account", "add", "course@chu.test", *add), ("account", "set", ZOE, "--alias", "course@chu.test")]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda words: inst.pli(*words, check=False).returncode, both))
    assert sorted(done) == [0, 1, 1], done
    inst.pli("list", "delete", "une@chu.test")
    inst.pli("account", "add", "une@chu.test", *add)
    with inst.smtp(login=ANA) as s:
        assert rcpt(s, ANA, "une@chu.test")[0] == 250


def ldap(inst, who, *rest):
    r = subprocess.run(["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", f"ldaps://localhost:{inst.port('ldaps')}", "-D", f"mail={who},ou=mailboxes,o=pli", "-w", PASSWORD,
                        "-b", "ou=mailboxes,o=pli", *rest], env=os.environ | {"LDAPTLS_CACERT": inst.ca}, capture_output=True, text=True)
    return r


def test_the_address_book_shows_it(inst):
    """By its name, as a colleague; who stands in it is not shown, and nobody signs in as a list."""
    make(inst, "cardio@chu.test", ANA, name="Équipe de cardiologie")
    for query in ("(cn=equipe*)", "(mail=cardio*)", "(cn=Équipe*)"):
        got = ldap(inst, ZOE, query)
        assert got.returncode == 0 and "mail: cardio@chu.test" in got.stdout and "ana@" not in got.stdout and "pliListPost" not in got.stdout, (query, got)
    assert ldap(inst, "cardio@chu.test", "(cn=*)").returncode == 49
    assert [a["address"] for a in inst.json("account", "list") if a["address"] == "cardio@chu.test"] == []


def test_mistakes(inst):
    make(inst, "faute@chu.test", ANA)
    for words, code, said in [
            (("list", "add", "x@nulle-part.test", "--name", "X"), 1, "not served here"),
            (("list", "add", "x@chu.test"), 2, "needs --name"),
            (("list", "add", "x@chu.test", "--name", "X", "--post", "tous"), 2, "--post is members"),
            (("list", "add", "x y@chu.test", "--name", "X"), 2, "cannot be the address"),
            (("list", "member", "add", "faute@chu.test", "personne@chu.test"), 1, "nobody has the address personne@chu.test"),
            (("list", "member", "add", "faute@chu.test", LUC, "a b@chu.test"), 1, "not an address"),
            (("list", "member", "add", "pas-la@chu.test", LUC), 1, "no list pas-la@chu.test"),
            (("list", "member", "give", "faute@chu.test", LUC), 2, "list member add or list member remove"),
            (("list", "set", "faute@chu.test"), 2, "nothing to change"),
            (("list", "show", ANA), 1, "is no distribution list"),
            (("list", "delete", ANA), 1, "no list ana@chu.test"),
            (("domain", "remove", "chu.test"), 1, "instance.domain")]:
        r = inst.pli(*words, check=False)
        assert r.returncode == code and said in r.stderr, (words, r)
    assert [m["address"] for m in inst.json("list", "show", "faute@chu.test")["members"]] == [ANA]  # all of a command or nothing
    with inst.smtp(login=LUC) as s:
        assert s.mail("faute@chu.test")[0] == 553  # a list is nobody's sender address


def test_dird_killed_while_members_change(inst):
    make(inst, "tue@chu.test", *[f"t{n}@load.test" for n in range(100)])
    changing = subprocess.Popen(inst.argv("list", "member", "remove", "tue@chu.test", "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    old = inst.daemon("pli-dird")
    changing.stdin.write("".join(f"t{n}@load.test\n" for n in range(60)))
    changing.stdin.close()
    os.kill(old, signal.SIGKILL)
    inst.wait_daemon("pli-dird", not_pid=old)
    changing.wait(60)
    members = len(eventually(lambda: inst.pli("list", "show", "tue@chu.test", "--json", check=False).returncode == 0 and inst.json("list", "show", "tue@chu.test"))["members"])
    assert members in (40, 100) and (members == 40 or changing.returncode), (members, changing.returncode)


def test_aliases(inst):
    """They come and go one by one, in any domain of the instance; who adds at the same time loses none."""
    inst.add("elle@chu.test")
    assert inst.pli("account", "alias", "add", "elle@chu.test", "e.lle@chu.test", "Elle@autre.test") == "e.lle@chu.test\nelle@autre.test\n"
    assert inst.pli("account", "alias", "add", "elle@chu.test", "elle@autre.test").splitlines() == ["e.lle@chu.test", "elle@autre.test"]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: inst.pli("account", "alias", "add", "elle@chu.test", f"elle{n}@chu.test", check=False), range(4)))
    there = inst.json("account", "alias", "list", "elle@chu.test")
    assert there["address"] == "elle@chu.test" and {"e.lle@chu.test", "elle@autre.test"} < set(there["aliases"]), (there, done)
    assert any(r.returncode == 0 for r in done) and all(  # who loses the race for the certificate is told so
        f"elle{n}@chu.test" in there["aliases"] for n, r in enumerate(done) if r.returncode == 0), done
    inst.submit("elle@chu.test", ["ELLE@autre.test"], plain("par un alias", "e.lle@chu.test", "elle@autre.test"))
    assert "par un alias" in subjects(inst, "elle@chu.test")
    assert "elle@autre.test" not in inst.pli("account", "alias", "remove", "elle@chu.test", "elle@autre.test")
    for words, code, said in [
            (("remove", "elle@chu.test", "e.lle@chu.test", "jamais@chu.test"), 1, "jamais@chu.test is no alias of elle@chu.test"),
            (("add", "elle@chu.test", LUC), 1, "already an address here"), (("add", "elle@chu.test", "elle@chu.test"), 1, "own address"),
            (("add", "elle@chu.test", "x@nulle-part.test"), 1, "not served here"), (("add", "elle@chu.test", "x y@chu.test"), 2, "x y@chu.test"),
            (("add", "elle@chu.test"), 2, "names no alias"), (("put", "elle@chu.test", "x@chu.test"), 2, "add, remove or list"),
            (("list", "personne@chu.test"), 1, "")]:
        r = inst.pli("account", "alias", *words, check=False)
        assert r.returncode == code and said in r.stderr, (words, r)
    assert "e.lle@chu.test" in inst.json("account", "show", "elle@chu.test")["aliases"]  # all of a command or nothing
    with inst.smtp(login=ANA) as s:
        assert rcpt(s, ANA, "elle@autre.test")[0] == 550
