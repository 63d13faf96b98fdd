/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/fetch.h - one FETCH command at work: it finds the source of each item and writes the item.
 *
 * Sources  An item comes from the view (UID, FLAGS), the entry (INTERNALDATE, RFC822.SIZE), the summary (ENVELOPE, BODY, BODYSTRUCTURE, header, the
 *          places of parts), or the message's octets. The whole command uses the cheapest store operation that has all items:
 *            none          the view has all items
 *            ENTRIES       the entry is needed, or ranges of octets that need no part table
 *            READ_MANY     whole messages are needed, and no summary. Small messages come along in the page
 *            SUMMARIES     everything else. Of one message, the octets are then read range by range. Of several messages, small ones come in pages
 *                          of READ_MANY, side by side with the summaries
 * Memory   is bounded whatever the message, because what is larger than a page goes to the client chunk by chunk.
 * Broken   after a literal is announced its octets must follow. If they cannot, the session ends (RC_CLOSED, .bye).
 * Process  pli-imapd session.   Source RFC 3501 6.4.5, 7.4.2; RFC 3516 4.2, 4.3.
 */
#pragma once
#include "imapd/summaries.h"
struct fetch {
    struct imap_session *s;
    const struct imap_fetch *what;
    struct imap_set *rows;
    enum store_op op; /* 0: none needed */
    struct pages pages;
    struct buf names; /* open: the sections' names in answers, one behind the other */
    size_t name_end[IMAP_SECTIONS];
    struct buf plain; /* the entry's object in clear: summary or message */
    struct summary sum;
    bool modseq;    /* each message with MODSEQ */
    bool any, sent; /* of the message at hand: an item is written; some of its line has left already */
    bool beside;    /* octets come side by side */
    struct pages octets;
    struct store_entry small; /* the entry of octets at hand: its UID is not below the message's; UINT32_MAX: no more */
    struct buf body;          /* its octets in clear, once wanted */
    uint32_t anew;            /* summaries that were not believed */
    uint32_t vanished;        /* while they were read */
    uint32_t missing;         /* rows without an entry: expunged by another session */
    struct err first;         /* of messages that could not be opened */
};
enum rc fetch_run(struct fetch *f, struct err *e);
/* *out: the octets of the message in clear, when they came along in a page. Otherwise .n is 0. */
enum rc fetch_whole(struct fetch *f, const struct store_entry *en, struct span *out, struct err *e);
/* imapd/fetch_items.c */
enum store_op fetch_items_source(const struct imap_fetch *w); /* STORE_SUMMARIES, STORE_ENTRIES; 0: the view has them */
unsigned fetch_items_texts(const struct imap_fetch *w);       /* SUMMARY_ bits */
void fetch_begin_message(struct fetch *f, uint32_t row);      /* "* 1 FETCH (" and what the view has */
void fetch_put_items(struct fetch *f, const struct store_entry *en);
void fetch_item(struct fetch *f, struct span name); /* the space between items, and the name */
/* imapd/fetch_section.c: "BODY[...] {n}" CRLF octets. */
enum rc fetch_put_section(struct fetch *f, const struct store_entry *en, size_t i, struct err *e);
struct fetch_where { /* the octets of a section: none (NIL), at hand, or a range of the message's object */
    bool none, at_hand;
    struct span bytes;
    uint64_t off, len;
};
/* mem: the caller's, for octets that are made for this section alone. *w may borrow from it. */
enum rc fetch_find(struct fetch *f, const struct store_entry *en, const struct imap_section *s, struct fetch_where *w, struct buf *mem,
                   struct err *e);
void fetch_cut(const struct imap_section *s, struct fetch_where *w); /* to the octets of its partial */
void fetch_put_name(struct fetch *f, size_t i);                      /* of section i, as an answer has it */
/* imapd/fetch_binary.c: "BINARY[...] {n}" or "~{n}", and "BINARY.SIZE[...] n". True: the section has a transfer encoding that must be undone. A
 * whole message and what is made of parts are sent as they stand, because they have none (RFC 2045 6.4). */
bool fetch_decoded(struct fetch *f, const struct imap_section *s);
enum rc fetch_put_decoded(struct fetch *f, const struct store_entry *en, size_t i, struct err *e);
