/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/index/index_write.c - makes the block. Everything is sorted first: distinct names by key, entries by domain and name, texts by octets, so that
 * each text stands once. The same entries in any order give the same block. */
#include "base/idn.h"
#include "policies/identifiers.h"
#include "policies/trust.h"
#include "trust/index/index_int.h"
#include <stdlib.h>

enum { TEXTS_PER_ROW = 2 + E_FIELDS }; /* domain, key, fields */
/* A text on its way. .at: where it stands in work.made at first, in the section of texts at the end. */
struct text {
    struct span s;
    uint32_t at;
};
struct row {
    struct text domain, key; /* domain in lower case */
    struct text field[E_FIELDS];
    uint64_t updated;
    uint32_t name; /* its number */
};
struct work {
    struct row *rows; /* in domain order at the end */
    size_t n;
    struct row **names; /* one row of each distinct name, in key order */
    size_t n_names;
    struct buf made;  /* domains in lower case, keys */
    struct buf texts; /* the section */
};

/* ---- what is given, made ready ---- */
static enum rc refuse(const struct index_entry *in, const char *why, struct err *e)
{
    return err_set(e, RC_SYNTAX, "index: %s: %.*s, %.*s", why, SPAN_ARG(span_head(in->domain, 80)),
                   SPAN_ARG(span_head(in->dn, 160)));
}

static struct text from(const struct buf *made, size_t start) /* .p is set by settle() */
{
    return (struct text){span_of(NULL, made->n - start), (uint32_t)start};
}

static enum rc make_row(const struct index_entry *in, struct work *w, struct row *r, struct err *e)
{
    char domain[IDN_ROOM];
    size_t at = w->made.n;

    if (!idn_domain(in->domain, domain) || !mail_domain_ok(span_str(domain)))
        return refuse(in, "a domain that is none", e);
    buf_addstr(&w->made, domain);
    r->domain = from(&w->made, at);
    at = w->made.n;
    if (!dn_key(in->dn, &w->made))
        return refuse(in, "a DN that is none", e);
    r->key = from(&w->made, at);
    r->updated = in->updated;
    r->field[F_DN].s = in->dn;
    r->field[F_DESCRIPTION].s = in->description;
    r->field[F_RESPONSIBLE].s = in->responsible;
    r->field[F_SUPPORT].s = in->support;
    for (int f = 0; f < E_FIELDS; f++)
        if (r->field[f].s.n > INDEX_TEXT_MAX)
            return refuse(in, "a value that is too long", e);
    return RC_OK;
}

/* work.made moves no more: spans may point into it. */
static void settle(struct work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct row *r = &w->rows[i];
        r->domain.s.p = w->made.p + r->domain.at;
        r->key.s.p = w->made.p + r->key.at;
    }
}

static void *array(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p)
        die("out of memory");
    return p;
}

/* ---- distinct names ---- */
static int by_key(const void *a, const void *b)
{
    const struct row *const *x = a, *const *y = b;

    return span_cmp((*x)->key.s, (*y)->key.s);
}

static void number_names(struct work *w)
{
    struct row **all = array(w->n, sizeof(struct row *));

    for (size_t i = 0; i < w->n; i++)
        all[i] = &w->rows[i];
    qsort(all, w->n, sizeof *all, by_key);
    for (size_t i = 0; i < w->n; i++) {
        if (w->n_names == 0 || !span_eq(w->names[w->n_names - 1]->key.s, all[i]->key.s))
            w->names[w->n_names++] = all[i];
        all[i]->name = (uint32_t)(w->n_names - 1);
    }
    free(all);
}

/* ---- entries in domain order ---- */
static int by_place(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int by = span_cmp(x->domain.s, y->domain.s);

    if (by == 0)
        by = (x->name > y->name) - (x->name < y->name);
    for (int f = 0; by == 0 && f < E_FIELDS; f++)
        by = span_cmp(x->field[f].s, y->field[f].s);
    return by ? by : (x->updated > y->updated) - (x->updated < y->updated);
}

/* Behind this the pointers in work.names mean nothing, for rows have moved. */
static void order_rows(struct work *w)
{
    size_t n = 0;

    qsort(w->rows, w->n, sizeof *w->rows, by_place);
    for (size_t i = 0; i < w->n; i++)
        if (n == 0 || by_place(&w->rows[n - 1], &w->rows[i]) != 0)
            w->rows[n++] = w->rows[i];
    w->n = n;
}

