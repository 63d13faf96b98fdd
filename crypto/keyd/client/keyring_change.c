/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/keyring_change.c - the server's TLS keys and certificates changed in an instance that is there. The rest of the keyring
 * is never touched: it opens mailboxes. Files are replaced whole, keys before the certificates that need them, and the former key's time begins when its
 * certificate is gone: so whatever ends an import half way, keyd signs for the certificate that is there.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "base/wipe.h"
#include "crypto/keyd/client/client.h"
#include "crypto/keyd/client/keyring_int.h"
#include "crypto/pki/bundle.h"
#include "crypto/pki/pki.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum rc ring_read_secret(const char *path, unsigned char *out, size_t room, size_t *n_out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum rc rc = RC_OK;

    if (fd < 0)
        return err_sys(e, RC_PERM, "%s cannot be read: run this as root or as the instance's owner", path);
    if (!fd_read_into(fd, out, room, n_out))
        rc = err_sys(e, RC_TEMP, "%s cannot be read", path);
    close(fd);
    return rc;
}

/* As keyd looks for it: the service manager's, else the instance's own. */
static enum rc read_credential(const char *dir, struct open_ring *r, struct err *e)
{
    const char *given = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_MAX];

    if (given && snprintf(path, sizeof path, "%s/pli-keyd", given) < (int)sizeof path && access(path, R_OK) == 0)
        return ring_read_secret(path, r->credential, CREDENTIAL_MAX, &r->n_credential, e);
    if (snprintf(path, sizeof path, "%s/keys/credential", dir) >= (int)sizeof path)
        return err_set(e, RC_PERM, "path too long: %s", dir);
    return ring_read_secret(path, r->credential, CREDENTIAL_MAX, &r->n_credential, e);
}

/* One change at a time: two that read the same keyring would each write it without the other's key. The lock goes with the descriptor. */
static enum rc change_begin(const char *dir, struct open_ring *r, struct err *e)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/keys", dir) >= (int)sizeof path)
        return err_set(e, RC_PERM, "path too long: %s", dir);
    r->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->lock < 0)
        return err_sys(e, RC_PERM, "%s cannot be read: run this as root or as the instance's owner", path);
    while (flock(r->lock, LOCK_EX) != 0)
        if (errno != EINTR)
            return err_sys(e, RC_TEMP, "%s cannot be locked", path);
    return RC_OK;
}

static enum rc ring_read(const char *dir, struct open_ring *r, struct err *e)
{
    unsigned char *file = secret_alloc(KEYRING_FILE_MAX);
    char path[PATH_MAX];
    size_t n = 0;
    enum rc rc;

    r->credential = secret_alloc(CREDENTIAL_MAX);
    rc = snprintf(path, sizeof path, "%s/keys/keyring", dir) < (int)sizeof path
             ? ring_read_secret(path, file, KEYRING_FILE_MAX, &n, e)
             : err_set(e, RC_PERM, "path too long: %s", dir);
    if (rc == RC_OK)
        rc = read_credential(dir, r, e);
    if (rc == RC_OK)
        rc = keyring_open(span_of(file, n), span_of(r->credential, r->n_credential), &r->ring, e);
    secret_free(file, KEYRING_FILE_MAX);
    return rc;
}

enum rc ring_open(const char *dir, struct open_ring *r, struct err *e)
{
    enum rc rc = change_begin(dir, r, e);

    return rc == RC_OK ? ring_read(dir, r, e) : rc;
}

void ring_close(struct open_ring *r)
{
    if (r->lock >= 0)
        close(r->lock);
    secret_free(r->credential, CREDENTIAL_MAX);
    keyring_free(&r->ring);
}

enum rc ring_write(const char *dir, const struct open_ring *r, struct err *e)
{
    struct buf file = BUF_INIT;
    enum rc rc = keyring_seal(r->ring, span_of(r->credential, r->n_credential), &file, e);

    if (rc == RC_OK)
        rc = keyring_put_file(dir, "keys/keyring", 0400, buf_span(&file), e);
    buf_free(&file);
    return rc;
}

/* Keeps the former keys that are still of use, in their order: neither is their time over nor are they today's. */
static size_t formers_kept(struct keyring *k)
{
    size_t n = 0;

    for (size_t i = 0; i < KEYRING_FORMERS; i++) {
        const struct key_former *f = &k->former[i];
        struct span key = key_der_span(&f->key);

        if (f->key.n > 0 && key_former_left(f, clock_utc()) > 0 && !span_eq(key, key_der_span(&k->tls_ec)) &&
            !span_eq(key, key_der_span(&k->tls_rsa)))
            k->former[n++] = *f;
    }
    wipe(&k->former[n], (KEYRING_FORMERS - n) * sizeof *k->former);
    return n;
}

static void former_add(struct keyring *k, bool ecdsa, const struct key_der *key)
{
    size_t n = formers_kept(k);

    if (n == KEYRING_FORMERS)
        memmove(k->former, k->former + 1, --n * sizeof *k->former);
    k->former[n].key = *key;
    k->former[n].ecdsa = ecdsa;
    k->former[n].replaced = 0;
}

