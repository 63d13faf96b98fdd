/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/password.h - may this be a new password? Length and sanity, no rules of composition (NIST SP 800-63B 5.1.1: they make people
 * choose worse ones). A pure check; sign-in never asks it.
 * Process  pli.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"
/* least: characters (of UTF-8), the setting dird.password_min. RC_PERM: e->log says what is wrong with it, without showing it. */
enum rc password_ok(struct span password, struct span address, int64_t least, struct err *e);
