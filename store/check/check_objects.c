/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check_objects.c - the phases that check objects: reference counts, and their octets, in the segments and in T_OBJECTS; rows of T_OBJECTS that
 * belong to no object. */
#include "store/check/check.h"

struct placed { /* one record, as its objref says it should be */
    const struct objref *r;
    const unsigned char *oid, *digest;
    uint8_t kind;
    uint64_t at, len;
};

static void hex(const unsigned char oid[SEAL_OID], char out[2 * SEAL_OID + 1])
{
    for (size_t i = 0; i < SEAL_OID; i++) {
        out[2 * i] = "0123456789abcdef"[oid[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[oid[i] & 15];
    }
    out[2 * SEAL_OID] = 0;
}

/* The head of its record says the same as the objref: then the segment can be read without the tables. */
static enum rc check_head(struct check *c, const struct placed *p, const char *name, struct err *e)
{
    struct record head;
    enum rc rc = seg_record(c->d->env.segs, p->r->segment, p->at, &head, e);

    if (rc == RC_OK && head.kind == p->kind && head.len == p->len && memcmp(head.oid, p->oid, SEAL_OID) == 0 &&
        memcmp(head.digest, p->digest, DIGEST_LEN) == 0)
        return RC_OK;
    if (rc == RC_OK || rc == RC_CORRUPT)
        check_bad(c, "object %s kind=%u: the head of its record is damaged: segment=%08x at=%llu", name, p->kind,
                  (unsigned)p->r->segment, (unsigned long long)p->at);
    return rc == RC_CORRUPT ? RC_OK : rc;
}

static enum rc check_body(struct check *c, const struct placed *p, const char *name, struct err *e)
{
    unsigned char digest[DIGEST_LEN];
    enum rc rc = seg_digest(c->d->env.segs, p->r->segment, p->at + RECORD_HEAD, p->len, digest, e);

    if (rc == RC_CORRUPT || rc == RC_NOTFOUND)
        check_bad(c, "object %s kind=%u: bytes are missing: segment=%08x at=%llu", name, p->kind,
                  (unsigned)p->r->segment, (unsigned long long)p->at);
    else if (rc == RC_OK && memcmp(digest, p->digest, DIGEST_LEN) != 0)
        check_bad(c, "object %s kind=%u: damaged: segment=%08x at=%llu", name, p->kind, (unsigned)p->r->segment,
                  (unsigned long long)p->at);
    return rc == RC_CORRUPT || rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc check_octets(struct check *c, const unsigned char oid[SEAL_OID], const struct objref *r, uint8_t kind,
                            struct err *e)
{
    const struct placed p = {r, oid, r->digest[kind - SEAL_MESSAGE], kind, objref_at(r, kind), objref_len(r, kind)};
    char name[2 * SEAL_OID + 1];
    enum rc rc;

    hex(oid, name);
    rc = check_head(c, &p, name, e);
    return rc == RC_OK || rc == RC_NOTFOUND ? check_body(c, &p, name, e) : rc;
}

static enum rc check_row(struct check *c, struct tx *t, const unsigned char oid[SEAL_OID], const struct objref *r,
                         uint8_t kind, struct err *e)
{
    unsigned char digest[DIGEST_LEN];
    struct buf b = BUF_INIT;
    char name[2 * SEAL_OID + 1];
    uint64_t len = objref_len(r, kind);
    enum rc rc = obj_read(t, oid, kind, len, 0, len, &b, e);

    hex(oid, name);
    digest_of(buf_span(&b), digest);
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
    uint8_t kind; /* check_orphan() */
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
        rc = objref_large(&r, kind)   ? check_octets(o->c, o->oid, &r, kind, e)
             : objref_small(&r, kind) ? check_row(o->c, t, o->oid, &r, kind, e)
                                      : RC_OK;
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

static enum rc check_owned(struct tx *t, void *arg, struct err *e)
{
    const struct one_object *o = arg;
    struct key k = key_object(o->oid, o->kind);
    struct buf mem = BUF_INIT;
    char name[2 * SEAL_OID + 1];
    struct objref r;
    enum rc rc = objref_get(t, o->oid, true, &mem, &r, e);
    bool owned = rc == RC_OK && objref_small(&r, o->kind);

    buf_free(&mem);
    if (owned || (rc != RC_OK && rc != RC_NOTFOUND) || t->deadlock)
        return rc;
    rc = tx_has(t, T_OBJECTS, &k, e); /* it may have gone with its objref just now */
    hex(o->oid, name);
    if (rc == RC_OK)
        check_bad(o->c, "object %s kind=%u: octets that nothing refers to", name, o->kind);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc check_orphan(struct check *c, struct err *e)
{
    struct one_object o = {.c = c};
    struct key k;
    enum rc rc = check_next_key(c, T_OBJECTS, &k, e);

    if (rc != RC_OK)
        return rc;
    memcpy(o.oid, k.b + 1, SEAL_OID);
    o.kind = k.b[1 + SEAL_OID];
    return tx_run(&c->d->env, TX_READ, check_owned, &o, e);
}
