/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report_status.c - what programs read of a report: RFC 3464's fields, and headers that libetpan folds (mime/report.h). */
#include "mime/report_int.h"
#include <libetpan/libetpan.h>
#include <stdlib.h>

/* ---- headers ---- */
struct mailimf_fields *report_header_new(void)
{
    return mailimf_fields_new_empty();
}

static void header_drop(struct mailimf_fields **h)
{
    if (*h)
        mailimf_fields_free(*h);
    *h = NULL;
}

/* libetpan takes what it is given by malloc(), and frees it. */
void report_header_add(struct mailimf_fields **h, const char *name, const char *value)
{
    char *n = strdup(name), *v = strdup(value);
    struct mailimf_optional_field *o = n && v ? mailimf_optional_field_new(n, v) : NULL;
    struct mailimf_field *f = NULL;

    if (!o) {
        free(n);
        free(v);
        header_drop(h);
        return;
    }
    f = mailimf_field_new(MAILIMF_FIELD_OPTIONAL_FIELD, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                          NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, o);
    if (!f)
        mailimf_optional_field_free(o);
    else if (*h && mailimf_fields_add(*h, f) == MAILIMF_NO_ERROR)
        return;
    else
        mailimf_field_free(f);
    header_drop(h);
}

static int to_buf(void *out, const char *p, size_t n)
{
    buf_add(out, p, n);
    return (int)n;
}

bool report_header_end(struct mailimf_fields **h, struct buf *out)
{
    int column = 0;
    bool ok = *h && mailimf_fields_write_driver(to_buf, out, &column, *h) == MAILIMF_NO_ERROR;

    header_drop(h);
    return ok;
}

/* ---- the fields ---- */
static const char *const actions[] = {[REPORT_FAILED] = "failed",
                                      [REPORT_DELAYED] = "delayed",
                                      [REPORT_DELIVERED] = "delivered",
                                      [REPORT_RELAYED] = "relayed"};

static void add_buf(struct mailimf_fields **h, const char *name, struct buf *value)
{
    if (value->n > 0)
        report_header_add(h, name, buf_cstr(value));
    buf_free(value);
}

static void add_date(struct mailimf_fields **h, const char *name, uint64_t utc)
{
    char date[REPORT_DATE];

    if (utc > 0)
        report_header_add(h, name, report_date(utc, date));
}

/* "rfc822;a+2Bb@example" is "rfc822; a+b@example". An address of type utf-8 has escapes of its own, which stay. */
static void add_original(struct mailimf_fields **h, struct span orcpt, bool utf8)
{
    struct buf v = BUF_SECRET_INIT;
    ptrdiff_t semi = span_chr(orcpt, ';');

    if (semi <= 0)
        return;
    report_clean(span_head(orcpt, (size_t)semi), 80, false, &v);
    buf_addstr(&v, "; ");
    if (span_ieq_str(span_head(orcpt, (size_t)semi), "utf-8"))
        report_clean(span_from(orcpt, (size_t)semi + 1), REPORT_WORDS, utf8, &v);
    else
        report_xtext(span_from(orcpt, (size_t)semi + 1), utf8, &v);
    add_buf(h, "Original-Recipient", &v);
}

static void add_final(struct mailimf_fields **h, struct span address, bool utf8)
{
    struct buf v = BUF_SECRET_INIT;

    buf_addstr(&v, report_ascii(address) ? "rfc822; " : "utf-8; ");
    report_clean(address, REPORT_WORDS, utf8, &v);
    add_buf(h, "Final-Recipient", &v);
}

static void add_diagnostic(struct mailimf_fields **h, const struct report_recipient *p, bool utf8)
{
    struct buf v = BUF_SECRET_INIT;

    if (p->code > 0) {
        buf_addf(&v, "smtp; %u ", p->code);
        report_clean(p->words, REPORT_WORDS, utf8, &v);
    } else if (p->en) {
        buf_addf(&v, "x-pli; %s", p->en);
    }
    add_buf(h, "Diagnostic-Code", &v);
}

/* "dns; mx1.chu.example (192.0.2.1)" */
static void add_mta(struct mailimf_fields **h, const char *name, struct span mta, bool utf8)
{
    struct buf v = BUF_SECRET_INIT;

    if (mta.n > 0) {
        buf_addstr(&v, "dns; ");
        report_clean(mta, 300, utf8, &v);
    }
    add_buf(h, name, &v);
}

static bool recipient(const struct report *r, const struct report_recipient *p, bool utf8, struct buf *out)
{
    struct mailimf_fields *h = report_header_new();
    struct buf status = BUF_INIT; /* open: a code */

    add_original(&h, p->orcpt, utf8);
    add_final(&h, p->address, utf8);
    report_header_add(&h, "Action", actions[r->kind]);
    report_clean(p->status, 12, false, &status);
    add_buf(&h, "Status", &status);
    add_mta(&h, "Remote-MTA", p->remote_mta, utf8);
    add_diagnostic(&h, p, utf8);
    add_date(&h, "Last-Attempt-Date", p->last_attempt);
    add_date(&h, "Will-Retry-Until", r->kind == REPORT_DELAYED ? p->retry_until : 0);
    return report_header_end(&h, out);
}

bool report_status(const struct report *r, bool utf8, struct buf *out)
{
    struct mailimf_fields *h = report_header_new();
    struct buf envid = BUF_SECRET_INIT;
    bool ok;

    report_xtext(r->envid, utf8, &envid);
    add_buf(&h, "Original-Envelope-Id", &envid);
    add_mta(&h, "Reporting-MTA", span_str(r->host), utf8);
    add_date(&h, "Arrival-Date", r->arrival);
    ok = report_header_end(&h, out);
    for (size_t i = 0; ok && i < r->n; i++) {
        buf_addstr(out, "\r\n");
        ok = recipient(r, &r->rcpts[i], utf8, out);
    }
    return ok;
}
