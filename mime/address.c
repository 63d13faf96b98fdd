/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/address.c - address lists (mime/fields.h). One loop over tokens; what is open is in struct walk; nothing
 * recurses.
 *
 * Outside angle brackets the loop cannot know yet whether words are a display name or an address. So it keeps them as
 * both: .phrase has all words with their spaces, .run has the last words that hang together ("john.doe", also
 * "john . doe"). An "@" behind the run decides that it is an address.
 *
 *      OUTSIDE --"@"--> DOMAIN --"," or end--> mailbox of run and domain
 *      OUTSIDE, DOMAIN --"<"--> ANGLE --"@"--> ANGLE_DOMAIN --">"--> BEHIND --","--> mailbox, phrase is its name
 *      ANGLE --leading "@"--> ROUTE --":"--> ANGLE, and what was passed is the source route
 *
 * Why not libetpan: docs/decisions/0006-header-fields-by-our-own-grammar.md. RFC 5322 3.4, 4.4.
 */
#include "mime/fields.h"
#include "mime/lex.h"
#include <stdlib.h>

enum state { OUTSIDE, DOMAIN, ANGLE, ROUTE, ANGLE_DOMAIN, BEHIND };

struct walk {
    struct lex lex;
    enum state state;
    struct buf phrase, run, domain, route;
    struct buf before; /* what reads as an address in front of the brackets */
    size_t run_at;     /* where in phrase the run begins */
    bool after_dot;    /* the last token was "." or "@": the next word joins */
    bool domain_done;  /* a word stands apart behind the domain: not part of it */
    bool angled, in_group, any;
    struct address_list *out;
    size_t cap;
};

static bool room(struct walk *w)
{
    size_t cap = w->cap ? w->cap * 2 : 4;
    struct address *a;

    if (w->out->n >= ADDRESSES_MAX)
        return false;
    if (w->out->n < w->cap)
        return true;
    a = realloc(w->out->a, cap * sizeof *a);
    if (!a)
        die("no memory for %zu addresses", cap);
    w->out->a = a;
    w->cap = cap;
    return true;
}

/* mem may move until the list is finished. So .p holds an offset in mem plus 1, and resolve() makes pointers of
 * these. */
static struct span keep(struct walk *w, struct span s)
{
    struct span kept = {(const unsigned char *)(uintptr_t)(w->out->mem.n + 1), s.n};

    buf_addspan(&w->out->mem, s);
    return kept;
}

static void resolve(struct address_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct span *part[4] = {&l->a[i].name, &l->a[i].local, &l->a[i].domain, &l->a[i].route};

        for (size_t j = 0; j < 4; j++)
            if (part[j]->p)
                part[j]->p = l->mem.p + ((uintptr_t)part[j]->p - 1);
    }
}

static void restart(struct walk *w)
{
    buf_clear(&w->phrase);
    buf_clear(&w->run);
    buf_clear(&w->domain);
    buf_clear(&w->route);
    buf_clear(&w->before);
    w->run_at = 0;
    w->state = OUTSIDE;
    w->after_dot = w->domain_done = w->angled = w->any = false;
    w->lex.comment = SPAN_NULL;
}

/* The display name is the phrase. Without a phrase it is the last comment, as RFC 822 had it. */
static struct span name_of(struct walk *w)
{
    if (!w->angled)
        buf_cut(&w->phrase, w->run_at);
    if (w->phrase.n == 0 && w->lex.comment.p)
        lex_unquote(w->lex.comment, &w->phrase);
    return span_trim(buf_span(&w->phrase));
}

/* Writes local@domain as it is read so far. */
static void put_spec(const struct walk *w, struct buf *out)
{
    buf_addspan(out, buf_span(&w->run));
    buf_addc(out, '@');
    buf_addspan(out, buf_span(&w->domain));
}

/* Is what was read no mailbox of RFC 5322, sections 3.4 and 4.4? */
static bool mailbox_odd(const struct walk *w)
{
    struct buf spec = BUF_SECRET_INIT;
    bool twice;

    put_spec(w, &spec);
    twice = w->before.n > 0 && !span_ieq(buf_span(&w->before), buf_span(&spec));
    buf_free(&spec);
    return twice || w->domain_done || w->state == ANGLE || w->state == ANGLE_DOMAIN || w->state == ROUTE;
}

