/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/state.c - what keyd reads at its start; the check of tickets; limits; and forgetting what is past its
 * time. */
#include "base/clock.h"
#include "base/wipe.h"
#include "crypto/keyd/client/domain_key_place.h"
#include "crypto/keyd/keyd_int.h"
#include "crypto/pki/pki_int.h"
#include "crypto/seal/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EPOCHS = 8192, OPENED = 1024, SIGNERS = 1024, QUEUE_EPOCHS = 64, LIMITS = 8192 };
#define SECOND INT64_C(1000000000)

/* ---- limits ---- */

struct limit {
    int64_t minute;
    uint32_t count;
};

static bool limit_stale(const void *value, int64_t now)
{
    return ((const struct limit *)value)->minute != now / SECOND / 60;
}

enum rc limit_take(struct state *s, struct cache *counts, const char *name, struct span subject, uint32_t most,
                   struct err *e)
{
    return limit_take_n(s, counts, name, subject, 1, most, e);
}

enum rc limit_take_n(struct state *s, struct cache *counts, const char *name, struct span subject, uint32_t n,
                     uint32_t most, struct err *e)
{
    unsigned char key[CACHE_KEY];
    struct digest *d = digest_new();
    int64_t minute = clock_mono() / SECOND / 60;
    struct limit *l;
    uint32_t count;
    bool found;

    digest_add(d, span_of(name, strlen(name) + 1));
    digest_add(d, subject);
    digest_end(&d, key);
    l = cache_hold(counts, key, &found);
    if (!found || l->minute != minute)
        *l = (struct limit){minute, 0};
    l->count = l->count < UINT32_MAX - n ? l->count + n : UINT32_MAX;
    count = l->count;
    cache_release(counts, key);
    if (count <= most)
        return RC_OK;
    atomic_fetch_add(&s->denied, 1);
    return err_cause(e, RC_TEMP, CAUSE_TOO_MANY_OPERATIONS, "%s: more than %u in this minute", name, most);
}

/* ---- tickets ---- */

enum rc ticket_for(struct state *s, struct span wire, uint32_t right, struct ticket *t_out, struct err *e)
{
    enum rc rc = ticket_check(wire, TICKET_FOR_KEYD, s->ticket_key, clock_utc(), t_out, e);

    if (rc == RC_OK && (t_out->rights & right) == 0)
        rc = err_set(e, RC_DENIED, "ticket of %s does not give that right", log_esc(span_str(t_out->address)));
    if (rc != RC_OK) {
        atomic_fetch_add(&s->denied, 1);
        log_err(LOG_WARN_, "ticket-refused", e);
    }
    return rc;
}

/* ---- start ---- */

static size_t file_read(const char *path, unsigned char *out, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    ssize_t got = 1;

    if (fd < 0)
        die("%s cannot be read (errno %d): restore keys/ from the copy that you keep apart", path, errno);
    while (n < cap && got > 0) {
        got = read(fd, out + n, cap - n);
        n += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    if (got < 0 || n == cap)
        die("%s cannot be read or is too large", path);
    return n;
}

static const char *instance_of(const struct boot *b)
{
    const char *instance = boot_given(b, "instance");

    if (!instance)
        die("the boot list names no instance");
    return instance;
}

/* $CREDENTIALS_DIRECTORY/pli-keyd (systemd), else DIR/keys/credential */
static void credential_path(const struct boot *b, char path[PATH_MAX])
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    int n = -1;

    if (dir != NULL) {
        n = snprintf(path, PATH_MAX, "%s/pli-keyd", dir);
        if (n > 0 && n < PATH_MAX && access(path, R_OK) == 0)
            return;
    }
    n = snprintf(path, PATH_MAX, "%s/keys/credential", instance_of(b));
    if (n < 0 || n >= PATH_MAX)
        die("path of the instance is too long");
}

static void ring_load(struct state *s, const struct boot *b)
{
    unsigned char *file = secret_alloc(KEYRING_FILE_MAX + 1), *cred = secret_alloc(CREDENTIAL_MAX + 1);
    char path[PATH_MAX], cred_path[PATH_MAX];
    size_t n_file, n_cred;
    struct err e;

    if (snprintf(path, sizeof path, "%s/keys/keyring", instance_of(b)) >= (int)sizeof path)
        die("path of the instance is too long");
    credential_path(b, cred_path);
    n_file = file_read(path, file, KEYRING_FILE_MAX + 1);
    n_cred = file_read(cred_path, cred, CREDENTIAL_MAX + 1);
    if (keyring_open(span_of(file, n_file), span_of(cred, n_cred), &s->ring, &e) != RC_OK)
        die("%s with %s: %s", path, cred_path, e.log);
    s->domains = domain_keys_read(instance_of(b), DOMAINS_BELOW, span_of(cred, n_cred));
    if (strcmp(boot_get(b, "publish.backend"), "https") == 0) /* else pubd shows nobody a certificate */
        s->outbox = domain_keys_read(instance_of(b), OUTBOX_BELOW, span_of(cred, n_cred));
    secret_free(file, KEYRING_FILE_MAX + 1);
    secret_free(cred, CREDENTIAL_MAX + 1);
}

