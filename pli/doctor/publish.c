/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/publish.c - the outbox to the national directory: what was refused, held, waits for too long, or was never begun. See pli/doctor/doctor.h. */
#include "base/clock.h"
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include "pli/publishing.h"
#include "pli/white_lists.h"

enum { OLD_S = 86400 };

static void judge(struct report *r, const struct pubd_status_rep *s)
{
    char when[WHEN_TEXT];
    bool old = s->oldest > 0 && clock_utc() - (int64_t)s->oldest > OLD_S;

    if (s->mode != PM_RUNNING)
        finding(r, F_WARN, "publish", publish_mode_says(s->mode), "mailboxes are not published: %s",
                publish_mode_word(s->mode));
    if (s->refused > 0)
        finding(r, F_WARN, "publish", "pli publish list --refused says why; mend the mailbox, or pli publish retry",
                "the national directory refused %llu mailboxes", (unsigned long long)s->refused);
    if (s->held > 0)
        finding(r, F_WARN, "publish", "pli publish list; when they are right, pli publish confirm",
                "%llu deletions are held: more than publish.max_deletes and publish.max_loss let go in a day",
                (unsigned long long)s->held);
    if (old)
        finding(r, F_WARN, "publish", "pli publish status says why",
                "what the national directory is to be told waits since %s", when_text(s->oldest, when));
    if (s->mode == PM_RUNNING && s->refused == 0 && s->held == 0 && !old)
        finding(r, F_OK, "publish", NULL, "%llu mailboxes published, %llu events wait",
                (unsigned long long)s->published, (unsigned long long)(s->pending + s->trying));
}

void check_pubd(struct report *r)
{
    struct pubd_status_rep s = {0};
    struct buf mem = BUF_INIT;
    struct err e;

    if (publish_status(inst_admin(r->c), &s, &mem, &e) == RC_OK)
        judge(r, &s);
    else
        finding(r, F_FAIL, "publish", "see log/pli.log", "%s", e.log);
    buf_free(&mem);
}
