/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/main.c - pli-trustd: the white list and revocation data, kept for everybody. It holds no key and no mail. A daemon as all are
 * (base/service.h): it reads its settings and files, enters its sandbox, loads what it kept in DIR/trust, and answers. */
#include "base/log.h"
#include "base/service.h"
#include "trust/fetch/fetch.h"
#include "trust/trustd/trustd.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 16 * 1024 * 1024, LISTENERS_MAX = 16 };

/* ---- who is told of news ---- */
static struct {
    pthread_mutex_t mu;
    struct ipc_peer *peer[LISTENERS_MAX];
} told = {.mu = PTHREAD_MUTEX_INITIALIZER};

static void change(struct ipc_peer *from, struct ipc_peer *to)
{
    pthread_mutex_lock(&told.mu);
    for (size_t i = 0; i < LISTENERS_MAX; i++)
        if (told.peer[i] == from) {
            told.peer[i] = to;
            break;
        }
    pthread_mutex_unlock(&told.mu);
}

static void joined(void *daemon, struct ipc_peer *p)
{
    (void)daemon;
    if (p->role == ROLE_DIRD)
        change(NULL, p);
}

static void left(void *daemon, struct ipc_peer *p)
{
    (void)daemon;
    if (p->role == ROLE_DIRD)
        change(p, NULL);
}

static void news(void *ctx, uint64_t generation)
{
    struct trustd_ev_news ev = {generation};

    (void)ctx;
    pthread_mutex_lock(&told.mu);
    for (size_t i = 0; i < LISTENERS_MAX; i++)
        if (told.peer[i])
            ipc_push(told.peer[i], TRUSTD_EV_NEWS, &ev);
    pthread_mutex_unlock(&told.mu);
}

/* ---- settings ---- */
/* A whole file of PEM text. It names nothing, when the setting is empty. */
static struct buf pem_file(const char *path)
{
    struct buf out = BUF_INIT;
    unsigned char piece[16384];
    ssize_t n = 0;
    int fd;

    if (!path[0])
        return out;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (n = read(fd, piece, sizeof piece)) > 0 && out.n < FILE_MAX)
        buf_add(&out, piece, (size_t)n);
    if (fd < 0 || n < 0)
        die("cannot read %s (errno %d)", path, errno);
    close(fd);
    return out;
}

/* A file that a setting names: as it stands, or beside the instance when it is no whole path; "" when it names none and there is no default. */
static const char *file_of(const struct boot *b, const char *setting, const char *otherwise, char room[4096])
{
    const char *named = boot_get(b, setting);

    if (!named[0])
        named = otherwise;
    snprintf(room, 4096, "%s%s%s", named[0] == '/' || !named[0] ? "" : boot_given(b, "instance"),
             named[0] == '/' || !named[0] ? "" : "/", named);
    return room;
}

/* Before the first thread, and libcurl's are some. */
static struct list_apart *apart_of(const struct boot *b)
{
    int64_t uid = boot_given_num(b, "uid");
    const char *run = boot_given(b, "run");
    struct list_apart *apart;
    struct err e;

    if (list_apart_start(uid > 0 ? (uid_t)uid : 0, run ? run : ".", &apart, &e) != RC_OK)
        die("%s", e.log);
    return apart;
}

static struct lists *lists_of(const struct boot *b, struct list_apart *apart)
{
    char https[4096], anchors[4096], pin[4096];
    struct lists_conf c = {.url = boot_get(b, "trust.url"),
                           .https_pem = pem_file(file_of(b, "trust.https_anchors", "", https)),
                           .signer_name = boot_get(b, "trust.signer"),
                           .anchors_pem = pem_file(file_of(b, "trust.anchors", "", anchors)),
                           .signer_pem = pem_file(file_of(b, "trust.signer_cert", "", pin)),
                           .expired_signer = (enum list_expired)boot_num(b, "trust.expired_signer"),
                           .refresh = boot_num(b, "trust.refresh"),
                           .alarm_age = boot_num(b, "trust.alarm_age"),
                           .max_age = boot_num(b, "trust.max_age"),
                           .max_list_age = boot_num(b, "trust.max_list_age"),
                           .max_loss = (unsigned)boot_num(b, "trust.max_loss"),
                           .apart = apart};

    if (c.url[0] && !fetch_url_ok(span_str(c.url)))
        die("trust.url is not an address of http or https: %s", c.url);
    return lists_new(&c);
}

static struct revocations *revocations_of(const struct boot *b)
{
    char peer[4096], mail[4096];
    struct revocation_conf c = {.peer_anchors = file_of(b, "smtpd.peer_anchors", "ca.pem", peer),
                                .mail_anchors = file_of(b, "smtpd.mail_anchors", "ca.pem", mail),
                                .grace = boot_num(b, "trust.crl_grace"),
                                .ocsp_first = boot_num(b, "trust.revocation_order") == 1,
                                .accept_no_address = boot_num(b, "trust.no_address") == 0};

    return revocations_new(&c);
}

static void *load(const struct boot *b)
{
    struct trustd *t = calloc(1, sizeof *t);
    struct list_apart *apart = apart_of(b);

    if (!t || !boot_given(b, "instance"))
        die("the boot list names no instance");
    fetch_begin();
    t->lists = lists_of(b, apart);
    t->revocations = revocations_of(b);
    return t;
}

static void start(void *daemon, const struct boot *b)
{
    struct trustd *t = daemon;
    char crl[4096];

    (void)b;
    (void)snprintf(crl, sizeof crl, "%s/crl", service_home());
    lists_start(t->lists, service_home(), news, t);
    revocations_start(t->revocations, crl);
}

static void stop(void *daemon)
{
    struct trustd *t = daemon;

    lists_stop(t->lists);
    revocations_stop(t->revocations);
}

/* ---- handlers ---- */
static enum rc do_index(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)p;
    (void)fd;
    return lists_index(((struct trustd *)d)->lists, req, r, e);
}

static enum rc do_update(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)p;
    return lists_update(((struct trustd *)d)->lists, req, fd, r, e);
}

static enum rc do_check(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)p;
    (void)fd;
    return revocation_check(((struct trustd *)d)->revocations, req, r, e);
}

static enum rc do_sources(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)p;
    (void)fd;
    return revocation_sources(((struct trustd *)d)->revocations, req, r, e);
}

static enum rc do_crl(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)p;
    (void)req;
    return revocation_import(((struct trustd *)d)->revocations, fd, r, e);
}

static enum rc do_status(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct trustd *t = d;
    struct trustd_status_rep *rep = r->msg;

    (void)p;
    (void)req;
    (void)fd;
    (void)e;
    lists_status(t->lists, rep, r->scratch);
    revocations_count(t->revocations, &rep->sources, &rep->checks);
    return RC_OK;
}

int main(int argc, char **argv)
{
    static const struct ipc_bind handlers[] = {{TRUSTD_INDEX, do_index},
                                               {TRUSTD_CHECK, do_check},
                                               {TRUSTD_UPDATE, do_update},
                                               {TRUSTD_STATUS, do_status},
                                               {TRUSTD_SOURCES, do_sources},
                                               {TRUSTD_CRL, do_crl},
                                               {0, NULL}};
    static const struct service trustd = {
        .name = "trustd",
        .sandbox = SB_TRUSTD,
        .home = "trust",
        .sees_system = true,
        .load = load,
        .start = start,
        .stop = stop,
        .ipc = {.proto = &trustd_proto, .handlers = handlers, .joined = joined, .left = left}};

    return service_main(&trustd, argc, argv);
}
