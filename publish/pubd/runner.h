/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/runner.h - the process that starts the back end's program: forked before pubd enters its sandbox, for a sandboxed process can execute nothing.
 *
 * Apart    it has one socket, to pubd, and neither the state, nor a connection to dird, nor the log. The program runs as publish.user, or as pubd's uid, with no new
 *          privileges, in "/", with an environment made here, and may do what that user may: it is the operator's.
 * Program  argv: the program, the event (create, update, red-list, delete), the address. Standard input: the FHIR Patch. Environment: PLI_PUBLISH_..., see pli-pubd(8).
 *          Exit 0: taken. 65 (EX_DATAERR): refused for good. Anything else, a signal, a time-out: nobody knows; it is called again, with the same key.
 *          What it prints is the report: its first 2,000 octets.
 * Time     after publish.timeout the program and everything it started is killed. So it is when pubd ends.
 * Process  pubd; runner_loop() a child of it.
 */
#pragma once
#include "base/buf.h"
#include <sys/types.h>

struct runner_how {
    const char *program;  /* a whole path */
    uid_t uid, gid;       /* whom the program runs as; 0: who starts pubd */
};
enum run_end { RUN_EXIT, RUN_SIGNAL, RUN_TIMEOUT, RUN_FAILED /* it could not be started, or the runner is gone */ };
struct run_result {
    uint8_t end;          /* enum run_end */
    int32_t code;         /* exit code, signal, errno */
    bool gone;            /* the runner itself has ended, or did not answer in its time: it is asked no more */
    uint32_t wait_s;      /* the other side wants no request for so long (Retry-After); 0: it did not say */
    struct buf report;
};
/* Forks; before the first thread. Dies when it cannot. Returns the socket to it. */
int runner_start(const struct runner_how *how);
/* words: "create\0gp@chu.test\0"; environment: "NAME=value\0..."; the result's report is the caller's to free. Waits as long as the program may run, and a little. */
void runner_run(int runner, struct span words, struct span environment, struct span body, int timeout_ms, struct run_result *out);
