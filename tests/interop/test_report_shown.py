# SPDX-License-Identifier: EUPL-1.2
"""Our reports to senders as other people's programs read them: what mutt shows a doctor over IMAP, and what reformime (Debian's maildrop, a MIME parser of
its own) takes apart. French with its accents, the failed address and its status are in both."""
import email
import email.policy
import os
import re
import shutil
import subprocess

import pytest
import unpacked
from instance import PASSWORD, eventually, plain
from operators import Operators

SENDER, NOBODY = "hosp@a.test", "nobody@b.test"
REFORMIME = unpacked.program("usr/bin/reformime", "PLI_REFORMIME", "reformime")


@pytest.fixture(scope="module")
def failed():
    """(the instance, the report's octets, its three parts by Python)."""
    with Operators(accounts=(SENDER,)) as ops:
        ops.a.submit(SENDER, [NOBODY], plain("=?utf-8?q?R=C3=A9sultats_d=27h=C3=A9matologie?=", SENDER, NOBODY))
        (octets,) = eventually(lambda: [m for m in ops.a.fetch_all(SENDER) if b"report-type" in m], 60)
        yield ops.a, octets, list(email.message_from_bytes(octets, policy=email.policy.default).iter_parts())


def words(text):
    return re.sub(r"\s+", " ", text)


def paragraphs(text):
    return [words(p).strip() for p in text.replace("\r\n", "\n").split("\n\n") if p.strip()]


def mutt_shows(inst, folder):
    """The message as mutt shows it, all parts that it shows inline."""
    rc, out = folder / "muttrc", folder / "out"
    rc.write_text(f"""set folder="imaps://localhost:{inst.port('imaps')}/"
set spoolfile="+INBOX"
set imap_user="{SENDER}"
set imap_pass="{PASSWORD}"
set ssl_ca_certificates_file="{inst.ca}"
set certificate_file="{inst.ca}"
set ssl_force_tls=yes
set header_cache=
set charset="utf-8"
set wait_key=no
set pipe_decode=yes
push "<last-entry><pipe-message>cat>{out}\\n<exit>\\n"
""")
    subprocess.run(["script", "-qec", f"mutt -F {rc} -n", "/dev/null"], stdin=subprocess.DEVNULL, capture_output=True, timeout=90,
                   env={**os.environ, "TERM": "xterm", "HOME": str(folder), "LC_ALL": "C.UTF-8"})
    assert out.exists(), "mutt showed nothing"
    return out.read_text("utf-8")  # strictly: what is not UTF-8 fails here


@pytest.mark.skipif(not shutil.which("mutt") or not shutil.which("script"), reason="mutt is not here")
def test_mutt_shows_it(failed, tmp_path):
    inst, _, (text, _, _) = failed
    shown = mutt_shows(inst, tmp_path)
    for paragraph in paragraphs(text.get_content()):
        assert paragraph in words(shown), (paragraph, shown)
    before, letter, _ = shown.partition("=?utf-8?q?R=C3=A9sultats")  # the letter that came back shows its header as it is
    assert letter and re.search("[éèêà]", text.get_content()) and "=C3" not in before and "\ufffd" not in shown
    assert "Subject: Message non remis / Undelivered mail" in shown, shown
    for line in (f"Final-Recipient: rfc822; {NOBODY}", "Action: failed", "Status: 5.1.1"):
        assert line in shown, shown


@pytest.mark.skipif(not REFORMIME, reason="reformime is not here: packaging/deps --unpack (it needs apt and the network), or PLI_REFORMIME")
def test_reformime_takes_it_apart(failed):
    _, octets, parts = failed
    env = {**os.environ, "LD_LIBRARY_PATH": unpacked.libraries()}

    def reformime(*args):
        return subprocess.run([REFORMIME, *args], input=octets, capture_output=True, check=True, env=env).stdout

    info = {}
    for block in reformime("-i").decode().split("\n\n"):
        fields = dict(re.findall(r"^([\w-]+): (.*)$", block, re.M))
        if fields:
            info[fields["section"]] = fields
    tree = {s: f["content-type"] for s, f in info.items()}
    assert tree["1"] == "multipart/report" and tree["1.1"] == "text/plain" and tree["1.2"] == "message/delivery-status", tree
    assert tree["1.3"] == parts[2].get_content_type() and set(tree) <= {"1", "1.1", "1.2", "1.3", "1.3.1"}, tree
    assert info["1.1"]["charset"].lower() == "utf-8"
    assert paragraphs(reformime("-e", "-s", "1.1").decode("utf-8")) == paragraphs(parts[0].get_content())
    status = reformime("-e", "-s", "1.2").decode("ascii")
    assert f"Final-Recipient: rfc822; {NOBODY}" in status and "Status: 5.1.1" in status and "Action: failed" in status
