/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/runner_int.h - between pubd (runner.c) and the runner (runner_child.c): one packet each way, with the body in a memfd beside the first.
 * Process  pubd, its runner.
 */
#pragma once
#include "publish/pubd/runner.h"

/* u32 timeout in ms, u32 length and words, u32 length and environment; the answer: u8 end, u32 code, u32 seconds to wait, u32 length and report. */
enum { RUN_PACKET = 64 * 1024, RUN_WORDS = 8, RUN_VARIABLES = 40, RUN_REPORT = 2000 };
struct runner_asked {
    char *argv[RUN_WORDS + 2], *env[RUN_VARIABLES + 4]; /* borrowed from the packet */
    int body, timeout_ms;
};
/* One question: its packet of at most RUN_PACKET octets and the body's descriptor, the caller's to close. False: pubd is gone. */
bool runner_asked(int door, unsigned char *packet, size_t *n_out, int *fd_out);
bool runner_take(const struct runner_how *how, struct span packet, struct runner_asked *q); /* false: it does not read */
bool runner_tell(int door, const struct run_result *r);
void runner_loop(const struct runner_how *how, int door) __attribute__((noreturn));
void runner_kill_all(void);                                   /* whatever was started, and what that started */
