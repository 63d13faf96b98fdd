/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/like_test.c - which words are like which, and how much; the bounded distance against the plain one, on random words.
 * Process  tests. */
#include "extract/like.h"
#include "extract/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *needle, *text;
    unsigned score;
} rows[] = {
    {"", "x", 100},
    {"x", "", 0},
    {"diabète", "le DIABETE de type 2", 100},
    {"diabet", "un diabetique", 100},       /* as it is, within a word */
    {"diabete", "un diabetique", 0},        /* three letters too many */
    {"diabtee", "le diabete", 86},          /* neighbours exchanged: one of seven */
    {"diabet type", "type 2, diabete", 99}, /* both words, elsewhere */
    {"diabette", "le diabete", 88},         /* one too many of eight */
    {"dibete", "le diabète", 84},           /* one is missing */
    {"hypertention", "hypertension artérielle", 92},
    {"hypertemtion", "hypertension artérielle", 84}, /* two of twelve */
    {"hipertemtion", "hypertension artérielle", 0},  /* three */
    {"éclampsie", "pré-eclanpsie", 89},
    {"abc", "abd", 0}, /* three letters must be right */
    {"abcd", "abce", 75},
    {"abcd", "bcd abcde", 100},
    {"abcd", "xbce", 0},
    {"bilan renal", "bilan hepatique", 0}, /* each word must be there */
    {"bilam renal", "le bilan rénal", 89},
    {"bilan", "bi lan", 0},
    {"гепатит", "гепатыт", 86},
    {"2026-01", "2026-02", 0},
    {"--", "a -- b", 100},
    {"--", "a b", 0},
    {"a b c d e f g h i j k l m n o p", "p o n m l k j i h g f e d c b a", 99},
    {"a b c d e f g h i j k l m n o p q", "q p o n m l k j i h g f e d c b a", 0}, /* too many words: only as it is */
};

static unsigned score(const char *needle, const char *text)
{
    struct buf n = BUF_INIT, t = BUF_INIT;
    struct like l;
    unsigned got;

    text_fold(span_str(needle), &n);
    text_fold(span_str(text), &t);
    like_of(buf_span(&n), &l);
    got = like_score(&l, buf_span(&t));
    buf_free(&n);
    buf_free(&t);
    return got;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (score(rows[i].needle, rows[i].text) != rows[i].score)
            fail_msg("%s in %s: %u, not %u", rows[i].needle, rows[i].text, score(rows[i].needle, rows[i].text),
                     rows[i].score);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment, all cells. */
static unsigned plain(const char *a, const char *b)
{
    unsigned d[16][16], n = (unsigned)strlen(a), m = (unsigned)strlen(b);

    for (unsigned i = 0; i <= n; i++)
        for (unsigned j = 0; j <= m; j++) {
            d[i][j] = i == 0   ? j
                      : j == 0 ? i
                               : least(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]), least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[n][m];
}

static unsigned draw(unsigned below) /* the same numbers in each run */
{
    static uint32_t state = 7;

    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static void random_word(char *out, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = (char)('a' + draw(3));
    out[n] = 0;
}

static void test_against_all_cells(void **state)
{
    char a[16], b[16];

    (void)state;
    for (int i = 0; i < 50000; i++) {
        unsigned n = 4 + draw(9), most = n <= 7 ? 1 : 2, d, want;

        random_word(a, n);
        random_word(b, 1 + draw(14));
        if (strstr(b, a))
            continue;
        d = plain(a, b);
        want = d > most ? 0 : 100 - d * 100 / n;
        if (score(a, b) != want)
            fail_msg("%s, %s: %u, not %u", a, b, score(a, b), want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_against_all_cells)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
