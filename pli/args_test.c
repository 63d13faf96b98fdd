/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/args_test.c - the command line: every spelling of a call, every mistake; and the table of commands itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants the above first */
#include "base/span.h"
#include "pli/cmd.h"
#include <cmocka.h>

enum { WORDS = 12 };
static const struct {
    const char *argv[WORDS]; /* ends with NULL */
    int rc;
    const char *words; /* the command found; NULL: none */
    const char *opt, *value;
    const char *pos0;
} calls[] = {
    {{"serve"}, PLI_OK, "serve", NULL, NULL, NULL},
    {{}, PLI_OK, "help", NULL, NULL, NULL},
    {{"init", "--domain", "a.b", "--port-base", "1000"}, PLI_OK, "init", "--port-base", "1000", NULL},
    {{"init", "--domain=a.b"}, PLI_OK, "init", "--domain", "a.b", NULL},
    {{"init", "--domain="}, PLI_OK, "init", "--domain", "", NULL},
    {{"--root", "x", "account", "add", "a@b.c", "--type", "per"}, PLI_OK, "account add", "--type", "per", "a@b.c"},
    {{"account", "--type", "per", "add", "a@b.c", "--root=x"}, PLI_OK, "account add", "--type", "per", "a@b.c"},
    {{"--type", "per", "account", "add", "a@b.c"}, PLI_OK, "account add", "--type", "per", "a@b.c"},
    {{"account", "add", "a@b.c", "--type", "per", "--type", "org"}, PLI_OK, "account add", "--type", "org", "a@b.c"},
    {{"account", "show", "--", "--odd"}, PLI_OK, "account show", NULL, NULL, "--odd"},
    {{"account", "show", "--help"}, PLI_OK, "account show", "--help", "", NULL},
    {{"account", "show", "-h"}, PLI_OK, "account show", "--help", "", NULL},
    {{"account", "show"}, PLI_USAGE, "account show", NULL, NULL, NULL},
    {{"account", "show", "a@b.c", "d@e.f"}, PLI_USAGE, "account show", NULL, NULL, NULL},
    {{"account"}, PLI_USAGE, NULL, NULL, NULL, NULL},
    {{"account", "ad", "a@b.c"}, PLI_USAGE, NULL, NULL, NULL, NULL},
    {{"serve", "--nosuch"}, PLI_USAGE, "serve", NULL, NULL, NULL},
    {{"serve", "--domain", "x"}, PLI_USAGE, "serve", NULL, NULL, NULL},
    {{"--domain", "x", "serve"}, PLI_USAGE, "serve", NULL, NULL, NULL},
    {{"serve", "--json=yes"}, PLI_USAGE, "serve", NULL, NULL, NULL},
    {{"init", "--domain"}, PLI_USAGE, "init", NULL, NULL, NULL},
    {{"account", "add", "a@b.c", "--name", "--password-stdin"}, PLI_USAGE, "account add", NULL, NULL, NULL},
    {{"account", "add", "a@b.c", "--name", "--anything"}, PLI_USAGE, "account add", NULL, NULL, NULL},
    {{"account", "add", "a@b.c", "--name", "-h"}, PLI_USAGE, "account add", NULL, NULL, NULL},
    {{"account", "add", "a@b.c", "--name=--anything"}, PLI_OK, "account add", "--name", "--anything", "a@b.c"},
    {{"account", "add", "a@b.c", "--name", "-"}, PLI_OK, "account add", "--name", "-", "a@b.c"},
    {{"--version"}, PLI_OK, "version", "--version", "", NULL},
    {{"serve", "--root", ""}, PLI_USAGE, "serve", NULL, NULL, NULL},
    {{"directory", "search", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, PLI_OK, "directory search", NULL, NULL, "1"},
};

static int parse_quietly(struct cmd *c, int argc, char **argv, char *line, size_t room)
{
    FILE *heard = tmpfile();
    int keep = dup(2), rc;
    size_t n;

    fflush(stderr);
    dup2(fileno(heard), 2);
    rc = args_parse(c, argc, argv);
    fflush(stderr);
    dup2(keep, 2);
    close(keep);
    rewind(heard);
    n = fread(line, 1, room - 1, heard);
    line[n] = 0;
    fclose(heard);
    return rc;
}

static void calls_are_understood(void **state)
{
    (void)state;
    unsetenv("PLI_ROOT");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct cmd c = {.start_fd = -1};
        char line[2048];
        int argc = 0;
        while (argc < WORDS && calls[i].argv[argc])
            argc++;
        int rc = parse_quietly(&c, argc, (char **)(uintptr_t)calls[i].argv, line, sizeof line);
        if (rc != calls[i].rc)
            print_error("row %zu: %d, %s", i, rc, line);
        assert_int_equal(rc, calls[i].rc);
        if (calls[i].words) {
            assert_non_null(c.def);
            assert_string_equal(c.def->words, calls[i].words);
        }
        if (rc != PLI_OK) { /* one line, that helps */
            assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
            assert_true(strlen(line) > 20);
            continue;
        }
        assert_int_equal(strlen(line), 0);
        if (calls[i].opt) {
            assert_non_null(opt_get(&c, calls[i].opt));
            assert_string_equal(opt_get(&c, calls[i].opt), calls[i].value);
        }
        if (calls[i].pos0)
            assert_string_equal(c.pos[0], calls[i].pos0);
    }
}

