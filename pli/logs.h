/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/logs.h - the log and the older logs that are kept, read line by line from the oldest on; and what stands where in a line (base/log.h).
 *
 * Cost     one pass, a line at a time: memory does not grow with the log.
 * Turned   pli serve may turn the log over while it is read; a line may then be met twice or not at all. logs_each() notices and gives RC_MORE: begin again.
 * Owns     nothing: a line's spans borrow from the line, which lives for the call of see().
 * Errors   RC_PERM: a log cannot be read. RC_MORE: see Turned. None that is there is no error.
 * Process  pli.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"

struct log_line {
    struct span whole;                      /* without its line end */
    struct span when, prog, level, sid, mid, ev; /* sid, mid: empty when the line has none */
    long pid;
    struct span pairs;                      /* key=value ... behind ev */
};
/* False: not a line of ours (a library's last words, half a line). */
bool log_line_read(struct span line, struct log_line *out);
/* The value of that key among the pairs, as written (log_esc()), without quotes around it. False: there is none. */
bool log_line_value(const struct log_line *l, const char *key, struct span *out);
/* The name stands in the line whole, as a value or in a list of them: "to=a@b,c@d" has a@b and no b. */
bool log_line_names(struct span line, const char *name);

struct logs_read {
    unsigned files;
    char oldest[32]; /* when of the first line; "": there is none */
};
/* see: false ends the walk, which is RC_OK then. root: the instance's folder. */
enum rc logs_each(const char *root, bool (*see)(struct span line, void *ctx), void *ctx, struct logs_read *out, struct err *e);
