/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/line_fuzz.c - a command line through every argument parser; what one accepts must hold its own promises. */
#include "base/base64.h"
#include "proto/sasl/sasl.h"
#include "proto/smtp/cmd.h"
#include "proto/smtp/reply.h"
#include <stdio.h>
#include <stdlib.h>

static enum rc (*const parsers[])(struct span, union smtp_args *,
                                  struct err *) = {smtp_parse_none, smtp_parse_text, smtp_parse_word, smtp_parse_helo,
                                                   smtp_parse_mail, smtp_parse_rcpt, smtp_parse_bdat, smtp_parse_auth};

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void paths(struct span arg)
{
    struct smtp_path p, again;
    char plain[SMTP_PATH_MAX + 1], path[SMTP_PATH_MAX + 3];
    struct err e;
    size_t used;

    if (smtp_path(arg, PATH_REVERSE, &p, &used, &e) != RC_OK)
        return;
    must(used <= arg.n && p.local.n <= SMTP_LOCAL_MAX && p.domain.n <= SMTP_DOMAIN_MAX && utf8_ok(p.address));
    if (!smtp_path_plain(&p, plain, sizeof plain)) {
        must(p.utf8); /* a domain may have no A-labels */
        return;
    }
    snprintf(path, sizeof path, "<%s>", plain);
    must(p.domain.n == 0 || smtp_path(span_str(path), PATH_REVERSE, &again, &used, &e) == RC_OK); /* one address too */
}

static void responses(struct span arg)
{
    static const char *const names[] = {"PLAIN", "LOGIN"};
    struct err e;

    for (size_t i = 0; i < 2; i++) {
        struct sasl s;

        must(sasl_begin(&s, span_str(names[i]), &e) == RC_OK);
        if (sasl_step(&s, arg, &e) == RC_MORE && sasl_step(&s, arg, &e) == RC_OK)
            must(s.login.n > 0);
        sasl_end(&s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct smtp_line line = smtp_line(span_of(p, n));
    struct buf b = BUF_INIT, back = BUF_INIT;
    union smtp_args a;
    struct err e;

    for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++)
        (void)parsers[i](line.arg, &a, &e);
    paths(line.arg);
    responses(line.arg);
    base64_encode(line.arg, &b);
    must(base64_decode(buf_span(&b), &back, &e) == RC_OK && span_eq(buf_span(&back), line.arg));
    buf_clear(&back);
    if (base64_decode(line.arg, &back, &e) == RC_OK) { /* what decodes has one spelling */
        buf_clear(&b);
        base64_encode(buf_span(&back), &b);
        must(span_eq(buf_span(&b), line.arg));
    }
    buf_clear(&b);
    smtp_reply(&b, 250, "2.0.0", line.arg, true);
    must(b.n >= 6 && b.p[b.n - 1] == '\n');
    buf_clear(&b);
    (void)xtext_ok(line.arg);
    buf_free(&b);
    buf_free(&back);
    return 0;
}
