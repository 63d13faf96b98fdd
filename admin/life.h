/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/life.h - the life of an account (decision 0045): suspended and resumed, closed and reopened, and destroyed when its time has passed.
 *
 * Suspended  nobody signs in, mail is refused; everything else stays.
 * Closed     the same, and out of the address book, without delegations; mail and keys stay sealed until .keep_until.
 * Purged     the keys first, in the transaction that makes the mailbox no more; then its mail (stored, in the background); then the entry, behind which a tombstone
 *            stays for ever.
 * Crash      docs/internals/admin.md has the table. Whatever cuts a close or a purge off, the same act ends it; a purge is begun again each day.
 * Errors     RC_PERM: not from the state that it is in (CAUSE_ADDRESS_CLOSED: it is closed), or the mailbox is on legal hold. RC_TEMP: a daemon stays away.
 * Units      times: UTC s.
 * Process    pli; the purge of each day, which pli serve starts.
 */
#pragma once
#include "admin/accounts.h"

/* Sessions end within two seconds. Suspended again: another reason. reason: empty, or for the administrator's eyes. */
enum rc account_suspend(struct admin *ad, const struct account *a, struct span reason, struct err *e);
enum rc account_resume(struct admin *ad, const struct account *a, struct err *e);

struct account_closing {
    struct span reason;
    uint64_t keep_until;
    bool keep_told;      /* of an account that is closed already: .keep_until counts; else it stays as it is */
};
/* Delegations from it and to it end. RC_TEMP: it is closed perhaps, and delegations are left: the same again. */
enum rc account_close(struct admin *ad, const struct account *a, const struct account_closing *how, struct err *e);
/* With all its mail, its password and its aliases; delegations are given anew. */
enum rc account_reopen(struct admin *ad, const struct account *a, struct err *e);

enum purge_outcome { PURGE_PURGED, PURGE_DUE /* dry */, PURGE_HELD /* on legal hold */, PURGE_WAITS /* its time comes */, PURGE_FAILED, PURGE_OUTCOMES };
extern const char *const purge_outcomes[PURGE_OUTCOMES]; /* "purged" */
struct purge_result {
    enum purge_outcome outcome;
    const struct dird_account *a; /* as it was; it lives until .told returns */
    const char *why;              /* PURGE_FAILED; PURGE_WAITS though its time has passed */
};
struct purge {
    bool dry;         /* nothing is done */
    uint64_t at;      /* dry: as if it were then; 0: now */
    void (*told)(const struct purge_result *r, void *ctx); /* each closed account */
    void *ctx;
};
bool purge_waits(const struct dird_account *a, uint64_t now); /* pure: not yet, at that time */
/* All that are closed, in address order. RC_OK when some failed, too: their results say so. */
enum rc account_purge(struct admin *ad, const struct purge *p, struct err *e);

/* At once: closed and purged, with its mailbox and all its mail; its tombstone stays. Cut off, the next purge ends it. */
enum rc account_delete(struct admin *ad, const struct account *a, struct err *e);
/* One that nobody ever used, made by mistake: no tombstone, and the address may be anybody's. RC_PERM: it was opened, or mail came into it. */
enum rc account_unmake(struct admin *ad, const struct account *a, struct err *e);
