/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/slapd_says.h - what slapd prints, made lines of the log. slapd writes octets of strangers, who need not be signed in, as they came: a control's number with
 * line ends in it was a line of the log, with whatever name and event it said; and it writes a line for each, until the log has turned over and what it told before is gone.
 *
 * Form     "... slapd[pid] info ev=slapd says=TEXT": escaped, 200 octets at most, without slapd's own time.
 * Rate     a hundred lines at once, then one a second. How many were left out is said in a line of its own ("ev=slapd-unsaid lines=N"), a minute later at most.
 * Pipe     the supervisor keeps both ends, so this process is started again behind whatever ends it, and reads on; what the one before had read and not written is lost.
 *          slapd never waits for it: what finds the pipe full is lost, too. A slapd that is started again writes to the same pipe.
 * Process  a child of the supervisor, under slapd's uid, behind a filter of its own (SB_SLAPD_SAYS), with nothing open but the pipe, the log and run/alive. It ends when the
 *          supervisor and slapd have closed the pipe.
 */
#pragma once
#include "base/span.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

bool slapd_says_pipe(int ends[2]); /* both close on exec. False: it could not be made (errno) */
/* What the process does, once it is forked: closes all but that end, changes to the uid (0: none), in the working folder as its root where it may. */
_Noreturn void slapd_says_follow(int from, int alive /* kept open while it runs: run/alive (lock.c) */, uid_t uid);

/* ---- for its test ---- */
enum { SAYS_BURST = 100, SAYS_EVERY_MS = 1000, SAYS_LINE = 200 };
struct slapd_says {
    char line[SAYS_LINE];
    size_t n;
    bool cut;        /* the line was longer: the rest is passed over */
    int64_t full_at; /* monotonic ns: when there is room for a burst again */
    uint64_t unsaid;
};
/* What came. now: monotonic ns. Writes lines of the log. */
void slapd_says_take(struct slapd_says *s, struct span octets, int64_t now);
void slapd_says_rest(struct slapd_says *s); /* the line without an end, and what was left out */
