/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd_lsub.c - LSUB: subscriptions, of gone folders too. RFC 3501 6.3.9: "%" shows a level that is not subscribed itself, but
 * has one below that is, as \Noselect. */
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
    return l->patterns[0].n > 0 && l->patterns[0].p[l->patterns[0].n - 1] == '%';
}

enum rc cmd_lsub(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folders all;
    enum rc rc = folders_load(s, true, &all, e);

    buf_clear(&s->out);
    for (size_t i = 0; rc == RC_OK && i < all.n; i++) {
        const struct folder *f = &all.f[i];
        bool own = (f->flags & FF_SUBSCRIBED) != 0;

        if (!list_match(&a->list, f->name) || (!own && !(ends_in_percent(&a->list) && subscribed_below(&all, f->name))))
            continue;
        list_put(s, "LSUB", own && (f->flags & (FF_GONE | FF_NOSELECT)) == 0 ? "" : "\\Noselect", f->name);
        buf_addstr(&s->out, "\r\n");
    }
    reply_out(s);
    return rc;
}
