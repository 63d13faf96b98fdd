/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/policy.c - see admin/policy.h. */
#include "admin/policy.h"
#include "admin/accounts.h"
#include "admin/lists.h"
#include "admin/white_list.h"
#include "base/idn.h"
#include "policies/causes.h"
#include "policies/identifiers.h"
#include "policies/trust.h"
#include "proto/smtp/path.h"
#include <stdio.h>

/* ---- addresses ---- */
/* *a becomes the one spelling of it, in out. */
static enum rc one_spelling(struct span *a, char out[SMTP_PATH_MAX], struct err *e)
{
    struct buf path = BUF_INIT;
    struct smtp_path p;
    size_t used = 0;
    bool ok;

    buf_addf(&path, "<%.*s>", SPAN_ARG(span_head(*a, 400)));
    ok = smtp_path(buf_span(&path), PATH_FORWARD, &p, &used, e) == RC_OK && used == path.n && p.domain.n > 0 &&
         !p.literal && idn_address(*a, out, SMTP_PATH_MAX);
    buf_free(&path);
    if (!ok)
        return err_set(e, RC_SYNTAX, "%.*s is no mail address", SPAN_ARG(span_head_text(*a, 100)));
    *a = span_str(out);
    return RC_OK;
}

/* ---- who is it? ---- */
static enum rc elsewhere(struct admin *ad, struct policy_side *side, struct err *e)
{
    enum dird_trusted answer;
    enum rc rc = dir_trust(ad->dir, span_str(side->domain), SPAN_NULL, &answer, e);

    if (rc == RC_OK) {
        side->party = answer == DTR_YES ? PARTY_LISTED : PARTY_UNLISTED;
        side->cause = answer == DTR_YES ? CAUSE_NONE : CAUSE_UNKNOWN_DOMAIN;
        return RC_OK;
    }
    if (e->cause != CAUSE_LIST_STALE && e->cause != CAUSE_LIST_MISSING)
        return rc;
    side->party = PARTY_UNSURE;
    side->cause = e->cause;
    return RC_OK;
}

enum side { AS_SENDER, AS_RECIPIENT };
static const struct {
    enum dird_kind kind;
    enum policy_party party;
    enum cause cause[2]; /* enum side */
} kinds[] = {{DK_MAILBOX, PARTY_ACCOUNT, {CAUSE_NONE, CAUSE_NONE}},
             {DK_DISABLED, PARTY_DISABLED, {CAUSE_AUTH_DISABLED, CAUSE_DISABLED_RCPT}},
             {DK_CLOSED, PARTY_CLOSED, {CAUSE_AUTH_DISABLED, CAUSE_CLOSED_RCPT}},
             {DK_GROUP, PARTY_LIST, {CAUSE_SENDER_NOT_HELD, CAUSE_NONE}},
             {DK_UNKNOWN, PARTY_NO_ACCOUNT, {CAUSE_SENDER_NOT_HELD, CAUSE_UNKNOWN_RCPT}}};

static void judge(enum dird_kind kind, enum side as, struct policy_side *side)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind) {
            side->party = kinds[i].party;
            side->cause = kinds[i].cause[as];
        }
}

static enum rc look_up(struct admin *ad, struct span address, enum side as, struct policy_side *side, uint64_t *mbx_out,
                       struct err *e)
{
    struct dird_lookup_rep who = {0};
    struct buf mem = BUF_INIT;
    enum rc rc = dir_lookup(ad->dir, address, &who, &mem, e);

    if (!trust_domain_normal(smtp_domain_of(address), side->domain))
        side->domain[0] = 0;
    if (rc == RC_NOTFOUND || (rc == RC_OK && as == AS_SENDER && (who.flags & (DF_CATCH_ALL | DF_POSTMASTER)))) {
        who = (struct dird_lookup_rep){
            .kind = DK_UNKNOWN}; /* mail to an address that nobody has may go somewhere; none comes from it */
        rc = RC_OK;
    }
    side->type = who.type;
    *mbx_out = who.mbx;
    snprintf(side->account, sizeof side->account, "%.*s", SPAN_ARG(who.address));
    buf_free(&mem);
    if (rc != RC_OK)
        return rc;
    if (who.kind == DK_NOT_LOCAL)
        return elsewhere(ad, side, e);
    judge((enum dird_kind)who.kind, as, side);
    if (who.flags & DF_DOMAIN_OFF)
        side->cause = as == AS_SENDER ? CAUSE_AUTH_DOMAIN : CAUSE_DOMAIN_OFF;
    return RC_OK;
}

static enum rc sender(struct admin *ad, const struct policy_ask *a, struct policy_told *t, struct err *e)
{
    uint64_t mbx;
    enum rc rc;

    if (a->from.n == 0) {
        t->from.party = PARTY_NULL;
        return RC_OK;
    }
    rc = look_up(ad, a->from, AS_SENDER, &t->from, &mbx, e);
    t->submission = t->from.party >= PARTY_ACCOUNT && t->from.party <= PARTY_LIST;
    return rc;
}

