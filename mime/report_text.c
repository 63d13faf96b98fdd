/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report_text.c - what people read of a report: French, and English under it (mime/report.h). */
#include "mime/report_int.h"
#include <stdio.h>
#include <time.h>

static const struct {
    const char *about, *about_en, *fr, *en, *fr_end, *en_end;
} kinds[] = {
    [REPORT_FAILED] = {"Message non remis", "Undelivered mail",
                       "n'a pas pu être remis à :", "could not be delivered to:",
                       "Le message n'est plus essayé : si l'envoi reste nécessaire, corrigez la cause et envoyez-le de "
                       "nouveau.",
                       "No further attempt will be made: if it is still needed, mend the cause and send it again."},
    [REPORT_DELAYED] = {"Message retardé", "Delayed mail", "n'est pas encore remis à :",
                        "has not been delivered yet to:", "Les essais continuent, vous n'avez rien à faire.",
                        "Attempts go on, there is nothing for you to do."},
    [REPORT_DELIVERED] = {"Message remis", "Delivered mail", "a été déposé dans la boîte aux lettres de :",
                          "was delivered to the mailbox of:", "Cet avis ne dit pas si le message a été lu.",
                          "This notice does not say whether the message was read."},
    [REPORT_RELAYED] = {"Message transmis", "Relayed mail", "a été pris en charge par le serveur de :",
                        "was taken by the server of:", "Ce serveur n'enverra pas d'avis de remise.",
                        "That server will send no notice of delivery."},
};

void report_subject(enum report_kind kind, struct buf *out)
{
    buf_addf(out, "%s / %s", kinds[kind].about, kinds[kind].about_en);
}

const char *report_date(uint64_t utc, char out[REPORT_DATE])
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t t = (time_t)utc;
    struct tm tm = {0};

    if (utc > 253402300799u || !gmtime_r(&t, &tm))
        memset(&tm, 0, sizeof tm);
    snprintf(out, REPORT_DATE, "%.3s, %d %.3s %d %02d:%02d:%02d +0000", days + 3 * tm.tm_wday, tm.tm_mday,
             months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return out;
}

/* For French readers: "28/11/2026 a 13:13 UTC", with its accent. */
static const char *french_date(uint64_t utc, char out[REPORT_DATE])
{
    time_t t = (time_t)utc;
    struct tm tm = {0};

    if (!gmtime_r(&t, &tm))
        memset(&tm, 0, sizeof tm);
    snprintf(out, REPORT_DATE, "%02u/%02u/%d à %02u:%02u UTC", (unsigned)tm.tm_mday % 100,
             ((unsigned)tm.tm_mon + 1) % 100, tm.tm_year + 1900, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100);
    return out;
}

static void say_peer(const struct report_recipient *p, const char *said, struct buf *out)
{
    if (p->code == 0)
        return;
    buf_addf(out, "    %s", said);
    if (p->remote_mta.n > 0) {
        buf_addstr(out, " (");
        report_clean(p->remote_mta, 300, true, out);
        buf_addstr(out, ")");
    }
    buf_addf(out, " : %u ", p->code);
    report_clean(p->words, REPORT_WORDS, true, out);
    buf_addstr(out, "\r\n");
}

static void say_recipient(const struct report_recipient *p, bool fr, struct buf *out)
{
    const char *why = fr ? p->fr : p->en;
    char date[REPORT_DATE];

    buf_addstr(out, "  <");
    report_clean(p->address, 400, true, out);
    buf_addstr(out, ">\r\n");
    if (why)
        buf_addf(out, "    %s\r\n", why);
    say_peer(p, fr ? "Réponse du serveur" : "The server answered", out);
    if (p->retry_until > 0)
        buf_addf(out, "    %s %s\r\n", fr ? "Essais jusqu'au" : "Attempts until",
                 fr ? french_date(p->retry_until, date) : report_date(p->retry_until, date));
}

static void say(const struct report *r, bool fr, struct buf *out)
{
    char date[REPORT_DATE];

    if (fr)
        buf_addf(out, "Ceci est un avis automatique du serveur de messagerie %s.\r\n\r\nVotre message du %s %s\r\n\r\n",
                 r->host, french_date(r->arrival, date), kinds[r->kind].fr);
    else
        buf_addf(out, "This is an automatic notice of the mail server %s.\r\n\r\nYour message of %s %s\r\n\r\n",
                 r->host, date, kinds[r->kind].en);
    for (size_t i = 0; i < r->n; i++)
        say_recipient(&r->rcpts[i], fr, out);
    buf_addf(out, "\r\n%s\r\n", fr ? kinds[r->kind].fr_end : kinds[r->kind].en_end);
}

void report_text(const struct report *r, struct buf *out)
{
    say(r, true, out);
    buf_addstr(out, "\r\n---- English ----\r\n\r\n");
    say(r, false, out);
}
