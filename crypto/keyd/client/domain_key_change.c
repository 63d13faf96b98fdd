/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/domain_key_change.c - the certificate and key of a domain, or of the outbox, put in, replaced, taken out. See domain_key.h; the order of
 * files is that of keyring_change.c.
 */
#include "base/clock.h"
#include "base/wipe.h"
#include "crypto/keyd/client/domain_key.h"
#include "crypto/keyd/client/keyring_int.h"
#include "crypto/pki/bundle.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct changing {
    const char *dir;
    struct open_ring ring;
    struct domain_key_place at;
    struct domain_key *k;
};

static enum rc place(struct changing *g, const char *owner, enum domain_cert_kind kind, struct err *e)
{
    return domain_key_place(owner, kind, &g->at) ? RC_OK : err_set(e, RC_SYNTAX, "no such domain");
}

/* Root may make it for an instance that runs as somebody else. */
static enum rc belongs_as_above(const char *path, struct err *e)
{
    char above[PATH_MAX];
    struct stat st;

    snprintf(above, sizeof above, "%.*s", (int)(strrchr(path, '/') - path), path);
    return geteuid() == 0 && lstat(above, &st) == 0 && lchown(path, st.st_uid, st.st_gid) != 0
               ? err_sys(e, RC_TEMP, "chown %s", path)
               : RC_OK;
}

static enum rc folder(const char *dir, const char *name, mode_t mode, struct err *e)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return err_set(e, RC_PERM, "path too long: %s", dir);
    if (mkdir(path, mode) != 0)
        return errno == EEXIST ? RC_OK : err_sys(e, RC_TEMP, "mkdir %s", path);
    return belongs_as_above(path, e);
}

/* One that does not open is replaced: whatever is in it, nobody can use it. */
static enum rc read_key(struct changing *g, struct err *e)
{
    unsigned char *file = secret_alloc(DOMAIN_KEY_FILE_MAX);
    char path[PATH_MAX];
    size_t n = 0;
    enum rc rc;

    (void)snprintf(path, sizeof path, "%s/%s", g->dir, g->at.key);
    rc = access(path, F_OK) == 0 ? ring_read_secret(path, file, DOMAIN_KEY_FILE_MAX, &n, e) : RC_OK;
    if (rc == RC_OK &&
        (n == 0 || domain_key_open(span_of(file, n), g->at.name, ring_credential(&g->ring), &g->k, e) != RC_OK))
        g->k = domain_key_new();
    secret_free(file, DOMAIN_KEY_FILE_MAX);
    return rc;
}

static enum rc write_key(struct changing *g, struct err *e)
{
    struct buf file = BUF_INIT;
    enum rc rc = domain_key_seal(g->k, g->at.name, ring_credential(&g->ring), &file, e);

    if (rc == RC_OK)
        rc = keyring_put_file(g->dir, g->at.key, 0400, buf_span(&file), e);
    buf_free(&file);
    return rc;
}

/* Former keys that are of use still, first; how many. */
static size_t former_keep(struct domain_key *k, struct span not_this)
{
    size_t n = 0;

    for (size_t i = 0; i < DOMAIN_FORMERS; i++)
        if (k->former[i].key.n > 0 && key_former_left(&k->former[i], clock_utc()) > 0 &&
            !span_eq(not_this, key_der_span(&k->former[i].key)))
            k->former[n++] = k->former[i];
    wipe(&k->former[n], (DOMAIN_FORMERS - n) * sizeof *k->former);
    return n;
}

/* The key that goes stays for who shows its certificate; the oldest former one gives its place. */
static void former_add(struct domain_key *k, size_t n)
{
    if (n == DOMAIN_FORMERS)
        memmove(k->former, k->former + 1, --n * sizeof *k->former);
    k->former[n] = (struct key_former){.key = k->key};
}

static enum rc put_key(struct domain_key *k, struct span key, struct err *e)
{
    if (key.n > sizeof k->key.p)
        return err_set(e, RC_PERM, "key of %zu bytes: too long to be kept", key.n);
    if (span_eq(key, key_der_span(&k->key)))
        return RC_OK;
    if (k->key.n > 0)
        former_add(k, former_keep(k, key));
    else
        (void)former_keep(k, key);
    memcpy(k->key.p, key.p, key.n);
    k->key.n = (uint32_t)key.n;
    return RC_OK;
}

/* Their certificate was replaced just now. False: none waited for that. */
static bool date_formers(struct domain_key *k)
{
    bool any = false;

    for (size_t i = 0; i < DOMAIN_FORMERS; i++)
        if (k->former[i].key.n > 0 && k->former[i].replaced == 0) {
            k->former[i].replaced = (uint64_t)clock_utc();
            any = true;
        }
    return any;
}

static enum rc put_both(struct changing *g, const struct pki_bundle *b, struct err *e)
{
    enum rc rc = read_key(g, e);

