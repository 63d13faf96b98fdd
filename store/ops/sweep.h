/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/sweep.h - orphans: pieces written ahead for a delivery that a crash ended (INV-3).
 *
 * A delivery that fails takes its pieces away itself; only a crash leaves any, and their oids carry the time. So after
 * a start the oids since the last mark are looked at; the mark is moved on, a day behind the clock, while the daemon
 * runs.
 * Process  pli-stored, the background thread; check.c.
 */
#pragma once
#include "store/ops/stored.h"

void orphans_sweep(struct stored *d, bool (*stopping)(struct stored *d));
void orphans_mark(struct stored *d);
/* The next oid that has pieces but no objref, from *at on (at is moved behind what was looked at); at most "most" oids
 * are looked at. RC_OK: found; RC_NOTFOUND: end of the table; RC_MORE: not the end. */
enum rc orphan_next(struct stored *d, struct key *at, unsigned most, unsigned char oid_out[SEAL_OID], struct err *e);
