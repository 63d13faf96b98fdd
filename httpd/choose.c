/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/choose.c - see httpd/choose.h. Percent signs are decoded by libmicrohttpd. */
#include "httpd/choose.h"
#include "base/ascii.h"
#include "base/log.h"
#include "base/wipe.h"
#include "directory/drawn.h"
#include "httpd/facts.h"
#include "httpd/texts.h"
#include <microhttpd.h>
#include <stdio.h>

/* ---- the form, as it came ---- */
static void decode(struct span v, struct buf *out)
{
    struct buf text = BUF_SECRET_INIT;

    for (size_t i = 0; i < v.n; i++)
        buf_addc(&text, v.p[i] == '+' ? ' ' : (char)v.p[i]);
    buf_addc(&text, 0); /* the library works in place */
    buf_add(out, text.p, MHD_http_unescape((char *)text.p));
    buf_free(&text);
}

bool choose_field(struct span body, const char *name, struct buf *out)
{
    unsigned found = 0;

    while (body.n > 0) {
        struct span pair = span_cut(&body, '&');
        ptrdiff_t is = span_chr(pair, '=');

        if (is < 0 || !span_eq_str(span_head(pair, (size_t)is), name))
            continue;
        if (found++ == 0)
            decode(span_from(pair, (size_t)is + 1), out);
    }
    return found == 1;
}

void choose_code(struct span typed, struct buf *out)
{
    unsigned char letter[DRAWN_GROUPS * DRAWN_LETTERS];
    size_t n = 0, all = 0;

    typed = span_trim(typed);
    for (size_t i = 0; i < typed.n; i++) {
        if (typed.p[i] == '-' || typed.p[i] == ' ')
            continue;
        if (n < sizeof letter)
            letter[n++] = (unsigned char)ascii_lower(typed.p[i]);
        all++;
    }
    if (all != sizeof letter)
        buf_addspan(out, typed);
    for (size_t i = 0; all == sizeof letter && i < n; i++) {
        if (i > 0 && i % DRAWN_LETTERS == 0)
            buf_addc(out, '-');
        buf_addc(out, (char)letter[i]);
    }
    wipe(letter, sizeof letter);
}

/* ---- what is said ---- */
struct said {
    unsigned status;
    const char *fr, *en;
};
static const struct said
    /* A code that was used is one like any other that is wrong: nothing is kept of it. */
    wrong =
        {403,
         "Adresse ou code incorrect : recopiez-les de la feuille. S’ils sont bien ceux de la feuille, le code a déjà "
         "servi ou a été remplacé : si ce n’est pas par vous, prévenez aussitôt votre administrateur.",
         "Wrong address or code: copy them from the sheet. If they are those of the sheet, the code was used or "
         "replaced: if not by you, tell your administrator at once."},
    later =
        {503,
         "Réessayez dans une minute avec le même code. S’il n’est plus accepté, votre mot de passe est déjà choisi.",
         "Try again in a minute with the same code. If it is taken no more, your password is set already."},
    no_address = {400, "Tapez l’adresse qui est sur la feuille : prenom.nom@domaine.",
                  "Type the address on the sheet: first.last@domain."},
    elsewhere = {404, "Ce serveur ne connaît pas le domaine de cette adresse : vérifiez ce qui suit le signe @.",
                 "This server does not serve the domain of that address: look at what follows the @."},
    missing = {400, "Remplissez tous les champs.", "Fill in every field."},
    differ = {400, "Les deux mots de passe ne sont pas les mêmes : tapez-les à nouveau.",
              "The two passwords are not the same: type them again."},
    forged = {403, "Ouvrez cette page vous-même, puis remplissez-la.", "Open this page yourself, then fill it in."};
static const struct {
    enum cause cause;
    struct said said;
} by_cause[] = {
    {CAUSE_WAIT_PASSWORD,
     {429, "Trop d’essais : patientez une minute. Le code est toujours valable.",
      "Too many tries: wait a minute. The code is still good."}},
    {CAUSE_PASSWORD_RULE,
     {400,
      "Ce mot de passe ne convient pas : il est trop court, ou c’est votre adresse, le code ou un seul caractère "
      "répété.",
      "This cannot be a password: it is too short, or it is your address, the code or one character again and again."}},
    {CAUSE_CODE_ENDED,
     {403, "Ce code n’est plus valable : demandez-en un autre à votre administrateur.",
      "This code has ended: ask your administrator for another."}},
    {CAUSE_CODE_NONE,
     {403,
      "Ce code a déjà servi : votre mot de passe est choisi. Si ce n’est pas par vous, prévenez aussitôt votre "
      "administrateur.",
      "This code was used: your password is set. If not by you, tell your administrator at once."}},
    {CAUSE_AUTH_DISABLED,
     {403, "Ce compte est suspendu ou fermé : contactez votre administrateur.",
      "This account is suspended or closed: ask your administrator."}},
    {CAUSE_AUTH_DOMAIN,
     {403, "Le domaine de ce compte est désactivé : contactez votre administrateur.",
      "The domain of this account is disabled: ask your administrator."}},
};

