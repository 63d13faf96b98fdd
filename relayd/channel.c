/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/channel.c - see relayd/channel.h: the tables of its messages, and packets in and out. */
#include "relayd/channel.h"
#include "base/ipc_int.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

IPC_TABLE(channel_sign_rep);
IPC_TABLE(channel_peer_req);
IPC_TABLE(channel_peer_rep);
IPC_TABLE(channel_ready_req);
IPC_TABLE(channel_next_rep);
IPC_TABLE(channel_rcpt);
IPC_TABLE(channel_chunk_req);
IPC_TABLE(channel_chunk_rep);
IPC_TABLE(channel_done_req);
IPC_TABLE(channel_result);
IPC_TABLE(channel_end_req);

enum rc channel_pair(int ends_out[2], struct err *e)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_out) != 0)
        return err_sys(e, RC_TEMP, "channel");
    ipc_size_buffers(ends_out[0]);
    ipc_size_buffers(ends_out[1]);
    return RC_OK;
}

enum rc channel_send(int fd, uint16_t op, const struct ipc_field *fields, const void *msg, struct err *e)
{
    struct buf packet = BUF_SECRET_INIT; /* NEXT has the content key */
    int sent;

    buf_u16(&packet, op);
    ipc_encode(&packet, fields, msg);
    sent = packet.n <= IPC_MSG_MAX ? ipc_tx(fd, buf_span(&packet), -1) : -1;
    buf_free(&packet);
    return sent > 0 ? RC_OK : err_set(e, RC_CLOSED, "channel: nobody reads there");
}

enum rc channel_recv(int fd, struct buf *mem, uint16_t *op_out, struct span *body_out, struct err *e)
{
    unsigned fds;
    int ride = -1, got;
    size_t n = 0;
    struct rd r;

    buf_clear(mem);
    if (buf_reserve(mem, IPC_MSG_MAX, e) != RC_OK)
        return e->rc;
    got = ipc_rx(fd, mem->p, IPC_MSG_MAX, &n, &ride, &fds);
    if (got == 0)
        return err_set(e, RC_MORE, "channel: nothing there");
    if (ride >= 0)
        close(ride);
    if (got < 0)
        return err_set(e, RC_CLOSED, "channel: the other side has gone");
    mem->n = n;
    r = rd_of(buf_span(mem));
    *op_out = rd_u16(&r);
    *body_out = r.s;
    if (!rd_ok(&r) || fds > 0 || *op_out == 0 || *op_out >= CH_OPS_)
        return err_set(e, RC_SYNTAX, "channel: malformed packet of %zu bytes", n);
    return RC_OK;
}

void channel_alone(int keep)
{
    if (keep > 3)
        (void)close_range(3, (unsigned)keep - 1, 0);
    (void)close_range((unsigned)keep + 1, ~0u, 0);
}
