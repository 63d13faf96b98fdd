/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/thread_test.c - THREAD: tables of messages and the forest that comes of them; and a thread as long as a large folder.
 * Process  tests. */
#include "imapd/thread.h"
#include "extract/var.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

struct mail {
    const char *id, *reply_to, *refs; /* refs: with SP between */
    const char *subject;
    bool reply;
    int64_t date;
};

static void put_ids(const struct mail *m, struct buf *out)
{
    struct span rest = span_str(m->refs);

    var_bytes(out, span_str(m->id));
    var_bytes(out, span_str(m->reply_to));
    while (rest.n > 0) {
        ptrdiff_t sp = span_chr(rest, ' ');
        struct span one = span_head(rest, sp < 0 ? rest.n : (size_t)sp);

        var_bytes(out, one);
        rest = span_from(rest, sp < 0 ? rest.n : (size_t)sp + 1);
    }
}

static void check(bool references, const struct mail *m, size_t n, const char *want)
{
    struct thread_walk w = {0};
    struct buf out = BUF_INIT;
    struct threads t;
    struct err e;

    threads_init(&t);
    for (size_t i = 0; i < n; i++) {
        struct thread_msg msg = {.number = (uint32_t)i + 1, .date = m[i].date, .reply = m[i].reply};
        struct buf ids = BUF_INIT;

        put_ids(&m[i], &ids);
        assert_int_equal(threads_add(&t, &msg, span_str(m[i].subject), buf_span(&ids), references, &e), RC_OK);
        buf_free(&ids);
    }
    if (references)
        threads_by_references(&t);
    else
        threads_by_subject(&t);
    while (threads_put(&t, &w, &out, out.n + 3))
        ;
    assert_string_equal(buf_cstr(&out), want);
    buf_free(&out);
    threads_free(&t);
}
#define CHECK(references, want, ...)                                                                                   \
    check(references, (struct mail[]){__VA_ARGS__}, sizeof((struct mail[]){__VA_ARGS__}) / sizeof(struct mail), want)

static void by_references(void **state)
{
    (void)state;
    check(true, NULL, 0, "");
    CHECK(true, " (1)", {"a", "", "", "s", false, 1});
    CHECK(true, " (1 2 3)", {"a", "", "", "s", false, 1}, {"b", "a", "", "s", true, 2},
          {"c", "b", "a b", "s", true, 3});
    /* siblings by date, whatever their numbers */
    CHECK(true, " (1 (3)(2))", {"a", "", "", "s", false, 1}, {"b", "", "a", "s", true, 9},
          {"c", "", "a", "s", true, 5});
    /* a child before its parent; threads by date of their first message */
    CHECK(true, " (3)(2 1)", {"b", "", "a", "x", true, 5}, {"a", "", "", "x", false, 4}, {"c", "", "", "y", false, 1});
    /* a parent that is not here: its children are siblings below a dummy; one alone takes its place */
    CHECK(true, " ((1)(2))", {"b", "", "a", "x", true, 5}, {"c", "", "a", "x", true, 6});
    CHECK(true, " (1)", {"b", "", "z y a", "x", true, 5});
    /* ids that are missing or twice there */
    CHECK(true, " (1)(2)(3)", {"", "", "", "x", false, 1}, {"a", "", "", "y", false, 2}, {"a", "", "", "z", false, 3});
    /* loops are not made */
    CHECK(true, " (2 1)", {"a", "", "b", "x", false, 1}, {"b", "", "a", "y", false, 2});
    CHECK(true, " (1)", {"a", "", "a", "x", false, 1});
    CHECK(true, " (3 1 2)", {"a", "", "c", "x", false, 1}, {"b", "", "a", "x", false, 2},
          {"c", "", "b", "x", false, 3});
}

static void subjects_join_threads(void **state)
{
    (void)state;
    /* a reply without references goes below what it answers by subject */
    CHECK(true, " (1 2)", {"a", "", "", "x", false, 1}, {"b", "", "", "x", true, 2});
    CHECK(true, " (2 1)", {"a", "", "", "x", true, 2}, {"b", "", "", "x", false, 1});
    /* neither answers the other: beside one another */
    CHECK(true, " ((1)(2))", {"a", "", "", "x", false, 1}, {"b", "", "", "x", false, 2});
    CHECK(true, " ((1)(2)(3))", {"a", "", "", "x", false, 1}, {"b", "", "", "x", false, 2},
          {"c", "", "", "x", false, 3});
    /* two dummies of one subject become one; a message joins a dummy */
    CHECK(true, " ((1)(2)(3)(4)(5))", {"a", "", "p", "x", true, 1}, {"b", "", "p", "x", true, 2},
          {"c", "", "q", "x", true, 3}, {"d", "", "q", "x", true, 4}, {"e", "", "", "x", false, 5});
    /* no subject joins nothing */
    CHECK(true, " (1)(2)", {"a", "", "", "", false, 1}, {"b", "", "", "", false, 2});
}

