/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/handlers_test.c - every operation of stored's table has exactly one handler. */
#include "store/ops/stored.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

static void test_each_op_has_one(void **state)
{
    ipc_handler run[256];
    struct err e;

    (void)state;
    assert_true(stored_proto.n_ops <= sizeof run / sizeof *run);
    if (ipc_bound(&stored_service, run, &e) != RC_OK)
        fail_msg("%s", e.log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_op_has_one)};

    return cmocka_run_group_tests_name("handlers of stored", tests, NULL, NULL);
}
