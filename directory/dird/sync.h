/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/sync.h - the thread that keeps the cache like the directory.
 *
 * One connection, refreshAndPersist (RFC 4533): first everything, then each change as it is committed. When it breaks, the cache goes on
 * answering and a new connection begins with everything again; what vanished meanwhile is dropped at its end. No cookie is kept: dird's
 * memory starts empty anyway, and a full listing is right whatever happened to slapd.
 * Process  dird.
 */
#pragma once
#include "directory/dird/cache.h"
#include "directory/dird/link.h"

struct sync;
struct sync *sync_start(struct cache *c, struct links *l, const char *base); /* l: dird's own links */
void sync_stop(struct sync **s); /* within a second */
uint64_t sync_changes(const struct sync *s); /* entries and changes received so far */
