/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/trace_gather.h - the lines of the log that tell of one message, or of each message that has one Message-ID.
 *
 * The log names a message by our own id. The header's Message-ID stands in it as a keyed hash (flow/logged.h), once when the message is taken and
 * once when it is filed. One pass finds both. A submission that came without a Message-ID got one later, so a second pass gathers its beginning.
 * Lines without our id belong to it, too: keyd's, for the session that has the message in hand; relayd's of a domain's server, while the message waits for it.
 *
 * Owns     struct trace: trace_free(), in any case.
 * Errors   as logs_each(); RC_MORE: the log was turned over each time it was read.
 * Process  pli.
 */
#pragma once
#include "base/buf.h"
#include "flow/logged.h"
#include "pli/logs.h"

enum { MID = 33 };

struct told { /* one message: a Message-ID may have come several times */
    char mid[MID];
    struct buf lines; /* as in the log, each with its line end */
    long pid;         /* the session that has it in hand; 0: none */
    uint64_t qid;
    bool begins;        /* the line that it was taken is among them */
    uint64_t out;       /* recipients elsewhere whose end was not seen yet */
    struct buf domains; /* of all recipients, a space before and behind each */
};
struct trace {
    char msgid[LOGGED_ID], own[MID]; /* what is looked for; "": nothing of that kind */
    char to[LOGGED_MAX];             /* "": every recipient */
    struct told *a;
    size_t n;
    bool late; /* one was recognised behind its beginning */
    struct logs_read logs;
};
/* t: what is looked for is filled in, the rest is zeroed. */
enum rc trace_gather(const char *root, struct trace *t, struct err *e);
void trace_free(struct trace *t);
