# SPDX-License-Identifier: EUPL-1.2
"""A directory of the site's own: an OpenLDAP with cn=config and a database of the hospital's, as Debian sets one up, gets a second database by INSTALL's words and
Pli's schema, rules and tree from "pli directory ldif-*"; then
an instance whose directory.uri names it serves accounts, sign-ins and mail. Over ldaps, whose certificate must lead to directory.ca; by a name, which pli-dird
must be able to look up."""
import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest
from instance import FINESS, PASSWORD, TOP, Instance
from test_first_codes import NEW, choose, imap_says, new_code
from test_settings_served import ask

MODULES, SCHEMA = "/usr/lib/ldap", "/etc/ldap/schema"
CONFIG = """dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: {d}/slapd.pid
olcTLSCACertificateFile: {inst}/ca.pem
olcTLSCertificateFile: {inst}/tls/slapd.pem
olcTLSCertificateKeyFile: {inst}/tls/slapd.key

dn: cn=module{{0}},cn=config
objectClass: olcModuleList
cn: module{{0}}
olcModulePath: {modules}
olcModuleLoad: back_mdb

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file://{schema}/core.ldif

include: file://{schema}/cosine.ldif

include: file://{schema}/inetorgperson.ldif

dn: olcDatabase={{-1}}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {{-1}}frontend

dn: olcDatabase={{0}}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {{0}}config
olcAccess: {{0}}to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage by * none

dn: olcDatabase={{1}}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {{1}}mdb
olcDbDirectory: {d}/theirs
olcSuffix: dc=hopital,dc=example
olcAccess: {{0}}to * by * read
"""


def from_install(folder):
    """database.ldif as INSTALL has it, but for the folder."""
    text = re.search(r"\n(    dn: olcDatabase=mdb,cn=config\n.*?olcSpSessionlog: \d+\n)", (TOP / "INSTALL").read_text(), re.S)[1]
    return re.sub("(?m)^    ", "", text).replace("/var/lib/ldap-pli", str(folder))


