/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/slots.c - see admin/slots.h. */
#include "admin/slots.h"
#include <string.h>

enum rc box_slots_get(struct admin *ad, uint64_t mbx, struct box_slots *out, struct err *e)
{
    struct store_mbx_msg rq = {mbx};
    struct store_box_rep box = {0};
    struct buf mem = BUF_INIT;
    enum rc rc = store_call_in(ad->store, STORE_BOX_GET, &rq, -1, &box, &mem, e);

    if (rc == RC_OK) {
        out->mbx = mbx;
        out->version = box.slots_version;
        memcpy(out->pub, box.pub, SEAL_PUB);
        buf_clear(&out->list);
        buf_addspan(&out->list, box.slots);
    }
    buf_free(&mem);
    return rc;
}

enum rc box_slots_put(struct admin *ad, const struct box_slots *read, struct span list, struct err *e)
{
    struct store_box_set_req rq = {
        .mbx = read->mbx, .what = BOX_SET_SLOTS, .slots_version = read->version, .slots = list};

    return store_call(ad->store, STORE_BOX_SET, &rq, -1, NULL, e);
}

void box_slots_free(struct box_slots *b)
{
    buf_free(&b->list);
}

enum rc box_slots_sign_with(struct admin *ad, uint64_t mbx, struct span signing_slot, struct err *e)
{
    struct box_slots b = {.mbx = mbx};
    struct buf list = BUF_INIT;
    enum rc rc = box_slots_get(ad, mbx, &b, e);

    if (rc == RC_OK)
        rc = slot_without(buf_span(&b.list), SLOT_SIGNING, 0, &list, e);
    if (rc == RC_OK) {
        buf_addspan(&list, signing_slot);
        rc = box_slots_put(ad, &b, buf_span(&list), e);
    }
    buf_free(&list);
    box_slots_free(&b);
    return rc;
}
