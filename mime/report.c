/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report.c - see mime/report.h. libetpan writes header and parts; what goes in is cleaned before. */
#include "mime/report.h"
#include "mime/codec.h"
#include "mime/fields.h"
#include "mime/report_int.h"
#include <libetpan/libetpan.h>
#include <stdlib.h>

enum { ADDRESS_MAX = 320, WORD_MAX = 45 /* octets of text in an encoded word: 60 digits and 12 around them */ };

/* ---- the header ---- */

/* An address that is written as it stands in From: and To:. */
bool report_address(struct span a)
{
    struct buf clean = BUF_SECRET_INIT;
    bool ok;

    report_clean(a, ADDRESS_MAX, true, &clean);
    ok =
        a.n > 2 && span_eq(buf_span(&clean), a) && span_chr(a, '@') > 0 && span_chr(a, '<') < 0 && span_chr(a, '>') < 0;
    buf_free(&clean);
    return ok;
}

/* "<id@host>" of the original's Message-ID, when it is one word of ASCII. */
static bool original_id(struct span header, struct buf *out)
{
    struct field f;
    struct span id;

    if (!field_find(header, "Message-ID", &f))
        return false;
    id = span_trim(f.body);
    if (id.n < 5 || id.n > 900 || id.p[0] != '<' || id.p[id.n - 1] != '>' || span_chr(id, '@') < 0)
        return false;
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] <= ' ' || id.p[i] > 0x7E || (id.p[i] == '<' && i > 0) || (id.p[i] == '>' && i + 1 < id.n))
            return false;
    buf_addspan(out, id);
    return true;
}

