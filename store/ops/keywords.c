/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/keywords.c - a mailbox's keywords: at most 56 sealed names, each under an index that never changes. */
#include "store/ops/folder.h"
#include "store/ops/queue.h"

enum rc keywords_known(struct tx *t, uint64_t mbx, uint64_t flags, struct err *e)
{
    for (uint8_t i = 0; i < STORE_KEYWORDS_MAX; i++) {
        struct key k = key_part(mbx, i);
        enum rc rc = flags >> (MF_KEYWORDS + i) & 1 ? tx_has(t, T_KEYWORDS, &k, e) : RC_OK;

        if (rc == RC_NOTFOUND)
            rc = err_set(e, RC_SYNTAX, "store: keyword %u has no name", i);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

enum rc do_keywords(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_cursor_req *rq = a->req;
    struct store_list_rep *rep = a->rep;
    struct key from = key_part(a->s->mbx, rq->from < STORE_KEYWORDS_MAX ? (uint8_t)rq->from : STORE_KEYWORDS_MAX);
    struct store_keyword out = {0};
    struct keyword w;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_KEYWORDS, &from, 8, SCAN_FEW, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && (rc = rec_read(v, keyword_f, &w, e)) == RC_OK) {
        out.index = k.p[8];
        if (a->out->n + w.name.n + 64 > OUT_MAX) {
            rep->next = out.index;
            break;
        }
        memcpy(out.tag, w.tag, SEAL_NAME_TAG);
        out.name = w.name;
        ipc_list_add(a->out, store_keyword_f, &out);
    }
    scan_close(&s);
    rep->list = buf_span(a->out);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The index that has this tag. When none has it: the first index behind the last one in use. */
static enum rc find(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint8_t *index_out,
                    bool *have_out, struct err *e)
{
    struct key from = key_mbx(mbx);
    struct keyword w;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_KEYWORDS, &from, from.n, SCAN_FEW, e);

    *index_out = 0;
    *have_out = false;
    while (!*have_out && rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK &&
           (rc = rec_read(v, keyword_f, &w, e)) == RC_OK) {
        *have_out = memcmp(w.tag, tag, SEAL_NAME_TAG) == 0;
        *index_out = *have_out ? k.p[8] : (uint8_t)(k.p[8] + 1);
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc do_keyword_add(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_keyword_add_req *rq = a->req;
    struct store_keyword_add_rep *rep = a->rep;
    struct keyword w = {.name = rq->name};
    struct buf b = BUF_INIT;
    struct box box;
    struct key k;
    bool have = false;
    enum rc rc = box_get(t, a->s->mbx, true, &box, e); /* keywords of a mailbox are added by one at a time */

    if (rc == RC_OK)
        rc = find(t, a->s->mbx, rq->tag, &rep->index, &have, e);

    if (rc != RC_OK || have)
        return rc;
    if (rep->index >= STORE_KEYWORDS_MAX)
        return err_set(e, RC_PERM, "store: mailbox %llu has all its keywords", (unsigned long long)a->s->mbx);
    memcpy(w.tag, rq->tag, SEAL_NAME_TAG);
    rec_write(&b, keyword_f, &w);
    k = key_part(a->s->mbx, rep->index);
    rc = tx_put(t, T_KEYWORDS, &k, buf_span(&b), TX_NEW, e);
    buf_free(&b);
    tx_touch(t, a->s->mbx, 0, 0);
    return rc;
}
