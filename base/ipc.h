/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc.h - messages between Pli's processes: AF_UNIX SOCK_SEQPACKET, described by tables.
 *
 * Wire     one packet a message, at most IPC_MSG_MAX bytes, little-endian:
 *            u16 op, u16 flags (1 reply, 2 error, 4 event, 8 due), u32 seq, with flag 8 (requests only) u64 due, then the
 *            fields of the op's table in order.
 *            U8 U16 U32 U64: that many bytes. FIX: exactly size bytes. BYTES: u32 length (<= size) and the bytes.
 *          At most one file descriptor rides with a packet (SCM_RIGHTS); a second, or one where none is due, is malformed.
 *          First message each way is IPC_HELLO: magic "PLI2" (2: the version of what stands here), protocol id, protocol version,
 *          role. Anything else, an unknown op, a short or overlong packet, a trailing byte: the peer is malformed, the connection ends at once
 *          and one log line says so. Append only: a new field means a new protocol version.
 * Calls    every request has exactly one reply of at most IPC_MSG_MAX bytes: larger answers are paged with a cursor, so
 *          a slow or hostile peer can never block a worker. Requests may be pipelined: ipc_send() n times, then ipc_recv().
 *          The daemon reads no further request of a peer while a reply waits for that peer to read it.
 * Due      a request may say until when it is worth doing: an absolute CLOCK_MONOTONIC time, one clock for all processes of the
 *          machine. One that is read later is not begun but answered RC_TEMP; a handler that changes something looks at
 *          ipc_peer.due once more before it commits. Whoever asks waits longer than that (ipc_due()): when it gives up,
 *          nothing will be done any more.
 * Messages a message is written once, as a list of fields (IPC_MESSAGE below): the struct and the table both come from it.
 * Again    an op that may be asked again after a lost reply says so (IPC_AGAIN), and one that may take long (IPC_LONG): base/ipc_link.h reads both.
 * Events   an op of the table with roles 0 (nobody may ask it) whose rep table describes the event's fields.
 * Peers    SO_PEERCRED is read at accept; when daemons have uids of their own the role claimed in HELLO must be the uid's.
 *          One that says no HELLO within a second loses its place when places are short. The process that said HELLO, by the
 *          kernel's word, is the peer, whoever connected for it (base/dialler.h): peer.pid is a session's own. A process has at most
 *          max_per_process places, a role three quarters of all; administrators get in as long as there is one left.
 * Errors   a handler's struct err travels as u16 rc, u16 cause (base/cause.h), bytes log. A cause that this build does not know:
 *          the peer is malformed.
 * Process  all. Threads: a client connection belongs to one thread, and after a fork to one of the two processes (the other
 *          may only ipc_hangup() it); server handlers run on worker threads, one request
 *          a connection at a time, in order.
 */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include <sys/types.h>

enum { IPC_MSG_MAX = 96 * 1024, IPC_FIELDS_MAX = 40, IPC_STRUCT_MAX = 1024 };
enum { IPC_OP_HELLO = 1, IPC_OP_FIRST = 16 };

enum ipc_type { IPC_END = 0, IPC_U8, IPC_U16, IPC_U32, IPC_U64, IPC_FIX, IPC_BYTES };
struct ipc_field {
    enum ipc_type type;
    uint16_t off;  /* offsetof in the message's struct: uint8_t.., unsigned char[size], struct span */
    uint32_t size; /* FIX: exact size. BYTES: most bytes allowed */
};
#define IPC_F_U8(st, m) {IPC_U8, offsetof(struct st, m), 1}
#define IPC_F_U16(st, m) {IPC_U16, offsetof(struct st, m), 2}
#define IPC_F_U32(st, m) {IPC_U32, offsetof(struct st, m), 4}
#define IPC_F_U64(st, m) {IPC_U64, offsetof(struct st, m), 8}
#define IPC_F_FIX(st, m) {IPC_FIX, offsetof(struct st, m), sizeof(((struct st *)0)->m)}
#define IPC_F_BYTES(st, m, most) {IPC_BYTES, offsetof(struct st, m), most}
#define IPC_F_END {IPC_END, 0, 0}

/* A message is written once. FIELDS_tag(F, T) is its list, a row F(T, kind, member, ...) for each field, in the order of the struct and of the wire:
 *   F(T, U8 | U16 | U32 | U64, member)      a number
 *   F(T, FIX, member, size)                 exactly size bytes: unsigned char member[size]
 *   F(T, BYTES, member, most)               a span of at most that many bytes
 * IPC_MESSAGE(tag); makes struct tag and declares its table tag_f; IPC_TABLE(tag); in one .c file is the table. F and T are the macro's business. */
