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

/* How much what is folded is like the key's words: 100 for words that stand in it as they are. */
static unsigned words_score(const struct imap_key *k, struct span folded)
{
    struct like l;

    if (!k->fuzzy)
        return span_find(folded, k->text) >= 0 ? 100 : 0;
    like_of(k->text, &l);
    return like_score(&l, folded);
}

static unsigned field_score(const struct field *f, const struct imap_key *k)
{
    struct buf decoded = BUF_SECRET_INIT, folded = BUF_SECRET_INIT;
    unsigned score;

    field_decode(f->body, &decoded);
    if (addresses_in(f->name)) /* RFC 3501 6.4.4: FROM looks into the envelope */
        addresses_add_shown(f->body, &decoded);
    text_fold(buf_span(&decoded), &folded);
    score = words_score(k, buf_span(&folded));
    buf_free(&decoded);
    buf_free(&folded);
    return score;
}

static unsigned more(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static unsigned header_score(struct span header, const struct imap_key *k)
{
    unsigned best = 0;
    struct field fd;
    struct err end;

    while (best < 100 && field_next(&header, &fd, &end) == RC_OK)
        if (span_ieq(fd.name, k->field))
            best = more(best, k->text.n == 0 ? 100 : field_score(&fd, k));
    return best;
}

static unsigned text_score(const struct imap_key *k, const struct facts *f)
{
    enum text_where where = k->op == SK_HEADER ? TEXT_HEADER_FIELD : k->op == SK_BODY ? TEXT_BODY : TEXT_ANY;
    const char *field = k->op == SK_HEADER ? (const char *)k->field.p : NULL;
    struct like l;

    if (!k->fuzzy)
        return text_has(f->text, where, field, k->text) ? 100 : 0;
    like_of(k->text, &l);
    return text_like(f->text, where, field, &l);
}

/* Of a key with words, by what is known; -1: not enough is. */
static int score_of(const struct imap_key *k, const struct facts *f)
{
    if (k->op == SK_HEADER && f->summary && f->summary->has_header)
        return (int)header_score(f->summary->header, k);
    if (k->op != SK_HEADER && k->text.n == 0)
        return 100;
    return f->text ? (int)text_score(k, f) : -1;
}

static enum tri by_header(const struct imap_key *k, const struct facts *f)
{
    int score = score_of(k, f);

    return score < 0 ? TRI_MAYBE : tri(score > 0);
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
    int score = score_of(k, f);

    if (score != 0)
        return score < 0 ? TRI_MAYBE : TRI_YES;
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
    [SK_FUZZY] = {all_of, TIER_VIEW},
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

/* What is exact says nothing of how much; what no fact is there for was not needed. */
static void add_score(const struct imap_key *k, const struct facts *f, unsigned *sum, unsigned *n)
{
    int score = k->fuzzy && (k->op == SK_HEADER || k->op == SK_BODY || k->op == SK_TEXT) ? score_of(k, f) : 0;

    if (k->op == SK_NOT)
        return;
    if (score > 0) {
        *sum += (unsigned)score;
        (*n)++;
    }
    for (const struct imap_key *c = k->child; c && k->op != SK_OR; c = c->next)
        add_score(c, f, sum, n);
    if (k->op == SK_OR && imap_search_has(k, IMAP_KEY(SK_HEADER) | IMAP_KEY(SK_BODY) | IMAP_KEY(SK_TEXT)) &&
        (k->fuzzy || imap_search_has(k, IMAP_KEY(SK_FUZZY)))) {
        unsigned best = 0;

        for (const struct imap_key *c = k->child; c; c = c->next)
            if (search_eval(c, f) == TRI_YES)
                best = more(best, search_score(c, f));
        *sum += best;
        *n += best > 0;
    }
}

unsigned search_score(const struct imap_key *k, const struct facts *f)
{
    unsigned sum = 0, n = 0;

    add_score(k, f, &sum, &n);
    return n > 0 ? sum / n : 100;
}
