# SPDX-License-Identifier: EUPL-1.2
"""A code on a sheet, with which its holder chooses a password, once (decision 0053): the page by curl as a browser sends its form; mail programs with the code
and with the password; two who use one code; what is throttled; a directory that is away."""
import imaplib
import os
import re
import signal
import smtplib
import stat
import subprocess
import time

import pytest
from instance import PASSWORD, Instance, eventually, plain
from ldap_line import LdapLine, mailbox
from test_settings_served import ask

NEW = "Trois mots de moi 7"
FINESS = "300017985"


@pytest.fixture(scope="module")
def inst():
    with Instance(conf=["dird { max_failures = 6 }"]) as pli:
        yield pli


@pytest.fixture
def holder(inst, tmp_path):
    """holder(name, ...): (address, code) of a new account with a sheet."""
    def make(name, *more):
        address, rows = f"{name}@chu.test", tmp_path / f"{name}.csv"
        rows.write_text(f"address;type;name;structure\n{address};org;{name.title()};{FINESS}\n")
        inst.pli("account", "import", rows, "--sheets", tmp_path / f"{name}.html", *more)
        return address, sheets(tmp_path / f"{name}.html")[address]
    return make


def sheets(path):
    """{address: code}"""
    return dict(re.findall(r"Adresse</th><td>([^<]*)</td></tr>\n<tr><th>Code</th><td class=\"code\">([^<]*)<", path.read_text()))


def new_code(inst, tmp_path, address, *more):
    path = tmp_path / f"{time.monotonic_ns()}.html"
    inst.pli("account", "code", address, "--sheets", path, *more)
    return sheets(path)[address]


def choose(inst, address, code, new=NEW, again=None, place="127.0.0.1"):
    """(status, what the page says) of the form, sent by curl as a browser sends it."""
    form = {"adresse": address, "code": code, "nouveau": new, "encore": new if again is None else again}
    argv = ["curl", "-s", "--interface", place, "--cacert", inst.ca, "-w", "\n%{http_code}", f"https://localhost:{inst.port('https')}/mot-de-passe"]
    for name, value in form.items():
        argv += ["--data-urlencode", f"{name}={value}"]
    out = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout
    page, status = out.rsplit("\n", 1)
    said = re.search(r'role="(?:alert|status)">(.*?)<span', page, re.S)
    assert code == "" or code not in page, "the code comes back"
    assert new in ("", address) or f'"{new}"' not in page, "the password comes back"
    return int(status), said.group(1) if said else page


def imap_says(inst, address, password):
    """"OK", or the server's words."""
    m = imaplib.IMAP4_SSL("localhost", inst.port("imaps"), ssl_context=inst.tls())
    try:
        m.authenticate("PLAIN", lambda _: b"\0" + address.encode() + b"\0" + password.encode())
        return "OK"
    except imaplib.IMAP4.error as e:
        return str(e)
    finally:
        m.shutdown()


def smtp_says(inst, address, password):
    with inst.smtp("submissions") as s:
        s.ehlo()
        try:
            s.user, s.password = address, password
            return s.auth("PLAIN", s.auth_plain)
        except smtplib.SMTPAuthenticationError as e:
            return e.smtp_code, e.smtp_error


