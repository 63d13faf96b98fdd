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
/* --password-stdin: one or two lines, without their ends. most: how many are taken. PLI_OK or an exit code after its line. */
int passwords_read(struct cmd *c, unsigned most, struct passwords *out);
void passwords_generate(struct passwords *out); /* 100 random bits, in four groups that can be read aloud */
void passwords_wipe(struct passwords *p);

uint8_t type_of(const char *name);  /* "per"; 0: none such */
const char *type_name(uint8_t type); /* "PER" */
/* "Hélène MARTIN-DURAND" -> given "Hélène", family "MARTIN-DURAND": the words in capitals at the end, else the last word. */
void name_split(struct span name, struct span *given_out, struct span *sn_out);
/* The address as a sign-in prepares it (lower case, full width mapped: base/prepare.h); false when it can be no mailbox of an instance. */
bool address_normal(const char *text, char out[256], struct span *domain_out);
/* A size such as 2G; false after its usage line. */
bool size_option(struct cmd *c, const char *name, uint64_t *out, int *answer_out);

struct json_t;
struct json_t *account_json(const struct dird_account *a);
struct json_t *json_text(struct span s); /* a string, bytes that are no UTF-8 replaced; null when empty */
/* An account by its address; spans live until the next call on the directory. */
int account_get(struct cmd *c, const char *address, struct dird_account *out);
