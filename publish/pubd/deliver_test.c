/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/deliver_test.c - when an event goes: pauses of one, of all, and times that a wrong clock wrote. */
#include "base/clock.h"
#include "publish/pubd/outbox.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_pause_of_all_is_kept),
                                       cmocka_unit_test(test_times_of_a_wrong_clock_hold_up_nothing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
