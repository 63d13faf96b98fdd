/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/homes.h - the mailboxes that a session has open: its holder's own, and those of which she is a delegate. Decision 0034.
 *
 * Names    another's folder is called "Autres utilisateurs/ADDRESS/FOLDER" ("Other users" with instance.language en): the second namespace of RFC 2342.
 *          Whatever stands below that, with the address of a mailbox that is delegated to her, is that mailbox's.
 * At       one mailbox at a time is the one at hand: .store, .box and .keywords of the session are its. Each command begins in the mailbox of the selected
 *          folder, or in her own, and goes to that of the folder it names. A command that names folders of two mailboxes is refused, but for COPY.
 * Opened   when a folder of it is first named or listed: dird gives a ticket for it, stored binds a connection of its own to that, and her own mailbox's key
 *          opens her slot. It stays open with the session, and dird is asked again every LOOK_NS, at a command; of the selected folder's mailbox while the session waits, too.
 * Ended    when the delegation is taken away or changed, or the mailbox disabled: a command that names it is answered NO, and a session that has a folder of
 *          it selected ends with a BYE: at once, as stored tells it, when the delegation is changed; within LOOK_NS when the mailbox is disabled.
 * Owns     connections, keys and names of all; wiped by homes_end().
 * Process  pli-imapd session.   Source RFC 2342, RFC 4314.
 */
#pragma once
#include "imapd/session.h"

enum { HOMES_MAX = 32 };
struct home {
    struct home *next;
    uint64_t mbx, grant;
    uint32_t acl;
    char address[256];
    struct buf ticket;   /* open: of the mailbox; secret */
    unsigned renewed;    /* s->renewals, when it was made */
    int64_t look_at;     /* not before: dird is asked */
    struct store *store; /* these: what the session has while another mailbox is at hand */
    struct mailbox *box;
    struct keywords keywords;
    bool watching;
    uint32_t watched;
    unsigned watched_on;
};
struct span homes_prefix(const struct imap_session *s); /* "Autres utilisateurs" */
void homes_enter(struct imap_session *s, struct home *h); /* NULL: her own */
void homes_end(struct imap_session *s);                   /* her own is at hand afterwards */
void homes_rest(struct imap_session *s);                  /* before a long wait */
/* Before a command: the mailbox of the selected folder is at hand, and the delegation still stands. RC_DENIED: the session ends. */
enum rc homes_begin(struct imap_session *s, struct err *e);
/* While the session waits: may it still tell of the selected folder? Asks dird when homes_due() has come. RC_DENIED: the session ends. */
enum rc homes_look(struct imap_session *s, struct err *e);
int64_t homes_due(const struct imap_session *s); /* a deadline; DEADLINE_NEVER: no folder of another's is selected */
/* Her own ticket was renewed: so are those of the mailboxes that are open. RC_DENIED: the selected folder's delegation has ended. */
enum rc homes_renew(struct imap_session *s, struct err *e);
/* Goes to the mailbox of a folder that a command names, and takes from *name what stands in front of the name there. */
enum rc homes_named(struct imap_session *s, struct span *name, struct err *e);
/* The names among a command's arguments. RC_OK: their mailbox is at hand. */
enum rc homes_for(struct imap_session *s, union imap_args *a, struct err *e);
/* After a command: what was done in another's mailbox goes through flow/delegate.h. */
void homes_acted(const struct imap_session *s, enum rc rc);
void homes_acted_in(const struct imap_session *s, const struct home *h, uint32_t folder, enum rc rc);
/* The name of a folder of the mailbox at hand, as the client knows it; in the command's memory. */
struct span homes_full(struct imap_session *s, struct span name);
void homes_put_id(const struct imap_session *s, uint32_t folder, struct buf *out); /* MAILBOXID: another's folders have ids of their own */
void homes_put_name(struct imap_session *s, struct buf *out, struct span name); /* the same, as IMAP writes it */

/* Of whom she is a delegate, as dird knows it now, or, while dird is away, as far as these mailboxes are open; in the command's memory. */
struct delegated {
    struct span address;
    uint64_t mbx, grant;
};
enum rc homes_delegated(struct imap_session *s, struct delegated **list_out, size_t *n_out, struct err *e);
enum rc homes_open(struct imap_session *s, const struct delegated *d, struct home **h_out, struct err *e);
