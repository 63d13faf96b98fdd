/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check_objects.c - the phases that check objects: digests, reference counts, orphans. */
#include "store/check/check.h"
#include "store/ops/sweep.h"

enum { ORPHANS_A_LOOK = 200 };

static void hex(const unsigned char oid[SEAL_OID], char out[2 * SEAL_OID + 1])
{
    for (size_t i = 0; i < SEAL_OID; i++) {
        out[2 * i] = "0123456789abcdef"[oid[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[oid[i] & 15];
    }
    out[2 * SEAL_OID] = 0;
}

enum rc check_digest(struct check *c, struct tx *t, const unsigned char oid[SEAL_OID], const struct objref *r,
                     uint8_t kind, struct err *e)
{
    uint64_t len = objref_len(r, kind);
    unsigned char digest[DIGEST_LEN];
    struct digest *g = digest_new();
    struct buf b = BUF_INIT;
    char name[2 * SEAL_OID + 1];
    enum rc rc = RC_OK;

    hex(oid, name);
    for (uint64_t at = 0; rc == RC_OK && at < len; at += OBJ_PIECE) {
        buf_clear(&b);
        rc = obj_read(t, oid, kind, at, len - at < OBJ_PIECE ? len - at : OBJ_PIECE, &b, e);
        digest_add(g, buf_span(&b));
    }
    digest_end(&g, digest);
    buf_free(&b);
    if (rc == RC_CORRUPT)
        check_bad(c, "object %s kind=%u: bytes are missing", name, kind);
    else if (rc == RC_OK && memcmp(digest, r->digest[kind - SEAL_MESSAGE], DIGEST_LEN) != 0)
        check_bad(c, "object %s kind=%u: damaged", name, kind);
    return rc == RC_CORRUPT ? RC_OK : rc;
}

struct one_object {
    struct check *c;
    unsigned char oid[SEAL_OID];
};

static enum rc check_one(struct tx *t, void *arg, struct err *e)
{
    const struct one_object *o = arg;
    uint32_t met = counted_get(o->c->refs, o->oid);
    struct buf mem = BUF_INIT;
    char name[2 * SEAL_OID + 1];
    struct objref r;
    enum rc rc = objref_get(t, o->oid, true, &mem, &r, e); /* locked: what it names stays for as long as this looks */

    if (rc != RC_OK)
        goto out;
    o->c->checked++;
    hex(o->oid, name);
    if (!o->c->blind && !(met & COUNTED_DOUBT) && r.refs != met &&
        r.touched < o->c->started) /* others changed while the check went over the folders */
        check_bad(o->c, "object %s: counts %u references, has %u", name, (unsigned)r.refs, (unsigned)met);
    for (uint8_t kind = SEAL_MESSAGE; rc == RC_OK && r.refs > 0 && kind <= SEAL_SEARCH; kind++)
        if (r.where & 1u << kind)
            rc = check_digest(o->c, t, o->oid, &r, kind, e);
out:
    buf_free(&mem);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc check_object(struct check *c, struct err *e)
{
    struct one_object o = {.c = c};
    struct key k;
    enum rc rc = check_next_key(c, T_OBJREFS, &k, e);

    if (rc != RC_OK)
        return rc;
    memcpy(o.oid, k.b + 1, SEAL_OID);
    return tx_run(&c->d->env, TX_READ, check_one, &o, e);
}

enum rc check_orphan(struct check *c, struct err *e)
{
    unsigned char oid[SEAL_OID];
    char name[2 * SEAL_OID + 1];
    struct key ref;
    struct tx t;
    enum rc rc = orphan_next(c->d, &c->at, ORPHANS_A_LOOK, oid, e);

    if (rc == RC_CORRUPT && (rc = check_skip(c, T_OBJECTS, e)) == RC_OK)
        return RC_OK; /* its page is named already */
    if (rc != RC_OK)
        return rc == RC_MORE ? RC_OK : rc;
    busy_enter(c->d->busy, oid); /* a delivery that is under way has an end: look again after it */
    tx_bare(&c->d->env, &t);
    ref = key_oid(oid);
    rc = tx_has(&t, T_OBJREFS, &ref, e);
    if (rc == RC_NOTFOUND) {
        hex(oid, name);
        check_bad(c, "object %s: pieces that nothing refers to (swept after the next start)", name);
    }
    busy_leave(c->d->busy, oid);
    return rc == RC_NOTFOUND || t.deadlock ? RC_OK : rc;
}
