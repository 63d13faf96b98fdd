/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/text_fuzz.c - any bytes as a message: its search text opens again and is the same in pieces, and from what it wants alone; any bytes as a
 * search text, as HTML, as text to fold, as text in a charset: no harm, bounds kept, UTF-8 given.
 */
#include "extract/html.h"
#include "extract/text.h"
#include "mime/charset.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void extract(const struct scan *s, struct span d, size_t step, struct buf *out)
{
    struct text_extract *t = text_new(s);
    struct buf preview = BUF_INIT;

    while (d.n > 0) {
        size_t k = step < d.n ? step : d.n;

        text_feed(t, span_head(d, k));
        d = span_from(d, k);
    }
    text_end(t, out);
    text_preview(t, &preview);
    if (preview.n > 200 * 4)
        abort();
    buf_free(&preview);
    text_free(&t);
}

/* From the octets that it asks for alone. */
static void extract_wanted(const struct scan *s, struct span d, size_t step, struct buf *out)
{
    struct text_extract *t = text_new(s);
    uint64_t off, last = 0;

    while (text_wants(t, &off) && off < d.n) {
        if (off < last)
            abort();
        last = off;
        text_feed_at(t, off, span_head(span_from(d, (size_t)off), step));
    }
    text_end(t, out);
    text_free(&t);
}

static void plain_calls(struct span d)
{
    static const char *const charsets[] = {"iso-2022-jp", "gb18030", "utf-7",  "utf-16",   "shift_jis", "windows-1251",
                                           "big5",        "euc-jp",  "euc-kr", "utf-16le", "utf-16be",  "us-ascii"};
    struct buf b = BUF_INIT, folded = BUF_INIT;
    struct text_view v;
    struct err e;

    html_text(d, &b);
    text_fold(d, &folded);
    buf_clear(&b);
    if (d.n > 0 && charset_to_utf8(charsets[d.p[0] % 12], span_from(d, 1), &b, &e) != RC_OK)
        abort();
    for (size_t i = 0, n; i < b.n; i += n)
        if ((n = charset_utf8_next(span_from(buf_span(&b), i))) == 0)
            abort();
    if (text_open(d, &v, &e) == RC_OK) {
        (void)text_has(&v, TEXT_ANY, "subject", SPAN_LIT("x"));
        text_view_free(&v);
    }
    buf_free(&b);
    buf_free(&folded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span d = span_of(data, n);
    struct scan *s = scan_new();
    struct buf whole = BUF_INIT, pieces = BUF_INIT, wanted = BUF_INIT;
    struct text_view v;
    struct err e;

    plain_calls(d);
    scan_feed(s, d);
    scan_end(s);
    extract(s, d, n + 1, &whole);
    extract(s, d, n > 0 ? data[0] % 9 + 1 : 1, &pieces);
    extract_wanted(s, d, n > 0 ? data[0] % 9 + 1 : 1, &wanted);
    if (!span_eq(buf_span(&whole), buf_span(&pieces)) || !span_eq(buf_span(&whole), buf_span(&wanted)) ||
        text_open(buf_span(&whole), &v, &e) != RC_OK)
        abort();
    text_view_free(&v);
    buf_free(&whole);
    buf_free(&pieces);
    buf_free(&wanted);
    scan_free(&s);
    return 0;
}
