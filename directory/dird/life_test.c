/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/life_test.c - the life of an account on a real slapd: which step goes from which state, what is seen of it, and who may have its address again.
 */
#include "directory/dird/daemon_test.h"
#include "directory/holder.h"
#include <setjmp.h>
#include <cmocka.h>

#define MARIE "marie.martin@chu.example"
#define PAUL "paul.durand@chu.example"
#define WARD "cardiologie@chu.example"
#define ONE "10001234565"
#define TWO "10009999995"
#define AS_DIRD "-x -D cn=dird,ou=daemons,o=pli -y ../keys/dird.secret -H ldapi://ldapi/"

static struct dird_account marie(const char *rpps, uint64_t mbx)
{
    struct dird_account a = per(MARIE, "Dr Marie MARTIN", mbx);
    a.rpps = span_str(rpps);
    a.aliases = SPAN_LIT("mm@chu.example\nmarie@chu.example");
    return a;
}

static int make_all(void **state)
{
    struct dird_account ward = per(WARD, "Cardiologie", 22);
    ward.type = DT_ORG;
    ward.structure = SPAN_LIT("300017985");
    return make(state) == 0 && add(marie(ONE, 20)) == RC_OK && add(per(PAUL, "Paul Durand", 21)) == RC_OK &&
                   add(ward) == RC_OK
               ? 0
               : -1;
}

static enum rc got(const char *address, struct dird_account *a)
{
    struct dird_address_req rq = {span_str(address)};
    struct err e = {0};
    return dir_call(dir, DIRD_ACCOUNT_GET, &rq, a, &e);
}

static enum rc step_as(const char *address, enum dird_step s, const char *reason, uint64_t until, struct err *e)
{
    struct dird_state_req rq = {span_str(address), (uint8_t)s, span_str(reason), until, mbx_of(address)};
    return dir_call(dir, DIRD_ACCOUNT_STATE, &rq, NULL, e);
}

static int listed(const char *address)
{
    struct dird_list_req rq = {SPAN_NULL, SPAN_NULL};
    struct dird_list_rep rep = {0};
    struct dird_account a;
    struct err e = {0};
    int n = 0;
    assert_int_equal(dir_call(dir, DIRD_CLOSED, &rq, &rep, &e), RC_OK);
    while (ipc_list_next(&rep.list, dird_account_f, &a, &e) == RC_OK)
        n += span_eq_str(a.address, address);
    return n;
}

static void suspended_and_resumed(void **state)
{
    struct dird_account a = {0};
    struct err e = {0};
    (void)state;
    assert_int_equal(step_as(MARIE, DL_SUSPEND, "en arr\xC3\xAAt", 0, &e), RC_OK);
    assert_int_equal(kind_of(MARIE), DK_DISABLED);
    assert_int_equal(kind_of("mm@chu.example"), DK_DISABLED);
    assert_int_equal(got(MARIE, &a), RC_OK);
    uint64_t since = a.since;
    assert_true(a.state == DA_SUSPENDED && span_eq_str(a.reason, "en arr\xC3\xAAt") && a.keep_until == 0);
    assert_true(since > 0 && (int64_t)since <= clock_utc() && (int64_t)since > clock_utc() - 60);
    assert_int_equal(step_as(MARIE, DL_SUSPEND, "", 0, &e),
                     RC_OK); /* again: another reason, or none, and the same day */
    assert_int_equal(got(MARIE, &a), RC_OK);
    assert_true(a.state == DA_SUSPENDED && a.reason.n == 0 && a.since == since);
    assert_int_equal(step(MARIE, DL_RESUME), RC_OK);
    assert_int_equal(step(MARIE, DL_RESUME), RC_OK);
    assert_int_equal(got(MARIE, &a), RC_OK);
    assert_true(a.state == DA_ACTIVE && a.since == 0 && a.reason.n == 0);
    assert_int_equal(kind_of(MARIE), DK_MAILBOX);
}

