/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/folder.c - see folder.h. */
#include "store/ops/folder.h"
#include "store/ops/objects.h"

enum { NEAR = 64 /* a scan walks over this many UIDs rather than search again */ };

/* ---- fixed records ---- */
static enum rc get_fixed(struct tx *t, enum table tb, const struct key *k, unsigned how, const struct ipc_field *f,
                         void *out, struct err *e)
{
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, tb, k, how, &b, e);

    if (rc == RC_OK)
        rc = rec_read(buf_span(&b), f, out, e);
    buf_free(&b);
    return rc;
}

static enum rc put_fixed(struct tx *t, enum table tb, const struct key *k, const struct ipc_field *f, const void *rec,
                         unsigned how, struct err *e)
{
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, f, rec);
    rc = tx_put(t, tb, k, buf_span(&b), how, e);
    buf_free(&b);
    return rc;
}

enum rc counters_get(struct tx *t, uint64_t mbx, uint32_t folder, bool write, struct counters *c_out, struct err *e)
{
    struct key k = key_folder(mbx, folder);

    return get_fixed(t, T_COUNTERS, &k, write ? TX_FOR_WRITE : 0, counters_f, c_out, e);
}

enum rc counters_peek(struct tx *t, uint64_t mbx, uint32_t folder, struct counters *c_out, struct err *e)
{
    struct key k = key_folder(mbx, folder);

    return get_fixed(t, T_COUNTERS, &k, TX_COMMITTED, counters_f, c_out, e);
}

enum rc counters_put(struct tx *t, uint64_t mbx, uint32_t folder, const struct counters *c, struct err *e)
{
    struct key k = key_folder(mbx, folder);

    return put_fixed(t, T_COUNTERS, &k, counters_f, c, 0, e);
}

enum rc box_get(struct tx *t, uint64_t mbx, bool write, struct box *b_out, struct err *e)
{
    struct key k = key_part(mbx, 0);

    return get_fixed(t, T_BOXES, &k, write ? TX_FOR_WRITE : 0, box_f, b_out, e);
}

enum rc box_put(struct tx *t, uint64_t mbx, const struct box *b, struct err *e)
{
    struct key k = key_part(mbx, 0);

    return put_fixed(t, T_BOXES, &k, box_f, b, 0, e);
}

enum rc msg_get(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, struct msg *m_out, struct err *e)
{
    struct key k = key_msg(mbx, folder, uid);

    return get_fixed(t, T_MSGS, &k, 0, msg_f, m_out, e);
}

enum rc msg_put(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, const struct msg *m, bool fresh,
                struct err *e)
{
    struct key k = key_msg(mbx, folder, uid);

    return put_fixed(t, T_MSGS, &k, msg_f, m, fresh ? TX_NEW : 0, e);
}

enum rc box_sums(struct tx *t, uint64_t mbx, struct sums *s_out, struct err *e)
{
    struct key k = key_mbx(mbx);
    struct sums sum = {0};
    struct counters c;
    struct span key, val;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_COUNTERS, &k, k.n, SCAN_BRIEF, e);

    while (rc == RC_OK && (rc = scan_next(&s, &key, &val, e)) == RC_OK &&
           (rc = rec_read(val, counters_f, &c, e)) == RC_OK) {
        sum.bytes += c.bytes;
        sum.messages += c.exists;
        sum.folders++;
    }
    scan_close(&s);
    if (rc != RC_NOTFOUND)
        return rc;
    *s_out = sum;
    return RC_OK;
}

uint64_t box_most(const struct stored *d, const struct box *b)
{
    return b->most ? b->most : d->max_messages;
}

enum rc box_takes(const struct stored *d, struct tx *t, uint64_t mbx, const struct box *b, struct sums more,
                  struct err *e)
{
    struct sums s;
    enum rc rc = box_sums(t, mbx, &s, e);

    if (rc != RC_OK)
        return rc;
    if (box_most(d, b) && s.messages + more.messages > box_most(d, b))
        return err_cause(e, RC_QUOTA, CAUSE_TOO_MANY_MESSAGES, "store: mailbox %llu has %llu messages, the most it may",
                         (unsigned long long)mbx, (unsigned long long)s.messages);
    if (b->quota > 0 && sums_used(&s) + b->annotated + sums_used(&more) > b->quota)
        return err_set(e, RC_QUOTA, "store: mailbox %llu is full", (unsigned long long)mbx);
    return RC_OK;
}

/* ---- messages ---- */
void counters_add(struct counters *c, const struct msg *m, int by)
{
    c->exists += (uint32_t)by;
    c->unseen += m->flags & MF_SEEN ? 0 : (uint32_t)by;
    c->bytes += by > 0 ? m->size : 0 - m->size;
}

bool flags_lawful(uint64_t flags)
{
    const uint64_t system = MF_SEEN | MF_ANSWERED | MF_FLAGGED | MF_DELETED | MF_DRAFT;

    return (flags & 0xff & ~system) == 0;
}

static enum rc lacks(uint32_t folder, uint32_t uid, struct err *e)
{
    return err_set(e, RC_CORRUPT, "store: a message lacks a record: folder=%u uid=%u", (unsigned)folder, (unsigned)uid);
}

enum rc msg_remove(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, struct err *e)
{
    struct key k = key_msg(mbx, folder, uid);
    enum rc rc = tx_del(t, T_MSGS, &k, e);

    return rc == RC_NOTFOUND ? lacks(folder, uid, e) : rc;
}

