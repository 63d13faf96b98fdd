/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/wire_test.c - dird's protocol tables: complete, bounded, and what is encoded is decoded. */
#include "directory/wire.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static uint64_t most_bytes(const struct ipc_field *f)
{
    uint64_t n = 8;
    for (; f && f->type != IPC_END; f++)
        n += 4 + (uint64_t)f->size;
    return n;
}

static size_t count(const struct ipc_field *f)
{
    size_t n = 0;
    while (f && f[n].type != IPC_END)
        n++;
    return n;
}

static void tables_are_complete_and_bounded(void **state)
{
    (void)state;
    assert_int_equal(ipc_op_find(&dird_proto, DIRD_EV_ENDED)->roles, 0); /* nobody may ask it */
    for (size_t i = 0; i < dird_proto.n_ops; i++) {
        const struct ipc_op *op = &dird_proto.ops[i];
        assert_ptr_equal(ipc_op_find(&dird_proto, op->op), op);
        assert_int_equal(op->roles == 0, i + 2 >= dird_proto.n_ops); /* events come last: nobody may ask them */
        assert_true(most_bytes(op->req) <= IPC_MSG_MAX && most_bytes(op->rep) <= IPC_MSG_MAX);
        assert_true(count(op->req) < IPC_FIELDS_MAX && count(op->rep) < IPC_FIELDS_MAX);
    }
    assert_true(sizeof(struct dird_account) <= IPC_STRUCT_MAX);
}

static void only_the_administrator_changes_things(void **state)
{
    (void)state;
    const uint16_t changes[] = {DIRD_ACCOUNT_ADD,  DIRD_ACCOUNT_SET,   DIRD_ACCOUNT_DELETE, DIRD_ACCOUNT_PASSWD,
                                DIRD_TRUST_ADD,    DIRD_TRUST_REMOVE,  DIRD_DELEGATE_SET,   DIRD_DOMAIN_ADD,
                                DIRD_DOMAIN_SET,   DIRD_DOMAIN_REMOVE, DIRD_GROUP_ADD,      DIRD_GROUP_SET,
                                DIRD_GROUP_REMOVE, DIRD_GROUP_CHANGE,  DIRD_ACCOUNT_STATE,  DIRD_ADMIN_SET,
                                DIRD_CHOOSE};
    /* what an administrator of some accounts may change, within her scopes (decision 0050) */
    const uint16_t hers[] = {DIRD_ACCOUNT_ADD,  DIRD_ACCOUNT_SET,  DIRD_ACCOUNT_PASSWD,
                             DIRD_DELEGATE_SET, DIRD_GROUP_ADD,    DIRD_GROUP_SET,
                             DIRD_GROUP_REMOVE, DIRD_GROUP_CHANGE, DIRD_ACCOUNT_STATE};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        bool is_hers = false;
        for (size_t k = 0; k < sizeof hers / sizeof *hers; k++)
            is_hers = is_hers || hers[k] == changes[i];
        assert_int_equal(ipc_op_find(&dird_proto, changes[i])->roles,
                         changes[i] == DIRD_CHOOSE ? ROLE_HTTPD /* a code comes with it, and dird looks at it */
                                                   : ROLE_ADMIN | (is_hers ? ROLE_ACTING : 0));
    }
    for (size_t i = 0; i < dird_proto.n_ops;
         i++) { /* a change whose reply was lost may have been made: it alone is not asked again */
        const struct ipc_op *op = &dird_proto.ops[i];
        bool is_change = false;
        for (size_t k = 0; k < sizeof changes / sizeof *changes; k++)
            is_change = is_change || changes[k] == op->op;
        assert_int_equal((op->bits & IPC_AGAIN) != 0, !is_change && op->roles != 0);
    }
}

static struct dird_account sample(void)
{
    struct dird_account a = {.address = SPAN_LIT("marie.martin@chu.example"),
                             .name = SPAN_LIT("Dr Marie MARTIN"),
                             .rpps = SPAN_LIT("10001234565"),
                             .aliases = SPAN_LIT("m@chu.example\nmm@chu.example"),
                             .mbx = 17,
                             .quota = 1u << 30,
                             .type = DT_PER,
                             .flags = DF_SIGN};
    memset(a.pub, 7, sizeof a.pub);
    return a;
}

static void an_account_comes_back(void **state)
{
    (void)state;
    struct dird_account a = sample(), b = {0};
    struct buf list = BUF_INIT;
    struct err e = {0};
    ipc_list_add(&list, dird_account_f, &a);
    ipc_list_add(&list, dird_account_f, &a);
    struct span rest = buf_span(&list);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ipc_list_next(&rest, dird_account_f, &b, &e), RC_OK);
        assert_true(span_eq(a.address, b.address) && span_eq(a.aliases, b.aliases) && span_eq(b.cert_der, SPAN_NULL));
        assert_true(b.mbx == 17 && b.quota == a.quota && b.type == DT_PER && b.flags == DF_SIGN && b.pub[31] == 7);
    }
    assert_int_equal(ipc_list_next(&rest, dird_account_f, &b, &e), RC_NOTFOUND);
    buf_free(&list);
}

static void every_shorter_message_is_malformed(void **state)
{
    (void)state;
    struct dird_account a = sample(), b = {0};
    struct buf out = BUF_INIT;
    struct err e = {0};
    ipc_encode(&out, dird_account_f, &a);
    for (size_t n = 0; n < out.n; n++) {
        unsigned char *copy = malloc(n + 1);
        memcpy(copy, out.p, n);
        assert_int_equal(ipc_decode(span_of(copy, n), dird_account_f, &b, &e), RC_SYNTAX);
        free(copy);
    }
    buf_addc(&out, 0);
    assert_int_equal(ipc_decode(buf_span(&out), dird_account_f, &b, &e), RC_SYNTAX);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_complete_and_bounded),
        cmocka_unit_test(only_the_administrator_changes_things),
        cmocka_unit_test(an_account_comes_back),
        cmocka_unit_test(every_shorter_message_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
