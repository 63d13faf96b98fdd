/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/lex.c - see mime/lex.h. Each byte is looked at once; a comment counts its depth instead of calling itself. */
#include "mime/lex.h"

enum { LITERAL_MOST = 255 }; /* a domain literal; also keeps a run of "[" linear */

size_t lex_space(struct span s)
{
    if (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
        return 1;
    return s.n > 1 && s.p[0] == '\r' && s.p[1] == '\n' ? 2 : 0;
}

struct span lex_trim(struct span s)
{
    while (lex_space(s) > 0)
        s = span_from(s, lex_space(s));
    for (;;) {
        if (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
            s.n--;
        else if (s.n > 1 && s.p[s.n - 2] == '\r' && s.p[s.n - 1] == '\n')
            s.n -= 2;
        else
            return s;
    }
}

struct lex lex_of(struct span body, const char *specials)
{
    return (struct lex){.rest = body, .specials = specials};
}

static bool in(unsigned char c, const char *set)
{
    return c && strchr(set, c);
}

static void step(struct lex *l, size_t n)
{
    l->rest = span_from(l->rest, n);
}

/* rest begins with "(". Steps behind the matching ")", or to the end when there is none. */
static void skip_comment(struct lex *l)
{
    size_t i, depth = 0;

    for (i = 0; i < l->rest.n; i++) {
        unsigned char c = l->rest.p[i];

        if (c == '\\')
            i++;
        else if (c == '(' && ++depth > LEX_COMMENTS)
            break;
        else if (c == ')' && --depth == 0)
            break;
    }
    if (depth > LEX_COMMENTS) {
        l->bad = true;
        l->rest = span_from(l->rest, l->rest.n);
        return;
    }
    l->open |= depth > 0;
    if (i > l->rest.n) /* a backslash was the last byte */
        i = l->rest.n;
    l->comment = span_of(l->rest.p + 1, i > 0 ? i - 1 : 0);
    step(l, i < l->rest.n ? i + 1 : i);
}

static bool skip_space(struct lex *l)
{
    const unsigned char *start = l->rest.p;

    for (;;) {
        size_t n = lex_space(l->rest);

        if (n > 0)
            step(l, n);
        else if (l->rest.n > 0 && *l->rest.p == '(')
            skip_comment(l);
        else
            return l->rest.p != start;
    }
}

/* The length of the run up to the byte close, or of all that is left. *closed_out: close was found. A backslash escapes
 * the byte behind it. */
static size_t run_to(struct span s, unsigned char close, bool *closed_out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n)
            i++;
        else if (s.p[i] == close) {
            *closed_out = true;
            return i;
        }
    }
    *closed_out = false;
    return s.n;
}

static void take_quoted(struct lex *l, struct token *t)
{
    bool closed;
    size_t n = run_to(span_from(l->rest, 1), '"', &closed);

    l->open |= !closed;
    t->kind = TOK_QUOTED;
    t->text = span_of(l->rest.p + 1, n);
    step(l, n + 1 + closed);
}

/* "[...]" is one token where "[" is special. A "[" without its "]" is a word of one byte, so that the rest is not
 * lost. */
static void take_bracket(struct lex *l, struct token *t)
{
    bool closed;
    size_t n = run_to(span_head(span_from(l->rest, 1), LITERAL_MOST), ']', &closed);

    t->kind = closed ? TOK_LITERAL : TOK_WORD;
    t->text = span_head(l->rest, t->kind == TOK_LITERAL ? n + 2 : 1);
    step(l, t->text.n);
}

static void take_word(struct lex *l, struct token *t)
{
    size_t n = 1;

    while (n < l->rest.n && lex_space(span_from(l->rest, n)) == 0 && l->rest.p[n] != '(' &&
           !in(l->rest.p[n], l->specials))
        n++;
    t->kind = TOK_WORD;
    t->text = span_head(l->rest, n);
    step(l, n);
}

enum token_kind lex_next(struct lex *l, struct token *t_out)
{
    *t_out = (struct token){.kind = TOK_END, .space_before = skip_space(l)};
    if (l->rest.n == 0)
        return TOK_END;
    if (*l->rest.p == '"') {
        take_quoted(l, t_out);
    } else if (*l->rest.p == '[' && in('[', l->specials)) {
        take_bracket(l, t_out);
    } else if (in(*l->rest.p, l->specials)) {
        t_out->kind = TOK_SPECIAL;
        t_out->special = (char)*l->rest.p;
        t_out->text = span_head(l->rest, 1);
        step(l, 1);
    } else {
        take_word(l, t_out);
    }
    return t_out->kind;
}

void lex_unquote(struct span inside, struct buf *out)
{
    for (size_t i = 0; i < inside.n; i++) {
        if (inside.p[i] == '\\' && i + 1 < inside.n)
            i++;
        if (lex_space(span_from(inside, i)) == 2)
            i++;
        else
            buf_addc(out, inside.p[i]);
    }
}
