/* SPDX-License-Identifier: EUPL-1.2 */
/* base/wipe.h - secrets: a wipe that the compiler cannot drop, a comparison in constant time, locked memory, no dumps.
 * Process  all.
 */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

void wipe(void *p, size_t n);
bool same_secret(const void *a, const void *b, size_t n); /* constant time */
void random_bytes(void *p, size_t n);                     /* getrandom; dies on failure */
void *secret_alloc(size_t n);                             /* zeroed, mlock'ed (best effort), not in dumps; dies on no memory */
void secret_free(void *p, size_t n);                      /* wiped; NULL is fine */
void no_dumps(void);                                      /* RLIMIT_CORE 0, PR_SET_DUMPABLE 0 */
