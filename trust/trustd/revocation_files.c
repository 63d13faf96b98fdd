/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/revocation_files.c - lists on disk, lists that an administrator brings, and the start and end of it all. */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/seal/digest.h"
#include "trust/trustd/keep.h"
#include "trust/trustd/revocation_int.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files ---- */

static void hex(const unsigned char in[32], char out[65])
{
    for (int i = 0; i < 32; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", in[i]);
}

void rev_url_name(const char *url, char out[80])
{
    unsigned char d[32];

    digest_of(span_str(url), d);
    hex(d, out);
}

enum rc rev_file_save(const char *dir, const char *name, const char *ending, struct span body, struct err *e)
{
    char file[96];

    (void)snprintf(file, sizeof file, "%.80s%.8s", name, ending);
    return keep_file(dir, file, body, e);
}

static enum rc read_fd(int fd, size_t most, struct buf *out, struct err *e)
{
    struct stat st;
    ssize_t n = 1;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, RC_SYNTAX, "no file");
    if (st.st_size < 0 || (size_t)st.st_size > most)
        return err_set(e, RC_DENIED, "a file of %lld bytes", (long long)st.st_size);
    if (buf_reserve(out, (size_t)st.st_size, e) != RC_OK)
        return e->rc;
    while (out->n < (size_t)st.st_size &&
           (n = pread(fd, out->p + out->n, (size_t)st.st_size - out->n, (off_t)out->n)) > 0)
        out->n += (size_t)n;
    return n > 0 || out->n == (size_t)st.st_size ? RC_OK : err_set(e, RC_TEMP, "a file that cannot be read");
}

static enum rc read_path(const char *path, size_t most, struct buf *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum rc rc = read_fd(fd, most, out, e);

    if (fd >= 0)
        close(fd);
    return rc;
}

/* ---- at the start ---- */

/* The address that a list came from stands beside it, and must be the one that its name is made of. */
static bool url_of(const char *dir, const char *stem, char url[TRUST_URL])
{
    struct buf b = BUF_INIT;
    char path[KEEP_PATH], name[80];
    struct err e;
    bool ok;

    (void)snprintf(path, sizeof path, "%s/%.80s.url", dir, stem);
    ok = read_path(path, TRUST_URL - 1, &b, &e) == RC_OK && b.n > 0 && memchr(b.p, 0, b.n) == NULL;
    if (ok)
        (void)snprintf(url, TRUST_URL, "%.*s", SPAN_ARG(buf_span(&b)));
    buf_free(&b);
    if (ok)
        rev_url_name(url, name);
    return ok && strcmp(name, stem) == 0;
}

static void load_one(struct revocations *r, const char *file, size_t n)
{
    char path[KEEP_PATH], stem[80], url[TRUST_URL];
    struct buf der = BUF_INIT;
    struct pki_crl *crl = NULL;
    struct rev_source *s;
    struct err e;
    bool local = strncmp(file, "local-", 6) == 0;

    (void)snprintf(path, sizeof path, "%s/%.120s", r->dir, file);
    (void)snprintf(stem, sizeof stem, "%.*s", (int)(n - 4), file);
    if (read_path(path, PKI_CRL_MAX, &der, &e) != RC_OK || pki_crl_parse(buf_span(&der), &crl, &e) != RC_OK)
        log_ev(LOG_WARN_, "revocation-file", "file=%s why=%s", log_esc(span_str(file)), log_esc(span_str(e.log)));
    else if (local || url_of(r->dir, stem, url)) {
        s = rev_source_at(r, false, local ? stem : url);
        if (s && s->crl == NULL) {
            s->crl = pki_crl_ref(crl);
            s->local = local;
            s->used = clock_utc();
            s->next_fetch = pki_crl_about(crl)->next_update;
        }
    }
    pki_crl_free(&crl);
    buf_free(&der);
}

static void load_all(struct revocations *r)
{
    DIR *d = opendir(r->dir);
    struct dirent *f;

    while (d && (f = readdir(d)) != NULL) {
        size_t n = strlen(f->d_name);

        if (n > 4 && n < 80 && strcmp(f->d_name + n - 4, ".crl") == 0)
            load_one(r, f->d_name, n);
    }
    if (d)
        closedir(d);
}

