/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/args.c - see proto/imap/args.h. LIST and STATUS are in args_list.c, what RFC 7162 adds to in
 * args_sync.c. */
#include "proto/imap/args.h"
#include "proto/imap/name.h"

enum rc imap_args_end(struct imap_in *in, bool good, struct err *e)
{
    if (!good)
        return imap_bad(e, CAUSE_BAD_ARGUMENTS);
    return imap_at_end(in) ? RC_OK : imap_bad(e, CAUSE_EXTRA_ARGUMENTS);
}

enum rc imap_args_mailbox(struct imap_in *in, struct span *out, struct span *sent_out, struct err *e)
{
    struct span wire;

    if (!imap_sp(in) || !imap_take_astring(in, &wire))
        return imap_bad(e, CAUSE_NEED_MAILBOX);
    if (sent_out)
        *sent_out = wire;
    return imap_name(in, wire, out, e);
}

enum rc imap_parse_none(struct imap_in *in, union imap_args *out, struct err *e)
{
    (void)out;
    return imap_args_end(in, true, e);
}

enum rc imap_parse_login(struct imap_in *in, union imap_args *out, struct err *e)
{
    return imap_args_end(in,
                         imap_sp(in) && imap_take_astring(in, &out->login.user) && imap_sp(in) &&
                             imap_take_astring(in, &out->login.pass),
                         e);
}

static bool take_base64(struct imap_in *in, struct span *out)
{
    *out = span_from(in->s, in->at);
    in->at = in->s.n;
    return out->n > 0;
}

enum rc imap_parse_auth(struct imap_in *in, union imap_args *out, struct err *e)
{
    bool good = imap_sp(in) && imap_take_atom(in, &out->auth.mechanism);

    out->auth.has_initial = good && (in->opened->args & ARG_INITIAL_RESPONSE) && imap_sp(in);
    return imap_args_end(in, good && (!out->auth.has_initial || take_base64(in, &out->auth.initial)), e);
}

enum rc imap_parse_words(struct imap_in *in, union imap_args *out, struct err *e)
{
    bool good = imap_sp(in);

    out->words.words = NULL;
    out->words.n = 0;
    while (good) {
        out->words.words = imap_arena_grow(in->mem, out->words.words, out->words.n, sizeof *out->words.words);
        good = out->words.words && out->words.n < IMAP_WORDS && imap_take_atom(in, &out->words.words[out->words.n]);
        out->words.n += good;
        if (!good || !imap_sp(in))
            break;
    }
    return imap_args_end(in, good, e);
}

static bool take_nstring(struct imap_in *in, struct span *out)
{
    return imap_peek(in) == '"' || imap_peek(in) == '{' ? imap_take_string(in, out) : imap_word(in, "NIL");
}

static bool take_id_list(struct imap_in *in)
{
    struct span s;
    unsigned n = 0;

    if (imap_is(in, ')'))
        return true;
    do {
        if (n++ == 2 * IMAP_WORDS || !take_nstring(in, &s))
            return false;
    } while (imap_sp(in));
    return n % 2 == 0 && imap_is(in, ')');
}

enum rc imap_parse_id(struct imap_in *in, union imap_args *out, struct err *e)
{
    (void)out;
    return imap_args_end(in, imap_sp(in) && (imap_is(in, '(') ? take_id_list(in) : imap_word(in, "NIL")), e);
}

enum rc imap_parse_mailbox(struct imap_in *in, union imap_args *out, struct err *e)
{
    enum rc rc = imap_args_mailbox(in, &out->mailbox.name, NULL, e);

    return rc == RC_OK ? imap_args_end(in, true, e) : rc;
}

/* " (USE (\Drafts \Sent))" */
static bool take_uses(struct imap_in *in, union imap_args *out)
{
    size_t from;
    struct span atom;

    if ((in->opened->args & ARG_CREATE_USE) == 0 || !imap_word(in, " (USE ("))
        return false;
    if (imap_is(in, ')'))
        return imap_is(in, ')');
    do {
        from = in->at;
        out->create.uses = imap_arena_grow(in->mem, out->create.uses, out->create.n, sizeof *out->create.uses);
        if (!out->create.uses || out->create.n == IMAP_WORDS || !imap_is(in, '\\') || !imap_take_atom(in, &atom))
            return false;
        out->create.uses[out->create.n++] = span_of(in->s.p + from, in->at - from);
    } while (imap_sp(in));
    return imap_is(in, ')') && imap_is(in, ')');
}

enum rc imap_parse_create(struct imap_in *in, union imap_args *out, struct err *e)
{
    enum rc rc = imap_args_mailbox(in, &out->create.name, &out->create.sent, e);

