/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/list_test.c - times; a reader that dies or says nothing good. Lists themselves are read in
 * tests/protocol/test_white_list.py, which makes and signs them. */
#include "trust/list/list_int.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void times(void **state)
{
    static const struct {
        const char *text;
        uint64_t utc; /* 0: none */
    } t[] = {
        {"2025-02-28T15:42:07Z", 1740757327},
        {"2025-02-28T15:42:07.5Z", 1740757327},
        {"2025-02-28T16:42:07+01:00", 1740757327},
        {"2025-02-28T10:12:07-05:30", 1740757327},
        {"2024-02-29T00:00:00Z", 1709164800},
        {"1970-01-01T00:00:01Z", 1},
        {"9999-12-31T23:59:59Z", 253402300799},
        {"2025-02-29T00:00:00Z", 0},
        {"2025-13-01T00:00:00Z", 0},
        {"2025-00-01T00:00:00Z", 0},
        {"2025-01-01T24:00:00Z", 0},
        {"2025-01-01T00:60:00Z", 0},
        {"2025-01-01T00:00:60Z", 0},
        {"2025-01-01T00:00:00", 0},
        {"2025-01-01T00:00:00+1:00", 0},
        {"2025-01-01T00:00:00+15:00", 0},
        {"2025-01-01 00:00:00Z", 0},
        {"1969-12-31T23:59:59Z", 0},
        {"20250101T000000Z", 0},
        {"", 0},
        {"-025-01-01T00:00:00Z", 0},
        {"2025-01-01T00:00:00ZZ", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        uint64_t utc = 0;
        bool ok = list_time(span_str(t[i].text), &utc);
        if (ok != (t[i].utc != 0) || utc != t[i].utc)
            fail_msg("%s: %llu", t[i].text, (unsigned long long)utc);
    }
}

/* The reader is not to be trusted with its life: whatever ends it, its caller goes on and says which list it was. */
static void a_reader_that_dies(void **state)
{
    const size_t size = 4096;
    void *hole = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const struct list_how how = {.signer_pem = SPAN_LIT("x"), .now = 1};
    struct list_result r = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(list_read_apart(span_of(hole, size), &how, &r, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_LIST_UNREADABLE);
    assert_non_null(strstr(e.log, "its reader"));
    assert_int_equal(r.index.n, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left behind */
    munmap(hole, size);
}

static int open_files(void)
{
    int n = 0;

    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void refusals_come_through(void **state)
{
    const struct list_how how = {.signer_pem = SPAN_LIT("x"), .now = 1};
    struct list_result r = {0};
    struct err e = {0};
    int before = open_files();

    (void)state;
    assert_int_equal(list_read_apart(SPAN_LIT("<html>"), &how, &r, &e), RC_DENIED);
    assert_int_equal(e.cause, CAUSE_LIST_UNREADABLE);
    assert_string_equal(e.log, "list: an HTML page");
    assert_int_equal(open_files(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times),
        cmocka_unit_test(a_reader_that_dies),
        cmocka_unit_test(refusals_come_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
