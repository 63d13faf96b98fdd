/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/outbox_test.c - what a pubd that was taken over can have signed: handshakes with the outbox's own key, and with no other; and nobody else with that
 * one. */
#include "crypto/keyd/client/domain_key.h"
#include "crypto/keyd/keyd_fixture_int.h"
#include "crypto/pki/bundle.h"
#include "crypto/tls/domain_certs.h"
#include <sys/stat.h>

typedef unsigned char shown_key[KEYD_SHOWN];
static shown_key outbox, domain, server;

/* A new pair of P-256 put in for that owner. */
static void import(const char *owner, const char *use, shown_key shown)
{
    struct pki_bundle b = {.certificates = 0};
    struct buf pem;
    char command[400];

    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=x -addext "
             "extendedKeyUsage=%s -addext subjectAltName=DNS:mx.x.test -keyout k.pem -out c.pem 2>/dev/null && cat "
             "k.pem c.pem >pair.pem && rm k.pem c.pem",
             use);
    assert_int_equal(system(command), 0);
    pem = file_text("pair.pem");
    assert_int_equal(pki_bundle_read(buf_span(&pem), NULL, &b, &e), RC_OK);
    assert_int_equal(domain_key_import(dir, owner, &b, &e), RC_OK);
    assert_true(domain_certs_key(buf_span(&b.chain_pem), shown));
    pki_bundle_free(&b);
    buf_free(&pem);
}

static void keyd_again(const char *backend)
{
    keyd_end(SIGTERM);
    publish_backend = backend;
    keyd_start();
}

static enum rc asks(enum ipc_role role, const shown_key shown, enum keyd_tls_key which)
{
    static const unsigned char hash[32] = {1, 2, 3};
    struct keyd *k = keyd_new(role);
    struct keyd_tls_req rq = {(uint8_t)which, span_of(shown, KEYD_SHOWN), which == KEYD_TLS_SERVER ? 0x0804 : 0x0403,
                              span_of(hash, sizeof hash)};
    struct buf sig = BUF_INIT;
    enum rc rc = keyd_tls_sign(k, &rq, &sig, &e);

    assert_true((rc == RC_OK) == (sig.n > 0));
    buf_free(&sig);
    keyd_free(&k);
    return rc;
}

static void each_role_has_its_own_keys(void **state)
{
    static const enum ipc_role sessions[] = {ROLE_SMTPD, ROLE_IMAPD, ROLE_HTTPD, ROLE_RELAYD};
    struct buf pem = file_text("tls/server.pem");
    shown_key rsa;

    (void)state;
    assert_true(domain_certs_key(buf_span(&pem), rsa));
    assert_int_equal(asks(ROLE_PUBD, outbox, KEYD_TLS_SERVER_EC), RC_OK);
    assert_int_equal(asks(ROLE_PUBD, server, KEYD_TLS_SERVER_EC), RC_DENIED);
    assert_int_equal(asks(ROLE_PUBD, rsa, KEYD_TLS_SERVER), RC_DENIED);
    assert_int_equal(asks(ROLE_PUBD, domain, KEYD_TLS_SERVER_EC), RC_DENIED);
    assert_int_equal(asks(ROLE_PUBD, outbox, KEYD_TLS_SERVER), RC_TEMP); /* no key of that kind */
    for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++) {
        assert_int_equal(asks(sessions[i], server, KEYD_TLS_SERVER_EC), RC_OK);
        assert_int_equal(asks(sessions[i], domain, KEYD_TLS_SERVER_EC), RC_OK);
        assert_int_equal(asks(sessions[i], outbox, KEYD_TLS_SERVER_EC), RC_DENIED);
    }
    buf_free(&pem);
}

/* The settings say that nothing is published over HTTPS: then there is nothing to sign. */
static void nothing_while_nothing_is_published(void **state)
{
    static const char *const others[] = {"off", "command", "folder"};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        keyd_again(others[i]);
        assert_int_equal(asks(ROLE_PUBD, outbox, KEYD_TLS_SERVER_EC), RC_DENIED);
        assert_int_equal(asks(ROLE_PUBD, server, KEYD_TLS_SERVER_EC), RC_DENIED);
        assert_int_equal(asks(ROLE_SMTPD, outbox, KEYD_TLS_SERVER_EC), RC_TEMP); /* nobody's here */
        assert_int_equal(asks(ROLE_SMTPD, server, KEYD_TLS_SERVER_EC), RC_OK);
    }
    keyd_again("https");
}

