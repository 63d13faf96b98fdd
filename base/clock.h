/* SPDX-License-Identifier: EUPL-1.2 */
/* base/clock.h - time: one monotonic clock for deadlines, one UTC clock for records.
 * Units    A deadline is an absolute time in monotonic nanoseconds (int64_t). DEADLINE_NEVER: there is none. Records have UTC seconds.
 * Process  all.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define DEADLINE_NEVER INT64_MAX
int64_t clock_mono(void);                       /* nanoseconds */
int64_t deadline_in(int64_t milliseconds);      /* now + that */
int deadline_left_ms(int64_t deadline);         /* for poll(2): >= 0; -1: DEADLINE_NEVER */
int64_t clock_utc(void);                        /* seconds since 1970 */
int64_t clock_utc_ms(void);
void clock_rfc5322(int64_t utc, char out[40]);  /* "Sat, 21 Nov 2026 10:00:00 +0000" */
void clock_iso(int64_t utc_ms, char out[32]);   /* "2026-11-21T10:00:00.123Z" */
