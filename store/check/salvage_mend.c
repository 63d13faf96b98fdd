/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_mend.c - puts folders, counts and tags right after tables were made anew, and moves messages
 * whose folder is lost to the INBOX. salvage_refs.c does the same for what belongs to single messages,
 * salvage_expunged.c for T_EXPUNGED. See salvage.h. */
#include "base/clock.h"
#include "store/check/salvage_int.h"
#include <stdlib.h>

enum { BATCH = 200 };

/* ---- one record ---- */
struct change {
    enum table tb;
    const struct key *k;
    struct span val;
    bool del;
};

static enum rc apply(struct tx *t, void *arg, struct err *e)
{
    const struct change *c = arg;
    enum rc rc = c->del ? tx_del(t, c->tb, c->k, e) : tx_put(t, c->tb, c->k, c->val, 0, e);

    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc salvage_put(struct salvage *s, enum table tb, const struct key *k, struct span val, struct err *e)
{
    struct change c = {tb, k, val, false};

    s->mended++;
    return tx_run(&s->d.env, TX_LAZY, apply, &c, e);
}

enum rc salvage_del(struct salvage *s, enum table tb, const struct key *k, struct err *e)
{
    struct change c = {tb, k, SPAN_NULL, true};

    s->mended++;
    return tx_run(&s->d.env, TX_LAZY, apply, &c, e);
}

enum rc salvage_write(struct salvage *s, enum table tb, const struct key *k, const struct ipc_field *f, const void *rec,
                      struct err *e)
{
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, f, rec);
    rc = salvage_put(s, tb, k, buf_span(&b), e);
    buf_free(&b);
    return rc;
}

enum rc salvage_has(struct salvage *s, enum table tb, const struct key *k, struct err *e)
{
    struct tx t;

    tx_bare(&s->d.env, &t);
    return tx_has(&t, tb, k, e);
}

/* ---- every record ---- */
struct batch {
    struct key k[BATCH];
    size_t at[BATCH + 1], n;
    struct buf vals;
};

static enum rc read_batch(struct salvage *s, enum table tb, const struct key *from, struct batch *b, struct err *e)
{
    struct span k, v;
    struct scan sc;
    struct tx t;
    enum rc rc;

    tx_bare(&s->d.env, &t);
    b->n = 0;
    buf_clear(&b->vals);
    rc = scan_open(&sc, &t, tb, from, 0, SCAN_FEW, e);
    while (rc == RC_OK && b->n < BATCH && (rc = scan_next(&sc, &k, &v, e)) == RC_OK) {
        memcpy(b->k[b->n].b, k.p, k.n);
        b->k[b->n].n = k.n;
        b->at[b->n++] = b->vals.n;
        buf_addspan(&b->vals, v);
    }
    scan_close(&sc);
    b->at[b->n] = b->vals.n;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc salvage_each(struct salvage *s, enum table tb, salvage_fn fn, void *arg, struct err *e)
{
    struct batch *b = calloc(1, sizeof *b);
    struct key from = {{0}, 0};
    enum rc rc;

    if (!b)
        die("out of memory");
    do {
        rc = read_batch(s, tb, &from, b, e);
        for (size_t i = 0; rc == RC_OK && i < b->n; i++)
            rc = fn(s, &b->k[i], span_of(b->vals.p + b->at[i], b->at[i + 1] - b->at[i]), arg, e);
        if (b->n > 0) {
            from = b->k[b->n - 1];
            from.b[from.n++] = 0; /* the least key behind it */
        }
    } while (rc == RC_OK && b->n == BATCH);
    buf_free(&b->vals);
    free(b);
    return rc;
}

/* ---- what is lost ---- */
struct lost *salvage_lost(struct salvage *s, uint64_t mbx)
{
    for (size_t i = s->n_lost; i-- > 0;)
        if (s->lost[i].mbx == mbx)
            return &s->lost[i];
    s->lost = realloc(s->lost, (s->n_lost + 1) * sizeof *s->lost);
    if (!s->lost)
        die("out of memory");
    s->lost[s->n_lost] = (struct lost){.mbx = mbx};
    return &s->lost[s->n_lost++];
}

/* ---- mailboxes ---- */
/* Was the mailbox being deleted, and is the record that says so lost now? The transaction that made that record also
 * deleted the mailbox's own record and its counters (do_box_delete). When the tables of boxes or counters lost
 * something, too, nobody can tell. */
static enum rc was_deleted(struct salvage *s, uint64_t mbx, struct err *e)
{
    struct key inbox = key_folder(mbx, STORE_INBOX);
    enum rc rc = RC_NOTFOUND;