class Slapd:
    """slapd with a configuration of its own, which is changed over its socket as root, as an administrator does."""

    def __init__(self, pli):
        self.d = pli.dir / "site"
        (self.d / "config").mkdir(parents=True)
        for folder in ("theirs", "db"):
            (self.d / folder).mkdir()
        self.port, self.clear = pli.port("ldaps"), pli.port("ldap")  # the embedded one does not run
        text = CONFIG.format(d=self.d, inst=pli.root, modules=MODULES, schema=SCHEMA)
        subprocess.run(["slapadd", "-n", "0", "-F", self.d / "config"], input=text, text=True, check=True, capture_output=True)
        self.ldapi = "ldapi://" + str(self.d / "sock").replace("/", "%2F")
        self.proc = subprocess.Popen(["/usr/sbin/slapd", "-d", "0", "-F", self.d / "config", "-h", f"{self.ldapi} ldaps://127.0.0.1:{self.port} ldap://127.0.0.1:{self.clear}"],
                                     stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while subprocess.run(["ldapwhoami", "-Q", "-Y", "EXTERNAL", "-H", self.ldapi], capture_output=True).returncode:
            assert self.proc.poll() is None and time.monotonic() < end
            time.sleep(0.05)

    def change(self, ldif, tool="ldapmodify", *more):
        r = subprocess.run([tool, "-Q", "-Y", "EXTERNAL", "-H", self.ldapi, *more], input=ldif, text=True, capture_output=True)
        assert r.returncode == 0, (r.stderr, ldif[:2000])

    def stop(self):
        self.proc.terminate()
        self.proc.wait(20)


@pytest.fixture(scope="module")
def site():
    if os.getuid() != 0:
        pytest.skip("cn=config is changed as root here")
    with contextlib.ExitStack() as stack:
        pli = stack.enter_context(Instance(serve=False))
        slapd = Slapd(pli)
        stack.callback(slapd.stop)
        slapd.change(pathlib.Path(SCHEMA, "misc.ldif").read_text(), "ldapadd")
        slapd.change(pli.pli("directory", "ldif-schema"), "ldapadd")
        slapd.change(from_install(slapd.d / "db"))
        slapd.change(pli.pli("directory", "ldif-config", "--database", "olcDatabase={2}mdb,cn=config"))
        slapd.change(pli.pli("directory", "ldif-tree"), "ldapadd")
        with open(pli.root / "pli.conf", "a") as f:
            f.write(f'directory {{\n uri = "ldaps://localhost:{slapd.port}"\n ca = "{pli.root}/ca.pem"\n}}\n')
        shutil.rmtree(pli.root / "ldap")  # nothing of the embedded one is needed
        pli.serve()
        yield pli, slapd


def search(slapd, who, *more):
    """As a mail client would, over ldaps."""
    env = {k: v for k, v in os.environ.items() if k != "LDAPNOINIT"} | {"LDAPTLS_REQCERT": "never"}
    return subprocess.run(["ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-x", "-H", f"ldaps://127.0.0.1:{slapd.port}", *who, "-b", "o=pli", *more],
                          text=True, capture_output=True, env=env)


def signed_in(address, password=PASSWORD):
    return "-D", f"mail={address},ou=mailboxes,o=pli", "-w", password


def test_their_own_database_is_as_it_was(site):
    _, slapd = site
    r = subprocess.run(["ldapsearch", "-Q", "-LLL", "-Y", "EXTERNAL", "-H", slapd.ldapi, "-b", "cn=config", "(olcSuffix=dc=hopital,dc=example)", "olcAccess", "olcDbIndex", "olcSecurity"],
                       capture_output=True, text=True)
    assert r.stdout == "dn: olcDatabase={1}mdb,cn=config\nolcAccess: {0}to * by * read\n\n", r


def test_mail_flows(site):
    pli, _ = site
    pli.add("a@chu.test", name="Anne AUBE")
    pli.add("b@chu.test", name="Basile BEL")
    pli.submit("a@chu.test", ["b@chu.test"], b"Subject: site\r\nFrom: a@chu.test\r\n\r\nbonjour\r\n")
    with pli.imap("b@chu.test") as box:
        box.select("INBOX")
        assert b"bonjour" in box.fetch("1", "(BODY[TEXT])")[1][0][1]


def test_the_holders_are_told_of_that_address_book(site, tmp_path):
    """And not of listen.ldaps, where nothing listens: the page, the profile, the sheet, the DNS record."""
    pli, slapd = site
    rows = tmp_path / "lignes.csv"
    rows.write_text(f"adresse;type;nom_affiche;structure\nlivre@chu.test;org;Livre;{FINESS}\n")
    pli.pli("account", "import", rows, "--sheets", tmp_path / "feuille.html")
    assert f"<th>Annuaire (LDAP)</th><td>localhost, port {slapd.port}, SSL/TLS</td>" in (tmp_path / "feuille.html").read_text()
    page = ask(pli, "/?adresse=livre%40chu.test").text.split("Annuaire des professionnels")[1]
    assert "<code>localhost</code>" in page and f"<code>{slapd.port}</code>" in page and "<code>o=pli</code>" in page
    assert f"<string>localhost:{slapd.port}</string>".encode() in ask(pli, "/apple.mobileconfig?adresse=livre%40chu.test").body
    assert pli.pli("directory", "search", "introuvable") == ""  # a site's own has no national copy to be asked
    assert [r["data"] for r in pli.json("doctor", "--dns")["records"] if r["name"].startswith("_ldaps")] == [f"0 1 {slapd.port} localhost."]


def test_doctor_reaches_it(site):
    pli, _ = site
    found = json.loads(pli.pli("doctor", "--json", check=False).stdout)["findings"]
    assert [f["level"] for f in found if f["check"] == "directory"] == ["ok"], [f for f in found if f["level"] == "fail"]


def test_a_password_that_changes_ends_what_it_opened(site):
    pli, _ = site
    pli.add("c@chu.test", name="Chloé CYR")
    with pli.imap("c@chu.test") as box:
        pli.pli("account", "passwd", "c@chu.test", "--password-stdin", stdin="un autre mot\n")
        end = time.monotonic() + 30
        with pytest.raises(box.abort):
            while time.monotonic() < end:
                box.noop()
                time.sleep(0.1)


def test_what_a_client_reads_there(site):
    pli, slapd = site
    pli.add("d@chu.test", name="Denis DORE")
    pli.add("rouge@chu.test", name="Rose ROUGE", extra=["--red-list"])
    assert search(slapd, ()).returncode != 0 or search(slapd, ()).stdout == ""
    r = search(slapd, signed_in("d@chu.test"), "(cn=denis*)", "mail", "userPassword", "pliMailboxKey")
    assert "mail: d@chu.test" in r.stdout and "userPassword" not in r.stdout
    assert search(slapd, signed_in("d@chu.test"), "(cn=rose*)", "mail").stdout == ""
    assert search(slapd, signed_in("d@chu.test"), "(objectClass=*)", "userPassword").stdout.count("userPassword") == 0
    hashes = subprocess.run(["ldapsearch", "-Q", "-LLL", "-o", "ldif-wrap=no", "-Y", "EXTERNAL", "-H", slapd.ldapi, "-b", "o=pli", "userPassword"],
                            capture_output=True, text=True).stdout
    costs = {base64.b64decode(h).split(b"$")[3] for h in re.findall("userPassword:: (.*)", hashes)}
    assert costs == {b"m=7168,t=5,p=1"}  # an address that is not there takes as long
    assert search(slapd, signed_in("d@chu.test", "faux")).returncode == 49
    r = subprocess.run(["ldapwhoami", "-x", "-H", f"ldap://127.0.0.1:{slapd.clear}", *signed_in("d@chu.test")], capture_output=True, text=True)
    assert r.returncode == 13 and "onfidentiality required" in r.stderr, "a password comes in clear"


def test_a_code_chooses_a_password_there(site, tmp_path):
    """Two changes in a directory that hashes by itself; two who come at once are told apart all the same."""
    pli, slapd = site
    pli.add("g@chu.test", name="Guy GUI")
    code = new_code(pli, tmp_path, "g@chu.test")
    assert "EXPIRED" in imap_says(pli, "g@chu.test", code)
    codes = [new_code(pli, tmp_path, "g@chu.test") for _ in range(2)]
    assert choose(pli, "g@chu.test", code)[0] == choose(pli, "g@chu.test", codes[0])[0] == 403
    assert choose(pli, "g@chu.test", codes[1])[0] == 200 and choose(pli, "g@chu.test", codes[1], "encore un mot")[0] == 403
    assert imap_says(pli, "g@chu.test", NEW) == "OK" and search(slapd, signed_in("g@chu.test", NEW), "(cn=guy*)", "mail").returncode == 0
    code = new_code(pli, tmp_path, "g@chu.test")
    pli.pli("account", "passwd", "g@chu.test", "--password-stdin", stdin=PASSWORD + "\n")
    assert imap_says(pli, "g@chu.test", PASSWORD) == "OK" and pli.json("account", "show", "g@chu.test")["code_until"] is None


def test_an_administrator_there(site):
    """The same rules as in the embedded one: her own structure's entries, the red-listed too, and pli --as."""
    pli, slapd = site
    for who, structure, more in (("bureau@chu.test", "750712184", ()), ("rouge-a@chu.test", "750712184", ["--red-list"]), ("rouge-b@chu.test", "690000021", ["--red-list"])):
        pli.add(who, sign="never", extra=["--structure", structure, *more])
    pli.pli("domain", "add", "cabinet.test")
    pli.add("chef@cabinet.test", sign="never")
    pli.add("rouge@cabinet.test", sign="never", extra=["--red-list"])
    pli.pli("admin", "grant", "bureau@chu.test", "--structure", "750712184")
    pli.pli("admin", "grant", "chef@cabinet.test", "--domain", "cabinet.test")
    for who, red in (("bureau@chu.test", {"rouge-a@chu.test"}), ("chef@cabinet.test", {"rouge@cabinet.test"}), ("d@chu.test", set())):
        r = search(slapd, signed_in(who), "(mssRedList=TRUE)", "mail", "pliQuota", "pliMailboxKey", "userPassword")
        assert set(re.findall("mail: (.*)", r.stdout)) == red and r.stdout.count("pliQuota: ") == len(red) and "Key" not in r.stdout and "Password" not in r.stdout, (who, r)
    secret = pli.dir / "mot"
    secret.write_text(PASSWORD)
    out = pli.pli("account", "list", "--as", "bureau@chu.test", "--as-password", secret)
    assert "rouge-a@chu.test" in out and "rouge-b@chu.test" not in out and "d@chu.test" not in out


def test_an_address_in_clear_is_refused(site):
    pli, slapd = site
    text = (pli.root / "pli.conf").read_text()
    try:
        (pli.root / "pli.conf").write_text(text.replace(f"ldaps://localhost:{slapd.port}", f"ldap://localhost:{slapd.port}"))
        r = pli.pli("serve", "-n", check=False)
        assert r.returncode != 0 and "ldaps:// or ldapi://" in r.stderr
        (pli.root / "pli.conf").write_text(text.replace("/ca.pem", "/not-there.pem"))
        r = pli.pli("serve", "-n", check=False)
        assert r.returncode != 0 and "not-there.pem" in r.stderr
    finally:
        (pli.root / "pli.conf").write_text(text)


def test_a_directory_that_shows_another_certificate_is_not_believed(site):
    """Nothing is sent to it, dird's secret neither: pli serve does not become ready, and the log says why."""
    pli, slapd = site
    text, log = (pli.root / "pli.conf").read_text(), pli.root / "log/pli.log"
    pli.stop()
    before = log.stat().st_size
    (pli.root / "pli.conf").write_text(text.replace(f"{pli.root}/ca.pem", "/etc/ssl/certs/ca-certificates.crt"))
    proc = subprocess.Popen(pli.argv("serve"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while b"ev=sync-away" not in log.read_bytes()[before:] and time.monotonic() < end:
            time.sleep(0.1)
        assert re.search(rb"ev=sync-away [^\n]*directory\.ca", log.read_bytes()[before:])
    finally:
        proc.terminate()
        proc.wait(30)
        (pli.root / "pli.conf").write_text(text)
        pli.serve()


def test_the_site_stops_it_for_a_while(site):
    """Last of this file: mail to known accounts goes on, a new sign-in is told to come again."""
    pli, slapd = site
    pli.add("e@chu.test", name="Eve ETE")
    pli.add("f@chu.test", name="Flo FAY")
    with pli.imap("e@chu.test"):
        pass
    slapd.stop()
    pli.submit("e@chu.test", ["f@chu.test"], b"Subject: sans\r\nFrom: e@chu.test\r\n\r\nx\r\n")
    with pytest.raises(Exception, match="(?i)unavailable|temp"):
        pli.imap("f@chu.test").__enter__()
