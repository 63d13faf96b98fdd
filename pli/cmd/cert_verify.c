/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/cert_verify.c - pli cert verify: what smtpd would say of a mail's S/MIME signature, with every reason. No server is needed, and
 * with --anchors no instance either. Exit 0 for pass only. */
#include "flow/letter.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/crls.h"
#include "pli/input.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };
#define MESSAGE_MAX (UINT64_C(1) << 30)

/* ---- the anchors ---- */

/* smtpd.mail_anchors as smtpd reads it: beside the instance when it is no whole path, ca.pem when it is empty */
static int configured_anchors(struct cmd *c, char path[4096])
{
    struct conf *conf = NULL;
    char conf_path[4096];
    const char *set;

    if (access(inst_conf_path(c->root, c->root_named, conf_path), R_OK) != 0)
        return cmd_fail(c, "no instance in %s whose anchors could be used: name them with --anchors FILE.pem", c->root);
    if (inst_conf(c, &conf) != PLI_OK)
        return PLI_FAILED;
    set = conf_get(conf, "smtpd.mail_anchors");
    if (set[0] == '/')
        snprintf(path, 4096, "%s", set);
    else
        inst_path(c->root, set[0] ? set : "ca.pem", path);
    conf_free(&conf);
    return PLI_OK;
}

static int load_anchors(struct cmd *c, struct cms_anchors **a_out)
{
    const char *named = opt_get(c, "--anchors");
    char path[4096];
    struct err e;

    if (!named && configured_anchors(c, path) != PLI_OK)
        return PLI_FAILED;
    if (cms_anchors_load(named ? named : path, a_out, &e) != RC_OK)
        return cmd_fail(c, "%s has no certificate that can be read: name a PEM file of trust anchors",
                        named ? named : path);
    return PLI_OK;
}

/* ---- the message ---- */

/* A file on a disk often has the system's line ends; what was signed has CRLF (RFC 8551 3.1.1). */
static enum rc put_lines(struct letter *l, struct span in, bool *cr, struct err *e)
{
    enum rc rc = RC_OK;

    while (rc == RC_OK && in.n > 0) {
        const unsigned char *lf = memchr(in.p, '\n', in.n);
        size_t n = lf ? (size_t)(lf - in.p) : in.n;
        bool whole = lf && (n ? in.p[n - 1] == '\r' : *cr);

        if (n > 0)
            rc = letter_put(l, span_head(in, n), e);
        if (rc == RC_OK && lf)
            rc = letter_put(l, whole ? SPAN_LIT("\n") : SPAN_LIT("\r\n"), e);
        *cr = !lf && in.p[in.n - 1] == '\r';
        in = span_from(in, lf ? n + 1 : n);
    }
    return rc;
}

static int read_message(struct cmd *c, struct letter *l)
{
    int fd = open(c->pos[0], O_RDONLY | O_CLOEXEC);
    unsigned char piece[PIECE];
    bool cr = false;
    struct err e;
    ssize_t n;

    if (fd < 0)
        return cmd_sys(c, "%s cannot be read (%s)", c->pos[0], strerror(errno));
    while ((n = read(fd, piece, sizeof piece)) > 0)
        if (put_lines(l, span_of(piece, (size_t)n), &cr, &e) != RC_OK)
            break;
    close(fd);
    if (n > 0 || (n == 0 && spool_end(l->message, &e) != RC_OK))
        return cmd_err(c, &e);
    if (n < 0)
        return cmd_sys(c, "%s cannot be read (%s)", c->pos[0], strerror(errno));
    scan_end(l->scan);
    return PLI_OK;
}

/* ---- the answer ---- */

static const char *meaning(enum cms_word w)
{
    static const char *const text[CMS_WORDS_] = {[CMS_NONE] = "not signed",
                                                 [CMS_PASS] = "signed, unchanged, and by the author in From",
                                                 [CMS_POLICY] = "signed and unchanged, but not accepted",
                                                 [CMS_NEUTRAL] = "signed in a form that cannot be judged",
                                                 [CMS_PERMERROR] = "signed, but the signer's certificate is not there",
                                                 [CMS_FAIL] = "signed, and changed since, or not by who it says"};

    return text[w];
}

