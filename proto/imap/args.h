/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/args.h - the arguments of each command: one pure function per shape of arguments.
 *
 * Takes    in: the text behind the command's name. It begins with SP, or is at its end. The function must use all of it.
 * Fails    RC_SYNTAX (answered BAD) with a text. RC_PERM (answered NO) for a mailbox name that this server does not take.
 * Names    Mailbox names are given as proto/imap/name.h describes. LIST patterns are given in the same form, but unchecked.
 * Words    A word is known only when an extension opens it (proto/imap/opened.h). Any other word is malformed.
 * Owns     nothing. Spans and arrays point into the command or into the arena of in, and live as long as these.
 * Process  imapd sessions.   Source RFC 3501 6; RFC 4315, 5161, 5258, 5819, 6154, 6851, 2971, 7162, 7889, 8438, 5464, 9590, 4467, 4314, 8440.
 */
#pragma once
#include "proto/imap/append.h"
#include "proto/imap/fetch.h"
#include "proto/imap/flags.h"
#include "proto/imap/notify.h"
#include "proto/imap/search.h"

enum { IMAP_LIST_PATTERNS = 64, IMAP_WORDS = 64 };
enum { ST_MESSAGES = 1, ST_RECENT = 2, ST_UIDNEXT = 4, ST_UIDVALIDITY = 8, ST_UNSEEN = 16, ST_SIZE = 32, ST_APPENDLIMIT = 64, ST_MAILBOXID = 1 << 12, ST_DELETED = 1 << 13, ST_DELETED_STORAGE = 1 << 14,
       ST_HIGHESTMODSEQ = 1 << 16,
       ST_RFC3501 = 31 /* the protocol's own; others are an extension's */ };
enum { LS_SUBSCRIBED = 1, LS_REMOTE = 2, LS_RECURSIVE = 4, LS_SPECIAL = 8 }; /* LIST selection options */
enum { LR_SUBSCRIBED = 1, LR_CHILDREN = 2, LR_SPECIAL = 4, LR_STATUS = 8, LR_METADATA = 16, LR_MYRIGHTS = 32 };  /* LIST return options */
enum imap_store_how { IMAP_STORE_SET, IMAP_STORE_ADD, IMAP_STORE_REMOVE };

