/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/trust.c - the key of a name, by which a peer is taken into the trust space. See policies/trust.h.
 * Key   the RDNs in their order, each with its values sorted; of the two directions the one whose octets come first. Every length is written
 *       before what it counts, so no value can pass for two. */
#include "policies/trust.h"
#include "policies/dn_int.h"

static int order(const struct dn_parts *d, const struct dn_value *a, const struct dn_value *b)
{
    int by = span_cmp(dn_text(d, a->type), dn_text(d, b->type));

    if (by == 0)
        by = (int)a->kind - (int)b->kind;
    return by ? by : span_cmp(dn_text(d, a->text), dn_text(d, b->text));
}

/* The values of one RDN, sorted; there are few. */
static size_t sorted(const struct dn_parts *d, unsigned rdn, const struct dn_value *out[DN_VALUES_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++) {
        size_t at = n;
        if (d->value[i].rdn != rdn)
            continue;
        for (; at > 0 && order(d, &d->value[i], out[at - 1]) < 0; at--)
            out[at] = out[at - 1];
        out[at] = &d->value[i];
        n++;
    }
    return n;
}

static void put_value(const struct dn_parts *d, const struct dn_value *v, struct buf *out)
{
    buf_u8(out, (uint8_t)v->type.n);
    buf_addspan(out, dn_text(d, v->type));
    buf_u8(out, (uint8_t)v->kind);
    buf_bytes(out, dn_text(d, v->text));
}

static void put_key(const struct dn_parts *d, bool reversed, struct buf *out)
{
    const struct dn_value *values[DN_VALUES_MAX];

    for (unsigned i = 0; i < d->rdns; i++) {
        size_t n = sorted(d, reversed ? d->rdns - 1 - i : i, values);
        buf_u8(out, (uint8_t)n);
        for (size_t k = 0; k < n; k++)
            put_value(d, values[k], out);
    }
}

bool dn_key(struct span dn, struct buf *out)
{
    struct dn_parts d;
    struct buf one = BUF_INIT, other = BUF_INIT;
    bool ok = dn_parse(dn, &d);

    if (ok) {
        put_key(&d, false, &one);
        put_key(&d, true, &other);
        ok = one.n <= DN_KEY_MAX;
    }
    if (ok)
        buf_addspan(out, span_cmp(buf_span(&one), buf_span(&other)) < 0 ? buf_span(&one) : buf_span(&other));
    buf_free(&one);
    buf_free(&other);
    dn_parts_free(&d);
    return ok;
}

bool dn_same(struct span a, struct span b)
{
    struct buf ka = BUF_INIT, kb = BUF_INIT;
    bool same = dn_key(a, &ka) && dn_key(b, &kb) && span_eq(buf_span(&ka), buf_span(&kb));

    buf_free(&ka);
    buf_free(&kb);
    return same;
}

enum cause trust_temp(enum cause of_dird)
{
    return of_dird == CAUSE_LIST_STALE || of_dird == CAUSE_LIST_MISSING ? of_dird : CAUSE_DIR_TEMP;
}
