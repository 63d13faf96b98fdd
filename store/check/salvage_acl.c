/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_acl.c - rights of delegates after a salvage: those of a folder that is lost, and those of nobody who has a key slot, go (INV-D2). See
 * salvage.h. */
#include "base/rights.h"
#include "store/check/salvage_int.h"

/* Without the slots nobody can tell: what is there stays. */
bool salvage_has_slot(struct salvage *s, uint64_t mbx, uint64_t delegate)
{
    struct key k = key_part(mbx, 1);
    struct buf slots = BUF_INIT;
    struct slot slot;
    struct err none;
    struct tx t;
    bool yes;

    tx_bare(&s->d.env, &t);
    yes = tx_get(&t, T_BOXES, &k, 0, &slots, &none) != RC_OK ||
          slot_delegate_find(buf_span(&slots), delegate, &slot, &none) != RC_NOTFOUND;
    buf_free(&slots);
    return yes;
}

enum rc salvage_acl(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    struct key box = key_part(be64(k->b), 0), folder = key_folder(be64(k->b), be32(k->b + 16));
    struct acl r;
    enum rc rc = salvage_has(s, T_BOXES, &box, e);

    (void)arg;
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? RC_OK : rc;
    rc = salvage_has(s, T_FOLDERS, &folder, e);
    if (rc == RC_OK && (rec_read(val, acl_f, &r, e) != RC_OK || r.rights & ~(uint32_t)ACL_ALL ||
                        !salvage_has_slot(s, be64(k->b), be64(k->b + 8))))
        rc = RC_NOTFOUND;
    return rc == RC_NOTFOUND ? salvage_del(s, T_ACL, k, e) : rc;
}
