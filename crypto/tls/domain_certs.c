/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/domain_certs.c - see domain_certs.h. */
#include "crypto/tls/domain_certs.h"
#include "base/ascii.h"
#include "base/fd.h"
#include "base/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAME = 256, FILE_MAX = 256 * 1024 };

struct host {
    char *name;
    size_t domain; /* index */
};
struct domain_certs {
    struct domain_cert *a; /* by domain */
    struct host *hosts;    /* by name */
    size_t n, n_hosts;
};

static void *grown(void *p, size_t n, size_t each)
{
    if ((n & (n + 1)) == 0 || n == 0) /* room for a power of two */
        p = realloc(p, (n == 0 ? 2 : 2 * (n + 1)) * each);
    if (p == NULL)
        die("out of memory");
    return p;
}

/* ---- what a certificate says ---- */
typedef void (*name_see)(const char *name, void *ctx);

static void see_name(const char *text, size_t n, name_see see, void *ctx)
{
    char low[NAME];

    if (n == 0 || n >= sizeof low || memchr(text, 0, n) != NULL)
        return;
    ascii_lower_all(span_of(text, n), low);
    low[n] = 0;
    see(low, ctx);
}

static bool alt_names(gnutls_x509_crt_t crt, name_see see, void *ctx)
{
    bool any = false;

    for (unsigned i = 0;; i++) {
        char text[NAME];
        size_t n = sizeof text;
        int type = gnutls_x509_crt_get_subject_alt_name(crt, i, text, &n, NULL);

        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return any;
        if (type == GNUTLS_SAN_DNSNAME) {
            any = true;
            see_name(text, strnlen(text, n), see, ctx);
        }
    }
}

/* Of the first certificate of a PEM text. */
static bool leaf(struct span pem, gnutls_x509_crt_t *crt)
{
    gnutls_datum_t d = {(unsigned char *)(uintptr_t)pem.p, (unsigned)pem.n};

    if (pem.n == 0 || gnutls_x509_crt_init(crt) < 0)
        return false;
    if (gnutls_x509_crt_import(*crt, &d, GNUTLS_X509_FMT_PEM) >= 0)
        return true;
    gnutls_x509_crt_deinit(*crt);
    return false;
}

static void names(gnutls_x509_crt_t crt, name_see see, void *ctx)
{
    char cn[NAME];
    size_t n = sizeof cn;

    if (!alt_names(crt, see, ctx) && gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &n) >= 0)
        see_name(cn, n, see, ctx);
}

static bool key_name(gnutls_x509_crt_t crt, unsigned char out[KEYD_SHOWN])
{
    gnutls_pubkey_t key = NULL;
    gnutls_datum_t der = {NULL, 0};
    bool ok = gnutls_pubkey_init(&key) >= 0 && gnutls_pubkey_import_x509(key, crt, 0) >= 0 &&
              gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der) >= 0 &&
              gnutls_hash_fast(GNUTLS_DIG_SHA256, der.data, der.size, out) >= 0;

    gnutls_free(der.data);
    gnutls_pubkey_deinit(key);
    return ok;
}

bool domain_certs_key(struct span pem, unsigned char out[KEYD_SHOWN])
{
    gnutls_x509_crt_t crt;
    bool ok = leaf(pem, &crt);

    if (ok) {
        ok = key_name(crt, out);
        gnutls_x509_crt_deinit(crt);
    }
    return ok;
}

/* ---- reading ---- */
static bool read_file(int dir, const char *name, struct buf *out)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool whole = fd >= 0 && fd_read_all(fd, FILE_MAX, out) && out->n <= FILE_MAX;

    if (fd >= 0)
        close(fd);
    return whole;
}

