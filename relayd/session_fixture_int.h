/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session_fixture_int.h - tests only: a server that follows a script, a scheduler that writes down what a session tells it, and a session
 * between them, in its sandbox.
 *
 * Script   one string a step, the last one NULL:
 *   S:text   says the line            R:octets  says them as they are         D:text   says the line an octet at a time
 *   C:text   hears exactly that line; with * at the end, a line that begins so
 *   TLS      the handshake; NOTLS: it fails
 *                       DATA      hears a message up to its dot, the message of the letter at hand
 *   BDAT     hears "BDAT n" or "BDAT n LAST" and the octets; SAME: all so far are the message of the letter at hand
 *   SOME     hears anything; SLEEP reads nothing, until the connection breaks
 *   NEXT     the letter at hand is the next one
 *   GONE     the session closes its end; CLOSE, RESET: we do; HANG: we say nothing until it does; ENDLESS: a reply without an end
 * Told     P or p: PEER, verified or not. R: READY. [0T250/2.0.0 ...]: DONE, T taken, L later, N never, then the cause's name or the code/enhanced code.
 *          {cause@stage code}: END.
 * Process  tests.
 */
#pragma once
#include "base/log.h"
#include "base/sandbox_int.h"
#include "base/wipe.h"
#include "crypto/tls/trial_fixture_int.h"
#include "relayd/session.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { STEPS = 60, LETTERS = 4, RCPTS = 4 };
#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define PRIORITY_12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"

struct test_letter {
    const char *sender, *rcpt[RCPTS], *orcpt, *envid;
    uint16_t notify;
    uint8_t ret, flags;
    struct span message;     /* p NULL: the small one */
    uint64_t size;           /* 0: the message's */
    bool damaged;
    uint32_t refuse_chunk;   /* the scheduler has no such chunk; 0: it has all */
};
struct test_case {
    const char *name, *told;
    const char *step[STEPS];
    struct test_letter letter[LETTERS];
    enum cause peer;         /* the scheduler's answer to PEER */
    bool no_signature, leave_at_data /* the scheduler goes when it hears of the first chunk */;
    bool narrow;             /* the connection holds little */
    int64_t ms;              /* of replies; 0: long */
    const char *priority;
};

static struct trial trial;
static struct session_conf conf;
static const struct session_start start = {"mx.test", "mx.test", "127.0.0.1"};
static const char small[] = "From: a@chu.test\r\nSubject: x\r\n\r\n.one dot\r\n..two\r\n\r\nend\r\n";

static struct span message_of(const struct test_letter *l)
{
    return l->message.p ? l->message : span_of(small, sizeof small - 1);
}

/* ---- the server ---- */
struct server {
    const struct test_case *c;
    int fd;
    gnutls_session_t tls;
    struct buf in;
    struct buf bdat;
    unsigned letter;
};

static void s_wrote(struct server *s, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t put = s->tls ? gnutls_record_send(s->tls, p, n) : send(s->fd, p, n, MSG_NOSIGNAL);

        if (put <= 0)
            return; /* the session has gone: the script says whether it should have */
        p += put;
        n -= (size_t)put;
    }
}

static bool s_fill(struct server *s)
{
    unsigned char p[65536];
    ssize_t got;

    do
        got = s->tls ? gnutls_record_recv(s->tls, p, sizeof p) : recv(s->fd, p, sizeof p, 0);
    while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
    if (got > 0)
        buf_add(&s->in, p, (size_t)got);
    return got > 0;
}

static bool s_until(struct server *s, const char *mark, size_t *n)
{
    ptrdiff_t at;

    while ((at = span_find(buf_span(&s->in), span_str(mark))) < 0)
        if (!s_fill(s))
            return false;
    *n = (size_t)at;
    return true;
}

static bool s_line(struct server *s, char *out, size_t cap)
{
    size_t n;

    if (!s_until(s, "\r\n", &n) || n >= cap)
        return false;
    memcpy(out, s->in.p, n);
    out[n] = '\0';
    buf_take(&s->in, n + 2);
    return true;
}

