/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/service.c - the table of operations: which right each needs, in what kind of transaction it runs, how
 * much room it wants.
 *
 * Every request passes serve(), which checks the ticket, the right and the room on the disk, and runs the transaction.
 * At its end come the two halves of INV-1. What was changed is flushed before the answer (tx_run). When something was
 * read that is not flushed yet, the answer waits for the flush (env_settle). */
#include "store/db/os.h"
#include "store/db/room.h"
#include "store/ops/acl.h"
#include "store/ops/due.h"
#include "store/ops/hold.h"
#include "store/ops/removed.h"
#include <stdlib.h>

enum run {
    RUN_READ,
    RUN_WRITE,
    RUN_FREE, /* writes, and takes away or comes before it: never for want of room (INV-R2) */
    RUN_COPY, /* a MOVE takes away as much as it adds, a COPY grows */
    RUN_LAZY,
    RUN_ALONE /* no transaction given */
};
enum { OPEN = 0 /* the role is enough */, R = RIGHT_READ, W = RIGHT_WRITE };

struct rule { /* a row of the table below */
    enum store_op op;
    uint32_t right;
    enum run run;
    ask_fn fn;
};
struct job {
    ask_fn fn;
    enum store_op op;
    const struct ask *a;
};

/* One attempt. It clears the answer first, because an earlier attempt may have left half of one. */
static enum rc attempt(struct tx *t, void *arg, struct err *e)
{
    const struct job *j = arg;

    enum rc rc;

    memset(j->a->rep, 0, IPC_STRUCT_MAX);
    buf_clear(j->a->out);
    rc = t ? acl_gate(t, j->a, j->op, e) : RC_OK;
    return rc == RC_OK ? j->fn(t, j->a, e) : rc;
}

static enum rc check_right(const struct sess *s, uint32_t right, struct err *e)
{
    if (right == OPEN || (s->bound && (s->rights & right) == right))
        return RC_OK;
    return err_set(e, RC_DENIED, "store: %s", s->bound ? "the ticket lacks the right" : "a ticket comes first");
}

/* A ticket may end while its connection goes on. From then on the connection counts as one without a ticket. */
static void look_at_clock(struct stored *d, struct sess *s)
{
    if (!s->bound || clock_utc() < s->until)
        return;
    watch_drop(d->watches, s);
    s->bound = false;
    s->rights = 0;
    s->delegate = 0;
}

static enum rc in_tx(struct stored *d, enum run run, struct job *j, struct err *e)
{
    static const enum tx_how how[] = {
        [RUN_READ] = TX_READ, [RUN_WRITE] = TX_WRITE, [RUN_FREE] = TX_WRITE, [RUN_LAZY] = TX_LAZY};
    enum rc rc = RC_OK;

    if (run == RUN_COPY)
        run = ((const struct store_copy_req *)j->a->req)->move ? RUN_FREE : RUN_WRITE;
    if (run == RUN_FREE)
        room_to_delete(&d->env);
    if (run == RUN_WRITE) /* what grows much wants more (deliver.c, copy.c) */
        rc = env_room(&d->env, 0, 0, false, e);
    if (rc == RC_OK)
        rc = tx_run(&d->env, how[run], attempt, j, e);
    return rc;
}

static enum rc run(const struct ask *a, const struct rule *rule, struct err *e)
{
    struct job j = {rule->fn, rule->op, a};

    return rule->run == RUN_ALONE ? attempt(NULL, &j, e) : in_tx(a->d, rule->run, &j, e);
}

/* What is said once it is done: behind the commit and its flush. A handler says nothing of the kind itself, for it may run again, and what it did may
 * be aborted. */
static void done(const struct ask *a, enum store_op op)
{
    static const struct {
        enum store_op op;
        void (*fn)(const struct ask *a);
    } says[] = {{STORE_HOLD, hold_done}, {STORE_UNDELETE, undelete_done}};

    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        if (says[i].op == op)
            says[i].fn(a);
}

static enum rc serve(const struct ask *a, int64_t due, const struct rule *rule, struct err *e)
{
    bool kept = !atomic_load(&a->d->env.due_unkept);
    enum rc rc;

