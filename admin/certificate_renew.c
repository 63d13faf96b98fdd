/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/certificate_renew.c - what the trial authority issued is made anew; what another authority issued is taken in. See admin/certificates.h. */
#include "admin/certificates.h"
#include "base/clock.h"
#include "crypto/keyd/client/domain_key.h"
#include <stdio.h>
#include <string.h>

enum { DAY = 86400 };
struct renewing {
    struct admin *ad;
    const struct renewal *r;
    struct renewed *out;
    char issuer[256]; /* the trial authority's name; "": there is none */
    bool due,
        slapd; /* a file of the server ends so soon; slapd's is the trial authority's too, and made anew with the listeners' */
};

static enum rc note_server(const struct certificate_seen *s, void *ctx, struct err *e)
{
    struct renewing *n = ctx;

    (void)e;
    if (strcmp(s->name, "ca.pem") == 0) {
        snprintf(n->issuer, sizeof n->issuer, "%s", s->info.subject);
    } else if (strcmp(s->info.issuer, n->issuer) == 0) {
        n->due = n->due || s->days_left <= n->r->within;
        n->slapd = n->slapd || strcmp(s->name, "tls/slapd.pem") == 0;
    }
    return RC_OK;
}

static enum rc renew_account(const struct certificate_seen *s, void *ctx, struct err *e)
{
    struct renewing *n = ctx;
    struct cert_info info;
    enum rc rc;

    if (strcmp(s->info.issuer, n->issuer) != 0 || s->days_left > n->r->within)
        return RC_OK;
    rc = certificate_issue(n->ad, span_str(s->name), CERTIFICATE_AS_IT_WAS, &info, e);
    n->out->accounts += rc == RC_OK;
    return rc;
}

static enum rc renew_server(struct renewing *n, struct err *e)
{
    struct keyring_spec spec = {.dir = n->r->root, .domain = n->r->domain, .host = n->r->host};
    enum rc rc = keyring_renew(&spec, &n->out->server, e);

    n->out->listeners = n->out->listeners || rc == RC_OK;
    n->out->directory = rc == RC_OK && n->slapd;
    return rc;
}

/* Whole days are counted: "within 30" is less than 31 days from now. */
static int64_t moment(int64_t within)
{
    return within == INT64_MAX ? INT64_MAX : clock_utc() + (within + 1) * DAY;
}

static enum rc renew_owned(struct renewing *n, const char *owner, unsigned *count, struct err *e)
{
    const struct domain_renewal w = {n->r->root, owner, moment(n->r->within)};
    enum rc rc = domain_key_renew(&w, count, e);

    n->out->listeners = n->out->listeners || *count > 0;
    return rc;
}

/* That the outbox has none is no error where more is meant. */
static enum rc renew_outbox(struct renewing *n, struct err *e)
{
    enum rc rc = renew_owned(n, OUTBOX_KEY, &n->out->outbox, e);

    return rc == RC_NOTFOUND && (n->r->server || n->r->accounts || n->r->domains) ? RC_OK : rc;
}

enum rc certificates_renew(struct admin *ad, const struct renewal *r, struct renewed *out, struct err *e)
{
    struct renewing n = {.ad = ad, .r = r, .out = out};
    enum rc rc;

    *out = (struct renewed){.server = 0};
    rc = certificates_of_server(r->root, note_server, &n, e);
    if (rc == RC_OK && r->accounts)
        rc = certificates_of_accounts(ad, renew_account, &n, e);
    if (rc == RC_OK && r->domains)
        rc = renew_owned(&n, r->of_domain, &out->domains, e);
    if (rc == RC_OK && r->outbox)
        rc = renew_outbox(&n, e);
    if (rc == RC_OK && r->server && n.due) /* last: the directory starts again, and accounts are kept in it */
        rc = renew_server(&n, e);
    return rc;
}

enum rc certificate_import(const char *root, const struct pki_bundle *b, const char *host, bool ldap, struct err *e)
{
    if (pki_bundle_check(b, PKI_FOR_SERVER, host, e) != RC_OK)
        return e->rc = RC_SYNTAX;
    return keyring_import(root, b, ldap, e);
}
