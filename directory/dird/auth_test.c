/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/auth_test.c - signing in, on a real slapd: right, wrong, unknown, disabled, remembered, changed elsewhere, throttled; and
 * what happens while slapd is away and after it came back.
 */
#include "directory/dird/auth_int.h"
#include "directory/dird/daemon_test.h"
#include <setjmp.h>
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
    assert_int_equal(ticket_check(rep.ticket, TICKET_FOR_DIRD, tickets.of[TICKET_FOR_DIRD], clock_utc(), &tk, &e),
                     RC_OK);
    assert_string_equal(tk.address, MARIE);
    assert_string_equal(tk.actor, MARIE);
    assert_true(tk.mbx == 17 && tk.rights == (RIGHT_SUBMIT | RIGHT_READ) && tk.expires - tk.issued == 3600);
    rq.protocol = 2;
    assert_int_equal(dir_auth(dir, &rq, &rep, &e), RC_OK);
    assert_int_equal(ticket_check(rep.ticket, TICKET_FOR_DIRD, tickets.of[TICKET_FOR_DIRD], clock_utc(), &tk, &e),
                     RC_OK);
    assert_int_equal(tk.expires - tk.issued, 12 * 3600);
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
    assert_int_equal(first.cause, CAUSE_AUTH_FAILED);
    for (size_t i = 1; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        assert_int_equal(sign_in(rows[i][0], rows[i][1], &e), RC_DENIED);
        assert_int_equal(e.cause, first.cause);
    }
}

