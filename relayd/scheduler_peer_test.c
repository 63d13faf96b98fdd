/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_peer_test.c - what a session tells of its server (CH_PEER), through the scheduler's own code. The session is the test, and lies. The
 * chains are real certificates. trustd is a stand-in that verifies them with the functions that the real one uses (crypto/pki) and answers the state that the test wants; dird
 * is one that lists two names. */
#include "base/clock.h"
#include "crypto/pki/authority_fixture_int.h"
#include "crypto/pki/pki.h"
#include "crypto/pki/revocation.h"
#include "flow/fake_test.h"
#include "relayd/scheduler.h"
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
/* last, as it asks */
#include <cmocka.h>

#define NAME_A "CN=mail.a.test,O=Pli"
static struct made root, stranger, leaf_a, leaf_b, forged;
static struct pki_anchors *anchors;
static struct err e;

/* ---- what is shared with the stand-ins ---- */
static struct wanted {
    enum trust_state state;
    bool away, a_dropped;
    int64_t until;
    unsigned asked, names_only;
} * want;

static enum rc check(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *err)
{
    const struct trustd_check_req *q = req;
    struct trustd_check_rep *rep = r->msg;
    struct span list = q->chain, ders[TRUST_CERTS_MAX];
    struct pki_chain *c = NULL;
    struct trustd_cert cert;
    char dn[PKI_NAME_MAX];
    size_t n = 0;

    (void)d, (void)p, (void)fd;
    want->asked++;
    want->names_only += q->want == TW_NAME;
    if (want->away)
        return err_set(err, RC_TEMP, "as the test wants");
    while (n < TRUST_CERTS_MAX && ipc_list_next(&list, trustd_cert_f, &cert, err) == RC_OK)
        ders[n++] = cert.der;
    *rep = (struct trustd_check_rep){.state = TS_NO_CHAIN};
    if (pki_chain_find(anchors, ders, n, clock_utc(), &c, err) != RC_OK)
        return RC_OK;
    (void)pki_chain_subject(c, dn);
    buf_addstr(r->scratch, dn);
    *rep = (struct trustd_check_rep){.state = (uint8_t)(q->want == TW_NAME ? TS_GOOD : want->state),
                                     .until = (uint64_t)want->until,
                                     .dn = buf_span(r->scratch)};
    pki_chain_free(&c);
    return RC_OK;
}

static enum rc listed(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *err)
{
    const struct dird_trust_req *q = req;

    (void)d, (void)p, (void)fd, (void)err;
    ((struct dird_trust_rep *)r->msg)->trusted = !span_ieq_str(q->domain, "a.test") || want->a_dropped
                                                     ? DTR_UNKNOWN_DOMAIN
                                                 : q->dn.n == 0 || span_eq_str(q->dn, NAME_A) ? DTR_YES
                                                                                              : DTR_OTHER_DN;
    return RC_OK;
}

