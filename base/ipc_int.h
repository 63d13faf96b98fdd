/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_int.h - what the client and the server of base/ipc.h share: the packet head, HELLO, error replies, and
 * sending and receiving one packet with at most one descriptor.
 * Process  all.
 */
#pragma once
#include "base/ipc.h"
#include <sys/socket.h>
#include <sys/uio.h>

enum { IPC_HEAD = 8, IPC_REPLY = 1, IPC_ERROR = 2, IPC_EVENT = 4, IPC_DUE = 8 };

struct ipc_head {
    uint16_t op, flags;
    uint32_t seq;
    int64_t due; /* 0: none; else IPC_DUE is among the packet's flags, not among these */
};
struct ipc_hello {
    unsigned char magic[4];
    uint32_t id, version, role;
};
struct ipc_failure { /* the body of an error reply */
    uint16_t rc, cause;
    struct span log;
};
extern const struct ipc_field ipc_hello_fields[], ipc_failure_fields[];

/* A whole packet into out (cleared first). RC_PERM when a field or the packet is beyond its bound. */
enum rc ipc_pack(struct buf *out, struct ipc_head h, const struct ipc_field *fields, const void *msg, struct err *e);
void ipc_pack_failure(struct buf *out, struct ipc_head h, const struct err *why); /* flags are added */
bool ipc_unhead(struct span packet, struct ipc_head *h_out, struct span *body_out);
/* Reads an error reply into *e; RC_SYNTAX with its own text when that is malformed too. */
enum rc ipc_unfailure(struct span body, struct err *e);

/* One packet, never waiting: 1 sent or received, 0 would block, -1 errno (0 bytes received: -1 with errno ECONNRESET).
 * Received descriptors beyond the first, and any that come truncated, are closed and counted in *fds_out. */
int ipc_tx(int sock, struct span packet, int fd);
int ipc_rx(int sock, void *p, size_t cap, size_t *n_out, int *fd_out, unsigned *fds_out);
/* The same into two places, the second for what does not fit into the first. */
int ipc_rx_over(int sock, const struct iovec parts[2], size_t *n_out, int *fd_out, unsigned *fds_out);

/* Socket address of path; a path too long for one goes through its opened folder, held in *dir_out (-1: not needed). */
enum rc ipc_addr(const char *path, void *sockaddr_un, socklen_t *len_out, int *dir_out, struct err *e);
/* The same on a socket with SO_PASSCRED: *who_out is who sent it, by the kernel's word; untouched when it does not say. */
int ipc_rx_from(int sock, void *p, size_t cap, size_t *n_out, int *fd_out, unsigned *fds_out, struct ucred *who_out);
void ipc_size_buffers(int sock); /* two full messages fit */
