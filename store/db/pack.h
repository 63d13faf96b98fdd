/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/pack.h - leaf pages of a table that stand half empty are filled up, within a range of keys.
 *
 * Why      The library splits a full page in the middle, unless it is the table's last one. A folder's rows come in at the folder's end, which is in
 *          the midst of the table: each split leaves a page half full behind it, to which nothing is added any more.
 * How      DB->compact() over the range: transactions of its own, a few pages each, whose locks it waits for briefly. A crash leaves the old page or
 *          the new. Pages that it empties are the table's to use again. They are written to the log once more, as much as the rows are long.
 * Not      where a bad page was met, and while the disk is low: room_compact() is at work then.
 * Process  pli-stored, the background thread.
 */
#pragma once
#include "store/db/env.h"
void pack_range(struct env *v, enum table tb, const struct key *from, const struct key *to);
