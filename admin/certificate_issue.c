/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/certificate_issue.c - certificates of the instance's private trial authority. keyd makes them; a mail certificate's key never leaves it but
 * sealed, an operator's is given out, for it is a stranger's. See admin/certificates.h. */
#include "admin/accounts.h"
#include "admin/certificates.h"
#include "admin/slots.h"
#include "base/base64.h"
#include "crypto/pki/pki.h"
#include "policies/identifiers.h"

/* ---- an account's ---- */
/* signs: the account signs from now on; false: whether it does stays as it is. */
static enum rc publish(struct admin *ad, const struct dird_account *a, bool signs, struct span cert, struct err *e)
{
    struct dird_account as = *a;

    as.cert_der = cert;
    as.flags |= DF_SIGN;
    return dir_account_set(ad->dir, signs ? DS_CERT | DS_FLAGS : DS_CERT, &as, e);
}

static uint8_t as_it_was(const struct dird_account *a)
{
    struct cert_info had;
    struct err unread;

    return cert_info_der(a->cert_der, &had, &unread) == RC_OK && had.rsa ? PKI_RSA_2048 : PKI_P256;
}

/* The new signing slot takes the old one's place in the mailbox's list, then the directory publishes the certificate. */
static enum rc issue(struct admin *ad, const struct dird_account *a, uint8_t algorithm, struct cert_info *out,
                     struct err *e)
{
    bool as_was = algorithm == CERTIFICATE_AS_IT_WAS;
    struct keyd_issue_req rq = {KEYD_ISSUE_SMIME, as_was ? as_it_was(a) : algorithm, 0, a->address, a->name,
                                a->aliases};
    struct buf cert = BUF_INIT, slot = BUF_INIT;
    enum rc rc = keyd_issue_trial(ad->keyd, &rq, &cert, &slot, NULL, e);

    if (rc == RC_OK)
        rc = cert_info_der(buf_span(&cert), out, e);
    if (rc == RC_OK)
        rc = box_slots_sign_with(ad, a->mbx, buf_span(&slot), e);
    if (rc == RC_OK)
        rc = publish(ad, a, !as_was, buf_span(&cert), e);
    buf_free(&cert);
    buf_free(&slot);
    return rc;
}

enum rc certificate_issue(struct admin *ad, struct span address, uint8_t algorithm, struct cert_info *out,
                          struct err *e)
{
    struct account a;
    enum rc rc = account_get(ad, address, &a, e);

    if (rc == RC_OK)
        rc = account_not_closed(&a.is, e);
    if (rc == RC_OK)
        rc = issue(ad, &a.is, algorithm, out, e);
    account_free(&a);
    return rc;
}

/* ---- an operator's ---- */
static void add_pem(struct buf *out, struct span der)
{
    struct buf text = BUF_INIT;

    base64_encode(der, &text);
    buf_addstr(out, "-----BEGIN CERTIFICATE-----\n");
    for (struct span rest = buf_span(&text); rest.n > 0; rest = span_from(rest, span_head(rest, 64).n))
        buf_addf(out, "%.*s\n", SPAN_ARG(span_head(rest, 64)));
    buf_addstr(out, "-----END CERTIFICATE-----\n");
    buf_free(&text);
}

enum rc certificate_issue_operator(struct admin *ad, struct span domain, uint8_t algorithm, struct buf *pem_out,
                                   struct cert_info *info_out, struct err *e)
{
    struct keyd_issue_req rq = {KEYD_ISSUE_OPERATOR, algorithm, 0, domain, domain, SPAN_NULL};
    struct buf cert = BUF_INIT;
    enum rc rc;

    if (!mail_domain_ok(domain))
        return err_set(e, RC_SYNTAX, "\"%.*s\" is not a domain", SPAN_ARG(span_head_text(domain, 100)));
    rc = keyd_issue_trial(ad->keyd, &rq, &cert, NULL, pem_out, e);
    if (rc == RC_OK)
        rc = cert_info_der(buf_span(&cert), info_out, e);
    if (rc == RC_OK)
        add_pem(pem_out, buf_span(&cert));
    buf_free(&cert);
    return rc;
}