static bool s_hears(struct server *s, const char *want)
{
    char line[2100];
    size_t n = strlen(want);

    if (!s_line(s, line, sizeof line)) {
        fprintf(stderr, "%s: nothing where \"%s\" is due\n", s->c->name, want);
        return false;
    }
    if (n > 0 && want[n - 1] == '*' ? strncmp(line, want, n - 1) == 0 : strcmp(line, want) == 0)
        return true;
    fprintf(stderr, "%s: \"%s\" where \"%s\" is due\n", s->c->name, line, want);
    return false;
}

static bool s_data(struct server *s)
{
    struct span m = message_of(&s->c->letter[s->letter]);
    struct buf want = BUF_INIT;
    bool same, start_of_line = true;
    size_t n;

    for (size_t i = 0; i < m.n; i++) { /* written the plain way, to be compared with */
        if (start_of_line && m.p[i] == '.')
            buf_addc(&want, '.');
        buf_addc(&want, m.p[i]);
        start_of_line = m.p[i] == '\n';
    }
    n = want.n;
    buf_addstr(&want, ".\r\n");
    while (s->in.n < want.n && s_fill(s))
        ;
    same = s->in.n == want.n && memcmp(s->in.p, want.p, want.n) == 0;
    if (!same)
        fprintf(stderr, "%s: DATA: %zu octets, %zu are due\n", s->c->name, s->in.n, n + 3);
    buf_clear(&s->in);
    buf_free(&want);
    return same;
}

static bool s_bdat(struct server *s)
{
    char line[100];
    unsigned long n;

    if (!s_line(s, line, sizeof line) || sscanf(line, "BDAT %lu", &n) != 1)
        return false;
    while (s->in.n < n)
        if (!s_fill(s))
            return false;
    buf_add(&s->bdat, s->in.p, n);
    buf_take(&s->in, n);
    return true;
}

static bool s_same(struct server *s)
{
    bool same = span_eq(buf_span(&s->bdat), message_of(&s->c->letter[s->letter]));

    buf_clear(&s->bdat);
    return same;
}

static bool s_gone(struct server *s)
{
    while (s_fill(s))
        ;
    if (s->in.n > 0)
        fprintf(stderr, "%s: said before it left: \"%.*s\"\n", s->c->name, (int)s->in.n, s->in.p);
    return s->in.n == 0;
}

static void s_drip(struct server *s, const char *text)
{
    for (; *text; text++)
        s_wrote(s, text, 1);
    s_wrote(s, "\r", 1);
    s_wrote(s, "\n", 1);
}

static bool s_endless(struct server *s)
{
    struct pollfd p = {s->fd, POLLIN, 0};

    while (poll(&p, 1, 0) == 0) /* until it has closed */
        s_wrote(s, "250-and more\r\n", 14);
    return true;
}

static bool s_some(struct server *s)
{
    bool came = s_fill(s);

    buf_clear(&s->in);
    return came;
}

static bool s_sleep(struct server *s) /* until the session has given up */
{
    struct pollfd p = {s->fd, 0, 0};

    return poll(&p, 1, 60000) >= 0;
}

static bool s_tls(struct server *s)
{
    s->tls = trial_accept(&trial, s->fd, s->c->priority ? s->c->priority : PRIORITY);
    return s->tls != NULL;
}

static bool s_no_tls(struct server *s)
{
    return !s_tls(s);
}

