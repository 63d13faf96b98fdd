# SPDX-License-Identifier: EUPL-1.2
"""White lists (liste blanche) made and signed for tests, in the form that the trust space publishes (spec/mssante.md 1.3).

    ca = Authority()                                     # a root of its own
    signer = ca.signer()                                 # CN=alb.mssante.fr, SAN alb@mssante.fr, RSA 2048, valid today
    xml = white_list([("chb.mssante.fr", "CN=smtp.chb.mssante.fr,O=CH B,C=FR")], signer, generated=ago(hours=1))
    ca.pem, signer.pem                                   # for trust.anchors, for --signer

Nothing here asks a library of XML: the text is written in canonical form (exclusive C14N leaves it as it is), hashed and signed as octets. So
what Pli verifies with libxmlsec1 was made without it. Each parameter of white_list() beyond the first three makes one thing wrong.
"""
import base64
import datetime
import hashlib
import pathlib
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMESPACE = "https://listeblanche.mssante.fr/schema"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
ENVELOPED = DSIG + "enveloped-signature"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
DIGESTS = {"sha1": DSIG + "sha1", "sha256": "http://www.w3.org/2001/04/xmlenc#sha256", "sha384": MORE + "sha384",
           "sha512": "http://www.w3.org/2001/04/xmlenc#sha512"}
HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def ago(**how_long):
    """ago(hours=1), ago(days=30): a time in UTC."""
    return now() - datetime.timedelta(**how_long)


def new_key(kind="rsa"):
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if kind == "rsa1024":
        return rsa.generate_private_key(65537, 1024)
    return ec.generate_private_key({"ec": ec.SECP256R1, "ec384": ec.SECP384R1}[kind]())


def name_of(cn, ou=None, o="Essais", st="Paris (75)"):
    """As certificates have it: C first, CN last."""
    parts = [(NameOID.COUNTRY_NAME, "FR"), (NameOID.STATE_OR_PROVINCE_NAME, st), (NameOID.ORGANIZATION_NAME, o),
             (NameOID.ORGANIZATIONAL_UNIT_NAME, ou), (NameOID.COMMON_NAME, cn)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def pem_of(cert):
    return cert.public_bytes(serialization.Encoding.PEM).decode()


class Signer:
    """A certificate and its key. .pem text, .der octets, .cert, .key"""

    def __init__(self, cert, key):
        self.cert, self.key = cert, key
        self.pem = pem_of(cert)
        self.der = cert.public_bytes(serialization.Encoding.DER)

    def key_pem(self):
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()

    def signed(self, octets, digest):
        algorithm = HASHES[digest]()
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(octets, padding.PKCS1v15(), algorithm)
        r, s = utils.decode_dss_signature(self.key.sign(octets, ec.ECDSA(algorithm)))
        size = (self.key.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def method(self, digest):
        if isinstance(self.key, rsa.RSAPrivateKey):
            return DSIG + "rsa-sha1" if digest == "sha1" else MORE + "rsa-" + digest
        return MORE + "ecdsa-" + digest


class Authority(Signer):
    """A self-signed root, or with above= an authority below another one."""

    def __init__(self, cn="AC Essai", above=None, kind="ec", start=None, end=None):
        key = new_key(kind)
        start, end = start or ago(days=3650), end or now() + datetime.timedelta(days=3650)
        cert = (x509.CertificateBuilder().subject_name(name_of(cn, o="Essais AC")).issuer_name(above.cert.subject if above else name_of(cn, o="Essais AC"))
                .public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
                .add_extension(x509.BasicConstraints(True, None), critical=True)
                .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                .sign(above.key if above else key, hashes.SHA256()))
        super().__init__(cert, key)

    def signer(self, cn="alb.mssante.fr", email="alb@mssante.fr", kind="rsa", start=None, end=None, ou="347976684200724"):
        """Who signs lists: as the real one (keyUsage digitalSignature + nonRepudiation, EKU emailProtection). start, end: UTC."""
        key = new_key(kind)
        start, end = start or ago(days=365), end or now() + datetime.timedelta(days=365)
        made = (x509.CertificateBuilder().subject_name(name_of(cn, ou=ou)).issuer_name(self.cert.subject).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
                .add_extension(x509.BasicConstraints(False, None), critical=False)
                .add_extension(x509.KeyUsage(True, True, False, False, False, False, False, False, False), critical=True)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False))
        if email:
            made = made.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(email)]), critical=False)
        return Signer(made.sign(self.key, hashes.SHA256()), key)


def stamp(when):
    return when if isinstance(when, str) else when.strftime("%Y-%m-%dT%H:%M:%SZ")


