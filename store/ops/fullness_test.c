/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/fullness_test.c - which levels are passed, which are to be told, and to whom stored says so.
 * Process  tests. */
#include "store/ops/fullness.h"
#include "store/stored/live_each_test.h"

static void levels_are_reached(void **state)
{
    static const struct {
        uint64_t used, most;
        unsigned level;
    } t[] = {{0, 0, 0},
             {9, 0, 0},
             {0, 1, 0},
             {1, 1, 95},
             {79, 100, 0},
             {80, 100, 80},
             {94, 100, 80},
             {95, 100, 95},
             {500, 100, 95},
             {9, 11, 80},
             {8, 11, 0},
             {10, 11, 80},
             {11, 11, 95},
             {799, 1000, 0},
             {950, 1001, 80},
             {951, 1001, 95},
             {UINT64_MAX / 100 * 80, UINT64_MAX, 0},
             {UINT64_MAX, UINT64_MAX, 95}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (fullness_level(t[i].used, t[i].most) != t[i].level)
            fail_msg("row %zu: %u", i, fullness_level(t[i].used, t[i].most));
}

/* A table that is full, and a mailbox noted twice: nothing is written beyond it. */
static void notes_are_bounded(void **state)
{
    struct fullness *f = fullness_new();

    (void)state;
    fullness_note(NULL, 16);
    for (uint64_t mbx = 16; mbx < 16 + 3 * FULLNESS_NOTES; mbx++) {
        fullness_note(f, mbx);
        fullness_note(f, mbx);
    }
    fullness_free(&f);
}

/* ---- the daemon ---- */
/* The warning of that mailbox. False: there is none. */
static bool warning(struct store *relay, uint64_t mbx, struct store_warning *out)
{
    struct store_list_rep rep;
    struct buf mem = BUF_INIT;
    struct err e;
    bool found = false;

    assert_int_equal(store_call_in(relay, STORE_WARNINGS, NULL, -1, &rep, &mem, &e), RC_OK);
    while (!found && ipc_list_next(&rep.list, store_warning_f, out, &e) == RC_OK)
        found = out->mbx == mbx;
    buf_free(&mem);
    return found;
}

/* Waits until the mailbox has a warning of that level; 0: until it has none. */
static struct store_warning until(struct store *relay, uint64_t mbx, unsigned level)
{
    int64_t limit = deadline_in(60000);
    struct store_warning w = {.level = 0};

    while (warning(relay, mbx, &w) ? w.level != level : level != 0) {
        if (deadline_left_ms(limit) <= 0)
            fail_msg("no warning of %u: %u", level, w.level);
        usleep(20 * 1000);
    }
    return w;
}

static void bound(uint64_t mbx, uint64_t quota)
{
    struct store *admin = store_new(ROLE_ADMIN);
    struct store_box_set_req rq = {.mbx = mbx, .what = BOX_SET_QUOTA, .quota = quota};
    struct err e;

    assert_int_equal(store_call(admin, STORE_BOX_SET, &rq, -1, NULL, &e), RC_OK);
    store_free(&admin);
}

static enum rc told(struct store *as, const struct store_warning *w)
{
    struct store_warned_req rq = {w->mbx, w->level, w->at};
    struct err e;

    return store_call(as, STORE_WARNED, &rq, -1, NULL, &e);
}

static void due_until_told(void **state)
{
    struct store *relay = store_new(ROLE_RELAYD), *ear = store_new(ROLE_RELAYD), *in = store_new(ROLE_SMTPD);
    uint64_t mbx = live_box(100000);
    struct store_warning w, stale;
    struct store_ev_changed ev;
    struct err e;

    (void)state;
    assert_int_equal(store_call(ear, STORE_WATCH, &(struct store_watch_req){QUEUE_NEWS}, -1, NULL, &e), RC_OK);
    live_deliver(in, mbx, STORE_INBOX, 83000, 0);
    while (store_event(ear, &ev, &e) != RC_OK || ev.folder != QUEUE_QUOTA) /* relayd hears of it */
        poll(&(struct pollfd){store_event_fd(ear), POLLIN, 0}, 1, 60000);
    w = until(relay, mbx, 80);
    assert_true(w.used == 84024 && w.quota == 100000 && w.messages == 1 && w.at > 0);
    assert_int_equal(told(in, &w), RC_DENIED);
    stale = w;
    stale.at--;
    assert_int_equal(told(relay, &stale), RC_OK); /* of another time: this one stays */
    until(relay, mbx, 80);
    live_stop(&L, SIGKILL); /* and it outlives stored, once it is written down */
    live_start(&L);
    w = until(relay, mbx, 80);
    assert_int_equal(told(relay, &w), RC_OK);
    assert_false(warning(relay, mbx, &w));
    store_free(&relay);
    store_free(&ear);
    store_free(&in);
}

/* Nobody is told what is no longer so. Both levels at once are the higher one. */
static void what_fell_is_not_told(void **state)
{
    struct store *relay = store_new(ROLE_RELAYD), *in = store_new(ROLE_SMTPD);
    uint64_t mbx = live_box(100000);
    struct store_warning w;

    (void)state;
    live_deliver(in, mbx, STORE_INBOX, 95000, 0);
    until(relay, mbx, 95);
    bound(mbx, 110000); /* 87 */
    until(relay, mbx, 80);
    bound(mbx, 1000000);
    until(relay, mbx, 0);
    bound(mbx, 100000);
    w = until(relay, mbx, 95);
    assert_int_equal(told(relay, &w), RC_OK);
    assert_false(warning(relay, mbx, &w));
    bound(mbx, 110000);           /* 80 was passed long ago */
    for (int i = 0; i < 2; i++) { /* the second is looked at in a later round */
        uint64_t other = live_box(10);

        live_deliver(in, other, STORE_INBOX, 10, 0);
        until(relay, other, 95);
    }
    assert_false(warning(relay, mbx, &w));
    store_free(&relay);
    store_free(&in);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(levels_are_reached), cmocka_unit_test(notes_are_bounded),
                                   cmocka_unit_test(due_until_told), cmocka_unit_test(what_fell_is_not_told)};

    return cmocka_run_group_tests_name("fullness", t, setup, teardown);
}
