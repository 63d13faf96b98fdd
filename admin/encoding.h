/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/encoding.h - a file in another encoding than UTF-8, as UTF-8.
 *
 * Why      a French Excel saves its plain "CSV (separateur: point-virgule)" as windows-1252, its "CSV (Macintosh)" as macintosh, its "Texte Unicode" as UTF-16.
 * Never    guessed: an octet means one letter in windows-1252 and another in macintosh. Who imports says which it is, and a dry run shows the names.
 * Errors   RC_SYNTAX: no such encoding; the file is UTF-8 already, with letters that would become others; an octet that the encoding gives no meaning
 *          (81, 8D, 8F, 90 and 9D in windows-1252): e->log names its line. RC_TEMP: the C library has no table of it here.
 * Owns     nothing; output is appended to *out.
 * Process  pli; later the HTTP daemon. glibc's iconv reads a table from the system's folder.
 */
#pragma once
#include "admin/table.h"
#include "base/err.h"

enum rc encoding_to_utf8(const char *name, struct span file, struct buf *out, struct err *e);
/* table_each() of a file in that encoding; NULL: it is UTF-8. */
enum rc encoding_table(const char *name, struct span file, table_see see, void *ctx, struct err *e);
void encoding_names(struct buf *out); /* "windows-1252, iso-8859-15, ..." */
