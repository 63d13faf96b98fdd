/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/like.c - see extract/like.h: edit distance with exchanged neighbours, in a band as wide as the letters that may be wrong. */
#include "extract/like.h"
#include "base/ascii.h"
#include <string.h>

enum { FAR = 99, AS_IT_IS = 100, PART = 99 };

/* ---- letters and words ---- */
/* Folded text is UTF-8; an octet that is not counts as a letter. */
static uint32_t letter_at(struct span s, size_t *used)
{
    unsigned char c = s.p[0];
    size_t n = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
    uint32_t v = n == 1 ? c : c & (0x7fu >> n);

    if (n > s.n)
        n = 1;
    for (size_t i = 1; i < n; i++)
        v = v << 6 | (s.p[i] & 0x3fu);
    *used = n;
    return n == 1 ? c : v;
}

static bool is_letter(unsigned char c)
{
    return ascii_is_alnum(c) || c >= 0x80;
}

/* The next run of letters and digits. False: there is none. */
static bool next_word(struct span *rest, struct span *word)
{
    size_t from = 0, to;

    while (from < rest->n && !is_letter(rest->p[from]))
        from++;
    for (to = from; to < rest->n && is_letter(rest->p[to]); to++)
        ;
    *word = span_of(rest->p + from, to - from);
    *rest = span_from(*rest, to);
    return word->n > 0;
}

/* False: it has too many letters. */
static bool letters_of(struct span text, uint32_t *letter, unsigned most, unsigned *n)
{
    size_t used;

    for (*n = 0; text.n > 0; text = span_from(text, used)) {
        if (*n == most)
            return false;
        letter[(*n)++] = letter_at(text, &used);
    }
    return true;
}

void like_of(struct span needle, struct like *out)
{
    struct span rest = needle, word;

    *out = (struct like){.needle = needle};
    while (next_word(&rest, &word)) {
        struct like_word *w = &out->word[out->n];

        if (out->n == LIKE_WORDS || !letters_of(word, w->letter, LIKE_LETTERS, &w->n)) {
            out->n = 0;
            return;
        }
        w->text = word;
        w->most = w->n <= 3 ? 0 : w->n <= 7 ? 1 : 2;
        out->n++;
    }
}

/* ---- distance ---- */
static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters differ, FAR when more than w->most. Rows are those of the text's word; only cells near the diagonal can be near enough. */
static unsigned distance(const struct like_word *w, const uint32_t *letter, unsigned n)
{
    unsigned row[3][LIKE_LETTERS + 3], *before = row[0], *last = row[1], *now = row[2], *t;

    for (unsigned j = 0; j <= w->n; j++)
        last[j] = j, before[j] = FAR;
    for (unsigned i = 1; i <= n; i++) {
        unsigned from = i > w->most ? i - w->most : 1, to = least(w->n, i + w->most), best = FAR;

        now[from - 1] = from == 1 ? i : FAR;
        for (unsigned j = from; j <= to; j++) {
            unsigned d = last[j - 1] + (letter[i - 1] != w->letter[j - 1]);

            d = least(d, least(now[j - 1], j == i + w->most ? FAR : last[j]) + 1);
            if (i > 1 && j > 1 && letter[i - 1] == w->letter[j - 2] && letter[i - 2] == w->letter[j - 1])
                d = least(d, before[j - 2] + 1);
            now[j] = d;
            best = least(best, d);
        }
        if (best > w->most)
            return FAR;
        t = before, before = last, last = now, now = t;
    }
    return last[w->n] > w->most ? FAR : last[w->n];
}

static unsigned word_score(const struct like_word *w, struct span text)
{
    uint32_t letter[LIKE_LETTERS + 3];
    unsigned best = FAR, n;
    struct span word;

    if (memmem(text.p, text.n, w->text.p, w->text.n))
        return PART;
    while (w->most > 0 && best > 1 && next_word(&text, &word))
        if (letters_of(word, letter, LIKE_LETTERS + 2, &n) && n + w->most >= w->n && n <= w->n + w->most)
            best = least(best, distance(w, letter, n));
    return best == FAR ? 0 : 100 - best * 100 / w->n;
}

unsigned like_score(const struct like *l, struct span text)
{
    unsigned sum = 0;

    if (l->needle.n == 0 || (text.n >= l->needle.n && memmem(text.p, text.n, l->needle.p, l->needle.n)))
        return AS_IT_IS;
    if (text.n == 0)
        return 0;
    for (unsigned i = 0; i < l->n; i++) {
        unsigned one = word_score(&l->word[i], text);

        if (one == 0)
            return 0;
        sum += one;
    }
    return l->n > 0 ? sum / l->n : 0;
}