#define IPC_MESSAGE(tag) struct tag { FIELDS_##tag(IPC_MEMBER_, tag) }; extern const struct ipc_field tag##_f[]
#define IPC_TABLE(tag) const struct ipc_field tag##_f[] = {FIELDS_##tag(IPC_ROW_, tag) IPC_F_END}
#define IPC_MEMBER_(T, kind, ...) IPC_MEMBER_##kind(__VA_ARGS__)
#define IPC_MEMBER_U8(m) uint8_t m;
#define IPC_MEMBER_U16(m) uint16_t m;
#define IPC_MEMBER_U32(m) uint32_t m;
#define IPC_MEMBER_U64(m) uint64_t m;
#define IPC_MEMBER_FIX(m, size) unsigned char m[size];
#define IPC_MEMBER_BYTES(m, most) struct span m;
#define IPC_ROW_(T, kind, ...) IPC_ROW_##kind(T, __VA_ARGS__),
#define IPC_ROW_U8(T, m) IPC_F_U8(T, m)
#define IPC_ROW_U16(T, m) IPC_F_U16(T, m)
#define IPC_ROW_U32(T, m) IPC_F_U32(T, m)
#define IPC_ROW_U64(T, m) IPC_F_U64(T, m)
#define IPC_ROW_FIX(T, m, size) IPC_F_FIX(T, m)
#define IPC_ROW_BYTES(T, m, most) IPC_F_BYTES(T, m, most)

/* Grammar alone, no I/O (unit-tested and fuzzed). decode: spans borrow from in; all of in must be used. */
void ipc_encode(struct buf *out, const struct ipc_field *fields, const void *msg);
enum rc ipc_decode(struct span in, const struct ipc_field *fields, void *msg_out, struct err *e);
/* Lists: a BYTES field whose bytes are records, each u32 length + fields. next: RC_OK, or RC_NOTFOUND at the end. */
void ipc_list_add(struct buf *out, const struct ipc_field *fields, const void *rec);
enum rc ipc_list_next(struct span *rest, const struct ipc_field *fields, void *rec_out, struct err *e);

enum ipc_role { /* bit values; which process the peer is */
    ROLE_SMTPD = 1, ROLE_IMAPD = 2, ROLE_RELAYD = 4, ROLE_STORED = 8, ROLE_KEYD = 16, ROLE_DIRD = 32,
    ROLE_ADMIN = 64, /* the pli command: root, or the instance's owner */
    ROLE_SUPER = 128, /* the supervisor: ping only */
    ROLE_HTTPD = 256,
    ROLE_PUBD = 512,
    ROLE_ACTING = 1024, /* the pli command for a delegated administrator, who says a password: dird holds each request against her scopes */
    ROLE_LAST = ROLE_ACTING
};
enum ipc_op_bits {
    IPC_REQ_FD = 1, /* one descriptor rides with the request: compulsory */
    IPC_REP_FD = 2, /* one may ride with the reply */
    IPC_AGAIN = 4,  /* to ask it again after a lost reply does no harm and gives the same answer */
    IPC_LONG = 8    /* the daemon works at a few of these at once and answers CAUSE_BUSY to the others, who wait on their side and ask again */
};
struct ipc_op {
    uint16_t op;
    const char *name;                /* "deliver": logs, statistics, fuzz */
    uint32_t roles;                  /* who may ask */
    const struct ipc_field *req;     /* NULL: no fields */
    const struct ipc_field *rep;
    uint32_t bits;                   /* enum ipc_op_bits */
};
struct ipc_proto {                   /* one a daemon; the single list of its operations */
    const char *name;                /* "stored" */
    uint32_t id, version;
    const struct ipc_op *ops;
    size_t n_ops;
};
const struct ipc_op *ipc_op_find(const struct ipc_proto *p, uint16_t op);

bool ipc_has_spans(const struct ipc_field *fields); /* what is decoded by them borrows from the packet */

/* ---- client ---- */
struct ipc;
/* path: socket, relative to the working folder (run/, which is "/" in a process that has an empty root). Says HELLO.
 * RC_TEMP: not there; RC_TIMEOUT; RC_PERM: another version; RC_DENIED: not for this uid or role.
 * Once a call gives RC_CLOSED, RC_TIMEOUT (or the peer is malformed, which is RC_CLOSED too), all later ones give RC_CLOSED. */
