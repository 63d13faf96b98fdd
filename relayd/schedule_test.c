/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/schedule_test.c - fairness, adaptation, rest and cost of the schedule. Its invariants under random use: schedule_model_test.c.
 */
#include "relayd/schedule_fixture_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* last, as it asks */
#include <cmocka.h>

static uint32_t up(struct schedule *s, uint64_t now)
{
    uint32_t d = 0;

    assert_true(schedule_place(s, now, &d));
    schedule_up(s, d);
    return d;
}

/* ---- fairness ---- */
static void test_one_letter_beside_ten_thousand(void **state)
{
    struct schedule *s = schedule_new(&usual);
    uint64_t qid;
    uint32_t d;

    (void)state;
    for (uint64_t i = 1; i <= 10000; i++)
        put(s, "chu.example", 1, i, 0);
    d = up(s, 10);
    for (int i = 0; i < 7; i++)
        assert_true(pass(s, d, &qid));
    put(s, "chu.example", 2, 20000, 0); /* the GP's */
    assert_true(pass(s, d, &qid));
    if (qid != 20000)
        assert_true(pass(s, d, &qid));
    assert_int_equal(qid, 20000);
    schedule_free(&s);
}

static void test_senders_take_turns(void **state)
{
    struct schedule *s = schedule_new(&usual);
    uint64_t qid, got[10] = {0};
    uint32_t d;

    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        put(s, "a.example", i % 10, i + 1, 0);
    d = up(s, 10);
    for (int i = 0; i < 500; i++) {
        assert_true(pass(s, d, &qid));
        got[(qid - 1) % 10]++;
    }
    for (int i = 0; i < 10; i++)
        assert_int_equal(got[i], 50);
    schedule_free(&s);
}

/* All places are with one destination; another one's letter gets one after a single letter of it. */
static void test_a_place_is_given_up(void **state)
{
    const struct schedule_limits few = {.sessions = 2, .per_domain = 2, .letters = 1000, .rcpts = 100};
    struct schedule *s = schedule_new(&few);
    struct schedule_letter l;
    uint32_t a, d;
    uint64_t qid;

    (void)state;
    for (uint64_t i = 1; i <= 1000; i++)
        put(s, "a.example", 1, i, 0);
    a = up(s, 10);
    assert_int_equal(up(s, 10), a);
    assert_false(schedule_place(s, 10, &d));
    put(s, "b.example", 1, 5000, 0);
    assert_false(schedule_place(s, 10, &d));
    assert_int_equal(schedule_take(s, a, 3, &l), ST_LEAVE);
    assert_int_equal(schedule_take(s, a, 3, &l), ST_LETTER); /* one place is enough */
    schedule_back(s, l.letter);
    schedule_closed(s, a, true);
    d = up(s, 10);
    assert_string_equal(schedule_domain(s, d), "b.example");
    assert_true(pass(s, d, &qid));
    assert_int_equal(qid, 5000);
    assert_int_equal(schedule_take(s, d, 1, &l), ST_NONE);
    assert_int_equal(schedule_take(s, a, SCHEDULE_TURN, &l), ST_LETTER); /* nobody is without */
    schedule_back(s, l.letter);
    put(s, "c.example", 1, 6000, 0);
    assert_int_equal(schedule_take(s, d, 1, &l), ST_LEAVE); /* it idles, and others have none */
    schedule_closed(s, d, true);
    assert_string_equal(schedule_domain(s, up(s, 10)), "c.example");
    put(s, "e.example", 1, 7000, 0);
    assert_int_equal(schedule_take(s, a, SCHEDULE_TURN - 1, &l), ST_LETTER); /* its only session: has its turn */
    schedule_back(s, l.letter);
    assert_int_equal(schedule_take(s, a, SCHEDULE_TURN, &l), ST_LEAVE);
    schedule_free(&s);
}

/* Places go round robin: with 4 places and 40 destinations of 100 letters each, after every destination had its first session none had two. */
static void test_places_go_round(void **state)
{
    const struct schedule_limits few = {.sessions = 4, .per_domain = 5, .letters = 5, .rcpts = 100};
    struct schedule *s = schedule_new(&few);
    unsigned sessions[41] = {0}, most = 0, least = 1000;
    char name[32];

    (void)state;
    for (uint64_t i = 0; i < 4000; i++) {
        snprintf(name, sizeof name, "d%u.example", (unsigned)(i % 40));
        put(s, name, i % 7, i + 1, 0);
    }
    for (int round = 0; round < 400; round++) {
        struct schedule_letter l;
        uint32_t d, served = 0;

        if (!schedule_place(s, 10, &d))
            break;
        schedule_up(s, d);
        sessions[strtoul(schedule_domain(s, d) + 1, NULL, 10)]++;
        while (schedule_take(s, d, served, &l) == ST_LETTER) {
            schedule_drop(s, l.letter);
            served++;
        }
        schedule_closed(s, d, true);
    }
    for (int i = 0; i < 40; i++) {
        most = sessions[i] > most ? sessions[i] : most;
        least = sessions[i] < least ? sessions[i] : least;
    }
    assert_true(most - least <= 1);
    schedule_free(&s);
}

