/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/scope_test.c - delegated administrators on a real slapd: what is hers to see and to do, and what she is refused (decision 0050, its table of
 * cases).
 */
#include "directory/dird/scope_test.h"

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
                        adeli = {.adeli = SPAN_LIT("2A9300001")}, strict = {.flags = DF_STRICT | DF_SIGN},
                        red = {.flags = DF_RED_LIST | DF_SIGN};
    (void)state;
    by = act(BOSS);
    assert_int_equal(rename_(IN_A, &e), RC_OK);
    assert_int_equal(set_what(IN_A, DS_FLAGS, red, &e), RC_OK);
    OUT(set_what(IN_A, DS_FLAGS, strict, &e), e);
    OUT(set_what(IN_A, DS_QUOTA, quota, &e), e);
    OUT(set_what(IN_A, DS_MOST, most, &e), e);
    OUT(set_what(IN_A, DS_RPPS, rpps, &e), e);
    OUT(set_what(IN_A, DS_ADELI, adeli, &e), e); /* who has no other is known by it */
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

static void who_has_a_structure_names_it(void **state)
{
    static const char next[] = "nomme4@chu.example";
    struct dird_account a = in("nomme1@cabinet.example", B_ID, 111), got;
    struct buf mem = BUF_INIT;
    struct err e = {0};
    (void)state;
    a.structure_name = SPAN_LIT("Faux"); /* hers for that account alone: she administers its domain */
    by = act(LORD);
    assert_int_equal(add_as(a, &e), RC_OK);
    a.structure_name = SPAN_LIT("Encore faux");
    assert_int_equal(set_what("nomme1@cabinet.example", DS_STRUCTURE_NAME, a, &e), RC_OK);
    dir_free(&by);
    assert_int_equal(add(in("nomme2@chu.example", B_ID, 112)), RC_OK);
    assert_int_equal(
        dir_call_in(dir, DIRD_ACCOUNT_GET, &(struct dird_address_req){SPAN_LIT("nomme2@chu.example")}, &got, &mem, &e),
        RC_OK);
    assert_int_equal(got.structure_name.n, 0);
    a = in("nomme3@chu.example", A_ID, 113);
    a.structure_name = SPAN_LIT("Vrai");
    by = act(BOSS);
    assert_int_equal(add_as(a, &e), RC_OK);
    a.structure_name = SPAN_LIT("Plus vrai"); /* the last word counts */
    assert_int_equal(set_what("nomme3@chu.example", DS_STRUCTURE_NAME, a, &e), RC_OK);
    dir_free(&by);
    assert_int_equal(add(in(next, A_ID, 114)), RC_OK);
    assert_int_equal(dir_call_in(dir, DIRD_ACCOUNT_GET, &(struct dird_address_req){SPAN_LIT(next)}, &got, &mem, &e),
                     RC_OK);
    assert_true(span_eq_str(got.structure_name, "Plus vrai"));
    buf_free(&mem);
}

/* The holder's number is no secret: with it, a structure of the same domain would have another's former address. */
static void an_address_closed_for_good_is_given_by_its_domain(void **state)
{
    struct err e = {0};
    struct dird_account a = in("depart@chu.example", B_ID, 120);
    uint64_t now = (uint64_t)clock_utc();
    (void)state;
    a.rpps = SPAN_LIT("10001234565");
    assert_int_equal(add(a), RC_OK);
    struct dird_state_req rq = {.address = a.address, .keep_until = now, .mbx = 120};
    for (rq.step = DL_CLOSE; rq.step <= DL_BURY; rq.step = rq.step == DL_CLOSE   ? DL_ERASE
                                                           : rq.step == DL_ERASE ? DL_BURY
                                                                                 : DL_BURY + 1)
        assert_int_equal(dir_call(dir, DIRD_ACCOUNT_STATE, &rq, NULL, &e), RC_OK);
    assert_int_equal(kind_of("depart@chu.example"), DK_CLOSED);
    a.mbx = 121;
    a.structure = SPAN_LIT(A_ID);
    by = act(BOSS);
    OUT(add_as(a, &e), e);
    OUT(alias(IN_A, "depart@chu.example", &e), e);
    dir_free(&by);
    assert_int_equal(grant(PEER, SCOPE_DOMAIN, "chu.example", true), RC_OK);
    by = act(PEER);
    assert_int_equal(add_as(a, &e), RC_OK);
    dir_free(&by);
    assert_int_equal(grant(PEER, SCOPE_DOMAIN, "chu.example", false), RC_OK);
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

/* A delegate is taken away by the number of her mailbox: the address beside it must be hers. */
static void an_ending_names_one_delegate(void **state)
{
    struct err e = {0};
    struct dird_delegation other = {
        .address = SPAN_LIT(IN_B), .to = SPAN_LIT(IN_A), .delegate = mbx_of(ALONE), .acl = 0};
    (void)state;
    assert_int_equal(delegate(dir, IN_B, ALONE, ACL_L, &e), RC_OK);
    by = act(BOSS);
    OUT(dir_call(by, DIRD_DELEGATE_SET, &other, NULL, &e), e);
    other.to = SPAN_LIT(IN_A2);
    OUT(dir_call(by, DIRD_DELEGATE_SET, &other, NULL, &e), e);
    dir_free(&by);
    assert_int_equal(delegate(dir, IN_B, ALONE, 0, &e), RC_OK);
}

/* The password of who opens an administrator's mailbox is given by who may change that mailbox. */
static void no_password_opens_who_administers_more(void **state)
{
    struct err e = {0};
    (void)state;
    assert_int_equal(delegate(dir, HIGH, IN_A2, ACL_L, &e), RC_OK);
    by = act(BOSS);
    OUT(passwd(IN_A2, &e), e);
    assert_int_equal(delegate(dir, HIGH, IN_A2, 0, &e), RC_OK);
    assert_int_equal(delegate(dir, BOSS, IN_A2, ACL_L, &e), RC_OK); /* her own mailbox she opens anyway */
    assert_int_equal(passwd(IN_A2, &e), RC_OK);
    assert_int_equal(delegate(dir, BOSS, IN_A2, 0, &e), RC_OK);
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
    /* as it is read where it is written: without the blanks around it */
    OUT(members(by, "tous@cabinet.example", "tous@chu.example ", &e), e);
    OUT(members(by, "tous@cabinet.example", CAB "\r\n\ttous@chu.example\r\n", &e), e);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(she_sees_what_is_hers),
        cmocka_unit_test(she_changes_what_is_hers),
        cmocka_unit_test(aliases_are_of_her_domain),
        cmocka_unit_test(what_she_adds_is_hers),
        cmocka_unit_test(who_has_a_structure_names_it),
        cmocka_unit_test(an_address_closed_for_good_is_given_by_its_domain),
        cmocka_unit_test(she_destroys_nothing),
        cmocka_unit_test(no_mailbox_goes_out_of_her_scopes),
        cmocka_unit_test(an_ending_names_one_delegate),
        cmocka_unit_test(no_password_opens_who_administers_more),
        cmocka_unit_test(lists_of_her_domain),
    };
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
