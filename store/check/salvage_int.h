/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_int.h - between salvage_mend.c (mailboxes, folders) and salvage_refs.c (messages, objects, queue).
 * Process  pli-stored, salvage only.
 */
#pragma once
#include "store/check/check.h"
#include "store/ops/folder.h"
#include "store/ops/objects.h"
#include "store/ops/queue.h"
#include "store/check/salvage.h"

enum rc salvage_refs(struct salvage *s, struct err *e);
enum rc salvage_write(struct salvage *s, enum table tb, const struct key *k, const struct ipc_field *f, const void *rec,
                      struct err *e);
enum rc salvage_has(struct salvage *s, enum table tb, const struct key *k, struct err *e); /* as tx_has() */
