/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/scope_test.h - for tests: administrators of two structures and of a domain on a real slapd, and requests in their name. They come as from a pli that
 * checks nothing itself.
 */
#pragma once
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

static inline struct dird_account in(const char *address, const char *structure, uint64_t mbx)
{
    struct dird_account a = per(address, "Nom PRENOM", mbx);
    a.structure = span_str(structure);
    a.password = SPAN_LIT("mot de passe");
    return a;
}

static inline enum rc grant(const char *who, enum dird_scope_kind kind, const char *id, bool on)
{
    struct dird_scope rq = {.address = span_str(who), .kind = (uint8_t)kind, .id = span_str(id), .on = on};
    struct err e = {0};
    return dir_call(dir, DIRD_ADMIN_SET, &rq, NULL, &e);
}

static inline enum rc auth_as(struct dir *d, const char *who, const char *password, struct buf *ticket, struct err *e)
{
    struct dird_auth_req rq = {span_str(who), span_str(password), SPAN_LIT("local"), DP_ACTING};
    struct dird_auth_rep rep = {0};
    enum rc rc = dir_auth(d, &rq, &rep, e);
    buf_clear(ticket);
    if (rc == RC_OK)
        buf_addspan(ticket, rep.ticket);
    return rc;
}

static inline struct dir *act(const char *who)
{
    struct dir *d = dir_new(ROLE_ACTING);
    struct buf ticket = BUF_INIT;
    struct err e = {0};
    assert_int_equal(auth_as(d, who, "mot de passe", &ticket, &e), RC_OK);
    dir_act(d, buf_span(&ticket));
    buf_free(&ticket);
    return d;
}

static inline int make_all(void **state)
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

static inline int unmake_all(void **state)
{
    return unmake(state);
}

/* ---- short forms: as whoever "by" acts for ---- */
static inline enum rc get(const char *address, struct err *e)
{
    struct dird_account a;
    return dir_call(by, DIRD_ACCOUNT_GET, &((struct dird_address_req){span_str(address)}), &a, e);
}

static inline enum rc set_what(const char *address, uint32_t what, struct dird_account a, struct err *e)
{
    a.address = span_str(address);
    return dir_account_set(by, what, &a, e);
}

static inline enum rc rename_(const char *address, struct err *e)
{
    return set_what(address, DS_NAME, (struct dird_account){.name = SPAN_LIT("Autre NOM")}, e);
}

static inline enum rc alias(const char *address, const char *lines, struct err *e)
{
    return set_what(address, DS_ALIAS_ADD, (struct dird_account){.aliases = span_str(lines)}, e);
}

static inline enum rc passwd(const char *address, struct err *e)
{
    return dir_call(by, DIRD_ACCOUNT_PASSWD, &((struct dird_passwd_req){.address = span_str(address), .password = SPAN_LIT("un autre mot")}),
                    NULL, e);
}

static inline enum rc live(const char *address, enum dird_step s, uint64_t keep_until, struct err *e)
{
    struct dird_state_req rq = {
        .address = span_str(address), .step = s, .keep_until = keep_until, .mbx = mbx_of(address)};
    return dir_call(by, DIRD_ACCOUNT_STATE, &rq, NULL, e);
}

static inline enum rc delegate(struct dir *d, const char *box, const char *to, uint32_t acl, struct err *e)
{
    struct dird_delegation rq = {
        .address = span_str(box), .to = span_str(to), .delegate = mbx_of(to), .acl = acl, .grant = 7};
    return dir_call(d, DIRD_DELEGATE_SET, &rq, NULL, e);
}

static inline enum rc add_as(struct dird_account a, struct err *e)
{
    return dir_call(by, DIRD_ACCOUNT_ADD, &a, NULL, e);
}

/* The addresses that a list gives, with a space behind each. */
static inline const char *listed(enum dird_op op, const char *text)
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
