/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/deliver_test.c - when an event goes: pauses of one, of all, and times that a wrong clock wrote. */
#include "base/clock.h"
#include "publish/pubd/outbox.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { MINUTE = 60, HOUR = 3600, YEAR = 365 * 24 * 3600 };

/* One mailbox that is to be created; nothing of it was tried. */
static void begin(struct outbox *o)
{
    struct pub_facts f = {.address = SPAN_LIT("a@b.test"), .type = PT_PER, .person = SPAN_LIT("10001234565")};
    struct buf facts = BUF_INIT;

    *o = (struct outbox){
        .mode = PM_RUNNING, .compares = 1, .runner = -1, .conf = {.retry_first = 1, .retry_max = MINUTE}};
    pthread_mutex_init(&o->lock, NULL);
    ipc_encode(&facts, pub_facts_f, &f);
    table_want(&o->table, table_add(&o->table, f.address), buf_span(&facts), 1, clock_utc());
    buf_free(&facts);
}

static void end(struct outbox *o)
{
    table_free(&o->table);
    free(o->last_error);
    pthread_mutex_destroy(&o->lock);
}

/* The other side has been away for long: nothing goes before the pause of all is over, however short the pauses of each are. */
static void test_a_pause_of_all_is_kept(void **st)
{
    struct outbox o;
    int64_t now = clock_utc();

    (void)st;
    begin(&o);
    assert_true(deliver_next(&o) == 0);
    o.pause_until = now + 15 * MINUTE;
    assert_true(deliver_next(&o) == o.pause_until);
    assert_false(deliver_one(&o));
    o.pause_until = now - 1; /* over */
    assert_true(deliver_next(&o) == 0);
    end(&o);
}

static void test_times_of_a_wrong_clock_hold_up_nothing(void **st)
{
    struct outbox o;
    int64_t now = clock_utc();

    (void)st;
    begin(&o);
    o.pause_until = now + YEAR;
    assert_true(deliver_next(&o) == 0);
    o.pause_until = 0;
    o.table.v[0]->next = now + MINUTE;
    assert_true(deliver_next(&o) == now + MINUTE && deliver_due(&o, now) == 0);
    o.table.v[0]->next = now + HOUR;
    assert_true(deliver_next(&o) == 0 && deliver_due(&o, now) == 1);
    end(&o);
}

/* ---- a full disk ---- */
static char folder[] = "/tmp/pli-deliver-XXXXXX";

static int make_folder(void **st)
{
    (void)st;
    return mkdtemp(folder) ? 0 : -1;
}

/* After a failure, too. */
static int remove_folder(void **st)
{
    static const char *const names[] = {"out", "state"};
    int dir = open(folder, O_RDONLY | O_DIRECTORY);

    (void)st;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlinkat(dir, names[i], 0);
    close(dir);
    return rmdir(folder);
}

static void open_ledger(struct outbox *o)
{
    struct ledger_place here = {.inode = 7, .machine = "abc"};
    enum ledger_found found;
    struct table none = {.v = NULL};
    struct err e;

    assert_int_equal(ledger_open(open(folder, O_RDONLY | O_DIRECTORY), &here, &none, &o->ledger, &found, &e), RC_OK);
    table_free(&none);
}

static off_t state_size(const struct outbox *o)
{
    struct stat st;

    assert_int_equal(fstatat(ledger_dir(o->ledger), "state", &st, 0), 0);
    return st.st_size;
}

/* The other side is away, and the pause of all has begun; that answer finds no room on the disk, which is asked again in ten seconds. */
static void test_a_full_disk_shortens_no_pause(void **st)
{
    struct rlimit was, full;
    struct outbox o;
    off_t before, record;

    (void)st;
    begin(&o);
    open_ledger(&o);
    assert_int_equal(close(openat(ledger_dir(o.ledger), "out", O_CREAT | O_WRONLY, 0600)),
                     0); /* no folder: nothing can be put there */
    o.conf.retry_first = 2 * MINUTE;
    o.conf.retry_max = 3 * MINUTE;
    assert_true(deliver_one(&o) && o.failures == 1 && o.pause_until == 0);
    before = state_size(&o);
    o.failures = 9;
    o.table.v[0]->next = 0;
    assert_true(deliver_one(&o) && !o.unsaved && o.pause_until > clock_utc() + MINUTE);
    record = (state_size(&o) - before) / 2; /* what is begun, and its answer */
    o.table.v[0]->next = o.pause_until = 0;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    full = (struct rlimit){(rlim_t)(state_size(&o) + record), was.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    assert_true(deliver_one(&o));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_true(o.unsaved && o.pause_until > clock_utc() + MINUTE);
    ledger_close(&o.ledger);
    end(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pause_of_all_is_kept), cmocka_unit_test(test_times_of_a_wrong_clock_hold_up_nothing),
        cmocka_unit_test_setup_teardown(test_a_full_disk_shortens_no_pause, make_folder, remove_folder)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