/* Each signer with its addresses, each reason once. */
static void tell(const struct letter_verdict *v)
{
    bool said = false;

    printf("smime=%s: %s\n", cms_word_name(v->word), meaning(v->word));
    for (size_t i = 0; i < v->cms.n_reasons; i++) {
        printf("reason      %s\n", v->cms.reasons[i]);
        said = said || strcmp(v->cms.reasons[i], v->reason) == 0;
    }
    if (v->reason[0] && !said)
        printf("reason      %s\n", v->reason);
    for (size_t i = 0; i < v->cms.n_signers; i++) {
        printf("signer      ");
        input_show(stdout, span_str(v->cms.signers[i].subject));
        printf("\nissuer      ");
        input_show(stdout, span_str(v->cms.signers[i].issuer));
        printf("\nserial      %s\n", v->cms.signers[i].serial);
        for (size_t m = 0; m < v->cms.n_mails; m++)
            if (v->cms.mail_of[m] == i)
                printf("address     %s\n", v->cms.mails[m]);
    }
    if (v->judged)
        printf("revocation  %s\n", v->cms.revocation);
}

static json_t *signer_json(const struct cms_verdict *v, size_t i)
{
    json_t *mails = json_array();

    for (size_t m = 0; m < v->n_mails; m++)
        if (v->mail_of[m] == i)
            json_array_append_new(mails, json_string(v->mails[m]));
    return json_pack("{s:o,s:o,s:s,s:o}", "subject", json_words(v->signers[i].subject), "issuer",
                     json_words(v->signers[i].issuer), "serial", v->signers[i].serial, "addresses", mails);
}

static void tell_json(const struct letter_verdict *v)
{
    json_t *reasons = json_array(), *signers = json_array();
    bool said = false;

    for (size_t i = 0; i < v->cms.n_reasons; i++) {
        json_array_append_new(reasons, json_string(v->cms.reasons[i]));
        said = said || strcmp(v->cms.reasons[i], v->reason) == 0;
    }
    if (v->reason[0] && !said)
        json_array_append_new(reasons, json_string(v->reason));
    for (size_t i = 0; i < v->cms.n_signers; i++)
        json_array_append_new(signers, signer_json(&v->cms, i));
    out_json(json_pack("{s:s,s:b,s:s,s:o,s:o,s:s?}", "verdict", cms_word_name(v->word), "unchanged", v->cms.valid,
                       "identifier", v->identifier, "reasons", reasons, "signers", signers, "revocation",
                       v->judged ? v->cms.revocation : NULL));
}

/* The instance whose anchors are used is asked about revocation, if it is served. */
static struct trust *running(struct cmd *c)
{
    char run[4096];

    if (opt_get(c, "--anchors") || chdir(inst_path(c->root, "run", run)) != 0 || access("trustd.sock", F_OK) != 0)
        return NULL;
    return trust_new(ROLE_ADMIN);
}

static int verify(struct cmd *c, struct letter *l)
{
    struct letter_verdict v;
    struct err e;
    enum rc rc;
    int answer = read_message(c, l);

    if (answer != PLI_OK)
        return answer;
    l->trust = running(c);
    rc = letter_verdict(l, &v, &e);
    trust_free(&l->trust);
    if (rc != RC_OK)
        return cmd_err(c, &e);
    if (c->json)
        tell_json(&v);
    else
        tell(&v);
    return v.word == CMS_PASS ? PLI_OK : PLI_FAILED;
}

int cmd_cert_verify(struct cmd *c)
{
    struct cms_anchors *anchors = NULL;
    struct letter_conf conf = {.host = "", .max_message = MESSAGE_MAX};
    struct letter l = {.conf = &conf};
    struct crls lists = {.n = 0};
    int answer = load_anchors(c, &anchors);

    if (answer != PLI_OK)
        return answer;
    answer = crls_load(c, opt_get(c, "--crls"), &lists);
    conf.anchors = anchors;
    conf.crls = lists.all;
    conf.n_crls = lists.n;
    conf.revocation = opt_get(c, "--require-revocation") ? LETTER_REQUIRE : LETTER_SOFT;
    if (answer == PLI_OK) {
        letter_begin(&l);
        answer = verify(c, &l);
        letter_end(&l);
    }
    crls_free(&lists);
    cms_anchors_free(&anchors);
    return answer;
}
