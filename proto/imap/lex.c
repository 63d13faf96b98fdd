/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/lex.c - see proto/imap/lex.h: the arena, the classes of characters, the tokens. RFC 3501 9. */
#include "proto/imap/lex.h"
#include "base/ascii.h"
#include "base/wipe.h"
#include <stdlib.h>

enum { CHUNK_LEAST = 1024 };
struct imap_chunk {
    struct imap_chunk *next;
    size_t used, cap;
    max_align_t mem[];
};

static struct imap_chunk *chunk_add(struct imap_arena *a, size_t n)
{
    size_t cap = n > CHUNK_LEAST ? n : CHUNK_LEAST;
    struct imap_chunk *c;

    if (cap > IMAP_ARENA_MAX - a->total || (c = calloc(1, sizeof *c + cap)) == NULL)
        return NULL;
    c->cap = cap;
    c->next = a->head;
    a->head = c;
    a->total += cap;
    return c;
}

void *imap_arena_get(struct imap_arena *a, size_t n)
{
    struct imap_chunk *c = a->head;
    void *p;

    if (n > IMAP_ARENA_MAX)
        return NULL;
    n = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if ((c == NULL || c->cap - c->used < n) && (c = chunk_add(a, n)) == NULL)
        return NULL;
    p = (unsigned char *)c->mem + c->used;
    c->used += n;
    return p;
}

/* An array doubles when its length is a power of two. So all old copies together cost no more than the array itself. */
void *imap_arena_grow(struct imap_arena *a, void *p, size_t n, size_t size)
{
    size_t cap = n < 8 ? 8 : n * 2;
    void *to;

    if (n != 0 && (n < 8 || (n & (n - 1)) != 0))
        return p;
    if (n >= 8 && n > IMAP_ARENA_MAX / size)
        return NULL;
    to = imap_arena_get(a, cap * size);
    if (to && n > 0)
        memcpy(to, p, n * size);
    return to;
}

void imap_arena_free(struct imap_arena *a)
{
    while (a->head) {
        struct imap_chunk *c = a->head;

        a->head = c->next;
        wipe(c->mem, c->used);
        free(c);
    }
    a->total = 0;
}

enum rc imap_bad(struct err *e, enum cause cause)
{
    return err_cause(e, RC_SYNTAX, cause, "imap grammar: %s", cause_name(cause));
}

/* ---- characters ---- */
static bool is_special(unsigned char c)
{
    return strchr("(){%*\"\\]", c) != NULL;
}

bool imap_is_atom_char(unsigned char c)
{
    return c > 32 && c < 127 && !is_special(c);
}

bool imap_is_astring_char(unsigned char c)
{
    return c == ']' || imap_is_atom_char(c);
}

static bool is_tag_char(unsigned char c)
{
    return c != '+' && imap_is_astring_char(c);
}

static bool is_pattern_char(unsigned char c)
{
    return c == '%' || c == '*' || imap_is_astring_char(c);
}

static bool is_name_char(unsigned char c)
{
    return ascii_is_alnum(c) || c == '.' || c == '-';
}

static bool take_run(struct imap_in *in, bool (*is)(unsigned char), struct span *out)
{
    size_t from = in->at;

    while (in->at < in->s.n && is(in->s.p[in->at]))
        in->at++;
    *out = span_of(in->s.p + from, in->at - from);
    return out->n > 0;
}

/* ---- tokens ---- */
bool imap_is(struct imap_in *in, unsigned char c)
{
    if (imap_peek(in) != c)
        return false;
    in->at++;
    return true;
}

bool imap_word(struct imap_in *in, const char *w)
{
    if (!span_istarts(span_from(in->s, in->at), w))
        return false;
    in->at += strlen(w);
    return true;
}

bool imap_take_tag(struct imap_in *in, struct span *out)
{
    return take_run(in, is_tag_char, out);
}

bool imap_take_atom(struct imap_in *in, struct span *out)
{
    return take_run(in, imap_is_atom_char, out);
}

bool imap_take_name(struct imap_in *in, struct span *out)
{
    return take_run(in, is_name_char, out);
}

/* Takes a quoted string. With escapes, its plain text is made in the arena. Without, the span points into the command.
 * from: the place behind the opening quote. */
static bool unescape(struct imap_in *in, size_t from, size_t n, struct span *out)
{
    unsigned char *p = imap_arena_get(in->mem, n);
    size_t k = 0;

    if (p == NULL)
        return false;
    for (size_t i = from; i < from + n; i++) {
        if (in->s.p[i] == '\\')
            i++;
        p[k++] = in->s.p[i];
    }
    *out = span_of(p, k);
    return true;
}

static bool take_quoted(struct imap_in *in, struct span *out)
{
    size_t from = ++in->at;
    bool escaped = false;

    for (; in->at < in->s.n; in->at++) {
        unsigned char c = in->s.p[in->at];

        if (c == '"')
            break;
        if (c == '\0' || c == '\r' || c == '\n')
            return false;
        if (c == '\\') {
            int next = in->at + 1 < in->s.n ? in->s.p[in->at + 1] : -1;

            if (next != '"' && next != '\\')
                return false;
            escaped = true;
            in->at++;
        }
    }
    *out = span_of(in->s.p + from, in->at - from);
    if (!imap_is(in, '"'))
        return false;
    return !escaped || unescape(in, from, out->n, out);
}

bool imap_nonsync(struct imap_in *in)
{
    return (in->opened->args & ARG_NONSYNC) && imap_is(in, '+');
}

static bool take_literal(struct imap_in *in, struct span *out)
{
    uint64_t n;

    in->at++;
    if (!imap_take_number(in, in->s.n, &n))
        return false;
    (void)imap_nonsync(in);
    if (!imap_is(in, '}') || !imap_is(in, '\r') || !imap_is(in, '\n') || n > in->s.n - in->at)
        return false;
    *out = span_of(in->s.p + in->at, (size_t)n);
    in->at += (size_t)n;
    return span_chr(*out, '\0') < 0;
}

bool imap_take_string(struct imap_in *in, struct span *out)
{
    if (imap_peek(in) == '"')
        return take_quoted(in, out);
    return imap_peek(in) == '{' && take_literal(in, out);
}

static bool string_or(struct imap_in *in, bool (*is)(unsigned char), struct span *out)
{
    int c = imap_peek(in);

    return c == '"' || c == '{' ? imap_take_string(in, out) : take_run(in, is, out);
}

bool imap_take_astring(struct imap_in *in, struct span *out)
{
    return string_or(in, imap_is_astring_char, out);
}

bool imap_take_list_pattern(struct imap_in *in, struct span *out)
{
    return string_or(in, is_pattern_char, out);
}

bool imap_take_number(struct imap_in *in, uint64_t max, uint64_t *out)
{
    struct span digits;

    return take_run(in, ascii_is_digit, &digits) && span_u64(digits, max, out);
}
