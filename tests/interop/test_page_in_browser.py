# SPDX-License-Identifier: EUPL-1.2
"""The page with the settings, in Chromium, at the width of a telephone: it fits, its style is applied, its form works, the code on the screen is read, nothing
of another place is asked for and the browser has nothing to complain of. The sheets with codes are printed, a page a person.

Skipped where chromium is absent (packaging/deps clients brings it). PLI_PICTURES=FOLDER keeps the pictures.
"""
import base64
import os
import pathlib
import re
import shutil
import subprocess

import pytest

if not shutil.which("chromium"):
    pytest.skip("chromium is not installed", allow_module_level=True)
from chromium import Chromium  # noqa: E402

ADDRESS = "marie-francoise.de-la-tour-du-pin@chu.test"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("chromium"), {"mail.chu.test": "127.0.0.1"}) as b:
        yield b


def pictures(tmp_path):
    return pathlib.Path(os.environ.get("PLI_PICTURES", tmp_path))


def fits(browser, width):
    """No part of the page is wider than the screen; what is wider by itself: names of elements."""
    wide = browser.value(f"[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > {width} + 0.5).map(e => e.tagName + ' ' + e.textContent.slice(0, 40))")
    assert wide == []
    assert browser.value("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 390, 1024])
def test_fits_the_screen(browser, pli, width, tmp_path):
    browser.phone(width)
    browser.go(f"https://mail.chu.test:{pli.port('https')}/?adresse={ADDRESS}")
    fits(browser, width)
    browser.picture(pictures(tmp_path) / f"page-{width}.png")
    assert browser.value("getComputedStyle(document.querySelector('button')).backgroundColor") == "rgb(11, 85, 99)"       # the style sheet was taken
    assert browser.value("Math.min(...[...document.querySelectorAll('button, .button, input')].map(e => e.getBoundingClientRect().height))") >= 40     # for a thumb
    assert browser.value("Math.min(...[...document.querySelectorAll('body *')].map(e => parseFloat(getComputedStyle(e).fontSize)))") >= 14
    if shutil.which("zbarimg") and width == 390:
        read = subprocess.run(["zbarimg", "--quiet", "--raw", pictures(tmp_path) / "page-390.png"], capture_output=True, text=True)
        assert read.stdout.strip() == f"https://mail.chu.test:{pli.port('https')}/?adresse={ADDRESS}"


def test_form_without_scripts(browser, pli):
    """An address is typed and sent by the form itself; the page has no script to help it."""
    browser.phone()
    browser.go(f"https://mail.chu.test:{pli.port('https')}/")
    assert browser.value("document.scripts.length") == 0
    assert browser.value("document.querySelector('a.button')") is None
    browser.press(f"document.querySelector('input').value = '{ADDRESS}'; document.querySelector('button').click()")
    assert browser.value("document.querySelector('a.button').getAttribute('href')") == f"/apple.mobileconfig?adresse={ADDRESS}"
    assert browser.value("document.querySelector('.who strong').textContent") == ADDRESS
    browser.press("document.querySelector('input').value = 'ana@autre.test'; document.querySelector('button').click()")
    assert "vérifiez ce qui suit le signe @" in browser.value("document.querySelector('[role=alert]').textContent")
    fits(browser, 390)


def test_nothing_of_another_place_and_no_complaint(browser, pli):
    home = f"https://mail.chu.test:{pli.port('https')}/"
    browser.complaints.clear()
    browser.go(home)
    asked = browser.requests()
    assert home in asked and home + "style.css" in asked and not [u for u in asked if not u.startswith(home)]
    assert not [c for c in browser.complaints if "favicon" not in c and "404" not in c]      # no word of its Content-Security-Policy
    browser.value("const s = document.createElement('script'); s.src = 'https://mail.chu.test/x.js'; document.body.append(s); "
                  "const i = document.createElement('img'); i.src = 'https://autre.test/x.png'; document.body.append(i)")
    browser.go(home)                                                                          # by then it has complained: the policy holds
    assert [c for c in browser.complaints if "Content Security Policy" in c]


def test_a_password_is_chosen_on_a_telephone(browser, pli, tmp_path):
    """What a real browser says of itself (Sec-Fetch-Site, Origin) lets its own form through."""
    address = "choix@chu.test"
    pli.add(address, name="Choix")
    pli.pli("account", "code", address, "--sheets", tmp_path / "code.html")
    code = re.search(r'class="code">([^<]*)<', (tmp_path / "code.html").read_text()).group(1)
    browser.phone(390)
    browser.go(f"https://mail.chu.test:{pli.port('https')}/mot-de-passe?adresse={address}")
    fits(browser, 390)
    browser.picture(pictures(tmp_path) / "choose-390.png")
    assert browser.value("document.scripts.length") == 0
    assert browser.value("Math.min(...[...document.querySelectorAll('button, input')].map(e => e.getBoundingClientRect().height))") >= 40
    typed = {"code": code.upper(), "nouveau": "la mer en hiver", "encore": "la mer en hiver"}
    browser.press("".join(f"document.getElementById('{k}').value = '{v}';" for k, v in typed.items()) + "document.querySelector('button').click()")
    assert browser.value("document.querySelector('[role=status] strong').textContent") == "C’est fait."
    fits(browser, 390)
    with pli.imap(address, password="la mer en hiver") as m:
        assert m.select("INBOX")[0] == "OK"


PAPERS = {"A4": (8.27, 11.69), "letter": (8.5, 11)}
LONG = f"secretariat.{'de-la-' * 6}chirurgie@chu.test"


@pytest.mark.parametrize("days", ["30", "0"], ids=["codes", "passwords"])
def test_a_sheet_is_one_page(browser, pli, tmp_path, days):
    """Of people with short names and with long ones, on the paper of a printer's own, whichever it is; no line leaves the paper on its right."""
    people = [f"feuille{i}.{days}@chu.test" for i in range(3)] + [f"{days}.{LONG}"]
    for one in people:
        pli.add(one, name="Marie-Françoise " + "DE LA TOUR DU PIN " * (6 if one is people[-1] else 1))
    pli.pli("account", "code", *people, "--sheets", tmp_path / "s.html", "--code-days", days)
    browser.go(f"file://{tmp_path}/s.html")
    for paper, (width, height) in PAPERS.items():
        pdf = base64.b64decode(browser.ask("Page.printToPDF", paperWidth=width, paperHeight=height, printBackground=True)["data"])
        (pictures(tmp_path) / f"sheets-{days}-{paper}.pdf").write_bytes(pdf)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == len(people), paper
    assert browser.value("[...document.querySelectorAll('section')].filter(e => e.scrollWidth > e.clientWidth).length") == 0
