/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/facts.h - the values that forms have in common (httpd/fill.h): host, domain, each port, the address book.
 *
 * Names    host domain url address | imaps imap submissions submission ldaps | mail_in mail_out (the better of both ports, "" for none) | book_host base dn
 * Owns     struct facts: its texts; the values point into it and into the struct reach.
 * Process  pli-httpd sessions.
 */
#pragma once
#include "httpd/asked.h"
#include "httpd/fill.h"

enum { FACTS = 14, FACTS_MORE = 8 };
struct facts {
    char ports[5][12], mail_in[12], mail_out[12], url[400], dn[ASKED_ADDRESS + 560];
    struct fill v[FACTS + FACTS_MORE];
    size_t n;
};
/* domain, address: "" for none. */
void facts_of(struct facts *f, const struct reach *r, const char *domain, const char *address);
void facts_add(struct facts *f, const char *name, const char *value, bool raw); /* at most FACTS_MORE */
