/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/entry.h - a mailbox of the national copy as an entry of the directory: what ordinary clients show and search.
 *
 * Shape    inetOrgPerson + mssNationalBox, RDN mssNationalKey (the first 16 octets of SHA-256 of the address in small letters). cn "Given NAME", or of an
 *          organisation its service and name; title profession, o structure, ou service, l town. cn;lang-x-find: the name without accents, both ways
 *          round (RFC 3866), once more with its hyphens and apostrophes, and with its accents but without these; title, o, ou and l have such values where they
 *          differ from the text. No two that slapd takes for one (fold_alike()). mssSearchName: every word of name, profession, town, structure and service, folded, one a value.
 * Several  lines of one address make one entry: the first by order of digests is shown, the words of all are found. So the order of lines in a file
 *          changes nothing.
 * Persons  What a mailbox's line leaves empty (profession, specialty, the place with structure and town) is taken from the activities of its person, the
 *          first by order of digests that says it; the words of all of them are found. What the line says itself stays.
 * Owns     struct national_entry: national_entry_free(). Values point into its own memory.
 * Process  pli.
 */
#pragma once
#include "base/buf.h"
#include "directory/import/row.h"

enum { NATIONAL_KEY = 16, NATIONAL_NAME = 20, NATIONAL_VALUES = 128, NATIONAL_ROWS_MOST = 16 };
struct national_value {
    const char *attr;
    size_t at, n; /* in mem */
};
struct national_entry {
    struct buf mem;
    struct national_value v[NATIONAL_VALUES];
    size_t n;
    char key[2 * NATIONAL_KEY + 1];
};
void national_key(struct span address, unsigned char out[NATIONAL_KEY]);
void national_digest(const struct national_row *r, unsigned char out[NATIONAL_KEY]); /* of what an entry is made from */
void national_key_hex(const unsigned char key[NATIONAL_KEY], char out[2 * NATIONAL_KEY + 1]);
/* Who the line is about: "8" and the RPPS, "0" and the ADELI number; zeros for nobody. */
void national_person(const struct national_row *r, unsigned char out[NATIONAL_KEY]);
/* The first letters of the line's name as people sort it, folded: family name and given name, or service and structure. Zeros behind it. */
void national_name(const struct national_row *r, char out[NATIONAL_NAME]);
/* rows: 1 to NATIONAL_ROWS_MOST of one address. acts: the activities of its person, n_acts of them, perhaps none. */
void national_entry_make(const struct national_row *rows, size_t n, const struct national_row *acts, size_t n_acts,
                         struct national_entry *out);
void national_entry_free(struct national_entry *en);
void national_entry_ldif(const struct national_entry *en, struct buf *out); /* appends; RFC 2849 */
