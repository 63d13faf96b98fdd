/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/text.c - the search text of a message (extract/text.h). One text part is open at a time. Its octets are
 * decoded as they pass. At its end they are converted to UTF-8, freed of tags, folded and added. Octets that are no
 * text are stepped over by offset and not looked at.
 *
 *   next_text() --text part found--> octets pass --its end--> finish_part() --> next_text() ...
 */
#include "extract/text.h"
#include "extract/html.h"
#include "extract/pack.h"
#include "mime/charset.h"
#include "mime/part.h"
#include <stdlib.h>
#include <string.h>

enum { VERSION = 3, CUT = 0x80, PREVIEW_CHARS = 200, SLICE = 64 * 1024 };

struct text_extract {
    const struct scan *scan;
    size_t next;  /* the next part to look at */
    uint64_t off; /* of the next octet fed */
    bool open, html, has_preview;
    bool full, cut;    /* no more room in plain; something was left out */
    uint64_t from, to; /* the open part's body */
    char charset[80];
    struct decoder decoder;
    struct buf octets; /* of the open part, decoded; at most TEXT_MAX */
    struct buf plain;  /* all that will be searched; at most TEXT_MAX */
    struct buf preview;
};

/* ---- adding to the plain text ---- */

static size_t char_border(struct span s, size_t at) /* not inside a UTF-8 character */
{
    size_t back = 0;

    while (at < s.n && back < 3 && at > back && (s.p[at - back] & 0xc0) == 0x80)
        back++;
    return at < s.n && (s.p[at - back] & 0xc0) == 0xc0 ? at - back : at;
}

static void add_folded(struct text_extract *t, struct span utf8)
{
    while (utf8.n > 0 && !t->full) {
        size_t n = utf8.n > SLICE ? char_border(utf8, SLICE) : utf8.n;

        text_fold(span_head(utf8, n), &t->plain);
        utf8 = span_from(utf8, n);
        if (t->plain.n >= TEXT_MAX) {
            buf_cut(&t->plain, TEXT_MAX - 1);
            t->full = true;
        }
    }
    t->cut |= t->full;
}

static void add_mark(struct text_extract *t, unsigned char c)
{
    if (t->plain.n < TEXT_MAX)
        buf_addc(&t->plain, c);
}

static void add_header(struct text_extract *t, struct span header)
{
    struct buf line = BUF_SECRET_INIT;
    struct field f;
    struct err e;

    while (!t->full && field_next(&header, &f, &e) == RC_OK) {
        buf_clear(&line);
        buf_addspan(&line, f.name);
        buf_addstr(&line, f.name.n > 0 ? ": " : "");
        field_decode(f.body, &line);
        if (addresses_in(f.name))
            addresses_add_shown(f.body, &line);
        add_folded(t, buf_span(&line));
        add_mark(t, '\n');
    }
    buf_free(&line);
}

static void add_file_name(struct text_extract *t, const struct part *p, const struct content_type *ct)
{
    struct buf name = BUF_SECRET_INIT;

    part_file_name(p->header, ct, &name);
    if (name.n > 0) {
        add_folded(t, buf_span(&name));
        add_mark(t, 0);
    }
    buf_free(&name);
}

/* ---- one text part ---- */

static void open_part(struct text_extract *t, const struct part *p, const struct content_type *ct)
{
    struct buf charset = BUF_SECRET_INIT;

    t->open = true;
    t->html = content_type_is(ct, "text", "html");
    t->from = p->body_off;
    t->to = p->body_off + p->body_len;
    t->decoder = (struct decoder){.kind = scan_flat(t->scan) ? CODEC_IDENTITY : part_encoding(p, NULL)};
    t->charset[0] = 0;
    if (content_type_param(ct, "charset", &charset) && charset.n < sizeof t->charset)
        memcpy(t->charset, buf_cstr(&charset), charset.n + 1);
    buf_clear(&t->octets);
    buf_free(&charset);
}

