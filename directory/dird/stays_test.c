/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/stays_test.c - open sessions on a real slapd: whose ticket holds, who is told that it does not, what is renewed.
 */
#include "directory/dird/daemon_test.h"
#include "directory/dird/stays.h"
#include <stdatomic.h>
#include <setjmp.h>
#include <cmocka.h>

#define GP "gp@chu.example"

static struct dir *session; /* asks as imapd does */

static int make_all(void **state)
{
    if (make(state) != 0 || add(per(GP, "Dr GP", 51)) != RC_OK)
        return -1;
    session = dir_new(ROLE_IMAPD);
    return 0;
}

static int unmake_all(void **state)
{
    dir_free(&session);
    return unmake(state);
}

static struct buf signed_in_with(const char *password)
{
    struct dird_auth_req rq = {SPAN_LIT(GP), span_str(password), SPAN_LIT("192.0.2.1"), 2};
    struct dird_auth_rep rep = {0};
    struct buf ticket = BUF_INIT;
    struct err e = {0};
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_OK);
    buf_addspan(&ticket, rep.ticket);
    return ticket;
}

static enum rc stay(struct span ticket, struct dird_stay_rep *rep)
{
    struct dird_stay_req rq = {ticket};
    struct err e = {0};
    *rep = (struct dird_stay_rep){0};
    return dir_call(session, DIRD_STAY, &rq, rep, &e);
}

