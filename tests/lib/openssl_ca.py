# SPDX-License-Identifier: EUPL-1.2
"""A certificate authority for tests, with openssl(1) alone: certificates that are good, or wrong in one way."""
import pathlib
import subprocess
import time

CONF = """
[ca]
default_ca = own
[own]
new_certs_dir = {dir}
database = {dir}/index.txt
serial = {dir}/serial
certificate = {dir}/ca.pem
private_key = {dir}/ca.key
default_crl_days = 30
default_md = {md}
policy = any
unique_subject = no
copy_extensions = none
x509_extensions = ext
[any]
commonName = supplied
organizationalUnitName = optional
organizationName = optional
stateOrProvinceName = optional
countryName = optional
[ext]
basicConstraints = critical, CA:FALSE
{ext}
"""
GOOD = "keyUsage = critical, digitalSignature\nextendedKeyUsage = clientAuth, serverAuth"
DAY = 86400


def run(*argv, **how):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, text=True, **how).stdout


def stamp(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * DAY))


def new_key(path, kind):
    algorithm, _, size = kind.partition(":")
    option = f"rsa_keygen_bits:{size}" if algorithm == "rsa" else f"ec_paramgen_curve:{size}"
    run("openssl", "genpkey", "-algorithm", algorithm.upper(), "-pkeyopt", option, "-out", path)


class Authority:
    """folder: its own. It has .pem, and issues PEM files of a certificate with its key."""

    def __init__(self, folder, name="AC d'essai"):
        self.dir = pathlib.Path(folder)
        self.dir.mkdir()
        (self.dir / "index.txt").touch()
        (self.dir / "serial").write_text("1000\n")
        self.pem = self.dir / "ca.pem"
        new_key(self.dir / "ca.key", "ec:P-256")
        run("openssl", "req", "-x509", "-new", "-key", self.dir / "ca.key", "-subj", f"/C=FR/O=ESSAI/CN={name}", "-days", "3650", "-out", self.pem,
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, subject, days=(-30, 365), ext=GOOD, key="ec:P-256", md="sha256"):
        """subject as openssl has it: /C=FR/O=CHB/CN=smtp.chb.test. days: from and until, from today on."""
        at = self.dir / name
        new_key(f"{at}.key", key)
        (self.dir / f"{name}.conf").write_text(CONF.format(dir=self.dir, ext=ext, md=md))
        run("openssl", "req", "-new", "-key", f"{at}.key", "-subj", subject, "-out", f"{at}.csr")
        run("openssl", "ca", "-batch", "-notext", "-config", f"{at}.conf", "-in", f"{at}.csr", "-out", f"{at}.crt", "-startdate", stamp(days[0]),
            "-enddate", stamp(days[1]))
        whole = self.dir / f"{name}.pem"
        whole.write_text(pathlib.Path(f"{at}.crt").read_text() + pathlib.Path(f"{at}.key").read_text())
        return whole

    def crl(self, *revoked):
        """Its list, DER, with the certificates of these names on it."""
        conf = self.dir / "crl.conf"
        conf.write_text(CONF.format(dir=self.dir, ext=GOOD, md="sha256"))
        for name in revoked:
            run("openssl", "ca", "-config", conf, "-revoke", self.dir / f"{name}.crt")
        run("openssl", "ca", "-config", conf, "-gencrl", "-out", self.dir / "crl.pem")
        run("openssl", "crl", "-in", self.dir / "crl.pem", "-outform", "DER", "-out", self.dir / "crl.der")
        return (self.dir / "crl.der").read_bytes()


def self_signed(path, subject):
    new_key(f"{path}.key", "ec:P-256")
    run("openssl", "req", "-x509", "-new", "-key", f"{path}.key", "-subj", subject, "-days", "365", "-out", f"{path}.crt", "-addext", "extendedKeyUsage=clientAuth")
    whole = pathlib.Path(f"{path}.pem")
    whole.write_text(pathlib.Path(f"{path}.crt").read_text() + pathlib.Path(f"{path}.key").read_text())
    return whole


def dn_of(pem):
    return run("openssl", "x509", "-in", pem, "-noout", "-subject", "-nameopt", "RFC2253").strip().removeprefix("subject=")
