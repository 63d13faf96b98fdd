/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/keyring_create.c - pli init: all long-term keys, the trial CA and the server certificates, made once.
 * The keyring is written last: a run that was cut short leaves none and may be repeated.
 */
#include "base/ascii.h"
#include "base/fd.h"
#include "base/wipe.h"
#include "crypto/keyd/client/keyring_int.h"
#include "crypto/pki/pki.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CA_DAYS = 3653, SERVER_DAYS = 1096 };

struct making {
    const struct keyring_spec *spec;
    struct keyring *ring;
};

/* ---- files ---- */

static enum rc write_all(int fd, struct span s, const char *path, struct err *e)
{
    if (!fd_write_all(fd, s))
        return err_sys(e, RC_TEMP, "write %s", path);
    return fsync(fd) == 0 ? RC_OK : err_sys(e, RC_TEMP, "fsync %s", path);
}

/* Who may read the former one reads the new one too: slapd has a uid of its own. One that is new belongs to whom its folder belongs: root may make it for an
 * instance that runs as somebody else. */
static enum rc keep_owner(int fd, const char *path, struct err *e)
{
    char folder[PATH_MAX];
    struct stat st;

    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (geteuid() != 0 || (lstat(path, &st) != 0 && lstat(folder, &st) != 0))
        return RC_OK;
    return fchown(fd, st.st_uid, st.st_gid) == 0 ? RC_OK : err_sys(e, RC_TEMP, "chown %s", path);
}

enum rc keyring_put_file(const char *dir, const char *name, mode_t mode, struct span s, struct err *e)
{
    char path[PATH_MAX], tmp[PATH_MAX];
    enum rc rc;
    int fd;

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path ||
        snprintf(tmp, sizeof tmp, "%s/%s.new", dir, name) >= (int)sizeof tmp)
        return err_set(e, RC_PERM, "path too long: %s", dir);
    (void)unlink(tmp);
    fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_sys(e, RC_TEMP, "create %s", tmp);
    rc = write_all(fd, s, tmp, e);
    if (rc == RC_OK && fchmod(fd, mode) != 0)
        rc = err_sys(e, RC_TEMP, "chmod %s", tmp);
    if (rc == RC_OK)
        rc = keep_owner(fd, path, e);
    close(fd);
    if (rc == RC_OK && rename(tmp, path) != 0)
        rc = err_sys(e, RC_TEMP, "rename %s", tmp);
    if (rc != RC_OK)
        (void)unlink(tmp);
    return rc;
}

static enum rc make_dir(const char *dir, const char *name, mode_t mode, struct err *e)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return err_set(e, RC_PERM, "path too long: %s", dir);
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return err_sys(e, RC_TEMP, "mkdir %s", path);
    return RC_OK;
}

static enum rc not_there(const char *dir, struct err *e)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/keys/keyring", dir) >= (int)sizeof path)
        return err_set(e, RC_PERM, "path too long: %s", dir);
    if (access(path, F_OK) == 0)
        return err_set(e, RC_EXISTS, "%s exists: its keys open the mailboxes of this instance and are not replaced",
                       path);
    return RC_OK;
}

/* ---- keys and certificates ---- */

static enum rc key_into(struct key_der *d, enum pki_alg alg, struct err *e)
{
    struct buf b = BUF_INIT;
    enum rc rc;

    buf_init_secret(&b);
    rc = pki_key_new(alg, &b, e);
    if (rc == RC_OK && b.n > sizeof d->p)
        rc = err_set(e, RC_PERM, "key of %zu bytes", b.n);
    if (rc == RC_OK) {
        memcpy(d->p, b.p, b.n);
        d->n = (uint32_t)b.n;
    }
    buf_free(&b);
    return rc;
}

static enum rc make_ca(struct making *m, struct err *e)
{
    struct keyring *k = m->ring;
    struct buf o = BUF_INIT, der = BUF_INIT;
    enum rc rc = key_into(&k->ca_key, PKI_RSA_3072, e);

    buf_addf(&o, "Pli trial CA of %s", m->spec->domain);
    if (rc == RC_OK) {
        struct pki_want w = {.use = PKI_CA,
                             .subject = {{"C", SPAN_LIT("FR")}, {"O", SPAN_LIT("Pli trial")}, {"CN", buf_span(&o)}},
                             .days = CA_DAYS,
                             .key_pkcs8 = key_der_span(&k->ca_key)};
        rc = pki_issue(&w, &der, e);
    }
    if (rc == RC_OK && der.n > sizeof k->ca_cert.p)
        rc = err_set(e, RC_PERM, "CA certificate of %zu bytes", der.n);
    if (rc == RC_OK) {
        memcpy(k->ca_cert.p, der.p, der.n);
        k->ca_cert.n = (uint32_t)der.n;
    }
    buf_free(&o);
    buf_free(&der);
    return rc;
}

/* This machine's own name, for its LDAP tools: libldap takes "localhost" for it when it checks a certificate. Empty: unusable. */
static struct span machine_name(char *out, size_t size)
{
    if (gethostname(out, size - 1) != 0)
        return SPAN_NULL;
    out[size - 1] = '\0';
    for (const char *p = out; *p; p++)
        if (!ascii_is_alnum((unsigned char)*p) && *p != '-' && *p != '.')
            return SPAN_NULL;
    return span_str(out);
}

