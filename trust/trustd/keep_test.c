/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/trustd/keep_test.c - files of an instance whose folder has a long name: the path is whole, or refused, and never cut. */
#include "trust/trustd/keep.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { LEVELS = 5, NAME = 150 };

static void make(char dir[KEEP_PATH], size_t at)
{
    for (int i = 0; i < LEVELS; i++) {
        dir[at++] = '/';
        memset(dir + at, 'a' + i, NAME);
        dir[at += NAME] = '\0';
        assert_int_equal(mkdir(dir, 0700), 0);
    }
}

static void unmake(char dir[KEEP_PATH])
{
    while (rmdir(dir) == 0 && strrchr(dir + 1, '/') != dir)
        *strrchr(dir, '/') = '\0';
}

static void test_a_long_folder(void **state)
{
    char dir[KEEP_PATH] = "/tmp/pli-keep-XXXXXX", path[KEEP_PATH + 8], got[8] = "";
    struct err e;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(dir));
    make(dir, strlen(dir));
    assert_int_equal(keep_file(dir, "a.crl", SPAN_LIT("one"), &e), RC_OK);
    assert_int_equal(keep_file(dir, "b.crl", SPAN_LIT("two"), &e), RC_OK); /* another file: not the same cut name */
    (void)snprintf(path, sizeof path, "%.4090s/a.crl", dir);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, got, sizeof got), 3);
    assert_memory_equal(got, "one", 3);
    close(fd);
    unlink(path);
    (void)snprintf(path, sizeof path, "%.4090s/b.crl", dir);
    assert_int_equal(unlink(path), 0);
    unmake(dir);
}

static void test_too_long(void **state)
{
    char dir[KEEP_PATH];
    struct err e;

    (void)state;
    memset(dir, 'd', sizeof dir - 1);
    dir[sizeof dir - 1] = '\0';
    assert_int_equal(keep_file(dir, "a.crl", SPAN_LIT("one"), &e), RC_TEMP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_long_folder), cmocka_unit_test(test_too_long)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
