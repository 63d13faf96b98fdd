/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/args_url.c - arguments of GENURLAUTH, URLFETCH and RESETKEY. See proto/imap/args.h. RFC 4467 9. URLs are read by their command. */
#include "proto/imap/args.h"

static bool add_url(struct imap_in *in, struct imap_urls *u)
{
    u->url = imap_arena_grow(in->mem, u->url, u->n, sizeof *u->url);
    return u->url && u->n < IMAP_WORDS && imap_take_astring(in, &u->url[u->n++]);
}

enum rc imap_parse_genurlauth(struct imap_in *in, union imap_args *out, struct err *e)
{
    struct imap_urls *u = &out->urls;
    bool good = imap_sp(in);

    *u = (struct imap_urls){0};
    while (good) {
        u->mechanism = imap_arena_grow(in->mem, u->mechanism, u->n, sizeof *u->mechanism);
        good = u->mechanism && add_url(in, u) && imap_sp(in) && imap_take_atom(in, &u->mechanism[u->n - 1]);
        if (!good || !imap_sp(in))
            break;
    }
    return imap_args_end(in, good, e);
}

enum rc imap_parse_urlfetch(struct imap_in *in, union imap_args *out, struct err *e)
{
    bool good = imap_sp(in);

    out->urls = (struct imap_urls){0};
    while (good && (good = add_url(in, &out->urls)) && imap_sp(in))
        ;
    return imap_args_end(in, good, e);
}

enum rc imap_parse_resetkey(struct imap_in *in, union imap_args *out, struct err *e)
{
    struct span mechanism;
    bool good = true, any = false;
    enum rc rc;

    out->resetkey.has_name = !imap_at_end(in);
    out->resetkey.known = true;
    if (!out->resetkey.has_name)
        return RC_OK;
    if ((rc = imap_args_mailbox(in, &out->resetkey.name, NULL, e)) != RC_OK)
        return rc;
    while (good && imap_sp(in)) {
        good = imap_take_atom(in, &mechanism);
        any = any || (good && span_ieq_str(mechanism, "INTERNAL"));
        out->resetkey.known = any;
    }
    return imap_args_end(in, good, e);
}
