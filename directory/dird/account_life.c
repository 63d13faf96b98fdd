/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/account_life.c - the steps of an account's life (decision 0045): suspended and resumed, closed and reopened, erased and buried.
 *
 * States   active <-> suspended -> closed -> erasing -> gone, with a tombstone (tombstone.c). An active account is closed, too; a closed one is reopened as an
 *          active one, and an erasing one is kept again while nothing was destroyed.
 *          pending is beside that: pliPending stays through a suspension and a closing, and counts again when the account is resumed (decision 0058).
 * Entry    suspended: pliDisabled. Closed: pliKeepUntil, and pliDisabled beside it, so that every rule of the directory that holds for a suspended account
 *          holds for a closed one. Erasing: pliErasing.
 * By       pliStateBy names the delegated administrator who ended its being active, or nobody: the operator did, now or after her. What the operator ended,
 *          she does not begin again (decision 0050).
 * Crash    Each step is one change of one entry, but the last: the tombstone is put before the entry goes, so the address is never free between.
 * Process  dird, under d->write.
 */
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/mods.h"
#include "directory/dird/scope.h"

enum {
    ACTIVE = 1 << DA_ACTIVE | 1 << DA_PENDING,
    SUSPENDED = 1 << DA_SUSPENDED,
    CLOSED = 1 << DA_CLOSED,
    ERASING = 1 << DA_ERASING
};

/* ---- what each writes ---- */
static void lay_suspend(struct mods *m, const struct dird_account *a, const struct dird_state_req *q)
{
    mods_str(m, "pliDisabled", "TRUE");
    mods_text(m, "pliReason", q->reason);
    if (a->state != DA_SUSPENDED)
        mods_time(m, "pliStateSince", (uint64_t)clock_utc());
}

static void lay_active(struct mods *m, const struct dird_account *a, const struct dird_state_req *q)
{
    static const char *const gone[] = {"pliReason", "pliStateSince", "pliStateBy", "pliKeepUntil", "pliErasing"};
    (void)a, (void)q;
    mods_str(m, "pliDisabled", "FALSE");
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        mods_text(m, gone[i], SPAN_NULL);
}

static void lay_close(struct mods *m, const struct dird_account *a, const struct dird_state_req *q)
{
    mods_time(m, "pliKeepUntil", q->keep_until);
    if (q->reason.n > 0 || a->state != DA_CLOSED)
        mods_text(m, "pliReason", q->reason);
    if (a->state == DA_CLOSED)
        return;
    mods_str(m, "pliDisabled", "TRUE");
    mods_time(m, "pliStateSince", (uint64_t)clock_utc());
}

static void lay_erase(struct mods *m, const struct dird_account *a, const struct dird_state_req *q)
{
    (void)a, (void)q;
    mods_str(m, "pliErasing", "TRUE");
}

static void lay_keep(struct mods *m, const struct dird_account *a, const struct dird_state_req *q)
{
    (void)a, (void)q;
    mods_text(m, "pliErasing", SPAN_NULL);
}

/* ---- what may be done ---- */
static enum rc close_when(const struct dird_account *a, const struct dird_state_req *q, struct err *e)
{
    if (q->keep_until == 0 && a->state != DA_CLOSED)
        return err_set(e, RC_SYNTAX, "a closing says until when the mail is kept");
    return RC_OK;
}

/* A time that does not read is no time that has passed. */
static enum rc erase_when(const struct dird_account *a, const struct dird_state_req *q, struct err *e)
{
    (void)q;
    if (a->keep_until == 0 || a->keep_until > (uint64_t)clock_utc())
        return err_set(e, RC_PERM, "the mail of %s is kept: its time has not passed", log_esc(a->address));
    return RC_OK;
}

static const struct step {
    const char *name;                                                                             /* event of the log */
    unsigned from;                                                                                /* states */
    enum rc (*when)(const struct dird_account *a, const struct dird_state_req *q, struct err *e); /* NULL: whenever */
    void (*lay)(struct mods *m, const struct dird_account *a, const struct dird_state_req *q);    /* NULL: burying */
} steps[] = {
    [0] = {"account-step", 0, NULL, NULL},
    [DL_SUSPEND] = {"account-suspend", ACTIVE | SUSPENDED, NULL, lay_suspend},
    [DL_RESUME] = {"account-resume", ACTIVE | SUSPENDED, NULL, lay_active},
    [DL_CLOSE] = {"account-close", ACTIVE | SUSPENDED | CLOSED, close_when, lay_close},
    [DL_REOPEN] = {"account-reopen", CLOSED, NULL, lay_active},
    [DL_ERASE] = {"account-erase", CLOSED | ERASING, erase_when, lay_erase},
    [DL_KEEP] = {"account-keep", ERASING, NULL, lay_keep},
    [DL_BURY] = {"account-bury", ERASING, NULL, NULL},
};

