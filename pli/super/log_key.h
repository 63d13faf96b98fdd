/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/log_key.h - the key under which the log hides patients' addresses (flow/logged.h): the file DIR/keys/log.key, 32 random octets.
 * Use      with make, a file that is missing is made. key_out is the caller's.
 * Errors   RC_PERM, RC_TEMP: e->log names the file and says why.
 * Process  pli serve hands the key to pli-smtpd; pli log find reads the file.
 */
#pragma once
#include "base/err.h"
#include "flow/logged.h"
enum rc log_key_load(const char *root, bool make, unsigned char key_out[LOGGED_KEY], struct err *e);