static void finish_mailbox(struct walk *w)
{
    bool something = w->run.n > 0 || w->domain.n > 0 || (w->angled && w->phrase.n > 0);
    struct span name;

    w->out->odd |= mailbox_odd(w);
    if (w->state == OUTSIDE) { /* no "@" at all: all words are the local part */
        buf_clear(&w->run);
        buf_addspan(&w->run, buf_span(&w->phrase));
        w->run_at = 0;
    }
    name = name_of(w);
    if (w->any && something && room(w)) {
        struct address *a = &w->out->a[w->out->n++];

        *a = (struct address){.name = SPAN_NULL};
        if (name.n > 0)
            a->name = keep(w, name);
        a->local = keep(w, buf_span(&w->run));
        a->domain = keep(w, buf_span(&w->domain));
        if (w->route.n > 0 && w->state != ROUTE)
            a->route = keep(w, buf_span(&w->route));
    }
    restart(w);
}

static void group_mark(struct walk *w, bool start)
{
    if (room(w)) {
        struct address *a = &w->out->a[w->out->n++];

        *a = (struct address){.name = SPAN_NULL};
        if (start)
            a->name = keep(w, span_trim(buf_span(&w->phrase)));
    }
    w->in_group = start;
    restart(w);
}

static void add_text(struct buf *b, const struct token *t)
{
    if (t->kind == TOK_QUOTED)
        lex_unquote(t->text, b);
    else
        buf_addspan(b, t->text);
}

/* "<a b@c>": blanks are lawful around "@" and "." alone. */
static bool apart_inside(const struct walk *w, const struct token *t)
{
    size_t n = w->state == ANGLE ? w->run.n : w->state == ANGLE_DOMAIN ? w->domain.n : 0;

    return n > 0 && t->space_before && !w->after_dot && t->special != '.';
}

static void word(struct walk *w, const struct token *t)
{
    w->any = true;
    w->out->odd |= w->state == BEHIND || apart_inside(w, t);
    if (w->state == OUTSIDE || w->state == DOMAIN) {
        if (t->space_before && w->phrase.n > 0)
            buf_addc(&w->phrase, ' ');
        if (w->state == OUTSIDE && t->space_before && !w->after_dot && t->special != '.') {
            w->run_at = w->phrase.n;
            buf_clear(&w->run);
        }
        add_text(&w->phrase, t);
    }
    if (w->state == DOMAIN && t->space_before && !w->after_dot && t->special != '.' && w->domain.n > 0)
        w->domain_done = true;
    if (w->state == OUTSIDE || w->state == ANGLE)
        add_text(&w->run, t);
    else if (w->state == ANGLE_DOMAIN || (w->state == DOMAIN && !w->domain_done))
        add_text(&w->domain, t);
    else if (w->state == ROUTE)
        add_text(&w->route, t);
    w->after_dot = t->special == '.';
}

static void at_sign(struct walk *w, const struct token *t)
{
    w->any = true;
    w->out->odd |= w->state == DOMAIN || w->state == ANGLE_DOMAIN || w->state == BEHIND;
    if (w->state == OUTSIDE || w->state == DOMAIN) {
        if (w->state == DOMAIN && !w->domain_done) { /* "a@b@c": the last "@" counts */
            buf_addc(&w->run, '@');
            buf_addspan(&w->run, buf_span(&w->domain));
            buf_clear(&w->domain);
        }
        buf_addspan(&w->phrase, t->text);
        w->state = DOMAIN;
    } else if (w->state == ANGLE) {
        w->state = w->run.n == 0 && w->route.n == 0 ? ROUTE : ANGLE_DOMAIN;
        if (w->state == ROUTE)
            buf_addc(&w->route, '@');
    } else if (w->state == ROUTE) {
        buf_addc(&w->route, '@');
    } else if (w->state == ANGLE_DOMAIN) {
        buf_addc(&w->run, '@');
        buf_addspan(&w->run, buf_span(&w->domain));
        buf_clear(&w->domain);
    }
    w->after_dot = true;
}

