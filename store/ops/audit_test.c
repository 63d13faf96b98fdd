/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/audit_test.c - a transaction that would break a folder's invariants ends the process before its commit, and the store behind it
 * is as it was; a sound one passes. Process  tests. */
#include "store/ops/audit.h"
#include "store/ops/folder.h"
#include "store/stored/live_test.h"
#include <sys/wait.h>

static struct live L;
static uint64_t box;

static int setup(void **state)
{
    struct store *in;
    struct store_deliver_rep rep;
    struct letter l;
    struct err e;

    (void)state;
    live_new(&L);
    in = store_new(ROLE_SMTPD);
    letter_new(&l, 3000, 300, 100);
    box = live_box(0);
    letter_to(&l, box, STORE_INBOX, 0);
    OK(letter_send(&l, in, NULL, &rep, &e));
    letter_free(&l);
    store_free(&in);
    live_stop(&L, SIGTERM);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_start(&L);
    live_end(&L);
    return 0;
}

enum harm { NONE, ONE_MORE, UNSEEN, OCTETS, UID, MODSEQ, TOLD, HARMS };

static enum rc change(struct tx *t, void *arg, struct err *e)
{
    enum harm what = *(enum harm *)arg;
    struct counters c;
    struct msg m;
    enum rc rc = counters_get(t, box, STORE_INBOX, true, &c, e);

    if (rc == RC_OK)
        rc = msg_get(t, box, STORE_INBOX, 1, &m, e);
    if (rc != RC_OK)
        return rc;
    c.exists += what == ONE_MORE;
    c.unseen += what == UNSEEN;
    c.bytes += what == OCTETS;
    c.uidnext = what == UID ? 1 : c.uidnext;
    m.modseq = what == MODSEQ ? c.modseq + 1 : m.modseq;
    rc = counters_put(t, box, STORE_INBOX, &c, e);
    if (rc == RC_OK)
        rc = msg_put(t, box, STORE_INBOX, 1, &m, false, e);
    tx_touch(t, box, STORE_INBOX, c.modseq + (what == TOLD));
    return rc;
}

/* The library is set up anew in each process that opens it. How that process ended. */
static int try_it(enum harm what)
{
    pid_t pid = fork();
    int how = -1;

    if (pid == 0) {
        static struct env v;
        char dir[100];
        struct err e;

        snprintf(dir, sizeof dir, "%s/store", L.dir);
        env_open(&v, &(struct env_conf){.home = dir, .cache = 8 << 20});
        v.hooks.audit = audit;
        how = tx_run(&v, TX_WRITE, change, &what, &e) == RC_OK ? 0 : 1;
        env_close(&v);
        _exit(how);
    }
    waitpid(pid, &how, 0);
    return how;
}

static void test_each_harm_is_stopped(void **state)
{
    (void)state;
    for (enum harm h = ONE_MORE; h < HARMS; h++) {
        int how = try_it(h);

        if (!WIFSIGNALED(how) || WTERMSIG(how) != SIGABRT)
            fail_msg("harm %d: status %d, not an abort", (int)h, how);
        assert_int_equal(try_it(NONE), 0); /* nothing of it was committed: all is sound still */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_harm_is_stopped)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
