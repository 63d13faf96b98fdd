/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/queue_filter.c - see pli/queue_filter.h. */
#include "pli/queue_filter.h"
#include "base/clock.h"
#include "base/idn.h"
#include "base/settings.h"
#include "base/wipe.h"
#include "flow/logged.h"
#include "pli/super/log_key.h"
#include "proto/smtp/path.h"
#include <stdio.h>
#include <string.h>

int queue_number(struct cmd *c, const char *text, struct queue_filter *out)
{
    size_t dot = strcspn(text, ".");
    uint64_t qid, rcpt = 0;

    if (!span_u64(span_head(span_str(text), dot), UINT64_MAX, &qid) || qid == 0 ||
        (text[dot] && !span_u64(span_str(text + dot + 1), UINT32_MAX, &rcpt)))
        return cmd_usage(c, "\"%.40s\" is no queue number: pli queue list shows them", text);
    out->qid = qid;
    out->rcpt = text[dot] ? (int64_t)rcpt + 1 : 0;
    return PLI_OK;
}

/* ---- one option each ---- */
static int take_age(struct cmd *c, const char *v, struct queue_filter *f)
{
    const struct setting s = {"--age", SET_SECS, "0", 0, INT64_MAX / 2, SET_AT_START, NULL};
    int64_t secs, now = clock_utc();
    struct err e;

    if (setting_check(&s, v, &secs, &e) != RC_OK)
        return cmd_why(c, PLI_USAGE, e.cause, "%s", e.log);
    f->received_before = secs < now ? (uint64_t)(now - secs) : 1;
    return PLI_OK;
}

static int take_cause(struct cmd *c, const char *v, struct queue_filter *f)
{
    enum cause cause = cause_named(v);

    if (strcmp(v, "reply") == 0)
        f->cause = QUEUE_CAUSE_REPLY;
    else if (cause != CAUSES_ && cause != CAUSE_NONE)
        f->cause = (uint16_t)cause;
    else
        return cmd_usage(
            c, "\"%.40s\" is no cause: pli queue stats names those there are, such as unreachable, peer-tls, reply", v);
    return PLI_OK;
}

static int take_state(struct cmd *c, const char *v, struct queue_filter *f)
{
    uint8_t state = queue_state_named(v);

    if (state == 0 || queue_state_ends(state))
        return cmd_usage(c, "\"%.40s\" is no state: waiting, held, dropped or report", v);
    f->states = (uint16_t)(1u << state);
    return PLI_OK;
}

static int take_limit(struct cmd *c, const char *v, struct queue_filter *f)
{
    if (!span_u64(span_str(v), INT64_MAX, &f->most) || f->most == 0)
        return cmd_usage(c, "--limit is a number, 1 or more");
    return PLI_OK;
}

/* A domain with letters beyond ASCII waits in the queue in A-labels. What has none finds nothing, as it is. */
static struct span spelled(const char *v, char out[SMTP_PATH_MAX])
{
    bool is = strchr(v, '@') ? idn_address(span_str(v), out, SMTP_PATH_MAX) : idn_domain(span_str(v), out);

    return span_str(is ? out : v);
}

static int take_domain(struct cmd *c, const char *v, struct queue_filter *f)
{
    static char kept[SMTP_PATH_MAX]; /* one a process, as the command line is */

    f->domain = spelled(v[0] == '@' ? v + 1 : v, kept);
    return f->domain.n > 0 ? PLI_OK : cmd_usage(c, "--domain needs a domain");
}

static int take_sender(struct cmd *c, const char *v, struct queue_filter *f)
{
    static char kept[SMTP_PATH_MAX];

    (void)c;
    f->sender = spelled(v, kept);
    return PLI_OK;
}

static int take_recipient(struct cmd *c, const char *v, struct queue_filter *f)
{
    static char kept[SMTP_PATH_MAX];

    (void)c;
    f->recipient = spelled(v, kept);
    return PLI_OK;
}

static const struct {
    const char *name;
    int (*take)(struct cmd *c, const char *value, struct queue_filter *f);
} options[] = {{"--domain", take_domain}, {"--sender", take_sender}, {"--recipient", take_recipient},
               {"--age", take_age},       {"--cause", take_cause},   {"--state", take_state},
               {"--id", queue_number},    {"--limit", take_limit}};
enum { OPTIONS = sizeof options / sizeof options[0] };

bool queue_filter_given(const struct cmd *c)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (strcmp(options[i].name, "--limit") != 0 && opt_get(c, options[i].name))
            return true;
    return false;
}

/* ---- how stored finds addresses ---- */
/* stored compares keys of the address or the domain. Without the key of the log every envelope is opened, which is slower and answers the same. */
static void make_keys(struct cmd *c, struct queue_filter *f)
{
    bool whole = span_chr(f->recipient, '@') >= 0;
    struct span domain = f->domain.n > 0 ? f->domain : whole ? SPAN_NULL : f->recipient;
    unsigned char key[LOGGED_KEY];
    struct buf to = BUF_INIT;
    struct err e;

    if (log_key_load(c->root, false, key, &e) != RC_OK)
        return;
    logged_key(key);
    wipe(key, sizeof key);
    if (whole)
        buf_addspan(&to, f->recipient);
    else
        buf_addf(&to, "@%.*s", SPAN_ARG(domain));
    logged_queue_keys(span_eq_str(f->sender, "<>") ? SPAN_NULL : f->sender, buf_span(&to), f->keys);
    f->which = (uint8_t)((whole          ? QK_RECIPIENT
                          : domain.n > 0 ? QK_DOMAIN
                                         : 0) |
                         (span_chr(f->sender, '@') >= 0 || span_eq_str(f->sender, "<>") ? QK_SENDER : 0));
    buf_free(&to);
}

int queue_filter_read(struct cmd *c, struct queue_filter *out)
{
    struct queue_filter f = {0};
    int answer = PLI_OK;

    for (size_t i = 0; i < OPTIONS && answer == PLI_OK; i++)
        if (opt_get(c, options[i].name))
            answer = options[i].take(c, opt_get(c, options[i].name), &f);
    if (answer != PLI_OK)
        return answer;
    make_keys(c, &f);
    *out = f;
    return PLI_OK;
}