static int64_t cpu_us(clockid_t clock)
{
    struct timespec now;

    assert_int_equal(clock_gettime(clock, &now), 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What slapd and dird compute for four wrong passwords: a new one each time, for one that was wrong before is answered from memory; and no more, lest
 * pauses begin. */
static int64_t work_us(const char *login)
{
    static const char *const guess[] = {"wrong a", "wrong b", "wrong c", "wrong d"};
    struct err e = {0};
    clockid_t slapd;
    int64_t before;

    assert_int_equal(clock_getcpuclockid(t.slapd, &slapd), 0);
    before = cpu_us(slapd) + cpu_us(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < sizeof guess / sizeof *guess; i++)
        assert_int_equal(sign_in(login, guess[i], &e), RC_DENIED);
    return cpu_us(slapd) + cpu_us(CLOCK_PROCESS_CPUTIME_ID) - before;
}

/* The slow hash is computed for an address that does not exist, too: the processor's time says so, whatever else the machine does. */
static void time_tells_nothing(void **state)
{
    enum { ROUNDS = 5 };
    int64_t known = 0, unknown = 0;

    (void)state;
    for (unsigned i = 1; i <= ROUNDS; i++) {
        char one[40], other[40];
        snprintf(one, sizeof one, "t%u@chu.example", i);
        snprintf(other, sizeof other, "u%u@chu.example", i);
        assert_int_equal(add(per(one, "T", 100 + i)), RC_OK);
        known += work_us(one);
        unknown += work_us(other);
    }
    print_message("wrong password %lld us, unknown address %lld us of CPU\n", (long long)known / ROUNDS,
                  (long long)unknown / ROUNDS);
    assert_true(unknown > known / 3 && unknown < known * 3);
}

static enum rc passwd(const char *address, const char *password)
{
    struct err e = {0};
    struct dird_passwd_req q = {span_str(address), span_str(password), 0};
    return dir_call(dir, DIRD_ACCOUNT_PASSWD, &q, NULL, &e);
}

static enum rc ask_once(const char *login, const char *password, const char *peer, struct err *e)
{
    struct dird_auth_req rq = {span_str(login), span_str(password), span_str(peer), 2};
    struct dird_auth_rep rep = {0};
    return dir_call(dir, DIRD_AUTH, &rq, &rep, e); /* dir_auth() would wait for the pause to end */
}

static uint64_t binds_for(const char *login, const char *password, const char *peer, enum rc want, enum cause why)
{
    struct err e = {0};
    uint64_t before, after, remembered;
    counts(&before, &remembered);
    assert_int_equal(ask_once(login, password, peer, &e), want);
    assert_int_equal(e.cause, why);
    counts(&after, &remembered);
    return after - before;
}

/* Its hash is cheap, so the stand-in's is computed as well, whether it is right or wrong: the slow one is what takes the time. */
static void a_code_takes_the_time_of_a_password(void **state)
{
    struct dird_account a = per("code@chu.example", "Dr Code", 57);

    (void)state;
    a.password = SPAN_LIT("k7mq2-abcde-23456-zzzzz");
    a.code_until = (uint64_t)clock_utc() + 1000;
    a.state = DA_ACTIVE;
    assert_int_equal(add(a), RC_OK);
    assert_int_equal(binds_for("code@chu.example", "faux", "192.0.2.41", RC_DENIED, CAUSE_AUTH_FAILED), 2);
    assert_int_equal(binds_for("code@chu.example", "k7mq2-abcde-23456-zzzzz", "192.0.2.42", RC_PERM, CAUSE_CODE_FIRST),
                     2);
    assert_int_equal(passwd("code@chu.example", "nouveau"), RC_OK); /* no code any more */
    assert_int_equal(binds_for("code@chu.example", "autre", "192.0.2.43", RC_DENIED, CAUSE_AUTH_FAILED), 1);
    assert_int_equal(binds_for("nobody@chu.example", "faux", "192.0.2.44", RC_DENIED, CAUSE_AUTH_FAILED), 1);
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

/* It may know other hashes only, so it is given the password itself (RFC 3062). */
static void a_directory_of_the_sites_own_hashes_itself(void **state)
{
    struct err e = {0};

    (void)state;
    daemon_->own_slapd = false;
    assert_int_equal(add(per("site@chu.example", "Site", 56)), RC_OK);
    assert_int_equal(sign_in("site@chu.example", "mot de passe", &e), RC_OK);
    assert_int_equal(passwd("site@chu.example", "nouveau"), RC_OK);
    assert_int_equal(sign_in("site@chu.example", "nouveau", &e), RC_OK);
    daemon_->own_slapd = true;
    assert_int_equal(passwd("site@chu.example", "encore"), RC_OK);
    assert_int_equal(sign_in("site@chu.example", "encore", &e), RC_OK);
}

static enum rc sign_in_soon(const char *login, const char *password, enum rc want)
{
    struct err e = {0};
    enum rc rc = RC_MAX_;
    for (int64_t until = deadline_in(60000); rc != want && deadline_left_ms(until) > 0;) {
        struct dird_auth_req rq = {span_str(login), span_str(password), SPAN_LIT("192.0.2.77"), 2};
        struct dird_auth_rep rep = {0};
        rc = dir_auth(dir, &rq, &rep, &e);
        if (rc != want)
            nanosleep(&(struct timespec){0, 200000000}, NULL);
    }
    return rc;
}

/* Changed by the holder in LDAP, with the tools of LDAP. */
static void a_password_changed_in_ldap_counts_soon(void **state)
{
    (void)state;
    assert_int_equal(add(per("self@chu.example", "Self Service", 22)), RC_OK);
    assert_int_equal(sign_in_soon("self@chu.example", "mot de passe", RC_OK), RC_OK);
    assert_int_equal(as_mailbox("ldappasswd", "self@chu.example", "-s nouveau"), 0);
    assert_int_equal(sign_in_soon("self@chu.example", "mot de passe", RC_DENIED), RC_DENIED);
    assert_int_equal(sign_in_soon("self@chu.example", "nouveau", RC_OK), RC_OK);
}

static void a_clear_password_written_in_ldap_is_hashed(void **state)
{
    (void)state;
    assert_int_equal(
        trial_sh(&out,
                 "printf 'dn: mail=self@chu.example,ou=mailboxes,o=pli\nchangetype: modify\nreplace: userPassword\n"
                 "userPassword: en-clair\n' | ldapmodify " AS_DIRD " 2>&1"),
        0);
    assert_int_equal(sign_in_soon("self@chu.example", "en-clair", RC_OK), RC_OK);
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
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_OK);
    assert_int_equal(step(MARIE, DL_SUSPEND), RC_OK);
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_PERM);
    assert_int_equal(e.cause, CAUSE_AUTH_DISABLED);
    assert_int_equal(sign_in(MARIE, "wrong", &e), RC_DENIED);
    assert_int_equal(as_mailbox("ldapwhoami", MARIE, ""), 49); /* nor by LDAP */
    assert_int_equal(step(MARIE, DL_RESUME), RC_OK);
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_OK);
    assert_int_equal(as_mailbox("ldapwhoami", MARIE, ""), 0);
}

static void disabled_from_outside_counts_soon(void **state)
{
    (void)state;
    assert_int_equal(trial_sh(&out, "printf 'dn: mail=" MARIE
                                    ",ou=mailboxes,o=pli\nchangetype: modify\nreplace: pliDisabled\n"
                                    "pliDisabled: TRUE\n' | ldapmodify " AS_DIRD " 2>&1"),
                     0);
    assert_int_equal(sign_in_soon(MARIE, "mot de passe", RC_PERM), RC_PERM);
    assert_int_equal(kind_of(MARIE), DK_DISABLED);
    trial_sh(&out, "printf 'dn: mail=" MARIE ",ou=mailboxes,o=pli\nchangetype: modify\nreplace: pliDisabled\n"
                   "pliDisabled: FALSE\n' | ldapmodify " AS_DIRD " 2>&1");
    assert_int_equal(sign_in_soon(MARIE, "mot de passe", RC_OK), RC_OK);
}

