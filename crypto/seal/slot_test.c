/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/slot_test.c - key slots: the list's grammar at every prefix; a delegate's slot moved, cut, changed. */
#include "crypto/seal/slot.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct err e;

static void test_list(void **st)
{
    struct buf l = BUF_INIT, rest = BUF_INIT;
    struct slot s,
        in[] = {{1, 0, SPAN_LIT("keyd")}, {2, 1, SPAN_LIT("")}, {900, 7, SPAN_LIT("unknown")}, {2, 2, SPAN_LIT("pw")}};
    struct span r;

    (void)st;
    for (size_t i = 0; i < 4; i++)
        slot_add(&l, &in[i]);
    r = buf_span(&l);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(slot_next(&r, &s, &e), RC_OK);
        assert_int_equal(s.type, in[i].type);
        assert_int_equal(s.id, in[i].id);
        assert_true(span_eq(s.body, in[i].body));
    }
    assert_int_equal(slot_next(&r, &s, &e), RC_NOTFOUND);
    assert_int_equal(slot_find(buf_span(&l), SLOT_PASSWORD, &s, &e), RC_OK);
    assert_int_equal(s.id, 1);
    assert_int_equal(slot_find(buf_span(&l), SLOT_SIGNING, &s, &e), RC_NOTFOUND);
    assert_int_equal(slot_without(buf_span(&l), SLOT_PASSWORD, 2, &rest, &e), RC_OK);
    assert_int_equal(rest.n, l.n - 10);
    buf_clear(&rest);
    assert_int_equal(slot_without(buf_span(&l), SLOT_PASSWORD, 0, &rest, &e), RC_OK);
    assert_int_equal(rest.n, l.n - 18);
    buf_free(&l);
    buf_free(&rest);
}

/* cut anywhere, the list gives the whole records before the cut, then RC_CORRUPT (or the end, at an edge) */
static void test_list_cut(void **st)
{
    struct buf l = BUF_INIT;
    struct slot s = {1, 3, SPAN_LIT("0123456789")};

    (void)st;
    slot_add(&l, &s);
    slot_add(&l, &s);
    for (size_t n = 0; n <= l.n; n++) {
        struct span r = span_head(buf_span(&l), n);
        size_t got = 0;
        enum rc rc;

        while ((rc = slot_next(&r, &s, &e)) == RC_OK)
            got++;
        assert_int_equal(got, n / 18);
        assert_int_equal(rc, n % 18 ? RC_CORRUPT : RC_NOTFOUND);
    }
    buf_free(&l);
}

/* ---- a delegate's slot ---- */
static struct delegate_slot of = {.mbx = 17, .delegate = 18, .grant = 5};
static unsigned char hers[SEAL_PRIV], box[SEAL_PRIV];

static struct buf sealed(void)
{
    struct buf body = BUF_INIT;

    assert_int_equal(seal_pair_new(of.pub, box, &e), RC_OK);
    assert_int_equal(seal_pair_new(of.delegate_pub, hers, &e), RC_OK);
    assert_int_equal(slot_delegate_seal(&of, box, &body, &e), RC_OK);
    assert_int_equal(body.n, 16 + SEAL_DELEGATE);
    return body;
}

static enum rc opens(const struct delegate_slot *d, const unsigned char *with, struct span body)
{
    unsigned char key[SEAL_PRIV] = {0};
    enum rc rc = slot_delegate_open(d, with, body, key, &e);

    assert_int_equal(memcmp(key, box, SEAL_PRIV) == 0, rc == RC_OK); /* all of it, or nothing */
    return rc;
}

static void test_delegate(void **st)
{
    struct buf body = sealed();
    struct delegate_slot d;

    (void)st;
    assert_int_equal(opens(&of, hers, buf_span(&body)), RC_OK);
    assert_int_equal(opens(&of, box, buf_span(&body)), RC_CORRUPT); /* another's key */
    d = of, d.mbx = 19;
    assert_int_equal(opens(&d, hers, buf_span(&body)), RC_CORRUPT);
    d = of, d.delegate = 19;
    assert_int_equal(opens(&d, hers, buf_span(&body)), RC_CORRUPT);
    d = of, d.grant = 6;
    assert_int_equal(opens(&d, hers, buf_span(&body)), RC_CORRUPT);
    d = of, d.pub[0] ^= 1; /* the directory names another key of the mailbox */
    assert_int_equal(opens(&d, hers, buf_span(&body)), RC_CORRUPT);
    for (size_t i = 0; i < body.n * 8; i++) {
        body.p[i / 8] ^= (unsigned char)(1u << i % 8);
        assert_int_equal(opens(&of, hers, buf_span(&body)), RC_CORRUPT);
        body.p[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    for (size_t n = 0; n < body.n; n++)
        assert_int_equal(opens(&of, hers, span_head(buf_span(&body), n)), RC_CORRUPT);
    buf_addc(&body, 0);
    assert_int_equal(opens(&of, hers, buf_span(&body)), RC_CORRUPT);
    buf_free(&body);
}

/* A slot that was made for this delegate, and holds the key of another mailbox. */
static void test_delegate_of_another_key(void **st)
{
    struct buf body = sealed(), forged = BUF_INIT;
    unsigned char other[SEAL_PRIV], key[SEAL_PRIV], pub[SEAL_PUB];

    (void)st;
    assert_int_equal(seal_pair_new(pub, other, &e), RC_OK);
    assert_int_equal(slot_delegate_seal(&of, other, &forged, &e), RC_OK);
    assert_int_equal(slot_delegate_open(&of, hers, buf_span(&forged), key, &e), RC_CORRUPT);
    buf_free(&body);
    buf_free(&forged);
}

static void test_delegates_in_a_list(void **st)
{
    struct buf body = sealed(), l = BUF_INIT, rest = BUF_INIT;
    struct slot s;
    uint64_t whose, grant;

    (void)st;
    slot_add(&l, &(struct slot){SLOT_KEYD, 1, SPAN_LIT("keyd")});
    slot_add(&l, &(struct slot){SLOT_DELEGATE, 1, SPAN_LIT("cut short")});
    slot_add(&l, &(struct slot){SLOT_DELEGATE, 1, buf_span(&body)});
    assert_int_equal(slot_delegate_find(buf_span(&l), 18, &s, &e), RC_OK);
    assert_int_equal(slot_delegate_whose(s.body, &whose, &grant, &e), RC_OK);
    assert_true(whose == 18 && grant == 5);
    assert_int_equal(slot_delegate_find(buf_span(&l), 19, &s, &e), RC_NOTFOUND);
    assert_int_equal(slot_delegate_without(buf_span(&l), 18, &rest, &e), RC_OK);
    assert_int_equal(rest.n, l.n - 8 - body.n);
    assert_int_equal(slot_delegate_find(buf_span(&rest), 18, &s, &e), RC_NOTFOUND);
    buf_free(&body);
    buf_free(&l);
    buf_free(&rest);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_list), cmocka_unit_test(test_list_cut),
                                   cmocka_unit_test(test_delegate), cmocka_unit_test(test_delegate_of_another_key),
                                   cmocka_unit_test(test_delegates_in_a_list)};

    return cmocka_run_group_tests_name("slot", t, NULL, NULL);
}
