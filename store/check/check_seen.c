/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check_seen.c - the phase that checks what delegates have seen (INV-17), a folder at a time, under the folder's counters. */
#include "store/check/check.h"
#include "store/ops/seen.h"

struct seen_check {
    struct check *c;
    uint64_t mbx;
    uint32_t folder;
};

static void bad(const struct seen_check *s, uint64_t delegate, const char *what)
{
    check_bad(s->c, "seen mbx=%llu folder=%u delegate=%llu: %s", (unsigned long long)s->mbx, (unsigned)s->folder,
              (unsigned long long)delegate, what);
}

/* Rows of a folder that is not there: it is being emptied, or they would stay for ever. */
static enum rc of_no_folder(const struct seen_check *s, struct tx *t, struct err *e)
{
    struct key folder = key_folder(s->mbx, s->folder), box = key_folder(s->mbx, 0);
    enum rc rc = tx_has(t, T_GONE, &folder, e);

    if (rc == RC_NOTFOUND && !t->deadlock)
        rc = tx_has(t, T_GONE, &box, e);
    if (rc == RC_NOTFOUND && !t->deadlock)
        check_bad(s->c, "seen mbx=%llu folder=%u: of no folder", (unsigned long long)s->mbx, (unsigned)s->folder);
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

static bool among(struct span all, const unsigned char *one)
{
    for (; all.n > 0; all = span_from(all, sizeof(uint64_t)))
        if (memcmp(all.p, one, sizeof(uint64_t)) == 0)
            return true;
    return false;
}

/* Those who have rows, against those who have key slots. */
static enum rc check_slots(const struct seen_check *s, struct tx *t, struct err *e)
{
    struct buf who = BUF_INIT, slots = BUF_INIT;
    uint64_t delegate;
    enum rc rc = seen_delegates(t, s->mbx, &slots, e);

    if (rc == RC_OK)
        rc = seen_who(t, s->mbx, s->folder, &who, e);
    for (size_t i = 0; rc == RC_OK && i < who.n; i += sizeof delegate)
        if (!among(buf_span(&slots), who.p + i)) {
            memcpy(&delegate, who.p + i, sizeof delegate);
            bad(s, delegate, "of nobody who has a key slot there");
        }
    s->c->checked += who.n / sizeof delegate;
    buf_free(&who);
    buf_free(&slots);
    return rc;
}

static enum rc check_folder_seen(struct tx *t, void *arg, struct err *e)
{
    const struct seen_check *s = arg;
    struct counters c;
    const char *what;
    uint64_t who;
    enum rc rc = counters_get(t, s->mbx, s->folder, false, &c, e);

    if (rc != RC_OK)
        return rc == RC_NOTFOUND && !t->deadlock ? of_no_folder(s, t, e) : rc;
    rc = seen_wrong(t, s->mbx, s->folder, &who, &what, e);
    if (rc == RC_OK && what)
        bad(s, who, what);
    return rc == RC_OK ? check_slots(s, t, e) : rc;
}

enum rc check_seen(struct check *c, struct err *e)
{
    struct seen_check s = {.c = c};
    struct key k;
    enum rc rc = check_next_key(c, T_SEEN, &k, e);

    if (rc != RC_OK)
        return rc;
    s.mbx = be64(k.b);
    s.folder = be32(k.b + 8);
    c->at = seen_behind(s.mbx, s.folder, UINT64_MAX); /* the next folder that has rows */
    return tx_run(&c->d->env, TX_READ, check_folder_seen, &s, e);
}