/* From slapd's own port, each with another password; the last answer. */
static int guess_over_ldaps(const char *who, int from, int n)
{
    int rc = -1;
    for (int i = from; i < from + n; i++)
        rc = trial_sh(&out,
                      "unset LDAPNOINIT; LDAPTLS_CACERT=../ca.pem ldapwhoami -x -H ldaps://127.0.0.1:%d -D "
                      "'mail=%s,ou=mailboxes,o=pli' -w 'guess %d' 2>&1",
                      t.ldaps_port, who, i);
    return rc;
}

/* One count for both doors: what was tried at slapd's own port counts at dird's, and the other way round. */
static void slapds_own_door_counts_with_the_others(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(add(per("door@chu.example", "Door One", 41)), RC_OK);
    assert_int_equal(guess_over_ldaps("door@chu.example", 0, 10), 49);
    assert_int_equal(guess_over_ldaps("door@chu.example", 10, 1), 51); /* busy: a pause is due */
    assert_true(says("Too many wrong passwords"));
    assert_int_equal(as_mailbox("ldapwhoami", "door@chu.example", ""),
                     51); /* the right one as well: this place is not known */
    assert_int_equal(ask_once("door@chu.example", "mot de passe", "203.0.113.5", &e), RC_TEMP);
    assert_int_equal(e.cause, CAUSE_WAIT_PASSWORD);
    assert_int_equal(as_mailbox("ldapwhoami", MARIE, ""), 0); /* nobody else */
}

static uint64_t taken(void)
{
    return atomic_load(&daemon_->auth->n_taken);
}

/* How often dird took the time of a hash itself, because slapd would have computed none: one guess over its own port. */
static uint64_t taken_for(const char *login, int guess)
{
    uint64_t before = taken();
    assert_int_equal(guess_over_ldaps(login, guess, 1), 49);
    return taken() - before;
}

/* Where slapd refuses at once, dird takes the time of its hash, and counts: a stranger's clock tells neither which addresses are accounts nor which of them have a
 * code. */
static void slapds_own_door_takes_one_time(void **state)
{
    struct dird_account a = per("feuille@chu.example", "Dr Feuille", 61);

    (void)state;
    a.password = SPAN_LIT("k7mq2-abcde-23456-zzzzz");
    a.code_until = (uint64_t)clock_utc() + 1000;
    assert_int_equal(add(a), RC_OK);
    assert_int_equal(add(per("clair@chu.example", "Dr Clair", 62)), RC_OK);
    assert_int_equal(add(per("eteint@chu.example", "Dr Eteint", 63)), RC_OK);
    assert_int_equal(step("eteint@chu.example", DL_SUSPEND), RC_OK);
    assert_int_equal(taken_for("clair@chu.example", 0), 0); /* slapd's own */
    assert_int_equal(taken_for("eteint@chu.example", 0), 1);
    assert_int_equal(taken_for("personne@chu.example", 0), 1);
    assert_int_equal(taken_for("feuille@chu.example", 0), 1);
    assert_int_equal(taken_for("feuille@chu.example", 0), 0); /* known to be wrong, as of any other */
    assert_int_equal(guess_over_ldaps("feuille@chu.example", 1, 9), 49);
    assert_int_equal(guess_over_ldaps("feuille@chu.example", 10, 1), 51);
}

static void set_disabled(const char *domain, bool off)
{
    struct err e = {0};
    struct dird_domain q = {.what = DW_DISABLED, .domain = span_str(domain), .disabled = off};
    assert_int_equal(dir_call(dir, DIRD_DOMAIN_SET, &q, NULL, &e), RC_OK);
}

/* Of a disabled domain too; and what was refused meanwhile is not wrong for ever. */
static void slapds_own_door_of_a_disabled_domain(void **state)
{
    struct err e = {0};
    struct dird_domain q = {.domain = SPAN_LIT("ferme.example")};
    uint64_t before;

    (void)state;
    assert_int_equal(dir_call(dir, DIRD_DOMAIN_ADD, &q, NULL, &e), RC_OK);
    assert_int_equal(add(per("luc@ferme.example", "Dr Luc", 64)), RC_OK);
    assert_int_equal(as_mailbox("ldapwhoami", "luc@ferme.example", ""), 0);
    set_disabled("ferme.example", true);
    before = taken();
    assert_int_equal(as_mailbox("ldapwhoami", "luc@ferme.example", ""), 49);
    assert_int_equal(taken() - before, 1);
    set_disabled("ferme.example", false);
    assert_int_equal(as_mailbox("ldapwhoami", "luc@ferme.example", ""), 0);
}

