/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/folder_row.c - see store/ops/folder_row.h. */
#include "store/ops/folder_row.h"
#include "base/clock.h"
#include "store/ops/acl.h"
#include "store/ops/freed.h"

enum rc folder_get(struct tx *t, uint64_t mbx, uint32_t folder, struct buf *mem, struct folder *f_out, struct err *e)
{
    struct key k = key_folder(mbx, folder);
    enum rc rc = tx_get(t, T_FOLDERS, &k, TX_FOR_WRITE, mem, e);

    return rc == RC_OK ? rec_read(buf_span(mem), folder_f, f_out, e) : rc;
}

enum rc folder_put(struct tx *t, uint64_t mbx, uint32_t folder, const struct folder *f, struct err *e)
{
    struct key k = key_folder(mbx, folder);
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, folder_f, f);
    rc = tx_put(t, T_FOLDERS, &k, buf_span(&b), 0, e);
    buf_free(&b);
    return rc;
}

enum rc tag_get(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint32_t *folder_out, struct err *e)
{
    struct key k = key_tag(mbx, tag);
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, T_TAGS, &k, TX_FOR_WRITE, &b, e);

    if (rc == RC_OK)
        *folder_out = b.n == 4 ? be32(b.p) : 0;
    buf_free(&b);
    return rc;
}

enum rc tag_put(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint32_t folder, struct err *e)
{
    struct key k = key_tag(mbx, tag), v = key_folder(0, folder);

    return tx_put(t, T_TAGS, &k, span_of(v.b + 8, 4), 0, e);
}

enum rc tag_del(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], struct err *e)
{
    struct key k = key_tag(mbx, tag);

    return tx_del(t, T_TAGS, &k, e);
}

enum rc tag_free(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint16_t *flags_out,
                 uint32_t *gone_out, struct err *e)
{
    struct buf mem = BUF_INIT;
    struct folder f;
    uint32_t folder;
    struct key k;
    enum rc rc = tag_get(t, mbx, tag, &folder, e);

    *gone_out = 0;
    if (rc == RC_NOTFOUND)
        return RC_OK;
    if (rc == RC_OK)
        rc = folder_get(t, mbx, folder, &mem, &f, e);
    if (rc == RC_OK && !(f.flags & FF_GONE))
        rc = err_set(e, RC_EXISTS, "store: folder %u has that name", (unsigned)folder);
    if (rc == RC_OK) {
        *flags_out |= f.flags & FF_SUBSCRIBED;
        *gone_out = folder;
        k = key_folder(mbx, folder);
        rc = tx_del(t, T_FOLDERS, &k, e);
    }
    if (rc == RC_OK)
        rc = tag_del(t, mbx, tag, e);
    buf_free(&mem);
    return rc;
}

enum rc counters_new(struct tx *t, uint64_t mbx, uint32_t folder, struct box *b, struct err *e)
{
    struct counters c = {.uidnext = 1, .first_recent = 1, .modseq = 1};
    uint32_t now = (uint32_t)clock_utc();

    c.uidvalidity = b->last_uidvalidity = now > b->last_uidvalidity ? now : b->last_uidvalidity + 1;
    return counters_put(t, mbx, folder, &c, e);
}

/* ---- in the place of another ---- */
/* The last folder of that name that was deleted and is kept; 0: none. */
static enum rc last_kept(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint32_t *last_out,
                         struct err *e)
{
    struct key from = key_freed(mbx, FREED_NAME);
    struct folder f;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_FREED, &from, 8, SCAN_FEW, e);

    *last_out = 0;
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK &&
           (rc = rec_read(span_from(v, 8), folder_f, &f, e)) == RC_OK)
        if (memcmp(f.tag, tag, SEAL_NAME_TAG) == 0)
            *last_out = be32(k.p + 12);
    scan_close(&s);
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

enum rc folder_in_place(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint32_t gone,
                        uint32_t folder, struct err *e)
{
    uint32_t last;
    enum rc rc = last_kept(t, mbx, tag, &last, e);

    last = gone > last ? gone : last; /* numbers are given in order */
    if (rc == RC_OK && last)
        rc = acl_narrow(t, mbx, last, folder, e);
    return rc == RC_OK && gone ? acl_forget_gone(t, mbx, gone, e) : rc;
}

enum rc folder_revived(struct tx *t, uint64_t mbx, uint32_t folder, struct folder *f, struct box *b, struct err *e)
{
    enum rc rc = counters_new(t, mbx, folder, b, e);

    f->flags &= FF_SUBSCRIBED;
    if (rc == RC_OK)
        rc = box_put(t, mbx, b, e);
    return rc == RC_OK ? folder_put(t, mbx, folder, f, e) : rc;
}
