/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/certificate_list.c - every certificate of the instance, one after the other. See admin/certificates.h. */
#include "admin/accounts.h"
#include "admin/certificates_int.h"
#include "base/clock.h"
#include "base/fd.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { DAY = 86400 };

void certificate_days_count(struct certificate_seen *s)
{
    int64_t left = s->info.not_after - clock_utc();

    s->days_left = left < 0 ? -((-left + DAY - 1) / DAY) : left / DAY;
}

bool certificate_file_read(const char *root, const char *name, struct buf *out)
{
    char path[4096];
    int fd =
        snprintf(path, sizeof path, "%s/%s", root, name) < (int)sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return false;
    (void)fd_read_all(fd, CERTIFICATE_FILE_MOST, out); /* of what cannot be read there is no certificate */
    close(fd);
    return true;
}

/* ---- the server's ---- */
static enum rc one_file(const char *name, struct span pem, certificate_see see, void *ctx, struct err *e)
{
    struct certificate_seen s = {.what = "server"};

    snprintf(s.name, sizeof s.name, "%s", name);
    if (cert_info_pem(pem, &s.info, e) != RC_OK)
        return err_set(e, RC_NOTFOUND, "%s holds no certificate: put one there with pli cert import or renew", name);
    certificate_days_count(&s);
    return see(&s, ctx, e);
}

enum rc certificates_of_server(const char *root, certificate_see see, void *ctx, struct err *e)
{
    static const char *const names[] = {"ca.pem", "tls/server.pem", "tls/server-ec.pem", "tls/slapd.pem"};
    enum rc rc = RC_OK;

    for (size_t i = 0; i < sizeof names / sizeof *names && rc == RC_OK; i++) {
        struct buf pem = BUF_INIT;

        if (certificate_file_read(root, names[i], &pem))
            rc = one_file(names[i], buf_span(&pem), see, ctx, e);
        buf_free(&pem);
    }
    return rc;
}

/* ---- the accounts' ---- */
struct accounts_walk {
    certificate_see see;
    void *ctx;
};

static enum rc one_account(const struct dird_account *a, void *ctx, struct err *e)
{
    const struct accounts_walk *w = ctx;
    struct certificate_seen s = {.what = "account"};
    struct err unread;

    if (a->cert_der.n == 0 || cert_info_der(a->cert_der, &s.info, &unread) != RC_OK)
        return RC_OK;
    snprintf(s.name, sizeof s.name, "%.*s", SPAN_ARG(a->address));
    certificate_days_count(&s);
    return w->see(&s, w->ctx, e);
}

enum rc certificates_of_accounts(struct admin *ad, certificate_see see, void *ctx, struct err *e)
{
    struct accounts_walk w = {see, ctx};

    return account_each_certificate(ad, one_account, &w, e);
}
