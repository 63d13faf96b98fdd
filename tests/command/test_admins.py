# SPDX-License-Identifier: EUPL-1.2
"""pli admin and pli --as: a structure's administrator and a domain's see and touch only what is theirs (docs/decisions/0050), and the log says who did what."""
import json
import os
import re
import subprocess

import pytest
from instance import PASSWORD, Instance, eventually

A, B = "750712184", "690000021"   # two hospitals
RPPS_1, RPPS_2, RPPS_3 = "10001234565", "10000000017", "10000000025"
BOSS, LORD = "bureau@chu.test", "bureau@lilas.test"


@pytest.fixture(scope="module")
def inst():
    with Instance() as pli:
        pli.pli("domain", "add", "lilas.test", "--quota", "3M")
        for address, structure in ((BOSS, A), ("urgences@chu.test", A), ("autre@chu.test", A), ("voisin@chu.test", B), (LORD, B)):
            pli.add(address, sign="never", extra=["--structure", structure])
        pli.pli("admin", "grant", BOSS, "--structure", A)
        pli.pli("admin", "grant", LORD, "--domain", "Lilas.test")
        yield pli


@pytest.fixture
def hers(inst, tmp_path):
    """Runs pli as an administrator; the finished process."""
    def run(who, *args, password=PASSWORD, stdin=""):
        secret = tmp_path / "mot"
        secret.write_text(password + "\n")
        return inst.pli(*args, "--as", who, "--as-password", secret, stdin=stdin, check=False)
    return run


def refused(r, cause="out-of-scope"):
    why = json.loads(r.stderr)
    assert (r.returncode, why["cause"], r.stdout) == (1, cause, ""), r
    return why["error"]


def by_sudo(inst, *args, named=False, stdin=PASSWORD + "\n"):
    """As root, called by the user 1000 through sudo, which sets SUDO_UID: no instance can be named, so it is the well-known one."""
    argv = [str(inst.argv("version")[0]), *map(str, args), "--as", BOSS, *(["--root", str(inst.root)] if named else [])]
    env = {k: v for k, v in os.environ.items() if k != "PLI_ROOT"} | {"SUDO_UID": "1000"}
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, env=env)


def test_by_sudo_she_opens_no_file(inst, tmp_path):
    """A rule of sudo for "pli --as *" is as good as her password, and opens nothing of root's."""
    for args, named, why in ((["account", "list"], True, "leave out --root"), (["account", "list", "--as-password", "/etc/shadow"], False, "opens no file"),
                             (["account", "list", "--as-password", "/dev/stdin"], False, "opens no file"),
                             (["account", "import", "/etc/shadow", "--as-password", "-"], False, "opens no file"), (["account", "import", "/dev/stdin", "--as-password", "-"], False, "opens no file"),
                             (["account", "import", "-", "--as-password", "-", "--sheets", tmp_path / "f.html"], False, "opens no file"),
                             (["account", "code", "autre@chu.test", "--as-password", "-", "--sheets", tmp_path / "f.html"], False, "opens no file"),
                             (["queue", "list"], False, "operator alone"), (["mailbox", "export", "autre@chu.test", tmp_path], False, "operator alone"),
                             (["trust", "verify", "/etc/shadow"], False, "operator alone")):
        r = by_sudo(inst, *args, named=named)
        assert r.returncode == 1 and why in r.stderr and r.stdout == "" and "root:" not in r.stderr, (args, r)
    env_root = subprocess.run([str(inst.argv("version")[0]), "account", "list", "--as", BOSS], env=dict(os.environ, SUDO_UID="1000", PLI_ROOT=str(inst.root)), capture_output=True, text=True)
    assert env_root.returncode == 1 and "leave out --root" in env_root.stderr
    assert not (tmp_path / "f.html").exists()


