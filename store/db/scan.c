/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/scan.c - see scan.h. The cursor is DB_READ_COMMITTED: the library gives a page back when it goes on to the next.
 * Bulk buffers are kept by thread: a request opens two scans at most. */
#include "store/db/scan.h"
#include "store/db/os.h"
#include <stdlib.h>

enum { POOL = 3 };
static const uint32_t ahead[] = {[SCAN_FEW] = 32 * 1024, [SCAN_MANY] = 192 * 1024, [SCAN_BRIEF] = 1024};
static __thread struct {
    void *p;
    size_t n;
} pool[POOL];

static void *bulk_take(size_t n)
{
    for (int i = 0; i < POOL; i++)
        if (pool[i].p && pool[i].n == n) {
            void *p = pool[i].p;
            pool[i].p = NULL;
            return p;
        }
    return malloc(n);
}

static void bulk_give(void *p, size_t n)
{
    for (int i = 0; i < POOL; i++)
        if (!pool[i].p) {
            pool[i].p = p;
            pool[i].n = n;
            return;
        }
    free(p);
}

enum rc scan_open(struct scan *s, struct tx *t, enum table tb, const struct key *from, size_t prefix_n,
                  enum scan_want w, struct err *e)
{
    DB *db = env_table(t->v, tb);
    enum rc rc;

    memset(s, 0, sizeof *s);
    s->t = t;
    s->tb = tb;
    memcpy(s->prefix.b, from->b, prefix_n);
    s->prefix.n = prefix_n;
    s->keys_only = w == SCAN_KEYS;
    scan_seek(s, from);
    rc = db ? tx_rc(t, db->cursor(db, t->t, &s->c, t->t ? DB_READ_COMMITTED : 0), tb, e) : tx_no_table(tb, e);
    if (rc != RC_OK || s->keys_only)
        return rc;
    s->bulk.ulen = ahead[w];
    s->bulk.flags = DB_DBT_USERMEM;
    s->bulk.data = bulk_take(s->bulk.ulen);
    return s->bulk.data ? RC_OK : err_set(e, RC_TEMP, "store: out of memory");
}

void scan_close(struct scan *s)
{
    if (s->c)
        (void)s->c->close(s->c);
    s->c = NULL;
    if (s->bulk.data)
        bulk_give(s->bulk.data, s->bulk.ulen);
    s->bulk.data = NULL;
}

void scan_seek(struct scan *s, const struct key *to)
{
    memcpy(s->key, to->b, to->n);
    s->key_n = to->n;
    s->begun = false;
    s->at = NULL;
}

/* One record is larger than the buffer: make it larger. Values are bounded by the protocol. */
static bool grow(struct scan *s)
{
    size_t n = ((size_t)s->bulk.size / 1024 + 32) * 1024;
    void *p = n > s->bulk.ulen ? malloc(n) : NULL;

    if (!p)
        return false;
    bulk_give(s->bulk.data, s->bulk.ulen);
    s->bulk.data = p;
    s->bulk.ulen = (uint32_t)n;
    return true;
}

static int fetch(struct scan *s)
{
    DBT k = {0};
    int ret;

    for (;;) {
        k.data = s->key;
        k.size = (uint32_t)s->key_n;
        k.ulen = sizeof s->key;
        k.flags = DB_DBT_USERMEM;
        ret = s->c->get(s->c, &k, &s->bulk, (s->begun ? DB_NEXT : DB_SET_RANGE) | DB_MULTIPLE_KEY);
        if (ret != DB_BUFFER_SMALL || !grow(s))
            break;
    }
    if (ret == 0) {
        DB_MULTIPLE_INIT(s->at, &s->bulk);
        s->begun = true;
    }
    return ret;
}

static enum rc next_key(struct scan *s, struct span *k_out, struct err *e)
{
    DBT k = {0}, d = {0};
    int ret;

