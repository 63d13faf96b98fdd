/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/gate.c - see gate.h. Questions are answered one at a time in the order of asking, so a result is
 * counted before the next question. */
#include "directory/dird/gate.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "directory/dird/newpass.h"
#include "policies/causes.h"
#include <fcntl.h>
#include <ldap.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ASK_MS = 2000,
    MOST = 256 * 1024 /* a certificate and all aliases of an account are a fifth of it */,
    FLYING = 64,
    SURE_MS = 10000,
    CONNS = 4096,
    READ_MS = 2000,
    TURN_MS = 10,
    LINES = 10 /* of the log a second, about changes that are refused */
};

struct flying { /* slapd checks it now */
    uint64_t connid, msgid;
    int64_t until;
    struct door_try try;
    bool used;
};
struct conn { /* of slapd's: who it signed in as last, and by which password */
    uint64_t connid, mbx, secret_at,
        lawful /* message with a new password that is lawful, still to be changed; 0: none */;
    char login[256];
};
struct gate {
    struct auth *auth;
    char *base;
    int fd;
    uid_t slapd;
    int64_t password_min;
    pthread_t thread;
    int64_t begun_until; /* so long a question waits for the directory to be read */
    atomic_bool stop;
    int stop_fd;
    int64_t second;         /* of the last line about a refused change */
    unsigned lines, untold; /* in it; and since then without one */
    struct flying flying[FLYING];
    unsigned next;
    struct conn conns
        [CONNS]; /* by number; numbers grow. One that was pushed out has to sign in again before it changes anything */
};

/* ---- one question ---- */
static void say(int fd, const char *text)
{
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL); /* slapd went away: it will not want it */
}

static void give_back(struct gate *g, struct flying *f)
{
    if (f->used)
        door_result(g->auth, &f->try, DOOR_UNTOLD);
    f->used = false;
}

static void give_back_late_ones(struct gate *g)
{
    for (struct flying *f = g->flying; f < g->flying + FLYING; f++)
        if (f->used && deadline_left_ms(f->until) == 0)
            give_back(g, f);
}

/* An LDAP result code, and as its text what a mail client's address book shows. */
static void say_result(int fd, int code, enum cause cause)
{
    char text[CAUSE_TEXT], line[CAUSE_TEXT + 64];
    snprintf(line, sizeof line, "RESULT\ncode: %d\ninfo: %s\n\n", code, cause_text(cause, text));
    say(fd, line);
}

/* A connection has one sign-in at a time (RFC 4513 4). So a try that is still in flight on it is over, or belongs to a
 * slapd that was restarted. */
static void give_back_same(struct gate *g, uint64_t connid)
{
    for (struct flying *f = g->flying; f < g->flying + FLYING; f++)
        if (f->used && f->connid == connid)
            give_back(g, f);
}

static void remember(struct gate *g, uint64_t connid, const struct door_try *t)
{
    struct conn *c = &g->conns[connid % CONNS];
    *c = (struct conn){.connid = connid, .mbx = t->mbx, .secret_at = t->secret_at};
    memcpy(c->login, t->login, sizeof c->login);
}

static void on_bind(struct gate *g, const struct gate_ask *q, int fd)
{
    struct span peer = gate_peer(q->peername);
    struct flying *f = &g->flying[g->next];
    struct buf login = BUF_INIT;
    if (peer.n == 0) { /* ldapi: dird's own */
        say(fd, "CONTINUE\n");
        return;
    }
    give_back(g, f);
    give_back_same(g, q->connid);
    gate_login(q->dn, g->base, &login);
    enum guess_answer answer = door_ask(g->auth, buf_span(&login), q->password, peer, q->connid, &f->try);
    remember(g, q->connid, &f->try);
    switch (answer) {
    case GUESS_TRY:
        f->connid = q->connid;
        f->msgid = q->msgid;
        f->until = deadline_in(SURE_MS);
        f->used = true;
        g->next = (g->next + 1) % FLYING;
        say(fd, "CONTINUE\n");
        break;
    case GUESS_RIGHT:
        say(fd, "CONTINUE\n");
        break;
    case GUESS_WAIT:
        say_result(fd, LDAP_BUSY, CAUSE_WAIT_PASSWORD);
        break;
    case GUESS_WRONG:
        say(fd, "RESULT\ncode: 49\n\n");
        break;
    }
    buf_free(&login);
}

