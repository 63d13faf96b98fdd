/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/scan.c - see mime/scan.h. The scan works by lines. The open parts are a stack, so nothing recurses.
 *
 *   HEADER --empty line--> finish_header(): leaf or multipart --> BODY; message --> HEADER of its child
 *   BODY of a part --delimiter line of an open multipart--> parts above it end; --> HEADER of a new part
 *   any --closing delimiter--> parts above end; --> BODY (epilogue) of that multipart
 *   any --beyond a bound--> go_flat(): one part, bytes are only counted from there
 *
 * INV-1  open[0] is the root; every entry but the last is a container.
 * INV-2  boundaries.b[i] belongs to exactly one open entry; a deeper entry has a larger i.
 */
#include "mime/octets.h"
#include "mime/part.h"
#include "mime/scan_int.h"
#include <stdlib.h>

enum { LINE_MOST = 998 };
static struct part *current(struct scan *s)
{
    return &s->parts[s->open[s->n_open - 1].part];
}

static struct scan_open *top(struct scan *s)
{
    return &s->open[s->n_open - 1];
}

static void grow(struct scan *s)
{
    size_t cap = s->cap ? s->cap * 4 : 4;

    s->parts = realloc(s->parts, cap * sizeof *s->parts);
    s->places = realloc(s->places, cap * sizeof *s->places);
    if (!s->parts || !s->places)
        die("no memory for %zu message parts", cap);
    s->cap = cap;
}

/* The message becomes one part. The kept part of the root's header stays. */
static void go_flat(struct scan *s)
{
    struct part *root = &s->parts[0];

    s->flat = true;
    s->n = s->n_open = 1;
    s->boundaries.n = 0;
    s->open[0].boundary = -1;
    root->kind = PART_LEAF;
    root->first_child = 0;
    if (s->state == SCAN_HEADER && root->header_len == 0) { /* the root's own header is too long */
        buf_cut(&s->arena, s->arena_line);
        s->places[0].len = s->arena.n;
        s->header_full = true;
        return;
    }
    buf_cut(&s->arena, s->places[0].len);
    s->state = SCAN_BODY;
}

static void new_part(struct scan *s, uint64_t header_off)
{
    uint32_t i = (uint32_t)s->n, parent = top(s)->part;
    struct scan_place *up = &s->places[parent];

    if (s->n == SCAN_PARTS || s->n_open > SCAN_DEPTH) {
        go_flat(s);
        return;
    }
    if (s->n == s->cap)
        grow(s);
    up = &s->places[parent];
    s->parts[i] = (struct part){.parent = parent, .number = 1, .header_off = header_off, .body_off = header_off};
    s->places[i] = (struct scan_place){.off = s->arena.n};
    if (up->last_child) {
        s->parts[up->last_child].next_sibling = i;
        s->parts[i].number = s->parts[up->last_child].number + 1;
    } else {
        s->parts[parent].first_child = i;
    }
    up->last_child = i;
    s->open[s->n_open++] = (struct scan_open){.part = i, .boundary = -1};
    s->n++;
    s->state = SCAN_HEADER;
}

struct scan *scan_new(void)
{
    struct scan *s = calloc(1, sizeof *s);

    if (!s)
        die("no memory for a message scan");
    buf_init_secret(&s->arena);
    grow(s);
    s->parts[0] = (struct part){.number = 1};
    s->places[0] = (struct scan_place){.off = 0};
    s->open[0] = (struct scan_open){.boundary = -1};
    s->n = s->n_open = 1;
    return s;
}

void scan_free(struct scan **s)
{
    if (!s || !*s)
        return;
    free((*s)->parts);
    free((*s)->places);
    buf_free(&(*s)->arena);
    free(*s);
    *s = NULL;
}

/* ---- what a finished header says ---- */

static bool names_winmail(struct span header, const struct content_type *ct)
{
    struct buf name = BUF_SECRET_INIT;
    bool found;

    part_file_name(header, ct, &name);
    found = span_ieq_str(buf_span(&name), "winmail.dat");
    buf_free(&name);
    return found;
}

static void note_facts(struct scan *s, struct span header, const struct content_type *ct)
{
    bool smime = content_type_is(ct, "application", "pkcs7-mime") || content_type_is(ct, "application", "x-pkcs7-mime");
    struct buf type = BUF_SECRET_INIT;

    if (content_type_is(ct, "application", "ms-tnef") || content_type_is(ct, "application", "vnd.ms-tnef") ||
        (!content_type_is(ct, "multipart", NULL) && names_winmail(header, ct)))
        s->facts.has_tnef = true;
    if (s->n > 1)
        return;
    if (smime)
        content_type_param(ct, "smime-type", &type);
    if (content_type_is(ct, "multipart", "signed") || (smime && span_ieq_str(buf_span(&type), "signed-data")))
        s->facts.is_signed = true;
    else if (smime || content_type_is(ct, "multipart", "encrypted"))
        s->facts.is_encrypted = true;
    buf_free(&type);
}

