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
    ARG_CONDSTORE = 1 << 8,   /* SELECT x (CONDSTORE), FETCH ... (CHANGEDSINCE n), STORE 1 (UNCHANGEDSINCE n) ... (RFC 7162) */
    ARG_ESORT = 1 << 11,      /* SORT RETURN (...) (RFC 5267) */
    ARG_PARTIAL = 1 << 12,    /* UID FETCH ... (PARTIAL 1:500) (RFC 9394) */
    ARG_SEARCHRES = 1 << 10,  /* "$" as a set (RFC 5182) */
    ARG_QRESYNC = 1 << 9,    /* SELECT x (QRESYNC (...)), UID FETCH ... (CHANGEDSINCE n VANISHED), both once ENABLE QRESYNC has opened them (RFC 7162) */
    ARG_LITERAL8 = 1 << 20,    /* APPEND INBOX ~{n} (RFC 3516) */
    ARG_MULTIAPPEND = 1 << 21, /* APPEND of several messages (RFC 3502) */
    ARG_UTF8 = 1 << 23,       /* mailbox names in UTF-8; APPEND INBOX UTF8 (~{n}) (RFC 6855) */
    ARG_CATENATE = 1 << 24,   /* APPEND INBOX CATENATE (URL x TEXT {n}) (RFC 4469) */
    ARG_NO_CHARSET = 1 << 25, /* SEARCH CHARSET is refused (RFC 6855 3); SORT and THREAD must have one (RFC 5256) */
    ARG_URL_ITEMS = 1 << 26,  /* URLFETCH (url BINARY) (RFC 5524) */
    ARG_CREATE_USE = 1 << 22  /* CREATE x (USE (\Sent)) (RFC 6154) */
};
enum { /* .responses: what an answer carries only when the bit is set */
    RESP_APPENDUID = 1,
    RESP_COPYUID = 2,
    RESP_CHILDREN = 4,   /* \HasChildren, \HasNoChildren in LIST */
    RESP_MAILBOXID = 1 << 12, /* in SELECT and CREATE */
    RESP_REV2 = 1 << 14,      /* no RECENT and no \Recent, LIST in SELECT, ESEARCH for every SEARCH (RFC 9051) */
    RESP_UTF8 = 1 << 13,      /* mailbox names in UTF-8 */
    RESP_SPECIAL_USE = 8,  /* \Sent and the like in LIST */
    RESP_MODSEQ = 1 << 8,  /* MODSEQ in each FETCH that tells of flags, HIGHESTMODSEQ after EXPUNGE; opened by a CONDSTORE enabling command */
    RESP_CLOSED = 1 << 9,  /* [CLOSED] when SELECT leaves a mailbox */
    RESP_METADATA = 1 << 15,        /* METADATA of changed annotations, unasked; opened by ENABLE METADATA (RFC 5464) */
    RESP_METADATA_SERVER = 1 << 16, /* those of the mailbox as a whole; by ENABLE METADATA-SERVER too */
    RESP_UIDONLY = 1 << 11,  /* UIDFETCH in place of FETCH, and no message number in anything; opened by ENABLE UIDONLY (RFC 9586) */
    RESP_VANISHED = 1 << 10  /* VANISHED in place of EXPUNGE, and UID in each FETCH that tells of flags; opened by ENABLE QRESYNC */
};
struct imap_opened {
    unsigned status;      /* ST_   STATUS items         proto/imap/args.h */
    unsigned list_select; /* LS_   LIST selection options */
    unsigned list_return; /* LR_   LIST return options */
    unsigned fetch;       /* FI_   FETCH items          proto/imap/fetch.h */
    uint64_t search;      /* IMAP_KEY(SK_...) SEARCH keys   proto/imap/search.h */
    unsigned search_return; /* SR_  RETURN options of SEARCH   proto/imap/search.h */
    unsigned sort, thread;  /* 1 << SORT_, THREAD_: what SORT sorts by, and algorithms of THREAD */
    unsigned args, responses;
};
