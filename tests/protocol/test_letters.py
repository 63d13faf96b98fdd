# SPDX-License-Identifier: EUPL-1.2
"""What is sent is what is served: byte-exact bodies, signatures that openssl verifies whole and part by part, verdicts."""
import email
import email.policy
import re
import subprocess
import time

import pytest
from instance import NO_WAY_OUT, Instance, plain

TRACE = re.compile(rb"\A(?:(?:Return-Path|Received|Authentication-Results|Delivered-To):[^\r]*\r\n(?:[ \t][^\r]*\r\n)*)+")

AWKWARD = {
    "plain": plain("simple"),
    "8bit": plain("huit", body="").replace(b"\r\n\r\n", b"\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
    + "Résumé : pré-éclampsie, œdème.\r\n".encode(),
    "dots": plain("points", body=".\r\n..\r\n.fin\r\n"),
    "trailing-space": plain("espaces", body="fin de ligne  \r\n\t\r\n  \r\n"),
    "no-final-newline-in-part": b"From: <a@chu.test>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreambule\r\n--b\r\n\r\ncorps\r\n--b--\r\nepilogue\r\n",
    "headers-only": b"From: <a@chu.test>\r\nSubject: rien\r\n\r\n",
    "998": plain("longue", body="x" * 998 + "\r\n"),
    "folded": b"From: <a@chu.test>\r\nSubject: plie\r\n  en deux\r\n\ten trois\r\nX-MSS-INS: O\r\nX-MSS-CODECDA: 34112-3\r\n\r\ncorps\r\n",
    "odd-mime": b"From: <a@chu.test>\r\nContent-Type: multipart/mixed; boundary=\"a b\"\r\n\r\n--a b  \r\nContent-Type: message/rfc822\r\n\r\nSubject: dedans\r\n\r\nx\r\n--a b\r\nContent-Type: garbage\r\n\r\n\r\n--a b--",
    "not-closed": b"From: <a@chu.test>\r\nContent-Type: multipart/alternative; boundary=z\r\n\r\n--z\r\n\r\nun\r\n--z\r\nContent-Type: text/html\r\n\r\n<p>deux\r\n",
    "many-parts": b"From: <a@chu.test>\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n" + b"--q\r\n\r\nx\r\n" * 3000 + b"--q--\r\n",
}


@pytest.fixture(scope="module")
def inst():
    with Instance(conf=[NO_WAY_OUT]) as pli:
        pli.add("brut@chu.test", sign="never", extra=["--alias", "a@chu.test"])
        pli.add("gp@chu.test", kind="per", name="Dr Marie MARTIN")
        yield pli


def served(inst, who, uid=None):
    return inst.fetch_all(who)[-1]


@pytest.mark.parametrize("name", AWKWARD)
def test_byte_exact(inst, name):
    sent = AWKWARD[name]
    if b"\r\nMessage-ID:" not in sent:  # what lacks them gets them: tests/protocol/test_submission.py
        sent = b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <x@chu.test>\r\n" + sent
    with inst.smtp(login="brut@chu.test") as s:
        s.mail("a@chu.test", ["BODY=8BITMIME"])
        assert s.rcpt("brut@chu.test")[0] == 250
        if sent.endswith(b"\r\n"):
            code, text = s.docmd("DATA")
            assert code == 354
            s.send(re.sub(rb"(?m)^\.", b"..", sent) + b".\r\n")
        else:
            s.send(b"BDAT %d LAST\r\n" % len(sent) + sent)
        code, text = s.getreply()
        assert code == 250, (code, text)
    got = served(inst, "brut@chu.test")
    assert TRACE.match(got), got[:300]
    assert TRACE.sub(b"", got) == sent


@pytest.mark.parametrize("name", AWKWARD)
def test_append_byte_exact(inst, name):
    with inst.imap("brut@chu.test") as m:
        typ, d = m.append("Drafts", None, None, AWKWARD[name])
        assert typ == "OK", d
    assert served_folder(inst, "Drafts") == AWKWARD[name]


def served_folder(inst, folder):
    return inst.fetch_all("brut@chu.test", folder)[-1]


def test_25_mebibytes(inst):
    body = ("x" * 74 + "\r\n") * (25 * 1024 * 1024 // 76 - 100)
    sent = plain("grand", "a@chu.test", "brut@chu.test", body)
    with inst.smtp(login="brut@chu.test", timeout=120) as s:
        s.mail("a@chu.test")
        s.rcpt("brut@chu.test")
        session = inst.session(s)
        assert s.docmd("DATA")[0] == 354
        s.send(sent + b".\r\n")
        assert s.getreply()[0] == 250
        peak = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{session}/status").read()).group(1))
    assert TRACE.sub(b"", served(inst, "brut@chu.test")) == sent
    if "build-dev" not in str(inst.bin):
        assert peak < 64 * 1024, f"a session grew to {peak} KiB for one message"


def verify(inst, folder, data):
    path = folder / "m.eml"
    path.write_bytes(data)
    return subprocess.run(["openssl", "cms", "-verify", "-in", path, "-inform", "SMIME", "-CAfile", inst.ca, "-purpose", "smimesign", "-out", folder / "content"],
                          capture_output=True, text=True)


SIGNED = {
    "text": plain("a signer", "gp@chu.test", "gp@chu.test"),
    "8bit": AWKWARD["8bit"].replace(b"a@chu.test", b"gp@chu.test"),
    "long-lines": plain("longues", "gp@chu.test", "gp@chu.test", ("mot " * 600 + "\r\n") * 3),
    "mixed": b"From: <gp@chu.test>\r\nTo: <gp@chu.test>\r\nSubject: mixte\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"bb\"\r\n\r\n"
    b"--bb\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + "été\r\n".encode()
    + b"--bb\r\nContent-Type: application/zip; name=IHE_XDM.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBA==\r\n--bb--\r\n",
    "no-mime": b"From: <gp@chu.test>\r\nSubject: nu\r\n\r\nnu\r\n",
}


@pytest.mark.parametrize("name", SIGNED)
def test_signed_whole_and_part_by_part(inst, name, tmp_path):
    inst.submit("gp@chu.test", ["gp@chu.test"], SIGNED[name])
    whole = served(inst, "gp@chu.test")
    r = verify(inst, tmp_path, whole)
    assert r.returncode == 0, r.stderr
    top = email.message_from_bytes(whole, policy=email.policy.default)
    assert top.get_content_type() == "multipart/signed" and top.get_param("micalg") == "sha-256"
    # rebuilt: the signed octets are part 1's MIME header and body; the signature is part 2
    with inst.imap("gp@chu.test") as m:
        m.select("INBOX", readonly=True)
        last = m.response("EXISTS")[1][-1].decode()
        part = {}
        for item in ("HEADER", "1.MIME", "1", "2.MIME", "2"):
            typ, d = m.fetch(last, f"(BODY.PEEK[{item}])")
            part[item] = d[0][1]
    b = top.get_boundary().encode()
    rebuilt = (part["HEADER"] + b"--" + b + b"\r\n" + part["1.MIME"] + part["1"] + b"\r\n--" + b + b"\r\n"
               + part["2.MIME"] + part["2"] + b"\r\n--" + b + b"--\r\n")
    r = verify(inst, tmp_path, rebuilt)
    assert r.returncode == 0, r.stderr
    changed = rebuilt.replace(part["1.MIME"] + part["1"], part["1.MIME"] + b"X" + part["1"], 1)
    assert verify(inst, tmp_path, changed).returncode != 0


def test_already_signed_is_not_touched(inst, tmp_path):
    inst.submit("gp@chu.test", ["gp@chu.test"], plain("une fois", "gp@chu.test", "gp@chu.test"))
    first = TRACE.sub(b"", served(inst, "gp@chu.test"))
    inst.submit("gp@chu.test", ["gp@chu.test"], first)
    assert TRACE.sub(b"", served(inst, "gp@chu.test")) == first


def test_verdicts_on_reception(inst):
    """A signed letter that came back through port 25: pass; changed: fail; forged verdicts of ours are cut out."""
    inst.submit("gp@chu.test", ["gp@chu.test"], plain("verdict", "gp@chu.test", "gp@chu.test"))
    signed = TRACE.sub(b"", served(inst, "gp@chu.test"))
    own = authserv(inst)
    forged = b"Authentication-Results: " + own + b"; smime=pass\r\nX-Autre: reste\r\n" + signed
    inst.trust_operator("chu.test")
    for data, want in ((signed, b"smime=pass"), (signed.replace(b"Bonjour", b"Bonsoir"), b"smime=fail"), (forged, b"smime=pass"),
                       (plain("nu", "gp@chu.test", "gp@chu.test"), b"smime=none")):
        inst.inbound("gp@chu.test", "gp@chu.test", data, operator="chu.test")
        got = served(inst, "gp@chu.test")
        results = [h for h in re.findall(rb"(?ms)^Authentication-Results:.*?(?=^\S)", got)]
        assert len(results) == 1 and want in results[0], (want, results)
        assert data is not forged or b"X-Autre: reste" in got


def authserv(inst):
    got = served(inst, "gp@chu.test")
    return re.search(rb"(?m)^Authentication-Results:\s*([^;\s]+)", got).group(1)


def test_idle_tells_within_a_tenth_of_a_second(inst):
    """Timing never decides a test: the bound here is generous; the figure is printed, and measured in bench/."""
    with inst.imap("brut@chu.test") as m:
        m.select("INBOX")
        m.send(b"i1 IDLE\r\n")
        assert m.readline().startswith(b"+")
        inst.submit("brut@chu.test", ["brut@chu.test"], plain("vite", "a@chu.test", "brut@chu.test"))
        start = time.monotonic()
        line = m.readline()
        assert b"EXISTS" in line, line
        print(f"announced {1000 * (time.monotonic() - start):.1f} ms after the 250")
        m.send(b"DONE\r\n")
        while not m.readline().startswith(b"i1 OK"):
            pass


def test_remote_recipients_wait_in_the_queue(inst):
    inst.trust_operator("ailleurs.test")
    inst.submit("gp@chu.test", ["x@ailleurs.test", "gp@chu.test"], plain("dehors", "gp@chu.test", "x@ailleurs.test"))
    rows = inst.json("queue", "list")
    text = str(rows)
    assert "x@ailleurs.test" in text and "gp@chu.test" in text
