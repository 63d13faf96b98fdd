/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/former_test.c - certificates are replaced while sessions are there that read the former ones: each is signed for with the key of the
 * certificate that it shows, or not at all. */
#include "base/log.h"
#include "crypto/keyd/tls_fixture_int.h"
#include "crypto/pki/bundle.h"
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define EC "-newkey ec -pkeyopt ec_paramgen_curve:P-256"

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

/* file: key and certificate of a new pair, when it is not there. kind: options of openssl req. */
static void make(const char *file, const char *kind)
{
    char command[400];

    snprintf(command, sizeof command,
             "test -e %s || { openssl req -x509 %s -nodes -days 9 -subj /CN=%s "
             "-addext subjectAltName=DNS:mail.trial.test -keyout %s.key -out %s.crt 2>/dev/null && "
             "cat %s.key %s.crt >%s && rm %s.key %s.crt; }",
             file, kind, file, file, file, file, file, file, file, file);
    assert_int_equal(system(command), 0);
}

/* As pli cert import does, up to the signal. */
static enum rc import_only(const char *file)
{
    struct pki_bundle b = {.certificates = 0};
    struct buf text = file_text(file);
    enum rc rc;

    assert_int_equal(pki_bundle_read(buf_span(&text), NULL, &b, &e), RC_OK);
    rc = keyring_import(dir, &b, false, &e);
    pki_bundle_free(&b);
    buf_free(&text);
    return rc;
}

static void keyd_again(void)
{
    keyd_end(SIGTERM);
    keyd_start();
}

static void import_kind(const char *file, const char *kind)
{
    make(file, kind);
    assert_int_equal(import_only(file), RC_OK);
    keyd_again();
}

static void import(const char *file)
{
    import_kind(file, EC);
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
    assert_int_equal(shown_by(trial, &p), RC_OK); /* replaced twice within its ten minutes */
    assert_true(p.verified);
    import("one.pem"); /* back to the first: its key is today's again, and bounded by nothing */
    assert_int_equal(shown_by(one, &p), RC_OK);
    assert_int_equal(shown_by(two, &p), RC_OK);
    tls_conf_free(&trial);
    tls_conf_free(&one);
    tls_conf_free(&two);
}

/* As if every change were that many seconds earlier. */
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
    for (size_t i = 0; i < KEYRING_FORMERS; i++)
        k->former[i].replaced -= k->former[i].replaced > 0 ? seconds : 0;
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
    age(KEYRING_FORMER_S + 1);
    keyd_again();
    assert_int_not_equal(shown_by(before, &p), RC_OK);
    assert_null(strstr(e.log, "ignature"));     /* no signature at all */
    import_kind("rsa.pem", "-newkey rsa:2048"); /* a change of the other kind gives it no new life */
    assert_int_not_equal(shown_by(before, &p), RC_OK);
    tls_conf_free(&before);
}

/* The certificate is not replaced, because its file cannot be written: whoever reads it is signed for, for as long as it is there. */
static void test_a_key_whose_certificate_is_still_there(void **st)
{
    struct tls_conf *before = read_now(), *after;
    struct tls_peer p;

    (void)st;
    make("four.pem", EC);
    assert_int_equal(system("mkdir -p tls/server-ec.pem.new/in-the-way"), 0);
    assert_int_equal(import_only("four.pem"), RC_TEMP);
    age(KEYRING_FORMER_S + 1);
    keyd_again();
    assert_int_equal(shown_by(before, &p), RC_OK);
    assert_int_equal(system("rm -r tls/server-ec.pem.new"), 0);
    import("four.pem"); /* again: now it is replaced, and its ten minutes begin */
    after = read_now();
    assert_int_equal(shown_by(after, &p), RC_OK);
    assert_string_equal(p.dn, "CN=four.pem");
    assert_int_equal(shown_by(before, &p), RC_OK);
    age(KEYRING_FORMER_S + 1);
    keyd_again();
    assert_int_not_equal(shown_by(before, &p), RC_OK);
    tls_conf_free(&before);
    tls_conf_free(&after);
}

/* Keys are named by what both libraries make of them: one writes a point as the key's file has it, the other always in full. */
static void test_a_key_file_with_a_short_point(void **st)
{
    struct tls_conf *c;
    struct tls_peer p;

    (void)st;
    assert_int_equal(system("openssl ecparam -name prime256v1 -genkey -noout -out long.key && openssl req -x509 -new "
                            "-key long.key -days 9 -subj /CN=short.pem -addext subjectAltName=DNS:mail.trial.test "
                            "-out short.crt && openssl ec -in long.key -conv_form compressed -out short.key 2>ec.log "
                            "&& cat short.key short.crt >short.pem"),
                     0);
    import("short.pem");
    c = read_now();
    assert_int_equal(shown_by(c, &p), RC_OK);
    assert_string_equal(p.dn, "CN=short.pem");
    tls_conf_free(&c);
}

