/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/certificate_domain.c - the certificates of domains that have their own, and the outbox's: taken in, taken out, seen. See
 * admin/certificates.h. */
#include "admin/certificates_int.h"
#include "crypto/keyd/client/domain_key.h"
#include "crypto/tls/domain_certs.h"
#include <stdio.h>

/* A name leads to one certificate. */
static enum rc check_names(const char *root, const struct pki_bundle *b, const char *domain, struct err *e)
{
    struct domain_certs *d = NULL;
    char name[256], owner[256];
    enum rc rc;

    if (domain_certs_names(buf_span(&b->chain_pem)) == 0)
        return err_set(e, RC_SYNTAX, "the certificate names no host (subjectAltName)");
    rc = domain_certs_read(root, &d, e);
    if (rc == RC_OK && domain_certs_clash(d, buf_span(&b->chain_pem), domain, name, owner))
        rc = err_set(e, RC_SYNTAX, "%s stands in the certificate of %s: a name leads to one certificate", name, owner);
    domain_certs_free(&d);
    return rc;
}

enum rc certificate_import_domain(const char *root, const struct pki_bundle *b, const char *domain, struct err *e)
{
    enum rc rc;

    if (pki_bundle_check(b, PKI_FOR_SERVER, NULL, e) != RC_OK)
        return e->rc = RC_SYNTAX;
    rc = check_names(root, b, domain, e);
    return rc == RC_OK ? domain_key_import(root, domain, b, e) : rc;
}

enum rc certificate_remove_domain(const char *root, const char *domain, struct err *e)
{
    return domain_key_remove(root, domain, e);
}

enum rc certificate_import_outbox(const char *root, const struct pki_bundle *b, struct err *e)
{
    if (pki_bundle_check(b, PKI_FOR_CLIENT, NULL, e) != RC_OK)
        return e->rc = RC_SYNTAX;
    return domain_key_import(root, OUTBOX_KEY, b, e);
}

enum rc certificate_remove_outbox(const char *root, struct err *e)
{
    return domain_key_remove(root, OUTBOX_KEY, e);
}

/* ---- seen ---- */
static enum rc one(const char *owner, size_t kind, struct span pem, certificate_see see, void *ctx, struct err *e)
{
    bool outbox = domain_key_is_outbox(owner);
    struct certificate_seen s = {.what = outbox ? "publication" : "domain"};
    struct err unread;

    snprintf(s.name, sizeof s.name, "%s %s", outbox ? "publication" : owner, domain_cert_kinds[kind]);
    if (cert_info_pem(pem, &s.info, &unread) != RC_OK)
        return RC_OK; /* pli doctor tells of it */
    certificate_days_count(&s);
    return see(&s, ctx, e);
}

enum rc certificates_of_domains(const char *root, certificate_see see, void *ctx, struct err *e)
{
    struct domain_certs *d = NULL;
    enum rc rc = domain_certs_read(root, &d, e);

    for (size_t i = 0; rc == RC_OK && i < domain_certs_count(d); i++)
        for (size_t k = 0; rc == RC_OK && k < DC_KINDS; k++) {
            const struct domain_cert *c = domain_certs_at(d, i);

            if (c->pem[k].n > 0)
                rc = one(c->domain, k, buf_span(&c->pem[k]), see, ctx, e);
        }
    domain_certs_free(&d);
    return rc;
}

static enum rc certificates_of(const char *root, const char *owner, certificate_see see, void *ctx, struct err *e)
{
    struct domain_key_place at;
    enum rc rc = RC_OK;

    for (size_t k = 0; rc == RC_OK && k < DC_KINDS && domain_key_place(owner, (enum domain_cert_kind)k, &at); k++) {
        struct buf pem = BUF_INIT;

        if (certificate_file_read(root, at.certificate, &pem))
            rc = one(owner, k, buf_span(&pem), see, ctx, e);
        buf_free(&pem);
    }
    return rc;
}

enum rc certificates_of_domain(const char *root, const char *domain, certificate_see see, void *ctx, struct err *e)
{
    return certificates_of(root, domain, see, ctx, e);
}

enum rc certificates_of_outbox(const char *root, certificate_see see, void *ctx, struct err *e)
{
    return certificates_of(root, OUTBOX_KEY, see, ctx, e);
}