def test_a_code_opens_nothing_and_chooses_a_password_once(inst, holder, tmp_path):
    address, code = holder("premier")
    sheet = (tmp_path / "premier.html").read_text()
    assert f"https://mail.chu.test:{inst.port('https')}/mot-de-passe" in sheet and "une seule fois" in sheet
    assert "Mot de passe</th>" not in sheet and stat.S_IMODE((tmp_path / "premier.html").stat().st_mode) == 0o600
    assert inst.json("account", "show", address)["code_until"].endswith("Z") and "a code, for choosing one" in inst.pli("account", "show", address)
    assert "EXPIRED" in imap_says(inst, address, code) and "sur la page que votre feuille indique" in imap_says(inst, address, code)
    status, why = smtp_says(inst, address, code)
    assert status == 535 and b"5.7.8" in why and b"feuille" in why
    with LdapLine(inst) as line:
        assert line.bind(address, code) == 49
    page = ask(inst, f"/mot-de-passe?adresse={address}")
    assert page.status == 200 and f'value="{address}"' in page.text and 'minlength="8"' in page.text and page.headers["Cache-Control"] == "no-store"
    assert choose(inst, address, code) == (200, "<strong>C’est fait.</strong> Votre mot de passe est choisi ; le code ne sert plus : détruisez la feuille.\n")
    assert imap_says(inst, address, NEW) == "OK" and smtp_says(inst, address, NEW)[0] == 235
    with LdapLine(inst) as line:
        assert line.bind(address, NEW) == 0
    assert "AUTHENTICATIONFAILED" in imap_says(inst, address, code)
    status, why = choose(inst, address, code, "un autre mot 5")
    assert status == 403 and "le code a déjà servi" in why and "prévenez aussitôt votre administrateur" in why, "who did not choose it hears what that means"
    assert "refuse ce code, bien recopié" in sheet
    assert imap_says(inst, address, NEW) == "OK" and inst.json("account", "show", address)["code_until"] is None
    status, why = choose(inst, address, NEW, "encore un autre 5")
    assert status == 403 and "déjà servi" in why, "a password chooses no other one here"
    log = (inst.root / "log/pli.log").read_text() + inst.output()
    assert code not in log and NEW not in log and "ev=password-chosen name=premier@chu.test rc=ok" in log


def test_pending_until_its_holder_opens_it(inst, holder, tmp_path):
    """Decision 0058: as told by show, list, JSON and the table; unseen by colleagues; through a suspension and a second code; active by the first choice."""
    inst.add("collegue@chu.test", sign="never")
    address, _ = holder("attendue")

    def found(who="collegue@chu.test"):
        with LdapLine(inst) as line:
            assert line.bind(who, PASSWORD if who != address else NEW) == 0
            return line.search(mailbox(address), scope=0)[0]

    def state():
        shown = inst.json("account", "show", address)
        return shown["state"], shown["disabled"]
    assert state() == ("pending", False) and "state        pending: nobody has opened it yet\n" in inst.pli("account", "show", address)
    assert address in [a["address"] for a in inst.json("account", "list", "--state", "pending")]
    assert address not in inst.pli("account", "list", "--state", "active") and inst.pli("account", "list", "--state", "seule", check=False).returncode == 2
    assert found() == 0, "it is not completed"
    inst.submit("collegue@chu.test", [address], plain("avant", "collegue@chu.test", address))
    table = tmp_path / "rendu.csv"
    table.write_text("\n".join(l for l in inst.pli("account", "export").splitlines() if l.startswith(("address;", address))))
    assert ";pending" in table.read_text()
    assert inst.json("account", "import", table)["unchanged"] == 1
    inst.pli("account", "suspend", address)
    assert state() == ("suspended", True)
    inst.json("account", "import", table)  # "pending" in a row: it may be used
    assert state() == ("pending", False)
    code = new_code(inst, tmp_path, address)
    assert state() == ("pending", False) and choose(inst, address, code)[0] == 200
    assert state() == ("active", False) and found() == 1
    assert inst.json("account", "import", table)["unchanged"] == 1, "no row makes it pending"
    with inst.imap(address, password=NEW) as m:
        assert m.select("INBOX")[1] == [b"1"], "what came before is there"
    new_code(inst, tmp_path, address)
    assert state() == ("active", False), "a password that was lost"


def test_pending_until_the_first_sign_in_with_a_given_password(inst, holder):
    """The operator gives a password instead of the code: it is the sign-in that opens the mailbox."""
    address, _ = holder("donnee")
    inst.pli("account", "passwd", address, "--password-stdin", stdin=PASSWORD + "\n")
    assert inst.json("account", "show", address)["state"] == "pending"
    assert imap_says(inst, address, "faux mot de passe") != "OK" and inst.json("account", "show", address)["state"] == "pending"
    assert smtp_says(inst, address, PASSWORD)[0] == 235
    assert inst.json("account", "show", address)["state"] == "active" and f"ev=account-opened account={address}" in inst.output()


