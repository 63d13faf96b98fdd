/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session_fixture_int.h - tests only: a scheduler that writes down what a session tells it, and a session in its sandbox between it and a server of
 * relayd/server_fixture_int.h.
 *
 * Told     P or p: PEER, verified or not. R: READY. [0T250/2.0.0 ...]: DONE, T taken, L later, N never, then the cause's name or the code/enhanced code.
 *          {cause@stage code}: END.
 * Process  tests.
 */
#pragma once
#include "relayd/server_fixture_int.h"

/* ---- the scheduler ---- */
struct scheduler {
    const struct test_case *c;
    int fd;
    unsigned letter;         /* given so far */
    struct buf sealed;       /* of the letter at hand */
    uint64_t sealed_of;      /* octets of it in clear */
    uint32_t lead;
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
    assert_true(rq.chain.n > 0 && rq.tls.n > 0 && (rq.verified || rq.why.n > 0));
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

/* A large message has a lead, as smtpd files it; where it ends says nothing of the message. */
static uint32_t lead_of(struct span m)
{
    return m.n > 4 * SEAL_CHUNK ? 60 : 0;
}

static void seal_all(struct scheduler *s, struct span m)
{
    struct seal_chunk_at at;
    struct seal_obj *o;
    struct err e;

    buf_clear(&s->sealed);
    s->sealed_of = m.n;
    s->lead = lead_of(m);
    assert_int_equal(seal_obj_open(cek, oid, SEAL_MESSAGE, &o, &e), RC_OK);
    seal_obj_led(o, s->lead);
    for (uint32_t i = 0; seal_chunk_at(m.n, s->lead, i, &at); i++)
        assert_int_equal(seal_chunk(o, i, at.final, span_head(span_from(m, (size_t)at.plain), at.n), &s->sealed, &e), RC_OK);
    seal_obj_close(&o);
}

static struct span sealed_chunk(const struct scheduler *s, uint32_t i)
{
    struct seal_chunk_at at;

    assert_true(seal_chunk_at(s->sealed_of, s->lead, i, &at));
    return span_head(span_from(buf_span(&s->sealed), (size_t)at.sealed), at.n + SEAL_TAG);
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
        rep.lead = (uint16_t)s->lead;
        rep.mid = SPAN_LIT("0123456789abcdef");
        rep.rcpts = buf_span(&rcpts);
        rep.chunk = sealed_chunk(s, 0);
        memcpy(rep.oid, oid, sizeof oid);
        memcpy(rep.cek, cek, sizeof cek);
        s->letter++;
    } else if (s->c->idle)
        return;
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
    rep.ok = rq.chunk == 0 || rq.chunk != s->c->letter[s->letter - 1].refuse_chunk;
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

/* ms: how long a reply may take; 0: long. Whether all was as it is due; decides: it must be. */
static bool run_within(const struct test_case *c, int64_t ms, bool decides)
{
    struct session_conf mine = conf;
    struct scheduler s = {.c = c};
    int peer[2], channel[2], alive[2];
    bool followed, as_due;
    struct err e;
    pid_t session, server;

    if (ms)
        mine.command_ms = mine.data_ms = mine.final_ms = ms;
    tcp_pair(peer, c->narrow);
    assert_int_equal(channel_pair(channel, &e), RC_OK);
    assert_int_equal(pipe(alive), 0);
    session = child();
    if (session == 0) { /* it keeps alive[1], and so tells by its end that it has ended */
        close(peer[1]);
        close(channel[0]);
        close(alive[0]);
        if (sandbox_enter(&mine.sandbox, &e) != RC_OK)
            _exit(9);
        session_run(&mine, &start, peer[0], channel[1]);
        _exit(0);
    }
    close(channel[1]);
    close(alive[1]);
    server = child();
    if (server == 0) {
        close(peer[0]);
        close(channel[0]);
        server_run(c, peer[1], alive[0]);
    }
    close(alive[0]);
    close(peer[0]);
    close(peer[1]);
    s.fd = channel[0];
    scheduler_run(&s);
    close(s.fd);
    assert_int_equal(status_of(session), 0);
    followed = status_of(server) == 0;
    as_due = strcmp(buf_cstr(&s.told), c->told) == 0;
    if (decides && !as_due)
        fail_msg("%s: told %s, due is %s", c->name, buf_cstr(&s.told), c->told);
    if (decides && !followed)
        fail_msg("%s: the script was not followed", c->name);
    buf_free(&s.told);
    buf_free(&s.sealed);
    return followed && as_due;
}

/* A peer that hangs is waited for in full, so replies have little time at first. A machine with much to do may not send the others within it: what was
 * not as it is due then is decided where all have twenty times as long. */
static void run_case(const struct test_case *c)
{
    if (c->ms == 0 || !run_within(c, c->ms, false))
        (void)run_within(c, c->ms * 20, true);
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
