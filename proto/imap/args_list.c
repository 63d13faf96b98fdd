/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/args_list.c - arguments of LIST, LSUB and STATUS. See proto/imap/args.h. */
#include "base/prepare.h"
#include "proto/imap/args.h"
#include "proto/imap/name.h"

struct word_bit {
    const char *word;
    unsigned bit;
};
static const struct word_bit status_items[] = {
    {"MESSAGES", ST_MESSAGES},
    {"RECENT", ST_RECENT},
    {"UIDNEXT", ST_UIDNEXT},
    {"UIDVALIDITY", ST_UIDVALIDITY},
    {"UNSEEN", ST_UNSEEN},
    {"SIZE", ST_SIZE},
    {"APPENDLIMIT", ST_APPENDLIMIT},
    {"MAILBOXID", ST_MAILBOXID},
    {"DELETED", ST_DELETED},
    {"DELETED-STORAGE", ST_DELETED_STORAGE},
    {"HIGHESTMODSEQ", ST_HIGHESTMODSEQ},
    {NULL, 0},
};
static const struct word_bit select_options[] = {
    {"SUBSCRIBED", LS_SUBSCRIBED},
    {"REMOTE", LS_REMOTE},
    {"RECURSIVEMATCH", LS_RECURSIVE},
    {"SPECIAL-USE", LS_SPECIAL},
    {NULL, 0},
};
static const struct word_bit return_options[] = {
    {"SUBSCRIBED", LR_SUBSCRIBED},
    {"CHILDREN", LR_CHILDREN},
    {"SPECIAL-USE", LR_SPECIAL},
    {"STATUS", LR_STATUS},
    {"METADATA", LR_METADATA},
    {"MYRIGHTS", LR_MYRIGHTS},
    {NULL, 0},
};

/* The bit of a word. 0: there is no such word, or the extension that has it is not open. */
static unsigned take_word(struct imap_in *in, const struct word_bit *t, unsigned opened)
{
    struct span word;

    if (!imap_take_name(in, &word))
        return 0;
    for (; t->word; t++)
        if (span_ieq_str(word, t->word))
            return t->bit & opened;
    return 0;
}

const char *imap_status_name(unsigned item)
{
    for (const struct word_bit *t = status_items; t->word; t++)
        if (t->bit == item)
            return t->word;
    bug("STATUS item %u has no name", item);
}

bool imap_take_status_items(struct imap_in *in, unsigned *out)
{
    *out = 0;
    if (!imap_is(in, '('))
        return false;
    do {
        unsigned bit = take_word(in, status_items, in->opened->status);

        if (bit == 0)
            return false;
        *out |= bit;
    } while (imap_sp(in));
    return imap_is(in, ')');
}

enum rc imap_parse_status(struct imap_in *in, union imap_args *out, struct err *e)
{
    enum rc rc = imap_args_mailbox(in, &out->status.name, NULL, e);

    if (rc != RC_OK)
        return rc;
    if (!imap_sp(in) || !imap_take_status_items(in, &out->status.items) || !imap_at_end(in))
        return imap_bad(e, CAUSE_STATUS_FORM);
    return RC_OK;
}

/* "(SUBSCRIBED RECURSIVEMATCH)" */
static bool take_select(struct imap_in *in, unsigned *out)
{
    *out = 0;
    if (imap_is(in, ')'))
        return true;
    do {
        unsigned bit = take_word(in, select_options, in->opened->list_select);

        if (bit == 0)
            return false;
        *out |= bit;
    } while (imap_sp(in));
    return imap_is(in, ')') && ((*out & LS_RECURSIVE) == 0 || (*out & LS_SUBSCRIBED) != 0);
}

static bool take_return(struct imap_in *in, struct imap_list_args *l)
{
    if (!imap_is(in, '('))
        return false;
    if (imap_is(in, ')'))
        return true;
    do {
        unsigned bit = take_word(in, return_options, in->opened->list_return);

        if (bit == 0 || (bit == LR_STATUS && (!imap_sp(in) || !imap_take_status_items(in, &l->status))) ||
            (bit == LR_METADATA && (!imap_sp(in) || !imap_take_entries(in, &l->entries))))
            return false;
        l->ret |= bit;
    } while (imap_sp(in));
    return imap_is(in, ')');
}