enum rc ipc_dial(const char *path, const struct ipc_proto *p, enum ipc_role role, int64_t deadline, struct ipc **c_out, struct err *e);
/* The same without waiting for the answer to HELLO, which travels with the answer to the first request: RC_CLOSED from that one may mean
 * that the daemon would not have us; ipc_dial() tells why. */
enum rc ipc_dial_ahead(const char *path, const struct ipc_proto *p, enum ipc_role role, int64_t deadline, struct ipc **c_out, struct err *e);
void ipc_hangup(struct ipc **c);
int ipc_fd(const struct ipc *c);
/* One request, one reply. req_fd -1: none (stays the caller's).
 * Spans    rep's spans point into *mem, a buffer that the caller owns: they live until the caller gives it to another call or frees
 *          it, whatever becomes of the connection meanwhile (asked ahead, hung up, dialled again). No copy is made: the packet's
 *          buffer and mem change places. mem may be NULL only for an op whose reply has no spans: bug() otherwise, at the first call.
 * rep_fd_out may be NULL when the op has none. RC_CLOSED: the daemon went away; dial again. Default deadline 30 s. */
enum rc ipc_call(struct ipc *c, uint16_t op, const void *req, int req_fd, void *rep_out, struct buf *mem, int *rep_fd_out,
                 struct err *e);
enum rc ipc_send(struct ipc *c, uint16_t op, const void *req, int req_fd, struct err *e);
/* reply to the oldest request sent */
enum rc ipc_recv(struct ipc *c, uint16_t op, void *rep_out, struct buf *mem, int *rep_fd_out, struct err *e);
/* Next event pushed by the daemon, without waiting: RC_MORE when there is none. op_out tells which.
 * An event has no spans. */
enum rc ipc_event(struct ipc *c, uint16_t *op_out, void *msg_out, struct err *e);
/* Before a long wait: gives its buffers back. The connection and its events stay. */
void ipc_rest(struct ipc *c);
void ipc_due(struct ipc *c, int64_t due); /* travels with all next requests; 0: none. Earlier than the deadline by a margin. */
void ipc_deadline(struct ipc *c, int64_t deadline); /* for all next calls; 0: back to the default from each call */

/* ---- server ---- */
struct ipc_peer {
    uid_t uid;
    pid_t pid;
    enum ipc_role role;
    void *user;                      /* the daemon's state for this peer */
    int64_t due;                     /* of the request at hand; 0: none was said */
};
struct ipc_reply {                   /* what a handler fills */
    void *msg;                       /* zeroed struct of IPC_STRUCT_MAX bytes, encoded with the op's rep table */
    struct buf *scratch;             /* memory for its spans, cleared after the reply is sent */
    int fd;                          /* -1, or a descriptor to send; closed after */
};
/* Returning other than RC_OK sends the error reply. fd: -1 or the request's, closed after. */
typedef enum rc (*ipc_handler)(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e);
struct ipc_bind {                    /* a row of a daemon's list of handlers */
    uint16_t op;
    ipc_handler run;
};
struct ipc_service {
    const struct ipc_proto *proto;
    const struct ipc_bind *handlers; /* in any order, ended by {0, NULL}; each op that may be asked has exactly one */
    void (*joined)(void *daemon, struct ipc_peer *p);
    void (*left)(void *daemon, struct ipc_peer *p);
    uid_t (*uid_of_role)(void *daemon, enum ipc_role r); /* (uid_t)-1 or NULL: our own uid and root only */
    void *daemon;
    unsigned threads;                /* workers, at least 1 */
    unsigned max_peers;
    unsigned max_per_process;        /* 0: 16 */
};
/* The handler of each op, index as in proto->ops; out has room for n_ops. RC_PERM, and e->log names it: an op without a handler or with two, a
 * handler of no op or of an event. ipc_serve() calls it first, and answers bug() then. */
enum rc ipc_bound(const struct ipc_service *s, ipc_handler *out, struct err *e);
int ipc_listen(const char *path, struct err *e);     /* socket bound, mode 0666 (credentials decide), listening; -1 on failure */
enum rc ipc_serve(const struct ipc_service *s, int listen_fd, struct err *e); /* runs until ipc_stop() */
void ipc_stop(void);                                 /* signal-safe: what is in flight is answered, then ipc_serve returns */
/* Sends an event of the daemon's table to a peer; never blocks: a peer that does not read is dropped. Any thread, while the peer is joined. */
void ipc_push(struct ipc_peer *p, uint16_t op, const void *msg);