static void write_page(const struct question *q, const struct asked_of *of, const struct said *error, bool done,
                       struct answer *a)
{
    const char *address = of->is == ASKED_SERVED ? of->address : "";
    char least[24];
    struct facts f;

    facts_of(&f, &q->h->reach, of->is == ASKED_SERVED ? of->domain : q->h->reach.domain, address);
    (void)snprintf(least, sizeof least, "%lld", (long long)q->h->password_min);
    facts_add(&f, "least", least, false);
    facts_add(&f, "done", done ? "yes" : "", false);
    facts_add(&f, "error", error ? error->fr : "", false);
    facts_add(&f, "error_en", error ? error->en : "", false);
    a->status = error ? error->status : 200;
    fill(&a->body, text_choose, f.v, f.n);
}

void choose_show(const struct question *q, struct answer *a)
{
    struct asked_of of;

    asked_about(&q->h->reach, q->dir, q->address, true, &of);
    write_page(q, &of, NULL, false, a);
}

/* ---- what was filled in ---- */
struct filled {
    struct asked_of of;
    struct buf address, code, fresh, again; /* secret, but the first */
};

static const struct said *of_asked(enum asked is)
{
    return is == ASKED_SERVED ? NULL : is == ASKED_ELSEWHERE ? &elsewhere : is == ASKED_UNKNOWN ? &later : &no_address;
}

static const struct said *read_form(const struct question *q, struct filled *f)
{
    struct buf typed = BUF_SECRET_INIT;
    bool all = choose_field(q->body, "adresse", &f->address) & choose_field(q->body, "code", &typed) &
               choose_field(q->body, "nouveau", &f->fresh) & choose_field(q->body, "encore", &f->again);

    choose_code(buf_span(&typed), &f->code);
    buf_free(&typed);
    asked_about(&q->h->reach, q->dir, buf_span(&f->address), true, &f->of);
    if (q->from != FROM_HERE)
        return &forged;
    if (!all || f->code.n == 0 || f->fresh.n == 0)
        return &missing;
    if (f->of.is != ASKED_SERVED)
        return of_asked(f->of.is);
    return span_eq(buf_span(&f->fresh), buf_span(&f->again)) ? NULL : &differ;
}

static const struct said *said_of(enum rc rc, const struct err *e)
{
    if (rc == RC_OK)
        return NULL;
    for (size_t i = 0; i < sizeof by_cause / sizeof *by_cause; i++)
        if (e->cause == by_cause[i].cause)
            return &by_cause[i].said;
    return rc == RC_TEMP ? &later : &wrong;
}

static const struct said *ask(const struct question *q, const struct filled *f)
{
    struct dird_choose_req rq = {.login = span_str(f->of.address),
                                 .code = buf_span(&f->code),
                                 .password = buf_span(&f->fresh),
                                 .peer = span_str(q->peer)};
    struct err e = {0};
    enum rc rc = RC_PERM;

    if (f->code.n > DIRD_PASSWORD || f->fresh.n > DIRD_PASSWORD)
        e.cause = CAUSE_PASSWORD_RULE;
    else
        rc = dir_call(q->dir, DIRD_CHOOSE, &rq, NULL, &e);
    log_ev(LOG_INFO_, "password-choice", "peer=%s rc=%s cause=%s", q->peer, rc_name(rc),
           rc == RC_OK ? "none" : cause_name(e.cause));
    return said_of(rc, &e);
}

void choose_take(const struct question *q, struct answer *a)
{
    struct filled f = {.code = BUF_SECRET_INIT, .fresh = BUF_SECRET_INIT, .again = BUF_SECRET_INIT};
    const struct said *error = read_form(q, &f);

    if (!error)
        error = ask(q, &f);
    write_page(q, &f.of, error, !error, a);
    buf_free(&f.address);
    buf_free(&f.code);
    buf_free(&f.fresh);
    buf_free(&f.again);
}
