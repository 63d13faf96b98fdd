/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/log_key.h - the key under which the log hides patients' addresses (flow/logged.h): DIR/keys/log.key, 32 random octets, made when it is not there.
 * Process  pli serve hands it to pli-smtpd; pli log find reads it.   Errors RC_PERM, RC_TEMP: the file, with why.
 */
#pragma once
#include "base/err.h"
#include "flow/logged.h"
enum rc log_key_load(const char *root, bool make, unsigned char key_out[LOGGED_KEY], struct err *e);
