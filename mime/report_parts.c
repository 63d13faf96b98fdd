/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report_parts.c - what a report says: to people (French, then English), and to programs (RFC 3464 2). */
#include "mime/report_int.h"
#include <stdio.h>
#include <time.h>

enum { FOLD_AT = 72 };

void report_date(int64_t utc, char *out, size_t cap)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t t = (time_t)utc;
    struct tm tm;

    gmtime_r(&t, &tm);
    snprintf(out, cap, "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* ---- for programs ---- */
/* One character of UTF-8 at the front of s; its length, and *code. A malformed one is one octet. */
static size_t character(struct span s, uint32_t *code)
{
    unsigned char c = s.p[0];
    size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

    *code = n == 1 ? c : c & (0xffu >> (n + 1));
    if (n > s.n)
        n = 1;
    for (size_t i = 1; i < n; i++)
        *code = *code << 6 | (s.p[i] & 0x3f);
    return n;
}

/* Printable ASCII as it is; what is beyond as RFC 6533 3 writes it (\x{E9}); control characters as '?'. */
static void escaped(struct buf *out, struct span s, size_t *col)
{
    while (s.n > 0) {
        uint32_t code;
        size_t n = character(s, &code), before = out->n;

        if (*col >= FOLD_AT && (s.p[0] == ' ' || *col >= 900)) {
            buf_addf(out, "\r\n ");
            *col = 1;
            before = out->n;
        }
        if (code >= ' ' && code < 127)
            buf_u8(out, (uint8_t)code);
        else if (code >= 0xa0)
            buf_addf(out, "\\x{%X}", (unsigned)code);
        else
            buf_u8(out, '?');
        *col += out->n - before;
        s = span_from(s, n);
    }
}

void report_field(struct buf *out, const char *name, const char *type, struct span value)
{
    size_t col = out->n;

    if (value.n == 0)
        return;
    buf_addf(out, "%s: ", name);
    if (type)
        buf_addf(out, "%s; ", type);
    col = out->n - col;
    escaped(out, span_head(value, REPORT_TEXT), &col);
    buf_addf(out, "\r\n");
}

static bool wide(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return true;
    return false;
}

static void time_field(struct buf *out, const char *name, int64_t utc)
{
    char date[64];

    if (utc <= 0)
        return;
    report_date(utc, date, sizeof date);
    report_field(out, name, NULL, span_str(date));
}

static void recipient_for_programs(const struct report *r, const struct report_recipient *one, struct buf *out)
{
    buf_addf(out, "\r\n");
    report_field(out, "Original-Recipient", NULL, one->original);
    report_field(out, "Final-Recipient", wide(one->final) ? "utf-8" : "rfc822", one->final);
    report_field(out, "Action", NULL, span_str(report_action(r->kind)));
    report_field(out, "Status", NULL, span_str(one->status));
    report_field(out, "Remote-MTA", "dns", one->remote_mta);
    report_field(out, "Diagnostic-Code", "smtp", one->diagnostic);
    time_field(out, "Last-Attempt-Date", one->last_attempt);
    if (r->kind == REPORT_DELAYED)
        time_field(out, "Will-Retry-Until", one->retry_until);
}

void report_for_programs(const struct report *r, struct buf *out)
{
    report_field(out, "Original-Envelope-Id", NULL, r->envid);
    report_field(out, "Reporting-MTA", "dns", span_str(r->host));
    time_field(out, "Arrival-Date", r->arrival);
    for (size_t i = 0; i < r->n; i++)
        recipient_for_programs(r, &r->r[i], out);
}

/* ---- for people ---- */
static const struct {
    const char *fr, *en;
} opening[] = {
    [REPORT_FAILED] = {"Votre message n'a pas pu être remis à :", "Your message could not be delivered to:"},
    [REPORT_DELAYED] =
        {"Votre message n'est pas encore remis ; les essais continuent, vous n'avez rien à faire. Destinataires en "
         "attente :",
         "Your message is not delivered yet; tries go on, you need not do anything. Recipients who wait:"},
    [REPORT_DELIVERED] = {"Votre message a été déposé dans la boîte de :", "Your message was filed in the mailbox of:"},
    [REPORT_RELAYED] = {"Votre message a été transmis à un serveur qui ne donne pas d'accusé de réception, pour :",
                        "Your message was passed on to a server that gives no delivery receipts, for:"},
};

/* One line: what could end it or hide in it is left out. */
static void one_line(struct buf *out, struct span s)
{
    s = span_head(s, REPORT_TEXT);
    for (size_t i = 0; i < s.n; i++)
        buf_u8(out, s.p[i] < ' ' || s.p[i] == 127 ? '?' : s.p[i]);
}

void report_address(struct buf *out, struct span address)
{
    buf_u8(out, '<');
    one_line(out, address);
    buf_u8(out, '>');
}

static void language(const struct report *r, bool french, struct buf *out)
{
    char date[64];

    buf_addf(out, "%s\r\n\r\n", french ? opening[r->kind].fr : opening[r->kind].en);
    for (size_t i = 0; i < r->n; i++) {
        const struct report_recipient *one = &r->r[i];

        buf_addf(out, "  ");
        report_address(out, one->final);
        buf_addf(out, "\r\n    %s (%s)\r\n", french ? one->fr : one->en, one->status);
        if (one->diagnostic.n > 0 && one->remote_mta.n > 0) {
            buf_addf(out, "    %s", french ? "Réponse de " : "Answer of ");
            one_line(out, one->remote_mta);
            buf_addf(out, "%s", french ? " : " : ": ");
            one_line(out, one->diagnostic);
            buf_addf(out, "\r\n");
        }
        if (r->kind == REPORT_DELAYED && one->retry_until > 0) {
            report_date(one->retry_until, date, sizeof date);
            buf_addf(out, "    %s %s\r\n", french ? "Essais jusqu'au" : "Tries until", date);
        }
    }
}

void report_for_people(const struct report *r, struct buf *out)
{
    char date[64];

    report_date(r->arrival, date, sizeof date);
    language(r, true, out);
    buf_addf(out, "\r\nMessage reçu par %s le %s.\r\n\r\n----\r\n\r\n", r->host, date);
    language(r, false, out);
    buf_addf(out, "\r\nMessage received by %s on %s.\r\n", r->host, date);
}
