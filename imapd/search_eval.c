/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/search_eval.c - judges one message by a SEARCH program, from the facts that are known of the message. See
 * imapd/search.h. The recursion is as deep as the parser permitted (IMAP_DEPTH). */
#include "imapd/objectid.h"
#include "imapd/search.h"
#include "mime/fields.h"
#include "proto/imap/date.h"

static enum tri tri(bool yes)
{
    return yes ? TRI_YES : TRI_NO;
}

/* ---- view ---- */
static uint64_t flags_of(const struct facts *f)
{
    return f->view->flags[f->row];
}

static enum tri every(const struct imap_key *k, const struct facts *f)
{
    (void)k, (void)f;
    return TRI_YES;
}

static enum tri by_flag(const struct imap_key *k, const struct facts *f)
{
    return tri(((flags_of(f) & k->flag) != 0) == k->on);
}

static enum tri is_recent(const struct imap_key *k, const struct facts *f)
{
    (void)k;
    return tri((flags_of(f) & VF_RECENT) != 0);
}

static enum tri is_old(const struct imap_key *k, const struct facts *f)
{
    (void)k;
    return tri((flags_of(f) & VF_RECENT) == 0);
}

static enum tri is_new(const struct imap_key *k, const struct facts *f)
{
    (void)k;
    return tri((flags_of(f) & (VF_RECENT | MF_SEEN)) == VF_RECENT);
}

static enum tri by_number(const struct imap_key *k, const struct facts *f)
{
    return tri(imap_set_has(&k->set, f->row + 1));
}

static enum tri by_uid(const struct imap_key *k, const struct facts *f)
{
    return tri(imap_set_has(&k->set, f->view->uid[f->row]));
}

static enum tri by_modseq(const struct imap_key *k, const struct facts *f)
{
    return tri(f->view->modseq_of[f->row] >= (uint64_t)k->num);
}

/* ---- entry, summary ---- */
static enum tri is_larger(const struct imap_key *k, const struct facts *f)
{
    return f->entry ? tri(f->entry->size > (uint64_t)k->num) : TRI_MAYBE;
}

static enum tri is_smaller(const struct imap_key *k, const struct facts *f)
{
    return f->entry ? tri(f->entry->size < (uint64_t)k->num) : TRI_MAYBE;
}

static enum tri compare(const struct imap_key *k, int64_t day)
{
    bool before = k->op == SK_BEFORE || k->op == SK_SENTBEFORE || k->op == SK_SAVEDBEFORE,
         on = k->op == SK_ON || k->op == SK_SENTON || k->op == SK_SAVEDON;

    return tri(before ? day < k->num : on ? day == k->num : day >= k->num);
}

static enum tri by_internaldate(const struct imap_key *k, const struct facts *f)
{
    return f->entry ? compare(k, imap_day_of((int64_t)f->entry->internaldate)) : TRI_MAYBE;
}

/* What is as old as the interval is neither older nor forgotten: it is younger (RFC 5032 3). */
static enum tri by_age(const struct imap_key *k, const struct facts *f)
{
    return f->entry ? tri(((int64_t)f->entry->internaldate < k->num) == (k->op == SK_OLDER)) : TRI_MAYBE;
}

/* A message without a Date: that can be read is judged by its INTERNALDATE. */
static enum tri by_date(const struct imap_key *k, const struct facts *f)
{
    if (f->summary == NULL)
        return TRI_MAYBE;
    return compare(k, f->summary->has_date ? f->summary->local_day : imap_day_of((int64_t)f->entry->internaldate));
}

static bool field_has(const struct field *f, struct span needle)
{
    struct buf decoded = BUF_SECRET_INIT, folded = BUF_SECRET_INIT;
    bool yes;

    field_decode(f->body, &decoded);
    if (addresses_in(f->name)) /* RFC 3501 6.4.4: FROM looks into the envelope */
        addresses_add_shown(f->body, &decoded);
    text_fold(buf_span(&decoded), &folded);
    yes = span_find(buf_span(&folded), needle) >= 0;
    buf_free(&decoded);
    buf_free(&folded);
    return yes;
}

static bool header_has(struct span header, const struct imap_key *k)
{
    struct field fd;
    struct err end;

    while (field_next(&header, &fd, &end) == RC_OK)
        if (span_ieq(fd.name, k->field) && (k->text.n == 0 || field_has(&fd, k->text)))
            return true;
    return false;
}

static enum tri by_header(const struct imap_key *k, const struct facts *f)
{
    if (f->summary && f->summary->has_header)
        return tri(header_has(f->summary->header, k));
    if (f->text)
        return tri(text_has(f->text, TEXT_HEADER_FIELD, (const char *)k->field.p, k->text));
    return TRI_MAYBE;
}

static enum tri by_savedate(const struct imap_key *k, const struct facts *f)
{
    return f->entry ? compare(k, imap_day_of((int64_t)f->entry->savedate)) : TRI_MAYBE;
}

static enum tri same_id(const struct imap_key *k, struct buf *id)
{
    bool same = span_eq(buf_span(id), k->text);

