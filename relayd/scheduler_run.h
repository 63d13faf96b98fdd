/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_run.h - the scheduler for main.c: made with all rights (it forks the finder and the nursery first, before any secret is loaded),
 * started in the sandbox, run until SIGTERM.
 * Owns     struct scheduler. Process  relayd scheduler.
 */
#pragma once
#include "base/boot.h"
struct scheduler;
struct scheduler *scheduler_new(const struct boot *b); /* b must outlive it */
void scheduler_start(struct scheduler *s);
void scheduler_run(struct scheduler *s);
void scheduler_free(struct scheduler **s);
