/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen_model_test.c - random changes of a mailbox by its holder and two delegates, against plain arrays: what each has seen, what is counted for
 * her, and what a client of hers knows that asks for changes alone. The option goes on and off, a delegation ends and comes back, the daemon is killed.
 * Process  tests. */
#include "store/ops/seen_test.h"

enum { FOLDERS = 2, MOST = 400, STEPS = 500 };
struct message {
    uint32_t uid;
    bool seen[PERSONS], flagged;
};
struct known { /* of a folder, by one client */
    uint64_t modseq;
    size_t n;
    uint32_t uid[MOST];
    bool seen[MOST], flagged[MOST];
};
static struct model {
    struct practice p;
    bool each;
    uint32_t folder[FOLDERS];
    struct message m[FOLDERS][MOST];
    size_t n[FOLDERS];
    struct known known[PERSONS][FOLDERS];
    unsigned seed;
    int step;
} M;

static unsigned dice(unsigned n)
{
    return (unsigned)rand_r(&M.seed) % n;
}

/* One who is there. */
static int person(void)
{
    int who = (int)dice(PERSONS);

    return M.p.named[who] ? who : 0;
}

static void see(struct message *m, int who, bool yes)
{
    for (int i = 0; i < PERSONS; i++)
        if (i == who || !M.each)
            m->seen[i] = yes;
}

/* ---- changes ---- */
static void come(void)
{
    int who = person(), f = (int)dice(FOLDERS);
    bool by_mail = dice(2), seen = !by_mail && dice(2);
    struct message *m = &M.m[f][M.n[f]];

    if (M.n[f] == MOST)
        return;
    *m = (struct message){
        .uid = live_deliver(by_mail ? M.p.in : M.p.who[who], M.p.mbx, M.folder[f], 100, seen ? MF_SEEN : 0)};
    see(m, who, seen);
    M.n[f]++;
}

/* A range of a folder that has messages. False: it has none. */
static bool range(int f, size_t *lo, size_t *hi)
{
    *lo = M.n[f] ? dice((unsigned)M.n[f]) : 0;
    *hi = *lo + dice(8);
    *hi = *hi < M.n[f] ? *hi : M.n[f] - 1;
    return M.n[f] > 0;
}

static void flag(void)
{
    int who = person(), f = (int)dice(FOLDERS);
    uint8_t how = (uint8_t)dice(3);
    uint64_t flags = (dice(4) ? MF_SEEN : 0) | (dice(3) ? 0 : MF_FLAGGED);
    size_t lo, hi;

    if (!range(f, &lo, &hi) || (flags == 0 && how != FLAGS_SET)) /* a delegate who asks for nothing is refused */
        return;
    practice_flags(&M.p, who, M.folder[f], M.m[f][lo].uid, M.m[f][hi].uid, how, flags);
    for (size_t i = lo; i <= hi; i++) {
        struct message *m = &M.m[f][i];

        if (how == FLAGS_SET || flags & MF_SEEN)
            see(m, who, how != FLAGS_REMOVE && flags & MF_SEEN);
        if (how == FLAGS_SET || flags & MF_FLAGGED)
            m->flagged = how != FLAGS_REMOVE && flags & MF_FLAGGED;
    }
}

static void leave(int f, size_t lo, size_t hi)
{
    memmove(&M.m[f][lo], &M.m[f][hi + 1], (M.n[f] - hi - 1) * sizeof(struct message));
    M.n[f] -= hi - lo + 1;
}

static void expunge(void)
{
    int who = person(), f = (int)dice(FOLDERS);
    struct store_expunge_req rq = {.folder = M.folder[f]};
    struct store_expunge_rep rep;
    struct err e;
    size_t lo, hi;

    if (!range(f, &lo, &hi))
        return;
    rq.uids = live_range(M.m[f][lo].uid, M.m[f][hi].uid);
    OK(store_call(M.p.who[who], STORE_EXPUNGE, &rq, -1, &rep, &e));
    leave(f, lo, hi);
}

static void copy(void)
{
    int who = person(), f = (int)dice(FOLDERS), to = (int)dice(FOLDERS);
    struct store_copy_req rq = {.folder = M.folder[f], .dest = M.folder[to], .move = (uint8_t)dice(2)};
    struct store_copy_rep rep;
    struct err e;
    size_t lo, hi;

    if (!range(f, &lo, &hi) || M.n[to] + 8 > MOST)
        return;
    rq.uids = live_range(M.m[f][lo].uid, M.m[f][hi].uid);
    OK(store_call(M.p.who[who], STORE_COPY, &rq, -1, &rep, &e));
    assert_int_equal(rep.pairs.n, 8 * (hi - lo + 1));
    for (size_t i = lo; i <= hi; i++) {
        M.m[to][M.n[to]] = M.m[f][i];
        M.m[to][M.n[to]++].uid = live_u32_at(rep.pairs, 2 * (i - lo) + 1);
    }
    if (rq.move)
        leave(f, lo, hi);
}

static void text_of(int who, int f, char *out)
{
    for (size_t i = 0; i < M.n[f]; i++)
        *out++ = "-SFB"[(M.m[f][i].seen[who] ? 1 : 0) + (M.m[f][i].flagged ? 2 : 0)];
    *out = '\0';
}

