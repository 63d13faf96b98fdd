/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/live_test.h - a real pli-stored in a child process on a folder of its own, for the tests beside it.
 *
 * The listening socket is the test's, as it is the supervisor's in life, so the daemon can be killed and started again
 * under its clients.
 * Process  tests.
 */
#pragma once
#include "base/boot.h"
#include "base/log.h"
#include "base/sandbox_int.h"
#include "base/wipe.h"
#include "crypto/seal/digest.h"
#include "crypto/seal/ticket.h"
#include "store/client/client.h"
#include "store/ops/stored.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

struct live {
    char dir[64];
    pid_t pid, starter_pid;
    int listen_fd, starter;
    const char *min_free, *fault, *log; /* log: a file that its lines are added to; NULL: the test's own stderr */
    int late_ms;                        /* it begins so much later */
    const char *const *more; /* name, value, ..., NULL: further settings */
    struct ticket_keys tickets;
};

static inline int live_secret(const void *p, size_t n)
{
    int fd = memfd_create("secret", 0);

    assert_int_equal(write(fd, p, n), n);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static inline void live_child(struct live *l)
{
    struct boot *b = boot_new();
    char fd[16];

    boot_set(b, "instance", l->dir);
    boot_set(b, "uid", "0");
    for (const char *const *m = l->more; m && *m; m += 2)
        boot_set(b, m[0], m[1]);
    if (l->min_free)
        boot_set(b, "stored.min_free", l->min_free);
    boot_give(b, "ticket.key", live_secret(l->tickets.of[TICKET_FOR_STORED], TICKET_KEY));
    boot_give(b, "ipc", l->listen_fd);
    snprintf(fd, sizeof fd, "%d", boot_memfd(b));
    setenv("PLI_BOOT", fd, 1);
    if (l->fault)
        setenv("PLI_FAULT", l->fault, 1);
    if (l->log)
        dup2(open(l->log, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600), STDERR_FILENO);
    poll(NULL, 0, l->late_ms);
    _exit(stored_main(0, NULL));
}

/* "make test" sets PLI_LONG: a test that does the same to each table, or at each call, does it to all of them. "make check", the inner loop, does it to
 * every step-th. */
static inline int live_step(int step)
{
    return getenv("PLI_LONG") ? 1 : step;
}

/* ---- starting it ----
 * A process with threads may not fork and go on under the address sanitizer: another thread may hold the allocator's lock at that moment, and the
 * child waits for it for ever. So a starter is forked while the test has no threads yet, and forks the daemon whenever it is told to. The daemon's
 * parent ends at once, and the test, which is the subreaper, has the daemon as its own child. */
struct live_order {
    char min_free[32], fault[128], log[128], more[2048]; /* "": none; more: name, NUL, value, NUL ..., NUL */
    int late_ms;
};

static inline void live_obey(struct live *l, struct live_order *o)
{
    const char *more[64] = {NULL};
    size_t n = 0;

    for (char *p = o->more; *p && n < 63; p += strlen(p) + 1)
        more[n++] = p;
    l->min_free = o->min_free[0] ? o->min_free : NULL;
    l->fault = o->fault[0] ? o->fault : NULL;
    l->log = o->log[0] ? o->log : NULL;
    l->late_ms = o->late_ms;
    l->more = n > 0 ? more : NULL;
    live_child(l);
}

static inline void live_starter(struct live *l, int orders)
{
    struct live_order o;

    while (recv(orders, &o, sizeof o, 0) == sizeof o) {
        pid_t between = fork(), daemon = -1;

        if (between == 0) {
            daemon = fork();
            if (daemon == 0) {
                close(orders);
                live_obey(l, &o);
            }
            _exit(send(orders, &daemon, sizeof daemon, 0) != sizeof daemon);
        }
        waitpid(between, NULL, 0);
        (void)!send(orders, "", 1, 0); /* from now on the daemon is the test's child */
    }
    _exit(0);
}

/* SIGTERM is caught from now on, or it has ended: some tests start one that cannot live. */
static inline bool live_catches(pid_t pid)
{
    unsigned long long caught = 0;
    siginfo_t ended = {.si_pid = 0};
    char path[40], line[200];
    FILE *f;

    if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT | WNOHANG) != 0 || ended.si_pid == pid)
        return true;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "SigCgt:", 7) == 0)
            caught = strtoull(line + 7, NULL, 16);
    if (f)
        fclose(f);
    return caught >> (SIGTERM - 1) & 1;
}