static void words_are_bounded(void **state)
{
    static const char *argv[2 + CMD_POS_MAX + 1] = {"account", "code"};

    (void)state;
    for (size_t i = 2; i < sizeof argv / sizeof *argv; i++)
        argv[i] = "a@b.c";
    for (int more = 0; more < 2; more++) {
        struct cmd c = {.start_fd = -1};
        char line[2048];

        assert_int_equal(parse_quietly(&c, 2 + CMD_POS_MAX + more, (char **)(uintptr_t)argv, line, sizeof line),
                         more ? PLI_USAGE : PLI_OK);
        assert_string_equal(line, more ? "pli account code: too many words: \"a@b.c\" is one too many\n" : "");
    }
}

static void mistakes_name_what_is_near(void **state)
{
    static const struct {
        const char *argv[4], *hint;
    } rows[] = {
        {{"accont", "list"}, "account list"},    {{"serv"}, "serve"},
        {{"que", "list"}, "queue list"},         {{"doctr"}, "doctor"},
        {{"init", "--domian", "x"}, "--domain"}, {{"serve", "--jsno"}, "--json"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cmd c = {.start_fd = -1};
        char line[2048];
        int argc = 0;
        while (argc < 4 && rows[i].argv[argc])
            argc++;
        assert_int_equal(parse_quietly(&c, argc, (char **)(uintptr_t)rows[i].argv, line, sizeof line), PLI_USAGE);
        if (!strstr(line, rows[i].hint))
            print_error("row %zu: %s", i, line);
        assert_non_null(strstr(line, rows[i].hint));
    }
}

static void root_comes_from_option_then_environment(void **state)
{
    const char *plain[] = {"serve"}, *named[] = {"serve", "--root", "/named"};
    struct cmd c = {.start_fd = -1}, d = {.start_fd = -1}, f = {.start_fd = -1};
    (void)state;
    unsetenv("PLI_ROOT");
    assert_int_equal(args_parse(&c, 1, (char **)(uintptr_t)plain), PLI_OK);
    assert_string_equal(c.root, "/var/lib/pli");
    assert_false(c.root_named);
    setenv("PLI_ROOT", "/env", 1);
    assert_int_equal(args_parse(&d, 1, (char **)(uintptr_t)plain), PLI_OK);
    assert_string_equal(d.root, "/env");
    assert_int_equal(args_parse(&f, 3, (char **)(uintptr_t)named), PLI_OK);
    assert_string_equal(f.root, "/named");
    unsetenv("PLI_ROOT");
}

/* The same option takes a value in every command that has it: an option may stand before the command's words. */
static void the_table_is_sound(void **state)
{
    (void)state;
    for (const struct command *d = commands; d->words; d++) {
        assert_non_null(d->run);
        assert_true(strlen(d->summary) > 10 && d->least <= d->most && d->most <= CMD_POS_MAX);
        assert_true((d->most > 0) == (d->args[0] != 0));
        for (const struct command *o = commands; o < d; o++)
            assert_string_not_equal(o->words, d->words);
        for (const struct cmd_opt *a = d->opts; a && a->name; a++) {
            assert_true(a->name[0] == '-' && strlen(a->help) > 5);
            for (const struct cmd_opt *k = common_opts; k->name; k++)
                assert_string_not_equal(k->name, a->name);
            for (const struct command *o = commands; o->words; o++)
                for (const struct cmd_opt *b = o->opts; b && b->name; b++)
                    if (strcmp(a->name, b->name) == 0 && strcmp(a->name, "--red-list") != 0)
                        assert_int_equal(a->arg == NULL, b->arg == NULL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_understood),       cmocka_unit_test(words_are_bounded),
        cmocka_unit_test(mistakes_name_what_is_near), cmocka_unit_test(root_comes_from_option_then_environment),
        cmocka_unit_test(the_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
