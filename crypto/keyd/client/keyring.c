/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/keyring.c - see keyring.h. */
#include "base/wipe.h"
#include "crypto/keyd/client/keyring_int.h"
#include "crypto/seal/alg_int.h"

static const unsigned char magic[5] = {'P', 'L', 'I', 'K', 2};
static const char label[] = "pli keyring 1";

struct keyring *keyring_new(void)
{
    return secret_alloc(sizeof(struct keyring));
}

void keyring_free(struct keyring **k)
{
    secret_free(*k, sizeof **k);
    *k = NULL;
}

enum rc ring_file_key(struct span credential, const char *kind, unsigned char key[32], struct err *e)
{
    if (credential.n < CREDENTIAL_MIN || credential.n > CREDENTIAL_MAX)
        return err_set(e, RC_DENIED, "credential of %zu bytes: it must have %d to %d", credential.n, CREDENTIAL_MIN,
                       CREDENTIAL_MAX);
    return alg_hkdf(credential, span_str(kind), key, e);
}

static void fields_put(const struct keyring *k, struct buf *b)
{
    buf_add(b, k->kek, SLOT_KEK);
    buf_add(b, k->queue_pub, SEAL_PUB);
    buf_add(b, k->queue_priv, SEAL_PRIV);
    buf_bytes(b, key_der_span(&k->ca_key));
    buf_bytes(b, key_der_span(&k->ca_cert));
    buf_bytes(b, key_der_span(&k->tls_rsa));
    buf_bytes(b, key_der_span(&k->tls_ec));
    for (size_t i = 0; i < KEYRING_FORMERS; i++) {
        buf_addc(b, k->former[i].ecdsa);
        buf_u64(b, k->former[i].replaced);
        buf_bytes(b, key_der_span(&k->former[i].key));
    }
}

static bool take(struct rd *r, unsigned char *out, size_t n)
{
    struct span s = rd_take(r, n);

    if (rd_ok(r))
        memcpy(out, s.p, n);
    return rd_ok(r);
}

bool ring_take_der(struct rd *r, struct key_der *d)
{
    struct span s = rd_bytes(r);

    if (!rd_ok(r) || s.n > sizeof d->p)
        return false;
    if (s.n > 0)
        memcpy(d->p, s.p, s.n);
    d->n = (uint32_t)s.n;
    return true;
}

static bool take_formers(struct rd *r, struct key_former former[KEYRING_FORMERS])
{
    bool whole = true;

    for (size_t i = 0; i < KEYRING_FORMERS; i++) {
        former[i].ecdsa = rd_u8(r);
        former[i].replaced = rd_u64(r);
        whole = whole && ring_take_der(r, &former[i].key);
    }
    return whole;
}

int64_t key_former_left(const struct key_former *f, int64_t now)
{
    int64_t left = (int64_t)f->replaced + KEYRING_FORMER_S - now;

    if (f->replaced == 0)
        return INT64_MAX;
    return left < 0 ? 0 : left > KEYRING_FORMER_S ? KEYRING_FORMER_S : left;
}

static bool fields_get(struct span s, struct keyring *k)
{
    struct rd r = rd_of(s);
    bool whole = take(&r, k->kek, SLOT_KEK) && take(&r, k->queue_pub, SEAL_PUB) && take(&r, k->queue_priv, SEAL_PRIV) &&
                 ring_take_der(&r, &k->ca_key) && ring_take_der(&r, &k->ca_cert) && ring_take_der(&r, &k->tls_rsa) &&
                 ring_take_der(&r, &k->tls_ec) && take_formers(&r, k->former);

    return whole && rd_done(&r) && k->ca_key.n > 0 && k->ca_cert.n > 0 && k->tls_rsa.n > 0 && k->tls_ec.n > 0;
}

enum rc keyring_seal(const struct keyring *k, struct span credential, struct buf *out, struct err *e)
{
    unsigned char key[32], nonce[GCM_NONCE];
    struct buf plain = BUF_INIT;
    struct gcm_call c = {.key = key, .nonce = nonce, .aad = span_of(magic, sizeof magic)};
    enum rc rc = ring_file_key(credential, label, key, e);

    buf_init_secret(&plain);
    fields_put(k, &plain);
    c.in = buf_span(&plain);
    if (rc == RC_OK)
        rc = buf_reserve(out, sizeof magic + GCM_NONCE + plain.n + GCM_TAG, e);
    if (rc == RC_OK) {
        random_bytes(nonce, sizeof nonce);
        rc = alg_gcm_seal(&c, out->p + out->n + sizeof magic + GCM_NONCE, e);
    }
    if (rc == RC_OK) {
        memcpy(out->p + out->n, magic, sizeof magic);
        memcpy(out->p + out->n + sizeof magic, nonce, GCM_NONCE);
        out->n += sizeof magic + GCM_NONCE + plain.n + GCM_TAG;
    }
    wipe(key, sizeof key);
    buf_free(&plain);
    return rc;
}

/* the sealed fields, opened into locked memory and read */
static enum rc fields_open(const struct gcm_call *c, struct keyring **k_out, struct err *e)
{
    unsigned char *plain = secret_alloc(KEYRING_FILE_MAX);
    struct keyring *k = keyring_new();
    enum rc rc = alg_gcm_open(c, plain, e);

    if (rc == RC_CORRUPT)
        rc = err_set(e, RC_DENIED, "keyring does not open: not its credential, or the file was changed");
    else if (rc == RC_OK && !fields_get(span_of(plain, c->in.n - GCM_TAG), k))
        rc = err_set(e, RC_CORRUPT, "keyring is malformed");
    if (rc == RC_OK)
        *k_out = k;
    else
        keyring_free(&k);
    secret_free(plain, KEYRING_FILE_MAX);
    return rc;
}

enum rc keyring_open(struct span file, struct span credential, struct keyring **k_out, struct err *e)
{
    const size_t head = sizeof magic + GCM_NONCE;
    unsigned char key[32];
    struct gcm_call c = {.key = key, .aad = span_head(file, sizeof magic)};
    enum rc rc;

    if (file.n < head + GCM_TAG || file.n > KEYRING_FILE_MAX || memcmp(file.p, magic, 4) != 0)
        return err_set(e, RC_CORRUPT, "not a keyring file");
    if (file.p[4] != magic[4])
        return err_set(e, RC_PERM, "keyring of version %u, this program knows version %u", file.p[4], magic[4]);
    c.nonce = file.p + sizeof magic;
    c.in = span_from(file, head);
    rc = ring_file_key(credential, label, key, e);
    if (rc == RC_OK)
        rc = fields_open(&c, k_out, e);
    wipe(key, sizeof key);
    return rc;
}
