/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/conf_test.c - pli.conf: what is taken, what is refused and with which line; the file that init writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants the above first */
#include "pli/conf.h"
#include <cmocka.h>

static enum rc load(const char *text, size_t n, struct conf **c, struct err *e)
{
    char path[] = "/tmp/pli-conf-XXXXXX";
    int fd = mkstemp(path);
    enum rc rc;

    assert_true(fd >= 0 && write(fd, text, n) == (ssize_t)n);
    close(fd);
    *c = NULL;
    rc = conf_load(path, c, e);
    unlink(path);
    return rc;
}

static const struct {
    const char *text;
    enum rc rc;
    const char *say; /* a part of the error */
} rows[] = {
    {"", RC_OK, NULL},
    {"# nothing but a comment", RC_OK, NULL},
    {"smtpd { max_message = 25M }", RC_OK, NULL},
    {"smtpd {\n  max_message = \"25M\" # why\n  max_errors = 12\n}\nimapd { idle_timeout = 45m }\n", RC_OK, NULL},
    {"smtpd { max_message = 25M }\nsmtpd { max_errors = 12 }", RC_OK, NULL},
    {"listen { smtp = \"\" }", RC_OK, NULL},
    {"listen { smtp = \"[::1]:2525\" }", RC_OK, NULL},
    {"# a\n# b\nsmtpd {\n# c\n  max_mesage = 25M\n}", RC_SYNTAX,
     "line 5: unknown option smtpd.max_mesage: did you mean smtpd.max_message?"},
    {"smptd { max_message = 25M }", RC_SYNTAX, "line 1: unknown option smptd"},
    {"smtpd { max_message = 25 parsecs }", RC_SYNTAX, "line 1"},
    {"smtpd { max_message = 12 }", RC_SYNTAX, "outside"},
    {"smtpd { max_message = lots }", RC_SYNTAX, "a size such as"},
    {"smtpd { command_timeout = 0s }", RC_SYNTAX, "outside"},
    {"listen { smtp = 25 }", RC_SYNTAX, "an address and a port"},
    {"smtpd {\n max_message = 25M\n", RC_SYNTAX, "smtpd is not closed"},
    {"smtpd { max_message = 25M } }", RC_SYNTAX, "closing brace"},
    {"smtpd.max_message = 25M", RC_SYNTAX, "write smtpd { max_message = ... }"},
    {"max_message = 25M", RC_SYNTAX, "unknown option max_message"},
    {"smtpd max_message = 25M", RC_SYNTAX, "opening brace"},
    {"smtpd { max_message }", RC_SYNTAX, "equal sign"},
    {"smtpd { max_message = \"25M }", RC_SYNTAX, ""},
};

static void files_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf *c;
        struct err e = {0};
        enum rc rc = load(rows[i].text, strlen(rows[i].text), &c, &e);
        if (rc != rows[i].rc || (rows[i].say && !strstr(e.log, rows[i].say)))
            print_error("row %zu: %s, %s\n", i, rc_name(rc), e.log);
        assert_int_equal(rc, rows[i].rc);
        if (rows[i].say)
            assert_non_null(strstr(e.log, rows[i].say));
        conf_free(&c);
    }
}

/* However a file is cut off, the answer is a value or a line, never a crash; and a cut file is not taken for a whole one. */
static void cut_files_are_judged(void **state)
{
    static const char text[] = "smtpd { max_message = 25M }\nimapd { max_errors = 12 }";
    (void)state;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        struct conf *c;
        struct err e = {0};
        enum rc rc = load(text, n, &c, &e);
        bool whole_section = n == 0 || n == 27 || n == 28;
        if ((rc == RC_OK) != whole_section)
            print_error("cut at %zu: %s %s\n", n, rc_name(rc), e.log);
        assert_int_equal(rc == RC_OK, whole_section);
        conf_free(&c);
    }
}

static void values_are_read(void **state)
{
    static const char text[] = "instance { domain = chu.test }\nsmtpd { max_message = 25M }\n";
    struct conf *c;
    struct err e;
    (void)state;
    assert_int_equal(load(text, sizeof text - 1, &c, &e), RC_OK);
    assert_int_equal(conf_num(c, "smtpd.max_message"), 25 << 20);
    assert_true(conf_given(c, "smtpd.max_message"));
    assert_false(conf_given(c, "smtpd.max_errors"));
    assert_string_equal(conf_get(c, "smtpd.max_errors"), setting_find("smtpd.max_errors")->def);
    assert_string_equal(conf_hostname(c), "mail.chu.test");
    conf_free(&c);
    assert_int_equal(conf_load("/nonexistent/pli.conf", &c, &e), RC_NOTFOUND);
}

/* What init writes is taken, says every option, and with its comment signs taken away says every default. */
static void the_written_file_is_right(void **state)
{
    static const char *const set[] = {"instance.domain", "chu.test", "listen.smtp", "127.0.0.1:2525", NULL};
    struct buf text = BUF_INIT, bare = BUF_INIT;
    char *rest;
    struct conf *c;
    struct err e;
    (void)state;
    conf_write(&text, set);
    assert_int_equal(load((const char *)text.p, text.n, &c, &e), RC_OK);
    assert_string_equal(conf_get(c, "instance.domain"), "chu.test");
    assert_string_equal(conf_get(c, "listen.smtp"), "127.0.0.1:2525");
    assert_false(conf_given(c, "listen.imap"));
    conf_free(&c);
    for (char *line = strtok_r((char *)(uintptr_t)buf_cstr(&text), "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        buf_addf(&bare, "%s\n", strncmp(line, "    # ", 6) == 0 && strstr(line, " = \"") ? line + 6 : line);
    assert_int_equal(load((const char *)bare.p, bare.n, &c, &e), RC_OK);
    for (const struct setting *s = settings; s->name; s++) {
        assert_true(conf_given(c, s->name));
        if (strcmp(s->name, set[0]) != 0 && strcmp(s->name, set[2]) != 0)
            assert_string_equal(conf_get(c, s->name), s->def);
    }
    conf_free(&c);
    buf_free(&text);
    buf_free(&bare);
}

static void test_lines(void **state)
{
    const struct span text = SPAN_LIT("# smtpd { max_errors = 1 }\n"
                                      "/* listen {\n"
                                      " smtp = x } */ smtpd {\n"
                                      "  max_errors = \"a } { listen\" // max_errors = 3\n"
                                      "}\n"
                                      "listen { smtp = \"x\\\"{\"\n"
                                      "imap=y }\n"
                                      "smtpd { max_errors = 7 }\n");

    (void)state;
    assert_int_equal(conf_line_of(text, "smtpd.max_errors"), 8); /* the last one counts */
    assert_int_equal(conf_line_of(text, "listen.smtp"), 6);
    assert_int_equal(conf_line_of(text, "listen.imap"), 7);
    assert_int_equal(conf_line_of(text, "listen.imaps"), 0);
    assert_int_equal(conf_line_of(text, "imapd.max_errors"), 0);
    assert_int_equal(conf_line_of(SPAN_NULL, "listen.smtp"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(files_are_judged),
        cmocka_unit_test(cut_files_are_judged),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(the_written_file_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
