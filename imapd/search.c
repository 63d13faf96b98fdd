/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/search.c - see imapd/search.h: the passes over the messages, tier by tier. */
#include "imapd/search.h"
#include "base/log.h"
#include "imapd/rows.h"
#include <stdlib.h>

enum { SEARCH_MOST = 16 * 1024 * 1024 /* of a sealed search text */ };
/* Keys that look at what is not kept: object ids and the day of saving. */
#define NOT_KEPT                                                                                                       \
    (IMAP_KEY(SK_EMAILID) | IMAP_KEY(SK_THREADID) | IMAP_KEY(SK_SAVEDBEFORE) | IMAP_KEY(SK_SAVEDON) |                  \
     IMAP_KEY(SK_SAVEDSINCE))
struct searching {
    struct imap_session *s;
    const struct imap_search *what;
    unsigned char *hit;   /* a TRI_ a row */
    unsigned char *score; /* a row; NULL: not wanted */
    bool use_kept;        /* what is kept tells all that the keys look at */
    struct pages pages;
    struct buf plain, plain_summary;
    struct summary sum;
    struct text_view text;
    struct err first;
};

/* ---- words in the octets themselves ---- */
struct scan_octets {
    struct span needle;
    struct buf raw, folded;
    bool found;
};

static enum rc scan_piece(void *ctx, struct span piece, struct err *e)
{
    struct scan_octets *o = ctx;
    size_t tail = o->needle.n * 4 + 64;

    (void)e;
    if (o->found)
        return RC_OK;
    buf_addspan(&o->raw, piece);
    buf_clear(&o->folded);
    text_fold(buf_span(&o->raw), &o->folded);
    o->found = span_find(buf_span(&o->folded), o->needle) >= 0;
    if (o->raw.n > tail) /* a word may lie across two pieces */
        buf_take(&o->raw, o->raw.n - tail);
    return RC_OK;
}

static bool in_octets(void *ctx, const struct facts *f, struct span needle)
{
    struct searching *se = ctx;
    struct scan_octets o = {.needle = needle, .raw = BUF_SECRET_INIT, .folded = BUF_SECRET_INIT};
    struct err e;

    if (pages_quiet(&se->pages, &e) != RC_OK || mailbox_read(se->s->box, se->s->view->folder, f->entry, SEAL_MESSAGE, 0,
                                                             f->entry->size, scan_piece, &o, &e) != RC_OK)
        log_err(LOG_WARN_, "search-read-failed", &e);
    buf_free(&o.raw);
    buf_free(&o.folded);
    return o.found;
}

static void eval(struct searching *se, const struct facts *f)
{
    se->hit[f->row] = (unsigned char)search_eval(se->what->top, f);
    if (se->score && se->hit[f->row] == TRI_YES)
        se->score[f->row] = (unsigned char)search_score(se->what->top, f);
}

/* ---- one message in one pass ---- */
static enum rc load_summary(struct searching *se, const struct store_entry *en, struct facts *f, struct err *e)
{
    bool anew;
    enum rc rc;

    if ((rc = summary_of(&se->pages, en, 0, &se->plain_summary, &se->sum, &anew, e)) != RC_OK)
        return rc;
    kept_add(&se->s->view->kept, en, &se->sum);
    f->summary = &se->sum;
    return RC_OK;
}

static enum rc load_text(struct searching *se, const struct store_entry *en, struct facts *f, struct err *e)
{
    struct store_entry bare = *en;
    enum rc rc;

    buf_clear(&se->plain);
    rc = pages_object(&se->pages, en, SEAL_SEARCH, SEARCH_MOST, &se->plain, e);
    text_view_free(&se->text);
    if (rc == RC_OK && (rc = text_open(buf_span(&se->plain), &se->text, e)) == RC_OK)
        f->text = &se->text;
    bare.object = SPAN_NULL;
    if (rc == RC_OK && search_has_sent(se->what->top))
        rc = load_summary(se, &bare, f, e);
    return rc;
}

static enum rc judge(struct searching *se, enum tier t, uint32_t row, const struct store_entry *en, struct err *e)
{
    struct facts f = {.view = se->s->view, .row = row, .entry = en, .in_octets = in_octets, .ctx = se};
    enum rc rc = t == TIER_SUMMARY ? load_summary(se, en, &f, e) : t == TIER_TEXT ? load_text(se, en, &f, e) : RC_OK;

    if (rc == RC_CORRUPT || rc == RC_SYNTAX) { /* this one matches nothing; the answer is NO in the end */
        log_err(LOG_ERROR_, "message-broken", e);
        se->hit[row] = TRI_NO;
        if (se->first.rc == RC_OK)
            (void)!err_set(&se->first, RC_CORRUPT, "%s", e->log);
        return RC_OK;
    }
    if (rc == RC_OK)
        eval(se, &f);
    return rc;
}

