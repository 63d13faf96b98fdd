/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/vanished.c - see imapd/vanished.h. */
#include "imapd/vanished.h"

enum { LINE_HIGH = 8000, OUT_HIGH = 32 * 1024 };

/* ---- lines ---- */
static void put_run(struct vanished_line *l)
{
    buf_addf(&l->s->out, l->lo == l->last ? "%u" : "%u:%u", l->lo, l->last);
}

void vanished_put(struct vanished_line *l, uint32_t lo, uint32_t hi, const char *earlier)
{
    if (l->open && l->last != UINT32_MAX && lo == l->last + 1) {
        l->last = hi;
        return;
    }
    if (l->open) {
        put_run(l);
        if (l->s->out.n - l->start > LINE_HIGH) {
            buf_addstr(&l->s->out, "\r\n");
            l->open = false;
        } else {
            buf_addc(&l->s->out, ',');
        }
    }
    if (!l->open) {
        l->start = l->s->out.n;
        buf_addf(&l->s->out, "* VANISHED%s ", earlier);
    }
    l->open = true;
    l->lo = lo;
    l->last = hi;
}

void vanished_end(struct vanished_line *l)
{
    if (!l->open)
        return;
    put_run(l);
    buf_addstr(&l->s->out, "\r\n");
    l->open = false;
}

/* ---- earlier ---- */
static void put_known(struct vanished_line *l, uint32_t lo, uint32_t hi, const struct vanished_of *of)
{
    const struct imap_set *k = of->known;

    if (k == NULL) {
        vanished_put(l, lo, hi, " (EARLIER)");
        return;
    }
    for (size_t i = imap_set_at_or_after(k, lo); i < k->n && k->r[i].lo <= hi; i++)
        vanished_put(l, k->r[i].lo > lo ? k->r[i].lo : lo, k->r[i].hi < hi ? k->r[i].hi : hi, " (EARLIER)");
}

static void put_absent(struct vanished_line *l, uint32_t lo, uint32_t hi, const struct vanished_of *of)
{
    const struct view *v = l->s->view;

    for (uint32_t row = view_at_or_after(v, lo); row < v->n && v->uid[row] <= hi; row++) {
        if (v->uid[row] > lo)
            put_known(l, lo, v->uid[row] - 1, of);
        lo = v->uid[row] + 1;
    }
    if (lo <= hi)
        put_known(l, lo, hi, of);
}

void vanished_ranges(struct vanished_line *l, struct span gone, const struct vanished_of *of)
{
    struct rd r = rd_of(gone);

    while (r.s.n >= 8) {
        uint32_t lo = rd_u32(&r), hi = rd_u32(&r);

        if (lo <= of->above)
            lo = of->above + 1;
        if (hi >= l->s->view->uidnext)
            hi = l->s->view->uidnext - 1;
        if (lo <= hi)
            put_absent(l, lo, hi, of);
    }
}

enum rc vanished_since(struct imap_session *s, uint64_t modseq, const struct vanished_of *of, struct err *e)
{
    struct store_changes_req rq = {s->view->folder, modseq, 0};
    struct store_changes_rep rep;
    struct vanished_line line = {.s = s};
    struct buf mem = BUF_INIT; /* open: UIDs and flags */
    enum rc rc;

    do {
        if ((rc = store_call_in(s->store, STORE_CHANGES, &rq, -1, &rep, &mem, e)) != RC_OK)
            break;
        vanished_ranges(&line, rep.gone, of);
        rq.cursor = rep.next;
        if (s->out.n > OUT_HIGH) {
            vanished_end(&line);
            reply_out(s);
        }
    } while (rep.next != 0);
    buf_free(&mem);
    vanished_end(&line);
    reply_out(s);
    return rc;
}

/* ---- numbers that are known ---- */
uint32_t vanished_match(const struct view *v, const struct imap_set *seqs, const struct imap_set *uids)
{
    size_t i = 0, k = 0;
    uint32_t seq, uid, match = 0;

    if (seqs->n == 0 || uids->n == 0)
        return 0;
    for (seq = seqs->r[0].lo, uid = uids->r[0].lo; seq <= v->n; seq++, uid++) {
        if (v->uid[seq - 1] == uid)
            match = uid;
        if (seq == seqs->r[i].hi) {
            if (++i == seqs->n)
                break;
            seq = seqs->r[i].lo - 1;
        }
        if (uid == uids->r[k].hi) {
            if (++k == uids->n)
                break;
            uid = uids->r[k].lo - 1;
        }
    }
    return match;
}