/* ---- adaptation ---- */
static void test_grows_and_halves(void **state)
{
    struct schedule *s = schedule_new(&usual);
    uint32_t d, other;
    uint64_t qid;

    (void)state;
    for (uint64_t i = 1; i <= 1000; i++)
        put(s, "a.example", 1, i, 0);
    assert_true(schedule_place(s, 10, &d));
    assert_false(schedule_place(s, 10, &other)); /* nobody knows yet whether it works */
    schedule_up(s, d);
    assert_int_equal(up(s, 10), d);
    assert_false(schedule_place(s, 10, &other)); /* SCHEDULE_START */
    for (unsigned n = 2; n < usual.per_domain; n++) {
        for (unsigned i = 0; i < n; i++)
            assert_true(pass(s, d, &qid));
        assert_int_equal(up(s, 10), d);
        assert_false(schedule_place(s, 10, &other));
    }
    for (int i = 0; i < 100; i++)
        assert_true(pass(s, d, &qid));
    assert_false(schedule_place(s, 10, &other));       /* five are five */
    assert_false(schedule_failed(s, d, true, 10, 70)); /* four others work: it does not rest */
    assert_int_equal(schedule_failures(s, d), 0);
    schedule_closed(s, d, true);
    schedule_closed(s, d, true);
    schedule_closed(s, d, true);                 /* one is left; the limit is two now */
    assert_false(schedule_place(s, 10, &other)); /* the pause */
    assert_int_equal(schedule_wake(s), 10 + SCHEDULE_PAUSE_S);
    assert_int_equal(up(s, 10 + SCHEDULE_PAUSE_S), d);
    assert_false(schedule_place(s, 100, &other));
    schedule_free(&s);
}

static void test_rests(void **state)
{
    struct schedule *s = schedule_new(&usual);
    uint32_t d, other;

    (void)state;
    for (uint64_t i = 1; i <= 100; i++)
        put(s, "a.example", 1, i, 0);
    assert_true(schedule_place(s, 10, &d));
    assert_true(schedule_failed(s, d, false, 10, 70));
    assert_int_equal(schedule_failures(s, d), 1);
    assert_int_equal(dest_at(s, d)->rest, 70);
    put(s, "a.example", 2, 1000, 0); /* a new letter wakes nobody */
    assert_false(schedule_place(s, 69, &other));
    assert_true(schedule_place(s, 70, &other));
    assert_int_equal(other, d);
    assert_false(schedule_place(s, 70, &other)); /* one probe */
    assert_true(schedule_failed(s, d, false, 75, 200));
    assert_int_equal(schedule_failures(s, d), 2);
    assert_int_equal(schedule_see(s, 5, 0, 10, 80), SS_KNOWN);
    assert_false(schedule_place(s, 80, &other));
    assert_int_equal(schedule_see(s, 5, 0, 80, 80), SS_CHANGED); /* pli queue retry */
    assert_true(schedule_place(s, 80, &other));
    schedule_up(s, d);
    assert_int_equal(schedule_failures(s, d), 0);
    schedule_free(&s);
}

/* Ten of fifty hosts hang for ever: the other forty get as many places as if the ten were not there. */
static void test_hosts_that_hang(void **state)
{
    struct schedule *s = schedule_new(&usual);
    unsigned given = 0, hung = 0;
    char name[32];
    uint32_t d;

    (void)state;
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "down%d.example", i);
        put(s, name, 1, (uint64_t)i + 1, 0);
        assert_true(schedule_place(s, 10, &d));
        assert_true(schedule_failed(s, d, false, 10, 70));
    }
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "up%d.example", i);
        put(s, name, 1, 100 + (uint64_t)i, 0);
    }
    while (schedule_place(s, 100, &d)) {
        given += schedule_domain(s, d)[0] == 'u';
        hung += schedule_domain(s, d)[0] == 'd';
    }
    assert_int_equal(given, usual.sessions);
    assert_int_equal(hung, usual.sessions / 4);
    schedule_free(&s);
}

