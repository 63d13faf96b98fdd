/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_set.c - pli account set, disable, enable, delete. */
#include "pli/certs.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "policies/identifiers.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A text option, the field it sets, and the bit that tells dird so. */
static const struct {
    const char *option;
    size_t off;
    uint32_t what;
} texts[] = {{"--name", offsetof(struct dird_account, name), DS_NAME},
             {"--service", offsetof(struct dird_account, service), DS_SERVICE},
             {"--responsible", offsetof(struct dird_account, responsible), DS_RESPONSIBLE},
             {"--profession", offsetof(struct dird_account, profession), DS_PROFESSION},
             {"--specialty", offsetof(struct dird_account, specialty), DS_SPECIALTY}};

struct changing {
    struct dird_account a;
    struct buf mem; /* what its spans point into */
    char address[256];
    struct buf aliases;
    uint32_t what;
};

static int read_texts(struct cmd *c, struct changing *ch)
{
    char one[256];
    struct span domain;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *v = opt_get(c, texts[i].option);
        if (!v)
            continue;
        *(struct span *)((char *)&ch->a + texts[i].off) = span_trim(span_str(v));
        ch->what |= texts[i].what;
    }
    if (ch->what & DS_NAME) {
        if (ch->a.name.n == 0)
            return cmd_usage(c, "--name may not be empty");
        name_split(ch->a.name, &ch->a.given, &ch->a.sn);
        if (ch->a.type != DT_PER && ch->a.type != DT_CAB) {
            ch->a.given = SPAN_NULL;
            ch->a.sn = ch->a.name;
        }
    }
    for (size_t i = 0; i < c->n_given; i++) { /* --alias may be given more than once; an empty one clears the list */
        if (strcmp(c->given[i].name, "--alias") != 0)
            continue;
        ch->what |= DS_ALIASES;
        if (!c->given[i].value[0])
            continue;
        if (!address_normal(c->given[i].value, one, &domain))
            return cmd_usage(c, "alias \"%.100s\" is not an address", c->given[i].value);
        buf_addf(&ch->aliases, "%s%s", ch->aliases.n ? "\n" : "", one);
    }
    ch->a.aliases = buf_span(&ch->aliases);
    return PLI_OK;
}

static int read_rpps(struct cmd *c, struct changing *ch)
{
    const char *v = opt_get(c, "--rpps");

    if (!v)
        return PLI_OK;
    if (!rpps_ok(span_str(v)))
        return cmd_usage(
            c, "RPPS %.20s: 11 digits whose last is a check digit (Luhn); compare it with the professional's card", v);
    ch->a.rpps = span_str(v);
    ch->what |= DS_RPPS;
    return PLI_OK;
}

static bool yes_no(const char *v, const char *yes, const char *no, bool *out)
{
    *out = strcmp(v, yes) == 0;
    return *out || strcmp(v, no) == 0;
}

static int read_flags(struct cmd *c, struct changing *ch)
{
    const char *sign = opt_get(c, "--sign"), *red = opt_get(c, "--red-list");
    bool on;

    if (sign) {
        if (!yes_no(sign, "always", "never", &on))
            return cmd_usage(c, "--sign is always or never");
        ch->a.flags = on ? ch->a.flags | DF_SIGN : ch->a.flags & ~(uint32_t)DF_SIGN;
        ch->what |= DS_FLAGS;
    }
    if (red) {
        if (!yes_no(red, "yes", "no", &on))
            return cmd_usage(c, "--red-list is yes or no");
        ch->a.flags = on ? ch->a.flags | DF_RED_LIST : ch->a.flags & ~(uint32_t)DF_RED_LIST;
        ch->what |= DS_FLAGS;
    }
    return PLI_OK;
}

static int find_signing_slot(struct cmd *c, const struct changing *ch, bool *there_out)
{
    struct store_mbx_msg rq = {ch->a.mbx};
    struct store_box_rep box = {0};
    struct buf mem = BUF_INIT;
    struct slot s;
    struct err e;

    if (store_call_in(inst_store(c), STORE_BOX_GET, &rq, -1, &box, &mem, &e) != RC_OK)
        return cmd_err(c, &e);
    *there_out = slot_find(box.slots, SLOT_SIGNING, &s, &e) == RC_OK;
    buf_free(&mem);
    return PLI_OK;
}

/* A signing account needs a certificate: one that was added with --sign never has none. */
static int has_certificate(struct cmd *c, const struct changing *ch)
{
    bool there = false;
    int answer = find_signing_slot(c, ch, &there);

    if (answer != PLI_OK || there)
        return answer;
    return cmd_fail(c, "%s has no certificate: pli cert issue-trial %s gives it one", ch->address, ch->address);
}

