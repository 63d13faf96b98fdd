/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/want.h - decisions, pure: what is to be published of a mailbox, and which event leads there from what is published.
 *
 * Facts    travel and are kept encoded (pub_facts of publish/wire.h); the empty span means that nothing is, or is to be, published.
 * Sources  spec/mssante.md 2.1 (the data of each type: found), 2.3 (events: a proposal; the write interface: a draft that is not open). What is only recalled or
 *          drafted there is a setting here: publish.red_list, publish.suspended, publish.pending, publish.types.
 * Process  pubd. Pure.
 */
#pragma once
#include "base/buf.h"
#include "directory/wire.h"
#include "publish/wire.h"

enum want_red { RED_FLAG, RED_REMOVE };           /* numbers of publish.red_list's words */
enum want_pending { PENDING_WAIT, PENDING_PUBLISH }; /* publish.pending */
enum want_suspended { SUSPENDED_REMOVE, SUSPENDED_KEEP }; /* publish.suspended */
struct want_rules {
    unsigned types;             /* bits 1 << enum pub_type */
    enum want_red red;
    enum want_suspended suspended;
    enum want_pending pending;
    const char *domains;        /* names with spaces or commas between; "": every one */
    const char *citizens;       /* never: the citizens' domain; "": none */
};
/* publish.types: "per org app cab", in any order. False: another word, or none. */
bool want_types(const char *words, unsigned *bits_out);

enum want_is { WANT_YES, WANT_NO, WANT_NO_NUMBER /* to be published, but it has no RPPS number, or no structure */ };
/* Appends the encoded facts to out when the answer is WANT_YES. */
enum want_is want(const struct want_rules *r, const struct dird_box *box, struct buf *out);

/* The event that leads from one to the other, one step: a mailbox whose holder's number changed is deleted first, for it stands with another person's entry
 * then. *target_out: what is published afterwards (wanted, or empty). */
enum pub_kind want_event(struct span published, struct span wanted, struct span *target_out);
bool want_read(struct span facts, struct pub_facts *out); /* false: empty, or it does not read; facts of an older state file are read, too */
