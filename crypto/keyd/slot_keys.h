/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/slot_keys.h - seals a key into its slot, and opens it again (crypto/seal/slot.h has the list of slots and the formats).
 *
 * Wall     these functions are linked into pli-keyd only and are part of no library. So a session, stored or pli cannot call them, even when it was
 *          taken over. tests/arch looks into the programs to prove it.
 * Shapes   kek: the key-encryption key of the keyring. body: the body of one slot; the seal functions append it to body_out.
 * Owns     nothing. Derived keys are wiped before return; the caller wipes priv_out and pkcs8_out.
 * Errors   RC_CORRUPT: the slot was sealed for another key, mailbox or address, or its octets were changed. RC_DENIED: another password.
 *          RC_PERM: beyond a bound.
 * Process  keyd.   Source RFC 7914 (scrypt), RFC 5869 (HKDF).
 */
#pragma once
#include "crypto/seal/slot.h"
enum rc slot_keyd_seal(const unsigned char kek[SLOT_KEK], uint64_t mbx, const unsigned char pub[SEAL_PUB],
                       const unsigned char priv[SEAL_PRIV], struct buf *body_out, struct err *e);
enum rc slot_keyd_open(const unsigned char kek[SLOT_KEK], uint64_t mbx, const unsigned char pub[SEAL_PUB], struct span body,
                       unsigned char priv_out[SEAL_PRIV], struct err *e);
enum rc slot_password_seal(struct span password, uint64_t mbx, const unsigned char pub[SEAL_PUB], const unsigned char priv[SEAL_PRIV],
                           struct buf *body_out, struct err *e);
enum rc slot_password_open(struct span password, uint64_t mbx, const unsigned char pub[SEAL_PUB], struct span body,
                           unsigned char priv_out[SEAL_PRIV], struct err *e); /* RC_DENIED: not that password */
enum rc slot_signing_seal(const unsigned char kek[SLOT_KEK], struct span address, struct span pkcs8, struct span cert_der,
                          struct buf *body_out, struct err *e);
enum rc slot_signing_open(const unsigned char kek[SLOT_KEK], struct span address, struct span body, struct buf *pkcs8_out, struct err *e); /* pkcs8_out: a secret buf */