/* Is who asks signed in under that name? */
static bool signed_in_as(const struct gate *g, const struct gate_ask *q, const char *login)
{
    struct buf name = BUF_INIT;
    gate_login(q->binddn, g->base, &name);
    bool same = span_ieq_str(buf_span(&name), login);
    buf_free(&name);
    return same;
}

/* Who is signed in may ask for thousands of changes a second, and shall not turn the log over with their refusals. */
static bool is_told(struct gate *g, unsigned *others)
{
    int64_t now = clock_mono() / 1000000000;
    if (g->second != now)
        g->lines = 0;
    g->second = now;
    if (g->lines == LINES) {
        g->untold++;
        return false;
    }
    g->lines++;
    *others = g->untold;
    g->untold = 0;
    return true;
}

static void refuse_password(struct gate *g, const struct conn *c, const struct err *e, bool text, int fd)
{
    unsigned others;
    if (is_told(g, &others))
        log_ev(LOG_INFO_, "ldap-password-refused", "login=%s cause=%s others=%u", log_esc(span_str(c->login)),
               log_esc(span_str(e->log)), others);
    if (text)
        say_result(fd, LDAP_CONSTRAINT_VIOLATION, CAUSE_NEW_PASSWORD);
    else
        say(fd, "RESULT\ncode: 19\n\n");
}

/* Is the connection signed in under its name, with what holds still? */
static bool may_change(const struct gate *g, const struct gate_ask *q, const struct conn *c)
{
    struct door_try t = {.mbx = c->mbx, .secret_at = c->secret_at};
    memcpy(t.login, c->login, sizeof t.login);
    return c->connid == q->connid && signed_in_as(g, q, c->login) && door_stays(g->auth, &t);
}

/* No text for what becomes of a password modify operation: slapd 2.5 answers it a second time, with a text that the overlay has freed. */
static void refuse_change(struct gate *g, const struct gate_ask *q, const struct conn *c, bool text, int fd)
{
    unsigned others;
    if (is_told(g, &others))
        log_ev(LOG_WARN_, "ldap-change-refused", "login=%s peer=%s others=%u",
               c->connid == q->connid ? log_esc(span_str(c->login)) : "unknown", log_esc(gate_peer(q->peername)),
               others);
    if (text)
        say_result(fd, LDAP_INSUFFICIENT_ACCESS, CAUSE_ACCOUNT_CHANGED);
    else
        say(fd, "RESULT\ncode: 50\n\n");
}

static void on_modify(struct gate *g, const struct gate_ask *q, int fd)
{
    struct conn *c = &g->conns[q->connid % CONNS];
    struct newpass_who who = {span_str(c->login), g->password_min};
    bool hashed = c->connid == q->connid && c->lawful != 0 && c->lawful == q->msgid;
    struct err e = {0};
    if (gate_peer(q->peername).n == 0) { /* ldapi: dird's own */
        say(fd, "CONTINUE\n");
        return;
    }
    if (!may_change(g, q, c)) {
        refuse_change(g, q, c, !hashed, fd);
        return;
    }
    c->lawful = 0;
    if (newpass_of_changes(&who, q->changes, hashed, &e) == RC_OK)
        say(fd, "CONTINUE\n");
    else
        refuse_password(g, c, &e, !hashed, fd);
}

/* The message number is the client's, and 0 is none of its (RFC 4511 4.1.1.1). */
static void on_extended(struct gate *g, const struct gate_ask *q, int fd)
{
    struct conn *c = &g->conns[q->connid % CONNS];
    struct newpass_who who = {span_str(c->login), g->password_min};
    struct err e = {0};
    if (gate_peer(q->peername).n == 0 || !newpass_is_exop(q->oid)) {
        say(fd, "CONTINUE\n");
        return;
    }
    if (!may_change(g, q, c)) {
        refuse_change(g, q, c, false, fd);
        return;
    }
    bool lawful = newpass_of_exop(&who, q->value, &e) == RC_OK;
    c->lawful = lawful ? q->msgid : 0;
    if (lawful)
        say(fd, "CONTINUE\n");
    else
        refuse_password(g, c, &e, false, fd);
}

/* A result of the bind itself says that it was refused. A result of a later operation says that the bind was right, if
 * the operation is done in its name. */
