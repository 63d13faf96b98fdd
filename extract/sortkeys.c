/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/sortkeys.c - what SORT and THREAD compare (summary sections 7 and 8): base subject, first mailboxes, message
 * ids. The base subject is cut out of the folded text (lower case, single spaces), because its grammar ignores case and
 * the number of spaces. RFC 5256 2.1, 2.2; RFC 5957.
 */
#include "extract/imaptext.h"
#include "extract/text.h"
#include "extract/var.h"

enum { IDS_MOST = 200, ID_MOST = 1000 };

static bool eat(struct span *s, const char *what)
{
    if (!span_istarts(*s, what))
        return false;
    *s = span_from(*s, strlen(what));
    return true;
}

static bool eat_blob(struct span *s) /* "[...]" *SP, no bracket inside */
{
    size_t i = 1;

    if (s->n == 0 || *s->p != '[')
        return false;
    while (i < s->n && s->p[i] != '[' && s->p[i] != ']')
        i++;
    if (i == s->n || s->p[i] != ']')
        return false;
    *s = span_from(*s, i + 1);
    while (eat(s, " "))
        ;
    return true;
}

/* *subj-blob ("re" / "fw" / "fwd") *SP [subj-blob] ":" */
static bool eat_reply(struct span *s)
{
    struct span t = *s;

    while (eat_blob(&t))
        ;
    if (!eat(&t, "re") && !eat(&t, "fwd") && !eat(&t, "fw"))
        return false;
    while (eat(&t, " "))
        ;
    eat_blob(&t);
    if (!eat(&t, ":"))
        return false;
    *s = t;
    return true;
}

static bool cut_tail(struct span *s, const char *what)
{
    size_t n = strlen(what);

    if (s->n < n || !span_ieq_str(span_from(*s, s->n - n), what))
        return false;
    s->n -= n;
    return true;
}

static bool one_pass(struct span *s, bool *reply)
{
    struct span t = *s, blobless;

    while (cut_tail(&t, "(fwd)") || cut_tail(&t, " "))
        *reply |= t.n > 0 && s->n - t.n >= 5;
    while (eat(&t, " "))
        ;
    if (eat_reply(&t))
        *reply = true;
    blobless = t;
    if (eat_blob(&blobless) && blobless.n > 0)
        t = blobless;
    if (span_istarts(t, "[fwd:") && t.p[t.n - 1] == ']') {
        t = span_head(span_from(t, 5), t.n - 6);
        *reply = true;
    }
    if (t.n == s->n)
        return false;
    *s = t;
    return true;
}

static void base_subject(struct span header, struct buf *out, bool *reply)
{
    struct buf decoded = BUF_SECRET_INIT, folded = BUF_SECRET_INIT;
    struct field f;
    struct span s;

    if (field_find(header, "Subject", &f))
        field_decode(span_head(f.body, IMAP_STRING_MOST), &decoded);
    text_fold(buf_span(&decoded), &folded);
    s = buf_span(&folded);
    while (s.n > 0 && one_pass(&s, reply))
        ;
    var_bytes(out, span_head(s, IMAP_STRING_MOST));
    buf_free(&decoded);
    buf_free(&folded);
}

static void folded_bytes(struct span s, struct buf *out)
{
    struct buf decoded = BUF_SECRET_INIT, folded = BUF_SECRET_INIT;

    field_decode(span_head(s, ID_MOST), &decoded);
    text_fold(buf_span(&decoded), &folded);
    var_bytes(out, span_head(buf_span(&folded), ID_MOST));
    buf_free(&decoded);
    buf_free(&folded);
}

static void first_mailbox(struct span header, const char *name, struct buf *out)
{
    struct address_list l = {.n = 0};
    struct buf address = BUF_SECRET_INIT;
    struct field f;
    struct err e;
    size_t i = 0;

    if (field_find(header, name, &f) && addresses_parse(f.body, &l, &e) == RC_OK)
        while (i < l.n && !l.a[i].local.p)
            i++;
    if (i < l.n) {
        buf_addf(&address, "%.*s@%.*s", SPAN_ARG(span_head(l.a[i].local, ID_MOST)),
                 SPAN_ARG(span_head(l.a[i].domain, ID_MOST)));
        folded_bytes(l.a[i].local, out);
        folded_bytes(l.a[i].name.n > 0 ? l.a[i].name : buf_span(&address), out);
    } else {
        var_bytes(out, SPAN_NULL);
        var_bytes(out, SPAN_NULL);
    }
    buf_free(&address);
    addresses_free(&l);
}

void sort_keys_write(struct span header, struct buf *out)
{
    bool reply = false;

    base_subject(header, out, &reply);
    first_mailbox(header, "From", out);
    first_mailbox(header, "To", out);
    first_mailbox(header, "Cc", out);
    buf_u8(out, reply);
}

/* Writes the ids "<...>" of a field, as many as most allows. When there is none and fill is set, writes an empty
 * string. */
static void ids(struct span header, const char *name, size_t most, bool fill, struct buf *out)
{
    struct field f;
    struct span s = SPAN_NULL;
    size_t n = 0;

    if (field_find(header, name, &f))
        s = span_head(f.body, FIELD_MAX);
    while (s.n > 0 && n < most) {
        ptrdiff_t open = span_chr(s, '<'), close;

        if (open < 0)
            break;
        s = span_from(s, (size_t)open + 1);
        close = span_chr(s, '>');
        if (close < 0)
            break;
        if (close > 0 && close <= ID_MOST) {
            var_bytes(out, span_head(s, (size_t)close));
            n++;
        }
        s = span_from(s, (size_t)close + 1);
    }
    if (n == 0 && fill)
        var_bytes(out, SPAN_NULL);
}

void thread_ids_write(struct span header, struct buf *out)
{
    ids(header, "Message-ID", 1, true, out);
    ids(header, "In-Reply-To", 1, true, out);
    ids(header, "References", IDS_MOST, false, out);
}
