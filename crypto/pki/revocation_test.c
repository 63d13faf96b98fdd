/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/revocation_test.c - lists of authorities that the test makes: what is believed, and what is not. */
#include "crypto/pki/chain_fixture_int.h"
#include "crypto/seal/digest.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What these lists say of leaf (0) and intermediate (1). A list may be left out: {.by = NULL}. */
struct said {
    struct pki_status s[PKI_CHAIN_MAX];
    bool used[3];
};
static struct said say_at(struct list_want a, struct list_want b, struct list_want c, int64_t at)
{
    struct list_want w[3] = {a, b, c};
    struct pki_crl *crls[3];
    size_t n = 0, place[3] = {0};
    bool used[3] = {false};
    struct said out = {.used = {false}};

    for (int i = 0; i < 3; i++) {
        struct buf der = BUF_INIT;

        if (!w[i].by)
            continue;
        der = list_new(w[i]);
        place[i] = n;
        assert_int_equal(pki_crl_parse(buf_span(&der), &crls[n++], &e), RC_OK);
        buf_free(&der);
    }
    pki_crls_say(chain, &(struct pki_data){crls, n, at, GRACE}, out.s, used);
    for (int i = 0; i < 3; i++)
        out.used[i] = w[i].by && used[place[i]];
    while (n > 0)
        pki_crl_free(&crls[--n]);
    return out;
}
static struct said say(struct list_want a, struct list_want b)
{
    return say_at(a, b, (struct list_want){.by = NULL}, clock_utc());
}
static const struct list_want none = {.by = NULL};

static void test_good_and_what_is_missing(void **st)
{
    struct said s = say((struct list_want){.by = &inter}, (struct list_want){.by = &root});

    (void)st;
    assert_int_equal(pki_chain_n(chain), 2);
    assert_int_equal(s.s[0].state, PKI_GOOD);
    assert_int_equal(s.s[1].state, PKI_GOOD);
    assert_false(s.s[0].stale);
    assert_true(s.s[0].this_update <= clock_utc() && s.s[0].this_update > clock_utc() - 120);
    assert_true(s.s[0].next_update > clock_utc() + 80000);
    assert_true(s.used[0] && s.used[1]);
    s = say((struct list_want){.by = &inter}, none); /* the authority's own state is asked too */
    assert_int_equal(s.s[0].state, PKI_GOOD);
    assert_int_equal(s.s[1].state, PKI_UNKNOWN);
    assert_string_equal(s.s[1].why, "");
    s = say(none, (struct list_want){.by = &root});
    assert_int_equal(s.s[0].state, PKI_UNKNOWN);
    assert_int_equal(s.s[1].state, PKI_GOOD);
}

static void test_revoked(void **st)
{
    struct said s =
        say((struct list_want){.by = &inter, .revoked = {&leaf}, .reason = 1}, (struct list_want){.by = &root});

    (void)st;
    assert_int_equal(s.s[0].state, PKI_REVOKED);
    assert_int_equal(s.s[0].reason, 1);
    assert_true(s.s[0].revoked_at > clock_utc() - 700 && s.s[0].revoked_at < clock_utc() - 500);
    assert_int_equal(s.s[1].state, PKI_GOOD);
    s = say((struct list_want){.by = &inter}, (struct list_want){.by = &root, .revoked = {&inter}});
    assert_int_equal(s.s[0].state, PKI_GOOD);
    assert_int_equal(s.s[1].state, PKI_REVOKED);
    assert_int_equal(s.s[1].reason, -1);
}

static void test_age(void **st)
{
    const struct list_want good_root = {.by = &root};
    struct said s = say((struct list_want){.by = &inter, .from = -10 * HOUR, .to = -HOUR}, good_root);

    (void)st;
    assert_int_equal(s.s[0].state, PKI_GOOD); /* within the grace */
    assert_true(s.s[0].stale);
    assert_false(s.s[1].stale);
    s = say((struct list_want){.by = &inter, .from = -10 * HOUR, .to = -5 * HOUR}, good_root);
    assert_int_equal(s.s[0].state, PKI_UNKNOWN);
    assert_string_equal(s.s[0].why, "the list is too old");
    s = say((struct list_want){.by = &inter, .from = -1000 * HOUR, .to = -500 * HOUR, .revoked = {&leaf}}, good_root);
    assert_int_equal(s.s[0].state, PKI_REVOKED);                                   /* whatever the age */
    s = say((struct list_want){.by = &inter, .from = 200, .to = HOUR}, good_root); /* a clock that is a little ahead */
    assert_int_equal(s.s[0].state, PKI_GOOD);
    s = say((struct list_want){.by = &inter, .from = HOUR, .to = 2 * HOUR}, good_root);
    assert_int_equal(s.s[0].state, PKI_UNKNOWN);
}

