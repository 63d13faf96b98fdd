/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/envelope.c - sender and recipients while they are gathered. Bounded by what one request to stored can name. */
#include "base/ipc.h"
#include "smtpd/session.h"
#include <stdio.h>
#include <stdlib.h>

enum { WEIGHT_MAX = IPC_MSG_MAX - 4096, BOX_WEIGHT = 172, REMOTE_WEIGHT = 120 };

static void envelope_clear(struct smtp_envelope *v)
{
    for (size_t i = 0; i < v->n_remotes; i++)
        free(v->remotes[i].orcpt);
    free(v->remotes);
    free(v->boxes);
    buf_free(&v->logged);
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

/* Room for one more of that weight; arrays grow by doubling up to SMTP_RCPTS. */
static bool room(struct smtp_envelope *v, size_t weight)
{
    return v->n_boxes + v->n_remotes < SMTP_RCPTS && v->weight + weight <= WEIGHT_MAX;
}

static void *grown(void *array, size_t n, size_t size)
{
    void *p = array;

    if ((n & (n - 1)) == 0) /* 0, or a power of two: full */
        p = realloc(array, (n ? n * 2 : 1) * size);
    if (!p)
        die("out of memory");
    return p;
}

static void accepted(struct smtp_envelope *v, const char *address)
{
    char name[LOGGED_MAX];

    buf_addf(&v->logged, "%s\n", logged_address(span_str(address), name));
    snprintf(v->only_rcpt, sizeof v->only_rcpt, "%s", v->rcpts == 0 ? address : "");
    v->rcpts++;
}

bool envelope_add_box(struct smtp_session *s, const struct dird_lookup_rep *who, const char *address)
{
    struct smtp_envelope *v = &s->env;
    struct file_box *b;

    for (size_t i = 0; i < v->n_boxes; i++)
        if (v->boxes[i].mbx == who->mbx) { /* named twice, or by two of its addresses: one copy */
            accepted(v, address);
            return true;
        }
    if (!room(v, BOX_WEIGHT))
        return false;
    v->boxes = grown(v->boxes, v->n_boxes, sizeof *v->boxes);
    b = &v->boxes[v->n_boxes++];
    *b = (struct file_box){.mbx = who->mbx, .folder = STORE_INBOX};
    memcpy(b->pub, who->pub, SEAL_PUB);
    v->weight += BOX_WEIGHT;
    accepted(v, address);
    return true;
}

static bool known_remote(const struct smtp_envelope *v, const char *address)
{
    for (size_t i = 0; i < v->n_remotes; i++)
        if (strcmp(v->remotes[i].address, address) == 0)
            return true;
    return false;
}

bool envelope_add_remote(struct smtp_session *s, const char *address, const struct smtp_rcpt_params *p)
{
    struct smtp_envelope *v = &s->env;
    size_t weight = REMOTE_WEIGHT + strlen(address) + strlen(v->sender) + strlen(v->envid) + p->orcpt.n;
    struct smtp_remote *r;

    if (!known_remote(v, address)) {
        if (!room(v, weight))
            return false;
        v->remotes = grown(v->remotes, v->n_remotes, sizeof *v->remotes);
        r = &v->remotes[v->n_remotes++];
        *r = (struct smtp_remote){.notify = p->notify, .orcpt = p->orcpt.n > 0 ? span_dup(p->orcpt) : NULL};
        snprintf(r->address, sizeof r->address, "%s", address);
        v->weight += weight;
    }
    accepted(v, address);
    return true;
}
