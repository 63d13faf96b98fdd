/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/seal.h - sealing: content keys, epoch keys, chunked objects, names. Formats version 1.
 *
 * Keys     mailbox  X25519 pair. Every process that delivers knows the public key. Only a session for which keyd opened the mailbox knows
 *                   the private key.
 *          epoch    32 random bytes per mailbox and short period (keyd: at most 10 minutes or 1,000 wraps). The key is sealed once to the
 *                   mailbox's public key (this is the epoch record, which stored keeps) and then forgotten.
 *          content  32 random bytes per message (CEK), wrapped for each recipient's epoch. The keys of the message's objects are derived
 *                   from it.
 * Objects  message octets, summary, search text, envelope (queue). Each is AES-256-GCM in chunks of SEAL_CHUNK plain bytes:
 *            key    = HKDF-Expand-SHA256(CEK, info = "pli object 2" | oid | kind); no extract: a CEK is random as it is (RFC 5869 3.3), and a
 *                     listing derives thousands
 *            nonce  = 12 bytes: 0 x7 | final flag u8 | chunk number u32 big-endian; unique, because the key seals one object only
 *            aad    = "PLIO" | version u8 | kind u8 | oid
 *          A sealed object is the sequence of its chunks, each cipher text | 16 tag bytes. The last chunk has the final flag. An empty object
 *          is one empty final chunk; no other chunk is empty. So a chunk cannot be cut off, swapped, or moved to another object or kind.
 *          A byte range is opened by opening only the chunks that it touches.
 * Lead     A message may have a lead (docs/decisions/0041): chunk 0 holds its first "lead" octets, and chunks 1, 2, ... hold the rest as those of an object
 *          of its own would. Who keeps the object keeps the number; a wrong one gives chunks that do not open.
 * Wrap     AES-256 key wrap (RFC 3394) of the CEK under HKDF(epoch key, "pli wrap 1" | mailbox | epoch): 40 bytes.
 * Epoch    record: ephemeral X25519 public key 32 | AES-256-GCM(epoch key) 48, key = HKDF(shared secret,
 *          "pli epoch 2" | ephemeral | public | mailbox): 80 bytes. The epoch's number is the first 8 octets (little-endian) of
 *          SHA-256("pli epoch id 2" | mailbox | record). So stored, which has no key, can refuse a record that is filed under a wrong number.
 * Names    folder names and keywords: random-nonce AES-256-GCM under the mailbox's names key = HKDF(private key, "pli names 1" |
 *          mailbox), aad = mailbox | tag; tag = first 16 bytes of HMAC-SHA256(names key, name). The tag lets stored keep names unique
 *          without knowing them.
 * Annotations  as names, under the same key: aad = "annotation 1" | mailbox | folder | shared u64 | tag | part u64, tag = first 16 bytes of
 *          HMAC-SHA256(names key, NUL | entry's name). No folder name or keyword has a NUL, so no tag stands for both. So a value cannot be moved to
 *          another entry, another folder, or from the holder's own to the shared ones.
 * Integers Those in derivations and associated data are little-endian u64. The chunk number in the nonce is big-endian.
 * Owns     nothing. The caller opens and closes a struct seal_obj; its secrets are wiped on close. Output is appended to the caller's buffer.
 * Errors   RC_CORRUPT: a seal does not open, because the key or the place is wrong or bytes were changed.
 * Process  smtpd, imapd, relayd sessions; keyd (epochs, wraps); stored uses oid functions and seal_epoch_id() only.
 * Source   NIST SP 800-38D (GCM), RFC 5869, RFC 7748, RFC 3394.
 */
#pragma once
#include "base/buf.h"

enum {
    SEAL_CEK = 32, SEAL_WRAP = 40, SEAL_EPOCH_KEY = 32, SEAL_EPOCH_REC = 80, SEAL_PUB = 32, SEAL_PRIV = 32,
    SEAL_OID = 16, SEAL_CHUNK = 65536, SEAL_TAG = 16, SEAL_NAME_TAG = 16, SEAL_NAMES_KEY = 32,
    SEAL_OBJ_KEY = 32, SEAL_LEAD_MAX = 32768
};
enum seal_kind { SEAL_MESSAGE = 1, SEAL_SUMMARY = 2, SEAL_SEARCH = 3, SEAL_ENVELOPE = 4 };
#define SEAL_QUEUE_BOX 1u /* the queue is sealed like a mailbox, with this number; people's begin at 16 */

/* Fetches the algorithms. Optional: a listener calls it before it forks, so that no session pays for it. */
void seal_warm(void);

/* An object id is a shard byte (one of 16, to spread insertions), 7 bytes of time in ms, and 8 random bytes. It is unique. Ids of one shard
 * sort by time. */
void seal_oid_new(unsigned char oid_out[SEAL_OID]);
void seal_cek_new(unsigned char cek_out[SEAL_CEK]);

enum rc seal_pair_new(unsigned char pub_out[SEAL_PUB], unsigned char priv_out[SEAL_PRIV], struct err *e);
enum rc seal_epoch_seal(const unsigned char pub[SEAL_PUB], uint64_t mbx, const unsigned char key[SEAL_EPOCH_KEY],
                        unsigned char rec_out[SEAL_EPOCH_REC], uint64_t *epoch_out, struct err *e);
uint64_t seal_epoch_id(uint64_t mbx, const unsigned char rec[SEAL_EPOCH_REC]); /* needs no key; any octets have a number */
enum rc seal_epoch_open(const unsigned char priv[SEAL_PRIV], const unsigned char pub[SEAL_PUB], uint64_t mbx, uint64_t epoch,
                        const unsigned char rec[SEAL_EPOCH_REC], unsigned char key_out[SEAL_EPOCH_KEY], struct err *e);
enum rc seal_wrap(const unsigned char ekey[SEAL_EPOCH_KEY], uint64_t mbx, uint64_t epoch, const unsigned char cek[SEAL_CEK],
                  unsigned char wrap_out[SEAL_WRAP], struct err *e);
enum rc seal_unwrap(const unsigned char ekey[SEAL_EPOCH_KEY], uint64_t mbx, uint64_t epoch, const unsigned char wrap[SEAL_WRAP],
                    unsigned char cek_out[SEAL_CEK], struct err *e);
/* The same in two steps, for a caller that unwraps many keys of one epoch: the wrapping key is derived once. */
enum rc seal_wrap_key(const unsigned char ekey[SEAL_EPOCH_KEY], uint64_t mbx, uint64_t epoch,
                      unsigned char key_out[SEAL_EPOCH_KEY], struct err *e);
enum rc seal_unwrap_with(const unsigned char key[SEAL_EPOCH_KEY], const unsigned char wrap[SEAL_WRAP],
                         unsigned char cek_out[SEAL_CEK], struct err *e);

/* One object that is being sealed or opened. It serves for every chunk of that object. */
struct seal_obj;
enum rc seal_obj_open(const unsigned char cek[SEAL_CEK], const unsigned char oid[SEAL_OID], enum seal_kind kind,
                      struct seal_obj **o_out, struct err *e);
void seal_obj_led(struct seal_obj *o, uint32_t lead); /* its chunk 0 is a lead of exactly that many octets; 0: it has none */
void seal_obj_close(struct seal_obj **o);
/* The key of one object (HKDF above). It opens that object and no other object of the message. keyd gives it to pli queue list. */
enum rc seal_obj_key(const unsigned char cek[SEAL_CEK], const unsigned char oid[SEAL_OID], enum seal_kind kind,
                     unsigned char key_out[SEAL_OBJ_KEY], struct err *e);
enum rc seal_obj_open_key(const unsigned char key[SEAL_OBJ_KEY], const unsigned char oid[SEAL_OID], enum seal_kind kind,
                          struct seal_obj **o_out, struct err *e);
/* plain: SEAL_CHUNK bytes, or fewer when final; of number 0 with a lead: that. Appends plain.n + SEAL_TAG bytes to out. */
enum rc seal_chunk(struct seal_obj *o, uint32_t no, bool final, struct span plain, struct buf *out, struct err *e);
enum rc open_chunk(struct seal_obj *o, uint32_t no, bool final, struct span sealed, struct buf *out, struct err *e);
/* whole small objects */
enum rc seal_whole(const unsigned char cek[SEAL_CEK], const unsigned char oid[SEAL_OID], enum seal_kind kind, struct span plain,
                   struct buf *out, struct err *e);
enum rc open_whole(const unsigned char cek[SEAL_CEK], const unsigned char oid[SEAL_OID], enum seal_kind kind, struct span sealed,
                   struct buf *out, struct err *e);
enum rc open_whole_key(const unsigned char key[SEAL_OBJ_KEY], const unsigned char oid[SEAL_OID], enum seal_kind kind,
                       struct span sealed, struct buf *out, struct err *e);
/* annotations */
struct seal_place { /* where an annotation stands */
    uint64_t mbx, folder, shared; /* shared: 1, or 0 for the holder's own */
    unsigned char tag[SEAL_NAME_TAG];
};
/* URLs that their holder has authorized (RFC 4467): a MAC under a key that follows from the names key, the folder, and what RESETKEY has drawn. */
enum { SEAL_URL_TOKEN = 32, SEAL_URL_SALT = 16 };
enum rc seal_url_token(const unsigned char key[SEAL_NAMES_KEY], uint64_t mbx, uint32_t folder, struct span salts, struct span rump,
                       unsigned char token_out[SEAL_URL_TOKEN], struct err *e);
enum seal_part { SEAL_ENTRY_NAME = 1, SEAL_ENTRY_VALUE = 2 };
enum rc seal_entry_tag(const unsigned char key[SEAL_NAMES_KEY], struct span name, unsigned char tag_out[SEAL_NAME_TAG], struct err *e);
enum rc seal_annotation(const unsigned char key[SEAL_NAMES_KEY], const struct seal_place *at, enum seal_part part, struct span plain, struct buf *out,
                   struct err *e);
enum rc open_annotation(const unsigned char key[SEAL_NAMES_KEY], const struct seal_place *at, enum seal_part part, struct span sealed, struct buf *out,
                   struct err *e);
/* sizes */
static inline uint32_t seal_chunks(uint64_t plain) /* how many chunks an object of so many plain bytes has */
{
    return plain == 0 ? 1 : (uint32_t)((plain + SEAL_CHUNK - 1) / SEAL_CHUNK);
}
static inline uint64_t seal_size(uint64_t plain)
{
    return plain + (uint64_t)seal_chunks(plain) * SEAL_TAG;
}
enum rc seal_plain_size(uint64_t sealed, uint64_t *plain_out, struct err *e);
/* The same with a lead; lead 0: there is none. */
static inline uint32_t seal_led_chunks(uint64_t plain, uint32_t lead)
{
    return lead > 0 ? 1 + seal_chunks(plain - lead) : seal_chunks(plain);
}
static inline uint64_t seal_led_size(uint64_t plain, uint32_t lead)
{
    return plain + (uint64_t)seal_led_chunks(plain, lead) * SEAL_TAG;
}
static inline bool seal_led_lawful(uint64_t plain, uint64_t lead) /* can a message of that size have such a lead? */
{
    return lead == 0 || (lead <= SEAL_LEAD_MAX && lead < plain);
}
struct seal_chunk_at { /* where one chunk lies */
    uint64_t plain, sealed; /* offset of its first octet, in clear and sealed */
    uint32_t n;             /* octets in clear; SEAL_TAG more when sealed */
    bool final;
};
bool seal_chunk_at(uint64_t plain, uint32_t lead, uint64_t no, struct seal_chunk_at *out); /* false: there is no such chunk */
uint64_t seal_chunk_of(uint32_t lead, uint64_t off);                                      /* the number of the chunk that holds that octet */

/* names */
enum rc seal_names_key(const unsigned char priv[SEAL_PRIV], uint64_t mbx, unsigned char key_out[SEAL_NAMES_KEY], struct err *e);
enum rc seal_name_tag(const unsigned char key[SEAL_NAMES_KEY], struct span name, unsigned char tag_out[SEAL_NAME_TAG], struct err *e);
enum rc seal_name(const unsigned char key[SEAL_NAMES_KEY], uint64_t mbx, struct span name, struct buf *out, struct err *e);
enum rc open_name(const unsigned char key[SEAL_NAMES_KEY], uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], struct span sealed,
                  struct buf *out, struct err *e);
