/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_cut.c - takes unwanted fields out of a message's header before anything is signed or filed. All other
 * octets stay as they are.
 * Source   RFC 8601 5 (results in our name), RFC 5322 3.6.3 and RFC 6409 8 (Bcc is for the sender's own eyes), RFC 5322 2.2 (a field has a name and a
 *          colon; the "From " line of a mailbox file has neither; a line that begins with a blank continues a field).
 */
#include "flow/letter_int.h"
#include "mime/fields.h"

static bool mailbox_line(const struct letter *l, const struct field *f, bool first)
{
    (void)l;
    return first && f->name.n == 0 &&
           (span_eq(span_head(f->raw, 5), SPAN_LIT("From ")) || span_eq(span_head(f->raw, 6), SPAN_LIT(">From ")));
}

/* A first line that begins with a blank continues no field. Under the fields that are put on top it would continue the
 * last of them, and the sender could write in our Received. */
static bool loose_end(const struct letter *l, const struct field *f, bool first)
{
    (void)l;
    return first && f->name.n == 0 && f->raw.n > 0 && (f->raw.p[0] == ' ' || f->raw.p[0] == '\t');
}

static bool forged(const struct letter *l, const struct field *f, bool first)
{
    (void)first;
    return span_ieq_str(f->name, "Authentication-Results") && results_forged(f->body, l->conf);
}

static bool blind_copy(const struct letter *l, const struct field *f, bool first)
{
    (void)first;
    return l->door == DOOR_SUBMISSION && (span_ieq_str(f->name, "Bcc") || span_ieq_str(f->name, "Resent-Bcc"));
}

static bool unwanted(const struct letter *l, const struct field *f, bool first)
{
    static bool (*const rules[])(const struct letter *, const struct field *, bool) = {mailbox_line, loose_end, forged,
                                                                                       blind_copy};

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i](l, f, first))
            return true;
    return false;
}

/* The header starts where the message starts. to NULL: nothing is copied. *n_out: how many fields are unwanted. */
static enum rc without(struct letter *l, struct spool *to, size_t *n_out, struct err *e)
{
    struct span header = letter_header(l);
    const unsigned char *base = header.p;
    uint64_t from = 0;
    struct field f;
    enum rc rc = RC_OK;

    *n_out = 0;
    while (rc == RC_OK && field_next(&header, &f, e) == RC_OK) {
        uint64_t off = (uint64_t)(f.raw.p - base);

        if (!unwanted(l, &f, off == 0))
            continue;
        ++*n_out;
        rc = to ? letter_copy(l->message, from, off - from, to, e) : RC_OK;
        from = off + f.raw.n;
    }
    if (rc == RC_OK && to)
        rc = letter_copy(l->message, from, spool_size(l->message) - from, to, e);
    return rc == RC_OK && to ? spool_end(to, e) : rc;
}

static enum rc feed(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    scan_feed(ctx, piece);
    return RC_OK;
}

enum cause step_cut(struct letter *l, struct err *e)
{
    struct spool *clean;
    size_t n;
    enum rc rc = without(l, NULL, &n, e);

    if (n == 0)
        return CAUSE_NONE;
    clean = spool_new_led(l->conf->max_message);
    rc = without(l, clean, &n, e);
    if (rc != RC_OK) {
        spool_free(&clean);
        return letter_temp(e);
    }
    spool_free(&l->message);
    l->message = clean;
    scan_free(&l->scan);
    l->scan = scan_new();
    rc = spool_each(l->message, feed, l->scan, e);
    scan_end(l->scan);
    return rc == RC_OK ? CAUSE_NONE : letter_temp(e);
}
