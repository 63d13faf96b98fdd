/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/contexts.c - see imapd/contexts.h. */
#include "imapd/contexts.h"
#include "base/log.h"
#include "imapd/fetch.h"
#include "imapd/rows.h"
#include "imapd/sort.h"
#include "proto/imap/write.h"
#include <stdlib.h>

struct context {
    struct context *next;
    struct buf tag, text; /* open: secret; the command's tag, its arguments, to which .what points */
    struct imap_arena mem;
    struct imap_search what;
    bool uid;
    uint32_t *in; /* UIDs of the result, in its order; ours */
    uint32_t n;
    uint32_t seen; /* messages with a greater UID have not been judged */
};

/* ---- beginning and end ---- */
static void context_free(struct context *c)
{
    buf_free(&c->tag);
    buf_free(&c->text);
    imap_arena_free(&c->mem);
    free(c->in);
    free(c);
}

static struct context **by_tag(struct imap_session *s, struct span tag)
{
    struct context **p = &s->contexts;

    while (*p && !span_eq(buf_span(&(*p)->tag), tag))
        p = &(*p)->next;
    return p;
}

bool context_cancel(struct imap_session *s, struct span tag)
{
    struct context **p = by_tag(s, tag), *c = *p;

    if (c == NULL)
        return false;
    *p = c->next;
    context_free(c);
    if (s->view && s->contexts == NULL)
        view_track(s->view, false);
    return true;
}

void contexts_end(struct imap_session *s)
{
    while (s->contexts)
        (void)context_cancel(s, buf_span(&s->contexts->tag));
}

enum rc context_check(struct imap_session *s, const struct imap_search *what, struct err *e)
{
    return (what->ret & SR_UPDATE) && *by_tag(s, s->tag) ? reply_bad(s, e, CAUSE_TAG_IN_USE) : RC_OK;
}

/* "$", and "*": another message with each that comes. */
static bool has_moving_set(const struct imap_key *k)
{
    if (k->set.saved)
        return true;
    for (size_t i = 0; i < k->set.n; i++)
        if (k->set.r[i].lo == IMAP_STAR || k->set.r[i].hi == IMAP_STAR)
            return true;
    for (const struct imap_key *c = k->child; c; c = c->next)
        if (has_moving_set(c))
            return true;
    return false;
}

/* Scores are not kept. */
static bool by_relevancy(const struct imap_search *what)
{
    for (size_t i = 0; i < what->n_sort; i++)
        if (what->sort[i].by == SORT_RELEVANCY)
            return true;
    return false;
}

/* what: as it came, for preparing replaces "$" and numbers. */
static bool may_keep(const struct imap_session *s, const struct imap_search *what, uint32_t n)
{
    size_t contexts = 0, uids = n;

    for (const struct context *c = s->contexts; c; c = c->next) {
        contexts++;
        uids += c->n;
    }
    return contexts < CONTEXTS_MOST && uids <= CONTEXT_UIDS && (what->n_sort == 0 || n <= CONTEXT_SORTED) &&
           !imap_search_has(what->top, IMAP_KEY(SK_SEQ) | IMAP_KEY(SK_OLDER) | IMAP_KEY(SK_YOUNGER)) &&
           !by_relevancy(what) && !has_moving_set(what->top);
}

static bool parse_again(struct imap_session *s, struct context *c, bool sort)
{
    struct imap_in in = imap_in_of(buf_span(&c->text), &c->mem, &s->opened);
    union imap_args a;
    struct err e;
    bool good = (sort ? imap_parse_sort : imap_parse_search)(&in, &a, &e) == RC_OK;

    if (good)
        c->what = a.search;
    return good;
}

/* Words are folded into the context's own memory. */
static bool prepare(struct imap_session *s, struct context *c)
{
    struct imap_arena held = s->mem;
    struct err e;
    enum rc rc;

    s->mem = c->mem;
    rc = search_prepare(s, &c->what, &e);
    c->mem = s->mem;
    s->mem = held;
    return rc == RC_OK;
}

