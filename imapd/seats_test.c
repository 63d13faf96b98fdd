/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/seats_test.c - seats are counted by mailbox, given back, shared with children, and swept after one that was killed.
 * Process  tests. */
#include "imapd/seats.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void seats_are_counted(void **state)
{
    struct seats *s = seats_new(8);

    (void)state;
    assert_true(seats_take(s, 16, 2, 101));
    assert_true(seats_take(s, 16, 2, 102));
    assert_false(seats_take(s, 16, 2, 103));
    assert_true(seats_take(s, 17, 2, 104));
    seats_give_back(s, 101);
    assert_true(seats_take(s, 16, 2, 105));
    assert_false(seats_take(s, 16, 2, 106));
    seats_free(&s);
    assert_null(s);
}

static void a_full_table_refuses_nobody(void **state)
{
    struct seats *s = seats_new(2);

    (void)state;
    for (pid_t p = 1; p < 6; p++)
        assert_true(seats_take(s, 100 + (uint64_t)p, 1, p));
    seats_free(&s);
}

static void the_dead_are_swept(void **state)
{
    struct seats *s = seats_new(8);
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        seats_take(s, 16, 1, getpid());
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(seats_take(s, 16, 1, 7)); /* shared, and still taken */
    assert_true(seats_take(s, 17, 1, getpid()));
    seats_sweep(s);
    assert_true(seats_take(s, 16, 1, getpid()));
    assert_false(seats_take(s, 17, 1, 7)); /* the living keep theirs */
    seats_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(seats_are_counted),
                                       cmocka_unit_test(a_full_table_refuses_nobody),
                                       cmocka_unit_test(the_dead_are_swept)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
