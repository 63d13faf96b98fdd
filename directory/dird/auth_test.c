/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/auth_test.c - signing in, on a real slapd: right, wrong, unknown, disabled, remembered, changed elsewhere, throttled; and
 * what happens while slapd is away and after it came back.
 */
#include "directory/dird/daemon_test.h"
#include <setjmp.h>

/* last, as it asks */
#include <cmocka.h>

#define MARIE "marie.martin@chu.example"
#define AS_DIRD "-x -D cn=dird,ou=daemons,o=pli -y ../keys/dird.secret -H ldapi://ldapi/"

static void counts(uint64_t *binds, uint64_t *remembered)
{
    auth_counts(daemon_->auth, binds, remembered);
}

static void a_right_password_gives_a_ticket(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_auth_req rq = {SPAN_LIT("Marie.Martin@CHU.example"), SPAN_LIT("mot de passe"), SPAN_LIT("192.0.2.1"),
                               1};
    struct dird_auth_rep rep = {0};
    struct ticket tk;
    assert_int_equal(add(per(MARIE, "Dr Marie MARTIN", 17)), RC_OK);
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_OK);
    assert_true(span_eq_str(rep.address, MARIE) && span_eq_str(rep.name, "Dr Marie MARTIN") && rep.mbx == 17 &&
                rep.type == DT_PER);
    assert_int_equal(ticket_check(rep.ticket, pub, clock_utc(), &tk, &e), RC_OK);
    assert_string_equal(tk.address, MARIE);
    assert_string_equal(tk.actor, MARIE);
    assert_true(tk.mbx == 17 && tk.rights == RIGHT_SUBMIT && tk.expires - tk.issued == 3600);
    rq.protocol = 2;
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_OK);
    assert_int_equal(ticket_check(rep.ticket, pub, clock_utc(), &tk, &e), RC_OK);
    assert_true(tk.rights == (RIGHT_READ | RIGHT_WRITE) && tk.expires - tk.issued == 12 * 3600);
    rq.protocol = 9;
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_SYNTAX);
}

static void what_was_right_is_remembered(void **state)
{
    (void)state;
    struct err e = {0};
    uint64_t b0, r0, b1, r1;
    counts(&b0, &r0);
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_OK);
    counts(&b1, &r1);
    assert_true(b1 == b0 && r1 == r0 + 1);
}

static void wrong_ones_all_look_alike(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {MARIE, "mot de passE"},
        {MARIE, ""},
        {"nobody@chu.example", "mot de passe"},
        {"nobody@elsewhere.example", "mot de passe"},
        {"", ""},
        {"marie.martin+x@chu.example", "mot de passe"},
        {"cn=dird,ou=daemons,o=pli", "x"},
    };
    struct err first = {0};
    assert_int_equal(sign_in(rows[0][0], rows[0][1], &first), RC_DENIED);
    assert_string_equal(first.esc, "5.7.8");
    for (size_t i = 1; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        assert_int_equal(sign_in(rows[i][0], rows[i][1], &e), RC_DENIED);
        assert_string_equal(e.esc, first.esc);
        assert_string_equal(e.say, first.say);
    }
}

static int64_t took_us(const char *login)
{
    struct err e = {0};
    int64_t best = INT64_MAX;
    for (int i = 0; i < 4; i++) {
        int64_t begun = clock_mono();
        assert_int_equal(sign_in(login, "wrong", &e), RC_DENIED);
        int64_t us = (clock_mono() - begun) / 1000;
        best = us < best ? us : best;
    }
    return best;
}

/* The slow hash is computed for an address that does not exist, too. */
static void time_tells_nothing(void **state)
{
    (void)state;
    assert_int_equal(add(per("t1@chu.example", "T One", 21)), RC_OK);
    int64_t known = took_us("t1@chu.example"), unknown = took_us("t2@chu.example");
    print_message("wrong password %lld us, unknown address %lld us\n", (long long)known, (long long)unknown);
    assert_true(unknown > known / 3 && unknown < known * 3);
}

static enum rc passwd(const char *address, const char *password)
{
    struct err e = {0};
    struct dird_passwd_req q = {span_str(address), span_str(password)};
    return dir_call(dir, DIRD_ACCOUNT_PASSWD, &q, NULL, &e);
}

