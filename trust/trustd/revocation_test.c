/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/revocation_test.c - TRUSTD_CHECK against a web server of the test's own that gives lists and answers, or fails in each way, and counts
 * what it is asked. Authorities and certificates are made by the test. */
#include "trust/trustd/revocation_fixture_int.h"

/* ---- cases ---- */

static void test_good_once(void **st)
{
    struct chain c = chain_new("/good", at("URI:", "/good"), NULL, true);
    struct revocations *r = fresh("good");
    struct told t;

    (void)st;
    put("/good", 200, list_new((struct list_want){.by = &c.inter}));
    expect(once(r, &c), TS_PENDING, "");
    t = settled(r, &c);
    expect(t, TS_GOOD, "");
    assert_true(t.rep.as_of > (uint64_t)clock_utc() - 200 && t.rep.until > (uint64_t)clock_utc() + 60);
    for (int i = 0; i < 20; i++)
        expect(once(r, &c), TS_GOOD, "");
    assert_int_equal(asked("/good"), 1);
    assert_int_equal(asked("/good-root"), 1);
    chain_drop(&c);
}

/* The subject is the first certificate's, whatever else is in the chain, whatever the state; kept answers have it too. */
static void test_named(void **st)
{
    struct chain c = chain_new("/named", at("URI:", "/named"), NULL, true), mixed = {.list = BUF_INIT};
    struct made other = made_leaf("other", &c.inter), nobody = made_leaf("nobody", &stranger);
    struct revocations *r = fresh("named");
    struct told t;

    (void)st;
    t = once_for(r, &c, TW_NAME);
    expect(t, TS_GOOD, "");
    assert_string_equal(t.dn, "CN=leaf,O=Pli");
    poll(NULL, 0, 100);
    assert_int_equal(asked("/named") + asked("/named-root"), 0); /* a name needs no list */
    put("/named", 200, list_new((struct list_want){.by = &c.inter, .revoked = {&other}}));
    t = once(r, &c);
    expect(t, TS_PENDING, "");
    assert_string_equal(t.dn, "CN=leaf,O=Pli");
    for (int i = 0; i < 2; i++) {
        t = settled(r, &c);
        expect(t, TS_GOOD, "");
        assert_string_equal(t.dn, "CN=leaf,O=Pli");
    }
    pki_list_add(&mixed.list, buf_span(&other.der)); /* a good certificate behind one that is revoked */
    pki_list_add(&mixed.list, buf_span(&c.leaf.der));
    pki_list_add(&mixed.list, buf_span(&c.inter.der));
    t = settled(r, &mixed);
    expect(t, TS_REVOKED, "");
    assert_string_equal(t.dn, "CN=other,O=Pli");
    buf_clear(&mixed.list); /* the other way round: a stranger's before a good one */
    pki_list_add(&mixed.list, buf_span(&nobody.der));
    pki_list_add(&mixed.list, buf_span(&c.leaf.der));
    pki_list_add(&mixed.list, buf_span(&c.inter.der));
    for (enum trust_want w = TW_REVOCATION; w <= TW_NAME; w++) {
        t = once_for(r, &mixed, w);
        expect(t, TS_NO_CHAIN, "");
        assert_string_equal(t.dn, "");
    }
    buf_free(&mixed.list);
    made_free(&other), made_free(&nobody);
    chain_drop(&c);
}

/* What a clock in the future wrote does not hold for years once it is set right; a certificate's own end bounds an answer. */
static void test_clock_set_back(void **st)
{
    struct chain c = chain_new("/clock", at("URI:", "/clock"), NULL, true), d = chain_new("/ends", NULL, NULL, false);
    struct made brief = made_new((struct made_want){.cn = "brief", .by = &d.inter, .from = -60, .to = 100});
    struct revocations *r = fresh("clock");
    int64_t years = 10 * 365 * 86400LL;
    struct told t;

    (void)st;
    put("/clock", 503, (struct buf)BUF_INIT);
    expect(settled(r, &c), TS_UNKNOWN, "503");
    put("/clock", 200, list_new((struct list_want){.by = &c.inter}));
    expect(settled(r, &c), TS_UNKNOWN, "503"); /* it is left alone */
    pthread_mutex_lock(&r->mu);
    for (size_t i = 0; i < r->n_sources; i++)
        if (r->sources[i]->failures > 0)
            r->sources[i]->next_fetch += years;
    pthread_mutex_unlock(&r->mu);
    expect(settled(r, &c), TS_GOOD, "");
    pthread_mutex_lock(&r->mu);
    for (size_t i = 0; i < REV_REPLIES; i++)
        if (r->replies[i].until > 0) {
            r->replies[i].until += years;
            r->replies[i].rep.state = TS_REVOKED; /* an answer that nobody would give now */
        }
    pthread_mutex_unlock(&r->mu);
    expect(once(r, &c), TS_GOOD, "");
    buf_clear(&d.list);
    pki_list_add(&d.list, buf_span(&brief.der));
    pki_list_add(&d.list, buf_span(&d.inter.der));
    t = once(r, &d);
    expect(t, TS_GOOD, "");
    assert_true(t.rep.until <= (uint64_t)clock_utc() + 100);
    made_free(&brief);
    chain_drop(&c);
    chain_drop(&d);
}