static bool told_within(int ms)
{
    struct err e = {0};
    for (int64_t until = deadline_in(ms); deadline_left_ms(until) > 0;) {
        if (dir_ended(session, &e) == RC_OK)
            return true;
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    return false;
}

static enum rc passwd(const char *password)
{
    struct err e = {0};
    struct dird_passwd_req q = {SPAN_LIT(GP), span_str(password), 0};
    return dir_call(dir, DIRD_ACCOUNT_PASSWD, &q, NULL, &e);
}

static struct ticket read_ticket(struct span wire)
{
    struct ticket tk;
    struct err e = {0};
    assert_int_equal(ticket_check(wire, TICKET_FOR_DIRD, tickets.of[TICKET_FOR_DIRD], clock_utc(), &tk, &e), RC_OK);
    return tk;
}

static enum rc stay_as(struct ticket tk, const struct ticket_keys *by, struct dird_stay_rep *rep)
{
    struct buf wire = BUF_INIT;
    ticket_make(&tk, by, &wire);
    enum rc rc = stay(buf_span(&wire), rep);
    buf_free(&wire);
    return rc;
}

static void a_fresh_ticket_holds(void **state)
{
    (void)state;
    struct dird_stay_rep rep;
    struct buf ticket = signed_in_with("mot de passe");
    assert_int_equal(stay(buf_span(&ticket), &rep), RC_OK);
    assert_int_equal(rep.ticket.n, 0);
    assert_in_range(rep.ask_in_s, 6 * 3600 - 10, 6 * 3600);
    buf_free(&ticket);
}

static void half_of_its_life_past_it_is_renewed(void **state)
{
    (void)state;
    struct dird_stay_rep rep;
    struct buf ticket = signed_in_with("mot de passe");
    struct ticket tk = read_ticket(buf_span(&ticket)), fresh;
    uint64_t now = (uint64_t)clock_utc();
    tk.begun = tk.issued = now - 400;
    tk.expires = now + 200;
    assert_int_equal(stay_as(tk, &tickets, &rep), RC_OK);
    assert_true(rep.ticket.n > 0);
    fresh = read_ticket(rep.ticket);
    assert_true(fresh.begun == tk.begun && fresh.secret_at == tk.secret_at && fresh.mbx == 51 &&
                fresh.rights == tk.rights);
    assert_in_range(fresh.expires, now + 600, now + 605);
    tk.begun = now - 8 * 24 * 3600; /* a week is the most */
    assert_int_equal(stay_as(tk, &tickets, &rep), RC_DENIED);
    tk.begun = now - 400;
    tk.rights |= RIGHT_SLOTS; /* an administrator's */
    assert_int_equal(stay_as(tk, &tickets, &rep), RC_OK);
    assert_int_equal(rep.ticket.n, 0);
    tk.expires = now - 1; /* ended */
    assert_int_equal(stay_as(tk, &tickets, &rep), RC_DENIED);
    buf_free(&ticket);
}

/* Who has stored's or keyd's key alone cannot have dird make a ticket for the others out of his own: it would be renewed. */
static void no_other_checker_makes_one_for_dird(void **state)
{
    (void)state;
    struct dird_stay_rep rep;
    struct ticket_keys forger;
    struct buf ticket = signed_in_with("mot de passe");
    struct ticket tk = read_ticket(buf_span(&ticket));
    tk.begun = tk.issued = (uint64_t)clock_utc() - 400;
    tk.expires = tk.issued + 600;
    assert_int_equal(stay_as(tk, &tickets, &rep), RC_OK);
    assert_true(rep.ticket.n > 0);
    for (unsigned by = 0; by < TICKET_CHECKERS; by++) {
        for (unsigned i = 0; i < TICKET_CHECKERS; i++)
            memcpy(forger.of[i], tickets.of[by], TICKET_KEY);
        assert_int_equal(stay_as(tk, &forger, &rep), by == TICKET_FOR_DIRD ? RC_OK : RC_DENIED);
    }
    ticket_keys_new(&forger);
    assert_int_equal(stay_as(tk, &forger, &rep), RC_DENIED);
    buf_free(&ticket);
}

/* Twice in one second, too: ppolicy's clock has seconds only. */
static void every_change_of_the_password_ends_it(void **state)
{
    (void)state;
    char now[32] = "mot de passe", next[32];
    struct dird_stay_rep rep;
    for (int i = 0; i < 6; i++) {
        struct buf ticket = signed_in_with(now);
        assert_int_equal(stay(buf_span(&ticket), &rep), RC_OK);
        snprintf(next, sizeof next, "nouveau-%d", i);
        assert_int_equal(passwd(next), RC_OK);
        assert_true(told_within(60000));
        assert_int_equal(stay(buf_span(&ticket), &rep), RC_DENIED);
        buf_free(&ticket);
        snprintf(now, sizeof now, "%s", next);
    }
    assert_int_equal(passwd("mot de passe"), RC_OK);
}

static void another_change_of_the_account_does_not(void **state)
{
    (void)state;
    struct dird_account a = {.address = SPAN_LIT(GP), .name = SPAN_LIT("Dr G. P.")};
    struct dird_stay_rep rep;
    struct err e = {0};
    nanosleep(&(struct timespec){2, 100000000}, NULL); /* beyond the second behind the password's (entry.h) */
    struct buf ticket = signed_in_with("mot de passe");
    assert_int_equal(stay(buf_span(&ticket), &rep), RC_OK);
    assert_int_equal(dir_account_set(dir, DS_NAME, &a, &e), RC_OK);
    assert_false(told_within(900));
    assert_int_equal(stay(buf_span(&ticket), &rep), RC_OK);
    buf_free(&ticket);
}

static enum rc session_signs_in(const char *login, struct dird_auth_rep *rep)
{
    struct dird_auth_req rq = {span_str(login), SPAN_LIT("mot de passe"), SPAN_LIT("192.0.2.1"), DP_IMAP};
    struct err e = {0};
    *rep = (struct dird_auth_rep){0};
    return dir_auth(session, &rq, rep, &e);
}

/* A session asks nothing after its sign-in: from dird's answer on it is told. */
static void a_sign_in_is_enough_to_be_told(void **state)
{
    (void)state;
    struct dird_auth_rep rep;
    struct err e = {0};
    dir_hang_up(session);
    assert_int_equal(session_signs_in(GP, &rep), RC_OK);
    assert_in_range(rep.ask_in_s, 6 * 3600 - 10, 6 * 3600);
    assert_int_equal(dir_ended(session, &e), RC_MORE);
    assert_int_equal(passwd("nouveau"), RC_OK);
    assert_true(told_within(60000));
    assert_int_equal(passwd("mot de passe"), RC_OK);
    struct dird_auth_req rq = {SPAN_LIT(GP), SPAN_LIT("mot de passe"), SPAN_LIT("192.0.2.1"), DP_IMAP};
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_OK); /* an administrator has no session */
    assert_int_equal(rep.ask_in_s, 0);
}