    if (!s->bad[T_GONE] || s->bad[T_BOXES] || s->bad[T_COUNTERS])
        return err_set(e, RC_NOTFOUND, "store: mailbox %llu was not deleted", (unsigned long long)mbx);
    rc = salvage_has(s, T_COUNTERS, &inbox, e);
    return rc == RC_NOTFOUND ? RC_OK : rc == RC_OK ? RC_NOTFOUND : rc;
}

/* A mailbox number that something names. Without its own record its keys are lost, or it was being deleted. That the record is not there is no
 * proof of a deletion: an earlier salvage may have lost it, and what is deleted then no backup of boxes.db opens again. */
static enum rc see_box(struct salvage *s, uint64_t mbx, struct err *e)
{
    struct key part = key_part(mbx, 0), gone = key_folder(mbx, 0);
    enum rc rc;

    if (mbx == s->seen)
        return RC_OK;
    s->seen = mbx;
    s->most = mbx > s->most ? mbx : s->most;
    s->has_box = false;
    rc = salvage_has(s, T_BOXES, &part, e);
    if (rc == RC_OK)
        s->has_box = true;
    if (rc != RC_NOTFOUND)
        return rc;
    rc = salvage_has(s, T_GONE, &gone, e);
    if (rc == RC_NOTFOUND && (rc = was_deleted(s, mbx, e)) == RC_OK)
        return salvage_put(s, T_GONE, &gone, SPAN_LIT("g"), e);
    if (rc != RC_NOTFOUND)
        return rc;
    salvage_lost(s, mbx)->n[LOST_KEYS] = 1;
    return RC_OK;
}

/* Deletes the rows of T_EXPUNGED: their UIDs belong to the former uidvalidity, and the folder's modseqs begin anew. */
static enum rc forget_expunged(struct tx *t, void *arg, struct err *e)
{
    uint32_t most = UINT32_MAX;

    return scan_delete(t, T_EXPUNGED, arg, &most, e);
}

static enum rc new_counters(struct salvage *s, uint64_t mbx, uint32_t folder, struct err *e)
{
    struct counters c = {.uidnext = 1, .first_recent = 1, .modseq = 1};
    struct key part = key_part(mbx, 0), k = key_folder(mbx, folder);
    struct tx t;
    struct box b;
    enum rc rc;