static void only_lawful_steps(void **state)
{
    static const enum dird_step not_closed[] = {DL_REOPEN, DL_ERASE,          DL_KEEP,
                                                DL_BURY,   (enum dird_step)0, (enum dird_step)99};
    static const enum dird_step of_closed[] = {DL_SUSPEND, DL_RESUME, DL_KEEP, DL_BURY};
    struct err e = {0};
    (void)state;
    for (size_t i = 0; i < sizeof not_closed / sizeof *not_closed; i++)
        assert_int_equal(step(WARD, not_closed[i]), RC_PERM);
    assert_int_equal(step_as(WARD, DL_CLOSE, "", 0, &e), RC_SYNTAX); /* until when? */
    assert_int_equal(kind_of(WARD), DK_MAILBOX);
    assert_int_equal(step_as(WARD, DL_CLOSE, "", (uint64_t)clock_utc() + 3600, &e), RC_OK);
    for (size_t i = 0; i < sizeof of_closed / sizeof *of_closed; i++) {
        assert_int_equal(step_as(WARD, of_closed[i], "", 0, &e), RC_PERM);
        assert_int_equal(e.cause, CAUSE_ADDRESS_CLOSED);
    }
    assert_int_equal(step_as(WARD, DL_ERASE, "", 0, &e), RC_PERM); /* its time has not passed */
    assert_int_equal(step(WARD, DL_REOPEN), RC_OK);
    assert_int_equal(kind_of(WARD), DK_MAILBOX);
}

static void closed_it_is_seen_by_nobody_and_changed_by_nobody(void **state)
{
    struct dird_account a = {0}, change = {.address = SPAN_LIT(MARIE), .service = SPAN_LIT("x")};
    struct dird_passwd_req passwd = {SPAN_LIT(MARIE), SPAN_LIT("un autre mot"), 0};
    struct dird_delegation d = {.address = SPAN_LIT(MARIE), .to = SPAN_LIT(PAUL), .delegate = 21, .acl = 3, .grant = 5};
    struct err e = {0};
    uint64_t until = (uint64_t)clock_utc() + 86400;
    (void)state;
    assert_int_equal(listed(MARIE), 0);
    assert_int_equal(step_as(MARIE, DL_CLOSE, "partie", until, &e), RC_OK);
    assert_int_equal(kind_of(MARIE), DK_CLOSED);
    assert_int_equal(kind_of("mm@chu.example"), DK_CLOSED);
    assert_int_equal(listed(MARIE), 1);
    assert_int_equal(got(MARIE, &a), RC_OK);
    assert_true(a.state == DA_CLOSED && a.keep_until == until && span_eq_str(a.reason, "partie") && a.mbx == 20);
    assert_int_equal(step_as(MARIE, DL_CLOSE, "", 0, &e), RC_OK); /* again: as it stands */
    assert_int_equal(got(MARIE, &a), RC_OK);
    assert_true(a.keep_until == until && span_eq_str(a.reason, "partie"));
    assert_int_equal(step_as(MARIE, DL_CLOSE, "", until + 60, &e), RC_OK); /* another time */
    assert_int_equal(got(MARIE, &a), RC_OK);
    assert_true(a.keep_until == until + 60 && span_eq_str(a.reason, "partie"));
    assert_int_equal(dir_account_set(dir, DS_SERVICE, &change, &e), RC_PERM);
    assert_int_equal(e.cause, CAUSE_ADDRESS_CLOSED);
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_PASSWD, &passwd, NULL, &e), RC_PERM);
    assert_int_equal(dir_call(dir, DIRD_DELEGATE_SET, &d, NULL, &e), RC_PERM);
    /* neither its address nor an alias of it is given away */
    assert_int_equal(add(marie(ONE, 40)), RC_EXISTS);
    change = (struct dird_account){.address = SPAN_LIT(PAUL), .aliases = SPAN_LIT("mm@chu.example")};
    assert_int_equal(dir_account_set(dir, DS_ALIASES, &change, &e), RC_EXISTS);
    assert_int_equal(e.cause, CAUSE_ADDRESS_CLOSED);
    assert_int_equal(step(MARIE, DL_REOPEN), RC_OK);
    assert_int_equal(got(MARIE, &a), RC_OK);
    assert_true(a.state == DA_ACTIVE && a.keep_until == 0 && a.reason.n == 0 && a.mbx == 20);
    assert_int_equal(listed(MARIE), 0);
    assert_int_equal(kind_of("mm@chu.example"), DK_MAILBOX);
}

