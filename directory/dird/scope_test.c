/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/scope_test.c - delegated administrators on a real slapd: who acts, what is hers, and what she is refused (decision 0050, its table of
 * cases). Requests come as from a pli that checks nothing itself.
 */
#include "directory/dird/daemon_test.h"
#include "base/rights.h"
#include "directory/dird/scope.h"
#include <setjmp.h>
#include <cmocka.h>

#define A_ID "750712184"
#define B_ID "690000021"
#define BOSS "boss@chu.example"       /* administers A */
#define PEER "peer@chu.example"       /* in A, administers A */
#define HIGH "high@chu.example"       /* in A, administers A and B */
#define LORD "lord@cabinet.example"   /* administers cabinet.example */
#define IN_A "anne@chu.example"       /* in A */
#define IN_A2 "alain@chu.example"     /* in A */
#define IN_B "benoit@chu.example"     /* in B */
#define ALONE "alone@chu.example"     /* of no structure */
#define CAB "cabinet@cabinet.example" /* in B, of the other domain */
#define OUT(rc, e) assert_true((rc) == RC_PERM && (e).cause == CAUSE_OUT_OF_SCOPE)

static struct dir *by; /* who acts */

static struct dird_account in(const char *address, const char *structure, uint64_t mbx)
{
    struct dird_account a = per(address, "Nom PRENOM", mbx);
    a.structure = span_str(structure);
    a.password = SPAN_LIT("mot de passe");
    return a;
}

static enum rc grant(const char *who, enum dird_scope_kind kind, const char *id, bool on)
{
    struct dird_scope rq = {.address = span_str(who), .kind = (uint8_t)kind, .id = span_str(id), .on = on};
    struct err e = {0};
    return dir_call(dir, DIRD_ADMIN_SET, &rq, NULL, &e);
}

static enum rc auth_as(struct dir *d, const char *who, const char *password, struct buf *ticket, struct err *e)
{
    struct dird_auth_req rq = {span_str(who), span_str(password), SPAN_LIT("local"), DP_ACTING};
    struct dird_auth_rep rep = {0};
    enum rc rc = dir_auth(d, &rq, &rep, e);
    buf_clear(ticket);
    if (rc == RC_OK)
        buf_addspan(ticket, rep.ticket);
    return rc;
}

static struct dir *act(const char *who)
{
    struct dir *d = dir_new(ROLE_ACTING);
    struct buf ticket = BUF_INIT;
    struct err e = {0};
    assert_int_equal(auth_as(d, who, "mot de passe", &ticket, &e), RC_OK);
    dir_act(d, buf_span(&ticket));
    buf_free(&ticket);
    return d;
}

static int make_all(void **state)
{
    static const struct {
        const char *address, *structure;
    } all[] = {{BOSS, A_ID},  {PEER, A_ID}, {HIGH, A_ID}, {LORD, ""}, {IN_A, A_ID},
               {IN_A2, A_ID}, {IN_B, B_ID}, {ALONE, ""},  {CAB, B_ID}};
    if (make(state) != 0)
        return -1;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (add(in(all[i].address, all[i].structure, 61 + i)) != RC_OK)
            return -1;
    return grant(BOSS, SCOPE_STRUCTURE, A_ID, true) == RC_OK && grant(PEER, SCOPE_STRUCTURE, A_ID, true) == RC_OK &&
                   grant(HIGH, SCOPE_STRUCTURE, A_ID, true) == RC_OK &&
                   grant(HIGH, SCOPE_STRUCTURE, B_ID, true) == RC_OK &&
                   grant(LORD, SCOPE_DOMAIN, "cabinet.example", true) == RC_OK
               ? 0
               : -1;
}

static int unmake_all(void **state)
{
    return unmake(state);
}

/* ---- short forms: as whoever "by" acts for ---- */
static enum rc get(const char *address, struct err *e)
{
    struct dird_account a;
    return dir_call(by, DIRD_ACCOUNT_GET, &((struct dird_address_req){span_str(address)}), &a, e);
}

static enum rc set_what(const char *address, uint32_t what, struct dird_account a, struct err *e)
{
    a.address = span_str(address);
    return dir_account_set(by, what, &a, e);
}