static void a_changed_password_counts_at_once(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(passwd(MARIE, "nouveau"), RC_OK);
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_DENIED);
    assert_int_equal(sign_in(MARIE, "nouveau", &e), RC_OK);
    assert_int_equal(passwd(MARIE, "mot de passe"), RC_OK);
    assert_int_equal(passwd(MARIE, ""), RC_SYNTAX);
    assert_int_equal(passwd("nobody@chu.example", "x"), RC_NOTFOUND);
}

static enum rc sign_in_within_a_second(const char *login, const char *password, enum rc want)
{
    struct err e = {0};
    enum rc rc = RC_MAX_;
    for (int64_t until = deadline_in(1000); rc != want && deadline_left_ms(until) > 0;) {
        struct dird_auth_req rq = {span_str(login), span_str(password), SPAN_LIT("192.0.2.77"), 2};
        struct dird_auth_rep rep = {0};
        rc = dir_auth(dir, &rq, &rep, &e);
        if (rc != want)
            nanosleep(&(struct timespec){0, 200000000}, NULL);
    }
    return rc;
}

/* Changed by the holder in LDAP, with the tools of LDAP. */
static void a_password_changed_in_ldap_counts_within_a_second(void **state)
{
    (void)state;
    assert_int_equal(add(per("self@chu.example", "Self Service", 22)), RC_OK);
    assert_int_equal(sign_in_within_a_second("self@chu.example", "mot de passe", RC_OK), RC_OK);
    assert_int_equal(as_mailbox("ldappasswd", "self@chu.example", "-s nouveau"), 0);
    assert_int_equal(sign_in_within_a_second("self@chu.example", "mot de passe", RC_DENIED), RC_DENIED);
    assert_int_equal(sign_in_within_a_second("self@chu.example", "nouveau", RC_OK), RC_OK);
}

static void a_clear_password_written_in_ldap_is_hashed(void **state)
{
    (void)state;
    assert_int_equal(
        trial_sh(&out,
                 "printf 'dn: mail=self@chu.example,ou=mailboxes,o=pli\nchangetype: modify\nreplace: userPassword\n"
                 "userPassword: en-clair\n' | ldapmodify " AS_DIRD " 2>&1"),
        0);
    assert_int_equal(sign_in_within_a_second("self@chu.example", "en-clair", RC_OK), RC_OK);
    assert_int_equal(
        trial_sh(&out,
                 "/usr/sbin/slapcat -f ../ldap/slapd.conf -a '(mail=self@chu.example)' -o ldif-wrap=no 2>/dev/null | "
                 "sed -n 's/^userPassword:: //p' | base64 -d"),
        0);
    assert_true(out.n > 50 && span_istarts(buf_span(&out), "{ARGON2}"));
    assert_false(says("en-clair"));
    assert_int_not_equal(trial_sh(NULL, "grep -aq en-clair ../ldap/db/data.mdb"), 0);
}

static void a_disabled_account_is_told_so_only_with_its_password(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_account a = {.address = SPAN_LIT(MARIE), .disabled = 1};
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_OK);
    assert_int_equal(dir_account_set(dir, DS_DISABLED, &a, &e), RC_OK);
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_PERM);
    assert_string_equal(e.esc, "5.7.1");
    assert_int_equal(sign_in(MARIE, "wrong", &e), RC_DENIED);
    assert_int_equal(as_mailbox("ldapwhoami", MARIE, ""), 49); /* nor by LDAP */
    a.disabled = 0;
    assert_int_equal(dir_account_set(dir, DS_DISABLED, &a, &e), RC_OK);
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_OK);
    assert_int_equal(as_mailbox("ldapwhoami", MARIE, ""), 0);
}

static void disabled_from_outside_within_a_second(void **state)
{
    (void)state;
    assert_int_equal(trial_sh(&out, "printf 'dn: mail=" MARIE
                                    ",ou=mailboxes,o=pli\nchangetype: modify\nreplace: pliDisabled\n"
                                    "pliDisabled: TRUE\n' | ldapmodify " AS_DIRD " 2>&1"),
                     0);
    assert_int_equal(sign_in_within_a_second(MARIE, "mot de passe", RC_PERM), RC_PERM);
    assert_int_equal(kind_of(MARIE), DK_DISABLED);
    trial_sh(&out, "printf 'dn: mail=" MARIE ",ou=mailboxes,o=pli\nchangetype: modify\nreplace: pliDisabled\n"
                   "pliDisabled: FALSE\n' | ldapmodify " AS_DIRD " 2>&1");
    assert_int_equal(sign_in_within_a_second(MARIE, "mot de passe", RC_OK), RC_OK);
}

