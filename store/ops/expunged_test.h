/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/expunged_test.h - what expunged_test.c and expunged_mend_test.c share: reading and changing the rows of T_EXPUNGED while the daemon
 * is down, and a session's view of a folder.
 * Process  tests.
 */
#pragma once
#include "store/ops/expunged.h"
#include "store/check/damage_test.h"

enum { LETTER = 500, ROUNDS_MAX = 12 };
static struct live L;

static inline int setup(void **state)
{
    (void)state;
    live_new(&L);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    live_end(&L);
    return 0;
}

/* ---- behind the daemon's back ---- */
struct look { /* shared with the child that has the store open: the library is set up anew in each process that opens it */
    uint64_t mbx;
    uint32_t folder;
    uint64_t keep;                        /* prune to so many modseqs */
    uint64_t rows, first, last, mark;     /* answered */
    uint64_t put_modseq, put_rows;        /* rows to be put: first modseq, how many */
    bool ok;
};

static inline enum rc count(struct tx *t, void *arg, struct err *e)
{
    struct look *l = arg;
    struct key from = key_seq(l->mbx, l->folder, 1);
    struct span k, v;
    struct scan s = {0};
    enum rc rc = expunged_mark(t, l->mbx, l->folder, &l->mark, e);

    l->rows = l->first = l->last = 0;
    if (rc == RC_OK)
        rc = scan_open(&s, t, T_EXPUNGED, &from, 12, SCAN_MANY, e);
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        l->last = be64(k.p + 12);
        l->first = l->rows++ ? l->first : l->last;
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static inline enum rc put_rows(struct tx *t, void *arg, struct err *e)
{
    struct look *l = arg;
    struct counters c;
    enum rc rc = counters_get(t, l->mbx, l->folder, true, &c, e);

    for (uint64_t i = 0; rc == RC_OK && i < l->put_rows; i++) /* UID 1 each: a robot's, whose UIDs do not matter here */
        rc = expunged_add(t, l->mbx, l->folder, l->put_modseq + i, SPAN_LIT("\1\0\0\0"), e);
    if (rc == RC_OK && c.modseq < l->put_modseq + l->put_rows - 1)
        c.modseq = l->put_modseq + l->put_rows - 1;
    c.uidnext += c.uidnext == 1;
    return rc == RC_OK ? counters_put(t, l->mbx, l->folder, &c, e) : rc;
}

static inline enum rc prune(struct stored *d, const struct look *l, struct err *e)
{
    struct prune p = {l->mbx, l->folder, l->keep, false};
    enum rc rc;

    do
        rc = tx_run(&d->env, TX_LAZY, expunged_prune, &p, e);
    while (rc == RC_OK && p.more);
    return rc;
}

static inline void in_child(struct look *l)
{
    static struct stored d;
    char dir[100];
    struct env_conf c = {.home = dir, .cache = 8 << 20};
    struct err e;
    enum rc rc = RC_OK;

    snprintf(dir, sizeof dir, "%s/store", L.dir);
    env_open(&d.env, &c);
    d.watches = watches_new();
    d.busy = busy_new();
    for (uint64_t left = l->put_rows; rc == RC_OK && left > 0; left -= l->put_rows, l->put_modseq += l->put_rows) {
        l->put_rows = left < 500 ? left : 500;
        rc = tx_run(&d.env, TX_LAZY, put_rows, l, &e);
    }
    if (rc == RC_OK && l->keep)
        rc = prune(&d, l, &e);
    if (rc == RC_OK)
        rc = tx_run(&d.env, TX_READ, count, l, &e);
    env_flush(&d.env);
    env_close(&d.env);
    l->ok = rc == RC_OK;
    _exit(0);
}

/* The daemon is down. */
static inline struct look look_down(struct look q)
{
    struct look *l = mmap(NULL, sizeof *l, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int st = 0;
    pid_t pid;

    assert_true(l != MAP_FAILED);
    *l = q;
    pid = fork();
    if (pid == 0)
        in_child(l);
    waitpid(pid, &st, 0);
    assert_int_equal(st, 0);
    assert_true(l->ok);
    q = *l;
    munmap(l, sizeof *l);
    return q;
}

/* Stops the daemon, looks, and starts the daemon again. */
static inline struct look look(uint64_t mbx, uint32_t folder, uint64_t keep)
{
    struct look q;

    live_stop(&L, SIGTERM);
    q = look_down((struct look){.mbx = mbx, .folder = folder, .keep = keep});
    damage_start(&L);
    return q;
}

/* Each start of the daemon begins one round of the sweep after a fifth of a second. Each round is given longer than the one before. */
static inline struct look look_until(uint64_t mbx, uint32_t folder, uint64_t most)
{
    struct look q = look(mbx, folder, 0);

    for (int i = 0; q.rows > most && i < ROUNDS_MAX; i++) {
        poll(NULL, 0, 300 << (i / 2));
        q = look(mbx, folder, 0);
    }
    assert_true(q.rows <= most);
    return q;
}

/* ---- what a session sees ---- */
enum { UIDS = 30000 };
struct seen { /* a session: the UIDs it knows, as of a modseq */
    uint64_t modseq;
    bool has[UIDS];
};

static inline void list(struct store *s, uint32_t folder, struct seen *out)
{
    struct store_list_req rq = {folder, 1, UINT32_MAX};
    struct store_brief_rep rep;
    struct err e;

    memset(out->has, 0, sizeof out->has);
    out->modseq = live_status(s, folder).modseq;
    do {
        OK(store_call(s, STORE_LIST, &rq, -1, &rep, &e));
        for (size_t i = 0; i < rep.brief.n / STORE_BRIEF; i++)
            out->has[live_brief_at(rep.brief, i).uid] = true;
        rq.lo = rep.next;
    } while (rq.lo);
}

static inline size_t take_in(struct seen *v, const struct store_changes_rep *rep)
{
    for (size_t i = 0; i < rep->brief.n / STORE_BRIEF; i++)
        v->has[live_brief_at(rep->brief, i).uid] = true;
    for (size_t i = 0; i < rep->gone.n / 8; i++) {
        uint32_t lo = live_u32_at(rep->gone, 2 * i), hi = live_u32_at(rep->gone, 2 * i + 1);
        assert_true(lo >= 1 && lo <= hi && hi < UIDS);
        memset(v->has + lo, 0, hi - lo + 1);
    }
    return rep->gone.n / 8;
}

/* Follows the folder's changes as imapd/view.c does. Returns how many ranges of expunged UIDs the session was told. */
static inline size_t keep_up(struct store *s, uint32_t folder, struct seen *v)
{
    struct store_changes_req rq = {folder, v->modseq, 0};
    struct store_changes_rep rep;
    struct err e;
    size_t ranges = 0;

    v->modseq = 0;
    do {
        OK(store_call(s, STORE_CHANGES, &rq, -1, &rep, &e));
        ranges += take_in(v, &rep);
        v->modseq = v->modseq ? v->modseq : rep.modseq;
        rq.cursor = rep.next;
    } while (rep.next);
    return ranges;
}

static inline void assert_same(const struct seen *a, const struct seen *b)
{
    for (uint32_t u = 1; u < UIDS; u++)
        if (a->has[u] != b->has[u])
            fail_msg("UID %u: %d, not %d", (unsigned)u, a->has[u], b->has[u]);
}

static inline void fill(struct store *in, uint64_t mbx, uint32_t folder, uint32_t n)
{
    struct store_deliver_rep rep;
    struct letter l;
    struct err e;

    for (; n > 0; n -= n < LETTER ? n : LETTER) {
        letter_new(&l, 0, 0, 0);
        for (uint32_t i = 0; i < n && i < LETTER; i++)
            letter_to(&l, mbx, folder, 0);
        OK(letter_send(&l, in, NULL, &rep, &e));
        letter_free(&l);
    }
}

static inline void expunge(struct store *s, uint32_t folder, struct span uids)
{
    struct store_expunge_req rq = {folder, uids, 0, 0};
    struct store_expunge_rep rep;
    struct err e;

    do {
        OK(store_call(s, STORE_EXPUNGE, &rq, -1, &rep, &e));
        rq.from = rep.next;
    } while (rq.from);
}