    k.data = s->key;
    k.size = (uint32_t)s->key_n;
    k.ulen = sizeof s->key;
    k.flags = DB_DBT_USERMEM;
    d.flags = DB_DBT_USERMEM | DB_DBT_PARTIAL; /* no byte of the value */
    ret = s->c->get(s->c, &k, &d, s->begun ? DB_NEXT : DB_SET_RANGE);
    ret = os_db_result(ret);
    if (ret != 0)
        return tx_rc(s->t, ret, s->tb, e);
    s->begun = true;
    s->key_n = k.size;
    *k_out = span_of(s->key, k.size);
    return RC_OK;
}

static enum rc next_pair(struct scan *s, struct span *k_out, struct span *v_out, struct err *e)
{
    void *k, *v;
    size_t kn, vn;
    int ret;

    for (;;) {
        if (!s->at && (ret = os_db_result(fetch(s))) != 0)
            return tx_rc(s->t, ret, s->tb, e);
        DB_MULTIPLE_KEY_NEXT(s->at, &s->bulk, k, kn, v, vn);
        if (s->at)
            break;
    }
    *k_out = span_of(k, kn);
    *v_out = span_of(v, vn);
    return RC_OK;
}

enum rc scan_next(struct scan *s, struct span *k_out, struct span *v_out, struct err *e)
{
    enum rc rc;

    *v_out = SPAN_NULL;
    rc = s->keys_only ? next_key(s, k_out, e) : next_pair(s, k_out, v_out, e);
    if (rc != RC_OK)
        return rc;
    if (k_out->n < s->prefix.n || memcmp(k_out->p, s->prefix.b, s->prefix.n) != 0)
        return err_set(e, RC_NOTFOUND, "store: end of range");
    return RC_OK;
}

enum rc scan_delete(struct tx *t, enum table tb, const struct key *prefix, uint32_t *left, struct err *e)
{
    struct scan s;
    struct span k, v;
    enum rc rc = scan_open(&s, t, tb, prefix, prefix->n, SCAN_KEYS, e);

    while (rc == RC_OK && *left > 0 && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        rc = tx_rc(t, s.c->del(s.c, 0), tb, e);
        --*left;
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- past a bad page ---- */
/* Whether a search for that number meets a page that cannot be read. */
static enum rc probe(struct tx *t, enum table tb, uint64_t v, struct err *e)
{
    struct key at = key_mbx(v);
    struct span k, val;
    struct scan s;
    enum rc rc = scan_open(&s, t, tb, &at, 0, SCAN_KEYS, e);

    if (rc == RC_OK)
        rc = scan_next(&s, &k, &val, e);
    scan_close(&s);
    return rc;
}

/* By strides that double and then by halving. */
enum rc scan_skip(struct tx *t, enum table tb, const struct key *from, struct key *to_out, struct err *e)
{
    struct key k = *from;
    uint64_t at, lo, step = 1;
    enum rc rc;

    while (k.n < 8)
        k.b[k.n++] = 0;
    at = be64(k.b);
    for (;; step *= 2) {
        if (at > UINT64_MAX - step)
            return err_set(e, RC_NOTFOUND, "store: nothing behind the damage");
        if ((rc = probe(t, tb, at + step, e)) != RC_CORRUPT)
            break;
        if (step > UINT64_MAX / 2)
            return err_set(e, RC_NOTFOUND, "store: nothing behind the damage");
    }
    lo = at + step / 2;
    at += step;
    while (at - lo > 1 && !t->deadlock) { /* lo cannot be read, at can */
        uint64_t mid = lo + (at - lo) / 2;
        enum rc there = probe(t, tb, mid, e);

        if (there == RC_CORRUPT) {
            lo = mid;
        } else {
            at = mid;
            rc = there;
        }
    }
    *to_out = key_mbx(at);
    return rc == RC_NOTFOUND || rc == RC_TEMP ? rc : RC_OK;
}
