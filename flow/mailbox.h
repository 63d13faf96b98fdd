/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/mailbox.h - an opened mailbox: its ticket, private key and epoch keys. It opens folder names, summaries and octets for its session alone.
 *
 * Owns     the mailbox private key and a bounded cache of epoch keys in locked memory; wiped at mailbox_close(). st and k stay the caller's.
 * Connection  a call that may ask stored must not come between store_ask() and its store_answer(). So a page is handled in this order:
 *          mailbox_missing() tells whether an epoch key of the page is missing. If so, mailbox_fetch_epochs() is called before the next page is
 *          asked for. After that no mailbox_open_object() on the page asks stored. The page lies in its reader's memory (store/client/client.h).
 * Errors   RC_CORRUPT: a seal does not open. RC_TEMP: stored or keyd is away. RC_DENIED from mailbox_open(), with keyd's text: the mailbox is
 *          strict and its password was changed elsewhere.
 * Process  imapd sessions only.
 */
#pragma once
#include "crypto/keyd/client/client.h"
#include "directory/client.h"
#include "store/client/client.h"
struct mailbox;
/* Opens the mailbox of a sign-in: auth is dird's answer to it, stored binds the connection and gives the slots, keyd opens them. password is needed
 * only for the slot of a strict mailbox; the caller wipes it. */
enum rc mailbox_open(struct store *st, struct keyd *k, const struct dird_auth_rep *auth, struct span password,
                     struct mailbox **m_out, struct err *e);
/* Opens another's mailbox for a delegate: with the key of her own, which opens her slot there. d: dird's answer. st: a connection for this mailbox alone. */
enum rc mailbox_open_delegated(struct store *st, const struct mailbox *own, const struct dird_delegate_rep *d, uint64_t mbx,
                               struct mailbox **m_out, struct err *e);
void mailbox_close(struct mailbox **m);
uint64_t mailbox_id(const struct mailbox *m);
const unsigned char *mailbox_pub(const struct mailbox *m);
uint32_t mailbox_folders(const struct mailbox *m); /* how many it had when it was opened; the INBOX is one */
/* names */
enum rc mailbox_name_tag(struct mailbox *m, struct span name, unsigned char tag_out[SEAL_NAME_TAG], struct err *e);
enum rc mailbox_seal_name(struct mailbox *m, struct span name, unsigned char tag_out[SEAL_NAME_TAG],
                          struct buf *sealed_out, struct err *e);
enum rc mailbox_open_name(struct mailbox *m, const unsigned char tag[SEAL_NAME_TAG], struct span sealed,
                          struct buf *name_out, struct err *e);
/* annotations, each bound to its place; folder 0: the mailbox as a whole */
enum rc mailbox_entry_tag(struct mailbox *m, struct span name, unsigned char tag_out[SEAL_NAME_TAG], struct err *e);
enum rc mailbox_seal_entry(struct mailbox *m, const struct store_annotation *at, enum seal_part part, struct span plain, struct buf *out, struct err *e);
enum rc mailbox_open_entry(struct mailbox *m, const struct store_annotation *at, enum seal_part part, struct span sealed, struct buf *out, struct err *e);
/* The token of a URL of one of the folder's messages; salts: what RESETKEY has drawn for the mailbox and for the folder. */
enum rc mailbox_url_token(struct mailbox *m, uint32_t folder, struct span salts, struct span rump, unsigned char token_out[SEAL_URL_TOKEN], struct err *e);
/* epochs: entries is a list of store_entry */
bool mailbox_missing(struct mailbox *m, struct span entries);
enum rc mailbox_fetch_epochs(struct mailbox *m, struct span entries, struct err *e);
/* content: entry from STORE_ENTRIES, SUMMARIES, TEXTS, READ_MANY. Epoch records are fetched from stored when not cached. */
enum rc mailbox_cek(struct mailbox *m, const struct store_entry *en, unsigned char cek_out[SEAL_CEK], struct err *e);
enum rc mailbox_open_object(struct mailbox *m, const struct store_entry *en, enum seal_kind kind, struct buf *plain_out,
                            struct err *e); /* en->object at hand */
/* From now on mailbox_read() of that folder finds messages, too, that left it since then ("Removed" in store/wire/messages.h). 0, 0: none. */
void mailbox_set_removed(struct mailbox *m, uint32_t folder, uint64_t removed);
/* Gives any range of octets of a message's object to sink, chunk by chunk, in bounded memory: for partial FETCH and large bodies. What is beyond the
 * object's end is left out. en->object is not looked at, so en may be a copy whose page is gone. */
typedef enum rc (*mailbox_sink)(void *ctx, struct span piece, struct err *e);
enum rc mailbox_read(struct mailbox *m, uint32_t folder, const struct store_entry *en, enum seal_kind kind,
                     uint64_t off, uint64_t len, mailbox_sink sink, void *ctx, struct err *e);
