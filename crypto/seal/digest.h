/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/digest.h - SHA-256 and keyed MACs, for code that must not include a crypto library itself.
 * Owns     struct digest: the caller, until digest_end().
 * Errors   none: a digest that fails means a broken library, which is a bug().
 * Process  all.   Source FIPS 180-4, RFC 2104.
 */
#pragma once
#include "base/buf.h"
enum { DIGEST_LEN = 32 };
struct digest;
struct digest *digest_new(void);                     /* SHA-256 */
void digest_add(struct digest *d, struct span s);
void digest_end(struct digest **d, unsigned char out[DIGEST_LEN]); /* frees */
void digest_of(struct span s, unsigned char out[DIGEST_LEN]);
void hmac_of(struct span key, struct span data, unsigned char out[DIGEST_LEN]);
