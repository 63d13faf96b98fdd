/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/list.h - what LIST, LSUB and STATUS write about a folder.
 * Process  pli-imapd session.   Source RFC 3501 7.2, RFC 3348, 5258, 5819, 6154.
 */
#pragma once
#include "imapd/folders.h"
/* imapd/status.c: "* STATUS name (...)" and CRLF into .out; wanted: ST_ bits. */
enum rc status_put(struct imap_session *s, const struct folder *f, unsigned wanted, struct err *e);
/* The same, when the client did not ask for it: HIGHESTMODSEQ enables nothing. */
enum rc status_told(struct imap_session *s, const struct folder *f, unsigned wanted, struct err *e);
/* imapd/deleted.c: messages with \\Deleted; octets_out may be NULL. Walks the folder. */
enum rc deleted_count(struct imap_session *s, uint32_t folder, uint64_t *n_out, uint64_t *octets_out, struct err *e);
/* "* LIST (attributes) "/" name" without CRLF. */
void list_put(struct imap_session *s, const char *verb, const char *attributes, struct span name);
/* imapd/others.c: other people's mailboxes, and the levels above their folders, as far as the patterns reach. One that cannot be opened now is left out. */
enum rc others_list(struct imap_session *s, const struct imap_list_args *l, enum rc (*home)(struct imap_session *s, const struct imap_list_args *l, struct err *e),
                    const char *verb, struct err *e);
/* The attribute of a folder's special use (RFC 6154), "\\Sent"; "" for none. */
const char *special_name(uint8_t special);
bool special_of(struct span attribute, uint8_t *special_out); /* in any case; false: no folder here has that use */
/* "\\HasNoChildren \\Sent", as LIST with these options has it; all: with names. */
void list_attributes(const struct imap_session *s, const struct imap_list_args *l, const struct folders *all, const struct folder *f, struct buf *out);
/* The LIST of one folder, which IMAP4rev2 wants in SELECT and after CREATE of a name that was prepared: with OLDNAME, when sent is another name. all: with names. */
void list_named(struct imap_session *s, const struct folders *all, uint32_t folder, struct span sent);
/* The LIST of a folder of all that changed, into .out, with \\Subscribed when it is; old: the name that it had, if it has another one now. */
void list_told(struct imap_session *s, const struct folders *all, const struct folder *f, struct span old);
/* Does the name match a pattern of LIST? INBOX matches without regard to case. */
bool list_match(const struct imap_list_args *l, struct span name);
