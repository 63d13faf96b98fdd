/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session_convert.c - a message with octets beyond 127 for a server without 8BITMIME: converted where nobody signed it, refused with its cause
 * where somebody did. RFC 6152 3; docs/decisions/0025.
 *
 * Passes   three over the sealed chunks, so that memory does not grow with the message: its structure (mime/scan.h); what would leave, which is counted and
 *          looked at, so that the peer hears nothing of a message that could not be finished; and the sending itself. */
#include "base/log.h"
#include "mime/canon.h"
#include "mime/convert.h"
#include "relayd/session.h"
#include <stdlib.h>

struct conversion {
    struct scan *scan;
    struct canon *canon;
    struct buf made; /* what the chunk at hand became */
    uint64_t size;   /* of all that was made */
    size_t column;   /* of the line at hand */
    unsigned char last;
    bool sound; /* seven bits, CRLF, lines of at most 998 octets */
};
enum { LINE = 998 };

static enum rc to_made(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    buf_addspan(&((struct conversion *)ctx)->made, piece);
    return RC_OK;
}

static struct canon *canon_of(struct conversion *v)
{
    static const struct canon_spec nothing_added = {.message_id_domain = NULL};

    return canon_new(v->scan, &nothing_added, to_made, v);
}

static void look_at(struct conversion *v, struct span leaves)
{
    for (size_t i = 0; i < leaves.n; i++) {
        unsigned char o = leaves.p[i];

        v->column = o == '\n' ? 0 : v->column + (o != '\r');
        v->sound = v->sound && o < 0x80 && (o == '\n') == (v->last == '\r') && v->column <= LINE;
        v->last = o;
    }
    v->size += leaves.n;
}

/* ---- the passes ---- */

static bool begin(struct letter_body *b)
{
    b->next = 0;
    b->last = 0;
    return true;
}

static bool learn(struct letter_body *b, struct conversion *v)
{
    bool ok = begin(b);

    while (ok && body_more(b)) {
        ok = body_next(b);
        if (ok)
            scan_feed(v->scan, buf_span(&b->n->plain));
    }
    scan_end(v->scan);
    return ok;
}

static bool judge(struct letter_body *b, const struct conversion *v)
{
    static const enum cause of[] = {
        [CONVERT_MAY] = CAUSE_NONE, [CONVERT_SIGNED] = CAUSE_PEER_NO_8BIT, [CONVERT_NOT] = CAUSE_NOT_CONVERTIBLE};

    b->cause = of[convert_may(v->scan)];
    if (b->cause == CAUSE_NOT_CONVERTIBLE && b->utf8 && (scan_part(v->scan, 0)->header_octets & OCT_8BIT))
        b->cause = CAUSE_PEER_NO_UTF8;
    return b->cause == CAUSE_NONE;
}

/* Makes all of it, and keeps nothing but what it would be like. */
static bool rehearse(struct letter_body *b, struct conversion *v)
{
    bool ok = begin(b);

    v->canon = canon_of(v);
    v->sound = true;
    b->conv = v;
    while (ok && body_more(b)) {
        ok = body_next(b);
        if (ok)
            look_at(v, buf_span(&b->n->plain));
    }
    if (ok && (!v->sound || v->last == '\r'))
        b->cause = CAUSE_NOT_CONVERTIBLE;
    canon_free(&v->canon);
    v->canon = canon_of(v);
    return ok && b->cause == CAUSE_NONE;
}

bool convert_chunk(struct letter_body *b)
{
    struct conversion *v = b->conv;
    struct buf plain = b->n->plain;
    struct err e;

    buf_clear(&v->made);
    if (canon_feed(v->canon, buf_span(&plain), &e) != RC_OK || (!body_more(b) && canon_end(v->canon, &e) != RC_OK)) {
        b->cause = CAUSE_NOT_CONVERTIBLE;
        return false;
    }
    b->n->plain = v->made; /* the two take turns */
    v->made = plain;
    return true;
}

bool convert_open(struct letter_body *b)
{
    struct conversion *v = calloc(1, sizeof *v);
    struct buf letter = b->n->mem; /* the envelope is in there, and is not written yet */
    bool ok;

    if (!v)
        die("out of memory");
    *v = (struct conversion){.scan = scan_new()};
    buf_init_secret(&v->made);
    buf_init_secret(&b->n->mem);
    b->eight_bit = true; /* to be read */
    ok = learn(b, v) && judge(b, v) && rehearse(b, v) && begin(b) && body_next(b);
    b->conv = v;
    b->sends = v->size;
    if (!ok && b->cause == CAUSE_NONE) /* the scheduler has no octets for us */
        b->cause = CAUSE_BUSY;
    buf_free(&b->n->mem);
    b->n->mem = letter;
    if (ok)
        log_ev(LOG_INFO_, "relay-converted", "size=%llu to=%llu", (unsigned long long)b->size,
               (unsigned long long)b->sends);
    return ok;
}

void convert_close(struct letter_body *b)
{
    if (!b->conv)
        return;
    canon_free(&b->conv->canon);
    scan_free(&b->conv->scan);
    buf_free(&b->conv->made);
    free(b->conv);
    b->conv = NULL;
}
