# SPDX-License-Identifier: EUPL-1.2
"""What a domain says of its accounts' mail and of its new accounts (docs/decisions/0056): held at the door that it concerns, without a restart."""
import email
import json

import pytest
from instance import FINESS, eventually, plain

INSIDE, SIZE = b"ecrivent qu'aux adresses de cette messagerie", b"que votre domaine peut envoyer"


@pytest.fixture(scope="module")
def elsewhere(pli):
    pli.trust_operator("ailleurs-policy.test")
    return "dr@ailleurs-policy.test"


def explained(pli, sender, to, *more):
    told = json.loads(pli.pli("policy", "explain", "--from", sender, "--to", to, *more, "--json", check=False).stdout)
    return told["result"], told["cause"]


def test_it_is_set_shown_and_taken_back(pli):
    name = "pol-un.test"
    keys = ("inside", "max_message", "sign", "red_list", "publish")
    nothing = dict(zip(keys, (False, None, None, False, True)))
    pli.pli("domain", "add", name, "--inside", "yes", "--max-message", "20K", "--sign", "never", "--red-list", "yes", "--publish", "no")

    def shown():
        d = pli.json("domain", "show", name)
        return {k: d[k] for k in keys}
    assert shown() == dict(zip(keys, (True, 20480, "never", True, False)))
    text = pli.pli("domain", "show", name)
    for line in ("sends to           addresses of this instance alone", "largest message    20k", "new accounts sign  never", "red list           new accounts are on it", "published          no"):
        assert line in text, text
    pli.pli("domain", "set", name, "--sign", "always")
    assert shown()["sign"] == "always" and shown()["inside"] is True
    pli.pli("domain", "set", name, "--inside", "no", "--max-message", "none", "--sign", "none", "--red-list", "no", "--publish", "yes")
    assert shown() == nothing
    for wrong in (("--inside", "oui"), ("--max-message", "0"), ("--max-message", "10"), ("--max-message", "beaucoup"), ("--sign", "sometimes"), ("--red-list", ""), ("--publish", "maybe")):
        r = pli.pli("domain", "set", name, *wrong, check=False)
        assert r.returncode == 2 and wrong[0] in r.stderr, (wrong, r)
    assert shown() == nothing


def test_a_domain_that_writes_inside_alone(pli, elsewhere):
    """RCPT elsewhere is refused, to whoever writes in a name of it: an alias, a delegate. In the instance all is as before."""
    pli.pli("domain", "add", "interne.test")
    pli.add("ana@interne.test", sign="never")
    pli.add("ouvert@chu.test", sign="never", extra=["--alias", "ouvert@interne.test"])
    with pli.smtp(login="ana@interne.test") as s:
        assert s.mail("ana@interne.test")[0] == 250 and s.rcpt(elsewhere)[0] == 250
    pli.pli("domain", "set", "interne.test", "--inside", "yes")
    with pli.smtp(login="ana@interne.test") as s:
        assert s.mail("ana@interne.test")[0] == 250
        code, text = s.rcpt(elsewhere)
        assert (code, text.split()[0]) == (550, b"5.7.1") and INSIDE in text, text
        assert s.rcpt("ouvert@chu.test")[0] == 250
        assert s.data(plain("entre nous", "ana@interne.test", "ouvert@chu.test"))[0] == 250
        assert s.mail("")[0] == 250 and s.rcpt(elsewhere)[0] == 550  # a receipt is mail too
    with pli.smtp(login="ouvert@chu.test") as s:
        assert s.mail("ouvert@chu.test")[0] == 250 and s.rcpt(elsewhere)[0] == 250
        code, text = s.data(plain("en son nom", "ouvert@interne.test", elsewhere))
        assert (code, text.split()[0]) == (550, b"5.7.1") and INSIDE in text, text
        assert s.mail("ouvert@interne.test")[0] == 250 and s.rcpt(elsewhere)[0] == 550
        assert s.rcpt("ana@interne.test")[0] == 250 and s.data(plain("recu", "ouvert@interne.test", "ana@interne.test"))[0] == 250
    assert explained(pli, "ana@interne.test", elsewhere) == ("refused", "domain-inside")
    assert explained(pli, "ouvert@interne.test", elsewhere) == ("refused", "domain-inside")
    assert explained(pli, "ouvert@chu.test", elsewhere) == ("queued", "")
    assert explained(pli, "ana@interne.test", "ouvert@chu.test") == ("delivered", "")
    with pli.smtp("smtp", pem=pli.trust_operator()) as s:  # what comes in is not its accounts' mail
        assert s.mail("x@load.test")[0] == 250 and s.rcpt("ana@interne.test")[0] == 250
    pli.pli("domain", "set", "interne.test", "--inside", "no")
    with pli.smtp(login="ana@interne.test") as s:
        assert s.mail("ana@interne.test")[0] == 250 and s.rcpt(elsewhere)[0] == 250