def entry(domain, dn, updated="2026-05-11T10:24:42Z", description=None, responsible=None, support=None):
    """One Domaine. Values are text; what XML needs escaped is escaped here, in canonical form."""
    values = (("Nom", domain), ("Description", description or f"Domaine de messagerie MSSanté {domain}"), ("DNCertificatOperateur", dn),
              ("ResponsableContact", responsible or "01 00 00 00 00, resp@example.org"),
              ("SupportContact", support or "01 00 00 00 00, support@example.org"), ("DateMAJ", stamp(updated)))
    inner = "".join(f"            <{tag}>{escape(value)}</{tag}>\n" for tag, value in values if value is not None)
    return f"        <Domaine>\n{inner}        </Domaine>\n"


def unsigned(entries, generated=None, root="ListeBlancheMSSante", namespace=NAMESPACE):
    """The list as it is signed: canonical, without declaration and signature. entries: (domain, dn) pairs, dicts of entry(), or ready text."""
    text = "".join(e if isinstance(e, str) else entry(**e) if isinstance(e, dict) else entry(*e) for e in entries)
    return (f'<{root} xmlns="{namespace}">\n    <DateDeGeneration>{stamp(generated or ago(hours=1))}</DateDeGeneration>\n'
            f"    <ListeDomaines>\n{text}    </ListeDomaines>\n</{root}>")


def b64(octets, lines=False):
    text = base64.b64encode(octets).decode()
    return "&#13;\n".join(text[i:i + 76] for i in range(0, len(text), 76)) if lines else text


def transforms_text(transforms):
    return "<Transforms>" + "".join(f'<Transform Algorithm="{t}"></Transform>' for t in transforms) + "</Transforms>" if transforms else ""


def reference(octets, digest="sha256", uri="", transforms=(ENVELOPED, EXCLUSIVE)):
    """One Reference over those octets, canonical."""
    value = b64(hashlib.new(digest, octets).digest())
    return (f'<Reference URI="{uri}">{transforms_text(transforms)}<DigestMethod Algorithm="{DIGESTS[digest]}"></DigestMethod>'
            f"<DigestValue>{value}</DigestValue></Reference>")


def signature(octets, signer, digest="sha256", sign_digest=None, c14n=EXCLUSIVE, references=None, certificates=None, key_info=None, inside="",
              uri="", transforms=(ENVELOPED, EXCLUSIVE), method=None):
    """The Signature element over octets. references: texts in place of the one; certificates: DER octets in KeyInfo (default: the signer's);
    key_info: the whole text of KeyInfo; inside: behind KeyInfo, such as an Object."""
    sign_digest = sign_digest or digest
    refs = references if references is not None else [reference(octets, digest, uri, transforms)]
    info = (f'<CanonicalizationMethod Algorithm="{c14n}"></CanonicalizationMethod>'
            f'<SignatureMethod Algorithm="{method or signer.method(sign_digest)}"></SignatureMethod>{"".join(refs)}')
    value = signer.signed(f'<SignedInfo xmlns="{DSIG}">{info}</SignedInfo>'.encode(), sign_digest)
    if key_info is None:
        certs = [signer.der] if certificates is None else certificates
        key_info = "<KeyInfo><X509Data>" + "".join(f"<X509Certificate>{b64(der, True)}</X509Certificate>" for der in certs) + "</X509Data></KeyInfo>"
    return f'<Signature xmlns="{DSIG}"><SignedInfo>{info}</SignedInfo><SignatureValue>{b64(value, True)}</SignatureValue>{key_info}{inside}</Signature>'


def enclosed(text, sig, declaration='<?xml version="1.0" encoding="UTF-8"?>'):
    """The signature as the last child of the root."""
    at = text.rindex("</")
    return (declaration + text[:at] + sig + text[at:]).encode()


def white_list(entries, signer, generated=None, root="ListeBlancheMSSante", namespace=NAMESPACE, **how):
    """The signed list, octets. how: see signature()."""
    text = unsigned(entries, generated, root, namespace)
    return enclosed(text, signature(text.encode(), signer, **how))


def operators(count, domains_each=1):
    """Pairs for a list of that many operators."""
    return [(f"d{d}.op{n}.mssante.fr", f"CN=smtp.op{n}.mssante.fr,OU=1{n:08d},O=OPERATEUR {n},ST=Paris (75),C=FR")
            for n in range(count) for d in range(domains_each)]


def save(folder, xml, signer, authority, name="liste.xml"):
    """Files for a command or a settings page: {"list", "signer", "anchors"}: paths."""
    folder = pathlib.Path(folder)
    paths = {"list": folder / name, "signer": folder / "signer.pem", "anchors": folder / "anchors.pem"}
    paths["list"].write_bytes(xml)
    paths["signer"].write_text(signer.pem)
    paths["anchors"].write_text(authority.pem)
    return paths
