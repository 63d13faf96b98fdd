/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/rec.h - the records of the tables: structs, and the one place that lays their bytes out (little-endian,
 * a version byte first). Described by field tables, as the protocol is; docs/internals/store.md lists them.
 *
 * Errors   RC_CORRUPT: a record that does not read; nothing of it is used.
 * Process  pli-stored.
 */
#pragma once
#include "base/ipc.h"
#include "crypto/seal/digest.h"
#include "store/wire/wire.h"

struct counters { /* T_COUNTERS: what a folder counts. A folder exists exactly while it has this record. */
    uint32_t uidvalidity, uidnext, exists, unseen, first_recent;
    uint64_t modseq, flags_modseq /* the modseq that the last change of flags or expunge took */, bytes;
};
struct msg { /* T_MSGS */
    uint64_t flags, modseq, size, internaldate, epoch, savedate; /* savedate: UTC s, when it came into this folder */
    uint32_t len_summary, len_text;
    uint16_t lead; /* octets of the message in its first chunk, where that is a lead (crypto/seal/seal.h); 0: it has none */
    uint8_t where; /* MSG_... bits: that object has a record of its own beside the folder; without the bit it is kept once (objref) */
    unsigned char oid[SEAL_OID], wrap[SEAL_WRAP];
};
enum { MSG_SUMMARY = 1, MSG_TEXT = 2 };
struct objref { /* T_OBJREFS */
    uint32_t refs;
    uint8_t where; /* bit 1 << kind: the object of that kind is kept, in T_OBJECTS or in the segment (store/ops/objects.h); 0: none is, or none any more */
    uint32_t segment; /* where its first record begins; the others follow in order of their kinds */
    uint64_t offset;
    uint64_t created, touched, size, qid;
    uint16_t lead; /* as in msg */
    uint32_t len_summary, len_text;
    unsigned char digest[3][DIGEST_LEN]; /* message, summary, text: of the sealed bytes */
    struct span placed;                  /* list of store_placed, as answered */
};
struct segrow { /* T_SEGMENTS */
    uint64_t swept; /* octets of the file up to here that nothing refers to are in .dead; those behind may hold what a crash left */
    uint64_t dead;  /* about: it decides when a segment is rewritten, never what of it */
};
struct box { /* T_BOXES part 0 */
    unsigned char pub[SEAL_PUB];
    uint64_t slots_version, quota, created;
    uint32_t next_folder, last_uidvalidity;
    uint32_t flags;      /* BOX_ bits */
    uint64_t full_since; /* UTC s: the first message that it had no room for, and none was taken since; 0: it is not full */
    uint64_t most;       /* messages; 0: the setting stored.max_messages */
    uint8_t warned, warn_due; /* levels of store/ops/fullness.h: passed last; to be told to the holder, 0: nothing is */
    uint64_t warn_at;         /* UTC s: since when that is due */
    uint64_t annotated, annotation; /* octets that its annotations take (INV-16); the number of their last change */
};
enum { BOX_HELD = 1 /* legal hold: store/ops/hold.h */, BOX_SHOWS_REMOVED = 2 /* the holder switched the folder of removed messages on */,
       BOX_SEEN_EACH = 4 /* each delegate has a \Seen of her own: store/ops/seen.h */ };
struct freed_head { /* T_FREED number 0: of a mailbox's removed messages */
    uint64_t next;            /* number of the next message that leaves; 0: none has. Whoever takes messages away uses one up (shown.h) */
    uint64_t messages, bytes; /* kept; bytes as sums_used() counts them */
};
struct folder { /* T_FOLDERS */
    uint8_t special;
    uint16_t flags;
    unsigned char tag[SEAL_NAME_TAG];
    struct span name;
};
struct keyword { /* T_KEYWORDS */
    unsigned char tag[SEAL_NAME_TAG];
    struct span name;
};
struct annotation { /* T_METADATA */
    uint64_t change;
    struct span name, value; /* value: empty when the annotation was removed */
};
enum { ACL_ROW_IS = 1, ACL_ROW_WITHIN = 2 };
struct acl { /* T_ACL */
    uint8_t has_rights, unsubscribed; /* has_rights 0: .rights says nothing, hers are those of the directory; ACL_ROW_WITHIN: what is in both */
    uint32_t rights; /* base/rights.h */
};
enum { SEEN_BLOCK = 4096, SEEN_OCTETS = SEEN_BLOCK / 8 };
struct seen_row { /* T_SEEN: of a block of SEEN_BLOCK UIDs */
    struct span bits; /* bit uid % 8 of octet uid % SEEN_BLOCK / 8: that one was seen; octets behind the last bit are left out */
};
struct queued { /* T_QUEUE */
    uint8_t state;
    uint16_t notify;
    uint32_t attempts;
    uint64_t received, next_try, size, epoch;
    uint16_t lead; /* as in msg */
    unsigned char oid[SEAL_OID], wrap[SEAL_WRAP], epoch_rec[SEAL_EPOCH_REC];
    struct span keys, mid, envelope, last_error;
};
/* The flags and the modseq of a T_MSGS record alone, without reading the rest: a listing has a hundred thousand. RC_CORRUPT as rec_read(). */
enum { MSG_REC = 1 + 6 * 8 + 2 * 4 + 1 + SEAL_OID + SEAL_WRAP + 2 };
enum rc rec_brief(struct span in, uint64_t *flags_out, uint64_t *modseq_out, struct err *e);
extern const struct ipc_field counters_f[], msg_f[], objref_f[], segrow_f[], box_f[], freed_head_f[], folder_f[], keyword_f[], annotation_f[], acl_f[], seen_row_f[], queued_f[];
enum { REC_VERSION = 1 };
void rec_write(struct buf *out, const struct ipc_field *f, const void *rec); /* out is cleared first */
enum rc rec_read(struct span in, const struct ipc_field *f, void *rec_out, struct err *e);
