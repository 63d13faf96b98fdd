/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/rows.h - ranges of rows of the view: how many they are, and which of them a command goes on with.
 * Process  pli-imapd session.
 */
#pragma once
#include "imapd/view.h"

uint32_t rows_count(const struct imap_set *rows);
/* A row behind the last, in the command's arena; a run of rows is one range. False: the arena is full. */
bool rows_add(struct imap_session *s, struct imap_set *rows, uint32_t row);
/* The rows at these positions, from 0 on, to is not among them, as ranges in place. */
void rows_slice(struct imap_set *rows, uint32_t from, uint32_t to);
/* The rows for which keep() is true, as ranges in the command's arena. RC_SYNTAX (BAD): the arena is full. */
typedef bool rows_keep(const struct view *v, uint32_t row, const void *arg);
enum rc rows_where(struct imap_session *s, const struct imap_set *rows, rows_keep *keep, const void *arg, struct imap_set *out, struct err *e);
