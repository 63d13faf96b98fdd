/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen_test.h - a practice's mailbox: its holder (person 0) and delegates (1, 2), for the tests of a \Seen of each person's own.
 * Process  tests.
 */
#pragma once
#include "base/rights.h"
#include "store/stored/live_each_test.h"

enum { PERSONS = 3, MARIE = 1, PAUL = 2, HER_BOX = 4711 /* of person 1; the next one's follows */ };
static const uint32_t worker = ACL_L | ACL_R | ACL_S | ACL_W | ACL_I | ACL_T | ACL_E | ACL_K | ACL_X;

struct practice {
    uint64_t mbx, grant, slots_version;
    bool named[PERSONS];
    struct store *in, *admin, *who[PERSONS];
};

static inline void practice_slot(struct buf *slots, uint64_t delegate, uint64_t grant)
{
    static const unsigned char sealed[SEAL_DELEGATE];
    struct buf body = BUF_INIT;

    buf_u64(&body, delegate);
    buf_u64(&body, grant);
    buf_add(&body, sealed, sizeof sealed);
    slot_add(slots, &(struct slot){SLOT_DELEGATE, 1, buf_span(&body)});
    buf_free(&body);
}

static inline struct store *practice_bound(const struct practice *p, int person, uint32_t acl)
{
    struct ticket t = {.method = METHOD_PASSWORD,
                       .rights = RIGHT_READ | RIGHT_WRITE,
                       .mbx = p->mbx,
                       .issued = (uint64_t)time(NULL),
                       .expires = (uint64_t)time(NULL) + 3600,
                       .acl = acl,
                       .actor_mbx = HER_BOX + (uint64_t)person - 1,
                       .grant = p->grant,
                       .address = "a@b",
                       .actor = "her@b"};
    struct buf wire = BUF_INIT, mem = BUF_INIT;
    struct store *s = store_new(ROLE_IMAPD);
    struct store_box_rep rep;
    struct err e;

    ticket_make(&t, &L.tickets, &wire);
    OK(store_bind(s, buf_span(&wire), &rep, &mem, &e));
    buf_free(&wire);
    buf_free(&mem);
    return s;
}

/* The delegates that are named have slots of a new grant, and sessions. */
static inline void practice_slots(struct practice *p, uint32_t acl)
{
    struct store_box_set_req rq = {.mbx = p->mbx, .what = BOX_SET_SLOTS, .slots_version = p->slots_version++};
    struct buf b = BUF_INIT;
    struct err e;

    p->grant++;
    buf_addspan(&b, live_slots("slots"));
    for (int i = 1; i < PERSONS; i++)
        if (p->named[i])
            practice_slot(&b, HER_BOX + (uint64_t)i - 1, p->grant);
    rq.slots = buf_span(&b);
    OK(store_call(p->admin, STORE_BOX_SET, &rq, -1, NULL, &e));
    buf_free(&b);
    for (int i = 1; i < PERSONS; i++) {
        store_free(&p->who[i]);
        if (p->named[i])
            p->who[i] = practice_bound(p, i, acl);
    }
}

static inline void practice_new(struct practice *p)
{
    *p = (struct practice){.mbx = live_box(0), .grant = 1, .slots_version = 1, .named = {true, true, true}};
    p->in = store_new(ROLE_SMTPD);
    p->admin = store_new(ROLE_ADMIN);
    p->who[0] = live_bound(&L, p->mbx);
    practice_slots(p, worker);
}

static inline void practice_free(struct practice *p)
{
    for (int i = 0; i < PERSONS; i++)
        store_free(&p->who[i]);
    store_free(&p->in);
    store_free(&p->admin);
}

static inline void practice_each(struct practice *p, bool on)
{
    struct store_box_set_req rq = {.mbx = p->mbx, .what = BOX_SET_SEEN, .seen_each = on};
    struct err e;

    OK(store_call(p->admin, STORE_BOX_SET, &rq, -1, NULL, &e));
}

static inline enum rc practice_try(struct practice *p, int person, uint32_t folder, uint32_t lo, uint32_t hi, uint8_t how,
                                   uint64_t flags)
{
    struct store_flags_req rq = {.folder = folder, .uids = live_range(lo, hi), .how = how, .flags = flags};
    struct store_flags_rep rep;
    struct err e;
    enum rc rc;

    do
        rc = store_call(p->who[person], STORE_FLAGS, &rq, -1, &rep, &e);
    while (rc == RC_OK && (rq.from = rep.next) != 0);
    return rc;
}

static inline void practice_flags(struct practice *p, int person, uint32_t folder, uint32_t lo, uint32_t hi, uint8_t how,
                                  uint64_t flags)
{
    assert_int_equal(practice_try(p, person, folder, lo, hi, how, flags), RC_OK);
}

/* Her list of a folder as text: a letter a message, S seen, F flagged, B both, - neither. */
static inline const char *practice_list(struct practice *p, int person, uint32_t folder)
{
    static char text[4][200];
    static unsigned at;
    char *out = text[at++ % 4];
    struct store_brief_rep rep;
    struct err e;
    size_t n = 0;

    OK(store_call(p->who[person], STORE_LIST, &(struct store_list_req){folder, 1, STORE_UID_MAX}, -1, &rep, &e));
    for (; n < rep.brief.n / STORE_BRIEF && n < 199; n++)
        out[n] = "-SFB"[(live_brief_at(rep.brief, n).flags & MF_SEEN ? 1 : 0) +
                        (live_brief_at(rep.brief, n).flags & MF_FLAGGED ? 2 : 0)];
    out[n] = '\0';
    return out;
}

/* All of a check. The findings, or "". */
static inline const char *practice_check(struct practice *p)
{
    static char text[2000];
    struct store_check_req rq = {0};
    struct store_check_rep rep;
    struct err e;

    text[0] = '\0';
    do {
        OK(store_call(p->admin, STORE_CHECK, &rq, -1, &rep, &e));
        if (rep.findings.n > 0)
            snprintf(text, sizeof text, "%.*s", SPAN_ARG(rep.findings));
        rq.cursor = rep.cursor;
    } while (rep.cursor);
    return text;
}

/* Until a person's list is that: the upkeep has merged the folder. */
static inline void practice_until(struct practice *p, int person, uint32_t folder, const char *list)
{
    for (int i = 0; i < 1000 && strcmp(practice_list(p, person, folder), list) != 0; i++)
        poll(NULL, 0, 10);
    assert_string_equal(practice_list(p, person, folder), list);
}
