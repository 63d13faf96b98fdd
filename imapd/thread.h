/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/thread.h - THREAD: messages as trees, by subject or by references.
 *
 * Made of  what the summary keeps (extract/summary.h, sections 6 to 8): date, base subject, message ids.
 * Form     a forest of nodes in one array, by index; node 0 is the root above all threads. A node without a message is a dummy: an id that
 *          others refer to. No step recurses, so a thread may be as long as the folder.
 * Time     steps that senders could make many (chains of references) are bounded: .steps.
 * Memory   24 octets a message, 16 a node, 16 an id, 12 a subject, and the texts of these; all of it within FOUND_MOST (imapd/found.h).
 * Process  pli-imapd session.   Source RFC 5256 3, 4; base subject 2.1.
 */
#pragma once
#include "imapd/found.h"
#include "imapd/intern.h"

struct thread_msg {
    uint32_t number;  /* that the answer names */
    uint32_t subject; /* of the base subject in .subjects; 0: the empty one */
    int64_t date;     /* sent, UTC s */
    bool reply;       /* the subject is a reply's or a forward's */
};
struct thread_node {
    uint32_t parent, child, next; /* 0: none; the root is nobody's child */
    uint32_t msg;                 /* + 1; 0: a dummy */
};
struct threads {
    struct intern ids, subjects;
    struct thread_msg *msg;
    struct thread_node *node;
    uint32_t *node_of_id; /* by number in ids; 0: none yet */
    uint32_t n, cap, nodes, cap_nodes, cap_ids;
    uint64_t steps; /* taken upwards and sideways so far */
};
void threads_init(struct threads *t);
void threads_free(struct threads *t);
/* One message more, in the order of the numbers. thread: section 8 of a summary; empty: it has no ids. RC_TEMP: too much. */
enum rc threads_add(struct threads *t, const struct thread_msg *m, struct span subject, struct span thread, bool references, struct err *e);
void threads_by_references(struct threads *t);
void threads_by_subject(struct threads *t);
struct thread_walk { /* all zero to begin */
    uint32_t at;
    bool begun;
};
/* "(1 2)(3 (4)(5))": the next piece of the answer, into out, until that holds high octets. False: that was all. */
bool threads_put(const struct threads *t, struct thread_walk *w, struct buf *out, size_t high);
enum rc thread_run(struct imap_session *s, enum imap_thread_by by, const struct results *found, struct err *e);
