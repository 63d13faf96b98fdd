/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/guess_test.c - who is held up by whose wrong passwords. */
#include "directory/dird/guess.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static struct guesses *g;
static unsigned tried;

static int make(void **state)
{
    (void)state;
    g = guesses_new(10);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    guesses_free(&g);
    return 0;
}

/* One wrong password nobody has tried yet; what it was answered. */
static enum guess_answer wrong(const char *login, const char *peer, uint64_t process, int64_t now)
{
    char password[32];
    struct guess t;
    struct guess_who who = {span_str(login), span_str(peer), process, 1};
    snprintf(password, sizeof password, "wrong %u", tried++);
    enum guess_answer a = guess_ask(g, &who, span_str(password), now, &t);
    if (a == GUESS_TRY) {
        guess_take(g, &t, now);
        guess_wrong(g, &t, now);
    }
    return a;
}

static enum guess_answer right(const char *login, const char *peer, uint64_t process, int64_t now)
{
    struct guess t;
    struct guess_who who = {span_str(login), span_str(peer), process, 1};
    enum guess_answer a = guess_ask(g, &who, SPAN_LIT("right"), now, &t);
    if (a == GUESS_TRY) {
        guess_take(g, &t, now);
        guess_right(g, &t, true, now);
    }
    return a;
}

static void the_account_counts_whatever_the_peer_says(void **state)
{
    (void)state;
    char peer[32];
    int tries = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(peer, sizeof peer, "192.0.2.%d", i);
        tries += wrong("gp@x.example", peer, 1000 + (uint64_t)i, 5000) == GUESS_TRY;
    }
    assert_int_equal(tries, 10);
    assert_int_equal(wrong("GP@x.Example", "192.0.2.200", 1, 5000), GUESS_WAIT);
    assert_int_equal(wrong("other@x.example", "192.0.2.200", 1, 5000), GUESS_TRY);
}

/* Names another account and another place each time: its own number is the kernel's. */
static void a_session_that_lies_is_counted_itself(void **state)
{
    (void)state;
    char peer[32], login[32];
    int tries = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(peer, sizeof peer, "192.0.2.%d", i);
        snprintf(login, sizeof login, "gp%d@x.example", i);
        tries += wrong(login, peer, 77, 5000) == GUESS_TRY;
    }
    assert_int_equal(tries, 10);
}

static void an_ipv6_site_is_one_place(void **state)
{
    (void)state;
    char peer[64], login[32];
    int tries = 0;
    for (int i = 0; i < 200; i++) {
        snprintf(peer, sizeof peer, "2001:db8:0:7:%x::%x", i, i);
        snprintf(login, sizeof login, "gp%d@x.example", i);
        tries += wrong(login, peer, (uint64_t)i, 5000) == GUESS_TRY;
    }
    assert_int_equal(tries, 50);
    assert_int_equal(wrong("new@x.example", "2001:db8:0:8::1", 1, 5000), GUESS_TRY); /* the next /64 */
}

static void places_as_they_are_counted(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"},
        {"::1", "::/64"},
        {"", ""},
        {"not an address", "not an address"},
    };
    char place[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        guess_place(span_str(rows[i][0]), place);
        assert_string_equal(place, rows[i][1]);
    }
}

static void a_known_place_waits_for_nobody_else(void **state)
{
    (void)state;
    char login[32];
    assert_int_equal(right("gp@x.example", "192.0.2.1", 1, 1000), GUESS_TRY);
    for (int i = 0; i < 200; i++) {
        (void)wrong("gp@x.example", "198.51.100.1", 2, 2000); /* from elsewhere */
        snprintf(login, sizeof login, "colleague%d@x.example", i);
        (void)wrong(login, "192.0.2.1", (uint64_t)i, 2000); /* from there, for others */
    }
    assert_int_equal(right("gp@x.example", "198.51.100.1", 2, 2000), GUESS_WAIT);
    assert_int_equal(right("gp@x.example", "192.0.2.1", 3, 2000), GUESS_TRY);
}

