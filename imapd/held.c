/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/held.c - see imapd/held.h. */
#include "imapd/held.h"
#include "base/log.h"
#include "proto/imap/date.h"

/* What a person typed, as the text of a response takes it: US-ASCII (RFC 3501 9, resp-text), one octet for a character beyond. */
static void put_text(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = text.p[i];

        if (c >= 0x80 && c < 0xC0)
            continue;
        buf_addc(out, c >= ' ' && c < 0x7F ? (char)c : '?');
    }
}

static void tell(struct imap_session *s, const struct store_hold_note *n)
{
    static const struct {
        const char *fr, *en;
    } said[] = {[HOLD_SET] = {"Conservation legale ordonnee", "Legal hold set"},
                [HOLD_CLEAR] = {"Conservation legale levee", "Legal hold cleared"}};
    uint8_t what = n->what == HOLD_SET ? HOLD_SET : HOLD_CLEAR;
    struct buf line = BUF_INIT; /* open: an administrator's words */
    char date[IMAP_DATE_TIME];

    imap_date_time((int64_t)n->when, date);
    put_text(&line, n->who);
    buf_addstr(&line, ": ");
    put_text(&line, n->why);
    reply_put(s, "* OK [ALERT] %s, %s; %s, %s", said[what].fr, said[what].en, date, buf_cstr(&line));
    buf_free(&line);
}

void held_tell(struct imap_session *s)
{
    struct store_hold_req rq = {.what = HOLD_SHOW};
    struct store_hold_rep rep;
    struct store_hold_note n;
    struct buf mem = BUF_INIT; /* open: an administrator's words */
    struct err e;

    if (store_call_in(s->store, STORE_HOLD, &rq, -1, &rep, &mem, &e) != RC_OK) {
        log_err(LOG_INFO_, "hold-not-told", &e);
        rep.notes = SPAN_NULL;
    }
    while (ipc_list_next(&rep.notes, store_hold_note_f, &n, &e) == RC_OK)
        tell(s, &n);
    buf_free(&mem);
}
