/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/bundle.h - a server's certificate as an authority hands it out: key, certificate, the chain above it; read and checked before
 * anything is replaced by it.
 *
 * Form     PEM (certificates in any order, a PKCS#8 or traditional key, perhaps encrypted) or PKCS#12 in DER.
 * Checks   the key is the certificate's; RSA of 2048 to 4096 bits, P-256 or P-384; SHA-256 or better; every certificate but the last is issued
 *          by another of the bundle; dates; serverAuth; the host's name in subjectAltName. Whether the last one leads to an authority that
 *          clients know can not be known here.
 * Owns     struct pki_bundle: its buffers, the key in secret memory; pki_bundle_free().
 * Process  pli cert import.   Source RFC 5280, RFC 6125, RFC 7292, RFC 7468.
 */
#pragma once
#include "base/buf.h"

enum { PKI_BUNDLE_MAX = 256 * 1024 };
struct pki_bundle {
    struct buf key_pkcs8, cert_der; /* the server's own */
    struct buf chain_pem;           /* its certificate first, then those above in order */
    bool ecdsa;
    int64_t not_after;              /* of the server's certificate, UTC seconds */
    unsigned certificates;
};
/* password NULL: none. RC_SYNTAX: neither form; RC_DENIED: not the password, or the key is not the certificate's; the log text says which. */
enum rc pki_bundle_read(struct span file, const char *password, struct pki_bundle *out, struct err *e);
enum rc pki_bundle_check(const struct pki_bundle *b, const char *host, struct err *e); /* RC_DENIED: what is wrong */
void pki_bundle_free(struct pki_bundle *b);
