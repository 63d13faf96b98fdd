/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_refs.c - puts right what belongs to a message: its object, summary, search text and epoch. It
 * counts references anew, and mends the queue and its index. See salvage.h. */
#include "base/clock.h"
#include "store/check/salvage_int.h"
#include "store/ops/due.h"
#include "store/ops/freed.h"

/* ---- objects ---- */
/* Of a row: a summary or text beside the message, or a small object. RC_NOTFOUND: there is none. */
static enum rc row_digest(struct salvage *s, enum table tb, const struct key *k, unsigned char out[DIGEST_LEN],
                          struct err *e)
{
    struct buf b = BUF_INIT;
    struct tx t;
    enum rc rc;

    tx_bare(&s->d.env, &t);
    rc = tx_get(&t, tb, k, 0, &b, e);
    if (rc == RC_OK)
        digest_of(buf_span(&b), out);
    buf_free(&b);
    return rc;
}

/* One kind that is kept once: its row, its record in a segment, or that record behind the ones before it. */
static enum rc kept_once(struct salvage *s, const unsigned char oid[SEAL_OID], uint8_t kind, struct objref *r,
                         struct err *e)
{
    struct key k = key_object(oid, kind);
    uint64_t len = objref_len(r, kind);
    unsigned char *digest = r->digest[kind - SEAL_MESSAGE];
    enum rc rc;

    if (obj_small(len))
        rc = row_digest(s, T_OBJECTS, &k, digest, e);
    else if (objref_run(r) == 0)
        rc = salvage_find(s, oid, kind, r, e);
    else
        rc = salvage_record_at(s, oid, kind, r->segment, objref_at(r, kind), len, digest) ? RC_OK : RC_NOTFOUND;
    if (rc == RC_OK || kind == SEAL_MESSAGE) /* a message without its octets stays listed, and the check names it */
        r->where |= (uint8_t)(1u << kind);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc one_kind(struct salvage *s, const struct key *k, const struct msg *m, uint8_t kind, struct objref *r,
                        struct err *e)
{
    bool summary = kind == SEAL_SUMMARY;
    enum rc rc;

    if (objref_len(r, kind) == 0 || (kind != SEAL_MESSAGE && !k))
        return RC_OK;
    if (kind == SEAL_MESSAGE || !(m->where & (summary ? MSG_SUMMARY : MSG_TEXT)))
        return kept_once(s, m->oid, kind, r, e);
    rc = row_digest(s, summary ? T_SUMMARIES : T_TEXTS, k, r->digest[kind - SEAL_MESSAGE], e);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The objref is lost. All that it said can be found out again, except who was answered what (INV-4 ends for this
 * object). */
static enum rc new_objref(struct salvage *s, const struct key *k, const struct msg *m, uint64_t qid, struct err *e)
{
    struct objref r = {.created = (uint64_t)clock_utc(),
                       .touched = (uint64_t)clock_utc(),
                       .size = m->size,
                       .lead = m->lead,
                       .qid = qid,
                       .len_summary = m->len_summary,
                       .len_text = m->len_text};
    struct key ref = key_oid(m->oid);
    enum rc rc = RC_OK;

    for (uint8_t kind = SEAL_MESSAGE; rc == RC_OK && kind <= SEAL_SEARCH; kind++)
        rc = one_kind(s, k, m, kind, &r, e);
    return rc == RC_OK ? salvage_write(s, T_OBJREFS, &ref, objref_f, &r, e) : rc;
}

/* Its first octets and its last are there. What lies between them "pli store check" tells. */
static enum rc lost_body(struct salvage *s, uint64_t mbx, const struct msg *m, struct err *e)
{
    struct buf mem = BUF_INIT;
    uint64_t len = seal_led_size(m->size, m->lead);
    struct tx t;
    enum rc rc;

    tx_bare(&s->d.env, &t);
    rc = obj_read(&t, m->oid, SEAL_MESSAGE, len, 0, 1, &mem, e);
    if (rc == RC_OK)
        rc = obj_read(&t, m->oid, SEAL_MESSAGE, len, len - 1, 1, &mem, e);
    buf_free(&mem);
    if (rc != RC_CORRUPT)
        return rc;
    salvage_lost(s, mbx)->n[LOST_BODIES]++;
    return RC_OK;
}

/* ---- messages ---- */
/* Notes in the message that the record beside it is lost, so that nobody asks for the record and the folder can be
 * listed. */
static enum rc lost_part(struct salvage *s, const struct key *k, struct msg *m, bool summary, bool *changed,
                         struct err *e)
{
    uint8_t bit = summary ? MSG_SUMMARY : MSG_TEXT;
    enum rc rc = m->where & bit ? salvage_has(s, summary ? T_SUMMARIES : T_TEXTS, k, e) : RC_OK;

    if (rc != RC_NOTFOUND)
        return rc;
    m->where &= (uint8_t)~bit;
    *(summary ? &m->len_summary : &m->len_text) = 0;
    *changed = true;
    salvage_lost(s, be64(k->b))->n[summary ? LOST_SUMMARIES : LOST_TEXTS]++;
    return RC_OK;
}

/* k: the key that the message has, or had, in its folder. */
static enum rc mend_one(struct salvage *s, const struct key *k, struct msg *m, struct counted *refs, bool *changed,
                        struct err *e)
{
    uint64_t mbx = be64(k->b);
    struct key ref = key_oid(m->oid), epoch = key_epoch(mbx, m->epoch);
    enum rc rc = counted_add(refs, m->oid, e);