def test_what_people_type(inst, holder):
    address, code = holder("tape")
    assert choose(inst, address, code, "court")[0] == 400 and choose(inst, address, code, NEW, NEW + "x")[0] == 400
    assert choose(inst, address, code, address)[0] == 400 and choose(inst, address, code, code)[0] == 400
    assert choose(inst, address, "")[0] == 400 and choose(inst, address, code, "")[0] == 400
    assert choose(inst, "pas une adresse", code)[0] == 400 and choose(inst, "x@ailleurs.test", code)[0] == 404
    assert "EXPIRED" in imap_says(inst, address, code), "the code is as it was"
    assert choose(inst, f" {address.upper()} ", f" {code.replace('-', ' ').upper()} ", "été à la mer & 100% +1")[0] == 200
    assert imap_says(inst, address, "été à la mer & 100% +1") == imap_says(inst, address, "e\u0301te\u0301 a\u0300 la mer & 100% +1") == "OK"


def test_forms_that_are_none(inst, holder):
    address, code = holder("formulaire")
    good = f"adresse={address}&code={code}&nouveau=Un+bon+mot+de+passe&encore=Un+bon+mot+de+passe"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in ("", "&&==&", good.replace("code=", "kode="), good + "&code=x", good + "%00", good.replace("Un+", "Un%00"), good.replace("&encore", "&%ff=%zz&encore", 1) + "é"):
        assert ask(inst, "/mot-de-passe", "POST", body.encode(), headers=kind).status in (400, 403), body
    assert ask(inst, "/mot-de-passe", "POST", good, headers={**kind, "Sec-Fetch-Site": "cross-site"}).status == 403
    assert ask(inst, "/mot-de-passe", "POST", "x" * 20000, headers=kind).status == 413
    assert ask(inst, "/mot-de-passe", "PUT", good, headers=kind).headers["Allow"] == "GET, HEAD, POST"
    assert ask(inst, "/mot-de-passe", "POST", good, "http", headers=kind).status == 405, "never in clear"
    assert ask(inst, "/mot-de-passe?" + good.replace("adresse=", "x="), headers={}).status == 200
    assert "EXPIRED" in imap_says(inst, address, code), "nothing of it used the code"
    assert ask(inst, "/mot-de-passe", "POST", good, headers={**kind, "Sec-Fetch-Site": "same-origin"}).status == 200
    assert imap_says(inst, address, "Un bon mot de passe") == "OK"


def test_wrong_codes_are_counted_as_wrong_passwords_are(inst, holder):
    address, code = holder("devine")
    for who, place in ((address, "127.0.0.6"), ("personne@chu.test", "127.0.0.7")):
        said = []
        while 429 not in said and len(said) < 60:      # each pause is longer than the one before: at last longer than a request takes
            said.append(choose(inst, who, f"aaaaa-bbbbb-ccccc-{len(said):05}", place=place)[0])
        assert said[:6] == [403] * 6 and set(said[:-1]) == {403} and said[-1] == 429, "who has no account hears what a wrong code hears"


def test_two_with_one_code(inst, holder):
    address, code = holder("deux")
    words = [f"mot de passe {n}" for n in range(4)]
    argv = ["curl", "-s", "-o", "/dev/null", "--cacert", inst.ca, "-w", "%{http_code}", f"https://localhost:{inst.port('https')}/mot-de-passe"]
    runs = [subprocess.Popen([*argv, *(x for f in (f"adresse={address}", f"code={code}", f"nouveau={w}", f"encore={w}") for x in ("--data-urlencode", f))],
                             stdout=subprocess.PIPE, text=True) for w in words]
    status = [int(p.communicate(timeout=60)[0]) for p in runs]
    assert status.count(200) == 1 and set(status) <= {200, 403, 503}, status
    assert imap_says(inst, address, words[status.index(200)]) == "OK"
    assert all(imap_says(inst, address, w) != "OK" for w, s in zip(words, status) if s != 200)