struct revocations *revocations_new(const struct revocation_conf *c)
{
    struct revocations *r = calloc(1, sizeof *r);
    struct err e;

    if (r == NULL)
        die("out of memory");
    r->conf = *c;
    if (pki_anchors_load(c->peer_anchors, &r->anchors[TP_PEER], &e) != RC_OK)
        die("trust anchors %s: %s", c->peer_anchors, e.log);
    if (pki_anchors_load(c->mail_anchors, &r->anchors[TP_MAIL], &e) != RC_OK)
        die("trust anchors %s: %s", c->mail_anchors, e.log);
    pthread_mutex_init(&r->mu, NULL);
    pthread_cond_init(&r->work, NULL);
    return r;
}

void revocations_start(struct revocations *r, const char *dir)
{
    r->dir = span_dup(span_str(dir));
    if (mkdir(dir, 0755) != 0 && errno != EEXIST)
        die("%s: %s", dir, strerror(errno));
    load_all(r);
    for (int i = 0; i < REV_THREADS; i++)
        if (pthread_create(&r->threads[i], NULL, rev_worker, r) != 0)
            die("no thread for revocation lists");
}

void revocations_stop(struct revocations *r)
{
    struct timespec until;

    pthread_mutex_lock(&r->mu);
    r->stop = true;
    pthread_cond_broadcast(&r->work);
    pthread_mutex_unlock(&r->mu);
    /* a thread that verifies must not meet the library's clean-up at exit; one that waits for a server is left behind */
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    for (int i = 0; i < REV_THREADS; i++)
        (void)pthread_timedjoin_np(r->threads[i], NULL, &until);
}

/* ---- what an administrator brings ---- */

static void name_of(const struct pki_crl *c, char out[80])
{
    unsigned char id[32];
    char text[65];

    pki_crl_scope(c, id);
    hex(id, text);
    (void)snprintf(out, 80, "local-%s", text);
}

static enum rc take(struct revocations *r, struct pki_crl *crl, struct span der, const char *name, struct err *e)
{
    struct rev_source *s;
    enum rc rc = RC_OK;

    pthread_mutex_lock(&r->mu);
    s = rev_source_at(r, false, name);
    if (s)
        s->local = true; /* it is not dropped for another from now on */
    if (s == NULL)
        rc = err_set(e, RC_QUOTA, "no room for another list");
    else if (s->crl && pki_crl_about(crl)->this_update < pki_crl_about(s->crl)->this_update)
        rc = err_set(e, RC_DENIED, "the list is older than the one held");
    pthread_mutex_unlock(&r->mu);
    if (rc == RC_OK)
        rc = rev_file_save(r->dir, name, ".crl", der, e);
    if (rc != RC_OK)
        return rc;
    pthread_mutex_lock(&r->mu);
    pki_crl_free(&s->crl); /* a local source is never dropped, so s still stands */
    s->crl = pki_crl_ref(crl);
    s->local = true;
    s->used = clock_utc();
    r->generation++;
    pthread_mutex_unlock(&r->mu);
    return RC_OK;
}

enum rc revocation_import(struct revocations *r, int fd, struct ipc_reply *rep, struct err *e)
{
    struct trustd_crl_rep *out = rep->msg;
    struct buf der = BUF_INIT;
    struct pki_crl *crl = NULL;
    char name[80];
    enum rc rc = read_fd(fd, PKI_CRL_MAX, &der, e);

    if (rc == RC_OK)
        rc = pki_crl_parse(buf_span(&der), &crl, e);
    if (rc == RC_OK)
        rc = pki_crl_by_anchor(r->anchors[TP_PEER], r->anchors[TP_MAIL], crl, e);
    if (rc == RC_OK) {
        name_of(crl, name);
        rc = take(r, crl, buf_span(&der), name, e);
    }
    if (rc == RC_OK) {
        const struct pki_crl_info *i = pki_crl_about(crl);

        buf_addstr(rep->scratch, i->issuer);
        *out = (struct trustd_crl_rep){buf_span(rep->scratch), (uint64_t)i->this_update, (uint64_t)i->next_update,
                                       i->revoked};
    }
    pki_crl_free(&crl);
    buf_free(&der);
    return rc;
}
