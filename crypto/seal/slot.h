/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/slot.h - key slots: the wrapped forms in which a mailbox's private key, or an account's signing key, is kept.
 *
 * List     The slots of a mailbox are one byte string: records of u16 type, u16 id, u32 length, bytes. stored keeps it and cannot read keys.
 * Types    1 keyd       wrapped by the key-encryption key that only keyd has      nonce 12 | AES-256-GCM
 *          2 password   strict mailboxes: salt 16 | log2N u8 r u8 p u8 | nonce 12 | GCM, key = scrypt(password, salt)
 *          16 signing   a signing key (PKCS#8 DER) wrapped like 1, followed by its certificate: u32 len sealed | u32 len cert DER
 *          3 app password, 4 delegate, 5 recovery come later. A program skips a type that it does not know.
 * Keys     types 1 and 16: HKDF(kek, "pli slot 1" | aad). Type 2: scrypt, N=2^15 r=8 p=1; the parameters that a slot may ask for are bounded.
 * Bound    aad = "PLIS" | version u8 | type u16 | mailbox u64, then by type:
 *            1   public key
 *            2   public key | salt and parameters
 *            16  address (u8 length, lower case) | SHA-256 of the certificate
 *          The id is the caller's label. It is not bound.
 * Here     is the list's grammar alone. Keys are put into slots and taken out in crypto/keyd/slot_keys.h, which only keyd is linked with.
 * Owns     nothing. A struct slot borrows from the list.
 * Errors   RC_NOTFOUND: there is no (further) slot. RC_CORRUPT: the list is damaged.
 * Process  stored (keeps the list and reads types); sessions and pli (carry it); keyd.
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
/* Appends to out all slots but those of that type. id not 0: of that type, only the slots with that id are left out. */
enum rc slot_without(struct span slots, enum slot_type type, uint16_t id, struct buf *out, struct err *e);
/* Takes the body of a SLOT_SIGNING apart: the sealed key, and the certificate, which is not sealed. */
enum rc slot_signing_cert(struct span body, struct span *sealed_out, struct span *cert_der_out, struct err *e);
