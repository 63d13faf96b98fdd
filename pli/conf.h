/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/conf.h - pli.conf: sections of options, read by libconfuse, driven by the table of base/settings.h.
 *
 * Form     smtpd { max_message = 25M }    and so on. See pli.conf(5), whose option section has the same source.
 * Errors   RC_NOTFOUND: the file cannot be read. RC_SYNTAX: for an unknown option e->log names its line and the nearest known name; for a value
 *          out of range it says the range. Nothing is guessed.
 * Owns     the caller owns struct conf. The strings that conf_get() gives belong to it and are good until conf_free().
 * Process  pli (serve and the commands that need an address or a limit).
 */
#pragma once
#include "base/buf.h"
#include "base/settings.h"

struct conf;
enum rc conf_load(const char *path, struct conf **c_out, struct err *e);
void conf_free(struct conf **c);
const char *conf_get(const struct conf *c, const char *name); /* as written, or the default; dies for a name not in the table */
int64_t conf_num(const struct conf *c, const char *name);     /* base units */
bool conf_given(const struct conf *c, const char *name);      /* stands in the file */
const char *conf_hostname(const struct conf *c);              /* instance.hostname, or mail. and the domain */
/* Reports a setting that has the right form and is wrong all the same: "FILE line N: name = "value": why". Always returns RC_SYNTAX. */
enum rc conf_bad(const struct conf *c, const char *name, struct err *e, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Checks the settings against each other: addresses, ports, names, and whether the directory in dir serves instance.domain. Starts no server and
 * changes nothing. (conf_check.c) */
enum rc conf_check(const struct conf *c, const char *dir, struct err *e);
/* The line on which "section.name" is set last in that text; 0: nowhere. (conf_lines.c) */
int conf_line_of(struct span text, const char *name);
/* Writes a commented file with every option of the table. set: name, value, name, value ... NULL; only these options are not commented out. */
void conf_write(struct buf *out, const char *const *set);
