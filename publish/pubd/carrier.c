/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/carrier.c - see publish/pubd/carrier.h: the process, its connection, its handshake. */
#include "publish/pubd/carrier.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/stream.h"
#include "crypto/keyd/client/client.h"
#include "crypto/keyd/client/domain_key_place.h"
#include "crypto/pki/cert_info.h"
#include "crypto/tls/tls_client.h"
#include "publish/pubd/runner_int.h"
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LATER = 75, CONNECT_S = 20, PORT_MOST = 65535, SERVERS_OWN = 500, PEM_MAX = 64 * 1024 };

struct carrier {
    const char *base;           /* publish.url */
    char host[256], place[300]; /* "https://host:port" as libcurl connects: http */
    struct tls_client *tls;
    int64_t ends; /* of the certificate that it shows, the earlier one of two, UTC s; 0: it has none */
    struct keyd *keyd;
    struct carrier_door door;
};

/* ---- a connection ---- */
/* libcurl finds the addresses, tries them, and gives the socket. -1: none answers. */
static int dial(const struct carrier *c, int timeout_ms, struct buf *report)
{
    CURL *h = curl_easy_init();
    char error[CURL_ERROR_SIZE] = "";
    curl_socket_t fd = CURL_SOCKET_BAD;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    int own = -1;

    if (h) {
        curl_easy_setopt(h, CURLOPT_URL, c->place);
        curl_easy_setopt(h, CURLOPT_CONNECT_ONLY, 1L);
        curl_easy_setopt(h, CURLOPT_PROXY, "");
        curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)(timeout_ms < CONNECT_S * 1000 ? timeout_ms : CONNECT_S * 1000));
        curl_easy_setopt(h, CURLOPT_ERRORBUFFER, error);
        code = curl_easy_perform(h);
    }
    if (code == CURLE_OK && curl_easy_getinfo(h, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK && fd != CURL_SOCKET_BAD)
        own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    curl_easy_cleanup(h);
    if (own < 0)
        buf_addf(report, "no connection: %.150s", error[0] ? error : curl_easy_strerror(code));
    return own;
}

static enum rc sign(void *ctx, const struct keyd_tls_req *rq, struct buf *sig_out, struct err *e)
{
    const struct carrier *c = ctx;

    return keyd_tls_sign(c->keyd, rq, sig_out, e);
}

/* A server that does not like our certificate hangs up, or answers with a page: what may be the cause stands first. */
static void own_certificate(const struct carrier *c, struct buf *report)
{
    char until[32];

    clock_iso(c->ends * 1000, until);
    if (c->ends == 0)
        buf_addstr(report, "there is no certificate to show (pli cert import FILE --outbox); ");
    else if (c->ends < clock_utc())
        buf_addf(report, "our certificate ended on %.10s (pli cert import FILE --outbox); ", until);
}

static bool secure(struct carrier *c, struct stream *s, struct buf *report)
{
    static struct tls_peer peer; /* it is large, and this process does one thing at a time */
    struct tls_signer signer = {sign, c};
    struct err e;

    if (tls_connect(c->tls, c->host, &signer, s, &peer, &e) != RC_OK) {
        own_certificate(c, report);
        buf_addf(report, "no TLS: %s", e.log);
        return false;
    }
    if (!peer.verified)
        buf_addf(report, "the server's certificate: %s", peer.why);
    return peer.verified;
}

/* ---- one event ---- */
static const char *variable(const struct runner_asked *q, const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; q->env[i]; i++)
        if (strncmp(q->env[i], name, n) == 0 && q->env[i][n] == '=')
            return q->env[i] + n + 1;
    return "";
}

static bool read_body(int fd, struct buf *out)
{
    char piece[4096];
    ssize_t n;
    off_t at = 0;

    while ((n = pread(fd, piece, sizeof piece, at)) > 0) {
        buf_add(out, piece, (size_t)n);
        at += n;
    }
    return n == 0;
}

