/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/cannot_tell_test.c - "cannot tell" is not "not there": each call of the library is made to fail in its turn (out of
 * memory, locks), under what looks for something and deletes or makes anew when it is missing. Nothing that was answered is
 * lost, nothing is filed twice, no keyword or mailbox is "unknown" because of it. Developer builds. */
#include "store/stored/live_each_test.h"

#ifdef PLI_DEV
enum { LARGE = 3 << 20, MANY = 80 };

static void start(const char *fault)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct err e;

    L.fault = fault;
    live_start(&L);
    L.fault = NULL;
    store_patience(s, 60000);
    OK(store_call(s, STORE_PING, NULL, -1, NULL, &e));
    store_free(&s);
}

/* Asked until it is answered: the fault may meet this question as well, and passes. */
static enum rc insist(struct store *s, enum store_op op, const void *rq, void *rep, struct err *e)
{
    enum rc rc;

    while ((rc = store_call(s, op, rq, -1, rep, e)) == RC_TEMP)
        ;
    return rc;
}

static uint32_t exists(struct store *s)
{
    struct store_status_rep st;
    struct err e;

    OK(insist(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){STORE_INBOX}, &st, &e));
    return st.exists;
}

/* Every chunk of the message can be read. */
static void assert_whole(struct store *s, uint32_t uid)
{
    struct store_read_rep rep;
    struct err e;
    uint32_t chunk = 0;

    do {
        struct store_read_req rq = {STORE_INBOX, uid, SEAL_MESSAGE, chunk, 1, 0};
        OK(insist(s, STORE_READ, &rq, &rep, &e));
    } while (++chunk < LARGE / SEAL_CHUNK);
}

static uint64_t findings(void)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_check_req rq = {0};
    struct store_check_rep rep;
    uint64_t bad = 0;
    struct err e;

    do {
        OK(store_call(s, STORE_CHECK, &rq, -1, &rep, &e));
        if (rep.findings.n)
            print_message("%.*s", SPAN_ARG(rep.findings));
        bad += rep.bad;
        rq.cursor = rep.cursor;
    } while (rep.cursor);
    store_free(&s);
    return bad;
}

/* The same large message again: its pieces are looked at, and would be taken away were nobody to own them. */
static void test_asked_again(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_deliver_rep rep;
    struct store_placed first, p;
    struct letter l;
    char fault[32];
    struct err e;
    unsigned refused = 0;

    (void)state;
    letter_new(&l, LARGE, 700, 300);
    letter_to(&l, mbx, STORE_INBOX, 0);
    OK(letter_send(&l, in, &first, &rep, &e));
    for (int n = 1; n <= MANY; n += n < 10 ? 1 : live_step(3) * 7) {
        live_stop(&L, SIGTERM);
        snprintf(fault, sizeof fault, "db:%d:enomem", n);
        start(fault);
        if (letter_send(&l, in, &p, &rep, &e) == RC_OK)
            assert_int_equal(p.uid, first.uid);
        else
            refused++;
        assert_whole(s, first.uid);
        assert_int_equal(exists(s), 1);
    }
    assert_true(refused > 0);
    live_stop(&L, SIGTERM);
    start(NULL);
    assert_whole(s, first.uid);
    poll(NULL, 0, 1100); /* so that every object was last touched in a second before the check's */
    assert_int_equal(findings(), 0);
    letter_free(&l);
    store_free(&in);
    store_free(&s);
}

/* A delivery that fails half way is asked again until it is taken: once, and whole. */
static void test_fails_half_way(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_deliver_rep rep;
    struct store_placed p;
    char fault[32];
    struct err e;
    uint32_t sent = 0;

    (void)state;
    for (int n = 1; n <= MANY; n += live_step(2) * 13) {
        struct letter l;
        live_stop(&L, SIGTERM);
        snprintf(fault, sizeof fault, "db:%d:enomem", n);
        start(fault);
        letter_new(&l, LARGE, 700, 300);
        letter_to(&l, mbx, STORE_INBOX, 0);
        while (letter_send(&l, in, &p, &rep, &e) != RC_OK)
            assert_int_equal(e.rc, RC_TEMP);
        letter_free(&l);
        assert_whole(s, p.uid);
        assert_int_equal(exists(s), ++sent);
    }
    live_stop(&L, SIGTERM);
    start(NULL);
    poll(NULL, 0, 1100);
    assert_int_equal(findings(), 0);
    store_free(&in);
    store_free(&s);
}

/* A keyword that exists, a number that is taken: a failing call says "later", never "unknown" or "free". */
static void test_known_and_taken(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *admin = store_new(ROLE_ADMIN), *s = live_bound(&L, mbx);
    struct store_keyword_add_req add = {.name = SPAN_LIT("name")};
    struct store_keyword_add_rep kw;
    struct store_flags_req rq = {.folder = STORE_INBOX, .uids = live_range(1, 9), .how = FLAGS_ADD};
    struct store_box_create_req cr = {.mbx = mbx, .slots = SPAN_LIT("other slots")};
    struct store_flags_rep rep;
    char fault[32];
    struct err e;

    (void)state;
    OK(store_call(s, STORE_KEYWORD_ADD, &add, -1, &kw, &e));
    for (int n = 1; n <= 30; n += n < 12 ? 1 : 4) {
        enum rc flagged, made;
        live_stop(&L, SIGTERM);
        snprintf(fault, sizeof fault, "db:%d:enomem", n);
        start(fault);
        rq.uids = live_range(1, 9);
        rq.flags = 256ull << kw.index;
        flagged = store_call(s, STORE_FLAGS, &rq, -1, &rep, &e);
        assert_true(flagged == RC_OK || flagged == RC_TEMP);
        made = store_call(admin, STORE_BOX_CREATE, &cr, -1, NULL, &e);
        assert_true(made == RC_EXISTS || made == RC_TEMP);
    }
    store_free(&admin);
    store_free(&s);
}
#endif

static void test_nothing(void **state)
{
    (void)state; /* a release build has no fault table */
    live_box(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
#ifdef PLI_DEV
        cmocka_unit_test(test_asked_again),
        cmocka_unit_test(test_fails_half_way),
        cmocka_unit_test(test_known_and_taken),
#endif
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
