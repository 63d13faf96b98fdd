/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/stored.h - what all files of the daemon pli-stored share: the daemon, one connection, one request, and the list of handlers.
 *
 * Owns     struct stored lives as long as the process. struct sess lives as long as its connection. struct ask lives for one request.
 * Errors   a handler returns RC_OK and fills .rep, or any other code and *e; then nothing of its transaction is kept.
 * Process  pli-stored; a handler runs in any worker thread.
 */
#pragma once
#include "crypto/seal/ticket.h"
#include "store/db/tx.h"
#include "store/wire/wire.h"

#include "store/ops/seats.h"

struct watches;
struct sweeper;
struct busy;
struct packing;
struct fullness;
struct stored {
    struct env env;
    unsigned char *ticket_key; /* TICKET_KEY bytes, locked: stored's own */
    struct watches *watches;
    struct seats *seats;
    struct sweeper *sweeper;
    struct busy *busy; /* object ids being delivered or freed just now */
    struct octets *octets;
    uint64_t segment; /* size at which a segment is closed; 0: SEG_MOST. Tests have smaller ones. */
    struct packing *packing; /* folders whose end is to be packed (packing.h); NULL: none are */
    struct fullness *fullness; /* mailboxes whose use is to be looked at (fullness.h); NULL: none is */
    uint64_t max_messages; /* in a mailbox; 0: no limit */
    uint64_t full_s;       /* how long a full mailbox is refused for a while only */
    uint64_t keep_s;       /* how long a removed message is kept; 0: for open sessions alone (freed.h) */
    unsigned keep_share;   /* per cent of a mailbox's quota that its kept messages may take */
    struct { /* believed.h: the upkeep's, but for .is */
        atomic_ullong is;
        uint64_t noted;
        int64_t at; /* monotonic ns */
        bool ahead;
    } believed;
    atomic_ullong slots_changes; /* mailboxes were changed as a whole that often since the start: delegations may have ended (acl.c) */
    atomic_uint cleared;   /* legal holds that were cleared since the start (hold.c), for freed_sweep() */
    atomic_ullong next_qid, next_low_qid;
    atomic_ullong orphans; /* records in segments that a crash left, swept since start */
};
struct check;
struct removed_index;
struct sess { /* one connection */
    struct stored *d;
    struct ipc_peer *peer;
    bool bound, seated; /* seated: it counts as a session of .mbx */
    uint64_t mbx;
    uint32_t rights;
    int64_t until; /* UTC s: the end of its ticket */
    uint64_t delegate, grant; /* a delegate's: her own mailbox, and the number of her delegation; 0: the holder */
    uint32_t acl;             /* hers, in folders that have no rights for her (acl.h) */
    uint64_t removed_from;    /* of a delegate's connection: what left the mailbox before that number is not for her (removed.h) */
    uint64_t slots_seen;      /* her slot was seen at that count of slots_changes, less one */
    struct check *check;
    struct removed_index *removed; /* what left its folder and it was not told (removed.h); NULL: none */
    struct sess *watch_next; /* list of its bucket */
    uint32_t watch_folder;
    uint64_t watch_seen;      /* .slots_seen of a delegate when her watch was set; 0: the holder's. These are read by who tells (watch.c) */
    int64_t watch_until;      /* .until; 0: a watch without a ticket */
    bool watching;
};
/* One request, which a handler works on. The handler runs inside a transaction, and runs again after a deadlock. Before each run .rep is zeroed
 * and .out is empty. */
struct ask {
    struct stored *d;
    struct sess *s;
    enum ipc_role role;
    const void *req;
    void *rep;
    struct buf *out; /* memory for rep's spans; reserve before taking spans of it */
    int fd;
};
typedef enum rc (*ask_fn)(struct tx *t, const struct ask *a, struct err *e);

