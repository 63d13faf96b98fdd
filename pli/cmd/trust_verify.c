/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/trust_verify.c - pli trust verify: what trustd would say of a white list, and each reason. Needs no server, and with --signer or --anchors no
 * instance: the list is read in a child without files and network (trust/list/list.h). Exit 0: it would be taken for what it says; 1: not. */
#include "base/clock.h"
#include "base/fd.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "trust/list/list.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PEM_MOST = 4 * 1024 * 1024, DAY = 24 * 3600 };
struct given {
    struct buf xml, signer, anchors, name;
    struct list_how how;
};

/* ---- what is given ---- */
static int read_file(struct cmd *c, const char *path, size_t most, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int cause = fd >= 0 && fd_read_all(fd, most, out) ? 0 : errno;

    if (fd >= 0)
        close(fd);
    if (cause)
        return cmd_why(c, PLI_FAILED, cause_of_errno(cause), "%s cannot be read (%s)", path, strerror(cause));
    return out->n > most ? cmd_fail(c, "%s has more than %zu octets", path, most) : PLI_OK;
}

/* A file that a setting names, beside the instance when it is no whole path. An empty setting is no file. */
static int read_set(struct cmd *c, const char *set, struct buf *out)
{
    char path[4096];

    if (!set[0])
        return PLI_OK;
    return read_file(c, set[0] == '/' ? set : inst_path(c->root, set, path), PEM_MOST, out);
}

/* As trustd of this instance looks at a list. */
static int as_configured(struct cmd *c, struct given *g)
{
    struct conf *conf = NULL;
    char conf_path[4096];
    int answer;

    if (access(inst_conf_path(c->root, c->root_named, conf_path), R_OK) != 0)
        return cmd_usage(c,
                         "needs --signer CERT.pem, or --anchors FILE.pem with --name NAME: there is no instance in %s "
                         "whose settings "
                         "could be used",
                         c->root);
    if (inst_conf(c, &conf) != PLI_OK)
        return PLI_FAILED;
    answer = read_set(c, conf_get(conf, "trust.signer_cert"), &g->signer);
    if (answer == PLI_OK)
        answer = read_set(c, conf_get(conf, "trust.anchors"), &g->anchors);
    if (answer == PLI_OK && g->signer.n == 0 && g->anchors.n == 0)
        answer = cmd_usage(
            c, "needs --signer CERT.pem, or --anchors FILE.pem with --name NAME: neither trust.signer_cert nor "
               "trust.anchors is set");
    buf_addstr(&g->name, conf_get(conf, "trust.signer"));
    g->how.expired_signer =
        strcmp(conf_get(conf, "trust.expired_signer"), "now") == 0 ? LIST_EXPIRED_NEVER : LIST_EXPIRED_AT_GENERATION;
    conf_free(&conf);
    return answer;
}

static int as_given(struct cmd *c, struct given *g)
{
    const char *signer = opt_get(c, "--signer"), *anchors = opt_get(c, "--anchors"), *name = opt_get(c, "--name");

    if (signer && anchors)
        return cmd_usage(c, "--signer or --anchors, not both");
    if (!anchors != !(name && name[0]))
        return cmd_usage(
            c, "--anchors FILE.pem goes with --name NAME: the CN or mail address of the certificate that signs lists");
    if (!signer && !anchors)
        return as_configured(c, g);
    buf_addstr(&g->name, name ? name : "");
    return read_file(c, signer ? signer : anchors, PEM_MOST, signer ? &g->signer : &g->anchors);
}

static int read_given(struct cmd *c, struct given *g)
{
    int answer = as_given(c, g);

    if (answer == PLI_OK)
        answer = read_file(c, c->pos[0], LIST_XML_MAX, &g->xml);
    g->how.signer_pem = buf_span(&g->signer);
    g->how.anchors_pem = buf_span(&g->anchors);
    g->how.signer_name = buf_span(&g->name);
    g->how.now = (uint64_t)clock_utc();
    if (opt_get(c, "--never-expired"))
        g->how.expired_signer = LIST_EXPIRED_NEVER;
    return answer;
}

