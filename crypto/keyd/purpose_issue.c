/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_issue.c - the trial CA. It issues a person's S/MIME certificate, whose key leaves keyd only
 * sealed. It also issues a partner operator's server certificate for trials, whose key is given out, because it is the
 * partner's.
 */
#include "crypto/keyd/keyd_int.h"
#include "crypto/keyd/slot_keys.h"
#include "crypto/pki/pki.h"
#include <stdio.h>

enum { DAYS_DEFAULT = 1095, DAYS_MOST = 3650 };

static enum pki_alg alg_of(const struct keyd_issue_req *rq)
{
    return rq->algorithm == PKI_RSA_2048 ? PKI_RSA_2048 : PKI_P256;
}

static struct pki_want want(struct state *s, const struct keyd_issue_req *rq, enum pki_use use, struct span key)
{
    uint32_t days = rq->days == 0 ? DAYS_DEFAULT : rq->days;

    return (struct pki_want){.use = use, .days = days > DAYS_MOST ? DAYS_MOST : days, .key_pkcs8 = key, .by = s->ca};
}

/* where the reply's parts stand in scratch, which may move while it grows */
struct parts {
    size_t cert, slot, pem;
};

static void reply(const struct parts *n, const struct buf *b, struct keyd_issue_rep *rep)
{
    rep->cert_der = span_of(b->p, n->cert);
    rep->slot = span_of(b->p + n->cert, n->slot);
    rep->key_pem = span_of(b->p + n->cert + n->slot, n->pem);
}

static enum rc issue_smime(struct state *s, const struct keyd_issue_req *rq, struct span key, struct parts *n,
                           struct buf *out, struct err *e)
{
    struct pki_want w = want(s, rq, PKI_SMIME, key);
    struct buf body = BUF_INIT;
    enum rc rc;

    w.subject[0].type = "C";
    w.subject[0].value = SPAN_LIT("FR");
    w.subject[1].type = "CN";
    w.subject[1].value = rq->cn.n ? rq->cn : rq->name;
    w.mail = rq->name;
    w.more_mail = rq->aliases;
    rc = pki_issue(&w, out, e);
    n->cert = out->n;
    if (rc == RC_OK)
        rc = slot_signing_seal(s->ring->kek, rq->name, key, span_head(buf_span(out), n->cert), &body, e);
    if (rc == RC_OK)
        slot_add(out, &(struct slot){SLOT_SIGNING, 1, buf_span(&body)});
    n->slot = out->n - n->cert;
    buf_free(&body);
    return rc;
}

static enum rc issue_operator(struct state *s, const struct keyd_issue_req *rq, struct span key, struct parts *n,
                              struct buf *out, struct err *e)
{
    struct pki_want w = want(s, rq, PKI_OPERATOR, key);
    char host[300], org[300];
    enum rc rc;

    snprintf(host, sizeof host, "smtp.%.*s", SPAN_ARG(rq->name));
    snprintf(org, sizeof org, "Essai %.*s", SPAN_ARG(rq->name));
    memcpy(w.subject,
           (__typeof__(w.subject)){{"C", SPAN_LIT("FR")},
                                   {"ST", SPAN_LIT("Paris (75)")},
                                   {"O", span_str(org)},
                                   {"OU", SPAN_LIT("1300017985")},
                                   {"CN", rq->cn.n ? rq->cn : span_str(host)}},
           sizeof w.subject);
    w.dns[0] = span_str(host);
    w.dns[1] = rq->name;
    rc = pki_issue(&w, out, e);
    n->cert = out->n;
    if (rc == RC_OK)
        pki_pem("PRIVATE KEY", key, out);
    n->pem = out->n - n->cert;
    return rc;
}

enum rc purpose_issue(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct keyd_issue_req *rq = req;
    struct parts n = {0, 0, 0};
    struct buf key = BUF_INIT;
    enum rc rc;

    (void)fd;
    if (rq->name.n == 0 || (rq->use != KEYD_ISSUE_SMIME && rq->use != KEYD_ISSUE_OPERATOR))
        return err_set(e, RC_PERM, "issue: no name, or a use that is not known");
    buf_init_secret(&key);
    rc = pki_key_new(alg_of(rq), &key, e);
    if (rc == RC_OK)
        rc = rq->use == KEYD_ISSUE_SMIME ? issue_smime(daemon, rq, buf_span(&key), &n, r->scratch, e)
                                         : issue_operator(daemon, rq, buf_span(&key), &n, r->scratch, e);
    buf_free(&key);
    if (rc == RC_OK)
        reply(&n, r->scratch, r->msg);
    log_ev(rc == RC_OK ? LOG_INFO_ : LOG_WARN_, "issue", "use=%s name=%s peer=%ld rc=%s",
           rq->use == KEYD_ISSUE_SMIME ? "smime" : "operator", log_esc(rq->name), (long)p->pid, rc_name(rc));
    return rc;
}
