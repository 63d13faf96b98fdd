/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/packing.h - the end of a folder is packed once it has grown by PACKING_STEP messages, where messages were freed it is packed too, what lies by
 * object id once PACKING_OBJECTS came (store/db/pack.h).
 *
 * Tables   T_MSGS, T_SUMMARIES, T_TEXTS: the rows of the last 2 * PACKING_STEP UIDs. So what was packed half a page short is filled with what came next.
 *          The same tables where messages were freed: their pages stand half empty for good, for new messages have higher UIDs. Freed rows that
 *          follow each other are one stretch, up to PACKING_STRETCH UIDs.
 *          T_OBJREFS, T_OBJECTS: of each of the 64 shards what came since the pass before the last. Ids of a shard lie in order of their time.
 * Hint     what is to be packed is kept in memory, PACKING_MOST folders at most. More of them, an aborted delivery, or a crash cost pages that stay
 *          half full, and nothing else.
 * Step     measured (docs/internals/store.md, Packing). Fewer messages a step would move the same rows more often; more would leave more pages half full
 *          in folders that grow slowly.
 * Owns     struct packing lives as long as the process. They take NULL: nothing is packed.
 * Process  pli-stored: packing_note() and packing_object() in any worker, packing_removed() and packing_sweep() in the background thread.
 */
#pragma once
#include "store/ops/stored.h"
enum { PACKING_STEP = 32, PACKING_OBJECTS = 2048, PACKING_MOST = 1024, PACKING_STRETCH = 1024, PACKING_MS = 50 /* of each round of the upkeep */ };
struct packing *packing_new(void);
void packing_note(struct packing *p, uint64_t mbx, uint32_t folder, uint32_t uid); /* a message got this UID */
void packing_removed(struct packing *p, uint64_t mbx, uint32_t folder, uint32_t from, uint32_t to); /* some of these UIDs were freed */
void packing_object(struct packing *p);                                           /* an object was filed */
void packing_sweep(struct stored *d, bool (*stopping)(struct stored *d));