/* ---- each text once ---- */
static int by_text(const void *a, const void *b)
{
    const struct text *const *x = a, *const *y = b;

    return span_cmp((*x)->s, (*y)->s);
}

static void place_texts(struct work *w)
{
    struct text **all = array(w->n * TEXTS_PER_ROW, sizeof(struct text *));
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++) {
        all[n++] = &w->rows[i].domain;
        all[n++] = &w->rows[i].key;
        for (int f = 0; f < E_FIELDS; f++)
            all[n++] = &w->rows[i].field[f];
    }
    qsort(all, n, sizeof *all, by_text);
    for (size_t i = 0; i < n; i++) {
        bool again = i > 0 && span_eq(all[i]->s, all[i - 1]->s);
        all[i]->at = again ? all[i - 1]->at : (uint32_t)w->texts.n;
        if (!again)
            buf_addspan(&w->texts, all[i]->s);
    }
    free(all);
}

/* ---- the block ---- */
static void put_text(struct buf *out, const struct text *t)
{
    buf_u32(out, t->at);
    buf_u32(out, (uint32_t)t->s.n);
}

static bool new_domain(const struct work *w, size_t i)
{
    return i == 0 || !span_eq(w->rows[i].domain.s, w->rows[i - 1].domain.s);
}

static size_t put_domains(const struct work *w, struct buf *out)
{
    size_t n = 0;

    for (size_t i = 0, end; i < w->n; i = end, n++) {
        for (end = i + 1; end < w->n && !new_domain(w, end);)
            end++;
        put_text(out, &w->rows[i].domain);
        buf_u32(out, (uint32_t)i);
        buf_u32(out, (uint32_t)(end - i));
    }
    return n;
}

static void put_entries(const struct work *w, struct buf *out)
{
    uint32_t domain = 0;

    for (size_t i = 0; i < w->n; i++) {
        const struct row *r = &w->rows[i];
        domain += i > 0 && new_domain(w, i);
        buf_u32(out, domain);
        buf_u32(out, r->name);
        buf_u64(out, r->updated);
        for (int f = 0; f < E_FIELDS; f++)
            put_text(out, &r->field[f]);
    }
}

static void put_names(const struct work *w, struct buf *out)
{
    const struct text **keys = array(w->n_names, sizeof(struct text *));

    for (size_t i = 0; i < w->n; i++)
        keys[w->rows[i].name] = &w->rows[i].key;
    for (size_t i = 0; i < w->n_names; i++) {
        put_text(out, keys[i]);
    }
    free(keys);
}

static void put_block(const struct work *w, uint64_t generated, struct buf *out)
{
    struct buf rows = BUF_INIT;
    size_t domains = put_domains(w, &rows);

    put_entries(w, &rows);
    put_names(w, &rows);
    buf_addspan(&rows, buf_span(&w->texts));
    buf_addstr(out, INDEX_MAGIC);
    buf_u32(out, INDEX_VERSION);
    buf_u32(out, (uint32_t)domains);
    buf_u32(out, (uint32_t)w->n);
    buf_u32(out, (uint32_t)w->n_names);
    buf_u64(out, generated);
    buf_u64(out, w->texts.n);
    buf_u64(out, index_sum(buf_span(&rows)));
    buf_addspan(out, buf_span(&rows));
    buf_free(&rows);
}

enum rc index_write(const struct index_entry *entries, size_t n, uint64_t generated, struct buf *out, struct err *e)
{
    struct work w = {.n = n};
    enum rc rc = RC_OK;

    if (n == 0 || n > INDEX_ENTRIES_MAX)
        return err_set(e, RC_SYNTAX, "index: %zu entries, 1 to %d may be", n, INDEX_ENTRIES_MAX);
    w.rows = array(n, sizeof *w.rows);
    w.names = array(n, sizeof(struct row *));
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        rc = make_row(&entries[i], &w, &w.rows[i], e);
    if (rc == RC_OK) {
        settle(&w);
        number_names(&w);
        order_rows(&w);
        place_texts(&w);
        put_block(&w, generated, out);
    }
    free(w.rows);
    free(w.names);
    buf_free(&w.made);
    buf_free(&w.texts);
    return rc;
}
