/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/domain_test.c - the keys and certificates of domains: sealed each for its name, replaced and removed as K-FORMER asks, found among thousands. */
#include "base/clock.h"
#include "crypto/keyd/client/domain_key.h"
#include "crypto/keyd/keyd_fixture_int.h"
#include "crypto/pki/bundle.h"
#include "crypto/tls/domain_certs.h"
#include <sys/stat.h>
#include <time.h>

static const unsigned char credential[CREDENTIAL_MIN] = "a credential of thirty-two bytes";
#define CREDENTIAL span_of(credential, sizeof credential)

static struct domain_key *some_key(unsigned n)
{
    struct domain_key *k = domain_key_new();

    k->key.n = 100 + n;
    memset(k->key.p, (int)n, k->key.n);
    k->former[0].key.n = 7;
    k->former[0].replaced = 1234567 + n;
    return k;
}

static enum rc opens(struct span file, const char *name, struct span cred)
{
    struct domain_key *k = NULL;
    enum rc rc = domain_key_open(file, name, cred, &k, &e);

    if (k)
        domain_key_free(&k);
    return rc;
}

/* Octets changed, lengths cut, another name, another credential: it does not open. */
static void a_file_opens_under_its_name_alone(void **state)
{
    struct domain_key *k = some_key(3), *back = NULL;
    struct buf file = BUF_INIT;
    unsigned char other[CREDENTIAL_MIN];

    (void)state;
    assert_int_equal(domain_key_seal(k, "hopital.test.ec", CREDENTIAL, &file, &e), RC_OK);
    assert_int_equal(domain_key_open(buf_span(&file), "hopital.test.ec", CREDENTIAL, &back, &e), RC_OK);
    assert_int_equal(memcmp(back, k, sizeof *k), 0);
    assert_int_equal(opens(buf_span(&file), "cabinet.test.ec", CREDENTIAL), RC_DENIED);
    assert_int_equal(opens(buf_span(&file), "hopital.test.rsa", CREDENTIAL), RC_DENIED);
    memcpy(other, credential, sizeof other);
    other[0] ^= 1;
    assert_int_equal(opens(buf_span(&file), "hopital.test.ec", span_of(other, sizeof other)), RC_DENIED);
    assert_int_equal(opens(buf_span(&file), "hopital.test.ec", span_head(CREDENTIAL, 31)), RC_DENIED);
    for (size_t i = 0; i < file.n; i += 3) {
        file.p[i] ^= 0x40;
        assert_int_not_equal(opens(buf_span(&file), "hopital.test.ec", CREDENTIAL), RC_OK);
        file.p[i] ^= 0x40;
    }
    for (size_t n = 0; n < file.n; n += 3)
        assert_int_not_equal(opens(span_head(buf_span(&file), n), "hopital.test.ec", CREDENTIAL), RC_OK);
    assert_int_equal(opens(buf_span(&file), "hopital.test.ec", CREDENTIAL), RC_OK);
    buf_free(&file);
    domain_key_free(&k);
    domain_key_free(&back);
}

/* ---- in an instance ---- */
static void pair(const char *file, const char *names, const char *kind)
{
    char command[400];

    snprintf(command, sizeof command,
             "openssl req -x509 %s -nodes -days 9 -subj /CN=x -addext subjectAltName=%s -keyout k.pem -out c.pem "
             "2>/dev/null && "
             "cat k.pem c.pem >%s && rm k.pem c.pem",
             kind, names, file);
    assert_int_equal(system(command), 0);
}
#define EC "-newkey ec -pkeyopt ec_paramgen_curve:P-256"

static void import(const char *domain, const char *file, unsigned char shown[KEYD_SHOWN])
{
    struct pki_bundle b = {.certificates = 0};
    struct buf text = file_text(file);

    assert_int_equal(pki_bundle_read(buf_span(&text), NULL, &b, &e), RC_OK);
    assert_int_equal(domain_key_import(dir, domain, &b, &e), RC_OK);
    assert_true(domain_certs_key(buf_span(&b.chain_pem), shown));
    pki_bundle_free(&b);
    buf_free(&text);
}