/* Opens the next part that holds text. On the way, adds the file names and headers of the parts that are passed. */
static void next_text(struct text_extract *t)
{
    while (!t->open && t->next < scan_parts(t->scan)) {
        size_t i = t->next++;
        const struct part *p = scan_part(t->scan, i);
        struct content_type ct;

        part_type(p, scan_flat(t->scan), &ct);
        if (i > 0 && scan_part(t->scan, p->parent)->kind == PART_MESSAGE) {
            add_header(t, p->header);
            add_mark(t, 0);
        }
        add_file_name(t, p, &ct);
        if ((p->kind == PART_LEAF || part_shown(p) == PART_LEAF) && p->kind != PART_MESSAGE &&
            (content_type_is(&ct, "text", NULL) || scan_flat(t->scan)))
            open_part(t, p, &ct);
        content_type_free(&ct);
    }
}

static void add_preview(struct text_extract *t, struct span utf8)
{
    size_t chars = 0;
    bool space = false;

    while (utf8.n > 0 && chars < PREVIEW_CHARS) {
        size_t n = charset_utf8_next(utf8);
        bool blank = n == 1 && (*utf8.p <= ' ' || *utf8.p == 127);

        if (n > 0 && !blank) {
            if (space && chars > 0)
                buf_addc(&t->preview, ' ');
            chars += 1 + (space && chars > 0);
            buf_add(&t->preview, utf8.p, n);
        }
        space = n > 0 ? blank : space;
        utf8 = span_from(utf8, n > 0 ? n : 1);
    }
    t->has_preview = t->preview.n > 0;
}

static void finish_part(struct text_extract *t)
{
    struct buf utf8 = BUF_SECRET_INIT, words = BUF_SECRET_INIT;
    struct err e;

    t->open = false;
    if (!t->full || !t->has_preview) {
        decoder_end(&t->decoder, &t->octets);
        if (charset_to_utf8(t->charset[0] ? t->charset : "UTF-8", buf_span(&t->octets), &utf8, &e) != RC_OK) {
            buf_clear(&utf8);
            charset_make_utf8(buf_span(&t->octets), &utf8);
        }
        if (t->html)
            html_text(buf_span(&utf8), &words);
        if (!t->has_preview)
            add_preview(t, buf_span(t->html ? &words : &utf8));
        add_folded(t, buf_span(t->html ? &words : &utf8));
    }
    add_mark(t, 0);
    buf_clear(&t->octets);
    buf_free(&utf8);
    buf_free(&words);
}

static void add_octets(struct text_extract *t, struct span s)
{
    while (s.n > 0 && t->octets.n < TEXT_MAX) {
        struct span slice = span_head(s, SLICE);

        decoder_feed(&t->decoder, slice, &t->octets);
        s = span_from(s, slice.n);
    }
    t->cut |= s.n > 0;
}

/* ---- the pass ---- */

struct text_extract *text_new(const struct scan *s)
{
    struct text_extract *t = calloc(1, sizeof *t);

    if (!t)
        die("no memory for a search text");
    buf_init_secret(&t->octets);
    buf_init_secret(&t->plain);
    buf_init_secret(&t->preview);
    t->scan = s;
    add_header(t, scan_part(s, 0)->header);
    add_mark(t, 0);
    next_text(t);
    return t;
}

void text_feed(struct text_extract *t, struct span piece)
{
    uint64_t end = t->off + piece.n;

    while (t->open && t->from < end) {
        uint64_t from = t->from > t->off ? t->from : t->off, to = t->to < end ? t->to : end;

        if (to > from)
            add_octets(t, span_of(piece.p + (from - t->off), (size_t)(to - from)));
        if (t->to > end)
            break;
        finish_part(t);
        next_text(t);
    }
    t->off = end;
}

bool text_wants(const struct text_extract *t, uint64_t *off_out)
{
    *off_out = t->from > t->off ? t->from : t->off;
    return t->open;
}

