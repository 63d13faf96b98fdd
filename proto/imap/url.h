/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/url.h - an IMAP URL that names a message, or a part of one.
 *
 * Form     imap://user@host/Mailbox;UIDVALIDITY=n/;UID=n/;SECTION=1.2/;PARTIAL=0.1024, where all but UID may be missing; relative to the server ("/Mailbox...")
 *          or to the selected mailbox ("/;UID=n" or ";UID=n"). Words in any case. Mailbox and section are percent-encoded UTF-8.
 * Refused  what is no such URL, other schemes, URLs of mailboxes or searches, and URLAUTH.
 * Owns     nothing. Spans point into the text or into the arena.
 * Process  imapd sessions.   Source RFC 5092 11, RFC 5550 3.1 (URL-PARTIAL), RFC 4467 3.
 */
#pragma once
#include "proto/imap/fetch.h"

struct imap_url {
    bool absolute;
    struct span user, host; /* absolute; user: empty when it names none. Host without its port */
    struct span mailbox;    /* a name as proto/imap/name.h has it; empty: the selected one */
    uint32_t uidvalidity;   /* 0: not said */
    uint32_t uid;
    struct imap_section section; /* .kind SEC_ALL without a part: the whole message */
};
bool imap_url_read(struct imap_arena *mem, struct span text, struct imap_url *out);
