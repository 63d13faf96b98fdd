/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/identity.c - see relayd/identity.h. */
#include "relayd/identity.h"
#include "base/ascii.h"
#include "base/log.h"
#include "crypto/tls/domain_certs.h"
#include "proto/smtp/path.h"
#include <stdio.h>
#include <stdlib.h>

struct identities {
    struct domain_certs *certs;
    bool wanted[DC_KINDS];
    unsigned char own[DC_KINDS][KEYD_SHOWN]; /* the instance's */
    bool has_own[DC_KINDS];
};

static void read_own(struct identities *t, const char *instance, enum domain_cert_kind kind, const char *name)
{
    char path[4096];
    unsigned char piece[4096];
    struct buf pem = BUF_INIT;
    size_t n;
    FILE *f = snprintf(path, sizeof path, "%s/%s", instance, name) < (int)sizeof path ? fopen(path, "re") : NULL;

    while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(&pem, piece, n);
    if (f)
        fclose(f);
    t->has_own[kind] = domain_certs_key(buf_span(&pem), t->own[kind]);
    buf_free(&pem);
}

struct identities *identities_read(const struct boot *b)
{
    const char *instance = boot_given(b, "instance"), *which = boot_get(b, "relayd.certificate");
    struct identities *t = calloc(1, sizeof *t);
    struct err e;

    if (t == NULL)
        die("out of memory");
    if (instance == NULL)
        die("the boot list names no instance");
    if (domain_certs_read(instance, &t->certs, &e) != RC_OK)
        log_err(LOG_WARN_, "domain-certificate-unread", &e); /* their mail leaves as the instance's */
    t->wanted[DC_RSA] = strcmp(which, "ec") != 0;
    t->wanted[DC_EC] = strcmp(which, "rsa") != 0;
    read_own(t, instance, DC_RSA, "tls/server.pem");
    read_own(t, instance, DC_EC, "tls/server-ec.pem");
    return t;
}

void identities_free(struct identities **t)
{
    if (*t == NULL)
        return;
    domain_certs_free(&(*t)->certs);
    free(*t);
    *t = NULL;
}

static bool usable(const struct identities *t, const struct domain_cert *c)
{
    return (t->wanted[DC_RSA] && c->pem[DC_RSA].n > 0) || (t->wanted[DC_EC] && c->pem[DC_EC].n > 0);
}

uint32_t identity_of(const struct identities *t, struct span sender)
{
    struct span domain = smtp_domain_of(sender);
    char low[256];
    size_t i;

    if (domain.n == 0 || domain.n >= sizeof low)
        return 0;
    ascii_lower_all(domain, low);
    i = domain_certs_of_domain(t->certs, span_of(low, domain.n));
    return i > 0 && usable(t, domain_certs_at(t->certs, i - 1)) ? (uint32_t)i : 0;
}

const char *identity_name(const struct identities *t, uint32_t as)
{
    return as > 0 ? domain_certs_at(t->certs, as - 1)->domain : "";
}

bool identity_chains(const struct identities *t, uint32_t as, struct span *ec_out, struct span *rsa_out)
{
    const struct domain_cert *c;

    if (as == 0)
        return false;
    c = domain_certs_at(t->certs, as - 1);
    *ec_out = t->wanted[DC_EC] ? buf_span(&c->pem[DC_EC]) : SPAN_NULL;
    *rsa_out = t->wanted[DC_RSA] ? buf_span(&c->pem[DC_RSA]) : SPAN_NULL;
    return true;
}

bool identity_has(const struct identities *t, uint32_t as, struct span shown)
{
    const struct domain_cert *c = as > 0 ? domain_certs_at(t->certs, as - 1) : NULL;
    bool has = false;

    for (size_t k = 0; k < DC_KINDS; k++)
        has = has || ((c ? c->pem[k].n > 0 : t->has_own[k]) &&
                      span_eq(shown, span_of(c ? c->shown[k] : t->own[k], KEYD_SHOWN)));
    return has;
}
