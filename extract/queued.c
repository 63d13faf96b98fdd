/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/queued.c - see extract/queued.h. */
#include "extract/queued.h"

enum { ENVELOPE_VERSION = 2, ENVELOPE_MAX = 4096 };

void queued_envelope_write(const struct queued_envelope *v, struct buf *out)
{
    buf_u8(out, ENVELOPE_VERSION);
    buf_u8(out, v->ret);
    buf_bytes(out, v->sender);
    buf_bytes(out, v->recipient);
    buf_bytes(out, v->orcpt);
    buf_bytes(out, v->envid);
    buf_u8(out, v->flags);
}

enum rc queued_envelope_open(struct span plain, struct queued_envelope *out, struct err *e)
{
    struct queued_envelope v = {.mem = BUF_SECRET_INIT};
    struct rd r;
    uint8_t version;

    if (plain.n > ENVELOPE_MAX)
        return err_set(e, RC_CORRUPT, "envelope of %zu octets", plain.n);
    buf_addspan(&v.mem, plain);
    r = rd_of(buf_span(&v.mem));
    version = rd_u8(&r);
    if (version == 0 || version > ENVELOPE_VERSION)
        r.bad = true;
    v.ret = rd_u8(&r);
    v.sender = rd_bytes(&r);
    v.recipient = rd_bytes(&r);
    v.orcpt = rd_bytes(&r);
    v.envid = rd_bytes(&r);
    v.flags = version >= 2 ? rd_u8(&r) : 0;
    if (!rd_ok(&r) || v.recipient.n == 0) {
        buf_free(&v.mem);
        return err_set(e, RC_CORRUPT, "malformed envelope");
    }
    *out = v;
    return RC_OK;
}

void queued_envelope_free(struct queued_envelope *v)
{
    buf_free(&v->mem);
    *v = (struct queued_envelope){0};
}
