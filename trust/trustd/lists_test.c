/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/lists_test.c - how old a list is, whoever says so; and list.state as it is written and read: nothing that a web server or a certificate says makes another line of it, and a
 * file of another version is read as far as it goes. Lists and crashes are in tests/fault/test_trustd_days.py. */
#include "trust/trustd/lists_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* last, as it asks */
#include <cmocka.h>

static void back(const struct list_state *s, struct list_state *out)
{
    struct buf b = BUF_INIT;

    state_write(&b, s);
    state_read(buf_span(&b), out);
    buf_free(&b);
}

static void comes_back(void **state)
{
    struct list_state s = {.generation = UINT64_MAX,
                           .generated = 1,
                           .taken = 2,
                           .last_try = 3,
                           .next = 4,
                           .signer_until = 5,
                           .failures = 6,
                           .modified = 7,
                           .dated = 8};
    struct list_state got;

    (void)state;
    snprintf(s.url, sizeof s.url, "https://a.test/l?a=b c");
    snprintf(s.etag, sizeof s.etag, "W/\"x y\"");
    snprintf(s.signer, sizeof s.signer, "CN=alb.mssante.fr,O=Société");
    digest_text(span_str("abc"), s.digest);
    back(&s, &got);
    assert_memory_equal(&got, &s, sizeof s);
    assert_string_equal(s.digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void no_line_of_its_own(void **state)
{
    struct list_state s = {.generation = 5}, got;

    (void)state;
    snprintf(s.etag, sizeof s.etag, "\"x\"\ngeneration 9\n");
    snprintf(s.last_error, sizeof s.last_error, "bad\r\nfailures 3");
    back(&s, &got);
    assert_int_equal(got.generation, 5);
    assert_int_equal(got.failures, 0);
    assert_string_equal(got.etag, "\"x\" generation 9 ");
}

/* Unknown lines, numbers that are none, values beyond their room, no end of line. */
static void any_file(void **state)
{
    struct buf b = BUF_INIT;
    struct list_state got;

    (void)state;
    buf_addstr(&b, "future 1\ngeneration 12\ntaken soon\nnext 99999999999999999999999\n\n \netag \nsigner ");
    for (int i = 0; i < 5000; i++)
        buf_u8(&b, 'x');
    buf_addstr(&b, "\nfailures 4");
    state_read(buf_span(&b), &got);
    assert_int_equal(got.generation, 12);
    assert_int_equal(got.taken, 0);
    assert_int_equal(got.next, 0);
    assert_int_equal(strlen(got.signer), sizeof got.signer - 1);
    assert_int_equal(got.failures, 4);
    state_read(span_str(""), &got);
    assert_int_equal(got.generation, 0);
    buf_free(&b);
}

/* ---- ages ---- */
enum { DAY = 86400 };
#define NOW ((int64_t)2000000000)

/* Who renews what: .taken and .dated of a list of ten days ago that was taken yesterday. */
static void seen_by(void **state)
{
    static const struct {
        enum list_how_came how;
        bool same;
        uint64_t taken, dated;
    } t[] = {{LF_HAND, true, NOW, NOW},
             {LF_HAND, false, NOW, NOW},
             {LF_HTTPS, true, NOW, NOW - 10 * DAY},
             {LF_HTTPS, false, NOW, NOW - 2 * DAY},
             {LF_HTTP, true, NOW - DAY, NOW - 10 * DAY},
             {LF_HTTP, false, NOW, NOW - 2 * DAY},
             {LF_KEPT, true, NOW - DAY, NOW - 10 * DAY},
             {LF_KEPT, false, NOW - DAY, NOW - 10 * DAY}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct list_state s = {.taken = NOW - DAY,
                               .dated = NOW - 10 * DAY,
                               .generated = (uint64_t)(t[i].same ? NOW - 10 * DAY : NOW - 2 * DAY)};

        lists_seen(&s, t[i].how, t[i].same, NOW);
        assert_int_equal(s.taken, t[i].taken);
        assert_int_equal(s.dated, t[i].dated);
    }
}

static void how_old(void **state)
{
    static const struct {
        int64_t max_age, max_list_age, taken, dated, until;
        int alarm;
    } t[] = {
        {30 * DAY, 90 * DAY, NOW, NOW - DAY, NOW + 30 * DAY, 0},
        {30 * DAY, 90 * DAY, NOW - 4 * DAY, NOW - 4 * DAY, NOW + 26 * DAY, 1},
        {30 * DAY, 90 * DAY, NOW - 31 * DAY, NOW - 31 * DAY, NOW - DAY, 2},
        {30 * DAY, 90 * DAY, NOW, NOW - 61 * DAY, NOW + 29 * DAY, 1},
        {30 * DAY, 90 * DAY, NOW, NOW - 91 * DAY, NOW - DAY, 2},
        {0, 90 * DAY, NOW - 400 * DAY, NOW - DAY, NOW + 89 * DAY, 1},
        {30 * DAY, 0, NOW, NOW - 400 * DAY, NOW + 30 * DAY, 0},
        {0, 0, NOW, NOW - 400 * DAY, 0, 0},
        {30 * DAY, 90 * DAY, NOW, 0, NOW - 10 * DAY, 2},                     /* a state of before: its own date */
        {30 * DAY, 90 * DAY, NOW + 999 * DAY, NOW - DAY, NOW - 70 * DAY, 2}, /* a clock that was ahead: the same */
        {30 * DAY, 90 * DAY, NOW, NOW + 999 * DAY, NOW - 10 * DAY, 2},
        {30 * DAY, 90 * DAY, NOW + 60, NOW + 60, NOW + 60 + 30 * DAY, 0}, /* by a minute: nothing */
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct lists l = {.conf = {.alarm_age = 3 * DAY, .max_age = t[i].max_age, .max_list_age = t[i].max_list_age}};
        struct list_state s = {
            .generated = NOW - 100 * DAY, .taken = (uint64_t)t[i].taken, .dated = (uint64_t)t[i].dated};

        if ((int64_t)lists_good_until(&l, &s, NOW) != t[i].until || lists_alarm(&l, &s, NOW) != t[i].alarm)
            fail_msg("row %zu: %lld, %d", i, (long long)lists_good_until(&l, &s, NOW) - NOW, lists_alarm(&l, &s, NOW));
        l.index_fd = -1;
        assert_int_equal(lists_alarm(&l, &s, NOW), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(comes_back), cmocka_unit_test(no_line_of_its_own),
                                       cmocka_unit_test(any_file), cmocka_unit_test(seen_by),
                                       cmocka_unit_test(how_old)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
