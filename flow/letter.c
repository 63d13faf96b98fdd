/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/letter.c - the life of a letter and the table of its steps. See flow/letter.h. */
#include "flow/letter.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/seal/digest.h"
#include "extract/queued.h"
#include "flow/letter_int.h"

static enum cause step_taken(struct letter *l, struct err *e)
{
    if (spool_end(l->message, e) != RC_OK)
        return letter_temp(e);
    scan_end(l->scan);
    letter_log_taken(l);
    return CAUSE_NONE;
}

/* The last word of the steps on each recipient. A refusal for one is a refusal for all: see flow/letter.h. A member of a list who cannot get it keeps
 * nobody else from it: the sender is told in a report, and where there is no sender to be told, somebody must get it. */
static enum cause step_recipients(struct letter *l, struct err *e)
{
    const struct recipients *to = &l->env->to;
    enum cause last = CAUSE_NONE;
    bool known = false;

    (void)e;
    for (size_t i = 0; i < to->n; i++) {
        const struct recipient *r = &to->a[i];

        if (r->verdict != CAUSE_NONE && !r->via)
            return r->verdict;
        known = known || r->verdict == CAUSE_NONE || l->env->sender.n > 0;
        last = r->verdict;
    }
    return known ? CAUSE_NONE : last;
}

static enum cause step_file(struct letter *l, struct err *e)
{
    const struct letter_envelope *v = l->env;
    struct file_request rq = {.trace = buf_span(&l->trace),
                              .message = l->message,
                              .scan = l->scan,
                              .to = v->to.a,
                              .n_to = v->to.n,
                              .sender = v->sender,
                              .envid = v->envid,
                              .ret = v->ret,
                              .flags = (uint8_t)((v->smtputf8 ? QE_UTF8 : 0) | (v->requiretls ? QE_REQUIRETLS : 0)),
                              .mid = l->mid,
                              .once = span_of(l->once, l->has_once ? sizeof l->once : 0),
                              .once_s = l->conf->once_s};
    int64_t now = clock_utc();

    for (size_t i = 0; i < v->to.n; i++)
        v->to.a[i].internaldate = now;
    return file_message(l->keyd, l->store, &rq, &l->filed, e) == RC_OK ? CAUSE_NONE : letter_temp(e);
}

static const struct {
    const char *name;
    enum cause (*run)(struct letter *l, struct err *e);
} steps[] = {
    {"taken", step_taken},   /* all octets are here, and their structure */
    {"lists", step_lists},   /* it has not come through a list that it is for already */
    {"lawful", step_lawful}, /* no NUL, header within bounds, no loop; submission: no winmail.dat */
    {"author",
     step_author}, /* From and Sender: held by the account; port 25: of a domain that the list gives to the peer */
    {"delegate", step_delegate}, /* submission: From is another's, for whom the account may send: that mailbox signs */
    {"once", step_once},         /* submission: the key by which it is known when it comes again */
    {"cut", step_cut},           /* out: results in our name, the "From " line of a mailbox file; submission: Bcc */
    {"sign", step_sign},         /* submission, when the account signs: canonical, then multipart/signed */
    {"verify", step_verify},     /* S/MIME: the verdict goes to Authentication-Results */
    {"trace",
     step_trace}, /* Return-Path, Authentication-Results, Received: on top; submission: Date and Message-ID that lack */
    {"citizen", step_citizen},       /* submission: who of them is a patient gets 25 MB at most */
    {"recipients", step_recipients}, /* whom a step has refused */
    {"file", step_file},             /* sealed, to every mailbox and the queue, in one transaction */
};

void letter_begin(struct letter *l)
{
    log_id_new(l->mid);
    log_message(l->mid);
    l->message = spool_new_led(l->conf->max_message);
    l->scan = scan_new();
    l->digest = l->door == DOOR_SUBMISSION && l->conf->once_s > 0 ? digest_new() : NULL;
    buf_init_secret(&l->results);
    buf_init_secret(&l->trace);
}

/* Of the octets as they came: a signature that is added here is not the account's. */
static bool beyond_domain(const struct letter *l, struct span piece)
{
    return l->account && l->account->max_message > 0 && spool_size(l->message) + piece.n > l->account->max_message;
}

enum rc letter_put(struct letter *l, struct span piece, struct err *e)
{
    enum rc rc = beyond_domain(l, piece)
                     ? err_cause(e, RC_PERM, CAUSE_DOMAIN_SIZE, "message of more than the %llu octets of its domain",
                                 (unsigned long long)l->account->max_message)
                     : spool_put(l->message, piece, e);

    if (rc == RC_OK)
        scan_feed(l->scan, piece);
    if (rc == RC_OK && l->digest)
        digest_add(l->digest, piece);
    return rc;
}

enum cause letter_file(struct letter *l, struct err *e)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        enum cause r;

        *e = (struct err){0};
        r = steps[i].run(l, e);
        if (r == CAUSE_NONE)
            continue;
        letter_log_refused(l, steps[i].name, r, e);
        return r;
    }
    if (l->filed.first[0]) {
        log_ev(LOG_INFO_, "message-again", "first=%s", l->filed.first);
        return CAUSE_NONE;
    }
    letter_log_filed(l);
    return CAUSE_NONE;
}

void letter_drop(struct letter *l)
{
    unsigned char md[DIGEST_LEN];

    if (l->digest)
        digest_end(&l->digest, md);
    spool_free(&l->message);
    scan_free(&l->scan);
    buf_free(&l->author);
    buf_free(&l->acting.ticket_mem);
    buf_free(&l->acting.slots_mem);
    buf_free(&l->cms);
    buf_free(&l->results);
    buf_free(&l->trace);
    file_result_free(&l->filed);
}

void letter_end(struct letter *l)
{
    letter_drop(l);
    if (l->mid[0])
        log_message("");
    l->mid[0] = 0;
}

/* ---- shared by the steps ---- */
struct span letter_header(const struct letter *l)
{
    return scan_part(l->scan, 0)->header;
}

enum rc letter_copy(struct spool *from, uint64_t off, uint64_t len, struct spool *to, struct err *e)
{
    struct buf mem = BUF_SECRET_INIT;
    enum rc rc = RC_OK;

    while (rc == RC_OK && len > 0) {
        struct span piece;

        rc = spool_read(from, off, &mem, &piece, e);
        if (rc != RC_OK)
            break;
        piece = span_head(piece, len < piece.n ? (size_t)len : piece.n);
        rc = spool_put(to, piece, e);
        off += piece.n;
        len -= piece.n;
    }
    buf_free(&mem);
    return rc;
}

enum cause letter_temp(const struct err *e)
{
    if (e->rc == RC_QUOTA)
        return CAUSE_QUOTA;
    if (e->cause == CAUSE_DISK_FULL || e->cause == CAUSE_TOO_BIG || e->cause == CAUSE_TOO_MANY_RCPT)
        return e->cause;
    return CAUSE_STORE_TEMP;
}
