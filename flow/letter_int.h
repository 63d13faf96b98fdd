/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/letter_int.h - the steps of a letter, each in one file or two, and the functions that the steps share.
 * Process  smtpd sessions (inside flow/).
 */
#pragma once
#include "flow/letter.h"

enum cause step_lawful(struct letter *l, struct err *e);
enum cause step_lists(struct letter *l, struct err *e);
void lists_passed(struct letter *l); /* adds to the trace which lists it has gone through */
enum cause step_author(struct letter *l, struct err *e);
enum cause step_delegate(struct letter *l, struct err *e);
enum cause step_once(struct letter *l, struct err *e);
enum cause step_cut(struct letter *l, struct err *e);
enum cause step_sign(struct letter *l, struct err *e);
enum cause step_verify(struct letter *l, struct err *e);
enum cause step_trace(struct letter *l, struct err *e);
enum cause step_citizen(struct letter *l, struct err *e);

struct span letter_header(const struct letter *l); /* the message's header block */
/* Calls see() for each address of each field of that name ("From"). Stops at the first answer that is not CAUSE_NONE, and returns it. *n_out: how
 * many addresses there were. */
enum cause letter_authors(struct span header, const char *field,
                            enum cause (*see)(void *ctx, struct span address, struct err *e), void *ctx,
                            size_t *n_out, struct err *e);
enum rc letter_copy(struct spool *from, uint64_t off, uint64_t len, struct spool *to, struct err *e);
/* Submission: an address that the letter bears beside its first author's, and that the account may send as. Another's mailbox: that goes on the record. */
enum cause letter_named(struct letter *l, struct span address, struct err *e);
enum cause letter_temp(const struct err *e); /* what a failed store, spool or keyd is called */
void results_add(struct letter *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));                                /* one method's result */
bool results_forged(struct span field_body, const struct letter_conf *c); /* an authserv-id of ours, RFC 8601 2.2 */

/* letter_log.c: what the log says of a letter. `pli trace` tells a message's story from these lines (pli/cmd/trace_story.c has a row for each). */
void letter_log_taken(const struct letter *l); /* .message and .scan are ended: all its octets are here, nothing is decided */
void letter_log_refused(const struct letter *l, const char *step, enum cause c, const struct err *e);
void letter_log_filed(const struct letter *l);
