/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/domain_key.c - see domain_key.h: the form of the file. */
#include "crypto/keyd/client/domain_key.h"
#include "base/wipe.h"
#include "crypto/keyd/client/keyring_int.h"
#include "crypto/seal/alg_int.h"

static const unsigned char magic[5] = {'P', 'L', 'I', 'D', 1};
static const char label[] = "pli domain key 1";
enum { HEAD = sizeof magic + GCM_NONCE };

struct domain_key *domain_key_new(void)
{
    return secret_alloc(sizeof(struct domain_key));
}

void domain_key_free(struct domain_key **k)
{
    secret_free(*k, sizeof **k);
    *k = NULL;
}

static void bound_to(const char *name, struct buf *aad)
{
    buf_add(aad, magic, sizeof magic);
    buf_addspan(aad, span_str(name));
}

enum rc domain_key_seal(const struct domain_key *k, const char *name, struct span credential, struct buf *out,
                        struct err *e)
{
    unsigned char key[32], nonce[GCM_NONCE];
    struct buf plain = BUF_INIT, aad = BUF_INIT;
    struct gcm_call c = {.key = key, .nonce = nonce};
    enum rc rc = ring_file_key(credential, label, key, e);

    buf_init_secret(&plain);
    bound_to(name, &aad);
    buf_bytes(&plain, key_der_span(&k->key));
    for (size_t i = 0; i < DOMAIN_FORMERS; i++) {
        buf_u64(&plain, k->former[i].replaced);
        buf_bytes(&plain, key_der_span(&k->former[i].key));
    }
    c.aad = buf_span(&aad);
    c.in = buf_span(&plain);
    if (rc == RC_OK)
        rc = buf_reserve(out, HEAD + plain.n + GCM_TAG, e);
    if (rc == RC_OK) {
        random_bytes(nonce, sizeof nonce);
        rc = alg_gcm_seal(&c, out->p + out->n + HEAD, e);
    }
    if (rc == RC_OK) {
        memcpy(out->p + out->n, magic, sizeof magic);
        memcpy(out->p + out->n + sizeof magic, nonce, GCM_NONCE);
        out->n += HEAD + plain.n + GCM_TAG;
    }
    wipe(key, sizeof key);
    buf_free(&plain);
    buf_free(&aad);
    return rc;
}

static bool fields_get(struct span s, struct domain_key *k)
{
    struct rd r = rd_of(s);
    bool whole = ring_take_der(&r, &k->key);

    for (size_t i = 0; i < DOMAIN_FORMERS; i++) {
        k->former[i].replaced = rd_u64(&r);
        whole = whole && ring_take_der(&r, &k->former[i].key);
    }
    return whole && rd_done(&r);
}

/* The sealed fields, opened into locked memory and read. */
static enum rc fields_open(const struct gcm_call *c, struct domain_key **k_out, struct err *e)
{
    unsigned char *plain = secret_alloc(DOMAIN_KEY_FILE_MAX);
    struct domain_key *k = domain_key_new();
    enum rc rc = alg_gcm_open(c, plain, e);

    if (rc == RC_CORRUPT)
        rc = err_set(e, RC_DENIED, "it does not open: not this instance's credential, another name, or it was changed");
    else if (rc == RC_OK && !fields_get(span_of(plain, c->in.n - GCM_TAG), k))
        rc = err_set(e, RC_CORRUPT, "the fields of a domain's key are malformed");
    if (rc == RC_OK)
        *k_out = k;
    else
        domain_key_free(&k);
    secret_free(plain, DOMAIN_KEY_FILE_MAX);
    return rc;
}

enum rc domain_key_open(struct span file, const char *name, struct span credential, struct domain_key **k_out,
                        struct err *e)
{
    unsigned char key[32];
    struct buf aad = BUF_INIT;
    struct gcm_call c = {.key = key};
    enum rc rc;

    if (file.n < HEAD + GCM_TAG || file.n > DOMAIN_KEY_FILE_MAX || memcmp(file.p, magic, 4) != 0)
        return err_set(e, RC_CORRUPT, "not a domain's key");
    if (file.p[4] != magic[4])
        return err_set(e, RC_PERM, "a domain's key of version %u, this program knows version %u", file.p[4], magic[4]);
    bound_to(name, &aad);
    c.nonce = file.p + sizeof magic;
    c.aad = buf_span(&aad);
    c.in = span_from(file, HEAD);
    rc = ring_file_key(credential, label, key, e);
    if (rc == RC_OK)
        rc = fields_open(&c, k_out, e);
    wipe(key, sizeof key);
    buf_free(&aad);
    return rc;
}
