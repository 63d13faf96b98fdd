/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/revocation_fetch.c - the threads that download lists and ask responders. What comes is verified for the certificate that wanted it
 * before it takes the place of anything. RFC 5280 5, RFC 6960 A.1 (HTTP POST). */
#include "base/clock.h"
#include "base/log.h"
#include "trust/fetch/fetch.h"
#include "trust/trustd/revocation_int.h"
#include <stdio.h>

/* A download at hand: copies, because the source may be wanted for another certificate meanwhile. */
struct job {
    struct revocations *r;
    struct rev_source *src;
    char url[TRUST_URL];
    bool ocsp;
    struct pki_crl *before;
    struct rev_subject about;
    struct pki_chain *chain;
};

static enum rc chain_again(struct job *j, struct err *e)
{
    struct span ders[TRUST_CERTS_MAX];
    size_t n;
    enum rc rc = rev_chain_read(buf_span(&j->about.chain), ders, &n, e);

    return rc == RC_OK ? pki_chain_find(j->r->anchors[j->about.purpose], ders, n, clock_utc(), &j->chain, e) : rc;
}

/* ---- lists ---- */

/* Is the new list good for that certificate? It is tried beside the others, because a list may need another: a delta its base, an indirect one the
 * list of its signer's authority. */
static enum rc list_serves(const struct job *j, struct pki_crl *fresh, struct err *e)
{
    struct pki_crl *crls[REV_SOURCES + 1];
    struct pki_status st[PKI_CHAIN_MAX];
    bool used[REV_SOURCES + 1];
    size_t n;

    if (j->before && pki_crl_same_issuer(j->before, fresh) &&
        pki_crl_about(fresh)->this_update < pki_crl_about(j->before)->this_update)
        return err_set(e, RC_DENIED, "the list is older than the one held");
    pthread_mutex_lock(&j->r->mu);
    n = rev_lists(j->r, crls + 1) + 1;
    pthread_mutex_unlock(&j->r->mu);
    crls[0] = pki_crl_ref(fresh);
    for (size_t i = 1; i < n; i++) /* what is to be replaced must not stand in for it */
        if (crls[i] == j->before) {
            pki_crl_free(&crls[i]);
            crls[i] = crls[--n];
        }
    pki_crls_say(j->chain, &(struct pki_data){crls, n, clock_utc(), INT64_MAX / 4}, st, used);
    while (n > 0)
        pki_crl_free(&crls[--n]);
    return used[0] ? RC_OK
                   : err_set(e, RC_DENIED, "the list cannot be used for the certificate that names it: %s",
                             st[j->about.i].why[0] ? st[j->about.i].why : "another issuer or scope");
}

static void list_held(struct job *j, struct pki_crl *fresh, int64_t now)
{
    struct rev_source *s = j->src;
    int64_t next = pki_crl_about(fresh)->next_update;

    pki_crl_free(&s->crl);
    s->crl = fresh;
    s->failures = 0;
    s->last_error[0] = '\0';
    s->next_fetch = next;
    if (next <= now)
        rev_failed(s, now, "the list that is served is beyond its nextUpdate");
    j->r->generation++;
}

static enum rc list_got(struct job *j, struct span body, struct err *e)
{
    struct pki_crl *fresh = NULL;
    struct err disk;
    char name[80];
    enum rc rc = pki_crl_parse(body, &fresh, e);

    if (rc == RC_OK)
        rc = list_serves(j, fresh, e);
    if (rc != RC_OK) {
        pki_crl_free(&fresh);
        return rc;
    }
    log_ev(LOG_INFO_, "revocation-list", "url=%s issuer=%s entries=%u next_update=%lld", log_esc(span_str(j->url)),
           log_esc(span_str(pki_crl_about(fresh)->issuer)), pki_crl_about(fresh)->revoked,
           (long long)pki_crl_about(fresh)->next_update);
    rev_url_name(j->url, name);
    if (rev_file_save(j->r->dir, name, ".url", span_str(j->url), &disk) != RC_OK ||
        rev_file_save(j->r->dir, name, ".crl", body, &disk) != RC_OK)
        log_err(LOG_WARN_, "revocation-file", &disk); /* it serves all the same, until the next start */
    pthread_mutex_lock(&j->r->mu);
    list_held(j, fresh, clock_utc());
    pthread_mutex_unlock(&j->r->mu);
    return RC_OK;
}

