/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/envelope.c - gathers the sender and the recipients. What one request to stored can name bounds how many. */
#include "base/ipc.h"
#include "policies/dsn.h"
#include "smtpd/session.h"

enum { WEIGHT_MAX = IPC_MSG_MAX - 4096, BOX_WEIGHT = 172, REMOTE_WEIGHT = 124 };

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
        if (to->a[i].verdict == CAUSE_NONE && recipient_same_place(&to->a[i], r))
            return true;
    return false;
}

/* A mailbox that is named twice, or by two of its addresses, gets one copy and adds no weight. Each item of the queue that it leaves adds its own.
 * NULL: there is no room for one more of that weight. */
static struct recipient *add(struct smtp_envelope *v, const struct recipient *like, size_t box, size_t item)
{
    size_t places;

    if (like->verdict == CAUSE_NONE && known(&v->is.to, like)) {
        box = 0;
        item = like->local ? item : 0;
    }
    places = (box > 0) + (item > 0);
    if (v->places + places > SMTP_RCPTS || v->weight + box + item > WEIGHT_MAX)
        return NULL;
    v->places += places;
    v->weight += box + item;
    return recipients_add(&v->is.to, like->address);
}

static void take_wishes(struct recipient *r, const struct smtp_rcpt_params *p)
{
    r->notify = p->notify;
    r->orcpt = p->orcpt.n > 0 ? span_dup(p->orcpt) : NULL;
}

static size_t item_weight(const struct smtp_session *s, const char *address, const struct smtp_rcpt_params *p)
{
    return REMOTE_WEIGHT + strlen(address) + strlen(s->env.sender) + strlen(s->env.envid) + p->orcpt.n;
}

/* A recipient here leaves an item too when its sender is to hear that the message was delivered (policies/dsn.h). */
bool envelope_add_box(struct smtp_session *s, const struct dird_lookup_rep *who, const char *address,
                      const struct smtp_rcpt_params *p)
{
    bool report = s->env.sender[0] && dsn_asked(p->notify, DSN_DELIVERED);
    struct recipient like = {
        .address = (char *)(uintptr_t)address, .local = true, .mbx = who->mbx, .folder = STORE_INBOX};
    struct recipient *r = add(&s->env, &like, BOX_WEIGHT, report ? item_weight(s, address, p) : 0);

    if (!r)
        return false;
    like.address = r->address; /* the list's own copy */
    *r = like;
    take_wishes(r, p);
    memcpy(r->pub, who->pub, SEAL_PUB);
    return true;
}

bool envelope_add_remote(struct smtp_session *s, const char *address, const struct smtp_rcpt_params *p)
{
    struct recipient like = {.address = (char *)(uintptr_t)address};
    struct recipient *r = add(&s->env, &like, 0, item_weight(s, address, p));

    if (!r)
        return false;
    take_wishes(r, p);
    return true;
}

/* ---- members of a distribution list ---- */
static bool told_already(const struct recipients *to, const char *address)
{
    for (size_t i = 0; i < to->n; i++)
        if (to->a[i].verdict != CAUSE_NONE && strcmp(to->a[i].address, address) == 0)
            return true;
    return false;
}

bool envelope_add_failed(struct smtp_session *s, const char *address, enum cause why, const struct smtp_rcpt_params *p)
{
    struct recipient like = {.address = (char *)(uintptr_t)address, .verdict = why};
    struct recipient *r;

    if (!s->env.sender[0] || told_already(&s->env.is.to, address))
        return true;
    r = add(&s->env, &like, 0, item_weight(s, address, p));
    if (!r)
        return false;
    r->verdict = why;
    take_wishes(r, p);
    return true;
}

struct envelope_mark envelope_mark(const struct smtp_session *s)
{
    return (struct envelope_mark){s->env.is.to.n, s->env.places, s->env.weight};
}

void envelope_back(struct smtp_session *s, struct envelope_mark m)
{
    recipients_cut(&s->env.is.to, m.n);
    s->env.places = m.places;
    s->env.weight = m.weight;
}

void envelope_via(struct smtp_session *s, struct envelope_mark m, const char *list)
{
    for (size_t i = m.n; i < s->env.is.to.n; i++)
        s->env.is.to.a[i].via = span_dup(span_str(list));
}

bool envelope_has(const struct smtp_session *s, const struct recipient *like)
{
    return known(&s->env.is.to, like);
}

size_t envelope_counted(const struct smtp_session *s)
{
    size_t n = s->env.named;

    for (size_t i = 0; i < s->env.is.to.n; i++)
        n += s->env.is.to.a[i].via != NULL && !s->env.is.to.a[i].local;
    return n;
}