static void erasing_may_be_taken_back(void **state)
{
    struct err e = {0};
    struct dird_account a = {0};
    (void)state;
    assert_int_equal(step(MARIE, DL_CLOSE), RC_OK); /* until now */
    assert_int_equal(step(MARIE, DL_ERASE), RC_OK);
    assert_int_equal(step(MARIE, DL_ERASE), RC_OK); /* a run that was cut off begins again */
    assert_int_equal(got(MARIE, &a), RC_OK);
    assert_int_equal(a.state, DA_ERASING);
    assert_int_equal(step_as(MARIE, DL_REOPEN, "", 0, &e), RC_PERM);
    assert_int_equal(e.cause, CAUSE_ADDRESS_CLOSED);
    assert_int_equal(step_as(MARIE, DL_CLOSE, "", 0, &e), RC_PERM);
    assert_int_equal(step(MARIE, DL_KEEP), RC_OK);
    assert_int_equal(step(MARIE, DL_REOPEN), RC_OK);
}

/* A time that somebody wrote otherwise is no time that has passed. */
static void a_time_that_does_not_read_keeps(void **state)
{
    (void)state;
    assert_int_equal(step(MARIE, DL_CLOSE), RC_OK);
    assert_int_equal(trial_sh(&out, "printf 'dn: mail=" MARIE
                                    ",ou=mailboxes,o=pli\nchangetype: modify\nreplace: pliKeepUntil\n"
                                    "pliKeepUntil: 2026112909Z\n' | ldapmodify " AS_DIRD " 2>&1"),
                     0);
    assert_int_equal(step(MARIE, DL_ERASE), RC_PERM);
    assert_int_equal(step(MARIE, DL_CLOSE), RC_OK);
    assert_int_equal(step(MARIE, DL_REOPEN), RC_OK);
}

static void buried_it_is_nobodys_but_its_holders(void **state)
{
    struct err e = {0};
    struct dird_account a = {0}, alias = {.address = SPAN_LIT(PAUL), .aliases = SPAN_LIT("mm@chu.example")};
    struct dird_lookup_rep rep = {0};
    struct dird_state_req former = {.address = SPAN_LIT(MARIE), .mbx = 20};
    unsigned char digest[DIRD_PUB];
    (void)state;
    assert_int_equal(trial_sh(&out, "ldapdelete " AS_DIRD " ou=closed,o=pli 2>&1"), 0); /* a directory of before */
    assert_int_equal(step(MARIE, DL_CLOSE), RC_OK);
    assert_int_equal(step(MARIE, DL_ERASE), RC_OK);
    assert_int_equal(step(MARIE, DL_BURY), RC_OK);
    assert_int_equal(step(MARIE, DL_BURY), RC_NOTFOUND);
    assert_int_equal(got(MARIE, &a), RC_NOTFOUND);
    assert_int_equal(listed(MARIE), 0);
    assert_int_equal(kind_of("Mm@CHU.example"), DK_CLOSED);
    assert_int_equal(dir_lookup(dir, SPAN_LIT("marie@chu.example"), &rep, &e), RC_OK);
    holder_digest(SPAN_LIT(MARIE), DT_PER, SPAN_LIT(ONE), SPAN_NULL, digest);
    assert_true(rep.kind == DK_CLOSED && rep.mbx == 0 && rep.type == DT_PER && span_eq_str(rep.address, MARIE) &&
                memcmp(rep.pub, digest, sizeof digest) == 0);
    /* what stays: no name, no number, no key, no password */
    assert_int_equal(trial_sh(&out, "ldapsearch -LLL " AS_DIRD " -b ou=closed,o=pli '(mail=*)' '*'"), 0);
    assert_true(says("mail: " MARIE) && says("mailLocalAddress: mm@chu.example") && says("pliErasedAt: 20"));
    assert_false(says("Marie MARTIN") || says(ONE) || says("pliMailbox") || says("userPassword") || says("cn:"));
    assert_int_equal(trial_sh(&out, "ldapsearch -LLL " AS_DIRD " -b ou=people,o=pli '(rpps=" ONE ")' cn"), 0);
    assert_false(says("rpps=" ONE)); /* the person went with the last mailbox */
    /* another holder, another type, an alias for somebody else */
    assert_int_equal(add(marie(TWO, 41)), RC_EXISTS);
    a = marie(ONE, 41);
    a.type = DT_ORG;
    a.rpps = SPAN_NULL;
    a.structure = SPAN_LIT("300017985");
    assert_int_equal(add(a), RC_EXISTS);
    assert_int_equal(dir_account_set(dir, DS_ALIASES, &alias, &e), RC_EXISTS);
    assert_int_equal(e.cause, CAUSE_ADDRESS_CLOSED);
    /* she comes back: a new mailbox, the same address; and the tombstone stays */
    assert_int_equal(add(marie(ONE, 41)), RC_OK);
    assert_int_equal(kind_of("mm@chu.example"), DK_MAILBOX);
    a = (struct dird_account){.address = SPAN_LIT(MARIE), .aliases = SPAN_LIT("dr.martin@chu.example")};
    assert_int_equal(dir_account_set(dir, DS_ALIASES, &a, &e), RC_OK);
    assert_int_equal(kind_of("mm@chu.example"), DK_CLOSED);
    assert_int_equal(dir_account_set(dir, DS_ALIASES, &alias, &e), RC_EXISTS);
    assert_int_equal(step(MARIE, DL_CLOSE), RC_OK);
    former.step = DL_ERASE; /* a run that still has her former mailbox before it does nothing to this one */
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_STATE, &former, NULL, &e), RC_NOTFOUND);
    assert_int_equal(step(MARIE, DL_ERASE), RC_OK);
    former.step = DL_BURY;
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_STATE, &former, NULL, &e), RC_NOTFOUND);
    assert_int_equal(step(MARIE, DL_BURY), RC_OK);
    assert_int_equal(kind_of("dr.martin@chu.example"), DK_CLOSED); /* with the aliases of both times */
    assert_int_equal(kind_of("mm@chu.example"), DK_CLOSED);
    assert_int_equal(add(marie(TWO, 42)), RC_EXISTS);
}

