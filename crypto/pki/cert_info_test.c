/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/cert_info_test.c - what is read from a certificate is what was written into it; anything else is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
/* cmocka wants the above first */
#include "crypto/pki/cert_info.h"
#include "crypto/pki/pki.h"

#include <cmocka.h>

static struct buf der, pem;

static int make(void **state)
{
    struct buf key = BUF_INIT;
    struct err e;
    struct pki_want w = {.use = PKI_CA, .days = 10};
    enum rc rc = pki_key_new(PKI_P256, &key, &e);
    (void)state;
    w.subject[0].type = "C";
    w.subject[0].value = SPAN_LIT("FR");
    w.subject[1].type = "CN";
    w.subject[1].value = SPAN_LIT("Autorit\xc3\xa9, d'essai");
    w.key_pkcs8 = buf_span(&key);
    if (rc == RC_OK)
        rc = pki_issue(&w, &der, &e);
    if (rc == RC_OK)
        pki_pem("CERTIFICATE", buf_span(&der), &pem);
    buf_free(&key);
    return rc == RC_OK ? 0 : -1;
}

static int unmake(void **state)
{
    (void)state;
    buf_free(&der);
    buf_free(&pem);
    return 0;
}

static void what_was_written_is_read(void **state)
{
    struct cert_info a, b;
    struct err e;
    (void)state;
    assert_int_equal(cert_info_der(buf_span(&der), &a, &e), RC_OK);
    assert_int_equal(cert_info_pem(buf_span(&pem), &b, &e), RC_OK);
    assert_memory_equal(&a, &b, sizeof a);
    assert_string_equal(a.subject, "CN=Autorit\xc3\xa9\\, d'essai,C=FR");
    assert_string_equal(a.issuer, a.subject);
    assert_true(a.not_before <= time(NULL) && a.not_after > time(NULL) + 9 * 86400 &&
                a.not_after < time(NULL) + 11 * 86400);
    assert_true(strlen(a.serial) > 10);
}

static void every_cut_is_refused(void **state)
{
    struct cert_info i;
    struct err e;
    struct buf longer = BUF_INIT;
    (void)state;
    for (size_t n = 0; n < der.n; n++)
        assert_int_equal(cert_info_der(span_of(der.p, n), &i, &e), RC_SYNTAX);
    buf_addspan(&longer, buf_span(&der));
    buf_addc(&longer, 0);
    assert_int_equal(cert_info_der(buf_span(&longer), &i, &e), RC_SYNTAX);
    buf_free(&longer);
    for (size_t n = 0; n < pem.n - 30; n += 7)
        assert_int_not_equal(cert_info_pem(span_of(pem.p, n), &i, &e), RC_OK);
}

/* A flipped byte gives another certificate or none, never a crash. */
static void flipped_bytes_do_no_harm(void **state)
{
    struct cert_info i;
    struct err e;
    (void)state;
    for (size_t n = 0; n < der.n; n++) {
        der.p[n] ^= 0x55;
        (void)!cert_info_der(buf_span(&der), &i, &e);
        der.p[n] ^= 0x55;
    }
    assert_int_equal(cert_info_der(buf_span(&der), &i, &e), RC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(flipped_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
