/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/outbox.h - the daemon's state, shared by its files: compare.c (our directory), deliver.c (one event and its answer), outbox.c (the thread), ops.c
 * (what an administrator asks).
 *
 * Lock     .lock covers all from .table on. It is not held while the directory or the back end is waited for. One thread, outbox.c's, sends; an entry whose event is
 *          under way (.sending) is changed by nobody else.
 * INV-P3   But in PM_RUNNING the state file is not written: a copy stays one, a damaged file stays as it was found, until "begin".
 * Process  pubd.
 */
#pragma once
#include "directory/client.h"
#include "publish/pubd/fhir.h"
#include "publish/pubd/ledger.h"
#include <pthread.h>
#include <stdatomic.h>

enum outbox_backend { BACKEND_OFF, BACKEND_COMMAND, BACKEND_FOLDER, BACKEND_HTTPS }; /* numbers of publish.backend's words */
struct outbox_conf {
    struct want_rules rules;
    enum outbox_backend backend;
    const char *program; /* publish.command */
    int64_t timeout, retry_first, retry_max, compare_every; /* seconds */
    int64_t max_deletes, max_loss;                          /* a day: so many, or so many per cent */
};
struct outbox {
    struct outbox_conf conf;
    int runner;              /* its socket, or the carrier's; -1: the back end is neither */
    bool runner_gone;        /* the thread's own */
    struct dir *dir;         /* of the thread */
    struct dir *asked_dir;   /* of PUBD_DIFF, under diff_lock */
    pthread_mutex_t diff_lock;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    int wake_fd;             /* eventfd: something was asked */

    pthread_mutex_t lock;
    struct table table;
    struct ledger *ledger;
    struct ledger_place place;
    enum pub_mode mode;
    struct pub_entry *sending; /* NULL: none */
    uint64_t run, seen;        /* how far DIRD_BOXES_CHANGED was followed */
    uint64_t compares;         /* whole ones, ended */
    uint64_t left_out, sent;
    int64_t compared, last_sent, pause_until; /* UTC s */
    unsigned failures;                        /* tries in a row without an answer */
    size_t cursor;                            /* where the next event is looked for */
    bool away, compare_now, comparing /* a whole comparison is under way */, unsaved /* an answer that the disk did not take yet */;
    char *last_error;
};

int outbox_open_place(const char *instance, struct ledger_place *here); /* DIR/publish's descriptor; dies. Before the sandbox */
void outbox_load(struct outbox *o, int dir, const struct ledger_place *here); /* dies when the disk does not let it */
void outbox_start(struct outbox *o);
void outbox_stop(struct outbox *o);
void outbox_wake(struct outbox *o);
void outbox_complain(struct outbox *o, struct span why); /* the lock is held; empty: all is well */

/* compare.c. RC_TEMP: our directory could not be read; what was read counts. */
enum rc compare_whole(struct outbox *o, struct err *e);
enum rc compare_changed(struct outbox *o, bool *whole_out, struct err *e); /* *whole_out: a whole comparison is due instead */
enum rc compare_diff(struct outbox *o, const struct pubd_list_req *q, struct buf *list, struct buf *last, bool *more_out, struct err *e);

/* deliver.c */
bool deliver_one(struct outbox *o);      /* sends what is due; false: nothing is, or the state cannot be written */
int64_t deliver_next(struct outbox *o);  /* UTC s: when something is due; 0: now; INT64_MAX: nothing waits for a time */
uint64_t deliver_due(const struct outbox *o, int64_t now); /* lock held: how many could be sent now */
bool deliver_held(const struct outbox *o, int64_t now);    /* lock held: deletions wait for "confirm" */
enum rc deliver_request(const struct pub_entry *en, struct fhir_request *out, struct err *e); /* lock held: of its event, or of the one that is to be */

/* folder.c: an event as a file of DIR/publish/out; the same event, the same file */
enum rc folder_put(int dir, const struct pub_entry *en, const struct fhir_request *r, struct buf *report, struct err *e);
const char *outbox_event(uint8_t kind); /* "create", "update", "red-list", "delete"; "none" */

extern const struct ipc_bind outbox_handlers[];
