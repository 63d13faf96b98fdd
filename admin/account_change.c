/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/account_change.c - an account changed. See admin/accounts.h.
 *
 * Steps    of a change: can it sign (asked only when it shall from now on) -> the store's quota, and \Seen -> the directory's entry, in one request -> with new
 *          aliases, a certificate that names them.
 * Rule     the entry is sent with the bits of those fields that are changed: what somebody else changes meanwhile stays.
 */
#include "admin/account_texts.h"
#include "admin/accounts.h"
#include "admin/certificates.h"
#include "admin/numbers.h"

/* A text, where the change and the account have it, and the bit that tells dird so. */
static const struct {
    uint32_t change;
    size_t from, to;
    uint32_t what;
    const char *name;
} texts[] = {
    {CHANGE_NAME, offsetof(struct account_change, name), offsetof(struct dird_account, name), DS_NAME, "the name"},
    {CHANGE_SERVICE, offsetof(struct account_change, service), offsetof(struct dird_account, service), DS_SERVICE,
     "the service"},
    {CHANGE_RESPONSIBLE, offsetof(struct account_change, responsible), offsetof(struct dird_account, responsible),
     DS_RESPONSIBLE, "the person responsible"},
    {CHANGE_PROFESSION, offsetof(struct account_change, profession), offsetof(struct dird_account, profession),
     DS_PROFESSION, "the profession"},
    {CHANGE_SPECIALTY, offsetof(struct account_change, specialty), offsetof(struct dird_account, specialty),
     DS_SPECIALTY, "the specialty"},
    {CHANGE_CIVILITY, offsetof(struct account_change, civility), offsetof(struct dird_account, civility), DS_CIVILITY,
     "the civility"},
    {CHANGE_DESCRIPTION, offsetof(struct account_change, description), offsetof(struct dird_account, description),
     DS_DESCRIPTION, "the description"},
    {CHANGE_TOWN, offsetof(struct account_change, town), offsetof(struct dird_account, town), DS_TOWN, "the town"},
    {CHANGE_STRUCTURE_NAME, offsetof(struct account_change, structure_name),
     offsetof(struct dird_account, structure_name), DS_STRUCTURE_NAME, "the structure's name"},
};
enum { TEXTS = sizeof texts / sizeof *texts };

struct changing {
    const struct account_change *ch;
    struct dird_account *a;
    struct account_texts texts;
    char numbers[3][NUMBER_ROOM];
    uint32_t what; /* DS_ bits */
};

/* ---- the change, laid into the account ---- */
static enum rc lay_texts(struct changing *n, struct err *e)
{
    struct account_text list[TEXTS];
    size_t used = 0;

    for (size_t i = 0; i < TEXTS; i++) {
        if (!(n->ch->what & texts[i].change))
            continue;
        list[used++] =
            (struct account_text){texts[i].name, span_trim(*(const struct span *)((const char *)n->ch + texts[i].from)),
                                  (struct span *)((char *)n->a + texts[i].to)};
        n->what |= texts[i].what;
    }
    return account_texts_prepare(&n->texts, list, used, e);
}

static void lay_name_parts(struct changing *n)
{
    if (!(n->what & DS_NAME))
        return;
    name_split(n->a->name, &n->a->given, &n->a->sn);
    if (n->a->type != DT_PER && n->a->type != DT_CAB) {
        n->a->given = SPAN_NULL;
        n->a->sn = n->a->name;
    }
}

static void lay_flag(struct changing *n, uint32_t change, bool on, uint32_t flag)
{
    if (!(n->ch->what & change))
        return;
    n->a->flags = on ? n->a->flags | flag : n->a->flags & ~flag;
    n->what |= DS_FLAGS;
}

static void lay_numbers(struct changing *n)
{
    const struct account_change *ch = n->ch;
    const struct {
        uint32_t change, what;
        struct span from, *to;
    } rows[] = {{CHANGE_RPPS, DS_RPPS, number_normal(ch->rpps, n->numbers[0]), &n->a->rpps},
                {CHANGE_ADELI, DS_ADELI, number_normal(ch->adeli, n->numbers[1]), &n->a->adeli},
                {CHANGE_TELEPHONE, DS_TELEPHONE, telephone_normal(ch->telephone, n->numbers[2]), &n->a->telephone}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ch->what & rows[i].change) {
            *rows[i].to = rows[i].from;
            n->what |= rows[i].what;
        }
    if (ch->what & CHANGE_RANK) {
        n->a->rank = ch->rank;
        n->what |= DS_RANK;
    }
    if (ch->what & CHANGE_PAPERLESS) {
        n->a->paperless = ch->paperless;
        n->what |= DS_PAPERLESS;
    }
}

