/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/rec.c - see rec.h. Append only: a changed row is a new STORE_FORMAT or a new version byte. */
#include "store/db/rec.h"

const struct ipc_field counters_f[] = {
    IPC_F_U32(counters, uidvalidity),  IPC_F_U32(counters, uidnext),      IPC_F_U32(counters, exists),
    IPC_F_U32(counters, unseen),       IPC_F_U32(counters, first_recent), IPC_F_U64(counters, modseq),
    IPC_F_U64(counters, flags_modseq), IPC_F_U64(counters, bytes),        IPC_F_END,
};
const struct ipc_field msg_f[] = {
    IPC_F_U64(msg, flags),
    IPC_F_U64(msg, modseq),
    IPC_F_U64(msg, size),
    IPC_F_U64(msg, internaldate),
    IPC_F_U64(msg, epoch),
    IPC_F_U32(msg, len_summary),
    IPC_F_U32(msg, len_text),
    IPC_F_U8(msg, where),
    IPC_F_FIX(msg, oid),
    IPC_F_FIX(msg, wrap),
    IPC_F_U64(msg, savedate),
    IPC_F_U16(msg, lead),
    IPC_F_END,
};
const struct ipc_field objref_f[] = {
    IPC_F_U32(objref, refs),
    IPC_F_U8(objref, where),
    IPC_F_U32(objref, segment),
    IPC_F_U64(objref, offset),
    IPC_F_U64(objref, created),
    IPC_F_U64(objref, touched),
    IPC_F_U64(objref, size),
    IPC_F_U16(objref, lead),
    IPC_F_U64(objref, qid),
    IPC_F_U32(objref, len_summary),
    IPC_F_U32(objref, len_text),
    IPC_F_FIX(objref, digest[0]),
    IPC_F_FIX(objref, digest[1]),
    IPC_F_FIX(objref, digest[2]),
    IPC_F_BYTES(objref, placed, STORE_PAGE),
    IPC_F_END,
};
const struct ipc_field segrow_f[] = {IPC_F_U64(segrow, swept), IPC_F_U64(segrow, dead), IPC_F_END};
const struct ipc_field box_f[] = {
    IPC_F_FIX(box, pub),       IPC_F_U64(box, slots_version), IPC_F_U64(box, quota),
    IPC_F_U64(box, created),   IPC_F_U32(box, next_folder),   IPC_F_U32(box, last_uidvalidity),
    IPC_F_U32(box, flags),     IPC_F_U64(box, full_since),    IPC_F_U64(box, most),
    IPC_F_U8(box, warned),     IPC_F_U8(box, warn_due),       IPC_F_U64(box, warn_at),
    IPC_F_U64(box, annotated), IPC_F_U64(box, annotation),    IPC_F_END,
};
const struct ipc_field freed_head_f[] = {
    IPC_F_U64(freed_head, next),
    IPC_F_U64(freed_head, messages),
    IPC_F_U64(freed_head, bytes),
    IPC_F_END,
};
const struct ipc_field folder_f[] = {
    IPC_F_U8(folder, special),
    IPC_F_U16(folder, flags),
    IPC_F_FIX(folder, tag),
    IPC_F_BYTES(folder, name, STORE_NAME),
    IPC_F_END,
};
const struct ipc_field keyword_f[] = {IPC_F_FIX(keyword, tag), IPC_F_BYTES(keyword, name, STORE_NAME), IPC_F_END};
const struct ipc_field annotation_f[] = {
    IPC_F_U64(annotation, change),
    IPC_F_BYTES(annotation, name, STORE_NAME),
    IPC_F_BYTES(annotation, value, STORE_ANNOTATION_MAX + STORE_ANNOTATION_SEALED),
    IPC_F_END,
};
const struct ipc_field acl_f[] = {IPC_F_U8(acl, has_rights), IPC_F_U8(acl, unsubscribed), IPC_F_U32(acl, rights),
                                  IPC_F_END};
const struct ipc_field seen_row_f[] = {IPC_F_BYTES(seen_row, bits, SEEN_OCTETS), IPC_F_END};
const struct ipc_field queued_f[] = {
    IPC_F_U8(queued, state),
    IPC_F_U16(queued, notify),
    IPC_F_U32(queued, attempts),
    IPC_F_U64(queued, received),
    IPC_F_U64(queued, next_try),
    IPC_F_U64(queued, size),
    IPC_F_U16(queued, lead),
    IPC_F_U64(queued, epoch),
    IPC_F_FIX(queued, oid),
    IPC_F_FIX(queued, wrap),
    IPC_F_FIX(queued, epoch_rec),
    IPC_F_BYTES(queued, keys, STORE_QUEUE_KEYS),
    IPC_F_BYTES(queued, mid, STORE_MID),
    IPC_F_BYTES(queued, envelope, STORE_ENVELOPE),
    IPC_F_BYTES(queued, last_error, STORE_LAST_ERROR),
    IPC_F_END,
};

void rec_write(struct buf *out, const struct ipc_field *f, const void *rec)
{
    buf_clear(out);
    buf_u8(out, REC_VERSION);
    ipc_encode(out, f, rec);
}

enum rc rec_read(struct span in, const struct ipc_field *f, void *rec_out, struct err *e)
{
    if (in.n == 0 || in.p[0] != REC_VERSION || ipc_decode(span_from(in, 1), f, rec_out, e) != RC_OK)
        return err_set(e, RC_CORRUPT, "store: a record of %zu bytes does not read", in.n);
    return RC_OK;
}

/* msg_f begins with both, behind the version byte. */
enum rc rec_brief(struct span in, uint64_t *flags_out, uint64_t *modseq_out, struct err *e)
{
    struct rd r = rd_of(span_from(in, in.n > 0));

    if (in.n != MSG_REC || in.p[0] != REC_VERSION)
        return err_set(e, RC_CORRUPT, "store: a record of %zu bytes does not read", in.n);
    *flags_out = rd_u64(&r);
    *modseq_out = rd_u64(&r);
    return RC_OK;
}
