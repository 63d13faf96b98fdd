/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/file.h - one file of the national directory: read once in full, then again entry by entry.
 *
 * Memory   80 octets a good line (43 MB for 535,000), whatever the lines hold. The texts are read again from the file when they are needed.
 * Owns     struct national_file: national_file_free(). The descriptor is the caller's and stays open until then.
 * Errors   RC_SYNTAX: no regular file, a header that is not understood, or an end in the middle of a line: nothing else is told. RC_TEMP: it cannot be
 *          read, or it changed between the two readings. A line that is refused is told to the caller and is no error.
 * Process  pli (directory import).
 */
#pragma once
#include "directory/import/entry.h"

struct national_item { /* one good line; sorted by key, then digest, none twice */
    unsigned char key[NATIONAL_KEY], digest[NATIONAL_KEY]; /* key: of an address, or of a person (NK_PERSONS) */
    unsigned char person[NATIONAL_KEY];
    char name[NATIONAL_NAME]; /* how the name begins, folded: "durand helene"; zeros behind it */
    uint64_t at;
    uint32_t n;
};
struct national_watch { /* each may be NULL */
    void (*refused)(void *ctx, uint64_t line, enum national_fault f);
    void (*progress)(void *ctx, const char *what, uint64_t done, uint64_t of);
    void *ctx;
};
struct national_file {
    int fd; /* -1: there is none, and no item */
    uint64_t size, lines, twice, refused, faults[NF_MAX_]; /* lines without the header; twice: said again word for word */
    struct national_header header;
    struct national_item *item;
    size_t n, room;
};
enum rc national_file_read(int fd, const struct national_watch *w, struct national_file *out, struct err *e);
/* The same of the first size octets alone. */
enum rc national_file_read_part(int fd, uint64_t size, const struct national_watch *w, struct national_file *out,
                                struct err *e);
void national_file_free(struct national_file *f);
/* The items of one key stand together: how many from that one on; the first that is not before key. */
size_t national_file_group(const struct national_file *f, size_t at);
size_t national_file_find(const struct national_file *f, const unsigned char key[NATIONAL_KEY]);
/* The activities in persons of whom the item is about: *first_out, and how many; none where nobody is meant. */
size_t national_file_person(const struct national_file *persons, const struct national_item *it, size_t *first_out);
/* The item's line once more. line: NATIONAL_LINE_MAX + 2 octets, into which the row points. */
enum rc national_file_row(const struct national_file *f, const struct national_item *it, unsigned char *line,
                          struct national_row *out, struct err *e);
/* The entry of the n items from first on, all of one key, with what persons tells of theirs. */
enum rc national_file_entry(const struct national_file *f, const struct national_file *persons, size_t first, size_t n,
                            struct national_entry *out, struct err *e);