/* A crash between the tombstone and the end of the entry. */
static void a_burial_that_was_cut_off_is_ended(void **state)
{
    struct dird_account a = {0};
    (void)state;
    assert_int_equal(step(WARD, DL_CLOSE), RC_OK);
    assert_int_equal(step(WARD, DL_ERASE), RC_OK);
    assert_int_equal(trial_sh(&out, "printf 'dn: mail=" WARD ",ou=closed,o=pli\nobjectClass: pliTombstone\nmail: " WARD
                                    "\nmssType: ORG\npliHolder: 00\npliStateSince: 20260101000000Z\npliErasedAt: "
                                    "20260101000000Z\n' | ldapadd " AS_DIRD " 2>&1"),
                     0);
    assert_int_equal(got(WARD, &a), RC_OK);
    assert_int_equal(a.state, DA_ERASING);
    assert_int_equal(step(WARD, DL_BURY), RC_OK);
    assert_int_equal(got(WARD, &a), RC_NOTFOUND);
    assert_int_equal(kind_of(WARD), DK_CLOSED);
}

static void after_a_restart_it_is_known(void **state)
{
    (void)state;
    trial_stop(&t);
    assert_true(wait_sync(false));
    assert_int_equal(kind_of(MARIE), DK_CLOSED); /* slapd away: RCPT is answered all the same */
    assert_true(trial_start(&t) >= 0);
    assert_true(wait_sync(true));
    assert_int_equal(kind_of(MARIE), DK_CLOSED);
    assert_int_equal(kind_of("mm@chu.example"), DK_CLOSED);
    assert_int_equal(add(marie(TWO, 43)), RC_EXISTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suspended_and_resumed),
        cmocka_unit_test(only_lawful_steps),
        cmocka_unit_test(closed_it_is_seen_by_nobody_and_changed_by_nobody),
        cmocka_unit_test(erasing_may_be_taken_back),
        cmocka_unit_test(a_time_that_does_not_read_keeps),
        cmocka_unit_test(buried_it_is_nobodys_but_its_holders),
        cmocka_unit_test(a_burial_that_was_cut_off_is_ended),
        cmocka_unit_test(after_a_restart_it_is_known),
    };
    return cmocka_run_group_tests(tests, make_all, unmake);
}
