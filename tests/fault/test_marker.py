# SPDX-License-Identifier: EUPL-1.2
"""Promise 2: a marker word put in subject, body, attachment name, folder name and search never reaches any byte under the
instance's folder, nor a core dump of a process that is not the session itself."""
import base64
import os
import shutil
import subprocess
import time

import pytest
from instance import Instance

MARK = "Zyxomarqueur"


def forms(word):
    """The word as it could lie about: plain, other case, UTF-16, base64 at its three alignments."""
    raw = word.encode()
    out = {raw, raw.lower(), raw.upper(), word.encode("utf-16-le"), word.lower().encode("utf-16-le")}
    for variant in (raw, raw.lower()):
        for pad in range(3):
            whole = base64.b64encode(b"\0" * pad + variant)
            out.add(whole[4 if pad else 0:-4])
    return out


def hits(path, needles):
    data = open(path, "rb").read()
    return [n for n in needles if n in data]


def letter(n):
    pdf = base64.encodebytes(f"%PDF {MARK} {n} ".encode() * 400).decode().replace("\n", "\r\n")
    return (f"From: <gp@chu.test>\r\nTo: <gp@chu.test>\r\nSubject: {MARK} {n}\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
            f"Message-ID: <{n}@chu.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n"
            f"--bb\r\nContent-Type: text/plain\r\n\r\n{MARK} dans le texte.\r\n{('ligne ' + MARK + chr(13) + chr(10)) * n}"
            f"--bb\r\nContent-Type: application/pdf; name=\"{MARK}.pdf\"\r\nContent-Disposition: attachment; filename=\"{MARK}.pdf\"\r\n"
            f"Content-Transfer-Encoding: base64\r\n\r\n{pdf}--bb--\r\n").encode()


@pytest.fixture(scope="module")
def used():
    """An instance in which the marker went through everything that a client can do."""
    with Instance(build="build") as pli:
        pli.add("gp@chu.test")
        for n in (1, 20, 60000):       # the last is beyond 1 MB: spool and write-ahead
            pli.submit("gp@chu.test", ["gp@chu.test"], letter(n))
        with pli.imap("gp@chu.test") as m:
            assert m.create(f'"{MARK}/{MARK} sous"')[0] == "OK"
            assert m.subscribe(f'"{MARK}"')[0] == "OK"
            assert m.append(f'"{MARK}"', f"({MARK}kw)", None, letter(2))[0] == "OK"
            assert m.xatom("SETMETADATA", f'"{MARK}"', f'(/private/{MARK} "{MARK} valeur" /shared/{MARK} "{MARK} valeur")')[0] == "OK"
            m.select("INBOX")
            for key in ("TEXT", "SUBJECT", "BODY"):
                typ, d = m.search(None, key, f'"{MARK}"')
                assert typ == "OK" and len(d[0].split()) == 3, (key, d)
            assert m.store("1", "+FLAGS", f"({MARK}kw)")[0] == "OK"
            assert m.copy("1", f'"{MARK}"')[0] == "OK"
            assert m.rename(f'"{MARK}/{MARK} sous"', f'"{MARK}/{MARK} autre"')[0] == "OK"
        yield pli


def test_no_byte_under_the_instance_folder(used):
    needles, found, files = forms(MARK), [], 0
    for folder, _, names in os.walk(used.root):
        for name in names:
            path = os.path.join(folder, name)
            assert MARK.lower() not in path.lower(), path
            if os.path.isfile(path):
                files += 1
                found += [(path, n) for n in hits(path, needles)]
    assert files > 10
    assert not found


@pytest.mark.skipif(not shutil.which("gcore"), reason="gdb is not installed")
@pytest.mark.parametrize("name", ["pli-stored", "pli-keyd", "pli-dird", "pli-trustd", "pli-relayd", "pli-smtpd", "pli-imapd", "pli-httpd"])
def test_no_byte_in_a_core_dump(used, name, tmp_path):
    if os.getuid() != 0:
        pytest.skip("dumping a process that forbids dumps needs root")
    pid = used.daemon(name)
    r = subprocess.run(["gcore", "-o", str(tmp_path / "core"), str(pid)], capture_output=True, text=True, timeout=300)
    core = tmp_path / f"core.{pid}"
    assert core.exists(), r.stdout + r.stderr
    found = hits(core, forms(MARK))
    core.unlink()
    assert not found


def test_a_daemon_does_not_dump_by_itself(used):
    for name in ("pli-stored", "pli-keyd", "pli-dird", "pli-relayd", "pli-smtpd", "pli-imapd"):
        limits = open(f"/proc/{used.daemon(name)}/limits").read()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"], core


def test_a_spool_holds_sealed_chunks_only(used):
    """While a large message is half sent, what the session holds in a memfd is sealed."""
    if os.getuid() != 0:
        pytest.skip("reading another process's descriptors needs root")
    s = used.smtp(login="gp@chu.test")
    s.mail("gp@chu.test")
    s.rcpt("gp@chu.test")
    assert s.docmd("DATA")[0] == 354
    s.send(letter(60000)[:1_200_000].rpartition(b"\r\n")[0] + b"\r\n")
    session = used.session(s)
    end, found = time.monotonic() + 5, []
    while time.monotonic() < end and not found:
        found = [f"/proc/{session}/fd/{fd}" for fd in os.listdir(f"/proc/{session}/fd")
                 if "memfd:" in os.readlink(f"/proc/{session}/fd/{fd}")]
        time.sleep(0.05)
    spools = [p for p in found if os.stat(p).st_size > 100_000]
    assert spools, "no memfd: where is the message?"
    for path in spools:
        assert not hits(path, forms(MARK)), path
    s.close()