static bool push_boundary(struct scan *s, const struct content_type *ct)
{
    struct buf text = BUF_SECRET_INIT;
    bool pushed = content_type_param(ct, "boundary", &text) && boundary_push(&s->boundaries, buf_span(&text));

    if (pushed)
        top(s)->boundary = (int)s->boundaries.n - 1;
    buf_free(&text);
    return pushed;
}

struct span scan_kept(const struct scan *s, size_t i)
{
    return s->arena.p ? span_of(s->arena.p + s->places[i].off, s->places[i].len) : SPAN_LIT("");
}

/* The current part's header ends before end; lines is the number of lines before its body. */
static void finish_header(struct scan *s, uint64_t end, uint64_t lines)
{
    struct part *p = current(s);
    struct scan_place *at = &s->places[top(s)->part];
    struct content_type ct;
    bool message;

    if (!s->header_full)
        at->len = s->arena.n - at->off;
    p->header = scan_kept(s, top(s)->part); /* good until the arena grows; made anew at the end */
    p->header_len = end - p->header_off;
    p->body_off = end;
    top(s)->lines0 = lines;
    s->state = SCAN_BODY;
    part_declared(p->header, p->in_digest, &ct);
    note_facts(s, p->header, &ct);
    message = content_type_is(&ct, "message", "rfc822") || content_type_is(&ct, "message", "global");
    if (s->flat) {
        content_type_free(&ct);
        return;
    }
    if (content_type_is(&ct, "multipart", NULL)) {
        top(s)->digest = content_type_is(&ct, "multipart", "digest");
        if (push_boundary(s, &ct))
            p->kind = PART_MULTIPART;
        else if (s->boundaries.n == BOUNDARY_LEVELS)
            go_flat(s);
    } else if (message && part_encoding(p, NULL) == CODEC_IDENTITY) {
        p->kind = PART_MESSAGE;
        new_part(s, end);
    }
    content_type_free(&ct);
}

/* ---- ending parts ---- */

static void end_part(struct scan *s, const struct scan_open *o, uint64_t end, uint64_t lines)
{
    struct part *p = &s->parts[o->part];

    if (end < p->header_off) /* a delimiter right behind another: the CRLF between is the first one's */
        end = p->header_off;
    if (p->header_off + p->header_len > end)
        p->header_len = end - p->header_off;
    if (p->body_off > end)
        p->body_off = end;
    p->body_len = end - p->body_off;
    p->lines = p->body_len > 0 && lines > o->lines0 ? lines - o->lines0 : 0;
    if (s->places[o->part].len > p->header_len)
        s->places[o->part].len = (size_t)p->header_len;
}

/* Ends all open parts above keep. end: the offset behind their last octet. lines: the lines up to there, an unfinished
 * one included. */
static void end_above(struct scan *s, size_t keep, uint64_t end, uint64_t lines)
{
    while (s->n_open > keep)
        end_part(s, &s->open[--s->n_open], end, lines);
}

/* A delimiter or the end may cut a header off. The header still says what the part is. */
static void cut_header(struct scan *s, uint64_t end)
{
    while (s->state == SCAN_HEADER)
        finish_header(s, end, s->lines);
}

/* Judges the current line, which begins with "--", with or without its CRLF. True: it is a delimiter. */
static bool delimiter(struct scan *s)
{
    uint64_t end = s->line_off >= 2 ? s->line_off - 2 : 0;
    bool closing;
    int level = boundary_match(&s->boundaries, span_of(s->line, s->line_n), &closing);
    size_t k = 0;

    if (level < 0)
        return false;
    if (s->state == SCAN_HEADER)
        buf_cut(&s->arena, s->arena_line);
    cut_header(s, s->line_off);
    if (s->flat)
        return true;
    while (s->open[k].boundary != level)
        k++;
    end_above(s, k + 1, end, s->lines - s->prev_empty);
    s->state = SCAN_BODY;
    s->boundaries.n = (size_t)level + !closing;
    if (closing) {
        s->open[k].boundary = -1;
        return true;
    }
    new_part(s, s->off);
    if (!s->flat)
        current(s)->in_digest = s->open[k].digest;
    return true;
}

/* ---- lines ---- */

static void note_octets(struct scan *s)
{
    struct part *p = current(s);

    if (s->state == SCAN_HEADER)
        p->header_octets |= s->octets;
    else
        p->body_octets |= s->octets;
    s->facts.has_8bit |= (s->octets & OCT_8BIT) != 0;
    s->facts.has_nul |= (s->octets & OCT_NUL) != 0;
    s->facts.long_line |= (s->octets & OCT_LONG_LINE) != 0;
    s->facts.bare_cr |= (s->octets & OCT_BARE_CR) != 0;
    s->facts.bare_lf |= (s->octets & OCT_BARE_LF) != 0;
}