static inline void live_start(struct live *l)
{
    struct live_order o = {0};
    size_t at = 0;
    char done;

    snprintf(o.min_free, sizeof o.min_free, "%s", l->min_free ? l->min_free : "");
    snprintf(o.fault, sizeof o.fault, "%s", l->fault ? l->fault : "");
    snprintf(o.log, sizeof o.log, "%s", l->log ? l->log : "");
    o.late_ms = l->late_ms;
    for (const char *const *m = l->more; m && *m; m++) {
        assert_true(at + strlen(*m) + 2 < sizeof o.more);
        at += (size_t)snprintf(o.more + at, sizeof o.more - at, "%s", *m) + 1;
    }
    assert_int_equal(send(l->starter, &o, sizeof o, 0), sizeof o);
    assert_int_equal(recv(l->starter, &l->pid, sizeof l->pid, 0), sizeof l->pid);
    assert_int_equal(recv(l->starter, &done, 1, 0), 1);
    assert_true(l->pid > 0);
    while (!live_catches(l->pid))
        poll(NULL, 0, 2);
}

static inline void live_fork_starter(struct live *l)
{
    int sv[2];

    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
    l->starter_pid = fork();
    assert_true(l->starter_pid >= 0);
    if (l->starter_pid == 0) {
        close(sv[0]);
        live_starter(l, sv[1]);
    }
    close(sv[1]);
    l->starter = sv[0];
}

/* In the folder of that name; NULL: in TMPDIR, which the runner puts into memory, else /tmp. A daemon that is killed leaves the same bytes in
 * either; what a disk adds is that it waits at each flush. */
static inline void live_new_in(struct live *l, const char *parent)
{
    struct err e;
    char sub[80];

    if (!parent)
        parent = getenv("TMPDIR");
    memset(l, 0, sizeof *l);
    assert_in_range(snprintf(l->dir, sizeof l->dir, "%s/pli-stored-XXXXXX", parent && *parent ? parent : "/tmp"), 1, sizeof l->dir - 1);
    assert_non_null(mkdtemp(l->dir));
    snprintf(sub, sizeof sub, "%s/store", l->dir);
    assert_int_equal(mkdir(sub, 0700), 0);
    assert_int_equal(chdir(l->dir), 0);
    ticket_keys_new(&l->tickets);
    l->listen_fd = ipc_listen("stored.sock", &e);
    assert_true(l->listen_fd >= 0);
    sandbox_warm_reports(); /* once: every daemon forked from here inherits what the sanitizer read for its reports */
    live_fork_starter(l);
    live_start(l);
}

static inline void live_new(struct live *l)
{
    live_new_in(l, NULL);
}

