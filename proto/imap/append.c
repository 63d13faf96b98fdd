/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/append.c - see proto/imap/append.h. RFC 3501 6.3.11, RFC 3502, RFC 4469, RFC 6855 4. */
#include "proto/imap/append.h"
#include "proto/imap/date.h"

/* Takes "{n}" without its CRLF, because the frame has taken that as the end of the announcement. */
static bool take_announcement(struct imap_in *in, bool *literal8)
{
    uint64_t n;

    *literal8 = (in->opened->args & ARG_LITERAL8) && imap_is(in, '~');
    if (!imap_is(in, '{') || !imap_take_number(in, UINT64_MAX, &n))
        return false;
    (void)imap_nonsync(in);
    return imap_is(in, '}') && imap_at_end(in);
}

/* Flags, date, and what begins the octets: "CATENATE (", "UTF8 (" or nothing. */
static bool begin_message(struct imap_in *in, struct imap_append *a)
{
    a->flags = (struct imap_flags){0};
    a->has_date = a->part = false;
    a->messages++;
    if (!imap_sp(in))
        return false;
    if (imap_peek(in) == '(' && (!imap_take_flags(in, &a->flags) || !imap_sp(in)))
        return false;
    if (imap_peek(in) == '"') {
        a->has_date = true;
        if (!imap_take_date_time(in, &a->date) || !imap_sp(in))
            return false;
    }
    a->catenate = (in->opened->args & ARG_CATENATE) && imap_word(in, "CATENATE (");
    a->utf8 = !a->catenate && (in->opened->args & ARG_UTF8) && imap_word(in, "UTF8 (");
    return true;
}

/* A part of a list, or its end. */
static enum imap_append_step take_part(struct imap_in *in, struct imap_append *a)
{
    if (a->part && imap_is(in, ')')) {
        a->catenate = false;
        return APPEND_CLOSE;
    }
    if (a->part && !imap_sp(in))
        return APPEND_BAD;
    a->part = true;
    if (imap_word(in, "TEXT "))
        return take_announcement(in, &a->literal8) ? APPEND_LITERAL : APPEND_BAD;
    return imap_word(in, "URL ") && imap_take_astring(in, &a->url) ? APPEND_URL : APPEND_BAD;
}

static enum imap_append_step take_message(struct imap_in *in, struct imap_append *a)
{
    if (!begin_message(in, a))
        return APPEND_BAD;
    if (a->catenate)
        return take_part(in, a);
    return take_announcement(in, &a->literal8) && (!a->utf8 || a->literal8) ? APPEND_LITERAL : APPEND_BAD;
}

enum imap_append_step imap_append_step(struct imap_in *in, struct imap_append *a)
{
    if (a->catenate)
        return take_part(in, a);
    if (a->utf8 && !imap_is(in, ')'))
        return APPEND_BAD;
    a->utf8 = false;
    if (imap_at_end(in))
        return a->messages > 0 ? APPEND_END : APPEND_BAD;
    if (a->messages > 0 && (a->single || (in->opened->args & ARG_MULTIAPPEND) == 0))
        return APPEND_BAD;
    return take_message(in, a);
}

enum imap_append_step imap_append_check(struct imap_in in, struct imap_append a)
{
    enum imap_append_step step;

    do
        step = imap_append_step(&in, &a);
    while (step == APPEND_URL || step == APPEND_CLOSE);
    return step;
}
