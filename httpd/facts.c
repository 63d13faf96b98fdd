/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/facts.c - see httpd/facts.h. */
#include "httpd/facts.h"
#include <stdio.h>

static void number(char out[12], unsigned port)
{
    out[0] = 0;
    if (port)
        (void)snprintf(out, 12, "%u", port);
}

void facts_add(struct facts *f, const char *name, const char *value, bool raw)
{
    if (f->n == FACTS + FACTS_MORE)
        bug("more than %d facts", FACTS + FACTS_MORE);
    f->v[f->n++] = (struct fill){name, value, raw};
}

static void ports(struct facts *f, const struct reach *r)
{
    static const char *const names[] = {"imaps", "imap", "submissions", "submission", "ldaps"};
    const unsigned is[] = {r->imaps, r->imap, r->submissions, r->submission, r->book.port};

    for (size_t i = 0; i < 5; i++) {
        number(f->ports[i], is[i]);
        facts_add(f, names[i], f->ports[i], false);
    }
    number(f->mail_in, r->imaps ? r->imaps : r->imap);
    number(f->mail_out, r->submissions ? r->submissions : r->submission);
    facts_add(f, "mail_in", f->mail_in, false);
    facts_add(f, "mail_out", f->mail_out, false);
}

void facts_of(struct facts *f, const struct reach *r, const char *domain, const char *address)
{
    char port[16] = "";

    f->n = 0;
    if (r->https != 443)
        (void)snprintf(port, sizeof port, ":%u", r->https);
    f->url[0] = 0;
    if (r->https)
        (void)snprintf(f->url, sizeof f->url, "https://%s%s/", r->host, port);
    (void)snprintf(f->dn, sizeof f->dn, "mail=%s,ou=mailboxes,%s", address[0] ? address : "votre adresse",
                   r->book.base); /* the tree: docs/internals/directory.md */
    facts_add(f, "host", r->host, false);
    facts_add(f, "domain", domain, false);
    facts_add(f, "url", f->url, false);
    facts_add(f, "address", address, false);
    ports(f, r);
    facts_add(f, "book_host", r->book.host, false);
    facts_add(f, "base", r->book.base, false);
    facts_add(f, "dn", f->dn, false);
}
