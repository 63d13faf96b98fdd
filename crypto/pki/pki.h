/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/pki.h - makes key pairs and X.509 certificates of the trial CA, in DER and PEM.
 *
 * Profiles  PKI_CA        self-signed, CA:TRUE pathlen 0, keyCertSign, cRLSign
 *           PKI_SMIME     digitalSignature + nonRepudiation, emailProtection, subjectAltName rfc822Name (RFC 8550)
 *           PKI_OPERATOR  digitalSignature (+ keyEncipherment for RSA), serverAuth + clientAuth, dNSName; the DN has the form of
 *                         the national list: CN, OU, O, ST, C
 *           PKI_SERVER    the same usages, dNSName and iPAddress
 * Signs     always with SHA-256. Serial numbers are 126 random bits. A certificate is valid from one hour before it is made.
 * Owns      the caller: a struct pki_authority. A buffer that receives a private key should be secret.
 * Process   pli (init), pli-keyd (issue-trial). Tests.
 * Source    RFC 5280, RFC 5958 (PKCS#8), RFC 7468 (PEM), RFC 8550.
 */
#pragma once
#include "base/buf.h"

enum pki_alg { PKI_RSA_2048 = 1, PKI_P256 = 2, PKI_RSA_3072 = 3 };
enum rc pki_key_new(enum pki_alg alg, struct buf *pkcs8_out, struct err *e);

/* An authority's key and certificate, both DER, read once: to read an RSA key costs as much as to sign with it. Threads may share one. RC_CORRUPT. */
struct pki_authority;
enum rc pki_authority_new(struct span key_pkcs8, struct span cert, struct pki_authority **out, struct err *e);
void pki_authority_free(struct pki_authority **a);

enum pki_use { PKI_CA, PKI_SMIME, PKI_OPERATOR, PKI_SERVER, PKI_USES_ };
enum { PKI_RDNS = 6, PKI_NAMES = 8 };
struct pki_want {
    enum pki_use use;
    struct {
        const char *type;              /* "C", "ST", "O", "OU", "CN", in the order they are written into the certificate */
        struct span value;             /* UTF-8, cut to what X.520 allows */
    } subject[PKI_RDNS];               /* ends with type NULL */
    struct span mail;                  /* PKI_SMIME */
    struct span more_mail;             /* further addresses of the same mailbox, newline separated */
    struct span dns[PKI_NAMES];        /* ends with an empty one */
    struct span ip[PKI_NAMES];         /* 4 or 16 bytes, network order */
    uint32_t days;                     /* of validity; never beyond the CA's own end */
    struct span key_pkcs8;             /* the key whose public half is certified */
    const struct pki_authority *by;    /* who signs; NULL for PKI_CA */
};
enum rc pki_issue(const struct pki_want *w, struct buf *cert_der_out, struct err *e);
/* A certificate that says what another one of the same authority says, for the same key; serial number and dates are new. */
enum rc pki_issue_again(struct span cert_der, uint32_t days, const struct pki_authority *by, struct buf *cert_der_out, struct err *e);

/* "-----BEGIN label-----", base 64 in lines of 64, end line. */
void pki_pem(const char *label, struct span der, struct buf *out);
/* The first block of that label in a PEM text. RC_NOTFOUND: there is none. */
enum rc pki_unpem(const char *label, struct span pem, struct buf *der_out, struct err *e);
/* Does the certificate certify this key's public half? RC_DENIED: no. */
enum rc pki_match(struct span key_pkcs8, struct span cert_der, struct err *e);
/* Has that authority issued and signed the first certificate of a PEM text? False also when the text or ca_der cannot be read. */
bool pki_issued_by(struct span pem, struct span ca_der);
