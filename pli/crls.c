/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/crls.c - see pli/crls.h. */
#include "pli/crls.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum rc read_whole(int fd, struct buf *out, struct err *e)
{
    struct stat st;
    ssize_t n = 1;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, RC_SYNTAX, "not a file");
    if (st.st_size > PKI_CRL_MAX)
        return err_set(e, RC_DENIED, "a file of %lld bytes", (long long)st.st_size);
    if (buf_reserve(out, (size_t)st.st_size + 1, e) != RC_OK)
        return e->rc;
    while (out->n <= (size_t)st.st_size && (n = read(fd, out->p + out->n, (size_t)st.st_size + 1 - out->n)) > 0)
        out->n += (size_t)n;
    return n < 0 ? err_sys(e, RC_TEMP, "read") : RC_OK;
}

enum rc crl_file(const char *path, struct pki_crl **crl_out, struct buf *der_out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct buf der = BUF_INIT;
    enum rc rc = fd >= 0 ? read_whole(fd, &der, e) : err_sys(e, RC_TEMP, "open");

    if (fd >= 0)
        close(fd);
    if (rc == RC_OK)
        rc = pki_crl_parse(buf_span(&der), crl_out, e);
    if (rc == RC_OK && der_out)
        buf_addspan(der_out, buf_span(&der));
    buf_free(&der);
    return rc;
}

static int add(struct cmd *c, const char *path, bool must, struct crls *l)
{
    struct err e;
    enum rc rc = l->n < CRLS_MAX ? crl_file(path, &l->all[l->n], NULL, &e) : err_set(&e, RC_QUOTA, "too many lists");

    if (rc == RC_OK)
        l->n++;
    return rc == RC_OK || !must ? PLI_OK : cmd_fail(c, "%s is no revocation list that can be used: %s", path, e.log);
}

/* In a folder, a file that is no list is passed over, because authorities put certificates beside their lists. */
int crls_load(struct cmd *c, const char *named, struct crls *out)
{
    DIR *d = named ? opendir(named) : NULL;
    struct dirent *f;
    char path[4096];

    if (d == NULL)
        return named ? add(c, named, true, out) : PLI_OK;
    while ((f = readdir(d)) != NULL)
        if (f->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", named, f->d_name) < (int)sizeof path)
            (void)add(c, path, false, out);
    closedir(d);
    return PLI_OK;
}

void crls_free(struct crls *l)
{
    while (l->n > 0)
        pki_crl_free(&l->all[--l->n]);
}