static enum rc rename_(const char *address, struct err *e)
{
    return set_what(address, DS_NAME, (struct dird_account){.name = SPAN_LIT("Autre NOM")}, e);
}

static enum rc alias(const char *address, const char *lines, struct err *e)
{
    return set_what(address, DS_ALIAS_ADD, (struct dird_account){.aliases = span_str(lines)}, e);
}

static enum rc passwd(const char *address, struct err *e)
{
    return dir_call(by, DIRD_ACCOUNT_PASSWD, &((struct dird_passwd_req){span_str(address), SPAN_LIT("un autre mot")}),
                    NULL, e);
}

static enum rc live(const char *address, enum dird_step s, uint64_t keep_until, struct err *e)
{
    struct dird_state_req rq = {
        .address = span_str(address), .step = s, .keep_until = keep_until, .mbx = mbx_of(address)};
    return dir_call(by, DIRD_ACCOUNT_STATE, &rq, NULL, e);
}

static enum rc delegate(struct dir *d, const char *box, const char *to, uint32_t acl, struct err *e)
{
    struct dird_delegation rq = {
        .address = span_str(box), .to = span_str(to), .delegate = mbx_of(to), .acl = acl, .grant = 7};
    return dir_call(d, DIRD_DELEGATE_SET, &rq, NULL, e);
}

static enum rc add_as(struct dird_account a, struct err *e)
{
    return dir_call(by, DIRD_ACCOUNT_ADD, &a, NULL, e);
}

/* The addresses that a list gives, with a space behind each. */
static const char *listed(enum dird_op op, const char *text)
{
    static char all[1024];
    struct dird_list_rep rep = {0};
    struct dird_account a;
    struct err e = {0};
    size_t n = 0;
    all[0] = 0;
    assert_int_equal(dir_call(by, op, &((struct dird_list_req){.text = span_str(text)}), &rep, &e), RC_OK);
    assert_false(rep.more);
    while (ipc_list_next(&rep.list, dird_account_f, &a, &e) == RC_OK)
        n += (size_t)snprintf(all + n, sizeof all - n, "%.*s ", SPAN_ARG(a.address));
    return all;
}

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

/* ---- reading ---- */
static void she_sees_what_is_hers(void **state)
{
    struct err e = {0};
    struct dird_lookup_rep rep = {0};
    (void)state;
    by = act(BOSS);
    assert_int_equal(get(IN_A, &e), RC_OK);
    OUT(get(IN_B, &e), e);
    OUT(get(ALONE, &e), e);
    OUT(get(CAB, &e), e);
    assert_int_equal(get("rien@chu.example", &e), RC_NOTFOUND);
    assert_string_equal(listed(DIRD_ACCOUNT_LIST, ""), IN_A2 " " IN_A " " BOSS " " HIGH " " PEER " ");
    assert_string_equal(listed(DIRD_SEARCH, "nom"), IN_A2 " " IN_A " " BOSS " " HIGH " " PEER " ");
    assert_string_equal(listed(DIRD_CLOSED, ""), "");
    assert_int_equal(dir_lookup(by, SPAN_LIT(IN_A), &rep, &e), RC_OK);
    assert_true(rep.kind == DK_MAILBOX && rep.mbx == 65);
    assert_int_equal(dir_lookup(by, SPAN_LIT(IN_B), &rep, &e), RC_OK); /* that it is taken, and nothing of it */
    assert_true(rep.kind == DK_MAILBOX && rep.mbx == 0 && rep.flags == 0 && rep.pub[0] == 0);
    dir_free(&by);
    by = act(LORD);
    assert_string_equal(listed(DIRD_ACCOUNT_LIST, ""), CAB " " LORD " ");
    OUT(get(IN_A, &e), e);
    dir_free(&by);
}

