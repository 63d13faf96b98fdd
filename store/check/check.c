/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check.c - "pli store check", which needs no key. It runs its phases in order. Each request runs one page
 * of work, which takes about a fifth of a second.
 *
 *   0 pages     the checksum of each page of each file (check_pages.c)
 *   1 folders   counters against their messages (INV-5), each message's records (INV-8) with their digests, references
 *               met (INV-2)
 *   2 queue     references met, and the due index (INV-9)
 *   3 freed     what expunged messages left to be freed: references met (INV-14; check_freed.c)
 *   4 objects   reference counts (INV-2), heads and digests of their records in the segments (INV-3), digests of their rows
 *   5 orphans   rows of objects without an objref
 *   6 expunged  rows of what was expunged against their mark and folder (INV-11; check_expunged.c)
 *   7 metadata  annotations against their mailbox's sum and their folders (INV-16; check_metadata.c)
 *   8 acl       rights of delegates against their folders and key slots (INV-D2; check_acl.c)
 *   9 seen      what delegates have seen against the messages that are there, and key slots (INV-17; check_seen.c)
 * Records on a page that cannot be read (guard.h) are passed over, and named as far as other records tell about
 * them. */
#include "store/check/check.h"
#include "base/clock.h"
#include "store/ops/due.h"
#include "store/ops/queue.h"
#include <stdio.h>
#include <stdlib.h>

enum { PAGE_NS = 200 * 1000 * 1000, FINDINGS_MAX = 30 * 1024, LINE_MAX = 200 };
static enum rc (*const phases[])(struct check *, struct err *) = {
    check_pages,  check_folder,   check_queue,    check_freed, check_removed, check_object,
    check_orphan, check_expunged, check_metadata, check_acl,   check_seen};
enum { PHASES = sizeof phases / sizeof phases[0] };

void check_bad(struct check *c, const char *fmt, ...)
{
    char line[LINE_MAX];
    va_list ap;

    c->bad++;
    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (c->out->n + LINE_MAX < FINDINGS_MAX)
        buf_addf(c->out, "%s\n", line);
}

void check_free(struct check **c)
{
    if (*c)
        counted_free(&(*c)->refs);
    free(*c);
    *c = NULL;
}

/* ---- folders ---- */
struct folder_check {
    struct check *c;
    uint64_t mbx;
    uint32_t folder;
    bool begun;
};

/* A transaction that met a deadlock is run again, and counts its references twice: then these are not compared
 * (blind), because a check must not call damaged what is sound. */
static void look(struct folder_check *f)
{
    f->c->blind |= f->begun;
    f->begun = true;
}

static enum rc check_record(struct check *c, struct tx *t, enum table tb, const struct key *k, const struct objref *r,
                            uint8_t kind, struct err *e)
{
    unsigned char digest[DIGEST_LEN];
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, tb, k, TX_COMMITTED, &b, e);

    if (rc == RC_OK)
        digest_of(buf_span(&b), digest);
    if (rc == RC_NOTFOUND)
        check_bad(c, "message mbx=%llu folder=%u uid=%u: its %s is missing", (unsigned long long)be64(k->b),
                  (unsigned)be32(k->b + 8), (unsigned)be32(k->b + 12),
                  kind == SEAL_SUMMARY ? "summary" : "search text");
    else if (rc == RC_OK && memcmp(digest, r->digest[kind - SEAL_MESSAGE], DIGEST_LEN) != 0)
        check_bad(c, "message mbx=%llu folder=%u uid=%u: its %s is damaged", (unsigned long long)be64(k->b),
                  (unsigned)be32(k->b + 8), (unsigned)be32(k->b + 12),
                  kind == SEAL_SUMMARY ? "summary" : "search text");
    buf_free(&b);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The folder's counters are locked for reading. So none of its messages can go while the check looks at the records
 * that belong to them. All is read in the one transaction, because the library sees a circle of waits only between
 * transactions; what is read below the counters keeps no lock. */
static enum rc check_message(const struct folder_check *f, struct tx *t, uint32_t uid, const struct msg *m,
                             struct err *e)
{
    struct key k = key_msg(f->mbx, f->folder, uid);
    struct buf mem = BUF_INIT;
    struct objref r;
    enum rc rc = counted_add(f->c->refs, m->oid, e);

