/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/step_down_test.c - whose a path is: links of root's and of others, folders that all may write to, second names. As root alone. */
#include "pli/step_down.h"
#include "base/folder_test.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { ALICE = 54321 };
static char dir[64];

static const char *at(const char *name)
{
    static char paths[4][256];
    static unsigned i;

    i = (i + 1) % 4;
    snprintf(paths[i], sizeof paths[i], "%s/%s", dir, name);
    return paths[i];
}

static void folder(const char *name, uid_t uid, mode_t mode)
{
    assert_int_equal(mkdir(at(name), 0700), 0);
    assert_int_equal(chmod(at(name), mode), 0);
    assert_int_equal(chown(at(name), uid, uid), 0);
}

static void link_to(const char *name, const char *to, uid_t uid)
{
    assert_int_equal(symlink(to, at(name)), 0);
    assert_int_equal(lchown(at(name), uid, uid), 0);
}

static int make(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/pli-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    folder("mine", 0, 0700);
    folder("mine/below", 0, 0700);
    folder("hers", ALICE, 0700);
    folder("hers/roots", 0, 0700);
    folder("sticky", 0, 01777);
    folder("loose", 0, 0777);
    folder("loose/mine", 0, 0700);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    return folder_drop(dir);
}

enum { REFUSED = -1 };
static long owner(const char *path, bool making)
{
    struct err e;
    uid_t uid = 1;
    enum rc rc = step_down_owner(path, making, &uid, &e);

    if (rc == RC_OK)
        return (long)uid;
    assert_true(rc == RC_PERM || rc == RC_SYNTAX);
    assert_true(e.log[0] != '\0');
    return REFUSED;
}

static void steps(void **state)
{
    (void)state;
    assert_int_equal(owner(at("mine/below"), false), 0);
    assert_int_equal(owner(at("hers"), false), ALICE);
    assert_int_equal(owner(at("hers/roots"), false), ALICE);
    assert_int_equal(owner(at("hers/roots/none"), true), ALICE);
    assert_int_equal(owner(at("mine/../hers/roots"), false), ALICE);
    assert_int_equal(owner(at("mine/none"), false), 0);
    assert_int_equal(owner(at("mine/none"), true), 0);
    assert_int_equal(access(at("mine/none"), F_OK), -1); /* whoever opens the place makes it */
    assert_int_equal(chdir(at("hers")), 0);
    assert_int_equal(owner("roots", false), ALICE);
    assert_int_equal(owner("../mine", false), ALICE); /* he may have moved it */
    assert_int_equal(chdir("/"), 0);
}

static void links(void **state)
{
    char chain[64], way[64];

    (void)state;
    link_to("hers/out", "../mine", ALICE);
    link_to("a", "mine/below", 0);
    link_to("b", at("hers/out"), 0); /* root's link to hers, which leads back to root's */
    link_to("c", "b", 0);
    link_to("d", "mine", ALICE);
    link_to("loop", "loop", 0);
    link_to("nowhere", "mine/none/none", 0);
    assert_int_equal(owner(at("a"), false), 0);
    assert_int_equal(owner(at("b"), false), ALICE);
    assert_int_equal(owner(at("c/below"), false), ALICE);
    assert_int_equal(owner(at("d"), false), ALICE);
    assert_int_equal(owner(at("loop"), false), REFUSED);
    assert_int_equal(owner(at("loop/x"), false), REFUSED);
    assert_int_equal(owner(at("nowhere"), false), 0);
    for (int i = 0; i < 60; i++) {
        snprintf(chain, sizeof chain, "l%d", i);
        snprintf(way, sizeof way, i == 0 ? "mine" : "l%d", i - 1);
        link_to(chain, way, 0);
    }
    assert_int_equal(owner(at("l30"), false), 0);
    assert_int_equal(owner(at("l59"), false), REFUSED);
}

static void folders_of_all(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(owner(at("loose/mine"), false), REFUSED); /* anybody renames it */
    assert_int_equal(owner(at("loose/none"), false), REFUSED);
    assert_int_equal(owner(at("sticky/none"), false), REFUSED); /* anybody makes it meanwhile */
    assert_int_equal(owner(at("sticky/none/below"), true), REFUSED);
    assert_int_equal(owner(at("sticky/made"), true), 0);
    assert_int_equal(access(at("sticky/made"), F_OK), 0);
    assert_int_equal(owner(at("sticky/made"), true), 0);
    folder("sticky/hers", ALICE, 0755);
    assert_int_equal(owner(at("sticky/hers"), true), ALICE);
    fd = open(at("sticky/box"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && close(fd) == 0);
    assert_int_equal(owner(at("sticky/box"), false), 0);
    assert_int_equal(link(at("sticky/box"), at("sticky/second")), 0);
    assert_int_equal(owner(at("sticky/second"), false), REFUSED);
    assert_int_equal(chown(at("mine"), 0, ALICE), 0);
    assert_int_equal(chmod(at("mine"), 0770), 0);
    assert_int_equal(owner(at("mine/below"), false), REFUSED); /* her group's */
}

static void words(void **state)
{
    char word[9000];

    (void)state;
    memset(word, 'n', sizeof word);
    word[0] = '/';
    word[300] = '\0';
    assert_int_equal(owner(word, false), REFUSED);
    for (size_t i = 0; i + 1 < sizeof word; i += 2)
        word[i] = '/', word[i + 1] = '.';
    word[sizeof word - 1] = '\0';
    assert_int_equal(owner(word, false), REFUSED);
    assert_int_equal(owner("/", false), 0);
    assert_int_equal(owner("//etc//", false), 0);
    assert_int_equal(owner("/etc/passwd/x", false), 0); /* whoever opens it says that it is not there */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(steps, make, leave),
        cmocka_unit_test_setup_teardown(links, make, leave),
        cmocka_unit_test_setup_teardown(folders_of_all, make, leave),
        cmocka_unit_test(words),
    };

    if (geteuid() != 0)
        return 0; /* gives files away */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
