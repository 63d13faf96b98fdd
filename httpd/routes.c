/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/routes.c - see httpd/routes.h. */
#include "httpd/routes.h"
#include "base/log.h"
#include "crypto/cms/cms.h"
#include "crypto/seal/digest.h"
#include "httpd/autoconfig.h"
#include "httpd/autodiscover.h"
#include "httpd/choose.h"
#include "httpd/facts.h"
#include "httpd/texts.h"
#include <stdio.h>

#define XML "text/xml; charset=utf-8"
#define PLAIN "text/plain; charset=utf-8"
#define LATER "Réessayez dans une minute.\nTry again in a minute.\n"

static void say(struct answer *a, unsigned status, const char *text)
{
    a->status = status;
    a->type = PLAIN;
    buf_addstr(&a->body, text);
}

/* How a question about an address is refused; 200: it is not. */
static unsigned status_of(enum asked is)
{
    static const unsigned statuses[] = {[ASKED_NOTHING] = 200,
                                        [ASKED_SERVED] = 200,
                                        [ASKED_ELSEWHERE] = 404,
                                        [ASKED_MALFORMED] = 400,
                                        [ASKED_UNKNOWN] = 503};

    return statuses[is];
}

static void no_settings(struct answer *a, enum asked is)
{
    say(a, status_of(is),
        is == ASKED_ELSEWHERE
            ? "Ce serveur ne connaît pas le domaine de cette adresse.\nThe domain of that address is not served here.\n"
        : is == ASKED_UNKNOWN ? LATER
                              : "Ce n'est pas une adresse de messagerie.\nThat is not a mail address.\n");
}

/* ---- the answers ---- */
static void page(const struct question *q, struct answer *a)
{
    struct asked_of of;

    asked_about(&q->h->reach, q->dir, q->address, true, &of);
    a->status = status_of(of.is);
    a->type = "text/html; charset=utf-8";
    page_write(&q->h->reach, &of, &a->body);
}

static void choose(const struct question *q, struct answer *a)
{
    a->type = "text/html; charset=utf-8";
    (q->method == ASK_POST ? choose_take : choose_show)(q, a);
}

static void style(const struct question *q, struct answer *a)
{
    (void)q;
    a->type = "text/css; charset=utf-8";
    a->keep = true;
    buf_addstr(&a->body, text_style);
}

/* Without an address the name that was called says whose settings are meant: http://autoconfig.DOMAIN/. Any other name: the instance's own. */
static void asked_by_name(const struct question *q, struct asked_of *out)
{
    ptrdiff_t colon = span_chr(q->host, ':');
    struct span name = colon >= 0 ? span_head(q->host, (size_t)colon) : q->host;
    struct buf address = BUF_INIT;

    if (span_istarts(name, "autoconfig."))
        name = span_from(name, sizeof "autoconfig." - 1);
    buf_addstr(&address, "anybody@");
    buf_addspan(&address, name);
    asked_about(&q->h->reach, q->dir, buf_span(&address), false, out);
    if (out->is != ASKED_SERVED)
        *out = (struct asked_of){.is = ASKED_NOTHING};
    buf_free(&address);
}

static void autoconfig(const struct question *q, struct answer *a)
{
    struct asked_of of;

    asked_about(&q->h->reach, q->dir, q->address, false, &of);
    if (of.is == ASKED_NOTHING)
        asked_by_name(q, &of);
    if (status_of(of.is) != 200) {
        no_settings(a, of.is);
        return;
    }
    a->type = XML;
    autoconfig_write(&q->h->reach, of.is == ASKED_SERVED ? of.domain : q->h->reach.domain, &a->body);
}

static void autodiscover(const struct question *q, struct answer *a)
{
    struct buf address = BUF_INIT;
    enum autodiscover got = autodiscover_read(q->body, &address);
    struct asked_of of = {.is = ASKED_MALFORMED};

    a->type = XML;
    if (got == AUTODISCOVER_OK)
        asked_about(&q->h->reach, q->dir, buf_span(&address), true, &of);
    if (got == AUTODISCOVER_OK && of.is == ASKED_SERVED) {
        autodiscover_write(&q->h->reach, &of, &a->body);
    } else {
        a->status = got == AUTODISCOVER_SCHEMA ? 200 : of.is == ASKED_NOTHING ? 400 : status_of(of.is);
        autodiscover_refuse(got != AUTODISCOVER_OK     ? got
                            : of.is == ASKED_ELSEWHERE ? AUTODISCOVER_UNKNOWN
                                                       : AUTODISCOVER_INVALID,
                            &a->body);
    }
    buf_free(&address);
}

