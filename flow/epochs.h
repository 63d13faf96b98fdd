/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/epochs.h - the epoch keys a session has opened, as the wrapping keys derived from them: a bounded table in locked memory.
 *
 * Bounds   EPOCHS_MOST keys (160 KiB). The table begins small and doubles. A full table forgets all its keys, because a key costs only one
 *          unsealing to get again.
 * Promise  after epochs_room(n), with n <= EPOCHS_ROOM, n keys can be added without one of them pushing another out.
 * Process  imapd sessions.
 */
#pragma once
#include "crypto/seal/seal.h"
enum { EPOCHS_FIRST = 16, EPOCHS_MOST = 4096, EPOCHS_ROOM = 1024 };
struct epochs;
struct epochs *epochs_new(void);
void epochs_free(struct epochs **ep);
bool epochs_has(const struct epochs *ep, uint64_t epoch);
/* Copies the key out, because the table moves as it grows. The caller wipes the copy. False: the key is not known. */
bool epochs_get(const struct epochs *ep, uint64_t epoch, unsigned char key_out[SEAL_EPOCH_KEY]);
void epochs_room(struct epochs *ep, size_t n);
void epochs_add(struct epochs *ep, uint64_t epoch, const unsigned char key[SEAL_EPOCH_KEY]);
