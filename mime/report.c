/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report.c - see mime/report.h: the three parts put together with libetpan's writer. */
#include "mime/report.h"
#include "mime/report_int.h"
#include <libetpan/mailmime.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *action, *subject;
} kinds[] = {
    [REPORT_FAILED] = {"failed", "Message non remis / Undelivered mail"},
    [REPORT_DELAYED] = {"delayed", "Message en attente / Delayed mail"},
    [REPORT_DELIVERED] = {"delivered", "Message remis / Delivered mail"},
    [REPORT_RELAYED] = {"relayed", "Message transmis / Relayed mail"},
};

const char *report_action(enum report_kind k)
{
    return kinds[k].action;
}

/* ---- what libetpan takes is malloc()ed text ---- */
static char *text(const char *s)
{
    char *copy = strdup(s);

    if (!copy)
        die("out of memory");
    return copy;
}

static void param(struct mailmime_content *c, const char *name, const char *value)
{
    struct mailmime_parameter *p = mailmime_parameter_new(text(name), text(value));

    if (!p || clist_append(c->ct_parameters, p) < 0)
        die("out of memory");
}

/* A part that is written as it stands (encoded is 1), or encoded by libetpan. */
static struct mailmime *part(const char *type, int mechanism, int encoded, const struct buf *b)
{
    struct mailmime_content *c = mailmime_content_new_with_str(type);
    struct mailmime_fields *f = mailmime_fields_new_encoding(mechanism);
    struct mailmime_data *d = mailmime_data_new_data(mechanism, encoded, (const char *)b->p, b->n);
    struct mailmime *m = c && f && d ? mailmime_new_empty(c, f) : NULL;

    if (!m)
        die("out of memory");
    if (strncmp(type, "text/plain", 10) == 0)
        param(c, "charset", "utf-8");
    m->mm_data.mm_single = d;
    return m;
}

static void field(struct mailimf_fields *f, const char *name, const char *value)
{
    struct mailimf_field *one = mailimf_field_new_custom(text(name), text(value));

    if (!one || mailimf_fields_add(f, one) != MAILIMF_NO_ERROR)
        die("out of memory");
}

static void address_field(struct mailimf_fields *f, const char *name, struct span address)
{
    struct buf b = BUF_INIT;

    report_address(&b, address);
    field(f, name, buf_cstr(&b));
    buf_free(&b);
}

/* A Message-ID that we pass on is one word without anything that could end the line. */
static bool id_ok(struct span id)
{
    if (id.n < 3 || id.n > 250 || id.p[0] != '<' || id.p[id.n - 1] != '>')
        return false;
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] <= ' ' || id.p[i] >= 127)
            return false;
    return true;
}

static struct mailimf_fields *header(const struct report *r)
{
    struct mailimf_fields *f = mailimf_fields_new_empty();
    char line[512];

    if (!f)
        die("out of memory");
    report_date(r->now, line, sizeof line);
    field(f, "Date", line);
    snprintf(line, sizeof line, "postmaster@%s", r->domain);
    field(f, "From", line);
    address_field(f, "To", r->to);
    field(f, "Subject", kinds[r->kind].subject);
    snprintf(line, sizeof line, "<%s@%s>", r->id, r->host);
    field(f, "Message-ID", line);
    if (id_ok(r->original_id)) {
        snprintf(line, sizeof line, "%.*s", SPAN_ARG(r->original_id));
        field(f, "In-Reply-To", line);
        field(f, "References", line);
    }
    field(f, "Auto-Submitted",
          r->kind == REPORT_FAILED || r->kind == REPORT_DELAYED ? "auto-replied" : "auto-generated");
    return f;
}

static bool beyond_ascii(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return true;
    return false;
}

static struct mailmime *original_part(const struct report *r)
{
    static const char *const types[2][2] = {{"text/rfc822-headers", "message/rfc822"},
                                            {"message/global-headers", "message/global"}};
    bool wide = beyond_ascii(r->original);
    struct buf b = BUF_SECRET_INIT;
    struct mailmime *m;

    buf_addspan(&b, r->original);
    m = part(types[wide][r->whole], wide ? MAILMIME_MECHANISM_8BIT : MAILMIME_MECHANISM_7BIT, 1, &b);
    m->mm_data.mm_single->dt_data.dt_text.dt_data = (const char *)r->original.p; /* the caller's, which outlives this */
    buf_free(&b);
    return m;
}

static struct mailmime *body(const struct report *r, const struct buf *people, const struct buf *programs)
{
    struct mailmime *multi = mailmime_multiple_new("multipart/report");

    if (!multi)
        die("out of memory");
    param(multi->mm_content_type, "report-type", "delivery-status");
    if (mailmime_smart_add_part(multi, part("text/plain", MAILMIME_MECHANISM_QUOTED_PRINTABLE, 0, people)) !=
            MAILIMF_NO_ERROR ||
        mailmime_smart_add_part(multi, part("message/delivery-status", MAILMIME_MECHANISM_7BIT, 1, programs)) !=
            MAILIMF_NO_ERROR ||
        mailmime_smart_add_part(multi, original_part(r)) != MAILIMF_NO_ERROR)
        die("out of memory");
    return multi;
}

enum rc report_write(const struct report *r, struct buf *out, struct err *e)
{
    struct buf people = BUF_SECRET_INIT, programs = BUF_SECRET_INIT;
    struct mailmime *message, *multi;
    MMAPString *s;
    int col = 0;

    if (r->n == 0 || r->n > REPORT_RECIPIENTS)
        return err_set(e, RC_SYNTAX, "a report on %zu recipients", r->n);
    report_for_people(r, &people);
    report_for_programs(r, &programs);
    multi = body(r, &people, &programs);
    message = mailmime_new_message_data(multi);
    s = mmap_string_new("");
    if (!message || !s)
        die("out of memory");
    mailmime_set_imf_fields(message, header(r));
    if (mailmime_write_mem(s, &col, message) != MAILIMF_NO_ERROR)
        die("out of memory");
    buf_add(out, s->str, s->len);
    mmap_string_free(s);
    mailmime_free(message);
    buf_free(&people);
    buf_free(&programs);
    return RC_OK;
}
