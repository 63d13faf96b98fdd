/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/password.h - may this be a new password? The check looks at length and sanity. It has no rules of composition, because they make people
 * choose worse passwords (NIST SP 800-63B 5.1.1). It is a pure check, and sign-in never asks it.
 * Process  pli.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"
/* least: the number of UTF-8 characters that are needed, the setting dird.password_min. RC_PERM: e->log says what is wrong with the password,
 * without showing it. */
enum rc password_ok(struct span password, struct span address, int64_t least, struct err *e);
