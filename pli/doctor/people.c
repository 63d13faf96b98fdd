/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/people.c - accounts against mailboxes, their certificates, and mail that waits. See pli/doctor/doctor.h.
 * The directory knows an account's address, number and public key; the store knows the number, the slots and the mail.
 * The two are compared. */
#include "admin/accounts.h"
#include "admin/life.h"
#include "base/clock.h"
#include "crypto/pki/cert_info.h"
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include <stdio.h>
#include <stdlib.h>

enum { DAY = 86400, SOON_DAYS = 30, WAITS_LONG_S = 3600, NAMED_MOST = 5, GAP = 1000, FIRST_MAILBOX = 16 };

typedef enum rc account_walk(struct admin *ad, account_see see, void *ctx, struct err *e);
struct visit {
    struct report *r;
    void (*each)(struct report *r, const struct dird_account *a, void *ctx);
    void *ctx;
};

static enum rc visit_one(const struct dird_account *a, void *ctx, struct err *e)
{
    const struct visit *v = ctx;

    (void)e;
    v->each(v->r, a, v->ctx);
    return RC_OK;
}

/* False after its finding. */
static bool each_account(struct report *r, account_walk *walk,
                         void (*each)(struct report *r, const struct dird_account *a, void *ctx), void *ctx)
{
    struct visit v = {r, each, ctx};
    struct err e;
    bool all = walk(inst_admin(r->c), visit_one, &v, &e) == RC_OK;

    if (!all)
        finding(r, F_FAIL, "accounts", "see the findings on the directory", "accounts cannot be listed: %s", e.log);
    return all;
}

/* ---- accounts and mailboxes ---- */
struct comparing {
    struct buf known; /* numbers of mailboxes that an account names, u64 each */
    uint64_t highest;
    unsigned accounts, wrong;
    unsigned unopened, unread; /* whose code has ended before anybody opened them; those of them that have mail */
};