static void test_revoked(void **st)
{
    struct chain c = chain_new("/rev", at("URI:", "/rev"), NULL, true),
                 d = chain_new("/revca", at("URI:", "/revca"), NULL, true);
    struct revocations *r = fresh("rev");
    struct told t;

    (void)st;
    put("/rev", 200, list_new((struct list_want){.by = &c.inter, .revoked = {&c.leaf}}));
    t = settled(r, &c);
    expect(t, TS_REVOKED, "revoked 20");
    assert_int_equal(t.rep.depth, 0);
    assert_true(t.rep.revoked_at > (uint64_t)clock_utc() - 1000);
    put("/revca", 200, list_new((struct list_want){.by = &d.inter}));
    put("/revca-root", 200, list_new((struct list_want){.by = &root, .revoked = {&d.inter}}));
    r = fresh("revca"); /* the root's list of the first one is in force, and would serve */
    t = settled(r, &d);
    expect(t, TS_REVOKED, "CN=Root");
    assert_int_equal(t.rep.depth, 1);
    chain_drop(&c);
    chain_drop(&d);
}

static void test_age(void **st)
{
    struct chain c = chain_new("/age1", at("URI:", "/age1"), NULL, true),
                 d = chain_new("/age2", at("URI:", "/age2"), NULL, true),
                 f = chain_new("/age3", at("URI:", "/age3"), NULL, true);
    struct revocations *r = fresh("age");

    (void)st;
    put("/age1", 200, list_new((struct list_want){.by = &c.inter, .from = -9 * HOUR, .to = -HOUR}));
    put("/age2", 200, list_new((struct list_want){.by = &d.inter, .from = -9 * HOUR, .to = -5 * HOUR}));
    put("/age3", 200,
        list_new((struct list_want){.by = &f.inter, .from = -900 * HOUR, .to = -500 * HOUR, .revoked = {&f.leaf}}));
    expect(settled(r, &c), TS_GOOD, "within the grace");
    expect(settled(r, &d), TS_UNKNOWN, "too old");
    expect(settled(r, &f), TS_REVOKED, "");
    expect(once(r, &c), TS_GOOD, "");
    assert_int_equal(asked("/age1"), 1); /* a server that gives old lists is not asked again at once */
    assert_int_equal(asked("/age2"), 1);
    chain_drop(&c);
    chain_drop(&d);
    chain_drop(&f);
}

/* Each way in which a server can fail: nothing is known, the address is named, and it is left alone afterwards. */
static void test_failures(void **st)
{
    static const struct {
        const char *path;
        int status;
        const char *body; /* NULL: a list that another key signed */
        const char *why;
    } t[] = {
        {"/html", 200, "<!DOCTYPE html><html>Please wait</html>", "HTML"},
        {"/pem", 200, "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "PEM"},
        {"/empty", 200, "", "nothing"},
        {"/403", 403, "no", "403"},
        {"/500", 500, "no", "500"},
        {"/forged", 200, NULL, "signature"},
    };
    struct revocations *r = fresh("fail");

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct chain c = chain_new(t[i].path, at("URI:", t[i].path), NULL, true);
        struct buf body = BUF_INIT;

        if (t[i].body)
            buf_addstr(&body, t[i].body);
        else
            body = list_new((struct list_want){.by = &c.inter, .key_of = &stranger, .revoked = {&c.leaf}});
        put(t[i].path, t[i].status, body);
        expect(settled(r, &c), TS_UNKNOWN, t[i].why);
        expect(settled(r, &c), TS_UNKNOWN, t[i].why);
        assert_int_equal(asked(t[i].path), 1);
        chain_drop(&c);
    }
}

