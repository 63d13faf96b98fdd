/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/revocation_check.c - TRUSTD_CHECK: the chain first, then each certificate below the anchor. See trust/trustd/revocation.h. */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/seal/digest.h"
#include "trust/trustd/revocation_int.h"
#include <stdio.h>

enum { LOOKS = 10 };
/* One certificate's state, and how long it may be kept. */
struct part {
    enum trust_state state;
    int64_t as_of, until, revoked_at;
    char why[TRUST_TEXT];
};
struct look {
    struct revocations *r;
    struct pki_chain *chain;
    struct rev_subject about; /* .chain is a copy of the request's */
    struct pki_status lists[PKI_CHAIN_MAX];
    int64_t now;
    uint64_t generation; /* of the lists that were looked at */
    unsigned looks;      /* how often they were, in vain */
};

enum rc rev_chain_read(struct span list, struct span ders[TRUST_CERTS_MAX], size_t *n_out, struct err *e)
{
    struct trustd_cert c;
    size_t n = 0;
    enum rc rc;

    while ((rc = ipc_list_next(&list, trustd_cert_f, &c, e)) == RC_OK) {
        if (n == TRUST_CERTS_MAX)
            return err_set(e, RC_SYNTAX, "more than %d certificates", TRUST_CERTS_MAX);
        ders[n++] = c.der;
    }
    *n_out = n;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- one certificate ---- */

static void say_revoked(const struct look *l, size_t i, const struct pki_status *s, struct part *p)
{
    char issuer[256], when[32];

    pki_chain_issuer(l->chain, i, issuer);
    clock_iso(s->revoked_at * 1000, when);
    *p = (struct part){TS_REVOKED, s->this_update, l->now + REV_KEEP, s->revoked_at, ""};
    (void)snprintf(p->why, sizeof p->why, "revoked %.10s by %.200s", when, issuer);
}

static void say_good(const struct look *l, const struct pki_status *s, struct part *p)
{
    int64_t until = s->stale ? l->now + REV_BACKOFF : s->next_update;

    *p = (struct part){TS_GOOD, s->this_update, until, 0, ""};
    if (s->stale)
        (void)snprintf(p->why, sizeof p->why, "%.100s", "data beyond their nextUpdate, within the grace");
}

/* What a responder said, as old as it is by now. */
static struct pki_status answer_now(const struct look *l)
{
    const struct rev_answer *a = rev_answer_of(l->r, l->about.id);
    struct pki_status s = a ? a->st : (struct pki_status){.reason = -1};

