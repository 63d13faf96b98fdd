/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/roster_apply.c - one row of a roster: the account added, or changed where the row says something else. See admin/roster.h. */
#include "admin/life.h"
#include "admin/numbers.h"
#include "admin/roster.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>

const char *const roster_outcomes[ROSTER_OUTCOMES] = {"added", "changed", "unchanged", "refused", "failed", "untried"};

struct applying {
    struct admin *ad;
    const struct roster *r;
    uint32_t row;
    const struct roster_defaults *d;
    bool dry;
    struct roster_room *room;
    struct roster_wish wish;
    struct account there;
    struct account_change change;
};

/* ---- what differs ---- */
static const struct {
    enum roster_column column;
    uint32_t change;
    size_t wish, to, is; /* where the wish, the change and the account have it */
} texts[] = {
    {ROSTER_NAME, CHANGE_NAME, offsetof(struct account_wish, name), offsetof(struct account_change, name),
     offsetof(struct dird_account, name)},
    {ROSTER_SERVICE, CHANGE_SERVICE, offsetof(struct account_wish, service), offsetof(struct account_change, service),
     offsetof(struct dird_account, service)},
    {ROSTER_RESPONSIBLE, CHANGE_RESPONSIBLE, offsetof(struct account_wish, responsible),
     offsetof(struct account_change, responsible), offsetof(struct dird_account, responsible)},
    {ROSTER_PROFESSION, CHANGE_PROFESSION, offsetof(struct account_wish, profession),
     offsetof(struct account_change, profession), offsetof(struct dird_account, profession)},
    {ROSTER_SPECIALTY, CHANGE_SPECIALTY, offsetof(struct account_wish, specialty),
     offsetof(struct account_change, specialty), offsetof(struct dird_account, specialty)},
    {ROSTER_RPPS, CHANGE_RPPS, offsetof(struct account_wish, rpps), offsetof(struct account_change, rpps),
     offsetof(struct dird_account, rpps)},
    {ROSTER_CIVILITY, CHANGE_CIVILITY, offsetof(struct account_wish, civility),
     offsetof(struct account_change, civility), offsetof(struct dird_account, civility)},
    {ROSTER_ADELI, CHANGE_ADELI, offsetof(struct account_wish, adeli), offsetof(struct account_change, adeli),
     offsetof(struct dird_account, adeli)},
    {ROSTER_TELEPHONE, CHANGE_TELEPHONE, offsetof(struct account_wish, telephone),
     offsetof(struct account_change, telephone), offsetof(struct dird_account, telephone)},
    {ROSTER_DESCRIPTION, CHANGE_DESCRIPTION, offsetof(struct account_wish, description),
     offsetof(struct account_change, description), offsetof(struct dird_account, description)},
    {ROSTER_TOWN, CHANGE_TOWN, offsetof(struct account_wish, town), offsetof(struct account_change, town),
     offsetof(struct dird_account, town)},
    {ROSTER_STRUCTURE_NAME, CHANGE_STRUCTURE_NAME, offsetof(struct account_wish, structure_name),
     offsetof(struct account_change, structure_name), offsetof(struct dird_account, structure_name)},
};

static bool has(const struct applying *a, enum roster_column c)
{
    return (a->r->rows.has & 1u << c) != 0;
}

static bool says(const struct applying *a, enum roster_column c)
{
    return has(a, c) && roster_cell(a->r, a->row, c).n > 0;
}

static void differs(struct applying *a, enum roster_column c, uint32_t change)
{
    size_t n = strlen(a->room->why);

    a->change.what |= change;
    snprintf(a->room->why + n, sizeof a->room->why - n, "%s%s", n ? ", " : "", roster_columns[c].english);
}

/* The directory has texts in their prepared form. One that cannot be prepared differs, and is refused when it is changed. */
static bool same_text(struct span cell, struct span is)
{
    struct buf as = BUF_INIT;
    struct err ignored;
    bool same = text_normal(span_trim(cell), TEXT_MOST, &as, &ignored) == RC_OK && span_eq(buf_span(&as), is);

    buf_free(&as);
    return same;
}

/* Numbers are compared in the form that is kept. */
static struct span as_kept(enum roster_column c, struct span cell, char mem[NUMBER_ROOM])
{
    if (c == ROSTER_TELEPHONE)
        return telephone_normal(cell, mem);
    return c == ROSTER_RPPS || c == ROSTER_ADELI ? number_normal(cell, mem) : cell;
}

/* A name is told by its own column, or by its parts. An empty RPPS number is none that could be meant; an empty name of a structure is the one that it has
 * here, which the row's account got when it was made. */