static bool s_step(struct server *s, const char *step)
{
    static const struct {
        const char *name;
        bool (*run)(struct server *);
    } words[] = {{"TLS", s_tls}, {"NOTLS", s_no_tls},   {"DATA", s_data}, {"BDAT", s_bdat}, {"SAME", s_same},       {"SOME", s_some}, {"SLEEP", s_sleep},
                 {"GONE", s_gone}, {"HANG", s_gone}, {"ENDLESS", s_endless}};
    const struct linger hard = {1, 0};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(step, words[i].name) == 0)
            return words[i].run(s);
    if (step[1] == ':') {
        if (step[0] == 'S' || step[0] == 'R')
            s_wrote(s, step + 2, strlen(step) - 2);
        if (step[0] == 'S')
            s_wrote(s, "\r\n", 2);
        if (step[0] == 'D')
            s_drip(s, step + 2);
        return step[0] != 'C' || s_hears(s, step + 2);
    }
    s->letter += strcmp(step, "NEXT") == 0;
    if (strcmp(step, "RESET") == 0)
        setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    if (strcmp(step, "RESET") == 0 || strcmp(step, "CLOSE") == 0)
        close(s->fd);
    return true;
}

static void server_run(const struct test_case *c, int fd)
{
    struct server s = {.c = c, .fd = fd};

    for (size_t i = 0; c->step[i]; i++)
        if (!s_step(&s, c->step[i])) {
            fprintf(stderr, "%s: step %zu, %s\n", c->name, i, c->step[i]);
            _exit(1);
        }
    _exit(0);
}

/* ---- the scheduler ---- */
struct scheduler {
    const struct test_case *c;
    int fd;
    unsigned letter;         /* given so far */
    struct buf sealed;       /* of the letter at hand */
    struct buf told;
    bool left;
};
static const unsigned char oid[SEAL_OID] = {1}, cek[SEAL_CEK] = {2};

static void answer(struct scheduler *s, uint16_t op, const struct ipc_field *f, const void *m)
{
    struct err e;

    (void)channel_send(s->fd, op, f, m, &e);
}

static void on_sign(struct scheduler *s, struct span body)
{
    struct keyd_tls_req rq;
    struct channel_sign_rep rep = {0};
    struct buf sig = BUF_INIT;
    struct err e;

    assert_int_equal(ipc_decode(body, keyd_tls_req_f, &rq, &e), RC_OK);
    rep.ok = !s->c->no_signature && trial_sign(&trial, &rq, &sig);
    rep.signature = buf_span(&sig);
    answer(s, CH_SIGN, channel_sign_rep_f, &rep);
    buf_free(&sig);
}

static void on_peer(struct scheduler *s, struct span body)
{
    struct channel_peer_req rq;
    struct channel_peer_rep rep = {(uint16_t)s->c->peer};
    struct err e;

    assert_int_equal(ipc_decode(body, channel_peer_req_f, &rq, &e), RC_OK);
    assert_true(rq.dn.n > 0 && rq.chain.n > 0 && rq.tls.n > 0 && (rq.verified || rq.why.n > 0));
    buf_addc(&s->told, rq.verified ? 'P' : 'p');
    answer(s, CH_PEER, channel_peer_rep_f, &rep);
}

static void on_ready(struct scheduler *s, struct span body)
{
    struct channel_ready_req rq;
    struct err e;

    assert_int_equal(ipc_decode(body, channel_ready_req_f, &rq, &e), RC_OK);
    buf_addc(&s->told, 'R');
    answer(s, CH_READY, NULL, NULL);
}

static void seal_all(struct scheduler *s, struct span m)
{
    struct seal_obj *o;
    struct err e;

    buf_clear(&s->sealed);
    assert_int_equal(seal_obj_open(cek, oid, SEAL_MESSAGE, &o, &e), RC_OK);
    for (uint32_t i = 0, n = seal_chunks(m.n); i < n; i++)
        assert_int_equal(
            seal_chunk(o, i, i + 1 == n, span_head(span_from(m, (size_t)i * SEAL_CHUNK), SEAL_CHUNK), &s->sealed, &e), RC_OK);
    seal_obj_close(&o);
}

static struct span sealed_chunk(const struct scheduler *s, uint32_t i)
{
    return span_head(span_from(buf_span(&s->sealed), (size_t)i * (SEAL_CHUNK + SEAL_TAG)), SEAL_CHUNK + SEAL_TAG);
}