static void too_many_failures_wait(void **state)
{
    (void)state;
    struct err e = {0};
    uint64_t b0, b1, r;
    struct dird_auth_req rq = {SPAN_LIT("self@chu.example"), SPAN_LIT("wrong"), SPAN_LIT("198.51.100.9"), 2};
    struct dird_auth_rep rep = {0};
    for (int i = 0; i < 10; i++)
        assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_DENIED);
    counts(&b0, &r);
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_TEMP);
    assert_string_equal(e.esc, "4.7.0");
    counts(&b1, &r);
    assert_int_equal(b0, b1);           /* no hash was computed */
    rq.password = SPAN_LIT("en-clair"); /* the holder's own phone is remembered, and gets through */
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_OK);
    rq.peer = SPAN_LIT("198.51.100.10");
    rq.password = SPAN_LIT("wrong");
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_DENIED); /* another peer */
}

static void while_slapd_is_away(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_account a = {.address = SPAN_LIT(MARIE)};
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_OK);
    trial_stop(&t);
    assert_true(wait_sync(false, 2000));
    assert_int_equal(kind_of(MARIE), DK_MAILBOX);                  /* known by heart */
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_OK);   /* remembered */
    assert_int_equal(sign_in(MARIE, "mot de passE", &e), RC_TEMP); /* cannot be known */
    assert_string_equal(e.esc, "4.3.0");
    assert_int_equal(sign_in("nobody@chu.example", "x", &e), RC_TEMP);
    assert_int_equal(add(per("new@chu.example", "New One", 30)), RC_TEMP);
    assert_int_equal(dir_account_set(dir, DS_DISABLED, &a, &e), RC_TEMP);
}

/* What was removed while dird was not looking is gone after it came back; what was added is there. */
static void after_slapd_came_back(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(
        trial_sh(&out, "/usr/sbin/slapd -Tmodify -f ../ldap/slapd.conf -l /dev/stdin <<'E' 2>&1\n"
                       "dn: mail=t1@chu.example,ou=mailboxes,o=pli\nchangetype: modify\nreplace: mailLocalAddress\n"
                       "mailLocalAddress: tee.one@chu.example\n\nE\n"),
        0);
    assert_true(trial_start(&t) >= 0);
    assert_true(wait_sync(true, 2000));
    assert_int_equal(kind_of("tee.one@chu.example"), DK_MAILBOX);
    assert_int_equal(kind_of(MARIE), DK_MAILBOX);
    assert_int_equal(sign_in(MARIE, "wrong again", &e), RC_DENIED); /* links are made anew */
    assert_int_equal(add(per("new@chu.example", "New One", 30)), RC_OK);
    assert_int_equal(kind_of("new@chu.example"), DK_MAILBOX);
}

static void many_restarts(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        kill(t.slapd, SIGKILL);
        trial_stop(&t);
        assert_true(trial_start(&t) >= 0);
        assert_true(wait_sync(true, 2000));
        assert_int_equal(add(per("again@chu.example", "Again", 31)), RC_OK);
        struct err e = {0};
        struct dird_address_req rq = {SPAN_LIT("again@chu.example")};
        assert_int_equal(dir_call(dir, DIRD_ACCOUNT_DELETE, &rq, NULL, &e), RC_OK);
        assert_int_equal(kind_of("again@chu.example"), DK_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_password_gives_a_ticket),
        cmocka_unit_test(what_was_right_is_remembered),
        cmocka_unit_test(wrong_ones_all_look_alike),
        cmocka_unit_test(time_tells_nothing),
        cmocka_unit_test(a_changed_password_counts_at_once),
        cmocka_unit_test(a_password_changed_in_ldap_counts_within_a_second),
        cmocka_unit_test(a_clear_password_written_in_ldap_is_hashed),
        cmocka_unit_test(a_disabled_account_is_told_so_only_with_its_password),
        cmocka_unit_test(disabled_from_outside_within_a_second),
        cmocka_unit_test(too_many_failures_wait),
        cmocka_unit_test(while_slapd_is_away),
        cmocka_unit_test(after_slapd_came_back),
        cmocka_unit_test(many_restarts),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