    f->c->checked++;
    if (rc == RC_OK)
        rc = objref_get(t, m->oid, false, &mem, &r, e);
    if (rc == RC_NOTFOUND) {
        check_bad(f->c, "message mbx=%llu folder=%u uid=%u: its object is missing", (unsigned long long)f->mbx,
                  (unsigned)f->folder, (unsigned)uid);
        rc = RC_OK;
        goto out;
    }
    if (rc == RC_OK && m->where & MSG_SUMMARY)
        rc = check_record(f->c, t, T_SUMMARIES, &k, &r, SEAL_SUMMARY, e);
    if (rc == RC_OK && m->where & MSG_TEXT)
        rc = check_record(f->c, t, T_TEXTS, &k, &r, SEAL_SEARCH, e);
out:
    buf_free(&mem);
    return rc;
}

/* INV-12: a mailbox that has an INBOX has a record and key slots. Without them nobody can open what it holds. */
static enum rc check_box(struct check *c, struct tx *t, uint64_t mbx, struct err *e)
{
    static const char *const parts[] = {"record is", "key slots are"};
    enum rc rc = RC_OK;

    for (uint8_t i = 0; rc == RC_OK && i < 2; i++) {
        struct key k = key_part(mbx, i);

        rc = tx_has(t, T_BOXES, &k, e);
        if (rc != RC_NOTFOUND)
            continue;
        check_bad(c, "mailbox mbx=%llu: its %s missing: it cannot be opened without a backup", (unsigned long long)mbx,
                  parts[i]);
        rc = RC_OK;
    }
    return rc;
}

static enum rc check_one_folder(struct tx *t, void *arg, struct err *e)
{
    struct folder_check *f = arg;
    struct counters c, sum = {0};
    uint64_t modseq = 0;
    struct msg_it it = {0};
    struct msg m;
    uint32_t uid, last = 0;
    enum rc rc = counters_get(t, f->mbx, f->folder, false, &c, e);

    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? RC_OK : rc; /* deleted just now */
    look(f);
    if (f->folder == STORE_INBOX && (rc = check_box(f->c, t, f->mbx, e)) != RC_OK)
        return rc;
    rc = msg_it_all(&it, t, f->mbx, f->folder, 1, UINT32_MAX, e);
    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        rc = check_message(f, t, uid, &m, e);
        if (rc == RC_CORRUPT && !t->deadlock) {
            check_bad(f->c, "message mbx=%llu folder=%u uid=%u: %s", (unsigned long long)f->mbx, (unsigned)f->folder,
                      (unsigned)uid, e->log);
            rc = RC_OK;
        }
        counters_add(&sum, &m, 1);
        last = uid;
        modseq = m.modseq > modseq ? m.modseq : modseq;
    }
    msg_it_close(&it);
    if (rc != RC_NOTFOUND)
        return rc;
    if (sum.exists != c.exists || sum.unseen != c.unseen || sum.bytes != c.bytes)
        check_bad(f->c, "folder mbx=%llu folder=%u: counts %u messages, %u unseen, %llu bytes; holds %u, %u, %llu",
                  (unsigned long long)f->mbx, (unsigned)f->folder, (unsigned)c.exists, (unsigned)c.unseen,
                  (unsigned long long)c.bytes, (unsigned)sum.exists, (unsigned)sum.unseen,
                  (unsigned long long)sum.bytes);
    if (last >= c.uidnext || modseq > c.modseq)
        check_bad(f->c, "folder mbx=%llu folder=%u: a UID or modseq is beyond the folder's", (unsigned long long)f->mbx,
                  (unsigned)f->folder);
    return RC_OK;
}

/* The first key of a table at c->at or behind; at is moved behind it. */
enum rc check_next_key(struct check *c, enum table tb, struct key *out, struct err *e)
{
    struct span k, v;
    struct err why;
    struct scan s;
    struct tx t;
    enum rc rc;

    tx_bare(&c->d->env, &t);
    rc = scan_open(&s, &t, tb, &c->at, 0, SCAN_KEYS, e);
    if (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        memcpy(out->b, k.p, k.n);
        out->n = k.n;
        c->at = *out;
        c->at.b[c->at.n++] = 0; /* the least key behind it */
    }
    scan_close(&s);
    if (rc != RC_CORRUPT)
        return rc;
    why = *e;
    c->blind |= tb == T_COUNTERS || tb == T_QUEUE || tb == T_FREED;
    rc = check_skip(c, tb, e);
    if (rc == RC_OK)
        *e = why;
    return rc == RC_OK ? RC_CORRUPT : rc;
}

