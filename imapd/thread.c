/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/thread.c - see imapd/thread.h: what is read of the messages, and what is written. */
#include "imapd/thread.h"

enum { OUT_HIGH = 32 * 1024 };

/* ---- the answer ---- */
/* Below the root, and below a node with several children, each child has parentheses of its own. */
static bool in_parentheses(const struct threads *t, uint32_t node)
{
    uint32_t parent = t->node[node].parent;

    return parent == 0 || t->node[t->node[parent].child].next != 0;
}

static void put_node(const struct threads *t, uint32_t node, struct buf *out)
{
    uint32_t child = t->node[node].child;

    if (in_parentheses(t, node))
        buf_addc(out, '(');
    if (t->node[node].msg == 0)
        return;
    put_u64(out, t->msg[t->node[node].msg - 1].number);
    if (child != 0)
        buf_addc(out, ' ');
}

/* The node behind this one and all below it: a sibling of it, or of one above. */
static uint32_t behind(const struct threads *t, uint32_t node, struct buf *out)
{
    while (node != 0) {
        if (in_parentheses(t, node))
            buf_addc(out, ')');
        if (t->node[node].next != 0)
            return t->node[node].next;
        node = t->node[node].parent;
    }
    return 0;
}

bool threads_put(const struct threads *t, struct thread_walk *w, struct buf *out, size_t high)
{
    if (!w->begun) {
        w->at = t->node[0].child;
        w->begun = true;
        if (w->at != 0)
            buf_addc(out, ' ');
    }
    while (w->at != 0 && out->n < high) {
        put_node(t, w->at, out);
        w->at = t->node[w->at].child ? t->node[w->at].child : behind(t, w->at, out);
    }
    return w->at != 0;
}

static void put(struct imap_session *s, const struct threads *t)
{
    struct thread_walk w = {0};

    buf_clear(&s->out);
    buf_addstr(&s->out, "* THREAD");
    while (threads_put(t, &w, &s->out, OUT_HIGH))
        reply_out(s);
    buf_addstr(&s->out, "\r\n");
    reply_out(s);
}

/* ---- messages ---- */
struct reading {
    struct imap_session *s;
    struct threads t;
    bool references;
};

static enum rc add(void *ctx, const struct found_one *f, struct err *e)
{
    struct reading *r = ctx;
    struct rd sort = rd_of(f->summary ? f->summary->sort : SPAN_NULL);
    struct span subject = f->summary ? rd_var_bytes(&sort) : SPAN_NULL;
    struct thread_msg m = {.number = r->s->uid ? r->s->view->uid[f->row] : f->row + 1,
                           .date =
                               f->summary && f->summary->has_date ? f->summary->date : (int64_t)f->entry->internaldate};

    for (unsigned i = 0; i < 6; i++)
        (void)rd_var_bytes(&sort);
    m.reply = rd_u8(&sort) != 0 && rd_ok(&sort);
    return threads_add(&r->t, &m, subject, f->summary ? f->summary->thread : SPAN_NULL, r->references, e);
}

enum rc thread_run(struct imap_session *s, enum imap_thread_by by, const struct results *found, struct err *e)
{
    struct reading r = {.s = s, .references = by == THREAD_REFERENCES};
    enum rc rc;

    threads_init(&r.t);
    rc = found_each(s, found, true, add, &r, e);
    if (rc == RC_OK && r.references)
        threads_by_references(&r.t);
    else if (rc == RC_OK)
        threads_by_subject(&r.t);
    if (rc == RC_OK)
        put(s, &r.t);
    threads_free(&r.t);
    return rc;
}
