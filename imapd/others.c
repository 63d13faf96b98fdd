/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/others.c - the second namespace in LIST and LSUB: each mailbox that is delegated to who signed in is opened when a pattern reaches into it.
 * RFC 2342, RFC 3501 6.3.8. */
#include "base/ascii.h"
#include "imapd/homes.h"
#include "imapd/list.h"
#include "proto/imap/write.h"

static bool begins(struct span s, struct span with)
{
    return s.n >= with.n && span_eq(span_head(s, with.n), with);
}

/* What stands before the first wildcard must agree with the mailbox's level; without "*" there must be levels enough to come below it. */
static bool reaches(struct span pattern, struct span base)
{
    size_t fixed = 0, levels = 0;
    struct span literal;

    while (fixed < pattern.n && pattern.p[fixed] != '*' && pattern.p[fixed] != '%')
        fixed++;
    literal = span_head(pattern, fixed);
    if (!(literal.n <= base.n ? begins(base, literal) : begins(literal, base) && literal.p[base.n] == '/'))
        return false;
    for (size_t i = 0; i < pattern.n; i++)
        levels += pattern.p[i] == '/';
    return levels >= 2 || span_chr(pattern, '*') >= 0;
}

static bool any_reaches(const struct imap_list_args *l, struct span base)
{
    for (size_t i = 0; i < l->n; i++)
        if (reaches(l->patterns[i], base))
            return true;
    return false;
}

/* A level that is no folder. A list of subscriptions has none, nor has one of special uses. */
static void put_level(struct imap_session *s, const struct imap_list_args *l, const char *verb, struct span name)
{
    bool plain = span_eq_str(span_str(verb), "LIST");

    if ((l->select & (LS_SUBSCRIBED | LS_SPECIAL)) || !list_match(l, name))
        return;
    if (!plain && (l->n == 0 || span_chr(l->patterns[0], '%') < 0))
        return;
    list_put(s, verb, plain ? "\\Noselect \\HasChildren" : "\\Noselect", name);
    buf_addstr(&s->out, "\r\n");
}

static enum rc list_other(struct imap_session *s, const struct imap_list_args *l, const struct delegated *d,
                          enum rc (*home)(struct imap_session *, const struct imap_list_args *, struct err *),
                          struct err *e)
{
    struct home *h;
    enum rc rc = homes_open(s, d, &h, e);

    if (rc != RC_OK) /* it is in the log. Where stored is away, no answer is better than one that hides folders */
        return rc == RC_TEMP ? rc : RC_OK;
    homes_enter(s, h);
    rc = home(s, l, e);
    if (l->ret & (LR_STATUS | LR_METADATA)) /* more than names was looked at */
        homes_acted_in(s, h, 0, rc);
    homes_enter(s, NULL);
    return rc == RC_DENIED ? RC_OK : rc;
}

enum rc others_list(struct imap_session *s, const struct imap_list_args *l,
                    enum rc (*home)(struct imap_session *, const struct imap_list_args *, struct err *),
                    const char *verb, struct err *e)
{
    struct buf base = BUF_INIT; /* open: addresses */
    struct delegated *d;
    struct err why;
    size_t n;

    if (homes_delegated(s, &d, &n, &why) != RC_OK) /* dird is away: her own folders are there */
        return RC_OK;
    if (n > 0)
        put_level(s, l, verb, homes_prefix(s));
    for (size_t i = 0; i < n; i++) {
        enum rc rc = RC_OK;

        buf_clear(&base);
        buf_addf(&base, "%.*s/%.*s", SPAN_ARG(homes_prefix(s)), SPAN_ARG(d[i].address));
        put_level(s, l, verb, buf_span(&base));
        if (any_reaches(l, buf_span(&base)))
            rc = list_other(s, l, &d[i], home, e);
        if (rc != RC_OK || s->lost) {
            buf_free(&base);
            return rc;
        }
    }
    buf_free(&base);
    return RC_OK;
}
