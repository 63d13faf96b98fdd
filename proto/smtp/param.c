/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/param.c - see proto/smtp/param.h. One table per command is the only list of the parameters that it
 * knows. */
#include "proto/smtp/param.h"
#include "base/ascii.h"
#include "proto/smtp/path.h"

struct pair {
    struct span name, value;
    bool has_value;
};
struct param {
    const char *name;
    bool (*set)(const struct pair *p, void *out); /* false: malformed value */
};

static bool name_char(unsigned char c, bool first)
{
    return ascii_is_alnum(c) || (!first && c == '-');
}

static size_t name_len(struct span s)
{
    size_t n = 0;

    while (n < s.n && name_char(s.p[n], n == 0))
        n++;
    return n;
}

static size_t value_len(struct span s) /* any but "=", SP and control characters; RFC 6531 lets UTF-8 in */
{
    size_t n = 0;

    while (n < s.n && s.p[n] > 0x20 && s.p[n] != 0x7F && s.p[n] != '=')
        n++;
    return n;
}

/* Takes " NAME" or " NAME=VALUE" off the front. RC_NOTFOUND at the end. */
static enum rc pair_next(struct span *rest, struct pair *out, struct err *e)
{
    struct span s = *rest;
    size_t n;

    if (s.n == 0)
        return RC_NOTFOUND;
    if (s.p[0] != ' ')
        return err_set(e, RC_SYNTAX, "no space before parameter");
    while (s.n > 0 && s.p[0] == ' ') /* clients that put two spaces, or one at the end, are many and harmless */
        s = span_from(s, 1);
    *out = (struct pair){0};
    if (s.n == 0) {
        *rest = s;
        return RC_NOTFOUND;
    }
    n = name_len(s);
    out->name = span_head(s, n);
    s = span_from(s, n);
    if (n > 0 && s.n > 0 && s.p[0] == '=') {
        out->has_value = true;
        s = span_from(s, 1);
        out->value = span_head(s, value_len(s));
        s = span_from(s, out->value.n);
    }
    if (n == 0 || (out->has_value && out->value.n == 0) || (s.n > 0 && s.p[0] != ' '))
        return err_set(e, RC_SYNTAX, "malformed parameter");
    *rest = s;
    return RC_OK;
}

static enum rc params(struct span in, const struct param *known, size_t n, void *out, struct err *e)
{
    unsigned seen = 0;
    struct pair p;
    enum rc rc;

    while ((rc = pair_next(&in, &p, e)) == RC_OK) {
        size_t i = 0;

        while (i < n && !span_ieq_str(p.name, known[i].name))
            i++;
        if (i == n)
            return err_cause(e, RC_PERM, CAUSE_BAD_PARAM, "unknown parameter");
        if ((seen & (1u << i)) != 0 || !known[i].set(&p, out))
            return err_set(e, RC_SYNTAX, "bad or doubled parameter %s", known[i].name);
        seen |= 1u << i;
    }
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static bool set_size(const struct pair *p, void *out)
{
    return p->value.n <= 20 && span_u64(p->value, INT64_MAX, &((struct smtp_mail_params *)out)->size);
}

static bool set_body(const struct pair *p, void *out)
{
    struct smtp_mail_params *m = out;

    m->body = span_ieq_str(p->value, "8BITMIME") ? BODY_8BITMIME : BODY_7BIT;
    return m->body == BODY_8BITMIME || span_ieq_str(p->value, "7BIT");
}

static bool set_utf8(const struct pair *p, void *out)
{
    ((struct smtp_mail_params *)out)->smtputf8 = true;
    return !p->has_value;
}

static bool set_requiretls(const struct pair *p, void *out)
{
    ((struct smtp_mail_params *)out)->requiretls = true;
    return !p->has_value;
}

static bool set_ret(const struct pair *p, void *out)
{
    struct smtp_mail_params *m = out;

    m->ret = span_ieq_str(p->value, "FULL") ? RET_FULL : RET_HDRS;
    return m->ret == RET_FULL || span_ieq_str(p->value, "HDRS");
}

static bool set_envid(const struct pair *p, void *out)
{
    ((struct smtp_mail_params *)out)->envid = p->value;
    return p->has_value && p->value.n <= SMTP_ENVID_MAX && xtext_ok(p->value);
}

static bool set_auth(const struct pair *p, void *out)
{
    ((struct smtp_mail_params *)out)->auth = p->value;
    return p->has_value && p->value.n <= SMTP_ORCPT_MAX && xtext_ok(p->value);
}

static const struct param mail_known[] = {
    {"SIZE", set_size},   {"BODY", set_body}, {"SMTPUTF8", set_utf8},        {"RET", set_ret},
    {"ENVID", set_envid}, {"AUTH", set_auth}, {"REQUIRETLS", set_requiretls}};

enum rc smtp_mail_params(struct span in, struct smtp_mail_params *out, struct err *e)
{
    struct smtp_mail_params m = {0};
    enum rc rc = params(in, mail_known, sizeof mail_known / sizeof *mail_known, &m, e);

