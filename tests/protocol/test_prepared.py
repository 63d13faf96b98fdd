# SPDX-License-Identifier: EUPL-1.2
"""What a person types, from whatever keyboard: a password and an account name mean the same at every door (RFC 8265)."""
import base64
import imaplib
import smtplib
import unicodedata

import pytest

NFC = "Clé-déchiffrée ✓ 9"
NFD = unicodedata.normalize("NFD", NFC)
SPACES = NFC.replace(" ", "\u00a0")  # Option-space on a Mac


def imap_sign_in(pli, login, password):
    with pli.imap() as m:
        m.authenticate("PLAIN", lambda _: f"\0{login}\0{password}".encode())
        assert m.select("INBOX")[0] == "OK"


def smtp_sign_in(pli, login, password):
    with smtplib.SMTP_SSL("localhost", pli.port("submissions"), context=pli.tls()) as s:
        s.ehlo()
        code, text = s.docmd("AUTH PLAIN " + base64.b64encode(f"\0{login}\0{password}".encode()).decode())
        assert code == 235, text


def imap_login(pli, login, password):
    """LOGIN with literals: what an old client does."""
    with pli.imap() as m:
        m.send(b"a1 LOGIN {%d+}\r\n%s {%d+}\r\n%s\r\n" % (len(login.encode()), login.encode(), len(password.encode()), password.encode()))
        while not (line := m.readline()).startswith(b"a1 "):
            assert line
        assert line.startswith(b"a1 OK"), line


def add(pli, name, typed, *more):
    address = f"pw.{name}@{pli.domain}"
    pli.pli("account", "add", address, "--type", "per", "--name", "Anne TEST", "--rpps", "10001234565", "--sign", "never", "--password-stdin", *more,
            stdin=typed + "\n")
    return address


@pytest.fixture(scope="module", params=["nfc", "nfd", "nfd-strict"])
def account(pli, request):
    return add(pli, request.param, NFC if request.param == "nfc" else NFD, *(["--strict"] if "strict" in request.param else []))


@pytest.fixture(scope="module")
def refused(pli):
    """An account for what is refused: each time costs a second."""
    return add(pli, "refused", NFC)


@pytest.mark.parametrize("sign_in", [imap_sign_in, imap_login, smtp_sign_in], ids=["authenticate", "login", "submission"])
@pytest.mark.parametrize("typed", [NFC, NFD, SPACES], ids=["nfc", "nfd", "no-break-space"])
def test_a_password_is_the_same_from_every_keyboard(pli, account, sign_in, typed):
    sign_in(pli, account, typed)


def test_case_and_accents_still_count(pli, refused):
    for wrong in (NFC.lower(), NFC.replace("é", "e")):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            imap_sign_in(pli, refused, wrong)


def test_account_names_are_mapped(pli, account):
    wide = "".join(chr(ord(c) + 0xfee0) if c.isalpha() else c for c in account.upper())
    imap_sign_in(pli, wide, NFC)
    smtp_sign_in(pli, wide, NFC)
    assert pli.json("account", "show", wide)["address"] == account


def test_a_changed_password_too(pli, account):
    pli.pli("account", "passwd", account, "--password-stdin", stdin=f"{NFD}\n{NFD} neuf\n")
    imap_sign_in(pli, account, NFC + " neuf")
    pli.pli("account", "passwd", account, "--password-stdin", stdin=f"{NFC} neuf\n{NFC}\n")
    imap_sign_in(pli, account, NFD)


@pytest.mark.parametrize("typed", ["a\u202eb12345678", "a\u200bb12345678", "a\tb12345678"], ids=["override", "zero-width", "tab"])
def test_what_nobody_can_see_is_no_password(pli, refused, typed):
    r = pli.pli("account", "passwd", refused, "--password-stdin", stdin=f"{NFC}\n{typed}\n", check=False)
    assert r.returncode == 2 and "not allowed" in r.stderr, r.stderr
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        imap_sign_in(pli, refused, typed)
