/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/digest_test.c - SHA-256 (FIPS 180-4 examples), HMAC (RFC 4231), base 64 (RFC 4648 section 10). */
#include "crypto/seal/digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void is_hex(const unsigned char *p, const char *hex)
{
    char got[2 * DIGEST_LEN + 1];

    for (size_t i = 0; i < DIGEST_LEN; i++)
        snprintf(got + 2 * i, 3, "%02x", p[i]);
    assert_string_equal(got, hex);
}

static void test_sha256(void **st)
{
    static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    unsigned char out[DIGEST_LEN];
    struct digest *d = digest_new();

    (void)st;
    digest_of(SPAN_LIT("abc"), out);
    is_hex(out, abc);
    for (size_t i = 0; i < 3; i++)
        digest_add(d, span_of("abc" + i, 1));
    digest_end(&d, out);
    assert_null(d);
    is_hex(out, abc);
    digest_of(SPAN_NULL, out);
    is_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_hmac(void **st)
{
    static const unsigned char k1[20] = {0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
                                         0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b};
    unsigned char out[DIGEST_LEN];

    (void)st;
    for (int i = 0; i < 2; i++) {
        hmac_of(span_of(k1, sizeof k1), SPAN_LIT("Hi There"), out);
        is_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        hmac_of(SPAN_LIT("Jefe"), SPAN_LIT("what do ya want for nothing?"), out);
        is_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        hmac_of(SPAN_NULL, SPAN_NULL, out);
        is_hex(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    }
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_sha256), cmocka_unit_test(test_hmac)};
    return cmocka_run_group_tests_name("digest", t, NULL, NULL);
}