/* Ends the daemon by that signal; its exit code, or 128 + signal. */
static inline int live_stop(struct live *l, int sig)
{
    int st = 0;

    if (l->pid <= 0)
        return -1;
    if (sig)
        kill(l->pid, sig);
    waitpid(l->pid, &st, 0);
    l->pid = 0;
    return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

static inline int live_unlink(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st;
    (void)type;
    (void)f;
    return remove(path);
}

static inline void live_end(struct live *l)
{
    assert_int_equal(live_stop(l, SIGTERM), 0);
    close(l->starter); /* and it ends */
    waitpid(l->starter_pid, NULL, 0);
    close(l->listen_fd);
    assert_int_equal(chdir("/"), 0);
    nftw(l->dir, live_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- clients ---- */
/* The tests look at an answer before they ask for the next few: memory for its spans, in turn. */
static _Thread_local struct buf live_mem[4];
static _Thread_local unsigned live_mem_at;

static inline enum rc live_call(struct store *s, enum store_op op, const void *req, int req_fd, void *rep_out,
                                struct err *e)
{
    return store_call_in(s, op, req, req_fd, rep_out, &live_mem[live_mem_at++ % 4], e);
}
#define store_call live_call

static inline void live_call_end(void) /* a thread's last */
{
    for (size_t i = 0; i < 4; i++)
        buf_free(&live_mem[i]);
}

static inline void live_ticket(struct live *l, uint64_t mbx, uint32_t rights, struct buf *wire_out)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = rights,
                       .mbx = mbx,
                       .issued = (uint64_t)time(NULL),
                       .expires = (uint64_t)time(NULL) + 3600,
                       .address = "a@b",
                       .actor = "a@b"};

    ticket_make(&t, &l->tickets, wire_out);
}

static inline struct store *live_bound_as(struct live *l, enum ipc_role role, uint64_t mbx, uint32_t rights)
{
    struct store *s = store_new(role);
    struct store_box_rep rep;
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    struct err e;

    live_ticket(l, mbx, rights, &wire);
    if (store_bind(s, buf_span(&wire), &rep, &mem, &e) != RC_OK)
        fail_msg("bind: %s", e.log);
    buf_free(&mem);
    buf_free(&wire);
    return s;
}

static inline struct store *live_bound(struct live *l, uint64_t mbx)
{
    return live_bound_as(l, ROLE_IMAPD, mbx, RIGHT_READ | RIGHT_WRITE);
}

/* A list of key slots: one that opens, with that text in it. */
static inline struct span live_slots(const char *text)
{
    static struct buf b;
    struct slot s = {.type = SLOT_KEYD, .id = 1, .body = span_str(text)};

    buf_clear(&b);
    slot_add(&b, &s);
    return buf_span(&b);
}

static inline uint64_t live_box(uint64_t quota)
{
    struct store *s = store_new(ROLE_ADMIN);
    struct store_mbx_msg m;
    struct store_box_create_req c = {.slots = live_slots("slots"), .quota = quota};
    struct err e;

    if (store_call(s, STORE_BOX_RESERVE, NULL, -1, &m, &e) != RC_OK)
        fail_msg("reserve: %s", e.log);
    c.mbx = m.mbx;
    memset(c.pub, 7, sizeof c.pub);
    if (store_call(s, STORE_BOX_CREATE, &c, -1, NULL, &e) != RC_OK)
        fail_msg("create: %s", e.log);
    store_free(&s);
    return m.mbx;
}

/* ---- a message ---- */
struct letter {
    struct store_deliver_req rq;
    struct buf objects, places, remotes;
};

/* Bytes that tell which message and where in it. */
static inline void letter_fill(struct buf *out, const unsigned char *oid, uint64_t n, unsigned char kind)
{
    struct err e;

    assert_int_equal(buf_reserve(out, n, &e), RC_OK);
    for (uint64_t i = 0; i < n; i++)
        out->p[out->n++] = (unsigned char)(oid[8 + i % 8] ^ (i >> 3) ^ (i >> 16) ^ kind);
}

/* Large ones come as smtpd sends them, with a lead; one size as imapd does, without. */
static inline uint16_t letter_lead(uint64_t size)
{
    return size > 256 * 1024 && size != 1 << 20 ? 700 : 0;
}

static inline void letter_new(struct letter *l, uint64_t size, uint64_t summary, uint64_t search)
{
    memset(l, 0, sizeof *l);
    seal_oid_new(l->rq.oid);
    l->rq.mid = SPAN_LIT("0123456789abcdef");
    l->rq.size = size;
    l->rq.received = (uint64_t)time(NULL);
    l->rq.lead = letter_lead(size);
    l->rq.skip = l->rq.lead ? SEAL_LEAD_MAX - l->rq.lead : 0;
    l->rq.len_message = seal_led_size(size, l->rq.lead);
    l->rq.len_summary = summary ? seal_size(summary) : 0;
    l->rq.len_search = search ? seal_size(search) : 0;
    letter_fill(&l->objects, l->rq.oid, l->rq.len_message, SEAL_MESSAGE);
    letter_fill(&l->objects, l->rq.oid, l->rq.len_summary, SEAL_SUMMARY);
    letter_fill(&l->objects, l->rq.oid, l->rq.len_search, SEAL_SEARCH);
}

static inline void letter_to(struct letter *l, uint64_t mbx, uint32_t folder, uint64_t flags)
{
    struct store_place p = {.mbx = mbx, .folder = folder, .flags = flags, .internaldate = 1700000000};

    memset(p.wrap, (int)mbx, sizeof p.wrap);
    memset(p.epoch_rec, 5, sizeof p.epoch_rec);
    p.epoch = seal_epoch_id(mbx, p.epoch_rec);
    ipc_list_add(&l->places, store_place_f, &p);
}

static inline void letter_state(struct letter *l, const char *who, uint64_t not_before, uint8_t state)
{
    struct store_remote r = {
        .notify = 1, .not_before = not_before, .keys = SPAN_LIT("0123456789abcdef"), .envelope = span_str(who), .state = state};

    memset(l->rq.queue_epoch_rec, 9, sizeof l->rq.queue_epoch_rec);
    l->rq.queue_epoch = seal_epoch_id(SEAL_QUEUE_BOX, l->rq.queue_epoch_rec);
    ipc_list_add(&l->remotes, store_remote_f, &r);
}

static inline void letter_out(struct letter *l, const char *who, uint64_t not_before)
{
    letter_state(l, who, not_before, 0);
}

static inline int letter_memfd(const struct letter *l)
{
    int fd = memfd_create("body", MFD_ALLOW_SEALING);

    assert_int_equal(pwrite(fd, l->objects.p, l->objects.n, (off_t)l->rq.skip), l->objects.n);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), 0);
    return fd;
}