static bool is_told(const struct applying *a, enum roster_column c)
{
    if (c == ROSTER_NAME)
        return a->wish.w.name.n > 0;
    return c == ROSTER_RPPS || c == ROSTER_STRUCTURE_NAME ? says(a, c) : has(a, c);
}

static void compare_texts(struct applying *a)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct span wished = *(const struct span *)((const char *)&a->wish.w + texts[i].wish);
        char mem[NUMBER_ROOM];

        *(struct span *)((char *)&a->change + texts[i].to) = wished;
        if (is_told(a, texts[i].column) && !same_text(as_kept(texts[i].column, wished, mem),
                                                      *(const struct span *)((const char *)&a->there.is + texts[i].is)))
            differs(a, texts[i].column, texts[i].change);
    }
}

static bool among(struct span lines, struct span one)
{
    while (lines.n > 0)
        if (span_eq(span_cut(&lines, '\n'), one))
            return true;
    return false;
}

static bool all_among(struct span some, struct span lines)
{
    while (some.n > 0)
        if (!among(lines, span_cut(&some, '\n')))
            return false;
    return true;
}

/* As sets: an alias that a row names twice is one. What cannot be an alias differs, and is refused when it is changed. */
static void compare_aliases(struct applying *a)
{
    const struct account_wish *w = &a->wish.w;
    struct span is = a->there.is.aliases;
    struct buf wished = BUF_INIT;
    bool same = true;

    a->change.aliases = w->aliases;
    a->change.n_aliases = w->n_aliases;
    for (size_t i = 0; i < w->n_aliases; i++) {
        char normal[ADDRESS_ROOM];
        struct span domain;

        same = same && address_normal(w->aliases[i], normal, &domain);
        buf_addf(&wished, "%s\n", same ? normal : "");
    }
    if (has(a, ROSTER_ALIASES) && !(same && all_among(buf_span(&wished), is) && all_among(is, buf_span(&wished))))
        differs(a, ROSTER_ALIASES, CHANGE_ALIASES);
    buf_free(&wished);
}

static void compare_rest(struct applying *a)
{
    const struct account_wish *w = &a->wish.w;
    const struct dird_account *is = &a->there.is;

    a->change.sign = w->sign;
    a->change.red_list = w->red_list;
    a->change.quota = w->quota;
    a->change.most = w->most;
    a->change.rank = w->rank;
    a->change.paperless = w->paperless;
    if (says(a, ROSTER_SIGN) && w->sign != ((is->flags & DF_SIGN) != 0))
        differs(a, ROSTER_SIGN, CHANGE_SIGN);
    if (says(a, ROSTER_RED_LIST) && w->red_list != ((is->flags & DF_RED_LIST) != 0))
        differs(a, ROSTER_RED_LIST, CHANGE_RED_LIST);
    if (says(a, ROSTER_QUOTA) && w->quota != is->quota)
        differs(a, ROSTER_QUOTA, CHANGE_QUOTA);
    if (says(a, ROSTER_MOST) && w->most != is->most)
        differs(a, ROSTER_MOST, CHANGE_MOST);
    if (says(a, ROSTER_RANK) && w->rank != is->rank)
        differs(a, ROSTER_RANK, CHANGE_RANK);
    if (says(a, ROSTER_PAPERLESS) && w->paperless != is->paperless)
        differs(a, ROSTER_PAPERLESS, CHANGE_PAPERLESS);
}

/* ---- one or the other ---- */
static enum rc stays(const struct applying *a, struct err *e)
{
    const struct account_wish *w = &a->wish.w;
    struct span structure = a->there.is.structure;
    char mem[NUMBER_ROOM];

    if (w->type != a->there.is.type)
        return err_set(e, RC_PERM, "the type of a mailbox never changes: it is %s", type_name(a->there.is.type));
    if (says(a, ROSTER_STRUCTURE) && !span_eq(number_normal(w->structure, mem), structure))
        return err_set(e, RC_PERM, "the structure of a mailbox never changes: it is %.*s", SPAN_ARG(structure));
    return RC_OK;
}

static enum rc no_row_closes(struct err *e)
{
    return err_set(e, RC_PERM, "a row closes no account: pli account close does");
}

/* A closed account is as its row says, or the row is refused. */
static enum rc of_closed(const struct applying *a, enum roster_outcome *out, struct err *e)
{
    *out = ROSTER_UNCHANGED;
    if (says(a, ROSTER_STATE) && a->wish.state == DA_CLOSED)
        return RC_OK;
    return account_not_closed(&a->there.is, e);
}

static enum rc change_state(const struct applying *a, struct err *e)
{
    return a->wish.state == DA_SUSPENDED ? account_suspend(a->ad, &a->there, SPAN_NULL, e)
                                         : account_resume(a->ad, &a->there, e);
}

