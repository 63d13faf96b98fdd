/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/revocation_fixture_int.h - for unit tests: a web server that gives lists and answers, or fails in each way, and counts what it is
 * asked; chains with their addresses there.
 * Process  unit tests.
 */
#pragma once
#include "base/clock.h"
#include "base/log.h"
#include "crypto/pki/authority_fixture_int.h"
#include "crypto/pki/pki.h"
#include "trust/trustd/revocation_int.h"
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { HOUR = 3600, GRACE = 4 * HOUR, CASES = 64 };
static struct err e;
static struct made root, stranger;
static char dir[] = "/tmp/revocation_test.XXXXXX", root_pem[128];

/* ---- the web server: a page a path, one thread a connection ---- */
struct page {
    char path[64];
    int status; /* 0: it never answers */
    struct buf body;
    int slow_ms;
    int asked;
};
static struct page pages[CASES];
static size_t n_pages;
static pthread_mutex_t web_mu = PTHREAD_MUTEX_INITIALIZER;
static int web_fd, web_port;

static struct page *page_at(const char *request)
{
    for (size_t i = 0; i < n_pages; i++) {
        const char *at = strstr(request, pages[i].path);

        if (at && at[strlen(pages[i].path)] == ' ')
            return &pages[i];
    }
    return NULL;
}

static void *serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char in[4096] = "", head[128];
    size_t n = 0;
    ssize_t got;
    struct page *p;
    struct buf body = BUF_INIT;
    int status, slow;

    while (n + 1 < sizeof in && !strstr(in, "\r\n\r\n") && (got = read(fd, in + n, sizeof in - 1 - n)) > 0)
        n += (size_t)got, in[n] = 0;
    pthread_mutex_lock(&web_mu);
    p = page_at(in);
    if (p) {
        p->asked++;
        buf_addspan(&body, buf_span(&p->body));
    }
    status = p ? p->status : 404;
    slow = p ? p->slow_ms : 0;
    pthread_mutex_unlock(&web_mu);
    poll(NULL, 0, slow);
    if (status == 0)
        (void)!read(fd, in, 1); /* until the client goes */
    else {
        snprintf(head, sizeof head, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
                 body.n);
        (void)!write(fd, head, strlen(head));
        for (size_t off = 0; off < body.n && (got = write(fd, body.p + off, body.n - off)) > 0;)
            off += (size_t)got;
        shutdown(fd, SHUT_WR);
        while (read(fd, in, sizeof in) > 0) {
        }
    }
    buf_free(&body);
    close(fd);
    return NULL;
}

static void *web(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(web_fd, NULL, NULL);
        pthread_t t;

        if (fd >= 0 && pthread_create(&t, NULL, serve, (void *)(intptr_t)fd) == 0)
            pthread_detach(t);
    }
    return NULL;
}

/* Puts a page, or another in its place. body is taken over. */
static struct page *put(const char *path, int status, struct buf body)
{
    struct page *p;

    pthread_mutex_lock(&web_mu);
    for (p = pages; p < pages + n_pages && strcmp(p->path, path) != 0; p++) {
    }
    if (p == pages + n_pages) {
        assert_true(n_pages < CASES);
        n_pages++;
        snprintf(p->path, sizeof p->path, "%s", path);
    }
    buf_free(&p->body);
    p->status = status;
    p->body = body;
    pthread_mutex_unlock(&web_mu);
    return p;
}

static int asked(const char *path)
{
    int n = 0;

    pthread_mutex_lock(&web_mu);
    for (size_t i = 0; i < n_pages; i++)
        if (strcmp(pages[i].path, path) == 0)
            n = pages[i].asked;
    pthread_mutex_unlock(&web_mu);
    return n;
}

static const char *at(const char *kind, const char *path) /* kind: "URI:" or "OCSP;URI:" */
{
    static char text[8][256];
    static int next;

    next = (next + 1) % 8;
    snprintf(text[next], sizeof text[0], "%shttp://127.0.0.1:%d%s", kind, web_port, path);
    return text[next];
}

/* ---- chains of the test ---- */
struct chain {
    struct made inter, leaf;
    struct buf list;
};
static char name[64];

/* Leaf below an intermediate, with these addresses. The intermediate's own list is the root's, at PATH-root, unless it is none. */
static struct chain chain_new(const char *path, const char *cdp, const char *aia, bool inter_has_list)
{
    static unsigned no;
    struct chain c = {.list = BUF_INIT};
    char root_path[64];

    snprintf(name, sizeof name, "Inter %u", ++no);
    snprintf(root_path, sizeof root_path, "%s-root", path);
    c.inter = made_new((struct made_want){.cn = name,
                                          .by = &root,
                                          .basic = "critical,CA:TRUE",
                                          .usage = "critical,keyCertSign,cRLSign",
                                          .cdp = inter_has_list ? at("URI:", root_path) : NULL});
    c.leaf = made_new((struct made_want){.cn = "leaf", .by = &c.inter, .cdp = cdp, .aia = aia});
    if (inter_has_list)
        put(root_path, 200, list_new((struct list_want){.by = &root}));
    pki_list_add(&c.list, buf_span(&c.leaf.der));
    pki_list_add(&c.list, buf_span(&c.inter.der));
    return c;
}