    if (rc == RC_OK)
        rc = put_key(g->k, buf_span(&b->key_pkcs8), e);
    if (rc == RC_OK)
        rc = write_key(g, e);
    if (rc == RC_OK)
        rc = ring_write(g->dir, &g->ring, e);
    if (rc == RC_OK)
        rc = keyring_put_file(g->dir, g->at.certificate, 0644, buf_span(&b->chain_pem), e);
    if (rc == RC_OK && date_formers(g->k))
        rc = write_key(g, e);
    return rc;
}

/* Keys without a certificate whose time is over are destroyed: the file says by its date when it was retired. */
static void sweep_below(const char *dir, const char *below)
{
    char path[PATH_MAX];
    const struct dirent *en;
    struct domain_key_place at;
    struct stat st;
    DIR *d = snprintf(path, sizeof path, "%s/keys/%s", dir, below) < (int)sizeof path ? opendir(path) : NULL;

    while (d && (en = readdir(d)) != NULL) {
        if (en->d_name[0] != '.' && domain_key_place_of(below, en->d_name, &at) &&
            snprintf(path, sizeof path, "%s/%s", dir, at.certificate) < (int)sizeof path && access(path, F_OK) != 0 &&
            errno == ENOENT && fstatat(dirfd(d), en->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            st.st_mtime + KEYRING_FORMER_S < clock_utc())
            (void)unlinkat(dirfd(d), en->d_name, 0);
    }
    if (d)
        closedir(d);
}

/* Both, whoever's key was changed: the outbox has one owner, and nobody would look there again once hers is removed. */
static void sweep(const char *dir)
{
    sweep_below(dir, DOMAINS_BELOW);
    sweep_below(dir, OUTBOX_BELOW);
}

static enum rc folders(const char *dir, const char *below, struct err *e)
{
    char name[32];
    enum rc rc;

    snprintf(name, sizeof name, "keys/%s", below);
    rc = folder(dir, name, 0700, e);
    snprintf(name, sizeof name, "tls/%s", below);
    return rc == RC_OK ? folder(dir, name, 0711, e) : rc;
}

enum rc domain_key_import(const char *dir, const char *owner, const struct pki_bundle *b, struct err *e)
{
    struct changing g = {.dir = dir, .ring = {.lock = -1}};
    enum rc rc = ring_open(dir, &g.ring, e);

    if (rc == RC_OK)
        rc = place(&g, owner, b->ecdsa ? DC_EC : DC_RSA, e);
    if (rc == RC_OK)
        rc = folders(dir, domain_key_below(owner), e);
    if (rc == RC_OK)
        rc = put_both(&g, b, e);
    if (rc == RC_OK)
        sweep(dir);
    if (g.k)
        domain_key_free(&g.k);
    ring_close(&g.ring);
    return rc;
}

/* ---- taken out ---- */
/* False: there is no such file. */
static bool drop_certificate(const struct changing *g, enum rc *rc, struct err *e)
{
    char path[PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/%s", g->dir, g->at.certificate);
    if (unlink(path) == 0)
        return true;
    if (errno != ENOENT)
        *rc = err_sys(e, RC_TEMP, "%s cannot be removed", path);
    return false;
}

static bool key_is_there(const struct changing *g)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof path, "%s/%s", g->dir, g->at.key) < (int)sizeof path && access(path, F_OK) == 0;
}

/* The key signs on for those who are being shown its certificate. *any_out: its file is there, in use or retired already. */
static enum rc retire_key(struct changing *g, bool *any_out, struct err *e)
{
    bool there = key_is_there(g);
    enum rc rc = read_key(g, e);

    *any_out = *any_out || there;
    if (rc == RC_OK && g->k->key.n > 0) {
        former_add(g->k, former_keep(g->k, SPAN_NULL));
        wipe(&g->k->key, sizeof g->k->key);
        date_formers(g->k);
        rc = write_key(g, e);
    }
    if (g->k)
        domain_key_free(&g->k);
    return rc;
}

/* A removal that was killed half way has left a key without its certificate, or one that is retired while nobody who runs was told: doing it again ends it. So the
 * key's file counts as well as the certificate, for as long as it is there; the keyring's is written anew then, for keyd starts again by that. */
enum rc domain_key_remove(const char *dir, const char *owner, struct err *e)
{
    struct changing g = {.dir = dir, .ring = {.lock = -1}};
    bool any = false;
    enum rc rc = ring_open(dir, &g.ring, e);

    for (int k = 0; rc == RC_OK && k < DC_KINDS; k++) {
        rc = place(&g, owner, (enum domain_cert_kind)k, e);
        if (rc == RC_OK)
            any = drop_certificate(&g, &rc, e) || any;
        if (rc == RC_OK)
            rc = retire_key(&g, &any, e);
    }
    if (rc == RC_OK)
        rc = any ? ring_write(dir, &g.ring, e) : domain_key_none(owner, e);
    if (rc == RC_OK || rc == RC_NOTFOUND) /* else the lock may be another's */
        sweep(dir);
    ring_close(&g.ring);
    return rc;
}
