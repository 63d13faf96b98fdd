/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/queue_walk.c - see queue_walk.h.
 *
 * A read in bulk fails as a whole when a page that it would go on to is bad. Then records are read one by one up to that page, and the walk goes on in bulk
 * behind it. */
#include "store/ops/queue_walk.h"
#include "store/ops/queue.h"

void queue_walk(struct queue_walk *w, struct tx *t, uint64_t qid, uint32_t rcpt, bool one)
{
    *w = (struct queue_walk){.t = t, .one = one, .next = key_queue(qid, rcpt), .mem = BUF_INIT};
}

static void shut(struct queue_walk *w)
{
    if (w->open)
        scan_close(&w->s);
    w->open = false;
}

void queue_walk_end(struct queue_walk *w)
{
    shut(w);
    buf_free(&w->mem);
}

static void seen(struct queue_walk *w, struct span k)
{
    memcpy(w->next.b, k.p, k.n);
    w->next.n = k.n;
    w->next.b[w->next.n++] = 0; /* the least key behind it */
}

static enum rc in_bulk(struct queue_walk *w, uint64_t *qid, uint32_t *rcpt, struct span *v, struct err *e)
{
    struct span k;
    enum rc rc = RC_OK;

    if (!w->open)
        rc = scan_open(&w->s, w->t, T_QUEUE, &w->next, w->one ? 8 : 0, w->one ? SCAN_FEW : SCAN_MANY, e);
    w->open = true;
    if (rc == RC_OK && (rc = scan_next(&w->s, &k, v, e)) == RC_OK) {
        *qid = be64(k.p);
        *rcpt = be32(k.p + 8);
        seen(w, k);
    }
    return rc;
}

static enum rc singly(struct queue_walk *w, uint64_t *qid, uint32_t *rcpt, struct span *v, struct err *e)
{
    struct key key;
    struct span k, none;
    struct scan s;
    enum rc rc = scan_open(&s, w->t, T_QUEUE, &w->next, 0, SCAN_KEYS, e);

    if (rc == RC_OK && (rc = scan_next(&s, &k, &none, e)) == RC_OK) {
        key = key_queue(*qid = be64(k.p), *rcpt = be32(k.p + 8));
        seen(w, k);
    }
    scan_close(&s);
    if (rc != RC_OK)
        return rc;
    rc = tx_get(w->t, T_QUEUE, &key, TX_COMMITTED, &w->mem, e);
    *v = rc == RC_NOTFOUND ? SPAN_NULL
                           : buf_span(&w->mem); /* it ended just now: a record that does not read, so the next one */
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* A record that lies on a bad page is passed over. */
static enum rc by_number(struct queue_walk *w, uint64_t *qid, uint32_t *rcpt, struct span *v, struct err *e)
{
    uint32_t n = be32(w->next.b + 8);
    enum rc rc = RC_NOTFOUND;

    *qid = be64(w->next.b);
    for (; n < STORE_PLACES_MAX && (rc == RC_NOTFOUND || rc == RC_CORRUPT) && !w->t->deadlock; n++) {
        struct key k = key_queue(*qid, n);

        w->next = key_queue(*qid, n + 1);
        *rcpt = n;
        rc = tx_get(w->t, T_QUEUE, &k, TX_COMMITTED, &w->mem, e);
    }
    *v = buf_span(&w->mem);
    return rc == RC_CORRUPT && !w->t->deadlock ? err_set(e, RC_NOTFOUND, "store: no more of that message") : rc;
}

/* The record at .next cannot be read. */
static enum rc past(struct queue_walk *w, struct err *e)
{
    struct key from = w->next;

    shut(w);
    if (!w->t->v->db[T_QUEUE])
        return tx_no_table(T_QUEUE, e); /* not even the first page: nobody can tell what is there */
    if (w->one) {
        w->how = QW_BY_NUMBER;
        return RC_OK;
    }
    if (w->how == QW_BULK) {
        w->how = QW_SINGLY;
        return RC_OK;
    }
    w->how = QW_BULK;
    return scan_skip(w->t, T_QUEUE, &from, &w->next, e);
}

enum rc queue_walk_next(struct queue_walk *w, uint64_t *qid_out, uint32_t *rcpt_out, struct queued *q_out,
                        struct err *e)
{
    static enum rc (*const ways[])(struct queue_walk *, uint64_t *, uint32_t *, struct span *, struct err *) = {
        [QW_BULK] = in_bulk, [QW_SINGLY] = singly, [QW_BY_NUMBER] = by_number};
    struct span v;
    enum rc rc;

    for (;;) {
        rc = ways[w->how](w, qid_out, rcpt_out, &v, e);
        if (rc == RC_CORRUPT && !w->t->deadlock)
            rc = past(w, e);
        else if (rc == RC_OK && rec_read(v, queued_f, q_out, e) == RC_OK)
            return RC_OK; /* else a record that does not read: pli store check names it */
        if (rc != RC_OK)
            return rc;
    }
}