static void one_file(struct domain_certs *d, int dir, const char *file)
{
    enum domain_cert_kind kind;
    struct domain_cert c = {.domain = NULL};
    size_t n;
    bool ok = domain_cert_file(file, &kind, &n);

    if (!ok)
        return;
    ok = read_file(dir, file, &c.pem[kind]) && domain_certs_key(buf_span(&c.pem[kind]), c.shown[kind]);
    if (!ok) {
        log_ev(LOG_WARN_, "domain-certificate-unread", "file=%s", log_esc(span_str(file)));
        buf_free(&c.pem[kind]);
        return;
    }
    c.domain = span_dup(span_of(file, n));
    d->a = grown(d->a, d->n, sizeof *d->a);
    d->a[d->n++] = c;
}

static int by_domain(const void *a, const void *b)
{
    return strcmp(((const struct domain_cert *)a)->domain, ((const struct domain_cert *)b)->domain);
}

static int by_name(const void *a, const void *b)
{
    const struct host *x = a, *y = b;
    int c = strcmp(x->name, y->name);

    return c ? c : (x->domain > y->domain) - (x->domain < y->domain);
}

/* The two files of a domain become one entry. */
static void join(struct domain_certs *d)
{
    size_t n = 0;

    qsort(d->a, d->n, sizeof *d->a, by_domain);
    for (size_t i = 0; i < d->n; i++) {
        struct domain_cert *to = n > 0 && strcmp(d->a[n - 1].domain, d->a[i].domain) == 0 ? &d->a[n - 1] : NULL;
        enum domain_cert_kind k = d->a[i].pem[DC_EC].n > 0 ? DC_EC : DC_RSA;

        if (to == NULL) {
            d->a[n++] = d->a[i];
            continue;
        }
        to->pem[k] = d->a[i].pem[k];
        memcpy(to->shown[k], d->a[i].shown[k], KEYD_SHOWN);
        free(d->a[i].domain);
    }
    d->n = n;
}

struct naming {
    struct domain_certs *d;
    size_t domain;
};

static void add_host(const char *name, void *ctx)
{
    struct naming *g = ctx;
    struct domain_certs *d = g->d;

    d->hosts = grown(d->hosts, d->n_hosts, sizeof *d->hosts);
    d->hosts[d->n_hosts++] = (struct host){span_dup(span_str(name)), g->domain};
}

static void name_all(struct domain_certs *d)
{
    gnutls_x509_crt_t crt;
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++)
        for (size_t k = 0; k < DC_KINDS; k++)
            if (leaf(buf_span(&d->a[i].pem[k]), &crt)) {
                names(crt, add_host, &(struct naming){d, i});
                gnutls_x509_crt_deinit(crt);
            }
    if (d->n_hosts > 0)
        qsort(d->hosts, d->n_hosts, sizeof *d->hosts, by_name);
    for (size_t i = 0; i < d->n_hosts; i++) {
        bool again = n > 0 && strcmp(d->hosts[n - 1].name, d->hosts[i].name) == 0;

        if (again && d->hosts[n - 1].domain != d->hosts[i].domain)
            log_ev(LOG_WARN_, "certificate-name-twice", "name=%s domain=%s other=%s",
                   log_esc(span_str(d->hosts[i].name)), d->a[d->hosts[n - 1].domain].domain,
                   d->a[d->hosts[i].domain].domain);
        if (again)
            free(d->hosts[i].name);
        else
            d->hosts[n++] = d->hosts[i];
    }
    d->n_hosts = n;
}

enum rc domain_certs_read(const char *instance, struct domain_certs **out, struct err *e)
{
    struct domain_certs *d = calloc(1, sizeof *d);
    char path[PATH_MAX];
    const struct dirent *en;
    DIR *dir;

    if (d == NULL)
        die("out of memory");
    dir = snprintf(path, sizeof path, "%s/tls/" DOMAINS_BELOW, instance) < (int)sizeof path ? opendir(path) : NULL;
    if (dir == NULL && errno != ENOENT) {
        free(d);
        return err_sys(e, RC_PERM, "%s cannot be read", path);
    }
    while (dir && (en = readdir(dir)) != NULL)
        one_file(d, dirfd(dir), en->d_name);
    if (dir)
        closedir(dir);
    if (d->n > 0)
        join(d);
    name_all(d);
    *out = d;
    return RC_OK;
}

