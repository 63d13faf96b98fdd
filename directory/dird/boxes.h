/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/boxes.h - what the national directory may be told of our mailboxes, for pli-pubd (decision 0051): read from slapd, and a push when any of
 * them changed.
 * Process  dird. box_read() and box_page() run on worker threads; one thread of its own pushes.
 */
#pragma once
#include "base/ipc.h"
#include "directory/dird/cache.h"

struct dird;
struct boxes;
struct boxes *boxes_new(struct cache *c);
void boxes_start(struct boxes *b);
void boxes_free(struct boxes **b);
void boxes_joined(struct boxes *b, struct ipc_peer *p); /* of any role: pubd's is told */
void boxes_left(struct boxes *b, struct ipc_peer *p);

/* RC_NOTFOUND: no mailbox has that address as its own. mem: where the spans live. */
enum rc box_read(struct dird *d, struct span address, struct buf *mem, struct dird_box *out, struct err *e);
enum rc box_page(struct dird *d, struct span after, struct buf *list, bool *more_out, struct err *e);