static void test_the_younger_of_two_counts(void **st)
{
    const struct list_want old = {.by = &inter, .from = -10 * HOUR, .to = HOUR},
                           young = {.by = &inter, .from = -HOUR, .to = HOUR, .revoked = {&leaf}};

    (void)st;
    assert_int_equal(say(old, young).s[0].state, PKI_REVOKED);
    assert_int_equal(say(young, old).s[0].state, PKI_REVOKED);
}

static void test_a_forged_list_neither_speaks_nor_hides(void **st)
{
    const struct list_want good_root = {.by = &root}, good = {.by = &inter, .from = -HOUR, .to = HOUR},
                           revoking = {.by = &inter, .from = -HOUR, .to = HOUR, .revoked = {&leaf}};
    const struct made *const keys[] = {&other_inter, &stranger, &leaf, &root};

    (void)st;
    for (size_t i = 0; i < 4; i++) {
        struct said s = say((struct list_want){.by = &inter, .key_of = keys[i], .revoked = {&leaf}}, good_root);

        assert_int_equal(s.s[0].state, PKI_UNKNOWN); /* it does not revoke */
        assert_false(s.used[0]);
        assert_true(strlen(s.s[0].why) > 0);
        s = say_at((struct list_want){.by = &inter, .key_of = keys[i], .revoked = {&leaf}}, good_root, good,
                   clock_utc());
        assert_int_equal(s.s[0].state, PKI_GOOD);
        assert_true(!s.used[0] && s.used[2]);
        s = say_at((struct list_want){.by = &inter, .key_of = keys[i]}, good_root, revoking, clock_utc());
        assert_int_equal(s.s[0].state, PKI_REVOKED); /* nor does it hide one that does, though it is younger */
    }
}

static void test_an_old_forged_list(void **st)
{
    const struct list_want old = {.by = &inter,
                                  .key_of = &stranger,
                                  .from = -10 * HOUR,
                                  .to = -HOUR,
                                  .revoked = {&leaf}},
                           stale = {.by = &inter, .from = -20 * HOUR, .to = -2 * HOUR};
    struct said s = say_at(old, (struct list_want){.by = &root}, stale, clock_utc());

    (void)st;
    assert_int_equal(s.s[0].state, PKI_GOOD);
    assert_true(!s.used[0] && s.used[2] && s.s[0].stale);
    assert_int_equal(say(old, (struct list_want){.by = &root}).s[1].state, PKI_GOOD);
}

static void test_scope_and_critical(void **st)
{
    const struct list_want good_root = {.by = &root};

    (void)st;
    assert_int_equal(say((struct list_want){.by = &inter, .critical = true, .revoked = {&leaf}}, good_root).s[0].state,
                     PKI_UNKNOWN);
    assert_int_equal(say((struct list_want){.by = &inter, .idp = "critical,onlyuser:TRUE"}, good_root).s[0].state,
                     PKI_GOOD);
    assert_int_equal(say((struct list_want){.by = &inter, .idp = "critical,onlyCA:TRUE"}, good_root).s[0].state,
                     PKI_UNKNOWN);
    assert_int_equal(say((struct list_want){.by = &inter, .idp = "critical,onlyAA:TRUE"}, good_root).s[0].state,
                     PKI_UNKNOWN);
    assert_int_equal(
        say((struct list_want){.by = &inter, .idp = "critical,onlysomereasons:keyCompromise"}, good_root).s[0].state,
        PKI_UNKNOWN);
    assert_int_equal(
        say((struct list_want){.by = &inter, .idp = "critical,fullname:URI:http://pki.example/inter.crl"}, good_root)
            .s[0]
            .state,
        PKI_GOOD);
    assert_int_equal(
        say((struct list_want){.by = &inter, .idp = "critical,fullname:URI:http://pki.example/other.crl"}, good_root)
            .s[0]
            .state,
        PKI_UNKNOWN);
    assert_int_equal(
        say((struct list_want){.by = &inter,
                               .idp = "critical,indirectCRL:TRUE,fullname:URI:http://pki.example/inter.crl"},
            good_root)
            .s[0]
            .state,
        PKI_GOOD);
}

