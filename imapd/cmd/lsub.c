/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/lsub.c - LSUB: lists subscriptions, also those of folders that are gone. With "%" a level that is not
 * subscribed itself, but has a subscribed folder below, is shown as \Noselect (RFC 3501 6.3.9). */
#include "imapd/commands.h"
#include "imapd/list.h"

static bool subscribed_below(const struct folders *all, struct span parent)
{
    for (size_t i = 0; i < all->n; i++)
        if ((all->f[i].flags & FF_SUBSCRIBED) && folder_is_below(all->f[i].name, parent))
            return true;
    return false;
}

static bool ends_in_percent(const struct imap_list_args *l)
{
    return l->n > 0 && l->patterns[0].n > 0 && l->patterns[0].p[l->patterns[0].n - 1] == '%';
}

static bool listed(const struct folders *all, struct span name)
{
    for (size_t i = 0; i < all->n; i++)
        if (span_eq(all->f[i].name, name))
            return true;
    return false;
}

/* Shows levels above a subscription that are no folders any more. Names are sorted, so only the level shown last must
 * be remembered. */
static void put_lost_levels(struct imap_session *s, const struct imap_list_args *l, const struct folders *all,
                            struct span name, struct span *last)
{
    for (size_t i = 1; i < name.n; i++) {
        struct span level = span_head(name, i);

        if (name.p[i] != '/' || span_eq(level, *last) || !list_match(l, level) || listed(all, level))
            continue;
        *last = level;
        list_put(s, "LSUB", "\\Noselect", level);
        buf_addstr(&s->out, "\r\n");
    }
}

static void put_folder(struct imap_session *s, const struct imap_list_args *l, const struct folders *all,
                       const struct folder *f)
{
    bool own = (f->flags & FF_SUBSCRIBED) != 0;

    if (!list_match(l, homes_full(s, f->name)) || (!own && !(ends_in_percent(l) && subscribed_below(all, f->name))))
        return;
    list_put(s, "LSUB", own && (f->flags & (FF_GONE | FF_NOSELECT)) == 0 ? "" : "\\Noselect", f->name);
    buf_addstr(&s->out, "\r\n");
}

static enum rc lsub_home(struct imap_session *s, const struct imap_list_args *l, struct err *e)
{
    struct folders all;
    struct span last = SPAN_NULL;
    enum rc rc = folders_load(s, true, &all, e);

    for (size_t i = 0; rc == RC_OK && i < all.n; i++) {
        if ((all.f[i].flags & FF_SUBSCRIBED) && ends_in_percent(l) && !s->at)
            put_lost_levels(s, l, &all, all.f[i].name, &last);
        put_folder(s, l, &all, &all.f[i]);
    }
    return rc;
}

enum rc cmd_lsub(struct imap_session *s, union imap_args *a, struct err *e)
{
    enum rc rc;

    buf_clear(&s->out);
    rc = lsub_home(s, &a->list, e);
    if (rc == RC_OK)
        rc = others_list(s, &a->list, lsub_home, "LSUB", e);
    reply_out(s);
    return rc;
}
