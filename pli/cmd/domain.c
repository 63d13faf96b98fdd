/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/domain.c - pli domain add, set, list, show, disable, enable, remove: the mail domains of this instance (admin/domains.h). */
#include "admin/certificates.h"
#include "admin/domains.h"
#include "admin/trust.h"
#include "base/clock.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct wish {
    struct dird_domain d;
    char domain[TRUST_DOMAIN_ROOM], postmaster[ADDRESS_ROOM], catch_all[ADDRESS_ROOM];
};

static int domain_of(struct cmd *c, char out[TRUST_DOMAIN_ROOM])
{
    if (!trust_domain_normal(span_str(c->pos[0]), out))
        return cmd_usage(c, "\"%.100s\" is not a mail domain", c->pos[0]);
    return PLI_OK;
}

/* ---- what was asked ---- */
static int read_quota(struct cmd *c, struct wish *w)
{
    const char *v = opt_get(c, "--quota");
    int answer = PLI_OK;

    if (!v)
        return PLI_OK;
    w->d.what |= DW_QUOTA;
    if (strcmp(v, "none") != 0)
        w->d.own_quota = size_option(c, "--quota", &w->d.quota, &answer);
    return answer;
}

static int read_most(struct cmd *c, struct wish *w)
{
    int answer = PLI_OK;

    if (opt_get(c, "--max-accounts") && number_option(c, "--max-accounts", INT32_MAX, &w->d.most, &answer))
        w->d.what |= DW_MOST;
    return answer;
}

/* "none", or an address in its one form. */
static int read_account(struct cmd *c, const char *option, uint32_t bit, char mem[ADDRESS_ROOM], struct span *out,
                        uint32_t *what)
{
    const char *v = opt_get(c, option);
    struct span domain;

    if (!v)
        return PLI_OK;
    *what |= bit;
    if (strcmp(v, "none") == 0)
        return PLI_OK;
    if (!address_normal(span_str(v), mem, &domain))
        return cmd_usage(c, "%s wants the address of an account, or none: \"%.100s\" is no address", option, v);
    *out = span_str(mem);
    return PLI_OK;
}

/* ---- its policy (decision 0056) ---- */
static int read_max_message(struct cmd *c, struct wish *w)
{
    const char *v = opt_get(c, "--max-message");
    int answer = PLI_OK;

    if (!v)
        return PLI_OK;
    w->d.what |= DW_MAX_MESSAGE;
    if (strcmp(v, "none") != 0 && size_option(c, "--max-message", &w->d.max_message, &answer) && w->d.max_message == 0)
        return cmd_usage(c, "--max-message is a size, such as 20M, or none");
    return answer;
}

static int read_sign(struct cmd *c, struct wish *w)
{
    static const char *const words[] = {[SIGN_UNSAID] = "none", [SIGN_ALWAYS] = "always", [SIGN_NEVER] = "never"};
    const char *v = opt_get(c, "--sign");

    if (!v)
        return PLI_OK;
    w->d.what |= DW_SIGN;
    for (w->d.sign = 0; w->d.sign < sizeof words / sizeof *words; w->d.sign++)
        if (strcmp(v, words[w->d.sign]) == 0)
            return PLI_OK;
    return cmd_usage(c, "--sign is always, never or none");
}

static const struct {
    const char *option;
    uint32_t bit;
    size_t off;
    const char *one; /* the word that sets it */
} switches[] = {{"--inside", DW_INSIDE, offsetof(struct dird_domain, inside), "yes"},
                {"--red-list", DW_RED_LIST, offsetof(struct dird_domain, red_list), "yes"},
                {"--publish", DW_UNPUBLISHED, offsetof(struct dird_domain, unpublished), "no"}};

static int read_policy(struct cmd *c, struct wish *w)
{
    int answer = read_max_message(c, w);

    for (size_t i = 0; answer == PLI_OK && i < sizeof switches / sizeof *switches; i++) {
        const char *v = opt_get(c, switches[i].option);

        if (!v)
            continue;
        if (strcmp(v, "yes") != 0 && strcmp(v, "no") != 0)
            return cmd_usage(c, "%s is yes or no", switches[i].option);
        w->d.what |= switches[i].bit;
        ((uint8_t *)&w->d)[switches[i].off] = strcmp(v, switches[i].one) == 0;
    }
    return answer == PLI_OK ? read_sign(c, w) : answer;
}

