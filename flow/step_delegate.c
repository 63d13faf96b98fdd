/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_delegate.c - a letter that is written in another's name: by a delegate with the right to send for that mailbox, which dird has said of its
 * From (step_author). It is that mailbox that signs, so its ticket and its signing slot are fetched here; who submitted it stays who signed in.
 * Of several authors the first decides. Where the letter names another's mailbox beside, that is on the record, too.
 */
#include "flow/delegate.h"
#include "flow/letter_int.h"
#include <stdio.h>

static enum rc ticket_for(struct letter *l, uint64_t mbx, struct err *e)
{
    struct dird_delegate_req rq = {l->account->ticket, mbx};
    struct dird_delegate_rep rep;
    enum rc rc = dir_call_in(l->dir, DIRD_DELEGATE, &rq, &rep, &l->acting.ticket_mem, e);

    if (rc != RC_OK)
        return rc;
    l->acting.as.address = rep.address;
    l->acting.as.ticket = rep.ticket;
    l->acting.as.sign = rep.flags & DF_SIGN;
    return RC_OK;
}

/* As those of an account that signs (smtpd/receive.c), over a connection of its own. */
static enum rc slots_for(struct letter *l, struct err *e)
{
    struct store_box_rep box;
    struct store *st = store_new(ROLE_SMTPD);
    enum rc rc = store_bind(st, l->acting.as.ticket, &box, &l->acting.slots_mem, e);

    if (rc == RC_OK)
        l->acting.as.slots = box.slots;
    store_free(&st);
    return rc;
}

static void acted(const struct letter *l, struct span box, const char *what, enum rc rc)
{
    char actor[512], mailbox[512];

    snprintf(actor, sizeof actor, "%.*s", SPAN_ARG(l->account->address));
    snprintf(mailbox, sizeof mailbox, "%.*s", SPAN_ARG(box));
    delegate_acted(&(struct delegate_act){.actor = actor, .mailbox = mailbox, .what = what, .rc = rc});
}

static enum rc act(struct letter *l, uint64_t mbx, struct err *e)
{
    enum rc rc = ticket_for(l, mbx, e);

    if (rc == RC_OK && l->acting.as.sign)
        rc = slots_for(l, e);
    acted(l, l->author_is, "send", rc);
    if (rc == RC_OK)
        l->signer = &l->acting.as;
    return rc;
}

enum cause letter_named(struct letter *l, struct span address, struct err *e)
{
    struct dird_lookup_rep found;
    struct buf mem = BUF_INIT; /* open: an address */
    enum rc rc = RC_OK;

    if (address.n == 0 || span_ieq(address, l->account->address) || span_ieq(address, buf_span(&l->author)))
        return CAUSE_NONE;
    rc = dir_lookup(l->dir, address, &found, &mem, e);
    if (rc == RC_OK && found.kind == DK_MAILBOX && !span_ieq(found.address, l->account->address))
        acted(l, found.address, "named", rc);
    buf_free(&mem);
    return rc == RC_OK ? CAUSE_NONE : letter_temp(e);
}

enum cause step_delegate(struct letter *l, struct err *e)
{
    struct dird_lookup_rep found;
    struct buf mem = BUF_INIT; /* open: an address */
    enum cause named;
    enum rc rc;

    l->signer = l->account;
    if (l->door == DOOR_SUBMISSION && (named = letter_named(l, l->env->sender, e)) != CAUSE_NONE)
        return named;
    if (l->door != DOOR_SUBMISSION || l->author.n == 0 || span_ieq(buf_span(&l->author), l->account->address))
        return CAUSE_NONE; /* nearly every letter: nobody is asked */
    rc = dir_lookup(l->dir, buf_span(&l->author), &found, &mem, e);
    if (rc == RC_OK && found.kind == DK_MAILBOX && !span_ieq(found.address, l->account->address)) {
        l->author_is = found.address;
        rc = act(l, found.mbx, e);
    }
    l->author_is = SPAN_NULL;
    buf_free(&mem);
    if (rc == RC_DENIED) /* taken away since the author was looked at */
        return CAUSE_FROM_MISMATCH;
    return rc == RC_OK ? CAUSE_NONE : letter_temp(e);
}
