/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/list_int.h - the steps of reading a list; inside trust/list only.
 * Errors   RC_DENIED with a cause of the list, RC_TEMP: no memory.
 * Process  the reader that list_apart_start()'s process forks; apart.c and starter.c say which side.
 */
#pragma once
#include "trust/index/index.h"
#include "trust/list/list.h"
#include <libxml/tree.h>
#include <sys/types.h>

#define LIST_NS "https://listeblanche.mssante.fr/schema"
#define LIST_ROOT "ListeBlancheMSSante"
#define LIST_DSIG "http://www.w3.org/2000/09/xmldsig#"

/* ---- document.c: the text as a tree, and what its one signature says of itself ---- */
enum rc list_parse(struct span xml, xmlDoc **doc_out, struct err *e);
/* The one Signature, of exactly the form that is taken; the octets of its one certificate are appended. */
enum rc list_signature_of(xmlDoc *doc, xmlNode **signature_out, struct buf *cert_der_out, struct err *e);
/* ---- signature.c: verified by that certificate's key; the octets that were digested are appended ---- */
enum rc list_verify(xmlNode *signature, struct span cert_der, struct buf *octets_out, struct err *e);
/* ---- entries.c: read from those octets ---- */
struct list_entries {
    struct index_entry *entry; /* spans into text */
    size_t n, room;
    uint64_t generated, skipped;
    struct buf text;
};
enum rc list_entries_read(struct span octets, struct list_entries *out, struct err *e);
void list_entries_free(struct list_entries *l);
/* 2025-02-28T15:42:07Z; fractions of a second and an offset are taken too (XML Schema dateTime) */
bool list_time(struct span s, uint64_t *utc_out);

/* ---- apart.c asks, starter.c forks and reads ---- */
enum { LIST_READ_MS = 120 * 1000, STARTER_NONE = -1 /* no process could be had */ };
struct apart_how {
    uid_t uid;        /* 0: the starter keeps its uid */
    const char *root; /* as in struct sandbox_how */
    int wait_ms;      /* a reader that takes longer is killed */
    enum rc (*read)(struct span xml, const struct list_how *how, struct list_result *out, struct err *e); /* in the reader */
};
enum rc apart_start(const struct apart_how *how, struct list_apart **out, struct err *e);
void starter_run(const struct apart_how *how, int door) __attribute__((noreturn)); /* until the other end of door is closed */
/* For each list: the socket on which the reader takes the text goes to the starter; its wait status comes back, or STARTER_NONE. False: the other side has ended. */
bool starter_ask(int starter, int fd);
bool starter_asked(int door, int *fd_out);
bool starter_told(int starter, int *status_out);
