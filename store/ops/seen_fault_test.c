/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen_fault_test.c - each call of the library fails in its turn under what changes a \Seen of somebody's own: it is done for all whom it concerns,
 * or for nobody, and "cannot tell" is never taken for "has no rows". Developer builds.
 * Process  tests. */
#include "store/ops/seen_test.h"

#ifdef PLI_DEV
enum { CALLS = 150, STEP = 13 };
static unsigned struck; /* requests that a fault ended */

static void start(const char *fault)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct err e;

    live_stop(&L, SIGTERM);
    L.fault = fault;
    live_start(&L);
    L.fault = NULL;
    store_patience(s, 60000);
    OK(store_call(s, STORE_PING, NULL, -1, NULL, &e));
    store_free(&s);
}

static bool done(enum rc rc)
{
    assert_true(rc == RC_OK || rc == RC_TEMP);
    struck += rc == RC_TEMP;
    return rc == RC_OK;
}

static bool copied(struct practice *p, int person, uint32_t to)
{
    struct store_copy_req rq = {.folder = STORE_INBOX, .dest = to, .uids = live_range(1, 3)};
    struct store_copy_rep rep;
    struct err e;

    return done(store_call(p->who[person], STORE_COPY, &rq, -1, &rep, &e));
}

static bool expunged(struct practice *p, uint32_t uid)
{
    struct store_expunge_req rq = {STORE_INBOX, live_range(uid, uid), 0, 0};
    struct store_expunge_rep rep;
    struct err e;

    return done(store_call(p->who[0], STORE_EXPUNGE, &rq, -1, &rep, &e));
}

static bool flagged(struct practice *p, int person, uint32_t lo, uint32_t hi)
{
    return done(practice_try(p, person, STORE_INBOX, lo, hi, FLAGS_ADD, MF_SEEN));
}

/* What each has of the messages 1 to 4, when these were done. */
static void expect(struct practice *p, int person, uint32_t folder, bool first_two, bool third, bool second_left)
{
    char text[5] = "----";

    if (first_two)
        text[0] = text[1] = 'S';
    if (third)
        text[2] = 'S';
    if (folder != STORE_INBOX)
        text[3] = '\0';
    if (second_left)
        memmove(text + 1, text + 2, strlen(text + 2) + 1);
    assert_string_equal(practice_list(p, person, folder), text);
}

static void done_for_all_or_for_nobody(void **state)
{
    char fault[40];

    (void)state;
    for (int n = 1; n <= CALLS; n += STEP) {
        struct practice p;
        uint32_t other;
        bool holder, marie, copy, left;

        practice_new(&p);
        other = live_folder(p.who[0], "other");
        for (int i = 0; i < 4; i++)
            live_deliver(p.in, p.mbx, STORE_INBOX, 100, 0);
        practice_each(&p, true);
        snprintf(fault, sizeof fault, "db:%d:enomem", n);
        start(fault);
        holder = flagged(&p, 0, 1, 2);
        marie = flagged(&p, MARIE, 3, 3);
        copy = copied(&p, PAUL, other);
        left = expunged(&p, 2);
        start(NULL);
        for (int who = 0; who < PERSONS; who++) {
            expect(&p, who, STORE_INBOX, who == 0 && holder, who == MARIE && marie, left);
            if (copy)
                expect(&p, who, other, who == 0 && holder, who == MARIE && marie, false);
            else
                assert_string_equal(practice_list(&p, who, other), "");
        }
        assert_string_equal(practice_check(&p), "");
        practice_free(&p);
    }
    assert_true(struck > 0);
}
#endif

int main(void)
{
#ifdef PLI_DEV
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(done_for_all_or_for_nobody, setup, teardown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    (void)setup;
    (void)teardown;
    return 0;
#endif
}
