/* SPDX-License-Identifier: EUPL-1.2 */
/* base/prepare_attribute.c - RFC 4518: transcode (the text is UTF-8), map, normalise, prohibit, insignificant spaces. Bidi needs no step.
 * Folding goes as Unicode's compatibility caseless match does (chapter 3.13, D146), because folding can make characters that normalisation changes, and
 * the other way round. The result is composed (NFKC). */
#include "base/ascii.h"
#include "base/prepare.h"
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* A text on the heap. NULL: memory ran out. */
struct text {
    uint32_t *s;
    size_t n;
};

/* RFC 4518 2.2, the second list: become a space */
static bool is_blank(uint32_t cp)
{
    return (cp >= 0x09 && cp <= 0x0d) || cp == 0x85 ||
           uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_Zs | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp);
}

/* RFC 4518 2.2, the first and the third list: are taken away. Soft hyphen, joiners, direction marks and U+200B are of category Cf. */
static bool is_nothing(uint32_t cp)
{
    return cp == 0x034f || cp == 0x1806 || (cp >= 0x180b && cp <= 0x180d) || (cp >= 0xfe00 && cp <= 0xfe0f) ||
           cp == 0xfffc || uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf);
}

static void map(struct text *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++)
        if (is_blank(t->s[i]))
            t->s[n++] = ' ';
        else if (!is_nothing(t->s[i]))
            t->s[n++] = t->s[i];
    t->n = n;
}

/* RFC 4518 2.4: a match with these is undefined */
static bool is_prohibited(uint32_t cp)
{
    return cp == 0xfffd ||
           uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_Cn | UC_CATEGORY_MASK_Co | UC_CATEGORY_MASK_Cs);
}

static void take(struct text *t, uint32_t *made, size_t n)
{
    free(t->s);
    *t = (struct text){made, made ? n : 0};
}

static void normalize(struct text *t, uninorm_t form)
{
    size_t n = 0;
    uint32_t *made = t->s ? u32_normalize(form, t->s, t->n, NULL, &n) : NULL;

    take(t, made, n);
}

static void fold(struct text *t)
{
    size_t n = 0;
    uint32_t *made = t->s ? u32_casefold(t->s, t->n, NULL, NULL, NULL, &n) : NULL;

    take(t, made, n);
}

static void fold_all(struct text *t)
{
    normalize(t, UNINORM_NFD);
    fold(t);
    normalize(t, UNINORM_NFKD);
    fold(t);
    normalize(t, UNINORM_NFKC);
    map(t); /* what normalisation made */
}

/* RFC 4518 2.6.1: a space that carries a combining mark is no space */
static bool space_at(const struct text *t, size_t i)
{
    return t->s[i] == ' ' && !(i + 1 < t->n && uc_is_general_category_withtable(t->s[i + 1], UC_CATEGORY_MASK_M));
}

static void put(struct buf *out, uint32_t cp)
{
    uint8_t one[6];
    int n = u8_uctomb(one, cp, sizeof one);

    buf_add(out, one, n > 0 ? (size_t)n : 0);
}

static enum rc write_out(const struct text *t, struct buf *out, struct err *e)
{
    size_t start = out->n;
    bool due = false; /* a space that is written when something follows */

    for (size_t i = 0; i < t->n; i++)
        if (is_prohibited(t->s[i])) {
            buf_cut(out, start);
            return err_set(e, RC_PERM, "Value has a character that cannot be compared (U+%04X)", (unsigned)t->s[i]);
        }
    for (size_t i = 0; i < t->n; i++) {
        if (space_at(t, i)) {
            due = true;
            continue;
        }
        if (due && out->n > start)
            buf_addc(out, ' ');
        due = false;
        put(out, t->s[i]);
    }
    return out->n > start ? RC_OK : err_cause(e, RC_PERM, CAUSE_TEXT_EMPTY, "empty value");
}

/* Nearly every value: the same result, without a table of Unicode. */
static bool is_plain(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    return true;
}

static enum rc plain_out(struct span s, struct buf *out, struct err *e)
{
    size_t start = out->n;
    bool due = false;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ') {
            due = true;
            continue;
        }
        if (due && out->n > start)
            buf_addc(out, ' ');
        due = false;
        buf_addc(out, ascii_lower(s.p[i]));
    }
    return out->n > start ? RC_OK : err_cause(e, RC_PERM, CAUSE_TEXT_EMPTY, "empty value");
}

enum rc prepare_attribute(struct span value, struct buf *out, struct err *e)
{
    struct text t = {0};
    enum rc rc;

    if (value.n > PREPARE_MAX)
        return err_cause(e, RC_PERM, CAUSE_TEXT_TOO_LONG, "value of %zu octets, %d at most", value.n, PREPARE_MAX);
    if (is_plain(value))
        return plain_out(value, out, e);
    if (u8_check(value.p, value.n) != NULL)
        return err_cause(e, RC_SYNTAX, CAUSE_TEXT_NOT_UTF8, "value is not UTF-8");
    t.s = u8_to_u32(value.p, value.n, NULL, &t.n);
    if (t.s)
        map(&t);
    fold_all(&t);
    rc = t.s ? write_out(&t, out, e) : err_set(e, RC_TEMP, "prepare: no memory");
    free(t.s);
    return rc;
}
