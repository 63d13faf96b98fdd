/* SPDX-License-Identifier: EUPL-1.2 */
/* base/log.h - log lines: key=value, one line an event, to standard error (the supervisor files them).
 *
 * Form     2026-11-21T10:00:00.123Z smtpd[pid] level sid=... mid=... ev=name key=value ...
 * Ids      sid: session id, made when a connection is accepted. mid: message id of ours (not Message-ID),
 *          made at the door; both follow the message through every process.
 * Never    a body, a subject, a password, a key, a file name of an attachment. Values are escaped:
 *          a control byte, a space, a quote can not make a second line or a second key.
 * Process  all.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"

enum log_level { LOG_DEBUG_, LOG_INFO_, LOG_WARN_, LOG_ERROR_ };

void log_open(const char *prog, enum log_level least); /* at start */
void log_session(const char *sid);                     /* this process's session id, copied; "" clears */
void log_message(const char *mid);                     /* the message at hand, copied; "" clears (per thread) */
/* ev is a stable dashed name; fmt gives the key=value pairs. Use LOGV(span) escapes for peer's bytes. */
void log_ev(enum log_level l, const char *ev, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void log_err(enum log_level l, const char *ev, const struct err *e);
/* Escapes a span for a value, in a rotating per-thread buffer (8 of them, 256 bytes each, cut with "..."). */
const char *log_esc(struct span s);
void log_id_new(char out[17]);                         /* 16 hex digits, random */
