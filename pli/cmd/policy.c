/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/policy.c - pli policy explain: what would happen to a message from A to B, and why, without sending it (admin/policy.h). French, for a help desk
 * that reads it to a doctor, English beside it; with --json the facts. Exit 0: it would be taken; 1: not now, or not at all. */
#include "admin/policy.h"
#include "base/clock.h"
#include "mime/fields.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "policies/causes.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AUTHORS_MOST = 32, HEADER_MOST = 1024 * 1024 };
struct asking {
    struct policy_ask ask;
    struct policy_settings settings;
    struct conf *conf;
    struct buf header, words; /* words: the authors' addresses */
    struct span authors[AUTHORS_MOST];
    size_t at[AUTHORS_MOST];
};

/* ---- the message ---- */
static void take_authors(struct asking *q, struct span body)
{
    struct address_list list;
    struct err e;

    if (addresses_parse(body, &list, &e) == RC_OK)
        for (size_t i = 0; i < list.n && q->ask.n_authors < AUTHORS_MOST; i++) {
            if (list.a[i].domain.n == 0)
                continue;
            q->at[q->ask.n_authors++] = q->words.n;
            buf_addf(&q->words, "%.*s@%.*s", SPAN_ARG(list.a[i].local), SPAN_ARG(list.a[i].domain));
        }
    addresses_free(&list);
}

static void read_authors(struct asking *q)
{
    struct span rest = buf_span(&q->header);
    struct field f;
    struct err e;

    while (field_next(&rest, &f, &e) == RC_OK && f.name.n > 0)
        if (span_ieq_str(f.name, "From") || span_ieq_str(f.name, "Sender"))
            take_authors(q, f.body);
    for (size_t i = 0; i < q->ask.n_authors; i++) {
        size_t end = i + 1 < q->ask.n_authors ? q->at[i + 1] : q->words.n;
        q->authors[i] = span_of(q->words.p + q->at[i], end - q->at[i]);
    }
    q->ask.authors = q->authors;
}

/* Its size with CRLF at each line's end, as it would travel; the header is kept with these too. */
static int read_message(struct cmd *c, const char *path, struct asking *q)
{
    int fd = openat(c->start_fd, path, O_RDONLY | O_CLOEXEC);
    unsigned char piece[65536], before = 0;
    ssize_t n = -1;

    if (fd < 0)
        return cmd_sys(c, "%s cannot be read (%s)", path, strerror(errno));
    while ((n = read(fd, piece, sizeof piece)) > 0)
        for (ssize_t i = 0; i < n; before = piece[i++]) {
            bool bare = piece[i] == '\n' && before != '\r';
            q->ask.size += 1u + bare;
            if (bare && q->header.n < HEADER_MOST)
                buf_addc(&q->header, '\r');
            if (q->header.n < HEADER_MOST)
                buf_addc(&q->header, piece[i]);
        }
    close(fd);
    if (n < 0)
        return cmd_sys(c, "%s cannot be read (%s)", path, strerror(errno));
    read_authors(q);
    return q->ask.n_authors > 0 ? PLI_OK : cmd_fail(c, "%s has no author in From: it would be refused", path);
}

/* ---- what is asked ---- */
static struct span address_given(const char *text)
{
    struct span s = span_trim(span_str(text));

    return s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>' ? span_of(s.p + 1, s.n - 2) : s;
}

