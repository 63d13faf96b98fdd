/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/envelope.c - the envelope of a queued recipient, before it is sealed and after it is opened.
 * Form     version u8=1, ret u8, then sender, recipient, orcpt, envid: u32 length and bytes each. Append only.
 */
#include "flow/file.h"

enum { ENVELOPE_VERSION = 1, ENVELOPE_MAX = 4096 };

void file_envelope_write(const struct file_envelope *v, struct buf *out)
{
    buf_u8(out, ENVELOPE_VERSION);
    buf_u8(out, v->ret);
    buf_bytes(out, v->sender);
    buf_bytes(out, v->recipient);
    buf_bytes(out, v->orcpt);
    buf_bytes(out, v->envid);
}

enum rc file_envelope_open(struct span plain, struct file_envelope *out, struct err *e)
{
    struct file_envelope v = {0};
    struct rd r;

    if (plain.n > ENVELOPE_MAX)
        return err_set(e, RC_CORRUPT, "envelope of %zu octets", plain.n);
    buf_init_secret(&v.mem);
    buf_addspan(&v.mem, plain);
    r = rd_of(buf_span(&v.mem));
    if (rd_u8(&r) != ENVELOPE_VERSION)
        r.bad = true;
    v.ret = rd_u8(&r);
    v.sender = rd_bytes(&r);
    v.recipient = rd_bytes(&r);
    v.orcpt = rd_bytes(&r);
    v.envid = rd_bytes(&r);
    if (!rd_ok(&r) || v.recipient.n == 0) {
        buf_free(&v.mem);
        return err_set(e, RC_CORRUPT, "malformed envelope");
    }
    *out = v;
    return RC_OK;
}

void file_envelope_free(struct file_envelope *v)
{
    buf_free(&v->mem);
    *v = (struct file_envelope){0};
}