/* Who can write below keys/ but has no credential moves a domain's key into the outbox's place, or back. */
static void a_key_in_anothers_place_does_not_open(void **state)
{
    (void)state;
    assert_int_equal(system("mv keys/publish/client.ec aside && cp keys/domains/x.test.ec keys/publish/client.ec && "
                            "cp aside keys/domains/client.ec && mkdir keys/domains/publish && cp aside "
                            "keys/domains/publish/client.ec"),
                     0);
    keyd_again("https");
    assert_int_not_equal(asks(ROLE_PUBD, domain, KEYD_TLS_SERVER_EC), RC_OK);
    assert_int_not_equal(asks(ROLE_PUBD, outbox, KEYD_TLS_SERVER_EC), RC_OK);
    assert_int_not_equal(asks(ROLE_SMTPD, outbox, KEYD_TLS_SERVER_EC), RC_OK);
    assert_int_equal(asks(ROLE_SMTPD, domain, KEYD_TLS_SERVER_EC), RC_OK);
    assert_int_equal(system("rm -r keys/domains/client.ec keys/domains/publish && mv -f aside keys/publish/client.ec"),
                     0);
    keyd_again("https");
    assert_int_equal(asks(ROLE_PUBD, outbox, KEYD_TLS_SERVER_EC), RC_OK);
}

/* A carrier that shows the former one while it is replaced is signed for; when it is removed, too, for its ten minutes. A removal that was killed behind its
 * first step, or before it told keyd, is ended by the next one. */
static void replaced_and_removed(void **state)
{
    shown_key next, other;
    struct stat before, after;

    (void)state;
    import(OUTBOX_KEY, "clientAuth", next);
    keyd_again("https");
    assert_int_equal(asks(ROLE_PUBD, outbox, KEYD_TLS_SERVER_EC), RC_OK);
    assert_int_equal(asks(ROLE_PUBD, next, KEYD_TLS_SERVER_EC), RC_OK);
    assert_int_equal(unlink("tls/publish/client.ec.pem"), 0);
    assert_int_equal(domain_key_remove(dir, OUTBOX_KEY, &e), RC_OK);
    keyd_again("https");
    assert_int_equal(asks(ROLE_PUBD, next, KEYD_TLS_SERVER_EC), RC_OK);
    assert_int_equal(stat("keys/keyring", &before), 0);
    assert_int_equal(domain_key_remove(dir, OUTBOX_KEY, &e), RC_OK); /* as one that was killed before it told keyd */
    assert_int_equal(stat("keys/keyring", &after), 0);
    assert_true(before.st_ino != after.st_ino || before.st_mtim.tv_nsec != after.st_mtim.tv_nsec);
    keyd_again("https");
    assert_int_equal(asks(ROLE_PUBD, next, KEYD_TLS_SERVER_EC), RC_OK);
    assert_int_equal(system("touch -d @1 keys/publish/client.ec"), 0);
    import("y.test", "serverAuth", other); /* whatever changes next destroys it */
    assert_int_not_equal(access("keys/publish/client.ec", F_OK), 0);
    assert_int_equal(domain_key_remove(dir, OUTBOX_KEY, &e), RC_NOTFOUND);
    assert_non_null(strstr(e.log, "the publication has no certificate of its own"));
    keyd_again("https");
    assert_int_not_equal(asks(ROLE_PUBD, next, KEYD_TLS_SERVER_EC), RC_OK);
    assert_int_equal(asks(ROLE_SMTPD, other, KEYD_TLS_SERVER_EC), RC_OK);
}

static int group_start(void **state)
{
    struct buf pem;

    (void)state;
    publish_backend = "https";
    if (fixture_start() != 0)
        return -1;
    import(OUTBOX_KEY, "clientAuth", outbox);
    import("x.test", "serverAuth", domain);
    pem = file_text("tls/server-ec.pem");
    if (!domain_certs_key(buf_span(&pem), server))
        return -1;
    buf_free(&pem);
    keyd_again("https");
    return 0;
}

static int group_end(void **state)
{
    (void)state;
    return fixture_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_has_its_own_keys),
        cmocka_unit_test(nothing_while_nothing_is_published),
        cmocka_unit_test(a_key_in_anothers_place_does_not_open),
        cmocka_unit_test(replaced_and_removed),
    };

    log_open("outbox_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("outbox", tests, group_start, group_end);
}
