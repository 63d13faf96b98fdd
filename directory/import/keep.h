/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/keep.h - what each file of the national directory said last, kept beside the copy: an import of the one has to know the other.
 *
 * File     DIR/ldap/national/boxes and persons: such a file as was imported (row.h), of our columns alone, its lines sorted and none twice; then "#" and the
 *          SHA-256 of all before it, in hexadecimal. They move with the database when it is exchanged.
 * Owns     what is read holds a descriptor: national_keep_close().
 * Errors   RC_NOTFOUND: there is none; out is a file without items. RC_CORRUPT: it is not what was written. RC_TEMP: it cannot be read or written.
 * Process  pli (directory import).
 */
#pragma once
#include "directory/import/file.h"
#include "directory/schema/embedded.h"

const char *national_keep_name(enum national_kind kind); /* "boxes", "persons" */
/* folder: "national", "national.new". as: the name it gets, whole; "boxes.next" waits for its time. */
enum rc national_keep_write(const struct embedded_spec *s, const char *folder, const char *as,
                            const struct national_file *f, struct err *e);
/* w: .progress alone is called. */
enum rc national_keep_read(const char *dir, enum national_kind kind, const struct national_watch *w,
                           struct national_file *out, struct err *e);
bool national_keep_whole(const char *dir, enum national_kind kind); /* is it there, as it was written? */
void national_keep_close(struct national_file *f);
