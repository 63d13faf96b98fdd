/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/roster.h - a roster: the accounts that a file names, one a row, and what becomes of each when the instance is made to agree with it.
 *
 * File     a table (admin/table.h) whose first row names its columns, in French or English, in any order (roster_columns[]); accents, capitals, spaces and
 *          hyphens do not count ("Prénom", "Liste rouge"). address and type must be among them. A column that is not there says nothing: for a new account its default, of an account that is there it stays.
 *          Or LDIF (roster_ldif.c), which begins with "dn:" or "version:": an entry a row, by the attributes of docs/internals/directory.md. Attributes that
 *          no account is made of are passed over, and named in .unused. What one entry lacks and another has is as an empty cell.
 * Rows     what cannot be an account is refused by itself; the others go on. An address that an earlier row has is refused, whatever it says; so is a row with an
 *          alias that is the address of another row, or an alias of an earlier one.
 * Agree    an account that is not there is added, with a password of its own that nobody knows yet (.code); one that is there is changed where the row says
 *          something else; type and structure never change. It is suspended and resumed as the row says (a row that says pending or active means neither more
 *          than that it is not suspended; a new one of a pending row is pending, whatever password it gets); no row closes an account, and of one that is closed
 *          a row may only say so. Doing it again changes nothing: so a run that was cut off at any moment is simply run again.
 *          What no row names is left alone.
 * Dry      everything is looked at, nothing is written.
 * At once  rows are worked on by .workers threads, each with its own connections; results come one after the other, in the order of the rows.
 * Errors   of the file: RC_SYNTAX, e->log names the line. Of a row: its result. When the daemons stay away, ROSTER_TRIES rows fail one after the other, and the rest
 *          is not tried (ROSTER_UNTRIED).
 * Owns     struct roster: its memory. Of a result: spans live until .told returns; .code is secret.
 * Process  pli; later the HTTP daemon.   Source MSSante: PER, ORG, APP, CAB; RFC 4180, RFC 2849.
 */
#pragma once
#include "admin/accounts.h"
#include "admin/rows.h"
#include "base/settings.h"
#include "directory/drawn.h"

enum roster_column {
    ROSTER_ADDRESS,
    ROSTER_TYPE,
    ROSTER_NAME,
    ROSTER_GIVEN,
    ROSTER_SN,
    ROSTER_RPPS,
    ROSTER_STRUCTURE,
    ROSTER_PROFESSION,
    ROSTER_SPECIALTY,
    ROSTER_SERVICE,
    ROSTER_RESPONSIBLE,
    ROSTER_CIVILITY,
    ROSTER_ADELI,
    ROSTER_TELEPHONE,
    ROSTER_DESCRIPTION,
    ROSTER_TOWN,
    ROSTER_STRUCTURE_NAME,
    ROSTER_ALIASES,
    ROSTER_QUOTA,
    ROSTER_MOST,
    ROSTER_SIGN,
    ROSTER_RED_LIST,
    ROSTER_RANK,
    ROSTER_PAPERLESS,
    ROSTER_STATE,
    ROSTER_COLUMNS
};
extern const struct column_heading roster_columns[ROSTER_COLUMNS];

enum { ROSTER_ROWS = 200000, ROSTER_FILE_MOST = 256 << 20, ROSTER_ALIASES_MOST = DIRD_ALIASES_MOST /* of a row */ };
struct roster {
    struct rows rows;  /* named by their addresses */
    struct buf unused; /* LDIF: attributes that were passed over, ", " between them */
};
/* encoding: what a table is in (admin/encoding.h); NULL: UTF-8, which LDIF always is. */
enum rc roster_read(struct span text, const char *encoding, struct roster *out, struct err *e);
struct span roster_cell(const struct roster *r, uint32_t row, enum roster_column column);
void roster_free(struct roster *r);

struct roster_defaults { /* of new accounts */
    uint64_t quota;
    bool sign, red_list;
    uint8_t algorithm; /* of certificates */
    int64_t password_min;
    uint64_t code_until; /* of what .code is: see account_wish */
};
enum roster_outcome {
    ROSTER_ADDED,
    ROSTER_CHANGED,
    ROSTER_UNCHANGED,
    ROSTER_REFUSED,
    ROSTER_FAILED,
    ROSTER_UNTRIED,
    ROSTER_OUTCOMES
};
extern const char *const roster_outcomes[ROSTER_OUTCOMES]; /* "added" */
enum { ROSTER_TRIES = 8 };                   /* rows that fail one after the other: then nobody answers */
enum roster_outcome roster_failure(enum rc rc); /* FAILED: another time it may go; REFUSED: it is this row that is wrong */
/* Why a row is not tried; NULL: it is. stopped: by who is told of those before. */
const char *roster_untried(bool stopped, unsigned failed_in_a_row);
struct roster_result {
    enum roster_outcome outcome;
    uint32_t line;
    struct span address, name; /* as the file has them; name: as it is shown */
    const char *why;           /* REFUSED, FAILED, UNTRIED; CHANGED: what was */
    struct span code;          /* ADDED, not dry: the password; secret */
    uint8_t was;               /* UNCHANGED, CHANGED: enum dird_state of the account that was there */
};
/* One row. ad: of the calling thread. room: what the result's texts stand in. */
struct roster_room {
    char why[512], name[2 * TEXT_MOST + 2];
    char *code; /* DRAWN_SIZE (directory/drawn.h) octets of locked memory */
};
void roster_apply(struct admin *ad, const struct roster *r, uint32_t row, const struct roster_defaults *d, bool dry,
                  struct roster_room *room, struct roster_result *out);
struct roster_run {
    const struct roster *roster;
    const struct roster_defaults *defaults;
    enum ipc_role role; /* of the workers' connections */
    struct span acting; /* a delegated administrator's ticket (admin/admin.h); empty: an operator */
    bool dry;
    unsigned workers; /* 1 to ROSTER_WORKERS */
    bool (*told)(const struct roster_result *r,
                 void *ctx); /* false: no more rows are begun; the rest is ROSTER_UNTRIED */
    void *ctx;
};
enum { ROSTER_WORKERS = 8 };
/* RC_TEMP: no thread could be made; nothing was done. */
enum rc roster_run(const struct roster_run *run, struct err *e);
/* roster_wish.c: a row as a wish. *w borrows from r and from mem. RC_SYNTAX: why. For this room and its tests. */
struct roster_wish {
    struct account_wish w;
    struct span alias[ROSTER_ALIASES_MOST];
    uint8_t state; /* enum dird_state, when the row says it; DA_ACTIVE for a pending one, too */
    struct buf name;
};
enum rc roster_wish(const struct roster *r, uint32_t row, const struct roster_defaults *d, struct roster_wish *out,
                    struct err *e);
void roster_wish_free(struct roster_wish *w);
/* What a file of domains (admin/domain_roster.h) is read with, too. */
bool roster_yes(struct span cell, bool *yes_out);                                  /* false: neither yes nor no */
bool roster_number(struct span cell, enum set_type kind, uint64_t *out);           /* false: no such number */
struct span roster_next_alias(struct span *rest); /* of a cell of aliases; empty: there is none */
/* roster_ldif.c: for this room. out->rows has begun. */
enum rc roster_read_ldif(struct span text, struct roster *out, struct err *e);
