/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/revocation_lists.h - revocation data: a list brought by hand, and what trustd has from where.
 *
 * Why      an authority whose certificates name no address (the trial authority of pli init) has no other way to revoke anything here.
 * Errors   RC_SYNTAX, RC_DENIED: e->log says why the list is not taken. RC_TEMP: trustd is away.
 * Process  pli; later the HTTP daemon.   Source RFC 5280 5.
 */
#pragma once
#include "admin/admin.h"

/* fd: the list, DER; stays the caller's. mem: where out's spans live. */
enum rc revocation_list_take(struct admin *ad, int fd, struct trustd_crl_rep *out, struct buf *mem, struct err *e);
/* Spans live until it returns. Not RC_OK: the walk ends with that. */
typedef enum rc (*revocation_see)(const struct trustd_source *s, void *ctx, struct err *e);
enum rc revocation_sources_each(struct admin *ad, revocation_see see, void *ctx, struct err *e);
