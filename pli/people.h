/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/people.h - what the account commands share: passwords, names, kinds of mailboxes, an account shown.
 * Secrets  passwords stand in locked memory of the caller's struct passwords; passwords_wipe() when done.
 * Process  pli.
 */
#pragma once
#include "directory/wire.h"
#include "pli/cmd.h"

enum { PASSWORD_MAX = 1000 };
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
void passwords_generate(struct passwords *out); /* 100 random bits, in four groups that can be read aloud */
void passwords_add_generated(struct passwords *out); /* the same, behind the lines that were read */
/* May it be a new password of that account? PLI_OK, or an exit code after its line. */
int password_fits(struct cmd *c, struct span password, const char *address);
int passwords_take(struct cmd *c, struct span line, struct passwords *out); /* one more line, which stands in out->mem */
enum { PASSWORDS_MEM = 2 * (PASSWORD_MAX + 2) }; /* of mem: what may be read into it */
void passwords_wipe(struct passwords *p);

uint8_t type_of(const char *name);  /* "per"; 0: none such */
const char *type_name(uint8_t type); /* "PER" */
/* "Hélène MARTIN-DURAND" -> given "Hélène", family "MARTIN-DURAND": the words in capitals at the end, else the last word. */
void name_split(struct span name, struct span *given_out, struct span *sn_out);
/* The address as a sign-in prepares it (lower case, full width mapped: base/prepare.h); false when it can be no mailbox of an instance. */
bool address_normal(const char *text, char out[256], struct span *domain_out);
char *size_text(uint64_t n, char out[32]); /* 2147483648 -> "2G"; rounded to a tenth: for people */
/* A size such as 2G; false after its usage line. */
bool size_option(struct cmd *c, const char *name, uint64_t *out, int *answer_out);

struct json_t;
struct json_t *account_json(const struct dird_account *a);
struct json_t *json_text(struct span s); /* a string, bytes that are no UTF-8 replaced; null when empty */
/* An account by its address; its spans point into *mem, which the caller frees, after a failure too. */
int account_get(struct cmd *c, const char *address, struct dird_account *out, struct buf *mem);