static struct context *context_of(struct imap_session *s, const struct imap_search *what, const struct results *found)
{
    struct context *c = calloc(1, sizeof *c);

    if (c == NULL)
        die("out of memory");
    c->text = (struct buf)BUF_SECRET_INIT;
    buf_addspan(&c->tag, s->tag);
    buf_addspan(&c->text, what->text);
    c->uid = s->uid;
    c->n = found->n;
    c->seen = s->view->told ? s->view->uid[s->view->told - 1] : 0;
    c->in = malloc((found->n + 1ul) * sizeof *c->in);
    if (c->in == NULL || !parse_again(s, c, what->n_sort > 0) || !may_keep(s, &c->what, found->n) || !prepare(s, c)) {
        context_free(c);
        return NULL;
    }
    for (uint32_t i = 0; i < found->n; i++)
        c->in[i] = s->view->uid[found->row[i]];
    return c;
}

static void put_no_update(struct imap_session *s, struct span tag)
{
    struct buf why = BUF_INIT; /* open: a tag */
    char text[CAUSE_TEXT];

    buf_addf(&why, "[%s ", cause_row(CAUSE_NO_UPDATE)->imap);
    imap_put_string(&why, tag);
    buf_addf(&why, "] %s", cause_text(CAUSE_NO_UPDATE, text));
    reply_put(s, "* NO %s", buf_cstr(&why));
    buf_free(&why);
}

void context_begin(struct imap_session *s, const struct imap_search *what, const struct results *found)
{
    struct context *c;

    if ((what->ret & SR_UPDATE) == 0)
        return;
    if ((c = context_of(s, what, found)) == NULL) {
        put_no_update(s, s->tag);
        return;
    }
    view_track(s->view, true);
    c->next = s->contexts;
    s->contexts = c;
}

void context_refuse(struct imap_session *s, const struct imap_search *what)
{
    if (what->ret & SR_UPDATE)
        put_no_update(s, s->tag);
}

bool contexts_due(const struct imap_session *s)
{
    return s->contexts && s->view && s->view->touched.n > 0;
}

/* ---- what changed ---- */
struct change {
    struct context *c;
    unsigned char *was, *scope, *is; /* a byte a row */
};

static bool rows_of(struct change *ch, struct imap_session *s, struct context *c)
{
    struct view *v = s->view;

    *ch = (struct change){c, calloc(1, v->n + 1ul), calloc(1, v->n + 1ul), NULL};
    if (ch->was == NULL || ch->scope == NULL)
        return false;
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t row = view_find(v, c->in[i]);

        if (row < v->n)
            ch->was[row] = 1;
    }
    return true;
}

static void change_free(struct change *ch)
{
    free(ch->was);
    free(ch->scope);
    free(ch->is);
}

/* A search by numbers goes on in UIDs when the client has given numbers up meanwhile. */
static bool by_uid(const struct imap_session *s, const struct context *c)
{
    return c->uid || (s->opened.responses & RESP_UIDONLY);
}

static void begin_line(struct imap_session *s, const struct context *c)
{
    buf_addstr(&s->out, "* ESEARCH (TAG ");
    imap_put_string(&s->out, buf_span(&c->tag));
    buf_addstr(&s->out, by_uid(s, c) ? ") UID" : ")");
}

static uint32_t number(const struct imap_session *s, const struct context *c, uint32_t row)
{
    return by_uid(s, c) ? s->view->uid[row] : row + 1;
}

/* " REMOVEFROM (0 3,5:6)": those of the rows for which which[] is set. */
static void put_unordered(struct imap_session *s, const struct context *c, const char *word, const unsigned char *which)
{
    struct imap_set_writer w = {.out = &s->out};
    bool any = false;

    for (uint32_t row = 0; row < s->view->told; row++) {
        if (!which[row])
            continue;
        if (!any)
            buf_addf(&s->out, " %s (0 ", word);
        any = true;
        imap_set_put(&w, number(s, c, row));
    }
    imap_set_flush(&w);
    if (any)
        buf_addc(&s->out, ')');
}