/* Several at once: whichever is last, its key is in the keyring, and nobody's is half written. */
static void test_imports_at_once(void **st)
{
    enum { AT_ONCE = 6 };
    char name[AT_ONCE][24];
    struct tls_conf *c;
    struct tls_peer p;

    (void)st;
    for (int i = 0; i < AT_ONCE; i++) {
        snprintf(name[i], sizeof name[i], "at-%d.pem", i);
        make(name[i], EC);
    }
    for (int round = 0; round < 3; round++) {
        int status, failed = 0;

        for (int i = 0; i < AT_ONCE; i++)
            if (fork() == 0) {
                test_child();
                _exit(import_only(name[i]) == RC_OK ? 0 : 1);
            }
        for (int i = 0; i < AT_ONCE; i++)
            failed += wait(&status) < 0 || status != 0;
        assert_int_equal(failed, 0);
        keyd_again();
        c = read_now();
        assert_int_equal(shown_by(c, &p), RC_OK);
        tls_conf_free(&c);
    }
}

/* ---- as a client: relayd shows other operators the same certificates ---- */

static enum rc keyd_signs(void *k, const struct keyd_tls_req *rq, struct buf *sig_out, struct err *why)
{
    return keyd_tls_sign(k, rq, sig_out, why);
}

/* What a server that requires a certificate says of the one that this client shows; RC_TEMP: nothing was signed. */
static enum rc shown_to(struct tls_conf *server, struct tls_client *c, struct buf *says)
{
    struct keyd *k = keyd_new(ROLE_RELAYD);
    const struct tls_signer signer = {keyd_signs, k};
    struct tls_peer p;
    struct span line;
    struct stream *s;
    int two[2];
    pid_t pid;
    enum rc rc;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, two), 0);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        test_child();
        close(two[0]);
        _exit(serve_one(server, two[1], 20000));
    }
    close(two[1]);
    s = stream_open(two[0]);
    stream_deadline(s, deadline_in(20000));
    rc = tls_connect(c, "mail.trial.test", &signer, s, &p, &e);
    if (rc == RC_OK)
        rc = stream_line(s, 512, &line, &e);
    buf_clear(says);
    if (rc == RC_OK)
        buf_add(says, line.p, line.n);
    stream_close(&s);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    keyd_free(&k);
    return rc;
}

static struct tls_client *client_now(void)
{
    struct tls_client_spec spec = {.anchors_pem = "ca.pem", .any_name = true, .chain_ec_pem = "tls/server-ec.pem"};
    struct tls_client *c;

    assert_int_equal(tls_client_new(&spec, &c, &e), RC_OK);
    return c;
}

static void test_as_a_client(void **st)
{
    struct tls_conf_spec spec = {.chain_ec_pem = "tls/server-ec.pem", .anchors_pem = "ca.pem", .require_client = true};
    struct tls_client *before = client_now(), *after;
    struct tls_conf *server;
    struct buf says = BUF_INIT;

    (void)st;
    import("five.pem");
    assert_int_equal(tls_conf_new(&spec, &server, &e), RC_OK);
    after = client_now();
    assert_int_equal(shown_to(server, before, &says), RC_OK); /* a session that read its certificate before */
    assert_int_equal(shown_to(server, after, &says), RC_OK);
    age(KEYRING_FORMER_S + 1);
    keyd_again();
    assert_int_equal(shown_to(server, before, &says),
                     RC_TEMP); /* tried again later, by a session that has read it anew */
    assert_int_equal(shown_to(server, after, &says), RC_OK);
    tls_client_free(&before);
    tls_client_free(&after);
    tls_conf_free(&server);
    buf_free(&says);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_each_is_signed_for_with_its_own_key),
                                   cmocka_unit_test(test_a_former_key_signs_for_ten_minutes),
                                   cmocka_unit_test(test_a_key_whose_certificate_is_still_there),
                                   cmocka_unit_test(test_a_key_file_with_a_short_point),
                                   cmocka_unit_test(test_imports_at_once),
                                   cmocka_unit_test(test_as_a_client)};

    log_open("former_test", LOG_ERROR_);
    return cmocka_run_group_tests_name("former", t, group_start, group_end);
}