/* ---- changing ---- */
static void she_changes_what_is_hers(void **state)
{
    struct err e = {0};
    struct dird_account quota = {.quota = 1}, most = {.most = 1}, rpps = {.rpps = SPAN_LIT("10001234565")},
                        strict = {.flags = DF_STRICT | DF_SIGN}, red = {.flags = DF_RED_LIST | DF_SIGN};
    (void)state;
    by = act(BOSS);
    assert_int_equal(rename_(IN_A, &e), RC_OK);
    assert_int_equal(set_what(IN_A, DS_FLAGS, red, &e), RC_OK);
    OUT(set_what(IN_A, DS_FLAGS, strict, &e), e);
    OUT(set_what(IN_A, DS_QUOTA, quota, &e), e);
    OUT(set_what(IN_A, DS_MOST, most, &e), e);
    OUT(set_what(IN_A, DS_RPPS, rpps, &e), e);
    OUT(rename_(IN_B, &e), e);
    OUT(rename_(ALONE, &e), e);
    OUT(rename_(CAB, &e), e);
    OUT(rename_(BOSS, &e), e); /* herself */
    assert_int_equal(rename_(PEER, &e), RC_OK);
    OUT(rename_(HIGH, &e), e); /* who administers more */
    OUT(passwd(HIGH, &e), e);
    OUT(passwd(BOSS, &e), e);
    assert_int_equal(passwd(IN_A2, &e), RC_OK);
    assert_int_equal(set_what("ANNE@Chu.Example", DS_NAME, (struct dird_account){.name = SPAN_LIT("Anne A")}, &e),
                     RC_OK);
    OUT(set_what("BENOIT@Chu.Example", DS_NAME, (struct dird_account){.name = SPAN_LIT("B B")}, &e), e);
    assert_int_equal(rename_("*@chu.example", &e), RC_NOTFOUND);
    assert_int_equal(rename_(" " IN_A, &e), RC_NOTFOUND);
    dir_free(&by);
}

static void aliases_are_of_her_domain(void **state)
{
    struct err e = {0};
    (void)state;
    by = act(BOSS);
    assert_int_equal(alias(IN_A, "a.n@chu.example", &e), RC_OK);
    OUT(alias(IN_A, "a.n@cabinet.example", &e), e);
    OUT(alias(IN_A, "a.m@chu.example\na.n@CABINET.example", &e), e);
    OUT(alias(IN_A, "postmaster@chu.example", &e), e);
    OUT(alias(IN_A, "abuse@chu.example", &e), e);
    OUT(alias(IN_B, "b.n@chu.example", &e), e);
    /* what the operator gave stays, and may go */
    struct dird_account two = {.address = SPAN_LIT(IN_A), .aliases = SPAN_LIT("anne@cabinet.example")};
    assert_int_equal(dir_account_set(dir, DS_ALIAS_ADD, &two, &e), RC_OK);
    two.aliases = SPAN_LIT("a.n@chu.example\nanne@cabinet.example\na3@chu.example");
    assert_int_equal(set_what(IN_A, DS_ALIASES, two, &e), RC_OK);
    assert_int_equal(set_what(IN_A, DS_ALIASES, (struct dird_account){.aliases = SPAN_NULL}, &e), RC_OK);
    OUT(alias(IN_A, "anne@cabinet.example", &e), e);
    OUT(set_what("a.n@chu.example", DS_NAME, (struct dird_account){.name = SPAN_LIT("x")}, &e) == RC_NOTFOUND ? RC_PERM
                                                                                                              : RC_OK,
        ((struct err){.cause = CAUSE_OUT_OF_SCOPE})); /* an alias names no account */
    dir_free(&by);
    by = act(LORD);
    assert_int_equal(alias(CAB, "postmaster@cabinet.example", &e), RC_OK); /* the domain is hers */
    OUT(alias(CAB, "cab@chu.example", &e), e);
    dir_free(&by);
}

static void what_she_adds_is_hers(void **state)
{
    struct err e = {0};
    struct dird_account a;
    (void)state;
    by = act(BOSS);
    assert_int_equal(add_as(in("n1@chu.example", A_ID, 101), &e), RC_OK);
    OUT(add_as(in("n2@chu.example", B_ID, 102), &e), e);
    OUT(add_as(in("n2@chu.example", "", 102), &e), e);
    OUT(add_as(in("n2@cabinet.example", A_ID, 102), &e), e);
    OUT(add_as(in("abuse@chu.example", A_ID, 102), &e), e);
    OUT(add_as(in("n2@ailleurs.example", A_ID, 102), &e), e);
    assert_true(add_as(in("n2@chu.example", A_ID " ", 102), &e) != RC_OK);
    assert_true(add_as(in("n2@chu.example", "*", 102), &e) != RC_OK);
    a = in("n2@chu.example", A_ID, 102);
    a.aliases = SPAN_LIT("n2@cabinet.example");
    OUT(add_as(a, &e), e);
    a.aliases = SPAN_NULL;
    a.most = 5;
    OUT(add_as(a, &e), e);
    dir_free(&by);
    by = act(LORD);
    assert_int_equal(add_as(in("n3@cabinet.example", "", 103), &e), RC_OK);
    OUT(add_as(in("n4@chu.example", A_ID, 104), &e), e);
    dir_free(&by);
}

