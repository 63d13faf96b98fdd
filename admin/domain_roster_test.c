/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/domain_roster_test.c - files of domains as people write them: what is read, what is refused and where, and what differs from the directory. */
#include "admin/domain_roster.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct err e;

static struct rows read_text(const char *text)
{
    struct rows r;

    if (domain_roster_read(span_str(text), NULL, &r, &e) != RC_OK)
        fail_msg("%s", e.log);
    return r;
}

static void as_people_write_them(void **state)
{
    static const char *const files[] = {
        "domain,description,quota,max_accounts\nun.test,Un,5G,12\n",
        "\xEF\xBB\xBF"
        "Domaine;Description;Quota;Comptes max\r\nun.test;Un;5G;12\r\n",
        "sep=;\rQUOTA;comptes-max;Domaine;description\r\"5G\";12;\"un.test\";Un",
        "Domain\tQuota\tDescription\tMax accounts\n\n  un.test \t 5G\tUn\t12\n\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct rows r = read_text(files[i]);
        struct domain_wish w;

        assert_int_equal(r.n, 1);
        assert_int_equal(domain_wish(&r, 0, &w, &e), RC_OK);
        assert_true(span_eq_str(w.d.domain, "un.test"));
        assert_true(span_eq_str(w.d.note, "Un") && w.d.own_quota && w.d.quota == UINT64_C(5) << 30 && w.d.most == 12);
        assert_int_equal(w.d.what, DW_NOTE | DW_QUOTA | DW_MOST);
        rows_free(&r);
    }
}

static void what_no_file_is(void **state)
{
    static const struct {
        const char *text, *why;
    } t[] = {
        {"", "the file is empty"},
        {"domain,domain\nx.test,y.test\n", "line 1: the column domain is there twice"},
        {"description\nx\n", "line 1: the column domain must be there"},
        {"domain,quotas\nx.test,1\n", "line 1: no such column: quotas (known: domain description quota "},
        {"domain;quota\nx.test;1;2\n", "line 2: 3 cells, but 2 columns"},
        {"domain\n\"x.test\n", "line "},
        {"domain\n\xe9\n", "line 2"},
    };
    struct rows r;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_int_equal(domain_roster_read(span_str(t[i].text), NULL, &r, &e), RC_SYNTAX);
        assert_non_null(strstr(e.log, t[i].why));
        rows_free(&r);
    }
}

/* One domain, however it is written. */
static void twice(void **state)
{
    struct rows r = read_text(
        "domain\nH\xC3\xB4pital.test\nautre.test\nXN--HPITAL-IXA.TEST\nh\xC3\xB4pital.test\nnon..x\nnon..x\n");

    (void)state;
    assert_int_equal(r.n, 6);
    assert_int_equal(r.row[0].same_as, 0);
    assert_int_equal(r.row[1].same_as, 0);
    assert_int_equal(r.row[2].same_as, 2);
    assert_int_equal(r.row[3].same_as, 2);
    assert_int_equal(r.row[5].same_as, 0); /* no domain at all: refused as such */
    rows_free(&r);
}

static enum rc cell(const char *column, const char *value, struct domain_wish *w)
{
    static struct rows r;
    struct buf text = BUF_INIT;
    enum rc rc;

    rows_free(&r);
    buf_addf(&text, "domain;%s\nx.test;%s\n", column, value);
    r = read_text(buf_cstr(&text));
    rc = domain_wish(&r, 0, w, &e);
    buf_free(&text);
    return rc;
}