/* Prepares a pattern as names are prepared. False: no name can match it, because it is not modified UTF-7 or holds
 * characters that no name has. That is no error. */
static bool pattern_prepared(const struct imap_in *in, struct span wire, struct buf *out)
{
    struct buf utf8 = BUF_INIT;
    struct err e;
    bool can_match = imap_name_utf8(in, wire, &utf8, &e) == RC_OK &&
                     (utf8.n == 0 || prepare_name(buf_span(&utf8), out, &e) == RC_OK);

    buf_free(&utf8);
    return can_match;
}

/* Joins reference and pattern into one pattern, in UTF-8. A pattern that begins with "/" is taken without the
 * reference. */
static bool add_pattern(struct imap_in *in, struct imap_list_args *l, struct span wire)
{
    struct buf whole = BUF_INIT, utf8 = BUF_INIT;
    unsigned char *p = NULL;
    bool can_match;

    if (wire.n == 0 || wire.p[0] != '/')
        buf_addspan(&whole, l->reference);
    buf_addspan(&whole, wire);
    can_match = pattern_prepared(in, buf_span(&whole), &utf8);
    if (can_match && l->n < IMAP_LIST_PATTERNS &&
        (l->patterns = imap_arena_grow(in->mem, l->patterns, l->n, sizeof *l->patterns)) != NULL &&
        (p = imap_arena_get(in->mem, utf8.n)) != NULL) {
        if (utf8.n > 0)
            memcpy(p, utf8.p, utf8.n);
        if (span_istarts(buf_span(&utf8), "INBOX") && (utf8.n == 5 || utf8.p[5] == '/'))
            memcpy(p, "INBOX", 5);
        l->patterns[l->n++] = span_of(p, utf8.n);
    }
    buf_free(&whole);
    buf_free(&utf8);
    return p != NULL || !can_match;
}

static bool may_extend(const struct imap_in *in)
{
    return (in->opened->args & ARG_LIST_EXTENDED) != 0;
}

static bool take_patterns(struct imap_in *in, struct imap_list_args *l)
{
    struct span wire;

    if (!may_extend(in) || !imap_is(in, '('))
        return imap_take_list_pattern(in, &wire) && add_pattern(in, l, wire);
    l->extended = true;
    do {
        if (!imap_take_list_pattern(in, &wire) || !add_pattern(in, l, wire))
            return false;
    } while (imap_sp(in));
    return imap_is(in, ')');
}

static bool take_list(struct imap_in *in, struct imap_list_args *l)
{
    if (!imap_sp(in))
        return false;
    if (may_extend(in) && imap_is(in, '(')) {
        l->extended = true;
        if (!take_select(in, &l->select) || !imap_sp(in))
            return false;
    }
    if (!imap_take_astring(in, &l->reference) || !imap_sp(in) || !take_patterns(in, l))
        return false;
    if (may_extend(in) && imap_word(in, " RETURN ")) {
        l->extended = true;
        return take_return(in, l);
    }
    return true;
}

enum rc imap_parse_list(struct imap_in *in, union imap_args *out, struct err *e)
{
    out->list = (struct imap_list_args){0};
    if (!take_list(in, &out->list) || !imap_at_end(in))
        return imap_bad(e, CAUSE_LIST_FORM);
    return RC_OK;
}

enum rc imap_parse_lsub(struct imap_in *in, union imap_args *out, struct err *e)
{
    struct imap_list_args *l = &out->list;
    struct span wire;

    *l = (struct imap_list_args){0};
    if (!imap_sp(in) || !imap_take_astring(in, &l->reference) || !imap_sp(in) || !imap_take_list_pattern(in, &wire) ||
        !imap_at_end(in) || !add_pattern(in, l, wire))
        return imap_bad(e, CAUSE_LSUB_FORM);
    return RC_OK;
}
