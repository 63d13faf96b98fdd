/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/keyring.h - the file of long-term keys that pli-keyd starts from, sealed by a credential.
 *
 * File     "PLIK" | version u8=2 | nonce 12 | AES-256-GCM of the fields below, key = HKDF-SHA256(credential, "pli keyring 1"),
 *          aad = the first five bytes.
 * Fields   kek 32, queue public 32, queue private 32, then as u32 length + DER: CA key, CA certificate, TLS RSA key, TLS EC key; then
 *          KEYRING_FORMERS times: kind u8 (1 EC), moment u64, key (u32 length, 0: none, + DER).
 * Former   keys that were replaced, oldest first. Sessions that read a former certificate are signed for with its key for KEYRING_FORMER_S from the moment when
 *          the file of the certificate was replaced. Moment 0: it was not, as far as is known, so whoever starts may read it, and its key has no bound. A key whose
 *          time is over goes at the next change.
 * Owns     struct keyring lives in locked memory that is not dumped; keyring_free() wipes it.
 * Process  pli-keyd (opens, before its sandbox), pli init (makes), pli doctor (does it open, do its keys fit?). Nobody else links it.
 */
#pragma once
#include "crypto/seal/slot.h"

enum { KEYRING_DER_MAX = 2560, KEYRING_FILE_MAX = 24 * 1024, KEYRING_FORMER_S = 600, KEYRING_FORMERS = 4, CREDENTIAL_MIN = 32, CREDENTIAL_MAX = 4096 };
struct key_der {
    uint32_t n;
    unsigned char p[KEYRING_DER_MAX];
};
struct key_former {
    struct key_der key; /* .n 0: none */
    uint64_t replaced;  /* UTC seconds; 0: see Former */
    uint8_t ecdsa;
};
struct keyring {
    unsigned char kek[SLOT_KEK], queue_pub[SEAL_PUB], queue_priv[SEAL_PRIV];
    struct key_der ca_key, ca_cert, tls_rsa, tls_ec;
    struct key_former former[KEYRING_FORMERS];
};
struct keyring *keyring_new(void); /* zeroed */
void keyring_free(struct keyring **k);
enum rc keyring_seal(const struct keyring *k, struct span credential, struct buf *out, struct err *e);
/* RC_DENIED: not that credential, or changed bytes. */
enum rc keyring_open(struct span file, struct span credential, struct keyring **k_out, struct err *e);
/* For how many seconds from now (UTC) it is signed with: 0 to KEYRING_FORMER_S, whatever a clock that was set says; INT64_MAX: no bound. */
int64_t key_former_left(const struct key_former *f, int64_t now);
static inline struct span key_der_span(const struct key_der *d)
{
    return (struct span){d->p, d->n};
}
