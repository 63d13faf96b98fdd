/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/slots_test.c - nobody can make a mailbox unopenable: who may write slots, which lists are taken, how long the former one is kept.
 * Process  tests. */
#include "store/stored/live_each_test.h"

static enum rc set_slots(struct store *s, uint64_t mbx, uint64_t version, struct span slots)
{
    struct store_box_set_req rq = {.mbx = mbx, .what = BOX_SET_SLOTS, .slots_version = version, .slots = slots};
    struct err e;

    return store_call(s, STORE_BOX_SET, &rq, -1, NULL, &e);
}

static bool has(struct store *admin, uint64_t mbx, const char *now, const char *former)
{
    struct store_box_rep box;
    struct err e;

    OK(store_call(admin, STORE_BOX_GET, &(struct store_mbx_msg){mbx}, -1, &box, &e));
    return span_eq(box.slots, live_slots(now)) &&
           (former ? span_eq(box.former, live_slots(former)) : box.former.n == 0);
}

static void only_lists_that_open(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *admin = store_new(ROLE_ADMIN);
    struct slot signing = {.type = SLOT_SIGNING, .id = 1, .body = SPAN_LIT("key")};
    struct store_box_create_req cr = {.slots = SPAN_NULL};
    struct store_mbx_msg m;
    struct buf b = BUF_INIT;
    struct err e;

    (void)state;
    assert_int_equal(set_slots(admin, mbx, 1, SPAN_NULL), RC_PERM);
    slot_add(&b, &signing);
    assert_int_equal(set_slots(admin, mbx, 1, buf_span(&b)), RC_PERM);
    assert_int_equal(set_slots(admin, mbx, 1, SPAN_LIT("not slots")), RC_SYNTAX);
    assert_true(has(admin, mbx, "slots", NULL));
    OK(store_call(admin, STORE_BOX_RESERVE, NULL, -1, &m, &e));
    cr.mbx = m.mbx;
    assert_int_equal(store_call(admin, STORE_BOX_CREATE, &cr, -1, NULL, &e), RC_PERM);
    buf_free(&b);
    store_free(&admin);
}

/* A session, whatever its ticket gives, writes no slots; nor does smtpd read more of a mailbox than its slots. */
static void no_session_writes_them(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *imapd = live_bound_as(&L, ROLE_IMAPD, mbx, RIGHT_READ | RIGHT_WRITE | RIGHT_SLOTS),
                 *smtpd = live_bound_as(&L, ROLE_SMTPD, mbx, RIGHT_READ | RIGHT_WRITE | RIGHT_SLOTS);
    struct store_list_rep folders;
    struct err e;

    (void)state;
    assert_int_equal(set_slots(imapd, mbx, 1, live_slots("mine")), RC_DENIED);
    assert_int_equal(set_slots(imapd, 0, 1, live_slots("mine")), RC_DENIED);
    assert_int_equal(set_slots(smtpd, mbx, 1, live_slots("mine")), RC_DENIED);
    assert_int_equal(store_call(smtpd, STORE_FOLDERS, &(struct store_cursor_req){0}, -1, &folders, &e), RC_DENIED);
    store_free(&imapd);
    store_free(&smtpd);
}

/* The former list stays until a session says that the present one opened the mailbox; a second change does not push it out. */
static void the_former_is_kept(void **state)
{
    uint64_t mbx = live_box(0);
    struct store *admin = store_new(ROLE_ADMIN), *s = live_bound(&L, mbx);
    struct err e;

    (void)state;
    OK(set_slots(admin, mbx, 1, live_slots("second")));
    assert_true(has(admin, mbx, "second", "slots"));
    OK(set_slots(admin, mbx, 2, live_slots("third")));
    assert_true(has(admin, mbx, "third", "slots"));
    OK(store_call(s, STORE_BOX_OPENED, &(struct store_box_opened_req){2}, -1, NULL,
                  &e)); /* it tried what is no more there */
    assert_true(has(admin, mbx, "third", "slots"));
    OK(store_call(s, STORE_BOX_OPENED, &(struct store_box_opened_req){3}, -1, NULL, &e));
    assert_true(has(admin, mbx, "third", NULL));
    OK(set_slots(admin, mbx, 3, live_slots("third")));
    assert_true(has(admin, mbx, "third", NULL));
    OK(set_slots(admin, mbx, 4, live_slots("fourth")));
    assert_true(has(admin, mbx, "fourth", "third"));
    OK(store_call(admin, STORE_BOX_DELETE, &(struct store_mbx_msg){mbx}, -1, NULL, &e));
    store_free(&admin);
    store_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_lists_that_open), cmocka_unit_test(no_session_writes_them),
                                       cmocka_unit_test(the_former_is_kept)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
