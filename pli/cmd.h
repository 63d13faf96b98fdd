/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd.h - one command of the command line: its row in the table, and the call at hand.
 *
 * Table    commands[] (pli/commands.c) is the only list of commands and options: parsing, "pli help", the suggestion for a
 *          mistyped word and the test of pli(1) come from it.
 * Options  --name VALUE or --name=VALUE, before or after the other words. A word that begins with "--" is never taken as the value of the option
 *          before it; such a value is given as --name=--odd.
 *          --root DIR, --json, --help and --version belong to every command.
 * Answers  on standard output: lines for people, or with --json one JSON value whose keys are stable (pli(1)).
 * Errors   on standard error: one line that says what to do; with --json an object of error, command and exit. Exit 0 success, 1 failed, 2 wrong usage.
 * Owns     struct cmd owns the connections that it opened (inst_close() closes them); its strings are borrowed from argv.
 * Process  pli.
 */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLI_OK = 0, PLI_FAILED = 1, PLI_USAGE = 2 };
enum { CMD_POS_MAX = 1000, CMD_OPTS_MAX = 32 };
enum cmd_need {
    NEED_NOTHING,
    NEED_INSTANCE, /* a folder made by init */
    NEED_START,    /* the same, and run/, log/ and trust/ are made again when they are missing */
    NEED_SERVER    /* and pli serve running on it */
};

struct cmd_opt {
    const char *name; /* "--type"; the table ends with NULL */
    const char *arg;  /* "per|org|app|cab"; NULL: a flag */
    const char *help;
};
struct cmd;
struct command {
    const char *words; /* "account add" */
    const char *args;  /* "ADDRESS", for the usage line */
    unsigned least, most; /* words behind the command's own */
    enum cmd_need needs;
    int (*run)(struct cmd *c);
    const struct cmd_opt *opts; /* NULL: only the common ones */
    const char *summary;
};
extern const struct command commands[]; /* ends with .words NULL */
extern const struct cmd_opt common_opts[];

struct admin;
struct cmd {
    const struct command *def;
    const char *root; /* instance folder, absolute once inst_enter() has run */
    bool root_named;  /* by --root or PLI_ROOT */
    bool json;
    bool asked_all;     /* "pli --help": no command was named */
    const char *family; /* "pli account --help": the first word of several commands, and no second; def is help's row */
    const char *pos[CMD_POS_MAX];
    size_t n_pos;
    struct {
        const char *name, *value;
    } given[CMD_OPTS_MAX];
    size_t n_given;
    int start_fd; /* the folder the command was called in; -1 before inst_enter() */
    struct admin *admin; /* inst_admin() */
    char root_mem[4096];
};

/* args.c. argv is without the program's name. PLI_OK, or PLI_USAGE after one line on standard error. */
int args_parse(struct cmd *c, int argc, char **argv);
const char *opt_get(const struct cmd *c, const char *name); /* NULL: not given; "" for a flag */
/* texts.c. Brings names, texts and subjects to one form (NFC). Controls, direction marks and texts beyond the wire's bounds are refused. PLI_OK or
 * PLI_USAGE. */
int texts_prepare(struct cmd *c);
/* help.c. help_of_family() prints the rows that begin with this word. When there is none it prints nothing and returns PLI_USAGE. */
int help_all(bool json);
int help_of_family(const char *word, bool json);
int cmd_help(struct cmd *c);
int cmd_version(struct cmd *c);
int help_of(const struct command *def, bool json);

/* out.c. Each prints the one line of a failure, prefixed by the command's words, and returns the exit code. */
int cmd_fail(const struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with the cause: --json names it, and what to do about it is added where that is known. exit: PLI_FAILED, PLI_USAGE. */
int cmd_why(const struct cmd *c, int exit, enum cause cause, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int cmd_sys(const struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* cmd_why() of errno; fmt says its text */
int cmd_usage(const struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int cmd_err(const struct cmd *c, const struct err *e); /* the cause, as the operator may read it */
struct json_t;
int out_json(struct json_t *j); /* one line, j is released; PLI_OK */