/* An authority whose certificate does not say cRLSign has no lists. */
static void test_without_crlsign(void **st)
{
    struct made ca = made_new((struct made_want){
        .cn = "No lists", .by = &root, .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign"});
    struct made l = made_leaf("l", &ca);
    struct span ders[2] = {buf_span(&l.der), buf_span(&ca.der)};
    struct buf der = list_new((struct list_want){.by = &ca, .revoked = {&l}});
    struct pki_status s[PKI_CHAIN_MAX];
    struct pki_chain *c;
    struct pki_crl *crl;

    (void)st;
    assert_int_equal(pki_chain_find(anchors, ders, 2, clock_utc(), &c, &e), RC_OK);
    assert_int_equal(pki_crl_parse(buf_span(&der), &crl, &e), RC_OK);
    pki_crls_say(c, &(struct pki_data){&crl, 1, clock_utc(), GRACE}, s, NULL);
    assert_int_equal(s[0].state, PKI_UNKNOWN);
    pki_crl_free(&crl);
    pki_chain_free(&c);
    buf_free(&der);
    made_free(&l);
    made_free(&ca);
}

static void refused(struct buf der, enum rc rc, const char *text)
{
    struct pki_crl *c;

    assert_int_equal(pki_crl_parse(buf_span(&der), &c, &e), rc);
    if (!strstr(e.log, text))
        fail_msg("%s", e.log);
    buf_free(&der);
}

static void test_what_is_no_list(void **st)
{
    struct buf pem = BUF_INIT, html = BUF_INIT, der = list_new((struct list_want){.by = &inter}), cert = BUF_INIT,
               more = BUF_INIT, cut = BUF_INIT, large = BUF_INIT;

    (void)st;
    pki_pem("X509 CRL", buf_span(&der), &pem);
    refused(pem, RC_SYNTAX, "PEM");
    buf_addstr(&html, "\r\n <!DOCTYPE html><html>Too many requests</html>");
    refused(html, RC_SYNTAX, "HTML");
    buf_addspan(&cert, buf_span(&leaf.der));
    refused(cert, RC_SYNTAX, "no revocation list");
    buf_addspan(&more, buf_span(&der));
    buf_addc(&more, 0);
    refused(more, RC_SYNTAX, "");
    buf_add(&cut, der.p, der.n - 1);
    refused(cut, RC_SYNTAX, "");
    refused((struct buf)BUF_INIT, RC_SYNTAX, "nothing");
    assert_int_equal(buf_reserve(&large, PKI_CRL_MAX + 1, &e), RC_OK);
    memset(large.p, 0x30, PKI_CRL_MAX + 1);
    large.n = PKI_CRL_MAX + 1;
    refused(large, RC_DENIED, "bytes");
    refused(list_new((struct list_want){.by = &inter, .no_next = true}), RC_DENIED, "nextUpdate");
    refused(list_new((struct list_want){.by = &inter, .md = EVP_sha1()}), RC_DENIED, "SHA-1");
    buf_free(&der);
}

static void test_large_list(void **st)
{
    struct buf der = list_new((struct list_want){.by = &inter, .many = 280 * 1000, .revoked = {&leaf}});
    struct pki_status s[PKI_CHAIN_MAX];
    struct pki_crl *c;

    (void)st;
    assert_true(der.n > 10 * 1000 * 1000);
    assert_int_equal(pki_crl_parse(buf_span(&der), &c, &e), RC_OK);
    assert_int_equal(pki_crl_about(c)->revoked, 280 * 1000 + 1);
    pki_crls_say(chain, &(struct pki_data){&c, 1, clock_utc(), GRACE}, s, NULL);
    assert_int_equal(s[0].state, PKI_REVOKED);
    pki_crl_free(&c);
    buf_free(&der);
}

static void test_addresses(void **st)
{
    struct pki_addresses a;

    (void)st;
    pki_chain_addresses(chain, 0, &a);
    assert_int_equal(a.n_crl, 1);
    assert_string_equal(a.crl[0], "http://pki.example/inter.crl");
    assert_int_equal(a.n_ocsp, 1);
    assert_string_equal(a.ocsp[0], "http://ocsp.example/");
    assert_int_equal(a.skipped, 1);
    pki_chain_addresses(chain, 1, &a);
    assert_int_equal(a.n_crl + a.n_ocsp + a.skipped, 0);
}

static enum cause chain_cause(struct made *m, struct made *ca)
{
    struct span ders[2] = {buf_span(&m->der), ca ? buf_span(&ca->der) : SPAN_NULL};
    struct pki_chain *c = NULL;
    enum cause why = pki_chain_find(anchors, ders, ca ? 2 : 1, clock_utc(), &c, &e) == RC_OK ? CAUSE_NONE : e.cause;

    pki_chain_free(&c);
    made_free(m);
    return why;
}

static void test_chains(void **st)
{
    struct made old = made_new((struct made_want){.cn = "old", .by = &inter, .from = -2 * HOUR, .to = -HOUR}),
                early = made_new((struct made_want){.cn = "early", .by = &inter, .from = HOUR, .to = 2 * HOUR}),
                small = made_new((struct made_want){.cn = "small", .by = &inter, .rsa_bits = 1024}),
                sha1 = made_new((struct made_want){.cn = "sha1", .by = &inter, .md = EVP_sha1()}),
                foreign = made_leaf("foreign", &stranger), alone = made_leaf("alone", &inter),
                self = made_leaf("self", NULL), good = made_leaf("good", &inter),
                of_leaf = made_leaf("of a leaf", &leaf);
    struct span junk = SPAN_LIT("junk");
    struct pki_chain *c;

    (void)st;
    assert_int_equal(chain_cause(&good, &inter), CAUSE_NONE);
    assert_int_equal(chain_cause(&old, &inter), CAUSE_CERT_EXPIRED);
    assert_int_equal(chain_cause(&early, &inter), CAUSE_CERT_NOT_YET);
    assert_int_equal(chain_cause(&small, &inter), CAUSE_CERT_WEAK);
    assert_int_equal(chain_cause(&sha1, &inter), CAUSE_CERT_WEAK);
    assert_int_equal(chain_cause(&foreign, &stranger), CAUSE_CERT_CHAIN);
    assert_int_equal(chain_cause(&alone, NULL), CAUSE_CERT_CHAIN);
    assert_int_equal(chain_cause(&self, NULL), CAUSE_CERT_CHAIN);
    assert_int_equal(chain_cause(&of_leaf, &leaf), CAUSE_CERT_CHAIN);
    assert_int_equal(pki_chain_find(anchors, &junk, 1, clock_utc(), &c, &e), RC_SYNTAX);
    assert_int_equal(pki_chain_find(anchors, NULL, 0, clock_utc(), &c, &e), RC_SYNTAX);
}

/* An anchor that has an issuer: chains end there, and it is not asked about. */
static void test_partial(void **st)
{
    struct pki_anchors *a;
    struct span der = buf_span(&leaf.der);
    struct buf list = list_new((struct list_want){.by = &inter, .revoked = {&leaf}});
    struct pki_status s[PKI_CHAIN_MAX];
    struct pki_chain *c;
    struct pki_crl *crl;

    (void)st;
    anchors_of(&inter, &a);
    assert_int_equal(pki_chain_find(a, &der, 1, clock_utc(), &c, &e), RC_OK);
    assert_int_equal(pki_chain_n(c), 1);
    assert_int_equal(pki_crl_parse(buf_span(&list), &crl, &e), RC_OK);
    pki_crls_say(c, &(struct pki_data){&crl, 1, clock_utc(), GRACE}, s, NULL);
    assert_int_equal(s[0].state, PKI_REVOKED);
    pki_crl_free(&crl);
    pki_chain_free(&c);
    pki_anchors_free(&a);
    buf_free(&list);
}

static void test_ids(void **st)
{
    struct made twin = made_new((struct made_want){
                    .cn = "twin", .by = &inter, .serial = ASN1_INTEGER_get(X509_get0_serialNumber(leaf.x))}),
                next = made_leaf("next", &inter);
    struct span a[2] = {buf_span(&twin.der), buf_span(&inter.der)}, b[2] = {buf_span(&next.der), buf_span(&inter.der)};
    unsigned char id[4][32];
    struct pki_chain *c, *d;

    (void)st;
    assert_int_equal(pki_chain_find(anchors, a, 2, clock_utc(), &c, &e), RC_OK);
    assert_int_equal(pki_chain_find(anchors, b, 2, clock_utc(), &d, &e), RC_OK);
    assert_int_equal(pki_chain_id(chain, 0, id[0], &e), RC_OK);
    assert_int_equal(pki_chain_id(c, 0, id[1], &e), RC_OK);
    assert_int_equal(pki_chain_id(d, 0, id[2], &e), RC_OK);
    assert_int_equal(pki_chain_id(d, 1, id[3], &e), RC_OK);
    assert_memory_equal(id[0], id[1], 32); /* the same issuer and serial number: one state */
    assert_memory_not_equal(id[0], id[2], 32);
    assert_memory_not_equal(id[2], id[3], 32);
    pki_chain_free(&c);
    pki_chain_free(&d);
    made_free(&twin);
    made_free(&next);
}

/* The file is read once, so the digest is that of the anchors in use: a pipe gives its octets to the first reader only. */
static void test_anchors_are_read_once(void **st)
{
    char dir[] = "/tmp/revocation_test.XXXXXX", path[64];
    struct buf pem = BUF_INIT;
    struct pki_anchors *a = NULL;
    struct pki_chain *c = NULL;
    struct span der = buf_span(&leaf.der), ders[] = {der, buf_span(&inter.der)};
    unsigned char digest[32];
    pid_t pid;

    (void)st;
    pki_pem("CERTIFICATE", buf_span(&root.der), &pem);
    buf_addstr(&pem, "what stands between is no anchor\n");
    digest_of(buf_span(&pem), digest);
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/anchors", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    if ((pid = fork()) == 0) {
        int fd = open(path, O_WRONLY);
        _exit(write(fd, pem.p, pem.n) == (ssize_t)pem.n ? 0 : 1);
    }
    alarm(30); /* a second reader would wait for ever */
    assert_int_equal(pki_anchors_load(path, &a, &e), RC_OK);
    alarm(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_memory_equal(pki_anchors_digest(a), digest, 32);
    assert_int_equal(pki_chain_find(a, ders, 2, clock_utc(), &c, &e), RC_OK);
    pki_chain_free(&c);
    pki_anchors_free(&a);
    unlink(path);
    rmdir(dir);
    buf_free(&pem);
}

/* What is no file of anchors says why; one certificate that cannot be read spoils it, whatever stands before. */
static void test_no_anchors(void **st)
{
    static const struct {
        bool root_first;
        const char *rest, *why;
    } t[] = {{false, "", "no certificate in it"},
             {false, "no PEM\n", "no certificate in it"},
             {true, "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n", ""}};

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char path[] = "/tmp/revocation_test.XXXXXX";
        struct pki_anchors *a = NULL;
        struct buf pem = BUF_INIT;
        int fd = mkstemp(path);

        if (t[i].root_first)
            pki_pem("CERTIFICATE", buf_span(&root.der), &pem);
        buf_addstr(&pem, t[i].rest);
        assert_int_equal(write(fd, pem.p, pem.n), (ssize_t)pem.n);
        close(fd);
        assert_int_equal(pki_anchors_load(path, &a, &e), RC_PERM);
        assert_non_null(strstr(e.log, t[i].why));
        assert_null(a);
        unlink(path);
        assert_int_equal(pki_anchors_load(path, &a, &e), RC_PERM);
        assert_non_null(strstr(e.log, "No such file"));
        buf_free(&pem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good_and_what_is_missing),
                                       cmocka_unit_test(test_revoked),
                                       cmocka_unit_test(test_age),
                                       cmocka_unit_test(test_the_younger_of_two_counts),
                                       cmocka_unit_test(test_a_forged_list_neither_speaks_nor_hides),
                                       cmocka_unit_test(test_scope_and_critical),
                                       cmocka_unit_test(test_an_old_forged_list),
                                       cmocka_unit_test(test_without_crlsign),
                                       cmocka_unit_test(test_what_is_no_list),
                                       cmocka_unit_test(test_large_list),
                                       cmocka_unit_test(test_addresses),
                                       cmocka_unit_test(test_chains),
                                       cmocka_unit_test(test_partial),
                                       cmocka_unit_test(test_ids),
                                       cmocka_unit_test(test_anchors_are_read_once),
                                       cmocka_unit_test(test_no_anchors)};

    return cmocka_run_group_tests(tests, set_up, drop);
}