static int read_wish(struct cmd *c, struct wish *w)
{
    int answer = domain_of(c, w->domain);

    w->d.domain = span_str(w->domain);
    if (opt_get(c, "--description")) {
        w->d.note = span_str(opt_get(c, "--description"));
        w->d.what |= DW_NOTE;
    }
    if (answer == PLI_OK)
        answer = read_quota(c, w);
    if (answer == PLI_OK)
        answer = read_most(c, w);
    if (answer == PLI_OK)
        answer = read_account(c, "--postmaster", DW_POSTMASTER, w->postmaster, &w->d.postmaster, &w->d.what);
    if (answer == PLI_OK)
        answer = read_account(c, "--catch-all", DW_CATCH_ALL, w->catch_all, &w->d.catch_all, &w->d.what);
    return answer == PLI_OK ? read_policy(c, w) : answer;
}

/* ---- done ---- */
static int done(const struct cmd *c, const char *domain, const char *what)
{
    if (c->json)
        return out_json(json_pack("{s:s,s:s}", "domain", domain, "done", what));
    printf("domain %s %s\n", domain, what);
    return PLI_OK;
}

int cmd_domain_add(struct cmd *c)
{
    struct wish w = {.domain = ""};
    struct err e;
    int answer = read_wish(c, &w);

    if (answer == PLI_OK && domain_add(inst_admin(c), &w.d, &e) != RC_OK)
        answer = cmd_err(c, &e);
    return answer == PLI_OK ? done(c, w.domain, "added") : answer;
}

int cmd_domain_set(struct cmd *c)
{
    struct wish w = {.domain = ""};
    struct err e;
    int answer = read_wish(c, &w);

    if (answer == PLI_OK && w.d.what == 0)
        return cmd_usage(c, "nothing to change: pli help domain set tells the options");
    if (answer == PLI_OK && domain_set(inst_admin(c), &w.d, &e) != RC_OK)
        answer = cmd_err(c, &e);
    return answer == PLI_OK ? done(c, w.domain, "changed") : answer;
}

static int disable(struct cmd *c, bool disabled)
{
    struct wish w = {.d = {.what = DW_DISABLED, .disabled = disabled}};
    struct err e;
    int answer = domain_of(c, w.domain);

    w.d.domain = span_str(w.domain);
    if (answer == PLI_OK && domain_set(inst_admin(c), &w.d, &e) != RC_OK)
        answer = cmd_err(c, &e);
    return answer == PLI_OK ? done(c, w.domain, disabled ? "disabled" : "enabled") : answer;
}

int cmd_domain_disable(struct cmd *c)
{
    return disable(c, true);
}

int cmd_domain_enable(struct cmd *c)
{
    return disable(c, false);
}

/* Whoever is called that later would be shown with it. */
static enum rc has_one(const struct certificate_seen *s, void *ctx, struct err *e)
{
    (void)ctx;
    return err_set(e, RC_PERM, "%s", s->name);
}

int cmd_domain_remove(struct cmd *c)
{
    char domain[TRUST_DOMAIN_ROOM];
    struct err e;
    int answer = domain_of(c, domain);

    if (answer == PLI_OK && certificates_of_domain(c->root, domain, has_one, NULL, &e) != RC_OK)
        return cmd_fail(c, "%s has a certificate of its own: pli cert remove --domain %s comes first", domain, domain);
    if (answer == PLI_OK && domain_remove(inst_admin(c), span_str(domain), &e) != RC_OK)
        answer = cmd_err(c, &e);
    return answer == PLI_OK ? done(c, domain, "removed") : answer;
}

/* ---- shown ---- */
enum { STATES = 4, TYPES = 4 };
#define FIGURE(name)                                                                                                   \
    {                                                                                                                  \
#name, offsetof(struct dird_domain, name)                                                                      \
    }
static const struct {
    const char *name;
    size_t off;
} figures[] = {FIGURE(active), FIGURE(pending), FIGURE(suspended), FIGURE(closed), FIGURE(per),           FIGURE(org),
               FIGURE(app),    FIGURE(cab),     FIGURE(aliases),   FIGURE(lists),  FIGURE(administrators)};
