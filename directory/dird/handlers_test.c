/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/handlers_test.c - every operation of dird's table has exactly one handler. */
#include "directory/dird/dird.h"
#include "directory/wire.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

static void test_each_op_has_one(void **state)
{
    ipc_handler run[256];
    struct err e;

    (void)state;
    assert_true(dird_proto.n_ops <= sizeof run / sizeof *run);
    if (ipc_bound(&(struct ipc_service){.proto = &dird_proto, .handlers = dird_handlers}, run, &e) != RC_OK)
        fail_msg("%s", e.log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_op_has_one)};

    return cmocka_run_group_tests_name("handlers of dird", tests, NULL, NULL);
}
