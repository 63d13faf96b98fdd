/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/domain_roster_run.c - the rows of a file of domains, one after the other: taken up, changed, or as it was. See admin/domain_roster.h. */
#include "admin/domain_roster.h"
#include <stdio.h>
#include <string.h>

struct running {
    struct admin *ad;
    const struct rows *r;
    bool dry;
    struct domain_wish wish;
    char why[512];
};

/* What dird would say where it is written. */
static enum rc is_account(struct running *g, struct span address, const char *what, struct err *e)
{
    struct account a = {.mem = BUF_INIT};
    enum rc rc = address.n > 0 ? account_get(g->ad, address, &a, e) : RC_OK;

    account_free(&a);
    if (rc == RC_NOTFOUND || rc == RC_EXISTS || rc == RC_SYNTAX)
        return err_set(e, RC_PERM, "%.*s is no account: %s needs the address of one", SPAN_ARG(address), what);
    return rc;
}

static enum rc accounts_there(struct running *g, struct err *e)
{
    const struct dird_domain *d = &g->wish.d;
    enum rc rc = is_account(g, d->postmaster, "a postmaster", e);

    return rc == RC_OK ? is_account(g, d->catch_all, "a catch-all", e) : rc;
}

static enum rc add(struct running *g, enum roster_outcome *out, struct err *e)
{
    enum rc rc = accounts_there(g, e);

    *out = ROSTER_ADDED;
    return rc == RC_OK && !g->dry ? domain_add(g->ad, &g->wish.d, e) : rc;
}

static enum rc change(struct running *g, const struct dird_domain *is, enum roster_outcome *out, struct err *e)
{
    uint32_t bits = domain_differs(&g->wish, is, g->why, sizeof g->why);
    struct dird_domain d = g->wish.d;
    enum rc rc = bits & (DW_POSTMASTER | DW_CATCH_ALL) ? accounts_there(g, e) : RC_OK;

    d.what = bits;
    *out = bits ? ROSTER_CHANGED : ROSTER_UNCHANGED;
    return rc == RC_OK && bits && !g->dry ? domain_set(g->ad, &d, e) : rc;
}

/* Somebody else may take it up, or remove it, between the look and the change: then it is looked at again, once. */
static enum rc agree(struct running *g, enum roster_outcome *out, struct err *e)
{
    enum rc rc = RC_OK;

    for (int i = 0; i < 2; i++) {
        struct domain_entry there;
        bool known;

        rc = domain_get(g->ad, g->wish.d.domain, &there, e);
        known = rc == RC_OK;
        if (rc == RC_OK)
            rc = change(g, &there.is, out, e);
        else if (rc == RC_NOTFOUND)
            rc = add(g, out, e);
        domain_entry_free(&there);
        if (rc != (known ? RC_NOTFOUND : RC_EXISTS))
            return rc;
    }
    return rc;
}

static void one(struct running *g, uint32_t row, struct domain_result *out)
{
    const struct row *at = &g->r->row[row];
    struct err e;
    enum rc rc;

    g->why[0] = 0;
    *out = (struct domain_result){
        .line = at->line, .domain = rows_cell(g->r, row, DOMAIN_NAME), .why = g->why, .outcome = ROSTER_REFUSED};
    if (at->same_as) {
        snprintf(g->why, sizeof g->why, "line %u has that domain already", (unsigned)at->same_as);
        return;
    }
    rc = domain_wish(g->r, row, &g->wish, &e);
    if (rc == RC_OK)
        rc = agree(g, &out->outcome, &e);
    if (rc == RC_OK)
        return;
    out->outcome = roster_failure(rc);
    snprintf(g->why, sizeof g->why, "%s", e.log);
}

void domain_roster_run(struct admin *ad, const struct rows *r, bool dry, domain_told told, void *ctx)
{
    struct running g = {.ad = ad, .r = r, .dry = dry};
    struct domain_result result;
    bool stopped = false;
    unsigned in_a_row = 0;

    for (uint32_t row = 0; row < r->n; row++) {
        const char *untried = roster_untried(stopped, in_a_row);

        if (untried)
            result = (struct domain_result){ROSTER_UNTRIED, r->row[row].line, rows_cell(r, row, DOMAIN_NAME), untried};
        else
            one(&g, row, &result);
        if (result.outcome == ROSTER_FAILED)
            in_a_row++;
        else if (result.outcome != ROSTER_UNTRIED)
            in_a_row = 0;
        stopped = !told(&result, ctx) || stopped;
    }
}
