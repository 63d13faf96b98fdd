/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/want_test.c - what is to be published of each kind of mailbox, in each state, by each setting. */
#include "publish/pubd/want.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct want_rules all = {.types = 1u << PT_PER | 1u << PT_ORG | 1u << PT_APP | 1u << PT_CAB,
                                      .domains = "",
                                      .citizens = "patient.mssante.fr"};
static const struct dird_box ward = {.address = SPAN_LIT("w@b.test"),
                                     .name = SPAN_LIT("Service A"),
                                     .rpps = SPAN_LIT("10001234565"),
                                     .structure = SPAN_LIT("300017985"),
                                     .service = SPAN_LIT("Cardiologie"),
                                     .responsible = SPAN_LIT("Mme B"),
                                     .telephone = SPAN_LIT("0123456789"),
                                     .adeli = SPAN_LIT("123456789"),
                                     .rank = 2,
                                     .paperless = SAID_NO,
                                     .type = DT_ORG};

static enum want_is wanted(const struct want_rules *r, const struct dird_box *b, struct pub_facts *f)
{
    static struct buf mem;
    enum want_is is;

    buf_free(&mem);
    is = want(r, b, &mem);
    assert_int_equal(want_read(buf_span(&mem), f), is == WANT_YES);
    return is;
}

static void test_each_type(void **st)
{
    static const struct {
        enum dird_type type;
        bool person, describes, placed;
    } rows[] = {{DT_PER, true, false, false},
                {DT_ORG, false, true, true},
                {DT_APP, false, true, true},
                {DT_CAB, true, true, false}};

    (void)st;
    for (size_t i = 0; i < 4; i++) {
        struct dird_box b = ward;
        struct pub_facts f;
        b.type = (uint8_t)rows[i].type;
        assert_int_equal(wanted(&all, &b, &f), WANT_YES);
        assert_int_equal(f.person.n, rows[i].person ? 11 : 0);
        assert_int_equal(f.structure.n, rows[i].person ? 0 : 9);
        assert_true(span_eq_str(f.description, rows[i].describes ? "Service A" : ""));
        assert_true(span_eq_str(f.service, rows[i].placed ? "Cardiologie" : ""));
        assert_true(span_eq_str(f.responsible, rows[i].placed ? "Mme B" : ""));
        assert_true(span_eq_str(f.telephone, rows[i].placed ? "0123456789" : ""));
        assert_true(f.rank == 2 && f.paperless == SAID_NO);
        b.rpps = SPAN_NULL;
        assert_int_equal(wanted(&all, &b, &f), WANT_YES);
        assert_true(span_eq_str(pub_adeli(&f), rows[i].person ? "123456789" : "") && pub_rpps(&f).n == 0);
        b.adeli = b.structure = SPAN_NULL;
        assert_int_equal(wanted(&all, &b, &f), WANT_NO_NUMBER);
    }
}

static void test_states_and_settings(void **st)
{
    struct want_rules r = all;
    struct dird_box b = ward;
    struct pub_facts f;

    (void)st;
    for (uint8_t state = DA_ACTIVE; state <= DA_ERASING; state++) {
        b.state = state;
        r.suspended = SUSPENDED_REMOVE;
        assert_int_equal(wanted(&r, &b, &f), state <= DA_PENDING ? WANT_YES : WANT_NO);
        r.suspended = SUSPENDED_KEEP;
        assert_int_equal(wanted(&r, &b, &f), state <= DA_SUSPENDED ? WANT_YES : WANT_NO);
    }
    b = ward;
    r = all;
    for (uint8_t state = DA_ACTIVE; state <= DA_ERASING;
         state++) { /* whom nobody has opened yet, suspended meanwhile or not */
        b.state = state;
        b.flags = DF_PENDING;
        r.suspended = SUSPENDED_KEEP;
        r.pending = PENDING_WAIT;
        assert_int_equal(wanted(&r, &b, &f), WANT_NO);
        r.pending = PENDING_PUBLISH;
        assert_int_equal(wanted(&r, &b, &f), state <= DA_SUSPENDED ? WANT_YES : WANT_NO);
    }
    b = ward;
    r = all;
    b.flags = DF_DOMAIN_OFF;
    assert_int_equal(wanted(&r, &b, &f), WANT_NO);
    b.flags = DF_RED_LIST;
    assert_int_equal(wanted(&r, &b, &f), WANT_YES);
    assert_int_equal(f.red_list, 1);
    r.red = RED_REMOVE;
    assert_int_equal(wanted(&r, &b, &f), WANT_NO);
    b.flags = 0;
    r.types = 1u << PT_PER;
    assert_int_equal(wanted(&r, &b, &f), WANT_NO);
}

