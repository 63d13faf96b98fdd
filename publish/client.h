/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/client.h - asking pli-pubd over base/ipc_link.h: dials at first use; RC_TEMP when it stays away.
 * Spans    of a reply point into *mem, a buffer that the caller owns.
 * Process  pli. One process, one thread.
 */
#pragma once
#include "publish/wire.h"
struct pub;
struct pub *pub_new(enum ipc_role role); /* "pubd.sock" in the working folder */
void pub_free(struct pub **p);
/* mem may be NULL for an op whose reply has no spans. */
enum rc pub_call(struct pub *p, enum pubd_op op, const void *req, void *rep_out, struct buf *mem, struct err *e);
