/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/sasl/sasl.c - see proto/sasl/sasl.h. */
#include "proto/sasl/sasl.h"
#include "base/base64.h"
#include "proto/smtp/path.h"

struct sasl_mech {
    const char *name;
    const char *first;                                           /* challenge when there is no initial response */
    enum rc (*step)(struct sasl *s, size_t from, struct err *e); /* secret from "from" is this response, decoded */
};
const char sasl_mechanisms[] = "PLAIN LOGIN";

static bool clean(struct span s) /* RFC 4616: UTF-8 without NUL; at most SASL_MAX octets */
{
    return s.n <= SASL_MAX && span_chr(s, 0) < 0 && utf8_ok(s);
}

/* [authzid] NUL authcid NUL passwd */
static enum rc step_plain(struct sasl *s, size_t from, struct err *e)
{
    struct span all = span_from(buf_span(&s->secret), from), rest;
    ptrdiff_t one = span_chr(all, 0), two;

    if (one < 0)
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_RESPONSE, "PLAIN without its separators");
    rest = span_from(all, (size_t)one + 1);
    two = span_chr(rest, 0);
    if (two < 0)
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_RESPONSE, "PLAIN without its separators");
    s->authzid = span_head(all, (size_t)one);
    s->login = span_head(rest, (size_t)two);
    s->password = span_from(rest, (size_t)two + 1);
    if (!clean(s->authzid) || !clean(s->login) || !clean(s->password) || s->login.n == 0)
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_RESPONSE, "PLAIN with malformed parts");
    return RC_OK;
}

/* LOGIN asks for the user name, then for the password. */
static enum rc step_login(struct sasl *s, size_t from, struct err *e)
{
    struct span got = span_from(buf_span(&s->secret), from);

    if (!clean(got))
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_RESPONSE, "LOGIN with a malformed response");
    if (s->step == 1) {
        s->login_n = got.n;
        s->challenge = SPAN_LIT("UGFzc3dvcmQ6"); /* Password: */
        return RC_MORE;
    }
    s->authzid = SPAN_NULL;
    s->login = span_head(buf_span(&s->secret), s->login_n);
    s->password = got;
    return s->login.n > 0 ? RC_OK : err_cause(e, RC_SYNTAX, CAUSE_BAD_RESPONSE, "LOGIN without a name");
}

static const struct sasl_mech mechs[] = {{"PLAIN", "", step_plain},
                                         {"LOGIN", "VXNlcm5hbWU6" /* Username: */, step_login}};

enum rc sasl_begin(struct sasl *s, struct span mechanism, struct err *e)
{
    *s = (struct sasl){0};
    buf_init_secret(&s->secret);
    for (size_t i = 0; i < sizeof mechs / sizeof *mechs; i++)
        if (span_ieq_str(mechanism, mechs[i].name))
            s->mech = &mechs[i];
    return s->mech ? RC_OK : err_cause(e, RC_NOTFOUND, CAUSE_BAD_MECHANISM, "unknown SASL mechanism");
}

enum rc sasl_start(struct sasl *s, struct err *e)
{
    s->challenge = span_str(s->mech->first);
    return err_set(e, RC_MORE, "response expected");
}

enum rc sasl_step(struct sasl *s, struct span response, struct err *e)
{
    size_t from = s->secret.n;
    enum rc rc;

    if (span_eq_str(response, "*"))
        return err_cause(e, RC_DENIED, CAUSE_AUTH_CANCELLED, "cancelled by the client");
    if (span_eq_str(response, "=")) /* RFC 4954 4: an empty initial response */
        response = SPAN_NULL;
    if (response.n > SMTP_PATH_MAX + 4 * SASL_MAX)
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_RESPONSE, "SASL response of %zu octets", response.n);
    rc = base64_decode(response, &s->secret, e);
    if (rc == RC_SYNTAX)
        rc = err_cause(e, rc, CAUSE_BAD_RESPONSE, "%s", e->log);
    if (rc != RC_OK)
        return rc;
    s->step++;
    return s->mech->step(s, from, e);
}

void sasl_end(struct sasl *s)
{
    buf_free(&s->secret);
    *s = (struct sasl){0};
}