#undef FIGURE

static uint64_t figure(const struct dird_domain *d, size_t i)
{
    uint64_t n;

    memcpy(&n, (const char *)d + figures[i].off, sizeof n);
    return n;
}

static json_t *figures_json(const struct dird_domain *d, size_t from, size_t to)
{
    json_t *j = json_object();

    for (size_t i = from; i < to; i++)
        json_object_set_new(j, figures[i].name, json_integer((json_int_t)figure(d, i)));
    return j;
}

/* "active 12, closed 1": those that are none are left out. */
static void show_figures(const struct dird_domain *d, const char *label, size_t from, size_t to)
{
    const char *between = "";

    printf("%-18s ", label);
    for (size_t i = from; i < to; i++)
        if (figure(d, i) > 0) {
            printf("%s%s %llu", between, figures[i].name, (unsigned long long)figure(d, i));
            between = ", ";
        }
    printf("\n");
}

static const char *sign_word(uint8_t sign)
{
    return sign == SIGN_ALWAYS ? "always" : sign == SIGN_NEVER ? "never" : NULL;
}

/* What its mailboxes hold. Who may not know, and while the store is away, is told of no number: it is not waited for again with each of three thousand. */
static bool space_of(struct cmd *c, const struct dird_domain *d, struct domain_space *out)
{
    static bool away;
    struct err e;
    enum rc rc = away ? RC_TEMP : domain_space(inst_admin(c), d->domain, out, &e);

    away = away || rc == RC_TEMP || rc == RC_TIMEOUT;
    return rc == RC_OK;
}

static void space_json(struct cmd *c, const struct dird_domain *d, json_t *j)
{
    struct domain_space s;
    bool known = space_of(c, d, &s);

    json_object_set_new(j, "messages", known ? json_integer((json_int_t)s.messages) : json_null());
    json_object_set_new(j, "used", known ? json_integer((json_int_t)s.used) : json_null());
}

static json_t *domain_json(struct cmd *c, const struct dird_domain *d)
{
    json_t *j = json_object();

    json_object_set_new(j, "domain", json_text(d->domain));
    json_object_set_new(j, "description", json_text(d->note));
    json_object_set_new(j, "disabled", json_boolean(d->disabled));
    json_object_set_new(j, "accounts", json_integer((json_int_t)d->accounts));
    json_object_set_new(j, "most_accounts", json_integer((json_int_t)d->most));
    json_object_set_new(j, "by_state", figures_json(d, 0, STATES));
    json_object_set_new(j, "by_type", figures_json(d, STATES, STATES + TYPES));
    for (size_t i = STATES + TYPES; i < sizeof figures / sizeof *figures; i++)
        json_object_set_new(j, figures[i].name, json_integer((json_int_t)figure(d, i)));
    space_json(c, d, j);
    json_object_set_new(j, "quota", d->own_quota ? json_integer((json_int_t)d->quota) : json_null());
    json_object_set_new(j, "inside", json_boolean(d->inside));
    json_object_set_new(j, "max_message", d->max_message ? json_integer((json_int_t)d->max_message) : json_null());
    json_object_set_new(j, "sign", sign_word(d->sign) ? json_string(sign_word(d->sign)) : json_null());
    json_object_set_new(j, "red_list", json_boolean(d->red_list));
    json_object_set_new(j, "publish", json_boolean(!d->unpublished));
    json_object_set_new(j, "postmaster", json_text(d->postmaster));
    json_object_set_new(j, "catch_all", json_text(d->catch_all));
    return j;
}

/* What it says itself; of all else the instance's settings speak. */
static void show_policy(const struct dird_domain *d)
{
    char size[32];

    if (d->inside)
        printf("%-18s addresses of this instance alone\n", "sends to");
    if (d->max_message > 0)
        printf("%-18s %s\n", "largest message", size_text(d->max_message, size));
    if (sign_word(d->sign))
        printf("%-18s %s\n", "new accounts sign", sign_word(d->sign));
    if (d->red_list)
        printf("%-18s new accounts are on it\n", "red list");
    if (d->unpublished)
        printf("%-18s no\n", "published");
}