def test_who_administers_what(inst):
    assert inst.pli("admin", "list") == f"{BOSS:<40} structure {A}\n{LORD:<40} domain    lilas.test\n"
    assert inst.json("admin", "show", BOSS) == [{"address": BOSS, "name": "Essai bureau", "kind": "structure", "id": A, "active": True}]
    assert inst.pli("admin", "show", "urgences@chu.test") == "urgences@chu.test administers nothing\n"
    for args, code, why in ((["--structure", A], 1, "administers 750712184 already"), (["--structure", "750712185"], 1, "not a FINESS, SIREN or SIRET number"),
                            (["--domain", "nulle.test"], 1, "nulle.test is not a domain of this instance"), ([], 2, "one of --structure NUMBER and --domain DOMAIN"),
                            (["--structure", A, "--domain", "chu.test"], 2, "one of --structure NUMBER")):
        r = inst.pli("admin", "grant", BOSS, *args, check=False)
        assert r.returncode == code and why in r.stderr, r
    r = inst.pli("admin", "revoke", LORD, "--domain", "chu.test", check=False)
    assert r.returncode == 1 and "does not administer chu.test" in r.stderr


def test_a_password_is_asked_for(inst, hers):
    assert refused(hers(BOSS, "account", "list", "--json", password="faux"), "auth-failed") == "wrong login or password"
    assert refused(hers("urgences@chu.test", "account", "list", "--json"), "acting-ended").startswith("urgences@chu.test administers nothing")
    assert refused(hers("rien@chu.test", "account", "list", "--json"), "auth-failed")
    r = inst.pli("account", "list", "--as", BOSS, check=False)
    assert r.returncode == 2 and "no terminal to ask on" in r.stderr
    r = inst.pli("account", "list", "--as-password", "/dev/null", check=False)
    assert r.returncode == 2 and "--as-password goes with --as" in r.stderr
    r = inst.pli("account", "list", "--as", BOSS, "--as-password", "/dev/null", check=False)
    assert r.returncode == 1 and "holds no password" in r.stderr


def test_she_sees_her_own(inst, hers):
    rows = json.loads(hers(BOSS, "account", "list", "--json").stdout)
    assert {r["address"] for r in rows} == {BOSS, "urgences@chu.test", "autre@chu.test"}
    assert json.loads(hers(LORD, "account", "list", "--json").stdout)[0]["address"] == LORD
    assert json.loads(hers(BOSS, "account", "show", "urgences@chu.test", "--json").stdout)["structure"] == A
    assert refused(hers(BOSS, "account", "show", "voisin@chu.test", "--json")) == f"voisin@chu.test is not among the accounts that {BOSS} administers"
    assert "voisin" not in hers(BOSS, "account", "export").stdout and "urgences@chu.test" in hers(BOSS, "account", "export").stdout
    r = hers(BOSS, "directory", "search", "essai")
    assert r.returncode == 0 and "voisin" not in r.stdout
    assert hers(LORD, "domain", "list").stdout.startswith("lilas.test") and "chu.test" not in hers(LORD, "domain", "list").stdout
    assert hers(BOSS, "admin", "list").stdout == f"{BOSS:<40} structure {A}\n"


def test_what_is_the_operators_alone(hers):
    for args in (["queue", "list"], ["account", "purge"], ["account", "delete", "urgences@chu.test", "--yes"], ["mailbox", "list"], ["trust", "show"],
                 ["domain", "add", "x.test"], ["domain", "set", "lilas.test", "--quota", "9G"], ["admin", "grant", BOSS, "--structure", B], ["log", "find", BOSS],
                 ["cert", "list"], ["doctor"], ["store", "stats"], ["account", "add", "n@chu.test", "--quota", "9G"], ["account", "close", "autre@chu.test", "--keep", "0"]):
        assert "for the operator alone" in refused(hers(BOSS, *args, "--json")), args


def test_an_account_from_first_to_last(inst, hers):
    """Added, signed in, changed, suspended, resumed, closed, reopened; each line of the log says by whom."""
    who = "neuve@chu.test"
    r = hers(BOSS, "account", "add", who, "--type", "per", "--rpps", RPPS_1, "--structure", A, "--name", "Anne NEUVE", "--password-stdin", stdin=PASSWORD + "\n")
    assert r.returncode == 0, r
    inst.imap(who).logout()
    for args in (["set", who, "--service", "Urgences", "--seen", "each"], ["alias", "add", who, "a.neuve@chu.test"], ["suspend", who, "--reason", "absente"],
                 ["resume", who], ["close", who, "--reason", "partie"], ["reopen", who]):
        r = hers(BOSS, "account", *args)
        assert r.returncode == 0, r
    r = hers(BOSS, "account", "passwd", who, "--generate", "--json")
    fresh = json.loads(r.stdout)["password"]
    inst.imap(who, password=fresh).logout()
    shown = json.loads(hers(BOSS, "account", "show", who, "--json").stdout)
    assert (shown["service"], shown["aliases"], shown["state"]) == ("Urgences", ["a.neuve@chu.test"], "active")
    for event in ("account-add", "account-set", "account-suspend", "account-resume", "account-close", "account-reopen", "account-passwd"):
        assert eventually(lambda: [l for l in inst.output().splitlines() if f"ev={event} " in l and f"name={who} rc=ok by={BOSS}" in l]), event
    assert [l for l in inst.output().splitlines() if "ev=account-add " in l and "name=urgences@chu.test rc=ok by=uid:" in l]


