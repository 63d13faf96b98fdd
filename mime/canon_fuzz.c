/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/canon_fuzz.c - any bytes as a message: its canonical form is the same in pieces, has the same parts, no
 * awkward octet in any body and seven bits in all that is signed, and is its own canonical form; signed, it is found again octet by octet. Any bytes
 * through the decoders and encoders come back.
 */
#include "mime/canon.h"
#include "mime/codec.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { AWKWARD = OCT_8BIT | OCT_NUL | OCT_LONG_LINE | OCT_BARE_CR | OCT_BARE_LF };

static enum rc to_buf(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    buf_addspan(ctx, piece);
    return RC_OK;
}

static struct scan *scan_of(struct span d)
{
    struct scan *s = scan_new();

    scan_feed(s, d);
    scan_end(s);
    return s;
}

static void make(const struct scan *s, struct span d, size_t step, struct buf *out)
{
    struct canon_spec spec = {.message_id_domain = "x", .now = 0};
    struct canon *c = canon_new(s, &spec, to_buf, out);
    struct err e;

    while (d.n > 0) {
        size_t k = step < d.n ? step : d.n;

        if (canon_feed(c, span_head(d, k), &e) != RC_OK)
            abort();
        d = span_from(d, k);
    }
    if (canon_end(c, &e) != RC_OK)
        abort();
    canon_free(&c);
}

static void check_form(const struct scan *before, struct span d)
{
    struct scan *s = scan_of(d);
    struct buf again = BUF_INIT;

    if (!scan_flat(before)) {
        if (scan_flat(s) || scan_parts(s) != scan_parts(before))
            abort();
        for (size_t i = 0; i < scan_parts(s); i++)
            if ((scan_part(s, i)->body_octets & AWKWARD) || (i > 0 && (scan_part(s, i)->header_octets & OCT_8BIT)))
                abort();
    }
    make(s, d, d.n + 1, &again);
    if (!span_eq(buf_span(&again), d))
        abort();
    buf_free(&again);
    scan_free(&s);
}

static bool beyond_ascii(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > 127)
            return true;
    return false;
}

static void check_signed(struct span d, bool seven_bits)
{
    struct scan *s = scan_of(d), *whole;
    struct span header = scan_part(s, 0)->header;
    struct buf all = BUF_INIT, entity = BUF_INIT;
    struct signed_form f;
    struct signed_places at;
    struct err e;

    if (scan_flat(s) || signed_form_make(header, &f, &e) != RC_OK) {
        scan_free(&s);
        return;
    }
    buf_addspan(&entity, buf_span(&f.inner_header));
    buf_addspan(&entity, span_from(d, header.n));
    buf_addspan(&all, buf_span(&f.outer_header));
    buf_addspan(&all, buf_span(&entity));
    if (seven_bits && beyond_ascii(buf_span(&entity)))
        abort();
    signed_form_signature(&f, SPAN_LIT("signature"), &all);
    whole = scan_of(buf_span(&all));
    if (!scan_flat(whole) && (signed_places(whole, &at, &e) != RC_OK ||
                              !span_eq(span_of(all.p + at.entity_off, at.entity_len), buf_span(&entity))))
        abort();
    scan_free(&whole);
    scan_free(&s);
    buf_free(&all);
    buf_free(&entity);
    signed_form_free(&f);
}

static void round_trip(struct span d, enum codec_kind kind)
{
    struct encoder en = {.kind = kind};
    struct decoder de = {.kind = kind};
    struct buf encoded = BUF_INIT, decoded = BUF_INIT;
    size_t half = d.n / 2;

    encoder_feed(&en, span_head(d, half), &encoded);
    encoder_feed(&en, span_from(d, half), &encoded);
    encoder_end(&en, &encoded);
    decoder_feed(&de, buf_span(&encoded), &decoded);
    decoder_end(&de, &decoded);
    if (!span_eq(buf_span(&decoded), d))
        abort();
    buf_free(&encoded);
    buf_free(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span d = span_of(n > 0 ? data : (const uint8_t *)"", n);
    struct scan *s = scan_of(d);
    struct buf whole = BUF_INIT, pieces = BUF_INIT;
    struct err e;

    round_trip(d, CODEC_BASE64);
    round_trip(d, CODEC_QP);
    make(s, d, n + 1, &whole);
    check_form(s, buf_span(&whole));
    check_signed(buf_span(&whole), !scan_flat(s));
    if (mime_decode("quoted-printable", d, &pieces, &e) != RC_OK || pieces.n > n)
        abort();
    buf_clear(&pieces);
    if (!canon_needed(s)) {
        make(s, d, n > 0 ? data[0] % 9 + 1 : 1, &pieces);
        if (!span_eq(buf_span(&pieces), d) && !scan_flat(s) && scan_part(s, 0)->header_len > 0 &&
            scan_part(s, 0)->body_len > 0)
            abort();
    }
    buf_free(&whole);
    buf_free(&pieces);
    scan_free(&s);
    return 0;
}