/* As keyd would at its start: does it sign for that certificate? */
static bool signs(const unsigned char shown[KEYD_SHOWN], enum keyd_tls_key which)
{
    struct buf secret = file_text("keys/credential");
    struct domain_keys *d = domain_keys_read(dir, DOMAINS_BELOW, buf_span(&secret));
    bool yes = domain_keys_find(d, which, span_of(shown, KEYD_SHOWN)) != NULL;

    buf_free(&secret);
    domain_keys_free(&d);
    return yes;
}

static void a_former_key_signs_for_its_time(void **state)
{
    unsigned char first[KEYD_SHOWN], second[KEYD_SHOWN], third[KEYD_SHOWN];

    (void)state;
    pair("1.pem", "DNS:mx.un.test", EC);
    pair("2.pem", "DNS:mx.un.test", EC);
    pair("3.pem", "DNS:mx.un.test", "-newkey rsa:2048");
    import("un.test", "1.pem", first);
    assert_true(signs(first, KEYD_TLS_SERVER_EC) && !signs(first, KEYD_TLS_SERVER));
    import("un.test", "2.pem", second);
    assert_true(signs(first, KEYD_TLS_SERVER_EC) && signs(second, KEYD_TLS_SERVER_EC));
    import("un.test", "3.pem", third); /* the other kind: these are not touched */
    assert_true(signs(second, KEYD_TLS_SERVER_EC) && signs(third, KEYD_TLS_SERVER));
    import("un.test", "1.pem", first); /* it comes back */
    assert_true(signs(first, KEYD_TLS_SERVER_EC) && signs(second, KEYD_TLS_SERVER_EC));
    assert_int_equal(domain_key_remove(dir, "un.test", &e), RC_OK);
    assert_true(access("tls/domains/un.test.ec.pem", F_OK) != 0 && access("tls/domains/un.test.rsa.pem", F_OK) != 0);
    assert_true(signs(first, KEYD_TLS_SERVER_EC) && signs(third, KEYD_TLS_SERVER)); /* who is being shown them */
    assert_int_equal(domain_key_remove(dir, "un.test", &e), RC_OK); /* the first may have been killed half way */
    import("autre.test", "2.pem", second);
    assert_int_equal(access("keys/domains/un.test.ec", F_OK), 0); /* not yet */
    assert_int_equal(system("touch -d @1 keys/domains/un.test.*"), 0);
    import("autre.test", "2.pem", second);
    assert_true(access("keys/domains/un.test.ec", F_OK) != 0 && access("keys/domains/un.test.rsa", F_OK) != 0);
    assert_false(signs(first, KEYD_TLS_SERVER_EC));
    assert_int_equal(domain_key_remove(dir, "un.test", &e), RC_NOTFOUND);
}

/* A file that is no key keeps no other from being read. */
static void what_is_no_key_is_left_out(void **state)
{
    unsigned char shown[KEYD_SHOWN];

    (void)state;
    pair("4.pem", "DNS:mx.bon.test", EC);
    import("bon.test", "4.pem", shown);
    assert_int_equal(
        system("cp keys/domains/bon.test.ec keys/domains/copie.test.ec; : >keys/domains/vide.test.ec; mkdir -p "
               "keys/domains/d.ec;"
               "ln -sf /dev/zero keys/domains/lien.test.rsa; echo x >keys/domains/x.rsa; echo x >keys/domains/.ec;"
               "echo x >keys/domains/bon.test.ec.new; echo y >keys/domains/y.ec"),
        0);
    assert_true(signs(shown, KEYD_TLS_SERVER_EC));
    assert_int_equal(system("rm -rf keys/domains/*"), 0);
}

/* ---- by a name ---- */
static const char *owner(const struct domain_certs *d, const char *host)
{
    const struct domain_cert *c = domain_certs_of_host(d, span_str(host));

    return c ? c->domain : "";
}

