/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/commands_test.c - the command table agrees with itself; commands are found, with UID and without; streams are told apart.
 * Process  tests. */
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "proto/imap/opened_test.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Arguments as the parser gets them: for APPEND up to the announcement of its literal. */
static struct span arguments(const struct command *c)
{
    struct span all = span_str(c->example);
    ptrdiff_t cr = c->flags & C_STREAMS || c->run == cmd_idle ? span_chr(all, '\r') : -1;

    return cr < 0 ? all : span_head(all, (size_t)cr);
}

static void examples_are_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands; i++) {
        struct imap_arena mem = {0};
        struct imap_in in = imap_in_of(arguments(&commands[i]), &mem, &everything);
        union imap_args a;
        struct err e;

        if (commands[i].parse(&in, &a, &e) != RC_OK)
            fail_msg("%s%s: %s", commands[i].name, commands[i].example, e.log);
        imap_arena_free(&mem);
    }
}

static void flags_make_sense(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands; i++) {
        const struct command *c = &commands[i];

        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(c->name, commands[k].name);
        assert_true(c->states != 0 && (c->states & ~(unsigned)IS_ANY) == 0);
        if (c->flags & (C_SEQ | C_UID | C_WRITES)) /* these are about a selected mailbox */
            assert_int_equal(c->states, IS_SELECTED);
        assert_false((c->flags & C_SEQ) && (c->flags & C_UID)); /* a UID command may be told of an EXPUNGE */
        assert_int_equal((c->flags & C_UID) != 0, strncmp(c->name, "UID ", 4) == 0);
        assert_true(c->extension == NULL || extension_there(&extensions, c->extension));
        if (c->flags & C_SECRET)
            assert_true(c->flags & C_TLS);
    }
}

/* Is there a name among the arguments, but for that of the row? Names are spans, which lie at multiples of a pointer's size. */
static bool names_more(const struct command *c, const union imap_args *a)
{
    static const char *const names[] = {"INBOX", "table-test", "table-none", "table-other"};
    struct span s;

    for (size_t at = 0; at + sizeof s <= sizeof *a; at += sizeof s.p) {
        memcpy(&s, (const char *)a + at, sizeof s);
        for (size_t i = 0; at != c->folder_at && s.p && i < sizeof names / sizeof *names; i++)
            if (span_eq_str(s, names[i]))
                return true;
    }
    return false;
}

/* Whoever adds a command says which argument is a folder's name: without it a delegate's command would go to the mailbox of the selected folder. */
static void names_of_folders_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands; i++) {
        const struct command *c = &commands[i];
        struct imap_arena mem = {0};
        struct imap_in in = imap_in_of(arguments(c), &mem, &everything);
        union imap_args a;
        struct span name;
        struct err e;

        memset(&a, 0, sizeof a);
        assert_int_equal(c->parse(&in, &a, &e), RC_OK);
        if (c->folder_at == NO_NAME && names_more(c, &a))
            fail_msg("%s names a folder, and its row does not say so", c->name);
        if (c->folder_at < BY_ITSELF) {
            memcpy(&name, (const char *)&a + c->folder_at, sizeof name);
            assert_true(span_eq_str(name, "INBOX") || span_find(name, SPAN_LIT("table-")) == 0);
        }
        imap_arena_free(&mem);
    }
}

static void commands_are_found(void **state)
{
    static const struct {
        const char *text, *name; /* NULL: none */
        bool uid;
        const char *rest;
    } t[] = {
        {"a1 NOOP", "NOOP", false, ""},
        {"a1 noop x", "NOOP", false, " x"},
        {"x UID fetch 1 FLAGS", "UID FETCH", true, " 1 FLAGS"},
        {"x uId SeArCh ALL", "UID SEARCH", true, " ALL"},
        {"x FETCH 1 FLAGS", "FETCH", false, " 1 FLAGS"},
        {"x UID  FETCH 1 FLAGS", NULL, false, NULL},
        {"x UIDFETCH 1 FLAGS", NULL, false, NULL},
        {"x UID UID FETCH 1 FLAGS", NULL, false, NULL},
        {"x uid EXPUNGE 1", "UID EXPUNGE", true, " 1"},
        {"x UID NOOP", NULL, false, NULL},
        {"x UID", NULL, false, NULL},
        {"+ NOOP", NULL, false, NULL},
        {"", NULL, false, NULL},
        {" NOOP", NULL, false, NULL},
        {"a", NULL, false, NULL},
        {"a ", NULL, false, NULL},
        {"a NO OP", NULL, false, NULL},
        {"a NOOP(", "NOOP", false, "("},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct imap_session s = {0};
        struct span rest;
        struct err e;
        enum rc rc = command_find(&s, span_str(t[i].text), &rest, &e);

        assert_int_equal(rc, t[i].name ? RC_OK : RC_SYNTAX);
        if (rc != RC_OK)
            continue;
        assert_string_equal(s.cmd->name, t[i].name);
        assert_int_equal(s.uid, t[i].uid);
        assert_true(span_eq_str(rest, t[i].rest));
    }
}

static void streams_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        unsigned state;
        bool streams;
    } t[] = {
        {"a APPEND INBOX {10}\r\n", IS_AUTH, true},
        {"a APPEND INBOX (\\Seen) {10+}\r\n", IS_SELECTED, true},
        {"a APPEND INBOX {10}\r\n", IS_NEW, false},
        {"a APPEND {5}\r\n", IS_AUTH, false},
        {"a APPEND {5}\r\nINBOX {9}\r\n", IS_AUTH, true},
        {"a CREATE {10}\r\n", IS_AUTH, false},
        {"a APPEND INBOX (\\Recent) {10}\r\n", IS_AUTH, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct imap_session s = {.state = t[i].state};

        extensions_open(&extensions, &s);
        assert_int_equal(command_streams(&s, span_str(t[i].text)), t[i].streams);
        imap_arena_free(&s.mem);
    }
}

static void secrets_are_not_logged(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands; i++) {
        struct imap_arena mem = {0};
        struct imap_in in = imap_in_of(SPAN_LIT(" (s3cret"), &mem, &everything);
        struct err e = {0};
        union imap_args a;

        assert_int_not_equal(command_parse(&commands[i], &in, &a, &e), RC_OK);
        assert_int_equal(strstr(e.log, "grammar") == NULL, (commands[i].flags & C_SECRET) != 0);
        assert_null(strstr(e.log, "s3cret"));
        imap_arena_free(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_are_well_formed),   cmocka_unit_test(flags_make_sense),
        cmocka_unit_test(names_of_folders_are_known), cmocka_unit_test(commands_are_found),
        cmocka_unit_test(streams_are_told_apart),     cmocka_unit_test(secrets_are_not_logged)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
