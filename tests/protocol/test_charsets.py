# SPDX-License-Identifier: EUPL-1.2
"""Text in the world's charsets is found again: read inside a sandboxed session, which can open no file, and with none of the C library's
converters in its memory (each is a library that every session's fork and exit would pay for)."""
import base64
import pathlib

import pytest

TEXTS = {"gb18030": "中文病历", "big5": "病歷", "shift_jis": "患者様", "euc-jp": "診断", "iso-2022-jp": "日本語", "euc-kr": "환자",
         "utf-16": "naïf", "utf-16le": "한글", "utf-7": "œdème", "koi8-r": "больной", "windows-1253": "ασθενής"}


def message(charset, text):
    body = base64.b64encode(text.encode(charset)).decode()
    return (f"From: mots@chu.test\r\nTo: mots@chu.test\r\nSubject: x\r\nMIME-Version: 1.0\r\nMessage-ID: <{charset}@chu.test>\r\n"
            "Date: Sun, 22 Nov 2026 03:00:00 +0000\r\nContent-Transfer-Encoding: base64\r\n"
            f"Content-Type: text/plain; charset={charset}\r\n\r\n{body}\r\n").encode()


def test_found_in_every_charset(pli):
    pli.add("mots@chu.test")
    for charset, text in TEXTS.items():
        pli.submit("mots@chu.test", ["mots@chu.test"], message(charset, text))
    with pli.imap("mots@chu.test") as box:
        box.select("INBOX")
        for at, text in enumerate(TEXTS.values(), 1):
            box.literal = text.encode()
            assert box.search("UTF-8", "BODY") == ("OK", [b"%d" % at]), text


@pytest.mark.parametrize("name", ["pli-smtpd", "pli-imapd"])
def test_no_converter_is_loaded(pli, name):
    maps = pathlib.Path(f"/proc/{pli.daemon(name)}/maps").read_text()
    assert "libunistring" in maps and "gconv" not in maps