def test_what_the_operator_ended_she_does_not_begin_again(inst, hers):
    who = "arret@chu.test"
    inst.add(who, sign="never", extra=["--structure", A])

    def state():
        shown = inst.json("account", "show", who)
        return shown["state"], shown["state_by"]

    def done(*args):
        r = hers(BOSS, "account", *args)
        assert r.returncode == 0, r.stderr
    done("suspend", who)
    assert state() == ("suspended", BOSS)
    done("resume", who)
    assert state() == ("active", None)
    inst.pli("account", "suspend", who, "--reason", "enquête")
    for again in ("resume", "enable"):
        assert "the operator suspended" in refused(hers(BOSS, "account", again, who, "--json"))
    done("suspend", who, "--reason", "et moi aussi")                # is no way round it
    refused(hers(BOSS, "account", "resume", who, "--json"))
    done("close", who)                                              # nor is that
    assert "the operator closed" in refused(hers(BOSS, "account", "reopen", who, "--json"))
    inst.pli("account", "reopen", who)
    done("suspend", who)
    inst.pli("account", "suspend", who)                             # after her, and the operator's from then on
    refused(hers(BOSS, "account", "resume", who, "--json"))
    inst.pli("account", "resume", who)
    done("close", who)
    done("reopen", who)
    assert state() == ("active", None)


def test_nothing_is_made_of_what_is_refused(inst, hers):
    """The store and keyd have done nothing for what dird refuses: no mailbox that no account names, no changed quota, no key slot."""
    inst.add("avant@chu.test", sign="never")
    add = ["account", "add", "--type", "per", "--rpps", RPPS_2, "--name", "Jean PAS", "--password-stdin", "--json"]
    for more in (["x1@chu.test", "--structure", B], ["x1@chu.test"], ["x1@lilas.test", "--structure", A], ["abuse@chu.test", "--structure", A],
                 ["x1@chu.test", "--structure", A, "--alias", "x@lilas.test"]):
        refused(hers(BOSS, *add, *more, stdin=PASSWORD + "\n"))
    inst.add("apres@chu.test", sign="never")
    first, second = (inst.json("account", "show", who)["mailbox"] for who in ("avant@chu.test", "apres@chu.test"))
    assert second == first + 1   # not even a number was reserved
    quota = inst.json("account", "show", "autre@chu.test")["quota"]
    for args in (["account", "set", "autre@chu.test", "--quota", "9G"], ["account", "quota", "autre@chu.test", "--storage", "9G"], ["account", "set", "voisin@chu.test", "--name", "X Y"],
                 ["account", "set", BOSS, "--name", "X Y"], ["account", "set", BOSS, "--seen", "each"], ["account", "suspend", "voisin@chu.test"], ["account", "close", BOSS],
                 ["account", "set", "autre@chu.test", "--rpps", RPPS_3],
                 ["account", "passwd", "voisin@chu.test", "--generate"], ["account", "passwd", BOSS, "--generate"], ["account", "alias", "add", "autre@chu.test", "a@lilas.test"],
                 ["delegate", "add", "autre@chu.test", "--to", "voisin@chu.test", "--rights", "read"], ["delegate", "add", "autre@chu.test", "--to", BOSS, "--rights", "read"],
                 ["delegate", "add", "voisin@chu.test", "--to", "autre@chu.test", "--rights", "read"], ["list", "add", "l@chu.test", "--name", "L"]):
        refused(hers(BOSS, *args, "--json"))
    assert inst.json("account", "show", "autre@chu.test")["quota"] == quota
    assert inst.pli("delegate", "list", "autre@chu.test") == "" == inst.pli("delegate", "list", "voisin@chu.test")
    assert eventually(lambda: [l for l in inst.output().splitlines() if f"ev=admin-refused op=delegate-set by={BOSS} why=out-of-scope" in l])


