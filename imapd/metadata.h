/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/metadata.h - annotations of folders, and of the mailbox as a whole ("" in IMAP), as GETMETADATA, SETMETADATA and LIST know them.
 *
 * Special use  /private/specialuse is no annotation of its own: it shows and sets the use that LIST shows (RFC 6154 3).
 * Admin        /shared/admin of "" is the server's to give (RFC 5464 6.2.1). This server gives none, and nobody sets it.
 * Owns         struct annotations owns what it opened, in memory that is wiped: annotations_free().
 * Bounds       a mailbox has at most STORE_ANNOTATIONS_BYTES of them, so a load is bounded.
 * Errors       RC_CORRUPT: a seal does not open. Else what stored says.
 * Process      pli-imapd session.   Source RFC 5464, RFC 9590, RFC 6154.
 */
#pragma once
#include "imapd/folders.h"

struct annotation_of { /* offsets into .mem, which grows while they are read */
    uint32_t folder;
    size_t name, name_n, value, value_n;
    uint64_t change; /* the number of its last change */
};
struct annotations {
    struct annotation_of *v; /* by folder, then by name */
    size_t n;
    struct buf mem;
    uint64_t change; /* of the mailbox, at that moment */
};
#define METADATA_USE "/private/specialuse"
#define METADATA_ADMIN "/shared/admin"

/* Reads and opens annotations. folder: 0, a folder, or STORE_EVERY_FOLDER. wanted: what is asked for, which may bring more than that; NULL: all. since:
 * NULL, or names only, of those that changed after that number, removed ones among them. */
enum rc metadata_load(struct imap_session *s, uint32_t folder, const struct imap_entries *wanted, const uint64_t *since, struct annotations *out,
                      struct err *e);
void annotations_free(struct annotations *a);
/* Appends "* METADATA name (entry value ...)" and CRLF to .out, or nothing when there is nothing to tell. name: as mailbox names are told; empty: "".
 * *longest: made as large as the longest value that was left out for its size. */
void metadata_put(struct imap_session *s, const struct annotations *a, uint32_t folder, uint8_t special, struct span name,
                  const struct imap_entries *wanted, uint64_t *longest);
/* Sets all of a SETMETADATA, or nothing. folder: 0 for "". */
enum rc metadata_set(struct imap_session *s, uint32_t folder, const struct imap_metadata_args *a, struct err *e);
void metadata_own(struct imap_session *s, uint64_t from, uint64_t to); /* the session itself made the changes above from up to to */
/* Tells what other sessions changed, when ENABLE has opened that; "ask": whatever the time. */
void metadata_announce(struct imap_session *s, bool ask);
