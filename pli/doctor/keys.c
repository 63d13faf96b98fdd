/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/doctor/keys.c - checks what nothing can replace: the keyring and the credential that opens it. It also checks
 * that each key belongs to its certificate. See pli/doctor/doctor.h.
 * A keyring that does not open is found here, on a quiet day, and not after the restart that needed it. */
#include "base/wipe.h"
#include "crypto/keyd/client/keyring.h"
#include "crypto/pki/pki.h"
#include "pli/doctor/doctor.h"
#include "pli/instance.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 };
static const char restore[] = "restore keys/ from the copy that you keep apart: without it no default mailbox opens";
static const char not_ours[] = "run pli doctor as root or as the instance's owner";

/* The whole file; false after its finding. out is a secret buffer. */
static bool read_secret_file(struct report *r, const char *path, struct buf *out, const char *advice)
{
    struct err e;
    ssize_t n = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    buf_init_secret(out);
    if (fd >= 0 && buf_reserve(out, FILE_MAX, &e) == RC_OK && (n = read(fd, out->p, FILE_MAX)) > 0)
        out->n = (size_t)n;
    if (n <= 0)
        finding(r, F_FAIL, "keys", fd < 0 && errno == EACCES ? not_ours : advice, "%s %s", path,
                fd < 0 ? strerror(errno) : "is empty or cannot be read");
    if (fd >= 0)
        close(fd);
    return n > 0;
}

/* Under systemd the credential may come from the service manager (LoadCredentialEncrypted=): then only keyd sees it. */
static bool credential_path(struct report *r, char path[4096])
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");

    if (dir && dir[0]) {
        inst_path(dir, "pli-keyd", path);
        return true;
    }
    return access(inst_path(r->c->root, "keys/credential", path), F_OK) == 0 || errno != ENOENT;
}

static struct keyring *open_keyring(struct report *r)
{
    struct buf ring = BUF_INIT, credential = BUF_INIT;
    char path[4096];
    struct keyring *k = NULL;
    struct err e;

    if (!credential_path(r, path)) {
        finding(r, r->served ? F_WARN : F_FAIL, "keys",
                r->served ? "right when the service manager gives it (LoadCredential=); else restore it" : restore,
                "%s is missing", path);
        return NULL;
    }
    if (read_secret_file(r, path, &credential, restore) &&
        read_secret_file(r, inst_path(r->c->root, "keys/keyring", path), &ring, restore)) {
        if (keyring_open(buf_span(&ring), buf_span(&credential), &k, &e) == RC_OK)
            finding(r, F_OK, "keys", NULL, "the keyring opens with its credential");
        else
            finding(r, F_FAIL, "keys", restore, "keys/keyring: %s", e.log);
    }
    buf_free(&ring);
    buf_free(&credential);
    return k;
}

/* ---- key and certificate ---- */
static bool first_certificate(struct report *r, const char *name, struct buf *der)
{
    struct buf pem = BUF_INIT;
    char path[4096];
    struct err e;
    bool ok = read_secret_file(r, inst_path(r->c->root, name, path), &pem, "restore it, or have it made again") &&
              pki_unpem("CERTIFICATE", buf_span(&pem), der, &e) == RC_OK;

    buf_free(&pem);
    return ok; /* a file without a certificate is a finding of doctor/files.c */
}

static void check_pair(struct report *r, const char *cert, const char *whose, struct span key)
{
    struct buf der = BUF_INIT;
    struct err e;

    if (first_certificate(r, cert, &der)) {
        if (pki_match(key, buf_span(&der), &e) == RC_OK)
            finding(r, F_OK, "keys", NULL, "%s is the certificate of %s", cert, whose);
        else
            finding(r, F_FAIL, "keys", "put back the certificate that was made for this key: TLS fails as it is",
                    "%s is not the certificate of %s", cert, whose);
    }
    buf_free(&der);
}

/* pli cert import leaves one kind of key when the other's certificate is the trial authority's: one of the two may be missing. */
static void check_listener_pairs(struct report *r, const struct keyring *k)
{
    const struct {
        const char *cert, *whose;
        struct span key;
    } pairs[] = {{"tls/server.pem", "the keyring's RSA key", key_der_span(&k->tls_rsa)},
                 {"tls/server-ec.pem", "the keyring's ECDSA key", key_der_span(&k->tls_ec)}};
    char path[2][4096];
    bool there[2];

    for (size_t i = 0; i < 2; i++)
        there[i] = access(inst_path(r->c->root, pairs[i].cert, path[i]), F_OK) == 0;
    for (size_t i = 0; i < 2; i++)
        if (there[i] || !there[1 - i])
            check_pair(r, pairs[i].cert, pairs[i].whose, pairs[i].key);
}

static void check_ca(struct report *r, const struct keyring *k)
{
    struct buf der = BUF_INIT;

    if (first_certificate(r, "ca.pem", &der) && !span_eq(buf_span(&der), key_der_span(&k->ca_cert)))
        finding(r, F_WARN, "keys",
                "expected when you put other authorities first; else put back the file that pli init made",
                "ca.pem does not begin with the trial authority of this keyring");
    buf_free(&der);
}

static void check_slapd_pair(struct report *r)
{
    struct buf pem = BUF_INIT, key = BUF_INIT;
    char path[4096];
    struct err e;

    buf_init_secret(&key);
    if (read_secret_file(r, inst_path(r->c->root, "tls/slapd.key", path), &pem, "restore it from a backup")) {
        if (pki_unpem("PRIVATE KEY", buf_span(&pem), &key, &e) == RC_OK)
            check_pair(r, "tls/slapd.pem", "tls/slapd.key", buf_span(&key));
        else
            finding(r, F_FAIL, "keys", "restore it from a backup", "%s holds no private key", path);
    }
    buf_free(&pem);
    buf_free(&key);
}

void check_keys(struct report *r)
{
    struct keyring *k = open_keyring(r);

    if (k) {
        check_listener_pairs(r, k);
        check_ca(r, k);
        keyring_free(&k);
    }
    check_slapd_pair(r);
}
