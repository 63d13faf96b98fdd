/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/delegates_test.c - delegates on a real slapd: who is one of whom, the tickets they get, who reads that in the directory, what a value
 * must look like. slapd away: all of it but changes goes on.
 */
#include "directory/dird/daemon_test.h"
#include "base/rights.h"
#include "directory/dird/entry.h"
#include <setjmp.h>
#include <cmocka.h>

#define BOX "cabinet@chu.example"
#define HER "marie@chu.example"
#define OTHER "paul@chu.example"

static struct dir *session; /* asks as imapd does */

static int make_all(void **state)
{
    if (make(state) != 0 || add(per(BOX, "Cabinet", 61)) != RC_OK || add(per(HER, "Marie M", 62)) != RC_OK ||
        add(per(OTHER, "Paul P", 63)) != RC_OK)
        return -1;
    session = dir_new(ROLE_IMAPD);
    return 0;
}

static int unmake_all(void **state)
{
    dir_free(&session);
    return unmake(state);
}

static enum rc set(const char *box, const char *to, uint64_t delegate, uint32_t acl, uint64_t grant)
{
    struct dird_delegation d = {
        .address = span_str(box), .to = span_str(to), .delegate = delegate, .acl = acl, .grant = grant};
    struct err e = {0};
    return dir_call(dir, DIRD_DELEGATE_SET, &d, NULL, &e);
}

static struct buf signed_in(const char *who)
{
    struct dird_auth_req rq = {span_str(who), SPAN_LIT("mot de passe"), SPAN_LIT("192.0.2.1"), DP_IMAP};
    struct dird_auth_rep rep = {0};
    struct buf ticket = BUF_INIT;
    struct err e = {0};
    assert_int_equal(dir_auth(session, &rq, &rep, &e), RC_OK);
    buf_addspan(&ticket, rep.ticket);
    return ticket;
}

/* How many records, and the first. */
static size_t ask(enum dird_op op, struct dir *by, struct span ticket, const char *address,
                  struct dird_delegation *first)
{
    struct dird_delegations_req rq = {ticket, span_str(address)};
    struct dird_list_rep rep = {0};
    struct dird_delegation d;
    struct err e = {0};
    size_t n = 0;
    assert_int_equal(dir_call(by, op, &rq, &rep, &e), RC_OK);
    while (ipc_list_next(&rep.list, dird_delegation_f, &d, &e) == RC_OK)
        if (n++ == 0)
            *first = d;
    return n;
}

static enum rc ticket_for(struct span own, uint64_t mbx, struct dird_delegate_rep *rep, struct err *e)
{
    struct dird_delegate_req rq = {own, mbx};
    return dir_call(session, DIRD_DELEGATE, &rq, rep, e);
}

static void who_is_one_of_whom(void **state)
{
    (void)state;
    struct buf hers = signed_in(HER), box;
    struct dird_delegation d;
    assert_int_equal(ask(DIRD_DELEGATIONS, session, buf_span(&hers), "", &d), 0);
    assert_int_equal(set(BOX, HER, 62, ACL_L | ACL_R, 7), RC_OK);
    assert_int_equal(ask(DIRD_DELEGATIONS, session, buf_span(&hers), "", &d), 1);
    assert_true(d.mbx == 61 && d.delegate == 62 && d.grant == 7 && d.acl == (ACL_L | ACL_R));
    assert_true(span_eq_str(d.address, BOX) && span_eq_str(d.to, HER) && span_eq_str(d.name, "Cabinet"));
    box = signed_in(BOX); /* now: a change within two seconds of the password's counts as another password (entry.h) */
    assert_int_equal(ask(DIRD_DELEGATIONS, session, buf_span(&box), "", &d), 0);
    assert_int_equal(ask(DIRD_DELEGATES, session, buf_span(&box), "", &d), 1);
    assert_int_equal(ask(DIRD_DELEGATES, session, buf_span(&box), OTHER, &d), 1); /* a session names no mailbox */
    assert_int_equal(ask(DIRD_DELEGATES, dir, SPAN_NULL, BOX, &d), 1);
    assert_int_equal(set(BOX, HER, 62, ACL_ALL, 8), RC_OK); /* changed: she is there once */
    assert_int_equal(set(BOX, OTHER, 63, ACL_L, 9), RC_OK);
    assert_int_equal(ask(DIRD_DELEGATES, dir, SPAN_NULL, BOX, &d), 2);
    assert_int_equal(set(BOX, OTHER, 63, 0, 0), RC_OK);
    assert_int_equal(set(BOX, OTHER, 63, 0, 0), RC_NOTFOUND);
    assert_int_equal(set(BOX, BOX, 61, ACL_L, 1), RC_PERM);
    assert_int_equal(set(BOX, "rien@chu.example", 99, ACL_L, 1), RC_NOTFOUND);
    assert_int_equal(set(BOX, HER, 63, ACL_L, 1), RC_NOTFOUND); /* her address, another's mailbox */
    buf_free(&hers);
    buf_free(&box);
}

