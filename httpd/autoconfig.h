/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/autoconfig.h - what each kind of mail program reads, and the page for people, from one struct reach.
 *
 * Mozilla  config-v1.1.xml: IMAP and SMTP. The format has no LDAP (address books: CardDAV only), so the page tells that by hand.
 * Outlook  httpd/autodiscover.h
 * Apple    a configuration profile: IMAP, SMTP and LDAP, unsigned; httpd/routes.c has it signed. The same address gives the same UUIDs, so a
 *          profile that is installed again replaces the first.
 * Process  pli-httpd sessions.   Source Mozilla's ConfigFileFormat (draft-bucksch-autoconfig), Apple's Configuration Profile Reference.
 */
#pragma once
#include "httpd/asked.h"

void autoconfig_write(const struct reach *r, const char *domain, struct buf *out);
void mobileconfig_write(const struct reach *r, const struct asked_of *a, struct buf *out);
/* a: whose settings, or why there are none: ASKED_NOTHING gives the settings for everybody, the other two a page that says so. */
void page_write(const struct reach *r, const struct asked_of *a, struct buf *out);