/* ---- letters ---- */
static void test_many_recipients(void **state)
{
    struct schedule *s = schedule_new(&usual);
    struct schedule_letter l, m;
    uint32_t d;

    (void)state;
    for (uint32_t i = 0; i < 250; i++)
        put(s, i % 2 ? "a.example" : "b.example", 1, 7, i);
    d = up(s, 10);
    assert_int_equal(schedule_take(s, d, 0, &l), ST_LETTER);
    assert_int_equal(l.n, 100);
    for (uint32_t i = 1; i < l.n; i++)
        assert_int_equal(l.rcpt[i], l.rcpt[i - 1] + 2);
    assert_int_equal(schedule_take(s, d, 0, &m), ST_LETTER);
    assert_int_equal(m.n, 25);
    assert_int_equal(m.rcpt[0], l.rcpt[99] + 2);
    schedule_end(s, 7, l.rcpt[0]);
    schedule_back(s, l.letter); /* one of it was dropped meanwhile */
    schedule_drop(s, m.letter);
    assert_int_equal(schedule_take(s, d, 0, &l), ST_LETTER);
    assert_int_equal(l.n, 99);
    for (uint32_t i = 0; i < l.n; i++)
        schedule_end(s, 7, l.rcpt[i]);
    schedule_drop(s, l.letter);
    assert_int_equal(schedule_take(s, d, 0, &l), ST_NONE);
    schedule_free(&s);
}

static void test_ages(void **state)
{
    struct schedule *s = schedule_new(&usual);
    struct schedule_letter l;
    uint64_t qid;
    uint32_t rcpt, d;

    (void)state;
    put(s, "a.example", 1, 1, 0);
    put(s, "a.example", 1, 2, 0);
    schedule_age(s, 1, 0, 50);
    schedule_age(s, 2, 0, 60);
    assert_false(schedule_old(s, 49, &qid, &rcpt, &d));
    assert_true(schedule_old(s, 50, &qid, &rcpt, &d));
    assert_int_equal(qid, 1);
    assert_false(schedule_old(s, 50, &qid, &rcpt, &d)); /* in a minute */
    schedule_age(s, 1, 0, 1000);
    schedule_end(s, 1, 0);
    d = up(s, 55);
    assert_int_equal(schedule_take(s, d, 0, &l), ST_LETTER);
    assert_false(schedule_old(s, 60, &qid, &rcpt, &d)); /* it is with a session */
    schedule_back(s, l.letter);
    assert_true(schedule_old(s, 120, &qid, &rcpt, &d));
    assert_int_equal(qid, 2);
    schedule_free(&s);
}

/* ---- cost ---- */
static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(struct schedule *s, uint64_t n)
{
    char name[32];

    for (uint64_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "d%u.example", (unsigned)(i % 50));
        put(s, name, i /* each its own sender: the dearest case */, i + 1, 0);
    }
}

static void test_memory(void **state)
{
    struct schedule *s = schedule_new(&usual);
    struct schedule_counts c;

    (void)state;
    for (uint64_t n = 1000; n <= 100000; n *= 10) {
        schedule_free(&s);
        s = schedule_new(&usual);
        fill(s, n);
        schedule_count(s, &c);
        assert_int_equal(c.entries, n);
        assert_in_range(c.memory, 1, n * SCHEDULE_ENTRY_OCTETS + 50 * 700 + 100000);
        if (n == 100000)
            print_message("%llu entries: %.0f octets each\n", (unsigned long long)n, (double)c.memory / (double)n);
    }
    schedule_free(&s);
}

/* Adding and passing one letter costs about the same with 100,000 others waiting as with 1,000; forty times leaves room for caches and a slow machine,
 * while anything linear would be a hundred times. */
static double cost(uint64_t n)
{
    struct schedule *s = schedule_new(&usual);
    double t;
    uint64_t qid;
    uint32_t d;

    fill(s, n);
    d = up(s, 10);
    t = seconds();
    for (uint64_t i = 0; i < 2000; i++) {
        put(s, "d1.example", i % 3, n + 1 + i, 0);
        pass(s, d, &qid);
    }
    t = seconds() - t;
    schedule_free(&s);
    return t;
}

static void test_cost(void **state)
{
    double few, many;

    (void)state;
    cost(1000);
    few = cost(1000);
    many = cost(100000);
    print_message("2000 letters: %.1f ms among 1000, %.1f ms among 100000\n", few * 1e3, many * 1e3);
    assert_true(many < few * 40 + 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_letter_beside_ten_thousand),
                                       cmocka_unit_test(test_senders_take_turns),
                                       cmocka_unit_test(test_a_place_is_given_up),
                                       cmocka_unit_test(test_places_go_round),
                                       cmocka_unit_test(test_grows_and_halves),
                                       cmocka_unit_test(test_rests),
                                       cmocka_unit_test(test_hosts_that_hang),
                                       cmocka_unit_test(test_many_recipients),
                                       cmocka_unit_test(test_ages),
                                       cmocka_unit_test(test_memory),
                                       cmocka_unit_test(test_cost)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
