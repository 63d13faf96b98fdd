/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/white_list.h - the signed white list: another one taken, and the one in use looked into.
 *
 * Errors   RC_DENIED: the list is refused; e->cause is one of CAUSE_LIST_..., e->log says more. RC_TEMP: trustd is away,
 *          or the address could not be fetched.
 * Owns     a trust_index that comes out is the caller's: index_close().
 * Process  pli; later the HTTP daemon.   Source spec/mssante.md 1.3.
 */
#pragma once
#include "admin/admin.h"
#include "trust/index/index.h"

struct white_list_source { /* one of the two; neither: fetch trust.url now */
    int fd;                /* a file with the XML; -1: none */
    struct span url;
};
/* mem: where rep_out's spans live. index_out: the list looked at; NULL: trustd says that it is the one in use, or the caller does not want it. */
enum rc white_list_take(struct admin *ad, const struct white_list_source *from, uint32_t flags /* enum trust_update */, struct span signer_pem,
                        struct trustd_update_rep *rep_out, struct buf *mem, struct trust_index **index_out, struct err *e);
/* index_out NULL: there is none. */
enum rc white_list_in_use(struct admin *ad, struct trustd_index_rep *rep_out, struct trust_index **index_out, struct err *e);
