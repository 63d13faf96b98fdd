/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/far_key.h - certificates whose private key is in pli-keyd, as the TLS library wants them: it gives the hash, somebody signs. Private to
 * crypto/tls.
 *
 * Signer   the server side asks keyd itself (tls.c). A destination session of relayd has no way to keyd: it asks its scheduler (tls_client.h).
 * Owns     A struct far_keys lives as long as the credentials that its chains were added to. .signer is set for the handshake at hand only.
 * Errors   .why says why nothing was signed, when the signer said so.
 * Process  smtpd, imapd, relayd sessions; tests.   Source RFC 8446 4.2.3, RFC 5246 7.4.1.4.1, RFC 8017 9.2.
 */
#pragma once
#include "crypto/tls/tls_client.h"
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

enum { FAR_CHAIN = 8 };
struct far_keys;
struct far_key { /* the private half of one certificate: which key to ask for, and how it can sign */
    struct far_keys *of;
    enum keyd_tls_key which;
    gnutls_pk_algorithm_t pk;
    unsigned bits;
    unsigned char shown[KEYD_SHOWN];  /* which key that is: keyd may have another by now */
    gnutls_pcert_st chain[FAR_CHAIN]; /* the credentials' own, as long as they live */
    unsigned n_chain;                 /* 0: there is none of this kind */
    gnutls_privkey_t privkey;
};
struct far_keys {
    struct far_key key[2];          /* ECDSA, RSA */
    const struct tls_signer *signer; /* of the handshake at hand; NULL: nothing is signed */
    struct err why;
};
/* The chains of the files, ECDSA first so that it is chosen where both would do. NULL: there is none. */
enum rc far_keys_add(struct far_keys *f, gnutls_certificate_credentials_t cred, const char *chain_ec_pem, const char *chain_pem, struct err *e);
/* The same with the chains' PEM texts; empty: there is none. */
enum rc far_keys_add_pem(struct far_keys *f, gnutls_certificate_credentials_t cred, struct span chain_ec, struct span chain_rsa, struct err *e);
/* For a client: the ECDSA chain where the server takes it, else RSA's, whatever authorities the server names. Many servers name none, and the library
 * itself then sends no certificate when it has more than one. The session's pointer must be the struct far_keys. */
void far_keys_offer(gnutls_certificate_credentials_t cred);