static void names_lead_to_one_domain(void **state)
{
    struct domain_certs *d;
    char name[256], other[256];
    struct buf pem = BUF_INIT;
    unsigned char piece[4096];
    FILE *f;

    (void)state;
    assert_int_equal(system("mkdir -p tls/domains; rm -f tls/domains/*"), 0);
    pair("a.pem", "DNS:mx.a.test,DNS:*.a.test,DNS:Commun.test", EC);
    pair("b.pem", "DNS:mx.b.test,DNS:commun.test,IP:127.0.0.1,email:x@b.test", EC);
    assert_int_equal(system("cp a.pem tls/domains/a.test.ec.pem; cp b.pem tls/domains/b.test.rsa.pem; cp b.pem "
                            "tls/domains/b.test.ec.pem;"
                            "echo x >tls/domains/c.test.ec.pem; : >tls/domains/d.test.rsa.pem; cp b.pem "
                            "tls/domains/README; cp b.pem tls/domains/.ec.pem"),
                     0);
    assert_int_equal(domain_certs_read(dir, &d, &e), RC_OK);
    assert_int_equal(domain_certs_count(d), 2);
    assert_string_equal(owner(d, "MX.A.test"), "a.test");
    assert_string_equal(owner(d, "un.a.test"), "a.test");
    assert_string_equal(owner(d, "deux.un.a.test"), "");
    assert_string_equal(owner(d, "a.test"), "");
    assert_string_equal(owner(d, ".a.test"), "");
    assert_string_equal(owner(d, "*.a.test"), "a.test");
    assert_string_equal(owner(d, "mx.b.test"), "b.test");
    assert_string_equal(owner(d, "commun.test"), "a.test"); /* the first one's */
    assert_string_equal(owner(d, "127.0.0.1"), "");
    assert_string_equal(owner(d, ""), "");
    assert_null(domain_certs_of_host(d, span_of("mx.a.test\0x", 11)));
    assert_true(domain_certs_of_domain(d, SPAN_LIT("b.test")) == 2 &&
                domain_certs_of_domain(d, SPAN_LIT("b.tes")) == 0);
    f = fopen("b.pem", "re");
    buf_add(&pem, piece, fread(piece, 1, sizeof piece, f));
    fclose(f);
    assert_true(domain_certs_clash(d, buf_span(&pem), "b.test", name, other));
    assert_string_equal(other, "a.test");
    assert_int_equal(domain_certs_names(buf_span(&pem)), 2);
    buf_free(&pem);
    domain_certs_free(&d);
}

/* Three thousand domains: read in well under a minute with sanitizers, each found by its name. Prints what it took. */
static void thousands_are_found(void **state)
{
    enum { MANY = 3000, ASKED = 100000 };
    struct domain_certs *d;
    struct timespec a, b, c;
    char text[64];

    (void)state;
    assert_int_equal(system("rm -f tls/domains/*"), 0);
    for (unsigned i = 1; i <= MANY; i++) {
        snprintf(text, sizeof text, "tls/domains/d%u.test.ec.pem", i);
        assert_int_equal(link("a.pem", text), 0);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    assert_int_equal(domain_certs_read(dir, &d, &e), RC_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    for (unsigned i = 0; i < ASKED; i++) {
        snprintf(text, sizeof text, "d%u.test", 1 + i % MANY);
        assert_true(domain_certs_of_domain(d, span_str(text)) > 0);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c);
    assert_int_equal(domain_certs_count(d), MANY);
    print_message("%d certificates read in %.3f s of CPU, a look-up among them takes %.2f us\n", MANY,
                  (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9,
                  ((double)(c.tv_sec - b.tv_sec) * 1e9 + (double)(c.tv_nsec - b.tv_nsec)) / 1e3 / ASKED);
    domain_certs_free(&d);
}

static int group_start(void **state)
{
    (void)state;
    return fixture_start();
}

static int group_end(void **state)
{
    (void)state;
    return fixture_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_opens_under_its_name_alone),
        cmocka_unit_test(a_former_key_signs_for_its_time),
        cmocka_unit_test(what_is_no_key_is_left_out),
        cmocka_unit_test(names_lead_to_one_domain),
        cmocka_unit_test(thousands_are_found),
    };

    log_open("domain_test", LOG_ERROR_);
    return cmocka_run_group_tests(tests, group_start, group_end);
}
