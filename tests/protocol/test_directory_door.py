# SPDX-License-Identifier: EUPL-1.2
"""slapd's own ports: guessing is slowed and logged as at the other doors, by one count; TLS is what the other ports speak; a paged read is whole."""
import contextlib
import os
import re
import signal
import stat
import subprocess
import time

import pytest

from instance import Instance, PASSWORD, children, eventually
from ldap_line import LdapLine, text, tlv


@pytest.fixture(scope="module")
def pli():
    with Instance() as p:
        yield p


def ldap(pli, tool, who, password, *args):
    return subprocess.run([tool, "-x", "-H", f"ldaps://localhost:{pli.port('ldaps')}", "-D", f"mail={who},ou=mailboxes,o=pli", "-w", password, *args],
                          capture_output=True, text=True, env=dict(os.environ, LDAPTLS_CACERT=str(pli.ca)))


def test_guessing_is_slowed_and_logged(pli):
    pli.add("target@chu.test", sign="never")
    pli.add("colleague@chu.test", sign="never")
    codes = [ldap(pli, "ldapwhoami", "target@chu.test", f"guess{i}").returncode for i in range(30)]
    assert codes[:10] == [49] * 10
    assert codes.count(51) >= 12 and set(codes) == {49, 51}
    lines = eventually(lambda: [l for l in pli.output().splitlines() if "ev=auth" in l and "login=target@chu.test" in l and "protocol=ldap" in l])
    assert re.search(r"peer=(127\.0\.0\.1|::1) protocol=ldap rc=denied", "\n".join(lines))
    assert not [l for l in pli.output().splitlines() if "guess1" in l]
    assert ldap(pli, "ldapwhoami", "colleague@chu.test", PASSWORD).returncode == 0
    ldap(pli, "ldapwhoami", "nobody@chu.test", "guess")
    assert eventually(lambda: [l for l in pli.output().splitlines() if "login=unknown" in l and "protocol=ldap" in l])


def test_a_known_place_is_not_locked_out(pli):
    pli.add("home@chu.test", sign="never")
    assert ldap(pli, "ldapsearch", "home@chu.test", PASSWORD, "-b", "ou=mailboxes,o=pli", "(mail=home@*)", "mail").returncode == 0
    for i in range(60):
        ldap(pli, "ldapwhoami", f"nobody{i}@chu.test", "guess")
    assert ldap(pli, "ldapwhoami", "home@chu.test", PASSWORD).returncode == 0
    pli.imap("home@chu.test").logout()


def test_while_dird_restarts_a_bind_waits_and_is_asked_about(pli):
    pli.add("later@chu.test", sign="never")
    pid = pli.daemon("pli-dird")
    os.kill(pid, 9)
    assert ldap(pli, "ldapwhoami", "later@chu.test", PASSWORD).returncode == 0
    pli.wait_daemon("pli-dird", not_pid=pid)
    eventually(lambda: pli.pli("account", "show", "later@chu.test", check=False).returncode == 0)  # it has read the directory, for the next test


def hello(pli, *args):
    return subprocess.run(["openssl", "s_client", "-connect", f"localhost:{pli.port('ldaps')}", *args], input="Q\n", capture_output=True, text=True).stdout


@pytest.mark.parametrize("args, want", [
    (["-tls1", "-cipher", "ALL:@SECLEVEL=0"], None),
    (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], None),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:AES128-SHA"], None),
    (["-tls1_2", "-cipher", "AES128-GCM-SHA256:AES256-GCM-SHA384"], None),
    (["-tls1_2"], "TLSv1.2, Cipher is ECDHE-"),
    (["-tls1_3"], "TLSv1.3, Cipher is TLS_AES_"),
], ids=["1.0", "1.1", "CBC", "RSA-key-exchange", "1.2", "1.3"])
def test_tls_as_at_the_other_ports(pli, args, want):
    assert (want or "Cipher is (NONE)") in hello(pli, *args)


def test_there_is_one_way_to_sign_in(pli):
    """No SASL mechanism is named (a client that takes the strongest of them would never get in), and none is taken."""
    pli.add("simple@chu.test", sign="never")
    root = ldap(pli, "ldapsearch", "simple@chu.test", PASSWORD, "-LLL", "-b", "", "-s", "base", "+")
    assert "supportedLDAPVersion: 3" in root.stdout and "supportedSASLMechanisms" not in root.stdout
    for mechanism in ("PLAIN", "DIGEST-MD5", "SCRAM-SHA-256", "EXTERNAL"):
        r = subprocess.run(["ldapwhoami", "-Q", "-Y", mechanism, "-U", "simple@chu.test", "-w", PASSWORD, "-H", f"ldaps://localhost:{pli.port('ldaps')}"],
                           capture_output=True, text=True, env=dict(os.environ, LDAPTLS_CACERT=str(pli.ca)))
        assert r.returncode != 0 and re.search("mechanism too weak|no mechanism available|method not supported|not supported", r.stderr), (mechanism, r.stderr)


