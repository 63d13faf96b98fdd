/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/slow_test.c - a store that stalls: what was refused for it is not done later, what was done is answered.
 * The daemon is stopped (SIGSTOP) with requests of every kind that changes something in its sockets. */
#include "store/stored/live_each_test.h"

enum { TIMEOUT_MS = 300, LONG_MS = 60000 };
/* Stopped, all its threads: what is asked from now on it has not begun. */
static void stop(void)
{
    int st;

    kill(L.pid, SIGSTOP);
    assert_int_equal(waitpid(L.pid, &st, WUNTRACED), L.pid);
    assert_true(WIFSTOPPED(st));
}

#ifdef PLI_DEV
/* Its connection is made now, for that takes longer than a millisecond where the machine is busy. Its next request is asked once. */
static void tried_once(struct store *s)
{
    struct err e;

    OK(store_call(s, STORE_PING, NULL, -1, NULL, &e));
    store_timeout(1900); /* shorter than the stall; an answer is waited for three times that */
    store_patience(s, 1);
}
#endif

static void tried_again(struct store *s)
{
    store_timeout(LONG_MS);
    store_patience(s, LONG_MS);
}

/* One of each. */
static enum rc change(struct store *s, uint64_t mbx, int what, struct err *e)
{
    struct store_folder_create_req make = {.name = SPAN_LIT("made"), .tag = {9}};
    struct store_deliver_rep rep;
    struct store_expunge_rep ex;
    struct store_flags_rep fl;
    struct store_copy_rep cp;
    struct store_folder_msg f;
    struct letter l;
    enum rc rc;

    switch (what) {
    case 0: /* SMTP, APPEND */
        letter_new(&l, 900, 0, 0);
        letter_to(&l, mbx, STORE_INBOX, 0);
        rc = letter_send(&l, s, NULL, &rep, e);
        letter_free(&l);
        return rc;
    case 1:
        return store_call(s, STORE_COPY, &(struct store_copy_req){STORE_INBOX, STORE_INBOX, live_range(1, 1), 0, 0, 0},
                          -1, &cp, e);
    case 2:
        return store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(2, 2), 0, 0}, -1, &ex,
                          e);
    case 3:
        return store_call(s, STORE_FLAGS,
                          &(struct store_flags_req){STORE_INBOX, live_range(1, 1), 0, FLAGS_ADD, MF_SEEN, 0}, -1, &fl,
                          e);
    default:
        return store_call(s, STORE_FOLDER_CREATE, &make, -1, &f, e);
    }
}
enum { CHANGES = 5 };

static void assert_untouched(struct store *s, uint64_t modseq)
{
    struct store_status_rep st = live_status(s, STORE_INBOX);
    struct store_list_rep list;
    struct store_folder f;
    struct err e;
    unsigned n = 0;

    assert_int_equal(st.exists, 2);
    assert_int_equal(st.modseq, modseq);
    OK(store_call(s, STORE_FOLDERS, &(struct store_cursor_req){0}, -1, &list, &e));
    while (ipc_list_next(&list.list, store_folder_f, &f, &e) == RC_OK)
        n++;
    assert_int_equal(n, 1);
}

/* Whoever was told "no" may ask anew: it is not there twice. */
static void test_stalls(void **state)
{
    uint64_t mbx = live_box(0), modseq;
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx), *x[CHANGES];
    struct err e;

    (void)state;
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    modseq = live_status(s, STORE_INBOX).modseq;
    for (int i = 0; i < CHANGES; i++) {
        x[i] = live_bound(&L, mbx);
        store_patience(x[i], 1);
    }
    store_timeout(TIMEOUT_MS);
    stop();
    for (int i = 0; i < CHANGES; i++)
        assert_int_equal(change(x[i], mbx, i, &e), RC_TEMP);
    store_timeout(LONG_MS);
    kill(L.pid, SIGCONT);
    assert_untouched(s, modseq); /* its requests come behind those: each connection's worker has dropped its own */
    poll(NULL, 0, 2 * TIMEOUT_MS);
    assert_untouched(s, modseq);
    for (int i = 0; i < CHANGES; i++) {
        tried_again(x[i]);
        OK(change(x[i], mbx, i, &e));
        store_free(&x[i]);
    }
    assert_int_equal(live_status(s, STORE_INBOX).exists, 3); /* one delivered, one copied, one expunged */
    store_free(&in);
    store_free(&s);
}

