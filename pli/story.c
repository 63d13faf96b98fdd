/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/story.c - see pli/story.h. */
#include "pli/story.h"
#include "admin/names.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "policies/causes.h"
#include <stdio.h>

/* {key} is that key's value, {key|cause} the French text of the cause that it names, {key|time} a UTC second as a date. What stands in [ ] is left out when a key in it is missing,
 * empty, "-" or "0". The first row whose condition ("key=value", NULL: none) holds is taken. */
static const struct row {
    const char *prog, *ev, *condition, *text;
} rows[] = {
    /* the door */
    {"smtpd", "message-taken", NULL,
     "reçu[ du compte {account}][ de l'opérateur {dn}] : expéditeur {from}, depuis {peer}[, {tls}][ {cipher}], {size} "
     "octets"},
    {"smtpd", "smime-verdict", NULL, "signature S/MIME : {result}[ ; révocation : {revocation}][ ; {cause}]"},
    {"smtpd", "message-refused", NULL, "refusé (étape {step}) : {why|cause}"},
    {"smtpd", "refused-for", NULL, "refusé pour {to}"},
    {"smtpd", "refused", NULL, "réponse {code} à {verb} : {why|cause}"},
    {"smtpd", "message-filed", "signed=1",
     "accepté, signé ici : {boxes} boîte(s) de ce serveur, {remotes} destinataire(s) ailleurs[, n° {qid} dans la file "
     "d'attente]"},
    {"smtpd", "message-filed", NULL,
     "accepté : {boxes} boîte(s) de ce serveur, {remotes} destinataire(s) ailleurs[, n° {qid} dans la file d'attente]"},
    {"smtpd", "filed-for", NULL, "accepté pour {to}"},
    {"smtpd", "failed-for", NULL, "non remis à {to}, membre d'une liste : un rapport l'apprend à l'expéditeur"},
    {"smtpd", "message-again", NULL,
     "déjà reçu du même compte (message {first}) : répondu 250, rien de plus n'est déposé"},
    /* the keys, the store */
    {"keyd", "sign-mail", "rc=ok", "signature faite au nom de {address}[, pour {actor}]"},
    {"keyd", "sign-mail", NULL, "signature refusée au nom de {address} : {rc}"},
    {"stored", "stored", NULL,
     "sur disque : {places} boîte(s)[, {remotes} destinataire(s) ailleurs][, n° {qid} dans la file d'attente]"},
    {"stored", "queue-held", NULL, "n° {qid}.{rcpt} : retenu par l'administrateur"},
    {"stored", "queue-released", NULL, "n° {qid}.{rcpt} : libéré ou relancé par l'administrateur"},
    {"stored", "queue-dropped", NULL, "n° {qid}.{rcpt} : retiré par l'administrateur, l'expéditeur en sera averti"},
    {"stored", "queue-ended", NULL, "n° {qid}.{rcpt} : retiré par l'administrateur sans avis à l'expéditeur"},
    /* the way out */
    {"relayd", "relayed", NULL,
     "remis pour {to} à {host}[ ({ip})][, {tls}][ : réponse {code}][ {dsn}][ {said}][, après {delay} s]"},
    {"relayd", "relay-later", "why=none",
     "pas encore remis pour {to} : {host} répond {code}[ {dsn}][ {said}][ ; {attempts} essai(s)]"},
    {"relayd", "relay-later", NULL,
     "pas encore remis pour {to}[ (serveur {host})] : {why|cause}[, réponse {code}][ {dsn}][ {said}][ ; {attempts} "
     "essai(s)]"},
    {"relayd", "relay-converted", NULL, "converti en ASCII pour un serveur sans 8BITMIME : {size} octets, puis {to}"},
    {"relayd", "relay-failed", "why=none", "refusé pour {to} : {host} répond {code}[ {dsn}][ {said}]"},
    {"relayd", "relay-failed", NULL,
     "abandonné pour {to}[ (serveur {host})] : {why|cause}[, réponse {code}][ {dsn}][ {said}]"},
    {"relayd", "relay-host", NULL,
     "serveur de {domain} en échec[ : {host}][ ({ip})] : {why|cause}[, réponse {code}][ {dsn}][ {said}] ; prochain "
     "essai {next|time}"},
    {"relayd", "relay-candidate", NULL,
     "serveur de {domain}[ : {host}][ ({ip})] : {why|cause}[, réponse {code}][ {said}] ; le suivant est essayé"},
    {"relayd", "relay-alarm", NULL, "alerte : serveur de {domain}[ : {host}] : {why|cause}[ ; {said}]"},
    {"relayd", "relay-delayed", NULL, "avis de retard envoyé à l'expéditeur"},
    {"relayd", "report", "kind=failed", "avis de non-remise envoyé à l'expéditeur[ : message {report}]"},
    {"relayd", "report", "kind=delayed", "avis de retard envoyé à l'expéditeur[ : message {report}]"},
    {"relayd", "report-dropped", NULL, "avis à l'expéditeur {sender} impossible : il n'est pas envoyé"},
    {"relayd", "report", NULL, "avis ({kind}) envoyé à l'expéditeur[ : message {report}]"},
};