static void each_cell(void **state)
{
    static const struct {
        const char *column, *value;
        uint32_t bit;
        uint64_t is;
        size_t at;
        bool byte;
    } good[] = {
#define N(c, v, b, i, f) {c, v, b, i, offsetof(struct dird_domain, f), false}
#define B(c, v, b, i, f)                                                                                               \
    {                                                                                                                  \
        c, v, b, i, offsetof(struct dird_domain, f), true                                                              \
    }
        N("quota", "0", DW_QUOTA, 0, quota),
        B("quota", "0", DW_QUOTA, 1, own_quota),
        B("quota", "None", DW_QUOTA, 0, own_quota),
        B("quota", "aucun", DW_QUOTA, 0, own_quota),
        N("max_accounts", "0", DW_MOST, 0, most),
        N("max_message", "20M", DW_MAX_MESSAGE, 20 << 20, max_message),
        B("interne", "Oui", DW_INSIDE, 1, inside),
        B("inside", "no", DW_INSIDE, 0, inside),
        B("publish", "no", DW_UNPUBLISHED, 1, unpublished),
        B("publication", "oui", DW_UNPUBLISHED, 0, unpublished),
        B("liste rouge", "VRAI", DW_RED_LIST, 1, red_list),
        B("sign", "toujours", DW_SIGN, SIGN_ALWAYS, sign),
        B("signature", "never", DW_SIGN, SIGN_NEVER, sign),
        B("signature", "aucune", DW_SIGN, SIGN_UNSAID, sign),
        B("\xC3\xA9tat", "d\xC3\xA9sactiv\xC3\xA9", DW_DISABLED, 1, disabled),
        B("state", "active", DW_DISABLED, 0, disabled),
#undef N
#undef B
    };
    struct domain_wish w;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *at;

        assert_int_equal(cell(good[i].column, good[i].value, &w), RC_OK);
        at = (const char *)&w.d + good[i].at;
        assert_int_equal(w.d.what, good[i].bit);
        assert_int_equal(good[i].byte ? *(const uint8_t *)at : *(const uint64_t *)(const void *)at, good[i].is);
    }
}

static void cells_that_cannot_be(void **state)
{
    static const char *const bad[][2] = {{"quota", "beaucoup"},           {"quota", "-1"},
                                         {"max_accounts", "99999999999"}, {"max_message", "0"},
                                         {"inside", "peut-\xC3\xAAtre"},  {"sign", "parfois"},
                                         {"state", "ferm\xC3\xA9"},       {"postmaster", "x"},
                                         {"catch_all", "@x.test"},        {"postmaster", "a@b@c.test"}};
    struct domain_wish w;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(cell(bad[i][0], bad[i][1], &w), RC_SYNTAX);
        assert_non_null(strstr(e.log, "not \""));
    }
    assert_int_equal(cell("description", "\"deux\nlignes\"", &w), RC_SYNTAX);
}

static void texts_and_addresses(void **state)
{
    struct domain_wish w;

    (void)state;
    assert_int_equal(cell("description", "e\xCC\x81tage", &w), RC_OK); /* NFC, as the directory has it */
    assert_true(span_eq_str(w.d.note, "\xC3\xA9tage"));
    assert_int_equal(cell("postmaster", "Ana@X.test", &w), RC_OK);
    assert_true(span_eq_str(w.d.postmaster, "ana@x.test") && w.d.what == DW_POSTMASTER);
    assert_int_equal(cell("catch_all", "aucun", &w), RC_OK);
    assert_true(w.d.catch_all.n == 0 && w.d.what == DW_CATCH_ALL);
    assert_int_equal(cell("quota", "", &w), RC_OK); /* an empty cell says nothing */
    assert_int_equal(w.d.what, 0);
}

static void what_differs(void **state)
{
    struct rows r =
        read_text("domain;quota;description;postmaster;inside;publish;max_message\nx.test;5G;Un;ana@x.test;oui;non;\n");
    struct dird_domain is = {.note = SPAN_LIT("Un"), .max_message = 99, .postmaster = SPAN_LIT("Ana@x.test")};
    struct domain_wish w;
    char why[256];

    (void)state;
    assert_int_equal(domain_wish(&r, 0, &w, &e), RC_OK);
    assert_int_equal(domain_differs(&w, &is, why, sizeof why), DW_QUOTA | DW_INSIDE | DW_UNPUBLISHED);
    assert_string_equal(why, "quota, inside, publish");
    is.quota = UINT64_C(5) << 30;
    assert_true(domain_differs(&w, &is, why, sizeof why) & DW_QUOTA); /* the number stands there, but does not count */
    is.own_quota = 1;
    is.inside = 1;
    is.unpublished = 1;
    assert_int_equal(domain_differs(&w, &is, why, sizeof why), 0);
    assert_string_equal(why, "");
    rows_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_people_write_them),
        cmocka_unit_test(what_no_file_is),
        cmocka_unit_test(twice),
        cmocka_unit_test(each_cell),
        cmocka_unit_test(cells_that_cannot_be),
        cmocka_unit_test(texts_and_addresses),
        cmocka_unit_test(what_differs),
    };

    return cmocka_run_group_tests_name("domain_roster", tests, NULL, NULL);
}
