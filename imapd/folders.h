/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/folders.h - the mailbox's folders by name.
 *
 * Fresh    each command that needs the list asks stored for it (one packet for a usual mailbox), because other sessions make and rename folders
 *          too. Names are unsealed only when a command shows them.
 * Names    are UTF-8, with "/" between levels. INBOX is folder STORE_INBOX and has no sealed name. Every level of a name is a folder of its own.
 *          CREATE makes the levels that are missing. DELETE of a folder that has others below leaves it as \Noselect.
 * Older    a name that was stored before names were prepared (base/prepare.h) is shown and found as it would be prepared today.
 * Special  at the first sign-in to a mailbox that has INBOX only, the folders of drafts, sent mail, trash, junk and archives are made and subscribed, with the
 *          attributes of RFC 6154. Their names are of instance.language, because clients that do not know the attributes, and phones that list
 *          folders, show the names as they are. A change of the setting renames nothing.
 * Removed  a holder who subscribes to folder_removed_name() switches on a folder that shows what left the others and is kept (store/ops/shown.h); who
 *          unsubscribes switches it off. It is always read only: messages are copied out of it.
 * Bounds   FOLDERS_MAX folders, names as proto/imap/name.h says.
 * Process  pli-imapd session.   Source RFC 3501 5.1, 6.3, RFC 6154.
 */
#pragma once
#include "base/rights.h"
#include "imapd/homes.h"

enum { FOLDERS_MAX = 5000 };
enum folder_language { FOLDERS_FR, FOLDERS_EN };
struct folder {
    uint32_t id, uidvalidity, uidnext, exists, unseen;
    uint64_t modseq;
    uint8_t special;
    uint16_t flags; /* FF_ */
    uint32_t rights; /* the session's, there: base/rights.h */
    unsigned char tag[SEAL_NAME_TAG];
    struct span name; /* in the command's arena; with names only */
};
struct folders {
    struct folder *f;
    size_t n;
};
enum rc folders_load(struct imap_session *s, bool names, struct folders *out, struct err *e);
/* Finds a folder by name; needs folders_load() with names. Loaded names are sorted, each parent before the folders below it. */
struct folder *folders_by_name(struct imap_session *s, const struct folders *l, struct span name,
                               struct err *e); /* NULL: none, *e says so */
/* Finds one folder that can be selected. RC_NOTFOUND: there is none; the code is [NONEXISTENT], or [TRYCREATE] when trycreate. */
enum rc folder_get(struct imap_session *s, struct span name, bool trycreate, struct folder *out, struct err *e);
/* The same in a list at hand, with or without names. */
enum rc folder_in_list(struct imap_session *s, const struct folders *l, struct span name, bool trycreate, struct folder *out, struct err *e);
/* Stored bounds how many there are and how long their names are together: RC_QUOTA, CAUSE_TOO_MANY_FOLDERS. */
enum rc folder_create(struct imap_session *s, struct span name, uint8_t special, uint16_t flags, uint32_t *id_out,
                      struct err *e);
/* The folder in which a name stands; 0: it stands in none. */
enum rc folder_above(struct imap_session *s, struct span name, uint32_t *id_out, struct err *e);
/* Makes the levels above a name that are missing. */
enum rc folders_make_parents(struct imap_session *s, struct span name, struct err *e);
bool folder_is_below(struct span name, struct span parent);
bool folders_has_below(const struct folders *l, struct span parent); /* names loaded */
struct span folder_removed_name(const struct imap_session *s); /* in the instance's language */
enum rc folders_first_time(struct imap_session *s, struct err *e);
