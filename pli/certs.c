/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/certs.c - see pli/certs.h. */
#include "pli/certs.h"
#include "base/clock.h"
#include "pli/instance.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY = 86400, PEM_MAX = 256 * 1024, WAIT_S = 15 };

static void count_days(struct cert_seen *s)
{
    int64_t left = s->info.not_after - clock_utc();

    s->days_left = left < 0 ? -((-left + DAY - 1) / DAY) : left / DAY;
}

static bool read_file(struct cmd *c, const char *name, struct buf *out)
{
    char path[4096];
    unsigned char piece[4096];
    FILE *f = fopen(inst_path(c->root, name, path), "re");
    size_t n;

    while (f && out->n < PEM_MAX && (n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(out, piece, n);
    if (f)
        fclose(f);
    return f != NULL;
}

static int server_each(struct cmd *c, int (*see)(struct cmd *, const struct cert_seen *, void *), void *ctx)
{
    static const char *const names[] = {"ca.pem", "tls/server.pem", "tls/server-ec.pem", "tls/slapd.pem"};
    int answer = PLI_OK;

    for (size_t i = 0; i < sizeof names / sizeof *names && answer == PLI_OK; i++) {
        struct cert_seen s = {.what = "server"};
        struct buf text = BUF_INIT;
        struct err e;

        snprintf(s.name, sizeof s.name, "%s", names[i]);
        if (read_file(c, names[i], &text)) {
            if (cert_info_pem(buf_span(&text), &s.info, &e) != RC_OK)
                answer = cmd_fail(c, "%s holds no certificate: put one there with pli cert import or renew", names[i]);
            count_days(&s);
            if (answer == PLI_OK)
                answer = see(c, &s, ctx);
        }
        buf_free(&text);
    }
    return answer;
}

static int accounts_each(struct cmd *c, int (*see)(struct cmd *, const struct cert_seen *, void *), void *ctx)
{
    char after[256] = "";
    struct dird_list_rep rep = {.more = 1};
    struct dird_account a = {0};
    struct buf page = BUF_INIT;
    struct err e;
    int answer = PLI_OK;

    while (rep.more && answer == PLI_OK) {
        struct dird_list_req rq = {span_str(after), SPAN_NULL};

        rep = (struct dird_list_rep){0};
        if (dir_call_in(inst_dir(c), DIRD_CERTS, &rq, &rep, &page, &e) != RC_OK)
            answer = cmd_err(c, &e);
        for (struct span rest = rep.list; answer == PLI_OK && ipc_list_next(&rest, dird_account_f, &a, &e) == RC_OK;) {
            struct cert_seen s = {.what = "account"};

            snprintf(s.name, sizeof s.name, "%.*s", SPAN_ARG(a.address));
            snprintf(after, sizeof after, "%.*s", SPAN_ARG(a.address));
            if (a.cert_der.n == 0 || cert_info_der(a.cert_der, &s.info, &e) != RC_OK)
                continue;
            count_days(&s);
            answer = see(c, &s, ctx);
        }
    }
    buf_free(&page);
    return answer;
}

int certs_each(struct cmd *c, bool accounts, int (*see)(struct cmd *c, const struct cert_seen *s, void *ctx), void *ctx)
{
    int answer = server_each(c, see, ctx);

    return answer == PLI_OK && accounts ? accounts_each(c, see, ctx) : answer;
}

/* The directory server makes its socket (run/ldapi, where we are) at each start: another one is the new server's. */
static bool socket_of(struct stat *out)
{
    return stat("ldapi", out) == 0;
}

static bool another_socket(const struct stat *before)
{
    struct stat now;

    return socket_of(&now) && (now.st_ino != before->st_ino || now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
                               now.st_ctim.tv_nsec != before->st_ctim.tv_nsec);
}

/* Who calls the next command finds a directory that answers. It takes a fraction of a second; beyond WAIT_S the next command will say
 * what is wrong, and doctor too. */
static void wait_for_directory(struct cmd *c, const struct stat *before)
{
    int64_t end = clock_mono() + WAIT_S * INT64_C(1000000000);
    struct dird_list_req rq = {SPAN_NULL, SPAN_NULL};
    struct dird_list_rep rep = {0};
    struct buf mem = BUF_INIT;
    struct err e;

    while (clock_mono() < end) {
        if (another_socket(before) && dir_call_in(inst_dir(c), DIRD_CERTS, &rq, &rep, &mem, &e) == RC_OK)
            break;
        usleep(50 * 1000);
    }
    buf_free(&mem);
}

int certs_reload(struct cmd *c, bool directory, bool *told_out)
{
    struct stat before = {.st_ino = 0};
    long pid = 0;

    *told_out = false;
    if (!inst_served(".", &pid))
        return PLI_OK;
    (void)socket_of(&before);
    if (pid <= 1 || kill((pid_t)pid, SIGUSR2) != 0)
        return cmd_sys(c, "the running server (process %ld) cannot be told (%s): restart it, or send it SIGUSR2", pid,
                       strerror(errno));
    if (directory)
        wait_for_directory(c, &before);
    *told_out = true;
    return PLI_OK;
}
