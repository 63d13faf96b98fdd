/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/queue_filter.h - which recipients of the queue a command is about: its options and words, one grammar for all of pli queue.
 * Owns     struct queue_filter borrows from the command line.
 * Process  pli.
 */
#pragma once
#include "admin/queue.h"
#include "pli/cmd.h"

/* The rows of a table of options. */
#define QUEUE_FILTER_OPTS \
    {"--domain", "DOMAIN", "to this domain"}, \
    {"--sender", "ADDRESS|DOMAIN", "from this address, or domain; <> for reports"}, \
    {"--recipient", "ADDRESS|DOMAIN", "to this address, or domain"}, \
    {"--age", "TIME", "older than this, such as 90m, 3h, 2d"}, \
    {"--cause", "CAUSE", "whose last attempt failed so: a name such as peer-tls, or reply for what the other server said"}, \
    {"--state", "STATE", "waiting, held, dropped or report"}, \
    {"--id", "NUMBER[.RECIPIENT]", "this message, or one recipient of it"}, \
    {"--limit", "N", "so many recipients at most, the oldest first"}

int queue_filter_read(struct cmd *c, struct queue_filter *out);              /* of the options; PLI_OK or PLI_USAGE after its line */
int queue_number(struct cmd *c, const char *text, struct queue_filter *out); /* "123" or "123.0": qid and rcpt. PLI_OK or PLI_USAGE */
bool queue_filter_given(const struct cmd *c);                                /* any of the options but --limit */