static int exchange(struct carrier *c, const struct runner_asked *q, struct span body, struct run_result *r)
{
    struct carrier_request rq = {.door = &c->door,
                                 .base = c->base,
                                 .resource = variable(q, "PLI_PUBLISH_RESOURCE"),
                                 .query = variable(q, "PLI_PUBLISH_QUERY"),
                                 .key = variable(q, "PLI_PUBLISH_KEY"),
                                 .body = body};
    int64_t deadline = deadline_in(q->timeout_ms);
    struct buf *report = &r->report;
    int fd = dial(c, q->timeout_ms, report), code = LATER;
    struct stream *s = fd >= 0 ? stream_open(fd) : NULL;
    struct carrier_answer answer = {.body = BUF_INIT};
    struct buf said = BUF_INIT;
    struct err e;

    if (s)
        stream_deadline(s, deadline);
    if (s && secure(c, s, report)) {
        rq.timeout_ms = deadline_left_ms(deadline) > 0 ? deadline_left_ms(deadline) : 1;
        if (carrier_exchange(s, &rq, &answer, &e) == RC_OK)
            code = carrier_judge(variable(q, "PLI_PUBLISH_EVENT"), answer.status, buf_span(&answer.body), &said);
        else
            buf_addstr(&said, e.log);
        if (code == LATER && answer.status < SERVERS_OWN)
            own_certificate(c, report);
    }
    buf_addspan(report, buf_span(&said));
    stream_close(&s);
    buf_free(&said);
    buf_free(&answer.body);
    r->wait_s = code == LATER ? answer.wait_s : 0;
    return code;
}

static void answer(struct carrier *c, const struct runner_asked *q, struct run_result *r)
{
    struct buf body = BUF_INIT;

    r->end = RUN_EXIT;
    r->code = read_body(q->body, &body) ? exchange(c, q, buf_span(&body), r) : LATER;
    buf_cut(&r->report, r->report.n < RUN_REPORT ? r->report.n : RUN_REPORT);
    buf_free(&body);
}

/* ---- the process ---- */
static void enter(struct carrier *c, const struct boot *b)
{
    int64_t uid = boot_given_num(b, "uid");
    const char *run = boot_given(b, "run");
    struct sandbox_how how = {.kind =
                                  SB_TRUSTD /* what talks to the outside: names, connections, a thread; no program */,
                              .uid = uid > 0 ? (uid_t)uid : 0};
    struct err e;

    if (!run || chdir(run) != 0) /* where keyd.sock is */
        die("carrier of events: %s: errno %d", run ? run : "no run", errno);
    c->door.name = "carrier.sock";
    if (!carrier_door(&c->door, how.uid))
        die("carrier of events: run/%s cannot be made (errno %d)", c->door.name, errno);
    if (sandbox_enter(&how, &e) != RC_OK)
        die("carrier of events: %s", e.log);
}

/* What is under way ends with pubd, at once: the next pubd repeats it, and two at a time could cross. */
static void *follow(void *arg)
{
    struct pollfd p = {*(int *)arg, 0, 0};

    while (poll(&p, 1, -1) <= 0 || !(p.revents & (POLLHUP | POLLERR)))
        continue;
    _exit(0);
}

static void loop(struct carrier *c, int door)
{
    static unsigned char packet[RUN_PACKET];
    static const struct runner_how nobody = {.program = ""};
    struct run_result r;
    struct runner_asked q;
    pthread_t thread;
    size_t n;
    bool on = true;

    if (pthread_create(&thread, NULL, follow, &door) != 0)
        die("carrier of events: no thread");
    c->keyd = keyd_new(ROLE_PUBD);
    while (on && runner_asked(door, packet, &n, &q.body)) {
        r = (struct run_result){.end = RUN_FAILED, .code = EINVAL, .report = BUF_INIT};
        if (runner_take(&nobody, span_of(packet, n), &q))
            answer(c, &q, &r);
        close(q.body);
        keyd_rest(c->keyd);
        on = runner_tell(door, &r);
        buf_free(&r.report);
    }
    _exit(0);
}

