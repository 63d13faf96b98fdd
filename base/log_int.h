/* SPDX-License-Identifier: EUPL-1.2 */
/* base/log_int.h - the part of the log that only base/err.c needs.
 * Process  all.
 */
#pragma once
#include "base/log.h"

/* Writes a log line when log_open() was called. Before that (so in the pli command too) it writes "prog: text" for a person. */
void log_last_words(enum log_level l, const char *ev, const char *text);
