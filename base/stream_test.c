/* SPDX-License-Identifier: EUPL-1.2 */
/* base/stream_test.c - lines fed whole, one byte at a time and at every cut; deadlines, gathering, the layer below. */
#include "base/stream.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

struct pair {
    struct stream *s;
    int peer;
};

static struct pair pair_new(void)
{
    struct pair p;
    int fd[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    p.s = stream_open(fd[0]);
    p.peer = fd[1];
    stream_deadline(p.s, deadline_in(120000));
    return p;
}

static void pair_free(struct pair *p)
{
    stream_close(&p->s);
    close(p->peer);
}

static void say(int fd, struct span d)
{
    while (d.n > 0) {
        ssize_t n = write(fd, d.p, d.n);
        assert_true(n > 0);
        d = span_from(d, (size_t)n);
    }
}

/* ---- lines ---- */
#define MOST 8
static const struct {
    const char *what;
    struct span in;
    const char *lines; /* those before the end, each behind a "|" */
    enum rc end;
} t[] = {
    {"two lines", SPAN_LIT("ab\r\ncd\r\n"), "|ab|cd", RC_CLOSED},
    {"empty lines", SPAN_LIT("\r\n\r\nx\r\n"), "|||x", RC_CLOSED},
    {"cut by the peer", SPAN_LIT("ab\r\ncd"), "|ab", RC_CLOSED},
    {"cut between CR and LF", SPAN_LIT("ab\r"), "", RC_CLOSED},
    {"bare LF", SPAN_LIT("ab\ncd\r\n"), "", RC_SYNTAX},
    {"bare CR", SPAN_LIT("a\rb\r\n"), "", RC_SYNTAX},
    {"CR CR LF", SPAN_LIT("a\r\r\n"), "", RC_SYNTAX},
    {"LF first", SPAN_LIT("\nab\r\n"), "", RC_SYNTAX},
    {"LF CR", SPAN_LIT("ab\n\r"), "", RC_SYNTAX},
    {"as long as allowed", SPAN_LIT("12345678\r\n"), "|12345678", RC_CLOSED},
    {"one longer", SPAN_LIT("123456789\r\n"), "", RC_SYNTAX},
    {"one longer, no end", SPAN_LIT("123456789"), "", RC_SYNTAX},
    {"bare LF just beyond", SPAN_LIT("12345678\n"), "", RC_SYNTAX},
    {"bare CR at the edge", SPAN_LIT("12345678\rx"), "", RC_SYNTAX},
    {"NUL and 8-bit pass", SPAN_LIT("a\xff\r\n"), "|a\xff", RC_CLOSED},
    {"nothing", SPAN_LIT(""), "", RC_CLOSED},
};

static enum rc read_lines(struct stream *s, struct buf *got, enum cause *cause_out)
{
    struct span line;
    struct err e;
    enum rc rc;