static void by_subject(void **state)
{
    (void)state;
    check(false, NULL, 0, "");
    CHECK(false, " (2 (1)(4))(3)", {"", "", "", "x", true, 5}, {"", "", "", "x", false, 1}, {"", "", "", "y", false, 2},
          {"", "", "", "x", true, 6});
    CHECK(false, " (1 2)(3)", {"", "", "", "x", false, 1}, {"", "", "", "x", false, 1}, {"", "", "", "y", false, 3});
}

/* Neither the stack nor the time grows with the depth. */
static void a_long_thread(void **state)
{
    enum { LONG = 50000 };
    struct thread_walk w = {0};
    struct buf out = BUF_INIT;
    struct threads t;
    struct err e;

    (void)state;
    threads_init(&t);
    for (uint32_t i = LONG; i > 0; i--) {
        struct thread_msg msg = {.number = i, .date = i};
        struct buf ids = BUF_INIT;
        char id[16], ref[16];

        snprintf(id, sizeof id, "m%u", i);
        snprintf(ref, sizeof ref, "m%u", i - 1);
        var_bytes(&ids, span_str(id));
        var_bytes(&ids, span_str(ref));
        assert_int_equal(threads_add(&t, &msg, SPAN_LIT("x"), buf_span(&ids), true, &e), RC_OK);
        buf_free(&ids);
    }
    threads_by_references(&t);
    while (threads_put(&t, &w, &out, out.n + 1000))
        ;
    assert_true(span_istarts(buf_span(&out), " (1 2 3 4 5 "));
    assert_int_equal(out.p[out.n - 1], ')');
    buf_free(&out);
    threads_free(&t);
}

/* ---- senders who want the walk to be long ---- */
enum { EVIL_REFS = 200 };

static void add_refs(struct threads *t, uint32_t no, const uint32_t refs[EVIL_REFS])
{
    struct thread_msg msg = {.number = no, .date = no};
    struct buf ids = BUF_INIT;
    char id[16];
    struct err e;

    snprintf(id, sizeof id, "m%u", no);
    var_bytes(&ids, span_str(id));
    var_bytes(&ids, SPAN_NULL);
    for (unsigned i = 0; i < EVIL_REFS; i++) {
        snprintf(id, sizeof id, "r%u", refs[i]);
        var_bytes(&ids, span_str(id));
    }
    assert_int_equal(threads_add(t, &msg, SPAN_LIT("x"), buf_span(&ids), true, &e), RC_OK);
    buf_free(&ids);
}

/* A chain of ids nobody has; then messages that name its two ends in turns, each time to be told that one is above the other. */
static void ends_in_turns(void **state)
{
    enum { CHAIN = 400, ASKING = 1000 };
    uint32_t refs[EVIL_REFS], no = 1, last = 0;
    struct threads t;

    (void)state;
    threads_init(&t);
    for (uint32_t m = 0; m < CHAIN; m++, no++) {
        for (unsigned i = 0; i < EVIL_REFS; i++)
            refs[i] = last + i;
        last = refs[EVIL_REFS - 1];
        add_refs(&t, no, refs);
    }
    for (uint32_t m = 0; m < ASKING; m++, no++) {
        for (unsigned i = 0; i < EVIL_REFS; i++)
            refs[i] = i % 2 ? 0 : last;
        add_refs(&t, no, refs);
    }
    assert_in_range(t.steps, 1, 1 << 25); /* it would be 8,000,000,000 */
    threads_by_references(&t);
    threads_free(&t);
}

/* A chain of ids nobody has, and many messages below its end: all come to the top. */
static void many_below_a_chain(void **state)
{
    enum { CHAIN = 1000, BELOW = 5000, SECONDS = 5 };
    uint32_t refs[EVIL_REFS], no = 1, last = 0;
    clock_t began = clock();
    struct threads t;

    (void)state;
    threads_init(&t);
    for (uint32_t m = 0; m < CHAIN; m++, no++) {
        for (unsigned i = 0; i < EVIL_REFS; i++)
            refs[i] = last + i;
        last = refs[EVIL_REFS - 1];
        add_refs(&t, no, refs);
    }
    for (unsigned i = 0; i < EVIL_REFS; i++)
        refs[i] = last;
    for (uint32_t m = 0; m < BELOW; m++, no++)
        add_refs(&t, no, refs);
    threads_by_references(&t);
    assert_true((clock() - began) / CLOCKS_PER_SEC < SECONDS); /* not one; a dozen, were each moved once a level */
    threads_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_references), cmocka_unit_test(subjects_join_threads),
                                       cmocka_unit_test(by_subject),    cmocka_unit_test(a_long_thread),
                                       cmocka_unit_test(ends_in_turns), cmocka_unit_test(many_below_a_chain)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
