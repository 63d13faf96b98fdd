/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/believed_test.c - a clock that jumps ahead is believed step by step, and what is removed is not destroyed by it.
 * Process  tests. */
#include "store/ops/believed.h"
#include "store/stored/live_each_test.h"

enum { DAY_S = 86400, YEAR = 365 * DAY_S };

static void it_follows_the_clock(void **state)
{
    static const struct {
        uint64_t was, utc, ran_s, next;
    } t[] = {
        {0, 1000, 0, 1000},                                      /* nothing is known */
        {1000, 1001, 1, 1001},                                   /* as ever */
        {1000, 900, 1, 1000},                                    /* it never goes back */
        {1000, 1000 + BELIEVED_GAP_S, 0, 1000 + BELIEVED_GAP_S}, /* a long weekend */
        {1000, 1001 + BELIEVED_GAP_S, 0, 1000}, /* a jump: not at the start, however often it is started */
        {1000, 1000 + YEAR, 1, 1008},           /* and then as fast as this */
        {1000, 1000 + YEAR, DAY_S, 1000 + 8 * DAY_S},
        {1000, 1000 + YEAR, YEAR, 1000 + YEAR},
        {1000, 0, 1, 1000}, /* a battery is empty */
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (believed_next(t[i].was, t[i].utc, t[i].ran_s) != t[i].next)
            fail_msg("row %zu: %llu", i, (unsigned long long)believed_next(t[i].was, t[i].utc, t[i].ran_s));
}

static void the_earlier_of_the_two_counts(void **state)
{
    static struct stored d;
    uint64_t now = (uint64_t)time(NULL);

    (void)state;
    atomic_store(&d.believed.is, now - YEAR);
    assert_true(believed_time(&d) == now - YEAR);
    atomic_store(&d.believed.is, now + YEAR); /* the clock was ahead once, and is right again */
    assert_true(believed_time(&d) >= now && believed_time(&d) < now + 60);
}

/* ---- the daemon ---- */
static enum rc put(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_of(BELIEVED_ROW), val = key_mbx(*(const uint64_t *)arg);

    return tx_put(t, T_META, &k, key_span(&val), 0, e);
}

/* As if the store had last run at that time; in a process of its own, for the daemon has the environment after it. */
static void last_ran_at(uint64_t at)
{
    static struct stored d;
    char dir[100];
    struct env_conf c = {.home = dir, .cache = 8 << 20};
    struct err e;
    int status;
    pid_t pid;

    assert_int_equal(live_stop(&L, SIGTERM), 0);
    pid = fork();
    if (pid == 0) {
        snprintf(dir, sizeof dir, "%s/store", L.dir);
        env_open(&d.env, &c);
        status = tx_run(&d.env, TX_WRITE, put, &at, &e) == RC_OK ? 0 : 1;
        env_close(&d.env);
        _exit(status);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    live_start(&L);
}

static struct store_stats_rep stats(void)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_stats_rep rep;
    struct err e;

    assert_int_equal(store_call(s, STORE_STATS, NULL, -1, &rep, &e), RC_OK);
    store_free(&s);
    return rep;
}

/* Removed, and its second has passed by that clock. */
static void removed_stays(uint64_t mbx)
{
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_deliver_rep rep;
    struct store_expunge_rep ex;
    struct letter l;
    struct err e;
    time_t then;

    letter_new(&l, 4000, 500, 700);
    letter_to(&l, mbx, STORE_INBOX, 0);
    assert_int_equal(letter_send(&l, in, NULL, &rep, &e), RC_OK);
    letter_free(&l);
    assert_int_equal(store_call(s, STORE_EXPUNGE,
                                &(struct store_expunge_req){STORE_INBOX, live_range(1, UINT32_MAX), 0, 0}, -1, &ex, &e),
                     RC_OK);
    for (then = time(NULL); time(NULL) < then + 2;)
        poll(NULL, 0, 100);
    assert_true(stats().kept == 1 && stats().freeing == 0);
    store_free(&s);
    store_free(&in);
}

static int setup_brief(void **state)
{
    static const char *const more[] = {"stored.keep_expunged", "1", NULL};

    setup(state);
    live_stop(&L, SIGTERM);
    L.more = more;
    live_start(&L);
    return 0;
}

static void a_clock_a_year_ahead(void **state)
{
    uint64_t mbx = live_box(0), now = (uint64_t)time(NULL);
    struct store_hold_req rq = {.mbx = mbx, .what = HOLD_SHOW};
    struct store *admin;
    struct store_hold_rep rep;
    struct err e;

    (void)state;
    assert_true(stats().now + 60 > now);
    last_ran_at(now - YEAR);
    assert_true(stats().now < now - YEAR + BELIEVED_PACE * 3600);
    admin = store_new(ROLE_ADMIN);
    assert_int_equal(store_call(admin, STORE_HOLD, &rq, -1, &rep, &e), RC_OK);
    assert_true(rep.now < now - YEAR + BELIEVED_PACE * 3600);
    store_free(&admin);
    removed_stays(mbx);
    last_ran_at(now - 2 * DAY_S); /* it was off over the weekend */
    assert_true(stats().now + 60 > now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_the_clock),
        cmocka_unit_test(the_earlier_of_the_two_counts),
        cmocka_unit_test_setup_teardown(a_clock_a_year_ahead, setup_brief, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
