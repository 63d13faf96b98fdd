/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_imap_int.h - of admin/place.h: one connection to an IMAP server, through libetpan's client over our own TLS.
 * Owns     struct imap_place owns the connection. Process: pli.
 */
#pragma once
#include "admin/place.h"
#include "base/stream.h"
#include "crypto/tls/tls_client.h"
#include "proto/imap/write.h"
#include <libetpan/libetpan.h>

struct imap_place {
    struct place is; /* first: a struct place * is one of these */
    mailimap *imap;
    struct stream *stream;
    struct tls_client *tls;
    struct tls_peer peer;
    struct buf prefix;  /* of the personal namespace: "", "INBOX." */
    struct buf foreign; /* prefixes of other people's and of shared folders, each with a PLACE_SEP behind it */
    struct buf roles;   /* per enum store_special: the name on the wire of the folder that has it, '\n' behind each; SU_NONE and SU_INBOX are empty */
    struct buf words;   /* keywords that the folder looked at last has, each with a space behind */
    struct buf there;   /* names on the wire of the folders that are known to be there, '\n' behind each */
    char delimiter;     /* 0: a flat place */
    bool literal_plus, create_use, plain_at_once;
};
enum { IMAP_WAIT_MS = 300000 };

/* place_imap_link.c: connected, TLS done and judged, greeted. */
enum rc imap_link(struct imap_place *p, const struct imap_at *at, struct err *e);
void imap_unlink(struct imap_place *p);

/* place_imap_say.c. A command of our own making, text without tag and CRLF; a literal behind it when there is one. RC_OK: the server said OK. Else by its
 * response code: RC_QUOTA, RC_EXISTS, RC_NOTFOUND, RC_TEMP (UNAVAILABLE, INUSE), RC_PERM. RC_CLOSED: the connection is gone. */
enum rc imap_say(struct imap_place *p, struct span text, struct span literal, struct err *e);
bool imap_limit_met(const struct imap_place *p); /* was the last answer a NO [LIMIT]? */
/* What a call of libetpan's gave, in the same terms. what: for the operator. */
enum rc imap_result(struct imap_place *p, int code, const char *what, struct err *e);

/* place_imap_names.c */
void imap_wire_name(const struct imap_place *p, struct span name, struct buf *out); /* NUL behind, for libetpan */
bool imap_place_name(const struct imap_place *p, struct span wire, char delimiter, struct buf *out); /* false: not of this mailbox's own */
enum rc imap_folders(struct place *pl, enum rc (*see)(const struct place_folder *f, void *ctx, struct err *e), void *ctx, struct err *e);
enum rc imap_make(struct place *pl, const struct place_folder *f, struct err *e);
enum rc imap_namespaces(struct imap_place *p, struct err *e);

/* place_imap_read.c */
enum rc imap_count(struct place *pl, struct span folder, uint64_t *messages_out, uint64_t *octets_out, struct err *e);
enum rc imap_read(struct place *pl, struct span folder, const struct reading *r, struct err *e);
