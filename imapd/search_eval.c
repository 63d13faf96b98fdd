/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/search_eval.c - one message against a SEARCH program, with what is known of it. See imapd/search.h. Recursion as deep as the
 * parser allowed (IMAP_DEPTH). */
#include "imapd/search.h"
#include "mime/fields.h"
#include "proto/imap/date.h"

static enum tri tri(bool yes)
{
    return yes ? TRI_YES : TRI_NO;
}

/* ---- view ---- */
static bool from_view(const struct imap_key *k, const struct facts *f)
{
    uint64_t flags = f->view->flags[f->row];

    switch (k->op) {
    case SK_ALL:
        return true;
    case SK_FLAG:
    case SK_KEYWORD:
        return ((flags & k->flag) != 0) == k->on;
    case SK_RECENT:
        return (flags & VF_RECENT) != 0;
    case SK_OLD:
        return (flags & VF_RECENT) == 0;
    case SK_NEW:
        return (flags & (VF_RECENT | MF_SEEN)) == VF_RECENT;
    case SK_SEQ:
        return imap_set_has(&k->set, f->row + 1);
    case SK_UID:
        return imap_set_has(&k->set, f->view->uid[f->row]);
    default:
        bug("search key %d is not the view's", (int)k->op);
    }
}

/* ---- entry, summary ---- */
static enum tri by_day(enum imap_key_op before, enum imap_key_op on, const struct imap_key *k, int64_t day)
{
    return tri(k->op == before ? day < k->num : k->op == on ? day == k->num : day >= k->num);
}

static enum tri from_entry(const struct imap_key *k, const struct facts *f)
{
    if (f->entry == NULL)
        return TRI_MAYBE;
    if (k->op == SK_LARGER)
        return tri(f->entry->size > (uint64_t)k->num);
    if (k->op == SK_SMALLER)
        return tri(f->entry->size < (uint64_t)k->num);
    return by_day(SK_BEFORE, SK_ON, k, imap_day_of((int64_t)f->entry->internaldate));
}

/* A message without a Date: that can be read is judged by its INTERNALDATE. */
static enum tri from_date(const struct imap_key *k, const struct facts *f)
{
    if (f->summary == NULL)
        return TRI_MAYBE;
    return by_day(SK_SENTBEFORE, SK_SENTON, k,
                  f->summary->has_date ? f->summary->local_day : imap_day_of((int64_t)f->entry->internaldate));
}

static bool field_has(const struct field *f, struct span needle)
{
    struct buf decoded = BUF_INIT, folded = BUF_INIT;
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

static enum tri from_header(const struct imap_key *k, const struct facts *f)
{
    if (f->summary && f->summary->has_header)
        return tri(header_has(f->summary->header, k));
    if (f->text)
        return tri(text_has(f->text, TEXT_HEADER_FIELD, (const char *)k->field.p, k->text));
    return TRI_MAYBE;
}

/* ---- text ---- */
static enum tri from_text(const struct imap_key *k, const struct facts *f)
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
/* AND: the first NO decides; OR: the first YES. What is not known leaves the answer open. */
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

static enum tri opposite(enum tri t)
{
    return t == TRI_MAYBE ? t : t == TRI_YES ? TRI_NO : TRI_YES;
}

enum tri search_eval(const struct imap_key *k, const struct facts *f)
{
    switch (k->op) {
    case SK_AND:
        return together(k, f, TRI_NO);
    case SK_OR:
        return together(k, f, TRI_YES);
    case SK_NOT:
        return opposite(search_eval(k->child, f));
    case SK_LARGER:
    case SK_SMALLER:
    case SK_BEFORE:
    case SK_ON:
    case SK_SINCE:
        return from_entry(k, f);
    case SK_SENTBEFORE:
    case SK_SENTON:
    case SK_SENTSINCE:
        return from_date(k, f);
    case SK_HEADER:
        return from_header(k, f);
    case SK_BODY:
    case SK_TEXT:
        return from_text(k, f);
    default:
        return tri(from_view(k, f));
    }
}