    buf_free(id);
    return tri(same);
}

static enum tri by_emailid(const struct imap_key *k, const struct facts *f)
{
    struct buf id = BUF_INIT; /* open: an object id */

    if (f->entry == NULL)
        return TRI_MAYBE;
    objectid_email(f->entry, &id);
    return same_id(k, &id);
}

static enum tri by_threadid(const struct imap_key *k, const struct facts *f)
{
    struct buf id = BUF_INIT; /* open: a digest */

    if (f->summary == NULL)
        return TRI_MAYBE;
    objectid_thread(f->entry, f->summary, &id);
    return same_id(k, &id);
}

/* ---- text ---- */
static enum tri by_text(const struct imap_key *k, const struct facts *f)
{
    if (k->text.n == 0)
        return TRI_YES;
    if (f->text == NULL)
        return TRI_MAYBE;
    if (text_has(f->text, k->op == SK_BODY ? TEXT_BODY : TEXT_ANY, NULL, k->text))
        return TRI_YES;
    return tri(f->text->cut && f->in_octets && f->in_octets(f->ctx, f, k->text));
}

/* ---- the tree ---- */
/* The first NO decides an AND, the first YES decides an OR. A fact that is not known leaves the answer open (MAYBE). */
static enum tri together(const struct imap_key *k, const struct facts *f, enum tri decides)
{
    enum tri all = decides == TRI_NO ? TRI_YES : TRI_NO;

    for (const struct imap_key *c = k->child; c; c = c->next) {
        enum tri one = search_eval(c, f);

        if (one == decides)
            return decides;
        if (one == TRI_MAYBE)
            all = TRI_MAYBE;
    }
    return all;
}

static enum tri all_of(const struct imap_key *k, const struct facts *f)
{
    return together(k, f, TRI_NO);
}

static enum tri any_of(const struct imap_key *k, const struct facts *f)
{
    return together(k, f, TRI_YES);
}

static enum tri opposite(const struct imap_key *k, const struct facts *f)
{
    enum tri t = search_eval(k->child, f);

    return t == TRI_MAYBE ? t : t == TRI_YES ? TRI_NO : TRI_YES;
}

/* ---- the keys: a row and a function each ---- */
static const struct judge {
    enum tri (*eval)(const struct imap_key *k, const struct facts *f);
    enum tier tier; /* what it needs to be sure */
} judges[SK_OPS_] = {
    [SK_AND] = {all_of, TIER_VIEW},
    [SK_OR] = {any_of, TIER_VIEW},
    [SK_NOT] = {opposite, TIER_VIEW},
    [SK_ALL] = {every, TIER_VIEW},
    [SK_FLAG] = {by_flag, TIER_VIEW},
    [SK_KEYWORD] = {by_flag, TIER_VIEW},
    [SK_RECENT] = {is_recent, TIER_VIEW},
    [SK_OLD] = {is_old, TIER_VIEW},
    [SK_NEW] = {is_new, TIER_VIEW},
    [SK_SEQ] = {by_number, TIER_VIEW},
    [SK_UID] = {by_uid, TIER_VIEW},
    [SK_MODSEQ] = {by_modseq, TIER_VIEW},
    [SK_LARGER] = {is_larger, TIER_ENTRY},
    [SK_SMALLER] = {is_smaller, TIER_ENTRY},
    [SK_OLDER] = {by_age, TIER_ENTRY},
    [SK_YOUNGER] = {by_age, TIER_ENTRY},
    [SK_BEFORE] = {by_internaldate, TIER_ENTRY},
    [SK_ON] = {by_internaldate, TIER_ENTRY},
    [SK_SINCE] = {by_internaldate, TIER_ENTRY},
    [SK_SENTBEFORE] = {by_date, TIER_SUMMARY},
    [SK_SENTON] = {by_date, TIER_SUMMARY},
    [SK_SENTSINCE] = {by_date, TIER_SUMMARY},
    [SK_HEADER] = {by_header, TIER_SUMMARY},
    [SK_SAVEDBEFORE] = {by_savedate, TIER_ENTRY},
    [SK_SAVEDON] = {by_savedate, TIER_ENTRY},
    [SK_SAVEDSINCE] = {by_savedate, TIER_ENTRY},
    [SK_SAVEDATESUPPORTED] = {every, TIER_VIEW},
    [SK_EMAILID] = {by_emailid, TIER_ENTRY},
    [SK_THREADID] = {by_threadid, TIER_SUMMARY},
    [SK_BODY] = {by_text, TIER_TEXT},
    [SK_TEXT] = {by_text, TIER_TEXT},
};

enum tri search_eval(const struct imap_key *k, const struct facts *f)
{
    return judges[k->op].eval(k, f);
}

unsigned search_tiers(const struct imap_key *k)
{
    unsigned bits = 1u << judges[k->op].tier;

    for (const struct imap_key *c = k->child; c; c = c->next)
        bits |= search_tiers(c);
    return bits;
}
