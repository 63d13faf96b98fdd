/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/opened.h - which words and forms the extensions of a session open to the grammar. A parser knows a word only when its bit is set
 * here.
 *
 * Made by  imapd/extensions.c, from its table: the union of what the rows open. When all is zero, not even RFC 3501's own words are known.
 * Process  imapd sessions.
 */
#pragma once
#include <stdint.h>

enum { /* .args: forms of arguments that are not a word of a list */
    ARG_NONSYNC = 1,          /* "{n+}" (RFC 7888) */
    ARG_INITIAL_RESPONSE = 2, /* AUTHENTICATE PLAIN AGEAYg== (RFC 4959) */
    ARG_LIST_EXTENDED = 4,    /* LIST (options) "" (patterns) RETURN (options) (RFC 5258) */
    ARG_LITERAL8 = 1 << 12,    /* APPEND INBOX ~{n} (RFC 3516) */
    ARG_MULTIAPPEND = 1 << 13, /* APPEND of several messages (RFC 3502) */
    ARG_UTF8 = 1 << 15,       /* mailbox names in UTF-8; APPEND INBOX UTF8 (~{n}) (RFC 6855); no SEARCH CHARSET */
    ARG_CATENATE = 1 << 16,   /* APPEND INBOX CATENATE (URL x TEXT {n}) (RFC 4469) */
    ARG_CREATE_USE = 1 << 14  /* CREATE x (USE (\Sent)) (RFC 6154) */
};
enum { /* .responses: what an answer carries only when the bit is set */
    RESP_APPENDUID = 1,
    RESP_COPYUID = 2,
    RESP_CHILDREN = 4,   /* \HasChildren, \HasNoChildren in LIST */
    RESP_SPECIAL_USE = 8, /* \Sent and the like in LIST */
    RESP_MAILBOXID = 1 << 12, /* in SELECT and CREATE */
    RESP_UTF8 = 1 << 13       /* mailbox names in UTF-8 */
};
struct imap_opened {
    unsigned status;      /* ST_   STATUS items         proto/imap/args.h */
    unsigned list_select; /* LS_   LIST selection options */
    unsigned list_return; /* LR_   LIST return options */
    unsigned fetch;       /* FI_   FETCH items          proto/imap/fetch.h */
    uint64_t search;      /* IMAP_KEY(SK_...) SEARCH keys   proto/imap/search.h */
    unsigned args, responses;
};