    while ((rc = stream_line(s, MOST, &line, &e)) == RC_OK) {
        buf_addc(got, '|');
        buf_addspan(got, line);
    }
    *cause_out = e.cause;
    return rc;
}

struct feed {
    int fd;
    struct span in;
};

static void *one_by_one(void *arg)
{
    struct feed *f = arg;
    int on = 0, spins = 0;

    for (size_t i = 0; i < f->in.n; i++) {
        if (write(f->fd, f->in.p + i, 1) != 1)
            break;
        for (spins = 0; spins < 1000 && recv(f->fd, &on, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN; spins++)
            sched_yield(); /* let the reader take this byte alone, most of the time */
    }
    shutdown(f->fd, SHUT_WR);
    return NULL;
}

static void check(size_t i, struct buf *got, enum rc rc, const char *how)
{
    if (rc != t[i].end || !span_eq_str(buf_span(got), t[i].lines))
        fail_msg("%s, %s: %s after \"%s\"", t[i].what, how, rc_name(rc), buf_cstr(got));
    buf_free(got);
}

static void test_lines(void **state)
{
    enum cause whole, bytes;
    struct buf got = BUF_INIT;
    struct pair p;
    pthread_t thread;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        p = pair_new();
        say(p.peer, t[i].in);
        shutdown(p.peer, SHUT_WR);
        check(i, &got, read_lines(p.s, &got, &whole), "whole");
        pair_free(&p);

        p = pair_new();
        pthread_create(&thread, NULL, one_by_one, &(struct feed){p.peer, t[i].in});
        check(i, &got, read_lines(p.s, &got, &bytes), "byte by byte");
        pthread_join(thread, NULL);
        pair_free(&p);
        assert_int_equal(whole, bytes); /* what the client is told does not depend on the cut either */
    }
}

static void test_cuts(void **state)
{
    struct buf got = BUF_INIT;
    enum cause told;
    struct span rest;
    struct pair p;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        for (size_t cut = 0; cut <= t[i].in.n; cut++) {
            p = pair_new();
            say(p.peer, span_head(t[i].in, cut));
            if (cut > 0)
                assert_int_equal(stream_peek(p.s, &rest, &e), RC_OK); /* the first part is in the buffer */
            say(p.peer, span_from(t[i].in, cut));
            shutdown(p.peer, SHUT_WR);
            check(i, &got, read_lines(p.s, &got, &told), "in two");
            pair_free(&p);
        }
}

/* ---- blocks ---- */
static void test_blocks(void **state)
{
    struct pair p = pair_new();
    struct span s;
    struct err e;

    (void)state;
    say(p.peer, SPAN_LIT("line\r\n12345rest"));
    assert_int_equal(stream_line(p.s, 100, &s, &e), RC_OK);
    assert_int_equal(stream_buffered(p.s), 9);
    stream_consume(p.s, 5);
    assert_int_equal(stream_peek(p.s, &s, &e), RC_OK);
    assert_true(span_eq_str(s, "rest"));
    stream_consume(p.s, 4);
    shutdown(p.peer, SHUT_WR);
    assert_int_equal(stream_peek(p.s, &s, &e), RC_CLOSED);
    pair_free(&p);
}

static void *drain(void *arg)
{
    static char sink[65536];
    struct feed *f = arg;
    size_t n = 0;
    ssize_t got;

    while ((got = read(f->fd, sink, sizeof sink)) > 0)
        n += (size_t)got;
    f->in.n = n;
    return NULL;
}

/* Far more than a socket holds: memory stays bounded, every byte arrives. */
static void test_output(void **state)
{
    enum { PIECES = 3000 };
    static unsigned char block[20000];
    struct pair p = pair_new();
    struct feed f = {p.peer, SPAN_NULL};
    pthread_t thread;
    struct err e;

    (void)state;
    pthread_create(&thread, NULL, drain, &f);
    for (int i = 0; i < PIECES; i++)
        stream_put(p.s, SPAN_LIT("* 1000 FETCH\r\n"));
    stream_put(p.s, span_of(block, sizeof block));
    stream_put(p.s, span_of(block, 5000));
    assert_int_equal(stream_flush(p.s, &e), RC_OK);
    stream_close(&p.s);
    pthread_join(thread, NULL);
    assert_int_equal(f.in.n, PIECES * 14 + sizeof block + 5000);
    close(p.peer);
}

static void test_one_send(void **state)
{
    struct pair p = pair_new();
    char in[64];
    struct err e;

    (void)state;
    stream_put(p.s, SPAN_LIT("250-a\r\n"));
    stream_put(p.s, SPAN_LIT("250 b\r\n"));
    assert_int_equal(recv(p.peer, in, sizeof in, MSG_DONTWAIT), -1); /* gathered */
    assert_int_equal(stream_flush(p.s, &e), RC_OK);
    assert_int_equal(recv(p.peer, in, sizeof in, MSG_DONTWAIT), 14);
    pair_free(&p);
}

static void test_write_errors_stay(void **state)
{
    struct pair p = pair_new();
    struct err e;

    (void)state;
    close(p.peer);
    for (int i = 0; i < 3; i++) {
        stream_put(p.s, SPAN_LIT("x"));
        assert_int_equal(stream_flush(p.s, &e), RC_CLOSED);
        assert_int_equal(e.rc, RC_CLOSED);
    }
    stream_close(&p.s);
    stream_close(&p.s);
}

static void test_deadline(void **state)
{
    static unsigned char block[4 * 1024 * 1024];
    struct pair p = pair_new();
    int64_t start = clock_mono();
    struct span s;
    struct err e;
    int which;

    (void)state;
    stream_deadline(p.s, deadline_in(30));
    say(p.peer, SPAN_LIT("no end"));
    assert_int_equal(stream_line(p.s, 100, &s, &e), RC_TIMEOUT);
    stream_put(p.s, span_of(block, sizeof block)); /* nobody reads */
    assert_int_equal(stream_flush(p.s, &e), RC_TIMEOUT);
    assert_in_range(clock_mono() - start, 25 * 1000000LL, 60000 * 1000000LL);
    stream_consume(p.s, 6);
    assert_int_equal(stream_wait(p.s, -1, -1, deadline_in(10), &which, &e), RC_TIMEOUT);
    pair_free(&p);
}

static void test_wait(void **state)
{
    struct pair p = pair_new();
    struct span s;
    struct err e;
    int other[2], which = 0;

    (void)state;
    assert_int_equal(pipe(other), 0);
    say(other[1], SPAN_LIT("x"));
    assert_int_equal(stream_wait(p.s, other[0], -1, DEADLINE_NEVER, &which, &e), RC_OK);
    assert_int_equal(which, STREAM_OTHER);
    say(p.peer, SPAN_LIT("a\r\nb\r\n"));
    assert_int_equal(stream_wait(p.s, -1, other[0], DEADLINE_NEVER, &which, &e), RC_OK);
    assert_int_equal(which, STREAM_INPUT | STREAM_THIRD);
    assert_int_equal(stream_line(p.s, 10, &s, &e), RC_OK);
    assert_int_equal(stream_wait(p.s, -1, -1, DEADLINE_NEVER, &which, &e),
                     RC_OK); /* the second line is in the buffer */
    assert_int_equal(which, STREAM_INPUT);
    close(other[0]), close(other[1]);
    pair_free(&p);
}

/* ---- a layer below ---- */
static int closed;

static ssize_t low_read(void *ctx, void *p, size_t n, int64_t deadline, struct err *e)
{
    (void)deadline;
    if (*(int *)ctx == 0)
        return err_set(e, RC_DENIED, "certificate") == RC_DENIED ? -1 : 0;
    (*(int *)ctx)--;
    memset(p, 'z', n > 2 ? 2 : n);
    return 2;
}

static size_t low_pending(void *ctx)
{
    (void)ctx;
    return 5;
}

static void low_close(void *ctx)
{
    (void)ctx;
    closed++;
}

static void test_layer(void **state)
{
    static const struct stream_ops ops = {.read = low_read, .pending = low_pending, .close = low_close};
    struct pair p = pair_new();
    struct span s;
    struct err e;
    int left = 1;

    (void)state;
    stream_set_ops(p.s, &ops, &left);
    assert_int_equal(stream_buffered(p.s), 5);
    assert_int_equal(stream_peek(p.s, &s, &e), RC_OK);
    assert_true(span_eq_str(s, "zz"));
    assert_int_equal(stream_buffered(p.s), 7);
    assert_int_equal(stream_line(p.s, 10, &s, &e), RC_DENIED); /* the layer's own error comes through */
    pair_free(&p);
    assert_int_equal(closed, 1);
}

/* ---- what was read is wiped before its memory is given back ---- */
#ifdef __SANITIZE_ADDRESS__
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *p);