static int prepare(struct cmd *c, struct asking *q)
{
    const char *from = opt_get(c, "--from"), *to = opt_get(c, "--to"), *message = opt_get(c, "--message");

    if (!from || !to || !to[0])
        return cmd_usage(c, "needs --from ADDRESS (or '<>') and --to ADDRESS");
    if (inst_conf(c, &q->conf) != PLI_OK)
        return PLI_FAILED;
    q->ask.from = address_given(from);
    q->ask.to = address_given(to);
    q->settings =
        (struct policy_settings){.citizens = conf_get(q->conf, "smtpd.citizen_domain"),
                                 .citizen_max = (uint64_t)conf_num(q->conf, "smtpd.citizen_max"),
                                 .max_message = (uint64_t)conf_num(q->conf, "smtpd.max_message"),
                                 .citizen_refuse = strcmp(conf_get(q->conf, "smtpd.citizen_check"), "refuse") == 0,
                                 .from = (int)conf_num(q->conf, "smtpd.from_domain")};
    return message ? read_message(c, message, q) : PLI_OK;
}

/* ---- the answer ---- */
static const struct {
    const char *word, *fr, *en;
} parties[] = {
    [PARTY_NULL] = {"null", "expéditeur nul : un accusé ou un rapport, de tout opérateur de la liste",
                    "null sender: a report, from any listed operator"},
    [PARTY_ACCOUNT] = {"account", "compte de cette instance", "an account here"},
    [PARTY_DISABLED] = {"disabled", "compte de cette instance, suspendu", "an account here, suspended"},
    [PARTY_CLOSED] = {"closed", "compte de cette instance, fermé", "an account here, closed"},
    [PARTY_NO_ACCOUNT] = {"no-account", "domaine servi ici, mais aucun compte de ce nom",
                          "a domain served here, but no such account"},
    [PARTY_LIST] = {"list", "liste de diffusion de cette instance", "a distribution list here"},
    [PARTY_LISTED] = {"listed", "domaine de l'espace de confiance", "a domain of the trust space"},
    [PARTY_UNLISTED] = {"unlisted", "domaine hors de l'espace de confiance", "a domain outside the trust space"},
    [PARTY_UNSURE] = {"unsure", "la liste blanche ne permet pas de le dire",
                      "the white list cannot be relied on just now"},
};
static const struct {
    const char *word, *fr, *en;
} ends[] = {
    [POLICY_DELIVERED] = {"delivered", "le message serait remis dans la boîte",
                          "the message would be delivered to the mailbox"},
    [POLICY_QUEUED] = {"queued", "le message serait accepté et envoyé à l'autre opérateur",
                       "the message would be taken and sent to the other operator"},
    [POLICY_WAITS] = {"refused-for-now", "le message serait refusé pour le moment",
                      "the message would be refused for now"},
    [POLICY_REFUSED] = {"refused", "le message serait refusé", "the message would be refused"},
};

struct shown {
    json_t *lines, *names; /* NULL: for people */
    size_t n_names;
};

static void line(struct shown *s, const char *about, const char *fr, const char *en)
{
    if (s->lines)
        json_array_append_new(s->lines, json_pack("{s:s,s:s,s:s}", "about", about, "fr", fr, "en", en));
    else
        printf("%-12s %s / %s\n", about, fr, en);
}

static void cause_line(struct shown *s, enum cause cause)
{
    const struct cause_row *row = cause_row(cause);
    char fr[256], en[256];

    if (cause == CAUSE_NONE)
        return;
    snprintf(fr, sizeof fr, "%d %s %s", row->code, row->esc ? row->esc : "", row->fr);
    snprintf(en, sizeof en, "%s", row->en);
    line(s, "cause", fr, en);
}

static enum rc show_name(struct span dn, bool listed, void *ctx, struct err *e)
{
    struct shown *s = ctx;

    (void)e;
    s->n_names++;
    if (s->names)
        json_array_append_new(s->names,
                              json_pack("{s:o,s:s}", "dn", json_text(dn), "from", listed ? "white list" : "local"));
    else
        printf("%-12s %.*s%s\n", "certificate", SPAN_ARG(dn), listed ? "" : " (entrée locale / local entry)");
    return RC_OK;
}

static int names_of(struct cmd *c, struct shown *s, const char *domain)
{
    struct err e;

    return policy_names(inst_admin(c), domain, show_name, s, &e) == RC_OK ? PLI_OK : cmd_err(c, &e);
}