/* Takes out those for which which[] is set; of a SORT each is told with the place that it has at that moment. */
static void take_out(struct imap_session *s, struct context *c, const unsigned char *which)
{
    bool sorted = c->what.n_sort > 0;
    const char *sep = " REMOVEFROM (";
    uint32_t to = 0;

    if (!sorted)
        put_unordered(s, c, "REMOVEFROM", which);
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t row = view_find(s->view, c->in[i]);

        if (row < s->view->told && which[row]) {
            if (sorted)
                buf_addf(&s->out, "%s%u %u", sep, to + 1, number(s, c, row));
            sep = " ";
            continue;
        }
        c->in[to++] = c->in[i];
    }
    if (sorted && to < c->n)
        buf_addc(&s->out, ')');
    c->n = to;
}

static bool any_of(const unsigned char *which, uint32_t n)
{
    return n > 0 && memchr(which, 1, n) != NULL;
}

void contexts_gone(struct imap_session *s)
{
    const struct view *v = s->view;
    struct change ch;

    for (struct context *c = s->contexts; c; c = c->next) {
        if (!rows_of(&ch, s, c))
            die("out of memory");
        for (uint32_t row = 0; row < v->told; row++)
            ch.was[row] = ch.was[row] && (v->flags[row] & VF_GONE);
        if (any_of(ch.was, v->told)) {
            begin_line(s, c);
            take_out(s, c, ch.was);
            buf_addstr(&s->out, "\r\n");
        }
        change_free(&ch);
    }
}

/* Keywords may have been made since the program was prepared. */
static void learn_keywords(struct imap_session *s, struct imap_key *k)
{
    if (k->op == SK_KEYWORD)
        k->flag = keywords_bit(&s->keywords, k->text);
    for (struct imap_key *c = k->child; c; c = c->next)
        learn_keywords(s, c);
}

static enum rc judge(struct imap_session *s, struct change *ch, struct err *e)
{
    const struct view *v = s->view;
    struct span touched = buf_span(&v->touched);
    uint32_t uid;

    for (; touched.n >= sizeof uid; touched = span_from(touched, sizeof uid)) {
        memcpy(&uid, touched.p, sizeof uid);
        ch->scope[view_find(v, uid)] = 1;
    }
    for (uint32_t row = view_at_or_after(v, ch->c->seen + 1); row < v->told; row++)
        ch->scope[row] = 1;
    learn_keywords(s, ch->c->what.top);
    return search_rows(s, &ch->c->what, ch->scope, &ch->is, e);
}

/* The result in its order, with what came. */
static enum rc sorted_anew(struct imap_session *s, const struct change *ch, struct results *out, struct err *e)
{
    const struct view *v = s->view;

    *out = (struct results){.row = malloc((v->told + 1ul) * sizeof *out->row)};
    if (out->row == NULL)
        return err_set(e, RC_TEMP, "out of memory for %u messages", v->told);
    for (uint32_t row = 0; row < v->told; row++)
        if (ch->was[row] || ch->is[row])
            out->row[out->n++] = row;
    if (ch->c->what.n_sort == 0)
        return RC_OK;
    if (out->n > CONTEXT_SORTED)
        return err_set(e, RC_TEMP, "%u messages in a context", out->n);
    return sort_run(s, &ch->c->what, out, e);
}

/* " ADDTO (3 17 8 18)": each at the place that it has when those before it are in. */
static enum rc put_in(struct imap_session *s, struct change *ch, struct err *e)
{
    struct context *c = ch->c;
    const char *sep = " ADDTO (";
    struct results all;
    uint32_t *in;
    enum rc rc = sorted_anew(s, ch, &all, e);