    tx_bare(&s->d.env, &t);
    rc = box_get(&t, mbx, false, &b, e);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? RC_OK : rc;
    c.uidvalidity = b.last_uidvalidity + 1;
    if (c.uidvalidity < (uint32_t)clock_utc())
        c.uidvalidity = (uint32_t)clock_utc(); /* INV-7: UIDs that were given before are not meant any more */
    b.last_uidvalidity = c.uidvalidity;
    rc = salvage_write(s, T_BOXES, &part, box_f, &b, e);
    if (rc == RC_OK)
        rc = tx_run(&s->d.env, TX_LAZY, forget_expunged, &k, e);
    return rc == RC_OK ? salvage_write(s, T_COUNTERS, &k, counters_f, &c, e) : rc;
}

static enum rc mend_box(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    uint64_t mbx = be64(k->b);
    struct key inbox = key_folder(mbx, STORE_INBOX);
    struct folder f = {.special = SU_INBOX, .flags = FF_SUBSCRIBED};
    enum rc rc;

    (void)val;
    (void)arg;
    s->most = mbx > s->most ? mbx : s->most;
    if (k->b[8] != 0)
        return RC_OK;
    rc = salvage_has(s, T_FOLDERS, &inbox, e);
    if (rc == RC_NOTFOUND)
        rc = salvage_write(s, T_FOLDERS, &inbox, folder_f, &f, e);
    return rc;
}

/* ---- folders ---- */
static enum rc mend_folder(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    uint64_t mbx = be64(k->b);
    uint32_t folder = be32(k->b + 8);
    unsigned char be[4] = {k->b[8], k->b[9], k->b[10], k->b[11]};
    struct key tag;
    struct folder f;
    enum rc rc = rec_read(val, folder_f, &f, e);

    (void)arg;
    if (rc != RC_OK || (rc = see_box(s, mbx, e)) != RC_OK || !s->has_box)
        return rc;
    rc = f.flags & (FF_GONE | FF_NOSELECT) ? RC_OK : salvage_has(s, T_COUNTERS, k, e);
    if (rc == RC_NOTFOUND)
        rc = new_counters(s, mbx, folder, e);
    if (rc != RC_OK || folder == STORE_INBOX)
        return rc;
    tag = key_tag(mbx, f.tag);
    rc = salvage_has(s, T_TAGS, &tag, e);
    return rc == RC_NOTFOUND ? salvage_put(s, T_TAGS, &tag, span_of(be, 4), e) : rc;
}

static enum rc mend_tag(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct key folder = key_folder(be64(k->b), val.n == 4 ? be32(val.p) : 0);
    enum rc rc = salvage_has(s, T_FOLDERS, &folder, e);

    (void)arg;
    return rc == RC_NOTFOUND ? salvage_del(s, T_TAGS, k, e) : rc;
}

static enum rc sum_up(struct salvage *s, uint64_t mbx, uint32_t folder, struct counters *c, struct err *e)
{
    struct counters sum = {0};
    struct msg_it it;
    struct msg m;
    struct tx t;
    uint32_t uid;
    enum rc rc;

    tx_bare(&s->d.env, &t);
    rc = msg_it_all(&it, &t, mbx, folder, 1, UINT32_MAX, e);
    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        counters_add(&sum, &m, 1);
        c->uidnext = uid >= c->uidnext ? uid + 1 : c->uidnext;
        c->modseq = m.modseq > c->modseq ? m.modseq : c->modseq;
    }
    msg_it_close(&it);
    c->exists = sum.exists;
    c->unseen = sum.unseen;
    c->bytes = sum.bytes;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc mend_counters(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    uint64_t mbx = be64(k->b);
    uint32_t folder = be32(k->b + 8);
    struct counters was, c;
    enum rc rc = rec_read(val, counters_f, &was, e);

    (void)arg;
    if (rc != RC_OK || (rc = see_box(s, mbx, e)) != RC_OK || !s->has_box)
        return rc;
    rc = salvage_has(s, T_FOLDERS, k, e);
    if (rc == RC_NOTFOUND) { /* nobody knows its name: its messages go to the INBOX (mend_place) */
        salvage_lost(s, mbx)->n[LOST_FOLDERS]++;
        return salvage_del(s, T_COUNTERS, k, e);
    }
    c = was;
    if (rc == RC_OK)
        rc = sum_up(s, mbx, folder, &c, e);
    if (rc != RC_OK)
        return rc;
    if (was.exists > c.exists)
        salvage_lost(s, mbx)->n[LOST_MESSAGES] += was.exists - c.exists;
    if (s->bad[T_MSGS] || s->bad[T_EXPUNGED]) /* messages may have left without a row, or rows are lost */
        return salvage_forget(s, mbx, folder, &c, e);
    return memcmp(&c, &was, sizeof c) == 0 ? RC_OK : salvage_write(s, T_COUNTERS, k, counters_f, &c, e);
}

/* ---- messages without a folder ---- */
struct rescue {
    uint64_t mbx;
    uint32_t folder, uid;
    struct msg m;
};

static enum rc move_beside(struct tx *t, enum table tb, const struct key *from, const struct key *to, struct err *e)
{
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, tb, from, 0, &b, e);

