/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/sort.c - see imapd/sort.h. */
#include "imapd/sort.h"
#include <stdlib.h>

struct key {
    uint64_t num; /* of a text: where it begins */
    uint32_t len;
};
struct sorting {
    const struct imap_search *what;
    struct buf text; /* texts of keys, one behind the other */
    struct key *keys;
    const unsigned char *score; /* by row; NULL: not sorted by it */
    uint32_t *row, *order;
    uint32_t n, cap;
};

/* ---- keys ---- */
/* Section 7 of a summary: base subject, then local part and shown name of From, To, Cc. */
static const struct {
    bool text;
    unsigned at; /* of a text: its place in the section */
} kinds[] = {
    [SORT_ARRIVAL] = {false, 0},   [SORT_CC] = {true, 5},          [SORT_DATE] = {false, 0},
    [SORT_FROM] = {true, 1},       [SORT_SIZE] = {false, 0},       [SORT_SUBJECT] = {true, 0},
    [SORT_TO] = {true, 3},         [SORT_DISPLAYFROM] = {true, 2}, [SORT_DISPLAYTO] = {true, 4},
    [SORT_RELEVANCY] = {false, 0},
};

static uint64_t ascending(int64_t v)
{
    return (uint64_t)v ^ UINT64_C(1) << 63;
}

static uint64_t number_of(const struct sorting *so, enum imap_sort_by by, const struct found_one *f)
{
    if (by == SORT_RELEVANCY) /* the most relevant first */
        return so->score ? 100u - so->score[f->row] : 0;
    if (by == SORT_SIZE)
        return f->entry->size;
    if (by == SORT_DATE && f->summary && f->summary->has_date)
        return ascending(f->summary->date);
    return ascending((int64_t)f->entry->internaldate);
}

static struct span text_of(unsigned at, const struct found_one *f)
{
    struct rd r = rd_of(f->summary ? f->summary->sort : SPAN_NULL);
    struct span t = SPAN_NULL;

    for (unsigned i = 0; i <= at && r.s.n > 0; i++)
        t = rd_var_bytes(&r);
    return rd_ok(&r) ? span_head(t, SORT_TEXT) : SPAN_NULL;
}

static enum rc fits(const struct sorting *so, struct err *e)
{
    return found_fits((size_t)so->cap * so->what->n_sort * sizeof *so->keys + so->text.n, e);
}

static enum rc add(void *ctx, const struct found_one *f, struct err *e)
{
    struct sorting *so = ctx;
    struct key *k = so->keys + (size_t)so->n * so->what->n_sort;

    if (so->n == so->cap)
        return RC_OK;
    for (size_t i = 0; i < so->what->n_sort; i++) {
        enum imap_sort_by by = so->what->sort[i].by;
        struct span text;

        if (!kinds[by].text) {
            k[i] = (struct key){number_of(so, by, f), 0};
            continue;
        }
        text = text_of(kinds[by].at, f);
        k[i] = (struct key){so->text.n, (uint32_t)text.n};
        buf_addspan(&so->text, text);
    }
    so->row[so->n++] = f->row;
    return fits(so, e);
}

/* ---- order ---- */
static int by_text(const struct sorting *so, const struct key *a, const struct key *b)
{
    uint32_t n = a->len < b->len ? a->len : b->len;
    int d = n > 0 ? memcmp(so->text.p + a->num, so->text.p + b->num, n) : 0;

    return d != 0 ? d : (a->len > b->len) - (a->len < b->len);
}

static int compare(const void *x, const void *y, void *ctx)
{
    const struct sorting *so = ctx;
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    size_t n = so->what->n_sort;

    for (size_t i = 0; i < n; i++) {
        const struct key *k = &so->keys[a * n + i], *l = &so->keys[b * n + i];
        int d = kinds[so->what->sort[i].by].text ? by_text(so, k, l) : (k->num > l->num) - (k->num < l->num);

        if (d != 0)
            return so->what->sort[i].reverse ? -d : d;
    }
    return (a > b) - (a < b);
}

static bool needs_summaries(const struct imap_search *what)
{
    for (size_t i = 0; i < what->n_sort; i++)
        if (what->sort[i].by != SORT_ARRIVAL && what->sort[i].by != SORT_SIZE && what->sort[i].by != SORT_RELEVANCY)
            return true;
    return false;
}

static enum rc room(struct sorting *so, struct err *e)
{
    enum rc rc = fits(so, e);

    if (rc != RC_OK)
        return rc;
    so->keys = calloc((size_t)so->cap * so->what->n_sort + 1, sizeof *so->keys);
    so->row = calloc(so->cap + 1ul, sizeof *so->row);
    so->order = calloc(so->cap + 1ul, sizeof *so->order);
    return so->keys && so->row && so->order ? RC_OK : err_set(e, RC_TEMP, "out of memory for %u messages", so->cap);
}

enum rc sort_run(struct imap_session *s, const struct imap_search *what, struct results *found, struct err *e)
{
    struct sorting so = {.what = what, .text = BUF_SECRET_INIT, .cap = found->n, .score = found->score};
    enum rc rc = room(&so, e);

    if (rc == RC_OK)
        rc = found_each(s, found, needs_summaries(what), add, &so, e);
    for (uint32_t i = 0; i < so.n; i++)
        so.order[i] = i;
    if (rc == RC_OK)
        qsort_r(so.order, so.n, sizeof *so.order, compare, &so);
    for (uint32_t i = 0; rc == RC_OK && i < so.n; i++)
        found->row[i] = so.row[so.order[i]];
    found->n = so.n;
    buf_free(&so.text);
    free(so.keys);
    free(so.row);
    free(so.order);
    return rc;
}
