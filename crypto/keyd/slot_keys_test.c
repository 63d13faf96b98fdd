/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/slot_keys_test.c - what each kind of slot is bound to: every byte, the mailbox, the public key, the address, the password. */
#include "crypto/keyd/slot_keys.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct err e;
static unsigned char kek[SLOT_KEK], pub[SEAL_PUB], priv[SEAL_PRIV];

static int keys(void **st)
{
    (void)st;
    seal_cek_new(kek);
    return seal_pair_new(pub, priv, &e) == RC_OK ? 0 : -1;
}

static void flip_each(struct buf *b, enum rc (*open)(struct span body), enum rc want)
{
    for (size_t i = 0; i < b->n; i++) {
        b->p[i] ^= 4;
        assert_int_not_equal(open(buf_span(b)), RC_OK);
        if (want != RC_OK)
            assert_int_equal(open(buf_span(b)), want);
        b->p[i] ^= 4;
    }
    for (size_t n = 0; n < b->n; n++)
        assert_int_not_equal(open(span_head(buf_span(b), n)), RC_OK);
}

static enum rc open_keyd(struct span body)
{
    unsigned char out[SEAL_PRIV];

    return slot_keyd_open(kek, 20, pub, body, out, &e);
}

static void test_keyd(void **st)
{
    unsigned char out[SEAL_PRIV] = {0}, other[SEAL_PUB];
    struct buf b = BUF_INIT;

    (void)st;
    memcpy(other, pub, sizeof other);
    other[0] ^= 1;
    assert_int_equal(slot_keyd_seal(kek, 20, pub, priv, &b, &e), RC_OK);
    assert_int_equal(slot_keyd_open(kek, 21, pub, buf_span(&b), out, &e), RC_CORRUPT);
    assert_int_equal(slot_keyd_open(kek, 20, other, buf_span(&b), out, &e), RC_CORRUPT);
    assert_int_equal(slot_keyd_open(other, 20, pub, buf_span(&b), out, &e), RC_CORRUPT);
    assert_int_equal(slot_keyd_open(kek, 20, pub, buf_span(&b), out, &e), RC_OK);
    assert_memory_equal(out, priv, SEAL_PRIV);
    flip_each(&b, open_keyd, RC_CORRUPT);
    buf_free(&b);
}

static void test_password(void **st)
{
    unsigned char out[SEAL_PRIV] = {0};
    struct buf b = BUF_INIT;

    (void)st;
    assert_int_equal(slot_password_seal(SPAN_LIT("cigogne 42"), 20, pub, priv, &b, &e), RC_OK);
    assert_int_equal(slot_password_open(SPAN_LIT("cigogne 43"), 20, pub, buf_span(&b), out, &e), RC_DENIED);
    assert_int_equal(slot_password_open(SPAN_LIT(""), 20, pub, buf_span(&b), out, &e), RC_DENIED);
    assert_int_equal(slot_password_open(SPAN_LIT("cigogne 42"), 21, pub, buf_span(&b), out, &e), RC_DENIED);
    assert_int_equal(slot_password_open(SPAN_LIT("cigogne 42"), 20, pub, buf_span(&b), out, &e), RC_OK);
    assert_memory_equal(out, priv, SEAL_PRIV);
    b.p[b.n - 1] ^= 1;
    assert_int_equal(slot_password_open(SPAN_LIT("cigogne 42"), 20, pub, buf_span(&b), out, &e), RC_DENIED);
    b.p[b.n - 1] ^= 1;
    b.p[16] = 30; /* a slot may not ask for all our memory */
    assert_int_equal(slot_password_open(SPAN_LIT("cigogne 42"), 20, pub, buf_span(&b), out, &e), RC_CORRUPT);
    b.p[16] = 1;
    assert_int_equal(slot_password_open(SPAN_LIT("cigogne 42"), 20, pub, buf_span(&b), out, &e), RC_CORRUPT);
    b.p[16] = 14; /* weaker than it was made */
    assert_int_equal(slot_password_open(SPAN_LIT("cigogne 42"), 20, pub, buf_span(&b), out, &e), RC_DENIED);
    assert_int_equal(slot_password_open(SPAN_LIT("x"), 20, pub, span_head(buf_span(&b), 78), out, &e), RC_CORRUPT);
    buf_free(&b);
}

static enum rc open_signing(struct span body)
{
    struct buf out = BUF_INIT;
    enum rc rc;

    buf_init_secret(&out);
    rc = slot_signing_open(kek, SPAN_LIT("ana@chu.example"), body, &out, &e);
    assert_true(rc == RC_OK ? out.n == 12 : out.n == 0);
    buf_free(&out);
    return rc;
}

static void test_signing(void **st)
{
    struct buf b = BUF_INIT, out = BUF_INIT;
    struct span sealed, cert;

    (void)st;
    assert_int_equal(
        slot_signing_seal(kek, SPAN_LIT("Ana@CHU.example"), SPAN_LIT("pkcs8 bytes."), SPAN_LIT("certificate"), &b, &e),
        RC_OK);
    assert_int_equal(slot_signing_cert(buf_span(&b), &sealed, &cert, &e), RC_OK);
    assert_true(span_eq_str(cert, "certificate"));
    assert_int_equal(slot_signing_open(kek, SPAN_LIT("ana@chu.example"), buf_span(&b), &out, &e), RC_OK);
    assert_true(span_eq_str(buf_span(&out), "pkcs8 bytes."));
    buf_clear(&out);
    assert_int_equal(slot_signing_open(kek, SPAN_LIT("bob@chu.example"), buf_span(&b), &out, &e), RC_CORRUPT);
    assert_int_equal(out.n, 0);
    assert_int_equal(open_signing(buf_span(&b)), RC_OK);
    flip_each(&b, open_signing, RC_CORRUPT); /* the certificate cannot be exchanged either */
    assert_int_equal(slot_signing_seal(kek, SPAN_LIT(""), SPAN_LIT("k"), SPAN_LIT("c"), &out, &e), RC_PERM);
    buf_free(&b);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest t[] = {
        cmocka_unit_test(test_keyd),
        cmocka_unit_test(test_password),
        cmocka_unit_test(test_signing),
    };
    return cmocka_run_group_tests_name("slot keys", t, keys, NULL);
}