static uint8_t state_of(const char *address)
{
    struct dird_account a = {0};
    struct err e = {0};
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_GET, &(struct dird_address_req){span_str(address)}, &a, &e), RC_OK);
    return a.state;
}

/* Made with a code that nobody has used; she is its delegate and opens it. Its state then. */
static uint8_t opened_by_her(struct dird_account a)
{
    char address[64];
    struct dird_delegate_rep rep = {0};
    struct buf hers = signed_in(HER);
    struct err e = {0};
    uint8_t is;
    snprintf(address, sizeof address, "%.*s", SPAN_ARG(a.address));
    a.code_until = (uint64_t)clock_utc() + 1000;
    assert_int_equal(add(a), RC_OK);
    assert_int_equal(set(address, HER, 62, ACL_L | ACL_R, 3), RC_OK);
    assert_int_equal(state_of(address), DA_PENDING);
    assert_int_equal(ticket_for(buf_span(&hers), a.mbx, &rep, &e), RC_OK);
    is = state_of(address);
    assert_int_equal(ticket_for(buf_span(&hers), a.mbx, &rep, &e), RC_OK);
    assert_int_equal(set(address, HER, 62, 0, 0), RC_OK);
    buf_free(&hers);
    return is;
}

/* A person's mailbox: her secretary's mail program opens it when it lists the folders, and she has not even chosen a password. */
static void a_delegate_opens_no_persons(void **state)
{
    (void)state;
    assert_int_equal(opened_by_her(per("nouvelle@chu.example", "Nouvelle", 75)), DA_PENDING);
}

/* A ward's: its delegates read it. */
static void a_delegate_opens_what_is_pending(void **state)
{
    struct dird_account ward = per("service@chu.example", "Service", 74);
    (void)state;
    ward.type = DT_ORG;
    ward.structure = SPAN_LIT("970100012");
    ward.responsible = SPAN_LIT("Dr Ana");
    assert_int_equal(opened_by_her(ward), DA_ACTIVE);
}