static void test_domains(void **st)
{
    struct want_rules r = all;
    struct dird_box b = ward;
    struct pub_facts f;

    (void)st;
    b.address = SPAN_LIT("x@PATIENT.mssante.fr");
    assert_int_equal(wanted(&r, &b, &f), WANT_NO);
    b.address = SPAN_LIT("x@b.test");
    r.domains = " a.test,B.TEST ";
    assert_int_equal(wanted(&r, &b, &f), WANT_YES);
    r.domains = "a.test, bb.test b.tes";
    assert_int_equal(wanted(&r, &b, &f), WANT_NO);
    b.address = SPAN_LIT("x@xn--hpital-ixa.test");
    r.domains = "hôpital.test";
    assert_int_equal(wanted(&r, &b, &f), WANT_YES);
}

/* The facts of "a@b.test" as the first version of the state file has them: their fields, and none behind. */
static void test_older_facts_are_read(void **st)
{
    struct pub_facts old = {.address = SPAN_LIT("a@b.test"),
                            .type = PT_ORG,
                            .structure = SPAN_LIT("300017985"),
                            .description = SPAN_LIT("A"),
                            .responsible = SPAN_LIT("Mme B")},
                     f, now;
    const size_t since = 4 + 4 + 1; /* an empty text, a u32, a u8 */
    struct buf both = BUF_INIT, told = BUF_INIT;
    struct span target, was;

    (void)st;
    ipc_encode(&both, pub_facts_f, &old);
    was = span_head(buf_span(&both), both.n - since);
    assert_true(want_read(was, &f));
    assert_true(f.type == PT_ORG && span_eq_str(f.responsible, "Mme B") && f.rank == 0 && f.paperless == SAID_NOTHING);
    assert_int_equal(want_event(was, buf_span(&both), &target), PK_NONE); /* a new version tells nothing anew */
    now = old;
    now.paperless = SAID_YES;
    ipc_encode(&told, pub_facts_f, &now);
    assert_int_equal(want_event(was, buf_span(&told), &target), PK_UPDATE);
    for (size_t n = 1; n < both.n; n++)
        if (n != both.n - since)
            assert_false(want_read(span_head(buf_span(&both), n), &f));
    buf_free(&both);
    buf_free(&told);
}

static void test_each_datum_is_an_update(void **st)
{
    struct pub_facts was = {.address = SPAN_LIT("a@b.test"), .type = PT_ORG}, is[6];
    struct span target;

    (void)st;
    for (size_t i = 0; i < 6; i++)
        is[i] = was;
    is[0].description = is[1].service = is[2].responsible = is[3].telephone = SPAN_LIT("0123456789");
    is[4].rank = 1;
    is[5].paperless = SAID_NO;
    for (size_t i = 0; i < 6; i++) {
        struct buf a = BUF_INIT, b = BUF_INIT;

        ipc_encode(&a, pub_facts_f, &was);
        ipc_encode(&b, pub_facts_f, &is[i]);
        assert_int_equal(want_event(buf_span(&a), buf_span(&b), &target), PK_UPDATE);
        assert_int_equal(want_event(buf_span(&b), buf_span(&b), &target), PK_NONE);
        buf_free(&a);
        buf_free(&b);
    }
}

static void test_words_of_types(void **st)
{
    unsigned bits;

    (void)st;
    assert_true(want_types("per, ORG cab", &bits));
    assert_int_equal(bits, 1u << PT_PER | 1u << PT_ORG | 1u << PT_CAB);
    assert_false(want_types("", &bits));
    assert_false(want_types("per usager", &bits));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_type),
                                       cmocka_unit_test(test_states_and_settings),
                                       cmocka_unit_test(test_domains),
                                       cmocka_unit_test(test_older_facts_are_read),
                                       cmocka_unit_test(test_each_datum_is_an_update),
                                       cmocka_unit_test(test_words_of_types)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