enum rc msg_drop(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, const struct msg *m, struct err *e)
{
    struct key k = key_msg(mbx, folder, uid);
    enum rc rc = msg_remove(t, mbx, folder, uid, e);

    if (rc == RC_OK && m->where & MSG_SUMMARY)
        rc = tx_del(t, T_SUMMARIES, &k, e);
    if (rc == RC_OK && m->where & MSG_TEXT)
        rc = tx_del(t, T_TEXTS, &k, e);
    if (rc == RC_NOTFOUND)
        rc = lacks(folder, uid, e);
    return rc == RC_OK ? objref_add(t, m->oid, -1, e) : rc;
}

void brief_add(struct buf *out, uint32_t uid, const struct msg *m)
{
    buf_u32(out, uid);
    buf_u64(out, m->flags);
    buf_u64(out, m->modseq);
}

/* ---- UID sets ---- */
enum rc uidset_check(struct span set, struct err *e)
{
    struct rd r = rd_of(set);
    uint32_t before = 0;

    if (set.n % 8 != 0)
        return err_set(e, RC_SYNTAX, "store: UID set of %zu bytes", set.n);
    while (r.s.n > 0) {
        uint32_t lo = rd_u32(&r), hi = rd_u32(&r);

        if (lo <= before || hi < lo)
            return err_set(e, RC_SYNTAX, "store: UID set is not sorted");
        before = hi;
    }
    return RC_OK;
}

uint32_t uidset_count(struct span set, uint32_t most)
{
    struct rd r = rd_of(set);
    uint64_t n = 0;

    while (r.s.n >= 8 && n < most) {
        uint32_t lo = rd_u32(&r), hi = rd_u32(&r);

        n += (uint64_t)hi - lo + 1;
    }
    return n < most ? (uint32_t)n : most;
}

/* The next pair that reaches from. False: none. */
static bool next_pair(struct msg_it *it)
{
    struct rd r = rd_of(it->set);

    while (r.s.n >= 8) {
        it->lo = rd_u32(&r);
        it->hi = rd_u32(&r);
        it->set = r.s;
        if (it->hi >= it->from) {
            it->lo = it->lo < it->from ? it->from : it->lo;
            return true;
        }
    }
    it->set = SPAN_NULL;
    return false;
}

static enum rc open_at(struct msg_it *it, struct tx *t, enum scan_want w, struct err *e)
{
    struct key k = key_msg(it->mbx, it->folder, it->lo);

    it->last = it->lo - 1;
    return scan_open(&it->s, t, T_MSGS, &k, 12, w, e);
}

enum rc msg_it_open(struct msg_it *it, struct tx *t, uint64_t mbx, uint32_t folder, struct span set, uint32_t from,
                    struct err *e)
{
    enum rc rc = uidset_check(set, e);

    memset(it, 0, sizeof *it);
    if (rc != RC_OK)
        return rc;
    it->mbx = mbx;
    it->folder = folder;
    it->set = set;
    it->from = from;
    it->any = next_pair(it);
    if (it->any && it->lo == it->hi && it->set.n == 0) {
        it->one = t;
        return RC_OK;
    }
    return it->any ? open_at(it, t, SCAN_FEW, e) : RC_OK;
}

enum rc msg_it_all(struct msg_it *it, struct tx *t, uint64_t mbx, uint32_t folder, uint32_t lo, uint32_t hi,
                   struct err *e)
{
    memset(it, 0, sizeof *it);
    it->mbx = mbx;
    it->folder = folder;
    it->lo = lo ? lo : 1;
    it->hi = hi;
    it->any = it->lo <= hi;
    return it->any ? open_at(it, t, SCAN_MANY, e) : RC_OK;
}

enum rc msg_it_brief(struct msg_it *it, struct tx *t, uint64_t mbx, uint32_t folder, uint32_t lo, uint32_t hi,
                     struct err *e)
{
    enum rc rc = msg_it_all(it, t, mbx, folder, lo, hi, e);

    it->brief = true;
    return rc;
}

/* Without a lock, as a scan reads: the folder's counters are locked. A scan would copy, and lock, pages of its neighbours. */
static enum rc look_up(struct msg_it *it, uint32_t *uid_out, struct msg *m_out, struct err *e)
{
    struct key k = key_msg(it->mbx, it->folder, it->lo);

    it->any = false;
    *uid_out = it->lo;
    return get_fixed(it->one, T_MSGS, &k, TX_COMMITTED, msg_f, m_out, e);
}

void msg_it_close(struct msg_it *it)
{
    scan_close(&it->s);
}

enum rc msg_it_next(struct msg_it *it, uint32_t *uid_out, struct msg *m_out, struct err *e)
{
    struct span k, v;
    uint32_t uid;
    enum rc rc;

    if (it->one && it->any)
        return look_up(it, uid_out, m_out, e);
    while (it->any) {
        rc = scan_next(&it->s, &k, &v, e);
        if (rc != RC_OK)
            return rc;
        uid = be32(k.p + 12);
        it->last = uid;
        while (it->any && uid > it->hi)
            it->any = next_pair(it);
        if (!it->any)
            break;
        if (uid >= it->lo) {
            *uid_out = uid;
            return it->brief ? rec_brief(v, &m_out->flags, &m_out->modseq, e) : rec_read(v, msg_f, m_out, e);
        }
        if (it->lo - uid > NEAR) {
            struct key to = key_msg(it->mbx, it->folder, it->lo);
            scan_seek(&it->s, &to);
        }
    }
    return err_set(e, RC_NOTFOUND, "store: no more messages");
}