/* Not counted, and no hash: the telephone that was not told the new password. */
static void the_same_wrong_password_holds_nobody_up(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(add(per("phone@chu.example", "Phone One", 42)), RC_OK);
    for (int i = 0; i < 30; i++)
        assert_int_equal(ask_once("phone@chu.example", "old one", "203.0.113.6", &e), RC_DENIED);
    for (int i = 0; i < 15; i++)
        assert_int_equal(trial_sh(&out,
                                  "unset LDAPNOINIT; LDAPTLS_CACERT=../ca.pem ldapwhoami -x -H ldaps://127.0.0.1:%d -D "
                                  "'mail=phone@chu.example,ou=mailboxes,o=pli' -w 'old one' 2>&1",
                                  t.ldaps_port),
                         49);
    assert_int_equal(as_mailbox("ldapwhoami", "phone@chu.example", ""), 0);
}

static void a_known_place_is_not_held_up_by_others(void **state)
{
    (void)state;
    struct err e = {0};
    char peer[64], guess[32];
    uint64_t b0, b1, r;
    assert_int_equal(add(per("home@chu.example", "Home One", 43)), RC_OK);
    assert_int_equal(ask_once("home@chu.example", "mot de passe", "2001:db8:1:2::77", &e), RC_OK);
    for (int i = 0; i < 40;
         i++) { /* as many places as an attacker likes to name: counted for the account all the same */
        snprintf(peer, sizeof peer, "198.51.100.%d", i);
        snprintf(guess, sizeof guess, "guess %d", i);
        if (ask_once("home@chu.example", guess, peer, &e) == RC_TEMP)
            break;
    }
    assert_int_equal(e.cause, CAUSE_WAIT_PASSWORD);
    counts(&b0, &r);
    assert_int_equal(ask_once("home@chu.example", "mot de passe", "198.51.100.99", &e),
                     RC_TEMP); /* remembered as right, and no short cut */
    counts(&b1, &r);
    assert_int_equal(b0, b1);      /* no hash was computed */
    for (int i = 0; i < 70; i++) { /* colleagues behind the same address */
        snprintf(peer, sizeof peer, "colleague%d@chu.example", i);
        (void)ask_once(peer, "faux", "2001:db8:1:2::78", &e);
    }
    assert_int_equal(ask_once("home@chu.example", "mot de passe", "2001:db8:1:2:ffff::1", &e),
                     RC_OK); /* the same /64 */
}

static void while_slapd_is_away(void **state)
{
    (void)state;
    struct err e = {0};
    struct dird_account a = {.address = SPAN_LIT(MARIE)};
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_OK);
    trial_stop(&t);
    assert_true(wait_sync(false));
    assert_int_equal(kind_of(MARIE), DK_MAILBOX);                  /* known by heart */
    assert_int_equal(sign_in(MARIE, "mot de passe", &e), RC_OK);   /* remembered */
    assert_int_equal(sign_in(MARIE, "mot de passE", &e), RC_TEMP); /* cannot be known */
    assert_int_equal(e.cause, CAUSE_DIR_TEMP);
    assert_int_equal(sign_in("nobody@chu.example", "x", &e), RC_TEMP);
    assert_int_equal(add(per("new@chu.example", "New One", 30)), RC_TEMP);
    assert_int_equal(dir_account_set(dir, DS_SERVICE, &a, &e), RC_TEMP);
    assert_int_equal(step(MARIE, DL_CLOSE), RC_TEMP); /* nothing half done: */
    assert_int_equal(kind_of(MARIE), DK_MAILBOX);
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
    assert_true(wait_sync(true));
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
        assert_true(wait_sync(true));
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
        cmocka_unit_test(a_code_takes_the_time_of_a_password),
        cmocka_unit_test(a_changed_password_counts_at_once),
        cmocka_unit_test(a_directory_of_the_sites_own_hashes_itself),
        cmocka_unit_test(a_password_changed_in_ldap_counts_soon),
        cmocka_unit_test(a_clear_password_written_in_ldap_is_hashed),
        cmocka_unit_test(a_disabled_account_is_told_so_only_with_its_password),
        cmocka_unit_test(disabled_from_outside_counts_soon),
        cmocka_unit_test(slapds_own_door_counts_with_the_others),
        cmocka_unit_test(slapds_own_door_takes_one_time),
        cmocka_unit_test(slapds_own_door_of_a_disabled_domain),
        cmocka_unit_test(the_same_wrong_password_holds_nobody_up),
        cmocka_unit_test(a_known_place_is_not_held_up_by_others),
        cmocka_unit_test(while_slapd_is_away),
        cmocka_unit_test(after_slapd_came_back),
        cmocka_unit_test(many_restarts),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