static void she_destroys_nothing(void **state)
{
    struct err e = {0};
    uint64_t now = (uint64_t)clock_utc(), month = now + 30 * 24 * 3600;
    (void)state;
    assert_int_equal(add(in("fin@chu.example", A_ID, 110)), RC_OK);
    by = act(BOSS);
    assert_int_equal(live("fin@chu.example", DL_SUSPEND, 0, &e), RC_OK);
    assert_int_equal(live("fin@chu.example", DL_RESUME, 0, &e), RC_OK);
    OUT(live("fin@chu.example", DL_CLOSE, now, &e), e);
    assert_int_equal(live("fin@chu.example", DL_CLOSE, month, &e), RC_OK);
    assert_string_equal(listed(DIRD_CLOSED, ""), "fin@chu.example ");
    OUT(live("fin@chu.example", DL_CLOSE, month - 1, &e), e); /* shorter than it was said */
    assert_int_equal(live("fin@chu.example", DL_CLOSE, 0, &e), RC_OK);
    OUT(live("fin@chu.example", DL_ERASE, 0, &e), e);
    OUT(live("fin@chu.example", DL_KEEP, 0, &e), e);
    OUT(live("fin@chu.example", DL_BURY, 0, &e), e);
    OUT(live("fin@chu.example", 99, 0, &e), e);
    assert_int_equal(live("fin@chu.example", DL_REOPEN, 0, &e), RC_OK);
    OUT(live(IN_B, DL_SUSPEND, 0, &e), e);
    OUT(live(BOSS, DL_SUSPEND, 0, &e), e);
    OUT(live(HIGH, DL_CLOSE, month, &e), e);
    dir_free(&by);
}

/* ---- delegates ---- */
static void no_mailbox_goes_out_of_her_scopes(void **state)
{
    struct err e = {0};
    struct dird_delegations_req box = {.address = SPAN_LIT(IN_B)};
    struct dird_list_rep rep = {0};
    struct dird_delegation d;
    (void)state;
    by = act(BOSS);
    assert_int_equal(delegate(by, IN_A, IN_A2, ACL_L, &e), RC_OK);
    OUT(delegate(by, IN_A, IN_B, ACL_L, &e), e);
    OUT(delegate(by, IN_B, IN_A, ACL_L, &e), e);
    OUT(delegate(by, IN_A, BOSS, ACL_L, &e), e); /* to herself */
    OUT(delegate(by, BOSS, IN_A, ACL_L, &e), e);
    OUT(delegate(by, HIGH, IN_A, ACL_L, &e), e);
    OUT(delegate(by, ALONE, IN_A, ACL_L, &e), e);
    /* of another's mailbox she sees her own accounts' share, and may end it; nobody's password opens more than is hers */
    assert_int_equal(delegate(dir, IN_B, IN_A, ACL_L, &e), RC_OK);
    assert_int_equal(delegate(dir, IN_B, ALONE, ACL_L, &e), RC_OK);
    assert_int_equal(dir_call(by, DIRD_DELEGATES, &box, &rep, &e), RC_OK);
    assert_int_equal(ipc_list_next(&rep.list, dird_delegation_f, &d, &e), RC_OK);
    assert_true(span_eq_str(d.to, IN_A));
    assert_int_equal(ipc_list_next(&rep.list, dird_delegation_f, &d, &e), RC_NOTFOUND);
    OUT(passwd(IN_A, &e), e);
    OUT(delegate(by, IN_B, ALONE, 0, &e), e);
    assert_int_equal(delegate(by, IN_B, IN_A, 0, &e), RC_OK);
    assert_int_equal(passwd(IN_A, &e), RC_OK);
    assert_int_equal(delegate(by, IN_A, IN_A2, 0, &e), RC_OK);
    dir_free(&by);
}

