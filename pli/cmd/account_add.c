/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_add.c - pli account add: one mailbox, with its key pair, its certificate and its entry in the directory.
 *
 * Steps    address free -> mailbox number reserved -> key pair in a slot -> trial certificate -> mailbox made -> entry made. Up to
 *          "mailbox made" nothing is left behind by a failure; when the entry can not be made the mailbox is taken away again.
 * Spec     DESIGN 4, 7, 8; check digits of RPPS and FINESS are verified here and again by dird.
 */
#include "base/wipe.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "policies/identifiers.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct adding {
    char address[256];
    struct span domain;
    struct dird_account a;
    struct passwords pw;
    struct buf slots, cert, aliases;
    uint8_t algorithm;
    bool generated;
};

static struct span opt_span(const struct cmd *c, const char *name)
{
    return span_str(opt_get(c, name));
}

/* ---- what was asked ---- */
static int read_identity(struct cmd *c, struct adding *ad)
{
    struct dird_account *a = &ad->a;

    if (!address_normal(c->pos[0], ad->address, &ad->domain))
        return cmd_usage(c, "\"%.100s\" can not be a mailbox: letters, digits, \".\", \"-\", \"_\", an @ and a domain",
                         c->pos[0]);
    a->address = span_str(ad->address);
    a->type = opt_get(c, "--type") ? type_of(opt_get(c, "--type")) : 0;
    if (!a->type)
        return cmd_usage(c, "needs --type per, org, app or cab");
    a->name = span_trim(opt_span(c, "--name"));
    if (a->name.n == 0)
        return cmd_usage(c, "needs --name: for a person the given name, then the family name in capitals");
    name_split(a->name, &a->given, &a->sn);
    if (a->type != DT_PER && a->type != DT_CAB) {
        a->given = SPAN_NULL;
        a->sn = a->name;
    }
    a->given = opt_get(c, "--given") ? opt_span(c, "--given") : a->given;
    a->sn = opt_get(c, "--sn") ? opt_span(c, "--sn") : a->sn;
    return PLI_OK;
}

static int read_numbers(struct cmd *c, struct adding *ad)
{
    struct dird_account *a = &ad->a;

    a->rpps = opt_span(c, "--rpps");
    a->structure = opt_span(c, "--structure");
    if (a->rpps.n && !rpps_ok(a->rpps))
        return cmd_usage(
            c, "RPPS %.20s: 11 digits whose last is a check digit (Luhn); compare it with the professional's card",
            (const char *)a->rpps.p);
    if (a->structure.n && !structure_ok(a->structure))
        return cmd_usage(c, "structure %.20s: a FINESS (9), SIREN (9) or SIRET (14) number whose check digit is right",
                         (const char *)a->structure.p);
    if (a->type == DT_PER && !a->rpps.n)
        return cmd_usage(c, "a mailbox of type per needs --rpps, the professional's national number");
    if (a->type != DT_PER && !a->structure.n)
        return cmd_usage(c, "a mailbox of type %s needs --structure, the FINESS or SIRET number of the structure",
                         opt_get(c, "--type"));
    a->profession = opt_span(c, "--profession");
    a->specialty = opt_span(c, "--specialty");
    a->service = opt_span(c, "--service");
    a->responsible = opt_span(c, "--responsible");
    return PLI_OK;
}

/* --alias may be given more than once. */
static int read_aliases(struct cmd *c, struct adding *ad)
{
    char one[256];
    struct span domain;

    for (size_t i = 0; i < c->n_given; i++) {
        if (strcmp(c->given[i].name, "--alias") != 0)
            continue;
        if (!address_normal(c->given[i].value, one, &domain))
            return cmd_usage(c, "alias \"%.100s\" is not an address", c->given[i].value);
        buf_addf(&ad->aliases, "%s%s", ad->aliases.n ? "\n" : "", one);
    }
    ad->a.aliases = buf_span(&ad->aliases);
    return PLI_OK;
}

static int read_flags(struct cmd *c, struct adding *ad)
{
    const char *sign = opt_get(c, "--sign"), *algorithm = opt_get(c, "--algorithm");

    if (sign && strcmp(sign, "always") != 0 && strcmp(sign, "never") != 0)
        return cmd_usage(c, "--sign is always or never");
    if (algorithm && strcmp(algorithm, "rsa") != 0 && strcmp(algorithm, "ecdsa") != 0)
        return cmd_usage(c, "--algorithm is rsa or ecdsa");
    ad->algorithm = algorithm && strcmp(algorithm, "rsa") == 0 ? 1 : 2;
    ad->a.flags = (sign && strcmp(sign, "never") == 0 ? 0 : DF_SIGN) | (opt_get(c, "--strict") ? DF_STRICT : 0) |
                  (opt_get(c, "--red-list") ? DF_RED_LIST : 0);
    return PLI_OK;
}

static int read_quota(struct cmd *c, struct adding *ad)
{
    struct conf *conf;
    int answer = inst_conf(c, &conf);

    if (answer != PLI_OK)
        return answer;
    ad->a.quota = (uint64_t)conf_num(conf, "stored.quota");
    conf_free(&conf);
    size_option(c, "--quota", &ad->a.quota, &answer);
    return answer;
}

static int read_password(struct cmd *c, struct adding *ad)
{
    int answer = PLI_OK;

    ad->generated = !opt_get(c, "--password-stdin");
    if (ad->generated)
        passwords_generate(&ad->pw);
    else
        answer = passwords_read(c, 1, &ad->pw);
    ad->a.password = ad->pw.line[0];
    return answer == PLI_OK ? password_fits(c, ad->a.password, ad->address) : answer;
}

