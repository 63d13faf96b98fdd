/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/args_metadata.c - arguments of GETMETADATA and SETMETADATA, and the METADATA option of LIST. See proto/imap/args.h.
 * RFC 5464 5 with its errata, RFC 9590 5. Options of GETMETADATA stand before the mailbox in the RFC's syntax and behind it in its examples; both
 * are taken. */
#include "base/ascii.h"
#include "proto/imap/args.h"

/* A path below /private or /shared, whose levels are not empty. The roots themselves are for questions with a DEPTH. */
static bool entry_is_path(struct span name, bool root)
{
    size_t at = span_istarts(name, "/private") ? 8 : span_istarts(name, "/shared") ? 7 : 0;

    if (at == 0 || name.n > IMAP_ENTRY_MAX || (name.n == at && !root) || (name.n > at && name.p[at] != '/') ||
        name.p[name.n - 1] == '/')
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > 126 || name.p[i] == '*' || name.p[i] == '%' ||
            (name.p[i] == '/' && i > 0 && name.p[i - 1] == '/'))
            return false;
    return true;
}

/* Names of entries are compared without regard to case (RFC 5464 3.2): they are kept in small letters. */
static bool take_entry(struct imap_in *in, bool root, struct span *out)
{
    struct span name;
    unsigned char *p;

    if (!imap_take_astring(in, &name) || name.n == 0 || !entry_is_path(name, root) ||
        (p = imap_arena_get(in->mem, name.n)) == NULL)
        return false;
    for (size_t i = 0; i < name.n; i++)
        p[i] = ascii_lower(name.p[i]);
    *out = span_of(p, name.n);
    return true;
}

static bool add_entry(struct imap_in *in, struct imap_entries *w)
{
    struct span name;

    if (!take_entry(in, true, &name))
        return false;
    for (size_t i = 0; i < w->n; i++)
        if (span_eq(w->name[i], name))
            return true;
    w->name = imap_arena_grow(in->mem, w->name, w->n, sizeof *w->name);
    if (w->name == NULL || w->n == IMAP_WORDS)
        return false;
    w->name[w->n++] = name;
    return true;
}

bool imap_take_entries(struct imap_in *in, struct imap_entries *w)
{
    if (!imap_is(in, '('))
        return add_entry(in, w);
    do {
        if (!add_entry(in, w))
            return false;
    } while (imap_sp(in));
    return imap_is(in, ')');
}

static bool take_depth(struct imap_in *in, struct imap_entries *w)
{
    struct span word;

    if (!imap_take_name(in, &word))
        return false;
    w->depth = span_eq_str(word, "0") ? 0 : span_eq_str(word, "1") ? 1 : IMAP_DEPTH_INFINITY;
    return w->depth != IMAP_DEPTH_INFINITY || span_ieq_str(word, "infinity");
}

/* "(MAXSIZE 1024 DEPTH 1)" */
static bool take_options(struct imap_in *in, struct imap_entries *w)
{
    bool depth = false;

    do {
        if (!w->limited && imap_word(in, "MAXSIZE ")) {
            w->limited = true;
            if (!imap_take_number(in, UINT32_MAX, &w->maxsize))
                return false;
        } else if (!depth && imap_word(in, "DEPTH ")) {
            depth = true;
            if (!take_depth(in, w))
                return false;
        } else {
            return false;
        }
    } while (imap_sp(in));
    return imap_is(in, ')');
}

static bool options_follow(const struct imap_in *in)
{
    struct span next = span_from(in->s, in->at);

    return span_istarts(next, " (MAXSIZE ") || span_istarts(next, " (DEPTH ");
}

static bool take_options_here(struct imap_in *in, struct imap_entries *w, bool *had)
{
    if (!options_follow(in))
        return true;
    if (*had)
        return false;
    *had = true;
    return imap_sp(in) && imap_is(in, '(') && take_options(in, w);
}

/* "": the mailbox as a whole (the server, in the words of RFC 5464). */
static enum rc take_place(struct imap_in *in, struct imap_metadata_args *a, struct err *e)
{
    struct imap_in ahead = *in;
    struct span wire;

    a->name = SPAN_NULL;
    a->server = imap_sp(&ahead) && imap_take_astring(&ahead, &wire) && wire.n == 0;
    if (!a->server)
        return imap_args_mailbox(in, &a->name, NULL, e);
    *in = ahead;
    return RC_OK;
}

enum rc imap_parse_getmetadata(struct imap_in *in, union imap_args *out, struct err *e)
{
    struct imap_metadata_args *a = &out->metadata;
    bool had = false;
    enum rc rc;

    *a = (struct imap_metadata_args){0};
    if (!take_options_here(in, &a->entries, &had))
        return imap_bad(e, CAUSE_METADATA_FORM);
    if ((rc = take_place(in, a, e)) != RC_OK)
        return rc;
    if (!take_options_here(in, &a->entries, &had) || !imap_sp(in) || !imap_take_entries(in, &a->entries))
        return imap_bad(e, CAUSE_METADATA_FORM);
    return imap_args_end(in, true, e);
}

/* NIL, a string, or a literal8, in which every octet may stand. */
static bool take_value(struct imap_in *in, struct imap_annotation *n)
{
    uint64_t len;

    if ((n->nil = imap_word(in, "NIL")))
        return true;
    if (!imap_is(in, '~'))
        return imap_take_string(in, &n->value);
    if (!imap_is(in, '{') || !imap_take_number(in, in->s.n, &len))
        return false;
    (void)imap_nonsync(in);
    if (!imap_is(in, '}') || !imap_is(in, '\r') || !imap_is(in, '\n') || len > in->s.n - in->at)
        return false;
    n->value = span_of(in->s.p + in->at, (size_t)len);
    in->at += (size_t)len;
    return true;
}

/* Of two values for one entry the last one counts. */
static bool add_value(struct imap_in *in, struct imap_metadata_args *a)
{
    struct imap_annotation one = {0};

    if (!take_entry(in, false, &one.name) || !imap_sp(in) || !take_value(in, &one))
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (span_eq(a->set[i].name, one.name)) {
            a->set[i] = one;
            return true;
        }
    a->set = imap_arena_grow(in->mem, a->set, a->n, sizeof *a->set);
    if (a->set == NULL || a->n == IMAP_ANNOTATIONS)
        return false;
    a->set[a->n++] = one;
    return true;
}

enum rc imap_parse_setmetadata(struct imap_in *in, union imap_args *out, struct err *e)
{
    struct imap_metadata_args *a = &out->metadata;
    bool good;
    enum rc rc;

    *a = (struct imap_metadata_args){0};
    if ((rc = take_place(in, a, e)) != RC_OK)
        return rc;
    good = imap_sp(in) && imap_is(in, '(');
    while (good && (good = add_value(in, a)) && imap_sp(in))
        ;
    if (!good || !imap_is(in, ')'))
        return imap_bad(e, CAUSE_METADATA_FORM);
    return imap_args_end(in, true, e);
}
