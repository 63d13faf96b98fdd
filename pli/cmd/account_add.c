/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_add.c - pli account add: the options read into a wish, the account made by admin/accounts.h, what was made shown. */
#include "crypto/pki/pki.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct adding {
    char address[ADDRESS_ROOM];
    struct account_wish w;
    struct span aliases[CMD_OPTS_MAX];
    struct passwords pw;
    bool generated;
};

static struct span opt_span(const struct cmd *c, const char *name)
{
    return span_str(opt_get(c, name));
}

/* ---- what was asked ---- */
static int read_identity(struct cmd *c, struct adding *ad)
{
    struct account_wish *w = &ad->w;
    struct span about = SPAN_NULL;
    enum account_fault fault;

    w->address = span_str(c->pos[0]);
    w->type = type_of(opt_span(c, "--type"));
    w->name = opt_span(c, "--name");
    w->given = opt_span(c, "--given");
    w->sn = opt_span(c, "--sn");
    w->rpps = opt_span(c, "--rpps");
    w->structure = opt_span(c, "--structure");
    w->profession = opt_span(c, "--profession");
    w->specialty = opt_span(c, "--specialty");
    w->service = opt_span(c, "--service");
    w->responsible = opt_span(c, "--responsible");
    w->civility = opt_span(c, "--civility");
    w->adeli = opt_span(c, "--adeli");
    w->telephone = opt_span(c, "--telephone");
    w->description = opt_span(c, "--description");
    w->town = opt_span(c, "--town");
    w->structure_name = opt_span(c, "--structure-name");
    w->aliases = ad->aliases;
    w->n_aliases = aliases_given(c, ad->aliases);
    fault = account_wish_fault(w, &about);
    return fault == ACCOUNT_RIGHT ? PLI_OK : wish_refused(c, fault, about);
}

static int read_flags(struct cmd *c, struct adding *ad)
{
    const char *sign = opt_get(c, "--sign"), *algorithm = opt_get(c, "--algorithm");

    if (sign && strcmp(sign, "always") != 0 && strcmp(sign, "never") != 0)
        return cmd_usage(c, "--sign is always or never");
    if (algorithm && strcmp(algorithm, "rsa") != 0 && strcmp(algorithm, "ecdsa") != 0)
        return cmd_usage(c, "--algorithm is rsa or ecdsa");
    ad->w.algorithm = algorithm && strcmp(algorithm, "rsa") == 0 ? PKI_RSA_2048 : PKI_P256;
    ad->w.sign = !sign || strcmp(sign, "never") != 0;
    ad->w.strict = opt_get(c, "--strict") != NULL;
    ad->w.red_list = opt_get(c, "--red-list") != NULL;
    ad->w.sign_default = sign == NULL;
    ad->w.red_list_default = !ad->w.red_list;
    return PLI_OK;
}

static int read_contact(struct cmd *c, struct adding *ad)
{
    uint64_t rank = 0;
    int answer = PLI_OK;

    if (number_option(c, "--rank", RANK_MOST, &rank, &answer))
        ad->w.rank = (uint32_t)rank;
    if (answer == PLI_OK)
        (void)said_option(c, "--paperless", &ad->w.paperless, &answer);
    return answer;
}

static int read_quota(struct cmd *c, struct adding *ad)
{
    struct conf *conf;
    int answer = inst_conf(c, &conf);

    if (answer != PLI_OK)
        return answer;
    ad->w.quota = (uint64_t)conf_num(conf, "stored.quota");
    conf_free(&conf);
    ad->w.quota_default = opt_get(c, "--quota") == NULL;
    size_option(c, "--quota", &ad->w.quota, &answer);
    return answer;
}

static int read_password(struct cmd *c, struct adding *ad)
{
    struct span domain;
    int answer = PLI_OK;

    (void)address_normal(ad->w.address, ad->address, &domain); /* it was found right */
    ad->generated = !opt_get(c, "--password-stdin");
    if (ad->generated)
        passwords_generate(&ad->pw);
    else
        answer = passwords_read(c, 1, &ad->pw);
    ad->w.password = ad->pw.line[0];
    return answer == PLI_OK ? password_accepted(c, ad->w.password, ad->address, &ad->w.password_min) : answer;
}

/* ---- done, and shown ---- */
static int refused(struct cmd *c, const struct adding *ad, const struct account_made *made, const struct err *e)
{
    if (e->rc == RC_EXISTS && e->cause != CAUSE_ADDRESS_CLOSED && made->mbx == 0)
        return cmd_fail(c, "%s: pli account show %s", e->log, ad->address);
    return cmd_err(c, e);
}

static int report(struct cmd *c, const struct adding *ad, const struct account_made *made)
{
    json_t *j;

    if (!c->json) {
        printf("account %s added\n", ad->address);
        if (ad->generated)
            printf("password %.*s   (shown this once)\n", SPAN_ARG(ad->w.password));
        return PLI_OK;
    }
    j = account_json(&made->account.is);
    if (ad->generated)
        json_object_set_new(j, "password", json_text(ad->w.password));
    return out_json(j);
}

static int add(struct cmd *c, const struct adding *ad)
{
    struct account_made made;
    struct err e;
    int answer;

    if (account_add(inst_admin(c), &ad->w, &made, &e) == RC_OK)
        answer = report(c, ad, &made);
    else
        answer = refused(c, ad, &made, &e);
    account_made_free(&made);
    return answer;
}

static int (*const readers[])(struct cmd *c, struct adding *ad) = {read_identity, read_flags, read_contact, read_quota,
                                                                   read_password};

int cmd_account_add(struct cmd *c)
{
    struct adding ad = {.generated = false};
    int answer = PLI_OK;

    for (size_t i = 0; i < sizeof readers / sizeof *readers && answer == PLI_OK; i++)
        answer = readers[i](c, &ad);
    if (answer == PLI_OK)
        answer = add(c, &ad);
    passwords_wipe(&ad.pw);
    return answer;
}
