/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/scan_int.h - what a scan holds: shared by scan.c, which makes it, and scan_lead.c, which puts fields in front of it.
 * Process  smtpd, imapd and relayd sessions (inside mime/).
 */
#pragma once
#include "mime/boundary.h"
#include "mime/octets.h"
#include "mime/scan.h"

enum { SCAN_KEEP = BOUNDARY_MAX + 4 };
enum scan_state { SCAN_HEADER, SCAN_BODY };

struct scan_open {
    uint32_t part;
    int boundary;    /* index in boundaries, -1: none (any more) */
    bool digest;     /* multipart/digest */
    uint64_t lines0; /* lines of the message before its body */
};
struct scan_place {
    size_t off, len; /* of the kept header in the arena */
    uint32_t last_child;
};

struct scan {
    enum scan_state state;
    bool flat, header_full, ended;
    struct part *parts;
    struct scan_place *places;
    size_t n, cap;
    struct buf arena; /* all kept header blocks; spans into it are made at the end, since it moves */
    struct scan_open open[SCAN_DEPTH + 2];
    size_t n_open;
    struct boundaries boundaries;
    struct scan_facts facts;
    /* the line at hand */
    uint64_t off, line_off, lines;
    size_t arena_line; /* where it begins in the arena */
    unsigned octets;
    struct utf8_state utf8;
    bool last_cr, prev_empty; /* the byte before was CR; the line before was empty */
    size_t line_n;            /* of a line that begins with "-": its first bytes */
    unsigned char line[SCAN_KEEP];
};

struct span scan_kept(const struct scan *s, size_t i); /* that part's header as it lies in the arena now */
