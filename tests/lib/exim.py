# SPDX-License-Identifier: EUPL-1.2
"""A private Exim: another operator's server, in a temporary folder: it takes mail at its door from peers with a certificate, and sends all else to one
place with its own.

    with Exim("localhost", 10025, ca, pem, name="mx.exim.test", door=("127.0.2.1", 10125)) as mx: ...

The program: exim4 where it is installed, PLI_EXIM, or unpacked (unpacked.py). Its user "Debian-exim" need not be there: it runs with a passwd of its own in a mount
namespace, so root only. Delivery runs as that user, for with a configuration of its own (-C) Exim's children have no privilege.
"""
import os
import pathlib
import shutil
import subprocess

import unpacked
from dns import free_port
from other_server import OtherServer

PROGRAM = unpacked.program("usr/sbin/exim4", "PLI_EXIM", "exim4")
CONF = """
primary_hostname = {name}
exim_path = {program}
spool_directory = {dir}/spool
log_file_path = {dir}/log-%s
pid_file_path = {dir}/pid
never_users =
deliver_drop_privilege = true
daemon_smtp_ports =
local_interfaces = <; [{address}]:{door} ; [127.0.0.1]:{own}
domainlist ours = {domain}
tls_advertise_hosts = *
tls_certificate = {dir}/own.pem
tls_privatekey = {dir}/own.pem
tls_verify_certificates = {dir}/ca.pem
tls_verify_hosts = *
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_data = accept
log_selector = +tls_peerdn +tls_certificate_verified
qualify_domain = {domain}
prdr_enable = false
chunking_advertise_hosts =
begin acl
check_mail:
  accept condition = ${{if eq{{$received_port}}{{{own}}}}}
  deny message = TLS please
    !encrypted = *
  deny message = a certificate please
    !verify = certificate
  accept
check_rcpt:
  accept condition = ${{if eq{{$received_port}}{{{own}}}}}
  deny message = 5.1.1 unknown
    local_parts = unknown
    domains = +ours
  accept domains = +ours
  deny message = 5.7.1 not ours
begin routers
keep:
  driver = accept
  domains = +ours
  transport = maildir
out:
  driver = manualroute
  domains = *
  route_data = {host}
  self = send
  transport = smtp
begin transports
maildir:
  driver = appendfile
  directory = {dir}/mail/box
  maildir_format
  create_directory
  return_path_add
smtp:
  driver = smtp
  port = {port}
  allow_localhost
  hosts_require_tls = *
  tls_certificate = {dir}/own.pem
  tls_privatekey = {dir}/own.pem
  tls_verify_certificates = {dir}/ca.pem
  tls_verify_hosts = *
begin retry
* * F,1h,1s
"""
USER = "Debian-exim:x:64999:64999::/nonexistent:/usr/sbin/nologin\n"
# a passwd and group of its own, for this process and its children alone
ENTER = 'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && exec "$@"'


def usable():
    if not PROGRAM or not os.path.exists(PROGRAM):
        return "exim is not here: packaging/deps --unpack (it needs apt and the network), or PLI_EXIM"
    if os.geteuid() != 0:
        return "exim needs root"
    return None if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0 else "exim needs a mount namespace"


class Exim(OtherServer):
    def __init__(self, host, port, ca, pem, name="mx.exim.test", door=("127.0.2.1", 10125)):
        super().__init__("exim", 0o755)
        self.port = free_port()
        for what, line in (("passwd", USER), ("group", "Debian-exim:x:64999:\n")):
            known = pathlib.Path("/etc", what).read_text()
            (self.dir / what).write_text(known if "Debian-exim" in known else known + line)
        uid = int(next(l for l in (self.dir / "passwd").read_text().splitlines() if l.startswith("Debian-exim:")).split(":")[2])
        for folder, owner in (("spool", uid), ("mail", uid)):
            (self.dir / folder).mkdir(0o755)
            os.chown(self.dir / folder, owner, owner)
        os.chown(self.dir, uid, uid)
        shutil.copy(pem, self.dir / "own.pem")
        shutil.copy(ca, self.dir / "ca.pem")
        os.chown(self.dir / "own.pem", uid, uid)
        conf = self.dir / "exim.conf"
        conf.write_text(CONF.format(dir=self.dir, name=name, program=PROGRAM, domain=name.partition(".")[2], host=host, port=port, own=self.port,
                                    address=door[0], door=door[1]))
        self.begin(["unshare", "--mount", "sh", "-c", ENTER, str(self.dir), PROGRAM, "-C", str(conf), "-bdf", "-q1s"],
                   env={**os.environ, "LD_LIBRARY_PATH": unpacked.libraries()})
