/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/sweep.h - orphans: pieces that were written ahead for a delivery that a crash ended (INV-3).
 *
 * A delivery that fails deletes its pieces itself. Only a crash leaves orphans. An oid carries the time at which it was made, so after a start
 * only the oids since the last mark are looked at. While the daemon runs the mark is moved on, and stays a day behind the clock.
 * Process  pli-stored, the background thread; check.c.
 */
#pragma once
#include "store/ops/stored.h"

void orphans_sweep(struct stored *d, bool (*stopping)(struct stored *d));
void orphans_mark(struct stored *d);
/* Finds the next oid that has pieces but no objref, from *at on, and looks at no more than "most" oids. *at moves behind the last one looked at.
 * RC_OK: oid_out is an orphan. RC_NOTFOUND: the end of the table was reached. RC_MORE: no orphan so far, and the table goes on. */
enum rc orphan_next(struct stored *d, struct key *at, unsigned most, unsigned char oid_out[SEAL_OID], struct err *e);
