/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/domain_keys.c - the TLS keys of domains that have a certificate of their own, found by the digest of the public key that a peer is shown.
 *
 * Read     at keyd's start alone, once for each file; sorted by digest, so that a signature costs a look-up whose length is the logarithm of their number.
 *          The outbox's (DIR/keys/publish) are a table of their own, which ROLE_PUBD alone is answered from.
 * Source   docs/decisions/0055, 0059; crypto/keyd/client/domain_key.h has the files' form.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "base/wipe.h"
#include "crypto/keyd/client/domain_key.h"
#include "crypto/keyd/keyd_int.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

struct domain_keys {
    struct tls_key *a; /* by .shown */
    size_t n, cap;
};

static int by_shown(const void *a, const void *b)
{
    return memcmp(((const struct tls_key *)a)->shown, ((const struct tls_key *)b)->shown, KEYD_SHOWN);
}

static void add(struct domain_keys *d, const struct key_der *der, uint8_t which, int64_t left)
{
    struct tls_key k = {.which = which, .until = left == INT64_MAX ? INT64_MAX : clock_mono() + left * SECOND};
    struct err e;

    if (der->n == 0 || left == 0)
        return;
    if (tls_key_load(&k, der, &e) != RC_OK) {
        log_err(LOG_WARN_, "domain-key-unread", &e);
        EVP_PKEY_free(k.key);
        return;
    }
    if (d->n == d->cap) {
        d->cap = d->cap ? d->cap * 2 : 16;
        d->a = realloc(d->a, d->cap * sizeof *d->a);
        if (d->a == NULL)
            die("out of memory");
    }
    d->a[d->n++] = k;
}

static enum rc read_file(int dir, const char *name, unsigned char *out, size_t *n_out, struct err *e)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    enum rc rc = RC_OK;

    if (fd < 0)
        return err_sys(e, RC_PERM, "cannot be read");
    if (!fd_read_into(fd, out, DOMAIN_KEY_FILE_MAX, n_out))
        rc = err_sys(e, RC_TEMP, "cannot be read");
    close(fd);
    return rc;
}

struct reading {
    int dir;
    const char *below; /* DOMAINS_BELOW, OUTBOX_BELOW */
    struct span credential;
    unsigned char *room; /* DOMAIN_KEY_FILE_MAX */
};

static void one_file(struct domain_keys *d, const struct reading *g, const char *file)
{
    uint8_t which;
    enum domain_cert_kind kind;
    struct domain_key_place at;
    struct domain_key *k = NULL;
    struct err e;
    size_t n;

    if (!domain_key_file(file, &kind, &n) || !domain_key_place_of(g->below, file, &at))
        return;
    which = kind == DC_EC ? KEYD_TLS_SERVER_EC : KEYD_TLS_SERVER;
    if (read_file(g->dir, file, g->room, &n, &e) != RC_OK ||
        domain_key_open(span_of(g->room, n), at.name, g->credential, &k, &e) != RC_OK) {
        log_ev(LOG_WARN_, "domain-key-unread", "file=%s cause=%s", log_esc(span_str(at.name)),
               log_esc(span_str(e.log)));
        return;
    }
    add(d, &k->key, which, INT64_MAX);
    for (size_t i = 0; i < DOMAIN_FORMERS; i++)
        add(d, &k->former[i].key, which, key_former_left(&k->former[i], clock_utc()));
    domain_key_free(&k);
}

/* Two domains may have one key, or one that the other had before: it signs for as long as either says. */
static void sort(struct domain_keys *d)
{
    size_t n = 0;

    qsort(d->a, d->n, sizeof *d->a, by_shown);
    for (size_t i = 0; i < d->n; i++) {
        if (n > 0 && by_shown(&d->a[n - 1], &d->a[i]) == 0) {
            if (d->a[i].until > d->a[n - 1].until)
                d->a[n - 1].until = d->a[i].until;
            EVP_PKEY_free(d->a[i].key);
        } else {
            d->a[n++] = d->a[i];
        }
    }
    d->n = n;
}

struct domain_keys *domain_keys_read(const char *instance, const char *below, struct span credential)
{
    struct domain_keys *d = calloc(1, sizeof *d);
    struct reading g = {.below = below, .credential = credential, .room = secret_alloc(DOMAIN_KEY_FILE_MAX)};
    char path[PATH_MAX];
    const struct dirent *en;
    DIR *dir;

    if (d == NULL)
        die("out of memory");
    if (snprintf(path, sizeof path, "%s/keys/%s", instance, below) >= (int)sizeof path)
        die("path of the instance is too long");
    dir = opendir(path);
    if (dir == NULL && errno != ENOENT)
        log_ev(LOG_WARN_, "domain-key-unread", "file=keys/%s errno=%d", below, errno);
    g.dir = dir ? dirfd(dir) : -1;
    while (dir && (en = readdir(dir)) != NULL)
        one_file(d, &g, en->d_name);
    if (dir)
        closedir(dir);
    secret_free(g.room, DOMAIN_KEY_FILE_MAX);
    if (d->n > 0)
        sort(d);
    return d;
}

void domain_keys_free(struct domain_keys **d)
{
    if (*d == NULL)
        return;
    for (size_t i = 0; i < (*d)->n; i++)
        EVP_PKEY_free((*d)->a[i].key);
    free((*d)->a);
    free(*d);
    *d = NULL;
}

EVP_PKEY *domain_keys_find(const struct domain_keys *d, enum keyd_tls_key which, struct span shown)
{
    struct tls_key want = {.key = NULL};
    const struct tls_key *k;

    if (d == NULL || d->n == 0 || shown.n != sizeof want.shown)
        return NULL;
    memcpy(want.shown, shown.p, sizeof want.shown);
    k = bsearch(&want, d->a, d->n, sizeof *d->a, by_shown);
    return k && k->which == which && clock_mono() < k->until ? k->key : NULL;
}
