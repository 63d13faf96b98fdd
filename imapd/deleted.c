/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/deleted.c - how many messages of a folder are marked \Deleted, and their octets: STATUS (DELETED DELETED-STORAGE). The store keeps no such
 * count, so the folder is walked: 20 octets a message, and the entries of those that are marked. RFC 9208 4.1.4, RFC 9051 6.3.11. */
#include "imapd/list.h"

/* UIDs that are marked, as packed ranges. */
static void mark(struct span brief, uint64_t *n, struct buf *ranges)
{
    struct rd r = rd_of(brief);

    while (r.s.n >= STORE_BRIEF) {
        uint32_t uid = rd_u32(&r);
        uint64_t flags = rd_u64(&r);

        (void)rd_u64(&r);
        if ((flags & MF_DELETED) == 0)
            continue;
        ++*n;
        buf_u32(ranges, uid);
        buf_u32(ranges, uid);
    }
}

static enum rc marked(struct imap_session *s, uint32_t folder, uint64_t *n, struct buf *ranges, struct err *e)
{
    struct store_list_req rq = {folder, 1, STORE_UID_MAX};
    struct store_brief_rep rep;
    struct buf mem = BUF_INIT; /* open: UIDs and flags */
    enum rc rc;

    do {
        if ((rc = store_call_in(s->store, STORE_LIST, &rq, -1, &rep, &mem, e)) == RC_OK)
            mark(rep.brief, n, ranges);
        rq.lo = rep.next;
    } while (rc == RC_OK && rep.next != 0);
    buf_free(&mem);
    return rc;
}

/* The octets of one batch of ranges. */
static enum rc octets(struct imap_session *s, uint32_t folder, struct span uids, uint64_t *sum, struct err *e)
{
    struct store_range_req rq = {folder, uids, 0, 0};
    struct store_list_rep rep;
    struct store_entry en;
    struct buf mem = BUF_INIT; /* open: entries */
    struct err end;
    enum rc rc;

    do {
        rc = store_call_in(s->store, STORE_ENTRIES, &rq, -1, &rep, &mem, e);
        while (rc == RC_OK && ipc_list_next(&rep.list, store_entry_f, &en, &end) == RC_OK)
            *sum += en.size;
        rq.from = rep.next;
    } while (rc == RC_OK && rq.from != 0);
    buf_free(&mem);
    return rc;
}

enum rc deleted_count(struct imap_session *s, uint32_t folder, uint64_t *n_out, uint64_t *octets_out, struct err *e)
{
    struct buf ranges = BUF_INIT; /* open: UIDs */
    struct span rest;
    enum rc rc;

    *n_out = 0;
    if (octets_out)
        *octets_out = 0;
    rc = marked(s, folder, n_out, &ranges, e);
    rest = buf_span(&ranges);
    while (rc == RC_OK && octets_out && rest.n > 0) {
        rc = octets(s, folder, span_head(rest, STORE_RANGES_BYTES), octets_out, e);
        rest = span_from(rest, rest.n < STORE_RANGES_BYTES ? rest.n : STORE_RANGES_BYTES);
    }
    buf_free(&ranges);
    return rc;
}
