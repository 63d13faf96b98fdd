/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/account_add.c - an account comes into being. See admin/accounts.h.
 *
 * Steps    the wish is checked and prepared -> address free -> mailbox number reserved -> key pair in a slot -> trial certificate -> mailbox made ->
 *          entry made. Up to "mailbox made" nothing is left behind by a failure; when the entry cannot be made the mailbox is taken away again.
 */
#include "admin/account_texts.h"
#include "admin/accounts.h"
#include "admin/domains.h"
#include "admin/numbers.h"
#include "directory/holder.h"
#include <string.h>

struct adding {
    const struct account_wish *w;
    char address[ADDRESS_ROOM], numbers[4][NUMBER_ROOM];
    struct span domain;
    struct dird_account a;
    struct account_texts texts;
    struct buf password, slots, cert; /* password: secret */
};

/* ---- the wish, in the form that is kept ---- */
static enum rc check(struct admin *ad, struct adding *n, struct err *e)
{
    struct span about = SPAN_NULL;
    enum account_fault fault = account_wish_fault(n->w, &about);

    (void)ad;
    if (fault != ACCOUNT_RIGHT)
        return account_refuse(fault, about, e);
    (void)address_normal(n->w->address, n->address, &n->domain); /* it was found right */
    n->a.address = span_str(n->address);
    return RC_OK;
}

static enum rc check_password(struct admin *ad, struct adding *n, struct err *e)
{
    enum rc rc = password_fits(n->w->password, n->a.address, n->w->password_min, e);

    (void)ad;
    if (rc == RC_OK)
        rc = password_normal(n->w->password, &n->password, e);
    n->a.password = buf_span(&n->password);
    return rc;
}

/* given and sn, when they were not told: the name's parts; an organisation has a name alone. */
static void split(const struct account_wish *w, struct span *given_out, struct span *sn_out)
{
    name_split(w->name, given_out, sn_out);
    if (w->type != DT_PER && w->type != DT_CAB) {
        *given_out = SPAN_NULL;
        *sn_out = span_trim(w->name);
    }
    *given_out = w->given.p ? w->given : *given_out;
    *sn_out = w->sn.p ? w->sn : *sn_out;
}

static enum rc prepare_texts(struct adding *n, struct err *e)
{
    const struct account_wish *w = n->w;
    struct span given, sn;

    split(w, &given, &sn);
    const struct account_text list[] = {{"the name", span_trim(w->name), &n->a.name},
                                        {"the given name", given, &n->a.given},
                                        {"the family name", sn, &n->a.sn},
                                        {"the profession", w->profession, &n->a.profession},
                                        {"the specialty", w->specialty, &n->a.specialty},
                                        {"the service", w->service, &n->a.service},
                                        {"the civility", w->civility, &n->a.civility},
                                        {"the description", w->description, &n->a.description},
                                        {"the town", span_trim(w->town), &n->a.town},
                                        {"the structure's name", span_trim(w->structure_name), &n->a.structure_name},
                                        {"the person responsible", w->responsible, &n->a.responsible}};
    return account_texts_prepare(&n->texts, list, sizeof list / sizeof *list, e);
}

/* What nobody said of this account, its domain may say of its new ones. One that is not served here is refused later. */
static enum rc as_domain_says(struct admin *ad, struct adding *n, struct err *e)
{
    const struct account_wish *w = n->w;
    struct domain_entry d;
    enum rc rc;