static void next_line(struct scan *s, bool empty)
{
    s->lines++;
    s->prev_empty = empty;
    s->line_off = s->off;
    s->arena_line = s->arena.n;
    s->octets = 0;
    s->utf8.want = 0;
    s->line_n = 0;
    s->last_cr = false;
}

static void end_line(struct scan *s)
{
    uint64_t n = s->off - s->line_off; /* with CRLF */
    bool candidate = s->boundaries.n > 0 && s->line_n > 2 && s->line[1] == '-';

    if (n > LINE_MOST + 2)
        s->octets |= OCT_LONG_LINE;
    if (s->utf8.want > 0)
        s->octets |= OCT_NOT_UTF8;
    if (!(candidate && delimiter(s))) {
        note_octets(s);
        if (s->state == SCAN_HEADER && n == 2)
            finish_header(s, s->off, s->lines + 1);
    }
    next_line(s, n == 2);
}

/* Takes a piece of one line. full: the line's CRLF ends this piece (the CR may have been in the piece before). */
static void add_to_line(struct scan *s, struct span d, bool full)
{
    struct part *p = current(s);
    struct span content = d;
    bool first = s->off == s->line_off;
    unsigned seen;

    if (s->last_cr && d.p[0] != '\n')
        s->octets |= OCT_BARE_CR;
    if (full)
        content.n -= d.n >= 2 ? 2 : 1;
    else if (d.p[d.n - 1] == '\n')
        s->octets |= OCT_BARE_LF;
    else if (d.p[d.n - 1] == '\r')
        content.n--; /* its LF may follow */
    seen = octets_in(content);
    if (((seen & OCT_8BIT) || s->utf8.want > 0) &&
        !utf8_feed(&s->utf8, d)) /* only what is not ASCII is looked at again */
        seen |= OCT_NOT_UTF8;
    s->octets |= seen;
    s->last_cr = d.p[d.n - 1] == '\r';
    if ((first ? d.p[0] == '-' : s->line_n > 0) && s->line_n < SCAN_KEEP) {
        size_t n = d.n < SCAN_KEEP - s->line_n ? d.n : SCAN_KEEP - s->line_n;

        memcpy(s->line + s->line_n, d.p, n);
        s->line_n += n;
    }
    s->off += d.n;
    if (s->state == SCAN_HEADER && !s->header_full) {
        size_t most = s->n_open == 1 ? SCAN_TOP_HEADER : SCAN_HEADER_BLOCK;

        if (s->arena.n + d.n > SCAN_HEADERS || s->off - p->header_off > most)
            go_flat(s);
        else
            buf_addspan(&s->arena, d);
    }
}

void scan_feed(struct scan *s, struct span piece)
{
    while (piece.n > 0) {
        const unsigned char *nl = memchr(piece.p, '\n', piece.n);
        size_t n = nl ? (size_t)(nl - piece.p) + 1 : piece.n;
        bool full = nl && (n >= 2 ? nl[-1] == '\r' : s->last_cr);

        add_to_line(s, span_head(piece, n), full);
        if (full)
            end_line(s);
        piece = span_from(piece, n);
    }
}

void scan_end(struct scan *s)
{
    bool partial = s->off > s->line_off;
    bool was_delimiter;

    if (s->ended)
        return;
    s->ended = true;
    if (s->last_cr)
        s->octets |= OCT_BARE_CR;
    if (s->off - s->line_off > LINE_MOST)
        s->octets |= OCT_LONG_LINE;
    if (s->utf8.want > 0)
        s->octets |= OCT_NOT_UTF8;
    was_delimiter = s->boundaries.n > 0 && s->line_n > 2 && s->line[1] == '-' && delimiter(s);
    if (!was_delimiter)
        note_octets(s);
    cut_header(s, s->off);
    s->lines += partial;
    end_above(s, 0, s->off, s->lines);
    for (size_t i = 0; i < s->n; i++)
        s->parts[i].header = scan_kept(s, i);
}

/* ---- reading ---- */

size_t scan_parts(const struct scan *s)
{
    return s->n;
}

const struct part *scan_part(const struct scan *s, size_t i)
{
    return &s->parts[i];
}

bool scan_flat(const struct scan *s)
{
    return s->flat;
}

uint64_t scan_size(const struct scan *s)
{
    return s->off;
}

uint64_t scan_lines(const struct scan *s)
{
    return s->lines;
}

size_t scan_memory(const struct scan *s)
{
    return sizeof *s + s->arena.cap + s->cap * (sizeof *s->parts + sizeof *s->places);
}

const struct scan_facts *scan_facts(const struct scan *s)
{
    return &s->facts;
}