def test_a_client_without_a_base(pli):
    pli.add("sans.base@chu.test", sign="never", name="Base SANS")
    r = ldap(pli, "ldapsearch", "sans.base@chu.test", PASSWORD, "-LLL", "-b", "", "(|(givenname=sans)(sn=sans)(cn=sans)(mail=sans)(givenname=sans*)(sn=sans*)(cn=sans*)(mail=sans*))", "mail")
    assert r.returncode == 0 and "mail: sans.base@chu.test" in r.stdout


def test_a_paged_read_is_whole(pli):
    """More entries than one answer may have (500), put in by slapadd: 520 accounts by the command would take minutes."""
    rows = "".join(f"dn: mail=p{i}@chu.test,ou=mailboxes,o=pli\nobjectClass: inetOrgPerson\nobjectClass: mssBox\ncn: P {i}\nsn: P\nmail: p{i}@chu.test\n"
                   f"mssType: PER\npliMailboxId: {100000 + i}\npliMailboxKey:: {'A' * 43}=\n\n" for i in range(520))
    pli.add("reader@chu.test", sign="never")
    secret = pli.root / "keys/dird.secret"
    uri = "ldapi://" + str(pli.root / "run/ldapi").replace("/", "%2F")
    r = subprocess.run(["ldapadd", "-x", "-D", "cn=dird,ou=daemons,o=pli", "-y", str(secret), "-H", uri], input=rows, capture_output=True, text=True)
    assert r.returncode == 0, r.stderr[-500:]
    whole = ldap(pli, "ldapsearch", "reader@chu.test", PASSWORD, "-LLL", "-b", "ou=mailboxes,o=pli", "-E", "pr=200/noprompt", "(mail=p*)", "mail")
    assert whole.returncode == 0 and len(re.findall(r"^mail: p\d+@", whole.stdout, re.M)) == 520
    cut = ldap(pli, "ldapsearch", "reader@chu.test", PASSWORD, "-LLL", "-b", "ou=mailboxes,o=pli", "(mail=p*)", "mail")
    assert cut.returncode == 4


def test_a_stranger_writes_no_line_of_the_log(pli):
    """slapd prints the number of a control that it does not know, as it came, for who is not signed in, too: nobody forges a line, commands a terminal or floods the log."""
    forged = "2026-11-29T20:32:18.729Z dird[1] info ev=signin login=forged@chu.test rc=ok"
    control = tlv(0xa0, tlv(0x30, text(f"{forged}\n{forged}\n\x1b]0;titre\x07")))
    root = text("") + tlv(10, b"\0") * 2 + tlv(2, b"\0") * 2 + tlv(1, b"\0") + text("objectClass", 0x87) + tlv(0x30, b"")
    with LdapLine(pli) as line:
        def ask(n):
            line.number = 0  # its numbers have one octet
            for _ in range(n):
                line.send(tlv(0x63, root) + control)
                while line.answer()[0] != 0x65:
                    continue
            return "ev=slapd-unsaid lines=" in pli.output() and "forged@chu.test" in pli.output()  # of what comes when all places are taken, the first line of each second
        ask(100)
        assert eventually(lambda: ask(1)), "what was left out is told"
    said = [x for x in pli.output().splitlines() if "forged@chu.test" in x]
    assert said and not [x for x in said if " slapd[" not in x or "ev=slapd says=" not in x] and len(said) < 90
    assert forged not in pli.output() and "\x1b" not in pli.output()


def carriers(pli):
    """Of slapd's words: this program under another name."""
    found = []
    for p, (_, above) in children(pli.proc.pid).items():
        with contextlib.suppress(OSError):
            found += [p] if above == pli.proc.pid and open(f"/proc/{p}/comm").read() == "slapd-says\n" else []
    return found


def test_who_carries_its_words_is_killed(pli):
    """Another reads on from the same pipe; slapd notices nothing, and what it prints then is heard."""
    slapd, (first,) = pli.daemon("slapd"), carriers(pli)
    os.kill(first, signal.SIGKILL)
    (second,) = eventually(lambda: [p for p in carriers(pli) if p != first])
    open_at = {n: os.readlink(f"/proc/{second}/fd/{n}") for n in sorted(os.listdir(f"/proc/{second}/fd"), key=int)}
    assert list(open_at) == ["0", "1", "2", "3"] and open_at["0"].startswith("pipe:") and open_at["1"] == open_at["2"] and open_at["3"].endswith("run/alive"), open_at
    control = tlv(0xa0, tlv(0x30, text("entendu encore")))
    root = text("") + tlv(10, b"\0") * 2 + tlv(2, b"\0") * 2 + tlv(1, b"\0") + text("objectClass", 0x87) + tlv(0x30, b"")
    with LdapLine(pli) as line:
        line.send(tlv(0x63, root) + control)
        while line.answer()[0] != 0x65:
            continue
    assert eventually(lambda: re.search(rf" slapd\[{second}\] info ev=slapd says=.*entendu", pli.output()))
    assert f"ev=process-died name=slapd-says pid={first} signal=9" in pli.output() and pli.daemon("slapd") == slapd
    assert "\nSeccomp:\t2\n" in open(f"/proc/{second}/status").read()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second uid")
