/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/locks_test.c - the lock table of a real daemon is made small: whoever reads a large folder holds no more of it than the page
 * at hand (INV-L1), so that many readers leave room for everybody else's deliveries. */
#include "store/stored/live_test.h"

enum { STEP = 250, STEPS = 100, HOGS = 12, ROUNDS = 6, DELIVERIES = 40 };
static struct live L;
static uint64_t big, other;
static uint32_t dest;
static atomic_uint failed; /* cmocka knows the main thread only */

static void fill(struct store *s)
{
    struct store_folder_create_req mk = {.name = SPAN_LIT("sealed name"), .tag = {1}};
    struct store_folder_msg made;
    struct store_copy_req rq = {.folder = STORE_INBOX, .uids = live_range(1, STEP)};
    struct store_copy_rep rep;
    struct err e;

    OK(store_call(s, STORE_FOLDER_CREATE, &mk, -1, &made, &e));
    dest = rq.dest = made.folder;
    for (int i = 0; i < STEP; i++)
        live_deliver(s, big, STORE_INBOX, 10, 0);
    for (int i = 0; i < STEPS; i++)
        OK(store_call(s, STORE_COPY, &rq, -1, &rep, &e));
}

static int setup(void **state)
{
    static const char *const small[] = {"stored.locks", "3000", NULL};
    struct store *s;

    (void)state;
    live_new(&L);
    big = live_box(0);
    other = live_box(0);
    s = live_bound(&L, big);
    fill(s);
    store_free(&s);
    assert_int_equal(live_stop(&L, SIGTERM), 0);
    L.more = small;
    live_start(&L);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_end(&L);
    return 0;
}

#define COUNT(x) atomic_fetch_add(&failed, !(x))
/* Everything that walks over the whole folder; each answer is right, or counted. */
static void walk(struct store *s)
{
    struct store_changes_req ch = {.folder = dest, .since = 1};
    struct store_changes_rep chr;
    struct store_range_req en = {.folder = dest, .uids = live_range(1, UINT32_MAX)};
    struct store_list_req li = {.folder = dest, .lo = 1, .hi = UINT32_MAX};
    struct store_brief_rep lir;
    struct store_list_rep enr;
    struct store_status_rep st;
    struct err e;
    size_t n = 0;

    COUNT(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){dest}, -1, &st, &e) == RC_OK &&
          st.recent == STEP * STEPS);
    COUNT(store_call(s, STORE_CHANGES, &ch, -1, &chr, &e) == RC_OK);
    COUNT(store_call(s, STORE_ENTRIES, &en, -1, &enr, &e) == RC_OK);
    do {
        if (store_call(s, STORE_LIST, &li, -1, &lir, &e) != RC_OK)
            break;
        n += lir.brief.n / STORE_BRIEF;
        li.lo = lir.next;
    } while (li.lo);
    COUNT(n == STEP * STEPS);
}

static void *hog(void *arg)
{
    struct store *s = live_bound(&L, big);

    (void)arg;
    for (int i = 0; i < ROUNDS; i++)
        walk(s);
    store_free(&s);
    live_call_end();
    return NULL;
}

static bool deliver_one(struct store *s)
{
    struct store_deliver_rep rep;
    struct letter l;
    struct err e;
    enum rc rc;

    letter_new(&l, 500, 100, 100);
    letter_to(&l, other, STORE_INBOX, 0);
    rc = letter_send(&l, s, NULL, &rep, &e);
    letter_free(&l);
    return rc == RC_OK;
}

static void test_many_readers_leave_locks_for_others(void **state)
{
    struct store *s = store_new(ROLE_SMTPD);
    pthread_t t[HOGS];
    int sent = 0;

    (void)state;
    for (int i = 0; i < HOGS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, hog, NULL), 0);
    for (int i = 0; i < DELIVERIES; i++)
        sent += deliver_one(s);
    for (int i = 0; i < HOGS; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    assert_int_equal(sent, DELIVERIES);
    assert_int_equal(atomic_load(&failed), 0);
    store_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many_readers_leave_locks_for_others)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
