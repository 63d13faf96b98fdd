/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report_clean.c - words of others made harmless for a report (mime/report.h). */
#include "base/ascii.h"
#include "mime/report_int.h"
#include <unictype.h>
#include <unistr.h>

enum { CUT = 3 /* "..." */, WORD = 400 /* octets without a space: a line of a header holds 998 */ };

bool report_ascii(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > 0x7E)
            return false;
    return true;
}

/* Controls, line and paragraph ends, and marks that turn a line around or are not seen. */
static bool harmful(ucs4_t c)
{
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Zl |
                                                   UC_CATEGORY_MASK_Zp | UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Co |
                                                   UC_CATEGORY_MASK_Cn);
}

static void add_space(struct buf *out, size_t from)
{
    if (out->n > from && out->p[out->n - 1] != ' ')
        buf_addc(out, ' ');
}

/* One character off the front of s, appended. Returns how many octets it took. */
static size_t one(struct span s, size_t from, bool utf8, struct buf *out)
{
    ucs4_t c;
    int n;

    if (s.p[0] <= ' ' || s.p[0] == 0x7F) {
        add_space(out, from);
        return 1;
    }
    if (s.p[0] < 0x80) {
        buf_addc(out, s.p[0]);
        return 1;
    }
    n = u8_mbtoucr(&c, s.p, s.n);
    if (n > 0 && utf8 && !harmful(c))
        buf_add(out, s.p, (size_t)n);
    else
        buf_addc(out, '?');
    return n > 0 ? (size_t)n : 1;
}

static void break_word(size_t *word, struct buf *out)
{
    if (out->n > *word && out->p[out->n - 1] == ' ')
        *word = out->n;
    if (out->n - *word > WORD) {
        buf_addc(out, ' ');
        *word = out->n;
    }
}

void report_clean(struct span words, size_t most, bool utf8, struct buf *out)
{
    size_t from = out->n, last = from, word = from;

    while (words.n > 0 && out->n - from <= most) {
        if (out->n - from <= most - (most > CUT ? CUT : most))
            last = out->n;
        words = span_from(words, one(words, from, utf8, out));
        break_word(&word, out);
    }
    if (out->n - from > most || words.n > 0) {
        buf_cut(out, last);
        buf_addstr(out, "...");
    }
    while (out->n > from && out->p[out->n - 1] == ' ')
        buf_cut(out, out->n - 1);
}

void report_xtext(struct span xtext, bool utf8, struct buf *out)
{
    struct buf plain = BUF_SECRET_INIT;

    for (size_t i = 0; i < xtext.n; i++)
        if (xtext.p[i] == '+' && i + 2 < xtext.n && ascii_hex(xtext.p[i + 1]) >= 0 && ascii_hex(xtext.p[i + 2]) >= 0) {
            buf_addc(&plain, (unsigned char)(ascii_hex(xtext.p[i + 1]) << 4 | ascii_hex(xtext.p[i + 2])));
            i += 2;
        } else {
            buf_addc(&plain, xtext.p[i]);
        }
    report_clean(buf_span(&plain), REPORT_WORDS, utf8, out);
    buf_free(&plain);
}