/* Inline when it fits, else by descriptor. placed_out: the first place. */
static inline enum rc letter_send(struct letter *l, struct store *s, struct store_placed *placed_out,
                                  struct store_deliver_rep *rep, struct err *e)
{
    bool small = l->objects.n <= STORE_INLINE_MAX && l->objects.n + l->places.n + l->remotes.n < 90 * 1024;
    struct span rest;
    struct err later;
    int fd = -1;
    enum rc rc;

    l->rq.places = buf_span(&l->places);
    l->rq.remotes = buf_span(&l->remotes);
    l->rq.objects = small ? buf_span(&l->objects) : SPAN_NULL;
    if (!small)
        fd = letter_memfd(l);
    rc = store_call(s, small ? STORE_DELIVER : STORE_DELIVER_FD, &l->rq, fd, rep, e);
    if (fd >= 0)
        close(fd);
    if (rc != RC_OK)
        return rc;
    rest = rep->placed;
    if (placed_out && ipc_list_next(&rest, store_placed_f, placed_out, &later) != RC_OK)
        memset(placed_out, 0, sizeof *placed_out);
    return RC_OK;
}

static inline void letter_free(struct letter *l)
{
    buf_free(&l->objects);
    buf_free(&l->places);
    buf_free(&l->remotes);
}

/* One message to one folder; its UID. */
static inline uint32_t live_deliver(struct store *s, uint64_t mbx, uint32_t folder, uint64_t size, uint64_t flags)
{
    struct store_deliver_rep rep;
    struct store_placed p;
    struct letter l;
    struct err e;

    letter_new(&l, size, 700, 300);
    letter_to(&l, mbx, folder, flags);
    if (letter_send(&l, s, &p, &rep, &e) != RC_OK)
        fail_msg("deliver: %s", e.log);
    letter_free(&l);
    return p.uid;
}

static inline struct span live_range(uint32_t lo, uint32_t hi)
{
    static unsigned char b[8];

    for (int i = 0; i < 4; i++) {
        b[i] = (unsigned char)(lo >> (8 * i));
        b[4 + i] = (unsigned char)(hi >> (8 * i));
    }
    return span_of(b, 8);
}

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != RC_OK)                                                                                           \
            fail_msg("%s: %s: %s", #call, rc_name(e.rc), e.log);                                                       \
    } while (0)

/* ---- reading answers ---- */
struct brief { /* a packed store_brief */
    uint32_t uid;
    uint64_t flags, modseq;
};

static inline struct brief live_brief_at(struct span s, size_t i)
{
    struct rd r = rd_of(span_from(s, i * STORE_BRIEF));
    struct brief b;

    b.uid = rd_u32(&r);
    b.flags = rd_u64(&r);
    b.modseq = rd_u64(&r);
    assert_true(rd_ok(&r));
    return b;
}

static inline uint32_t live_u32_at(struct span s, size_t i)
{
    struct rd r = rd_of(span_from(s, i * 4));
    uint32_t v = rd_u32(&r);

    assert_true(rd_ok(&r));
    return v;
}

static inline struct store_status_rep live_status(struct store *s, uint32_t folder)
{
    struct store_status_rep st;
    struct err e;

    OK(store_call(s, STORE_FOLDER_STATUS, &(struct store_folder_msg){folder}, -1, &st, &e));
    return st;
}

/* An annotation of the holder's own, of that many octets. */
static inline void live_annotate(struct store *s, uint32_t folder, unsigned char tag, size_t n)
{
    static unsigned char value[STORE_ANNOTATION_MAX];
    struct store_annotation one = {.folder = folder, .tag = {tag}, .name = SPAN_LIT("sealed name"), .value = span_of(value, n)};
    struct buf list = BUF_INIT;
    struct store_metadata_set_req rq = {.folder = folder, .special = STORE_SPECIAL_KEEP};
    struct store_metadata_set_rep rep;
    struct err e;

    ipc_list_add(&list, store_annotation_f, &one);
    rq.list = buf_span(&list);
    OK(store_call(s, STORE_METADATA_SET, &rq, -1, &rep, &e));
    buf_free(&list);
}

static inline uint32_t live_folder(struct store *s, const char *name)
{
    struct store_folder_create_req rq = {.flags = FF_SUBSCRIBED, .name = span_str(name)};
    struct store_folder_msg rep;
    struct err e;

    memcpy(rq.tag, name, strlen(name));
    OK(store_call(s, STORE_FOLDER_CREATE, &rq, -1, &rep, &e));
    return rep.folder;
}
