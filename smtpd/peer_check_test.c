/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/peer_check_test.c - the verdict on a peer's certificate at MAIL: whose name counts, how long a "good" holds, what happens while trustd cannot say.
 * trustd is a stand-in that answers what the test wants. Chains and lists are in tests/protocol/test_revocation.py. */
#include "smtpd/peer_check.h"
#include "base/clock.h"
#include "flow/fake_test.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

#define LISTED "CN=smtp.a.test,O=A,C=FR"
#define OTHER "CN=smtp.b.test,O=B,C=FR"

static struct wanted { /* shared with the stand-in */
    enum trust_state state;
    enum cause cause;
    bool away;
    int64_t until;
    char dn[TRUST_NAME + 1];
    unsigned asked;
} * want;
static struct smtpd conf;
static struct smtp_session s;
static struct err e;

static enum rc check(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *err)
{
    (void)d, (void)p, (void)req, (void)fd;
    want->asked++;
    if (want->away)
        return err_set(err, RC_TEMP, "as the test wants");
    buf_addstr(r->scratch, want->dn);
    *(struct trustd_check_rep *)r->msg = (struct trustd_check_rep){.state = (uint8_t)want->state,
                                                                   .cause = (uint16_t)want->cause,
                                                                   .until = (uint64_t)want->until,
                                                                   .dn = buf_span(r->scratch)};
    return RC_OK;
}

static int set_up(void **st)
{
    (void)st;
    log_open("peer-check-test", LOG_ERROR_ + 1);
    signal(SIGPIPE, SIG_IGN);
    want = mmap(NULL, sizeof *want, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (want == MAP_FAILED || !mkdtemp(fake_dir) || chdir(fake_dir) != 0)
        return -1;
    fake_start("trustd.sock", &trustd_proto, (const struct ipc_bind[]){{TRUSTD_CHECK, check}, {0, NULL}});
    s.trust = trust_new(ROLE_SMTPD);
    return 0;
}

static int drop(void **st)
{
    char cmd[128];

    (void)st;
    trust_free(&s.trust);
    kill(fake_pids[0], SIGKILL);
    waitpid(fake_pids[0], NULL, 0);
    munmap(want, sizeof *want);
    snprintf(cmd, sizeof cmd, "rm -r %s", fake_dir);
    return chdir("/") != 0 || system(cmd) != 0;
}

/* A peer whose certificate the session found good, with a name of the session's own. */
static void begin(enum smtp_revocation how)
{
    struct trust *t = s.trust;

    conf = (struct smtpd){.revocation = how};
    s = (struct smtp_session){
        .conf = &conf, .trust = t, .tls_peer = {.has_cert = true, .verified = true, .judged = true}};
    snprintf(s.tls_peer.dn, sizeof s.tls_peer.dn, "%s", LISTED);
    s.from.dn = span_str(s.tls_peer.dn);
    *want = (struct wanted){.state = TS_GOOD, .until = clock_utc() + 600, .dn = LISTED};
}

/* What dird is asked, and what the author of the message is held to, is the name of the chain that trustd verified. */
static void test_the_name_is_trustds(void **st)
{
    static const enum trust_state states[] = {TS_GOOD, TS_UNKNOWN};

    (void)st;
    for (size_t i = 0; i < 2; i++) {
        begin(REVOCATION_SOFT);
        want->state = states[i];
        snprintf(want->dn, sizeof want->dn, "%s", OTHER);
        assert_int_equal(peer_check(&s, &e), CAUSE_NONE);
        assert_string_equal(s.tls_peer.dn, OTHER);
        assert_true(span_eq_str(s.from.dn, OTHER));
    }
    begin(REVOCATION_REQUIRE); /* a certificate without a name that can be compared */
    want->dn[0] = 0;
    assert_int_equal(peer_check(&s, &e), CAUSE_BAD_CERT);
    assert_string_equal(s.tls_peer.dn, LISTED); /* for the log alone: MAIL is refused */
}

static void test_each_state(void **st)
{
    static const struct {
        enum trust_state state;
        enum cause said;
        enum cause require, soft, off;
    } t[] = {
        {TS_GOOD, CAUSE_NONE, CAUSE_NONE, CAUSE_NONE, CAUSE_NONE},
        {TS_REVOKED, CAUSE_NONE, CAUSE_CERT_REVOKED, CAUSE_CERT_REVOKED, CAUSE_NONE},
        {TS_UNKNOWN, CAUSE_NONE, CAUSE_CERT_UNCHECKED, CAUSE_NONE, CAUSE_NONE},
        {TS_NO_CHAIN, CAUSE_CERT_EXPIRED, CAUSE_CERT_EXPIRED, CAUSE_CERT_EXPIRED, CAUSE_NONE},
        {TS_NO_CHAIN, CAUSE_CERT_CHAIN, CAUSE_CERT_CHAIN, CAUSE_CERT_CHAIN, CAUSE_NONE},
        {TS_NO_CHAIN, CAUSE_DISK_FULL, CAUSE_CERT_CHAIN, CAUSE_CERT_CHAIN, CAUSE_NONE}, /* no cause of a chain */
    };

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        for (enum smtp_revocation how = REVOCATION_REQUIRE; how <= REVOCATION_OFF; how++) {
            begin(how);
            want->state = t[i].state;
            want->cause = t[i].said;
            assert_int_equal(peer_check(&s, &e), how == REVOCATION_REQUIRE ? t[i].require
                                                 : how == REVOCATION_SOFT  ? t[i].soft
                                                                           : t[i].off);
            assert_int_equal(want->asked, how != REVOCATION_OFF);
        }
}

/* What trustd has learned counts at the next MAIL, however long the last "good" was meant to hold. */
static void test_asked_each_time(void **st)
{
    (void)st;
    begin(REVOCATION_REQUIRE);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(peer_check(&s, &e), CAUSE_NONE);
        assert_int_equal(want->asked, i);
    }
    want->state = TS_REVOKED;
    assert_int_equal(peer_check(&s, &e), CAUSE_CERT_REVOKED);
    want->state = TS_UNKNOWN; /* a "good" of before "revoked" is none */
    assert_int_equal(peer_check(&s, &e), CAUSE_CERT_UNCHECKED);
}

static void test_while_it_cannot_say(void **st)
{
    (void)st;
    begin(REVOCATION_REQUIRE);
    want->away = true; /* a newcomer waits */
    assert_int_equal(peer_check(&s, &e), CAUSE_CERT_UNCHECKED);
    want->away = false;
    assert_int_equal(peer_check(&s, &e), CAUSE_NONE);
    want->state = TS_UNKNOWN;
    assert_int_equal(peer_check(&s, &e), CAUSE_NONE);
    want->away = true;
    want->asked = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(peer_check(&s, &e), CAUSE_NONE);
    assert_int_equal(want->asked, 1); /* who does not answer is left alone for a while */
    s.peer_good_until = clock_utc() - 1;
    assert_int_equal(peer_check(&s, &e), CAUSE_CERT_UNCHECKED); /* but asked again when that is over */
    assert_int_equal(want->asked, 2);
    s.peer_ask_at = 0;
    s.peer_good_until = clock_utc() + 10 * 365 * 86400LL; /* written by a clock that was ahead */
    assert_int_equal(peer_check(&s, &e), CAUSE_CERT_UNCHECKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_name_is_trustds), cmocka_unit_test(test_each_state),
                                       cmocka_unit_test(test_asked_each_time),
                                       cmocka_unit_test(test_while_it_cannot_say)};

    return cmocka_run_group_tests(tests, set_up, drop);
}
