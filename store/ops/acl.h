/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/acl.h - what a delegate may do: her rights in each folder (T_ACL), and the gate that every operation of hers passes.
 *
 * INV-D1   An operation that has no row in the gate's table is refused to a delegate.
 * INV-D2   Rows of T_ACL belong to folders that are there, or of which the name is kept (freed.h; FF_GONE), and to delegates of whom the mailbox has a
 *          key slot.
 * Again    A folder that was deleted and comes back, made anew under its name or given back with its mail, gives a delegate no more than it gave: who
 *          was shut out stays shut out. So its rows stay as long as its name does.
 * Holder   of a session that is no delegate's, all of these let everything pass and read nothing.
 * Owns     nothing.
 * Errors   RC_DENIED: with CAUSE_NO_RIGHT, or CAUSE_DELEGATION_ENDED. Else what tx.h lists.
 * Process  pli-stored, inside a transaction.   Source RFC 4314, decision 0034.
 */
#pragma once
#include "base/rights.h"
#include "store/ops/stored.h"

enum rc acl_gate(struct tx *t, const struct ask *a, enum store_op op, struct err *e);
/* Does the mailbox still have the key slot of the session's delegation? Reads only after slots were changed. */
enum rc acl_stands(struct tx *t, const struct ask *a, struct err *e);
/* The same, read each time and locked: for who writes a row of hers that goes with the slot. */
enum rc acl_slot_stands(struct tx *t, const struct sess *s, struct err *e);
enum rc acl_rights(struct tx *t, const struct sess *s, uint32_t folder, uint32_t *rights_out, struct err *e);
enum rc acl_check(struct tx *t, const struct sess *s, uint32_t folder, uint32_t need, struct err *e);
/* The flags of a message that these rights let a session change. */
uint64_t acl_flags(const struct sess *s, uint32_t rights);
/* Does the delegate see that folder as subscribed? Each has a mark of her own. */
enum rc acl_subscribed(struct tx *t, const struct sess *s, uint32_t folder, bool *yes_out, struct err *e);
enum rc acl_subscribe(struct tx *t, const struct sess *s, uint32_t folder, bool yes, struct err *e);
/* A new folder has the rights of the one above it. */
enum rc acl_inherit(struct tx *t, uint64_t mbx, uint32_t parent, uint32_t folder, struct err *e);
/* A folder has another number: its rows go there, marks of subscription and all; they stay at the old one while its name is kept. */
enum rc acl_move(struct tx *t, uint64_t mbx, uint32_t from, uint32_t to, struct err *e);
/* The rights in a folder that is gone are the most that the one in its place gives. */
enum rc acl_narrow(struct tx *t, uint64_t mbx, uint32_t gone, uint32_t folder, struct err *e);
/* A folder's row went, or what was kept of its name: its rights go with the last of the two. */
enum rc acl_forget_gone(struct tx *t, uint64_t mbx, uint32_t folder, struct err *e);
/* The mailbox has new key slots: rows of those who have none any more go. Rows of those whose delegation is another one now give no more than it does,
 * until they are set again. */
enum rc acl_slots(struct tx *t, uint64_t mbx, struct span was, struct span slots, struct err *e);
/* Who acts: the delegate's mailbox, or the holder's own. */
static inline uint64_t sess_actor(const struct sess *s)
{
    return s->delegate ? s->delegate : s->mbx;
}