static const struct step *step_of(uint8_t step)
{
    return &steps[step < sizeof steps / sizeof *steps ? step : 0];
}

const char *account_step_name(uint8_t step)
{
    return step_of(step)->name;
}

enum rc account_is_closed(struct span address, struct err *e)
{
    return err_cause(e, RC_PERM, CAUSE_ADDRESS_CLOSED, "%s is closed: pli account reopen gives it back",
                     log_esc(address));
}

static enum rc refused(const struct dird_account *a, struct err *e)
{
    if (a->state == DA_CLOSED)
        return account_is_closed(a->address, e);
    if (a->state == DA_ERASING)
        return err_cause(e, RC_PERM, CAUSE_ADDRESS_CLOSED,
                         "%s is closed, and its keys and its mail are being destroyed", log_esc(a->address));
    return err_set(e, RC_PERM, "%s is not closed", log_esc(a->address));
}

/* ---- doing it ---- */
/* The operator's word stands above hers, whoever came first. */
static void lay_by(struct mods *m, const struct dird_account *a, const char *by)
{
    if (*by == '\0' || a->state <= DA_PENDING)
        mods_text(m, "pliStateBy", span_str(by));
}

static enum rc write_state(struct dird *d, const struct step *s, const struct dird_account *a,
                           const struct dird_state_req *q, const char *by, struct err *e)
{
    struct mods *m = mods_new(true);
    s->lay(m, a, q);
    if (q->step == DL_SUSPEND || q->step == DL_CLOSE)
        lay_by(m, a, by);
    if (q->step == DL_CLOSE) /* as with her delegations: who reopens the account gives back what is meant */
        admin_end(d, a->address, m);
    enum rc rc = account_modify(d, a->address, m, e);
    mods_free(&m);
    return rc;
}

static enum rc bury(struct dird *d, const struct dird_account *a, struct err *e)
{
    enum rc rc = tombstone_put(d, a, e);
    return rc == RC_OK ? account_delete(d, a->address, e) : rc;
}

/* What is closed already, and told no other time, is as it was asked for. */
static bool nothing_to_do(const struct dird_account *a, const struct dird_state_req *q)
{
    return q->step == DL_CLOSE && a->state == DA_CLOSED && q->keep_until == 0;
}

static enum rc is_hers_to_begin(const struct dird_account *a, const struct dird_state_req *q, const char *by,
                                struct err *e)
{
    bool begins = q->step == DL_RESUME || q->step == DL_REOPEN;
    if (*by == '\0' || !begins || a->state <= DA_PENDING || a->by.n > 0)
        return RC_OK;
    return scope_refused(e, "the operator %s %s: it is the operator's to give back",
                         a->state == DA_CLOSED ? "closed" : "suspended", log_esc(a->address));
}

enum rc account_step(struct dird *d, const struct dird_state_req *q, const char *by, struct err *e)
{
    const struct step *s = step_of(q->step);
    struct buf mem = BUF_INIT;
    struct dird_account a;
    enum rc rc = account_read(d, q->address, false, &mem, &a, e);
    if (rc == RC_OK && q->mbx != a.mbx) /* its holder may have the address again meanwhile, and another mailbox */
        rc =
            err_set(e, RC_NOTFOUND, "no account %s with mailbox %llu", log_esc(q->address), (unsigned long long)q->mbx);
    if (rc == RC_OK && !(s->from & 1u << a.state))
        rc = refused(&a, e);
    if (rc == RC_OK)
        rc = is_hers_to_begin(&a, q, by, e);
    if (rc == RC_OK && s->when)
        rc = s->when(&a, q, e);
    if (rc == RC_OK && !nothing_to_do(&a, q))
        rc = s->lay ? write_state(d, s, &a, q, by, e) : bury(d, &a, e);
    buf_free(&mem);
    return rc;
}
