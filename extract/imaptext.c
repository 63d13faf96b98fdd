/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/imaptext.c - IMAP strings and the ENVELOPE (extract/imaptext.h). RFC 3501 7.4.2, 9. */
#include "extract/imaptext.h"
#include "proto/imap/write.h"

void imap_string(struct buf *out, struct span s)
{
    imap_put_string(out, span_head(s, IMAP_STRING_MOST));
}

void imap_nil(struct buf *out)
{
    buf_addstr(out, "NIL");
}

void imap_unfolded(struct buf *out, const struct field *f)
{
    struct buf flat = BUF_SECRET_INIT;

    if (f->name.n == 0) {
        imap_nil(out);
        return;
    }
    field_unfold(span_head(f->body, FIELD_MAX), &flat);
    imap_string(out, buf_span(&flat));
    buf_free(&flat);
}

/* ---- ENVELOPE ---- */

enum { E_DATE, E_SUBJECT, E_FROM, E_SENDER, E_REPLY_TO, E_TO, E_CC, E_BCC, E_IN_REPLY_TO, E_MESSAGE_ID, E_FIELDS };
static const char *const names[E_FIELDS] = {"Date", "Subject", "From", "Sender",      "Reply-To",
                                            "To",   "Cc",      "Bcc",  "In-Reply-To", "Message-ID"};

static void find_fields(struct span header, struct field f[E_FIELDS])
{
    struct field at;
    struct err e;

    memset(f, 0, E_FIELDS * sizeof *f);
    while (field_next(&header, &at, &e) == RC_OK)
        for (size_t i = 0; i < E_FIELDS; i++)
            if (f[i].name.n == 0 && span_ieq_str(at.name, names[i]))
                f[i] = at;
}

static void nstring(struct buf *out, struct span s)
{
    if (s.p)
        imap_string(out, s);
    else
        imap_nil(out);
}

/* Mailbox: (name route local domain); group start: (NIL NIL name NIL); group end: (NIL NIL NIL NIL). */
static void address(struct buf *out, const struct address *a)
{
    bool mailbox = a->local.p != NULL;

    buf_addc(out, '(');
    nstring(out, mailbox ? a->name : SPAN_NULL);
    buf_addc(out, ' ');
    nstring(out, mailbox ? a->route : SPAN_NULL);
    buf_addc(out, ' ');
    nstring(out, mailbox ? a->local : a->name);
    buf_addc(out, ' ');
    nstring(out, mailbox ? a->domain : SPAN_NULL);
    buf_addc(out, ')');
}

/* False: no address in it, and nothing was written. */
static bool address_list(struct buf *out, const struct field *f, size_t start)
{
    struct address_list l = {.n = 0};
    struct err e;
    bool some = f->name.n > 0 && addresses_parse(f->body, &l, &e) == RC_OK && l.n > 0;

    if (some) {
        buf_addc(out, '(');
        for (size_t i = 0; i < l.n && (i == 0 || out->n - start < ENVELOPE_MOST); i++)
            address(out, &l.a[i]);
        buf_addc(out, ')');
    }
    addresses_free(&l);
    return some;
}

void envelope_write(struct span header, struct buf *out)
{
    struct field f[E_FIELDS];
    size_t start = out->n;

    find_fields(header, f);
    buf_addc(out, '(');
    imap_unfolded(out, &f[E_DATE]);
    buf_addc(out, ' ');
    imap_unfolded(out, &f[E_SUBJECT]);
    for (size_t i = E_FROM; i <= E_BCC; i++) {
        bool defaults = i == E_SENDER || i == E_REPLY_TO;

        buf_addc(out, ' ');
        if (!address_list(out, &f[i], start) && !(defaults && address_list(out, &f[E_FROM], start)))
            imap_nil(out);
    }
    buf_addc(out, ' ');
    imap_unfolded(out, &f[E_IN_REPLY_TO]);
    buf_addc(out, ' ');
    imap_unfolded(out, &f[E_MESSAGE_ID]);
    buf_addc(out, ')');
}