const char *story_cause(struct span name)
{
    char text[64];
    const struct cause_row *r;

    snprintf(text, sizeof text, "%.*s", SPAN_ARG(name));
    r = cause_row(cause_named(text));
    return r ? r->fr : NULL;
}

/* ---- values ---- */
void story_value(struct span s, struct buf *out)
{
    struct buf plain = BUF_INIT, as = BUF_INIT;
    struct err e;

    for (size_t i = 0; i < s.n; i++) {
        if (s.n - i >= 4 && s.p[i] == '\\' && s.p[i + 1] == 'x' && ascii_hex(s.p[i + 2]) >= 0 &&
            ascii_hex(s.p[i + 3]) >= 0) {
            buf_addc(&plain, (unsigned char)(ascii_hex(s.p[i + 2]) << 4 | ascii_hex(s.p[i + 3])));
            i += 3;
        } else {
            buf_addc(&plain, s.p[i]);
        }
    }
    if (text_normal(buf_span(&plain), 1024, &as, &e) == RC_OK)
        buf_addspan(out, buf_span(&as));
    else
        buf_addspan(out, s);
    buf_free(&plain);
    buf_free(&as);
}

/* ---- sentences ---- */
static void put_as(struct span form, struct span v, struct buf *out)
{
    uint64_t seconds;
    char when[32];

    if (span_eq_str(form, "cause") && story_cause(v)) {
        buf_addf(out, "%s (%.*s)", story_cause(v), SPAN_ARG(v));
    } else if (span_eq_str(form, "time") && span_u64(v, UINT32_MAX, &seconds)) {
        clock_iso((int64_t)seconds * 1000, when);
        buf_addstr(out, when);
    } else {
        story_value(v, out);
    }
}

/* key: "why" or "why|cause". False: the line has no such value. */
static bool put_value(const struct log_line *l, struct span key, struct buf *out)
{
    ptrdiff_t bar = span_chr(key, '|');
    char name[32];
    struct span v;

    snprintf(name, sizeof name, "%.*s", (int)(bar < 0 ? (ptrdiff_t)key.n : bar), (const char *)key.p);
    if (!log_line_value(l, name, &v) || v.n == 0 || span_eq_str(v, "-") || span_eq_str(v, "0"))
        return false;
    put_as(bar < 0 ? SPAN_NULL : span_from(key, (size_t)bar + 1), v, out);
    return true;
}

/* The text with its keys filled in. Outside [ ] a key without a value leaves a "0" or "?", so that the sentence shows that something is missing. */
static bool fill(const struct log_line *l, struct span text, struct buf *out)
{
    bool whole = true;

    while (text.n > 0) {
        ptrdiff_t open = span_chr(text, '{'), close = span_chr(text, '}');
        struct span key, v;

        if (open < 0 || close < open)
            break;
        buf_addspan(out, span_head(text, (size_t)open));
        key = span_head(span_from(text, (size_t)open + 1), (size_t)(close - open - 1));
        if (!put_value(l, key, out)) {
            char name[32];
            whole = false;
            snprintf(name, sizeof name, "%.*s", SPAN_ARG(key));
            buf_addstr(out, log_line_value(l, name, &v) && span_eq_str(v, "0") ? "0" : "?");
        }
        text = span_from(text, (size_t)close + 1);
    }
    buf_addspan(out, text);
    return whole;
}

static bool holds(const struct log_line *l, const char *condition)
{
    size_t eq = condition ? strcspn(condition, "=") : 0;
    char key[32];
    struct span v;

    if (!condition)
        return true;
    snprintf(key, sizeof key, "%.*s", (int)eq, condition);
    return log_line_value(l, key, &v) && span_eq_str(v, condition + eq + 1);
}

static const struct row *row_of(const struct log_line *l)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (span_eq_str(l->prog, rows[i].prog) && span_eq_str(l->ev, rows[i].ev) && holds(l, rows[i].condition))
            return &rows[i];
    return NULL;
}

static void tell_as_it_stands(const struct log_line *l, struct buf *out)
{
    buf_addspan(out, l->ev);
    if (l->pairs.n > 0)
        buf_addf(out, " %.*s", SPAN_ARG(l->pairs));
}

void story_tell(const struct log_line *l, struct buf *out)
{
    const struct row *r = row_of(l);
    struct span text = span_str(r ? r->text : "");
    struct buf part = BUF_INIT;

    if (!r)
        tell_as_it_stands(l, out);
    while (text.n > 0) {
        ptrdiff_t open = span_chr(text, '['), close = span_chr(text, ']');
        size_t before = open < 0 || close < open ? text.n : (size_t)open;

        (void)fill(l, span_head(text, before), out);
        if (before == text.n)
            break;
        buf_clear(&part);
        if (fill(l, span_head(span_from(text, before + 1), (size_t)close - before - 1), &part))
            buf_addspan(out, buf_span(&part));
        text = span_from(text, (size_t)close + 1);
    }
    buf_free(&part);
}
