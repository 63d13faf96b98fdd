/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/certificates.c - the certificates of domains that have their own, and the outbox's. See pli/doctor/doctor.h.
 *
 * Lines    there may be three thousand certificates: one line for each kind of finding, which names the one that ends first. pli cert expiring has them all.
 */
#include "admin/certificates.h"
#include "base/clock.h"
#include "pli/doctor/doctor.h"
#include <stdio.h>
#include <string.h>

enum { SOON_DAYS = 30 };
enum kind { ENDED_TRIAL, ENDED, SOON_TRIAL, SOON, KINDS };
struct found {
    size_t n;
    struct certificate_seen first; /* that ends */
};
struct looking {
    char trial[256]; /* subject of the trial authority; "": there is none */
    size_t good;
    int64_t good_until; /* the first end among these */
    struct found of[KINDS];
};

static enum rc note_authority(const struct certificate_seen *s, void *ctx, struct err *e)
{
    struct looking *l = ctx;

    (void)e;
    if (strcmp(s->name, "ca.pem") == 0)
        snprintf(l->trial, sizeof l->trial, "%s", s->info.subject);
    return RC_OK;
}

static enum rc note(const struct certificate_seen *s, void *ctx, struct err *e)
{
    struct looking *l = ctx;
    bool trial = strcmp(s->info.issuer, l->trial) == 0;
    struct found *f = &l->of[(s->days_left < 0 ? ENDED_TRIAL : SOON_TRIAL) + !trial];

    (void)e;
    if (s->days_left >= SOON_DAYS) {
        if (l->good++ == 0 || s->info.not_after < l->good_until)
            l->good_until = s->info.not_after;
        return RC_OK;
    }
    if (f->n++ == 0 || s->info.not_after < f->first.info.not_after)
        f->first = *s;
    return RC_OK;
}

static void begin(struct report *r, struct looking *l)
{
    struct err e;

    *l = (struct looking){.good = 0};
    (void)certificates_of_server(r->c->root, note_authority, l, &e); /* what is wrong there is told of by itself */
}

/* whose: of several, "of domains". advice: of each kind. */
static void tell(struct report *r, const struct looking *l, const char *check, const char *whose,
                 const char *const advice[KINDS])
{
    for (size_t k = 0; k < KINDS; k++) {
        const struct found *f = &l->of[k];
        bool ended = k == ENDED_TRIAL || k == ENDED;
        enum finding_level level = ended ? F_FAIL : F_WARN;
        const char *the =
            f->n > 0 && strcmp(f->first.what, "publication") == 0 ? "the " : ""; /* else a domain's name */
        char until[32];

        clock_iso(f->first.info.not_after * 1000, until);
        if (f->n == 1 && ended)
            finding(r, level, check, advice[k], "the certificate of %s%s ended on %.10s", the, f->first.name, until);
        else if (f->n == 1)
            finding(r, level, check, advice[k], "the certificate of %s%s ends in %lld days, on %.10s", the,
                    f->first.name, (long long)f->first.days_left, until);
        else if (f->n > 1)
            finding(r, level, check, advice[k],
                    "%zu certificates %s %s, the first, of %s%s, on %.10s (pli cert expiring lists them)", f->n, whose,
                    ended ? "have ended" : "end within 30 days", the, f->first.name, until);
    }
}

void check_domain_certificates(struct report *r)
{
    static const char *const advice[KINDS] = {
        [ENDED_TRIAL] = "pli cert renew --domains: the trial authority issued it",
        [ENDED] = "pli cert import FILE --domain DOMAIN with the authority's new one",
        [SOON_TRIAL] = "pli cert renew --domains: the trial authority issued it",
        [SOON] = "pli cert import FILE --domain DOMAIN with the authority's new one"};
    struct looking l;
    struct err e;

    begin(r, &l);
    if (certificates_of_domains(r->c->root, note, &l, &e) != RC_OK)
        finding(r, F_FAIL, "certificate", "run pli doctor as root or as the instance's owner", "%s", e.log);
    tell(r, &l, "certificate", "of domains", advice);
    if (l.good > 0)
        finding(r, F_OK, "certificate", NULL, "%zu certificates of domains are good", l.good);
}

/* What the national directory is shown (decision 0059). */
void check_outbox_certificate(struct report *r)
{
    static const char *const advice[KINDS] = {
        [ENDED_TRIAL] = "pli cert renew --outbox: the national directory hears of no change until then",
        [ENDED] = "pli cert import FILE --outbox with the authority's new one: the national directory hears of no "
                  "change until then",
        [SOON_TRIAL] = "pli cert renew --outbox: the trial authority issued it",
        [SOON] = "pli cert import FILE --outbox with the authority's new one"};
    bool wanted = r->conf && strcmp(conf_get(r->conf, "publish.backend"), "https") == 0;
    struct looking l;
    char until[32];
    struct err e;
    size_t n = 0;

    begin(r, &l);
    (void)certificates_of_outbox(r->c->root, note, &l, &e);
    tell(r, &l, "publish-certificate", "of the publication", advice);
    for (size_t k = 0; k < KINDS; k++)
        n += l.of[k].n;
    clock_iso(l.good_until * 1000, until);
    if (l.good > 0)
        finding(r, F_OK, "publish-certificate", NULL, "the certificate of the publication is good until %.10s", until);
    else if (n == 0 && wanted)
        finding(r, F_WARN, "publish-certificate",
                "pli cert import FILE --outbox with the one by which that server knows this operator",
                "publish.backend is https, and there is no certificate to show the national directory");
}