void text_feed_at(struct text_extract *t, uint64_t off, struct span piece)
{
    t->off = off;
    text_feed(t, piece);
}

void text_end(struct text_extract *t, struct buf *search_out)
{
    while (t->open) {
        finish_part(t);
        next_text(t);
    }
    buf_u8(search_out, (uint8_t)(VERSION | (t->cut ? CUT : 0)));
    pack_to(PACK_TEXT, buf_span(&t->plain), search_out);
}

void text_preview(const struct text_extract *t, struct buf *out)
{
    buf_addspan(out, buf_span(&t->preview));
}

void text_free(struct text_extract **t)
{
    if (!t || !*t)
        return;
    buf_free(&(*t)->octets);
    buf_free(&(*t)->plain);
    buf_free(&(*t)->preview);
    free(*t);
    *t = NULL;
}

/* ---- reading and searching ---- */

enum rc text_open(struct span search, struct text_view *out, struct err *e)
{
    struct rd r = rd_of(search);
    uint8_t version = rd_u8(&r);
    struct span all;
    ptrdiff_t nul;

    if (!rd_ok(&r) || (version & ~CUT) != VERSION)
        return err_set(e, RC_CORRUPT, "not a search text of version %d", VERSION);
    *out = (struct text_view){.cut = (version & CUT) != 0, .mem = BUF_SECRET_INIT};
    if (pack_open(PACK_TEXT, r.s, TEXT_MAX, &out->mem, e) != RC_OK) {
        text_view_free(out);
        return e->rc;
    }
    all = buf_span(&out->mem);
    nul = span_chr(all, 0);
    out->header = nul >= 0 ? span_head(all, (size_t)nul) : all;
    out->body = span_from(all, nul >= 0 ? (size_t)nul + 1 : all.n);
    return RC_OK;
}

void text_view_free(struct text_view *v)
{
    if (!v)
        return;
    buf_free(&v->mem);
    *v = (struct text_view){.cut = false};
}

static bool has(struct span text, struct span needle)
{
    return needle.n == 0 || (text.n >= needle.n && memmem(text.p, text.n, needle.p, needle.n));
}

/* The next field of that name. False: there is none. */
static bool next_field(struct span *header, const char *field, struct span *value)
{
    size_t n = strlen(field);

    while (header->n > 0) {
        ptrdiff_t lf = span_chr(*header, '\n');
        struct span line = span_head(*header, lf < 0 ? header->n : (size_t)lf);

        *header = span_from(*header, lf < 0 ? header->n : (size_t)lf + 1);
        if (line.n > n && line.p[n] == ':' && span_eq_str(span_head(line, n), field)) {
            *value = span_from(line, line.n > n + 1 ? n + 2 : n + 1);
            return true;
        }
    }
    return false;
}

static bool has_field(struct span header, const char *field, struct span needle)
{
    struct span value;

    while (next_field(&header, field, &value))
        if (has(value, needle))
            return true;
    return false;
}

bool text_has(const struct text_view *v, enum text_where w, const char *field_lower, struct span folded_needle)
{
    if ((w & TEXT_HEADER_FIELD) &&
        (field_lower ? has_field(v->header, field_lower, folded_needle) : has(v->header, folded_needle)))
        return true;
    return (w & TEXT_BODY) && has(v->body, folded_needle);
}

static unsigned more(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

unsigned text_like(const struct text_view *v, enum text_where w, const char *field_lower, const struct like *l)
{
    struct span header = v->header, value;
    unsigned best = 0;

    while ((w & TEXT_HEADER_FIELD) && field_lower && next_field(&header, field_lower, &value))
        best = more(best, like_score(l, value));
    if ((w & TEXT_HEADER_FIELD) && !field_lower)
        best = like_score(l, v->header);
    return w & TEXT_BODY && best < 100 ? more(best, like_score(l, v->body)) : best;
}
