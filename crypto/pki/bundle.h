/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/bundle.h - a server's certificate as an authority hands it out: key, certificate, and the chain above it. It is read and
 * checked before it replaces anything.
 *
 * Form     PEM (certificates in any order; a PKCS#8 or traditional key, perhaps encrypted) or PKCS#12 in DER.
 * Checks   - the key is the certificate's
 *          - RSA of 2048 to 4096 bits, P-256 or P-384; SHA-256 or better
 *          - another certificate of the bundle has issued every certificate but the last
 *          - dates; serverAuth, and the host's name in subjectAltName; or clientAuth, for what is shown to servers alone
 *          Whether the last certificate leads to an authority that clients know cannot be known here.
 * Owns     struct pki_bundle owns its buffers. The key is in secret memory. pki_bundle_free().
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
/* password NULL: there is none. RC_SYNTAX: the file has neither form. RC_DENIED: the password is wrong, or the key is not the certificate's;
 * the log text says which. */
enum rc pki_bundle_read(struct span file, const char *password, struct pki_bundle *out, struct err *e);
enum pki_bundle_for { PKI_FOR_SERVER, PKI_FOR_CLIENT };
/* host NULL: any. RC_DENIED: e says what is wrong. */
enum rc pki_bundle_check(const struct pki_bundle *b, enum pki_bundle_for use, const char *host, struct err *e);
void pki_bundle_free(struct pki_bundle *b);
