/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/list_int.h - the steps of reading a list; inside trust/list only.
 * Errors   RC_DENIED with a cause of the list, RC_TEMP: no memory.
 * Process  trustd's parser child, pli's.
 */
#pragma once
#include "trust/index/index.h"
#include "trust/list/list.h"
#include <libxml/tree.h>

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
