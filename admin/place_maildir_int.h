/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_maildir_int.h - of admin/place.h: a Maildir and the folders in it.
 *
 * Layouts  Maildir++ (".A.B" beside cur, new and tmp), which is what is written; folders in folders (A/B, with INBOX in cur of the top or of INBOX) are read too.
 * Keywords letters a to z of a file's name, told by the file dovecot-keywords of the folder ("0 NAME"), as Dovecot keeps them.
 * Roles    the file pli-roles of the top ("\Sent NAME", the name as the folder's), for a Maildir itself knows none. Process: pli.
 */
#pragma once
#include "admin/place.h"

enum { MAILDIR_KEYWORDS = 26 };
struct maildir {
    struct place is;
    char *top;
    bool made;   /* we write to it */
    unsigned serial; /* of files that this process wrote */
    struct buf opened; /* the folder whose keywords are known: its name */
    char *keywords[MAILDIR_KEYWORDS];
};
void maildir_path(const struct maildir *m, struct span folder, struct buf *out); /* the folder's own; NUL behind */
enum rc maildir_keywords_load(struct maildir *m, struct span folder, struct err *e); /* RC_PERM: told by a file that cannot be read */
enum rc maildir_make(struct place *pl, const struct place_folder *f, struct err *e);
enum rc maildir_add(struct place *pl, struct span folder, const struct letter *l, struct err *e);
enum rc maildir_lines(const char *top, const char *file, struct buf *out, struct err *e); /* a small file; RC_NOTFOUND: none */

/* place_file.c: one file, whole, links not followed. RC_NOTFOUND: it went; RC_PERM: no plain file, or larger than most (0: any). */
enum rc place_file(int dir, const char *name, uint64_t most, struct buf *out, int64_t *changed_out, struct err *e);