    os_serving();
    tx_due(due);
    look_at_clock(a->d, a->s);
    rc = check_right(a->s, rule->right, e);
    if (rc == RC_OK)
        rc = buf_reserve(a->out, OUT_MAX, e);
    if (rc != RC_OK)
        return rc;
    rc = run(a, rule, e);
    if (kept && due_give_up(a->d, rc))
        rc = run(a, rule, e);
    if (rc == RC_OK)
        done(a, rule->op);
    if (rule->run == RUN_ALONE)
        return rc;
    if (rule->run != RUN_WRITE && rule->run != RUN_FREE && rule->run != RUN_COPY)
        env_settle(&a->d->env, a->s->bound ? a->s->mbx : SEAL_QUEUE_BOX);
    return rc;
}

/* ---- the table ---- */
#define OPERATIONS(X)                                                                                                  \
    X(STORE_DELIVER, deliver, OPEN, RUN_ALONE)                                                                         \
    X(STORE_APPEND, append, W, RUN_ALONE)                                                                              \
    X(STORE_CAN_TAKE, can_take, OPEN, RUN_ALONE)                                                                       \
    X(STORE_BOX_RESERVE, box_reserve, OPEN, RUN_WRITE)                                                                 \
    X(STORE_BOX_CREATE, box_create, OPEN, RUN_WRITE)                                                                   \
    X(STORE_BOX_GET, box_get, OPEN, RUN_READ)                                                                          \
    X(STORE_BOX_SET, box_set, OPEN, RUN_WRITE)                                                                         \
    X(STORE_BOX_DELETE, box_delete, OPEN, RUN_FREE)                                                                    \
    X(STORE_TICKET, ticket, OPEN, RUN_READ)                                                                            \
    X(STORE_FOLDERS, folders, R, RUN_READ)                                                                             \
    X(STORE_FOLDER_CREATE, folder_create, W, RUN_WRITE)                                                                \
    X(STORE_FOLDER_RENAME, folder_rename, W, RUN_FREE)                                                                 \
    X(STORE_FOLDER_DELETE, folder_delete, W, RUN_FREE)                                                                 \
    X(STORE_FOLDER_LEVEL, folder_level, W, RUN_FREE)                                                                   \
    X(STORE_FOLDER_REVIVE, folder_revive, W, RUN_WRITE)                                                                \
    X(STORE_FOLDER_FLAGS, folder_flags, W, RUN_FREE)                                                                   \
    X(STORE_FOLDER_STATUS, folder_status, R, RUN_READ)                                                                 \
    X(STORE_SELECT, select, R, RUN_LAZY)                                                                               \
    X(STORE_LIST, list, R, RUN_READ)                                                                                   \
    X(STORE_CHANGES, changes, R, RUN_READ)                                                                             \
    X(STORE_ENTRIES, entries, R, RUN_READ)                                                                             \
    X(STORE_SUMMARIES, summaries, R, RUN_READ)                                                                         \
    X(STORE_TEXTS, texts, R, RUN_READ)                                                                                 \
    X(STORE_READ, read, R, RUN_READ)                                                                                   \
    X(STORE_READ_MANY, read_many, R, RUN_READ)                                                                         \
    X(STORE_EPOCHS, epochs, R, RUN_READ)                                                                               \
    X(STORE_FLAGS, flags, W, RUN_FREE)                                                                                 \
    X(STORE_EXPUNGE, expunge, W, RUN_FREE)                                                                             \
    X(STORE_COPY, copy, W, RUN_COPY)                                                                                   \
    X(STORE_KEYWORDS, keywords, R, RUN_READ)                                                                           \
    X(STORE_KEYWORD_ADD, keyword_add, W, RUN_WRITE)                                                                    \
    X(STORE_METADATA, metadata, R, RUN_READ)                                                                           \
    X(STORE_METADATA_SET, metadata_set, W, RUN_WRITE)                                                                  \
    X(STORE_WATCH, watch, OPEN, RUN_ALONE)                                                                             \
    X(STORE_QUEUE_LIST, queue_list, OPEN, RUN_READ)                                                                    \
    X(STORE_QUEUE_READ, queue_read, OPEN, RUN_READ)                                                                    \
    X(STORE_QUEUE_UPDATE, queue_update, OPEN, RUN_ALONE)                                                               \
    X(STORE_QUEUE_COUNT, queue_count, OPEN, RUN_READ)                                                                  \
    X(STORE_QUEUE_SETTLE, queue_settle, OPEN, RUN_FREE)                                                                \
    X(STORE_STATS, stats, OPEN, RUN_ALONE)                                                                             \
    X(STORE_USED, used, OPEN, RUN_ALONE)                                                                               \
    X(STORE_CHECK, check, OPEN, RUN_ALONE)                                                                             \
    X(STORE_PING, ping, OPEN, RUN_ALONE)                                                                               \
    X(STORE_BOX_OPENED, box_opened, R, RUN_FREE)                                                                       \
    X(STORE_UNDELETE, undelete, OPEN, RUN_FREE)                                                                        \
    X(STORE_HOLD, hold, OPEN, RUN_FREE)                                                                                \
    X(STORE_SHOW_REMOVED, show_removed, W, RUN_FREE)                                                                   \
    X(STORE_WARNINGS, warnings, OPEN, RUN_READ)                                                                        \
    X(STORE_WARNED, warned, OPEN, RUN_FREE)                                                                            \
    X(STORE_BOX_FOLDERS, box_folders, OPEN, RUN_READ)                                                                  \
    X(STORE_ACL, acl, R, RUN_READ)                                                                                     \
    X(STORE_ACL_SET, acl_set, W, RUN_WRITE)                                                                            \
    X(STORE_DAMAGE, damage, OPEN, RUN_ALONE)