/* ---- the recipient ---- */
static enum rc room(struct admin *ad, uint64_t mbx, const struct policy_ask *a, struct policy_told *t, struct err *e)
{
    struct account_mailbox box;
    enum rc rc = account_mailbox(ad, mbx, &box, e);

    if (rc != RC_OK)
        return rc;
    t->used = box.used;
    t->quota = box.quota;
    if (box.quota > 0 && box.used + a->size > box.quota)
        t->to.cause = CAUSE_QUOTA;
    return RC_OK;
}

static enum rc list(struct admin *ad, const struct policy_ask *a, struct policy_told *t, struct err *e)
{
    enum rc rc = list_may_post(ad, a->to, t->submission ? span_str(t->from.account) : SPAN_NULL, a->from, e);

    if (rc != RC_OK && e->cause != CAUSE_LIST_POST && e->cause != CAUSE_LIST_PROBLEM)
        return rc;
    t->to.cause = rc == RC_OK ? CAUSE_NONE : e->cause;
    return RC_OK;
}

static bool elsewhere_is(enum policy_party p)
{
    return p == PARTY_LISTED || p == PARTY_UNLISTED || p == PARTY_UNSURE;
}

static enum cause patient(const struct policy_ask *a, const struct policy_settings *s)
{
    struct span domain = smtp_domain_of(a->to);

    if (a->size > s->citizen_max)
        return CAUSE_CITIZEN_SIZE;
    return s->citizen_refuse && !ins_ok(span_head(a->to, a->to.n - domain.n - 1)) ? CAUSE_CITIZEN_ADDRESS : CAUSE_NONE;
}

static enum rc recipient(struct admin *ad, const struct policy_ask *a, const struct policy_settings *s,
                         struct policy_told *t, struct err *e)
{
    uint64_t mbx = 0;
    enum cause of_patient;
    enum rc rc = look_up(ad, a->to, AS_RECIPIENT, &t->to, &mbx, e);

    if (rc == RC_OK && t->to.party == PARTY_ACCOUNT)
        rc = room(ad, mbx, a, t, e);
    if (rc == RC_OK && t->to.party == PARTY_LIST && t->to.cause != CAUSE_DOMAIN_OFF)
        rc = list(ad, a, t, e);
    if (rc != RC_OK)
        return rc;
    if (!t->submission && elsewhere_is(t->to.party))
        t->to.cause = CAUSE_NOT_LOCAL;
    t->patient = s->citizens[0] && span_ieq_str(smtp_domain_of(a->to), s->citizens);
    of_patient = t->submission && t->patient ? patient(a, s) : CAUSE_NONE;
    if (of_patient != CAUSE_NONE) /* it is looked at before the list */
        t->to.cause = of_patient;
    return RC_OK;
}

/* ---- what the domain of a sender allows (decision 0056) ---- */
static enum cause allowed(const struct dird_may_rep *may, const struct policy_ask *a, const struct policy_told *t)
{
    if (may->inside && elsewhere_is(t->to.party))
        return CAUSE_DOMAIN_INSIDE;
    return may->max_message > 0 && a->size > may->max_message ? CAUSE_DOMAIN_SIZE : CAUSE_NONE;
}

static enum rc domain_allows(struct admin *ad, const struct policy_ask *a, struct policy_told *t, struct err *e)
{
    struct dird_may_rep may;
    enum cause c;
    enum rc rc;

    if (!t->submission || t->from.cause != CAUSE_NONE)
        return RC_OK;
    rc = dir_may_send(ad->dir, span_str(t->from.account), a->from, &may, e);
    if (rc != RC_OK)
        return rc == RC_DENIED ? RC_OK : rc; /* it was suspended a moment ago */
    t->max_message = may.max_message;
    c = allowed(&may, a, t);
    if (c == CAUSE_DOMAIN_SIZE)
        t->size_cause = c;
    else if (c != CAUSE_NONE && t->to.cause != CAUSE_CITIZEN_SIZE && t->to.cause != CAUSE_CITIZEN_ADDRESS)
        t->to.cause = c;
    return RC_OK;
}

/* ---- the author ---- */
struct speaks {
    struct admin *ad;
    struct span domain;
    bool found;
};

static enum rc speaks_too(struct span dn, bool listed, void *ctx, struct err *e)
{
    struct speaks *k = ctx;
    enum dird_trusted answer;
    enum rc rc = dir_trust(k->ad->dir, k->domain, dn, &answer, e);

    (void)listed;
    k->found = k->found || (rc == RC_OK && answer == DTR_YES);
    return rc;
}

/* Is there a certificate that may bring mail of both domains? */
static enum rc of_operator(struct admin *ad, struct span author, struct policy_told *t, struct err *e)
{
    struct speaks k = {.ad = ad, .domain = smtp_domain_of(author)};
    enum rc rc;