enum rc check_folder(struct check *c, struct err *e)
{
    struct folder_check f = {.c = c};
    struct key k;
    enum rc rc = check_next_key(c, T_COUNTERS, &k, e);

    if (rc != RC_OK)
        return rc;
    f.mbx = be64(k.b);
    f.folder = be32(k.b + 8);
    return tx_run(&c->d->env, TX_READ, check_one_folder, &f, e);
}

/* ---- queue ---- */
static enum rc check_item(struct tx *t, void *arg, struct err *e)
{
    struct folder_check *f = arg; /* mbx: qid, folder: rcpt */
    struct key k = key_queue(f->mbx, f->folder), due;
    struct buf b = BUF_INIT;
    struct queued q;
    enum rc rc = tx_get(t, T_QUEUE, &k, 0, &b, e);

    look(f);
    if (rc == RC_OK)
        rc = rec_read(buf_span(&b), queued_f, &q, e);
    if (rc == RC_OK) {
        due = key_due(q.next_try, f->mbx, f->folder);
        rc = due_kept(t) ? tx_has(t, T_DUE, &due, e) : RC_OK;
        if (due_kept(t) && (rc == RC_OK || rc == RC_NOTFOUND) && (rc == RC_OK) != queue_state_due(q.state))
            check_bad(f->c, "queue qid=%llu rcpt=%u: not rightly in the index of what is due",
                      (unsigned long long)f->mbx, (unsigned)f->folder);
        if (rc == RC_OK || rc == RC_NOTFOUND)
            rc = counted_add(f->c->refs, q.oid, e);
        f->c->checked++;
    }
    buf_free(&b);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc check_queue(struct check *c, struct err *e)
{
    struct folder_check f = {.c = c};
    struct key k;
    enum rc rc;

    if (c->at.n == 0 && atomic_load(&c->d->env.due_unkept))
        check_bad(
            c,
            "queue: the index of what is due was given up, for a page of it was bad: pli store salvage makes it anew");
    rc = check_next_key(c, T_QUEUE, &k, e);

    if (rc != RC_OK)
        return rc;
    f.mbx = be64(k.b);
    f.folder = be32(k.b + 8);
    return tx_run(&c->d->env, TX_READ, check_item, &f, e);
}

/* ---- pages ---- */
static enum rc page(struct check *c, struct err *e)
{
    enum rc rc = RC_OK;

    while (c->phase < PHASES && clock_mono() < c->until) {
        rc = phases[c->phase](c, e);
        if (rc == RC_NOTFOUND) {
            c->phase++;
            c->at = (struct key){{0}, 0};
        } else if (rc == RC_CORRUPT) {
            c->blind |=
                phases[c->phase] == check_folder || phases[c->phase] == check_queue || phases[c->phase] == check_freed;
            check_bad(c, "%s", e->log);
        } else if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc begin(const struct ask *a, uint64_t cursor, struct err *e)
{
    struct check *c = a->s->check;

    if (cursor != 0 && (!c || c->page != cursor))
        return err_set(e, RC_TEMP, "store: that check was interrupted: begin again");
    if (cursor != 0)
        return RC_OK;
    check_free(&a->s->check);
    c = calloc(1, sizeof *c);
    if (!c)
        return err_set(e, RC_TEMP, "store: out of memory");
    c->refs = counted_new();
    c->started = (uint64_t)clock_utc();
    c->d = a->d;
    a->s->check = c;
    return RC_OK;
}

enum rc do_check(struct tx *none, const struct ask *a, struct err *e)
{
    const struct store_check_req *rq = a->req;
    struct store_check_rep *rep = a->rep;
    struct check *c;
    enum rc rc = begin(a, rq->cursor, e);

    (void)none;
    if (rc != RC_OK)
        return rc;
    c = a->s->check;
    c->out = a->out;
    c->checked = c->bad = 0;
    c->until = clock_mono() + PAGE_NS;
    rc = page(c, e);
    if (rc != RC_OK)
        return rc;
    *rep = (struct store_check_rep){c->phase < PHASES ? ++c->page : 0, c->checked, c->bad, buf_span(a->out)};
    if (rep->cursor == 0)
        check_free(&a->s->check);
    return RC_OK;
}