static void side_line(struct shown *s, const char *about, struct span address, const struct policy_side *side)
{
    char fr[600], en[600], own[300] = "";

    if (side->account[0] && !span_ieq_str(address, side->account))
        snprintf(own, sizeof own, " (%s)", side->account);
    snprintf(fr, sizeof fr, "%.*s%s : %s", SPAN_ARG(span_head(address, 256)), own, parties[side->party].fr);
    snprintf(en, sizeof en, "%s", parties[side->party].en);
    line(s, about, address.n ? fr : parties[side->party].fr, en);
}

/* How old the list is that the answer rests on. */
static int list_line(struct cmd *c, struct shown *s, struct trustd_status_rep *st, struct buf *mem)
{
    char fr[200], en[200], when[32];
    uint64_t now = (uint64_t)clock_utc();
    struct err e;

    if (trust_status(inst_admin(c)->trust, st, mem, &e) != RC_OK)
        return cmd_err(c, &e);
    if (st->generation == 0) {
        line(s, "list", "aucune liste blanche n'est chargée : les entrées locales seules comptent",
             "no white list is loaded: local entries alone count");
        return PLI_OK;
    }
    clock_iso((int64_t)st->generated * 1000, when);
    snprintf(fr, sizeof fr, "liste blanche du %.10s, vue il y a %llu h%s", when,
             (unsigned long long)(now > st->taken ? (now - st->taken) / 3600 : 0),
             st->alarm == 2 ? ", trop ancienne"
             : st->alarm    ? ", ancienne"
                            : "");
    snprintf(en, sizeof en, "white list of %.10s%s", when, st->alarm == 2 ? ", too old" : st->alarm ? ", old" : "");
    line(s, "list", fr, en);
    return PLI_OK;
}

static void limit_line(struct shown *s, const struct asking *q, const struct policy_told *t)
{
    char fr[300], en[300], most[32], size[32], room[32];
    uint64_t max = t->submission && t->patient && q->settings.citizen_max < q->settings.max_message
                       ? q->settings.citizen_max
                       : q->settings.max_message;

    if (t->max_message > 0 && t->max_message < max)
        max = t->max_message;
    size_text(max, most);
    size_text(q->ask.size, size);
    if (q->ask.size > 0) {
        snprintf(fr, sizeof fr, "taille %s, au plus %s", size, most);
        snprintf(en, sizeof en, "size %s, %s at most", size, most);
    } else {
        snprintf(fr, sizeof fr, "au plus %s", most);
        snprintf(en, sizeof en, "%s at most", most);
    }
    line(s, "size", fr, en);
    if (t->submission) {
        snprintf(fr, sizeof fr, "au plus %lld messages et %lld destinataires par heure et par compte",
                 (long long)conf_num(q->conf, "smtpd.max_messages_per_account_hour"),
                 (long long)conf_num(q->conf, "smtpd.max_recipients_per_account_hour"));
        snprintf(en, sizeof en, "an hour and account; not looked at here");
        line(s, "rate", fr, en);
    }
    if (t->to.party == PARTY_ACCOUNT && t->quota > 0) {
        size_text(t->used, room);
        size_text(t->quota, most);
        snprintf(fr, sizeof fr, "boîte : %s sur %s", room, most);
        snprintf(en, sizeof en, "mailbox: %s of %s", room, most);
        line(s, "quota", fr, en);
    }
}

static void way_line(struct shown *s, const struct policy_told *t)
{
    if (t->submission)
        line(s, "way", "dépôt par le compte, après identification (ports 587, 465)",
             "submission by the account (ports 587, 465)");
    else
        line(s, "way", "arrivée d'un autre opérateur (port 25), avec un des certificats ci-dessous",
             "from another operator (port 25), with one of the certificates below");
}

