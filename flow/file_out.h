/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/file_out.h - gathers sealed octets on their way to stored: in memory while they may fit a packet, in a memfd when they do not.
 *
 * Use      for each message in turn: file_out_begin(), file_out_put() for the pieces of the message in order, file_out_end(); or file_out_given(), where its chunks
 *          are sealed already. Then file_out_raw() for its other objects. Then, once, file_out_inline() or file_out_memfd().
 * Owns     its buffers and its memfd; the chunk in clear is wiped.
 * Errors   RC_CORRUPT: another number of octets came than begin announced. RC_TEMP: no memfd, or it cannot be written.
 * Process  smtpd, imapd sessions (inside flow/).
 */
#pragma once
#include "flow/spool.h"

struct file_out {
    struct seal_obj *obj;
    uint64_t left;     /* octets of the message still to come */
    uint32_t no;       /* next chunk */
    struct buf chunk;  /* in clear, less than one chunk */
    struct buf sealed; /* open: not yet in the memfd */
    uint64_t written, total, began; /* began: of .total when the message at hand began */
    uint64_t skip;                  /* octets of the memfd before the first object */
    int fd;
};
#define FILE_OUT_INIT                                                                                                  \
    {                                                                                                                  \
        .fd = -1                                                                                                       \
    }
enum rc file_out_begin(struct file_out *o, const unsigned char cek[SEAL_CEK], const unsigned char oid[SEAL_OID],
                       uint64_t size, struct err *e);
enum rc file_out_put(struct file_out *o, struct span piece, struct err *e);
enum rc file_out_end(struct file_out *o, uint64_t *sealed_out,
                     struct err *e); /* RC_CORRUPT when other than size octets came */
/* The first message's memfd is used on, and what comes next lies behind it. Another one's chunks are copied. */
enum rc file_out_given(struct file_out *o, const struct spool_given *g, struct err *e);
enum rc file_out_raw(struct file_out *o, struct span sealed, struct err *e);
bool file_out_inline(const struct file_out *o, size_t room,
                     struct span *out); /* false: too large for a packet, take the memfd */
enum rc file_out_memfd(struct file_out *o, int *fd_out, struct err *e); /* sealed against change; stays o's */
void file_out_free(struct file_out *o);
