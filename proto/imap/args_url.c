/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/args_url.c - arguments of GENURLAUTH, URLFETCH and RESETKEY. See proto/imap/args.h. RFC 4467 9, RFC 5524 5. URLs are read by their command. */
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

static const struct {
    const char *word;
    unsigned bit, not_with;
} url_items[] = {
    {"BODYPARTSTRUCTURE", URL_STRUCTURE, URL_STRUCTURE},
    {"BINARY", URL_BINARY, URL_BINARY | URL_BODY},
    {"BODY", URL_BODY, URL_BINARY | URL_BODY},
};

static bool take_item(struct imap_in *in, unsigned *items)
{
    struct span word;

    if (!imap_take_atom(in, &word))
        return false;
    for (size_t i = 0; i < sizeof url_items / sizeof *url_items; i++)
        if (span_ieq_str(word, url_items[i].word)) {
            bool good = (*items & url_items[i].not_with) == 0;

            *items |= url_items[i].bit;
            return good;
        }
    return false;
}

/* "(url)" alone asks for nothing but is the longer form: its answer would be that of the short one, so it is taken for it. */
static bool add_fetched(struct imap_in *in, struct imap_urls *u)
{
    bool items = (in->opened->args & ARG_URL_ITEMS) && imap_is(in, '(');

    u->items = imap_arena_grow(in->mem, u->items, u->n, sizeof *u->items);
    if (!u->items || !add_url(in, u))
        return false;
    u->items[u->n - 1] = 0;
    while (items && imap_sp(in))
        if (!take_item(in, &u->items[u->n - 1]))
            return false;
    return !items || imap_is(in, ')');
}

enum rc imap_parse_urlfetch(struct imap_in *in, union imap_args *out, struct err *e)
{
    bool good = imap_sp(in);

    out->urls = (struct imap_urls){0};
    while (good && (good = add_fetched(in, &out->urls)) && imap_sp(in))
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
