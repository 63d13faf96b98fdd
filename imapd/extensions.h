/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/extensions.h - the one list of capabilities: when each is told, what it opens to the grammar and to answers, what ENABLE does.
 *
 * A new one  is a row in imapd/extensions.c. Its words are rows of the grammar's tables (proto/imap/{args_list,fetch,search}.c) or of the
 *            command table, each with the bit or the name that the row here opens; a value is a row and a function of imapd/status.c,
 *            imapd/fetch_items.c or imapd/search_eval.c. A word that no row opens is not known: BAD.
 * Rows       .states, .line    CAPABILITY tells it then.
 *            .put              writes what is told, when that is more than the name ("APPENDLIMIT=52428800").
 *            .opens            from the start of the session, told or not: a client may use what it was told before.
 *            .enabled          ENABLE answers with the name, and from then on this is open too. NULL: ENABLE passes over the name.
 * From it    CAPABILITY, ENABLE, the parsers' words, "pli-imapd --extensions" (JSON: man/pli-imapd.8 is checked against it).
 * Process    pli-imapd session.   Source RFC 3501 6.1.1, 7.2.1; RFC 5161.
 */
#pragma once
#include "imapd/session.h"

enum { LINE_CLEAR = 1, LINE_TLS = 2, LINE_ANY = 3 };
struct extension {
    const char *name;
    unsigned states, line; /* IS_, LINE_ bits */
    unsigned rfc;          /* that has it */
    void (*put)(const struct imap_session *s, struct buf *out); /* NULL: the name */
    struct imap_opened opens;
    const struct imap_opened *enabled;
};
struct extensions {
    const struct extension *row;
    size_t n; /* at most 64: struct imap_session has a bit for each */
};
extern const struct extensions extensions;

/* "IMAP4rev1 LITERAL+ ..." for the state at hand, apart by SP. */
void extensions_tell(const struct extensions *t, const struct imap_session *s, struct buf *out);
/* s->opened, from the rows and from what was enabled. Before the first command, and after each change. */
void extensions_open(const struct extensions *t, struct imap_session *s);
/* ENABLE of one name in any case: true when it is enabled now and was not before. Its row's own spelling in *name_out. */
bool extension_enable(const struct extensions *t, struct imap_session *s, struct span name, const char **name_out);
bool extension_there(const struct extensions *t, const char *name);
void extensions_print(void); /* JSON on standard output */
