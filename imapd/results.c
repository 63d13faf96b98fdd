/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/results.c - see imapd/results.h. */
#include "imapd/results.h"
#include "imapd/extensions.h"
#include "imapd/homes.h"
#include "proto/imap/write.h"
#include <stdlib.h>

enum { OUT_HIGH = 32 * 1024 };

/* Of a row's byte in hits (imapd/search.h), those that are TRI_YES. */
static enum rc results_of(const struct imap_session *s, const unsigned char *hits, struct results *out, struct err *e)
{
    const struct view *v = s->view;
    uint32_t n = 0;

    for (uint32_t row = 0; row < v->told; row++)
        n += hits[row] == TRI_YES;
    *out = (struct results){.row = malloc((n + 1) * sizeof *out->row)};
    if (out->row == NULL)
        return err_set(e, RC_TEMP, "out of memory for %u messages", n);
    for (uint32_t row = 0; row < v->told; row++)
        if (hits[row] == TRI_YES)
            out->row[out->n++] = row;
    return RC_OK;
}

enum rc results_find(struct imap_session *s, struct imap_search *what, struct results *out, struct err *e)
{
    unsigned char *hits = NULL, *score = NULL;
    enum rc rc = search_prepare(s, what, e);

    if (imap_search_has(what->top, IMAP_KEY(SK_MODSEQ)))
        extension_use(s, "CONDSTORE");
    if (rc == RC_OK)
        rc = search_run(s, what, &hits, &score, e);
    if (rc == RC_OK)
        rc = results_of(s, hits, out, e);
    if (rc == RC_OK)
        out->score = score;
    else
        free(score);
    free(hits);
    return rc;
}

void results_free(struct results *r)
{
    free(r->row);
    free(r->score);
    *r = (struct results){.n = 0};
}

static uint32_t number(const struct imap_session *s, uint32_t row)
{
    return s->uid ? s->view->uid[row] : row + 1;
}

static uint64_t highest(const struct view *v, const struct results *r, uint32_t from, uint32_t to)
{
    uint64_t modseq = 0;

    for (uint32_t i = from; i < to; i++)
        if (v->modseq_of[r->row[i]] > modseq)
            modseq = v->modseq_of[r->row[i]];
    return modseq;
}

static void put_plain(struct imap_session *s, const struct imap_search *what, const char *verb, const struct results *r)
{
    buf_addf(&s->out, "* %s", verb);
    for (uint32_t i = 0; i < r->n; i++) {
        buf_addc(&s->out, ' ');
        put_u64(&s->out, number(s, r->row[i]));
        if (s->out.n > OUT_HIGH)
            reply_out(s);
    }
    if (r->n > 0 && imap_search_has(what->top, IMAP_KEY(SK_MODSEQ)))
        buf_addf(&s->out, " (MODSEQ %llu)", (unsigned long long)highest(s->view, r, 0, r->n));
    buf_addstr(&s->out, "\r\n");
}

/* ---- ESEARCH ---- */
static void put_set(struct imap_session *s, const struct results *r, uint32_t from, uint32_t to)
{
    struct imap_set_writer w = {.out = &s->out};

    for (uint32_t i = from; i < to; i++) {
        imap_set_put(&w, number(s, r->row[i]));
        if (s->out.n > OUT_HIGH)
            reply_out(s);
    }
    imap_set_flush(&w);
}

/* The mod-sequence of what is returned: with MIN or MAX alone of these messages only (RFC 4731 3.2). */
static void put_modseq(struct imap_session *s, const struct imap_search *what, const struct results *r)
{
    uint64_t first = highest(s->view, r, 0, 1), last = highest(s->view, r, r->n - 1, r->n), modseq;
    unsigned ends = what->ret & (SR_MIN | SR_MAX);

    if (!imap_search_has(what->top, IMAP_KEY(SK_MODSEQ)))
        return;
    if ((what->ret & (SR_ALL | SR_COUNT)) || ends == 0)
        modseq = highest(s->view, r, 0, r->n);
    else if (ends == (SR_MIN | SR_MAX))
        modseq = first > last ? first : last;
    else
        modseq = ends == SR_MIN ? first : last;
    buf_addf(&s->out, " MODSEQ %llu", (unsigned long long)modseq);
}

void partial_of(const struct imap_partial *p, uint32_t n, uint32_t *from_out, uint32_t *to_out)
{
    uint32_t lo = p->from < p->to ? p->from : p->to, hi = p->from < p->to ? p->to : p->from;

    if (hi > n)
        hi = n;
    if (lo > hi) {
        *from_out = *to_out = 0;
    } else {
        *from_out = p->back ? n - hi : lo - 1;
        *to_out = p->back ? n - lo + 1 : hi;
    }
}

static void put_partial(struct imap_session *s, const struct imap_partial *p, const struct results *r)
{
    const char *sign = p->back ? "-" : "";
    uint32_t from, to;

    partial_of(p, r->n, &from, &to);
    buf_addf(&s->out, " PARTIAL (%s%u:%s%u ", sign, p->from, sign, p->to);
    if (from < to)
        put_set(s, r, from, to);
    else
        buf_addstr(&s->out, "NIL");
    buf_addc(&s->out, ')');
}

