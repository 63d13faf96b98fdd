/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/letter_log.c - what the log says of a letter, see flow/letter_int.h. Every line has our message id in its head. The
 * header's Message-ID stands there as a keyed hash (flow/logged.h), because no byte of a message may.
 */
#include "base/log.h"
#include "flow/letter_int.h"
#include "flow/logged.h"
#include "mime/fields.h"

enum {
    RECIPIENTS_LINE = 700 /* octets of addresses in one line of the log, which holds 1,024 with its head (base/log.c) */
};

/* ---- the Message-ID ---- */
static bool id_in(struct span header, char out[LOGGED_ID])
{
    struct buf id = BUF_SECRET_INIT;
    struct field f;
    bool found = field_find(header, "Message-ID", &f);

    if (found) {
        field_unfold(f.body, &id);
        logged_message_id(buf_span(&id), out);
    }
    buf_free(&id);
    return found;
}

/* A submission without a Message-ID gets one: on top of the message (step_trace.c), or inside it when it is signed here. */
static void id_as_filed(const struct letter *l, char out[LOGGED_ID])
{
    struct buf mem = BUF_SECRET_INIT;
    struct span piece;
    struct err e;
    bool found = l->scan ? id_in(letter_header(l), out) || id_in(buf_span(&l->trace), out) : false;

    if (!l->scan && spool_read(l->message, 0, &mem, &piece, &e) == RC_OK)
        found = id_in(piece, out);
    if (!found)
        logged_message_id(SPAN_NULL, out);
    buf_free(&mem);
}

/* ---- the recipients ---- */
static void log_some(const char *event, struct buf *some)
{
    if (some->n > 0)
        log_ev(LOG_INFO_, event, "to=%s", buf_cstr(some));
    buf_clear(some);
}

/* The recipients as the log names them (flow/logged.h), as many a line as it holds whole: of a name that is cut off nothing would be known. */
static void log_recipients(const struct letter *l, const char *event, bool all, bool failed)
{
    const struct recipients *to = &l->env->to;
    struct buf some = BUF_INIT; /* open: addresses as the log has them */
    char name[LOGGED_MAX];

    for (size_t i = 0; i < to->n; i++) {
        if (!all && (to->a[i].verdict != CAUSE_NONE) != failed)
            continue;
        logged_address(span_str(to->a[i].address), name);
        if (some.n > 0 && some.n + strlen(name) > RECIPIENTS_LINE)
            log_some(event, &some);
        buf_addf(&some, "%s%s", some.n > 0 ? "," : "", name);
    }
    log_some(event, &some);
    buf_free(&some);
}

/* ---- the lines ---- */
void letter_log_taken(const struct letter *l)
{
    const struct letter_peer *p = l->peer;
    char id[LOGGED_ID], from[LOGGED_MAX];

    if (!id_in(letter_header(l), id))
        logged_message_id(SPAN_NULL, id);
    logged_address(l->env->sender, from);
    log_ev(LOG_INFO_, "message-taken", "msgid=%s size=%llu door=%s peer=%s tls=%s cipher=%s from=%s%s%s", id,
           (unsigned long long)spool_size(l->message), l->door == DOOR_RELAY ? "relay" : "submission", p->ip,
           p->tls_version ? p->tls_version : "-", p->tls_cipher ? p->tls_cipher : "-", from[0] ? from : "<>",
           l->account->address.n > 0 ? " account="
           : p->dn.n > 0             ? " dn="
                                     : "",
           log_esc(l->account->address.n > 0 ? l->account->address : p->dn));
}

void letter_log_refused(const struct letter *l, const char *step, enum cause c, const struct err *e)
{
    log_ev(LOG_WARN_, "message-refused", "step=%s why=%s size=%llu cause=%s", step, cause_name(c),
           (unsigned long long)spool_size(l->message), log_esc(span_str(e->log)));
    log_recipients(l, "refused-for", true, false);
}

void letter_log_filed(const struct letter *l)
{
    char id[LOGGED_ID];

    id_as_filed(l, id);
    log_ev(LOG_INFO_, "message-filed", "msgid=%s size=%llu boxes=%zu remotes=%zu qid=%llu signed=%d", id,
           (unsigned long long)l->filed.size, l->filed.n_placed, l->filed.n_remotes, (unsigned long long)l->filed.qid,
           l->cms.n > 0);
    log_recipients(l, "filed-for", false, false);
    log_recipients(l, "failed-for", false, true); /* members of a list: their sender gets a report */
}
