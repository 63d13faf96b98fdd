/* SPDX-License-Identifier: EUPL-1.2 */
/* base/log.h - log lines: key=value, one line per event, to standard error (the supervisor files them).
 *
 * Form     2026-11-21T10:00:00.123Z smtpd[pid] level sid=... mid=... ev=name key=value ...
 * Ids      sid is the session id, made when a connection is accepted. mid is our own message id (not Message-ID), made when the message
 *          comes in. Both follow the message through every process.
 * Never    a body, a subject, a password, a key, a file name of an attachment. Values are escaped, so a control byte, a space or a quote
 *          cannot make a second line or a second key.
 * Process  all.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"

enum log_level { LOG_DEBUG_, LOG_INFO_, LOG_WARN_, LOG_ERROR_ };

void log_open(const char *prog, enum log_level least); /* at start */
void log_session(const char *sid);                     /* this process's session id, copied; "" clears */
void log_message(const char *mid);                     /* the message at hand, copied; "" clears (per thread) */
/* ev is a stable dashed name. fmt gives the key=value pairs. A peer's bytes must go through log_esc(). */
void log_ev(enum log_level l, const char *ev, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void log_err(enum log_level l, const char *ev, const struct err *e);
/* Escapes a span for a value. The text is in one of 8 buffers per thread, which are used in turn: it lives for 7 further calls. A buffer has
 * 256 bytes; a longer text is cut with "...". */
const char *log_esc(struct span s);
void log_id_new(char out[17]);                         /* 16 hex digits, random */
