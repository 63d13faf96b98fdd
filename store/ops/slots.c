/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/slots.c - a mailbox's key slots: which lists are taken, and the former list, kept until the new one has opened the mailbox.
 *
 * Why      Whoever writes the slots decides whether a mailbox can ever be opened again, and no backup mends a list that was replaced.
 * INV-S1   A mailbox has at least one slot that opens it (a type below SLOT_SIGNING, and not a delegate's) for as long as it lives.
 * INV-S2   While a former list stands in part 2, no session has said that the present one opens the mailbox. A second change leaves the
 *          former list alone, because it is the last list that is known to open the mailbox.
 * Process  pli-stored. */
#include "store/ops/slots.h"
#include "crypto/seal/slot.h"

enum { PART_SLOTS = 1, PART_FORMER = 2 };

static enum rc write_part(struct tx *t, uint64_t mbx, uint8_t part, struct span slots, struct err *e)
{
    struct key k = key_part(mbx, part);

    return tx_put(t, T_BOXES, &k, slots, 0, e);
}

enum rc slots_lawful(struct span slots, struct err *e)
{
    bool opens = false;
    struct slot s;
    enum rc rc;

    while ((rc = slot_next(&slots, &s, e)) == RC_OK)
        opens = opens || (s.type < SLOT_SIGNING && s.type != SLOT_DELEGATE);
    if (rc != RC_NOTFOUND)
        return err_set(e, RC_SYNTAX, "store: those are no key slots");
    return opens ? RC_OK : err_set(e, RC_PERM, "store: the last key slot of a mailbox is not removed");
}

enum rc slots_first(struct tx *t, uint64_t mbx, struct span slots, struct err *e)
{
    enum rc rc = slots_lawful(slots, e);

    return rc == RC_OK ? write_part(t, mbx, PART_SLOTS, slots, e) : rc;
}

static enum rc read_part(struct tx *t, uint64_t mbx, uint8_t part, struct buf *out, struct span *slots_out,
                         struct err *e)
{
    struct key k = key_part(mbx, part);
    size_t at = out->n;
    struct buf one = BUF_INIT;
    enum rc rc = tx_get(t, T_BOXES, &k, 0, &one, e);

    if (rc == RC_OK) {
        buf_addspan(out, buf_span(&one));
        *slots_out = span_from(buf_span(out), at);
    }
    buf_free(&one);
    return rc;
}

enum rc slots_read(struct tx *t, uint64_t mbx, struct buf *out, struct span *now_out, struct span *former_out,
                   struct err *e)
{
    enum rc rc = read_part(t, mbx, PART_SLOTS, out, now_out, e);

    *former_out = SPAN_NULL;
    if (rc == RC_OK)
        rc = read_part(t, mbx, PART_FORMER, out, former_out, e);
    return rc == RC_NOTFOUND && now_out->n > 0 ? RC_OK : rc;
}

enum rc slots_replace(struct tx *t, uint64_t mbx, struct span slots, struct err *e)
{
    struct span now = SPAN_NULL, former = SPAN_NULL;
    struct buf mem = BUF_INIT;
    enum rc rc = slots_lawful(slots, e);

    if (rc == RC_OK)
        rc = buf_reserve(&mem, 2 * SLOTS_MAX, e);
    if (rc == RC_OK)
        rc = slots_read(t, mbx, &mem, &now, &former, e);
    if (rc == RC_OK && former.n == 0 && !span_eq(now, slots))
        rc = write_part(t, mbx, PART_FORMER, now, e);
    if (rc == RC_OK)
        rc = write_part(t, mbx, PART_SLOTS, slots, e);
    buf_free(&mem);
    return rc;
}

enum rc slots_opened(struct tx *t, uint64_t mbx, struct err *e)
{
    struct key k = key_part(mbx, PART_FORMER);
    enum rc rc = tx_del(t, T_BOXES, &k, e);

    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc slots_remove(struct tx *t, uint64_t mbx, struct err *e)
{
    struct key k = key_part(mbx, PART_SLOTS);
    enum rc rc = tx_del(t, T_BOXES, &k, e);

    return rc == RC_OK ? slots_opened(t, mbx, e) : rc;
}
