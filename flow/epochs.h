/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/epochs.h - the epoch keys a session has opened, as the wrapping keys derived from them: a bounded table in locked memory.
 *
 * Bounds   EPOCHS_MOST keys (160 KiB); it begins small, doubles, and when full forgets all: a key costs one unsealing to get again.
 * Promise  after epochs_room(n), n <= EPOCHS_ROOM, n more can be added without one of them pushing another out.
 * Process  imapd sessions.
 */
#pragma once
#include "crypto/seal/seal.h"
enum { EPOCHS_FIRST = 16, EPOCHS_MOST = 4096, EPOCHS_ROOM = 1024 };
struct epochs;
struct epochs *epochs_new(void);
void epochs_free(struct epochs **ep);
bool epochs_has(const struct epochs *ep, uint64_t epoch);
/* A copy, which the caller wipes: the table moves as it grows. False: not known. */
bool epochs_get(const struct epochs *ep, uint64_t epoch, unsigned char key_out[SEAL_EPOCH_KEY]);
void epochs_room(struct epochs *ep, size_t n);
void epochs_add(struct epochs *ep, uint64_t epoch, const unsigned char key[SEAL_EPOCH_KEY]);