def test_delegates_within(inst, hers):
    r = hers(BOSS, "delegate", "add", "autre@chu.test", "--to", "urgences@chu.test", "--rights", "read")
    assert r.returncode == 0, r
    assert hers(BOSS, "delegate", "list", "autre@chu.test").stdout.split() == ["urgences@chu.test", "lr"]
    assert hers(BOSS, "delegate", "remove", "autre@chu.test", "--to", "urgences@chu.test").returncode == 0
    # a delegate of a mailbox elsewhere: nobody's password but the operator's to give; closing the account ends it
    inst.add("deux@chu.test", sign="never", extra=["--structure", A])
    inst.pli("delegate", "add", "voisin@chu.test", "--to", "deux@chu.test", "--rights", "read")
    assert "opens a mailbox that" in refused(hers(BOSS, "account", "passwd", "deux@chu.test", "--generate", "--json"))
    r = hers(BOSS, "account", "close", "deux@chu.test")
    assert r.returncode == 0, r
    assert inst.pli("delegate", "list", "voisin@chu.test") == ""


def test_a_domain_and_its_lists(inst, hers):
    for args in (["account", "add", "ana@lilas.test", "--type", "cab", "--rpps", RPPS_2, "--name", "Ana LILAS", "--structure", B], ["list", "add", "tous@lilas.test", "--name", "Tous"],
                 ["list", "member", "add", "tous@lilas.test", "ana@lilas.test", "urgences@chu.test"], ["list", "set", "tous@lilas.test", "--post", "domain"]):
        r = hers(LORD, *args, *(["--password-stdin"] if "ana@lilas.test" == args[2] else []), stdin=PASSWORD + "\n")
        assert r.returncode == 0, r
    assert json.loads(hers(LORD, "account", "show", "ana@lilas.test", "--json").stdout)["quota"] == 3 << 20   # as the domain says
    inst.pli("list", "add", "medecins@chu.test", "--name", "Medecins")
    refused(hers(LORD, "list", "member", "add", "tous@lilas.test", "medecins@chu.test", "--json"))
    refused(hers(LORD, "list", "delete", "medecins@chu.test", "--json"))
    refused(hers(LORD, "list", "show", "medecins@chu.test", "--json"))
    assert [l["address"] for l in json.loads(hers(LORD, "list", "list", "--json").stdout)] == ["tous@lilas.test"]
    assert hers(LORD, "list", "delete", "tous@lilas.test").returncode == 0


def rows(hers, path, *more):
    r = hers(BOSS, "account", "import", path, "--json", *more)
    return {row["address"]: (row["outcome"], row["why"]) for row in json.loads(r.stdout)["rows"]}


def test_a_file_row_by_row(inst, hers, tmp_path):
    path = tmp_path / "lignes.csv"
    path.write_text("adresse;type;nom_affiche;rpps;structure;service;quota\n".replace("nom_affiche", "name") +
                    f"f1@chu.test;org;F UN;;{A};;\n"
                    f"f2@chu.test;org;F DEUX;;{B};;\n"
                    f"f3@lilas.test;org;F TROIS;;{A};;\n"
                    f"f4@chu.test;org;F QUATRE;;{A};;9G\n"
                    f"voisin@chu.test;org;Volé;;{B};;\n"
                    f"urgences@chu.test;org;Essai urgences;;{A};SAMU;\n"
                    f"autre@chu.test;org;Essai autre;;{B};;\n"
                    f"{BOSS};org;Moi Même;;{A};;\n")
    for dry in (["--dry-run"], []):
        got = rows(hers, path, *dry)
        assert {a: o for a, (o, _) in got.items()} == {"f1@chu.test": "added", "f2@chu.test": "refused", "f3@lilas.test": "refused", "f4@chu.test": "refused",
                                                       "voisin@chu.test": "refused", "urgences@chu.test": "changed", "autre@chu.test": "refused", BOSS: "refused"}, (dry, got)
    assert "would be of no structure or domain" in got["f2@chu.test"][1] and "is not among the accounts" in got["voisin@chu.test"][1]
    assert "never changes" in got["autre@chu.test"][1] and "nobody administers her own account" in got[BOSS][1] and "operator's to say" in got["f4@chu.test"][1]
    assert inst.json("account", "show", "voisin@chu.test")["name"] == "Essai voisin"