/* The key that is replaced stays for the sessions that show its certificate. A certificate made anew for the same key replaces none. */
static enum rc put_key(struct keyring *k, bool ecdsa, struct span key, struct err *e)
{
    struct key_der *to = ecdsa ? &k->tls_ec : &k->tls_rsa;

    if (key.n > sizeof to->p)
        return err_set(e, RC_PERM, "key of %zu bytes: too long for the keyring", key.n);
    if (span_eq(key, key_der_span(to)))
        return RC_OK;
    former_add(k, ecdsa, to);
    memcpy(to->p, key.p, key.n);
    to->n = (uint32_t)key.n;
    formers_kept(k); /* it may be a former one that comes back */
    return RC_OK;
}

/* The file of that kind's certificate was replaced just now. False: no former key waited for that. */
static bool formers_date(struct keyring *k, bool ecdsa)
{
    bool any = false;

    for (size_t i = 0; i < KEYRING_FORMERS; i++) {
        struct key_former *f = &k->former[i];

        if (f->key.n > 0 && f->ecdsa == ecdsa && f->replaced == 0) {
            f->replaced = (uint64_t)clock_utc();
            any = true;
        }
    }
    return any;
}

static bool is_trial(const char *dir, const char *name, const struct keyring *ring)
{
    char path[PATH_MAX];
    struct buf text = BUF_INIT;
    unsigned char piece[4096];
    bool trial = false;
    size_t n;
    FILE *f = snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path ? fopen(path, "re") : NULL;

    while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(&text, piece, n);
    if (f) {
        fclose(f);
        trial = pki_issued_by(buf_span(&text), key_der_span(&ring->ca_cert));
    }
    buf_free(&text);
    return trial;
}

/* The other kind's certificate, when it is the trial authority's: peers who do not know that one must not be shown it. */
static enum rc drop_trial(const char *dir, const char *name, const struct keyring *ring, struct err *e)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return err_set(e, RC_PERM, "path too long: %s", dir);
    return is_trial(dir, name, ring) && unlink(path) != 0 ? err_sys(e, RC_TEMP, "%s cannot be removed", path) : RC_OK;
}

static enum rc import_listeners(const char *dir, const struct pki_bundle *b, struct open_ring *r, struct err *e)
{
    enum rc rc = put_key(r->ring, b->ecdsa, buf_span(&b->key_pkcs8), e);

    if (rc == RC_OK)
        rc = ring_write(dir, r, e);
    if (rc == RC_OK)
        rc = keyring_put_file(dir, b->ecdsa ? "tls/server-ec.pem" : "tls/server.pem", 0644, buf_span(&b->chain_pem), e);
    if (rc == RC_OK && formers_date(r->ring, b->ecdsa))
        rc = ring_write(dir, r, e);
    return rc == RC_OK ? drop_trial(dir, b->ecdsa ? "tls/server.pem" : "tls/server-ec.pem", r->ring, e) : rc;
}

static enum rc import_ldap(const char *dir, const struct pki_bundle *b, struct err *e)
{
    struct buf pem = BUF_INIT;
    enum rc rc;

    buf_init_secret(&pem);
    pki_pem("PRIVATE KEY", buf_span(&b->key_pkcs8), &pem);
    rc = keyring_put_file(dir, "tls/slapd.key", 0400, buf_span(&pem), e);
    if (rc == RC_OK)
        rc = keyring_put_file(dir, "tls/slapd.pem", 0644, buf_span(&b->chain_pem), e);
    buf_free(&pem);
    return rc;
}

enum rc keyring_import(const char *dir, const struct pki_bundle *b, bool ldap, struct err *e)
{
    struct open_ring r = {.lock = -1};
    enum rc rc;

    rc = ldap ? change_begin(dir, &r, e) : ring_open(dir, &r, e);
    if (rc == RC_OK)
        rc = ldap ? import_ldap(dir, b, e) : import_listeners(dir, b, &r, e);
    ring_close(&r);
    return rc;
}

/* ---- the trial authority's, made anew for the same keys ---- */

enum rc keyring_renew(const struct keyring_spec *s, unsigned *renewed_out, struct err *e)
{
    struct open_ring r = {.lock = -1};
    enum rc rc = ring_open(s->dir, &r, e);

    *renewed_out = 0;
    if (rc == RC_OK && is_trial(s->dir, "tls/server.pem", r.ring)) {
        rc = keyring_issue_server(s, r.ring, key_der_span(&r.ring->tls_rsa), "server.pem", e);
        *renewed_out += rc == RC_OK;
    }
    if (rc == RC_OK && is_trial(s->dir, "tls/server-ec.pem", r.ring)) {
        rc = keyring_issue_server(s, r.ring, key_der_span(&r.ring->tls_ec), "server-ec.pem", e);
        *renewed_out += rc == RC_OK;
    }
    if (rc == RC_OK && is_trial(s->dir, "tls/slapd.pem", r.ring)) {
        rc = keyring_issue_slapd(s, r.ring, e);
        *renewed_out += rc == RC_OK;
    }
    ring_close(&r);
    return rc;
}
