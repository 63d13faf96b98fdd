/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/metadata.c - see store/ops/metadata.h and store/wire/metadata.h. */
#include "store/ops/metadata.h"
#include "crypto/seal/slot.h"
#include "store/ops/acl.h"

enum { TOLD_FOR = 64 /* changes: so long a removed annotation is remembered */, KEY = 8 + STORE_ANNOTATION_KEY };

/* ---- sums ---- */
/* whose: annotations of others are her affair (0: nobody's are). So none takes another's share. */
static void add_up(const struct annotation *n, struct span k, uint32_t folder, uint64_t whose, struct annotated *out)
{
    uint64_t holder = be64(k.p + 12);
    bool hers = whose == 0 || holder == 0 || holder == whose, there = n->value.n > 0 && hers;

    out->bytes += annotation_bytes(n);
    out->hers += hers ? annotation_bytes(n) : 0;
    out->all += there;
    out->in_folder += there && be32(k.p + 8) == folder;
    out->change = n->change > out->change ? n->change : out->change;
}

static enum rc sum_of(struct tx *t, uint64_t mbx, uint64_t whose, uint32_t folder, uint64_t now, struct annotated *out,
                      struct buf *stale_out, struct err *e)
{
    struct key from = key_mbx(mbx);
    struct annotation n;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_METADATA, &from, from.n, SCAN_FEW, e);

    *out = (struct annotated){0};
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK &&
           (rc = rec_read(v, annotation_f, &n, e)) == RC_OK) {
        add_up(&n, k, folder, whose, out);
        if (stale_out && n.value.n == 0 && n.change + TOLD_FOR < now)
            buf_addspan(stale_out, k);
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc metadata_sum(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t now, struct annotated *out,
                     struct buf *stale_out, struct err *e)
{
    return sum_of(t, mbx, 0, folder, now, out, stale_out, e);
}

enum rc metadata_forget(struct tx *t, uint64_t mbx, uint32_t folder, struct box *b, struct err *e)
{
    struct key prefix = key_folder(mbx, folder);
    uint32_t most = UINT32_MAX;
    struct annotated left;
    enum rc rc = scan_delete(t, T_METADATA, &prefix, &most, e);

    if (rc != RC_OK || most == UINT32_MAX) /* there were none */
        return rc;
    rc = metadata_sum(t, mbx, folder, 0, &left, NULL, e);
    if (rc != RC_OK)
        return rc;
    b->annotated = left.bytes;
    return box_put(t, mbx, b, e);
}

/* ---- list ---- */
static bool wanted(const struct ask *a, const struct store_metadata_req *rq, struct span k, const struct annotation *n)
{
    uint64_t holder = be64(k.p + 12);

    if ((holder != 0 && holder != sess_actor(a->s)) || n->change <= rq->since || (rq->values && n->value.n == 0))
        return false;
    for (size_t i = 0; i < rq->tags.n; i += SEAL_NAME_TAG)
        if (memcmp(rq->tags.p + i, k.p + 20, SEAL_NAME_TAG) == 0)
            return true;
    return rq->tags.n == 0;
}

static void list_add(struct buf *out, const struct store_metadata_req *rq, struct span k, const struct annotation *n)
{
    struct store_annotation row = {.folder = be32(k.p + 8),
                                   .shared = be64(k.p + 12) == 0,
                                   .change = n->change,
                                   .name = n->name,
                                   .value = rq->values ? n->value : SPAN_NULL};

    memcpy(row.tag, k.p + 20, SEAL_NAME_TAG);
    ipc_list_add(out, store_annotation_f, &row);
}

/* Where a page begins: a folder, or the whole mailbox, and in it what the page before left. */
static enum rc begin_of(const struct ask *a, const struct store_metadata_req *rq, struct key *from, size_t *prefix_out,
                        struct err *e)
{
    *from = rq->folder == STORE_EVERY_FOLDER ? key_mbx(a->s->mbx) : key_folder(a->s->mbx, rq->folder);
    *prefix_out = from->n;
    if ((rq->from.n != 0 && rq->from.n != STORE_ANNOTATION_KEY) || rq->tags.n % SEAL_NAME_TAG != 0)
        return err_set(e, RC_SYNTAX, "store: no such place among annotations");
    if (rq->from.n == 0)
        return RC_OK;
    if (memcmp(rq->from.p, from->b + 8, *prefix_out - 8) != 0)
        return err_set(e, RC_SYNTAX, "store: that place is another folder's");
    memcpy(from->b + 8, rq->from.p, rq->from.n);
    from->n = KEY;
    return RC_OK;
}

enum rc do_metadata(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_metadata_req *rq = a->req;
    struct store_metadata_rep *rep = a->rep;
    unsigned char *next = NULL;
    struct annotation n;
    struct span k, v;
    size_t prefix;
    struct scan s;
    struct box b;
    struct key from;
    enum rc rc = begin_of(a, rq, &from, &prefix, e);

    if (rc == RC_OK)
        rc = box_get(t, a->s->mbx, false, &b, e);
    if (rc != RC_OK)
        return rc;
    rep->change = b.annotation;
    rc = scan_open(&s, t, T_METADATA, &from, prefix, SCAN_FEW, e);
    while (rc == RC_OK && !next && (rc = scan_next(&s, &k, &v, e)) == RC_OK &&
           (rc = rec_read(v, annotation_f, &n, e)) == RC_OK) {
        if (!wanted(a, rq, k, &n))
            continue;
        if (a->out->n + n.name.n + (rq->values ? n.value.n : 0) + 128 + STORE_ANNOTATION_KEY > OUT_MAX)
            next = memcpy(from.b, k.p, KEY);
        else
            list_add(a->out, rq, k, &n);
    }
    scan_close(&s);
    rep->list = buf_span(a->out);
    if (next) {
        buf_add(a->out, next + 8, STORE_ANNOTATION_KEY);
        rep->next = span_from(buf_span(a->out), rep->list.n);
    }
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- set ---- */
/* The folder's record, when it is one that can be annotated. */
static enum rc folder_of(struct tx *t, uint64_t mbx, uint32_t folder, struct buf *mem, struct folder *f, struct err *e)
{
    struct key k = key_folder(mbx, folder);
    enum rc rc = tx_get(t, T_FOLDERS, &k, TX_FOR_WRITE, mem, e);

    if (rc == RC_OK)
        rc = rec_read(buf_span(mem), folder_f, f, e);
    if (rc == RC_OK && f->flags & (FF_GONE | FF_NOSELECT))
        rc = err_set(e, RC_NOTFOUND, "store: folder %u takes no annotations", (unsigned)folder);
    return rc;
}

/* RC_EXISTS: another folder has that use. */
static enum rc use_free(struct tx *t, uint64_t mbx, uint32_t folder, uint8_t special, struct err *e)
{
    bool taken;
    enum rc rc = folder_role_taken(t, mbx, special, folder, &taken, e);

    return rc == RC_OK && taken ? err_set(e, RC_EXISTS, "store: another folder has that use") : rc;
}

static enum rc set_special(struct tx *t, uint64_t mbx, const struct store_metadata_set_req *rq, struct err *e)
{
    struct key k = key_folder(mbx, rq->folder);
    struct buf mem = BUF_INIT, out = BUF_INIT;
    struct folder f;
    enum rc rc = folder_of(t, mbx, rq->folder, &mem, &f, e);

    if (rc == RC_OK && rq->special != STORE_SPECIAL_KEEP) {
        if (rq->folder == STORE_INBOX || rq->special == SU_INBOX || rq->special > SU_ARCHIVE)
            rc = err_set(e, RC_SYNTAX, "store: no such use can be set");
        if (rc == RC_OK && rq->special != SU_NONE)
            rc = use_free(t, mbx, rq->folder, rq->special, e);
        f.special = rq->special;
        rec_write(&out, folder_f, &f);
        if (rc == RC_OK)
            rc = tx_put(t, T_FOLDERS, &k, buf_span(&out), 0, e);
    }
    buf_free(&mem);
    buf_free(&out);
    return rc;
}

/* One annotation. What is not there and is not to be there leaves no row. */
static enum rc set_one(struct tx *t, const struct sess *s, uint32_t folder, const struct store_annotation *one,
                       struct box *b, struct err *e)
{
    struct key k = key_annotation(s->mbx, folder, one->shared ? 0 : sess_actor(s), one->tag);
    struct annotation n = {.name = one->name, .value = one->value};
    struct buf out = BUF_INIT;
    enum rc rc = one->shared ? acl_check(t, s, folder, ACL_W, e) : RC_OK;

    if (rc != RC_OK)
        return rc;
    if (one->name.n == 0)
        return err_set(e, RC_SYNTAX, "store: an annotation without a name");
    if (one->value.n == 0 && (rc = tx_has(t, T_METADATA, &k, e)) == RC_NOTFOUND)
        return RC_OK;
    if (rc != RC_OK)
        return rc;
    n.change = ++b->annotation;
    rec_write(&out, annotation_f, &n);
    rc = tx_put(t, T_METADATA, &k, buf_span(&out), 0, e);
    buf_free(&out);
    return rc;
}

/* What is more than there may be is refused when it is also more than there was. */
static enum rc fits(const struct ask *a, struct tx *t, const struct box *b, const struct annotated *was,
                    const struct annotated *is, struct err *e)
{
    struct box with = *b;

    if ((is->in_folder > STORE_ANNOTATIONS_FOLDER && is->in_folder > was->in_folder) ||
        (is->all > STORE_ANNOTATIONS_BOX && is->all > was->all) ||
        (is->hers > STORE_ANNOTATIONS_BYTES && is->hers > was->hers))
        return err_cause(e, RC_QUOTA, CAUSE_METADATA_TOO_MANY, "store: mailbox %llu has %u annotations",
                         (unsigned long long)a->s->mbx, (unsigned)is->all);
    with.annotated = is->bytes;
    return is->bytes > was->bytes ? box_takes(a->d, t, a->s->mbx, &with, (struct sums){0}, e) : RC_OK;
}

static enum rc drop_stale(struct tx *t, struct span keys, struct err *e)
{
    enum rc rc = RC_OK;

    for (; rc == RC_OK && keys.n >= KEY; keys = span_from(keys, KEY)) {
        struct key k = {.n = KEY};

        memcpy(k.b, keys.p, KEY);
        rc = tx_del(t, T_METADATA, &k, e);
    }
    return rc;
}

/* ---- delegates go ---- */
static enum rc those_of_nobody(struct tx *t, uint64_t mbx, struct span slots, struct buf *keys, struct err *e)
{
    struct key from = key_mbx(mbx);
    struct slot slot;
    struct err none;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_METADATA, &from, from.n, SCAN_KEYS, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        uint64_t holder = be64(k.p + 12);

        if (holder != 0 && holder != mbx && slot_delegate_find(slots, holder, &slot, &none) != RC_OK)
            buf_addspan(keys, k);
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc metadata_slots(struct tx *t, uint64_t mbx, struct span slots, struct box *b, struct err *e)
{
    struct buf keys = BUF_INIT;
    struct annotated left;
    enum rc rc = those_of_nobody(t, mbx, slots, &keys, e);

    if (rc == RC_OK && keys.n > 0 && (rc = drop_stale(t, buf_span(&keys), e)) == RC_OK &&
        (rc = metadata_sum(t, mbx, 0, 0, &left, NULL, e)) == RC_OK)
        b->annotated = left.bytes;
    buf_free(&keys);
    return rc;
}

/* ---- set, all of it ---- */
static enum rc set_all(struct tx *t, const struct sess *s, const struct store_metadata_set_req *rq, struct box *b,
                       struct err *e)
{
    struct span rest = rq->list;
    struct store_annotation one;
    enum rc rc = RC_OK;

    for (unsigned n = 0; rc == RC_OK && rest.n > 0; n++)
        if (n == STORE_ANNOTATIONS_SET)
            rc = err_set(e, RC_SYNTAX, "store: more than %d annotations at once", STORE_ANNOTATIONS_SET);
        else if ((rc = ipc_list_next(&rest, store_annotation_f, &one, e)) == RC_OK)
            rc = set_one(t, s, rq->folder, &one, b, e);
    return rc;
}

enum rc do_metadata_set(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_metadata_set_req *rq = a->req;
    struct store_metadata_set_rep *rep = a->rep;
    struct buf stale = BUF_INIT;
    struct annotated was, is;
    uint64_t mbx = a->s->mbx;
    struct box b;
    enum rc rc = box_get(t, mbx, true, &b, e);

    if (rc == RC_OK && a->s->delegate && rq->special != STORE_SPECIAL_KEEP)
        rc = err_cause(e, RC_DENIED, CAUSE_NO_RIGHT, "store: what a folder is for is its holder's to say");
    if (rc == RC_OK && (rq->folder != 0 || rq->special != STORE_SPECIAL_KEEP))
        rc = set_special(t, mbx, rq, e);
    if (rc == RC_OK)
        rc = sum_of(t, mbx, sess_actor(a->s), rq->folder, 0, &was, NULL, e);
    rep->before = b.annotation;
    if (rc == RC_OK)
        rc = set_all(t, a->s, rq, &b, e);
    if (rc == RC_OK)
        rc = sum_of(t, mbx, sess_actor(a->s), rq->folder, b.annotation, &is, &stale, e);
    if (rc == RC_OK)
        rc = fits(a, t, &b, &was, &is, e);
    if (rc == RC_OK)
        rc = drop_stale(t, buf_span(&stale), e);
    buf_free(&stale);
    if (rc != RC_OK)
        return rc;
    rep->change = b.annotation;
    b.annotated = is.bytes;
    tx_touch(t, mbx, 0, 0);
    return box_put(t, mbx, &b, e);
}
