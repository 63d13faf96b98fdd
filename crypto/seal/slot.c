/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/slot.c - the slot list: records of type, id, length, bytes. Keys are handled in
 * crypto/keyd/slot_keys.c. */
#include "crypto/seal/slot.h"

enum rc slot_next(struct span *rest, struct slot *out, struct err *e)
{
    struct rd r = rd_of(*rest);
    struct slot s;

    if (rest->n == 0)
        return err_set(e, RC_NOTFOUND, "no more key slots");
    if (rest->n > SLOTS_MAX)
        return err_set(e, RC_CORRUPT, "key slots of %zu bytes", rest->n);
    s.type = rd_u16(&r);
    s.id = rd_u16(&r);
    s.body = rd_bytes(&r);
    if (!rd_ok(&r))
        return err_set(e, RC_CORRUPT, "key slot list is cut short");
    *out = s;
    *rest = r.s;
    return RC_OK;
}

void slot_add(struct buf *slots, const struct slot *s)
{
    buf_u16(slots, s->type);
    buf_u16(slots, s->id);
    buf_bytes(slots, s->body);
}

enum rc slot_find(struct span slots, enum slot_type type, struct slot *out, struct err *e)
{
    struct slot s;
    enum rc rc;

    while ((rc = slot_next(&slots, &s, e)) == RC_OK)
        if (s.type == type) {
            *out = s;
            return RC_OK;
        }
    return rc == RC_NOTFOUND ? err_set(e, RC_NOTFOUND, "no key slot of type %d", (int)type) : rc;
}

enum rc slot_without(struct span slots, enum slot_type type, uint16_t id, struct buf *out, struct err *e)
{
    size_t before = out->n;
    struct slot s;
    enum rc rc = buf_reserve(out, slots.n, e);

    while (rc == RC_OK && (rc = slot_next(&slots, &s, e)) == RC_OK)
        if (s.type != type || (id != 0 && s.id != id))
            slot_add(out, &s);
    if (rc == RC_NOTFOUND)
        return RC_OK;
    buf_cut(out, before);
    return rc;
}

enum rc slot_delegate_whose(struct span body, uint64_t *delegate_out, uint64_t *grant_out, struct err *e)
{
    struct rd r = rd_of(body);
    uint64_t delegate = rd_u64(&r), grant = rd_u64(&r);

    (void)rd_take(&r, SEAL_DELEGATE);
    if (!rd_done(&r) || delegate == 0)
        return err_set(e, RC_CORRUPT, "delegate slot is malformed");
    *delegate_out = delegate;
    *grant_out = grant;
    return RC_OK;
}

static bool is_hers(const struct slot *s, uint64_t delegate)
{
    uint64_t whose, grant;
    struct err e;

    return s->type == SLOT_DELEGATE && slot_delegate_whose(s->body, &whose, &grant, &e) == RC_OK && whose == delegate;
}

enum rc slot_delegate_find(struct span slots, uint64_t delegate, struct slot *out, struct err *e)
{
    struct slot s;
    enum rc rc;

    while ((rc = slot_next(&slots, &s, e)) == RC_OK)
        if (is_hers(&s, delegate)) {
            *out = s;
            return RC_OK;
        }
    return rc == RC_NOTFOUND ? err_set(e, RC_NOTFOUND, "no key slot of delegate %llu", (unsigned long long)delegate)
                             : rc;
}

enum rc slot_delegate_without(struct span slots, uint64_t delegate, struct buf *out, struct err *e)
{
    size_t before = out->n;
    struct slot s;
    enum rc rc = buf_reserve(out, slots.n, e);

    while (rc == RC_OK && (rc = slot_next(&slots, &s, e)) == RC_OK)
        if (!is_hers(&s, delegate))
            slot_add(out, &s);
    if (rc == RC_NOTFOUND)
        return RC_OK;
    buf_cut(out, before);
    return rc;
}

enum rc slot_signing_cert(struct span body, struct span *sealed_out, struct span *cert_der_out, struct err *e)
{
    struct rd r = rd_of(body);
    struct span sealed = rd_bytes(&r), cert = rd_bytes(&r);

    if (!rd_done(&r))
        return err_set(e, RC_CORRUPT, "signing slot is malformed");
    *sealed_out = sealed;
    *cert_der_out = cert;
    return RC_OK;
}