    if (rc == RC_OK)
        *out = m;
    return rc;
}

static const struct {
    const char *word;
    uint16_t bit;
} notify_words[] = {
    {"NEVER", NOTIFY_NEVER}, {"SUCCESS", NOTIFY_SUCCESS}, {"FAILURE", NOTIFY_FAILURE}, {"DELAY", NOTIFY_DELAY}};

static uint16_t notify_word(struct span w)
{
    for (size_t i = 0; i < sizeof notify_words / sizeof *notify_words; i++)
        if (span_ieq_str(w, notify_words[i].word))
            return notify_words[i].bit;
    return 0;
}

static bool set_notify(const struct pair *p, void *out)
{
    struct smtp_rcpt_params *r = out;
    struct span rest = p->value;
    bool more = p->has_value;

    while (more) {
        ptrdiff_t comma = span_chr(rest, ',');
        uint16_t bit = notify_word(comma < 0 ? rest : span_head(rest, (size_t)comma));

        if (bit == 0 || (r->notify & bit) != 0)
            return false;
        r->notify |= bit;
        more = comma >= 0;
        rest = more ? span_from(rest, (size_t)comma + 1) : SPAN_NULL;
    }
    return r->notify == NOTIFY_NEVER || (r->notify != 0 && (r->notify & NOTIFY_NEVER) == 0);
}

static int hex_upper(unsigned char c) /* xtext has upper case only (RFC 3461 4) */
{
    return ascii_is_lower(c) ? -1 : ascii_hex(c);
}

/* An address of type utf-8 has two forms (RFC 6533 3): US-ASCII with \x{HEX} for all other characters
 * (utf-8-addr-xtext), or raw UTF-8 (utf-8-addr-unitext). */
static bool utf8_address_ok(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        size_t from = i;

        if (s.p[i] < 0x21 || s.p[i] == 0x7F || s.p[i] == '+' || s.p[i] == '=')
            return false;
        if (s.p[i] != '\\')
            continue;
        if (i + 3 >= s.n || s.p[i + 1] != 'x' || s.p[i + 2] != '{')
            return false;
        for (i += 3; i < s.n && hex_upper(s.p[i]) >= 0; i++)
            ;
        if (i >= s.n || s.p[i] != '}' || i - from < 5 || i - from > 9) /* two to six digits */
            return false;
    }
    return utf8_ok(s);
}

static bool set_orcpt(const struct pair *p, void *out)
{
    struct smtp_rcpt_params *r = out;
    ptrdiff_t semi = span_chr(p->value, ';');

    r->orcpt = p->value;
    return semi > 0 && p->value.n <= SMTP_ORCPT_MAX && (size_t)semi + 1 < p->value.n &&
           name_len(p->value) == (size_t)semi &&
           (span_ieq_str(span_head(p->value, (size_t)semi), "utf-8") ? utf8_address_ok
                                                                     : xtext_ok)(span_from(p->value, (size_t)semi + 1));
}

static const struct param rcpt_known[] = {{"NOTIFY", set_notify}, {"ORCPT", set_orcpt}};

enum rc smtp_rcpt_params(struct span in, struct smtp_rcpt_params *out, struct err *e)
{
    struct smtp_rcpt_params r = {0};
    enum rc rc = params(in, rcpt_known, sizeof rcpt_known / sizeof *rcpt_known, &r, e);

    if (rc == RC_OK)
        *out = r;
    return rc;
}

bool xtext_ok(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x21 || s.p[i] > 0x7E || s.p[i] == '=')
            return false;
        if (s.p[i] != '+')
            continue;
        if (i + 2 >= s.n || hex_upper(s.p[i + 1]) < 0 || hex_upper(s.p[i + 2]) < 0)
            return false;
        i += 2;
    }
    return true;
}
