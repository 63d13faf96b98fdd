# SPDX-License-Identifier: EUPL-1.2
"""Real clients, as their users run them: curl, swaks, msmtp, mbsync, mutt, openssl. Each is skipped, saying so, where it is absent."""
import os
import shutil
import subprocess

import pytest
from instance import PASSWORD, plain

needs = lambda tool: pytest.mark.skipif(not shutil.which(tool), reason=f"{tool} is not installed")  # noqa: E731


@pytest.fixture(scope="module")
def me(pli):
    pli.add("client@chu.test", sign="never")
    return "client@chu.test"


def run(*argv, **kw):
    r = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=60, **kw)
    assert r.returncode == 0, f"{argv}\n{r.stdout[-2000:]}\n{r.stderr[-2000:]}"
    return r.stdout + r.stderr


@needs("curl")
def test_curl_sends_and_fetches(pli, me, tmp_path):
    (tmp_path / "m").write_bytes(plain("par curl", me, me))
    run("curl", "-sS", "--ssl-reqd", "--cacert", pli.ca, "--url", f"smtp://localhost:{pli.port('submission')}/client.test", "--mail-from", me, "--mail-rcpt", me,
        "--upload-file", tmp_path / "m", "--user", f"{me}:{PASSWORD}")
    out = run("curl", "-sS", "--cacert", pli.ca, f"imaps://localhost:{pli.port('imaps')}/INBOX?SUBJECT%20curl", "--user", f"{me}:{PASSWORD}")
    assert "SEARCH" in out
    out = run("curl", "-sS", "--cacert", pli.ca, f"imaps://localhost:{pli.port('imaps')}/INBOX;MAILINDEX=1", "--user", f"{me}:{PASSWORD}")
    assert "Subject: par curl" in out
    out = run("curl", "-sS", "--ssl-reqd", "--cacert", pli.ca, f"imap://localhost:{pli.port('imap')}/", "--user", f"{me}:{PASSWORD}")
    assert "INBOX" in out


@needs("swaks")
@pytest.mark.parametrize("service,flag", [("submission", "-tls"), ("submissions", "-tlsc")])
def test_swaks(pli, me, service, flag):
    run("swaks", "--server", "127.0.0.1", "--port", pli.port(service), flag, "--tls-verify", "--tls-ca-path", pli.ca, "--from", me, "--to", me,
        "--auth", "LOGIN", "--auth-user", me, "--auth-password", PASSWORD, "--pipeline")


@needs("msmtp")
def test_msmtp(pli, me, tmp_path):
    conf = tmp_path / "msmtprc"
    conf.write_text(f"account default\nhost localhost\nport {pli.port('submissions')}\ntls on\ntls_starttls off\ntls_trust_file {pli.ca}\n"
                    f"auth plain\nuser {me}\npassword {PASSWORD}\nfrom {me}\n")
    conf.chmod(0o600)
    subprocess.run(["msmtp", "-C", conf, me], input=plain("par msmtp", me, me), check=True, timeout=60)
    assert any(b"par msmtp" in m for m in pli.fetch_all(me))


@needs("mbsync")
def test_mbsync_both_ways(pli, me, tmp_path):
    for n in range(5):
        pli.submit(me, [me], plain(f"mbsync {n}", me, me))
    (tmp_path / "maildir").mkdir()
    rc = tmp_path / "rc"
    rc.write_text(f"""IMAPAccount pli
Host localhost
Port {pli.port('imaps')}
User {me}
Pass {PASSWORD}
SSLType IMAPS
CertificateFile {pli.ca}

IMAPStore far
Account pli

MaildirStore near
Path {tmp_path}/maildir/
Inbox {tmp_path}/maildir/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
""")
    env = {**os.environ, "HOME": str(tmp_path)}
    run("mbsync", "-c", rc, "-a", env=env)
    inbox = tmp_path / "maildir" / "INBOX"
    got = list((inbox / "new").iterdir()) + list((inbox / "cur").iterdir())
    assert len(got) == len(pli.fetch_all(me))
    got[0].rename(inbox / "cur" / (got[0].name.split(":")[0] + ":2,FS"))       # flagged and seen here
    (inbox / "new" / "1.local").write_bytes(plain("ecrit ici", me, me).replace(b"\r\n", b"\n"))
    run("mbsync", "-c", rc, "-a", env=env)
    assert any(b"ecrit ici" in m for m in pli.fetch_all(me))
    with pli.imap(me) as m:
        m.select("INBOX")
        assert len(m.search(None, "FLAGGED")[1][0].split()) >= 1


@needs("mutt")
def test_mutt_reads(pli, tmp_path):
    me = "mutt@chu.test"
    pli.add(me, sign="never")
    pli.submit(me, [me], plain("pour mutt", me, me))
    rc = tmp_path / "muttrc"
    rc.write_text(f"""set folder="imaps://localhost:{pli.port('imaps')}/"
set spoolfile="+INBOX"
set imap_user="{me}"
set imap_pass="{PASSWORD}"
set ssl_ca_certificates_file="{pli.ca}"
set ssl_force_tls=yes
set certificate_file="{pli.ca}"
set header_cache=
set sort=date
push "T.\\n;|cat>{tmp_path}/out\\n<exit>\\n"
set wait_key=no
set pipe_split=yes
set pipe_decode=yes
""")
    subprocess.run(["script", "-qec", f"mutt -F {rc} -n", "/dev/null"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                   env={**os.environ, "TERM": "xterm", "HOME": str(tmp_path)})
    assert (tmp_path / "out").exists() and "Bonjour" in (tmp_path / "out").read_text(errors="replace")


@needs("openssl")
def test_openssl_s_client_and_session_tickets(pli, tmp_path):
    """TLS 1.3 and 1.2 are spoken, older and weak suites are not, a session ticket resumes in another process."""
    at = ["-connect", f"localhost:{pli.port('imaps')}", "-CAfile", pli.ca, "-verify_return_error"]
    for version in ("-tls1_2", "-tls1_3"):
        out = run("openssl", "s_client", *at, version, "-sess_out", tmp_path / "s", "-ign_eof", input="a LOGOUT\r\n")
        assert "Verify return code: 0 (ok)" in out
        out = run("openssl", "s_client", *at, version, "-sess_in", tmp_path / "s", "-ign_eof", input="a LOGOUT\r\n")
        assert ("Reused" in out) == (version == "-tls1_3"), version  # a ticket of 1.2 holds the key of the traffic itself: none is given
    r = subprocess.run(["openssl", "s_client", *at, "-tls1_1", "-cipher", "ALL@SECLEVEL=0"], input="", capture_output=True, text=True, timeout=20)
    assert r.returncode != 0
    r = subprocess.run(["openssl", "s_client", *at, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:AES128-GCM-SHA256@SECLEVEL=0"], input="", capture_output=True, text=True, timeout=20)
    assert r.returncode != 0
    out = run("openssl", "s_client", *at, "-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384", "-ign_eof", input="a LOGOUT\r\n")
    assert "ECDHE-RSA-AES256-GCM-SHA384" in out