static void chain_drop(struct chain *c)
{
    made_free(&c->inter);
    made_free(&c->leaf);
    buf_free(&c->list);
}

static struct revocations *started[CASES];
static struct revocations *fresh_at(const char *sub, struct revocation_conf c)
{
    static char dirs[CASES][160];
    static size_t no;
    struct revocations *r;

    c.peer_anchors = c.mail_anchors = root_pem;
    r = revocations_new(&c);
    snprintf(dirs[no], sizeof dirs[0], "%s/%s", dir, sub);
    revocations_start(r, dirs[no]);
    started[no++] = r;
    return r;
}
static struct revocations *fresh(const char *sub)
{
    return fresh_at(sub, (struct revocation_conf){.grace = GRACE, .accept_no_address = true});
}

struct told {
    struct trustd_check_rep rep;
    char why[TRUST_TEXT + 1], dn[TRUST_NAME + 1];
};
static struct told once_for(struct revocations *r, const struct chain *c, enum trust_want want)
{
    struct told t = {.why = ""};
    struct buf scratch = BUF_INIT;
    struct err mine;
    struct ipc_reply rep = {&t.rep, &scratch, -1};

    assert_int_equal(revocation_check(r, &(struct trustd_check_req){TP_PEER, (uint8_t)want, buf_span(&c->list)}, &rep, &mine), RC_OK);
    snprintf(t.why, sizeof t.why, "%.*s", SPAN_ARG(t.rep.why));
    snprintf(t.dn, sizeof t.dn, "%.*s", SPAN_ARG(t.rep.dn));
    buf_free(&scratch);
    return t;
}

static struct told once(struct revocations *r, const struct chain *c)
{
    return once_for(r, c, TW_REVOCATION);
}

static struct told settled(struct revocations *r, const struct chain *c)
{
    int64_t until = deadline_in(60000);
    struct told t = once(r, c);

    while (t.rep.state == TS_PENDING && deadline_left_ms(until) > 0) {
        poll(NULL, 0, 20);
        t = once(r, c);
    }
    return t;
}

/* A download that is slower than the patience (a slow machine today) is told as failing, until it is there. */
static inline struct told becomes(struct revocations *r, const struct chain *c, enum trust_state state)
{
    int64_t until = deadline_in(60000);
    struct told t = settled(r, c);

    while (t.rep.state != state && deadline_left_ms(until) > 0) {
        poll(NULL, 0, 20);
        t = settled(r, c);
    }
    return t;
}

static void expect(struct told t, enum trust_state state, const char *why)
{
    if (t.rep.state != state || !strstr(t.why, why))
        fail_msg("state %d depth %d: %s", t.rep.state, t.rep.depth, t.why);
}

/* What an administrator brings; der is taken over. */
static enum rc import(struct revocations *r, struct buf der)
{
    FILE *f = tmpfile();
    struct trustd_crl_rep out = {.revoked = 0};
    struct buf scratch = BUF_INIT;
    struct ipc_reply rep = {&out, &scratch, -1};
    enum rc rc;

    assert_int_equal(fwrite(der.p, 1, der.n, f), der.n);
    fflush(f);
    rc = revocation_import(r, fileno(f), &rep, &e);
    fclose(f);
    buf_free(&scratch);
    buf_free(&der);
    return rc;
}

static int set_up(void **st)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    struct buf pem = BUF_INIT;
    pthread_t t;
    FILE *f;

    (void)st;
    signal(SIGPIPE, SIG_IGN);
    log_open("revocation-test", LOG_ERROR_ + 1);
    web_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (!mkdtemp(dir) || bind(web_fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(web_fd, 64) != 0 ||
        getsockname(web_fd, (struct sockaddr *)&a, &len) != 0 || pthread_create(&t, NULL, web, NULL) != 0)
        return -1;
    pthread_detach(t);
    web_port = ntohs(a.sin_port);
    root = made_ca("Root", NULL);
    stranger = made_ca("Stranger", NULL);
    pki_pem("CERTIFICATE", buf_span(&root.der), &pem);
    snprintf(root_pem, sizeof root_pem, "%s/root.pem", dir);
    f = fopen(root_pem, "w");
    fwrite(pem.p, 1, pem.n, f);
    fclose(f);
    buf_free(&pem);
    return 0;
}

static int drop(void **st)
{
    char cmd[128];

    (void)st;
    for (size_t i = 0; i < CASES && started[i]; i++)
        revocations_stop(started[i]);
    made_free(&root);
    made_free(&stranger);
    snprintf(cmd, sizeof cmd, "rm -r %s", dir);
    return system(cmd);
}
