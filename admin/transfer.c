/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/transfer.c - see admin/transfer.h. */
#include "admin/transfer.h"
#include <stdlib.h>

bool statement_whole(const struct statement *s)
{
    return s->refused == 0 && s->missing == 0 && s->marked == 0;
}

/* ---- the list of folders, taken whole before the first is copied ---- */
struct folders {
    struct place_folder *a;
    size_t n;
};

static enum rc keep(const struct place_folder *f, void *ctx, struct err *e)
{
    struct folders *all = ctx;

    (void)e;
    all->a = realloc(all->a, (all->n + 1) * sizeof *all->a);
    if (all->a == NULL)
        die("out of memory");
    all->a[all->n] = *f;
    all->a[all->n++].name = span_of(span_dup(f->name), f->name.n);
    return RC_OK;
}

static void folders_free(struct folders *all)
{
    for (size_t i = 0; i < all->n; i++)
        free((void *)(uintptr_t)all->a[i].name.p);
    free(all->a);
}

/* ---- one folder ---- */
struct copy {
    struct place *to;
    const struct transfer_watch *w;
    const struct place_folder *folder;
    struct ledger here, there;
    struct statement st;
    uint64_t done, messages, octets;
};

static void refuse(const char *where, const char *why, void *ctx)
{
    struct copy *c = ctx;

    c->st.refused++;
    c->done++;
    c->w->refused(c->folder->name, where, why, c->w->ctx);
}

/* The message is there, and its flags are not all: the statement counts it (.marked), this says which. */
static void tell_left(const struct copy *c, const char *where)
{
    struct err why;

    (void)!err_set(&why, RC_PERM, "%.100s: keywords stay behind, for which this folder has no room there: %.*s", where,
                   (int)(c->to->left.n < 160 ? c->to->left.n - 1 : 160), (const char *)c->to->left.p);
    c->w->refused(c->folder->name, "", why.log, c->w->ctx);
}

static void quiet(const char *where, const char *why, void *ctx)
{
    (void)where;
    (void)why;
    (void)ctx;
}

static enum rc note(const struct letter *l, void *ctx, struct err *e)
{
    struct ledger_row row = ledger_row_of(l);

    (void)e;
    ledger_add(ctx, &row);
    return RC_OK;
}

static enum rc look_there(struct copy *c, struct err *e)
{
    struct reading r = {note, quiet, &c->there, 0};
    enum rc rc;

    ledger_free(&c->there);
    rc = c->to->ops->read(c->to, c->folder->name, &r, e);
    ledger_sort(&c->there);
    return rc;
}

/* Not this folder's fault: nothing after it would go better. */
static bool ends_all(enum rc rc)
{
    return rc == RC_TEMP || rc == RC_CLOSED || rc == RC_TIMEOUT || rc == RC_QUOTA;
}

/* Not this message's fault: none after it in this folder would go better. */
static bool ends_folder(enum rc rc)
{
    return ends_all(rc) || rc == RC_DENIED || rc == RC_NOTFOUND;
}

static enum rc one(const struct letter *l, void *ctx, struct err *e)
{
    struct copy *c = ctx;
    struct ledger_row row = ledger_row_of(l);
    enum rc rc = RC_OK;

    if (c->to != NULL && ledger_take(&c->there, &row) == NULL) {
        if (c->to->limit > 0 && l->octets.n > c->to->limit)
            rc = err_set(e, RC_PERM, "%zu octets are more than the %llu that are taken", l->octets.n,
                         (unsigned long long)c->to->limit);
        else if (span_chr(l->octets, 0) >= 0)
            rc = err_set(e, RC_PERM, "it holds a NUL, which no mail may (RFC 5322 2.1)");
        else
            rc = c->to->ops->add(c->to, c->folder->name, l, e);
        if (rc != RC_OK && ends_folder(rc))
            return rc;
        c->st.brought += rc == RC_OK;
        if (rc == RC_OK && c->to->left.n > 0)
            tell_left(c, l->where);
    }
    if (rc == RC_OK) {
        ledger_add(&c->here, &row);
        c->done++;
    } else {
        refuse(l->where, e->log, c);
    }
    c->octets += l->octets.n;
    if (c->w->progress != NULL)
        c->w->progress(c->folder->name, c->done, c->messages, c->octets, c->w->ctx);
    return RC_OK;
}

static void compare(struct copy *c)
{
    ledger_sort(&c->there);
    c->st.there = ledger_sums(&c->there);
    for (size_t i = 0; i < c->here.n; i++) {
        const struct ledger_row *same = ledger_take(&c->there, &c->here.rows[i]);
        if (same == NULL)
            c->st.missing++;
        else
            c->st.marked += memcmp(same->all, c->here.rows[i].all, DIGEST_LEN) != 0;
    }
    c->st.extra = c->st.there.messages - (c->here.n - c->st.missing);
}

static enum rc ready_there(struct copy *c, struct err *e)
{
    enum rc rc = c->to->ops->make(c->to, c->folder, e);

    if (rc == RC_EXISTS) /* another has the role: worth saying, no reason to leave mail behind */
        c->w->refused(c->folder->name, "", e->log, c->w->ctx);
    return rc == RC_OK || rc == RC_EXISTS ? look_there(c, e) : rc;
}

static enum rc one_folder(struct copy *c, struct place *from, struct err *e)
{
    struct reading r = {one, refuse, c, c->to != NULL ? c->to->limit : 0};
    uint64_t octets;
    enum rc rc = RC_OK;

    if (c->w->progress != NULL)
        rc = from->ops->count(from, c->folder->name, &c->messages, &octets, e);
    if (rc == RC_OK && c->to != NULL)
        rc = ready_there(c, e);
    if (rc == RC_OK)
        rc = from->ops->read(from, c->folder->name, &r, e);
    if (rc == RC_OK && c->to != NULL && (rc = c->st.brought > 0 ? look_there(c, e) : RC_OK) == RC_OK)
        compare(c);
    if (rc != RC_OK && !ends_all(rc)) { /* this folder stays behind, the others go on */
        refuse("", e->log, c);
        rc = RC_OK;
    }
    if (rc == RC_OK) {
        c->st.here = ledger_sums(&c->here);
        c->w->folder(&c->st, c->w->ctx);
    }
    ledger_free(&c->here);
    ledger_free(&c->there);
    return rc;
}

enum rc transfer(struct place *from, struct place *to, const struct transfer_watch *w, struct err *e)
{
    struct folders all = {0};
    enum rc rc = from->ops->folders(from, keep, &all, e);

    for (size_t i = 0; i < all.n && rc == RC_OK; i++) {
        struct copy c = {.to = to, .w = w, .folder = &all.a[i], .st = {.name = all.a[i].name, .role = all.a[i].role}};
        rc = one_folder(&c, from, e);
    }
    folders_free(&all);
    return rc;
}
