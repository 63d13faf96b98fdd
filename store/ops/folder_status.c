/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/folder_status.c - what a folder counts, and SELECT, which takes the \Recent mark. */
#include "store/ops/acl.h"
#include "store/ops/folder.h"
#include "store/ops/removed.h"
#include "store/ops/seen.h"
#include "store/ops/shown.h"

static enum rc count_recent(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t first, uint32_t *n_out, struct err *e)
{
    struct key from = key_msg(mbx, folder, first);
    struct span k, v;
    struct scan s;
    uint32_t n = 0;
    enum rc rc = scan_open(&s, t, T_MSGS, &from, 12, SCAN_KEYS, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK)
        n++;
    scan_close(&s);
    *n_out = n;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc answer_status(struct tx *t, const struct ask *a, uint32_t folder, const struct counters *c,
                             struct err *e)
{
    struct store_status_rep *rep = a->rep;

    *rep = (struct store_status_rep){.uidvalidity = c->uidvalidity,
                                     .uidnext = c->uidnext,
                                     .exists = c->exists,
                                     .unseen = c->unseen,
                                     .modseq = c->modseq,
                                     .bytes = c->bytes,
                                     .first_recent = c->first_recent};
    if (removed_now(t, a->s->mbx, &rep->removed, e) != RC_OK)
        return e->rc;
    if (a->s->delegate && seen_unseen(t, a->s->mbx, folder, a->s->delegate, c, &rep->unseen, e) != RC_OK)
        return e->rc;
    return count_recent(t, a->s->mbx, folder, c->first_recent, &rep->recent, e);
}

enum rc do_folder_status(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_folder_msg *rq = a->req;
    struct counters c;
    enum rc rc;

    if (rq->folder == STORE_REMOVED)
        return shown_status(t, a, e);
    rc = counters_get(t, a->s->mbx, rq->folder, false, &c, e);
    return rc == RC_OK ? answer_status(t, a, rq->folder, &c, e) : rc;
}

/* Not read only: who may change something there. */
static enum rc may_select(struct tx *t, const struct sess *s, uint32_t folder, struct err *e)
{
    uint32_t rights;
    enum rc rc = acl_rights(t, s, folder, &rights, e);

    if (rc == RC_OK && !(rights & (ACL_S | ACL_W | ACL_I | ACL_T | ACL_E)))
        rc = err_cause(e, RC_DENIED, CAUSE_NO_RIGHT, "store: a delegate who may only read");
    return rc;
}

/* A crash may undo the move of the \Recent mark. Then the same messages are recent once more, which RFC 3501 2.3.2
 * permits. */
enum rc do_select(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_select_req *rq = a->req;
    struct counters c;
    enum rc rc;

    if (rq->folder == STORE_REMOVED)
        return shown_status(t, a, e);
    rc = counters_get(t, a->s->mbx, rq->folder, !rq->read_only, &c, e);

    if (rc == RC_OK && !rq->read_only && !(a->s->rights & RIGHT_WRITE))
        rc = err_set(e, RC_DENIED, "store: the ticket reads only");
    if (rc == RC_OK && !rq->read_only)
        rc = may_select(t, a->s, rq->folder, e);
    if (rc == RC_OK)
        rc = answer_status(t, a, rq->folder, &c, e);
    if (rc != RC_OK || rq->read_only || c.first_recent == c.uidnext)
        return rc;
    c.first_recent = c.uidnext;
    return counters_put(t, a->s->mbx, rq->folder, &c, e);
}
