/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_log.c - the lines of the log: one a recipient and attempt, and alarms. A peer's words are escaped; a patient's address is a hash
 * (flow/logged.h). */
#include "base/clock.h"
#include "base/log.h"
#include "flow/logged.h"
#include "policies/causes.h"
#include "relayd/identity.h"
#include "relayd/scheduler.h"
#include <stdio.h>
#include <string.h>

void scheduler_text(char *out, size_t cap, struct span text)
{
    text = span_head(text, cap - 1);
    if (text.n)
        memcpy(out, text.p, text.n);
    out[text.n] = '\0';
}

enum { ALARM_MS = 3600 * 1000, COUNTS_MS = 60 * 1000 };

void verdict_cause(struct verdict *v, enum fate fate, enum cause cause)
{
    const struct cause_row *row = cause_row(cause);

    *v = (struct verdict){.fate = fate, .cause = cause};
    if (cause != CAUSE_NONE && row && row->esc) /* else: a reply's own code, or none */
        snprintf(v->esc, sizeof v->esc, "%s", row->esc);
}

const char *verdict_esc(const struct verdict *v)
{
    return v->esc[0] ? v->esc : "-";
}

void log_recipient(const struct scheduler *s, const struct place *p, const struct passenger *r)
{
    static const char *const events[] = {[FATE_NONE] = "relay-later",
                                         [FATE_TAKEN] = "relayed",
                                         [FATE_LATER] = "relay-later",
                                         [FATE_NEVER] = "relay-failed"};
    const struct verdict *v = &r->verdict;
    uint64_t now = scheduler_now();
    char to[LOGGED_MAX], mid[STORE_MID + 1];

    snprintf(mid, sizeof mid, "%.*s", SPAN_ARG(r->item.mid));
    log_message(mid);
    log_ev(
        v->fate == FATE_NEVER ? LOG_WARN_ : LOG_INFO_, events[v->fate],
        "qid=%llu.%u to=%s domain=%s as=%s host=%s ip=%s tls=%s code=%u dsn=%s why=%s delay=%llu attempts=%u said=%s",
        (unsigned long long)r->item.qid, r->item.rcpt, log_esc(span_str(logged_address(r->envelope.recipient, to))),
        p ? log_esc(span_str(p->start.domain)) : "-",
        p && p->start.as > 0 ? identity_name(s->identities, p->start.as) : "-",
        p ? log_esc(span_str(p->start.host)) : "-", p ? log_esc(span_str(p->start.ip)) : "-",
        p ? log_esc(span_str(p->tls)) : "-", v->code, verdict_esc(v), cause_name(v->cause),
        (unsigned long long)(now > r->item.received ? now - r->item.received : 0), r->item.attempts + 1,
        log_esc(span_str(v->text)));
    log_message("");
}

void log_delayed(const struct flight *f)
{
    char mid[STORE_MID + 1];

    snprintf(mid, sizeof mid, "%.*s", SPAN_ARG(f->p[0].item.mid));
    log_message(mid);
    log_ev(LOG_INFO_, "relay-delayed", "qid=%llu recipients=%zu", (unsigned long long)f->letter.qid, f->n);
    log_message("");
}

/* What the server offers once TLS is up. */
void log_connected(const struct place *p, const struct channel_ready_req *r)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{CH_EXT_PIPELINING, "pipelining"}, {CH_EXT_SIZE, "size"},
                 {CH_EXT_8BITMIME, "8bitmime"},     {CH_EXT_DSN, "dsn"},
                 {CH_EXT_SMTPUTF8, "smtputf8"},     {CH_EXT_CHUNKING, "chunking"},
                 {CH_EXT_REQUIRETLS, "requiretls"}, {CH_EXT_ESC, "esc"}};
    char list[128] = "";

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (r->extensions & names[i].bit) {
            strncat(list, list[0] ? "," : "", sizeof list - strlen(list) - 1);
            strncat(list, names[i].name, sizeof list - strlen(list) - 1);
        }
    log_ev(LOG_INFO_, "relay-session", "domain=%s host=%s ip=%s tls=%s dn=%s offers=%s size=%llu rcpts=%u",
           log_esc(span_str(p->start.domain)), log_esc(span_str(p->start.host)), log_esc(span_str(p->start.ip)),
           log_esc(span_str(p->tls)), log_esc(span_str(p->dn)), list, (unsigned long long)r->size, r->rcpts);
}

void log_counts(struct scheduler *s)
{
    struct schedule_counts c;

    if (clock_mono() < s->counts_at)
        return;
    s->counts_at = deadline_in(COUNTS_MS);
    schedule_count(s->plan, &c);
    if (c.entries > 0)
        log_ev(LOG_INFO_, "relay-waiting",
               "recipients=%u letters=%u destinations=%u resting=%u sessions=%u probes=%u memory=%zu", c.entries,
               c.letters, c.destinations, c.resting, c.sessions, c.probes, c.memory);
}

/* Once an hour for a destination and a cause. More destinations than places in the list: then more often. */
void log_alarm(struct scheduler *s, const char *domain, const char *host, const struct verdict *why)
{
    enum { N = sizeof s->alarms / sizeof *s->alarms };
    struct alarm *a;

    if (!cause_alarms(why->cause))
        return;
    for (size_t i = 0; i < N; i++)
        if (s->alarms[i].cause == why->cause && strcmp(s->alarms[i].domain, domain) == 0 &&
            clock_mono() < s->alarms[i].until)
            return;
    a = &s->alarms[s->next_alarm++ % N];
    *a = (struct alarm){.cause = why->cause, .until = deadline_in(ALARM_MS)};
    snprintf(a->domain, sizeof a->domain, "%s", domain);
    log_ev(LOG_ERROR_, "relay-alarm", "domain=%s host=%s why=%s said=%s", log_esc(span_str(domain)),
           log_esc(span_str(host)), cause_name(why->cause), log_esc(span_str(why->text)));
}