/* Of the messages of ALL or PARTIAL, in their order; of all, when neither was asked for (RFC 6203 4). */
static void put_scores(struct imap_session *s, const struct imap_search *what, const struct results *r)
{
    uint32_t from = 0, to = r->n;
    const char *sep = " RELEVANCY (";

    if (what->ret & SR_PARTIAL)
        partial_of(&what->partial, r->n, &from, &to);
    for (uint32_t i = from; i < to; i++, sep = " ") {
        buf_addf(&s->out, "%s%u", sep, r->score[r->row[i]]);
        if (s->out.n > OUT_HIGH)
            reply_out(s);
    }
    if (from < to)
        buf_addc(&s->out, ')');
}

static void put_extended(struct imap_session *s, const struct imap_search *what, struct span mailbox,
                         const struct results *r)
{
    buf_addstr(&s->out, "* ESEARCH (TAG ");
    imap_put_string(&s->out, s->tag);
    if (mailbox.n > 0) {
        buf_addstr(&s->out, " MAILBOX ");
        homes_put_name(s, &s->out, mailbox);
        buf_addf(&s->out, " UIDVALIDITY %u", s->view->uidvalidity);
    }
    buf_addstr(&s->out, s->uid ? ") UID" : ")");
    if ((what->ret & SR_MIN) && r->n > 0)
        buf_addf(&s->out, " MIN %u", number(s, r->row[0]));
    if ((what->ret & SR_MAX) && r->n > 0)
        buf_addf(&s->out, " MAX %u", number(s, r->row[r->n - 1]));
    if ((what->ret & SR_ALL) && r->n > 0) {
        buf_addstr(&s->out, " ALL ");
        put_set(s, r, 0, r->n);
    }
    if (what->ret & SR_PARTIAL)
        put_partial(s, &what->partial, r);
    if (what->ret & SR_COUNT)
        buf_addf(&s->out, " COUNT %u", r->n);
    if (what->ret & SR_RELEVANCY)
        put_scores(s, what, r);
    if (r->n > 0)
        put_modseq(s, what, r);
    buf_addstr(&s->out, "\r\n");
}

void results_put(struct imap_session *s, const struct imap_search *what, const char *verb, const struct results *r)
{
    buf_clear(&s->out);
    if (!what->extended)
        put_plain(s, what, verb, r);
    else if ((what->ret & SR_RESULTS) != SR_SAVE) /* RFC 5182 2.1: SAVE alone returns nothing */
        put_extended(s, what, SPAN_NULL, r);
    reply_out(s);
}

void results_put_of(struct imap_session *s, const struct imap_search *what, struct span mailbox,
                    const struct results *r)
{
    buf_clear(&s->out);
    if ((what->ret & SR_RESULTS) != SR_SAVE)
        put_extended(s, what, mailbox, r);
    reply_out(s);
}

/* ---- "$" ---- */
static void keep(struct imap_set *set, uint32_t uid)
{
    if (set->n > 0 && set->r[set->n - 1].hi + 1 == uid)
        set->r[set->n - 1].hi = uid;
    else
        set->r[set->n++] = (struct imap_range){uid, uid};
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The UIDs of those that SAVE keeps, in no order, some of them twice. */
static uint32_t kept(const struct imap_session *s, const struct imap_search *what, const struct results *r,
                     uint32_t *uid)
{
    bool some = (what->ret & (SR_MIN | SR_MAX | SR_PARTIAL)) && (what->ret & (SR_ALL | SR_COUNT)) == 0;
    uint32_t from = 0, to = r->n, n = 0;

    if (some && (what->ret & SR_MIN))
        uid[n++] = s->view->uid[r->row[0]];
    if (some && (what->ret & SR_MAX))
        uid[n++] = s->view->uid[r->row[r->n - 1]];
    if (some && (what->ret & SR_PARTIAL))
        partial_of(&what->partial, r->n, &from, &to);
    else if (some)
        to = 0;
    for (uint32_t i = from; i < to; i++)
        uid[n++] = s->view->uid[r->row[i]];
    return n;
}

void results_save(struct imap_session *s, const struct imap_search *what, const struct results *r)
{
    uint32_t n, *uid;

    if ((what->ret & SR_SAVE) == 0)
        return;
    free(s->saved.r);
    s->saved = (struct imap_set){0};
    if (r == NULL || r->n == 0 || (uid = malloc((r->n + 2ul) * sizeof *uid)) == NULL)
        return;
    n = kept(s, what, r, uid);
    qsort(uid, n, sizeof *uid, ascending);
    if (n > 0 && (s->saved.r = malloc(n * sizeof *s->saved.r)) != NULL)
        for (uint32_t i = 0; i < n; i++)
            if (i == 0 || uid[i] != uid[i - 1])
                keep(&s->saved, uid[i]);
    free(uid);
}
