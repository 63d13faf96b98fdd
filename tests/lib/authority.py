# SPDX-License-Identifier: EUPL-1.2
"""Certificate authorities of a test, with whatever is wrong with what they issue, and a web server that gives their lists and answers and counts how
often it is asked.

    with Web() as web:
        root = Authority("Racine")
        ca = Authority("Operateurs", root, cdp=web.url("/root.crl"))
        web.pages["/root.crl"] = root.crl()
        ca.issue(tmp / "op.pem", {"CN": "smtp.op.test", "O": "Op"}, cdp=web.url("/ca.crl"))
"""
import datetime
import http.server
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

HOUR = datetime.timedelta(hours=1)
KINDS = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "C": NameOID.COUNTRY_NAME,
         "ST": NameOID.STATE_OR_PROVINCE_NAME}
CLIENT, SERVER, MAIL = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION


def now():
    return datetime.datetime.utcnow().replace(microsecond=0)


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


class Authority:
    """name: of its certificate. by: the authority above; None: a root. cdp: where its own issuer's list is."""

    def __init__(self, name, by=None, cdp=None, ocsp_at=None):
        self.key, self.by, self.revoked = ec.generate_private_key(ec.SECP256R1()), by, {}
        self.name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Essai"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
        b = self._builder(self.name, self.key.public_key(), by or self, -HOUR, 24 * 30 * HOUR, cdp, ocsp_at)
        b = b.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        b = b.add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
        self.cert = b.sign((by or self).key, hashes.SHA256())

    def _builder(self, subject, public, issuer, begins, ends, cdp, ocsp_at):
        b = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.name).public_key(public).serial_number(x509.random_serial_number())
             .not_valid_before(now() + begins).not_valid_after(now() + ends))
        if cdp:
            names = [x509.UniformResourceIdentifier(u) for u in ([cdp] if isinstance(cdp, str) else cdp)]
            b = b.add_extension(x509.CRLDistributionPoints([x509.DistributionPoint(names, None, None, None)]), critical=False)
        if ocsp_at:
            b = b.add_extension(x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_at))]), critical=False)
        return b

    @property
    def chain(self):
        """Its certificate and those above, without the root: PEM."""
        return (pem(self.cert) + self.by.chain) if self.by else b""

    def issue(self, path, subject, eku=(CLIENT, SERVER), usage=True, begins=-HOUR, ends=24 * 20 * HOUR, cdp=None, ocsp_at=None, dns=(), mail=(), policies=(), key=None):
        """Writes certificate, chain and key to path; gives the certificate."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(KINDS[k], v) for k, v in subject.items()])
        b = self._builder(name, key.public_key(), self, begins, ends, cdp, ocsp_at)
        if eku:
            b = b.add_extension(x509.ExtendedKeyUsage(list(eku)), critical=False)
        if usage is not None:
            b = b.add_extension(x509.KeyUsage(usage, usage, False, False, not usage, False, False, False, False), critical=True)
        if dns or mail:
            b = b.add_extension(x509.SubjectAlternativeName([*map(x509.DNSName, dns), *map(x509.RFC822Name, mail)]), critical=False)
        if policies:
            b = b.add_extension(x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(p), None) for p in policies]), critical=False)
        cert = b.sign(self.key, hashes.SHA256())
        path.write_bytes(pem(cert) + self.chain + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return cert

    def revoke(self, cert, ago=HOUR):
        self.revoked[cert.serial_number] = now() - ago

    def crl(self, begins=-datetime.timedelta(minutes=5), ends=24 * HOUR, key=None, more=0):
        """Its list, DER. key: another's, for a forged one. more: so many further entries."""
        # the list at once: to add them one by one copies all each time
        entries = [x509.RevokedCertificateBuilder().serial_number(n).revocation_date(when).build()
                   for n, when in [*self.revoked.items(), *(((1 << 60) + i, now()) for i in range(more))]]
        b = x509.CertificateRevocationListBuilder(self.name, now() + begins, now() + ends, [], entries)
        return b.sign(key or self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def answer(self, cert, begins=-datetime.timedelta(minutes=5), ends=24 * HOUR):
        """An OCSP answer about a certificate of its own, DER."""
        when = self.revoked.get(cert.serial_number)
        return (ocsp.OCSPResponseBuilder().add_response(cert=cert, issuer=self.cert, algorithm=hashes.SHA1(),
                                                        cert_status=ocsp.OCSPCertStatus.REVOKED if when else ocsp.OCSPCertStatus.GOOD, this_update=now() + begins,
                                                        next_update=now() + ends, revocation_time=when, revocation_reason=None)
                .responder_id(ocsp.OCSPResponderEncoding.NAME, self.cert).sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


class Web:
    """pages: path to the octets, to a status (int), or to a function that gives either. asked: how often each path was asked for. HANG: no answer."""

    HANG = object()

    def __init__(self):
        self.pages, self.asked, self.slow = {}, {}, {}
        self.over = threading.Event()
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.asked[self.path] = web.asked.get(self.path, 0) + 1
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                time.sleep(web.slow.get(self.path, 0))
                page = web.pages.get(self.path, 404)
                page = page() if callable(page) else page
                if page is Web.HANG:
                    web.over.wait(120)
                    return
                body = page if isinstance(page, bytes) else b""
                self.send_response(200 if isinstance(page, bytes) else page)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
