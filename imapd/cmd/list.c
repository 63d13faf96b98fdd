/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/list.c - LIST: plain, extended (RFC 5258), with STATUS (RFC 5819), CHILDREN (RFC 3348) and SPECIAL-USE (RFC 6154) attributes, with METADATA (RFC 9590), with MYRIGHTS (RFC 8440).
 *
 * Folders that exist are listed, and with "%" a level above one that is no folder, as \Noselect. With (SUBSCRIBED) subscriptions are listed instead; a subscribed folder that is gone
 * has \NonExistent. With RECURSIVEMATCH a folder that does not match the selection itself, but has a folder below that
 * does, is listed with CHILDINFO. \HasChildren, \HasNoChildren and the special use attributes are always given, because
 * RFC 3348 and RFC 6154 2 permit it and every client gains. */
#include "imapd/list.h"
#include "imapd/acl.h"
#include "imapd/commands.h"
#include "imapd/metadata.h"
#include "proto/imap/write.h"

/* Does the folder itself answer the selection options? */
static bool selected(const struct imap_list_args *l, const struct folder *f)
{
    if ((l->select & LS_SUBSCRIBED) ? !(f->flags & FF_SUBSCRIBED) : (f->flags & FF_GONE) != 0)
        return false;
    return !(l->select & LS_SPECIAL) || special_name(f->special)[0] != '\0';
}

/* RECURSIVEMATCH: does a folder below answer them? */
static bool selected_below(const struct imap_list_args *l, const struct folders *all, struct span parent)
{
    for (size_t i = 0; i < all->n; i++)
        if (folder_is_below(all->f[i].name, parent) && selected(l, &all->f[i]))
            return true;
    return false;
}

static enum rc put_notes(struct imap_session *s, const struct imap_list_args *l, const struct annotations *notes,
                         const struct folder *f, struct err *e)
{
    struct annotations own = {0};
    uint64_t longest;
    enum rc rc = s->at && (f->rights & ACL_R) ? metadata_load(s, f->id, &l->entries, NULL, &own, e) : RC_OK;

    if (rc == RC_OK)
        metadata_put(s, s->at ? &own : notes, f->id, f->special, f->name, &l->entries, &longest);
    annotations_free(&own);
    return rc;
}

static enum rc list_one(struct imap_session *s, const struct imap_list_args *l, const struct folders *all,
                        const struct annotations *notes, const struct folder *f, struct err *e)
{
    bool below = (l->select & LS_RECURSIVE) && selected_below(l, all, f->name);
    struct buf attr = BUF_INIT; /* open: attributes */
    enum rc rc = RC_OK;

    if (!list_match(l, homes_full(s, f->name)) || (!selected(l, f) && !below))
        return RC_OK;
    list_attributes(s, l, all, f, &attr);
    list_put(s, "LIST", buf_cstr(&attr), f->name);
    buf_addstr(&s->out, below ? " (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n" : "\r\n");
    if ((l->ret & LR_STATUS) && (f->flags & (FF_GONE | FF_NOSELECT)) == 0 && (f->rights & ACL_R))
        rc = status_put(s, f, l->status, e);
    if (rc == RC_OK && (l->ret & LR_MYRIGHTS) && (f->flags & (FF_GONE | FF_NOSELECT)) == 0)
        myrights_put(s, f);
    if (rc == RC_OK && (l->ret & LR_METADATA) && (f->flags & (FF_GONE | FF_NOSELECT)) == 0)
        rc = put_notes(s, l, notes, f, e);
    buf_free(&attr);
    if (s->out.n > 32 * 1024)
        reply_out(s);
    return rc;
}

/* ---- levels that are no folders ---- */
static bool is_folder(const struct folders *all, struct span name)
{
    for (size_t i = 0; i < all->n; i++)
        if ((all->f[i].flags & FF_GONE) == 0 && span_eq(all->f[i].name, name))
            return true;
    return false;
}

/* Only a pattern that ends in "%" tells of levels, the others of folders alone. */
static bool ends_in_percent(struct span pattern)
{
    return pattern.n > 0 && pattern.p[pattern.n - 1] == '%';
}

static bool asks_for_levels(const struct imap_list_args *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (ends_in_percent(l->patterns[i]))
            return l->select == 0;
    return false;
}

static bool wanted(const struct imap_list_args *l, struct span name)
{
    for (size_t i = 0; i < l->n; i++) {
        struct imap_list_args one = {.patterns = &l->patterns[i], .n = 1};

        if (ends_in_percent(l->patterns[i]) && list_match(&one, name))
            return true;
    }
    return false;
}

/* A delegate took a folder away and did not see those below, or does not see the one above hers: RFC 3501 6.3.8 has "%" tell of the level. before: the folder
 * before this one, in the order of their names, so what stands below a level stands together. */
static void put_levels(struct imap_session *s, const struct imap_list_args *l, const struct folders *all,
                       struct span name, struct span before)
{
    for (size_t i = 1; i < name.n; i++) {
        struct span level = span_head(name, i);

        if (name.p[i] != '/' || folder_is_below(before, level) || is_folder(all, level) ||
            !wanted(l, homes_full(s, level)))
            continue;
        list_put(s, "LIST", (s->opened.responses & RESP_CHILDREN) ? "\\HasChildren \\Noselect" : "\\Noselect", level);
        buf_addstr(&s->out, "\r\n");
    }
}

/* The folders of the mailbox at hand. Annotations of another's are asked for folder by folder: those of all are its holder's. */
static enum rc list_home(struct imap_session *s, const struct imap_list_args *l, struct err *e)
{
    struct annotations notes = {0};
    struct span before = SPAN_NULL;
    struct folders all;
    bool levels = asks_for_levels(l);
    enum rc rc = folders_load(s, true, &all, e);

    if (rc == RC_OK && (l->ret & LR_METADATA) && !s->at)
        rc = metadata_load(s, STORE_EVERY_FOLDER, &l->entries, NULL, &notes, e);
    for (size_t i = 0; rc == RC_OK && i < all.n; i++) {
        if (levels && (all.f[i].flags & FF_GONE) == 0) {
            put_levels(s, l, &all, all.f[i].name, before);
            before = all.f[i].name;
        }
        rc = list_one(s, l, &all, &notes, &all.f[i], e);
    }
    annotations_free(&notes);
    return rc;
}

enum rc cmd_list(struct imap_session *s, union imap_args *a, struct err *e)
{
    const struct imap_list_args *l = &a->list;
    enum rc rc;

    buf_clear(&s->out);
    if (!l->extended && l->n == 1 && l->patterns[0].n == 0) { /* LIST "" "": what separates levels? */
        reply_put(s, "* LIST (\\Noselect) \"/\" \"\"");
        return RC_OK;
    }
    rc = list_home(s, l, e);
    if (rc == RC_OK)
        rc = others_list(s, l, list_home, "LIST", e);
    reply_out(s);
    return rc;
}
