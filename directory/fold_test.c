/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/fold_test.c - names folded, by rows; every prefix is safe. */
#include "directory/fold.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct row {
    const char *in, *out;
} rows[] = {
    {"Dr H\xC3\xA9l\xC3\xA8ne MARTIN", "dr helene martin"},
    {"H\x65\xCC\x81l\xC3\xA8ne", "helene"}, /* decomposed */
    {"\xC5\x92uvrard-\xC5\x81ukasz", "oeuvrard lukasz"},
    {"Fran\xC3\xA7ois N\xC2\xB0 2", "francois n 2"},
    {"L\xE2\x80\x99H\xC3\xB4pital  d'enfants", "l hopital d enfants"},
    {"Stra\xC3\x9F"
     "e",
     "strasse"},
    {"\xEF\xBC\xAD\xEF\xBC\xA1rie", "marie"}, /* full-width */
    {"Dr_Marie_MARTIN_Cabinet", "dr marie martin cabinet"},
    {"Jean\xE2\x80\x90No\xC3\xABl", "jean noel"}, /* U+2010 */
    {"  ", ""},
    {"", ""},
    {"\xFF\xFE", ""},
    {"\xD0\x9C\xD0\xB0\xD1\x80\xD0\xB8\xD1\x8F", ""},
};

static void names_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = BUF_INIT;
        buf_addstr(&b, "x");
        fold_words(span_str(rows[i].in), &b);
        assert_string_equal(buf_cstr(&b) + 1, rows[i].out);
        buf_free(&b);
    }
}

static const struct row marked[] = {
    {"Marie-Th\xC3\xA9r\xC3\xA8se d\xE2\x80\x99"
     "ARGENT",
     "marie-therese d'argent"},
    {"Jean\xE2\x80\x90No\xC3\xABl", "jean-noel"},
    {"Accueil - Cardio", "accueil cardio"},
    {"-Anne- Marie-", "anne marie"},
    {"N'GUYEN (Dr)", "n'guyen dr"},
    {"--'", ""},
};

static void hyphens_stay_in_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof marked / sizeof *marked; i++) {
        struct buf b = BUF_INIT;
        buf_addstr(&b, "x");
        fold_name(span_str(marked[i].in), &b);
        assert_string_equal(buf_cstr(&b) + 1, marked[i].out);
        buf_free(&b);
    }
}

static const struct row opened[] = {
    {"Marie-Th\xC3\xA9r\xC3\xA8se d\xE2\x80\x99"
     "ARGENT",
     "Marie Th\xC3\xA9r\xC3\xA8se d ARGENT"},
    {"\xC3\x89-\xE2\x80\x90'\xE2\x80", "\xC3\x89   \xE2\x80"}, /* cut off in a mark */
    {"Marie-Therese", ""},
    {"Th\xC3\xA9r\xC3\xA8se", ""},
    {"", ""},
};

static void hyphens_go_and_accents_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof opened / sizeof *opened; i++) {
        struct buf b = BUF_INIT;
        buf_addstr(&b, "x");
        fold_open(span_str(opened[i].in), &b);
        assert_string_equal(buf_cstr(&b) + 1, opened[i].out);
        buf_free(&b);
    }
}

static void a_key_is_as_slapd_compares(void **state)
{
    static const char *const same[][2] = {{"H\xC3\x89L\xC3\x88NE  Dupont ", "h\xC3\xA9l\xC3\xA8ne dupont"},
                                          {" a\xC2\xA0 b", "A B"},
                                          {"\xC4\xB0pek YILMAZ", "ipek yilmaz"},
                                          {"\xEF\xAC\x81n", "FIN"}, /* a ligature, taken apart */
                                          {"  ", ""},
                                          {"\xE9", ""}};
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct buf a = BUF_INIT, b = BUF_INIT;
        fold_key(span_str(same[i][0]), &a);
        fold_key(span_str(same[i][1]), &b);
        assert_string_equal(buf_cstr(&a), buf_cstr(&b));
        buf_free(&a);
        buf_free(&b);
    }
}

static void what_slapd_holds_apart_is_not_alike(void **state)
{
    static const char *const apart[][2] = {{"Wei\xC3\x9F Hans", "weiss hans"},
                                           {"H\xC3\xA9l\xC3\xA8ne", "Helene"},
                                           {"a b", "ab"},
                                           {"a@chu.test", "b@chu.test"},
                                           {"ab", "abc"},
                                           {"", "a"}};
    (void)state;
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        assert_false(fold_alike(span_str(apart[i][0]), span_str(apart[i][1])));
    assert_true(fold_alike(SPAN_LIT("a@chu.test"), SPAN_LIT("A@CHU.test")));
    assert_true(fold_alike(SPAN_LIT("No\xC3\xABl NO\xC3\x8BL"), SPAN_LIT("no\xC3\xABl  NO\xC3\x8BL")));
}

static void prefixes_stay_ascii(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t n = 0; n <= strlen(rows[i].in); n++) {
            struct buf b = BUF_INIT;
            char *copy = span_dup(span_of(rows[i].in, n));
            fold_words(span_of(copy, n), &b);
            for (size_t k = 0; k < b.n; k++)
                assert_true(b.p[k] == ' ' || (b.p[k] >= 'a' && b.p[k] <= 'z') || (b.p[k] >= '0' && b.p[k] <= '9'));
            free(copy);
            buf_free(&b);
        }
}

static void words_are_cut(void **state)
{
    (void)state;
    struct span rest = SPAN_LIT("dr helene  martin "), w;
    const char *const want[] = {"dr", "helene", "martin"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(fold_next(&rest, &w));
        assert_true(span_eq_str(w, want[i]));
    }
    assert_false(fold_next(&rest, &w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_by_rows),
        cmocka_unit_test(hyphens_stay_in_names),
        cmocka_unit_test(hyphens_go_and_accents_stay),
        cmocka_unit_test(a_key_is_as_slapd_compares),
        cmocka_unit_test(what_slapd_holds_apart_is_not_alike),
        cmocka_unit_test(prefixes_stay_ascii),
        cmocka_unit_test(words_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
