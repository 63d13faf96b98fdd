/* SPDX-License-Identifier: EUPL-1.2 */
/* base/settings_test.c - every option's default is in its own range, and values of each type; what a daemon is started with. */
#include "base/boot.h"
#include "base/settings.h"
#include "base/wipe.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

static void test_table(void **state)
{
    int64_t n;
    struct err e;

    (void)state;
    for (const struct setting *s = settings; s->name; s++) {
        if (setting_check(s, s->def, &n, &e) != RC_OK)
            fail_msg("default: %s", e.log);
        assert_true(s->lo <= s->hi && s->help && strlen(s->help) > 5);
        assert_non_null(strchr(s->name, '.'));
        assert_ptr_equal(setting_find(s->name), s); /* no name twice */
        assert_string_equal(setting_nearest(s->name), s->name);
    }
    assert_null(setting_find("smtpd.nonsense"));
    assert_string_equal(setting_nearest("smtpd.max_mesage"), "smtpd.max_message");
}

static void test_values(void **state)
{
    static const struct {
        enum set_type type;
        const char *text;
        bool ok;
        int64_t n;
    } t[] = {
        {SET_BYTES, "25M", true, 25 << 20},
        {SET_BYTES, "2 G", true, 2LL << 30},
        {SET_BYTES, "17", true, 17},
        {SET_BYTES, "1k", true, 1024},
        {SET_BYTES, "M", false, 0},
        {SET_BYTES, "-1k", false, 0},
        {SET_BYTES, "1T", true, 1LL << 40},
        {SET_BYTES, "2GB", true, 2LL << 30},
        {SET_BYTES, "2GiB", true, 2LL << 30},
        {SET_BYTES, "2 Go", true, 2LL << 30},
        {SET_BYTES, "2P", false, 0},
        {SET_LEVEL, "warn", true, 2},
        {SET_LEVEL, "WARN", false, 0},
        {SET_LEVEL, "loud", false, 0},
        {SET_ADDR, "127.0.0.1:0", false, 0},
        {SET_BYTES, "", false, 0},
        {SET_BYTES, "99999999999G", false, 0},
        {SET_SECS, "5m", true, 300},
        {SET_SECS, "2d", true, 172800},
        {SET_SECS, "30", true, 30},
        {SET_SECS, "1.5h", false, 0},
        {SET_INT, "12", true, 12},
        {SET_INT, "12k", false, 0},
        {SET_INT, "9223372036854775807", true, INT64_MAX},
        {SET_INT, "9223372036854775808", false, 0},
        {SET_BOOL, "yes", true, 1},
        {SET_BOOL, "Off", true, 0},
        {SET_BOOL, "2", false, 0},
        {SET_ADDR, "[::]:25", true, 0},
        {SET_ADDR, "127.0.0.1:25", true, 0},
        {SET_ADDR, "", true, 0},
        {SET_ADDR, "mail.example:65535", true, 0},
        {SET_ADDR, "mail.example:65536", false, 0},
        {SET_ADDR, ":25", false, 0},
        {SET_ADDR, "::1:25", false, 0},
        {SET_ADDR, "[::1]", false, 0},
        {SET_ADDR, "25", false, 0},
        {SET_ADDR, "[]:25", false, 0},
        {SET_NETS, "", true, 0},
        {SET_NETS, "192.0.2.1, 2001:db8::/32", true, 24},
        {SET_NETS, "192.0.2.0/33", false, 0},
        {SET_STR, "any text", true, 8},
        {SET_STR, "two\nlines", false, 0},
    };
    struct setting s = {"x.y", SET_STR, "", 0, 0, SET_AT_START, "help"};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        int64_t n = -7;
        s.type = t[i].type;
        if ((setting_check(&s, t[i].text, &n, &e) == RC_OK) != t[i].ok || n != (t[i].ok ? t[i].n : -7))
            fail_msg("\"%s\": %lld", t[i].text, (long long)n);
    }
}

static void test_words(void **state)
{
    const struct setting *s = setting_find("smtpd.from_domain");
    struct err e;
    int64_t n = -1;

    (void)state;
    assert_int_equal(setting_check(s, "operator", &n, &e), RC_OK);
    assert_int_equal(n, 0);
    assert_int_equal(setting_check(s, "off", &n, &e), RC_OK);
    assert_int_equal(n, 2);
    assert_int_equal(setting_check(s, "Off", &n, &e), RC_SYNTAX);
    assert_int_equal(setting_check(s, "operator|domain", &n, &e), RC_SYNTAX);
    assert_int_equal(setting_check(s, "", &n, &e), RC_SYNTAX);
    assert_non_null(strstr(e.log, "not one of operator|domain|off"));
    for (const struct setting *x = settings; x->name; x++)
        assert_true((setting_words(x->name) != NULL) == (x->type == SET_WORD));
}

