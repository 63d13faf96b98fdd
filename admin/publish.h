/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/publish.h - the outbox to the national directory (decision 0051), as an administrator sees it and acts on it.
 *
 * Errors   RC_TEMP: pubd is away, or starts just now. RC_NOTFOUND: nothing is published of that address, nor is to be. RC_PERM: not in this state.
 * Process  pli; later the HTTP daemon.
 */
#pragma once
#include "admin/admin.h"

enum rc publish_status(struct admin *ad, struct pubd_status_rep *out, struct buf *mem, struct err *e);
/* Spans live until it returns. Not RC_OK: the walk ends with that. */
typedef enum rc (*publish_see)(const struct pub_row *row, void *ctx, struct err *e);
enum rc publish_each(struct admin *ad, enum pub_which which, publish_see see, void *ctx, struct err *e);
enum rc publish_diff(struct admin *ad, publish_see see, void *ctx, struct err *e); /* what our directory has that is not published, or no more; nothing is sent */
struct publish_shown {
    struct pub_row row;
    bool published, wanted;        /* the two that follow are filled */
    struct pub_facts is, to;
    struct span resource, query, body; /* of the event; empty: there is none */
};
enum rc publish_show(struct admin *ad, struct span address, struct publish_shown *out, struct buf *mem, struct err *e);
enum rc publish_retry(struct admin *ad, struct span address /* empty: all */, uint32_t *n_out, struct err *e);
enum rc publish_confirm(struct admin *ad, uint32_t *n_out, struct err *e);
enum rc publish_begin(struct admin *ad, enum pub_begin how, struct err *e); /* waits, at most 30 s, until pubd has read our directory */
/* Everything is compared and what may be sent is sent; waits until that is done, at most wait_ms. RC_TIMEOUT: it goes on. */
enum rc publish_run(struct admin *ad, int64_t wait_ms, struct pubd_status_rep *out, struct buf *mem, struct err *e);