    if (rc == RC_OK && (rc = salvage_has(s, T_OBJREFS, &ref, e)) == RC_NOTFOUND)
        rc = new_objref(s, k, m, 0, e);
    if (rc == RC_OK)
        rc = lost_body(s, mbx, m, e);
    if (rc == RC_OK)
        rc = lost_part(s, k, m, true, changed, e);
    if (rc == RC_OK)
        rc = lost_part(s, k, m, false, changed, e);
    if (rc == RC_OK)
        rc = salvage_has(s, T_EPOCHS, &epoch, e);
    if (rc != RC_NOTFOUND)
        return rc;
    salvage_lost(s, mbx)->n[LOST_EPOCHS]++;
    return RC_OK;
}

static enum rc mend_message(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    bool changed = false;
    struct msg m;
    enum rc rc = rec_read(val, msg_f, &m, e);

    if (rc == RC_OK)
        rc = mend_one(s, k, &m, arg, &changed, e);
    return rc == RC_OK && changed ? salvage_write(s, T_MSGS, k, msg_f, &m, e) : rc;
}

static enum rc mend_removed(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    uint64_t n = be64(k->b + 8);
    struct buf b = BUF_INIT;
    struct freed_row r;
    bool changed = false;
    enum rc rc = RC_OK;

    if (n == 0 || n & FREED_NAME || (rc = freed_read(val, &r, e)) != RC_OK)
        return rc;
    for (size_t i = 0; rc == RC_OK && i < r.n; i++) {
        struct key m = key_msg(be64(k->b), r.folder, r.f[i].uid);
        rc = mend_one(s, &m, &r.f[i].m, arg, &changed, e);
    }
    if (rc != RC_OK || !changed)
        return rc;
    freed_write(&b, &r);
    rc = salvage_put(s, T_FREED, k, buf_span(&b), e);
    buf_free(&b);
    return rc;
}

/* ---- queue ---- */
static enum rc mend_queued(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct msg m = {0};
    struct key due, ref;
    struct queued q;
    enum rc rc = rec_read(val, queued_f, &q, e);

    if (rc != RC_OK || (rc = counted_add(arg, q.oid, e)) != RC_OK)
        return rc;
    m.size = q.size;
    m.lead = q.lead;
    memcpy(m.oid, q.oid, SEAL_OID);
    ref = key_oid(q.oid);
    rc = salvage_has(s, T_OBJREFS, &ref, e);
    if (rc == RC_NOTFOUND)
        rc = new_objref(s, NULL, &m, be64(k->b), e);
    if (rc == RC_OK)
        rc = lost_body(s, SEAL_QUEUE_BOX, &m, e);
    due = key_due(q.next_try, be64(k->b), be32(k->b + 8));
    if (rc == RC_OK && queue_state_due(q.state))
        rc = salvage_has(s, T_DUE, &due, e);
    return rc == RC_NOTFOUND ? salvage_put(s, T_DUE, &due, SPAN_LIT("d"), e) : rc;
}

static enum rc mend_due(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct key item = key_queue(be64(k->b + 8), be32(k->b + 16));
    struct buf b = BUF_INIT;
    struct queued q;
    struct tx t;
    bool wrong = true;
    enum rc rc;

    (void)val;
    (void)arg;
    tx_bare(&s->d.env, &t);
    rc = tx_get(&t, T_QUEUE, &item, 0, &b, e);
    if (rc == RC_OK && (rc = rec_read(buf_span(&b), queued_f, &q, e)) == RC_OK)
        wrong = !queue_state_due(q.state) || q.next_try != be64(k->b);
    buf_free(&b);
    if (rc != RC_OK && rc != RC_NOTFOUND)
        return rc;
    return wrong ? salvage_del(s, T_DUE, k, e) : RC_OK;
}

/* ---- references ---- */
static enum rc mend_objref(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    uint32_t met = counted_get(arg, k->b + 1);
    struct key tomb = key_tomb((uint64_t)clock_utc() + OBJ_KEEP_S, k->b + 1);
    struct objref r;
    enum rc rc = rec_read(val, objref_f, &r, e);

    if (rc != RC_OK || (met == r.refs && (met > 0 || !s->bad[T_TOMBS])))
        return rc;
    if (met == 0 && (rc = salvage_put(s, T_TOMBS, &tomb, SPAN_LIT("t"), e)) != RC_OK)
        return rc;
    r.refs = met;
    return salvage_write(s, T_OBJREFS, k, objref_f, &r, e);
}

enum rc salvage_refs(struct salvage *s, struct err *e)
{
    struct counted *refs = counted_new();
    struct key unkept = key_of(DUE_UNKEPT);
    enum rc rc = salvage_each(s, T_MSGS, mend_message, refs, e);

    if (rc == RC_OK)
        rc = salvage_each(s, T_FREED, mend_removed, refs, e);
    if (rc == RC_OK)
        rc = salvage_each(s, T_QUEUE, mend_queued, refs, e);
    if (rc == RC_OK)
        rc = salvage_each(s, T_DUE, mend_due, NULL, e);
    if (rc == RC_OK && (rc = salvage_has(s, T_META, &unkept, e)) == RC_OK)
        rc = salvage_del(s, T_META, &unkept, e); /* from here on the index is kept again */
    if (rc == RC_NOTFOUND)
        rc = RC_OK;
    if (rc == RC_OK)
        rc = salvage_each(s, T_OBJREFS, mend_objref, refs, e);
    counted_free(&refs);
    return rc;
}