/* ---- responders ---- */

/* What a responder says of one certificate concerns that one. What is no answer at all concerns the address. */
static enum rc answer_got(struct job *j, struct span body, struct err *e)
{
    struct pki_status st = {.reason = -1};
    int64_t now = clock_utc();
    enum rc rc = pki_ocsp_read(j->chain, j->about.i, body, now, j->r->conf.grace, &st, e);

    if (rc != RC_OK && rc != RC_DENIED)
        return rc;
    if (rc == RC_DENIED) {
        st.state = PKI_UNKNOWN;
        (void)snprintf(st.why, sizeof st.why, "OCSP: %.140s", e->log);
    }
    pthread_mutex_lock(&j->r->mu);
    rev_answer_put(j->r, j->about.id, &st, now + REV_NEGATIVE);
    j->src->failures = 0;
    j->src->last_error[0] = '\0';
    j->src->next_fetch = 0;
    pthread_mutex_unlock(&j->r->mu);
    return RC_OK;
}

/* ---- a job ---- */

enum { FETCH_S = 60 };

static enum rc get(struct job *j, struct buf *body, struct err *e)
{
    struct fetch_how q = {.url = j->url, .max = PKI_CRL_MAX, .seconds = FETCH_S};
    struct fetched got = {.body = BUF_INIT};
    struct buf post = BUF_INIT;
    enum rc rc = RC_OK;

    if (j->ocsp) {
        rc = pki_ocsp_request(j->chain, j->about.i, &post, e);
        q.max = PKI_OCSP_MAX;
        q.post = buf_span(&post);
        q.post_type = "application/ocsp-request";
    }
    if (rc == RC_OK)
        rc = fetch(&q, &got, e);
    if (rc == RC_OK)
        *body = got.body;
    buf_free(&post);
    return rc;
}

static void run(struct job *j)
{
    struct buf body = BUF_INIT;
    struct err e;
    enum rc rc = chain_again(j, &e);

    if (rc == RC_OK)
        rc = get(j, &body, &e);
    if (rc == RC_OK)
        rc = j->ocsp ? answer_got(j, buf_span(&body), &e) : list_got(j, buf_span(&body), &e);
    pthread_mutex_lock(&j->r->mu);
    if (rc != RC_OK)
        rev_failed(j->src, clock_utc(), e.log);
    j->src->busy = false;
    pthread_mutex_unlock(&j->r->mu);
    buf_free(&body);
    pki_chain_free(&j->chain);
    pki_crl_free(&j->before);
}

/* A list that is in use is fetched again when its time has come, before a message has to wait for it. */
static bool due(const struct rev_source *s, int64_t now)
{
    return s->crl && !s->local && rev_source_due(s, now) && now < s->used + REV_UNUSED && s->about.chain.n > 0;
}

static struct rev_source *next(struct revocations *r)
{
    int64_t now = clock_utc();

    for (size_t i = 0; i < r->n_sources; i++) {
        struct rev_source *s = r->sources[i];

        if (due(s, now)) {
            s->busy = true;
            s->wanted = now;
            s->taken = false;
        }
        if (s->busy && !s->taken) {
            s->taken = true;
            return s;
        }
    }
    return NULL;
}

static bool take(struct job *j)
{
    struct revocations *r = j->r;
    struct timespec t;

    j->src = next(r);
    if (j->src == NULL) {
        clock_gettime(CLOCK_MONOTONIC, &t); /* the other one may be set back meanwhile */
        t.tv_sec += 5;
        pthread_cond_clockwait(&r->work, &r->mu, CLOCK_MONOTONIC, &t);
        return false;
    }
    (void)snprintf(j->url, sizeof j->url, "%s", j->src->url);
    j->ocsp = j->src->ocsp;
    j->before = j->src->crl ? pki_crl_ref(j->src->crl) : NULL;
    rev_subject_copy(&j->about, &j->src->about);
    return true;
}

void *rev_worker(void *revocations)
{
    struct revocations *r = revocations;
    struct job j = {.r = r};
    bool stop = false;

    while (!stop) {
        bool got;

        pthread_mutex_lock(&r->mu);
        got = take(&j);
        stop = r->stop;
        pthread_mutex_unlock(&r->mu);
        if (got)
            run(&j);
    }
    buf_free(&j.about.chain);
    return NULL;
}