/* Mail may be sent from an alias, so the certificate names it (RFC 8550 3): when they change it is issued anew. */
static int renew_certificate(struct cmd *c, const struct changing *ch)
{
    struct cert_info info;
    char address[256];
    bool there = false;
    int answer = ch->what & DS_ALIASES ? find_signing_slot(c, ch, &there) : PLI_OK;

    return answer == PLI_OK && there ? cert_issue_account(c, ch->address, CERT_AS_IT_WAS, address, &info) : answer;
}

static enum rc set_box_quota(struct cmd *c, const struct changing *ch, struct err *e)
{
    struct store_box_set_req rq = {.mbx = ch->a.mbx, .what = BOX_SET_QUOTA, .quota = ch->a.quota};

    return ch->what & DS_QUOTA ? store_call(inst_store(c), STORE_BOX_SET, &rq, -1, NULL, e) : RC_OK;
}

static int begin(struct cmd *c, struct changing *ch)
{
    int answer = account_get(c, c->pos[0], &ch->a, &ch->mem);

    if (answer != PLI_OK)
        return answer;
    snprintf(ch->address, sizeof ch->address, "%.*s", SPAN_ARG(ch->a.address));
    ch->a.address = span_str(ch->address);
    ch->a.cert_der = ch->a.password = SPAN_NULL;
    return PLI_OK;
}

static void end(struct changing *ch)
{
    buf_free(&ch->aliases);
    buf_free(&ch->mem);
}

static int done(const struct cmd *c, const char *address, const char *what)
{
    if (c->json)
        return out_json(json_pack("{s:s,s:s}", "address", address, "done", what));
    printf("account %s %s\n", address, what);
    return PLI_OK;
}

int cmd_account_set(struct cmd *c)
{
    struct changing ch = {0};
    struct err e;
    int answer = begin(c, &ch);

    if (answer == PLI_OK)
        answer = read_texts(c, &ch);
    if (answer == PLI_OK)
        answer = read_rpps(c, &ch);
    if (answer == PLI_OK)
        answer = read_flags(c, &ch);
    if (answer == PLI_OK && opt_get(c, "--quota") && size_option(c, "--quota", &ch.a.quota, &answer))
        ch.what |= DS_QUOTA;
    if (answer == PLI_OK && !ch.what)
        answer = cmd_usage(c, "nothing to change: name at least one option (pli help account set)");
    if (answer == PLI_OK && opt_get(c, "--sign") && (ch.a.flags & DF_SIGN))
        answer = has_certificate(c, &ch);
    if (answer == PLI_OK &&
        (set_box_quota(c, &ch, &e) != RC_OK || dir_account_set(inst_dir(c), ch.what, &ch.a, &e) != RC_OK))
        answer = cmd_err(c, &e);
    if (answer == PLI_OK)
        answer = renew_certificate(c, &ch);
    end(&ch);
    return answer == PLI_OK ? done(c, ch.address, "changed") : answer;
}

static int set_disabled(struct cmd *c, bool disabled)
{
    struct changing ch = {0};
    struct err e;
    int answer = begin(c, &ch);

    ch.what = DS_DISABLED;
    ch.a.disabled = disabled;
    if (answer == PLI_OK && dir_account_set(inst_dir(c), ch.what, &ch.a, &e) != RC_OK)
        answer = cmd_err(c, &e);
    end(&ch);
    return answer == PLI_OK ? done(c, ch.address, disabled ? "disabled" : "enabled") : answer;
}

int cmd_account_disable(struct cmd *c)
{
    return set_disabled(c, true);
}

int cmd_account_enable(struct cmd *c)
{
    return set_disabled(c, false);
}

static bool confirmed(const struct cmd *c, const char *address)
{
    char typed[300] = "";

    if (opt_get(c, "--yes") || !isatty(0))
        return true;
    fprintf(stderr, "This destroys the mailbox and all its mail. Type the address to go on: ");
    return fgets(typed, sizeof typed, stdin) && span_eq_str(span_trim(span_str(typed)), address);
}

/* The entry goes first: nothing is delivered or opened any more; then the mailbox, whose number no address names now. */
int cmd_account_delete(struct cmd *c)
{
    struct changing ch = {0};
    struct dird_address_req rq;
    struct store_mbx_msg box;
    struct err e;
    int answer = begin(c, &ch);

    end(&ch); /* the address and the number of the mailbox stay */
    if (answer != PLI_OK)
        return answer;
    if (!confirmed(c, ch.address))
        return cmd_fail(c, "nothing was deleted");
    rq.address = span_str(ch.address);
    box.mbx = ch.a.mbx;
    if (dir_call(inst_dir(c), DIRD_ACCOUNT_DELETE, &rq, NULL, &e) != RC_OK)
        return cmd_err(c, &e);
    if (store_call(inst_store(c), STORE_BOX_DELETE, &box, -1, NULL, &e) != RC_OK && e.rc != RC_NOTFOUND)
        return cmd_err(c, &e);
    return done(c, ch.address, "deleted");
}
