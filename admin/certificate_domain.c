/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/certificate_domain.c - the certificates of domains that have their own, and the outbox's: taken in, taken out, seen. See
 * admin/certificates.h. */
#include "admin/certificates.h"
#include "base/clock.h"
#include "crypto/keyd/client/domain_key.h"
#include "crypto/tls/domain_certs.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 86400, PEM_MAX = 256 * 1024 };
static const char *const kinds[DC_KINDS] = {[DC_RSA] = "rsa", [DC_EC] = "ec"};

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
static enum rc one(const char *domain, const char *kind, struct span pem, certificate_see see, void *ctx, struct err *e)
{
    struct certificate_seen s = {.what = strchr(domain, '/') ? "publication" : "domain"};
    struct err unread;
    int64_t left;

    snprintf(s.name, sizeof s.name, "%s %s", strchr(domain, '/') ? "publication" : domain, kind);
    if (cert_info_pem(pem, &s.info, &unread) != RC_OK)
        return RC_OK; /* pli doctor tells of it */
    left = s.info.not_after - clock_utc();
    s.days_left = left < 0 ? -((-left + DAY - 1) / DAY) : left / DAY;
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
                rc = one(c->domain, kinds[k], buf_span(&c->pem[k]), see, ctx, e);
        }
    domain_certs_free(&d);
    return rc;
}

static enum rc certificates_at(const char *root, const char *domain, certificate_see see, void *ctx, struct err *e)
{
    const char *below = strchr(domain, '/') ? "" : "domains/";
    enum rc rc = RC_OK;

    for (size_t k = 0; rc == RC_OK && k < DC_KINDS; k++) {
        char path[4096];
        unsigned char piece[4096];
        struct buf pem = BUF_INIT;
        size_t n;
        FILE *f = snprintf(path, sizeof path, "%s/tls/%s%s.%s.pem", root, below, domain, kinds[k]) < (int)sizeof path
                      ? fopen(path, "re")
                      : NULL;

        while (f && pem.n < PEM_MAX && (n = fread(piece, 1, sizeof piece, f)) > 0)
            buf_add(&pem, piece, n);
        if (f) {
            fclose(f);
            rc = one(domain, kinds[k], buf_span(&pem), see, ctx, e);
        }
        buf_free(&pem);
    }
    return rc;
}

enum rc certificates_of_domain(const char *root, const char *domain, certificate_see see, void *ctx, struct err *e)
{
    return certificates_at(root, domain, see, ctx, e);
}

enum rc certificates_of_outbox(const char *root, certificate_see see, void *ctx, struct err *e)
{
    return certificates_at(root, OUTBOX_KEY, see, ctx, e);
}
