/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/lib/import_accounts.c - an import of accounts through admin/ alone: no command line, no option, no JSON. Never installed.
 * Use      import_accounts ROOT < FILE, as the instance's owner, while it is served.
 * File     one account a line, fields with a tab between: address, type, name, RPPS or "", structure or "", alias or "", "strict" or "", password; as a
 *          site's own list would have them, in any case and form. A line of an address and a password alone gives a default mailbox that password.
 * Prints   a line each: the address as it is kept, its mailbox number, "made", "changed", or what was wrong, and goes on. Exit 0: all were made.
 */
#include "admin/accounts.h"
#include "crypto/pki/pki.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIELDS = 8, QUOTA = 100 * 1024 * 1024, PASSWORD_LEAST = 8 };

static size_t fields_of(struct span line, struct span out[FIELDS])
{
    size_t n = 0;

    for (ptrdiff_t tab = 0; tab >= 0 && n < FIELDS; n++) {
        tab = span_chr(line, '\t');
        out[n] = span_head(line, tab < 0 ? line.n : (size_t)tab);
        line = span_from(line, tab < 0 ? line.n : (size_t)tab + 1);
    }
    return n;
}

static bool said(struct span address, enum rc rc, const struct err *e, uint64_t mbx, const char *done)
{
    printf("%.*s\t%llu\t%s\n", SPAN_ARG(address), (unsigned long long)mbx, rc == RC_OK ? done : e->log);
    return rc == RC_OK;
}

static bool make(struct admin *ad, const struct span f[FIELDS])
{
    const struct account_wish w = {.address = f[0],
                                   .type = type_of(f[1]),
                                   .name = f[2],
                                   .rpps = f[3],
                                   .structure = f[4],
                                   .aliases = &f[5],
                                   .n_aliases = f[5].n > 0,
                                   .strict = f[6].n > 0,
                                   .password = f[7],
                                   .password_min = PASSWORD_LEAST,
                                   .quota = QUOTA,
                                   .sign = true,
                                   .algorithm = PKI_P256};
    struct account_made made;
    struct err e;
    enum rc rc = account_add(ad, &w, &made, &e);
    bool ok = said(rc == RC_OK ? made.account.is.address : f[0], rc, &e, made.mbx, "made");

    account_made_free(&made);
    return ok;
}

static bool set_password(struct admin *ad, struct span address, struct span password)
{
    const struct account_password wanted = {.new_password = password, .password_min = PASSWORD_LEAST};
    struct account a;
    struct err e;
    enum rc rc = account_get(ad, address, &a, &e);
    bool ok;

    if (rc == RC_OK)
        rc = account_passwd(ad, &a, &wanted, &e);
    ok = said(address, rc, &e, a.is.mbx, "changed");
    account_free(&a);
    return ok;
}

int main(int argc, char **argv)
{
    char run[4096], line[8192];
    bool all = true;

    if (argc != 2 || snprintf(run, sizeof run, "%s/run", argv[1]) >= (int)sizeof run || chdir(run) != 0)
        die("use: import_accounts ROOT");
    struct admin *ad = admin_new(ROLE_ADMIN);
    while (fgets(line, sizeof line, stdin)) {
        struct span f[FIELDS], text = span_str(line);
        size_t n = fields_of(span_head(text, text.n > 0 && text.p[text.n - 1] == '\n' ? text.n - 1 : text.n), f);
        if (n == FIELDS)
            all = make(ad, f) && all;
        else if (n == 2)
            all = set_password(ad, f[0], f[1]) && all;
        else
            die("a line of %zu fields", n);
    }
    admin_free(&ad);
    return all ? 0 : 1;
}
