/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/shown.h - the folder STORE_REMOVED, which shows what left the other folders and is kept (freed.h), once its holder has switched it on.
 *
 * Shape    nothing is stored for it. A message's UID, and its modseq, is its number in the order of removals. The folder's modseq is the last number
 *          given: whoever takes messages out of T_FREED uses a number up. So UIDs ascend, and a change of any kind is a higher modseq.
 * Reads    LIST, CHANGES, ENTRIES, SUMMARIES, TEXTS, READ, READ_MANY, STATUS, SELECT (as EXAMINE), COPY out of it. Nothing changes it: its messages leave it
 *          when their time has passed, or by undelete.
 * Locks    the head, for reading: it stands for the folder's lock.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/ops/freed.h"

/* One message of it. */
struct shown {
    uint32_t uid;              /* here */
    uint32_t folder, was_uid;  /* where it was: its summary and search text lie there */
    struct msg m;
};
struct shown_it {
    struct scan s;
    struct freed_row row;
    uint64_t n;    /* the row's number */
    size_t i;      /* the next one of the row */
    uint32_t from; /* UIDs below are passed over */
    bool open;
};
/* Locks the folder and gives its counters. RC_NOTFOUND: it is not switched on. */
enum rc shown_counters(struct tx *t, uint64_t mbx, struct counters *c_out, struct err *e);
enum rc shown_open(struct shown_it *it, struct tx *t, uint64_t mbx, uint32_t from, struct err *e);
enum rc shown_next(struct shown_it *it, struct shown *out, struct err *e); /* RC_NOTFOUND: that was all */
void shown_close(struct shown_it *it);
enum rc shown_get(struct tx *t, uint64_t mbx, uint32_t uid, struct shown *out, struct err *e);
bool uidset_has(struct span set, uint32_t uid); /* removed.c */
/* The answers of the operations of the same name. */
enum rc shown_status(struct tx *t, const struct ask *a, struct err *e);
enum rc shown_list(struct tx *t, const struct ask *a, struct err *e);
enum rc shown_changes(struct tx *t, const struct ask *a, struct err *e);
enum rc shown_folder(struct tx *t, uint64_t mbx, struct store_folder *out, struct err *e);