/* A session whose mailbox did not open hangs up: what becomes of that account is nothing to who signs in next. */
static void who_hung_up_is_not_told(void **state)
{
    (void)state;
    struct dird_auth_rep rep;
    assert_int_equal(add(per("next@chu.example", "Next", 53)), RC_OK);
    assert_int_equal(session_signs_in(GP, &rep), RC_OK);
    dir_hang_up(session);
    assert_int_equal(session_signs_in("next@chu.example", &rep), RC_OK);
    assert_int_equal(passwd("nouveau"), RC_OK);
    assert_false(told_within(900));
    assert_int_equal(passwd("mot de passe"), RC_OK);
    dir_hang_up(session);
}

static void disabled_and_deleted_end_it(void **state)
{
    (void)state;
    struct dird_address_req gp = {SPAN_LIT(GP)};
    struct dird_stay_rep rep;
    struct err e = {0};
    struct buf ticket = signed_in_with("mot de passe");
    assert_int_equal(stay(buf_span(&ticket), &rep), RC_OK);
    assert_int_equal(step(GP, DL_SUSPEND), RC_OK);
    assert_true(told_within(60000));
    assert_int_equal(step(GP, DL_RESUME), RC_OK);
    assert_int_equal(stay(buf_span(&ticket), &rep), RC_OK);
    assert_int_equal(dir_call(dir, DIRD_ACCOUNT_DELETE, &gp, NULL, &e), RC_OK);
    assert_true(told_within(60000));
    assert_int_equal(add(per(GP, "Another GP", 52)), RC_OK); /* the same name, another mailbox */
    assert_int_equal(stay(buf_span(&ticket), &rep), RC_DENIED);
    buf_free(&ticket);
}

/* ---- an account that changes all the time, without slapd ---- */
enum { TIMES = 20000 };
static atomic_bool enough;

static void *change_all_the_time(void *arg)
{
    const unsigned char uuid[CACHE_UUID] = {1};
    struct cache_facts f = {
        .address = SPAN_LIT(GP), .name = SPAN_LIT("Dr GP"), .mbx = 51, .csn = 1, .secret_at = 260101000000000001};
    while (!atomic_load(&enough)) {
        f.csn++;
        f.secret_at ^= 2;
        cache_put_mailbox(arg, uuid, &f);
    }
    return NULL;
}

/* Else its peer would be told of that account later, when somebody else has signed in there. */
static void who_is_refused_is_not_entered(void **state)
{
    (void)state;
    struct cache *c = cache_new();
    struct stays *s = stays_new(c, &tickets);
    struct ticket tk = {.method = METHOD_PASSWORD, .rights = RIGHT_READ, .mbx = 51, .secret_at = 260101000000000001};
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    unsigned held = 0, refused = 0;
    struct err e = {0};
    pthread_t changes;
    tk.begun = tk.issued = (uint64_t)clock_utc();
    tk.expires = tk.issued + 3600;
    snprintf(tk.address, sizeof tk.address, GP);
    snprintf(tk.actor, sizeof tk.actor, GP);
    ticket_make(&tk, &tickets, &wire);
    assert_int_equal(pthread_create(&changes, NULL, change_all_the_time, c), 0);
    for (int i = 0; i < TIMES || held == 0 || refused == 0; i++) {
        struct ipc_peer p = {.user = NULL};
        struct dird_stay_req rq = {buf_span(&wire)};
        struct dird_stay_rep rep = {0};
        enum rc rc = stays_ask(s, &p, &rq, &mem, &rep, &e);
        assert_int_equal(p.user != NULL, rc == RC_OK);
        held += rc == RC_OK;
        refused += rc == RC_DENIED;
        stays_left(s, &p);
    }
    atomic_store(&enough, true);
    pthread_join(changes, NULL);
    stays_free(&s);
    cache_free(&c);
    buf_free(&wire);
    buf_free(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_ticket_holds),
        cmocka_unit_test(half_of_its_life_past_it_is_renewed),
        cmocka_unit_test(no_other_checker_makes_one_for_dird),
        cmocka_unit_test(a_sign_in_is_enough_to_be_told),
        cmocka_unit_test(who_hung_up_is_not_told),
        cmocka_unit_test(every_change_of_the_password_ends_it),
        cmocka_unit_test(another_change_of_the_account_does_not),
        cmocka_unit_test(disabled_and_deleted_end_it),
        cmocka_unit_test(who_is_refused_is_not_entered),
    };
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
