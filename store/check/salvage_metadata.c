/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_metadata.c - annotations after a salvage: those of a folder that is lost go, because nobody could find them, and each
 * mailbox's sum is made anew (INV-16). See salvage.h. */
#include "store/check/salvage_int.h"
#include "store/ops/metadata.h"

enum rc salvage_annotation(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct key folder = key_folder(be64(k->b), be32(k->b + 8)), box = key_part(be64(k->b), 0);
    enum rc rc = salvage_has(s, T_BOXES, &box, e);

    (void)val;
    (void)arg;
    if (rc != RC_OK) /* without its record nobody can tell: what is there stays */
        return rc == RC_NOTFOUND ? RC_OK : rc;
    if (be32(k->b + 8) != 0)
        rc = salvage_has(s, T_COUNTERS, &folder, e);
    return rc == RC_NOTFOUND ? salvage_del(s, T_METADATA, k, e) : rc;
}

enum rc salvage_annotated(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct annotated sum;
    struct box b;
    struct tx t;
    enum rc rc;

    (void)arg;
    if (k->b[8] != 0) /* its slots */
        return RC_OK;
    tx_bare(&s->d.env, &t);
    rc = rec_read(val, box_f, &b, e);
    if (rc == RC_OK)
        rc = metadata_sum(&t, be64(k->b), 0, 0, &sum, NULL, e);
    if (rc != RC_OK || (b.annotated == sum.bytes && b.annotation >= sum.change))
        return rc;
    b.annotated = sum.bytes;
    b.annotation = sum.change > b.annotation ? sum.change : b.annotation;
    return salvage_write(s, T_BOXES, k, box_f, &b, e);
}
