/* SPDX-License-Identifier: EUPL-1.2 */
/* base/log_int.h - the part of the log that only base/err.c needs.
 * Process  all.
 */
#pragma once
#include "base/log.h"

/* A log line when log_open() was called; before that, and so in the pli command, "prog: text" for a person. */
void log_last_words(enum log_level l, const char *ev, const char *text);
