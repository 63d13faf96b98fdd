/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/asked.c - see httpd/asked.h. */
#include "httpd/asked.h"
#include "base/ascii.h"
#include "base/log.h"
#include "policies/identifiers.h"
#include <stdio.h>

static bool local_lower(struct span local, char out[65])
{
    if (local.n == 0 || local.n > 64)
        return false;
    ascii_lower_all(local, out);
    out[local.n] = 0;
    return mail_local_ok(span_str(out)) && strlen(out) == local.n;
}

static ptrdiff_t last_at(struct span s)
{
    for (size_t i = s.n; i > 0; i--)
        if (s.p[i - 1] == '@')
            return (ptrdiff_t)i - 1;
    return -1;
}

static enum asked served(const struct reach *r, struct dir *dir, const char *domain)
{
    enum rc rc = RC_NOTFOUND;
    struct err e;

    if (strcmp(domain, r->domain) == 0)
        return ASKED_SERVED;
    if (dir)
        rc = dir_served(dir, span_str(domain), &e);
    if (rc != RC_OK && rc != RC_NOTFOUND)
        log_err(LOG_WARN_, "domain-unknown", &e);
    return rc == RC_OK ? ASKED_SERVED : rc == RC_NOTFOUND ? ASKED_ELSEWHERE : ASKED_UNKNOWN;
}

void asked_about(const struct reach *r, struct dir *dir, struct span text, bool strict, struct asked_of *out)
{
    char domain[IDN_ROOM], local[65] = "";
    ptrdiff_t at;

    memset(out, 0, sizeof *out);
    text = span_trim(text);
    if (text.n == 0)
        return;
    at = last_at(text);
    out->is = ASKED_MALFORMED;
    if (at <= 0 || span_chr(text, 0) >= 0 || !idn_domain(span_from(text, (size_t)at + 1), domain) ||
        !mail_domain_ok(span_str(domain)))
        return;
    if (strict && !local_lower(span_head(text, (size_t)at), local))
        return;
    out->is = served(r, dir, domain);
    if (out->is != ASKED_SERVED)
        return;
    (void)snprintf(out->domain, sizeof out->domain, "%s", domain);
    if (strict)
        (void)snprintf(out->address, sizeof out->address, "%s@%s", local, domain);
}