/* ---- the steps ---- */
static int address_free(struct cmd *c, struct adding *ad)
{
    struct dird_lookup_rep rep = {0};
    struct buf mem = BUF_INIT;
    struct err e;
    int answer = PLI_OK;

    if (dir_lookup(inst_dir(c), ad->a.address, &rep, &mem, &e) != RC_OK)
        answer = cmd_err(c, &e);
    else if (rep.kind == DK_NOT_LOCAL)
        answer = cmd_fail(c, "%.*s is not a domain of this instance", SPAN_ARG(ad->domain));
    /* a sub-address "name+x" resolves to name: only the very address counts */
    else if (rep.kind != DK_UNKNOWN &&
             (rep.address.n == 0 || span_ieq(rep.address, ad->a.address) || rep.kind == DK_ALIAS))
        answer = cmd_fail(c, "%s is there already: pli account show %s", ad->address, ad->address);
    buf_free(&mem);
    return answer;
}

static enum rc make_keys(struct cmd *c, struct adding *ad, struct err *e)
{
    bool strict = ad->a.flags & DF_STRICT;
    struct keyd_issue_req issue = {KEYD_ISSUE_SMIME, ad->algorithm, 0, ad->a.address, ad->a.name, ad->a.aliases};
    struct buf slot = BUF_INIT;
    enum rc rc = keyd_box_new(inst_keyd(c), ad->a.mbx, strict ? SLOT_PASSWORD : SLOT_KEYD,
                              strict ? ad->a.password : SPAN_NULL, ad->a.pub, &ad->slots, e);

    if (rc == RC_OK && (ad->a.flags & DF_SIGN))
        rc = keyd_issue_trial(inst_keyd(c), &issue, &ad->cert, &slot, NULL, e);
    if (rc == RC_OK && slot.n)
        buf_addspan(&ad->slots, buf_span(&slot));
    ad->a.cert_der = buf_span(&ad->cert);
    buf_free(&slot);
    return rc;
}

static enum rc make_box(struct cmd *c, struct adding *ad, struct err *e)
{
    struct store_box_create_req rq = {.mbx = ad->a.mbx, .slots = buf_span(&ad->slots), .quota = ad->a.quota};

    memcpy(rq.pub, ad->a.pub, SEAL_PUB);
    return store_call(inst_store(c), STORE_BOX_CREATE, &rq, -1, NULL, e);
}

/* The directory may have made the entry and gone away before it said so, or make it yet: then it is there, with our mailbox. So that
 * is taken away again only when the answer is a no; a mailbox that nobody names costs a record. */
static enum rc make_entry(struct cmd *c, struct adding *ad, struct err *e)
{
    struct store_mbx_msg box = {ad->a.mbx};
    struct dird_address_req rq = {ad->a.address};
    struct dird_account there = {0};
    struct buf mem = BUF_INIT;
    struct err ignored;
    enum rc rc = dir_call(inst_dir(c), DIRD_ACCOUNT_ADD, &ad->a, NULL, e);

    if (rc == RC_TEMP && dir_call_in(inst_dir(c), DIRD_ACCOUNT_GET, &rq, &there, &mem, &ignored) == RC_OK &&
        there.mbx == ad->a.mbx)
        rc = RC_OK;
    buf_free(&mem);
    if (rc != RC_OK && rc != RC_TEMP)
        (void)store_call(inst_store(c), STORE_BOX_DELETE, &box, -1, NULL, &ignored);
    return rc;
}

static enum rc reserve(struct cmd *c, struct adding *ad, struct err *e)
{
    struct store_mbx_msg box = {0};
    enum rc rc = store_call(inst_store(c), STORE_BOX_RESERVE, NULL, -1, &box, e);

    ad->a.mbx = box.mbx;
    return rc;
}

static enum rc (*const steps[])(struct cmd *c, struct adding *ad, struct err *e) = {reserve, make_keys, make_box,
                                                                                    make_entry};

static int report(struct cmd *c, struct adding *ad)
{
    json_t *j;

    if (!c->json) {
        printf("account %s added\n", ad->address);
        if (ad->generated)
            printf("password %.*s   (shown this once)\n", SPAN_ARG(ad->a.password));
        return PLI_OK;
    }
    j = account_json(&ad->a);
    if (ad->generated)
        json_object_set_new(j, "password", json_text(ad->a.password));
    return out_json(j);
}

static int (*const readers[])(struct cmd *c, struct adding *ad) = {
    read_identity, read_numbers, read_aliases, read_flags, read_quota, read_password, address_free};

int cmd_account_add(struct cmd *c)
{
    struct adding ad = {0};
    struct err e = {0};
    enum rc rc = RC_OK;
    int answer = PLI_OK;

    for (size_t i = 0; i < sizeof readers / sizeof *readers && answer == PLI_OK; i++)
        answer = readers[i](c, &ad);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && answer == PLI_OK && rc == RC_OK; i++)
        rc = steps[i](c, &ad, &e);
    if (rc != RC_OK)
        answer = cmd_err(c, &e);
    else if (answer == PLI_OK)
        answer = report(c, &ad);
    passwords_wipe(&ad.pw);
    buf_free(&ad.slots);
    buf_free(&ad.cert);
    buf_free(&ad.aliases);
    return answer;
}
