/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/search.h - the program of a SEARCH: a tree of keys.
 *
 * Form     AND and OR have children: .child is the first, .next of a child is the following one. NOT and FUZZY have one child. All other keys are
 *          leaves. The top is an AND.
 * Bounds   IMAP_DEPTH levels, IMAP_KEYS keys.
 * Owns     nothing. Keys are in the command's arena (proto/imap/lex.h). Spans point into the command or the arena.
 * Process  imapd sessions.   Source RFC 3501 6.4.4, RFC 4731, 5032, 5182, 5256, 5267, 5957, 6203, 7162, 9394.
 */
#pragma once
#include "proto/imap/fetch.h"
#include "proto/imap/set.h"

enum { IMAP_KEYS = 1000 };
enum imap_key_op {
    SK_AND,
    SK_OR,
    SK_NOT,
    SK_ALL,
    SK_FLAG, /* .flag (IMAP_FLAG bits) must be .on */
    SK_RECENT,
    SK_OLD,
    SK_NEW,
    SK_KEYWORD, /* .text must be .on */
    SK_SEQ,
    SK_UID, /* .set, as written */
    SK_LARGER,
    SK_SMALLER, /* .num octets */
    SK_BEFORE,
    SK_ON,
    SK_SINCE, /* .num: day of INTERNALDATE */
    SK_SENTBEFORE,
    SK_SENTON,
    SK_SENTSINCE, /* .num: day of Date: */
    SK_HEADER,    /* .field has .text */
    SK_BODY,
    SK_TEXT,
    SK_OLDER,
    SK_YOUNGER, /* .num: seconds; search_prepare() makes the moment of it (RFC 5032) */
    SK_MODSEQ, /* .num: a mod-sequence; not below it (RFC 7162) */
    SK_SAVEDBEFORE,
    SK_SAVEDON,
    SK_SAVEDSINCE, /* .num: day on which it came into the folder (RFC 8514) */
    SK_SAVEDATESUPPORTED,
    SK_EMAILID,
    SK_THREADID, /* .text: an object id (RFC 8474) */
    SK_FUZZY,    /* one child, of which all keys are .fuzzy (RFC 6203) */
    SK_OPS_
};
#define IMAP_KEY(op) (UINT64_C(1) << (op))            /* in a set of keys */
#define IMAP_KEYS_RFC3501 (IMAP_KEY(SK_TEXT + 1) - 1) /* the protocol's own; others are an extension's */
struct imap_key {
    enum imap_key_op op;
    struct imap_key *child, *next;
    bool on, fuzzy;
    uint64_t flag;
    int64_t num;
    struct imap_set set;
    struct span field, text; /* text as sent, in the command's charset */
};
bool imap_search_has(const struct imap_key *top, uint64_t these); /* one of these keys (IMAP_KEY), somewhere in the tree */
/* RETURN options (RFC 4731, 5182, 5267, 9394) */
enum { SR_MIN = 1, SR_MAX = 2, SR_ALL = 4, SR_COUNT = 8, SR_SAVE = 16, SR_PARTIAL = 32, SR_UPDATE = 64, SR_CONTEXT = 128, SR_RELEVANCY = 256,
       SR_RESULTS = 63 /* what is answered or saved now */ };
/* Positions in a result, from 1 on; .back: counted from its end (RFC 9394). */
struct imap_partial {
    uint32_t from, to; /* as written */
    bool back;
};
enum imap_sort_by { SORT_ARRIVAL, SORT_CC, SORT_DATE, SORT_FROM, SORT_SIZE, SORT_SUBJECT, SORT_TO, SORT_DISPLAYFROM, SORT_DISPLAYTO, SORT_RELEVANCY };
enum imap_thread_by { THREAD_ORDEREDSUBJECT, THREAD_REFERENCES };
enum { IMAP_SORT_KEYS = 16 };
struct imap_sort_key {
    enum imap_sort_by by;
    bool reverse;
};
struct imap_search {
    struct span charset; /* empty: not given */
    struct imap_key *top;
    size_t n;
    bool extended; /* RETURN was given: the answer is ESEARCH */
    unsigned ret;  /* SR_ */
    struct imap_partial partial;
    bool has_update; /* UPDATE (attributes): of each new message, peeked at (RFC 5465 7) */
    struct imap_fetch update;
    struct span text; /* SEARCH and SORT: the arguments as they came */
    struct imap_sort_key sort[IMAP_SORT_KEYS]; /* SORT */
    size_t n_sort;
    enum imap_thread_by thread; /* THREAD */
};
/* in: behind the SP that follows the command, for SEARCH: RETURN, CHARSET, program. */
bool imap_take_search_return(struct imap_in *in, struct imap_search *out); /* "RETURN (...) ", if it is there and known */
bool imap_take_partial(struct imap_in *in, struct imap_partial *out);      /* "1:500", "-1:-100" */
bool imap_take_program(struct imap_in *in, struct imap_search *out);      /* keys only */
bool imap_take_search(struct imap_in *in, struct imap_search *out);
