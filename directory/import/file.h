/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/file.h - one file of the national directory: read once in full, then again entry by entry.
 *
 * Memory   48 octets a good line (26 MB for 535,000), whatever the lines hold. The texts are read again from the file when they are needed.
 * Owns     struct national_file: national_file_free(). The descriptor is the caller's and stays open until then.
 * Errors   RC_SYNTAX: no regular file, or a header that is not understood: nothing else is told. RC_TEMP: it cannot be read, or it changed between the
 *          two readings. A line that is refused is told to the caller and is no error.
 * Process  pli (directory import).
 */
#pragma once
#include "directory/import/entry.h"

struct national_item { /* one good line; sorted by key, then digest, none twice */
    unsigned char key[NATIONAL_KEY], digest[NATIONAL_KEY];
    uint64_t at;
    uint32_t n;
};
struct national_watch { /* each may be NULL */
    void (*refused)(void *ctx, uint64_t line, enum national_fault f);
    void (*progress)(void *ctx, const char *what, uint64_t done, uint64_t of);
    void *ctx;
};
struct national_file {
    int fd;
    uint64_t size, lines, twice, refused, faults[NF_MAX_]; /* lines without the header; twice: said again word for word */
    struct national_header header;
    struct national_item *item;
    size_t n, room;
};
enum rc national_file_read(int fd, const struct national_watch *w, struct national_file *out, struct err *e);
void national_file_free(struct national_file *f);
/* The entry of the n items from first on, all of one key. */
enum rc national_file_entry(const struct national_file *f, size_t first, size_t n, struct national_entry *out, struct err *e);
