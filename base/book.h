/* SPDX-License-Identifier: EUPL-1.2 */
/* base/book.h - where a mail program finds the address book: what the page, the settings files, the sheets and the DNS records tell.
 *
 * Embedded   this instance's name and the port of listen.ldaps; base o=pli, below which are colleagues and the national copy.
 * The site's the first ldaps:// address of directory.uri, and directory.base. Of an ldapi:// address nobody elsewhere has any use: none is told.
 * Owns       struct book: its texts.
 * Process    pli-httpd, pli. Pure.   Source RFC 4516 (the address).
 */
#pragma once
#include <stddef.h>

struct book {
    char host[256], base[512]; /* base: where searches begin, and below which ou=mailboxes is */
    unsigned port;             /* of LDAP over TLS; 0: no address book is told */
};
/* The three are settings, as they are; host is this instance's name. */
void book_of(const char *uri, const char *base, const char *listen_ldaps, const char *host, struct book *out);
