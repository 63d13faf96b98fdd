/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/urlfetch.c - URLFETCH: the octets of URLs that bear an authorization, in constant memory. NIL for one that leads nowhere, has expired or is
 * for somebody else; which of these is not told. RFC 4467 7. */
#include "imapd/commands.h"
#include "imapd/url_octets.h"
#include "proto/imap/write.h"

struct sending {
    struct imap_session *s;
    struct span url;
    bool begun;
    uint64_t left;
};

static enum rc begin(void *ctx, uint64_t n, struct err *e)
{
    struct sending *to = ctx;

    (void)e;
    to->begun = true;
    to->left = n;
    buf_clear(&to->s->out);
    buf_addstr(&to->s->out, "* URLFETCH ");
    imap_put_string(&to->s->out, to->url);
    imap_announce(&to->s->out, n);
    reply_out(to->s);
    return RC_OK;
}

static enum rc piece(void *ctx, struct span p, struct err *e)
{
    struct sending *to = ctx;

    reply_alive(to->s);
    stream_put(to->s->io, p);
    to->left -= p.n;
    return stream_flush(to->s->io, e);
}

static enum rc fetch_one(struct imap_session *s, struct span url, struct err *e)
{
    struct sending to = {.s = s, .url = url};
    struct url_want want = {.by = URL_BY_SESSION, .authorized = true, .begin = begin, .sink = piece, .ctx = &to};
    enum rc rc = url_octets(s, url, &want, e);

    if (to.begun && (rc != RC_OK || to.left > 0))
        return session_lost(s, e, "a literal could not be completed");
    buf_clear(&s->code); /* BADURL is not for URLFETCH */
    if (rc != RC_OK && e->cause != CAUSE_BAD_URL)
        return rc;
    buf_clear(&s->out);
    if (rc != RC_OK) {
        buf_addstr(&s->out, "* URLFETCH ");
        imap_put_string(&s->out, url);
        buf_addstr(&s->out, " NIL");
    }
    buf_addstr(&s->out, "\r\n");
    reply_out(s);
    return RC_OK;
}

enum rc cmd_urlfetch(struct imap_session *s, union imap_args *a, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < a->urls.n; i++)
        rc = fetch_one(s, a->urls.url[i], e);
    return rc;
}
