/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/url.h - an IMAP URL that names a message, or a part of one.
 *
 * Form     imap://user@host/Mailbox;UIDVALIDITY=n/;UID=n/;SECTION=1.2/;PARTIAL=0.1024, where all but UID may be missing; relative to the server ("/Mailbox...")
 *          or to the selected mailbox ("/;UID=n" or ";UID=n"). Words in any case. Mailbox and section are percent-encoded UTF-8.
 *          With an authorization (RFC 4467): ";EXPIRE=2026-12-01T10:00:00Z;URLAUTH=submit+user" behind an absolute URL that names its user, and then, but for
 *          the rump that GENURLAUTH is given, ":INTERNAL:" and hexadecimal digits.
 * Refused  what is no such URL, other schemes, URLs of mailboxes or searches.
 * Owns     nothing. Spans point into the text or into the arena.
 * Process  imapd sessions.   Source RFC 5092 11, RFC 5550 3.1 (URL-PARTIAL), RFC 4467 3.
 */
#pragma once
#include "proto/imap/fetch.h"

enum imap_url_access { URL_NO_ACCESS, URL_SUBMIT, URL_USER, URL_AUTHUSER, URL_ANONYMOUS };
struct imap_url_auth {
    enum imap_url_access access; /* URL_NO_ACCESS: the URL has no authorization */
    struct span user;            /* of URL_SUBMIT, URL_USER */
    int64_t expires;             /* UTC s; 0: never */
    struct span rump;            /* the URL as it came, up to the access identifier: what is authorized */
    struct span mechanism, token; /* empty in a rump */
};
struct imap_url {
    bool absolute;
    struct span user, host; /* absolute; user: empty when it names none. Host without its port */
    struct span mailbox;    /* a name as proto/imap/name.h has it; empty: the selected one */
    uint32_t uidvalidity;   /* 0: not said */
    uint32_t uid;
    struct imap_section section; /* .kind SEC_ALL without a part: the whole message */
    struct imap_url_auth auth;
};
bool imap_url_read(struct imap_arena *mem, struct span text, struct imap_url *out);
