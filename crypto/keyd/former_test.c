/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/former_test.c - certificates are replaced while sessions are there that read the former ones: each is signed for with the key of the
 * certificate that it shows, or not at all. */
#include "base/log.h"
#include "crypto/keyd/tls_fixture_int.h"
#include "crypto/pki/bundle.h"
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* As a listener reads them at its start. The trial authority's RSA one goes when another authority's comes. */
static struct tls_conf *read_now(void)
{
    struct tls_conf_spec spec = {.chain_ec_pem = "tls/server-ec.pem",
                                 .chain_pem = access("tls/server.pem", F_OK) == 0 ? "tls/server.pem" : NULL};
    struct tls_conf *c;

    assert_int_equal(tls_conf_new(&spec, &c, &e), RC_OK);
    return c;
}

/* One connection to a session that read its certificates then. */
static enum rc shown_by(struct tls_conf *c, struct tls_peer *p)
{
    int two[2], status = -1;
    struct stream *s;
    pid_t pid;
    enum rc rc;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, two), 0);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        test_child();
        close(two[0]);
        _exit(serve_one(c, two[1], 20000));
    }
    close(two[1]);
    s = stream_open(two[0]);
    stream_deadline(s, deadline_in(20000));
    rc = tls_connect(client, "mail.trial.test", NULL, s, p, &e);
    stream_close(&s);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return rc;
}

/* file: key and certificate, made anew when it is not there. */
static void import(const char *file)
{
    char command[400];
    static unsigned char text[32768];
    struct pki_bundle b = {.certificates = 0};
    FILE *f;
    size_t n;

    snprintf(command, sizeof command,
             "test -e %s || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=%s "
             "-addext subjectAltName=DNS:mail.trial.test -keyout %s -out %s.crt 2>/dev/null && "
             "{ test ! -e %s.crt || cat %s.crt >>%s; rm -f %s.crt; }",
             file, file, file, file, file, file, file, file);
    assert_int_equal(system(command), 0);
    f = fopen(file, "re");
    assert_non_null(f);
    n = fread(text, 1, sizeof text, f);
    fclose(f);
    assert_int_equal(pki_bundle_read(span_of(text, n), NULL, &b, &e), RC_OK);
    assert_int_equal(keyring_import(dir, &b, false, &e), RC_OK);
    pki_bundle_free(&b);
    keyd_end(SIGTERM);
    keyd_start();
}

static int group_start(void **st)
{
    (void)st;
    return tls_fixture_start();
}

static int group_end(void **st)
{
    (void)st;
    return tls_fixture_end();
}

static void test_each_is_signed_for_with_its_own_key(void **st)
{
    struct tls_conf *trial = read_now(), *one, *two;
    struct tls_peer p;

    (void)st;
    assert_int_equal(shown_by(trial, &p), RC_OK);
    import("one.pem");
    one = read_now();
    assert_int_equal(shown_by(one, &p), RC_OK);
    assert_string_equal(p.dn, "CN=one.pem");
    assert_int_equal(shown_by(trial, &p), RC_OK); /* its listener had read the former one */
    assert_true(p.verified);
    import("one.pem"); /* a certificate made anew for the same key leaves the former one where it is */
    assert_int_equal(shown_by(trial, &p), RC_OK);
    import("two.pem");
    two = read_now();
    assert_int_equal(shown_by(two, &p), RC_OK);
    assert_string_equal(p.dn, "CN=two.pem");
    assert_int_equal(shown_by(one, &p), RC_OK);
    assert_string_equal(p.dn, "CN=one.pem");
    assert_int_not_equal(shown_by(trial, &p),
                         RC_OK); /* replaced twice: refused, and not signed for with another's key */
    assert_null(strstr(e.log, "ignature"));
    tls_conf_free(&trial);
    tls_conf_free(&one);
    tls_conf_free(&two);
}

/* As if the last change were that many seconds earlier. */
static void age(uint64_t seconds)
{
    static unsigned char file[KEYRING_FILE_MAX], credential[CREDENTIAL_MAX];
    struct keyring *k = NULL;
    struct buf out = BUF_INIT;
    FILE *f = fopen("keys/keyring", "re"), *c = fopen("keys/credential", "re");
    size_t n = fread(file, 1, sizeof file, f), m = fread(credential, 1, sizeof credential, c);

    fclose(f);
    fclose(c);
    assert_int_equal(keyring_open(span_of(file, n), span_of(credential, m), &k, &e), RC_OK);
    k->changed -= seconds;
    assert_int_equal(keyring_seal(k, span_of(credential, m), &out, &e), RC_OK);
    assert_int_equal(chmod("keys/keyring", 0600), 0);
    f = fopen("keys/keyring", "we");
    assert_int_equal(fwrite(out.p, 1, out.n, f), out.n);
    fclose(f);
    keyring_free(&k);
    buf_free(&out);
}

/* A certificate may be replaced because its key was stolen: the key is not of use for long. */
static void test_a_former_key_signs_for_ten_minutes(void **st)
{
    struct tls_conf *before = read_now();
    struct tls_peer p;

    (void)st;
    import("three.pem");
    assert_int_equal(shown_by(before, &p), RC_OK);
    keyd_end(SIGTERM);
    age(KEYRING_FORMER_S + 1);
    keyd_start();
    assert_int_not_equal(shown_by(before, &p), RC_OK);
    assert_null(strstr(e.log, "ignature"));
    tls_conf_free(&before);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_each_is_signed_for_with_its_own_key),
                                   cmocka_unit_test(test_a_former_key_signs_for_ten_minutes)};

    log_open("former_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("former", t, group_start, group_end);
}