/* Until the upkeep has brought every folder back to one \Seen. */
static void wait_merged(void)
{
    for (int who = 1; who < PERSONS; who++)
        for (int f = 0; f < FOLDERS && M.p.named[who]; f++) {
            char text[MOST + 1];

            text_of(who, f, text);
            text[199] = '\0';
            practice_until(&M.p, who, M.folder[f], text);
        }
}

static void option(void)
{
    M.each = !M.each;
    practice_each(&M.p, M.each);
    if (M.each)
        return;
    for (int f = 0; f < FOLDERS; f++)
        for (size_t i = 0; i < M.n[f]; i++)
            see(&M.m[f][i], 0, M.m[f][i].seen[0]);
    if (dice(2)) {
        live_stop(&L, SIGKILL);
        live_start(&L);
    }
    wait_merged();
}

/* Paul is named, or named no more. A client of his begins anew with him. */
static void delegation(void)
{
    M.p.named[PAUL] = !M.p.named[PAUL];
    practice_slots(&M.p, worker);
    memset(M.known[PAUL], 0, sizeof M.known[PAUL]);
    for (int f = 0; f < FOLDERS; f++)
        for (size_t i = 0; i < M.n[f]; i++)
            M.m[f][i].seen[PAUL] = M.m[f][i].seen[0];
}

static void killed(void)
{
    live_stop(&L, SIGKILL);
    live_start(&L);
}

/* ---- what each is shown ---- */
static void drop(struct known *k, uint32_t lo, uint32_t hi)
{
    size_t kept = 0;

    for (size_t i = 0; i < k->n; i++)
        if (k->uid[i] < lo || k->uid[i] > hi) {
            k->uid[kept] = k->uid[i];
            k->seen[kept] = k->seen[i];
            k->flagged[kept++] = k->flagged[i];
        }
    k->n = kept;
}

static void learn(struct known *k, const struct brief *b)
{
    size_t i = 0;

    while (i < k->n && k->uid[i] != b->uid)
        i++;
    assert_true(i < MOST);
    k->n += i == k->n;
    k->uid[i] = b->uid;
    k->seen[i] = b->flags & MF_SEEN;
    k->flagged[i] = b->flags & MF_FLAGGED;
}

static void sync_known(int who, int f)
{
    struct known *k = &M.known[who][f];
    struct store_changes_req rq = {M.folder[f], k->modseq, 0};
    struct store_changes_rep rep;
    struct err e;

    do {
        OK(store_call(M.p.who[who], STORE_CHANGES, &rq, -1, &rep, &e));
        k->modseq = rep.modseq;
        for (size_t i = 0; i < rep.gone.n / 8; i++)
            drop(k, live_u32_at(rep.gone, 2 * i), live_u32_at(rep.gone, 2 * i + 1));
        for (size_t i = 0; i < rep.brief.n / STORE_BRIEF; i++) {
            struct brief b = live_brief_at(rep.brief, i);

            learn(k, &b);
        }
        rq.cursor = rep.next;
    } while (rq.cursor);
}

static void look(int who, int f)
{
    const struct known *k = &M.known[who][f];
    uint32_t unseen = 0;

    sync_known(who, f);
    assert_int_equal(k->n, M.n[f]);
    for (size_t i = 0; i < M.n[f]; i++) {
        const struct message *m = &M.m[f][i];

        if (k->uid[i] != m->uid || k->seen[i] != m->seen[who] || k->flagged[i] != m->flagged)
            fail_msg("step %d: person %d knows of %u in folder %d: uid %u seen %d; it is %d", M.step, who,
                     (unsigned)m->uid, f, (unsigned)k->uid[i], k->seen[i], m->seen[who]);
        unseen += !m->seen[who];
    }
    if (live_status(M.p.who[who], M.folder[f]).unseen != unseen)
        fail_msg("step %d: person %d, folder %d: %u unseen are %u", M.step, who, f,
                 (unsigned)live_status(M.p.who[who], M.folder[f]).unseen, (unsigned)unseen);
}

static void as_plain_arrays(void **state)
{
    static const struct {
        unsigned of_100;
        void (*fn)(void);
    } moves[] = {{25, come}, {40, flag}, {12, expunge}, {15, copy}, {4, option}, {3, delegation}, {1, killed}};

    (void)state;
    M.seed = getenv("SEED") ? (unsigned)strtoul(getenv("SEED"), NULL, 10) : 1;
    practice_new(&M.p);
    M.folder[0] = STORE_INBOX;
    M.folder[1] = live_folder(M.p.who[0], "other");
    for (M.step = 0; M.step < STEPS; M.step++) {
        unsigned at = dice(100), i = 0;

        while (at >= moves[i].of_100)
            at -= moves[i++].of_100;
        moves[i].fn();
        for (int who = 0; who < PERSONS; who++)
            for (int f = 0; f < FOLDERS && M.p.named[who]; f++)
                look(who, f);
    }
    assert_string_equal(practice_check(&M.p), "");
    practice_free(&M.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(as_plain_arrays, setup, teardown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
