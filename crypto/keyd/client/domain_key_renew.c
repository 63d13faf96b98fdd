/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/domain_key_renew.c - certificates of the trial authority made anew, for domains and the outbox. See domain_key.h. The key stays, so no file
 * below DIR/keys is touched and keyd need not start again; each certificate is replaced whole, and a run that was cut off is simply run again.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "crypto/keyd/client/domain_key.h"
#include "crypto/keyd/client/keyring_int.h"
#include "crypto/pki/cert_info.h"
#include "crypto/pki/pki.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DAYS = 1095 /* as pli cert issue-trial --operator gives */, PEM_MAX = 256 * 1024 };
static const char end_line[] = "-----END CERTIFICATE-----\n";

struct renewing {
    const struct domain_renewal *r;
    struct open_ring ring;
    struct pki_authority *by;
    unsigned n;
};

/* False: there is no such file, or it cannot be read, whole. */
static bool read_pem(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && fd_read_all(fd, PEM_MAX, out) && out->n <= PEM_MAX;

    if (fd >= 0)
        close(fd);
    return whole;
}

static bool is_due(const struct renewing *g, struct span pem)
{
    struct cert_info i;
    struct err e;

    return cert_info_pem(pem, &i, &e) == RC_OK && i.not_after < g->r->before &&
           pki_issued_by(pem, key_der_span(&g->ring.ring->ca_cert));
}

/* The new certificate, then what stood behind the old one. */
static enum rc make(const struct renewing *g, struct span pem, struct buf *out, struct err *e)
{
    struct buf old = BUF_INIT, der = BUF_INIT;
    ptrdiff_t end = span_find(pem, SPAN_LIT(end_line));
    enum rc rc = pki_unpem("CERTIFICATE", pem, &old, e);

    if (rc == RC_OK)
        rc = pki_issue_again(buf_span(&old), DAYS, g->by, &der, e);
    if (rc == RC_OK) {
        pki_pem("CERTIFICATE", buf_span(&der), out);
        buf_addspan(out, end < 0 ? SPAN_NULL : span_from(pem, (size_t)end + sizeof end_line - 1));
    }
    buf_free(&old);
    buf_free(&der);
    return rc;
}

/* certificate: below the instance. */
static enum rc one(struct renewing *g, const char *certificate, bool *there_out, struct err *e)
{
    char path[PATH_MAX];
    struct buf pem = BUF_INIT, fresh = BUF_INIT;
    enum rc rc = RC_OK;

    *there_out =
        snprintf(path, sizeof path, "%s/%s", g->r->dir, certificate) < (int)sizeof path && read_pem(path, &pem);
    if (*there_out && is_due(g, buf_span(&pem))) {
        rc = make(g, buf_span(&pem), &fresh, e);
        if (rc == RC_OK)
            rc = keyring_put_file(g->r->dir, certificate, 0644, buf_span(&fresh), e);
        g->n += rc == RC_OK;
    }
    buf_free(&pem);
    buf_free(&fresh);
    return rc;
}

static enum rc of_owner(struct renewing *g, const char *owner, struct err *e)
{
    struct domain_key_place at;
    bool any = false, there = false;
    enum rc rc = RC_OK;

    for (int k = 0; rc == RC_OK && k < DC_KINDS && domain_key_place(owner, (enum domain_cert_kind)k, &at); k++) {
        rc = one(g, at.certificate, &there, e);
        any = any || there;
    }
    return rc == RC_OK && !any ? domain_key_none(owner, e) : rc;
}

/* All names first: a folder that changes while it is read may give a name twice, or new ones without end. Each name ends with NUL. */
static enum rc all_names(const char *dir, struct buf *out, struct err *e)
{
    char path[PATH_MAX];
    const struct dirent *en;
    enum domain_cert_kind kind;
    size_t n;
    DIR *d = snprintf(path, sizeof path, "%s/tls/" DOMAINS_BELOW, dir) < (int)sizeof path ? opendir(path) : NULL;

    if (!d)
        return errno == ENOENT ? RC_OK : err_sys(e, RC_PERM, "%s cannot be read", path);
    while ((en = readdir(d)) != NULL)
        if (domain_cert_file(en->d_name, &kind, &n))
            buf_add(out, en->d_name, strlen(en->d_name) + 1);
    closedir(d);
    return RC_OK;
}

static enum rc of_all(struct renewing *g, struct err *e)
{
    char certificate[NAME_MAX + 16];
    struct buf names = BUF_INIT;
    enum rc rc = all_names(g->r->dir, &names, e);
    bool there;

    for (size_t at = 0; rc == RC_OK && at < names.n; at += strlen((const char *)names.p + at) + 1) {
        snprintf(certificate, sizeof certificate, "tls/" DOMAINS_BELOW "/%s", (const char *)names.p + at);
        rc = one(g, certificate, &there, e);
    }
    buf_free(&names);
    return rc;
}

enum rc domain_key_renew(const struct domain_renewal *r, unsigned *renewed_out, struct err *e)
{
    struct renewing g = {.r = r, .ring = {.lock = -1}};
    enum rc rc = ring_open(r->dir, &g.ring, e);

    if (rc == RC_OK)
        rc = pki_authority_new(key_der_span(&g.ring.ring->ca_key), key_der_span(&g.ring.ring->ca_cert), &g.by, e);
    if (rc == RC_OK)
        rc = r->owner ? of_owner(&g, r->owner, e) : of_all(&g, e);
    *renewed_out = g.n;
    pki_authority_free(&g.by);
    ring_close(&g.ring);
    return rc;
}
