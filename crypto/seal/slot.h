/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/slot.h - key slots: the wrapped forms in which a mailbox's private key, or an account's signing key, is kept.
 *
 * List     The slots of a mailbox are one byte string: records of u16 type, u16 id, u32 length, bytes. stored keeps it and cannot read keys.
 * Types    1 keyd       wrapped by the key-encryption key that only keyd has      nonce 12 | AES-256-GCM
 *          2 password   strict mailboxes: salt 16 | log2N u8 r u8 p u8 | nonce 12 | GCM, key = scrypt(password, salt)
 *          16 signing   a signing key (PKCS#8 DER) wrapped like 1, followed by its certificate: u32 len sealed | u32 len cert DER
 *          4 delegate   the delegate's mailbox u64 | grant u64 | the key sealed to her mailbox's public key, SEAL_DELEGATE bytes
 *          3 app password, 5 recovery come later. A program skips a type that it does not know.
 * Keys     types 1 and 16: HKDF(kek, "pli slot 1" | aad). Type 2: scrypt, N=2^15 r=8 p=1; the parameters that a slot may ask for are bounded.
 * Bound    aad = "PLIS" | version u8 | type u16 | mailbox u64, then by type:
 *            1   public key
 *            2   public key | salt and parameters
 *            16  address (u8 length, lower case) | SHA-256 of the certificate
 *          The id is the caller's label. It is not bound.
 * Delegate The key is sealed as an epoch record is: an ephemeral X25519 public key 32 | AES-256-GCM 48, key = HKDF(shared secret, "pli delegate 1" |
 *          ephemeral | delegate's public | mailbox | mailbox's public | delegate's mailbox | grant). What opens is looked at: it must be the other half of
 *          the mailbox's public key. The grant is the number of the delegation in the directory: a new one with each change of the rights, so that
 *          stored refuses a ticket that was made for another one.
 * Here     is the list's grammar, and the delegate's slot, which her session opens with her own mailbox's key. The other keys are put into slots and taken
 *          out in crypto/keyd/slot_keys.h, which only keyd is linked with.
 * Owns     nothing. A struct slot borrows from the list.
 * Errors   RC_NOTFOUND: there is no (further) slot. RC_CORRUPT: the list is damaged.
 * Process  stored (keeps the list and reads types); sessions and pli (carry it); keyd.
 */
#pragma once
#include "crypto/seal/seal.h"
enum slot_type { SLOT_KEYD = 1, SLOT_PASSWORD = 2, SLOT_APP = 3, SLOT_DELEGATE = 4, SLOT_RECOVERY = 5, SLOT_SIGNING = 16 };
enum { SLOTS_MAX = 32 * 1024, SLOT_KEK = 32, SEAL_DELEGATE = 80 };
struct slot {
    uint16_t type, id;
    struct span body;
};
enum rc slot_next(struct span *rest, struct slot *out, struct err *e); /* RC_NOTFOUND at the end */
void slot_add(struct buf *slots, const struct slot *s);
enum rc slot_find(struct span slots, enum slot_type type, struct slot *out, struct err *e);
/* Appends to out all slots but those of that type. id not 0: of that type, only the slots with that id are left out. */
enum rc slot_without(struct span slots, enum slot_type type, uint16_t id, struct buf *out, struct err *e);
/* A mailbox's key for one delegate. */
struct delegate_slot {
    uint64_t mbx;      /* whose key it is */
    unsigned char pub[SEAL_PUB];
    uint64_t delegate; /* her mailbox */
    unsigned char delegate_pub[SEAL_PUB];
    uint64_t grant;
};
enum rc slot_delegate_seal(const struct delegate_slot *d, const unsigned char priv[SEAL_PRIV], struct buf *body_out, struct err *e);
/* priv: of the delegate's mailbox. RC_CORRUPT: it is not hers, or not of that mailbox, or its octets were changed. */
enum rc slot_delegate_open(const struct delegate_slot *d, const unsigned char priv[SEAL_PRIV], struct span body, unsigned char priv_out[SEAL_PRIV], struct err *e);
/* Whose it is, without any key; the sealed part is not looked at. */
enum rc slot_delegate_whose(struct span body, uint64_t *delegate_out, uint64_t *grant_out, struct err *e);
/* The slot of one delegate. RC_NOTFOUND: she has none. */
enum rc slot_delegate_find(struct span slots, uint64_t delegate, struct slot *out, struct err *e);
/* Appends to out all slots but hers. */
enum rc slot_delegate_without(struct span slots, uint64_t delegate, struct buf *out, struct err *e);
/* Takes the body of a SLOT_SIGNING apart: the sealed key, and the certificate, which is not sealed. */
enum rc slot_signing_cert(struct span body, struct span *sealed_out, struct span *cert_der_out, struct err *e);
