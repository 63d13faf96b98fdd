/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/audit.c - see audit.h. */
#include "store/ops/audit.h"
#include "store/ops/seen.h"

static void broken(const struct tx_event *ev, const char *what)
{
    bug("store: INV: mailbox %llu folder %u, about to commit: %s", (unsigned long long)ev->mbx, (unsigned)ev->folder,
        what);
}

static void judge(const struct tx_event *ev, const struct counters *said, const struct counters *found)
{
    if (said->exists != found->exists || said->unseen != found->unseen || said->bytes != found->bytes)
        broken(ev, "the counters are not the sums of the messages (INV-5)");
    if (found->uidnext > said->uidnext)
        broken(ev, "a UID is not below uidnext (INV-5)");
    if (found->modseq > said->modseq || ev->modseq > said->modseq)
        broken(ev, "a modseq is beyond the folder's (INV-6)");
}

/* The transaction may not have needed a page of that table that is bad: then it is none of its business. */
static enum rc audit_seen(struct tx *t, const struct tx_event *ev, struct err *e)
{
    const char *what;
    uint64_t who;
    enum rc rc = seen_wrong(t, ev->mbx, ev->folder, &who, &what, e);

    if (rc == RC_OK && what)
        broken(ev, what); /* INV-17 */
    return rc == RC_CORRUPT && !t->deadlock ? RC_OK : rc;
}

static enum rc audit_folder(struct tx *t, const struct tx_event *ev, struct err *e)
{
    struct counters said, found = {0};
    struct msg_it it = {0};
    struct msg m;
    uint32_t uid;
    enum rc rc = counters_peek(t, ev->mbx, ev->folder, &said, e);

    if (rc != RC_OK || said.exists > AUDIT_MOST)
        return rc == RC_NOTFOUND ? RC_OK : rc; /* the folder was deleted */
    rc = msg_it_all(&it, t, ev->mbx, ev->folder, 1, UINT32_MAX, e);
    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        counters_add(&found, &m, 1);
        found.uidnext = uid + 1;
        found.modseq = m.modseq > found.modseq ? m.modseq : found.modseq;
    }
    msg_it_close(&it);
    if (rc != RC_NOTFOUND)
        return rc;
    judge(ev, &said, &found);
    return audit_seen(t, ev, e);
}

enum rc audit(struct tx *t, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < t->n_ev && rc == RC_OK; i++)
        if (t->ev[i].folder != 0 && t->ev[i].mbx != SEAL_QUEUE_BOX)
            rc = audit_folder(t, &t->ev[i], e);
    return rc;
}
