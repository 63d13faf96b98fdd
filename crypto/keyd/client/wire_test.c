/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/wire_test.c - keyd's tables: every message of every operation there and back, cut at every length, every bit
 * flipped. What still decodes encodes to the same bytes, so no two byte strings mean one message.
 */
#include "base/wipe.h"
#include "crypto/keyd/client/wire.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct err e;

/* a message with something in every field, filled by the table alone */
static void sample(const struct ipc_field *f, unsigned char *msg)
{
    static const unsigned char text[7] = "sample";

    for (; f->type != IPC_END; f++) {
        struct span s = span_of(text, f->size < 6 ? f->size : 6);

        if (f->type == IPC_BYTES)
            memcpy(msg + f->off, &s, sizeof s);
        else
            random_bytes(msg + f->off, f->size);
    }
}

static void same_again(const struct ipc_field *f, struct span in, const char *what)
{
    _Alignas(16) unsigned char msg[IPC_STRUCT_MAX] = {0};
    struct buf again = BUF_INIT;

    if (ipc_decode(in, f, msg, &e) == RC_OK) {
        ipc_encode(&again, f, msg);
        if (!span_eq(buf_span(&again), in))
            fail_msg("%s: two byte strings for one message", what);
    }
    buf_free(&again);
}

static void one_table(const struct ipc_field *f, const char *what)
{
    _Alignas(16) unsigned char msg[IPC_STRUCT_MAX] = {0};
    struct buf b = BUF_INIT;

    sample(f, msg);
    ipc_encode(&b, f, msg);
    assert_int_equal(ipc_decode(buf_span(&b), f, msg, &e), RC_OK);
    for (size_t n = 0; n < b.n; n++)
        if (ipc_decode(span_head(buf_span(&b), n), f, msg, &e) == RC_OK)
            fail_msg("%s: %zu of %zu bytes are taken for all", what, n, b.n);
    for (size_t i = 0; i < b.n * 8; i++) {
        b.p[i / 8] ^= (unsigned char)(1u << i % 8);
        same_again(f, buf_span(&b), what);
        b.p[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    buf_addc(&b, 0);
    assert_int_not_equal(ipc_decode(buf_span(&b), f, msg, &e), RC_OK); /* a byte too many */
    buf_free(&b);
}

static void test_every_table(void **st)
{
    (void)st;
    for (size_t i = 0; i < keyd_proto.n_ops; i++) {
        const struct ipc_op *o = &keyd_proto.ops[i];

        if (o->req != NULL)
            one_table(o->req, o->name);
        if (o->rep != NULL)
            one_table(o->rep, o->name);
    }
    one_table(keyd_box_f, "box");
    one_table(keyd_wrapped_f, "wrapped");
}

/* keyd keeps no state that a second asking would spoil */
static void test_ops(void **st)
{
    (void)st;
    assert_int_equal(keyd_proto.n_ops, KEYD_SIGN_PROFILE - KEYD_WRAP + 1);
    for (size_t i = 0; i < keyd_proto.n_ops; i++) {
        assert_true(keyd_proto.ops[i].bits & IPC_AGAIN);
        assert_ptr_equal(ipc_op_find(&keyd_proto, keyd_proto.ops[i].op), &keyd_proto.ops[i]);
        assert_true(keyd_proto.ops[i].roles != 0);
        assert_int_equal(keyd_proto.ops[i].roles & (ROLE_STORED | ROLE_DIRD), 0); /* they see no key */
    }
}

/* who may ask for what a key can do: written out a second time, so that a change is made twice */
static void test_roles(void **st)
{
    static const struct {
        enum keyd_op op;
        uint32_t roles;
    } t[] = {
        {KEYD_OPEN_BOX, ROLE_IMAPD | ROLE_ADMIN},
        {KEYD_BOX_NEW, ROLE_ADMIN},
        {KEYD_REWRAP, ROLE_ADMIN},
        {KEYD_SIGN_MAIL, ROLE_SMTPD},
        {KEYD_ISSUE_TRIAL, ROLE_ADMIN},
        {KEYD_QUEUE_OPEN, ROLE_RELAYD | ROLE_ADMIN},
        {KEYD_STATUS, ROLE_ADMIN | ROLE_SUPER},
        {KEYD_DELEGATE, ROLE_ADMIN},
        {KEYD_TLS_SIGN, ROLE_SMTPD | ROLE_IMAPD | ROLE_RELAYD | ROLE_HTTPD | ROLE_PUBD},
        {KEYD_SIGN_PROFILE, ROLE_HTTPD},
    };

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        assert_int_equal(ipc_op_find(&keyd_proto, (uint16_t)t[i].op)->roles, t[i].roles);
}

/* the longest list of mailboxes and its answer fit into a message */
static void test_longest_list(void **st)
{
    struct buf boxes = BUF_INIT, wrapped = BUF_INIT, out = BUF_INIT;
    struct keyd_box b = {.mbx = 16};
    struct keyd_wrapped w = {.mbx = 16};
    struct keyd_wrap_req rq;
    struct keyd_wrap_rep rp;

    (void)st;
    for (int i = 0; i < 512; i++) {
        ipc_list_add(&boxes, keyd_box_f, &b);
        ipc_list_add(&wrapped, keyd_wrapped_f, &w);
    }
    memset(rq.cek, 1, sizeof rq.cek);
    rq.boxes = buf_span(&boxes);
    rp.wrapped = buf_span(&wrapped);
    ipc_encode(&out, ipc_op_find(&keyd_proto, KEYD_WRAP)->req, &rq);
    assert_int_equal(ipc_decode(buf_span(&out), ipc_op_find(&keyd_proto, KEYD_WRAP)->req, &rq, &e), RC_OK);
    buf_clear(&out);
    ipc_encode(&out, ipc_op_find(&keyd_proto, KEYD_WRAP)->rep, &rp);
    assert_true(out.n + 16 < IPC_MSG_MAX);
    assert_int_equal(ipc_decode(buf_span(&out), ipc_op_find(&keyd_proto, KEYD_WRAP)->rep, &rp, &e), RC_OK);
    buf_free(&boxes);
    buf_free(&wrapped);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_every_table), cmocka_unit_test(test_ops),
                                   cmocka_unit_test(test_roles), cmocka_unit_test(test_longest_list)};
    return cmocka_run_group_tests_name("keyd wire", t, NULL, NULL);
}