void domain_certs_free(struct domain_certs **d)
{
    if (*d == NULL)
        return;
    for (size_t i = 0; i < (*d)->n; i++) {
        free((*d)->a[i].domain);
        for (size_t k = 0; k < DC_KINDS; k++)
            buf_free(&(*d)->a[i].pem[k]);
    }
    for (size_t i = 0; i < (*d)->n_hosts; i++)
        free((*d)->hosts[i].name);
    free((*d)->a);
    free((*d)->hosts);
    free(*d);
    *d = NULL;
}

/* ---- asking ---- */
size_t domain_certs_count(const struct domain_certs *d)
{
    return d->n;
}

const struct domain_cert *domain_certs_at(const struct domain_certs *d, size_t i)
{
    return &d->a[i];
}

static int name_is(const void *key, const void *host)
{
    return strcmp(key, ((const struct host *)host)->name);
}

static const struct host *host_named(const struct domain_certs *d, const char *name)
{
    return d->n_hosts > 0 ? bsearch(name, d->hosts, d->n_hosts, sizeof *d->hosts, name_is) : NULL;
}

const struct domain_cert *domain_certs_of_host(const struct domain_certs *d, struct span host)
{
    char low[NAME + 1];
    const struct host *h;
    char *dot;

    if (d == NULL || host.n == 0 || host.n >= NAME || memchr(host.p, 0, host.n) != NULL)
        return NULL;
    ascii_lower_all(host, low);
    low[host.n] = 0;
    h = host_named(d, low);
    dot = strchr(low, '.');
    if (h == NULL && dot != NULL && dot > low) {
        dot[-1] = '*';
        h = host_named(d, dot - 1);
    }
    return h ? &d->a[h->domain] : NULL;
}

static int domain_is(const void *key, const void *cert)
{
    return strcmp(key, ((const struct domain_cert *)cert)->domain);
}

size_t domain_certs_of_domain(const struct domain_certs *d, struct span domain)
{
    const struct domain_cert *c;
    char text[NAME];

    if (d == NULL || d->n == 0 || domain.n == 0 || domain.n >= sizeof text)
        return 0;
    snprintf(text, sizeof text, "%.*s", SPAN_ARG(domain));
    c = bsearch(text, d->a, d->n, sizeof *d->a, domain_is);
    return c ? (size_t)(c - d->a) + 1 : 0;
}

/* ---- before one is taken in ---- */
struct clashing {
    const struct domain_certs *d;
    const char *domain;
    char *name, *owner;
    bool found;
};

static void see_clash(const char *name, void *ctx)
{
    struct clashing *c = ctx;
    const struct host *h = host_named(c->d, name);

    if (c->found || h == NULL || strcmp(c->d->a[h->domain].domain, c->domain) == 0)
        return;
    c->found = true;
    snprintf(c->name, NAME, "%s", name);
    snprintf(c->owner, NAME, "%s", c->d->a[h->domain].domain);
}

bool domain_certs_clash(const struct domain_certs *d, struct span pem, const char *domain, char name_out[256],
                        char owner_out[256])
{
    struct clashing c = {d, domain, name_out, owner_out, false};
    gnutls_x509_crt_t crt;

    if (leaf(pem, &crt)) {
        names(crt, see_clash, &c);
        gnutls_x509_crt_deinit(crt);
    }
    return c.found;
}

static void count(const char *name, void *ctx)
{
    (void)name;
    ++*(size_t *)ctx;
}

size_t domain_certs_names(struct span pem)
{
    gnutls_x509_crt_t crt;
    size_t n = 0;

    if (leaf(pem, &crt)) {
        names(crt, count, &n);
        gnutls_x509_crt_deinit(crt);
    }
    return n;
}
