/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/fetch.h - what a FETCH asks for.
 *
 * Form     .items is a set of FI_ bits. .sections has the body sections, in order. ALL, FAST, FULL and the RFC822 items are replaced by the
 *          items and sections that they stand for.
 * Bounds   at most IMAP_SECTIONS sections per command, IMAP_FIELDS header field names per section.
 * Owns     nothing. Spans and arrays point into the command or into its arena (proto/imap/lex.h).
 * Process  imapd sessions.   Source RFC 3501 6.4.5, 9 (fetch, section); RFC 3516 4.2, 7.
 */
#pragma once
#include "proto/imap/lex.h"

enum { IMAP_SECTIONS = 256, IMAP_FIELDS = 256, IMAP_PART_MAX = 200 };
enum {
    FI_UID = 1,
    FI_FLAGS = 2,
    FI_INTERNALDATE = 4,
    FI_SIZE = 8,
    FI_ENVELOPE = 16,
    FI_BODY = 32,
    FI_BODYSTRUCTURE = 64,
    FI_RFC3501 = 127, /* the protocol's own; others are an extension's */
    FI_MODSEQ = 1 << 16,   /* RFC 7162 */
    FI_EMAILID = 1 << 13,
    FI_THREADID = 1 << 14, /* RFC 8474 */
    FI_SAVEDATE = 1 << 17, /* RFC 8514 */
    FI_PREVIEW = 1 << 15,  /* RFC 8970 */
    FI_BINARY = 1 << 12 /* the sections BINARY[...], BINARY.PEEK[...] and BINARY.SIZE[...] (RFC 3516) */
};
enum imap_section_kind { SEC_ALL, SEC_HEADER, SEC_FIELDS, SEC_FIELDS_NOT, SEC_TEXT, SEC_MIME };
enum imap_section_form {
    FORM_BODY,
    FORM_RFC822,
    FORM_RFC822_HEADER,
    FORM_RFC822_TEXT,
    FORM_BINARY,     /* decoded: its transfer encoding undone */
    FORM_BINARY_SIZE /* how many octets that are */
}; /* the name that the answer gives the section */
struct imap_section {
    enum imap_section_kind kind;
    enum imap_section_form form;
    struct span part;    /* "1.2"; empty: the message */
    struct span *fields; /* FIELDS, FIELDS_NOT */
    size_t n_fields;
    bool peek, partial;
    uint32_t off, len; /* partial: octets, of what is sent */
};
struct imap_fetch {
    unsigned items;
    bool lazy; /* PREVIEW (LAZY) */
    struct imap_section *sections;
    size_t n_sections;
};
bool imap_take_fetch(struct imap_in *in, struct imap_fetch *out);
/* "BODY[1.HEADER.FIELDS (SUBJECT)]<0>": the name of the item in an answer. */
void imap_section_name(const struct imap_section *s, struct buf *out);
