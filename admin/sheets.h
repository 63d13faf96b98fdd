/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/sheets.h - a sheet of paper for each new holder: what to type into a mail client, in French. One HTML text with a page a person, to be printed and
 * handed over; it needs nothing from elsewhere.
 *
 * Secrets  each page holds a code or a password. The caller's buffer is secret, and what it writes is a file that its owner alone may read.
 * Process  pli; later the HTTP daemon. Pure.
 */
#pragma once
#include "base/book.h"
#include "base/buf.h"

struct sheet_server { /* what is the same on each sheet; texts end with NUL */
    const char *host;
    int imaps, submissions, submission; /* ports; 0: not offered */
    struct book book;
    const char *choose; /* where a password is chosen with the code: "https://mail.chu.example/mot-de-passe"; NULL: the code is the password */
    char until[12];     /* the last day on which that can be done: "29/12/2026" */
};
void sheets_begin(struct buf *out);
void sheets_add(struct buf *out, const struct sheet_server *at, struct span name, struct span address, struct span code);
void sheets_end(struct buf *out);
