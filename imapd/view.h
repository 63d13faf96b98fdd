/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/view.h - what the client knows of the selected folder: its messages by number, with their flags. The view follows the store.
 *
 * Numbers  row i (0-based) has message number i + 1. A row beyond .told has not been announced by EXISTS, and commands cannot reach it. An expunged
 *          row keeps its number until its EXPUNGE may be announced.
 * Memory   20 octets per message, and what SEARCH keeps (imapd/kept.h).
 * Modseq   the view keeps the modseq of each row and of the folder, for STORE_CHANGES and for CONDSTORE. A row's flags and its modseq are of one
 *          moment, because the store gives them together.
 * Process  pli-imapd session.   Source RFC 3501 2.3.1.2, 5.2, 5.5, 7.3, 7.4; RFC 7162.
 */
#pragma once
#include "base/rights.h"
#include "imapd/kept.h"
#include "imapd/session.h"

enum { VF_RECENT = 1 << 5, VF_GONE = 1 << 6, VF_NEWS = 1 << 7 }; /* ours, in bits the store leaves free */
#define VF_OURS ((uint64_t)(VF_RECENT | VF_GONE | VF_NEWS))
struct view {
    uint32_t folder, uidvalidity, uidnext;
    uint32_t rights;       /* the session's, there: base/rights.h */
    struct claim {
        uint32_t from, to;
    } claims[2];           /* UIDs that are recent here: the last two times the store's mark was moved; to is not in */
    bool read_only, dirty; /* dirty: something waits to be announced */
    uint32_t n, cap, told;
    uint32_t *uid;
    uint64_t *flags, *modseq_of;
    uint64_t bits;   /* every flag bit that was seen: one without a name is a keyword made elsewhere */
    uint64_t modseq; /* all changes up to here are in */
    uint64_t modseq_told; /* all changes up to here were told, too */
    uint64_t removed;     /* every row's message that the store no longer has left since then: it is read all the same (RFC 2180 4.1.1) */
    uint64_t removed_new; /* the same, once all rows that are gone have been told */
    bool any_gone;        /* some have not */
    struct kept kept;
    int64_t asked;   /* when the store was asked last, clock_mono(); 0: it is to be asked before the tagged answer */
    bool tracked;        /* rows whose flags change are noted: */
    struct buf touched;  /* open: their UIDs, in no order, some of them twice */
    bool modseqs;    /* a new modseq is news, too: the client has CONDSTORE */
};
/* rights: ACL_ALL until the caller says otherwise. */
enum rc view_open(struct imap_session *s, uint32_t folder, bool read_only, struct view **v_out, struct err *e);
void view_free(struct view **v);
/* The session looks at another view for a while, or at its own again; v NULL: at none. After view_open() beside the selected
 * one, even if that failed, the selected one is set again. */
void view_set(struct imap_session *s, struct view *v);
/* No folder is selected any more, and nothing that belonged to it is left. */
void view_leave(struct imap_session *s);
static inline bool view_read_only(const struct view *v)
{
    return v->read_only;
}
/* Takes in the events of a watching connection. True: there was one of the selected folder or of the mailbox as a whole (annotations), or the connection has
 * gone: the caller looks at what is new. */
bool view_events(struct imap_session *s);
/* Asks the store what changed and takes it in. With CONDSTORE a row whose modseq alone changed is told, too. */
enum rc view_sync(struct imap_session *s, struct err *e);
/* Learns the names of keywords that another session made, and announces them. Must be called before flags are written. */
void view_learn(struct imap_session *s);
bool view_must_learn(const struct imap_session *s);
/* Writes untagged answers for what changed. Asks the store first when ask is true, or when a second has passed since it was asked last. When the
 * store is away nothing fails, because it is asked again later. */
void view_announce(struct imap_session *s, bool ask, bool may_renumber);
/* Is the client told of all changes of the selected folder? NOTIFY may have said that it is not. */
bool view_tells_all(const struct imap_session *s);
/* [HIGHESTMODSEQ 9] in the tagged OK, for a client with CONDSTORE. After an expunge it must be there (RFC 7162 3.2.7 to 3.2.9), and a client that keeps the
 * number never asks for a change below it again. So all changes up to it are told before: the view is brought up to date first. Where they are not, for
 * NOTIFY keeps some from the client (RFC 5465 says nothing of the code), or the store is away, it is the lower number up to which they were: RFC 7162 3.2
 * asks for a lower one when changes are delayed, not for none. */
void view_reply_modseq(struct imap_session *s);
void view_put_highest(struct imap_session *s, uint64_t modseq); /* that code, with this number */
/* "* 3 FETCH (", or "* 17 UIDFETCH (" when the client has given numbers up. */
void view_put_fetch(const struct imap_session *s, uint32_t row, struct buf *out);
/* "* 3 FETCH (UID 7 FLAGS (...) MODSEQ (9))" into s->out: what changed, not what a FETCH asked for. UID and MODSEQ when the client has them told. */
void view_put_changed(struct imap_session *s, uint32_t row, bool flags);
uint32_t view_find(const struct view *v, uint32_t uid);        /* row, or v->n */
uint32_t view_at_or_after(const struct view *v, uint32_t uid); /* first row whose UID is not below; v->n: none */
void view_flags_in(struct view *v, struct span brief);   /* packed store_brief of our own STORE: known to the client */
void view_gone_in(struct view *v, struct span expunged); /* packed u32, ascending or not: the answer to our own EXPUNGE */
void view_gone_told(struct imap_session *s);            /* the client has been told of every row that is gone */
void view_absent_in(struct view *v, struct span ranges); /* packed pairs of u32, of STORE_CHANGES: UIDs of no row are none of ours */
void view_put_flags(struct imap_session *s, uint32_t row, struct buf *out); /* "FLAGS (...)" */
void view_put_modseq(struct imap_session *s, uint32_t row, struct buf *out); /* "MODSEQ (5)" */
void view_track(struct view *v, bool on); /* for imapd/contexts.h */
uint32_t view_recent(const struct view *v);
uint32_t view_first_unseen(const struct view *v); /* number, 0: none */
/* Turns a command's set of numbers or UIDs into ranges of rows, in place. Rows that were not told are left out; rows that are gone stay. */
enum rc view_rows(struct imap_session *s, struct imap_set *set, struct err *e);
/* Writes ranges of rows as packed pairs of UIDs, for the store: at most STORE_RANGES_MAX pairs from range *at on. *at moves behind the last one. */
void view_uids(const struct view *v, const struct imap_set *rows, size_t *at, struct buf *uids_out);