def test_password_and_file_on_one_standard_input(inst):
    text = f"address;type;name;structure\nentree@chu.test;org;Par Entrée;{A}\n"
    r = inst.pli("account", "import", "-", "--as", BOSS, "--as-password", "-", stdin=PASSWORD + "\r\n" + text, check=False)
    assert r.returncode == 0 and "1 added" in r.stdout, r
    r = inst.pli("account", "import", "-", "--as", BOSS, "--as-password", "-", stdin=text, check=False)
    assert r.returncode == 1 and "wrong login or password" in r.stderr and "entree" not in r.stdout + r.stderr


def test_a_code_of_hers_and_no_code_acts(inst, hers, tmp_path):
    """She prints codes for her accounts alone; and an administrator whose password is a code not yet used acts for nobody."""
    paper = tmp_path / "feuilles.html"
    r = hers(BOSS, "account", "code", "autre@chu.test", "--sheets", paper)
    assert r.returncode == 0 and "autre@chu.test" in paper.read_text(), r
    refused(hers(BOSS, "account", "code", "voisin@chu.test", "--sheets", tmp_path / "b.html", "--json"))
    refused(hers(BOSS, "account", "code", BOSS, "--sheets", tmp_path / "c.html", "--json"))
    inst.pli("admin", "grant", "autre@chu.test", "--structure", f"{A[:3]} {A[3:6]}\u00a0{A[6:]}")  # as people write it
    code = re.search(r'class="code">([^<]*)<', paper.read_text())[1]
    assert refused(hers("autre@chu.test", "account", "list", "--json", password=code), "code-first")
    inst.pli("admin", "revoke", "autre@chu.test", "--structure", A)


def test_a_revocation_ends_a_file_that_is_being_worked_on(inst, hers, tmp_path):
    """All rows are refused or added: from the revocation on none is. Which row that is nobody says."""
    import threading
    path = tmp_path / "longue.csv"
    path.write_text("address;type;name;structure;sign\n" + "".join(f"long{i}@chu.test;org;L {i};{B};never\n" for i in range(300)))
    inst.add("passe@chu.test", sign="never", extra=["--structure", B])
    inst.pli("admin", "grant", "passe@chu.test", "--structure", B)
    done = []
    worker = threading.Thread(target=lambda: done.append(hers("passe@chu.test", "account", "import", path, "--json")))
    worker.start()
    eventually(lambda: [l for l in inst.output().splitlines() if "ev=account-add " in l and "rc=ok by=passe@chu.test" in l])
    inst.pli("admin", "revoke", "passe@chu.test", "--structure", B)
    worker.join()
    there = {r["address"] for r in inst.json("account", "list")}
    got = json.loads(done[0].stdout)
    assert done[0].returncode == 1 and got["added"] >= 1 and got["failed"] + got["untried"] >= 1 and got["added"] + got["failed"] + got["untried"] == 300, got["rows"][-1]
    assert {r["address"] for r in got["rows"] if r["outcome"] == "added"} == {a for a in there if a.startswith("long")}
    assert refused(hers("passe@chu.test", "account", "list", "--json"), "acting-ended")


def test_an_old_password_that_she_types_is_counted(inst, hers):
    """Of a default mailbox and of a strict one, which keyd alone would try as often as it is asked."""
    inst.add("ancien@chu.test", sign="never", extra=["--structure", A])
    inst.add("strict@chu.test", sign="never", extra=["--structure", A, "--strict"])
    for who in ("ancien@chu.test", "strict@chu.test"):
        r = hers(BOSS, "account", "passwd", who, "--password-stdin", stdin="faux mot 1\nUn nouveau mot 5\n")
        assert r.returncode == 1 and "the old password" in r.stderr and "nothing was changed" in r.stderr, r
        assert eventually(lambda: [l for l in inst.output().splitlines() if "ev=auth " in l and f"login={who} " in l and "rc=denied" in l])
        r = hers(BOSS, "account", "passwd", who, "--password-stdin", stdin=f"{PASSWORD}\nUn nouveau mot 5\n")
        assert r.returncode == 0, r
        inst.imap(who, "Un nouveau mot 5").logout()
