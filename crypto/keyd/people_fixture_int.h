/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/people_fixture_int.h - tests only: tickets, mailboxes and signing accounts, as dird and pli make them. */
#pragma once
#include "base/clock.h"
#include "crypto/keyd/keyd_fixture_int.h"

static struct keyd *admin;

static inline struct buf ticket_new(uint64_t mbx, const char *address, uint32_t rights, int64_t life)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = rights,
                       .mbx = mbx,
                       .issued = (uint64_t)clock_utc(),
                       .expires = (uint64_t)(clock_utc() + life)};
    struct buf b = BUF_INIT;

    snprintf(t.address, sizeof t.address, "%s", address);
    snprintf(t.actor, sizeof t.actor, "%s", address);
    ticket_make(&t, &ticket_keys, &b);
    return b;
}

struct box {
    uint64_t mbx;
    unsigned char pub[SEAL_PUB];
    struct buf slots;
};

static inline struct box box_new(uint64_t mbx, enum slot_type t, const char *password)
{
    struct box b = {.mbx = mbx};

    assert_int_equal(keyd_box_new(admin, mbx, t, span_str(password), b.pub, &b.slots, &e), RC_OK);
    return b;
}

struct account {
    struct buf cert, slot, ticket;
};

static inline struct account account_new(const char *address, uint8_t algorithm)
{
    struct account a = {BUF_INIT, BUF_INIT, ticket_new(30, address, RIGHT_SUBMIT, 60)};
    struct keyd_issue_req rq = {
        .use = KEYD_ISSUE_SMIME, .algorithm = algorithm, .name = span_str(address), .cn = SPAN_LIT("Dr Anaïs Müller")};

    assert_int_equal(keyd_issue_trial(admin, &rq, &a.cert, &a.slot, NULL, &e), RC_OK);
    return a;
}

static inline void account_free(struct account *a)
{
    buf_free(&a->cert);
    buf_free(&a->slot);
    buf_free(&a->ticket);
}