static void test_hanging_and_absent(void **st)
{
    struct chain c = chain_new("/hang", at("URI:", "/hang"), NULL, true),
                 d = chain_new("/absent", "URI:http://127.0.0.1:1/none.crl", NULL, true),
                 f = chain_new("/ldap", "URI:ldap://127.0.0.1:1/cn=x?certificateRevocationList", NULL, true);
    struct revocations *r = fresh("hang");
    int64_t began = clock_mono();

    (void)st;
    put("/hang", 0, (struct buf)BUF_INIT);
    expect(settled(r, &c), TS_UNKNOWN, "no answer yet");
    assert_true(clock_mono() - began < 20 * INT64_C(1000000000)); /* the patience, not the time-out of the download */
    expect(settled(r, &d), TS_UNKNOWN, "127.0.0.1:1");
    expect(settled(r, &f), TS_UNKNOWN, "no revocation data");
    chain_drop(&c);
    chain_drop(&d);
    chain_drop(&f);
}

static void test_the_second_address(void **st)
{
    char cdp[256];
    struct chain c;
    struct revocations *r = fresh("second");

    (void)st;
    snprintf(cdp, sizeof cdp, "%s,%s", at("URI:", "/second-a"), at("URI:", "/second-b"));
    c = chain_new("/second", cdp, NULL, true);
    put("/second-a", 403, (struct buf)BUF_INIT);
    put("/second-b", 200, list_new((struct list_want){.by = &c.inter}));
    expect(settled(r, &c), TS_GOOD, "");
    assert_int_equal(asked("/second-a"), 1);
    chain_drop(&c);
}

static void test_ocsp(void **st)
{
    struct chain c = chain_new("/o1", at("URI:", "/o1"), at("OCSP;URI:", "/o1-ocsp"), true),
                 d = chain_new("/o2", at("URI:", "/o2"), at("OCSP;URI:", "/o2-ocsp"), true),
                 f = chain_new("/o3", NULL, at("OCSP;URI:", "/o3-ocsp"), true),
                 g = chain_new("/o4", NULL, at("OCSP;URI:", "/o4-ocsp"), true);
    struct revocations *r = fresh("ocsp");

    (void)st;
    put("/o1", 503, (struct buf)BUF_INIT); /* the list is down: the responder serves */
    put("/o1-ocsp", 200, answer_new((struct answer_want){.about = &c.leaf, .issuer = &c.inter, .by = &c.inter}));
    expect(settled(r, &c), TS_GOOD, "");
    expect(once(r, &c), TS_GOOD, "");
    assert_int_equal(asked("/o1-ocsp"), 1);
    put("/o2", 200,
        list_new((struct list_want){.by = &d.inter, .from = -9 * HOUR, .to = -5 * HOUR})); /* too old, responder down */
    put("/o2-ocsp", 503, (struct buf)BUF_INIT);
    expect(settled(r, &d), TS_UNKNOWN, "too old");
    assert_int_equal(asked("/o2-ocsp"), 1);
    put("/o3-ocsp", 200,
        answer_new((struct answer_want){
            .about = &f.leaf, .issuer = &f.inter, .by = &f.inter, .status = V_OCSP_CERTSTATUS_REVOKED}));
    expect(settled(r, &f), TS_REVOKED, "");
    put("/o4-ocsp", 200,
        answer_new((struct answer_want){.about = &g.leaf, .issuer = &g.inter, .by = &stranger, .with = &stranger}));
    expect(settled(r, &g), TS_UNKNOWN, "not signed by a responder");
    chain_drop(&c);
    chain_drop(&d);
    chain_drop(&f);
    chain_drop(&g);
}

static void test_ocsp_first(void **st)
{
    struct chain c = chain_new("/f1", at("URI:", "/f1"), at("OCSP;URI:", "/f1-ocsp"), true),
                 d = chain_new("/f2", at("URI:", "/f2"), at("OCSP;URI:", "/f2-ocsp"), true);
    struct revocations *r = fresh_at("first", (struct revocation_conf){.grace = GRACE, .ocsp_first = true});

    (void)st;
    put("/f1", 200, list_new((struct list_want){.by = &c.inter}));
    put("/f1-ocsp", 200, answer_new((struct answer_want){.about = &c.leaf, .issuer = &c.inter, .by = &c.inter}));
    expect(settled(r, &c), TS_GOOD, "");
    assert_int_equal(asked("/f1"), 0);
    put("/f2", 200, list_new((struct list_want){.by = &d.inter})); /* the responder is down: the list serves */
    put("/f2-ocsp", 503, (struct buf)BUF_INIT);
    expect(settled(r, &d), TS_GOOD, "");
    chain_drop(&c);
    chain_drop(&d);
}

