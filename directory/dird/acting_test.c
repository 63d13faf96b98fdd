/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/acting_test.c - delegated administrators on a real slapd: who acts, with tickets and requests that were tampered with; scopes given and taken
 * (decision 0050).
 */
#include "directory/dird/scope_test.h"

/* ---- who acts ---- */
static void nobody_acts_without_a_ticket(void **state)
{
    struct dird_account a;
    struct dird_list_rep list;
    struct buf ticket = BUF_INIT;
    struct err e = {0};
    struct dir *d = dir_new(ROLE_ACTING);
    (void)state;
    assert_int_equal(dir_call(d, DIRD_ACCOUNT_GET, &((struct dird_address_req){SPAN_LIT(IN_A)}), &a, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_NOT_PERMITTED);
    assert_int_equal(dir_call(d, DIRD_ACCOUNT_LIST, &((struct dird_list_req){.after = SPAN_NULL}), &list, &e),
                     RC_DENIED);
    assert_int_equal(dir_call(d, DIRD_ADMIN_SET, &((struct dird_scope){.on = 1}), NULL, &e), RC_DENIED);
    assert_int_equal(dir_call(d, DIRD_ACCOUNT_DELETE, &((struct dird_address_req){SPAN_LIT(IN_A)}), NULL, &e),
                     RC_DENIED);
    assert_int_equal(auth_as(d, BOSS, "faux", &ticket, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_AUTH_FAILED);
    /* an account that administers nothing, and a ticket of another kind */
    assert_int_equal(auth_as(d, IN_A, "mot de passe", &ticket, &e), RC_OK);
    assert_int_equal(dir_call(d, DIRD_ACT, &((struct dird_act_req){buf_span(&ticket)}), NULL, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_ACTING_ENDED);
    struct dird_auth_req rq = {SPAN_LIT(BOSS), SPAN_LIT("mot de passe"), SPAN_LIT("192.0.2.1"), DP_ADMIN};
    struct dird_auth_rep rep = {0};
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_OK);
    assert_int_equal(dir_call(d, DIRD_ACT, &((struct dird_act_req){rep.ticket}), NULL, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_NOT_PERMITTED);
    rq.protocol = DP_IMAP; /* a ticket that opens a mailbox is not to be had by this role */
    assert_int_equal(dir_auth(d, &rq, &rep, &e), RC_DENIED);
    rq.protocol = DP_ACTING; /* and hers by no other */
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_DENIED);
    /* her ticket opens nothing else, is changed by nobody, and a connection stays one administrator's */
    assert_int_equal(auth_as(d, BOSS, "mot de passe", &ticket, &e), RC_OK);
    struct ticket made;
    assert_int_equal(
        ticket_check(buf_span(&ticket), TICKET_FOR_STORED, tickets.of[TICKET_FOR_STORED], clock_utc(), &made, &e),
        RC_OK);
    assert_int_equal(made.rights, RIGHT_ACT);
    for (size_t i = 0; i < ticket.n; i++) {
        if (i >= ticket.n - TICKET_CHECKERS * 32 && i < ticket.n - 32) /* the other checkers' tags */
            continue;
        ticket.p[i] ^= 1;
        assert_int_equal(dir_call(d, DIRD_ACT, &((struct dird_act_req){buf_span(&ticket)}), NULL, &e), RC_DENIED);
        ticket.p[i] ^= 1;
    }
    assert_int_equal(dir_call(d, DIRD_ACT, &((struct dird_act_req){buf_span(&ticket)}), NULL, &e), RC_OK);
    assert_int_equal(auth_as(d, LORD, "mot de passe", &ticket, &e), RC_OK);
    assert_int_equal(dir_call(d, DIRD_ACT, &((struct dird_act_req){buf_span(&ticket)}), NULL, &e), RC_DENIED);
    dir_free(&d);
    buf_free(&ticket);
}

/* Whatever ROLE_ACTING may ask has a row in scope_ops.c or is filtered: asked with an empty request, none is a bug() and none does anything. */
static void every_op_that_is_hers_is_held_against_her_scopes(void **state)
{
    (void)state;
    by = act(BOSS);
    for (size_t i = 0; i < dird_proto.n_ops; i++) {
        const struct ipc_op *op = &dird_proto.ops[i];
        unsigned char req[IPC_STRUCT_MAX] = {0}, rep[IPC_STRUCT_MAX] = {0};
        struct err e = {0};
        enum rc rc = op->roles && op->op != DIRD_AUTH && !(op->bits & IPC_REQ_FD)
                         ? dir_call(by, (enum dird_op)op->op, op->req ? req : NULL, rep, &e)
                         : RC_DENIED;
        if (op->roles && !(op->roles & ROLE_ACTING))
            assert_int_equal(rc, RC_DENIED);
        else if (rc == RC_OK)
            assert_true(op->rep != NULL || op->op == DIRD_MAY); /* a question */
    }
    dir_free(&by);
}

/* ---- asked before, by what is done elsewhere ---- */
static enum rc may(uint16_t op, struct span req, struct err *e)
{
    return dir_call(by, DIRD_MAY, &((struct dird_may_do_req){op, req}), NULL, e);
}

static void may_answers_as_the_operation(void **state)
{
    struct buf req = BUF_INIT;
    struct dird_passwd_req pw = {.address = SPAN_LIT(IN_B)};
    struct err e = {0};
    (void)state;
    by = act(BOSS);
    ipc_encode(&req, dird_passwd_req_f, &pw);
    OUT(may(DIRD_ACCOUNT_PASSWD, buf_span(&req), &e), e);
    buf_clear(&req);
    pw.address = SPAN_LIT(IN_A);
    ipc_encode(&req, dird_passwd_req_f, &pw);
    assert_int_equal(may(DIRD_ACCOUNT_PASSWD, buf_span(&req), &e), RC_OK);
    /* tampered with: each octet, each length, each operation; never more than no */
    for (size_t i = 0; i < req.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            req.p[i] ^= (unsigned char)(1u << bit);
            assert_true(may(DIRD_ACCOUNT_PASSWD, buf_span(&req), &e) != RC_OK ||
                        (i >= 4 && i < 4 + strlen(IN_A) && bit == 5) /* another case */ ||
                        i >= req.n - 8 /* code_until */);
            req.p[i] ^= (unsigned char)(1u << bit);
        }
        assert_true(may(DIRD_ACCOUNT_PASSWD, span_head(buf_span(&req), i), &e) != RC_OK);
    }
    for (unsigned op = 0; op < 300; op++)
        if (op != DIRD_ACCOUNT_PASSWD)
            assert_true(may((uint16_t)op, buf_span(&req), &e) != RC_OK);
    buf_free(&req);
    dir_free(&by);
}

/* ---- given, taken, ended ---- */
static void it_ends_at_once(void **state)
{
    struct err e = {0};
    (void)state;
    assert_int_equal(grant(PEER, SCOPE_STRUCTURE, A_ID, true), RC_EXISTS);
    assert_int_equal(grant(PEER, SCOPE_STRUCTURE, "750712185", true), RC_SYNTAX);
    assert_int_equal(grant(PEER, SCOPE_STRUCTURE, A_ID " ", true), RC_SYNTAX);
    assert_int_equal(grant(PEER, SCOPE_STRUCTURE, "*", true), RC_SYNTAX);
    assert_int_equal(grant(PEER, SCOPE_STRUCTURE, "", true), RC_SYNTAX);
    assert_int_equal(grant(PEER, SCOPE_DOMAIN, "ailleurs.example", true), RC_NOTFOUND);
    assert_int_equal(grant(PEER, SCOPE_DOMAIN, "", true), RC_NOTFOUND);
    assert_int_equal(grant(PEER, 7, A_ID, true), RC_SYNTAX);
    assert_int_equal(grant("rien@chu.example", SCOPE_STRUCTURE, A_ID, true), RC_NOTFOUND);
    assert_int_equal(grant(PEER, SCOPE_STRUCTURE, B_ID, false), RC_NOTFOUND);
    by = act(PEER);
    assert_int_equal(get(IN_A, &e), RC_OK);
    OUT(get(IN_B, &e), e);
    assert_int_equal(grant(PEER, SCOPE_STRUCTURE, B_ID, true), RC_OK); /* on the connection that is open */
    assert_int_equal(get(IN_B, &e), RC_OK);
    assert_int_equal(grant(PEER, SCOPE_STRUCTURE, B_ID, false), RC_OK);
    OUT(get(IN_B, &e), e);
    assert_int_equal(grant(PEER, SCOPE_STRUCTURE, A_ID, false), RC_OK);
    assert_int_equal(get(IN_A, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_ACTING_ENDED);
    assert_int_equal(grant(PEER, SCOPE_DOMAIN, "CHU.example", true), RC_OK); /* any case */
    assert_int_equal(grant(PEER, SCOPE_DOMAIN, "chu.example", true), RC_EXISTS);
    assert_int_equal(get(ALONE, &e), RC_OK);
    assert_int_equal(step(PEER, DL_SUSPEND), RC_OK);
    assert_int_equal(get(ALONE, &e), RC_DENIED);
    assert_int_equal(step(PEER, DL_RESUME), RC_OK);
    dir_free(&by);
    by = act(PEER);
    assert_int_equal(get(ALONE, &e), RC_OK);
    assert_int_equal(step(PEER, DL_CLOSE), RC_OK);
    assert_int_equal(get(ALONE, &e), RC_DENIED);
    assert_int_equal(grant(PEER, SCOPE_STRUCTURE, A_ID, true), RC_PERM);
    assert_int_equal(step(PEER, DL_REOPEN), RC_OK); /* and administers nothing any more */
    dir_free(&by);
    struct buf ticket = BUF_INIT;
    by = dir_new(ROLE_ACTING);
    assert_int_equal(auth_as(by, PEER, "mot de passe", &ticket, &e), RC_OK);
    assert_int_equal(dir_call(by, DIRD_ACT, &((struct dird_act_req){buf_span(&ticket)}), NULL, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_ACTING_ENDED);
    buf_free(&ticket);
    dir_free(&by);
}

static void another_password_ends_it(void **state)
{
    struct err e = {0};
    (void)state;
    assert_int_equal(grant(IN_B, SCOPE_STRUCTURE, B_ID, true), RC_OK);
    by = act(IN_B);
    assert_int_equal(get(CAB, &e), RC_OK);
    assert_int_equal(
        dir_call(dir, DIRD_ACCOUNT_PASSWD,
                 &((struct dird_passwd_req){.address = SPAN_LIT(IN_B), .password = SPAN_LIT("tout autre mot")}), NULL,
                 &e),
        RC_OK);
    assert_int_equal(get(CAB, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_ACTING_ENDED);
    dir_free(&by);
}

/* Whoever gets the domain later would else have her for an administrator. */
static void a_domain_that_somebody_administers_stays(void **state)
{
    struct dird_domain q = {.domain = SPAN_LIT("passe.example")};
    struct err e = {0};
    (void)state;
    assert_int_equal(dir_call(dir, DIRD_DOMAIN_ADD, &q, NULL, &e), RC_OK);
    assert_int_equal(grant(IN_A2, SCOPE_DOMAIN, "passe.example", true), RC_OK);
    assert_int_equal(dir_call(dir, DIRD_DOMAIN_REMOVE, &q, NULL, &e), RC_PERM);
    assert_non_null(strstr(e.log, "pli admin list"));
    assert_int_equal(grant(IN_A2, SCOPE_DOMAIN, "passe.example", false), RC_OK);
    assert_int_equal(dir_call(dir, DIRD_DOMAIN_REMOVE, &q, NULL, &e), RC_OK);
}

static void sixteen_scopes_and_no_more(void **state)
{
    char id[16];
    unsigned given = 0, full = 0;
    (void)state;
    for (unsigned n = 38001000; given + full < DIRD_SCOPES + 1; n++)
        for (unsigned digit = 0; digit < 10; digit++) {
            snprintf(id, sizeof id, "%u%u", n, digit);
            enum rc rc = grant(ALONE, SCOPE_STRUCTURE, id, true);
            given += rc == RC_OK;
            full += rc == RC_QUOTA;
        }
    assert_true(given == DIRD_SCOPES && full == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_acts_without_a_ticket),
        cmocka_unit_test(every_op_that_is_hers_is_held_against_her_scopes),
        cmocka_unit_test(may_answers_as_the_operation),
        cmocka_unit_test(it_ends_at_once),
        cmocka_unit_test(another_password_ends_it),
        cmocka_unit_test(a_domain_that_somebody_administers_stays),
        cmocka_unit_test(sixteen_scopes_and_no_more),
    };
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
