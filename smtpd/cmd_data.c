/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/cmd_data.c - DATA and BDAT: two ways to give a message.  RFC 5321 4.1.1.4, RFC 3030 2 */
#include "smtpd/verbs.h"

void cmd_data(struct smtp_session *s, const union smtp_args *a)
{
    struct err e;

    (void)a;
    if (!receive_begin(s, true))
        return;
    smtp_say(s, 354, NULL, "Fin par une ligne d'un seul point / End with a line of one dot");
    if (stream_flush(s->st, &e) != RC_OK) {
        smtp_end(s, "closed");
        return;
    }
    if (receive_data(s))
        receive_end(s);
}

/* Each chunk is answered. When no more octets are taken this is told at once. What is wrong with the octets that were
 * taken is told at the last chunk. */
void cmd_bdat(struct smtp_session *s, const union smtp_args *a)
{
    if (a->bdat.size > 2 * s->conf->letter.max_message) { /* nobody reads that much to say no */
        smtp_refuse(s, CAUSE_TOO_BIG, NULL);
        smtp_end(s, "chunk-too-big");
        return;
    }
    if (s->phase != PH_BDAT && !receive_begin(s, false)) {
        (void)receive_skip(s, a->bdat.size);
        return;
    }
    s->phase = PH_BDAT;
    if (!receive_chunk(s, a->bdat.size))
        return;
    if (a->bdat.last)
        receive_end(s);
    else if (s->data_refused == CAUSE_TOO_BIG || s->data_refused == CAUSE_STORE_TEMP ||
             s->data_refused == CAUSE_DISK_FULL)
        smtp_refuse(s, s->data_refused, NULL);
    else
        smtp_say(s, 250, "2.0.0", "%llu octets", (unsigned long long)a->bdat.size);
}