static enum rc write_change(struct applying *a, bool state, struct err *e)
{
    enum rc rc = a->change.what ? account_change(a->ad, &a->there, &a->change, e) : RC_OK;

    return rc == RC_OK && state ? change_state(a, e) : rc;
}

static enum rc change(struct applying *a, enum roster_outcome *out, struct err *e)
{
    struct span about = SPAN_NULL;
    enum account_fault fault;
    uint8_t is = a->there.is.state == DA_PENDING ? DA_ACTIVE : a->there.is.state;
    bool state = says(a, ROSTER_STATE) && a->wish.state != is;
    enum rc rc = stays(a, e);

    if (rc != RC_OK)
        return rc;
    if (a->there.is.state >= DA_CLOSED)
        return of_closed(a, out, e);
    if (state && a->wish.state == DA_CLOSED)
        return no_row_closes(e);
    compare_texts(a);
    compare_aliases(a);
    compare_rest(a);
    if (state)
        differs(a, ROSTER_STATE, 0);
    *out = a->change.what || state ? ROSTER_CHANGED : ROSTER_UNCHANGED;
    fault = account_change_fault(&a->change, &about);
    if (fault != ACCOUNT_RIGHT)
        return account_refuse(fault, about, e);
    if (a->dry)
        return a->change.what ? account_change_would(a->ad, &a->there, &a->change, e) : RC_OK;
    return write_change(a, state, e);
}

static enum rc add(struct applying *a, enum roster_outcome *out, struct err *e)
{
    struct account_made made = {.mbx = 0};
    enum rc rc;

    *out = ROSTER_ADDED;
    if (a->wish.state == DA_CLOSED)
        return no_row_closes(e);
    if (a->dry)
        return account_add_would(a->ad, &a->wish.w, e);
    drawn_make(a->room->code);
    a->wish.w.password = span_of(a->room->code, DRAWN_SIZE);
    rc = account_add(a->ad, &a->wish.w, &made, e);
    account_made_free(&made);
    return rc;
}

static enum rc look(struct applying *a, struct err *e)
{
    account_free(&a->there);
    return account_get(a->ad, a->wish.w.address, &a->there, e);
}

/* An account that comes into being between the look and the adding is looked at again: a run that was killed leaves some that are still being made. */
static enum rc agree(struct applying *a, enum roster_outcome *out, struct err *e)
{
    struct err again;
    enum rc rc;

    if (a->r->rows.row[a->row].same_as)
        return err_set(e, RC_SYNTAX, "line %u has this address already", (unsigned)a->r->rows.row[a->row].same_as);
    if (a->r->rows.row[a->row].alias_of)
        return err_set(e, RC_SYNTAX, "line %u has an alias of this row already",
                       (unsigned)a->r->rows.row[a->row].alias_of);
    if ((rc = roster_wish(a->r, a->row, a->d, &a->wish, e)) != RC_OK)
        return rc;
    if ((rc = look(a, e)) == RC_NOTFOUND) {
        rc = add(a, out, e);
        if (rc != RC_EXISTS || look(a, &again) != RC_OK)
            return rc;
        rc = RC_OK;
    }
    return rc == RC_OK ? change(a, out, e) : rc;
}

enum roster_outcome roster_failure(enum rc rc)
{
    return rc == RC_SYNTAX || rc == RC_PERM || rc == RC_EXISTS || rc == RC_NOTFOUND ? ROSTER_REFUSED : ROSTER_FAILED;
}

const char *roster_untried(bool stopped, unsigned failed_in_a_row)
{
    if (stopped)
        return "the rows before were stopped";
    return failed_in_a_row >= ROSTER_TRIES ? "those before failed one after the other" : NULL;
}

void roster_apply(struct admin *ad, const struct roster *r, uint32_t row, const struct roster_defaults *d, bool dry,
                  struct roster_room *room, struct roster_result *out)
{
    struct applying a = {.ad = ad, .r = r, .row = row, .d = d, .dry = dry, .room = room};
    struct err e;
    enum rc rc;

    room->why[0] = '\0';
    *out = (struct roster_result){
        .line = r->rows.row[row].line, .address = roster_cell(r, row, ROSTER_ADDRESS), .why = room->why};
    rc = agree(&a, &out->outcome, &e);
    if (rc != RC_OK) {
        out->outcome = roster_failure(rc);
        snprintf(room->why, sizeof room->why, "%s", e.log);
    }
    snprintf(room->name, sizeof room->name, "%.*s", SPAN_ARG(a.wish.w.name));
    out->name = span_str(room->name);
    out->was = a.there.is.state;
    if (out->outcome == ROSTER_ADDED && !dry)
        out->code = span_of(room->code, DRAWN_SIZE);
    account_free(&a.there);
    roster_wish_free(&a.wish);
}