/* RFC 2047: words of base64, cut between characters. */
void report_encoded(struct span utf8, struct buf *out)
{
    struct span rest = utf8;

    while (rest.n > 0) {
        struct encoder b = {.kind = CODEC_BASE64};
        size_t n = rest.n < WORD_MAX ? rest.n : WORD_MAX;

        while (n < rest.n && (rest.p[n] & 0xC0) == 0x80)
            n--;
        buf_addstr(out, out->n > 0 ? " =?utf-8?b?" : "=?utf-8?b?");
        encoder_feed(&b, span_head(rest, n), out);
        encoder_end(&b, out);
        while (out->n > 0 && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
            buf_cut(out, out->n - 1);
        buf_addstr(out, "?=");
        rest = span_from(rest, n);
    }
}

static struct mailimf_fields *header(const struct report *r)
{
    struct mailimf_fields *h = report_header_new();
    struct buf v = BUF_SECRET_INIT, subject = BUF_INIT; /* open: our words */
    char date[REPORT_DATE];

    report_header_add(&h, "Date", report_date(r->now, date));
    buf_addf(&v, "Mail Delivery System <MAILER-DAEMON@%s>", r->domain);
    report_header_add(&h, "From", buf_cstr(&v));
    buf_clear(&v);
    buf_addf(&v, "<%.*s>", SPAN_ARG(r->to));
    report_header_add(&h, "To", buf_cstr(&v));
    buf_clear(&v);
    report_subject(r->kind, &subject);
    report_encoded(buf_span(&subject), &v);
    report_header_add(&h, "Subject", buf_cstr(&v));
    buf_free(&subject);
    buf_clear(&v);
    buf_addf(&v, "<%s@%s>", r->id, r->host);
    report_header_add(&h, "Message-ID", buf_cstr(&v));
    buf_clear(&v);
    if (original_id(r->original, &v)) {
        report_header_add(&h, "In-Reply-To", buf_cstr(&v));
        report_header_add(&h, "References", buf_cstr(&v));
    }
    report_header_add(&h, "Auto-Submitted", "auto-replied");
    buf_free(&v);
    return h;
}

/* ---- parts ---- */
struct part {
    const char *type;
    int encoding; /* of libetpan */
    bool encoded; /* the octets are in that encoding already */
    struct span octets;
};

static struct mailmime_fields *fields_of(int encoding, bool version)
{
    struct mailmime_mechanism *m = mailmime_mechanism_new(encoding, NULL);
    struct mailmime_fields *f = NULL;

    if (m)
        f = version ? mailmime_fields_new_with_version(m, NULL, NULL, NULL, NULL)
                    : mailmime_fields_new_with_data(m, NULL, NULL, NULL, NULL);
    if (m && !f)
        mailmime_mechanism_free(m);
    return f;
}

/* A leaf, message/rfc822 too: libetpan shall not look into its octets. */
static struct mailmime *leaf(const struct part *p)
{
    struct mailmime_content *c = mailmime_content_new_with_str(p->type);
    struct mailmime_fields *f = fields_of(p->encoding, false);
    struct mailmime_data *d =
        mailmime_data_new_data(p->encoding, p->encoded, (const char *)p->octets.p, p->octets.n); /* borrowed */
    struct mailmime *m =
        c && f && d ? mailmime_new(MAILMIME_SINGLE, NULL, 0, f, c, d, NULL, NULL, NULL, NULL, NULL) : NULL;

    if (m)
        return m;
    if (c)
        mailmime_content_free(c);
    if (f)
        mailmime_fields_free(f);
    if (d)
        mailmime_data_free(d);
    return NULL;
}

static struct mailmime *multipart(const struct report *r, bool eight_bit)
{
    struct buf type = BUF_INIT; /* open: our own words */
    struct mailmime_content *c;
    struct mailmime_fields *f = fields_of(eight_bit ? MAILMIME_MECHANISM_8BIT : MAILMIME_MECHANISM_7BIT, true);
    clist *parts = clist_new();
    struct mailmime *m = NULL;

    buf_addf(&type, "multipart/report; report-type=delivery-status; boundary=\"report-%s\"", r->id);
    c = mailmime_content_new_with_str(buf_cstr(&type));
    buf_free(&type);
    if (c && f && parts)
        m = mailmime_new(MAILMIME_MULTIPLE, NULL, 0, f, c, NULL, NULL, NULL, parts, NULL, NULL);
    if (m)
        return m;
    if (c)
        mailmime_content_free(c);
    if (f)
        mailmime_fields_free(f);
    if (parts)
        clist_free(parts);
    return NULL;
}

/* What of the original is sent back, and how. A header with octets beyond 127, and a whole message whose header has such, are message/global's, which
 * may be encoded. */
static struct part original(const struct report *r, bool *eight_bit_out)
{
    ptrdiff_t end = span_find(r->original, SPAN_LIT("\r\n\r\n"));
    bool seven_head = report_ascii(end < 0 ? r->original : span_head(r->original, (size_t)end));
    struct part p = {.octets = r->original, .encoding = MAILMIME_MECHANISM_7BIT, .encoded = true};

    *eight_bit_out = false;
    if (!r->full && end >= 0) /* what stands behind a header is not asked for, whoever gives it */
        p.octets = span_head(r->original, (size_t)end + 2);
    if (!seven_head) {
        p.type = r->full ? "message/global" : "message/global-headers";
        p.encoding = MAILMIME_MECHANISM_BASE64;
        p.encoded = false;
    } else if (r->full) {
        p.type = "message/rfc822";
        *eight_bit_out = !report_ascii(r->original);
        p.encoding = *eight_bit_out ? MAILMIME_MECHANISM_8BIT : MAILMIME_MECHANISM_7BIT;
    } else {
        p.type = "text/rfc822-headers";
    }
    return p;
}

static int to_buf(void *out, const char *p, size_t n)
{
    buf_add(out, p, n);
    return (int)n;
}

static bool put(struct mailmime *whole, const struct part *p)
{
    struct mailmime *m = leaf(p);

    if (m && mailmime_add_part(whole, m) == MAILIMF_NO_ERROR)
        return true;
    if (m)
        mailmime_free(m);
    return false;
}

static bool write_all(const struct report *r, const struct part parts[3], bool eight_bit, struct buf *out)
{
    struct mailimf_fields *h = header(r);
    struct mailmime *whole = multipart(r, eight_bit);
    bool ok = whole != NULL;
    int column = 0;

    for (int i = 0; ok && i < 3; i++)
        ok = put(whole, &parts[i]);
    ok = report_header_end(&h, out) && ok; /* frees it */
    if (ok)
        ok = mailmime_fields_write_driver(to_buf, out, &column, whole->mm_mime_fields) == MAILIMF_NO_ERROR &&
             mailmime_content_write_driver(to_buf, out, &column, whole->mm_content_type) == MAILIMF_NO_ERROR;
    if (ok) {
        buf_addstr(out, "\r\n");
        column = 0;
        ok = mailmime_write_driver(to_buf, out, &column, whole) == MAILIMF_NO_ERROR;
    }
    if (whole)
        mailmime_free(whole);
    return ok;
}

/* RFC 6533's form is for what an ASCII one cannot say: an address. */
static bool global_status(const struct report *r)
{
    bool global = false;

    for (size_t i = 0; r->utf8 && i < r->n; i++)
        global = global || !report_ascii(r->rcpts[i].address) || !report_ascii(r->rcpts[i].orcpt);
    return global;
}

enum rc report_write(const struct report *r, struct buf *out, struct report_needs *needs_out, struct err *e)
{
    struct buf text = BUF_SECRET_INIT, status = BUF_SECRET_INIT;
    bool global = global_status(r), eight_bit, ok;
    size_t before = out->n;
    struct part parts[3];

    if (r->n == 0 || r->n > REPORT_RCPTS || !report_address(r->to))
        return err_set(e, RC_SYNTAX, "a report on %zu recipients, to an address of %zu octets, is none", r->n, r->to.n);
    report_text(r, &text);
    ok = report_status(r, global, &status);
    parts[0] = (struct part){"text/plain; charset=utf-8", MAILMIME_MECHANISM_QUOTED_PRINTABLE, false, buf_span(&text)};
    parts[1] = (struct part){global ? "message/global-delivery-status" : "message/delivery-status",
                             global ? MAILMIME_MECHANISM_BASE64 : MAILMIME_MECHANISM_7BIT, !global, buf_span(&status)};
    parts[2] = original(r, &eight_bit);
    ok = ok && write_all(r, parts, eight_bit, out);
    if (!ok)
        buf_cut(out, before);
    else
        *needs_out =
            (struct report_needs){.utf8 = !report_ascii(r->to), .eight_bit = eight_bit || !report_ascii(r->to)};
    buf_free(&text);
    buf_free(&status);
    return ok ? RC_OK : err_set(e, RC_TEMP, "libetpan wrote no report");
}
