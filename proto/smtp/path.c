/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/path.c - see proto/smtp/path.h. A cursor moves forward only: linear, no recursion, no memory. */
#include "proto/smtp/path.h"
#include "base/ascii.h"
#include "base/idn.h"
#include <stdio.h>

static bool is_atext(unsigned char c) /* RFC 5322 3.2.3, RFC 6531 3.3 */
{
    return ascii_is_alnum(c) || c >= 0x80 || (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool at(struct span s, size_t i, unsigned char c)
{
    return i < s.n && s.p[i] == c;
}

/* A run of atext with single dots between. The index behind it, or the start when there is none. */
static size_t dot_string(struct span s, size_t i)
{
    size_t start = i;

    while (i < s.n && is_atext(s.p[i])) {
        while (i < s.n && is_atext(s.p[i]))
            i++;
        if (!at(s, i, '.'))
            return i;
        if (i + 1 >= s.n || !is_atext(s.p[i + 1]))
            return start;
        i++;
    }
    return start;
}

static size_t quoted_string(struct span s, size_t i)
{
    size_t start = i++;

    while (i < s.n && s.p[i] != '"') {
        if (s.p[i] == '\\')
            i++;
        if (i >= s.n || s.p[i] < 0x20 || s.p[i] == 0x7F)
            return start;
        i++;
    }
    return at(s, i, '"') ? i + 1 : start;
}

static size_t literal(struct span s, size_t i) /* "[...]": dtext; its inside is not interpreted (never connected to) */
{
    size_t start = i++;

    while (i < s.n && s.p[i] > 0x20 && s.p[i] < 0x7F && s.p[i] != '[' && s.p[i] != '\\' && s.p[i] != ']')
        i++;
    return at(s, i, ']') && i > start + 1 ? i + 1 : start;
}

static size_t host_name(struct span s, size_t i)
{
    size_t start = i;

    for (;;) {
        size_t label = i;

        while (i < s.n && (ascii_is_alnum(s.p[i]) || s.p[i] == '-' || s.p[i] >= 0x80))
            i++;
        if (i == label || i - label > 63 || s.p[label] == '-' || s.p[i - 1] == '-')
            return start;
        if (!at(s, i, '.'))
            return i;
        i++;
    }
}

static size_t domain_part(struct span s, size_t i)
{
    return at(s, i, '[') ? literal(s, i) : host_name(s, i);
}

static bool has_8bit(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return true;
    return false;
}

/* A source route "@one,@two:" in front of a mailbox. The index behind its colon; the start when there is no route; n+1
 * when the route is malformed. */
static size_t source_route(struct span s, size_t i)
{
    size_t start = i;

    while (at(s, i, '@')) {
        size_t end = domain_part(s, i + 1);

        if (end == i + 1)
            return s.n + 1;
        if (at(s, end, ':'))
            return end + 1;
        if (!at(s, end, ','))
            return s.n + 1;
        i = end + 1;
    }
    return i == start ? start : s.n + 1;
}

/* The mailbox at i. The index behind it, or i when it is malformed. */
static size_t mailbox(struct span s, size_t i, bool local_alone, struct smtp_path *p)
{
    size_t l = at(s, i, '"') ? quoted_string(s, i) : dot_string(s, i), d;

    if (l == i || l - i > SMTP_LOCAL_MAX)
        return i;
    p->quoted = s.p[i] == '"';
    p->local = span_of(s.p + i, l - i);
    if (!at(s, l, '@')) {
        p->address = p->local;
        return local_alone && span_ieq_str(p->local, "postmaster") ? l : i;
    }
    d = domain_part(s, l + 1);
    if (d == l + 1 || d - l - 1 > SMTP_DOMAIN_MAX)
        return i;
    p->literal = s.p[l + 1] == '[';
    p->domain = span_of(s.p + l + 1, d - l - 1);
    p->address = span_of(s.p + i, d - i);
    p->utf8 = has_8bit(p->address);
    return p->utf8 && !utf8_ok(p->address) ? i : d;
}

enum rc smtp_path(struct span in, enum smtp_path_rule rule, struct smtp_path *out, size_t *used_out, struct err *e)
{
    struct smtp_path p = {0};
    size_t i, end;

    if (!at(in, 0, '<'))
        return err_set(e, RC_SYNTAX, "path does not start with <");
    if (at(in, 1, '>') && rule == PATH_REVERSE) {
        *out = p;
        *used_out = 2;
        return RC_OK;
    }
    i = source_route(in, 1);
    if (i > in.n)
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_ADDRESS, "broken source route");
    end = mailbox(in, i, rule == PATH_FORWARD, &p);
    if (end == i || !at(in, end, '>'))
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_ADDRESS, "malformed address in path");
    if (p.address.n + 2 > SMTP_PATH_MAX)
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_ADDRESS, "path of %zu octets", p.address.n + 2);
    *out = p;
    *used_out = end + 1;
    return RC_OK;
}

/* Writes the inside of a quoted local part without its backslashes. False: it does not fit. */
static bool unquote(struct span local, char *out, size_t cap, size_t *n_out)
{
    size_t n = 0;

    for (size_t i = 1; i + 1 < local.n; i++) {
        if (local.p[i] == '\\')
            i++;
        if (n + 1 >= cap)
            return false;
        out[n++] = (char)local.p[i];
    }
    *n_out = n;
    return true;
}

struct span smtp_domain_of(struct span address)
{
    for (size_t i = address.n; i > 0; i--)
        if (address.p[i - 1] == '@')
            return span_from(address, i);
    return SPAN_NULL;
}

bool smtp_path_plain(const struct smtp_path *p, char *out, size_t cap)
{
    char raw[SMTP_LOCAL_MAX + 1], whole[SMTP_PATH_MAX + SMTP_LOCAL_MAX];
    struct span local = p->local;
    size_t n = 0;

    if (p->quoted && unquote(local, raw, sizeof raw, &n) && n > 0 && dot_string(span_of(raw, n), 0) == n)
        local = span_of(raw, n); /* the quotes changed nothing */
    n = (size_t)snprintf(whole, sizeof whole, "%.*s%s%.*s", SPAN_ARG(local), p->domain.n > 0 ? "@" : "",
                         SPAN_ARG(p->domain));
    return n + 2 <= SMTP_PATH_MAX && idn_address(span_of(whole, n), out, cap) && strlen(out) + 2 <= SMTP_PATH_MAX;
}
