# SPDX-License-Identifier: EUPL-1.2
"""The second act of make demo: two operators. A report leaves the hospital's instance for a doctor of another one, over mutual TLS with certificates whose
revocation is looked up, between domains that a signed white list names; the delivery receipt comes back.

What is not Pli's own here: an authority of the demonstration with its revocation list on a small web server, a DNS server (dnsmasq), and who signs the white list.
"""
import contextlib
import os
import re
import smtplib
import ssl
import subprocess
import time

import authority
import white_list
from dns import Dns
from instance import free_port_base

TOWN, HOST, TOWN_HOST = "ville.demo.test", "mail.chu.demo.test", "mail.ville.demo.test"
DOCTOR, PASSWORD = "paul.petit@ville.demo.test", "Otoscope-Vert.8"


def dn(host, name, number):
    return {"C": "FR", "ST": "Gard (30)", "O": name, "OU": number, "CN": host}


class Second:
    """act: the first act's Demo, whose instance is the hospital."""

    def __init__(self, act, say):
        self.act, self.step, self.note, self.need, self.run = act, say["step"], say["note"], say["need"], say["run"]
        self.stack = contextlib.ExitStack()
        self.base, self.root, self.serve = free_port_base(), act.dir / "ville", None

    # ---- before the hospital starts: who is whom ----
    def prepare(self):
        self.web = self.stack.enter_context(authority.Web())
        self.dns = self.stack.enter_context(Dns())
        self.dns.mx("chu.demo.test", HOST)
        self.dns.mx(TOWN, TOWN_HOST)
        self.dns.start()
        self.ca = authority.Authority("AC des opérateurs (démonstration)")
        self.ca_file = self.act.dir / "operateurs.pem"
        self.ca_file.write_bytes(authority.pem(self.ca.cert))
        self.ca_file.chmod(0o644)
        self.web.pages["/operateurs.crl"] = self.ca.crl()
        self.configure(self.act.root, self.base)

    def configure(self, root, other):
        with open(root / "pli.conf", "a") as f:
            f.write(f'smtpd {{\n peer_anchors = "{self.ca_file}"\n}}\ntrust {{\n no_address = unknown\n}}\n'
                    f'relayd {{\n port = {other + 25}\n resolver = "{self.dns.address}"\n local_peers = yes\n}}\n')

    def certificate(self, root, host, name, number):
        bundle = self.act.dir / f"{host}.pem"
        self.ca.issue(bundle, dn(host, name, number), cdp=self.web.url("/operateurs.crl"), dns=(host, "localhost"))
        self.run(self.act.program, "cert", "import", bundle, "--root", root)

    # ---- the steps ----
    def open(self):
        self.step("Acte 2. Un second opérateur : la ville, son médecin, sa propre instance", "Act 2. A second operator: the town, its doctor, an instance of its own")
        self.run(self.act.program, "init", "--domain", TOWN, "--port-base", self.base, "--root", self.root)
        self.configure(self.root, self.act.base)
        self.certificate(self.root, TOWN_HOST, "Ville de Démonstration", "321234567800012")
        self.certificate(self.act.root, HOST, "CHU de Démonstration", "1300017985")
        self.serve = self.act.start_at(self.root, "ville.out")
        self.run(self.act.program, "account", "add", DOCTOR, "--type", "per", "--rpps", "10001234565", "--name", "Paul PETIT", "--password-stdin", "--root", self.root,
                 stdin=PASSWORD.encode() + b"\n")

    def trust(self):
        self.step("La liste blanche signée est prise par les deux opérateurs", "Both operators take the signed white list")
        ca = white_list.Authority("AC de la liste (démonstration)")
        signer = ca.signer()
        xml = white_list.white_list([("chu.demo.test", f"CN={HOST},OU=1300017985,O=CHU de Démonstration,ST=Gard (30),C=FR"),
                                     (TOWN, f"CN={TOWN_HOST},OU=321234567800012,O=Ville de Démonstration,ST=Gard (30),C=FR")], signer)
        files = white_list.save(self.act.dir, xml, signer, ca)
        for root in (self.act.root, self.root):
            out = self.run(self.act.program, "trust", "update", files["list"], "--signer", files["signer"], "--root", root)
        for line in out.decode().splitlines():
            self.note(line)

    def send(self, sender, secret):
        self.step("Le même compte rendu part pour le médecin de ville, avec accusé de remise demandé (DSN)",
                  "The same report leaves for the town's doctor, a delivery receipt asked for (DSN)")
        mail = (self.act.dir / "mail.eml").read_bytes()
        mail = re.sub(rb"(?m)^To: [^\r\n]*(\r\n[ \t][^\r\n]*)*", b"To: " + DOCTOR.encode(), mail, count=1)
        mail = re.sub(rb"(?m)^Message-ID: [^\r\n]*", b"Message-ID: <acte-2@chu.demo.test>", mail, count=1, flags=re.I)
        (self.act.dir / "mail2.eml").write_bytes(mail)
        self.sent = time.monotonic()
        self.submit(sender, secret, mail)

    def submit(self, sender, secret, mail):
        context = ssl.create_default_context(cafile=self.ca_file)
        with smtplib.SMTP("localhost", self.act.base + 587, timeout=60) as s:
            s.starttls(context=context)
            s.login(sender, secret)
            s.sendmail(sender, [DOCTOR], mail, rcpt_options=["NOTIFY=SUCCESS,FAILURE"])
        self.note("250: en file, scellé / queued, sealed")

    def wait(self, base, user, secret, what):
        """The newest message of a mailbox, once there is one that holds what."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            r = subprocess.run(["curl", "-sS", "--cacert", self.ca_file, f"imaps://localhost:{base + 993}/INBOX;MAILINDEX=*", "--user", f"{user}:{secret}"], capture_output=True)
            if what in r.stdout:
                return r.stdout
            time.sleep(0.1)
        raise self.act.failed(f"{user} has not received it within a minute")

    def arrive(self):
        self.step("Il arrive chez l'autre opérateur : certificats, révocation et DN vérifiés des deux côtés", "It arrives at the other operator: certificates, revocation and DN checked on both sides")
        whole = self.wait(self.base, DOCTOR, PASSWORD, b"multipart/signed")
        self.note(f"{time.monotonic() - self.sent:.2f} s après l'envoi / after sending")
        (self.act.dir / "arrived.eml").write_bytes(whole)
        self.run("openssl", "cms", "-verify", "-in", self.act.dir / "arrived.eml", "-CAfile", self.act.root / "ca.pem", "-out", os.devnull)
        self.need(b"IHE_XDM.zip" in whole, "le compte rendu est là, sa signature tient / the report is there, its signature holds")
        self.need(self.web.asked.get("/operateurs.crl", 0) == 2, "la liste de révocation a été lue une fois par chaque opérateur / each operator read the revocation list once")

    def receipt(self, sender, secret):
        self.step("L'accusé de remise revient à l'hôpital", "The delivery receipt comes back to the hospital")
        whole = self.wait(self.act.base, sender, secret, b"message/delivery-status")
        for line in re.findall(rb"(?m)^(?:Subject|Final-Recipient|Action|Status|Reporting-MTA): [^\r]*", whole):
            self.note(line.decode())
        self.need(b"Action: delivered" in whole and b"<acte-2@chu.demo.test>" in whole, "remis, et pour ce message / delivered, and for that message")
        self.note(f"{time.monotonic() - self.sent:.2f} s après l'envoi / after sending")
        for line in self.run(self.act.program, "trace", "<acte-2@chu.demo.test>", "--root", self.act.root).decode().splitlines():
            self.note(line if len(line) < 150 else line[:147] + "...")

    def stop(self):
        self.need(self.act.stop_at(self.serve) == 0, "la seconde instance s'est arrêtée proprement / the second instance stopped in order")

    def close(self):
        if self.serve and self.serve.poll() is None:
            self.act.stop_at(self.serve)
        self.stack.close()
