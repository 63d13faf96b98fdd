/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/far_key.c - see crypto/tls/far_key.h. */
#include "crypto/tls/far_key.h"
#include "crypto/tls/tls_int.h"
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

/* ---- keys that are elsewhere ---- */

static const struct {
    gnutls_sign_algorithm_t gnutls;
    uint16_t iana;
    gnutls_pk_algorithm_t pk;
} schemes[] = {
    {GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 0x0403, GNUTLS_PK_ECDSA},
    {GNUTLS_SIGN_ECDSA_SHA256, 0x0403, GNUTLS_PK_ECDSA},
    {GNUTLS_SIGN_ECDSA_SHA384, 0x0503, GNUTLS_PK_ECDSA},
    {GNUTLS_SIGN_ECDSA_SHA512, 0x0603, GNUTLS_PK_ECDSA},
    {GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 0x0804, GNUTLS_PK_RSA},
    {GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 0x0805, GNUTLS_PK_RSA},
    {GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 0x0806, GNUTLS_PK_RSA},
    {GNUTLS_SIGN_RSA_SHA256, 0x0401, GNUTLS_PK_RSA},
    {GNUTLS_SIGN_RSA_SHA384, 0x0501, GNUTLS_PK_RSA},
    {GNUTLS_SIGN_RSA_SHA512, 0x0601, GNUTLS_PK_RSA},
};

/* 0: a key of this kind does not sign with that algorithm. */
static uint16_t scheme_of(gnutls_sign_algorithm_t algo, gnutls_pk_algorithm_t pk)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (schemes[i].gnutls == algo && schemes[i].pk == pk)
            return schemes[i].iana;
    return 0;
}

/* The DigestInfo of each hash (RFC 8017 9.2). Up to the hash value they differ only in the algorithm's last byte and in
 * two lengths. */
static const struct {
    uint16_t iana;
    unsigned char oid, len;
} infos[] = {{0x0401, 1, 32}, {0x0501, 2, 48}, {0x0601, 3, 64}};

/* For PKCS#1 v1.5 the library gives the finished DigestInfo. keyd takes the hash alone and makes its own DigestInfo. */
static uint16_t digest_info(struct span *in)
{
    for (size_t i = 0; i < sizeof infos / sizeof *infos; i++) {
        const unsigned char head[19] = {0x30,         (unsigned char)(17 + infos[i].len),
                                        0x30,         0x0d,
                                        0x06,         0x09,
                                        0x60,         0x86,
                                        0x48,         0x01,
                                        0x65,         0x03,
                                        0x04,         0x02,
                                        infos[i].oid, 0x05,
                                        0x00,         0x04,
                                        infos[i].len};

        if (in->n == sizeof head + infos[i].len && memcmp(in->p, head, sizeof head) == 0) {
            *in = span_from(*in, sizeof head);
            return infos[i].iana;
        }
    }
    return 0;
}

static int far_sign(gnutls_privkey_t key, gnutls_sign_algorithm_t algo, void *ctx, unsigned flags,
                    const gnutls_datum_t *hash, gnutls_datum_t *signature)
{
    struct far_key *f = ctx;
    const struct tls_signer *signer = f->of->signer;
    struct span h = span_of(hash->data, hash->size);
    uint16_t scheme = algo == GNUTLS_SIGN_RSA_RAW ? digest_info(&h) : scheme_of(algo, f->pk);
    struct keyd_tls_req rq = {(uint8_t)f->which, span_of(f->shown, sizeof f->shown), scheme, h};
    struct buf sig = BUF_INIT;
    int code = GNUTLS_E_PK_SIGN_FAILED;

    (void)key;
    (void)flags;
    if (rq.algorithm == 0 || signer == NULL)
        return GNUTLS_E_INVALID_REQUEST;
    if (signer->sign(signer->ctx, &rq, &sig, &f->of->why) == RC_OK &&
        (signature->data = gnutls_malloc(sig.n)) != NULL) {
        memcpy(signature->data, sig.p, sig.n);
        signature->size = (unsigned)sig.n;
        code = 0;
    }
    buf_free(&sig);
    return code;
}