static void on_result(struct gate *g, const struct gate_ask *q)
{
    for (struct flying *f = g->flying; f < g->flying + FLYING; f++) {
        if (!f->used || f->connid != q->connid)
            continue;
        bool own = f->msgid == q->msgid && q->code == LDAP_INVALID_CREDENTIALS,
             right = !own && q->msgid > f->msgid && signed_in_as(g, q, f->try.login);
        if (own || right) {
            f->used = false;
            door_result(g->auth, &f->try, own ? q->code : 0);
        }
    }
}

/* All of it, within ASK_MS. */
static enum rc hear(int fd, struct buf *in, struct gate_ask *q, struct err *e)
{
    int64_t until = deadline_in(ASK_MS);
    enum rc rc = RC_MORE;
    while (rc == RC_MORE) {
        struct pollfd p = {fd, POLLIN, 0};
        char block[4096];
        if (in->n > MOST || poll(&p, 1, deadline_left_ms(until)) <= 0)
            return err_set(e, RC_TIMEOUT, "slapd did not finish its question");
        ssize_t n = recv(fd, block, sizeof block, MSG_DONTWAIT);
        if (n <= 0)
            return err_set(e, RC_CLOSED, "slapd hung up in its question");
        buf_add(in, block, (size_t)n);
        wipe(block, (size_t)n);
        rc = gate_parse(buf_span(in), q, e);
    }
    return rc;
}

static void serve(struct gate *g, int fd)
{
    struct ucred who = {.uid = (uid_t)-1};
    socklen_t n = sizeof who;
    struct gate_ask q;
    struct buf in = BUF_INIT;
    struct err e = {0};
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 ||
        (who.uid != g->slapd && who.uid != 0 && who.uid != geteuid())) {
        log_ev(LOG_WARN_, "gate-stranger", "uid=%ld", (long)who.uid);
        return;
    }
    buf_init_secret(&in);
    if (hear(fd, &in, &q, &e) != RC_OK)
        log_err(LOG_WARN_, "gate-odd", &e);
    else if (give_back_late_ones(g), q.what == GATE_BIND)
        on_bind(g, &q, fd);
    else if (q.what == GATE_MODIFY)
        on_modify(g, &q, fd);
    else if (q.what == GATE_EXTENDED)
        on_extended(g, &q, fd);
    else
        on_result(g, &q);
    buf_free(&in);
}

/* ---- life ---- */
/* A dird that has just started knows no account yet, so it could not recognise a connection's sign-in later. So
 * questions wait until it has read the directory. They do not wait for ever, because each holds a thread of slapd, and
 * dird reads the directory through one of those threads. */
static void wait_read(struct gate *g)
{
    while (!door_ready(g->auth) && !atomic_load(&g->stop) && deadline_left_ms(g->begun_until) > 0)
        poll(NULL, 0, TURN_MS);
}

static void *run(void *arg)
{
    struct gate *g = arg;
    while (!atomic_load(&g->stop)) {
        struct pollfd p[2] = {{g->fd, POLLIN, 0}, {g->stop_fd, POLLIN, 0}};
        int fd = poll(p, 2, -1) > 0 && p[0].revents ? accept4(g->fd, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd < 0)
            continue;
        wait_read(g);
        serve(g, fd);
        close(fd);
    }
    return NULL;
}

struct gate *gate_start(struct auth *a, const char *base, int listen_fd, uid_t slapd, int64_t password_min)
{
    struct gate *g = calloc(1, sizeof *g);
    if (!g)
        die("out of memory");
    g->auth = a;
    g->base = span_dup(span_str(base));
    g->fd = listen_fd;
    g->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (g->stop_fd < 0)
        die("no event descriptor for the gate");
    g->slapd = slapd;
    g->password_min = password_min;
    g->begun_until = deadline_in(READ_MS);
    int r = pthread_create(&g->thread, NULL, run, g);
    if (r != 0)
        die("cannot start the gate's thread: error %d", r);
    return g;
}

void gate_stop(struct gate **g)
{
    if (!g || !*g)
        return;
    atomic_store(&(*g)->stop, true);
    (void)eventfd_write((*g)->stop_fd, 1);
    pthread_join((*g)->thread, NULL);
    close((*g)->stop_fd);
    close((*g)->fd);
    free((*g)->base);
    free(*g);
    *g = NULL;
}