/* Nobody's chain makes trustd fetch what a stranger likes. */
static void test_a_stranger_is_not_followed(void **st)
{
    struct made leaf = made_new((struct made_want){.cn = "evil", .by = &stranger, .cdp = at("URI:", "/evil")});
    struct chain c = {.list = BUF_INIT};
    struct revocations *r = fresh("evil");

    (void)st;
    put("/evil", 200, list_new((struct list_want){.by = &stranger}));
    pki_list_add(&c.list, buf_span(&leaf.der));
    pki_list_add(&c.list, buf_span(&stranger.der));
    expect(settled(r, &c), TS_NO_CHAIN, "");
    buf_clear(&c.list);
    expect(settled(r, &c), TS_NO_CHAIN, "");
    buf_addstr(&c.list, "junk");
    expect(settled(r, &c), TS_NO_CHAIN, "");
    poll(NULL, 0, 100);
    assert_int_equal(asked("/evil"), 0);
    assert_int_equal(r->n_sources, 0);
    buf_free(&c.list);
    made_free(&leaf);
}

static void test_no_address(void **st)
{
    struct chain c = chain_new("/none", NULL, NULL, false);
    struct revocations *r = fresh("none"), *strict = fresh_at("none2", (struct revocation_conf){.grace = GRACE});
    struct told t = settled(r, &c);

    (void)st;
    expect(t, TS_GOOD, "names no CRL");
    assert_int_equal(t.rep.as_of, 0); /* no data: a verdict says "not checked" */
    expect(settled(strict, &c), TS_UNKNOWN, "names no CRL");
    chain_drop(&c);
}

/* ---- many at once ---- */
static struct revocations *crowd_r;
static struct chain crowd_c;

static void *crowd(void *arg)
{
    (void)arg;
    return (void *)(intptr_t)settled(crowd_r, &crowd_c).rep.state;
}

static void test_one_download(void **st)
{
    pthread_t t[5];
    struct page *p;

    (void)st;
    crowd_c = chain_new("/crowd", at("URI:", "/crowd"), NULL, true);
    crowd_r = fresh("crowd");
    p = put("/crowd", 200, list_new((struct list_want){.by = &crowd_c.inter}));
    p->slow_ms = 400;
    for (int i = 0; i < 5; i++)
        assert_int_equal(pthread_create(&t[i], NULL, crowd, NULL), 0);
    for (int i = 0; i < 5; i++) {
        void *state;

        pthread_join(t[i], &state);
        assert_int_equal((intptr_t)state, TS_GOOD);
    }
    assert_int_equal(asked("/crowd"), 1);
    assert_int_equal(asked("/crowd-root"), 1);
    chain_drop(&crowd_c);
}

static void test_size(void **st)
{
    struct chain c = chain_new("/10mb", at("URI:", "/10mb"), NULL, true),
                 d = chain_new("/huge", at("URI:", "/huge"), NULL, true);
    struct revocations *r = fresh("size");
    struct buf huge = BUF_INIT;

    (void)st;
    put("/10mb", 200, list_new((struct list_want){.by = &c.inter, .many = 280 * 1000, .revoked = {&c.leaf}}));
    assert_true(page_at("/10mb ")->body.n > 10 * 1000 * 1000);
    expect(becomes(r, &c, TS_REVOKED), TS_REVOKED, "");
    assert_int_equal(buf_reserve(&huge, PKI_CRL_MAX + 1, &e), RC_OK);
    memset(huge.p, 0x30, PKI_CRL_MAX + 1);
    huge.n = PKI_CRL_MAX + 1;
    put("/huge", 200, huge);
    expect(settled(r, &d), TS_UNKNOWN, "/huge");
    put("/huge", 404, (struct buf)BUF_INIT);
    put("/10mb", 404, (struct buf)BUF_INIT);
    chain_drop(&c);
    chain_drop(&d);
}

