/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/stay.c - see stay.h. */
#include "directory/stay.h"

enum { AGAIN_MS = 1000, PATIENCE_MS = 100 };

void stay_begin(struct stay *s, struct dir *d, const struct dird_auth_rep *auth)
{
    buf_init_secret(&s->ticket);
    buf_addspan(&s->ticket, auth->ticket);
    s->dir = d;
    s->dials = auth->ask_in_s > 0 ? dir_dials(d) : 0;
    s->ask_at = auth->ask_in_s > 0 ? deadline_in((int64_t)auth->ask_in_s * 1000) : 0;
    s->told = false;
    dir_rest(d);
}

void stay_end(struct stay *s)
{
    buf_free(&s->ticket);
    s->dir = NULL;
}

void stay_undo(struct stay *s)
{
    if (s->dir)
        dir_hang_up(s->dir);
    stay_end(s);
}

static enum rc ask(struct stay *s, bool *renewed, struct err *e)
{
    struct dird_stay_req rq = {buf_span(&s->ticket)};
    struct dird_stay_rep rep = {0};
    struct buf mem = BUF_INIT;
    dir_patience(s->dir, PATIENCE_MS); /* nobody waits for this */
    enum rc rc = dir_call_in(s->dir, DIRD_STAY, &rq, &rep, &mem, e);
    dir_patience(s->dir, DIR_PATIENCE_MS);
    s->dials = rc == RC_OK ? dir_dials(s->dir) : 0;
    s->ask_at = deadline_in(rc == RC_OK ? (int64_t)rep.ask_in_s * 1000 : AGAIN_MS);
    if (rc == RC_OK && rep.ticket.n > 0) {
        buf_clear(&s->ticket);
        buf_addspan(&s->ticket, rep.ticket);
        *renewed = true;
    }
    buf_free(&mem);
    dir_rest(s->dir);
    return rc == RC_DENIED ? rc : RC_OK;
}

bool stay_told(struct stay *s, struct err *e)
{
    while (s->dir && dir_ended(s->dir, e) == RC_OK)
        s->told = true;
    return s->told;
}

enum rc stay_check(struct stay *s, bool *renewed, struct err *e)
{
    *renewed = false;
    if (!s->dir)
        return RC_OK;
    if (stay_told(s, e))
        return err_cause(e, RC_DENIED, CAUSE_ACCOUNT_CHANGED, "dird says that the session ends");
    bool lost = s->dials == 0 || s->dials != dir_dials(s->dir); /* dird restarted, or another question dialled anew */
    if (lost && s->dials != 0)
        s->ask_at = 0, s->dials = 0;
    return deadline_left_ms(s->ask_at) == 0 ? ask(s, renewed, e) : RC_OK;
}

int stay_fd(const struct stay *s)
{
    return s->dir && s->dials != 0 ? dir_fd(s->dir) : -1;
}

int64_t stay_due(const struct stay *s)
{
    return s->dir ? s->ask_at : INT64_MAX;
}