enum rc keyring_issue_server(const struct keyring_spec *s, const struct keyring *k, struct span key, const char *name,
                             struct err *e)
{
    static const unsigned char ip4[4] = {127, 0, 0, 1}, ip6[16] = {[15] = 1};
    struct buf o = BUF_INIT, der = BUF_INIT, pem = BUF_INIT, file = BUF_INIT;
    char machine[256], conf[300], discover[300];
    struct pki_want w = {.use = PKI_SERVER,
                         .subject = {{"C", SPAN_LIT("FR")},
                                     {"ST", SPAN_LIT("Paris (75)")},
                                     {"O", SPAN_NULL},
                                     {"OU", SPAN_LIT("1300017985")},
                                     {"CN", span_str(s->host)}},
                         .dns = {span_str(s->host), SPAN_LIT("localhost"), span_str(s->domain), SPAN_NULL, SPAN_NULL,
                                 machine_name(machine, sizeof machine)},
                         .ip = {span_of(ip4, 4), span_of(ip6, 16)},
                         .days = SERVER_DAYS,
                         .key_pkcs8 = key};
    struct pki_authority *by = NULL;
    enum rc rc = pki_authority_new(key_der_span(&k->ca_key), key_der_span(&k->ca_cert), &by, e);

    /* where mail clients look for their settings (pli-httpd) */
    (void)snprintf(conf, sizeof conf, "autoconfig.%s", s->domain);
    (void)snprintf(discover, sizeof discover, "autodiscover.%s", s->domain);
    w.dns[3] = span_str(conf);
    w.dns[4] = span_str(discover);
    buf_addf(&o, "Essai %s", s->domain);
    w.subject[2].value = buf_span(&o);
    w.by = by;
    if (rc == RC_OK)
        rc = pki_issue(&w, &der, e);
    if (rc == RC_OK) {
        pki_pem("CERTIFICATE", buf_span(&der), &pem);
        pki_pem("CERTIFICATE", key_der_span(&k->ca_cert), &pem);
        buf_addf(&file, "tls/%s", name);
        rc = keyring_put_file(s->dir, buf_cstr(&file), 0644, buf_span(&pem), e);
    }
    pki_authority_free(&by);
    buf_free(&o);
    buf_free(&der);
    buf_free(&pem);
    buf_free(&file);
    return rc;
}

enum rc keyring_issue_slapd(const struct keyring_spec *s, const struct keyring *k, struct err *e)
{
    struct buf pem = BUF_INIT, key = BUF_INIT;
    enum rc rc;

    buf_init_secret(&pem);
    buf_init_secret(&key);
    rc = pki_key_new(PKI_P256, &key, e);
    if (rc == RC_OK)
        rc = keyring_issue_server(s, k, buf_span(&key), "slapd.pem", e);
    if (rc == RC_OK) {
        pki_pem("PRIVATE KEY", buf_span(&key), &pem);
        rc = keyring_put_file(s->dir, "tls/slapd.key", 0400, buf_span(&pem), e);
    }
    buf_free(&pem);
    buf_free(&key);
    return rc;
}

static enum rc make_ca_pem(struct making *m, struct err *e)
{
    struct buf pem = BUF_INIT;
    enum rc rc;

    pki_pem("CERTIFICATE", key_der_span(&m->ring->ca_cert), &pem);
    rc = keyring_put_file(m->spec->dir, "ca.pem", 0644, buf_span(&pem), e);
    buf_free(&pem);
    return rc;
}

static enum rc make_keyring(struct making *m, struct err *e)
{
    unsigned char credential[CREDENTIAL_MIN];
    struct buf file = BUF_INIT;
    enum rc rc;

    random_bytes(credential, sizeof credential);
    rc = keyring_seal(m->ring, span_of(credential, sizeof credential), &file, e);
    if (rc == RC_OK)
        rc = keyring_put_file(m->spec->dir, "keys/credential", 0400, span_of(credential, sizeof credential), e);
    if (rc == RC_OK)
        rc = keyring_put_file(m->spec->dir, "keys/keyring", 0400, buf_span(&file), e);
    wipe(credential, sizeof credential);
    buf_free(&file);
    return rc;
}

static enum rc make_all(struct making *m, struct err *e)
{
    const char *dir = m->spec->dir;
    struct keyring *k = m->ring;
    enum rc rc = not_there(dir, e);

    if (rc == RC_OK)
        rc = make_dir(dir, "keys", 0700, e);
    if (rc == RC_OK)
        rc = make_dir(dir, "tls", 0755, e);
    random_bytes(k->kek, SLOT_KEK);
    if (rc == RC_OK)
        rc = seal_pair_new(k->queue_pub, k->queue_priv, e);
    if (rc == RC_OK)
        rc = make_ca(m, e);
    if (rc == RC_OK)
        rc = key_into(&k->tls_rsa, PKI_RSA_2048, e);
    if (rc == RC_OK)
        rc = key_into(&k->tls_ec, PKI_P256, e);
    if (rc == RC_OK)
        rc = keyring_issue_server(m->spec, k, key_der_span(&k->tls_rsa), "server.pem", e);
    if (rc == RC_OK)
        rc = keyring_issue_server(m->spec, k, key_der_span(&k->tls_ec), "server-ec.pem", e);
    if (rc == RC_OK)
        rc = keyring_issue_slapd(m->spec, k, e);
    if (rc == RC_OK)
        rc = make_ca_pem(m, e);
    return rc == RC_OK ? make_keyring(m, e) : rc;
}

enum rc keyring_create(const struct keyring_spec *s, struct err *e)
{
    struct making m = {.spec = s, .ring = keyring_new()};
    enum rc rc;

    rc = make_all(&m, e);
    keyring_free(&m.ring);
    return rc;
}
