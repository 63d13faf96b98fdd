/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/fold.c - text_fold(): the one folding of texts and needles (extract/text.h). Each character folds by itself,
 * so a text may be folded in pieces. A small cache keeps what the Unicode library said. RFC 5051, in the spirit of UTS
 * 10.
 */
#include "base/ascii.h"
#include "extract/text.h"
#include "mime/charset.h"
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

enum { CACHE = 1024, CACHED_MOST = 26 };
static struct folded {
    uint32_t cp; /* 0: free */
    uint8_t n;
    unsigned char b[CACHED_MOST];
} cache[CACHE];

/* Characters that people write in two ways and that Unicode does not take apart. They are looked up behind the case
 * folding, so the table has lower case only. */
static const struct {
    uint32_t cp;
    const char *as;
} extra[] = {
    {0xe6, "ae"},   {0xf8, "o"},    {0x111, "d"},  {0x142, "l"},  {0x153, "oe"}, {0x2018, "'"}, {0x2019, "'"},
    {0x201c, "\""}, {0x201d, "\""}, {0x2010, "-"}, {0x2011, "-"}, {0x2013, "-"}, {0x2014, "-"}, {0x131, "i"},
};

static void add_folded(uint32_t cp, struct buf *out)
{
    unsigned char bytes[8];
    int n;

    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++) {
        if (extra[i].cp == cp) {
            buf_addstr(out, extra[i].as);
            return;
        }
    }
    if (uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me | UC_CATEGORY_MASK_Cf))
        return;
    if (cp < 0x20 || cp == 0x7f || uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_Cc))
        cp = ' ';
    n = u8_uctomb(bytes, cp, sizeof bytes);
    if (n > 0)
        buf_add(out, bytes, (size_t)n);
}

static void compute(uint32_t cp, struct buf *out)
{
    uint32_t in = cp, few[64], *all;
    size_t n = sizeof few / sizeof *few;

    all = u32_casefold(&in, 1, NULL, UNINORM_NFKD, few, &n);
    if (!all)
        return;
    for (size_t i = 0; i < n; i++)
        add_folded(all[i], out);
    if (all != few)
        free(all);
}

static void fold_one(uint32_t cp, struct buf *out)
{
    struct folded *f = &cache[cp % CACHE];
    size_t start = out->n;

    if (f->cp == cp) {
        buf_add(out, f->b, f->n);
        return;
    }
    compute(cp, out);
    if (out->n - start > CACHED_MOST)
        return;
    f->cp = cp;
    f->n = (uint8_t)(out->n - start);
    if (f->n > 0)
        memcpy(f->b, out->p + start, f->n);
}

/* Room is made once for the run, because folding never makes it longer. */
static void fold_ascii(struct span run, struct buf *out)
{
    unsigned char *to;
    bool behind_space;
    struct err e;

    if (buf_reserve(out, run.n, &e) != RC_OK)
        die("%s", e.log);
    to = out->p + out->n;
    behind_space = out->n > 0 && to[-1] == ' ';
    for (size_t i = 0; i < run.n; i++) {
        unsigned char c = run.p[i];
        bool space = c <= ' ' || c == 127;

        *to = space ? ' ' : ascii_lower(c);
        to += !(space && behind_space);
        behind_space = space;
    }
    out->n = (size_t)(to - out->p);
}

/* A fold may itself begin or end with a space (NO-BREAK SPACE, compatibility forms). A run of spaces still becomes
 * one. */
static void fold_wide(struct span one, struct buf *out)
{
    size_t start = out->n;
    ucs4_t cp;

    u8_mbtouc(&cp, one.p, one.n);
    fold_one(cp, out);
    if (start > 0 && out->n > start && out->p[start] == ' ' && out->p[start - 1] == ' ') {
        memmove(out->p + start, out->p + start + 1, out->n - start - 1);
        buf_cut(out, out->n - 1);
    }
}

void text_fold(struct span utf8, struct buf *out)
{
    struct buf folded = BUF_SECRET_INIT, one = BUF_SECRET_INIT;
    size_t i = 0;

    while (i < utf8.n) {
        size_t n = charset_ascii_run(span_from(utf8, i));

        if (n > 0) {
            fold_ascii(span_of(utf8.p + i, n), &folded);
            i += n;
            continue;
        }
        n = charset_utf8_next(span_from(utf8, i));
        if (n > 0) {
            fold_wide(span_of(utf8.p + i, n), &folded);
        } else {
            buf_clear(&one);
            charset_make_utf8(span_of(utf8.p + i, 1), &one);
            fold_wide(buf_span(&one), &folded);
        }
        i += n > 0 ? n : 1;
    }
    buf_addspan(out, buf_span(&folded));
    buf_free(&folded);
    buf_free(&one);
}