/* A profile that nobody signed is shown as such by the device, and teaches people to take one: there is none then. */
static enum rc signed_profile(const struct question *q, struct span profile, struct buf *out, struct err *e)
{
    unsigned char digest[DIGEST_LEN];
    struct buf cms = BUF_INIT;
    enum rc rc;

    digest_of(profile, digest);
    rc = keyd_sign_profile(q->keyd, q->h->key, buf_span(&q->h->cert), digest, &cms, e);
    if (rc == RC_OK)
        rc = cms_enclose(buf_span(&cms), profile, buf_span(&q->h->chain), out, e);
    buf_free(&cms);
    return rc;
}

static void mobileconfig(const struct question *q, struct answer *a)
{
    struct buf profile = BUF_INIT;
    struct asked_of of;
    struct err e;

    asked_about(&q->h->reach, q->dir, q->address, true, &of);
    if (of.is != ASKED_SERVED) {
        no_settings(a, of.is == ASKED_NOTHING ? ASKED_MALFORMED : of.is);
        return;
    }
    mobileconfig_write(&q->h->reach, &of, &profile);
    a->type = "application/x-apple-aspen-config";
    a->file = "messagerie.mobileconfig";
    if (signed_profile(q, buf_span(&profile), &a->body, &e) != RC_OK) {
        log_err(LOG_WARN_, "profile-unsigned", &e);
        a->file = NULL;
        say(a, 503, LATER);
    }
    buf_free(&profile);
}

/* ---- the table ---- */
static const struct route {
    const char *name, *path;
    bool any_case; /* Outlook writes it in more than one way */
    bool in_clear;
    enum method method, also; /* the same twice: one alone */
    void (*answer)(const struct question *q, struct answer *a);
} routes[] = {
    {"page", "/", false, false, ASK_GET, ASK_GET, page},
    {"choose", "/mot-de-passe", false, false, ASK_GET, ASK_POST, choose},
    {"style", "/style.css", false, false, ASK_GET, ASK_GET, style},
    {"autoconfig", "/mail/config-v1.1.xml", false, true, ASK_GET, ASK_GET, autoconfig},
    {"autoconfig", "/.well-known/autoconfig/mail/config-v1.1.xml", false, true, ASK_GET, ASK_GET, autoconfig},
    {"autodiscover", "/autodiscover/autodiscover.xml", true, false, ASK_POST, ASK_POST, autodiscover},
    {"mobileconfig", "/apple.mobileconfig", false, false, ASK_GET, ASK_GET, mobileconfig},
};

static const struct route *find(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (routes[i].any_case ? span_ieq_str(span_str(path), routes[i].path) : strcmp(path, routes[i].path) == 0)
            return &routes[i];
    return NULL;
}

static void send_on(const struct question *q, const struct route *r, struct answer *a)
{
    struct facts f;

    facts_of(&f, &q->h->reach, q->h->reach.domain, "");
    (void)snprintf(a->where, sizeof a->where, "%s%s", f.url, r->path + 1);
    a->location = a->where;
    say(a, 302, "https://\n"); /* what Outlook looks for */
}

void answer_to(const struct question *q, struct answer *a)
{
    const struct route *r = find(q->path);
    bool on = r && q->clear && !r->in_clear && q->h->reach.https > 0;

    memset(a, 0, sizeof *a);
    a->status = 200;
    a->route = r ? r->name : "-";
    if (!r || (q->clear && !r->in_clear && !on)) {
        say(a, 404, "Il n'y a rien à cette adresse.\nThere is nothing here.\n");
    } else if (on && q->method == ASK_GET) {
        send_on(q, r, a); /* Outlook looks for the way with GET, and asks with POST */
    } else if (on || (q->method != r->method && q->method != r->also)) {
        a->allow = on                     ? "GET, HEAD"
                   : r->method != r->also ? "GET, HEAD, POST"
                   : r->method == ASK_GET ? "GET, HEAD"
                                          : "POST";
        say(a, 405, "Pas de cette façon.\nNot by this method.\n");
    } else {
        r->answer(q, a);
    }
}