/* What a liar gains who knows a place of the account: as many tries as there, no more. */
/* One account, right from 40,000 places (an IPv6 site has 65,536 of them): it does not make dird forget where others have signed in. */
static void known_places_are_not_pushed_out_by_another(void **state)
{
    (void)state;
    char login[32], peer[64];
    int kept = 0;
    for (int i = 0; i < 20; i++) {
        snprintf(login, sizeof login, "doctor%d@chu.example", i);
        assert_int_equal(right(login, "192.0.2.1", 0, 1000), GUESS_TRY);
    }
    for (int i = 0; i < 40000; i++) {
        snprintf(peer, sizeof peer, "2001:db8:0:%x::1", i);
        assert_int_equal(right("insider@chu.example", peer, 0, 2000), GUESS_TRY);
    }
    for (int i = 0; i < 20; i++) {
        snprintf(login, sizeof login, "doctor%d@chu.example", i);
        for (int k = 0; k < 40; k++) {
            snprintf(peer, sizeof peer, "198.51.100.%d", k);
            wrong(login, peer, 0, 3000);
        }
        kept += right(login, "192.0.2.1", 0, 3000) == GUESS_TRY;
    }
    assert_in_range(kept, 19, 20); /* one may share the insider's row: 1 in 16,384 */
}

static void a_known_place_has_a_count_too(void **state)
{
    (void)state;
    int tries = 0;
    assert_int_equal(right("gp@x.example", "192.0.2.1", 1, 1000), GUESS_TRY);
    for (int i = 0; i < 100; i++)
        tries += wrong("gp@x.example", "192.0.2.1", (uint64_t)i, 2000) == GUESS_TRY;
    assert_int_equal(tries, 10);
}

/* The owner's sign-ins give an attacker no new tries. */
static void a_right_one_does_not_wipe_the_count(void **state)
{
    (void)state;
    int tries = 0;
    for (int i = 0; i < 100; i++) {
        tries += wrong("gp@x.example", "198.51.100.1", (uint64_t)i, 2000) == GUESS_TRY;
        (void)right("gp@x.example", "192.0.2.1", 1, 2000);
    }
    assert_in_range(tries, 9, 10);
}

static void wrong_once_is_wrong_again_until_the_account_changes(void **state)
{
    (void)state;
    struct guess t;
    struct guess_who who = {SPAN_LIT("gp@x.example"), SPAN_LIT("192.0.2.1"), 1, 1};
    assert_int_equal(guess_ask(g, &who, SPAN_LIT("old"), 1000, &t), GUESS_TRY);
    guess_take(g, &t, 1000);
    guess_wrong(g, &t, 1000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(guess_ask(g, &who, SPAN_LIT("old"), 2000, &t), GUESS_WRONG);
    assert_int_equal(guess_ask(g, &who, SPAN_LIT("new"), 2000, &t), GUESS_TRY);
    who.csn = 2;
    assert_int_equal(guess_ask(g, &who, SPAN_LIT("old"), 2000, &t), GUESS_TRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_account_counts_whatever_the_peer_says, make, unmake),
        cmocka_unit_test_setup_teardown(a_session_that_lies_is_counted_itself, make, unmake),
        cmocka_unit_test_setup_teardown(an_ipv6_site_is_one_place, make, unmake),
        cmocka_unit_test_setup_teardown(places_as_they_are_counted, make, unmake),
        cmocka_unit_test_setup_teardown(a_known_place_waits_for_nobody_else, make, unmake),
        cmocka_unit_test_setup_teardown(known_places_are_not_pushed_out_by_another, make, unmake),
        cmocka_unit_test_setup_teardown(a_known_place_has_a_count_too, make, unmake),
        cmocka_unit_test_setup_teardown(a_right_one_does_not_wipe_the_count, make, unmake),
        cmocka_unit_test_setup_teardown(wrong_once_is_wrong_again_until_the_account_changes, make, unmake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
