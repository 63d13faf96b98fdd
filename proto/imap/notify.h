/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/notify.h - the arguments of NOTIFY, and the mailbox filters that it shares with ESEARCH IN (...).
 *
 * Filters  a filter is a word, and for SUBTREE, SUBTREE-ONE and MAILBOXES a list of names. A name that this server would not take is left out,
 *          because no mailbox has it (RFC 5465 6.6).
 * Events   that this server does not have are remembered by .unknown and are no syntax error: they are answered NO (RFC 5465 3.1).
 * Bounds   IMAP_GROUPS groups, IMAP_FILTER_NAMES names. Beyond that .too_many is set and what is beyond is not kept.
 * Fails    RC_SYNTAX (BAD): malformed, or events that must not stand together (RFC 5465 5).
 * Owns     nothing. All is in the arena of in.
 * Process  imapd sessions.   Source RFC 5465 8, RFC 7377 2.2.
 */
#pragma once
#include "proto/imap/fetch.h"

enum { IMAP_GROUPS = 64, IMAP_FILTER_NAMES = 1000 };
enum imap_filter_kind {
    FILTER_SELECTED,
    FILTER_DELAYED, /* selected-delayed */
    FILTER_INBOXES,
    FILTER_PERSONAL,
    FILTER_SUBSCRIBED,
    FILTER_SUBTREE,
    FILTER_SUBTREE_ONE, /* of ESEARCH alone */
    FILTER_MAILBOXES
};
struct imap_filter {
    enum imap_filter_kind kind;
    struct span *names; /* as proto/imap/name.h has them */
    size_t n;
};
enum {
    EV_NEW = 1,          /* MessageNew */
    EV_EXPUNGE = 2,      /* MessageExpunge */
    EV_FLAG = 4,         /* FlagChange */
    EV_NAME = 8,         /* MailboxName */
    EV_SUBSCRIPTION = 16, /* SubscriptionChange */
    EV_METADATA = 32,        /* MailboxMetadataChange */
    EV_SERVER_METADATA = 64, /* ServerMetadataChange */
    EV_MESSAGES = EV_NEW | EV_EXPUNGE | EV_FLAG
};
struct imap_event_group {
    struct imap_filter where;
    unsigned events; /* EV_ bits; 0: NONE */
    bool has_fetch;  /* MessageNew of the selected mailbox: what a FETCH is to tell of each message */
    struct imap_fetch fetch;
};
struct imap_notify {
    struct span text; /* the arguments as they came, to be parsed once more into memory that lives longer */
    bool none, status, unknown, too_many;
    struct imap_event_group *group;
    size_t n;
};
/* in: at a filter's first letter. *too_many is set and never cleared; *names counts what is kept. */
enum rc imap_take_filter(struct imap_in *in, bool search, size_t *names, bool *too_many, struct imap_filter *out, struct err *e);
enum rc imap_take_notify(struct imap_in *in, struct imap_notify *out, struct err *e); /* in: behind the command's name */
/* Does the filter name this mailbox? For all but the selected ones. */
bool imap_filter_has(const struct imap_filter *f, struct span name, bool subscribed, bool inbox);
