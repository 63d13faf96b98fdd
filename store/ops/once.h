/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/once.h - which submissions were filed lately: one that comes again, because its reply was lost, is answered and not filed again
 * (docs/decisions/0019).
 *
 * Rows     in T_TOMBS, behind all times: (UINT64_MAX, key) -> UTC s u64, our message id. The key is smtpd's, a keyed hash; stored knows no more of it.
 * INV-13   A row is written in the transaction that files its message. So there is a row exactly when the message was filed.
 * Order    do_deliver() holds the key in busy.c from before it looks to behind its commit. So of two that come at once, one waits for the other.
 * Life     a row is looked at for as long as the asker says, ONCE_KEEP_S at most; then the sweep deletes it.
 * Errors   RC_NOTFOUND from once_look(): not filed within that time. Else what tx.h lists.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/ops/stored.h"

enum { ONCE_KEEP_S = 3600 };
enum rc once_look(struct tx *t, const unsigned char key[STORE_ONCE], uint32_t within_s, struct buf *mid_out, struct err *e);
enum rc once_put(struct tx *t, const unsigned char key[STORE_ONCE], struct span mid, struct err *e);
void once_sweep(struct stored *d, bool (*stopping)(struct stored *d));
