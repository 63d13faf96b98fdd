/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_msg.c - the grammar of base/ipc.h: tables to bytes and back. No I/O; bounded by the tables. */
#include "base/ipc_int.h"

const struct ipc_field ipc_hello_fields[] = {
    IPC_F_FIX(ipc_hello, magic),
    IPC_F_U32(ipc_hello, id),
    IPC_F_U32(ipc_hello, version),
    IPC_F_U32(ipc_hello, role),
    IPC_F_END,
};
const struct ipc_field ipc_failure_fields[] = {
    IPC_F_U16(ipc_failure, rc),
    IPC_F_U16(ipc_failure, cause),
    IPC_F_BYTES(ipc_failure, log, sizeof(((struct err *)0)->log) - 1),
    IPC_F_END,
};
static const struct ipc_field no_fields[] = {IPC_F_END};

static const struct ipc_field *or_none(const struct ipc_field *fields)
{
    return fields ? fields : no_fields;
}

static struct span span_at(const void *msg, const struct ipc_field *f)
{
    struct span s;

    memcpy(&s, (const char *)msg + f->off, sizeof s);
    return s;
}

static void put_field(struct buf *out, const struct ipc_field *f, const void *msg)
{
    const unsigned char *at = (const unsigned char *)msg + f->off;
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;

    switch (f->type) {
    case IPC_U8:
        buf_u8(out, at[0]);
        break;
    case IPC_U16:
        memcpy(&v16, at, sizeof v16);
        buf_u16(out, v16);
        break;
    case IPC_U32:
        memcpy(&v32, at, sizeof v32);
        buf_u32(out, v32);
        break;
    case IPC_U64:
        memcpy(&v64, at, sizeof v64);
        buf_u64(out, v64);
        break;
    case IPC_FIX:
        buf_add(out, at, f->size);
        break;
    case IPC_BYTES:
        if (span_at(msg, f).n > f->size)
            bug("ipc field of %zu bytes, at most %u", span_at(msg, f).n, (unsigned)f->size);
        buf_bytes(out, span_at(msg, f));
        break;
    case IPC_END:
        break;
    }
}

void ipc_encode(struct buf *out, const struct ipc_field *fields, const void *msg)
{
    for (const struct ipc_field *f = or_none(fields); f->type != IPC_END; f++)
        put_field(out, f, msg);
}

/* Reads one field; msg NULL checks only. Borrowed bytes of length 0 come as the empty span. */
static void get_field(struct rd *r, const struct ipc_field *f, void *msg)
{
    union {
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
        struct span s;
    } v;
    size_t n = f->size;
    const void *from = &v;

    switch (f->type) {
    case IPC_U8:
        v.u8 = rd_u8(r);
        break;
    case IPC_U16:
        v.u16 = rd_u16(r);
        break;
    case IPC_U32:
        v.u32 = rd_u32(r);
        break;
    case IPC_U64:
        v.u64 = rd_u64(r);
        break;
    case IPC_FIX:
        from = rd_take(r, f->size).p;
        break;
    case IPC_BYTES:
        v.s = rd_bytes(r);
        n = sizeof v.s;
        if (v.s.n > f->size)
            r->bad = true;
        break;
    case IPC_END:
        return;
    }
    if (msg && !r->bad && n > 0)
        memcpy((char *)msg + f->off, from, n);
}

static bool walk(struct span in, const struct ipc_field *fields, void *msg)
{
    struct rd r = rd_of(in);

    for (const struct ipc_field *f = or_none(fields); f->type != IPC_END && rd_ok(&r); f++)
        get_field(&r, f, msg);
    return rd_done(&r);
}

/* Checked wholly before the first field is stored: a malformed message leaves *msg_out as it was. */
enum rc ipc_decode(struct span in, const struct ipc_field *fields, void *msg_out, struct err *e)
{
    if (!walk(in, fields, NULL))
        return err_set(e, RC_SYNTAX, "malformed ipc message of %zu bytes", in.n);
    (void)walk(in, fields, msg_out);
    return RC_OK;
}

