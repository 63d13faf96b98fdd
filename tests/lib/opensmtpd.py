# SPDX-License-Identifier: EUPL-1.2
"""A private OpenSMTPD: another operator's server: it takes mail at its door from peers with a certificate, and sends all else to one place with its own.

    with OpenSmtpd("localhost", 10025, ca, pem, name="mx.opensmtpd.test", door=("127.0.2.1", 10125)) as mx: ...

Its TLS is not its own: the OpenSMTPD of Debian 12 (6.8.0p2) cannot use a private key with OpenSSL 3 ("SSL routines::EVP lib", its issues 1171 and 1239), so
tls_front.py holds the certificate, and every octet of SMTP behind STARTTLS is OpenSMTPD's.
The program: smtpd of OpenSMTPD where it is installed, PLI_OPENSMTPD, or unpacked (unpacked.py). Its folders and users are compiled in; it runs with folders
and a passwd of its own in a mount namespace, so root only, and nothing of the machine's is touched.
"""
import os
import pathlib
import subprocess

import tls_front
import unpacked
from dns import free_port
from other_server import OtherServer

PROGRAM = unpacked.program("usr/sbin/smtpd", "PLI_OPENSMTPD", "opensmtpd")
UNKNOWN = "524 5.2.4"
CONF = """
bounce warn-interval 1d
queue ttl 1h
listen on 127.0.0.1 port {clear} hostname {name} tag DOOR
listen on 127.0.0.1 port {own} hostname {name} tag OWN
table boxes {{ "dr@{domain}" = "keeper", "postmaster@{domain}" = "keeper" }}
action "keep" maildir "{dir}/mail/box" virtual <boxes>
action "out" relay host "smtp+notls://127.0.0.1:{out}" helo {name}
match tag DOOR from any for domain "{domain}" action "keep"
match tag OWN from any for any action "out"
"""
USERS = ("opensmtpd:x:64997:64997::/var/lib/opensmtpd/empty:/usr/sbin/nologin\n"
         "opensmtpq:x:64996:64996::/var/lib/opensmtpd/empty:/usr/sbin/nologin\nkeeper:x:64995:64997::{dir}/mail:/bin/sh\n")
# Folders of its own over the machine's, for this process and its children alone. Before it sends it asks for the name of 127.0.0.1: of /etc/hosts, not of
# whatever name server the machine has, whose silence would put the letter off for minutes.
ENTER = """
mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group &&
{ [ ! -e /etc/resolv.conf ] || mount --bind "$0/resolv.conf" /etc/resolv.conf; } &&
mount -t tmpfs -o mode=755 own /usr/libexec && cp -r "$1" /usr/libexec/opensmtpd &&
mount -t tmpfs -o mode=755 own /var/spool && mkdir -m 711 /var/spool/smtpd &&
mount -t tmpfs -o mode=755 own /run &&
mount -t tmpfs -o mode=755 own /var/lib && mkdir -p -m 755 /var/lib/opensmtpd/empty && shift && exec "$@"
"""


def usable():
    if not PROGRAM or not os.path.exists(PROGRAM):
        return "OpenSMTPD is not here: packaging/deps --unpack (it needs apt and the network), or PLI_OPENSMTPD"
    if os.geteuid() != 0:
        return "OpenSMTPD needs root"
    return None if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0 else "OpenSMTPD needs a mount namespace"


class OpenSmtpd(OtherServer):
    def __init__(self, host, port, ca, pem, name="mx.opensmtpd.test", door=("127.0.2.1", 10125)):
        super().__init__("opensmtpd", 0o755)
        self.port, clear, out = free_port(), free_port(), free_port()
        for what, lines in (("passwd", USERS.format(dir=self.dir)), ("group", "opensmtpd:x:64997:\nopensmtpq:x:64996:\n")):
            (self.dir / what).write_text(pathlib.Path("/etc", what).read_text() + lines)
        (self.dir / "resolv.conf").write_text("lookup file\n")
        (self.dir / "mail").mkdir(0o755)
        os.chown(self.dir / "mail", 64995, 64997)
        conf = self.dir / "smtpd.conf"
        conf.write_text(CONF.format(dir=self.dir, name=name, domain=name.partition(".")[2], own=self.port, clear=clear, out=out))
        libexec = pathlib.Path(PROGRAM).parents[1] / "libexec" / "opensmtpd"
        self.front = tls_front.TlsFront(pem, ca)
        self.begin(["unshare", "--mount", "sh", "-c", ENTER, str(self.dir), str(libexec), PROGRAM, "-d", "-f", str(conf)], cwd="/",
                   env={**os.environ, "LD_LIBRARY_PATH": unpacked.libraries()})
        try:
            self.front.door(door, ("127.0.0.1", clear)).way_out(("127.0.0.1", out), (host, port))
        except BaseException:
            self.close()
            raise

    def close(self):
        self.front.close()
        super().close()
