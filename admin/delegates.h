/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/delegates.h - delegates: who opens another's mailbox with her own sign-in, and what she may do there. Decision 0034.
 *
 * Parts    a value in the mailbox's entry of the directory (her mailbox, the rights, the number of the delegation), and a key slot of that number, which
 *          keyd makes: the mailbox's key, sealed to her mailbox's public key.
 * Crash    added: the slot comes first, and is of no use without the entry. Taken: the slot goes first, which ends the delegation for open sessions and
 *          new ones; the entry goes then. Doing it again mends both. A change is an adding with other rights, under another number.
 * Process  pli; later the HTTP daemon.
 */
#pragma once
#include "admin/accounts.h"

/* rights: base/rights.h, not 0. RC_DENIED with CAUSE_STRICT_DELEGATE: the mailbox is strict. RC_PERM: the holder herself. RC_NOTFOUND: no such account. */
enum rc delegate_add(struct admin *ad, const struct account *box, const struct account *to, uint32_t rights, struct err *e);
/* box, to: addresses, as the directory's memory has them. slapd is needed for the entry alone: RC_TEMP when it is away, and the delegation has ended all the
 * same. RC_NOTFOUND: nothing is remembered of it. */
enum rc delegate_end(struct admin *ad, struct span box, struct span to, struct err *e);
/* RC_NOTFOUND: that one is no delegate, of whom there was nothing. to: as the delegation was given; the account may be gone meanwhile. */
enum rc delegate_remove(struct admin *ad, const struct account *box, struct span to, struct err *e);
typedef enum rc (*delegate_see)(const struct dird_delegation *d, void *ctx, struct err *e);
enum rc delegate_each(struct admin *ad, const struct account *box, delegate_see see, void *ctx, struct err *e);
