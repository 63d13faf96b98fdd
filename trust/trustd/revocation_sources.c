/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/revocation_sources.c - the addresses that lists and answers come from: which may be asked now, which must be left alone. */
#include "base/clock.h"
#include "base/log.h"
#include "trust/trustd/revocation_int.h"
#include <stdio.h>
#include <stdlib.h>

static void source_free(struct rev_source *s)
{
    pki_crl_free(&s->crl);
    buf_free(&s->about.chain);
    free(s);
}

/* The place of the source that nobody has needed for longest; local lists and downloads stay. */
static struct rev_source **oldest(struct revocations *r)
{
    struct rev_source **found = NULL;

    for (size_t i = 0; i < r->n_sources; i++) {
        struct rev_source **s = &r->sources[i];

        if (!(*s)->local && !(*s)->busy && (!found || (*s)->used < (*found)->used))
            found = s;
    }
    if (found)
        source_free(*found);
    return found;
}

struct rev_source *rev_source_at(struct revocations *r, bool ocsp, const char *url)
{
    struct rev_source **place;

    for (size_t i = 0; i < r->n_sources; i++)
        if (r->sources[i]->ocsp == ocsp && strcmp(r->sources[i]->url, url) == 0)
            return r->sources[i];
    place = r->n_sources < REV_SOURCES ? &r->sources[r->n_sources++] : oldest(r);
    if (place == NULL)
        return NULL;
    *place = calloc(1, sizeof **place);
    if (*place == NULL)
        die("out of memory");
    (*place)->ocsp = ocsp;
    (void)snprintf((*place)->url, sizeof(*place)->url, "%s", url);
    return *place;
}

void rev_subject_copy(struct rev_subject *to, const struct rev_subject *from)
{
    buf_clear(&to->chain);
    buf_addspan(&to->chain, buf_span(&from->chain));
    to->purpose = from->purpose;
    to->i = from->i;
    memcpy(to->id, from->id, sizeof to->id);
}

static void start(struct revocations *r, struct rev_source *s, const struct rev_subject *about, int64_t now)
{
    rev_subject_copy(&s->about, about);
    s->busy = true;
    s->taken = false;
    s->wanted = now;
    pthread_cond_signal(&r->work);
}

bool rev_source_due(const struct rev_source *s, int64_t now)
{
    return !s->busy && (now >= s->next_fetch || (s->failures > 0 && s->next_fetch > now + REV_BACKOFF_MOST));
}

enum rev_wanted rev_want(struct revocations *r, bool ocsp, const char url[][PKI_URL_MAX], unsigned n,
                         const struct rev_subject *about, char why[TRUST_TEXT])
{
    int64_t now = clock_utc();

    for (unsigned i = 0; i < n; i++) {
        struct rev_source *s = rev_source_at(r, ocsp, url[i]);

        if (s == NULL)
            continue;
        s->used = now;
        if (rev_source_due(s, now))
            start(r, s, about, now);
        if (s->busy && now < s->wanted + REV_PATIENCE)
            return REV_COMING;
        if (s->busy)
            (void)snprintf(why, TRUST_TEXT, "%.150s: no answer yet", s->url);
        else if (s->last_error[0])
            (void)snprintf(why, TRUST_TEXT, "%.120s: %.120s", s->url, s->last_error);
    }
    return REV_NO;
}

void rev_failed(struct rev_source *s, int64_t now, const char *why)
{
    int64_t wait = REV_BACKOFF;

    for (uint32_t i = 0; i < s->failures && wait < REV_BACKOFF_MOST; i++)
        wait *= 2;
    s->failures++;
    s->next_fetch = now + (wait < REV_BACKOFF_MOST ? wait : REV_BACKOFF_MOST);
    (void)snprintf(s->last_error, sizeof s->last_error, "%s", why);
    log_ev(LOG_WARN_, "revocation-fetch", "url=%s failures=%u why=%s", log_esc(span_str(s->url)), s->failures,
           log_esc(span_str(why)));
}

size_t rev_lists(struct revocations *r, struct pki_crl *out[REV_SOURCES])
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_sources; i++)
        if (r->sources[i]->crl)
            out[n++] = pki_crl_ref(r->sources[i]->crl);
    return n;
}

/* ---- TRUSTD_SOURCES ---- */

static struct trustd_source described(const struct rev_source *s)
{
    struct trustd_source t = {.ocsp = s->ocsp,
                              .url = span_str(s->url),
                              .issuer = span_str(s->issuer),
                              .next_fetch = s->local ? 0 : (uint64_t)s->next_fetch,
                              .failures = s->failures,
                              .last_error = span_str(s->last_error)};

    if (s->crl) {
        const struct pki_crl_info *i = pki_crl_about(s->crl);

        t.issuer = span_str(i->issuer);
        t.this_update = (uint64_t)i->this_update;
        t.next_update = (uint64_t)i->next_update;
        t.revoked = i->revoked;
    }
    return t;
}

enum rc revocation_sources(struct revocations *r, const struct trustd_sources_req *rq, struct ipc_reply *rep,
                           struct err *e)
{
    enum { PAGE = 40 };
    struct trustd_sources_rep *out = rep->msg;
    size_t i;

    (void)e;
    pthread_mutex_lock(&r->mu);
    for (i = rq->from; i < r->n_sources && i < rq->from + (size_t)PAGE; i++) {
        struct trustd_source t = described(r->sources[i]);

        ipc_list_add(rep->scratch, trustd_source_f, &t);
    }
    out->next = i < r->n_sources ? (uint32_t)i : 0;
    pthread_mutex_unlock(&r->mu);
    out->sources = buf_span(rep->scratch);
    return RC_OK;
}

void revocations_count(struct revocations *r, uint64_t *sources_out, uint64_t *checks_out)
{
    pthread_mutex_lock(&r->mu);
    *sources_out = r->n_sources;
    *checks_out = r->checks;
    pthread_mutex_unlock(&r->mu);
}