def test_another_code_ends_the_one_before_and_the_password(inst, holder, tmp_path):
    address, first = holder("deja")
    second = new_code(inst, tmp_path, address)
    assert first != second and choose(inst, address, first)[0] == 403
    assert choose(inst, address, second)[0] == 200
    with inst.imap(address, password=NEW) as m:
        m.select("INBOX")
        third = new_code(inst, tmp_path, address)
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            eventually(lambda: m.noop()[0] == "never")           # the session of the former password ends
    assert "AUTHENTICATIONFAILED" in imap_says(inst, address, NEW)
    inst.pli("account", "passwd", address, "--password-stdin", stdin=PASSWORD + "\n")
    assert imap_says(inst, address, PASSWORD) == "OK" and choose(inst, address, third)[0] == 403


def test_codes_end(inst, holder, tmp_path):
    address, code = holder("perime", "--code-days", "3650")
    assert inst.json("account", "show", address)["code_until"] > "2030"
    conf = inst.root / "pli.conf"
    text = conf.read_text()
    try:
        conf.write_text(text + "account { code_life = 1s }\n")
        code = new_code(inst, tmp_path, address)
    finally:
        conf.write_text(text)
    assert "demandez-en un autre" in eventually(lambda: "n'est plus valable" in (said := imap_says(inst, address, code)) and said)
    status, why = choose(inst, address, code)
    assert status == 403 and "n’est plus valable" in why
    # nobody can open it now: its administrator is told, and of the mail that waits there
    assert inst.json("account", "show", address)["state"] == "pending" and "a code, for choosing one, which ended" in inst.pli("account", "show", address)
    inst.add("expediteur@chu.test", sign="never")
    inst.submit("expediteur@chu.test", [address], plain("attend", "expediteur@chu.test", address))
    assert "1 accounts were never opened and their code has ended; 1 of them have mail that nobody reads" in inst.pli("doctor", check=False).stdout
    assert choose(inst, address, new_code(inst, tmp_path, address, "--code-days", "1"))[0] == 200


def test_without_codes_a_sheet_has_a_password(inst, holder, tmp_path):
    holder("sans", "--code-days", "1")
    path = tmp_path / "motdepasse.html"
    inst.pli("account", "code", "sans@chu.test", "--sheets", path, "--code-days", "0")
    password = re.search(r"Mot de passe</th><td class=\"code\">([^<]*)<", path.read_text()).group(1)
    assert imap_says(inst, "sans@chu.test", password) == "OK"
    conf = inst.root / "pli.conf"
    text = conf.read_text()
    try:
        conf.write_text(re.sub(r'(?m)^( +https = )".*"', r'\1""', text))
        inst.pli("account", "code", "sans@chu.test", "--sheets", tmp_path / "nulle.html")
        assert "Mot de passe</th>" in (tmp_path / "nulle.html").read_text(), "there is no page"
        r = inst.pli("account", "code", "sans@chu.test", "--sheets", tmp_path / "part.html", "--code-days", "3", check=False)
        assert r.returncode == 2 and "listen.https is empty" in r.stderr
    finally:
        conf.write_text(text)


def test_a_suspended_and_a_closed_account(inst, holder):
    address, code = holder("suspendu")
    inst.pli("account", "suspend", address)
    status, why = choose(inst, address, code)
    assert status == 403 and "suspendu" in why and choose(inst, address, "aaaaa-bbbbb-ccccc-ddddd")[1] != why
    inst.pli("account", "resume", address)
    assert choose(inst, address, code)[0] == 200
    address, code = holder("ferme")
    inst.pli("account", "close", address)
    status, why = choose(inst, address, code)
    assert status == 403 and "fermé" in why