static int far_info(gnutls_privkey_t key, unsigned flags, void *ctx)
{
    const struct far_key *f = ctx;

    (void)key;
    if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
        return (int)f->pk;
    if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS)
        return (int)f->bits;
    if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
        return scheme_of(GNUTLS_FLAGS_TO_SIGN_ALGO(flags), f->pk) != 0;
    if (flags & GNUTLS_PRIVKEY_INFO_SIGN_ALGO)
        return 0; /* no favourite */
    return -1;
}

/* ---- credentials ---- */

static int far_privkey(struct far_key *f, gnutls_privkey_t *key_out)
{
    gnutls_privkey_t key;
    int code = gnutls_privkey_init(&key);

    if (code < 0)
        return code;
    /* sign_data would tell keyd more, but the library hashes first for RSA and ECDSA and calls sign_hash whatever is given */
    code = gnutls_privkey_import_ext4(key, f, NULL, far_sign, NULL, NULL, far_info, 0);
    if (code < 0)
        gnutls_privkey_deinit(key);
    else
        *key_out = key;
    return code;
}

static int name_key(struct far_key *f, gnutls_pubkey_t key)
{
    gnutls_datum_t der = {NULL, 0};
    int code = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der);

    if (code >= 0)
        code = gnutls_hash_fast(GNUTLS_DIG_SHA256, der.data, der.size, f->shown);
    gnutls_free(der.data);
    return code;
}

/* Adds a chain and its key, which is in keyd. From set_key on, the credentials own both. */
static int keypair_add(gnutls_certificate_credentials_t cred, struct far_key *f, gnutls_pcert_st *chain, unsigned n)
{
    gnutls_privkey_t key = NULL;
    int pk = gnutls_pubkey_get_pk_algorithm(chain[0].pubkey, &f->bits), code;

    f->pk = (gnutls_pk_algorithm_t)pk;
    code = name_key(f, chain[0].pubkey);
    if (code >= 0)
        code = far_privkey(f, &key);
    if (code >= 0)
        code = gnutls_certificate_set_key(cred, NULL, 0, chain, (int)n, key);
    if (code >= 0) {
        memcpy(f->chain, chain, n * sizeof *chain);
        f->n_chain = n;
        f->privkey = key;
        return 0;
    }
    gnutls_privkey_deinit(key);
    for (unsigned i = 0; i < n; i++)
        gnutls_pcert_deinit(&chain[i]);
    return code;
}

/* A root at the end of the chain is not sent (RFC 8446 section 4.4.2). A client that trusts it has it, and for any
 * other client it is useless. A client spends as long on reading a root as on all other certificates of a handshake. */
static unsigned without_root(gnutls_pcert_st *chain, unsigned n)
{
    gnutls_x509_crt_t last = NULL;
    bool root = false;

    if (n < 2 || gnutls_x509_crt_init(&last) < 0)
        return n;
    root = gnutls_x509_crt_import(last, &chain[n - 1].cert, GNUTLS_X509_FMT_DER) >= 0 &&
           gnutls_x509_crt_check_issuer(last, last) == 1;
    gnutls_x509_crt_deinit(last);
    if (root)
        gnutls_pcert_deinit(&chain[n - 1]);
    return root ? n - 1 : n;
}