/* ---- passes ---- */
/* Did from_kept() judge the message by all that this pass would ask for? */
static bool judged(const struct searching *se, enum tier t, uint32_t row)
{
    return t == TIER_SUMMARY && se->use_kept && kept_has(&se->s->view->kept, se->s->view->uid[row]);
}

static enum rc undecided(struct searching *se, enum tier t, struct imap_set *out, struct err *e)
{
    *out = (struct imap_set){0};
    for (uint32_t row = 0; row < se->s->view->told; row++)
        if (se->hit[row] == TRI_MAYBE && !judged(se, t, row) && !rows_add(se->s, out, row))
            return err_cause(e, RC_TEMP, CAUSE_SEARCH_TOO_COMPLEX,
                             "undecided messages do not fit the command's memory");
    return RC_OK;
}

static enum rc pass(struct searching *se, enum tier t, struct err *e)
{
    static const enum store_op ops[] = {
        [TIER_ENTRY] = STORE_ENTRIES, [TIER_SUMMARY] = STORE_SUMMARIES, [TIER_TEXT] = STORE_TEXTS};
    struct imap_set rows;
    struct store_entry en;
    enum rc rc = undecided(se, t, &rows, e);

    if (rc != RC_OK || rows.n == 0)
        return rc;
    pages_begin(&se->pages, se->s, ops[t], &rows);
    while (rc == RC_OK && (rc = pages_next(&se->pages, &en, e)) == RC_OK) {
        uint32_t row = view_find(se->s->view, en.uid);

        if (row < se->s->view->told && se->hit[row] == TRI_MAYBE)
            rc = judge(se, t, row, &en, e);
        reply_progress(se->s, row < se->s->view->told ? row + 1 : 0, se->s->view->told);
    }
    pages_end(&se->pages);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* What an earlier SEARCH opened costs no call and no key. */
static void from_kept(struct searching *se)
{
    struct view *v = se->s->view;
    struct store_entry en;
    struct summary sum;

    for (uint32_t row = 0; se->use_kept && v->kept.n > 0 && row < v->told; row++) {
        struct facts f = {.view = v, .row = row, .entry = &en, .summary = &sum};

        if (se->hit[row] == TRI_MAYBE && kept_get(&v->kept, v->uid[row], &en, &sum))
            eval(se, &f);
    }
}

/* A message that another session removed is found for as long as it has its number here (RFC 2180 4.3). */
static void first_pass(struct searching *se, const unsigned char *scope)
{
    struct facts f = {.view = se->s->view};

    for (f.row = 0; f.row < f.view->told; f.row++)
        if ((scope && !scope[f.row]) || (se->s->uid && (f.view->flags[f.row] & VF_GONE)))
            se->hit[f.row] = TRI_NO;
        else
            eval(se, &f);
}

static enum rc run(struct searching *se, const unsigned char *scope, struct err *e)
{
    unsigned tiers = search_tiers(se->what->top);
    enum rc rc = RC_OK;

    first_pass(se, scope);
    if (tiers & (1u << TIER_ENTRY))
        rc = pass(se, TIER_ENTRY, e);
    if (rc == RC_OK && (tiers & (1u << TIER_SUMMARY))) {
        from_kept(se);
        rc = pass(se, TIER_SUMMARY, e);
    }
    if (rc == RC_OK)
        rc = pass(se, TIER_TEXT, e); /* none, when all is decided */
    if (rc == RC_OK && se->first.rc != RC_OK) {
        *e = se->first;
        rc = e->rc;
    }
    return rc;
}

static enum rc search(struct imap_session *s, const struct imap_search *what, const unsigned char *scope,
                      unsigned char **hits_out, unsigned char **score_out, struct err *e)
{
    struct searching se = {.s = s, .what = what, .plain = BUF_SECRET_INIT, .plain_summary = BUF_SECRET_INIT};
    bool scores = score_out && imap_search_has(what->top, IMAP_KEY(SK_FUZZY));
    enum rc rc;

    se.use_kept = !imap_search_has(what->top, NOT_KEPT);
    se.hit = calloc(1, s->view->told + 1u);
    se.score = scores ? calloc(1, s->view->told + 1u) : NULL;
    rc = se.hit == NULL || (scores && se.score == NULL)
             ? err_set(e, RC_TEMP, "out of memory for %u messages", s->view->told)
             : run(&se, scope, e);
    buf_free(&se.plain);
    buf_free(&se.plain_summary);
    text_view_free(&se.text);
    *hits_out = se.hit;
    if (score_out)
        *score_out = se.score;
    return rc;
}

enum rc search_run(struct imap_session *s, const struct imap_search *what, unsigned char **hits_out,
                   unsigned char **score_out, struct err *e)
{
    return search(s, what, NULL, hits_out, score_out, e);
}

enum rc search_rows(struct imap_session *s, const struct imap_search *what, const unsigned char *scope,
                    unsigned char **hits_out, struct err *e)
{
    return search(s, what, scope, hits_out, NULL, e);
}
