/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/recipient_test.c - who is left when the steps are done: verdicts, and one copy for each place. Process  tests. */
#include "flow/recipient.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

static void here(struct recipients *r, const char *address, uint64_t mbx, uint32_t folder, enum cause verdict)
{
    struct recipient *p = recipients_add(r, address);

    p->local = true;
    p->mbx = mbx;
    p->folder = folder;
    p->verdict = verdict;
}

static void test_pick(void **state)
{
    const struct recipient *picked[16];
    struct recipients r = {0};

    (void)state;
    here(&r, "ana@here.example", 1, 1, CAUSE_NONE);
    here(&r, "alias.of.ana@here.example", 1, 1, CAUSE_NONE);
    here(&r, "ana+lab@here.example", 1, 2, CAUSE_NONE); /* another folder: another copy */
    here(&r, "closed@here.example", 2, 1, CAUSE_DISABLED_RCPT);
    here(&r, "bob@here.example", 3, 1, CAUSE_NONE);
    recipients_add(&r, "x@elsewhere.example");
    recipients_add(&r, "x@elsewhere.example");
    recipients_add(&r, "X@elsewhere.example"); /* local parts are the other server's to judge */
    assert_int_equal(recipients_pick(r.a, r.n, true, picked), 3);
    assert_string_equal(picked[0]->address, "ana@here.example");
    assert_int_equal(picked[1]->folder, 2);
    assert_int_equal(picked[2]->mbx, 3);
    assert_int_equal(recipients_pick(r.a, r.n, false, picked), 2);
    recipients_free(&r);
    assert_true(r.n == 0 && !r.a);
    recipients_free(&r);
}

/* A refused recipient takes the place from nobody: the same mailbox by another address still gets its copy. */
static void test_refused_first(void **state)
{
    const struct recipient *picked[2];
    struct recipients r = {0};

    (void)state;
    here(&r, "old@here.example", 1, 1, CAUSE_DISABLED_RCPT);
    here(&r, "new@here.example", 1, 1, CAUSE_NONE);
    assert_int_equal(recipients_pick(r.a, r.n, true, picked), 1);
    assert_string_equal(picked[0]->address, "new@here.example");
    recipients_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pick), cmocka_unit_test(test_refused_first)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
