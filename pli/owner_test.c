/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/owner_test.c - what root gives away: each folder's own files, and nothing that a daemon points to, whenever it does so. */
#include "pli/owner.h"
#include "base/folder_test.h"
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { DAEMON = 54321, ROUNDS = 3000 };
static char dir[64];
static uid_t uids[PROCS_];
static atomic_bool stop;

static const char *at(const char *name)
{
    static char paths[4][256];
    static unsigned i;

    i = (i + 1) % 4;
    snprintf(paths[i], sizeof paths[i], "%s/%s", dir, name);
    return paths[i];
}

static void put(const char *name)
{
    int fd = open(at(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static uid_t owner(const char *name)
{
    struct stat st;

    assert_int_equal(lstat(at(name), &st), 0);
    return st.st_uid;
}

static int make(void **state)
{
    static const char *const folders[] = {"inst",           "inst/keys", "inst/tls", "inst/store",
                                          "inst/store/sub", "inst/ldap", "victim"};

    (void)state;
    snprintf(dir, sizeof dir, "/tmp/pli-owner-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (mkdir(at(folders[i]), 0700) != 0)
            return -1;
    uids[P_STORED] = uids[P_SLAPD] = DAEMON;
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    return folder_drop(dir);
}

static void only_its_own_files_are_given(void **state)
{
    struct err e;

    (void)state;
    if (geteuid() != 0)
        skip();
    put("inst/store/a.db");
    put("inst/store/sub/b.db");
    put("victim/secret");
    put("victim/linked");
    assert_int_equal(symlink("../../victim/secret", at("inst/store/soft")), 0);
    assert_int_equal(symlink("../../victim", at("inst/store/softdir")), 0);
    assert_int_equal(link(at("victim/linked"), at("inst/store/hard")), 0);
    assert_int_equal(mkfifo(at("inst/store/fifo"), 0600), 0);
    assert_int_equal(owner_apply(at("inst"), uids, &e), RC_OK);
    assert_int_equal(owner("inst/store"), DAEMON);
    assert_int_equal(owner("inst/store/a.db"), DAEMON);
    assert_int_equal(owner("inst/store/sub/b.db"), DAEMON);
    assert_int_equal(owner("inst/keys"), 0);
    assert_int_equal(owner("victim"), 0);
    assert_int_equal(owner("victim/secret"), 0);
    assert_int_equal(owner("victim/linked"), 0);
    assert_int_equal(owner("inst/store/fifo"), 0);
}

static void a_folder_that_is_a_link_is_refused(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(rename(at("inst/ldap"), at("inst/ldap.real")), 0);
    assert_int_equal(symlink("../victim", at("inst/ldap")), 0);
    assert_int_equal(owner_apply(at("inst"), uids, &e), RC_PERM);
    assert_non_null(strstr(e.log, "symbolic link"));
    assert_int_equal(owner("victim"), 0);
    assert_int_equal(unlink(at("inst/ldap")), 0);
    assert_int_equal(rename(at("inst/ldap.real"), at("inst/ldap")), 0);
}

/* Who has taken over stored swaps a folder for a link to another's, again and again. */
static void *swap(void *ctx)
{
    char folder[256], soft[256];

    (void)ctx;
    snprintf(folder, sizeof folder, "%s/inst/store/sub", dir);
    snprintf(soft, sizeof soft, "%s/inst/store/softdir", dir);
    while (!atomic_load(&stop))
        (void)!renameat2(AT_FDCWD, folder, AT_FDCWD, soft, RENAME_EXCHANGE);
    return NULL;
}

static void a_race_gains_nothing(void **state)
{
    pthread_t t;
    struct err e;

    (void)state;
    if (geteuid() != 0)
        skip();
    put("victim/b.db");
    assert_int_equal(pthread_create(&t, NULL, swap, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        (void)lchown(at("inst/store/sub/b.db"), 0, 0); /* something to give, wherever it is now */
        assert_int_equal(owner_apply(at("inst"), uids, &e), RC_OK);
        assert_int_equal(owner("victim/b.db"), 0);
        assert_int_equal(owner("victim"), 0);
    }
    atomic_store(&stop, true);
    pthread_join(t, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_its_own_files_are_given),
                                       cmocka_unit_test(a_folder_that_is_a_link_is_refused),
                                       cmocka_unit_test(a_race_gains_nothing)};

    return cmocka_run_group_tests(tests, make, unmake);
}
