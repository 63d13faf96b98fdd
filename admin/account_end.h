/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/account_end.h - what closing and purging an account share. For this room alone.
 * Process  pli.
 */
#pragma once
#include "admin/life.h"

/* how: of CLOSE and SUSPEND; its reason is sent as it is. */
enum rc account_step(struct admin *ad, const struct account *a, enum dird_step step, const struct account_closing *how, struct err *e);
/* All that others may do in its mailbox, and all that it may do in theirs. Doing it again ends what was left. */
enum rc account_end_delegations(struct admin *ad, const struct account *a, struct err *e);
