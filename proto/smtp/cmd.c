/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/cmd.c - see proto/smtp/cmd.h. */
#include "proto/smtp/cmd.h"

struct smtp_line smtp_line(struct span line)
{
    ptrdiff_t sp = span_chr(line, ' ');

    if (sp < 0)
        return (struct smtp_line){line, SPAN_NULL};
    return (struct smtp_line){span_head(line, (size_t)sp), span_from(line, (size_t)sp + 1)};
}

static struct span spaces_off(struct span s)
{
    while (s.n > 0 && s.p[0] == ' ')
        s = span_from(s, 1);
    while (s.n > 0 && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

enum rc smtp_parse_none(struct span arg, union smtp_args *out, struct err *e)
{
    (void)out;
    if (spaces_off(arg).n > 0)
        return err_set(e, RC_SYNTAX, "argument where none may be");
    return RC_OK;
}

enum rc smtp_parse_text(struct span arg, union smtp_args *out, struct err *e)
{
    arg = spaces_off(arg);
    for (size_t i = 0; i < arg.n; i++)
        if (arg.p[i] < 0x20 || arg.p[i] == 0x7F)
            return err_set(e, RC_SYNTAX, "control character in argument");
    if (!utf8_ok(arg))
        return err_set(e, RC_SYNTAX, "argument is no UTF-8");
    out->text = arg;
    return RC_OK;
}

enum rc smtp_parse_word(struct span arg, union smtp_args *out, struct err *e)
{
    if (spaces_off(arg).n == 0)
        return err_set(e, RC_SYNTAX, "argument missing");
    return smtp_parse_text(arg, out, e);
}

/* Clients give whatever name the machine has ("pc_12", "localhost"). That is common, and harmless because the name
 * appears only in Received and in the log. So a name is any run of graphic octets. */
enum rc smtp_parse_helo(struct span arg, union smtp_args *out, struct err *e)
{
    arg = spaces_off(arg);
    if (arg.n == 0 || arg.n > SMTP_DOMAIN_MAX)
        return err_set(e, RC_SYNTAX, "name missing or too long");
    for (size_t i = 0; i < arg.n; i++)
        if (arg.p[i] <= 0x20 || arg.p[i] == 0x7F || strchr("()<>\"\\;,", arg.p[i]) != NULL)
            return err_set(e, RC_SYNTAX, "malformed name");
    if (!utf8_ok(arg))
        return err_set(e, RC_SYNTAX, "name is no UTF-8");
    out->text = arg;
    return RC_OK;
}

/* Takes "FROM:" or "TO:", and the spaces that many clients put behind the colon. */
static enum rc keyword(struct span arg, const char *word, struct span *rest_out, struct err *e)
{
    if (!span_istarts(arg, word))
        return err_set(e, RC_SYNTAX, "%s missing", word);
    arg = span_from(arg, strlen(word));
    while (arg.n > 0 && arg.p[0] == ' ')
        arg = span_from(arg, 1);
    *rest_out = arg;
    return RC_OK;
}

enum rc smtp_parse_mail(struct span arg, union smtp_args *out, struct err *e)
{
    struct smtp_mail m = {0};
    struct span rest;
    size_t used;
    enum rc rc = keyword(arg, "FROM:", &rest, e);

    if (rc == RC_OK)
        rc = smtp_path(rest, PATH_REVERSE, &m.path, &used, e);
    if (rc == RC_OK)
        rc = smtp_mail_params(span_from(rest, used), &m.params, e);
    if (rc == RC_OK && m.path.utf8 && !m.params.smtputf8)
        return err_cause(e, RC_SYNTAX, CAUSE_NEED_UTF8, "UTF-8 address without SMTPUTF8");
    if (rc == RC_OK)
        out->mail = m;
    return rc;
}

enum rc smtp_parse_rcpt(struct span arg, union smtp_args *out, struct err *e)
{
    struct smtp_rcpt r = {0};
    struct span rest;
    size_t used;
    enum rc rc = keyword(arg, "TO:", &rest, e);

    if (rc == RC_OK)
        rc = smtp_path(rest, PATH_FORWARD, &r.path, &used, e);
    if (rc == RC_OK)
        rc = smtp_rcpt_params(span_from(rest, used), &r.params, e);
    if (rc == RC_OK)
        out->rcpt = r;
    return rc;
}

enum rc smtp_parse_bdat(struct span arg, union smtp_args *out, struct err *e)
{
    struct smtp_bdat b = {0};
    ptrdiff_t sp;
    struct span size;

    arg = spaces_off(arg);
    sp = span_chr(arg, ' ');
    size = sp < 0 ? arg : span_head(arg, (size_t)sp);
    if (size.n > 19 || !span_u64(size, INT64_MAX, &b.size))
        return err_set(e, RC_SYNTAX, "BDAT size malformed");
    if (sp >= 0) {
        b.last = span_ieq_str(spaces_off(span_from(arg, (size_t)sp)), "LAST");
        if (!b.last)
            return err_set(e, RC_SYNTAX, "BDAT with something other than LAST");
    }
    out->bdat = b;
    return RC_OK;
}

enum rc smtp_parse_burl(struct span arg, union smtp_args *out, struct err *e)
{
    struct smtp_burl b = {0};
    ptrdiff_t sp;

    arg = spaces_off(arg);
    sp = span_chr(arg, ' ');
    b.url = sp < 0 ? arg : span_head(arg, (size_t)sp);
    for (size_t i = 0; i < b.url.n; i++)
        if (b.url.p[i] <= ' ' || b.url.p[i] > 126)
            return err_set(e, RC_SYNTAX, "BURL with what no URL has");
    if (b.url.n == 0)
        return err_set(e, RC_SYNTAX, "BURL without a URL");
    if (sp >= 0) {
        b.last = span_ieq_str(spaces_off(span_from(arg, (size_t)sp)), "LAST");
        if (!b.last)
            return err_set(e, RC_SYNTAX, "BURL with something other than LAST");
    }
    out->burl = b;
    return RC_OK;
}

enum rc smtp_parse_auth(struct span arg, union smtp_args *out, struct err *e)
{
    struct smtp_auth a = {0};
    ptrdiff_t sp;

    arg = spaces_off(arg);
    sp = span_chr(arg, ' ');
    a.mechanism = sp < 0 ? arg : span_head(arg, (size_t)sp);
    if (a.mechanism.n == 0 || a.mechanism.n > 20)
        return err_set(e, RC_SYNTAX, "no mechanism");
    if (sp >= 0) {
        a.has_initial = true;
        a.initial = spaces_off(span_from(arg, (size_t)sp));
        if (span_chr(a.initial, ' ') >= 0)
            return err_set(e, RC_SYNTAX, "more than one initial response");
    }
    out->auth = a;
    return RC_OK;
}

static const char *const foreign[] = {"GET",   "POST",  "PUT", "HEAD",  "OPTIONS",     "CONNECT", "DELETE",
                                      "TRACE", "PATCH", "PRI", "Host:", "User-Agent:", "Accept:", "M-SEARCH"};

bool smtp_foreign_verb(struct span verb)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (span_ieq_str(verb, foreign[i]))
            return true;
    return false;
}