static void open_angle(struct walk *w)
{
    w->any = true;
    if (w->state != OUTSIDE && w->state != DOMAIN) {
        w->out->odd = true;
        return;
    }
    if (w->state == DOMAIN)
        put_spec(w, &w->before);
    buf_clear(&w->run);
    buf_clear(&w->domain);
    buf_clear(&w->route);
    w->angled = true;
    w->state = ANGLE;
}

static void colon(struct walk *w)
{
    if (w->state == ROUTE)
        w->state = ANGLE;
    else if (w->state == OUTSIDE && !w->in_group)
        group_mark(w, true);
    else
        w->out->odd = true;
}

static void special(struct walk *w, const struct token *t)
{
    switch (t->special) {
    case ',':
        if (w->state != ROUTE) /* "<@a,@b:c@d>" has its commas inside */
            finish_mailbox(w);
        else
            buf_addc(&w->route, ',');
        break;
    case ';':
        finish_mailbox(w);
        if (w->in_group)
            group_mark(w, false);
        break;
    case ':':
        colon(w);
        break;
    case '<':
        open_angle(w);
        break;
    case '>':
        w->out->odd |= w->state != ANGLE && w->state != ANGLE_DOMAIN;
        w->state = w->angled ? BEHIND : w->state;
        break;
    case '@':
        at_sign(w, t);
        break;
    case '.':
        word(w, t);
        break;
    default: /* a stray bracket */
        w->out->odd = true;
        break;
    }
}

enum rc addresses_parse(struct span body, struct address_list *out, struct err *e)
{
    struct walk w = {.lex = lex_of(body, LEX_ADDRESS),
                     .out = out,
                     .phrase = BUF_SECRET_INIT,
                     .before = BUF_SECRET_INIT,
                     .run = BUF_SECRET_INIT,
                     .domain = BUF_SECRET_INIT,
                     .route = BUF_SECRET_INIT};
    struct token t;

    *out = (struct address_list){.mem = BUF_SECRET_INIT};
    if (body.n > FIELD_MAX)
        return err_set(e, RC_SYNTAX, "address field of %zu bytes", body.n);
    buf_addc(&out->mem, 0); /* so that an empty part has somewhere to point */
    while (lex_next(&w.lex, &t) != TOK_END) {
        if (t.kind == TOK_SPECIAL)
            special(&w, &t);
        else
            word(&w, &t);
    }
    finish_mailbox(&w);
    if (w.in_group)
        group_mark(&w, false);
    out->odd |= w.lex.open;
    buf_free(&w.before);
    buf_free(&w.phrase);
    buf_free(&w.run);
    buf_free(&w.domain);
    buf_free(&w.route);
    if (w.lex.bad) {
        addresses_free(out);
        return err_set(e, RC_SYNTAX, "comments nested too deep in an address field");
    }
    resolve(out);
    return RC_OK;
}

void addresses_free(struct address_list *l)
{
    if (!l)
        return;
    free(l->a);
    buf_free(&l->mem);
    *l = (struct address_list){.n = 0};
}

/* ---- as they are shown ---- */
bool addresses_in(struct span name)
{
    static const char *const fields[] = {"From", "Sender", "Reply-To", "To", "Cc", "Bcc"};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (span_ieq_str(name, fields[i]))
            return true;
    return false;
}

static void add_missing(struct span shown, struct buf *line)
{
    if (shown.n == 0 || span_find(buf_span(line), shown) >= 0)
        return;
    buf_addc(line, ' ');
    buf_addspan(line, shown);
}

void addresses_add_shown(struct span body, struct buf *line)
{
    struct buf one = BUF_SECRET_INIT;
    struct address_list l;
    struct err e;

    if (addresses_parse(body, &l, &e) != RC_OK)
        l.n = 0;
    for (size_t i = 0; i < l.n && line->n < 4 * FIELD_MAX; i++) {
        buf_clear(&one);
        field_decode(l.a[i].name, &one);
        add_missing(buf_span(&one), line);
        buf_clear(&one);
        buf_addspan(&one, l.a[i].local);
        if (l.a[i].domain.n > 0)
            buf_addc(&one, '@');
        buf_addspan(&one, l.a[i].domain);
        add_missing(buf_span(&one), line);
    }
    buf_free(&one);
    addresses_free(&l);
}
