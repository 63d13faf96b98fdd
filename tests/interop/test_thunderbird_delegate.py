# SPDX-License-Identifier: EUPL-1.2
"""Thunderbird of a delegate: with her own password she sees the practice's mailbox below "Other users", reads, marks, files and takes messages over.

Skipped where thunderbird or certutil is absent (packaging/deps clients brings both). PLI_DISPLAY=:1 shows it on that screen.
"""
import os
import re
import shutil

import pytest
from instance import eventually, plain

for tool in ("thunderbird", "certutil"):
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed", allow_module_level=True)
from thunderbird import Thunderbird  # noqa: E402

BOX, HER, LABO = "lilas.cabinet@chu.test", "lilas.marie@chu.test", "lilas.labo@chu.test"
# Thunderbird's name of a folder in the practice's mailbox, and in her own
OF_BOX = "folders().find(f => /cabinet(@|%40)chu.test\\/NAME$/.test(f.URI))"
OWN = "folders().find(f => !/cabinet/.test(f.URI) && f.name == 'NAME')"


@pytest.fixture(scope="module")
def bird(pli, tmp_path_factory):
    pli.add(BOX, name="Cabinet des Lilas")
    pli.add(HER, kind="per", name="Marie SECRETAIRE")
    pli.add(LABO, sign="never")
    pli.pli("delegate", "add", BOX, "--to", HER, "--rights", "work")
    for n in range(3):
        pli.submit(LABO, [BOX], plain(f"bilan {n}", LABO, BOX, f"Glycemie {n},02 g/l\r\n"))
    with pli.imap(BOX):  # its folders are there from its first sign-in on
        pass
    with Thunderbird(pli, HER, tmp_path_factory.mktemp("tb"), name="Marie", display=os.environ.get("PLI_DISPLAY")) as tb:
        yield tb


def flags(pli, who, folder, subject):
    with pli.imap(who) as m:
        m.select(f'"{folder}"', readonly=True)
        found = m.search(None, "SUBJECT", f'"{subject}"')[1][0].split()
        return set(re.findall(rb"[\\$]\w+", m.fetch(found[0], "(FLAGS)")[1][0])) if found else None


def test_sees_and_reads_the_practice(bird, pli):
    bird.check_mail()
    uri = bird.wait(f"return {OF_BOX.replace('NAME', 'INBOX')}?.URI")
    assert "Other" in uri
    bird.run(f"{OF_BOX.replace('NAME', 'INBOX')}.updateFolder(window3().msgWindow)")
    seen = bird.show("bilan 0", uri.split("/")[-2] + "/INBOX")
    assert "Glycemie 0,02 g/l" in seen["text"]
    eventually(lambda: b"\\Seen" in (flags(pli, BOX, "INBOX", "bilan 0") or ()))  # once, for everybody


def test_marks_files_and_takes_over(bird, pli):
    box, archive = OF_BOX.replace("NAME", "INBOX"), OF_BOX.replace("NAME", "Archive")
    pick = f"const box = {box}, pick = n => [...box.messages].find(m => m.subject == `bilan ${{n}}`);"
    bird.run(pick + "box.markMessagesFlagged([pick(0)], true)")
    eventually(lambda: b"\\Flagged" in (flags(pli, BOX, "INBOX", "bilan 0") or ()))
    bird.run(pick + f"MailServices.copy.copyMessages(box, [pick(1)], {archive}, true, null, null, false)")
    eventually(lambda: flags(pli, BOX, "Archive", "bilan 1") is not None and flags(pli, BOX, "INBOX", "bilan 1") is None)
    bird.run(pick + f"MailServices.copy.copyMessages(box, [pick(2)], {OWN.replace('NAME', 'Archive')}, true, null, null, false)")
    eventually(lambda: flags(pli, HER, "Archive", "bilan 2") is not None and flags(pli, BOX, "INBOX", "bilan 2") is None)
    assert b"Glycemie 2,02 g/l" in pli.fetch_all(HER, "Archive")[-1]


def test_news_of_the_practice_and_no_refusal(bird, pli):
    bird.run(f"{OF_BOX.replace('NAME', 'INBOX')}.updateFolder(window3().msgWindow)")
    pli.submit(LABO, [BOX], plain("urgent", LABO, BOX))
    bird.wait(f"const box = {OF_BOX.replace('NAME', 'INBOX')}; box.updateFolder(window3().msgWindow); await pause(500);"
              "return [...box.messages].some(m => m.subject == 'urgent')")
    assert re.findall(r"CreateNewLineFromSocket: (\w+ (?:NO|BAD) .*)", bird.trace()) == []