/* It stalls for less than the limit: done, and answered. */
static void test_short_stall(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    pid_t waker;

    (void)state;
    stop();
    waker = fork();
    if (waker == 0) {
        poll(NULL, 0, TIMEOUT_MS);
        kill(L.pid, SIGCONT);
        _exit(0);
    }
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    waitpid(waker, NULL, 0);
    assert_int_equal(live_status(s, STORE_INBOX).exists, 1);
    store_free(&in);
    store_free(&s);
}

#ifdef PLI_DEV
/* The stall is in the middle of the transaction: it is aborted rather than committed late. */
static void test_slow_within(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_stats_rep st;
    struct store *admin = store_new(ROLE_ADMIN);
    struct err e;

    (void)state;
    live_stop(&L, SIGTERM);
    L.fault = "db:4:slow"; /* of the delivery, the first that asks anything of a table */
    live_start(&L);
    L.fault = NULL;
    OK(store_call(admin, STORE_PING, NULL, -1, NULL, &e));
    tried_once(in);
    assert_int_equal(change(in, mbx, 0, &e), RC_TEMP);
    assert_non_null(strstr(e.log, "not done in time")); /* it was told so, within its wait */
    tried_again(in);
    assert_int_equal(live_status(s, STORE_INBOX).exists, 0);
    OK(change(in, mbx, 0, &e));
    assert_int_equal(live_status(s, STORE_INBOX).exists, 1);
    OK(store_call(admin, STORE_STATS, NULL, -1, &st, &e));
    store_free(&admin);
    store_free(&in);
    store_free(&s);
}

static unsigned lines(const char *ev)
{
    static char log[1 << 16];
    int fd = open("lines", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, log, sizeof log - 1);
    unsigned found = 0;

    assert_true(n >= 0);
    log[n] = 0;
    close(fd);
    for (const char *p = log; (p = strstr(p, ev)) != NULL; p++)
        found++;
    return found;
}

/* The first call of the library that a request makes takes longer than the request may. */
static void start_slow(void)
{
    struct store *admin = store_new(ROLE_ADMIN);
    struct err e;

    live_stop(&L, SIGTERM);
    L.fault = "db:1:slow";
    L.log = "lines";
    live_start(&L);
    L.fault = L.log = NULL;
    OK(store_call(admin, STORE_PING, NULL, -1, NULL, &e));
    store_free(&admin);
}

/* The log says what was done, not what was aborted. */
static void said_when_done(enum store_op op, const void *rq, const char *ev)
{
    static unsigned char rep[IPC_STRUCT_MAX];
    struct store *admin;
    struct err e;

    start_slow();
    admin = store_new(ROLE_ADMIN);
    tried_once(admin);
    assert_int_equal(store_call(admin, op, rq, -1, rep, &e), RC_TEMP);
    assert_non_null(strstr(e.log, "not done in time"));
    assert_int_equal(lines(ev), 0);
    tried_again(admin);
    OK(store_call(admin, op, rq, -1, rep, &e));
    assert_int_equal(lines(ev), 1);
    store_free(&admin);
}

static void test_log_after_commit(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_hold_req hold = {.mbx = mbx, .what = HOLD_SET, .who = SPAN_LIT("a name"), .why = SPAN_LIT("a reason")};
    struct store_undelete_req back = {.mbx = mbx, .until = UINT64_MAX};
    struct store_expunge_rep ex;
    struct err e;

    (void)state;
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    live_deliver(in, mbx, STORE_INBOX, 10, 0);
    OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(2, 2), 0, 0}, -1, &ex, &e));
    said_when_done(STORE_HOLD, &hold, "ev=hold-set mbx=");
    said_when_done(STORE_UNDELETE, &back, "ev=undeleted mbx=");
    assert_int_equal(lines("folder=1 messages=1"), 1);
    store_free(&in);
    store_free(&s);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stalls),
        cmocka_unit_test(test_short_stall),
#ifdef PLI_DEV
        cmocka_unit_test(test_slow_within),
        cmocka_unit_test(test_log_after_commit),
#endif
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