    if (rc == RC_OK)
        rc = tx_put(t, tb, to, buf_span(&b), 0, e);
    if (rc == RC_OK)
        rc = tx_del(t, tb, from, e);
    buf_free(&b);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc to_inbox(struct tx *t, void *arg, struct err *e)
{
    const struct rescue *r = arg;
    struct key from = key_msg(r->mbx, r->folder, r->uid), to;
    struct msg m = r->m;
    struct counters c;
    enum rc rc = counters_get(t, r->mbx, STORE_INBOX, true, &c, e);

    if (rc != RC_OK)
        return rc;
    to = key_msg(r->mbx, STORE_INBOX, c.uidnext);
    m.modseq = ++c.modseq;
    counters_add(&c, &m, 1);
    rc = msg_put(t, r->mbx, STORE_INBOX, c.uidnext++, &m, true, e);
    if (rc == RC_OK)
        rc = move_beside(t, T_SUMMARIES, &from, &to, e);
    if (rc == RC_OK)
        rc = move_beside(t, T_TEXTS, &from, &to, e);
    if (rc == RC_OK)
        rc = tx_del(t, T_MSGS, &from, e);
    return rc == RC_OK ? counters_put(t, r->mbx, STORE_INBOX, &c, e) : rc;
}

static enum rc mend_place(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct rescue r = {.mbx = be64(k->b), .folder = be32(k->b + 8), .uid = be32(k->b + 12)};
    struct key folder = key_folder(r.mbx, r.folder);
    enum rc rc = rec_read(val, msg_f, &r.m, e);

    (void)arg;
    if (rc != RC_OK || (rc = see_box(s, r.mbx, e)) != RC_OK || !s->has_box)
        return rc;
    rc = salvage_has(s, T_COUNTERS, &folder, e);
    if (rc == RC_NOTFOUND)
        rc = salvage_has(s, T_GONE, &folder, e); /* it is being emptied */
    if (rc != RC_NOTFOUND)
        return rc;
    salvage_lost(s, r.mbx)->rescued++;
    s->mended++;
    return tx_run(&s->d.env, TX_LAZY, to_inbox, &r, e);
}

/* ---- numbers ---- */
static enum rc mend_numbers(struct salvage *s, struct err *e)
{
    unsigned char format[4] = {0, 0, 0, STORE_FORMAT};
    struct key name = key_of("format"), next = key_of("next_mbx"), val = key_mbx(s->most + 1);
    enum rc rc = salvage_has(s, T_FORMAT, &name, e);

    if (rc == RC_NOTFOUND)
        rc = salvage_put(s, T_FORMAT, &name, span_of(format, 4), e);
    if (rc == RC_OK)
        rc = salvage_has(s, T_META, &next, e);
    return rc == RC_NOTFOUND && s->most > 0 ? salvage_put(s, T_META, &next, key_span(&val), e)
           : rc == RC_NOTFOUND              ? RC_OK
                                            : rc;
}

enum rc salvage_mend(struct salvage *s, struct err *e)
{
    static const struct {
        enum table tb;
        salvage_fn fn;
    } passes[] = {{T_BOXES, mend_box},          {T_FOLDERS, mend_folder},     {T_TAGS, mend_tag},
                  {T_COUNTERS, mend_counters},  {T_MSGS, mend_place},         {T_EXPUNGED, salvage_expunged},
                  {T_FREED, salvage_freed},     {T_REMOVED, salvage_removed}, {T_METADATA, salvage_annotation},
                  {T_BOXES, salvage_annotated}, {T_ACL, salvage_acl},         {T_SEEN, salvage_seen}};
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < sizeof passes / sizeof passes[0]; i++) {
        s->seen = 0;
        rc = salvage_each(s, passes[i].tb, passes[i].fn, NULL, e);
    }
    if (rc == RC_OK)
        rc = salvage_heads(s, e);
    if (rc == RC_OK)
        rc = salvage_rows(s, e);
    if (rc == RC_OK)
        rc = salvage_beside(s, e);
    if (rc == RC_OK)
        rc = mend_numbers(s, e);
    return rc == RC_OK ? salvage_refs(s, e) : rc;
}
