/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/envelope.c - gathers the sender and the recipients. What one request to stored can name bounds how many. */
#include "base/ipc.h"
#include "smtpd/session.h"

enum { WEIGHT_MAX = IPC_MSG_MAX - 4096, BOX_WEIGHT = 172, REMOTE_WEIGHT = 120 };

static void envelope_clear(struct smtp_envelope *v)
{
    recipients_free(&v->is.to);
    *v = (struct smtp_envelope){0};
}

void envelope_reset(struct smtp_session *s)
{
    envelope_clear(&s->env);
    letter_end(&s->letter);
    s->letter = (struct letter){0};
    s->data_refused = CAUSE_NONE;
    if (s->phase != PH_START)
        s->phase = PH_READY;
}

static bool known(const struct recipients *to, const struct recipient *r)
{
    for (size_t i = 0; i < to->n; i++)
        if (recipient_same_place(&to->a[i], r))
            return true;
    return false;
}

/* A mailbox that is named twice, or by two of its addresses, gets one copy and adds no weight. NULL: there is no room
 * for one more of that weight. */
static struct recipient *add(struct smtp_envelope *v, const struct recipient *like, size_t weight)
{
    if (!known(&v->is.to, like)) {
        if (v->places == SMTP_RCPTS || v->weight + weight > WEIGHT_MAX)
            return NULL;
        v->places++;
        v->weight += weight;
    }
    return recipients_add(&v->is.to, like->address);
}

bool envelope_add_box(struct smtp_session *s, const struct dird_lookup_rep *who, const char *address)
{
    struct recipient like = {
        .address = (char *)(uintptr_t)address, .local = true, .mbx = who->mbx, .folder = STORE_INBOX};
    struct recipient *r = add(&s->env, &like, BOX_WEIGHT);

    if (!r)
        return false;
    like.address = r->address; /* the list's own copy */
    *r = like;
    memcpy(r->pub, who->pub, SEAL_PUB);
    return true;
}

bool envelope_add_remote(struct smtp_session *s, const char *address, const struct smtp_rcpt_params *p)
{
    struct recipient like = {.address = (char *)(uintptr_t)address};
    struct recipient *r = add(
        &s->env, &like, REMOTE_WEIGHT + strlen(address) + strlen(s->env.sender) + strlen(s->env.envid) + p->orcpt.n);

    if (!r)
        return false;
    r->notify = p->notify;
    r->orcpt = p->orcpt.n > 0 ? span_dup(p->orcpt) : NULL;
    return true;
}
