/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/people.h - what the account commands share: passwords read and asked, sizes, an account found and shown, a wish refused in the words of the options.
 * Secrets  passwords stand in locked memory of the caller's struct passwords; passwords_wipe() when done.
 * Process  pli.
 */
#pragma once
#include "admin/accounts.h"
#include "pli/cmd.h"

struct passwords {
    char *mem;             /* locked */
    struct span line[2];   /* as read; "" when not given */
    unsigned n;            /* lines read */
};
struct passwords passwords_new(void);
/* --password-stdin: one or two lines, without their ends. most: how many are taken. PLI_OK or an exit code after its line. */
int passwords_read(struct cmd *c, unsigned most, struct passwords *out);
/* From the terminal, not shown: the old one when asked for, then the new one twice. (ask.c) */
int passwords_ask(struct cmd *c, bool old, bool fresh, struct passwords *out);
/* The same, a line behind each prompt; at most two, the list ends with NULL. */
int passwords_ask_for(struct cmd *c, const char *const *prompts, struct passwords *out);
void passwords_generate(struct passwords *out);
void passwords_add_generated(struct passwords *out); /* the same, behind the lines that were read */
int passwords_take(struct cmd *c, struct span line, struct passwords *out); /* one more line, which stands in out->mem */
enum { PASSWORDS_MEM = 2 * (PASSWORD_MOST + 2) }; /* of mem: what may be read into it */
void passwords_wipe(struct passwords *p);
/* May it be a new password of that account? PLI_OK, or an exit code after its line. least_out: the setting dird.password_min. */
int password_accepted(struct cmd *c, struct span password, const char *address, int64_t *least_out);

char *moment_text(uint64_t utc, char out[32]); /* "2027-03-01T12:00:00Z"; 0: ""; its first ten characters are the day */
char *size_text(uint64_t n, char out[32]); /* 2147483648 -> "2G"; rounded to a tenth: for people */
/* A size such as 2G; false after its usage line. */
bool size_option(struct cmd *c, const char *name, uint64_t *out, int *answer_out);
bool number_option(struct cmd *c, const char *name, int64_t most, uint64_t *out, int *answer_out); /* from 0 on; the same */
bool said_option(struct cmd *c, const char *name, uint8_t *out, int *answer_out); /* yes, no, unknown as enum dird_said; false: not given, or wrong */

/* An account by its address; PLI_OK, or an exit code after its line. account_free(out) in any case. */
int account_of(struct cmd *c, const char *address, struct account *out);
int wish_refused(struct cmd *c, enum account_fault fault, struct span about); /* PLI_USAGE after its line */
size_t aliases_given(const struct cmd *c, struct span out[CMD_OPTS_MAX]);     /* --alias may be given more than once; empty ones are left out */

struct json_t;
struct json_t *account_json(const struct dird_account *a);
struct json_t *json_text(struct span s); /* a string, bytes that are no UTF-8 replaced; null when empty */
struct json_t *json_words(const char *words); /* the same of a line about something: empty it stays "" */
struct json_t *said_json(uint8_t said); /* true, false, null: enum dird_said */
const char *said_word(uint8_t said);
