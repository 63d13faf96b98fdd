/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/ocsp_test.c - OCSP answers of responders that the test makes: which are believed, and which are not. */
#include "crypto/pki/chain_fixture_int.h"

static enum rc answered(struct answer_want w, struct pki_status *s)
{
    struct buf der;
    enum rc rc;

    if (!w.about)
        w.about = &leaf;
    if (!w.issuer)
        w.issuer = &inter;
    der = answer_new(w);
    rc = pki_ocsp_read(chain, 0, buf_span(&der), clock_utc(), GRACE, s, &e);
    buf_free(&der);
    return rc;
}

static void test_ocsp(void **st)
{
    struct pki_status s;
    struct buf q = BUF_INIT;

    (void)st;
    assert_int_equal(pki_ocsp_request(chain, 0, &q, &e), RC_OK);
    assert_true(q.n > 50 && q.n < 200);
    buf_free(&q);
    assert_int_equal(answered((struct answer_want){.by = &inter}, &s), RC_OK);
    assert_int_equal(s.state, PKI_GOOD);
    assert_true(s.next_update > clock_utc() + 80000);
    assert_int_equal(answered((struct answer_want){.by = &inter, .id_md = EVP_sha256()}, &s), RC_OK);
    assert_int_equal(answered((struct answer_want){.by = &inter, .status = V_OCSP_CERTSTATUS_REVOKED}, &s), RC_OK);
    assert_int_equal(s.state, PKI_REVOKED);
    assert_int_equal(s.reason, 1);
    assert_int_equal(answered((struct answer_want){.by = &inter, .status = V_OCSP_CERTSTATUS_UNKNOWN}, &s), RC_OK);
    assert_int_equal(s.state, PKI_UNKNOWN);
}

static void test_ocsp_age(void **st)
{
    struct pki_status s;

    (void)st;
    assert_int_equal(answered((struct answer_want){.by = &inter, .from = -10 * HOUR, .to = -HOUR}, &s), RC_OK);
    assert_true(s.stale);
    assert_int_equal(answered((struct answer_want){.by = &inter, .from = -10 * HOUR, .to = -5 * HOUR}, &s), RC_DENIED);
    assert_int_equal(answered(
                         (struct answer_want){
                             .by = &inter, .from = -10 * HOUR, .to = -5 * HOUR, .status = V_OCSP_CERTSTATUS_REVOKED},
                         &s),
                     RC_OK);
    assert_int_equal(s.state, PKI_REVOKED);
    assert_int_equal(answered((struct answer_want){.by = &inter, .from = HOUR, .to = 2 * HOUR}, &s), RC_DENIED);
    assert_int_equal(answered((struct answer_want){.by = &inter, .no_next = true}, &s), RC_OK);
}

static void test_ocsp_responders(void **st)
{
    struct made delegate = made_new((struct made_want){.cn = "responder", .by = &inter, .eku = "OCSPSigning"}),
                no_eku = made_leaf("no responder", &inter),
                of_other = made_new((struct made_want){.cn = "other's", .by = &other_inter, .eku = "OCSPSigning"}),
                of_root = made_new((struct made_want){.cn = "root's", .by = &root, .eku = "OCSPSigning"}),
                expired = made_new((struct made_want){
                    .cn = "expired", .by = &inter, .eku = "OCSPSigning", .from = -2 * HOUR, .to = -HOUR}),
                leaf2 = made_leaf("another", &inter);
    struct pki_status s;

    (void)st;
    assert_int_equal(answered((struct answer_want){.by = &delegate, .with = &delegate}, &s), RC_OK);
    assert_int_equal(answered((struct answer_want){.by = &delegate}, &s), RC_DENIED); /* its certificate is not there */
    assert_int_equal(answered((struct answer_want){.by = &no_eku, .with = &no_eku}, &s), RC_DENIED);
    assert_int_equal(answered((struct answer_want){.by = &of_other, .with = &of_other}, &s), RC_DENIED);
    assert_int_equal(answered((struct answer_want){.by = &of_root, .with = &of_root}, &s), RC_DENIED);
    assert_int_equal(answered((struct answer_want){.by = &expired, .with = &expired}, &s), RC_DENIED);
    assert_int_equal(answered((struct answer_want){.by = &leaf, .with = &leaf}, &s), RC_DENIED); /* for itself */
    assert_int_equal(answered((struct answer_want){.by = &root}, &s), RC_DENIED);
    assert_int_equal(answered((struct answer_want){.by = &inter, .about = &leaf2}, &s), RC_DENIED);
    assert_int_equal(answered((struct answer_want){.by = &inter, .issuer = &other_inter}, &s), RC_DENIED);
    assert_int_equal(answered((struct answer_want){.by = &inter, .md = EVP_sha1()}, &s), RC_DENIED);
    made_free(&delegate);
    made_free(&no_eku);
    made_free(&of_other);
    made_free(&of_root);
    made_free(&expired);
    made_free(&leaf2);
}

static void test_ocsp_hostile(void **st)
{
    static const unsigned char later[] = {0x30, 3, 0x0A, 1, 3}, unauthorized[] = {0x30, 3, 0x0A, 1, 6};
    struct buf good = answer_new((struct answer_want){.about = &leaf, .issuer = &inter, .by = &inter});
    struct pki_status s;

    (void)st;
    assert_int_equal(pki_ocsp_read(chain, 0, SPAN_LIT("<html>"), clock_utc(), GRACE, &s, &e), RC_SYNTAX);
    assert_int_equal(pki_ocsp_read(chain, 0, SPAN_NULL, clock_utc(), GRACE, &s, &e), RC_SYNTAX);
    assert_int_equal(pki_ocsp_read(chain, 0, span_of(later, 5), clock_utc(), GRACE, &s, &e), RC_TEMP);
    assert_int_equal(pki_ocsp_read(chain, 0, span_of(unauthorized, 5), clock_utc(), GRACE, &s, &e), RC_DENIED);
    for (size_t i = 0; i < good.n; i++) { /* one octet changed anywhere: never another answer */
        good.p[i] ^= 1;
        if (pki_ocsp_read(chain, 0, buf_span(&good), clock_utc(), GRACE, &s, &e) == RC_OK)
            assert_int_equal(
                s.state,
                PKI_GOOD); /* an octet that means nothing: a NULL of an algorithm, a certID's own digest name */
        good.p[i] ^= 1;
    }
    for (size_t i = 0; i < good.n; i++)
        assert_int_not_equal(pki_ocsp_read(chain, 0, span_of(good.p, i), clock_utc(), GRACE, &s, &e), RC_OK);
    buf_free(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ocsp), cmocka_unit_test(test_ocsp_age),
                                       cmocka_unit_test(test_ocsp_responders), cmocka_unit_test(test_ocsp_hostile)};

    return cmocka_run_group_tests(tests, set_up, drop);
}
