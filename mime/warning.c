/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/warning.c - see mime/warning.h. */
#include "mime/warning.h"
#include "mime/codec.h"
#include "mime/report_int.h"
#include <stdio.h>

static const struct {
    const char *hello, *full, *octets, *messages, *end;
    char comma;
    const char *unit;
} words[] = {
    {"Ceci est un avis automatique du serveur de messagerie",
     "Votre boîte aux lettres est remplie à %u % ou plus :", "Place occupée", "Messages",
     "Supprimez ce qui n'est plus utile, ou demandez une boîte plus grande à votre administrateur. Une boîte pleine "
     "refuse les nouveaux messages, et leurs expéditeurs en sont avertis.",
     ',', "Mio"},
    {"This is an automatic notice of the mail server", "Your mailbox is %u % full or more:", "Room taken", "Messages",
     "Delete what is no longer needed, or ask your administrator for a larger mailbox. A full mailbox refuses new "
     "messages, and their senders are told so.",
     '.', "MiB"},
};

/* "57,6": in units of 1024 * 1024 octets. */
static void put_size(uint64_t octets, char comma, struct buf *out)
{
    uint64_t unit = 1024 * 1024, tenths = octets % unit * 10 / unit;

    buf_addf(out, "%llu%c%llu", (unsigned long long)(octets / unit), comma, (unsigned long long)tenths);
}

/* The text has one %u. */
static void put_level(const char *text, unsigned level, struct buf *out)
{
    const char *at = strstr(text, "%u");

    buf_add(out, text, (size_t)(at - text));
    buf_addf(out, "%u%s\r\n\r\n", level, at + 2);
}

static void say(const struct warning *w, size_t language, struct buf *out)
{
    buf_addf(out, "%s %s.\r\n\r\n", words[language].hello, w->host);
    put_level(words[language].full, w->level, out);
    buf_addstr(out, "  <");
    report_clean(w->to, 400, true, out);
    buf_addstr(out, ">\r\n");
    if (w->quota > 0) {
        buf_addf(out, "    %s : ", words[language].octets);
        put_size(w->used, words[language].comma, out);
        buf_addstr(out, " / ");
        put_size(w->quota, words[language].comma, out);
        buf_addf(out, " %s\r\n", words[language].unit);
    }
    if (w->most > 0) {
        buf_addf(out, "    %s : %llu", words[language].messages, (unsigned long long)w->messages);
        buf_addstr(out, " / ");
        buf_addf(out, "%llu\r\n", (unsigned long long)w->most);
    }
    buf_addf(out, "\r\n%s\r\n", words[language].end);
}

static void text(const struct warning *w, struct buf *out)
{
    struct encoder qp = {.kind = CODEC_QP};
    struct buf plain = BUF_INIT; /* open: our words, and the address that the header has */

    say(w, 0, &plain);
    buf_addstr(&plain, "\r\n---- English ----\r\n\r\n");
    say(w, 1, &plain);
    encoder_feed(&qp, buf_span(&plain), out);
    encoder_end(&qp, out);
    buf_free(&plain);
}

static bool header(const struct warning *w, struct buf *out)
{
    struct mailimf_fields *h = report_header_new();
    struct buf v = BUF_INIT, subject = BUF_INIT; /* open: our words, and the address that the header has */
    char date[REPORT_DATE];

    report_header_add(&h, "Date", report_date(w->now, date));
    buf_addf(&v, "Mail Delivery System <MAILER-DAEMON@%s>", w->domain);
    report_header_add(&h, "From", buf_cstr(&v));
    buf_clear(&v);
    buf_addf(&v, "<%.*s>", SPAN_ARG(w->to));
    report_header_add(&h, "To", buf_cstr(&v));
    buf_clear(&v);
    buf_addf(&subject, "Boîte aux lettres remplie à %u %% / Mailbox %u %% full", w->level, w->level);
    report_encoded(buf_span(&subject), &v);
    report_header_add(&h, "Subject", buf_cstr(&v));
    buf_clear(&v);
    buf_addf(&v, "<%s@%s>", w->id, w->host);
    report_header_add(&h, "Message-ID", buf_cstr(&v));
    report_header_add(&h, "Auto-Submitted", "auto-generated");
    report_header_add(&h, "MIME-Version", "1.0");
    report_header_add(&h, "Content-Type", "text/plain; charset=utf-8");
    report_header_add(&h, "Content-Transfer-Encoding", "quoted-printable");
    buf_free(&subject);
    buf_free(&v);
    return report_header_end(&h, out);
}

enum rc warning_write(const struct warning *w, struct buf *out, struct err *e)
{
    size_t before = out->n;

    if (!report_address(w->to))
        return err_set(e, RC_SYNTAX, "a warning to an address of %zu octets is none", w->to.n);
    if (!header(w, out)) {
        buf_cut(out, before);
        return err_set(e, RC_TEMP, "libetpan wrote no header");
    }
    buf_addstr(out, "\r\n");
    text(w, out);
    return RC_OK;
}