    if (rc == RC_OK && (in = realloc(c->in, (all.n + 1ul) * sizeof *in)) != NULL)
        c->in = in;
    else if (rc == RC_OK)
        rc = err_set(e, RC_TEMP, "out of memory for %u messages", all.n);
    if (rc == RC_OK && c->what.n_sort == 0)
        put_unordered(s, c, "ADDTO", ch->is);
    for (uint32_t i = 0; rc == RC_OK && i < all.n; i++) {
        c->in[i] = s->view->uid[all.row[i]];
        if (c->what.n_sort == 0 || !ch->is[all.row[i]])
            continue;
        buf_addf(&s->out, "%s%u %u", sep, i + 1, number(s, c, all.row[i]));
        sep = " ";
    }
    if (rc == RC_OK && c->what.n_sort > 0)
        buf_addc(&s->out, ')');
    if (rc == RC_OK)
        c->n = all.n;
    results_free(&all);
    return rc;
}

/* What UPDATE asks for of each new message that joins the result (RFC 5465 7). */
static enum rc put_new(struct imap_session *s, const struct change *ch, struct err *e)
{
    struct imap_set rows = {0};
    struct fetch f = {.s = s,
                      .what = &ch->c->what.update,
                      .rows = &rows,
                      .modseq = ch->c->what.update.items & FI_MODSEQ,
                      .plain = BUF_SECRET_INIT,
                      .body = BUF_SECRET_INIT};

    for (uint32_t row = view_at_or_after(s->view, ch->c->seen + 1); row < s->view->told; row++)
        if (ch->is[row] && !rows_add(s, &rows, row))
            return err_set(e, RC_TEMP, "too many new messages");
    return ch->c->what.has_update && rows.n > 0 ? fetch_run(&f, e) : RC_OK;
}

static enum rc tell_one(struct imap_session *s, struct context *c, struct err *e)
{
    const struct view *v = s->view;
    struct change ch;
    bool came, went;
    enum rc rc = rows_of(&ch, s, c) ? judge(s, &ch, e) : err_set(e, RC_TEMP, "out of memory");

    for (uint32_t row = 0; rc == RC_OK && row < v->told; row++) {
        bool yes = ch.is[row] == TRI_YES, stays = !ch.scope[row] || yes || (v->flags[row] & VF_GONE);

        ch.is[row] = yes && !ch.was[row];
        ch.scope[row] = ch.was[row] && !stays;
        ch.was[row] = ch.was[row] && stays;
    }
    came = rc == RC_OK && any_of(ch.is, v->told);
    went = rc == RC_OK && any_of(ch.scope, v->told);
    if (came)
        rc = put_new(s, &ch, e);
    if (rc == RC_OK && (came || went)) {
        buf_clear(&s->out);
        begin_line(s, c);
        if (went)
            take_out(s, c, ch.scope);
        if (came)
            rc = put_in(s, &ch, e);
        buf_addstr(&s->out, "\r\n");
    }
    if (rc == RC_OK)
        reply_out(s);
    buf_clear(&s->out);
    change_free(&ch);
    if (v->told > 0)
        c->seen = v->uid[v->told - 1];
    return rc;
}

/* A context that cannot be kept up to date is ended, and the client is told so. */
static void give_up(struct imap_session *s, struct context *c, const struct err *e)
{
    log_err(LOG_WARN_, "context-failed", e);
    put_no_update(s, buf_span(&c->tag));
    (void)context_cancel(s, buf_span(&c->tag));
}

static bool is_new(const struct imap_session *s, const struct context *c)
{
    return s->view->told > 0 && s->view->uid[s->view->told - 1] > c->seen;
}

void contexts_tell(struct imap_session *s)
{
    struct imap_arena held = s->mem; /* it may hold the arguments of the command at hand */
    struct context *next;
    struct err e;

    s->mem = (struct imap_arena){0};
    for (struct context *c = s->contexts; c && !s->lost; c = next) {
        next = c->next;
        if ((contexts_due(s) || is_new(s, c)) && tell_one(s, c, &e) != RC_OK)
            give_up(s, c, &e);
        imap_arena_free(&s->mem);
    }
    s->mem = held;
    if (s->view)
        buf_clear(&s->view->touched);
}
