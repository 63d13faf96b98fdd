# SPDX-License-Identifier: EUPL-1.2
"""BINARY of parts that no answer keeps in memory: what was attached comes back octet by octet, whole and in pieces, alone and beside other messages."""
import email.message
import random
import re

SIZE = 700_001  # beyond what is kept after counting, and no multiple of anything


def attached(seed, encoding):
    octets = random.Random(seed).randbytes(SIZE) if encoding == "base64" else bytes(random.Random(seed).choices(b"abc =\xc3\xa9\r\n", k=SIZE))
    m = email.message.EmailMessage()
    m["Subject"] = f"gros {seed}"
    m.set_content("voir piece jointe")
    if encoding == "base64":
        m.add_attachment(octets, "application", "octet-stream")
        return m.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), octets
    import quopri
    octets = octets.replace(b"\r", b"").replace(b"\n", b"\r\n")
    body = quopri.encodestring(octets.replace(b"\r\n", b"\n"), quotetabs=True).replace(b"\n", b"\r\n")
    head = ("Subject: gros\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nun\r\n--b\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n").encode()
    return head + body + b"\r\n--b--\r\n", octets


def binary(answer, what):
    """The octets of each BINARY in imaplib's answer."""
    return [octets for head, octets in (a for a in answer if isinstance(a, tuple)) if what.encode() in head]


def test_large_parts_come_back(pli):
    pli.add("binaire@chu.test", sign="never")
    made = [attached(1, "base64"), attached(2, "qp"), attached(3, "base64")]
    with pli.imap("binaire@chu.test") as m:
        for raw, _ in made:
            assert m.append("INBOX", None, None, raw)[0] == "OK"
        m.select("INBOX")
        for n, (_, octets) in enumerate(made, 1):
            typ, got = m.fetch(str(n), "(BINARY.SIZE[2])")
            assert int(re.search(rb"BINARY.SIZE\[2\] (\d+)", got[0])[1]) == len(octets)
            assert binary(m.fetch(str(n), "(BINARY.PEEK[2])")[1], "BINARY[2]") == [octets]
            for at, want in ((0, 1), (65535, 2), (65536, 70000), (300_000, SIZE), (SIZE * 2, 5)):
                assert binary(m.fetch(str(n), f"(BINARY.PEEK[2]<{at}.{want}>)")[1], f"BINARY[2]<{at}>") == [octets[at:at + want]], (n, at, want)
        assert binary(m.fetch("1:3", "(BINARY.PEEK[2])")[1], "BINARY[2]") == [octets for _, octets in made]