static void on_next(struct scheduler *s)
{
    const struct test_letter *l = &s->c->letter[s->letter];
    struct channel_next_rep rep = {.letter = s->letter + 1};
    struct buf rcpts = BUF_INIT;

    if (s->letter < LETTERS && l->sender) {
        seal_all(s, message_of(l));
        s->sealed.p[3] ^= l->damaged;
        for (uint32_t i = 0; i < RCPTS && l->rcpt[i]; i++)
            ipc_list_add(&rcpts, channel_rcpt_f,
                         &(struct channel_rcpt){i, l->notify, span_str(l->rcpt[i]), span_str(i ? NULL : l->orcpt)});
        rep.more = 1;
        rep.sender = span_str(l->sender);
        rep.envid = span_str(l->envid);
        rep.ret = l->ret;
        rep.flags = l->flags;
        rep.size = l->size ? l->size : message_of(l).n;
        rep.mid = SPAN_LIT("0123456789abcdef");
        rep.rcpts = buf_span(&rcpts);
        rep.chunk = sealed_chunk(s, 0);
        memcpy(rep.oid, oid, sizeof oid);
        memcpy(rep.cek, cek, sizeof cek);
        s->letter++;
    }
    answer(s, CH_NEXT, channel_next_rep_f, &rep);
    buf_free(&rcpts);
}

static void on_chunk(struct scheduler *s, struct span body)
{
    struct channel_chunk_req rq;
    struct channel_chunk_rep rep = {.ok = 1};
    struct err e;

    assert_int_equal(ipc_decode(body, channel_chunk_req_f, &rq, &e), RC_OK);
    assert_int_equal(rq.letter, s->letter);
    if (s->c->leave_at_data) {
        s->left = true;
        return;
    }
    rep.ok = rq.chunk != s->c->letter[s->letter - 1].refuse_chunk;
    rep.sealed = rep.ok ? sealed_chunk(s, rq.chunk) : SPAN_NULL;
    answer(s, CH_CHUNK, channel_chunk_rep_f, &rep);
}

static void on_done(struct scheduler *s, struct span body)
{
    struct channel_done_req rq;
    struct channel_result r;
    const char *before = "[";
    struct err e;

    assert_int_equal(ipc_decode(body, channel_done_req_f, &rq, &e), RC_OK);
    assert_int_equal(rq.letter, s->letter);
    while (ipc_list_next(&rq.results, channel_result_f, &r, &e) == RC_OK) {
        buf_addf(&s->told, "%s%u%c", before, r.n, "?TLN"[r.outcome]);
        if (r.cause != CAUSE_NONE)
            buf_addstr(&s->told, cause_name((enum cause)r.cause));
        else
            buf_addf(&s->told, "%u%s%.*s", r.code, r.esc.n ? "/" : "", SPAN_ARG(r.esc));
        before = " ";
    }
    buf_addc(&s->told, ']');
    answer(s, CH_DONE, NULL, NULL);
}

static void on_end(struct scheduler *s, struct span body)
{
    struct channel_end_req rq;
    struct err e;

    assert_int_equal(ipc_decode(body, channel_end_req_f, &rq, &e), RC_OK);
    buf_addf(&s->told, "{%s@%u %u}", cause_name((enum cause)rq.cause), rq.stage, rq.code);
}

static void scheduler_run(struct scheduler *s)
{
    struct pollfd p = {s->fd, POLLIN, 0};
    struct buf mem = BUF_INIT;
    struct span body;
    uint16_t op;
    struct err e;
    enum rc rc = RC_OK;

    while (!s->left && rc != RC_CLOSED) {
        assert_int_equal(poll(&p, 1, 60000), 1);
        rc = channel_recv(s->fd, &mem, &op, &body, &e);
        if (rc == RC_MORE || rc == RC_CLOSED)
            continue;
        assert_int_equal(rc, RC_OK);
        if (op == CH_SIGN)
            on_sign(s, body);
        else if (op == CH_PEER)
            on_peer(s, body);
        else if (op == CH_READY)
            on_ready(s, body);
        else if (op == CH_NEXT)
            on_next(s);
        else if (op == CH_CHUNK)
            on_chunk(s, body);
        else if (op == CH_DONE)
            on_done(s, body);
        else if (op == CH_END)
            on_end(s, body);
    }
    buf_free(&mem);
}

