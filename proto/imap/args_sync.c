/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/args_sync.c - arguments of SELECT, FETCH and STORE, with the modifiers of RFC 7162. See proto/imap/args.h. A
 * modifier that is not known, or that comes twice, is malformed. */
#include "proto/imap/args.h"

/* A mod-sequence: 63 bits, and 0 only where the grammar has mod-sequence-valzer. */
static bool take_modseq(struct imap_in *in, bool zero, uint64_t *out)
{
    return imap_take_number(in, INT64_MAX, out) && (zero || *out > 0);
}

static bool take_once(struct imap_in *in, const char *word, bool *seen)
{
    if (*seen || !imap_word(in, word))
        return false;
    *seen = true;
    return true;
}

/* ---- SELECT ---- */
/* A set without "*", in order. */
static bool take_known(struct imap_in *in, struct imap_set *out)
{
    if (!imap_take_set(in, out) || out->saved)
        return false;
    for (size_t i = 0; i < out->n; i++)
        if (out->r[i].lo == IMAP_STAR || out->r[i].hi == IMAP_STAR)
            return false;
    imap_set_settle(out, 1);
    return true;
}

static uint64_t members(const struct imap_set *s)
{
    uint64_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += (uint64_t)s->r[i].hi - s->r[i].lo + 1;
    return n;
}

/* "(uidvalidity modseq [known-uids] [(numbers uids)])" */
static bool take_qresync(struct imap_in *in, struct imap_select_args *a)
{
    uint64_t validity;

    if (!imap_word(in, " (") || !imap_take_number(in, UINT32_MAX, &validity) || validity == 0 || !imap_sp(in) ||
        !take_modseq(in, false, &a->modseq))
        return false;
    a->uidvalidity = (uint32_t)validity;
    if (imap_is(in, ')'))
        return true;
    if (!imap_sp(in))
        return false;
    if (imap_peek(in) != '(') {
        a->has_known = true;
        if (!take_known(in, &a->known))
            return false;
        if (imap_is(in, ')'))
            return true;
        if (!imap_sp(in))
            return false;
    }
    return imap_is(in, '(') && take_known(in, &a->seqs) && imap_sp(in) && take_known(in, &a->uids) &&
           members(&a->seqs) == members(&a->uids) && imap_is(in, ')') && imap_is(in, ')');
}

static bool take_select_param(struct imap_in *in, struct imap_select_args *a)
{
    if (take_once(in, "CONDSTORE", &a->condstore))
        return true;
    return (in->opened->args & ARG_QRESYNC) && take_once(in, "QRESYNC", &a->qresync) && take_qresync(in, a);
}

static bool take_select_params(struct imap_in *in, struct imap_select_args *a)
{
    if ((in->opened->args & ARG_CONDSTORE) == 0 || !imap_is(in, '('))
        return false;
    do {
        if (!take_select_param(in, a))
            return false;
    } while (imap_sp(in));
    return imap_is(in, ')');
}

enum rc imap_parse_select(struct imap_in *in, union imap_args *out, struct err *e)
{
    enum rc rc;

    out->select = (struct imap_select_args){0};
    if ((rc = imap_args_mailbox(in, &out->select.name, &out->select.sent, e)) != RC_OK)
        return rc;
    return imap_args_end(in, !imap_sp(in) || take_select_params(in, &out->select), e);
}

/* ---- FETCH ---- */
static bool take_fetch_modifier(struct imap_in *in, union imap_args *out)
{
    unsigned known = in->opened->args;

    if ((known & ARG_CONDSTORE) && take_once(in, "CHANGEDSINCE ", &out->fetch.changed))
        return take_modseq(in, false, &out->fetch.changed_since);
    if ((known & ARG_PARTIAL) && take_once(in, "PARTIAL ", &out->fetch.has_partial))
        return imap_take_partial(in, &out->fetch.partial);
    return (known & ARG_QRESYNC) && take_once(in, "VANISHED", &out->fetch.vanished);
}

static bool take_fetch_modifiers(struct imap_in *in, union imap_args *out)
{
    if (!imap_is(in, '('))
        return false;
    do {
        if (!take_fetch_modifier(in, out))
            return false;
    } while (imap_sp(in));
    return (out->fetch.changed || !out->fetch.vanished) && imap_is(in, ')');
}

enum rc imap_parse_fetch(struct imap_in *in, union imap_args *out, struct err *e)
{
    bool good = imap_sp(in) && imap_take_set(in, &out->fetch.set) && imap_sp(in);

    out->fetch.changed = out->fetch.vanished = out->fetch.has_partial = false;
    out->fetch.changed_since = 0;
    good = good && imap_take_fetch(in, &out->fetch.what);
    return imap_args_end(in, good && (!imap_sp(in) || take_fetch_modifiers(in, out)), e);
}

/* ---- STORE ---- */
static bool take_store_modifier(struct imap_in *in, union imap_args *out)
{
    out->store.conditional = false;
    out->store.unchanged_since = 0;
    if ((in->opened->args & ARG_CONDSTORE) == 0 || !imap_is(in, '('))
        return true;
    return take_once(in, "UNCHANGEDSINCE ", &out->store.conditional) &&
           take_modseq(in, true, &out->store.unchanged_since) && imap_is(in, ')') && imap_sp(in);
}

enum rc imap_parse_store(struct imap_in *in, union imap_args *out, struct err *e)
{
    bool good = imap_sp(in) && imap_take_set(in, &out->store.set) && imap_sp(in) && take_store_modifier(in, out);

    out->store.how = IMAP_STORE_SET;
    if (good && imap_is(in, '+'))
        out->store.how = IMAP_STORE_ADD;
    else if (good && imap_is(in, '-'))
        out->store.how = IMAP_STORE_REMOVE;
    good = good && imap_word(in, "FLAGS");
    out->store.silent = good && imap_word(in, ".SILENT");
    return imap_args_end(in, good && imap_sp(in) && imap_take_flags(in, &out->store.flags), e);
}
