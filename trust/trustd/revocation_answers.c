/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/revocation_answers.c - what OCSP responders said, and what askers were told lately. Both tables have fixed places: a newer one of the
 * same place takes it, and who misses the older one asks again. */
#include "trust/trustd/revocation_int.h"
#include <stdio.h>

static size_t place(const unsigned char key[32], size_t n)
{
    uint32_t h;

    memcpy(&h, key, sizeof h);
    return h % n;
}

struct rev_answer *rev_answer_of(struct revocations *r, const unsigned char id[32])
{
    struct rev_answer *a = &r->answers[place(id, REV_ANSWERS)];

    return a->set && memcmp(a->id, id, 32) == 0 ? a : NULL;
}

void rev_answer_put(struct revocations *r, const unsigned char id[32], const struct pki_status *st, int64_t until)
{
    struct rev_answer *a = &r->answers[place(id, REV_ANSWERS)];

    a->set = true;
    memcpy(a->id, id, 32);
    a->st = *st;
    a->until = until;
    r->generation++;
}

void rev_reply_texts(struct trustd_check_rep *rep, struct buf *mem, const char *why, const char *dn)
{
    size_t n = strlen(why);

    buf_addstr(mem, why);
    buf_addstr(mem, dn);
    rep->why = span_head(buf_span(mem), n);
    rep->dn = span_from(buf_span(mem), n);
}

bool rev_reply_find(struct revocations *r, const unsigned char key[32], int64_t now, struct trustd_check_rep *out,
                    struct buf *mem)
{
    struct rev_reply *p = &r->replies[place(key, REV_REPLIES)];

    /* a time beyond REV_KEEP was written by a clock that was wrong */
    if (p->until <= now || p->until > now + REV_KEEP || p->generation != r->generation || memcmp(p->key, key, 32) != 0)
        return false;
    *out = p->rep;
    rev_reply_texts(out, mem, p->why, p->dn);
    return true;
}

void rev_reply_put(struct revocations *r, const unsigned char key[32], const struct trustd_check_rep *rep)
{
    struct rev_reply *p = &r->replies[place(key, REV_REPLIES)];

    memcpy(p->key, key, 32);
    p->generation = r->generation;
    p->until = (int64_t)rep->until;
    p->rep = *rep;
    (void)snprintf(p->why, sizeof p->why, "%.*s", SPAN_ARG(rep->why));
    (void)snprintf(p->dn, sizeof p->dn, "%.*s", SPAN_ARG(rep->dn));
}
