/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/session.c - the life of a session: the client's address (PROXY), TLS on port 443, then octets between the peer and httpd/server.h until one of
 * them ends, a deadline passes or the listener stops. */
#include "base/log.h"
#include "base/sandbox.h"
#include "flow/proxied.h"
#include "httpd/server.h"

enum { DIRD_PATIENCE_MS = 2000 };
struct session {
    const struct httpd *h;
    struct keyd *keyd;
    struct dir *dir;
    struct server *server;
    struct stream *st;
    int64_t end; /* of the session, whatever comes */
    const char *why;
};

void *http_ready(void *conf)
{
    static struct session s; /* one a process */
    const struct sandbox_how how = {.kind = SB_HTTPD_SESSION};
    struct err e;

    s.h = conf;
    s.keyd = keyd_new(ROLE_HTTPD);
    s.dir = dir_new(ROLE_HTTPD);
    dir_patience(s.dir, DIRD_PATIENCE_MS);
    s.server = server_new(conf, s.keyd, s.dir);
    keyd_dial_ahead(s.keyd);
    if (sandbox_enter(&how, &e) != RC_OK)
        die("session sandbox: %s", e.log);
    dialler_only();
    return &s;
}

static int64_t next_deadline(const struct session *s)
{
    int64_t d = deadline_in(s->h->request_ms);

    return d < s->end ? d : s->end;
}

/* What the server has to say goes out. False: the session is over. */
static bool speak(struct session *s)
{
    struct buf out = BUF_INIT;
    bool on = server_get(s->server, &out);
    struct err e;

    if (out.n > 0)
        stream_put(s->st, buf_span(&out));
    buf_free(&out);
    stream_deadline(s->st, next_deadline(s));
    if (stream_flush(s->st, &e) != RC_OK) {
        s->why = rc_name(e.rc);
        return false;
    }
    if (!on)
        s->why = "answered";
    return on;
}

/* What the peer says goes in. A request may come in many pieces: each must come within the deadline, all within the session's end. */
static bool listen_to_peer(struct session *s, int stop_fd)
{
    struct err e = {0};
    struct span in;
    int which = 0;
    enum rc rc = stream_wait(s->st, stop_fd, -1, next_deadline(s), &which, &e);

    if (rc == RC_OK && !(which & STREAM_INPUT)) {
        s->why = "stopping";
        return false;
    }
    stream_deadline(s->st, next_deadline(s));
    if (rc == RC_OK)
        rc = stream_peek(s->st, &in, &e);
    if (rc != RC_OK) {
        s->why = rc_name(rc);
        return false;
    }
    stream_consume(s->st, server_put(s->server, in));
    return true;
}

static bool begin(struct session *s, bool clear, const struct listener_peer *peer)
{
    struct tls_peer tls;
    struct err e;

    s->end = deadline_in(s->h->session_ms);
    stream_deadline(s->st, next_deadline(s));
    s->why = "tls-failed";
    if (!clear && tls_accept(s->h->tls, s->keyd, s->st, &tls, &e) != RC_OK) {
        log_err(LOG_INFO_, "tls-failed", &e);
        return false;
    }
    log_ev(LOG_INFO_, "connected", "peer=%s port=%u kind=%s tls=%s", peer->ip, (unsigned)peer->port,
           clear ? "http" : "https", clear ? "-" : tls.version);
    server_begin(s->server, clear, peer->ip);
    return true;
}

void http_session(void *conf, void *ready, int fd, const struct listener_peer *peer)
{
    static struct listener_peer client; /* one a process */
    struct session *s = ready;
    char sid[17];

    (void)conf;
    log_id_new(sid);
    log_session(sid);
    client = *peer;
    s->st = stream_open(fd);
    s->why = "proxy";
    if ((!peer->proxied || proxied_client(fd, &client) == PROXIED_FINE) && begin(s, s->h->clear[peer->which], &client))
        while (listen_to_peer(s, peer->stop_fd) && speak(s))
            ;
    log_ev(LOG_INFO_, "disconnected", "why=%s requests=%u", s->why, server_requests(s->server));
    stream_deadline(s->st, deadline_in(1000));
    stream_finish(&s->st);
    server_free(&s->server);
    keyd_free(&s->keyd);
    dir_free(&s->dir);
}
