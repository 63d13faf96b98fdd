/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check_metadata.c - the phase that checks annotations (INV-16), a mailbox at a time, under the mailbox's record. */
#include "store/check/check.h"
#include "store/ops/metadata.h"

struct notes_check {
    struct check *c;
    uint64_t mbx;
};

/* Annotations of a mailbox that is not there: it is being emptied, or they would stay for ever. */
static enum rc of_no_box(const struct notes_check *n, struct tx *t, struct err *e)
{
    struct key gone = key_folder(n->mbx, 0);
    enum rc rc = tx_has(t, T_GONE, &gone, e);

    if (rc == RC_NOTFOUND)
        check_bad(n->c, "annotations mbx=%llu: of no mailbox", (unsigned long long)n->mbx);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc check_folder_of(const struct notes_check *n, struct tx *t, uint32_t folder, struct err *e)
{
    struct key k = key_folder(n->mbx, folder);
    enum rc rc = folder == 0 ? RC_OK : tx_has(t, T_COUNTERS, &k, e);

    if (rc == RC_NOTFOUND)
        check_bad(n->c, "annotations mbx=%llu folder=%u: of no folder", (unsigned long long)n->mbx, (unsigned)folder);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The folders that have annotations, each once. They are gathered first, because a scan holds its page. */
static enum rc folders_of(struct tx *t, uint64_t mbx, struct buf *out, struct err *e)
{
    struct key from = key_mbx(mbx);
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_METADATA, &from, from.n, SCAN_KEYS, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK)
        if (out->n == 0 || memcmp(out->p + out->n - 4, k.p + 8, 4) != 0)
            buf_add(out, k.p + 8, 4);
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc check_box_notes(struct tx *t, void *arg, struct err *e)
{
    const struct notes_check *n = arg;
    struct buf folders = BUF_INIT;
    struct annotated sum;
    struct box b;
    enum rc rc = box_get(t, n->mbx, false, &b, e);

    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? of_no_box(n, t, e) : rc;
    rc = metadata_sum(t, n->mbx, 0, 0, &sum, NULL, e);
    if (rc == RC_OK && (sum.bytes != b.annotated || sum.change > b.annotation))
        check_bad(n->c, "annotations mbx=%llu: counts %llu bytes; holds %llu", (unsigned long long)n->mbx,
                  (unsigned long long)b.annotated, (unsigned long long)sum.bytes);
    if (rc == RC_OK)
        rc = folders_of(t, n->mbx, &folders, e);
    for (size_t i = 0; rc == RC_OK && i < folders.n; i += 4)
        rc = check_folder_of(n, t, be32(folders.p + i), e);
    n->c->checked += sum.all;
    buf_free(&folders);
    return rc;
}

enum rc check_metadata(struct check *c, struct err *e)
{
    struct notes_check n = {.c = c};
    struct key k;
    enum rc rc = check_next_key(c, T_METADATA, &k, e);

    if (rc != RC_OK)
        return rc;
    n.mbx = be64(k.b);
    c->at = key_mbx(n.mbx + 1);
    return tx_run(&c->d->env, TX_READ, check_box_notes, &n, e);
}
