/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/lists_test.c - list.state as it is written and read: nothing that a web server or a certificate says makes another line of it, and a
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
                           .modified = 7};
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(comes_back), cmocka_unit_test(no_line_of_its_own),
                                       cmocka_unit_test(any_file)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
