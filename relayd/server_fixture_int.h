/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/server_fixture_int.h - tests only: a mail server that follows a script, and the cases that scripts are part of.
 *
 * Script   one string a step, the last one NULL:
 *   S:text   says the line            R:octets  says them as they are         D:text   says the line an octet at a time
 *   C:text   hears exactly that line; with * at the end, a line that begins so
 *   TLS      the handshake; NOTLS: it fails
 *   DATA     hears a message up to its dot, the message of the letter at hand
 *   BDAT     hears "BDAT n" or "BDAT n LAST" and the octets; SAME: all so far are the message of the letter at hand
 *   SOME     hears anything; SLEEP reads nothing, until the session's process has ended
 *   NEXT     the letter at hand is the next one
 *   GONE     the session closes its end; CLOSE, RESET: we do; HANG: we say nothing until it does; ENDLESS: a reply without an end
 *   LINE     "250 " and 100 KB in one line; LINES: a reply of 129 lines
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
    struct span leaves;      /* what is heard of it; p NULL: the message */
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
    bool idle;               /* the scheduler has no letter more for the time being, and does not say so: the server speaks or leaves first */
    bool narrow;             /* the connection holds little */
    int64_t ms;              /* of replies; 0: long */
    const char *priority;
};

static struct trial trial;
static struct session_conf conf;
static const struct session_start start = {"mx.test", "mx.test", "127.0.0.1", 0};
static const char small[] = "From: a@chu.test\r\nSubject: x\r\n\r\n.one dot\r\n..two\r\n\r\nend\r\n";

static struct span message_of(const struct test_letter *l)
{
    return l->message.p ? l->message : span_of(small, sizeof small - 1);
}

static struct span leaves_of(const struct test_letter *l)
{
    return l->leaves.p ? l->leaves : message_of(l);
}

/* ---- the server ---- */
struct server {
    const struct test_case *c;
    int fd;
    int session;             /* at its end when the session's process has ended */
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
    struct span m = leaves_of(&s->c->letter[s->letter]);
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
    bool same = span_eq(buf_span(&s->bdat), leaves_of(&s->c->letter[s->letter]));

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

static bool s_line_100k(struct server *s)
{
    static char x[100 * 1024];

    memset(x, 'x', sizeof x);
    s_wrote(s, "250 ", 4);
    s_wrote(s, x, sizeof x);
    s_wrote(s, "\r\n", 2);
    return true;
}

static bool s_lines_129(struct server *s)
{
    for (int i = 0; i < 128; i++)
        s_wrote(s, "250-x\r\n", 7);
    s_wrote(s, "250 x\r\n", 7);
    return true;
}

static bool s_some(struct server *s)
{
    bool came = s_fill(s);

    buf_clear(&s->in);
    return came;
}

/* The connection does not tell: what the session has said and nobody reads stands before its end. */
static bool s_sleep(struct server *s)
{
    struct pollfd p = {s->session, POLLIN, 0};

    return poll(&p, 1, 60000) == 1;
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
                 {"GONE", s_gone}, {"HANG", s_gone}, {"ENDLESS", s_endless}, {"LINE", s_line_100k}, {"LINES", s_lines_129}};
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

static void server_run(const struct test_case *c, int fd, int session)
{
    struct server s = {.c = c, .fd = fd, .session = session};

    for (size_t i = 0; c->step[i]; i++)
        if (!s_step(&s, c->step[i])) {
            fprintf(stderr, "%s: step %zu, %s\n", c->name, i, c->step[i]);
            _exit(1);
        }
    _exit(0);
}
