/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/log.c - pli log find ADDRESS: prints the lines of the log, and of the older logs that are kept, that name
 * this envelope address. A patient's address is looked for under its hash (flow/logged.h).
 *
 * A log line names the address that a sender wrote. "Did Dr X get it?" is a question about a mailbox. So the account's
 * address and its aliases are looked for together. The directory knows them. While nobody serves only the address
 * itself is looked for, and the command says so. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/logs.h"
#include "pli/people.h"
#include "pli/super/log_key.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAMES_MOST = 1 + 1 + 64 /* what was asked, the address, its aliases (directory/wire.c) */
};
struct sought {
    char name[NAMES_MOST][LOGGED_MAX];
    size_t n;
};

static bool has_any(struct span line, const struct sought *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (log_line_names(line, s->name[i]))
            return true;
    return false;
}

static void seek(struct sought *s, struct span address)
{
    char name[LOGGED_MAX];

    logged_address(address, name);
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->name[i], name) == 0)
            return;
    if (address.n > 0 && s->n < NAMES_MOST)
        memcpy(s->name[s->n++], name, sizeof name);
}

static void seek_addresses(struct sought *s, const struct dird_account *a)
{
    seek(s, a->address);
    for (struct span rest = a->aliases; rest.n > 0;) {
        ptrdiff_t nl = span_chr(rest, '\n');
        seek(s, span_head(rest, nl < 0 ? rest.n : (size_t)nl));
        rest = span_from(rest, nl < 0 ? rest.n : (size_t)nl + 1);
    }
}

/* The account that has this address, if any: its own and its aliases. False: the directory cannot be asked. */
static bool seek_account(struct cmd *c, struct sought *s)
{
    char address[ADDRESS_ROOM];
    struct span domain;
    struct account a = {.mem = BUF_INIT};
    struct err e;
    enum rc rc;

    if (!address_normal(span_str(c->pos[0]), address, &domain))
        return true; /* no account of ours: a sender's, or a recipient's elsewhere */
    if (!inst_served(".", NULL))
        return false;
    rc = account_address(inst_admin(c), span_str(c->pos[0]), address, &e);
    if (rc == RC_OK)
        rc = account_get(inst_admin(c), span_str(address), &a, &e);
    if (rc == RC_OK)
        seek_addresses(s, &a.is);
    account_free(&a);
    return rc == RC_OK || rc == RC_NOTFOUND;
}

struct found {
    const struct sought *s;
    json_t *rows; /* NULL: lines for people */
    size_t n;
};

static bool take(struct span line, void *ctx)
{
    struct found *f = ctx;

    if (!has_any(line, f->s))
        return true;
    if (f->rows)
        json_array_append_new(f->rows, json_text(line));
    else
        printf("%.*s\n", SPAN_ARG(line));
    f->n++;
    return true;
}

/* A log that is turned over meanwhile: what was printed stays, and who asked is told. */
static int look_in_all(struct cmd *c, struct found *f)
{
    struct logs_read read;
    struct err e;
    enum rc rc = logs_each(c->root, take, f, &read, &e);

    if (rc == RC_MORE)
        fprintf(stderr, "pli log find: the log was turned over meanwhile: a line may be missing or stand twice\n");
    return rc == RC_OK || rc == RC_MORE ? PLI_OK : cmd_err(c, &e);
}

static int seek_all(struct cmd *c, struct sought *s)
{
    unsigned char key[LOGGED_KEY];
    struct err e;

    if (log_key_load(c->root, false, key, &e) != RC_OK)
        return cmd_err(c, &e);
    logged_key(key);
    seek(s, span_str(c->pos[0]));
    if (!seek_account(c, s)) /* a script reads standard output: there stand lines of the log and nothing else */
        fprintf(stderr,
                "pli log find: the directory cannot be asked: only %s is looked for, no other address of its account\n",
                c->pos[0]);
    return PLI_OK;
}

int cmd_log_find(struct cmd *c)
{
    static struct sought s;
    struct found f = {.s = &s};
    int answer;

    if (!strchr(c->pos[0], '@'))
        return cmd_usage(c, "\"%.100s\" is not an address", c->pos[0]);
    f.rows = c->json ? json_array() : NULL;
    answer = seek_all(c, &s);
    if (answer == PLI_OK)
        answer = look_in_all(c, &f);
    if (answer == PLI_OK && c->json)
        return out_json(f.rows);
    json_decref(f.rows);
    if (answer == PLI_OK && f.n == 0)
        return cmd_fail(
            c, "no log that is kept names %s%s%s%s", c->pos[0], s.n > 1 ? " or its account's other addresses" : "",
            strncmp(s.name[0], "ins-", 4) == 0 ? ", in it " : "", strncmp(s.name[0], "ins-", 4) == 0 ? s.name[0] : "");
    return answer;
}
