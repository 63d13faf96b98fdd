/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/live_each_test.h - a new daemon for each test (live_test.h), as L: setup and teardown of test programs that want nothing more.
 * Process  tests.
 */
#pragma once
#include "store/stored/live_test.h"

static struct live L;

static int setup(void **state)
{
    (void)state;
    live_new(&L);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_end(&L);
    return 0;
}
