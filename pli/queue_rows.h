/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/queue_rows.h - what the queue commands share: a recipient that waits, as a line and as JSON; the filters; the acts that change several.
 *
 * Shown    envelope, times, counts, and why the last attempt failed (store/wire/queue_error.h). Never a body or a subject: keyd gives an
 *          administrator no key that would open them.
 * Process  pli.
 */
#pragma once
#include "admin/queue.h"
#include "pli/cmd.h"

enum { QUEUE_WHY = 320 };
/* The last error for people: French text and codes; "" when there was none. Gives out. */
const char *queue_why(const struct store_queue_item *it, char out[QUEUE_WHY]);
struct json_t;
struct json_t *queue_item_json(const struct store_queue_item *it, const struct queued_envelope *env);
void queue_item_print(const struct store_queue_item *it, const struct queued_envelope *env); /* one line, two when it failed once */
const char *queue_age(uint64_t since, char out[24]); /* "45s", "12m", "3h", "5d": how long ago that UTC second was */