    if (!w->quota_default && !w->sign_default && !w->red_list_default)
        return RC_OK;
    rc = domain_get(ad, n->domain, &d, e);
    if (rc == RC_OK && w->quota_default && d.is.own_quota)
        n->a.quota = d.is.quota;
    if (rc == RC_OK && w->sign_default && d.is.sign != SIGN_UNSAID)
        n->a.flags = (n->a.flags & ~(uint32_t)DF_SIGN) | (d.is.sign == SIGN_ALWAYS ? DF_SIGN : 0);
    if (rc == RC_OK && w->red_list_default && d.is.red_list)
        n->a.flags |= DF_RED_LIST;
    domain_entry_free(&d);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc prepare(struct admin *ad, struct adding *n, struct err *e)
{
    const struct account_wish *w = n->w;
    enum rc rc = prepare_texts(n, e);

    n->a.type = w->type;
    n->a.rpps = number_normal(w->rpps, n->numbers[0]);
    n->a.adeli = number_normal(w->adeli, n->numbers[1]);
    n->a.structure = number_normal(w->structure, n->numbers[2]);
    n->a.telephone = telephone_normal(w->telephone, n->numbers[3]);
    n->a.rank = w->rank;
    n->a.paperless = w->paperless;
    n->a.quota = w->quota;
    n->a.code_until =
        w->strict ? 0 : w->code_until; /* a strict mailbox's password wraps its key: dird could not change it alone */
    n->a.most = w->most;
    n->a.state = w->suspended ? DA_SUSPENDED : w->pending ? DA_PENDING : DA_ACTIVE;
    n->a.flags = (w->sign ? DF_SIGN : 0) | (w->strict ? DF_STRICT : 0) | (w->red_list ? DF_RED_LIST : 0);
    n->a.aliases = account_aliases_join(&n->texts, w->aliases, w->n_aliases);
    return rc == RC_OK ? as_domain_says(ad, n, e) : rc;
}

/* ---- the steps ---- */
/* Whoever held it may have it again once nothing of the mailbox is left; dird looks at that as well. */
static enum rc of_closed(const struct adding *n, const struct dird_lookup_rep *rep, struct err *e)
{
    if (rep->mbx != 0)
        return err_cause(e, RC_EXISTS, CAUSE_ADDRESS_CLOSED,
                         "%s is of a closed account: pli account reopen %.*s gives it back, and nobody else gets it",
                         n->address, SPAN_ARG(rep->address));
    if (holder_same(rep->pub, rep->address, &n->a))
        return RC_OK;
    return err_cause(e, RC_EXISTS, CAUSE_ADDRESS_CLOSED,
                     "%s was closed for good, and is never given to another holder: choose another address",
                     n->address);
}

static enum rc is_free(const struct adding *n, const struct dird_lookup_rep *rep, struct err *e)
{
    if (rep->kind == DK_NOT_LOCAL)
        return err_set(e, RC_PERM, "%.*s is not a domain of this instance", SPAN_ARG(n->domain));
    if (rep->kind == DK_CLOSED)
        return of_closed(n, rep, e);
    /* a sub-address "name+x" resolves to name: only the very address counts */
    if (rep->kind != DK_UNKNOWN &&
        (rep->address.n == 0 || span_ieq(rep->address, n->a.address) || rep->kind == DK_GROUP))
        return err_set(e, RC_EXISTS, "%s is there already", n->address);
    return RC_OK;
}

static enum rc address_free(struct admin *ad, struct adding *n, struct err *e)
{
    struct dird_lookup_rep rep = {0};
    struct buf mem = BUF_INIT;
    enum rc rc = dir_lookup(ad->dir, n->a.address, &rep, &mem, e);

    if (rc == RC_OK)
        rc = is_free(n, &rep, e);
    buf_free(&mem);
    return rc;
}

/* An administrator of some accounts hears that this is none of hers before anything is made. */
static enum rc may(struct admin *ad, struct adding *n, struct err *e)
{
    struct dird_account bare = n->a;

    bare.password = SPAN_NULL;
    if (ad->acting.n > 0 && !n->w->quota_default)
        return err_cause(e, RC_PERM, CAUSE_OUT_OF_SCOPE, "how much a mailbox may take is the operator's to say");
    return admin_may(ad, DIRD_ACCOUNT_ADD, &bare, e);
}

static enum rc reserve(struct admin *ad, struct adding *n, struct err *e)
{
    struct store_mbx_msg box = {0};
    enum rc rc = store_call(ad->store, STORE_BOX_RESERVE, NULL, -1, &box, e);

    n->a.mbx = box.mbx;
    return rc;
}

static enum rc make_keys(struct admin *ad, struct adding *n, struct err *e)
{
    struct keyd_issue_req issue = {KEYD_ISSUE_SMIME, n->w->algorithm, 0, n->a.address, n->a.name, n->a.aliases};
    struct buf slot = BUF_INIT;
    enum rc rc = keyd_box_new(ad->keyd, n->a.mbx, n->w->strict ? SLOT_PASSWORD : SLOT_KEYD,
                              n->w->strict ? n->a.password : SPAN_NULL, n->a.pub, &n->slots, e);