/* ---- disk ---- */
static void test_after_a_restart(void **st)
{
    struct chain c = chain_new("/disk", at("URI:", "/disk"), NULL, true);
    struct revocations *r = fresh("disk");
    char path[300], file[80], url[128];
    FILE *f;

    (void)st;
    put("/disk", 200, list_new((struct list_want){.by = &c.inter, .from = -HOUR, .to = HOUR}));
    expect(settled(r, &c), TS_GOOD, "");
    put("/disk", 503, (struct buf)BUF_INIT); /* the last good copy serves another process */
    r = fresh("disk");
    expect(once(r, &c), TS_GOOD, "");
    assert_int_equal(asked("/disk"), 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/disk",
             web_port); /* one octet changed on disk: it is verified again */
    rev_url_name(url, file);
    snprintf(path, sizeof path, "%s/disk/%s.crl", dir, file);
    f = fopen(path, "r+");
    assert_non_null(f);
    fseek(f, -1, SEEK_END);
    fputc(fgetc(f) ^ 1, f);
    fclose(f);
    f = fopen(path, "r+");
    fseek(f, -1, SEEK_END);
    fputc(0x55, f);
    fclose(f);
    r = fresh("disk");
    expect(settled(r, &c), TS_UNKNOWN, "");
    chain_drop(&c);
}

/* ---- what an administrator brings ---- */
static void test_import(void **st)
{
    struct made leaf = made_leaf("of the trial authority", &root), other = made_leaf("another", &root);
    struct chain c = {.list = BUF_INIT}, d = {.list = BUF_INIT};
    struct revocations *r = fresh("import");
    struct buf junk = BUF_INIT;

    (void)st;
    pki_list_add(&c.list, buf_span(&leaf.der));
    pki_list_add(&d.list, buf_span(&other.der));
    expect(settled(r, &c), TS_GOOD, "names no CRL");
    assert_int_equal(import(r, list_new((struct list_want){.by = &root, .key_of = &stranger, .revoked = {&leaf}})),
                     RC_DENIED);
    expect(settled(r, &c), TS_GOOD, "names no CRL");
    assert_int_equal(import(r, list_new((struct list_want){.by = &root, .revoked = {&leaf}})), RC_OK);
    expect(settled(r, &c), TS_REVOKED, "");
    expect(settled(r, &d), TS_GOOD, "");
    assert_true(settled(r, &d).rep.as_of > 0);
    assert_int_equal(import(r, list_new((struct list_want){.by = &root, .from = -2 * HOUR, .to = HOUR})),
                     RC_DENIED); /* older */
    buf_addstr(&junk, "-----BEGIN X509 CRL-----");
    assert_int_equal(import(r, junk), RC_SYNTAX);
    r = fresh("import");
    expect(settled(r, &c), TS_REVOKED, ""); /* it is still there after a restart */
    assert_int_equal(import(r, list_new((struct list_want){.by = &root, .from = -30, .to = HOUR})), RC_OK);
    expect(settled(r, &c), TS_GOOD, "");
    made_free(&leaf);
    made_free(&other);
    buf_free(&c.list);
    buf_free(&d.list);
}

static void test_sources(void **st)
{
    struct chain c = chain_new("/src", at("URI:", "/src"), NULL, true);
    struct revocations *r = fresh("src");
    struct trustd_sources_rep out = {.next = 9};
    struct buf scratch = BUF_INIT;
    struct ipc_reply rep = {&out, &scratch, -1};
    struct trustd_source s;
    unsigned n = 0, failing = 0;

    (void)st;
    put("/src", 403, (struct buf)BUF_INIT);
    expect(settled(r, &c), TS_UNKNOWN, "403");
    assert_int_equal(revocation_sources(r, &(struct trustd_sources_req){0}, &rep, &e), RC_OK);
    while (ipc_list_next(&out.sources, trustd_source_f, &s, &e) == RC_OK) {
        n++;
        failing += s.failures == 1 && span_find(s.last_error, SPAN_LIT("403")) >= 0 &&
                   s.next_fetch > (uint64_t)clock_utc() + 30;
    }
    assert_int_equal(n, 2);
    assert_int_equal(failing, 1);
    assert_int_equal(out.next, 0);
    buf_free(&scratch);
    chain_drop(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good_once),
                                       cmocka_unit_test(test_named),
                                       cmocka_unit_test(test_clock_set_back),
                                       cmocka_unit_test(test_revoked),
                                       cmocka_unit_test(test_age),
                                       cmocka_unit_test(test_failures),
                                       cmocka_unit_test(test_hanging_and_absent),
                                       cmocka_unit_test(test_the_second_address),
                                       cmocka_unit_test(test_ocsp),
                                       cmocka_unit_test(test_ocsp_first),
                                       cmocka_unit_test(test_a_stranger_is_not_followed),
                                       cmocka_unit_test(test_no_address),
                                       cmocka_unit_test(test_one_download),
                                       cmocka_unit_test(test_size),
                                       cmocka_unit_test(test_after_a_restart),
                                       cmocka_unit_test(test_import),
                                       cmocka_unit_test(test_sources)};

    return cmocka_run_group_tests(tests, set_up, drop);
}
