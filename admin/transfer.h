/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/transfer.h - the mail of one place copied into another, folder by folder, and a statement of both that can be compared.
 *
 * Again    nothing is noted down: what lies in the folder there is read first, and only what is missing is added (admin/ledger.h, "Same"). So a copy that was cut
 *          off at any moment goes on when it is called again, and doubles nothing; what came by another way meanwhile is not doubled either.
 * Proof    each folder is read again when it was copied, and the statement is of what was read.
 * Left     a message that cannot be read or is not taken is named (.refused) and counted; the others go on. So is a folder that one of the two sides refuses:
 *          it counts as one. Keywords for which a folder there has no room are left behind: named (.refused, with no place), and their messages
 *          counted in .marked.
 * Errors   the place's own: it went away, it is full (RC_QUOTA), it is no such thing. What was copied stays.
 * Owns     the caller owns both places.   Process  pli; later the HTTP daemon.
 */
#pragma once
#include "admin/ledger.h"

struct statement { /* of one folder; spans live until .folder returns */
    struct span name;
    enum store_special role;
    struct ledger_sums here, there; /* of what is copied from; of what is copied to */
    uint64_t brought;               /* added now */
    uint64_t refused;               /* could not be read, or was not taken: not in .here */
    uint64_t missing;               /* of .here, not there */
    uint64_t marked;                /* there, with other flags or keywords */
    uint64_t extra;                 /* there, and not in .here */
};
struct transfer_watch {
    void (*progress)(struct span folder, uint64_t done, uint64_t messages, uint64_t octets, void *ctx); /* NULL: nobody looks */
    void (*refused)(struct span folder, const char *where, const char *why, void *ctx);
    void (*folder)(const struct statement *s, void *ctx);
    void *ctx;
};
/* to NULL: nothing is copied, and the statement is of .here alone. */
enum rc transfer(struct place *from, struct place *to, const struct transfer_watch *w, struct err *e);
/* Do the two hold the same, as far as this copy is answerable: nothing refused, nothing missing, nothing marked otherwise? */
bool statement_whole(const struct statement *s);
