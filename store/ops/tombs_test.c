/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/tombs_test.c - objects whose last reference went are buried, whatever lies before them in the table. */
#include "store/db/scan.h"
#include "store/ops/stored.h"
#include "store/stored/live_each_test.h"

enum { ROUNDS_MS = 2500, TRIES = 12 };
/* ---- the tables while the daemon is down ---- */
static const unsigned char nobody[SEAL_OID] = {0}; /* before every other */

static enum rc spoil(struct tx *t, void *arg, struct err *e)
{
    struct key ref = key_oid(nobody), tomb = key_tomb(1, nobody);
    enum rc rc = tx_put(t, T_OBJREFS, &ref, SPAN_LIT("no record"), 0, e);

    (void)arg;
    return rc == RC_OK ? tx_put(t, T_TOMBS, &tomb, SPAN_LIT("t"), 0, e) : rc;
}

/* Rows whose key begins with a moment that has come; of T_REMOVED all. */
static int rows(struct stored *d, enum table tb, bool all)
{
    uint64_t now = (uint64_t)clock_utc();
    struct key from = {{0}, 0};
    struct span k, v;
    struct scan s;
    struct tx t;
    struct err e;
    int n = 0;

    tx_bare(&d->env, &t);
    if (scan_open(&s, &t, tb, &from, 0, SCAN_KEYS, &e) == RC_OK)
        while (scan_next(&s, &k, &v, &e) == RC_OK && (all || be64(k.p) <= now))
            n++;
    scan_close(&s);
    return n;
}

/* The daemon is down. How much is waiting to be given back: removed messages, and tombs that are due. */
static int in_the_tables(bool spoiling)
{
    static struct stored d;
    char home[100];
    struct env_conf c = {.home = home, .cache = 8 << 20};
    struct err e;
    int n;

    snprintf(home, sizeof home, "%s/store", L.dir);
    env_open(&d.env, &c);
    if (spoiling && tx_run(&d.env, 0, spoil, NULL, &e) != RC_OK)
        return 0;
    n = rows(&d, T_REMOVED, true) + rows(&d, T_TOMBS, false);
    env_close(&d.env);
    return n;
}

static int waiting_while_down(bool spoiling)
{
    int status = 0;
    pid_t pid;

    live_stop(&L, SIGTERM);
    fflush(NULL);
    pid = fork();
    if (pid == 0)
        _exit(in_the_tables(spoiling));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    live_start(&L);
    return WEXITSTATUS(status);
}

static void test_a_tomb_that_cannot_be_buried_keeps_no_other_back(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *in = store_new(ROLE_SMTPD), *s = live_bound(&L, mbx);
    struct store_deliver_rep rep;
    struct store_expunge_rep ex;
    struct letter l;
    struct err e;
    int waiting = 2;

    (void)state;
    assert_int_equal(waiting_while_down(true), 1);
    letter_new(&l, 200000, 500, 700); /* a large one leaves a tomb that is due at once */
    letter_to(&l, mbx, STORE_INBOX, 0);
    OK(letter_send(&l, in, NULL, &rep, &e));
    letter_free(&l);
    OK(store_call(s, STORE_EXPUNGE, &(struct store_expunge_req){STORE_INBOX, live_range(1, UINT32_MAX), 0, 0}, -1, &ex,
                  &e));
    store_free(&s); /* nobody sees what was removed any more */
    for (int i = 0; i < TRIES && waiting > 1; i++) {
        poll(NULL, 0, ROUNDS_MS); /* for the upkeep */
        waiting = waiting_while_down(false);
    }
    assert_int_equal(waiting, 1);
    store_free(&in);
}

static int setup_keeping_nothing(void **state)
{
    static const char *const more[] = {"stored.keep_expunged", "0", NULL};
    int ret = setup(state);

    live_stop(&L, SIGTERM);
    L.more = more;
    live_start(&L);
    return ret;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_tomb_that_cannot_be_buried_keeps_no_other_back)};

    return cmocka_run_group_tests(tests, setup_keeping_nothing, teardown);
}