static void show_text(struct cmd *c, const struct dird_domain *d)
{
    char size[32], most[32];
    struct domain_space s;

    snprintf(most, sizeof most, " of %llu", (unsigned long long)d->most);
    printf("%.*s%s\n", SPAN_ARG(d->domain), d->disabled ? ", disabled" : "");
    if (d->note.n > 0)
        printf("%-18s %.*s\n", "description", SPAN_ARG(d->note));
    printf("%-18s %llu%s\n", "accounts", (unsigned long long)d->accounts, d->most ? most : "");
    if (d->accounts > 0) {
        show_figures(d, "  by state", 0, STATES);
        show_figures(d, "  by type", STATES, STATES + TYPES);
    }
    for (size_t i = STATES + TYPES; i < sizeof figures / sizeof *figures; i++)
        printf("%-18s %llu\n", figures[i].name, (unsigned long long)figure(d, i));
    if (space_of(c, d, &s))
        printf("%-18s %s, %llu messages\n", "space used", size_text(s.used, size), (unsigned long long)s.messages);
    printf("%-18s %s\n", "quota",
           !d->own_quota   ? "stored.quota"
           : d->quota == 0 ? "no bound"
                           : size_text(d->quota, size));
    show_policy(d);
    printf("%-18s %.*s\n", "postmaster", SPAN_ARG(d->postmaster.n ? d->postmaster : SPAN_LIT("instance.postmaster")));
    printf("%-18s %.*s\n", "catch-all", SPAN_ARG(d->catch_all.n ? d->catch_all : SPAN_LIT("none")));
}

/* Certificates of its own; who may not read them sees none. */
static enum rc show_certificate(const struct certificate_seen *s, void *rows, struct err *e)
{
    char until[32];

    (void)e;
    clock_iso(s->info.not_after * 1000, until);
    if (rows)
        json_array_append_new(rows,
                              json_pack("{s:s,s:s,s:s,s:I}", "algorithm", s->info.rsa ? "rsa" : "ec", "subject",
                                        s->info.subject, "not_after", until, "days_left", (json_int_t)s->days_left));
    else
        printf("%-18s until %.10s%s  %s\n", "certificate", until, s->days_left < 0 ? " (past)" : "", s->info.subject);
    return RC_OK;
}

static json_t *with_certificates(struct cmd *c, const char *domain, json_t *j)
{
    json_t *rows = json_array();
    struct err e;

    (void)!certificates_of_domain(c->root, domain, show_certificate, rows, &e);
    json_object_set_new(j, "certificates", rows);
    return j;
}

int cmd_domain_show(struct cmd *c)
{
    char domain[TRUST_DOMAIN_ROOM];
    struct domain_entry d;
    struct err e;
    int answer = domain_of(c, domain);

    if (answer != PLI_OK)
        return answer;
    if (domain_get(inst_admin(c), span_str(domain), &d, &e) != RC_OK)
        answer = cmd_err(c, &e);
    else if (c->json)
        answer = out_json(with_certificates(c, domain, domain_json(c, &d.is)));
    else
        show_text(c, &d.is);
    if (answer == PLI_OK && !c->json && certificates_of_domain(c->root, domain, show_certificate, NULL, &e) != RC_OK)
        answer = cmd_err(c, &e);
    domain_entry_free(&d);
    return answer;
}

struct listing {
    struct cmd *c;
    json_t *rows; /* NULL: lines for people */
};

static enum rc row(const struct dird_domain *d, void *ctx, struct err *e)
{
    const struct listing *l = ctx;

    (void)e;
    if (l->rows)
        json_array_append_new(l->rows, domain_json(l->c, d));
    else
        printf("%-40.*s %8llu%s\n", SPAN_ARG(d->domain), (unsigned long long)d->accounts,
               d->disabled ? "  disabled" : "");
    return RC_OK;
}

int cmd_domain_list(struct cmd *c)
{
    struct listing l = {c, c->json ? json_array() : NULL};
    struct err e;

    if (domain_each(inst_admin(c), row, &l, &e) == RC_OK)
        return l.rows ? out_json(l.rows) : PLI_OK;
    json_decref(l.rows);
    return cmd_err(c, &e);
}
