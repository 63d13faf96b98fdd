/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/ocsp.c - asks a responder about one certificate, and verifies what it answers. RFC 6960, RFC 5019. */
#include "base/log.h"
#include "crypto/pki/revocation_int.h"
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <stdio.h>

static OCSP_CERTID *id_of(const struct pki_chain *c, size_t i, const EVP_MD *md)
{
    return OCSP_cert_to_id(md, sk_X509_value(c->path, (int)i), sk_X509_value(c->path, (int)i + 1));
}

enum rc pki_ocsp_request(const struct pki_chain *c, size_t i, struct buf *der_out, struct err *e)
{
    OCSP_REQUEST *q = OCSP_REQUEST_new();
    OCSP_CERTID *id = id_of(c, i, EVP_sha1());
    unsigned char *der = NULL;
    int n = -1;

    if (q && id && OCSP_request_add0_id(q, id))
        n = i2d_OCSP_REQUEST(q, &der);
    else
        OCSP_CERTID_free(id);
    if (n > 0)
        buf_add(der_out, der, (size_t)n);
    OPENSSL_free(der);
    OCSP_REQUEST_free(q);
    return n > 0 ? RC_OK : alg_err(e, RC_TEMP, "OCSP request");
}

static enum rc no(struct err *e, const char *why)
{
    const char *more = ERR_reason_error_string(ERR_peek_last_error());
    enum rc rc = err_set(e, RC_DENIED, "%s%s%s", why, more ? ": " : "", more ? more : "");

    ERR_clear_error();
    return rc;
}

/* The responder is the issuer itself, or has from it a certificate for this use. The library checks both, builds the
 * responder's chain, and takes its certificate from the answer or from the chain. */
static enum rc signed_by_responder(const struct pki_chain *c, size_t i, OCSP_BASICRESP *b, struct err *e)
{
    STACK_OF(X509) *known = sk_X509_new_null();
    const ASN1_OBJECT *oid = NULL;
    unsigned long flags = c->partial ? OCSP_PARTIAL_CHAIN : 0;
    int ok;

    X509_ALGOR_get0(&oid, NULL, NULL, OCSP_resp_get0_tbs_sigalg(b));
    if (!pki_digest_strong(OBJ_obj2nid(oid)))
        ok = 0;
    else {
        for (int j = (int)i + 1; known && j < sk_X509_num(c->path); j++)
            if (!sk_X509_push(known, sk_X509_value(c->path, j)))
                die("out of memory");
        ERR_clear_error();
        ok = OCSP_basic_verify(b, known, c->anchors->store, flags) > 0;
    }
    sk_X509_free(known);
    return ok ? RC_OK : no(e, "the answer is not signed by a responder of the issuer");
}

/* Our certificate's answer among those that came. The responder chose the digest of its certID. */
static OCSP_SINGLERESP *answer_about(const struct pki_chain *c, size_t i, OCSP_BASICRESP *b)
{
    const EVP_MD *const mds[] = {EVP_sha1(), EVP_sha256()};
    int at = -1;

    for (size_t m = 0; m < 2 && at < 0; m++) {
        OCSP_CERTID *id = id_of(c, i, mds[m]);

        at = id ? OCSP_resp_find(b, id, -1) : -1;
        OCSP_CERTID_free(id);
    }
    return at >= 0 ? OCSP_resp_get0(b, at) : NULL;
}

static bool utc(const ASN1_GENERALIZEDTIME *t, int64_t *out)
{
    return t != NULL && pki_time_utc(t, out);
}

static enum rc judge(OCSP_SINGLERESP *one, int64_t at, int64_t grace, struct pki_status *s, struct err *e)
{
    ASN1_GENERALIZEDTIME *from = NULL, *to = NULL, *revoked = NULL;
    int reason = -1, status = OCSP_single_get0_status(one, &reason, &revoked, &from, &to);

    *s = (struct pki_status){.reason = reason};
    if (!utc(from, &s->this_update) || s->this_update > at + PKI_SKEW)
        return no(e, "the answer is not of this time (thisUpdate)");
    utc(revoked, &s->revoked_at);
    if (status == V_OCSP_CERTSTATUS_REVOKED)
        s->state = PKI_REVOKED;
    if (!utc(to, &s->next_update)) /* newer information is there all the time (RFC 6960 4.2.2.1) */
        s->next_update = s->this_update;
    s->stale = at > s->next_update + PKI_SKEW;
    if (s->stale && s->state != PKI_REVOKED && at > s->next_update + grace)
        return no(e, "the answer is too old (nextUpdate)");
    if (status == V_OCSP_CERTSTATUS_GOOD)
        s->state = PKI_GOOD;
    if (s->state == PKI_UNKNOWN)
        snprintf(s->why, sizeof s->why, "the responder does not know the certificate");
    return RC_OK;
}

static enum rc read_basic(const struct pki_chain *c, size_t i, OCSP_RESPONSE *r, struct err *e, OCSP_BASICRESP **b_out)
{
    int status = OCSP_response_status(r);

    if (status == OCSP_RESPONSE_STATUS_TRYLATER || status == OCSP_RESPONSE_STATUS_INTERNALERROR)
        return err_set(e, RC_TEMP, "the responder says %s", OCSP_response_status_str(status));
    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return err_set(e, RC_DENIED, "the responder says %s", OCSP_response_status_str(status));
    *b_out = OCSP_response_get1_basic(r);
    return *b_out ? signed_by_responder(c, i, *b_out, e) : no(e, "an answer of another kind");
}

enum rc pki_ocsp_read(const struct pki_chain *c, size_t i, struct span der, int64_t at, int64_t grace,
                      struct pki_status *out, struct err *e)
{
    const unsigned char *p = der.p;
    OCSP_RESPONSE *r = der.n > 0 && der.n <= PKI_OCSP_MAX ? d2i_OCSP_RESPONSE(NULL, &p, (long)der.n) : NULL;
    OCSP_BASICRESP *b = NULL;
    OCSP_SINGLERESP *one;
    struct pki_status s;
    enum rc rc;

    ERR_clear_error();
    if (r == NULL || p != der.p + der.n) {
        OCSP_RESPONSE_free(r);
        return err_set(e, RC_SYNTAX, "%zu bytes that are no OCSP answer", der.n);
    }
    rc = read_basic(c, i, r, e, &b);
    if (rc == RC_OK) {
        one = answer_about(c, i, b);
        rc = one ? judge(one, at, grace, &s, e) : no(e, "the answer is about another certificate");
    }
    if (rc == RC_OK)
        *out = s;
    OCSP_BASICRESP_free(b);
    OCSP_RESPONSE_free(r);
    return rc;
}