/* ---- the answer ---- */
static void time_text(uint64_t utc, char out[32])
{
    clock_iso((int64_t)utc * 1000, out);
    out[19] = 'Z'; /* whole seconds */
    out[20] = 0;
}

static void age_text(uint64_t seconds, char out[32])
{
    if (seconds >= 2 * DAY)
        snprintf(out, 32, "%llu days", (unsigned long long)(seconds / DAY));
    else if (seconds >= 2 * 3600)
        snprintf(out, 32, "%llu hours", (unsigned long long)(seconds / 3600));
    else
        snprintf(out, 32, "%llu minutes", (unsigned long long)(seconds / 60));
}

/* Empty: there is nothing to say. */
static void remark_of(const struct list_result *r, char out[256])
{
    char until[32];

    out[0] = 0;
    time_text(r->signer_until, until);
    if (r->signer_expired)
        snprintf(out, 256, "signer's certificate expired on %.10s, it was valid when the list was generated", until);
}

static void tell(const struct list_result *r, uint64_t age)
{
    char generated[32], from[32], until[32], how_old[32], remark[256];

    time_text(r->generated, generated);
    time_text(r->signer_from, from);
    time_text(r->signer_until, until);
    age_text(age, how_old);
    remark_of(r, remark);
    printf("verified    its signature is right\ngenerated   %s, %s ago\n", generated, how_old);
    printf("signer      %s\nissuer      %s\nvalid       %.10s to %.10s\n", r->signer, r->issuer, from, until);
    printf("entries     %llu, for %llu domains and %llu operator names\n", (unsigned long long)r->entries,
           (unsigned long long)r->domains, (unsigned long long)r->operators);
    if (r->duplicates)
        printf("duplicates  %llu, the same as another entry\n", (unsigned long long)r->duplicates);
    if (r->skipped)
        printf("unusable    %llu, whose domain or name is none; the others are used\n", (unsigned long long)r->skipped);
    if (remark[0])
        printf("remark      %s\n", remark);
}

static int tell_json(const struct list_result *r, uint64_t age)
{
    char generated[32], from[32], until[32], remark[256];

    time_text(r->generated, generated);
    time_text(r->signer_from, from);
    time_text(r->signer_until, until);
    remark_of(r, remark);
    return out_json(json_pack("{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:s}", "verdict", "pass",
                              "generated", generated, "age", (json_int_t)age, "signer", r->signer, "issuer", r->issuer,
                              "signer_from", from, "signer_until", until, "signer_expired", r->signer_expired,
                              "entries", (json_int_t)r->entries, "domains", (json_int_t)r->domains, "operators",
                              (json_int_t)r->operators, "duplicates", (json_int_t)r->duplicates, "unusable",
                              (json_int_t)r->skipped, "remark", remark));
}

static int refused(struct cmd *c, const struct err *e)
{
    if (e->rc == RC_TEMP)
        return cmd_err(c, e);
    return cmd_why(c, PLI_FAILED, e->cause, "%s is not taken (%s)", c->pos[0], e->log);
}

int cmd_trust_verify(struct cmd *c)
{
    struct given g = {0};
    struct list_result r = {0};
    struct list_apart *apart = NULL;
    struct err e;
    int answer = read_given(c, &g);

    if (answer == PLI_OK && (list_apart_start(0, NULL, &apart, &e) != RC_OK ||
                             list_read_apart(apart, buf_span(&g.xml), &g.how, &r, &e) != RC_OK)) {
        answer = refused(c, &e);
    } else if (answer == PLI_OK) {
        uint64_t age = g.how.now > r.generated ? g.how.now - r.generated : 0;
        if (c->json)
            answer = tell_json(&r, age);
        else
            tell(&r, age);
    }
    list_apart_stop(&apart);
    list_result_free(&r);
    buf_free(&g.xml);
    buf_free(&g.signer);
    buf_free(&g.anchors);
    buf_free(&g.name);
    return answer;
}
