/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/authenticate.c - AUTHENTICATE PLAIN and LOGIN, with or without initial response, over TLS only.
 * RFC 3501 6.2.2, RFC 4959, RFC 4616. */
#include "base/wipe.h"
#include "imapd/commands.h"
#include "proto/sasl/sasl.h"

static enum rc exchange(struct imap_session *s, struct sasl *x, union imap_args *a, struct err *e)
{
    enum rc rc = a->auth.has_initial ? sasl_step(x, a->auth.initial, e) : sasl_start(x, e);
    struct span line;

    while (rc == RC_MORE) {
        reply_put(s, "+ %.*s", SPAN_ARG(x->challenge));
        rc = input_line(s, &line, e);
        if (rc == RC_TIMEOUT)
            return session_late(s, e);
        if (rc == RC_SYNTAX) { /* where the line ends is not known */
            s->bye = true;
            return reply_bad(s, e, e->cause);
        }
        if (rc != RC_OK)
            return session_lost(s, e, "no response in AUTHENTICATE");
        rc = sasl_step(x, line, e);
    }
    return rc;
}

/* An authorization identity other than the one who signs in is a delegation: refused here. */
static enum rc authenticated(struct imap_session *s, const struct sasl *x, struct err *e)
{
    if (x->authzid.n > 0 && !span_ieq(x->authzid, x->login))
        return reply_no(e, CAUSE_OTHER_IDENTITY);
    return signin(s, x->login, x->password, e);
}

enum rc cmd_authenticate(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct sasl x = {0};
    enum rc rc = sasl_begin(&x, a->auth.mechanism, e);

    if (rc == RC_NOTFOUND)
        return reply_no(e, CAUSE_BAD_MECHANISM);
    if (rc == RC_OK)
        rc = exchange(s, &x, a, e);
    if (rc == RC_OK)
        rc = authenticated(s, &x, e);
    else if (rc == RC_DENIED /* "*" */ || rc == RC_SYNTAX)
        rc = reply_bad(s, e, e->cause);
    sasl_end(&x);
    return rc;
}