static void the_ticket_of_a_delegate(void **state)
{
    (void)state;
    struct buf hers = signed_in(HER), others = signed_in(OTHER), wire = BUF_INIT;
    struct dird_delegate_rep rep = {0};
    struct dird_stay_rep stay = {0};
    struct ticket own, made;
    struct err e = {0};
    assert_int_equal(ticket_for(buf_span(&hers), 61, &rep, &e), RC_OK);
    assert_true(span_eq_str(rep.address, BOX) && rep.delegate == 62 && rep.grant == 8 && rep.acl == ACL_ALL);
    buf_addspan(&wire, rep.ticket);
    assert_int_equal(
        ticket_check(buf_span(&wire), TICKET_FOR_STORED, tickets.of[TICKET_FOR_STORED], clock_utc(), &made, &e), RC_OK);
    assert_int_equal(
        ticket_check(buf_span(&hers), TICKET_FOR_STORED, tickets.of[TICKET_FOR_STORED], clock_utc(), &own, &e), RC_OK);
    assert_true(ticket_delegate(&made) && !ticket_delegate(&own));
    assert_true(made.mbx == 61 && made.actor_mbx == 62 && made.grant == 8 && made.acl == ACL_ALL &&
                made.expires == own.expires);
    assert_string_equal(made.address, BOX);
    assert_string_equal(made.actor, HER);
    assert_int_equal(made.rights, RIGHT_READ | RIGHT_WRITE);
    /* it opens no third mailbox, and is not renewed by itself */
    assert_int_equal(ticket_for(buf_span(&wire), 61, &rep, &e), RC_DENIED);
    assert_int_equal(dir_call(session, DIRD_STAY, &((struct dird_stay_req){buf_span(&wire)}), &stay, &e), RC_DENIED);
    assert_int_equal(ticket_for(buf_span(&others), 61, &rep, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_DELEGATION_ENDED);
    assert_int_equal(ticket_for(SPAN_LIT("none"), 61, &rep, &e), RC_DENIED);
    assert_int_equal(ticket_for(buf_span(&hers), 63, &rep, &e), RC_DENIED);
    buf_free(&hers);
    buf_free(&others);
    buf_free(&wire);
}

/* A ticket of a delegation that has ended tells nobody who the mailbox's delegates are today. */
static void who_is_none_any_more_is_told_nothing(void **state)
{
    (void)state;
    struct buf others, wire = BUF_INIT;
    struct dird_delegate_rep rep = {0};
    struct dird_delegation d;
    struct dird_list_rep list;
    struct err e = {0};
    assert_int_equal(set(BOX, OTHER, 63, ACL_L | ACL_R, 21), RC_OK);
    others = signed_in(OTHER);
    assert_int_equal(ticket_for(buf_span(&others), 61, &rep, &e), RC_OK);
    buf_addspan(&wire, rep.ticket);
    assert_int_equal(ask(DIRD_DELEGATES, session, buf_span(&wire), "", &d), 2);
    assert_int_equal(set(BOX, OTHER, 63, 0, 0), RC_OK);
    assert_int_equal(
        dir_call(session, DIRD_DELEGATES, &((struct dird_delegations_req){buf_span(&wire), SPAN_NULL}), &list, &e),
        RC_DENIED);
    assert_int_equal(e.cause, CAUSE_DELEGATION_ENDED);
    buf_free(&others);
    buf_free(&wire);
}

/* An account that was deleted and made anew has another number. The value of the one before goes when the new one becomes a delegate. */
static void an_address_is_there_once(void **state)
{
    (void)state;
    struct dird_delegation d;
    struct err e = {0};
    assert_int_equal(add(per("neuve@chu.example", "Neuve", 64)), RC_OK);
    assert_int_equal(set(BOX, "neuve@chu.example", 64, ACL_L, 11), RC_OK);
    assert_int_equal(
        dir_call(dir, DIRD_ACCOUNT_DELETE, &((struct dird_address_req){SPAN_LIT("neuve@chu.example")}), NULL, &e),
        RC_OK);
    assert_int_equal(add(per("neuve@chu.example", "Neuve", 65)), RC_OK);
    assert_int_equal(set(BOX, "neuve@chu.example", 65, ACL_L | ACL_R, 12), RC_OK);
    assert_int_equal(ask(DIRD_DELEGATES, dir, SPAN_NULL, BOX, &d), 2);
    assert_int_equal(set(BOX, HER, 62, ACL_ALL, 8),
                     RC_OK); /* the others keep their order: now the new one is the first */
    assert_int_equal(ask(DIRD_DELEGATES, dir, SPAN_NULL, BOX, &d), 2);
    assert_true(d.delegate == 65 && d.grant == 12);
    assert_int_equal(set(BOX, "neuve@chu.example", 65, 0, 0), RC_OK);
}

/* The holder reads who her delegates are; colleagues, and the delegates, do not; nobody writes it. */
static void who_reads_it(void **state)
{
    (void)state;
    assert_int_equal(as_mailbox("ldapsearch -LLL", BOX, "-b ou=mailboxes,o=pli '(mail=" BOX ")' pliDelegate"), 0);
    assert_true(says("pliDelegate: 62 8 lrswipkxtea " HER));
    assert_int_equal(as_mailbox("ldapsearch -LLL", HER, "-b ou=mailboxes,o=pli '(mail=" BOX ")' pliDelegate cn"), 0);
    assert_true(says("cn: Cabinet") && !says("pliDelegate:"));
    assert_int_equal(as_mailbox("ldapsearch -LLL", OTHER, "-b ou=mailboxes,o=pli '(pliDelegate=*)' mail"), 0);
    assert_false(says("mail:"));
    assert_int_equal(as_mailbox("ldapmodify", BOX,
                                "<<'E'\ndn: mail=" BOX
                                ",ou=mailboxes,o=pli\nchangetype: modify\nadd: pliDelegate\npliDelegate: 63 1 lr " OTHER
                                "\nE\n"),
                     50);
}

static void a_value(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {{"62 8 lr marie@chu.example", true},
                {"62 8 lr", false},
                {"62 8 lr ", false},
                {"62 8 lr marie", false},
                {"0 8 lr a@b", false},
                {"62 0 lr a@b", false},
                {"62 8  a@b", false},
                {"62 8 z a@b", false},
                {"x 8 lr a@b", false},
                {"99999999999999999999 8 lr a@b", false},
                {"", false},
                {" 62 8 lr a@b", false},
                {"62 8 lr \xc3\xa9@chu.example", true}};
    struct cache_grant g;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (entry_grant(span_str(rows[i].text), &g) != rows[i].good)
            fail_msg("row %zu: %s", i, rows[i].text);
}

static void slapd_is_not_asked(void **state)
{
    (void)state;
    struct buf hers = signed_in(HER);
    struct dird_delegate_rep rep = {0};
    struct dird_delegation d;
    struct err e = {0};
    trial_stop(&t);
    assert_int_equal(ask(DIRD_DELEGATIONS, session, buf_span(&hers), "", &d), 1);
    assert_int_equal(ticket_for(buf_span(&hers), 61, &rep, &e), RC_OK);
    assert_int_equal(set(BOX, OTHER, 63, ACL_L, 10), RC_TEMP);
    buf_free(&hers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_one_of_whom),
                                       cmocka_unit_test(a_delegate_opens_what_is_pending),
                                       cmocka_unit_test(a_delegate_opens_no_persons),
                                       cmocka_unit_test(the_ticket_of_a_delegate),
                                       cmocka_unit_test(who_is_none_any_more_is_told_nothing),
                                       cmocka_unit_test(an_address_is_there_once),
                                       cmocka_unit_test(who_reads_it),
                                       cmocka_unit_test(a_value),
                                       cmocka_unit_test(slapd_is_not_asked)};
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
