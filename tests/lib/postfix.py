# SPDX-License-Identifier: EUPL-1.2
"""A private Postfix: another operator's server, in a temporary folder, on a free loopback port, sending all its mail to one place.

    with Postfix("localhost", 10025, ca, pem, name="mx.load.test") as mx:
        mx.inject("a@load.test", ["gp@chu.test"], message)
        mx.until("gp@chu.test", "sent")

Root only (Postfix changes users). The machine's own Postfix, its configuration and its queue are not touched.
"""
import os
import re
import shutil
import socket
import subprocess
import time

from dns import free_port
from other_server import OtherServer

MAIN = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
daemon_directory = {daemons}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
myhostname = {name}
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
notify_classes =
transport_maps = inline:{{{home}=discard:}}
smtp_host_lookup = native
relayhost = [{host}]:{port}
smtp_tls_security_level = verify
smtp_tls_CAfile = {ca}
smtp_tls_cert_file = {pem}
smtp_tls_key_file = {pem}
smtp_tls_loglevel = 1
smtp_tls_verify_cert_match = hostname
{more}
"""

MASTER = """
127.0.0.1:{own} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
virtual unix - n n - - virtual
"""
DAEMONS = "/usr/lib/postfix/sbin"


def usable():
    """None, or why there can be no private Postfix here."""
    if not shutil.which("postfix") or not os.path.exists(f"{DAEMONS}/master"):
        return "postfix is not installed"
    return None if os.geteuid() == 0 else "postfix needs root"


# A second door: another operator's port 25, which takes mail for its domain from whoever shows a certificate of the authorities, and keeps it.
DOOR = """
{address}:{port} inet n - n - - smtpd
  -o mynetworks= -o smtpd_tls_security_level=encrypt -o smtpd_tls_req_ccert=yes -o smtpd_relay_restrictions=permit_auth_destination,reject
  -o smtpd_recipient_restrictions=check_recipient_access,$door_access
virtual unix - n n - - virtual
"""
KEEPS = """
smtpd_tls_cert_file = {dir}/own.pem
smtpd_tls_key_file = {dir}/own.pem
smtpd_tls_CAfile = {dir}/ca.pem
smtpd_tls_loglevel = 1
smtpd_tls_ask_ccert = yes
door_access = inline:{{ {{unknown@{domain} = 550 5.1.1 unknown}} }}
myorigin = {domain}
transport_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = static:box/
virtual_mailbox_base = {dir}/mail
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
"""


class Postfix(OtherServer):
    """door: (address, port): it also takes mail for the domain of its name, from peers with a certificate, and mail() gives it."""

    def __init__(self, host, port, ca, pem, name="mx.load.test", more=(), door=None):
        super().__init__("postfix", 0o711)
        self.port = free_port()
        self.conf = self.dir / "conf"
        self.conf.mkdir(0o755)
        (self.dir / "queue").mkdir(0o755)
        (self.dir / "data").mkdir(0o700)
        shutil.chown(self.dir / "data", "postfix")
        shutil.copy(pem, self.dir / "own.pem")
        shutil.copy(ca, self.dir / "ca.pem")
        (self.conf / "main.cf").write_text(MAIN.format(
            dir=self.dir, home=name.partition(".")[2], daemons=DAEMONS, name=name, host=host, port=port,
            ca=self.dir / "ca.pem", pem=self.dir / "own.pem", more="\n".join(more)))
        (self.conf / "master.cf").write_text(MASTER.format(own=self.port))
        if door:
            self.open_door(name.partition(".")[2], *door)
        self.start()

    def open_door(self, domain, address, port):
        (self.dir / "mail").mkdir(0o755)
        shutil.chown(self.dir / "mail", 65534, 65534)
        with open(self.conf / "main.cf", "a") as f:
            f.write(KEEPS.format(dir=self.dir, domain=domain))
        with open(self.conf / "master.cf", "a") as f:
            f.write(DOOR.format(address=address, port=port, domain=domain))

    def start(self):
        r = subprocess.run(["postfix", "-c", self.conf, "check"], capture_output=True, text=True, timeout=60)
        if r.returncode:
            said = f"postfix check: {r.stdout}{r.stderr}{self.log()}"
            self.close()
            raise RuntimeError(said)
        self.begin([f"{DAEMONS}/master", "-c", self.conf, "-s"])

    def raw(self, sender, to, octets):
        """One DATA with these octets as they are, then the real end; whatever Postfix answers."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as s, s.makefile("rb") as answers:
            answers.readline()
            for line in (b"HELO app.load.test", b"MAIL FROM:<%s>" % sender.encode(), b"RCPT TO:<%s>" % to.encode(), b"DATA"):
                s.sendall(line + b"\r\n")
                answers.readline()
            s.sendall(octets + b"\r\n.\r\nQUIT\r\n")
            s.shutdown(socket.SHUT_WR)
            answers.read()

    def done(self):
        """How many deliveries have ended, well or badly."""
        return len(re.findall(r"postfix/smtp\[.* status=(?:sent|bounced)", self.log()))

    def idle(self):
        """Has every letter that came in left the queue?"""
        came = set(re.findall(r"smtpd\[\d+\]: (\w+): client=", self.log()))
        return came <= set(re.findall(r"qmgr\[\d+\]: (\w+): removed", self.log()))

    def until(self, to, status, timeout=40):
        """The log line that says what became of the mail for that recipient: sent, bounced, deferred."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            hit = re.search(rf"^.*to=<{re.escape(to)}>.* status={status} .*$", self.log(), re.M)
            if hit:
                return hit.group(0)
            time.sleep(0.1)
        raise AssertionError(f"{to} was not {status}:\n{self.log()[-3000:]}")