enum { MARK = 0xA7 };
static unsigned freed, left_behind;
static const volatile unsigned char *inside; /* where a layer was told to write: in the input buffer */

static void nothing(const volatile void *p, size_t n)
{
    (void)p;
    (void)n;
}

static void look_at_freed(const volatile void *p)
{
    const volatile unsigned char *b = p;
    size_t n = __sanitizer_get_allocated_size(p);

    if (!inside || inside < b || inside >= b + n)
        return;
    freed++;
    for (size_t i = 0; i < n; i++)
        left_behind += b[i] == MARK;
}

struct layer {
    size_t gives, fails_at; /* octets a read; fails_at: calls before one writes all that it may and fails */
};

static ssize_t marking_read(void *ctx, void *p, size_t n, int64_t deadline, struct err *e)
{
    struct layer *l = ctx;
    bool fails = l->fails_at-- == 0;
    size_t gives = fails || l->gives > n ? n : l->gives;

    (void)deadline;
    inside = p;
    memset(p, MARK, gives);
    return fails && err_set(e, RC_DENIED, "a record that is not genuine") == RC_DENIED ? -1 : (ssize_t)gives;
}

static void test_wiped(void **state)
{
    static const struct stream_ops ops = {.read = marking_read};
    static const struct {
        size_t gives, reads;
        bool rests, fails;
    } of[] = {{10, 1, false, false},    {10, 1, true, false},
              {16384, 1, false, false}, {5000, 9, false, false} /* a larger buffer, twice */,
              {10, 1, false, true},     {7000, 3, false, true}};

    (void)state;
    assert_true(__sanitizer_install_malloc_and_free_hooks(nothing, look_at_freed) > 0);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct layer l = {of[i].gives, of[i].fails ? of[i].reads : SIZE_MAX};
        struct pair p = pair_new();
        struct span s;
        struct err e;

        freed = left_behind = 0;
        stream_set_ops(p.s, &ops, &l);
        (void)stream_line(p.s, of[i].gives * of[i].reads - 1, &s, &e); /* no line end comes: all is read */
        if (of[i].fails)
            assert_int_not_equal(stream_line(p.s, 60000, &s, &e), RC_OK);
        if (of[i].rests) {
            assert_int_equal(stream_peek(p.s, &s, &e), RC_OK);
            stream_consume(p.s, s.n);
            stream_rest(p.s);
            assert_true(freed > 0);
        }
        pair_free(&p);
        assert_true(freed > 0);
        assert_int_equal(left_behind, 0);
        inside = NULL;
    }
}
#else
static void test_wiped(void **state)
{
    (void)state;
    skip(); /* only the sanitizer shows memory as it is given back */
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),    cmocka_unit_test(test_cuts),     cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_output),   cmocka_unit_test(test_one_send), cmocka_unit_test(test_write_errors_stay),
        cmocka_unit_test(test_deadline), cmocka_unit_test(test_wait),     cmocka_unit_test(test_layer),
        cmocka_unit_test(test_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
