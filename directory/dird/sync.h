/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/sync.h - the thread that keeps the cache like the directory.
 *
 * The thread has one connection with refreshAndPersist (RFC 4533). slapd sends every entry first, and then each change as it is committed. When the
 * connection breaks, the cache goes on answering, and a new connection begins with every entry again. Entries that vanished meanwhile are dropped
 * at the end of that listing. No cookie is kept, because dird's memory starts empty and a full listing is right whatever happened to slapd.
 * Process  dird, a thread of its own.   Source RFC 4533.
 */
#pragma once
#include "directory/dird/cache.h"
#include "directory/dird/link.h"

struct sync;
struct sync *sync_start(struct cache *c, struct links *l, const char *base); /* l: dird's own links */
void sync_stop(struct sync **s); /* at once, unless slapd is being asked to sign us in */
uint64_t sync_changes(const struct sync *s); /* entries and changes received so far */
