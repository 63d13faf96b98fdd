/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/scan.h - the linear pass over a message: structure, offsets, header blocks. Streaming, bounded, never recursive.
 *
 * Fed      The message's octets as they will be served, in pieces of any size. Lines end in CRLF. A lone CR or LF is content.
 * Gives    A tree of parts, in the order of their offsets. Each part has its exact octet offsets, its line count and its header block
 *          (bounded).
 *          A PART_MESSAGE has one child, the enclosed message. It is a message/rfc822 or message/global that is not in base64 or
 *          quoted-printable.
 *          A multipart without a usable boundary is a PART_LEAF, to be described as text/plain (RFC 2045 5.2).
 * Owns     The scan owns its parts and their header blocks. Both live until scan_free().
 * Bounds   SCAN_PARTS parts; SCAN_DEPTH levels; SCAN_HEADER_BLOCK bytes of header kept per part (SCAN_TOP_HEADER for the message's own),
 *          SCAN_HEADERS bytes of header in all. So memory is bounded, whatever the message.
 *          A message beyond a bound is flat: one PART_LEAF, described as text/plain when it says so and else as
 *          application/octet-stream. It is stored and served byte for byte all the same.
 * Boundary A delimiter is a line that begins with "--" and the boundary of an open multipart (RFC 2046 5.1.1). When several boundaries
 *          fit, the longest counts, then the innermost. The CRLF before a delimiter belongs to the delimiter: no part's header_len or
 *          body_len reaches into it. So MIME header and body of a signed part are exactly the octets that were signed.
 * Grammar  The grammar of field bodies is in mime/fields.h.
 * Source   RFC 5322, 2045-2049, 2046 5.1 (boundaries), 3501 6.4.5.
 * Process  smtpd, imapd and relayd sessions.
 */
#pragma once
#include "base/buf.h"
enum { SCAN_PARTS = 1000, SCAN_DEPTH = 50 };
enum { SCAN_HEADER_BLOCK = 64 * 1024, SCAN_TOP_HEADER = 256 * 1024, SCAN_HEADERS = 1024 * 1024 };
enum part_kind { PART_LEAF, PART_MULTIPART, PART_MESSAGE };
/* What was seen in a run of octets, as bits. */
enum octets { OCT_8BIT = 1, OCT_NUL = 2, OCT_LONG_LINE = 4, OCT_BARE_CR = 8, OCT_BARE_LF = 16, OCT_NOT_UTF8 = 32 };
struct part {
    uint32_t parent;          /* index; the root is 0 and its own parent */
    uint32_t first_child, next_sibling; /* 0: none */
    uint32_t number;          /* 1.. among its siblings */
    enum part_kind kind;
    bool in_digest;           /* its parent is a multipart/digest: without a Content-Type it is message/rfc822 */
    unsigned header_octets, body_octets; /* enum octets; of a multipart's body: what stands outside its parts */
    uint64_t header_off, header_len; /* with the empty line, where there is one */
    uint64_t body_off, body_len;     /* a multipart's body includes its closing boundary and its epilogue */
    uint64_t lines;                  /* of the body; a last line without its CRLF counts */
    struct span header;              /* owned by the scan; the root's may be cut at SCAN_TOP_HEADER when the message is flat */
};
struct scan;
struct scan *scan_new(void);
void scan_free(struct scan **s);
void scan_feed(struct scan *s, struct span piece);
void scan_end(struct scan *s);                      /* afterwards the tree may be read */
/* Puts header fields in front of a message whose scan has ended: afterwards the tree is that of both together. False, and nothing has changed: they would
 * say something of structure, or what follows them, or a bound, forbids it; both must be scanned together. */
bool scan_lead(struct scan *s, struct span fields);
size_t scan_parts(const struct scan *s);
const struct part *scan_part(const struct scan *s, size_t i); /* 0: the message */
bool scan_flat(const struct scan *s);
uint64_t scan_size(const struct scan *s);
uint64_t scan_lines(const struct scan *s);           /* of the whole message */
size_t scan_memory(const struct scan *s);             /* bytes that the scan holds */
struct scan_facts {                                  /* what the door needs to know, gathered on the way */
    bool has_8bit, has_nul, long_line;               /* a byte > 127 / a NUL / a line beyond 998 octets, anywhere */
    bool bare_cr, bare_lf;
    bool is_signed, is_encrypted;                    /* multipart/signed, or application/pkcs7-mime at the top */
    bool has_tnef;                                   /* application/ms-tnef or winmail.dat */
};
const struct scan_facts *scan_facts(const struct scan *s);
