/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/acl_test.h - a mailbox with a delegate, for the tests of what she may do.
 * Process  tests.
 */
#pragma once
#include "base/rights.h"
#include "store/stored/live_each_test.h"

enum { HER = 4711, GRANT = 99 };

/* ---- a mailbox with a delegate ---- */
static inline void delegate_slot(struct buf *slots, uint64_t delegate, uint64_t grant)
{
    static const unsigned char sealed[SEAL_DELEGATE];
    struct buf body = BUF_INIT;

    buf_u64(&body, delegate);
    buf_u64(&body, grant);
    buf_add(&body, sealed, sizeof sealed);
    slot_add(slots, &(struct slot){SLOT_DELEGATE, 1, buf_span(&body)});
    buf_free(&body);
}

/* The slots of today are replaced: the holder's, and one of that grant (0: none). */
static inline void set_slots(uint64_t mbx, uint64_t version, uint64_t grant)
{
    struct store *admin = store_new(ROLE_ADMIN);
    struct buf b = BUF_INIT;
    struct store_box_set_req rq = {.mbx = mbx, .what = BOX_SET_SLOTS, .slots_version = version};
    struct err e;

    buf_addspan(&b, live_slots("slots"));
    if (grant)
        delegate_slot(&b, HER, grant);
    rq.slots = buf_span(&b);
    OK(store_call(admin, STORE_BOX_SET, &rq, -1, NULL, &e));
    buf_free(&b);
    store_free(&admin);
}

/* A delegate's ticket, shown on a connection that may have had another one. */
static inline enum rc bind_again(struct store *s, uint64_t mbx, uint32_t acl, uint64_t grant, struct err *e)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = RIGHT_READ | RIGHT_WRITE,
                       .mbx = mbx,
                       .issued = (uint64_t)time(NULL),
                       .expires = (uint64_t)time(NULL) + 3600,
                       .acl = acl,
                       .actor_mbx = HER,
                       .grant = grant,
                       .address = "a@b",
                       .actor = "her@b"};
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    struct store_box_rep rep;
    enum rc rc;

    ticket_make(&t, &L.tickets, &wire);
    rc = store_bind(s, buf_span(&wire), &rep, &mem, e);
    buf_free(&wire);
    buf_free(&mem);
    return rc;
}

static inline enum rc bind_as(uint64_t mbx, uint32_t acl, uint64_t grant, struct store **s_out, struct err *e)
{
    *s_out = store_new(ROLE_IMAPD);
    return bind_again(*s_out, mbx, acl, grant, e);
}

static inline struct store *delegate(uint64_t mbx, uint32_t acl)
{
    struct store *s;
    struct err e;

    OK(bind_as(mbx, acl, GRANT, &s, &e));
    return s;
}