/* ---- all three ---- */
static void tcp_pair(int ends[2], bool narrow)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int l = socket(AF_INET, SOCK_STREAM, 0), least = 4096;

    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (narrow) {
        setsockopt(l, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    }
    assert_true(bind(l, (struct sockaddr *)&a, n) == 0 && listen(l, 1) == 0 && getsockname(l, (struct sockaddr *)&a, &n) == 0);
    assert_int_equal(connect(ends[0], (struct sockaddr *)&a, n), 0);
    ends[1] = accept(l, NULL, NULL);
    close(l);
}

static pid_t child(void)
{
    static const int faults[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS};
    pid_t pid;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    for (size_t i = 0; pid == 0 && i < sizeof faults / sizeof *faults; i++)
        signal(faults[i], SIG_DFL); /* a fault ends the child, and not by running the tests again */
    return pid;
}

static int status_of(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void run_case(const struct test_case *c)
{
    struct session_conf mine = conf;
    struct scheduler s = {.c = c};
    int peer[2], channel[2];
    struct err e;
    pid_t session, server;

    if (c->ms)
        mine.command_ms = mine.data_ms = mine.final_ms = c->ms;
    tcp_pair(peer, c->narrow);
    assert_int_equal(channel_pair(channel, &e), RC_OK);
    session = child();
    if (session == 0) {
        close(peer[1]);
        close(channel[0]);
        if (sandbox_enter(&mine.sandbox, &e) != RC_OK)
            _exit(9);
        session_run(&mine, &start, peer[0], channel[1]);
        _exit(0);
    }
    close(channel[1]);
    server = child();
    if (server == 0) {
        close(peer[0]);
        close(channel[0]);
        server_run(c, peer[1]);
    }
    close(peer[0]);
    close(peer[1]);
    s.fd = channel[0];
    scheduler_run(&s);
    close(s.fd);
    assert_int_equal(status_of(session), 0);
    if (strcmp(buf_cstr(&s.told), c->told) != 0)
        fail_msg("%s: told %s, due is %s", c->name, buf_cstr(&s.told), c->told);
    if (status_of(server) != 0)
        fail_msg("%s: the script was not followed", c->name);
    buf_free(&s.told);
    buf_free(&s.sealed);
}

static int fixture_up(void **st)
{
    struct tls_client_spec spec = {.anchors_pem = trial.ca_pem};
    struct err e;

    (void)st;
    log_open("test", LOG_ERROR_);
    sandbox_warm_reports();
    signal(SIGPIPE, SIG_IGN);
    trial.ca = made_ca("Trial", NULL);
    trial_make(&trial, made_new((struct made_want){.cn = "mx.test", .by = &trial.ca, .usage = "critical,digitalSignature",
                                                   .eku = "serverAuth", .san = "DNS:mx.test"}));
    spec.chain_ec_pem = trial.client_pem;
    conf = (struct session_conf){.host = "relay.test", .command_ms = 30000, .data_ms = 30000, .final_ms = 30000,
                                 .sandbox = {.kind = SB_RELAY_SESSION}};
    /* once for all cases, for each would pay for it */
    return sandbox_filter_prepare(SB_RELAY_SESSION, &e) == RC_OK && tls_client_new(&spec, &conf.tls, &e) == RC_OK ? 0 : -1;
}

static int fixture_down(void **st)
{
    (void)st;
    tls_client_free(&conf.tls);
    trial_free(&trial);
    return 0;
}
