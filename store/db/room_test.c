/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/room_test.c - the disk's room is looked at now and then only; nobody is refused for what an old look saw. */
#include "base/clock.h"
#include "store/db/room.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

/* An environment that is only a folder: it has no tables, hence no free pages, and no log. */
static struct env folder(uint64_t min_free)
{
    char dir[] = "/tmp/pli-room-XXXXXX";
    struct env v = {.min_free = min_free};

    assert_non_null(mkdtemp(dir));
    v.home_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(v.home_fd >= 0);
    assert_int_equal(rmdir(dir), 0);
    return v;
}

static void test_room_that_came_back_is_seen_at_once(void **state)
{
    struct env v = folder(1);
    struct err e;

    (void)state;
    atomic_store(&v.free_bytes, 0); /* this look is of this moment, and the disk was full */
    atomic_store(&v.free_at, clock_mono() + INT64_C(3600) * 1000000000);
    assert_int_equal(env_room(&v, 1, 1, true, &e), RC_OK);
    close(v.home_fd);
}

static void test_a_full_disk_is_full_at_the_second_look_too(void **state)
{
    struct env v = folder(UINT64_C(1) << 60);
    struct err e;

    (void)state;
    atomic_store(&v.free_bytes, 0);
    atomic_store(&v.free_at, clock_mono() + INT64_C(3600) * 1000000000);
    assert_int_equal(env_room(&v, 1, 1, true, &e), RC_TEMP);
    assert_int_equal(e.cause, CAUSE_DISK_FULL);
    close(v.home_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_room_that_came_back_is_seen_at_once),
                                       cmocka_unit_test(test_a_full_disk_is_full_at_the_second_look_too)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