def test_no_other_user_of_the_machine_comes_by_ldapi(pli):
    """What is tried there is not counted (directory/dird/gate.h): it is for dird and the owner alone, so nobody guesses passwords there."""
    pli.add("shell@chu.test", sign="never")
    door = pli.root / "run/ldapi"
    whoami = ["ldapwhoami", "-x", "-H", "ldapi://" + str(door).replace("/", "%2F"), "-D", "mail=shell@chu.test,ou=mailboxes,o=pli", "-w", PASSWORD]
    assert subprocess.run(whoami, capture_output=True).returncode == 0
    for uid in (1000, 65534):
        r = subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *whoami], capture_output=True, text=True)
        assert r.returncode == 255 and "Can't contact LDAP server" in r.stderr, r
    folder = (pli.root / "run/slapd").stat()
    assert stat.S_IMODE(folder.st_mode) == 0o710 and folder.st_gid == os.stat(f"/proc/{pli.daemon('pli-dird')}").st_gid


def test_slapd_outlives_who_deletes_the_tops(pli):
    """slapd 2.5 ends when the top of an empty database is to be deleted, by whoever is signed in: the national copy before its first import."""
    pli.add("zele@chu.test", sign="never")
    with LdapLine(pli) as line:
        assert line.bind("zele@chu.test", PASSWORD) == 0
        for name in ("ou=national,o=pli", "ou=mailboxes,o=pli", "cn=attributes,ou=daemons,o=pli", "o=pli", "mail=zele@chu.test,ou=mailboxes,o=pli"):
            line.send(tlv(0x4a, name.encode()))
            assert line.answer() == (0x6b, 50), name
            line.send(tlv(0x6c, text(name) + text("ou=ailleurs") + b"\x01\x01\xff"))
            assert line.answer()[0] == 0x6d, name
        assert line.search("ou=national,o=pli")[1] in (0, 32)


def told_of(pli, words, since=0):
    return [l for l in pli.output()[since:].splitlines() if all(w in l for w in words)]


def stands_for(lines):
    """How many refusals they tell: each its own, and the others that had no line."""
    return len(lines) + sum(int(n) for l in lines for n in re.findall(r" others=(\d+)", l))


def told_in_few(pli, refuse, words, a_second):
    """Every refusal of a flood is told, in so many lines a second at most: seconds are dird's, which has the clock that we read. Refusals go on until one has a line,
    so that what is left untold of others' before the flood, and of the flood after it, is counted."""
    eventually(lambda: refuse() or told_of(pli, (*words, " others=")))
    mark, began, sent = len(pli.output()), time.monotonic(), 400
    for _ in range(sent):
        refuse()
    told = told_of(pli, words, mark)
    assert len(told) <= a_second * (int(time.monotonic()) - int(began) + 1)

    def all_of_them():
        nonlocal sent
        refuse()
        sent += 1
        return stands_for(told_of(pli, words, mark)) == sent
    eventually(all_of_them)
    assert any(" others=0" not in l for l in told_of(pli, (*words, " others="), mark)), "nothing was left out"


def test_one_wrong_password_again_and_again_does_not_turn_the_log_over(pli):
    """It is uncounted (a telephone that was not told the new one), so a stranger may send it thousands of times a second: a line a second is written."""
    pli.add("repete@chu.test", sign="never")
    with LdapLine(pli) as line:
        def refuse():
            line.number = 0
            assert line.bind("repete@chu.test", "toujours le meme") == 49
        told_in_few(pli, refuse, ("ev=auth ", "login=repete@chu.test", "protocol=ldap"), 1)


def test_refused_changes_do_not_turn_the_log_over(pli):
    """Ten lines a second at most, which say how many others there were."""
    pli.add("presse@chu.test", sign="never")
    with LdapLine(pli) as line:
        assert line.bind("presse@chu.test", PASSWORD) == 0

        def refuse():
            line.number = 1
            assert line.replace_password("presse@chu.test", "court") == 19
        told_in_few(pli, refuse, ("ev=ldap-password-refused", "login=presse@chu.test"), 10)
