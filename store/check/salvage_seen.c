/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_seen.c - what delegates have seen after a salvage: bits of messages that are lost go, and rows of nobody who has a key slot, or of a
 * folder that is lost (INV-17). What was lost looks new to her, or is to her what it is to the holder. See salvage.h. */
#include "store/check/salvage_int.h"
#include "store/ops/seen.h"

/* Without the row of block 0 she would follow the holder, and her other rows would be nobody's. */
static enum rc first_row(struct salvage *s, const struct key *k, struct err *e)
{
    struct key first = key_seen(be64(k->b), be32(k->b + 8), be64(k->b + 12), 0);
    struct seen_bits none = {{0}};
    struct buf b = BUF_INIT;
    enum rc rc = salvage_has(s, T_SEEN, &first, e);

    seen_bits_write(&none, &b);
    if (rc == RC_NOTFOUND)
        rc = salvage_put(s, T_SEEN, &first, buf_span(&b), e);
    buf_free(&b);
    return rc;
}

/* To what is there. A row that does not read was of nobody's making. */
static enum rc mend_bits(struct salvage *s, const struct key *k, struct span val, struct err *e)
{
    struct seen_bits bits, there;
    struct buf b = BUF_INIT;
    struct tx t;
    bool reads = seen_bits_read(val, &bits, e) == RC_OK;
    enum rc rc;

    tx_bare(&s->d.env, &t);
    rc = seen_there(&t, be64(k->b), be32(k->b + 8), be32(k->b + 20), &there, e);
    if (rc != RC_OK || (!seen_bits_keep(&bits, &there) && reads))
        return rc;
    if (be32(k->b + 20) != 0 && seen_bits_count(&bits) == 0)
        return salvage_del(s, T_SEEN, k, e);
    seen_bits_write(&bits, &b);
    rc = salvage_put(s, T_SEEN, k, buf_span(&b), e);
    buf_free(&b);
    return rc;
}

enum rc salvage_seen(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct key box = key_part(be64(k->b), 0), folder = key_folder(be64(k->b), be32(k->b + 8));
    enum rc rc = salvage_has(s, T_BOXES, &box, e);

    (void)arg;
    if (rc != RC_OK) /* without its record nobody can tell: what is there stays */
        return rc == RC_NOTFOUND ? RC_OK : rc;
    rc = salvage_has(s, T_COUNTERS, &folder, e);
    if (rc == RC_OK && !salvage_has_slot(s, be64(k->b), be64(k->b + 12)))
        rc = RC_NOTFOUND;
    if (rc == RC_NOTFOUND)
        return salvage_del(s, T_SEEN, k, e);
    if (rc == RC_OK)
        rc = first_row(s, k, e);
    return rc == RC_OK ? mend_bits(s, k, val, e) : rc;
}
