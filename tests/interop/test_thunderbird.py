# SPDX-License-Identifier: EUPL-1.2
"""Thunderbird against an instance, without a screen: signs in, finds the folders, shows a signed message as signed, completes
a colleague's name from the directory, sends, files, searches; and what its user reads when the server refuses.

Skipped where thunderbird or certutil is absent (packaging/deps clients brings both). PLI_DISPLAY=:1 shows it on that screen.
"""
import email.utils
import os
import re
import shutil

import pytest
from doorway import Doorway
from instance import PASSWORD, eventually, plain

for tool in ("thunderbird", "certutil"):
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed", allow_module_level=True)
from thunderbird import Thunderbird  # noqa: E402

# Thunderbird takes a signature only when the message's Date is within an hour or so of the signing time.
REPORT = ("From: =?utf-8?B?SsOpcsO0bWUgRFVQT05U?= <dupont@chu.test>\r\nTo: <dr@chu.test>\r\nSubject: =?utf-8?Q?R=C3=A9sultat?=\r\n"
          f"Date: {email.utils.formatdate()}\r\nMessage-ID: <report@chu.test>\r\nMIME-Version: 1.0\r\n"
          "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: 8bit\r\n\r\nVoil\u00e0 la glom\u00e9rul\u00e9e.\r\n--b\r\nContent-Type: application/pdf; name=\"r.pdf\"\r\n"
          "Content-Disposition: attachment; filename=\"r.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--b--\r\n").encode()
ME, COLLEAGUE = "dr@chu.test", "dupont@chu.test"


@pytest.fixture(scope="module")
def door(pli):
    """The web as Thunderbird sees it: the names of the domain lead here, and nothing else is there."""
    with Doorway({(f"autoconfig.{pli.domain}", 443): pli.port("https"), (f"autoconfig.{pli.domain}", 80): pli.port("http")}) as way:
        yield way


@pytest.fixture(scope="module")
def bird(pli, tmp_path_factory, door):
    pli.add(ME, kind="per", name="Hélène MARTIN")
    pli.add(COLLEAGUE, kind="per", name="Jérôme DUPONT")
    prefs = [("network.proxy.type", 1), ("network.proxy.http", "127.0.0.1"), ("network.proxy.http_port", door.port), ("network.proxy.ssl", "127.0.0.1"),
             ("network.proxy.ssl_port", door.port), ("network.dns.localDomains", f"mail.{pli.domain}")]
    with Thunderbird(pli, ME, tmp_path_factory.mktemp("tb"), name="Dr Hélène MARTIN", prefs=prefs, display=os.environ.get("PLI_DISPLAY")) as tb:
        yield tb


def flags(pli, folder, subject):
    """{flags} of the message with that subject, None when it is not there."""
    with pli.imap(ME) as m:
        if m.select(f'"{folder}"', readonly=True)[0] != "OK":
            return None
        found = m.search(None, "SUBJECT", f'"{subject}"')[1][0].split()
        return set(re.findall(rb"[\\$]\w+", m.fetch(found[0], "(FLAGS)")[1][0])) if found else None


def refusals(bird):
    """(command, answer) of each. A look at a folder that Thunderbird itself renames at that moment, on another connection, is none."""
    trace, found = bird.trace(), []
    for m in re.finditer(r"I/IMAP (\w+):.*?:CreateNewLineFromSocket: (\w+) ((?:NO|BAD) .*)", trace):
        command = (re.findall(rf"I/IMAP {m[1]}:.*?:SendData: {m[2]} (.*)", trace[:m.start()]) or ["?"])[-1]
        if not (m[3].startswith("NO [NONEXISTENT]") and any(name in command for name in ("Comptes rendus été", "Hiver & été"))):
            found.append((command, m[3]))
    return found


def test_signs_in_and_maps_the_folders(bird):
    uses = {"Archive": 0x4000, "Drafts": 0x400, "Junk": 0x40000000, "Sent": 0x200, "Trash": 0x100}
    bird.check_mail()
    bird.wait("return folders().length >= 6")
    for name, flag in uses.items():
        assert bird.run("return !!(named(arguments[0]).flags & arguments[1])", name, flag), name


def test_shows_a_signed_message_as_signed(bird, pli):
    pli.submit(COLLEAGUE, [ME], REPORT)
    seen = bird.show("Résultat")        # IDLE brings it
    assert "glomérulée" in seen["text"] and "DUPONT" in seen["from"]
    assert seen["signed"].endswith("message-signed-ok.svg")
    assert seen["attachments"] == ["r.pdf"]
    eventually(lambda: b"\\Seen" in (flags(pli, "INBOX", "sultat") or ()))


def test_completes_a_name_from_the_directory_and_sends(bird, pli):
    offered = bird.compose("dup", "Avis demandé", "Cher confrère,\n\nvoilà.\n")
    assert any("Jérôme DUPONT <dupont@chu.test>" in one for one in offered)
    bird.send()
    bird.sent()
    got = pli.fetch_all(COLLEAGUE)[-1]
    assert b"multipart/signed" in got and b"smime=pass" in got and b"voil=C3=A0." in got
    eventually(lambda: flags(pli, "Sent", "Avis") is not None)


