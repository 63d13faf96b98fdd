/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/scan_lead.c - fields that are put in front of a message that was scanned: trace fields are known when all its octets are. They move every offset and
 * change nothing else, unless they speak of structure, or what follows would continue them. */
#include "mime/fields.h"
#include "mime/scan_int.h"

/* Whole lines, each of a field, none of which says what the message is made of. */
static bool fields_only(struct span fields)
{
    struct field f;
    struct err e;

    if (fields.n < 2 || !span_eq(span_from(fields, fields.n - 2), SPAN_LIT("\r\n")))
        return false;
    while (field_next(&fields, &f, &e) == RC_OK)
        if (f.name.n == 0 || span_istarts(f.name, "Content-"))
            return false;
    return fields.n == 0;
}

/* Would the tree of both have the same shape? */
static bool takes_lead(const struct scan *s, size_t n)
{
    struct span header = scan_kept(s, 0);

    if (s->flat || s->parts[0].header_len + n > SCAN_TOP_HEADER || s->arena.n + n > SCAN_HEADERS - SCAN_HEADER_BLOCK)
        return false;
    return header.n == 0 || (*header.p != ' ' && *header.p != '\t'); /* such a line would continue the last field */
}

static void shift(struct scan *s, const struct scan *front, struct span fields)
{
    struct buf arena = BUF_SECRET_INIT;

    buf_addspan(&arena, fields);
    buf_addspan(&arena, buf_span(&s->arena));
    buf_free(&s->arena);
    s->arena = arena;
    s->parts[0].header_len += fields.n;
    s->parts[0].body_off += fields.n;
    s->places[0].len += fields.n;
    for (size_t i = 1; i < s->n; i++) {
        s->parts[i].header_off += fields.n;
        s->parts[i].body_off += fields.n;
        s->places[i].off += fields.n;
    }
    s->off += fields.n;
    s->lines += front->lines;
    s->parts[0].header_octets |= front->parts[0].header_octets;
    for (size_t i = 0; i < s->n; i++)
        s->parts[i].header = scan_kept(s, i);
}

bool scan_lead(struct scan *s, struct span fields)
{
    struct scan *front;
    bool good;

    if (!s->ended || !fields_only(fields) || !takes_lead(s, fields.n))
        return false;
    front = scan_new();
    scan_feed(front, fields);
    good = front->state == SCAN_HEADER && !front->flat; /* no empty line in it */
    scan_end(front);
    if (good) {
        shift(s, front, fields);
        s->facts.has_8bit |= front->facts.has_8bit;
        s->facts.has_nul |= front->facts.has_nul;
        s->facts.long_line |= front->facts.long_line;
        s->facts.bare_cr |= front->facts.bare_cr;
        s->facts.bare_lf |= front->facts.bare_lf;
    }
    scan_free(&front);
    return good;
}