static void test_range(void **state)
{
    struct setting s = {"smtpd.x", SET_SECS, "5m", 60, 3600, SET_AT_START, "help"};
    struct err e;
    int64_t n;

    (void)state;
    assert_int_equal(setting_check(&s, "1m", &n, &e), RC_OK);
    assert_int_equal(setting_check(&s, "1h", &n, &e), RC_OK);
    assert_int_equal(setting_check(&s, "59s", &n, &e), RC_PERM);
    assert_int_equal(setting_check(&s, "2h", &n, &e), RC_PERM);
    assert_non_null(strstr(e.log, "smtpd.x = \"2h\": outside 60 to 3600 seconds"));
    assert_int_equal(setting_check(&s, "soon", &n, &e), RC_SYNTAX);
    assert_non_null(strstr(e.log, "such as 30s"));
}

/* ---- boot ---- */
static void name_boot(int fd)
{
    char number[16];

    snprintf(number, sizeof number, "%d", fd);
    setenv("PLI_BOOT", number, 1);
}

static void test_boot(void **state)
{
    struct boot *super = boot_new(), *b;
    int key = memfd_create("key", MFD_CLOEXEC);
    char secret[5] = "";

    (void)state;
    assert_int_equal(write(key, "12345", 5), 5); /* and leaves the offset at the end */
    boot_set(super, "instance", "/var/lib/a folder");
    boot_set(super, "smtpd.max_message", "1M");
    boot_set(super, "empty", "");
    boot_set(super, "uid", "5");
    boot_set(super, "uid", "6");
    boot_give(super, "ticket.key", key);
    assert_int_equal(fcntl(key, F_GETFD) & FD_CLOEXEC, 0);
    name_boot(dup(boot_memfd(super)));
    b = boot_load();
    assert_null(getenv("PLI_BOOT"));
    assert_string_equal(boot_given(b, "instance"), "/var/lib/a folder");
    assert_string_equal(boot_get(b, "directory.uri"), "");
    assert_int_equal(boot_given_num(b, "uid"), 6);
    assert_int_equal(boot_num(b, "smtpd.max_message"), 1 << 20);
    assert_string_equal(boot_get(b, "smtpd.max_errors"), setting_find("smtpd.max_errors")->def);
    assert_int_equal(boot_num(b, "smtpd.max_errors"), 10); /* of the table, as all that is not in the list */
    assert_int_equal(boot_num(b, "log.level"), 1);
    assert_null(boot_given(b, "run"));
    assert_int_equal(boot_given_num(b, "uid.admin"), -1);
    assert_int_equal(boot_fd(b, "listen.smtp"), -1);
    assert_int_equal(boot_fd(b, "ticket.key"), key);
    assert_true(fcntl(key, F_GETFD) & FD_CLOEXEC);
    boot_secret(b, "ticket.key", secret, 5);
    assert_memory_equal(secret, "12345", 5);
    assert_int_equal(fcntl(key, F_GETFD), -1); /* closed */
    boot_free(&b);
    boot_free(&super);
    assert_null(b);
}

static bool dies(const char *text, size_t n)
{
    int status, fd;
    pid_t pid = fork();

    if (pid == 0) {
        close(2);
        fd = memfd_create("boot", 0);
        if (text && write(fd, text, n) == (ssize_t)n)
            name_boot(fd);
        (void)boot_load();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static void test_bad_boot(void **state)
{
    static const char *const bad[] = {"set a\n",   "set  b\n",  "put a b\n", "set a b", "fd x 9999\n",
                                      "fd x -1\n", "fd x 1x\n", "\n",        "set\n"};

    (void)state;
    unsetenv("PLI_BOOT");
    assert_true(dies(NULL, 0));
    assert_false(dies("", 0));
    assert_false(dies("set a b\n", 8));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!dies(bad[i], strlen(bad[i])))
            fail_msg("taken: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table), cmocka_unit_test(test_values), cmocka_unit_test(test_range),
        cmocka_unit_test(test_words), cmocka_unit_test(test_boot),   cmocka_unit_test(test_bad_boot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
