/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/domain_key.h - the TLS keys of domains that have a certificate of their own (docs/decisions/0055), a sealed file for each domain and kind;
 * and those of the outbox, which shows the national directory a certificate of its own (docs/decisions/0059).
 *
 * Files    crypto/keyd/client/domain_key_place.h says where they stand, and what a key is sealed for: its name.
 * Form     "PLID" | version u8=1 | nonce 12 | AES-256-GCM of the fields, key = HKDF-SHA256(credential, "pli domain key 1"), aad = the first five bytes and the file's
 *          name: a file under another's name does not open.
 * Fields   the key in use (u32 length + DER; 0: its certificate was removed), then DOMAIN_FORMERS times: moment u64, key: as the former keys of keyring.h.
 * Crash    key before certificate, the keyring's file written anew between the two, by which the supervisor sees that keyd must start again (pli/super/renew.c).
 * Process  pli (writes), pli-keyd (reads at its start). Under the lock of keyring_change.c.
 */
#pragma once
#include "crypto/keyd/client/domain_key_place.h"
#include "crypto/keyd/client/keyring.h"

enum { DOMAIN_FORMERS = 2, DOMAIN_KEY_FILE_MAX = 16 * 1024 };
struct domain_key {
    struct key_der key;
    struct key_former former[DOMAIN_FORMERS]; /* .ecdsa is not used */
};
struct domain_key *domain_key_new(void); /* zeroed, in locked memory */
void domain_key_free(struct domain_key **k);
enum rc domain_key_seal(const struct domain_key *k, const char *name, struct span credential, struct buf *out, struct err *e);
/* RC_DENIED: not that credential or name, or changed bytes. RC_CORRUPT: no such file. */
enum rc domain_key_open(struct span file, const char *name, struct span credential, struct domain_key **k_out, struct err *e);

/* The owner's certificate and key put into an instance that is there, in the place of those of the same kind. b was checked. */
struct pki_bundle;
enum rc domain_key_import(const char *dir, const char *owner, const struct pki_bundle *b, struct err *e);
/* Certificates first; their keys sign on for KEYRING_FORMER_S, for who is being shown them, and the first import or removal after that destroys them. Done again
 * it is done, whatever ended the one before half way. RC_NOTFOUND: it has none, nor a key that is left of one. */
enum rc domain_key_remove(const char *dir, const char *owner, struct err *e);
/* domain_key_renew.c. New certificates of the trial authority (three years, the same keys, names and usages) in the place of those that end before .before. What
 * another authority issued, and what is no certificate, is left alone. *renewed_out counts what was made, after a failure too. RC_NOTFOUND: that owner has none. */
struct domain_renewal {
    const char *dir;
    const char *owner; /* a domain, or OUTBOX_KEY; NULL: every domain that has one of its own */
    int64_t before;    /* UTC s */
};
enum rc domain_key_renew(const struct domain_renewal *r, unsigned *renewed_out, struct err *e);