    if (rc == RC_OK && (n->a.flags & DF_SIGN))
        rc = keyd_issue_trial(ad->keyd, &issue, &n->cert, &slot, NULL, e);
    if (rc == RC_OK && slot.n)
        buf_addspan(&n->slots, buf_span(&slot));
    n->a.cert_der = buf_span(&n->cert);
    buf_free(&slot);
    return rc;
}

static enum rc make_box(struct admin *ad, struct adding *n, struct err *e)
{
    struct store_box_create_req rq = {
        .mbx = n->a.mbx, .slots = buf_span(&n->slots), .quota = n->a.quota, .most = n->a.most};

    memcpy(rq.pub, n->a.pub, SEAL_PUB);
    return store_call(ad->store, STORE_BOX_CREATE, &rq, -1, NULL, e);
}

static bool entry_is_ours(struct admin *ad, const struct adding *n)
{
    struct dird_address_req rq = {n->a.address};
    struct dird_account there = {0};
    struct buf mem = BUF_INIT;
    struct err ignored;
    bool ours = dir_call_in(ad->dir, DIRD_ACCOUNT_GET, &rq, &there, &mem, &ignored) == RC_OK && there.mbx == n->a.mbx;

    buf_free(&mem);
    return ours;
}

/* The directory may have made the entry and gone away before it said so, or make it yet: then it is there, with our mailbox. So that
 * is taken away again only when the answer is a no; a mailbox that nobody names costs a record. */
static enum rc make_entry(struct admin *ad, struct adding *n, struct err *e)
{
    struct store_mbx_msg box = {n->a.mbx};
    struct err ignored;
    enum rc rc = dir_call(ad->dir, DIRD_ACCOUNT_ADD, &n->a, NULL, e);

    if (rc == RC_TEMP && entry_is_ours(ad, n))
        return RC_OK;
    if (rc != RC_OK && rc != RC_TEMP)
        (void)store_call(ad->store, STORE_BOX_DELETE, &box, -1, NULL, &ignored);
    return rc;
}

static enum rc (*const steps[])(struct admin *ad, struct adding *n, struct err *e) = {
    check, check_password, prepare, may, address_free, reserve, make_keys, make_box, make_entry};

/* What the caller is told has memory of its own, and holds no password. */
static enum rc tell(const struct adding *n, struct account_made *out, struct err *e)
{
    struct dird_account a = n->a;
    struct span rest;

    a.password = SPAN_NULL;
    ipc_list_add(&out->account.mem, dird_account_f, &a);
    rest = buf_span(&out->account.mem);
    return ipc_list_next(&rest, dird_account_f, &out->account.is, e);
}

static void adding_free(struct adding *n)
{
    account_texts_free(&n->texts);
    buf_free(&n->password);
    buf_free(&n->slots);
    buf_free(&n->cert);
}

enum rc account_add(struct admin *ad, const struct account_wish *w, struct account_made *out, struct err *e)
{
    struct adding n = {.w = w, .password = BUF_SECRET_INIT};
    enum rc rc = RC_OK;

    *out = (struct account_made){.mbx = 0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps && rc == RC_OK; i++)
        rc = steps[i](ad, &n, e);
    out->mbx = n.a.mbx;
    if (rc == RC_OK)
        rc = tell(&n, out, e);
    adding_free(&n);
    return rc;
}

enum rc account_add_would(struct admin *ad, const struct account_wish *w, struct err *e)
{
    struct adding n = {.w = w, .password = BUF_SECRET_INIT};
    enum rc rc = check(ad, &n, e);

    if (rc == RC_OK)
        rc = prepare(ad, &n, e);
    if (rc == RC_OK)
        rc = may(ad, &n, e);
    if (rc == RC_OK)
        rc = address_free(ad, &n, e);
    adding_free(&n);
    return rc;
}

void account_made_free(struct account_made *m)
{
    account_free(&m->account);
}