enum rc tls_key_load(struct tls_key *k, const struct key_der *der, struct err *e)
{
    unsigned char *spki = NULL;
    enum rc rc = pki_key_parse(key_der_span(der), &k->key, e);
    int n;

    if (rc != RC_OK)
        return rc;
    if (EVP_PKEY_is_a(k->key, "EC")) /* the TLS library writes points in full, whatever the key's file does */
        EVP_PKEY_set_utf8_string_param(k->key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
    n = i2d_PUBKEY(k->key, &spki);
    if (n <= 0)
        return err_set(e, RC_CORRUPT, "a key without a public half");
    digest_of(span_of(spki, (size_t)n), k->shown);
    OPENSSL_free(spki);
    return RC_OK;
}

static void tls_load(struct tls_key *k, const char *which, const struct key_der *der)
{
    struct err e;

    if (der->n > 0 && tls_key_load(k, der, &e) != RC_OK)
        die("keyring's %s TLS key: %s", which, e.log);
}

/* It is for trials: without it no certificate is issued, and all else goes on. */
static void ca_load(struct state *s)
{
    struct err e;

    if (pki_authority_new(key_der_span(&s->ring->ca_key), key_der_span(&s->ring->ca_cert), &s->ca, &e) != RC_OK)
        log_err(LOG_WARN_, "trial-ca-unread", &e);
}

/* The wall clock counts once, here: one that is set later prolongs nothing. */
static void former_load(struct tls_key *k, const struct key_former *f)
{
    int64_t left = key_former_left(f, clock_utc());

    if (left == 0)
        return;
    tls_load(k, "former", &f->key);
    k->which = f->ecdsa ? KEYD_TLS_SERVER_EC : KEYD_TLS_SERVER;
    k->until = left == INT64_MAX ? INT64_MAX : clock_mono() + left * SECOND;
}

struct state *state_new(const struct boot *b)
{
    struct state *s = calloc(1, sizeof *s);
    int64_t threads = boot_num(b, "keyd.threads");

    if (s == NULL)
        die("out of memory");
    ring_load(s, b);
    tls_load(&s->tls[KEYD_TLS_SERVER], "RSA", &s->ring->tls_rsa);
    tls_load(&s->tls[KEYD_TLS_SERVER_EC], "EC", &s->ring->tls_ec);
    for (size_t i = 0; i < KEYRING_FORMERS; i++)
        former_load(&s->former[i], &s->ring->former[i]);
    ca_load(s);
    s->ticket_key = secret_alloc(TICKET_KEY);
    boot_secret(b, "ticket.key", s->ticket_key, TICKET_KEY);
    s->mac_key = secret_alloc(32);
    random_bytes(s->mac_key, 32);
    s->epochs = cache_new(EPOCHS, epoch_size(), NULL);
    s->opened = cache_new(OPENED, kept_size(), NULL);
    s->signers = cache_new(SIGNERS, signer_size(), signer_drop);
    s->queue_epochs = cache_new(QUEUE_EPOCHS, kept_size(), NULL);
    s->limits = cache_new(LIMITS, sizeof(struct limit), NULL);
    s->handshakes = cache_new(LIMITS, sizeof(struct limit), NULL);
    s->epoch_ns = boot_num(b, "keyd.epoch_time") * SECOND;
    s->epoch_most = (uint32_t)boot_num(b, "keyd.epoch_messages");
    s->sign_most = (uint32_t)boot_num(b, "keyd.signatures_per_minute");
    s->open_most = (uint32_t)boot_num(b, "keyd.opens_per_minute");
    s->wrap_most = (uint32_t)boot_num(b, "keyd.wraps_per_minute");
    s->epochs_most = (uint32_t)boot_num(b, "keyd.epochs_per_minute");
    s->slow_most = threads > 3 ? 2 : 1;
    return s;
}

void state_free(struct state **s)
{
    if (*s == NULL)
        return;
    cache_free(&(*s)->epochs);
    cache_free(&(*s)->opened);
    cache_free(&(*s)->signers);
    cache_free(&(*s)->queue_epochs);
    cache_free(&(*s)->limits);
    cache_free(&(*s)->handshakes);
    for (size_t i = 0; i < TLS_KEYS; i++)
        EVP_PKEY_free((*s)->tls[i].key);
    for (size_t i = 0; i < KEYRING_FORMERS; i++)
        EVP_PKEY_free((*s)->former[i].key);
    pki_authority_free(&(*s)->ca);
    domain_keys_free(&(*s)->domains);
    domain_keys_free(&(*s)->outbox);
    keyring_free(&(*s)->ring);
    secret_free((*s)->mac_key, 32);
    secret_free((*s)->ticket_key, TICKET_KEY);
    free(*s);
    *s = NULL;
}

void state_sweep(struct state *s)
{
    int64_t now = clock_mono();

    cache_sweep(s->epochs, epoch_stale, now);
    cache_sweep(s->opened, kept_stale, now);
    cache_sweep(s->signers, signer_stale, now);
    cache_sweep(s->queue_epochs, kept_stale, now);
    cache_sweep(s->limits, limit_stale, now);
    cache_sweep(s->handshakes, limit_stale, now);
}
