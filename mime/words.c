/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/words.c - RFC 2047 encoded words to UTF-8 (field_decode of mime/fields.h).
 *
 * Words in one charset that follow each other with only blanks between are joined before they are converted, because
 * senders cut characters in two. Anything that is no encoded word is passed and made UTF-8. The work is linear, because
 * a word's text ends at its first "?": a "=" follows there, or it is no encoded word.
 */
#include "base/ascii.h"
#include "mime/charset.h"
#include "mime/codec.h"
#include "mime/fields.h"
#include "mime/lex.h"
#include <stdio.h>

struct word {
    char charset[40];
    char encoding; /* 'b' or 'q' */
    struct span text, raw;
};

/* s begins with "=?". */
static bool take_word(struct span s, struct word *w)
{
    struct span rest = span_from(s, 2);
    ptrdiff_t q = span_chr(span_head(rest, sizeof w->charset), '?');
    ptrdiff_t star, end;

    if (q < 1)
        return false;
    snprintf(w->charset, sizeof w->charset, "%.*s", SPAN_ARG(span_head(rest, (size_t)q)));
    if ((star = span_chr(span_str(w->charset), '*')) >= 0) /* RFC 2231 5: a language behind it */
        w->charset[star] = 0;
    rest = span_from(rest, (size_t)q + 1);
    if (rest.n < 4 || rest.p[1] != '?')
        return false;
    w->encoding = (char)ascii_lower(rest.p[0]);
    if (w->encoding != 'b' && w->encoding != 'q')
        return false;
    rest = span_from(rest, 2);
    end = span_chr(rest, '?');
    if (end < 0 || (size_t)end + 1 >= rest.n || rest.p[end + 1] != '=')
        return false;
    w->text = span_head(rest, (size_t)end);
    w->raw = span_head(s, (size_t)(rest.p + end + 2 - s.p));
    return true;
}

static void q_decode(struct span text, struct buf *out)
{
    struct buf spaced = BUF_SECRET_INIT;

    buf_addspan(&spaced, text);
    for (size_t i = 0; i < spaced.n; i++)
        if (spaced.p[i] == '_')
            spaced.p[i] = ' ';
    codec_qp_word(buf_span(&spaced), out);
    buf_free(&spaced);
}

struct pending { /* decoded octets of one charset, not converted yet */
    struct buf octets;
    char charset[40];
};

static void flush(struct pending *p, struct buf *out)
{
    struct err e;
    size_t n = out->n;

    if (p->octets.n > 0 && charset_to_utf8(p->charset, buf_span(&p->octets), out, &e) != RC_OK) {
        buf_cut(out, n);
        charset_make_utf8(buf_span(&p->octets), out);
    }
    buf_clear(&p->octets);
}

static void add_word(const struct word *w, struct pending *p, struct buf *out)
{
    if (!span_ieq_str(span_str(w->charset), p->charset))
        flush(p, out);
    memcpy(p->charset, w->charset, sizeof p->charset);
    if (w->encoding == 'q')
        q_decode(w->text, &p->octets);
    else
        mime_decode_base64(w->text, &p->octets);
}

/* The length of the blanks at s. */
static size_t blanks(struct span s)
{
    size_t n = 0;

    while (lex_space(span_from(s, n)) > 0)
        n += lex_space(span_from(s, n));
    return n;
}

void field_decode(struct span body, struct buf *out)
{
    struct pending p = {.octets = BUF_SECRET_INIT};
    struct buf flat = BUF_SECRET_INIT;
    struct word w;
    size_t plain = 0, i = 0; /* flat[plain..i) is not yet written */
    bool after_word = false;
    struct span s;

    field_unfold(body, &flat);
    s = buf_span(&flat);
    while (i < s.n) {
        if (s.p[i] != '=' || i + 1 >= s.n || s.p[i + 1] != '?' || !take_word(span_from(s, i), &w)) {
            i++;
            continue;
        }
        if (!(after_word && plain + blanks(span_from(s, plain)) >= i)) { /* text between: it is real */
            flush(&p, out);
            charset_make_utf8(span_of(s.p + plain, i - plain), out);
        }
        add_word(&w, &p, out);
        i += w.raw.n;
        plain = i;
        after_word = true;
    }
    flush(&p, out);
    charset_make_utf8(span_from(s, plain), out);
    buf_free(&p.octets);
    buf_free(&flat);
}