static int set_up(void **st)
{
    struct buf pem = BUF_INIT;
    FILE *f;

    (void)st;
    log_open("scheduler-peer-test", LOG_ERROR_ + 1);
    signal(SIGPIPE, SIG_IGN);
    want = mmap(NULL, sizeof *want, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (want == MAP_FAILED || !mkdtemp(fake_dir) || chdir(fake_dir) != 0)
        return -1;
    root = made_ca("Root", NULL);
    stranger = made_ca("Stranger", NULL);
    leaf_a = made_leaf("mail.a.test", &root);
    leaf_b = made_leaf("mail.b.test", &root);
    forged = made_leaf("mail.a.test", &stranger);
    pki_pem("CERTIFICATE", buf_span(&root.der), &pem);
    f = fopen("root.pem", "w");
    if (!f || fwrite(pem.p, 1, pem.n, f) != pem.n || fclose(f) != 0 ||
        pki_anchors_load("root.pem", &anchors, &e) != RC_OK)
        return -1;
    buf_free(&pem);
    fake_start("trustd.sock", &trustd_proto, (const struct ipc_bind[]){{TRUSTD_CHECK, check}, {0, NULL}});
    fake_start("dird.sock", &dird_proto, (const struct ipc_bind[]){{DIRD_TRUST, listed}, {0, NULL}});
    return 0;
}

static int drop(void **st)
{
    char cmd[128];

    (void)st;
    for (size_t i = 0; i < fake_n; i++) {
        kill(fake_pids[i], SIGKILL);
        waitpid(fake_pids[i], NULL, 0);
    }
    pki_anchors_free(&anchors);
    made_free(&root), made_free(&stranger), made_free(&leaf_a), made_free(&leaf_b), made_free(&forged);
    munmap(want, sizeof *want);
    snprintf(cmd, sizeof cmd, "rm -r %s", fake_dir);
    return chdir("/") != 0 || system(cmd) != 0;
}

/* ---- one connection to a.test ---- */
struct connection {
    struct scheduler s;
    struct place p;
    struct flight f; /* a letter that is nobody's: what ends the session ends with it, and asks for no other host */
    int session;
};

static void begin(struct connection *c, enum peer_revocation revocation)
{
    int sv[2];

    *want = (struct wanted){.state = TS_GOOD, .until = clock_utc() + 600};
    *c = (struct connection){
        .s = {.revocation = revocation, .dir = dir_new(ROLE_RELAYD), .trust = trust_new(ROLE_RELAYD)},
        .p = {.state = PL_HANDSHAKE, .start.domain = "a.test", .start.host = "mail.a.test"}};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
    c->p.channel = sv[0];
    c->p.flight = &c->f;
    c->session = sv[1];
}

static void end(struct connection *c)
{
    dir_free(&c->s.dir);
    trust_free(&c->s.trust);
    buf_free(&c->p.chain);
    buf_free(&c->s.in);
    if (!c->p.lost)
        close(c->p.channel);
    close(c->session);
}

static void tell(struct connection *c, bool verified, const struct made *leaf)
{
    struct buf chain = BUF_INIT;
    struct channel_peer_req rq = {.verified = verified, .why = SPAN_LIT("as it likes"), .tls = SPAN_LIT("TLS1.3")};

    pki_list_add(&chain, buf_span(&leaf->der));
    rq.chain = buf_span(&chain);
    assert_int_equal(channel_send(c->session, CH_PEER, channel_peer_req_f, &rq, &e), RC_OK);
    channel_read(&c->s, &c->p);
    buf_free(&chain);
}

/* What the session hears. CAUSES_: nothing yet. */
static enum cause heard(struct connection *c)
{
    struct channel_peer_rep rep = {.cause = CAUSES_};
    struct buf mem = BUF_SECRET_INIT;
    struct span body;
    uint16_t op;
    enum rc rc = channel_recv(c->session, &mem, &op, &body, &e);

    if (rc == RC_OK) {
        assert_int_equal(op, CH_PEER);
        assert_int_equal(ipc_decode(body, channel_peer_rep_f, &rep, &e), RC_OK);
    }
    buf_free(&mem);
    return (enum cause)rep.cause;
}

/* ---- cases ---- */
static void test_who_it_is_is_read_from_the_chain(void **st)
{
    static const struct {
        const struct made *leaf;
        bool verified;
        enum peer_revocation how;
        enum trust_state state;
        enum cause told;
    } t[] = {
        {&leaf_a, true, PEER_REQUIRE, TS_GOOD, CAUSE_NONE},
        {&leaf_a, true, PEER_REQUIRE, TS_REVOKED, CAUSE_PEER_REVOKED},
        {&leaf_a, true, PEER_REQUIRE, TS_UNKNOWN, CAUSE_PEER_UNCHECKED},
        {&leaf_a, true, PEER_SOFT, TS_UNKNOWN, CAUSE_NONE},
        {&leaf_a, true, PEER_SOFT, TS_REVOKED, CAUSE_PEER_REVOKED},
        {&leaf_a, true, PEER_OFF, TS_REVOKED, CAUSE_NONE}, /* nobody asks about that */
        /* the session says "verified, and all is well" of another operator's certificate, of a stranger's that carries the listed name, of an authority's */
        {&leaf_b, true, PEER_REQUIRE, TS_GOOD, CAUSE_PEER_DN},
        {&leaf_b, true, PEER_SOFT, TS_UNKNOWN, CAUSE_PEER_DN},
        {&leaf_b, true, PEER_OFF, TS_GOOD, CAUSE_PEER_DN},
        {&leaf_b, true, PEER_REQUIRE, TS_PENDING, CAUSE_PEER_DN}, /* and waits for no list */
        {&forged, true, PEER_REQUIRE, TS_GOOD, CAUSE_PEER_CERT},
        {&forged, true, PEER_SOFT, TS_GOOD, CAUSE_PEER_CERT},
        {&forged, true, PEER_OFF, TS_GOOD, CAUSE_PEER_CERT},
        {&root, true, PEER_OFF, TS_GOOD, CAUSE_PEER_DN},
        {&leaf_a, false, PEER_REQUIRE, TS_GOOD, CAUSE_PEER_CERT},
    };

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct connection c;
        enum cause told;

        begin(&c, t[i].how);
        want->state = t[i].state;
        tell(&c, t[i].verified, t[i].leaf);
        told = heard(&c);
        if (told != t[i].told || c.p.peer_ok != (told == CAUSE_NONE))
            fail_msg("row %zu: %s", i, told == CAUSES_ ? "nothing" : cause_name(told));
        assert_int_equal(want->asked, t[i].verified ? 1 : 0); /* one question to trustd, whatever is asked of it */
        assert_int_equal(want->names_only, t[i].verified && t[i].how == PEER_OFF);
        if (told == CAUSE_NONE)
            assert_string_equal(c.p.dn, NAME_A);
        end(&c);
    }
}

