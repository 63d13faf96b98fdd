# SPDX-License-Identifier: EUPL-1.2
"""A private Dovecot on the loopback, from Debian's package dovecot-imapd: where a mailbox is moved from, and to. Root only, for its sign-in processes
change user. Users have one password; a user's folders with a role are set, for Dovecot keeps roles in its configuration.

    with Dovecot(crypt=False) as dove:
        dove.user("gp@old.test", special={"Envois": "Sent"})
        with dove.imap("gp@old.test") as m: ...
"""
import imaplib
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

PASSWORD = "old-Sesame.7"
UID = 5000
CONF = """
base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/log
protocols = imap
listen = 127.0.0.1
instance_name = {name}
ssl = required
ssl_cert = <{d}/cert.pem
ssl_key = <{d}/key.pem
mail_location = maildir:~/Maildir
mail_home = {d}/mail/%u
mail_uid = {uid}
mail_gid = {uid}
first_valid_uid = {uid}
mail_max_userip_connections = 1000
{crypt}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home={d}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  {special}
}}
service imap-login {{
  service_count = 0
  client_limit = 1000
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""
CRYPT = """mail_plugins = mail_crypt
protocol imap {
  mail_plugins = mail_crypt imap_zlib
}
mail_attribute_dict = file:%h/dovecot-attributes
plugin {
  mail_crypt_curve = prime256v1
  mail_crypt_save_version = 2
}
"""


def installed():
    return os.path.exists("/usr/sbin/dovecot") and os.path.exists("/usr/lib/dovecot/imap") and os.geteuid() == 0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Dovecot:
    def __init__(self, special=None, crypt=False, separator="."):
        """special: {folder: role}, such as {"Envois": "Sent"}."""
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pli-dovecot-"))
        self.dir.chmod(0o755)
        self.port, self.proc = free_port(), None
        try:
            (self.dir / "mail").mkdir()
            os.chown(self.dir / "mail", UID, UID)
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "extendedKeyUsage=serverAuth",
                            "-keyout", self.dir / "key.pem", "-out", self.dir / "cert.pem"],
                           check=True, capture_output=True, timeout=60)
            boxes = "".join(f"mailbox \"{name}\" {{\n special_use = \\{role}\n }}\n" for name, role in (special or {}).items())
            (self.dir / "conf").write_text(CONF.format(d=self.dir, name=self.dir.name, uid=UID, password=PASSWORD, separator=separator, special=boxes,
                                                       port=self.port, crypt=CRYPT if crypt else ""))
            self.begin()
        except BaseException:
            self.close()
            raise

    def begin(self):
        out = open(self.dir / "out", "wb")
        self.proc = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", self.dir / "conf"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        out.close()
        end = time.monotonic() + 60
        while time.monotonic() < end and self.proc.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("dovecot does not start: " + self.log())

    def log(self):
        return "".join((self.dir / n).read_text(errors="replace") for n in ("out", "log") if (self.dir / n).exists())

    @property
    def ca(self):
        return str(self.dir / "cert.pem")

    def url(self, user):
        return f"imaps://{user.replace('@', '%40')}@localhost:{self.port}"

    def maildir(self, user):
        return self.dir / "mail" / user / "Maildir"

    def put(self, user, maildir):
        """A Maildir becomes that user's mail."""
        to = self.maildir(user)
        shutil.copytree(maildir, to)        # copy2: the dates of the files are INTERNALDATE
        for base, dirs, files in os.walk(to.parent):
            for name in [*dirs, *files, "."]:
                os.chown(os.path.join(base, name), UID, UID)

    def imap(self, user):
        m = imaplib.IMAP4_SSL("localhost", self.port, ssl_context=ssl.create_default_context(cafile=self.ca), timeout=60)
        m.login(user, PASSWORD)
        return m

    def close(self):
        if self.proc and self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)      # the master, which ends its own
            try:
                self.proc.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.proc.pid, signal.SIGKILL)
                self.proc.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            print("\n".join(["the last lines of dovecot:", *self.log().splitlines()[-40:]]))
        self.close()
