/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/profile_test.c - a settings file signed by keyd with a server certificate, as the openssl command sees it. */
#include "base/log.h"
#include "crypto/cms/cms.h"
#include "crypto/keyd/keyd_fixture_int.h"
#include "crypto/pki/pki.h"
#include "crypto/seal/digest.h"

static const char text[] = "<plist><dict/></plist>\n";
static struct keyd *httpd;

static enum rc sign(struct keyd *k, enum keyd_tls_key key, const char *pem_file, struct buf *out)
{
    struct buf pem = file_text(pem_file), cert = BUF_INIT;
    unsigned char digest[DIGEST_LEN];
    enum rc rc;

    digest_of(span_str(text), digest);
    assert_int_equal(pki_unpem("CERTIFICATE", buf_span(&pem), &cert, &e), RC_OK);
    rc = keyd_sign_profile(k, key, buf_span(&cert), digest, out, &e);
    buf_free(&pem);
    buf_free(&cert);
    return rc;
}

static void test_each_key(void **st)
{
    static const struct {
        enum keyd_tls_key key;
        const char *pem;
    } t[] = {{KEYD_TLS_SERVER, "tls/server.pem"}, {KEYD_TLS_SERVER_EC, "tls/server-ec.pem"}};

    (void)st;
    for (size_t i = 0; i < 2; i++) {
        struct buf cms = BUF_INIT, whole = BUF_INIT, pem = file_text(t[i].pem), changed = BUF_INIT;

        assert_int_equal(sign(httpd, t[i].key, t[i].pem, &cms), RC_OK);
        assert_int_equal(cms_enclose(buf_span(&cms), span_str(text), buf_span(&pem), &whole, &e), RC_OK);
        file_put("profile", buf_span(&whole));
        assert_int_equal(system("openssl cms -verify -inform DER -in profile -CAfile ca.pem -purpose sslserver -out "
                                "profile.out 2>profile.err && "
                                "openssl pkcs7 -inform DER -in profile -print_certs | grep -c ^subject | grep -qx 2"),
                         0);
        changed = file_text("profile.out");
        assert_true(span_eq_str(buf_span(&changed), text));
        /* another content does not verify */
        buf_clear(&whole);
        assert_int_equal(
            cms_enclose(buf_span(&cms), SPAN_LIT("<plist><dict>!</dict></plist>\n"), buf_span(&pem), &whole, &e),
            RC_OK);
        file_put("profile", buf_span(&whole));
        assert_int_not_equal(system("openssl cms -verify -inform DER -in profile -CAfile ca.pem -purpose sslserver "
                                    "-out /dev/null 2>profile.err"),
                             0);
        /* as a letter's signature it is worth nothing: the certificate has no usage for mail */
        assert_int_not_equal(system("openssl cms -verify -inform DER -in profile -CAfile ca.pem -purpose smimesign "
                                    "-out /dev/null 2>profile.err"),
                             0);
        buf_free(&cms);
        buf_free(&whole);
        buf_free(&pem);
        buf_free(&changed);
    }
}

static void test_enclose_hostile(void **st)
{
    struct buf cms = BUF_INIT, out = BUF_INIT, pem = file_text("tls/server.pem");

    (void)st;
    assert_int_equal(sign(httpd, KEYD_TLS_SERVER, "tls/server.pem", &cms), RC_OK);
    for (size_t n = 0; n < cms.n; n += 7)
        assert_int_equal(cms_enclose(span_of(cms.p, n), span_str(text), buf_span(&pem), &out, &e), RC_SYNTAX);
    assert_int_equal(cms_enclose(buf_span(&cms), span_str(text), SPAN_LIT("no certificate"), &out, &e), RC_SYNTAX);
    assert_int_equal(out.n, 0);
    assert_int_equal(cms_enclose(buf_span(&cms), span_str(text), buf_span(&pem), &out, &e), RC_OK);
    buf_addc(&cms, 0);
    assert_int_equal(cms_enclose(buf_span(&cms), span_str(text), buf_span(&pem), &out, &e), RC_SYNTAX);
    buf_clear(&cms);
    buf_addspan(&cms, buf_span(&out)); /* one that has its content already */
    assert_int_equal(cms_enclose(buf_span(&cms), span_str(text), buf_span(&pem), &out, &e), RC_SYNTAX);
    buf_free(&cms);
    buf_free(&out);
    buf_free(&pem);
}

/* The certificate of another key, no such key, another role. */
static void test_refused(void **st)
{
    struct buf out = BUF_INIT;
    struct keyd *smtpd = keyd_new(ROLE_SMTPD);

    (void)st;
    assert_int_equal(sign(httpd, KEYD_TLS_SERVER, "tls/server-ec.pem", &out), RC_TEMP);
    assert_int_equal(sign(httpd, KEYD_TLS_SERVER, "ca.pem", &out), RC_TEMP);
    assert_int_equal(sign(httpd, (enum keyd_tls_key)0, "tls/server.pem", &out), RC_DENIED);
    assert_int_equal(sign(httpd, (enum keyd_tls_key)9, "tls/server.pem", &out), RC_DENIED);
    assert_int_equal(sign(smtpd, KEYD_TLS_SERVER, "tls/server.pem", &out), RC_DENIED);
    assert_int_equal(out.n, 0);
    keyd_free(&smtpd);
    buf_free(&out);
}

/* A session that was taken over uses up its own share, and nobody else's. */
static void test_share(void **st)
{
    struct buf out = BUF_INIT;
    int status;
    pid_t pid = fork();

    (void)st;
    if (pid == 0) {
        struct keyd *k;
        enum rc rc = RC_OK;

        test_child();
        k = keyd_new(ROLE_HTTPD);
        for (int n = 0; n < 50 && rc == RC_OK; n++)
            rc = sign(k, KEYD_TLS_SERVER_EC, "tls/server-ec.pem", &out);
        _exit((int)rc);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, RC_TEMP);
    assert_int_equal(sign(httpd, KEYD_TLS_SERVER_EC, "tls/server-ec.pem", &out), RC_OK);
    buf_free(&out);
}

static int group_start(void **st)
{
    (void)st;
    httpd = keyd_new(ROLE_HTTPD);
    return fixture_start();
}

static int group_end(void **st)
{
    (void)st;
    keyd_free(&httpd);
    return fixture_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_key),
        cmocka_unit_test(test_enclose_hostile),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_share),
    };

    return cmocka_run_group_tests_name("a settings file signed", tests, group_start, group_end);
}
