/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/trace_gather.c - see pli/trace_gather.h. */
#include "pli/trace_gather.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMES = 5 /* that a log which is turned over meanwhile is read */ };

/* ---- gathering ---- */
static struct told *told_of(const struct trace *t, struct span mid)
{
    for (size_t i = 0; i < t->n; i++)
        if (span_eq_str(mid, t->a[i].mid))
            return &t->a[i];
    return NULL;
}

static struct told *told_new(struct trace *t, struct span mid)
{
    struct told *more = realloc(t->a, (t->n + 1) * sizeof *more);

    if (!more)
        die("out of memory");
    t->a = more;
    t->a[t->n] = (struct told){.lines = BUF_INIT, .domains = BUF_INIT};
    snprintf(t->a[t->n].mid, MID, "%.*s", SPAN_ARG(mid));
    return &t->a[t->n++];
}

/* A report begins with the line, of the message that it is about, which names it. */
static struct told *begun_as_report(struct trace *t, const struct log_line *l)
{
    struct told *m;
    struct span report;

    if (!t->own[0] || !span_eq_str(l->ev, "report") || !log_line_value(l, "report", &report) ||
        !span_eq_str(report, t->own))
        return NULL;
    m = told_of(t, report);
    m = m ? m : told_new(t, report);
    m->begins = true;
    return m;
}

/* The message that the line is about, when it is one that is looked for. */
static struct told *about(struct trace *t, const struct log_line *l)
{
    struct told *m = l->mid.n > 0 && l->mid.n < MID ? told_of(t, l->mid) : NULL;
    struct span id;

    if (m || l->mid.n == 0 || l->mid.n >= MID)
        return m;
    if (t->own[0] && span_eq_str(l->mid, t->own))
        return told_new(t, l->mid);
    if ((m = begun_as_report(t, l)))
        return m;
    if (!t->msgid[0] || span_find(l->pairs, SPAN_LIT("msgid=")) < 0 || !log_line_value(l, "msgid", &id) ||
        !span_eq_str(id, t->msgid))
        return NULL;
    t->late = t->late || !span_eq_str(l->ev, "message-taken");
    return told_new(t, l->mid);
}

/* keyd names no message. It names the process for which it signs, and that one has a single message in hand. */
static struct told *signed_for(const struct trace *t, const struct log_line *l)
{
    struct span peer;
    uint64_t pid;

    if (t->n == 0 || !span_eq_str(l->ev, "sign-mail") || !log_line_value(l, "peer", &peer) ||
        !span_u64(peer, INT32_MAX, &pid))
        return NULL;
    for (size_t i = 0; i < t->n; i++)
        if (t->a[i].pid == (long)pid && pid > 0)
            return &t->a[i];
    return NULL;
}

/* "a@b,c@d" */
static void note_domains(struct told *m, struct span to)
{
    while (to.n > 0) {
        ptrdiff_t comma = span_chr(to, ',');
        struct span one = span_head(to, comma < 0 ? to.n : (size_t)comma);

        for (ptrdiff_t at = span_chr(one, '@'); at >= 0; at = span_chr(one, '@'))
            one = span_from(one, (size_t)at + 1);
        buf_addf(&m->domains, " %.*s ", SPAN_ARG(one));
        to = span_from(to, comma < 0 ? to.n : (size_t)comma + 1);
    }
}

/* How the way out goes: how many it is for, and whose end was seen. */
static void note_way_out(struct told *m, const struct log_line *l)
{
    struct span v;

    if (span_eq_str(l->ev, "message-filed") && log_line_value(l, "remotes", &v) && !span_u64(v, UINT64_MAX, &m->out))
        m->out = 0;
    if (span_eq_str(l->ev, "filed-for") && log_line_value(l, "to", &v))
        note_domains(m, v);
    if ((span_eq_str(l->ev, "relayed") || span_eq_str(l->ev, "relay-failed") || span_eq_str(l->ev, "queue-ended")) &&
        m->out > 0)
        m->out--;
}

static void note(struct told *m, const struct log_line *l)
{
    struct span qid;

    if (span_eq_str(l->ev, "message-taken")) {
        m->begins = true;
        m->pid = l->pid;
    } else if (span_eq_str(l->ev, "message-filed") || span_eq_str(l->ev, "message-refused") ||
               span_eq_str(l->ev, "message-again")) {
        m->pid = 0;
    }
    if (m->qid == 0 && log_line_value(l, "qid", &qid) && !span_u64(qid, UINT64_MAX, &m->qid))
        m->qid = 0;
    note_way_out(m, l);
}

/* A line that names recipients is told when it names the one that is asked for. */
static bool wanted(const struct trace *t, const struct log_line *l)
{
    struct span to;

    return !t->to[0] || !log_line_value(l, "to", &to) || log_line_names(l->pairs, t->to);
}

static void keep(struct told *m, struct span line)
{
    buf_addspan(&m->lines, line);
    buf_addc(&m->lines, '\n');
}

/* Another operator's server failed: that is told of each message which waits for its domain, for nothing else is said of them. */
static void of_a_host(struct trace *t, const struct log_line *l)
{
    struct span domain;
    char words[300];

    if (t->n == 0 || l->ev.n < 6 || memcmp(l->ev.p, "relay-", 6) != 0 || !log_line_value(l, "domain", &domain))
        return;
    snprintf(words, sizeof words, " %.*s ", SPAN_ARG(domain));
    for (size_t i = 0; i < t->n; i++)
        if (t->a[i].out > 0 && span_find(buf_span(&t->a[i].domains), span_str(words)) >= 0 &&
            (!t->to[0] ||
             span_eq(domain, span_from(span_str(t->to), strcspn(t->to, "@") + (strchr(t->to, '@') != NULL)))))
            keep(&t->a[i], l->whole);
}

static bool see(struct span line, void *ctx)
{
    struct trace *t = ctx;
    struct log_line l;
    struct told *m;

    if (!log_line_read(line, &l))
        return true;
    m = l.mid.n > 0 ? about(t, &l) : signed_for(t, &l);
    if (m) {
        note(m, &l);
        if (wanted(t, &l))
            keep(m, line);
    } else if (l.mid.n == 0) {
        of_a_host(t, &l);
    }
    return true;
}

static void forget_lines(struct trace *t)
{
    for (size_t i = 0; i < t->n; i++) {
        buf_clear(&t->a[i].lines);
        buf_clear(&t->a[i].domains);
        t->a[i].out = 0;
        t->a[i].begins = false;
        t->a[i].pid = 0;
    }
}

enum rc trace_gather(const char *root, struct trace *t, struct err *e)
{
    enum rc rc = RC_MORE;

    for (int i = 0; i < TIMES && rc == RC_MORE; i++) {
        forget_lines(t);
        t->late = false;
        rc = logs_each(root, see, t, &t->logs, e);
        if (rc == RC_OK && t->late)
            rc = RC_MORE; /* now that our ids are known */
    }
    return rc;
}

void trace_free(struct trace *t)
{
    for (size_t i = 0; i < t->n; i++) {
        buf_free(&t->a[i].lines);
        buf_free(&t->a[i].domains);
    }
    free(t->a);
    *t = (struct trace){0};
}