def test_files_marks_and_deletes(bird, pli):
    for n in range(3):
        pli.submit(COLLEAGUE, [ME], plain(f"classer {n}", COLLEAGUE, ME))
    bird.wait("return [...inbox().messages].filter(m => m.subject.startsWith('classer')).length == 3")
    pick = "const pick = n => [...inbox().messages].find(m => m.subject == `classer ${n}`);"
    bird.run(pick + "inbox().markMessagesFlagged([pick(0)], true); inbox().addKeywordsToMessages([pick(0)], '$label1')")
    eventually(lambda: (flags(pli, "INBOX", "classer 0") or set()) >= {b"\\Flagged", b"$label1"})
    bird.run(pick + "MailServices.copy.copyMessages(inbox(), [pick(1)], named('Archive'), true, null, null, false)")
    eventually(lambda: flags(pli, "Archive", "classer 1") is not None and flags(pli, "INBOX", "classer 1") is None)
    bird.run(pick + "inbox().deleteMessages([pick(2)], null, false, false, null, false)")
    eventually(lambda: flags(pli, "Trash", "classer 2") is not None and flags(pli, "INBOX", "classer 2") is None)
    bird.run("named('Trash').emptyTrash(null)")
    eventually(lambda: flags(pli, "Trash", "classer 2") is None)


def test_makes_renames_and_removes_folders(bird, pli):
    bird.run("server.rootFolder.createSubfolder('Comptes rendus été', null)")
    bird.wait("return !!server.rootFolder.subFolders.find(f => f.name == 'Comptes rendus été')")
    bird.run("server.rootFolder.subFolders.find(f => f.name == 'Comptes rendus été').rename('Hiver & été', null)")
    bird.wait("return !!server.rootFolder.subFolders.find(f => f.name == 'Hiver & été')")
    with pli.imap(ME) as m:
        assert any(b'"Hiver &- &AOk-t&AOk-"' in line for line in m.list()[1])
    bird.run("server.rootFolder.subFolders.find(f => f.name == 'Hiver & été').deleteSelf(null)")
    bird.wait("return !server.rootFolder.subFolders.find(f => f.name == 'Hiver & été')")


def test_searches_on_the_server(bird):
    found = bird.run("""
        const session = Cc["@mozilla.org/messenger/searchSession;1"].createInstance(Ci.nsIMsgSearchSession), hits = [];
        session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, inbox());
        const term = session.createTerm(), value = term.value;
        term.attrib = value.attrib = Ci.nsMsgSearchAttrib.Body;
        value.str = arguments[0];
        term.op = Ci.nsMsgSearchOp.Contains;
        term.value = value;
        session.appendTerm(term);
        await new Promise((done, failed) => {
          session.registerListener({ onNewSearch() {}, onSearchHit(m) { hits.push(m.mime2DecodedSubject); },
            onSearchDone(status) { Components.isSuccessCode(status) ? done() : failed(new Error("search " + status)); } });
          session.search(null);
        });
        return hits;""", "glomérulée")
    assert found == ["Résultat"]


@pytest.mark.parametrize("to,said", [
    ("personne@chu.test", ["n'existe pas sur ce serveur", "No such mailbox"]),
    ("quelquun@ailleurs.test", ["espace de confiance", "trust space"]),
    ("petit@chu.test", ["est pleine", "Mailbox full"])], ids=["unknown", "elsewhere", "full"])
def test_a_refusal_is_said_in_words(bird, pli, to, said):
    if to.startswith("petit"):
        pli.add(to, extra=["--quota", "1k"])       # no message fits: its rows alone are counted with 1,024 octets
    bird.compose(to, "perdu", "rien\n")
    bird.send()
    text = bird.dialog()
    assert to in text and all(words in text for words in said), text
    bird.run("const w = Services.wm.getMostRecentWindow('msgcompose'); w.gContentChanged = false; w.close()")
    bird.sent()


def test_uses_what_the_server_offers(bird):
    """Seen in its own trace: compression, UTF-8 names, IDLE, MOVE, quota."""
    said = bird.trace().upper()
    assert not [what for what in ("COMPRESS DEFLATE", "ENABLE UTF8=ACCEPT", " IDLE", "UID MOVE", "GETQUOTAROOT", "NAMESPACE") if what not in said]


def test_nothing_was_refused_on_the_way(bird):
    """No BAD, no NO: what Thunderbird says to the server is understood and done."""
    assert refusals(bird) == []


def test_sets_an_account_up_from_the_address_alone(bird, pli, door):
    """Name, address, password: what a doctor types. The rest is found at autoconfig.DOMAIN (pli-httpd), and Thunderbird signs in with it."""
    address = "seule.adresse@chu.test"
    pli.add(address, kind="per", name="Ada SEULE")
    bird.set_up("Ada SEULE", address, PASSWORD)
    found = bird.wait("return accountOf(arguments[0])", address)
    assert found["incoming"] == ["imap", "mail.chu.test", pli.port("imaps"), 3, address]          # 3: TLS from the first octet
    assert found["outgoing"] == ["mail.chu.test", pli.port("submissions"), 3, address]
    assert ("autoconfig.chu.test", 443) in door.asked
    assert re.search(r"httpd\[\d+\] .*ev=request route=autoconfig status=200 ", pli.output())
    assert re.search(rf"imapd\[\d+\] .*ev=signin .*{address}", pli.output())


def test_starttls_on_143_and_587(bird, pli, tmp_path):
    """The other pair of ports; and the letter that came back is read."""
    prefs = [("mail.server.server1.port", pli.port("imap")), ("mail.server.server1.socketType", 2),
             ("mail.smtpserver.smtp1.port", pli.port("submission")), ("mail.smtpserver.smtp1.try_ssl", 2)]
    bird.close()
    with Thunderbird(pli, COLLEAGUE, tmp_path / "tb", prefs=prefs, display=os.environ.get("PLI_DISPLAY")) as second:
        second.check_mail()
        second.compose(COLLEAGUE, "par STARTTLS", "Bonjour.\n")
        second.send()
        second.sent()
        assert second.show("par STARTTLS")["signed"].endswith("message-signed-ok.svg")
    assert refusals(second) == []