/* handlers, by file */
enum rc do_deliver(struct tx *t, const struct ask *a, struct err *e); /* t NULL: runs its own */
enum rc do_append(struct tx *t, const struct ask *a, struct err *e); /* t NULL: runs its own */
enum rc do_can_take(struct tx *t, const struct ask *a, struct err *e);
enum rc do_box_reserve(struct tx *t, const struct ask *a, struct err *e);
enum rc do_box_create(struct tx *t, const struct ask *a, struct err *e);
enum rc do_box_get(struct tx *t, const struct ask *a, struct err *e);
enum rc do_box_set(struct tx *t, const struct ask *a, struct err *e);
enum rc do_box_delete(struct tx *t, const struct ask *a, struct err *e);
enum rc do_ticket(struct tx *t, const struct ask *a, struct err *e);
enum rc do_folders(struct tx *t, const struct ask *a, struct err *e);
enum rc do_folder_create(struct tx *t, const struct ask *a, struct err *e);
enum rc do_folder_rename(struct tx *t, const struct ask *a, struct err *e);
enum rc do_folder_delete(struct tx *t, const struct ask *a, struct err *e);
enum rc do_folder_level(struct tx *t, const struct ask *a, struct err *e);
enum rc do_folder_revive(struct tx *t, const struct ask *a, struct err *e);
enum rc do_folder_flags(struct tx *t, const struct ask *a, struct err *e);
enum rc do_folder_status(struct tx *t, const struct ask *a, struct err *e);
enum rc do_select(struct tx *t, const struct ask *a, struct err *e);
enum rc do_list(struct tx *t, const struct ask *a, struct err *e);
enum rc do_changes(struct tx *t, const struct ask *a, struct err *e);
enum rc do_entries(struct tx *t, const struct ask *a, struct err *e);
enum rc do_summaries(struct tx *t, const struct ask *a, struct err *e);
enum rc do_texts(struct tx *t, const struct ask *a, struct err *e);
enum rc do_read(struct tx *t, const struct ask *a, struct err *e);
enum rc do_read_many(struct tx *t, const struct ask *a, struct err *e);
enum rc do_epochs(struct tx *t, const struct ask *a, struct err *e);
enum rc do_flags(struct tx *t, const struct ask *a, struct err *e);
enum rc do_expunge(struct tx *t, const struct ask *a, struct err *e);
enum rc do_copy(struct tx *t, const struct ask *a, struct err *e);
enum rc do_warnings(struct tx *t, const struct ask *a, struct err *e);
enum rc do_warned(struct tx *t, const struct ask *a, struct err *e);
enum rc do_undelete(struct tx *t, const struct ask *a, struct err *e);
void undelete_done(const struct ask *a); /* behind the commit: the log's line */
enum rc do_hold(struct tx *t, const struct ask *a, struct err *e);
enum rc do_show_removed(struct tx *t, const struct ask *a, struct err *e);
enum rc do_keywords(struct tx *t, const struct ask *a, struct err *e);
enum rc do_keyword_add(struct tx *t, const struct ask *a, struct err *e);
enum rc do_metadata(struct tx *t, const struct ask *a, struct err *e);
enum rc do_metadata_set(struct tx *t, const struct ask *a, struct err *e);
enum rc do_watch(struct tx *t, const struct ask *a, struct err *e);
enum rc do_queue_list(struct tx *t, const struct ask *a, struct err *e);
enum rc do_queue_read(struct tx *t, const struct ask *a, struct err *e);
enum rc do_queue_count(struct tx *t, const struct ask *a, struct err *e);
enum rc do_queue_update(struct tx *t, const struct ask *a, struct err *e); /* t NULL: runs its own */
enum rc do_queue_settle(struct tx *t, const struct ask *a, struct err *e);
enum rc do_stats(struct tx *t, const struct ask *a, struct err *e);
enum rc do_used(struct tx *t, const struct ask *a, struct err *e);
enum rc do_check(struct tx *t, const struct ask *a, struct err *e);
enum rc do_box_opened(struct tx *t, const struct ask *a, struct err *e);
enum rc do_box_folders(struct tx *t, const struct ask *a, struct err *e);
enum rc do_damage(struct tx *t, const struct ask *a, struct err *e);
enum rc do_acl(struct tx *t, const struct ask *a, struct err *e);
enum rc do_acl_set(struct tx *t, const struct ask *a, struct err *e);
enum rc do_ping(struct tx *t, const struct ask *a, struct err *e);

int stored_main(int argc, char **argv);         /* daemon.c: the whole process; main.c calls it, and tests in a child */
extern const struct ipc_service stored_service; /* service.c; what base/service.h fills in is left out */
void check_free(struct check **c);
enum { OUT_MAX = STORE_PAGE };

/* watch.c */
struct watches *watches_new(void);
void watch_set(struct watches *w, struct sess *s, uint32_t folder);
void watch_drop(struct watches *w, struct sess *s);
/* Tells the watchers and wakes the upkeep. It is env_hooks.committed; owner is the struct stored. */
void stored_committed(void *owner, const struct tx_event *ev, size_t n, bool work);

/* sweep.c: upkeep in the background */
void sweep_start(struct stored *d);
void sweep_wake(struct stored *d);
void sweep_stop(struct stored *d);

/* busy.c: an object id is delivered, or freed, by one thread at a time */
struct busy *busy_new(void);
void busy_enter(struct busy *b, const unsigned char oid[SEAL_OID]);
void busy_enter_all(struct busy *b, const unsigned char (*oid)[SEAL_OID], size_t n); /* in one step; n: STORE_APPEND_MAX at most, no id twice */
void busy_leave(struct busy *b, const unsigned char oid[SEAL_OID]);