/* ---- lists ---- */
static enum rc members(struct dir *d, const char *list, const char *lines, struct err *e)
{
    struct dird_group_change_rep rep = {0};
    return dir_call(d, DIRD_GROUP_CHANGE, &((struct dird_group_change_req){span_str(list), 1, span_str(lines)}), &rep,
                    e);
}

static enum rc list_add(struct dir *d, const char *address, struct err *e)
{
    struct dird_group g = {.address = span_str(address), .name = SPAN_LIT("Liste"), .post = GP_MEMBERS};
    return dir_call(d, DIRD_GROUP_ADD, &g, NULL, e);
}

static void lists_of_her_domain(void **state)
{
    struct dird_list_rep rep = {0};
    struct dird_group g;
    struct dird_group set = {.address = SPAN_LIT("tous@chu.example"), .what = DW_POST, .post = GP_TRUST_SPACE};
    struct err e = {0};
    (void)state;
    assert_int_equal(list_add(dir, "tous@chu.example", &e), RC_OK);
    by = act(LORD);
    assert_int_equal(list_add(by, "tous@cabinet.example", &e), RC_OK);
    OUT(list_add(by, "autres@chu.example", &e), e);
    OUT(dir_call(by, DIRD_GROUP_SET, &set, NULL, &e), e);
    OUT(dir_call(by, DIRD_GROUP_REMOVE, &((struct dird_address_req){SPAN_LIT("tous@chu.example")}), NULL, &e), e);
    OUT(members(by, "tous@chu.example", CAB, &e), e);
    /* anybody may be a member; another's list, or what may become one, may not */
    assert_int_equal(members(by, "tous@cabinet.example", CAB "\n" IN_A, &e), RC_OK);
    OUT(members(by, "tous@cabinet.example", "tous@chu.example", &e), e);
    OUT(members(by, "tous@cabinet.example", "TOUS+x@CHU.example", &e), e);
    OUT(members(by, "tous@cabinet.example", "rien@chu.example", &e), e);
    assert_int_equal(dir_call(by, DIRD_GROUP_LIST, &((struct dird_list_req){.after = SPAN_NULL}), &rep, &e), RC_OK);
    assert_int_equal(ipc_list_next(&rep.list, dird_group_f, &g, &e), RC_OK);
    assert_true(span_eq_str(g.address, "tous@cabinet.example"));
    assert_int_equal(ipc_list_next(&rep.list, dird_group_f, &g, &e), RC_NOTFOUND);
    OUT(dir_call(by, DIRD_GROUP_MEMBERS, &((struct dird_group_members_req){.address = SPAN_LIT("tous@chu.example")}),
                 &rep, &e),
        e);
    dir_free(&by);
    by = act(BOSS); /* a structure has no lists */
    OUT(list_add(by, "chu-a@chu.example", &e), e);
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
    struct dird_passwd_req pw = {SPAN_LIT(IN_B), SPAN_NULL};
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
                        (i >= 4 && i < 4 + strlen(IN_A) && bit == 5));
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
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_PASSWD,
                              &((struct dird_passwd_req){SPAN_LIT(IN_B), SPAN_LIT("tout autre mot")}), NULL, &e),
                     RC_OK);
    assert_int_equal(get(CAB, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_ACTING_ENDED);
    dir_free(&by);
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
        cmocka_unit_test(she_sees_what_is_hers),
        cmocka_unit_test(she_changes_what_is_hers),
        cmocka_unit_test(aliases_are_of_her_domain),
        cmocka_unit_test(what_she_adds_is_hers),
        cmocka_unit_test(she_destroys_nothing),
        cmocka_unit_test(no_mailbox_goes_out_of_her_scopes),
        cmocka_unit_test(lists_of_her_domain),
        cmocka_unit_test(may_answers_as_the_operation),
        cmocka_unit_test(it_ends_at_once),
        cmocka_unit_test(another_password_ends_it),
        cmocka_unit_test(sixteen_scopes_and_no_more),
    };
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