def test_the_directory_is_away(inst, holder):
    address, code = holder("absent")
    pid = inst.pids("slapd")[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        status, why = choose(inst, address, code)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert status == 503 and "avec le même code" in why
    eventually(lambda: "EXPIRED" in imap_says(inst, address, code))
    dird = inst.daemon("pli-dird")
    os.kill(dird, signal.SIGKILL)
    inst.wait_daemon("pli-dird", not_pid=dird)
    assert eventually(lambda: (got := choose(inst, address, code)[0]) != 503 and got) == 200
    assert imap_says(inst, address, NEW) == "OK"


def test_nobody_signs_in_with_a_code_at_slapd_itself(inst, holder):
    """dird's gate refuses it; and the access rule would, were there no gate: over the net nobody may so much as try the password of an entry with a code."""
    address, code = holder("annuaire")
    env = {**os.environ, "LDAPTLS_CACERT": inst.ca}
    for password in (code, "faux"):
        r = subprocess.run(["ldapwhoami", "-x", "-H", f"ldaps://localhost:{inst.port('ldaps')}", "-D", mailbox(address), "-w", password], capture_output=True, text=True, env=env,
                           timeout=60)
        assert r.returncode == 49
    r = subprocess.run(["ldappasswd", "-x", "-H", f"ldaps://localhost:{inst.port('ldaps')}", "-D", mailbox(address), "-w", code, "-s", "Un mot de passe 9"],
                       capture_output=True, text=True, env=env, timeout=60)
    assert r.returncode == 49
    assert choose(inst, address, code)[0] == 200


def test_one_wrong_address_changes_nobody(inst, holder, tmp_path):
    """A typing mistake in the last address: the first one's code is the one on the sheet that he has, and no file is left that looks like sheets."""
    address, code = holder("avant")
    r = inst.pli("account", "code", address, "personne@chu.test", "--sheets", tmp_path / "faute.html", check=False)
    assert r.returncode == 1 and "no account personne@chu.test" in r.stderr and not (tmp_path / "faute.html").exists()
    inst.add("parti@chu.test")
    inst.pli("account", "close", "parti@chu.test")
    r = inst.pli("account", "code", address, "parti@chu.test", "--sheets", tmp_path / "faute.html", check=False)
    assert r.returncode == 1 and "parti@chu.test" in r.stderr and not (tmp_path / "faute.html").exists()
    assert choose(inst, address, code)[0] == 200


def test_many_addresses_and_one_twice(inst, holder, tmp_path):
    """As many as a cut-off import leaves without a sheet; who is named twice would have a first sheet that is good for nothing."""
    (tmp_path / "m.csv").write_text("address;type;name;structure\n" + "".join(f"m{i}@chu.test;org;M {i};{FINESS}\n" for i in range(12)))
    inst.pli("account", "import", tmp_path / "m.csv")
    many = [f"m{i}@chu.test" for i in range(12)]
    inst.pli("account", "code", *many, "--sheets", str(tmp_path / "m.html"))
    assert list(sheets(tmp_path / "m.html")) == many
    r = inst.pli("account", "code", "m1@chu.test", "m2@chu.test", "M1@CHU.test", "--sheets", str(tmp_path / "m2.html"), check=False)
    assert r.returncode == 2 and "m1@chu.test and M1@CHU.test are one account" in r.stderr and not (tmp_path / "m2.html").exists()


def test_no_new_account_no_sheets(inst, holder, tmp_path):
    """The file again: nobody is new, and no empty page stands where sheets would be looked for."""
    holder("present")
    out = inst.pli("account", "import", tmp_path / "present.csv", "--sheets", tmp_path / "rien.html")
    assert "1 unchanged" in out and not (tmp_path / "rien.html").exists()


def test_a_sheet_has_the_address_as_it_is_kept(inst, tmp_path):
    """A file that spells a domain by its letters: the directory takes no DN with them, and the sheet's is what the holder types."""
    inst.pli("domain", "add", "hôpital.test")
    (tmp_path / "h.csv").write_text(f"address;type;name;structure\nLéo@hôpital.test;org;Faux;{FINESS}\nleo@hôpital.test;org;Leo;{FINESS}\n")
    r = inst.pli("account", "import", tmp_path / "h.csv", "--sheets", tmp_path / "h.html", check=False)
    assert "1 added" in r.stdout and "1 refused" in r.stdout
    (address, code), = sheets(tmp_path / "h.html").items()
    dn = re.search(r"son identifiant</th><td>([^<]*)<", (tmp_path / "h.html").read_text()).group(1)
    assert address == "leo@xn--hpital-ixa.test" and dn == f"mail={address},ou=mailboxes,o=pli"
    assert choose(inst, address, code)[0] == 200
    with LdapLine(inst) as line:
        assert line.bind_dn(dn, NEW) == 0