#define HANDLER(op, name, right, run)                                                                                  \
    static enum rc h_##name(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)  \
    {                                                                                                                  \
        static const struct rule rule = {op, right, run, do_##name};                                                   \
        struct ask a = {d, p->user, p->role, req, r->msg, r->scratch, fd};                                             \
                                                                                                                       \
        return serve(&a, p->due, &rule, e);                                                                            \
    }
OPERATIONS(HANDLER)

#define ROW(op, name, right, run) {op, h_##name},
static const struct ipc_bind handlers[] = {
    OPERATIONS(ROW){STORE_DELIVER_FD, h_deliver}, {STORE_FOLDER_RENAME_FD, h_folder_rename}, {0, NULL}};

enum rc do_ping(struct tx *t, const struct ask *a, struct err *e)
{
    (void)t;
    (void)a;
    (void)e;
    return RC_OK;
}

/* A delegate watches one folder at a time: news of all would tell her of those that she may not read. Behind the last number there is none, and news of
 * the mailbox as a whole alone. */
static enum rc may_watch(struct tx *t, void *arg, struct err *e)
{
    const struct ask *a = arg;
    const struct store_watch_req *rq = a->req;
    enum rc rc = acl_stands(t, a, e);

    if (rc == RC_OK && rq->folder == 0)
        rc = err_cause(e, RC_DENIED, CAUSE_NO_RIGHT, "store: a delegate watches a folder");
    return rc == RC_OK && rq->folder != INT32_MAX ? acl_check(t, a->s, rq->folder, ACL_R, e) : rc;
}

enum rc do_watch(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_watch_req *rq = a->req;
    enum rc rc = RC_OK;

    (void)t;
    if (a->role == ROLE_RELAYD)
        a->s->mbx = SEAL_QUEUE_BOX; /* the one that its role may look at */
    else
        rc = check_right(a->s, R, e);
    if (rc == RC_OK && a->s->delegate)
        rc = tx_run(&a->d->env, TX_READ, may_watch, (void *)a, e);
    if (rc != RC_OK)
        return rc;
    watch_set(a->d->watches, a->s, rq->folder);
    if (a->s->delegate && a->s->slots_seen != atomic_load(&a->d->slots_changes) + 1) /* between the look and the list */
        rc = tx_run(&a->d->env, TX_READ, may_watch, (void *)a, e);
    if (rc != RC_OK)
        watch_drop(a->d->watches, a->s);
    return rc;
}

static void joined(void *d, struct ipc_peer *p)
{
    struct sess *s = calloc(1, sizeof *s);

    if (!s)
        die("out of memory");
    s->d = d;
    s->peer = p;
    p->user = s;
}

static void left(void *d, struct ipc_peer *p)
{
    struct sess *s = p->user;
    struct stored *st = d;

    watch_drop(st->watches, s);
    if (s->seated)
        seats_leave(st->seats, s->mbx);
    check_free(&s->check);
    removed_index_free(&s->removed);
    free(s);
    p->user = NULL;
}

const struct ipc_service stored_service = {
    .proto = &stored_proto,
    .handlers = handlers,
    .joined = joined,
    .left = left,
};