    out->create.uses = NULL;
    out->create.n = 0;
    return rc == RC_OK ? imap_args_end(in, imap_at_end(in) || take_uses(in, out), e) : rc;
}

enum rc imap_parse_root(struct imap_in *in, union imap_args *out, struct err *e)
{
    return imap_args_end(in, imap_sp(in) && imap_take_astring(in, &out->root), e);
}

enum rc imap_parse_rename(struct imap_in *in, union imap_args *out, struct err *e)
{
    enum rc rc = imap_args_mailbox(in, &out->rename.from, NULL, e);

    if (rc == RC_OK)
        rc = imap_args_mailbox(in, &out->rename.to, NULL, e);
    return rc == RC_OK ? imap_args_end(in, true, e) : rc;
}

enum rc imap_parse_append(struct imap_in *in, union imap_args *out, struct err *e)
{
    enum rc rc = imap_args_mailbox(in, &out->append.name, NULL, e);

    if (rc != RC_OK)
        return rc;
    out->append.rest = *in;
    return imap_append_check(*in, (struct imap_append){0}) != APPEND_BAD ? RC_OK : imap_bad(e, CAUSE_APPEND_FORM);
}

enum rc imap_parse_replace(struct imap_in *in, union imap_args *out, struct err *e)
{
    if (!imap_sp(in) || !imap_take_set(in, &out->append.set) || out->append.set.n != 1 ||
        out->append.set.r[0].lo != out->append.set.r[0].hi)
        return imap_bad(e, CAUSE_NEED_SET);
    return imap_parse_append(in, out, e);
}

enum rc imap_parse_copy(struct imap_in *in, union imap_args *out, struct err *e)
{
    enum rc rc;

    if (!imap_sp(in) || !imap_take_set(in, &out->copy.set))
        return imap_bad(e, CAUSE_NEED_SET);
    rc = imap_args_mailbox(in, &out->copy.name, NULL, e);
    return rc == RC_OK ? imap_args_end(in, true, e) : rc;
}

enum rc imap_parse_search(struct imap_in *in, union imap_args *out, struct err *e)
{
    struct span text = span_from(in->s, in->at);
    enum rc rc = imap_args_end(in, imap_sp(in) && imap_take_search(in, &out->search), e);

    out->search.text = text;
    return rc;
}

/* "IN (SUBTREE (a b) INBOXES) " */
static enum rc take_sources(struct imap_in *in, struct imap_esearch_args *q, struct err *e)
{
    size_t names = 0;
    enum rc rc = RC_OK;

    if (!imap_word(in, "IN ("))
        return RC_OK;
    do {
        q->in = imap_arena_grow(in->mem, q->in, q->n, sizeof *q->in);
        if (q->in == NULL || q->n == IMAP_GROUPS)
            return imap_bad(e, CAUSE_TOO_COMPLEX);
        rc = imap_take_filter(in, true, &names, &q->too_many, &q->in[q->n], e);
        q->n += rc == RC_OK;
    } while (rc == RC_OK && imap_sp(in));
    return rc == RC_OK && !imap_word(in, ") ") ? imap_bad(e, CAUSE_BAD_ARGUMENTS) : rc;
}

enum rc imap_parse_esearch(struct imap_in *in, union imap_args *out, struct err *e)
{
    struct imap_esearch_args *q = &out->esearch;
    struct span text;
    enum rc rc;

    *q = (struct imap_esearch_args){.n = 0};
    if (!imap_sp(in))
        return imap_bad(e, CAUSE_BAD_ARGUMENTS);
    if ((rc = take_sources(in, q, e)) != RC_OK)
        return rc;
    text = span_from(in->s, in->at);
    rc = imap_args_end(in, imap_take_search(in, &q->what), e);
    q->what.text = text;
    return rc;
}

/* " "B01" "B02"": tags of searches */
enum rc imap_parse_tags(struct imap_in *in, union imap_args *out, struct err *e)
{
    bool good = true;

    out->words.words = NULL;
    out->words.n = 0;
    do {
        out->words.words = imap_arena_grow(in->mem, out->words.words, out->words.n, sizeof *out->words.words);
        good = out->words.words && out->words.n < IMAP_WORDS && imap_sp(in) && imap_peek(in) == '"' &&
               imap_take_string(in, &out->words.words[out->words.n]);
        out->words.n += good;
    } while (good && !imap_at_end(in));
    return imap_args_end(in, good, e);
}

enum rc imap_parse_uids(struct imap_in *in, union imap_args *out, struct err *e)
{
    return imap_args_end(in, imap_sp(in) && imap_take_set(in, &out->uids.set), e);
}

enum rc imap_parse_notify(struct imap_in *in, union imap_args *out, struct err *e)
{
    return imap_take_notify(in, &out->notify, e);
}