static void author_line(struct shown *s, const struct asking *q, const struct policy_told *t)
{
    char fr[400];

    if (q->ask.n_authors == 0 || t->from.cause != CAUSE_NONE)
        return;
    if (t->author_cause == CAUSE_NONE) {
        line(s, "author", "From et Sender conviennent à l'expéditeur", "From and Sender suit the sender");
        return;
    }
    snprintf(fr, sizeof fr, "%.*s ne convient pas à l'expéditeur", SPAN_ARG(span_head(q->authors[t->author], 256)));
    line(s, "author", fr, "does not suit the sender");
}

static int tell(struct cmd *c, struct shown *s, const struct asking *q, const struct policy_told *t,
                struct trustd_status_rep *st, struct buf *mem)
{
    int answer = PLI_OK;

    side_line(s, "sender", q->ask.from, &t->from);
    side_line(s, "recipient", q->ask.to, &t->to);
    way_line(s, t);
    if (!t->submission && t->from.party == PARTY_LISTED)
        answer = names_of(c, s, t->from.domain);
    if (answer == PLI_OK && t->submission && t->to.party == PARTY_LISTED)
        answer = names_of(c, s, t->to.domain);
    if (answer == PLI_OK)
        answer = list_line(c, s, st, mem);
    if (answer != PLI_OK)
        return answer;
    if (t->patient)
        line(s, "patient", "boîte d'un patient (Mon espace santé)", "a patient's mailbox");
    limit_line(s, q, t);
    author_line(s, q, t);
    cause_line(s, t->cause);
    line(s, "result", ends[t->end].fr, ends[t->end].en);
    return PLI_OK;
}

static int tell_json(const struct shown *s, const struct asking *q, const struct policy_told *t,
                     const struct trustd_status_rep *st)
{
    const struct cause_row *row = cause_row(t->cause);
    bool fine = t->cause == CAUSE_NONE;
    json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:O,s:I,s:I,s:i}", "result", ends[t->end].word, "sender",
                          parties[t->from.party].word, "recipient", parties[t->to.party].word, "way",
                          t->submission ? "submission" : "operator", "cause", fine ? "" : cause_name(t->cause),
                          "patient", (int)t->patient, "certificates", s->names, "list_generated",
                          (json_int_t)st->generated, "list_taken", (json_int_t)st->taken, "list_alarm", (int)st->alarm);

    json_object_set_new(j, "code", json_integer(fine ? 250 : row->code));
    json_object_set_new(j, "status", json_string(fine || !row->esc ? "" : row->esc));
    json_object_set_new(j, "size", json_integer((json_int_t)q->ask.size));
    json_object_set(j, "lines", s->lines);
    return out_json(j);
}

static int explain(struct cmd *c, struct asking *q)
{
    struct shown s = {c->json ? json_array() : NULL, c->json ? json_array() : NULL, 0};
    struct trustd_status_rep st = {0};
    struct buf mem = BUF_INIT;
    struct policy_told t;
    struct err e;
    int answer;

    if (policy_explain(inst_admin(c), &q->ask, &q->settings, &t, &e) != RC_OK) {
        answer = e.rc == RC_SYNTAX ? cmd_usage(c, "%s", e.log) : cmd_err(c, &e);
    } else {
        answer = tell(c, &s, q, &t, &st, &mem);
        if (answer == PLI_OK && c->json)
            (void)tell_json(&s, q, &t, &st);
        if (answer == PLI_OK)
            answer = t.cause == CAUSE_NONE ? PLI_OK : PLI_FAILED;
    }
    json_decref(s.lines);
    json_decref(s.names);
    buf_free(&mem);
    return answer;
}

int cmd_policy_explain(struct cmd *c)
{
    struct asking q = {0};
    int answer = prepare(c, &q);

    if (answer == PLI_OK)
        answer = explain(c, &q);
    buf_free(&q.header);
    buf_free(&q.words);
    if (q.conf)
        conf_free(&q.conf);
    return answer;
}