/* ---- the settings ---- */
static void path_of(const char *instance, const char *name, char out[1024])
{
    if (snprintf(out, 1024, "%s%s%s", name[0] == '/' ? "" : instance, name[0] == '/' ? "" : "/", name) >= 1024)
        die("%s is too long a name", name);
}

/* "https://HOST[:PORT][/PATH]", and nothing else: a user, a query or another scheme would be passed over in silence. */
static void read_url(struct carrier *c)
{
    const char *at = c->base + (strncmp(c->base, "https://", 8) == 0 ? 8 : 0);
    size_t host = strcspn(at, ":/"), authority = strcspn(at, "/");
    long port = at[host] == ':' ? strtol(at + host + 1, NULL, 10) : 443;

    if (at == c->base || host == 0 || host >= sizeof c->host || strpbrk(at, "@?#[] \t\"%\\") || port < 1 ||
        port > PORT_MOST || c->base[strlen(c->base) - 1] == '/' ||
        (at[host] == ':' && strspn(at + host + 1, "0123456789") != authority - host - 1))
        die("publish.url = \"%s\": https://NAME[:PORT][/PATH], without a slash at its end", c->base);
    snprintf(c->host, sizeof c->host, "%.*s", (int)host, at);
    snprintf(c->place, sizeof c->place, "http://%s:%ld", c->host, port);
}

/* NULL: there is none of that kind, or none that can be read: a process that ended here would be started for ever, with nobody to say why. */
static const char *chain(struct carrier *c, const char *path)
{
    static char text[PEM_MAX];
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, sizeof text, f) : 0;
    struct cert_info i;
    struct err e;

    if (!f && errno == ENOENT)
        return NULL;
    if (f)
        fclose(f);
    if (cert_info_pem(span_of(text, n), &i, &e) != RC_OK) {
        log_ev(LOG_WARN_, "publish-certificate", "state=unread file=%s", log_esc(span_str(path)));
        return NULL;
    }
    c->ends = c->ends == 0 || i.not_after < c->ends ? i.not_after : c->ends;
    return path;
}

/* The outbox goes on: the server may want no certificate, and what it says otherwise stands in the reports. */
static void warn(const struct carrier *c)
{
    char until[32];

    clock_iso(c->ends * 1000, until);
    if (c->ends == 0)
        log_ev(LOG_WARN_, "publish-certificate", "state=none");
    else if (c->ends < clock_utc())
        log_ev(LOG_WARN_, "publish-certificate", "state=ended until=%.10s", until);
}

static void load_tls(struct carrier *c, const struct boot *b)
{
    const char *instance = boot_given(b, "instance"), *anchors = boot_get(b, "publish.anchors");
    char a[1024], rsa[1024], ec[1024];
    struct domain_key_place at;
    struct tls_client_spec spec = {.anchors_pem = a};
    struct err e;

    path_of(instance, anchors[0] ? anchors : "ca.pem", a);
    (void)domain_key_place(OUTBOX_KEY, DC_RSA, &at);
    path_of(instance, at.certificate, rsa);
    (void)domain_key_place(OUTBOX_KEY, DC_EC, &at);
    path_of(instance, at.certificate, ec);
    spec.chain_pem = chain(c, rsa);
    spec.chain_ec_pem = chain(c, ec);
    warn(c);
    if (tls_client_new(&spec, &c->tls, &e) != RC_OK)
        die("publish.backend = https: TLS cannot start: %s", e.log);
}

int carrier_start(const struct boot *b)
{
    static struct carrier c;
    int ends[2];
    pid_t pid;

    c.base = boot_get(b, "publish.url");
    read_url(&c);
    load_tls(&c, b);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 || (pid = fork()) < 0)
        die("the process that sends events cannot be started (errno %d)", errno);
    if (pid == 0) {
        close(ends[0]);
        signal(SIGTERM, SIG_IGN); /* it ends with pubd */
        signal(SIGINT, SIG_IGN);
        prctl(PR_SET_NAME, "pubd-carrier");
        enter(&c, b);
        loop(&c, ends[1]);
    }
    close(ends[1]);
    return ends[0];
}