static void lay_rest(struct changing *n)
{
    const struct account_change *ch = n->ch;

    if (ch->what & (CHANGE_ALIASES | CHANGE_ALIAS_ADD | CHANGE_ALIAS_REMOVE)) {
        n->a->aliases = account_aliases_join(&n->texts, ch->aliases, ch->n_aliases);
        n->what |= ch->what & CHANGE_ALIAS_ADD      ? DS_ALIAS_ADD
                   : ch->what & CHANGE_ALIAS_REMOVE ? DS_ALIAS_REMOVE
                                                    : DS_ALIASES;
    }
    if (ch->what & CHANGE_QUOTA) {
        n->a->quota = ch->quota;
        n->what |= DS_QUOTA;
    }
    if (ch->what & CHANGE_MOST) {
        n->a->most = ch->most;
        n->what |= DS_MOST;
    }
    lay_flag(n, CHANGE_SIGN, ch->sign, DF_SIGN);
    lay_flag(n, CHANGE_RED_LIST, ch->red_list, DF_RED_LIST);
}

static enum rc lay(struct admin *ad, struct changing *n, struct err *e)
{
    struct span about;
    enum account_fault fault = account_change_fault(n->ch, &about);
    enum rc rc;

    (void)ad;
    if (account_not_closed(n->a, e) != RC_OK)
        return e->rc;
    if (fault != ACCOUNT_RIGHT)
        return account_refuse(fault, about, e);
    rc = lay_texts(n, e);
    if (rc == RC_OK) {
        lay_name_parts(n);
        lay_numbers(n);
        lay_rest(n);
    }
    return rc;
}

/* ---- the steps ---- */
static enum rc may(struct admin *ad, struct changing *n, struct err *e)
{
    struct buf rec = BUF_INIT;
    struct dird_account bare = *n->a;
    enum rc rc;

    if (ad->acting.n == 0)
        return RC_OK;
    bare.cert_der = bare.password = SPAN_NULL;
    ipc_list_add(&rec, dird_account_f, &bare);
    rc = admin_may(ad, DIRD_ACCOUNT_SET, &(struct dird_set_req){n->what, buf_span(&rec)}, e);
    buf_free(&rec);
    return rc;
}

/* A signing account needs a certificate: one that was made without never has one. */
static enum rc can_sign(struct admin *ad, struct changing *n, struct err *e)
{
    struct account_mailbox box;
    enum rc rc;

    if (!(n->ch->what & CHANGE_SIGN) || !n->ch->sign)
        return RC_OK;
    rc = account_mailbox(ad, n->a->mbx, &box, e);
    if (rc == RC_OK && !box.can_sign)
        rc = err_set(e, RC_PERM, "%.*s has no certificate: pli cert issue-trial %.*s gives it one",
                     SPAN_ARG(n->a->address), SPAN_ARG(n->a->address));
    return rc;
}

static enum rc set_box(struct admin *ad, struct changing *n, struct err *e)
{
    struct store_box_set_req rq = {
        .mbx = n->a->mbx, .quota = n->a->quota, .most = n->a->most, .seen_each = n->ch->seen_each};

    rq.what = (n->what & DS_QUOTA ? BOX_SET_QUOTA : 0) | (n->what & DS_MOST ? BOX_SET_MOST : 0) |
              (n->ch->what & CHANGE_SEEN ? BOX_SET_SEEN : 0);
    return rq.what ? store_call(ad->store, STORE_BOX_SET, &rq, -1, NULL, e) : RC_OK;
}

static enum rc set_entry(struct admin *ad, struct changing *n, struct err *e)
{
    struct dird_account bare = *n->a;

    bare.cert_der = bare.password = SPAN_NULL; /* neither is changed here, and a record has room for so much */
    return n->what ? dir_account_set(ad->dir, n->what, &bare, e) : RC_OK;
}

/* Mail may be sent from an alias, so the certificate names it (RFC 8550 3): when they change it is issued anew. */
static enum rc renew_certificate(struct admin *ad, struct changing *n, struct err *e)
{
    struct account_mailbox box = {.can_sign = false};
    struct cert_info info;
    enum rc rc =
        n->what & (DS_ALIASES | DS_ALIAS_ADD | DS_ALIAS_REMOVE) ? account_mailbox(ad, n->a->mbx, &box, e) : RC_OK;

    return rc == RC_OK && box.can_sign ? certificate_issue(ad, n->a->address, CERTIFICATE_AS_IT_WAS, &info, e) : rc;
}

static enum rc (*const steps[])(struct admin *ad, struct changing *n,
                                struct err *e) = {lay, may, can_sign, set_box, set_entry, renew_certificate};

enum rc account_change(struct admin *ad, const struct account *a, const struct account_change *ch, struct err *e)
{
    struct dird_account as = a->is; /* the caller's stays as it was read: the new texts live here alone */
    struct changing n = {.ch = ch, .a = &as};
    enum rc rc = RC_OK;

    for (size_t i = 0; i < sizeof steps / sizeof *steps && rc == RC_OK; i++)
        rc = steps[i](ad, &n, e);
    account_texts_free(&n.texts);
    return rc;
}

enum rc account_change_would(struct admin *ad, const struct account *a, const struct account_change *ch, struct err *e)
{
    struct dird_account as = a->is;
    struct changing n = {.ch = ch, .a = &as};
    enum rc rc = lay(ad, &n, e);

    if (rc == RC_OK)
        rc = may(ad, &n, e);
    account_texts_free(&n.texts);
    return rc;
}