def test_a_session_that_is_open_hears_of_it(pli, elsewhere):
    pli.pli("domain", "add", "ouverte.test")
    pli.add("ana@ouverte.test", sign="never")
    with pli.smtp(login="ana@ouverte.test") as s:
        assert s.mail("ana@ouverte.test")[0] == 250 and s.rcpt(elsewhere)[0] == 250
        pli.pli("domain", "set", "ouverte.test", "--inside", "yes")

        def refused():
            assert s.rset()[0] == 250 and s.mail("ana@ouverte.test")[0] == 250
            return s.rcpt(elsewhere)[0] == 550
        assert eventually(refused, timeout=30)


def test_a_list_with_members_elsewhere(pli, elsewhere):
    """The members here get it; of the others its author hears."""
    pli.pli("domain", "add", "listes-internes.test", "--inside", "yes")
    pli.add("ana@listes-internes.test", sign="never")
    pli.pli("list", "add", "tous@chu.test", "--name", "Tous", "--post", "anyone-signed-in")
    pli.pli("list", "member", "add", "tous@chu.test", "ana@listes-internes.test", elsewhere)
    pli.submit("ana@listes-internes.test", ["tous@chu.test"], plain("a tous", "ana@listes-internes.test", "tous@chu.test"))
    mails = eventually(lambda: (m := pli.fetch_all("ana@listes-internes.test")) and len(m) == 2 and m)
    report = next(m for m in map(email.message_from_bytes, mails) if "MAILER-DAEMON" in m["From"]).as_string()
    assert elsewhere in report and "5.7.1" in report


def test_a_domain_with_smaller_messages(pli):
    """Told at MAIL where the client says how large it is, else when the octets have come; never more than the instance takes."""
    pli.pli("domain", "add", "petit.test", "--max-message", "20K")
    pli.add("ana@petit.test", sign="never")
    small, large = (plain("x", "ana@petit.test", "ana@petit.test", "-" * 60 + "\r\n" + ("y" * 70 + "\r\n") * n) for n in (200, 400))
    with pli.smtp(login="ana@petit.test") as s:
        assert s.mail("ana@petit.test", ["SIZE=20480"])[0] == 250 and s.rset()[0] == 250
        code, text = s.mail("ana@petit.test", ["SIZE=20481"])
        assert (code, text.split()[0]) == (552, b"5.3.4") and SIZE in text, text
        assert s.mail("ana@petit.test")[0] == 250 and s.rcpt("ana@petit.test")[0] == 250
        code, text = s.data(large)
        assert (code, text.split()[0]) == (552, b"5.3.4") and SIZE in text, text
        assert s.mail("ana@petit.test")[0] == 250 and s.rcpt("ana@petit.test")[0] == 250 and s.data(small)[0] == 250
        assert s.mail("ana@petit.test")[0] == 250 and s.rcpt("ana@petit.test")[0] == 250
        s.send(f"BDAT {len(large)} LAST\r\n".encode() + large)
        code, text = s.getreply()
        assert code == 552 and SIZE in text, text
    path = pli.dir / "grand.eml"
    path.write_bytes(large)
    assert explained(pli, "ana@petit.test", "ana@petit.test", "--message", str(path)) == ("refused", "domain-size")
    pli.pli("domain", "set", "petit.test", "--max-message", "10G")
    with pli.smtp(login="ana@petit.test") as s:
        code, text = s.mail("ana@petit.test", [f"SIZE={9 << 30}"])
        assert code == 552 and b"pour ce serveur" in text, text


def test_new_accounts_are_as_the_domain_says(pli):
    pli.pli("domain", "add", "neuf.test", "--sign", "never", "--red-list", "yes")
    pli.add("ana@neuf.test")
    pli.add("signe@neuf.test", sign="always")
    rows = pli.dir / "neuf.csv"
    rows.write_text(f"address,type,name,structure,sign,red_list\nun@neuf.test,org,Un,{FINESS},,\ndeux@neuf.test,org,Deux,{FINESS},yes,no\n")
    assert "2 added" in pli.pli("account", "import", str(rows), "--sheets", str(pli.dir / "neuf.html"))

    def how(who):
        a = pli.json("account", "show", who)
        return a["sign"], a["red_list"]
    assert [how(f"{w}@neuf.test") for w in ("ana", "signe", "un", "deux")] == [(False, True), (True, True), (False, True), (True, False)]
    pli.pli("domain", "set", "neuf.test", "--sign", "none", "--red-list", "no")
    pli.add("apres@neuf.test")
    assert how("apres@neuf.test") == (True, False) and how("ana@neuf.test") == (False, True)  # those that are there stay as they are
