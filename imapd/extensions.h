/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/extensions.h - the one list of capabilities. A row says when the capability is told, which words it opens to the grammar and to answers, and
 * what ENABLE does.
 *
 * A new one  is a row in imapd/extensions.c. The words of an extension are rows of the grammar's tables (proto/imap/{args_list,fetch,search}.c) or
 *            of the command table. Each of those rows names the bit or the extension that the row here opens. A new value in an answer is a row and
 *            a function of imapd/status.c, imapd/fetch_items.c or imapd/search_eval.c. A word that no row opens is answered BAD.
 * Rows       .states, .line    the states and lines on which CAPABILITY tells the extension.
 *            .put              writes what is told, when that is more than the name ("APPENDLIMIT=52428800"), or nothing.
 *            .opens            is open from the start of the session, told or not, because a client may use what it was told earlier.
 *            .enabled          ENABLE answers with the name, and from then on these words are open too. NULL: ENABLE passes over the name.
 * From it    come CAPABILITY, ENABLE, the parsers' words and "pli-imapd --extensions" (JSON, against which man/pli-imapd.8 is checked).
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

/* Writes the capabilities for the session's state, separated by SP: "IMAP4rev1 LITERAL+ ...". */
void extensions_tell(const struct extensions *t, const struct imap_session *s, struct buf *out);
/* Sets s->opened from the rows and from what was enabled. Must be called before the first command, and after each change of s->enabled. */
void extensions_open(const struct extensions *t, struct imap_session *s);
/* ENABLE of one name, in any case. True: the extension is enabled now and was not before; *name_out is the spelling of its row. */
bool extension_enable(const struct extensions *t, struct imap_session *s, struct span name, const char **name_out);
/* A command of the extension was used, which enables it as ENABLE does (RFC 7162 3.1). */
void extension_use(struct imap_session *s, const char *name);
bool extension_there(const struct extensions *t, const char *name);
void extensions_print(void); /* JSON on standard output */
