/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/folder_row.c - see store/ops/folder_row.h. */
#include "store/ops/folder_row.h"
#include "base/clock.h"

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

enum rc tag_free(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint16_t *flags_out, struct err *e)
{
    struct buf mem = BUF_INIT;
    struct folder f;
    uint32_t folder;
    struct key k;
    enum rc rc = tag_get(t, mbx, tag, &folder, e);

    if (rc == RC_NOTFOUND)
        return RC_OK;
    if (rc == RC_OK)
        rc = folder_get(t, mbx, folder, &mem, &f, e);
    if (rc == RC_OK && !(f.flags & FF_GONE))
        rc = err_set(e, RC_EXISTS, "store: folder %u has that name", (unsigned)folder);
    if (rc == RC_OK) {
        *flags_out |= f.flags & FF_SUBSCRIBED;
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