    s.stale = s.state == PKI_GOOD && l->now > s.next_update;
    if (s.stale && l->now > s.next_update + l->r->conf.grace) {
        s.state = PKI_UNKNOWN;
        (void)snprintf(s.why, sizeof s.why, "the OCSP answer is too old");
    }
    return s;
}

static bool asked_in_vain(const struct look *l)
{
    const struct rev_answer *a = rev_answer_of(l->r, l->about.id);

    return a && a->st.state == PKI_UNKNOWN && l->now < a->until && a->until <= l->now + REV_NEGATIVE;
}

/* Neither kind of data is good and fresh: fetches, in the configured order, and says what there is meanwhile. */
static void fetch_or_make_do(struct look *l, const struct pki_addresses *at, const struct pki_status *list,
                             const struct pki_status *answer, struct part *p)
{
    bool coming = false;
    char why[TRUST_TEXT] = "";

    for (int k = 0; k < 2 && !coming; k++) {
        bool ocsp = (k == 0) == l->r->conf.ocsp_first;

        if (ocsp && asked_in_vain(l))
            continue;
        coming = rev_want(l->r, ocsp, ocsp ? at->ocsp : at->crl, ocsp ? at->n_ocsp : at->n_crl, &l->about, why) ==
                 REV_COMING;
    }
    /* what is stale serves while it is fetched again; a responder that is to be asked first is waited for */
    if ((list->state == PKI_GOOD || answer->state == PKI_GOOD) &&
        !(coming && list->state == PKI_GOOD && !list->stale)) {
        say_good(l, list->state == PKI_GOOD ? list : answer, p);
        return;
    }
    *p = (struct part){coming ? TS_PENDING : TS_UNKNOWN, 0, l->now + REV_BACKOFF / 2, 0, ""};
    (void)snprintf(p->why, sizeof p->why, "%s",
                   coming           ? "being fetched"
                   : list->why[0]   ? list->why
                   : answer->why[0] ? answer->why
                   : why[0]         ? why
                                    : "no revocation data");
}

static void no_address(const struct look *l, struct part *p)
{
    *p = (struct part){l->r->conf.accept_no_address ? TS_GOOD : TS_UNKNOWN, 0, l->now + REV_BACKOFF, 0, ""};
    (void)snprintf(p->why, sizeof p->why, "the certificate names no CRL and no OCSP address");
}

static void one(struct look *l, size_t i, struct part *p)
{
    const struct pki_status *list = &l->lists[i];
    struct pki_status answer;
    struct pki_addresses at;

    l->about.i = i;
    pki_chain_addresses(l->chain, i, &at);
    answer = answer_now(l);
    if (list->state == PKI_REVOKED || answer.state == PKI_REVOKED)
        say_revoked(l, i, list->state == PKI_REVOKED ? list : &answer, p);
    else if (l->r->conf.ocsp_first && at.n_ocsp > 0 && answer.state == PKI_GOOD && !answer.stale)
        say_good(l, &answer, p);
    else if (list->state == PKI_GOOD && !list->stale && !(l->r->conf.ocsp_first && at.n_ocsp > 0))
        say_good(l, list, p);
    else if (answer.state == PKI_GOOD && !answer.stale)
        say_good(l, &answer, p);
    else if (at.n_crl + at.n_ocsp + at.skipped == 0 && list->state == PKI_UNKNOWN && list->why[0] == '\0')
        no_address(l, p);
    else
        fetch_or_make_do(l, &at, list, &answer, p);
}

/* ---- the chain ---- */

/* The worst state of all, and of the same states the first. Data: the oldest. */
static void add(struct trustd_check_rep *rep, const struct part *p, size_t i, char why[TRUST_TEXT])
{
    static const int rank[] = {[0] = -1, [TS_GOOD] = 0, [TS_UNKNOWN] = 1, [TS_PENDING] = 2, [TS_REVOKED] = 3};
    bool worse = rank[p->state] > rank[rep->state];

    if (worse) {
        rep->state = (uint8_t)p->state;
        rep->depth = (uint8_t)i;
        rep->revoked_at = (uint64_t)p->revoked_at;
    }
    if (worse || (why[0] == '\0' && rank[p->state] == rank[rep->state]))
        (void)snprintf(why, TRUST_TEXT, "%s", p->why);
    if (i == 0 || (uint64_t)p->as_of < rep->as_of)
        rep->as_of = (uint64_t)p->as_of;
    if (i == 0 || (uint64_t)p->until < rep->until)
        rep->until = (uint64_t)p->until;
}

static void all(struct look *l, struct trustd_check_rep *rep, char why[TRUST_TEXT])
{
    struct err e;
    struct part parts[PKI_CHAIN_MAX];
    size_t n = pki_chain_n(l->chain);

    for (size_t i = 0; i < n; i++) {
        if (pki_chain_id(l->chain, i, l->about.id, &e) == RC_OK)
            one(l, i, &parts[i]);
        else
            parts[i] = (struct part){TS_UNKNOWN, 0, l->now, 0, "a certificate that cannot be named"};
        add(rep, &parts[i], i, why);
    }
    if (n == 0) /* the leaf is an anchor */
        *rep = (struct trustd_check_rep){.state = TS_GOOD, .until = (uint64_t)l->now + REV_KEEP};
    if (rep->until > (uint64_t)l->now + REV_KEEP)
        rep->until = (uint64_t)l->now + REV_KEEP;
    if (rep->state == TS_REVOKED)
        rep->as_of = (uint64_t)parts[rep->depth].as_of;
}

static void by_lists(struct look *l)
{
    struct pki_crl *crls[REV_SOURCES];
    size_t n;

    pthread_mutex_lock(&l->r->mu);
    n = rev_lists(l->r, crls);
    l->generation = l->r->generation;
    pthread_mutex_unlock(&l->r->mu);
    pki_crls_say(l->chain, &(struct pki_data){crls, n, l->now, l->r->conf.grace}, l->lists, NULL);
    while (n > 0)
        pki_crl_free(&crls[--n]);
}

static void chain_key(const struct trustd_check_req *rq, unsigned char out[32])
{
    unsigned char want = rq->want == TW_KNOWN ? TW_REVOCATION : rq->want;
    struct digest *d = digest_new();

    digest_add(d, span_of(&rq->purpose, 1));
    digest_add(d, span_of(&want, 1));
    digest_add(d, rq->chain);
    digest_end(&d, out);
}

static enum rc no_chain(struct trustd_check_rep *rep, struct buf *mem, const struct err *e)
{
    buf_addstr(mem, e->log);
    buf_cut(mem, mem->n < TRUST_TEXT ? mem->n : TRUST_TEXT);
    *rep = (struct trustd_check_rep){.state = TS_NO_CHAIN,
                                     .cause = (uint16_t)(e->rc == RC_DENIED ? e->cause : CAUSE_BAD_CERT),
                                     .until = (uint64_t)clock_utc() + REV_BACKOFF,
                                     .why = buf_span(mem)};
    return RC_OK;
}

static void log_check(const struct trustd_check_req *rq, const struct trustd_check_rep *rep)
{
    static const char *const names[] = {
        [TS_GOOD] = "good", [TS_REVOKED] = "revoked", [TS_UNKNOWN] = "unknown", [TS_PENDING] = "pending"};

    log_ev(rep->state == TS_GOOD ? LOG_DEBUG_ : LOG_INFO_, "revocation-check",
           "purpose=%s state=%s depth=%u as_of=%llu why=%s", rq->purpose == TP_PEER ? "peer" : "mail",
           names[rep->state], rep->depth, (unsigned long long)rep->as_of, log_esc(rep->why));
}

/* With .mu, which is let go meanwhile. A list that comes in between must be looked at, because its address says no more that it is coming. */
static void look_up(struct look *l, struct trustd_check_rep *out, char why[TRUST_TEXT])
{
    do {
        pthread_mutex_unlock(&l->r->mu);
        by_lists(l);
        pthread_mutex_lock(&l->r->mu);
    } while (l->generation != l->r->generation && ++l->looks < LOOKS);
    all(l, out, why);
}

/* The chain is good: whose it is, and what is known of it. */
static void say(struct look *l, const struct trustd_check_req *rq, const unsigned char key[32], struct ipc_reply *rep)
{
    struct trustd_check_rep *out = rep->msg;
    int64_t ends = pki_chain_ends(l->chain);
    char why[TRUST_TEXT] = "", dn[TRUST_NAME];

    (void)pki_chain_subject(l->chain, dn);
    pthread_mutex_lock(&l->r->mu);
    l->generation = l->r->generation;
    *out = (struct trustd_check_rep){
        .state = TS_GOOD, .until = (uint64_t)l->now + REV_KEEP, .uses = (uint8_t)pki_chain_uses(l->chain)};
    if (rq->want == TW_REVOCATION)
        look_up(l, out, why);
    if (out->state == TS_GOOD && (int64_t)out->until > ends)
        out->until = (uint64_t)ends;
    memcpy(out->anchors, pki_anchors_digest(l->r->anchors[rq->purpose]), sizeof out->anchors);
    rev_reply_texts(out, rep->scratch, why, dn);
    if ((out->state == TS_GOOD || out->state == TS_REVOKED) && l->generation == l->r->generation)
        rev_reply_put(l->r, key, out);
    pthread_mutex_unlock(&l->r->mu);
    log_check(rq, out);
}

enum rc revocation_check(struct revocations *r, const struct trustd_check_req *rq, struct ipc_reply *rep, struct err *e)
{
    struct trustd_check_rep *out = rep->msg;
    struct look l = {.r = r, .now = clock_utc(), .about = {.purpose = rq->purpose}};
    struct span ders[TRUST_CERTS_MAX];
    unsigned char key[32];
    size_t n = 0;
    bool known;

    if ((rq->purpose != TP_PEER && rq->purpose != TP_MAIL) || rq->want > TW_KNOWN)
        return err_set(e, RC_SYNTAX, "purpose %u, want %u", rq->purpose, rq->want);
    chain_key(rq, key);
    pthread_mutex_lock(&r->mu);
    r->checks++;
    known = rev_reply_find(r, key, l.now, out, rep->scratch);
    pthread_mutex_unlock(&r->mu);
    if (known)
        return RC_OK;
    if (rq->want == TW_KNOWN)
        return err_set(e, RC_NOTFOUND, "nothing is known of that chain");
    if (rev_chain_read(rq->chain, ders, &n, e) != RC_OK ||
        pki_chain_find(r->anchors[rq->purpose], ders, n, l.now, &l.chain, e) != RC_OK)
        return no_chain(out, rep->scratch, e);
    buf_addspan(&l.about.chain, rq->chain);
    say(&l, rq, key, rep);
    pki_chain_free(&l.chain);
    buf_free(&l.about.chain);
    return RC_OK;
}
