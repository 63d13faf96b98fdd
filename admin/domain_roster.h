/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/domain_roster.h - the mail domains that a file names, one a row, and what becomes of each when the instance is made to agree with it.
 *
 * File     a table (admin/table.h) whose first row names its columns, in French or English, in any order (domain_columns[]), read as those of accounts are
 *          (admin/roster.h). The column domain must be there.
 * Rows     what cannot be a domain's row is refused by itself; the others go on. A domain that an earlier row has is refused, whatever it says.
 * Agree    a domain that is not there is taken up; one that is there is changed where the row says something else. An empty cell, and a column that is not
 *          there, says nothing: "none" or "aucun" takes a value away. Doing it again changes nothing: a run that was cut off at any moment is simply run again.
 *          What no row names is left alone, and no row removes a domain: a file that lost half of its lines does half of the work.
 * Accounts A postmaster or catch-all must be an account already: those of a new domain are named by a second run, behind the import of accounts.
 * Dry      everything is looked at, nothing is written.
 * Order    one row after the other: dird writes domains one at a time.
 * Errors   of the file: RC_SYNTAX, e->log names the line, nothing was done. Of a row: its result. When the daemons stay away, ROSTER_TRIES rows fail one after
 *          the other, and the rest is not tried (ROSTER_UNTRIED).
 * Owns     of a result: spans live until told() returns.
 * Process  pli; later the HTTP daemon.   Source RFC 4180; docs/decisions/0047, 0056, 0059.
 */
#pragma once
#include "admin/domains.h"
#include "admin/roster.h"
#include "admin/trust.h"

enum domain_column {
    DOMAIN_NAME,
    DOMAIN_DESCRIPTION,
    DOMAIN_QUOTA,
    DOMAIN_MOST,
    DOMAIN_POSTMASTER,
    DOMAIN_CATCH_ALL,
    DOMAIN_INSIDE,
    DOMAIN_MAX_MESSAGE,
    DOMAIN_SIGN,
    DOMAIN_RED_LIST,
    DOMAIN_PUBLISH,
    DOMAIN_STATE,
    DOMAIN_COLUMNS
};
extern const struct column_heading domain_columns[DOMAIN_COLUMNS];

enum { DOMAIN_ROWS = 100000, DOMAIN_FILE_MOST = 64 << 20 };
/* Rows named by their domains. encoding: as in roster_read(). *out is the caller's to free, after an error too. */
enum rc domain_roster_read(struct span text, const char *encoding, struct rows *out, struct err *e);

struct domain_result {
    enum roster_outcome outcome;
    uint32_t line;
    struct span domain; /* as the file has it */
    const char *why;    /* REFUSED, FAILED, UNTRIED; CHANGED: what was */
};
/* False: no more rows are begun; the rest is ROSTER_UNTRIED. */
typedef bool (*domain_told)(const struct domain_result *r, void *ctx);
void domain_roster_run(struct admin *ad, const struct rows *r, bool dry, domain_told told, void *ctx);

/* domain_wish.c: a row as what DIRD_DOMAIN_ADD and _SET take; .what has the bits of what it says. Borrows from r and from itself. RC_SYNTAX: why. */
struct domain_wish {
    struct dird_domain d;
    char domain[TRUST_DOMAIN_ROOM], postmaster[ADDRESS_ROOM], catch_all[ADDRESS_ROOM], note[TEXT_MOST + 1];
};
enum rc domain_wish(const struct rows *r, uint32_t row, struct domain_wish *out, struct err *e);
/* The bits of what w says and is otherwise; their columns' names are put into why, ", " between them. */
uint32_t domain_differs(const struct domain_wish *w, const struct dird_domain *is, char *why, size_t room);