static int pem_add(gnutls_certificate_credentials_t cred, struct far_key *f, const gnutls_datum_t *pem)
{
    gnutls_pcert_st chain[FAR_CHAIN];
    gnutls_x509_crt_t *crts = NULL;
    unsigned n_crts = 0, n = FAR_CHAIN;
    int code = gnutls_x509_crt_list_import2(&crts, &n_crts, pem, GNUTLS_X509_FMT_PEM, 0);

    if (code >= 0 && n_crts > FAR_CHAIN)
        code = GNUTLS_E_CERTIFICATE_LIST_UNSORTED;
    if (code >= 0) {
        n = n_crts;
        code = gnutls_pcert_import_x509_list(chain, crts, &n, GNUTLS_X509_CRT_LIST_SORT);
    }
    if (code >= 0)
        code = keypair_add(cred, f, chain, without_root(chain, n));
    for (unsigned i = 0; i < n_crts; i++)
        gnutls_x509_crt_deinit(crts[i]);
    gnutls_free(crts);
    return code;
}

static enum rc chain_add(gnutls_certificate_credentials_t cred, struct far_key *f, const char *pem_file, struct err *e)
{
    gnutls_datum_t pem = {NULL, 0};
    int code = gnutls_load_file(pem_file, &pem);

    if (code >= 0)
        code = pem_add(cred, f, &pem);
    gnutls_free(pem.data);
    return code >= 0 ? RC_OK : tls_err(e, RC_PERM, pem_file, code);
}

static void begin(struct far_keys *f, gnutls_certificate_credentials_t cred)
{
    f->key[0] = (struct far_key){.of = f, .which = KEYD_TLS_SERVER_EC};
    f->key[1] = (struct far_key){.of = f, .which = KEYD_TLS_SERVER};
    /* the match of key and certificate would ask for a signature of nothing, which keyd rightly refuses */
    gnutls_certificate_set_flags(cred, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
}

enum rc far_keys_add_pem(struct far_keys *f, gnutls_certificate_credentials_t cred, struct span chain_ec,
                         struct span chain_rsa, struct err *e)
{
    const struct span chains[2] = {chain_ec, chain_rsa};
    int code = 0;

    begin(f, cred);
    for (size_t i = 0; i < 2 && code >= 0; i++)
        if (chains[i].n > 0)
            code = pem_add(cred, &f->key[i],
                           &(gnutls_datum_t){(unsigned char *)(uintptr_t)chains[i].p, (unsigned)chains[i].n});
    return code >= 0 ? RC_OK : tls_err(e, RC_PERM, "a domain's certificate", code);
}

enum rc far_keys_add(struct far_keys *f, gnutls_certificate_credentials_t cred, const char *chain_ec_pem,
                     const char *chain_pem, struct err *e)
{
    enum rc rc = RC_OK;

    begin(f, cred);
    if (chain_ec_pem != NULL)
        rc = chain_add(cred, &f->key[0], chain_ec_pem, e);
    if (rc == RC_OK && chain_pem != NULL)
        rc = chain_add(cred, &f->key[1], chain_pem, e);
    return rc;
}

/* ---- a client's choice ---- */

static bool takes(gnutls_pk_algorithm_t pk, const gnutls_pk_algorithm_t *algos, int n)
{
    for (int i = 0; i < n; i++)
        if (algos[i] == pk)
            return true;
    return false;
}

static int choose(gnutls_session_t session, const gnutls_datum_t *authorities, int n_authorities,
                  const gnutls_pk_algorithm_t *algos, int n_algos, gnutls_pcert_st **chain_out, unsigned *n_out,
                  gnutls_privkey_t *key_out)
{
    struct far_keys *f = gnutls_session_get_ptr(session);
    struct far_key *ec = &f->key[0], *rsa = &f->key[1];
    struct far_key *k = rsa->n_chain == 0 || (ec->n_chain > 0 && takes(GNUTLS_PK_ECDSA, algos, n_algos)) ? ec : rsa;

    (void)authorities;
    (void)n_authorities;
    *chain_out = k->chain;
    *n_out = k->n_chain;
    *key_out = k->privkey;
    return 0;
}

void far_keys_offer(gnutls_certificate_credentials_t cred)
{
    gnutls_certificate_set_retrieve_function2(cred, choose);
}