/* entries of annotations: RFC 5464 */
enum { IMAP_ENTRY_MAX = 1024, IMAP_ANNOTATIONS = 128, IMAP_DEPTH_INFINITY = 2 };
struct imap_entries {
    struct span *name; /* in small letters, each once: "/private/comment" */
    size_t n;
    unsigned depth; /* 0, 1, IMAP_DEPTH_INFINITY */
    bool limited;
    uint64_t maxsize; /* limited: values of more octets are left out */
};
struct imap_annotation {
    struct span name, value;
    bool nil; /* to be removed */
};
struct imap_metadata_args {
    struct span name; /* of a folder */
    bool server;      /* "": the mailbox as a whole */
    struct imap_entries entries; /* GETMETADATA */
    struct imap_annotation *set; /* SETMETADATA; each name once */
    size_t n;
};
enum imap_acl_how { IMAP_ACL_IS, IMAP_ACL_ADD, IMAP_ACL_TAKE };
struct imap_acl_args {
    struct span name, who, rights; /* rights: letters, without the sign */
    enum imap_acl_how how;
};
enum imap_url_items { URL_BODY = 1, URL_BINARY = 2, URL_STRUCTURE = 4 }; /* BODY and BINARY are never asked for together */
struct imap_urls { /* GENURLAUTH, URLFETCH: RFC 4467, RFC 5524 */
    struct span *url, *mechanism; /* mechanism: GENURLAUTH */
    unsigned *items;              /* URLFETCH: URL_ bits; 0: the octets alone, as RFC 4467 has it */
    size_t n;
};
struct imap_list_args {
    bool extended;
    unsigned select, ret, status;
    struct span reference;
    struct span *patterns; /* prepared as names are, with the reference in front; a pattern that no name can match is left out */
    size_t n;
    struct imap_entries entries; /* LR_METADATA */
};
struct imap_select_args {
    struct span name, sent; /* sent: as it came */
    bool condstore, qresync; /* the next ones: of QRESYNC */
    uint32_t uidvalidity;
    uint64_t modseq;
    bool has_known;
    struct imap_set known;      /* UIDs, settled, without "*" */
    struct imap_set seqs, uids; /* settled, without "*"; as many numbers as UIDs, or none of both */
};
struct imap_esearch_args {
    struct imap_search what; /* .text: from RETURN on */
    struct imap_filter *in;
    size_t n;      /* 0: the selected mailbox */
    bool too_many; /* names */
};
union imap_args {
    struct {
        struct span user, pass;
    } login;
    struct {
        struct span mechanism, initial;
        bool has_initial;
    } auth; /* initial: base64, "=" for an empty one */
    struct {
        struct span *words;
        size_t n;
    } words; /* ENABLE */
    struct {
        struct span name;
    } mailbox;
    struct {
        struct span name, sent; /* sent: as it came */
        struct span *uses; /* special-use attributes, "\Sent" */
        size_t n;
    } create;
    struct span root; /* GETQUOTA: as sent */
    struct {
        struct span from, to;
    } rename;
    struct imap_list_args list;
    struct imap_metadata_args metadata;
    struct imap_acl_args acl;
    struct imap_urls urls;
    struct {
        struct span name; /* has_name: of a folder; else all */
        bool has_name, known; /* known: a mechanism that there is is among those named, or none is named */
    } resetkey;
    struct {
        struct span name;
        unsigned items;
    } status;
    struct {
        struct span name;
        struct imap_in rest; /* the messages: proto/imap/append.h; checked up to the first literal */
        struct imap_set set; /* REPLACE: one number, or "*" */
    } append;
    struct imap_select_args select;
    struct {
        struct imap_set set;
        struct imap_fetch what;
        bool changed; /* CHANGEDSINCE */
        uint64_t changed_since;
        bool vanished; /* VANISHED */
        bool has_partial;
        struct imap_partial partial;
    } fetch;
    struct {
        struct imap_set set;
        enum imap_store_how how;
        bool silent;
        struct imap_flags flags;
        bool conditional; /* UNCHANGEDSINCE */
        uint64_t unchanged_since;
    } store;
    struct {
        struct imap_set set;
        struct span name;
    } copy;
    struct {
        struct imap_set set;
    } uids;
    struct imap_search search;
    struct imap_esearch_args esearch;
    struct imap_notify notify;
};
enum rc imap_parse_none(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_login(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_auth(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_words(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_id(struct imap_in *in, union imap_args *out, struct err *e); /* checked, not kept */
enum rc imap_parse_mailbox(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_create(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_root(struct imap_in *in, union imap_args *out, struct err *e); /* GETQUOTA: out->root */
/* proto/imap/args_sync.c: RFC 7162 */
enum rc imap_parse_select(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_fetch(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_store(struct imap_in *in, union imap_args *out, struct err *e);
/* proto/imap/args_metadata.c: RFC 5464 */
enum rc imap_parse_getmetadata(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_setmetadata(struct imap_in *in, union imap_args *out, struct err *e);
bool imap_take_entries(struct imap_in *in, struct imap_entries *w); /* one, or several in parentheses */
/* proto/imap/args_acl.c: RFC 4314 */
enum rc imap_parse_acl_of(struct imap_in *in, union imap_args *out, struct err *e);  /* GETACL, MYRIGHTS */
enum rc imap_parse_acl_who(struct imap_in *in, union imap_args *out, struct err *e); /* DELETEACL, LISTRIGHTS */
enum rc imap_parse_setacl(struct imap_in *in, union imap_args *out, struct err *e);
/* proto/imap/args_url.c: RFC 4467 */
enum rc imap_parse_genurlauth(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_urlfetch(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_resetkey(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_rename(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_list(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_lsub(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_status(struct imap_in *in, union imap_args *out, struct err *e);
/* in ends with the command, or behind "{n}", "{n+}", "~{n}" or "~{n+}", which announces the message's literal. */
enum rc imap_parse_append(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_replace(struct imap_in *in, union imap_args *out, struct err *e); /* as imap_parse_append() */
enum rc imap_parse_copy(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_search(struct imap_in *in, union imap_args *out, struct err *e);
/* proto/imap/args_sort.c */
enum rc imap_parse_sort(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_thread(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_uids(struct imap_in *in, union imap_args *out, struct err *e); /* UID EXPUNGE */
enum rc imap_parse_esearch(struct imap_in *in, union imap_args *out, struct err *e);
enum rc imap_parse_tags(struct imap_in *in, union imap_args *out, struct err *e); /* CANCELUPDATE: out->words */
enum rc imap_parse_notify(struct imap_in *in, union imap_args *out, struct err *e);
/* proto/imap/args.c, for the other files of arguments */
enum rc imap_args_end(struct imap_in *in, bool good, struct err *e);
/* SP and a name. sent_out: as it came; may be NULL */
enum rc imap_args_mailbox(struct imap_in *in, struct span *out, struct span *sent_out, struct err *e);
/* proto/imap/args_list.c */
bool imap_take_status_items(struct imap_in *in, unsigned *out);
const char *imap_status_name(unsigned item); /* item: one ST_ bit */