/* A chain that was refused is not followed by a better one. */
static void test_asked_once(void **st)
{
    struct connection c;

    (void)st;
    begin(&c, PEER_REQUIRE);
    tell(&c, true, &leaf_b);
    assert_int_equal(heard(&c), CAUSE_PEER_DN);
    tell(&c, true, &leaf_a);
    assert_true(c.p.lost && !c.p.peer_ok);
    assert_int_equal(heard(&c), CAUSES_);
    end(&c);
}

static void test_waits_for_data(void **st)
{
    struct connection c;

    (void)st;
    begin(&c, PEER_REQUIRE);
    want->state = TS_PENDING;
    tell(&c, true, &leaf_a);
    assert_int_equal(heard(&c), CAUSES_);
    assert_true(c.p.check_at > 0 && !c.p.peer_ok);
    want->state = TS_GOOD;
    peer_again(&c.s, &c.p);
    assert_int_equal(heard(&c), CAUSE_NONE);
    assert_true(c.p.check_at == 0 && c.p.peer_ok);
    end(&c);
}

/* Nobody can say whose a chain is without trustd, so there "soft" and "off" wait as well; and it is not waited for again at once. */
static void test_trustd_away(void **st)
{
    static const enum peer_revocation all[] = {PEER_REQUIRE, PEER_SOFT, PEER_OFF};

    (void)st;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct connection c;

        begin(&c, all[i]);
        want->away = true;
        tell(&c, true, &leaf_a);
        assert_int_equal(heard(&c), CAUSE_PEER_UNCHECKED);
        want->away = c.p.introduced = false;
        tell(&c, true, &leaf_a);
        assert_int_equal(heard(&c), CAUSE_PEER_UNCHECKED);
        assert_int_equal(want->asked, 1);
        c.s.trustd_away_until = 0;
        c.p.introduced = false;
        tell(&c, true, &leaf_a);
        assert_int_equal(heard(&c), CAUSE_NONE);
        end(&c);
    }
}

/* Before each letter of a connection that is up. */
static void test_still_trusted(void **st)
{
    struct connection c;

    (void)st;
    begin(&c, PEER_REQUIRE);
    tell(&c, true, &leaf_a);
    assert_int_equal(heard(&c), CAUSE_NONE);
    assert_int_equal(peer_still_trusted(&c.s, &c.p), CAUSE_NONE);
    want->state = TS_UNKNOWN; /* the last "good" counts until its end */
    assert_int_equal(peer_still_trusted(&c.s, &c.p), CAUSE_NONE);
    want->away = true;
    assert_int_equal(peer_still_trusted(&c.s, &c.p), CAUSE_NONE);
    c.p.good_until = clock_utc() - 1;
    assert_int_equal(peer_still_trusted(&c.s, &c.p), CAUSE_PEER_UNCHECKED);
    c.p.good_until = clock_utc() + 10 * 365 * 86400LL; /* by a clock that was wrong */
    assert_int_equal(peer_still_trusted(&c.s, &c.p), CAUSE_PEER_UNCHECKED);
    want->away = false;
    c.s.trustd_away_until = 0;
    want->state = TS_REVOKED;
    c.p.good_until = clock_utc() + 600;
    assert_int_equal(peer_still_trusted(&c.s, &c.p), CAUSE_PEER_REVOKED);
    want->state = TS_GOOD;
    assert_int_equal(peer_still_trusted(&c.s, &c.p), CAUSE_NONE);
    want->a_dropped = true;
    assert_int_equal(peer_still_trusted(&c.s, &c.p), CAUSE_LEFT_TRUST_SPACE);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who_it_is_is_read_from_the_chain),
                                       cmocka_unit_test(test_asked_once), cmocka_unit_test(test_waits_for_data),
                                       cmocka_unit_test(test_trustd_away), cmocka_unit_test(test_still_trusted)};

    return cmocka_run_group_tests(tests, set_up, drop);
}