    if (t->from.party == PARTY_NULL) { /* any operator of the list, so any that is listed for the author */
        enum dird_trusted answer;
        rc = dir_trust(ad->dir, k.domain, SPAN_NULL, &answer, e);
        k.found = rc == RC_OK && answer == DTR_YES;
    } else {
        rc = policy_names(ad, t->from.domain, speaks_too, &k, e);
    }
    if (rc == RC_OK && !k.found)
        t->author_cause = CAUSE_FROM_OPERATOR;
    return rc;
}

static enum rc author(struct admin *ad, const struct policy_ask *a, const struct policy_settings *s, struct span one,
                      struct policy_told *t, struct err *e)
{
    char spelled[SMTP_PATH_MAX];
    struct dird_may_rep may;
    enum rc rc = RC_OK;

    if (idn_address(one, spelled, sizeof spelled))
        one = span_str(spelled);
    if (t->submission) {
        rc = dir_may_send(ad->dir, span_str(t->from.account), one, &may, e);
        if (rc != RC_OK && rc != RC_DENIED && rc != RC_NOTFOUND && rc != RC_SYNTAX)
            return rc;
        t->author_cause = rc == RC_OK ? allowed(&may, a, t) : CAUSE_FROM_MISMATCH;
        return RC_OK;
    }
    if (s->from == POLICY_FROM_OFF)
        return RC_OK;
    if (s->from == POLICY_FROM_DOMAIN && a->from.n > 0) {
        t->author_cause = span_ieq(smtp_domain_of(one), smtp_domain_of(a->from)) ? CAUSE_NONE : CAUSE_FROM_OPERATOR;
        return RC_OK;
    }
    return of_operator(ad, one, t, e);
}

static enum rc authors(struct admin *ad, const struct policy_ask *a, const struct policy_settings *s,
                       struct policy_told *t, struct err *e)
{
    enum rc rc = RC_OK;

    if (t->from.cause != CAUSE_NONE)
        return RC_OK; /* it never comes to the message */
    for (size_t i = 0; rc == RC_OK && i < a->n_authors && t->author_cause == CAUSE_NONE; i++) {
        t->author = i;
        rc = author(ad, a, s, a->authors[i], t, e);
    }
    return rc;
}

/* ---- all of it ---- */
static void conclude(struct policy_told *t)
{
    const enum cause in_order[] = {t->size_cause, t->from.cause, t->to.cause, t->author_cause};

    for (size_t i = 0; i < sizeof in_order / sizeof *in_order && t->cause == CAUSE_NONE; i++)
        t->cause = in_order[i];
    if (t->cause != CAUSE_NONE)
        t->end = cause_row(t->cause)->code / 100 == 4 ? POLICY_WAITS : POLICY_REFUSED;
    else
        t->end = elsewhere_is(t->to.party) ? POLICY_QUEUED : POLICY_DELIVERED;
}

enum rc policy_explain(struct admin *ad, const struct policy_ask *a, const struct policy_settings *s,
                       struct policy_told *out, struct err *e)
{
    struct policy_told t = {0};
    struct policy_ask as = *a;
    char from[SMTP_PATH_MAX], to[SMTP_PATH_MAX];
    enum rc rc = a->from.n > 0 ? one_spelling(&as.from, from, e) : RC_OK;

    if (rc == RC_OK)
        rc = one_spelling(&as.to, to, e);
    if (rc == RC_OK)
        rc = sender(ad, &as, &t, e);
    if (rc == RC_OK)
        rc = recipient(ad, &as, s, &t, e);
    if (rc == RC_OK)
        rc = domain_allows(ad, &as, &t, e);
    if (rc == RC_OK)
        rc = authors(ad, &as, s, &t, e);
    if (rc != RC_OK)
        return rc;
    if (a->size > s->max_message)
        t.size_cause = CAUSE_TOO_BIG;
    conclude(&t);
    *out = t;
    return RC_OK;
}

/* ---- names ---- */
struct only {
    struct span domain;
    policy_see see;
    void *ctx;
};

static enum rc one_entry(const struct dird_trust_entry *t, void *ctx, struct err *e)
{
    const struct only *o = ctx;

    return span_eq(t->domain, o->domain) ? o->see(t->dn, false, o->ctx, e) : RC_OK;
}

static enum rc each_listed(const struct trust_index *x, const struct only *o, struct err *e)
{
    struct index_entry t;
    size_t first, n;
    enum rc rc = RC_OK;

    if (!index_find(x, o->domain, &first, &n))
        return RC_OK;
    for (size_t i = 0; rc == RC_OK && i < n && index_entry(x, first + i, &t); i++)
        rc = o->see(t.dn, true, o->ctx, e);
    return rc;
}

enum rc policy_names(struct admin *ad, const char *domain, policy_see see, void *ctx, struct err *e)
{
    struct only o = {span_str(domain), see, ctx};
    struct trust_index *x = NULL;
    struct trustd_index_rep in_use;
    enum rc rc = trust_each(ad, one_entry, &o, e);

    if (rc == RC_OK)
        rc = white_list_in_use(ad, &in_use, &x, e);
    if (rc == RC_OK && x)
        rc = each_listed(x, &o, e);
    index_close(&x);
    return rc;
}
