/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/slot.h - key slots: the ways a mailbox's private key, or an account's signing key, is kept wrapped.
 *
 * List     a mailbox's slots are one byte string kept by stored, opaque to it: records of u16 type, u16 id, u32 length, bytes.
 * Types    1 keyd       wrapped by the key-encryption key that only keyd has      nonce 12 | AES-256-GCM
 *          2 password   strict mailboxes: salt 16 | log2N u8 r u8 p u8 | nonce 12 | GCM, key = scrypt(password, salt)
 *          16 signing   a signing key (PKCS#8 DER) wrapped like 1, followed by its certificate: u32 len sealed | u32 len cert DER
 *          3 app password, 4 delegate, 5 recovery come later and are skipped by who does not know them.
 * Keys     types 1 and 16: HKDF(kek, "pli slot 1" | aad); type 2: scrypt, N=2^15 r=8 p=1 (what a slot may ask is bounded).
 * Bound    aad = "PLIS" | version u8 | type u16 | mailbox u64 | public key (1), and salt and parameters (2),
 *          or address (u8 length, lower case) | SHA-256 of the certificate (16). The id is the caller's label, not bound.
 * Keys in  and out of slots: crypto/keyd/slot_keys.h, which no other program is linked with. Here is the list's grammar alone.
 * Process  stored keeps and reads types; sessions and pli carry; keyd.
 */
#pragma once
#include "crypto/seal/seal.h"
enum slot_type { SLOT_KEYD = 1, SLOT_PASSWORD = 2, SLOT_APP = 3, SLOT_DELEGATE = 4, SLOT_RECOVERY = 5, SLOT_SIGNING = 16 };
enum { SLOTS_MAX = 32 * 1024, SLOT_KEK = 32 };
struct slot {
    uint16_t type, id;
    struct span body;
};
enum rc slot_next(struct span *rest, struct slot *out, struct err *e); /* RC_NOTFOUND at the end */
void slot_add(struct buf *slots, const struct slot *s);
enum rc slot_find(struct span slots, enum slot_type type, struct slot *out, struct err *e);
/* All but those of that type (and id, when not 0) copied to out. */
enum rc slot_without(struct span slots, enum slot_type type, uint16_t id, struct buf *out, struct err *e);
/* body of a SLOT_SIGNING: the certificate, readable by anyone */
enum rc slot_signing_cert(struct span body, struct span *sealed_out, struct span *cert_der_out, struct err *e);