void ipc_list_add(struct buf *out, const struct ipc_field *fields, const void *rec)
{
    size_t at = out->n;
    uint32_t n;

    buf_u32(out, 0);
    ipc_encode(out, fields, rec);
    n = (uint32_t)(out->n - at - 4);
    for (int i = 0; i < 4; i++)
        out->p[at + (size_t)i] = (unsigned char)(n >> (8 * i));
}

enum rc ipc_list_next(struct span *rest, const struct ipc_field *fields, void *rec_out, struct err *e)
{
    struct rd r = rd_of(*rest);
    struct span rec;
    enum rc rc;

    if (rest->n == 0)
        return err_set(e, RC_NOTFOUND, "end of list");
    rec = rd_bytes(&r);
    if (!rd_ok(&r))
        return err_set(e, RC_SYNTAX, "malformed ipc list");
    rc = ipc_decode(rec, fields, rec_out, e);
    if (rc == RC_OK)
        *rest = r.s;
    return rc;
}

bool ipc_has_spans(const struct ipc_field *fields)
{
    for (const struct ipc_field *f = or_none(fields); f->type != IPC_END; f++)
        if (f->type == IPC_BYTES)
            return true;
    return false;
}

const struct ipc_op *ipc_op_find(const struct ipc_proto *p, uint16_t op)
{
    for (size_t i = 0; i < p->n_ops; i++)
        if (p->ops[i].op == op)
            return &p->ops[i];
    return NULL;
}

/* ---- packets ---- */
static size_t size_of(const struct ipc_field *fields, const void *msg, bool *too_long)
{
    size_t n = 0;

    for (const struct ipc_field *f = or_none(fields); f->type != IPC_END; f++) {
        if (f->type != IPC_BYTES) {
            n += f->size;
            continue;
        }
        if (span_at(msg, f).n > f->size)
            *too_long = true;
        else
            n += 4 + span_at(msg, f).n;
    }
    return n;
}

static void put_head(struct buf *out, struct ipc_head h)
{
    buf_clear(out);
    buf_u16(out, h.op);
    buf_u16(out, h.due ? h.flags | IPC_DUE : h.flags);
    buf_u32(out, h.seq);
    if (h.due)
        buf_u64(out, (uint64_t)h.due);
}

enum rc ipc_pack(struct buf *out, struct ipc_head h, const struct ipc_field *fields, const void *msg, struct err *e)
{
    bool too_long = false;
    size_t n = IPC_HEAD + (h.due ? 8 : 0) + size_of(fields, msg, &too_long);

    if (too_long || n > IPC_MSG_MAX)
        return err_set(e, RC_PERM, "ipc op %u: a field or the message is beyond its bound", (unsigned)h.op);
    put_head(out, h);
    ipc_encode(out, fields, msg);
    return RC_OK;
}

void ipc_pack_failure(struct buf *out, struct ipc_head h, const struct err *why)
{
    struct ipc_failure f = {(uint16_t)why->rc, (uint16_t)why->cause, span_str(why->log)};

    h.flags |= IPC_REPLY | IPC_ERROR;
    h.due = 0;
    put_head(out, h);
    ipc_encode(out, ipc_failure_fields, &f);
}

bool ipc_unhead(struct span packet, struct ipc_head *h_out, struct span *body_out)
{
    struct rd r = rd_of(packet);
    struct ipc_head h;

    h.op = rd_u16(&r);
    h.flags = rd_u16(&r);
    h.seq = rd_u32(&r);
    h.due = h.flags & IPC_DUE ? (int64_t)rd_u64(&r) : 0;
    if (!rd_ok(&r) || (h.flags & IPC_DUE && h.due <= 0))
        return false;
    h.flags &= (uint16_t)~IPC_DUE;
    *h_out = h;
    *body_out = r.s;
    return true;
}

enum rc ipc_unfailure(struct span body, struct err *e)
{
    struct ipc_failure f = {0};
    enum rc rc = ipc_decode(body, ipc_failure_fields, &f, e);

    if (rc != RC_OK)
        return rc;
    if (f.rc == RC_OK || f.rc >= RC_MAX_ || f.cause >= CAUSES_)
        return err_set(e, RC_SYNTAX, "ipc error reply with rc %u, cause %u", (unsigned)f.rc, (unsigned)f.cause);
    return err_cause(e, (enum rc)f.rc, (enum cause)f.cause, "%.*s", SPAN_ARG(f.log));
}
