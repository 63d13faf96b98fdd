/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/stress_test.c - sessions that do everything at once in a few mailboxes, with a kill in the middle; then
 * the check finds
 * nothing, and no request failed but by what another session did to its folder. */
#include "store/stored/live_each_test.h"

enum { SESSIONS = 8, BOXES = 3, MS = 2500, LEAST = 21, PATIENCE_MS = 60000 };
static uint64_t boxes[BOXES];

struct session {
    pthread_t thread;
    unsigned no, done, odd;
    struct err first_odd;
    int64_t until,
        patience; /* it ends at the first, or once it has done its least, however slow the machine is; at the second in any case */
    uint32_t folder[4]; /* of its mailbox, shared with other sessions */
    uint32_t rnd;
    struct store *s;
    uint64_t mbx;
};

static uint32_t next(struct session *x, uint32_t below)
{
    x->rnd = x->rnd * 1664525 + 1013904223;
    return (x->rnd >> 8) % below;
}

static struct span some(struct session *x, unsigned char b[8])
{
    uint32_t lo = 1 + next(x, 60), hi = lo + next(x, 10);

    for (int i = 0; i < 4; i++) {
        b[i] = (unsigned char)(lo >> (8 * i));
        b[4 + i] = (unsigned char)(hi >> (8 * i));
    }
    return span_of(b, 8);
}

static enum rc act_deliver(struct session *x, uint32_t f, struct span set, struct err *e)
{
    struct store_deliver_rep rep;
    struct letter l;
    enum rc rc;

    (void)set;
    letter_new(&l, next(x, 20) ? 500 + next(x, 9000) : 1400000, 200, next(x, 2) ? 100 : 0);
    letter_to(&l, x->mbx, f, next(x, 2) ? MF_SEEN : 0);
    letter_to(&l, x->mbx, STORE_INBOX, 0);
    rc = letter_send(&l, x->s, NULL, &rep, e);
    letter_free(&l);
    return rc;
}

static enum rc act_flags(struct session *x, uint32_t f, struct span set, struct err *e)
{
    struct store_flags_rep rep;
    struct store_flags_req rq = {f, set, 0, (uint8_t)next(x, 3), next(x, 32), 0};

    return store_call(x->s, STORE_FLAGS, &rq, -1, &rep, e);
}

static enum rc act_expunge(struct session *x, uint32_t f, struct span set, struct err *e)
{
    struct store_expunge_rep rep;
    struct store_expunge_req rq = {f, set, 0, (uint8_t)next(x, 2)};

    return store_call(x->s, STORE_EXPUNGE, &rq, -1, &rep, e);
}

static enum rc act_copy(struct session *x, uint32_t f, struct span set, struct err *e)
{
    struct store_copy_rep rep;
    struct store_copy_req rq = {f, x->folder[next(x, 4)], set, (uint8_t)next(x, 2), 0, 0};

    return store_call(x->s, STORE_COPY, &rq, -1, &rep, e);
}

static enum rc act_changes(struct session *x, uint32_t f, struct span set, struct err *e)
{
    struct store_changes_rep rep;
    struct store_changes_req rq = {f, next(x, 200), 0};

    (void)set;
    return store_call(x->s, STORE_CHANGES, &rq, -1, &rep, e);
}

static enum rc act_summaries(struct session *x, uint32_t f, struct span set, struct err *e)
{
    struct store_list_rep rep;
    struct store_range_req rq = {f, set, 0, 0};

    return store_call(x->s, STORE_SUMMARIES + next(x, 2), &rq, -1, &rep, e);
}

static enum rc act_select(struct session *x, uint32_t f, struct span set, struct err *e)
{
    struct store_status_rep rep;
    struct store_select_req rq = {f, 0};

    (void)set;
    return store_call(x->s, STORE_SELECT, &rq, -1, &rep, e);
}

/* A new folder takes the place of an old one, which is deleted under whoever is in it. */
static enum rc act_folders(struct session *x, uint32_t f, struct span set, struct err *e)
{
    struct store_folder_create_req rq = {.name = SPAN_LIT("name")};
    struct store_folder_msg rep;
    enum rc rc;

    (void)set;
    random_bytes(rq.tag, sizeof rq.tag);
    rc = store_call(x->s, STORE_FOLDER_CREATE, &rq, -1, &rep, e);
    if (rc != RC_OK || next(x, 4))
        return rc;
    x->folder[1 + next(x, 3)] = rep.folder;
    return f == STORE_INBOX ? RC_OK : store_call(x->s, STORE_FOLDER_DELETE, &(struct store_folder_msg){f}, -1, NULL, e);
}

static enum rc (*const acts[])(struct session *, uint32_t, struct span, struct err *) = {
    act_deliver, act_deliver, act_deliver,   act_flags,  act_flags,  act_expunge,
    act_copy,    act_changes, act_summaries, act_select, act_folders};

static void *live_a_session(void *arg)
{
    struct session *x = arg;
    unsigned char set[8];
    struct err e;

    while (clock_mono() < x->until || (x->done < LEAST && clock_mono() < x->patience)) {
        unsigned what = next(x, sizeof acts / sizeof acts[0]);
        enum rc rc = acts[what](x, x->folder[next(x, 4)], some(x, set), &e);

        x->done++;
        if (rc == RC_OK || rc == RC_NOTFOUND ||
            (rc == RC_TEMP && strstr(e.log, "is away"))) /* the folder, or the daemon, went */
            continue;
        if (x->odd++ == 0)
            x->first_odd = e;
    }
    live_call_end();
    return NULL;
}

static void test_everything_at_once(void **state)
{
    struct session x[SESSIONS];
    struct store *admin = store_new(ROLE_ADMIN);
    struct store_check_req rq = {0};
    struct store_check_rep rep;
    struct store_stats_rep st;
    struct err e;

    (void)state;
    for (int i = 0; i < BOXES; i++)
        boxes[i] = live_box(0);
    memset(x, 0, sizeof x);
    for (unsigned i = 0; i < SESSIONS; i++) {
        x[i].no = i;
        x[i].rnd = i * 7919 + 1;
        x[i].mbx = boxes[i % BOXES];
        x[i].s = live_bound(&L, x[i].mbx);
        x[i].until = deadline_in(MS);
        x[i].patience = deadline_in(PATIENCE_MS);
        for (int k = 0; k < 4; k++)
            x[i].folder[k] = STORE_INBOX;
        assert_int_equal(pthread_create(&x[i].thread, NULL, live_a_session, &x[i]), 0);
    }
    poll(NULL, 0, MS / 2);
    live_stop(&L, SIGKILL);
    live_start(&L);
    for (unsigned i = 0; i < SESSIONS; i++) {
        pthread_join(x[i].thread, NULL);
        store_free(&x[i].s);
        if (x[i].odd)
            fail_msg("session %u: %u of %u: %s", i, x[i].odd, x[i].done, x[i].first_odd.log);
        assert_true(x[i].done >= LEAST);
    }
    poll(NULL, 0, 1500); /* the background ends, and no object is young for the check */
    do {
        OK(store_call(admin, STORE_CHECK, &rq, -1, &rep, &e));
        if (rep.bad)
            fail_msg("%d: %.*s", (int)rep.bad, SPAN_ARG(rep.findings));
        rq.cursor = rep.cursor;
    } while (rep.cursor);
    OK(store_call(admin, STORE_STATS, NULL, -1, &st, &e));
    print_message("%llu commits, %llu deadlocks resolved\n", (unsigned long long)st.commits,
                  (unsigned long long)st.deadlocks);
    store_free(&admin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_everything_at_once)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