static void compare(struct report *r, const struct dird_account *a, void *ctx)
{
    struct comparing *cmp = ctx;
    struct store_mbx_msg rq = {a->mbx};
    struct store_box_rep box = {0};
    struct buf slots = BUF_INIT; /* which come with it */
    struct err e;
    enum rc rc = store_call_in(inst_store(r->c), STORE_BOX_GET, &rq, -1, &box, &slots, &e);

    buf_free(&slots);
    cmp->accounts++;
    if (a->state == DA_PENDING && a->code_until > 0 && a->code_until < (uint64_t)clock_utc()) {
        cmp->unopened++;
        cmp->unread += rc == RC_OK && box.messages > 0;
    }
    if (rc == RC_OK && memcmp(box.pub, a->pub, SEAL_PUB) == 0) {
        buf_add(&cmp->known, &a->mbx, sizeof a->mbx);
        cmp->highest = a->mbx > cmp->highest ? a->mbx : cmp->highest;
        return;
    }
    if (rc == RC_NOTFOUND && a->state == DA_ERASING) /* pli account purge was cut off, and ends it the next time */
        return;
    if (++cmp->wrong > NAMED_MOST)
        return;
    if (rc == RC_NOTFOUND)
        finding(r, F_FAIL, "accounts",
                "restore store/ and ldap/ of one moment; an account without mail may be deleted and added again",
                "%.*s has no mailbox: the store knows no number %llu", SPAN_ARG(a->address),
                (unsigned long long)a->mbx);
    else if (rc != RC_OK)
        finding(r, F_FAIL, "accounts", "see the findings on stored", "mailbox of %.*s: %s", SPAN_ARG(a->address),
                e.log);
    else
        finding(r, F_FAIL, "accounts", "restore store/ and ldap/ of one moment: what is delivered now cannot be opened",
                "%.*s: directory and store have different keys for it", SPAN_ARG(a->address));
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static bool is_known(const uint64_t *sorted, size_t n, uint64_t mbx)
{
    return bsearch(&mbx, sorted, n, sizeof *sorted, by_number) != NULL;
}

/* Finds mailboxes that no account names. An add that was cut off left them, or their account was removed from the
 * directory by other means. Numbers are given in order, so it looks up to the highest known number and a little
 * beyond. */
static void name_lonely(struct report *r, const struct comparing *cmp, uint64_t lonely)
{
    const size_t n = cmp->known.n / sizeof(uint64_t);
    uint64_t *known = calloc(n + 1, sizeof *known);
    struct buf slots = BUF_INIT;
    struct store_box_rep box;
    struct err e;
    uint64_t found = 0;

    if (!known)
        die("out of memory");
    memcpy(known, cmp->known.p ? cmp->known.p : (const void *)"", n * sizeof *known);
    qsort(known, n, sizeof *known, by_number);
    for (uint64_t mbx = FIRST_MAILBOX; mbx < cmp->highest + GAP && found < lonely && found < NAMED_MOST; mbx++) {
        struct store_mbx_msg rq = {mbx};
        box = (struct store_box_rep){0};
        if (is_known(known, n, mbx) ||
            store_call_in(inst_store(r->c), STORE_BOX_GET, &rq, -1, &box, &slots, &e) != RC_OK)
            continue;
        found++;
        finding(r, F_WARN, "accounts",
                box.messages ? "its account was taken out of the directory: restore ldap/ of a moment when it was there"
                             : "an account add that was cut off leaves one: it is empty and does no harm",
                "mailbox %llu belongs to no account (%llu messages)", (unsigned long long)mbx,
                (unsigned long long)box.messages);
    }
    buf_free(&slots);
    free(known);
}

void check_accounts(struct report *r)
{
    struct comparing cmp = {.known = BUF_INIT};
    struct store_stats_rep s = {0};
    struct err e;
    uint64_t named;

    if (!r->served || r->silent || !each_account(r, account_each, compare, &cmp)) {
        buf_free(&cmp.known);
        return;
    }
    named = cmp.known.n / sizeof(uint64_t);
    if (store_call(inst_store(r->c), STORE_STATS, NULL, -1, &s, &e) == RC_OK && s.boxes > named)
        name_lonely(r, &cmp, s.boxes - named);
    if (cmp.unopened)
        finding(r, F_WARN, "accounts",
                "pli account list --state pending names them; pli account code makes another code, pli account close "
                "ends one that nobody wants",
                "%u accounts were never opened and their code has ended; %u of them have mail that nobody reads",
                cmp.unopened, cmp.unread);
    if (cmp.wrong > NAMED_MOST)
        finding(r, F_FAIL, "accounts", "the same for each", "%u more accounts do not fit their mailboxes",
                cmp.wrong - NAMED_MOST);
    if (cmp.wrong == 0 && s.boxes <= named)
        finding(r, F_OK, "accounts", NULL, "%u accounts, each with its mailbox, and no mailbox without an account",
                cmp.accounts);
    buf_free(&cmp.known);
}

/* ---- those whose time has passed ---- */
enum { PURGE_LATE_S = 2 * DAY };
struct overdue {
    unsigned held, late;
    char who[256]; /* the first that is late */
};

static void look_at_closed(struct report *r, const struct dird_account *a, void *ctx)
{
    struct overdue *o = ctx;
    struct store_hold_req rq = {.mbx = a->mbx, .what = HOLD_SHOW};
    struct store_hold_rep rep = {0};
    struct buf mem = BUF_INIT;
    struct err e;
    enum rc rc;

    if (a->state < DA_CLOSED || purge_waits(a, (uint64_t)clock_utc() - PURGE_LATE_S))
        return;
    rc = store_call_in(inst_store(r->c), STORE_HOLD, &rq, -1, &rep, &mem, &e);
    buf_free(&mem);
    o->held += rc == RC_OK && rep.held;
    if (rc == RC_OK && (rep.held || purge_waits(a, rep.now)))
        return; /* check_clock() tells of a time that is not believed */
    if (o->late++ == 0)
        snprintf(o->who, sizeof o->who, "%.*s", SPAN_ARG(a->address));
}

static void check_clock(struct report *r)
{
    struct store_stats_rep s = {0};
    uint64_t utc = (uint64_t)clock_utc();
    struct err e;

    if (store_call(inst_store(r->c), STORE_STATS, NULL, -1, &s, &e) == RC_OK && utc > s.now + DAY)
        finding(r, F_WARN, "clock-ahead",
                "set the machine's clock right; if it is right, this passes by itself (pli-stored(8), CLOCK)",
                "the clock stands %llu days further ahead than the store has run: until then no account is purged, and "
                "removed mail is kept",
                (unsigned long long)((utc - s.now) / DAY));
}

void check_closed(struct report *r)
{
    struct overdue o = {0};

    if (!r->served || r->silent)
        return;
    check_clock(r);
    if (!each_account(r, account_each_closed, look_at_closed, &o))
        return;
    if (o.late)
        finding(r, F_WARN, "closed", "pli account purge says why; is account.purge_every 0?",
                "%u closed accounts are kept beyond their time, %s first", o.late, o.who);
    if (o.held)
        finding(r, F_OK, "closed", NULL, "%u closed accounts are kept beyond their time, on legal hold", o.held);
}

/* ---- their certificates ---- */
struct ends {
    unsigned good, soon, over;
    int64_t next;
    char who[256];
};

static void look_at_end(struct report *r, const struct dird_account *a, void *ctx)
{
    struct ends *n = ctx;
    struct cert_info i;
    struct err e;
    int64_t left;

    (void)r;
    if (a->cert_der.n == 0 || a->state > DA_PENDING || cert_info_der(a->cert_der, &i, &e) != RC_OK)
        return;
    left = i.not_after - clock_utc();
    n->over += left < 0;
    n->soon += left >= 0 && left < SOON_DAYS * DAY;
    n->good += left >= SOON_DAYS * DAY;
    if (n->who[0] == 0 || left < n->next) {
        n->next = left;
        snprintf(n->who, sizeof n->who, "%.*s", SPAN_ARG(a->address));
    }
}

void check_account_certificates(struct report *r)
{
    struct ends n = {0};

    if (!r->served || r->silent || !each_account(r, account_each_certificate, look_at_end, &n))
        return;
    if (n.over)
        finding(r, F_FAIL, "accounts", "give them new ones (pli cert list names all): what they send is not believed",
                "%u certificates of accounts are over, %s's first", n.over, n.who);
    else if (n.soon)
        finding(r, F_WARN, "accounts", "have them renewed; pli cert list names all",
                "%u certificates of accounts end within %d days, %s's in %lld days", n.soon, SOON_DAYS, n.who,
                (long long)(n.next / DAY));
    else if (n.good)
        finding(r, F_OK, "accounts", NULL, "%u certificates of accounts; the first to end has %lld days left", n.good,
                (long long)(n.next / DAY));
}

/* ---- mail that waits ---- */
static const char *ago(int64_t seconds, char out[32])
{
    if (seconds >= 2 * DAY)
        snprintf(out, 32, "%lld days", (long long)(seconds / DAY));
    else if (seconds >= 2 * 3600)
        snprintf(out, 32, "%lld hours", (long long)(seconds / 3600));
    else
        snprintf(out, 32, "%lld minutes", (long long)(seconds / 60));
    return out;
}

static bool first_waiting(struct span items, int64_t *received_out, struct err *e)
{
    struct store_queue_item it = {0};

    while (ipc_list_next(&items, store_queue_item_f, &it, e) == RC_OK)
        if (it.state == Q_WAITING || it.state == Q_HELD) {
            *received_out = (int64_t)it.received;
            return true;
        }
    return false;
}

/* Entries stand in the order in which they came: the first one that is not done is the oldest. */
static bool oldest(struct report *r, int64_t *received_out, struct err *e)
{
    struct store_queue_list_req rq = {0};
    struct buf mem = BUF_INIT;
    bool found = false;
    enum rc rc;

    do {
        struct store_queue_list_rep rep = {0};

        rc = store_call_in(inst_store(r->c), STORE_QUEUE_LIST, &rq, -1, &rep, &mem, e);
        found = rc == RC_OK && first_waiting(rep.items, received_out, e);
        rq.qid_from = rep.next_qid;
        rq.rcpt_from = rep.next_rcpt;
    } while (rc == RC_OK && !found && rq.qid_from != 0);
    buf_free(&mem);
    if (rc == RC_OK)
        *e = (struct err){0};
    return found;
}

void check_queue(struct report *r)
{
    struct store_stats_rep s = {0};
    int64_t received = 0, waits;
    char text[32];
    struct err e = {0};

    if (!r->served || r->silent || store_call(inst_store(r->c), STORE_STATS, NULL, -1, &s, &e) != RC_OK)
        return; /* said by the check of stored */
    if (!oldest(r, &received, &e)) {
        if (e.rc == RC_OK)
            finding(r, F_OK, "queue", NULL, "no mail waits for another operator");
        else
            finding(r, F_FAIL, "queue", "see the findings on stored", "the queue cannot be read: %s", e.log);
        return;
    }
    waits = clock_utc() - received;
    if (waits >= WAITS_LONG_S)
        finding(r, F_WARN, "queue",
                "pli queue list shows for whom, and what was answered; their senders may think it arrived",
                "%llu messages wait, the oldest for %s", (unsigned long long)s.queue, ago(waits, text));
    else
        finding(r, F_OK, "queue", NULL, "%llu messages wait, the oldest for %s", (unsigned long long)s.queue,
                ago(waits, text));
}
