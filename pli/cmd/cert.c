/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/cert.c - pli cert issue-trial: certificates of the instance's private trial authority, made by admin/certificates.h. */
#include "admin/certificates.h"
#include "crypto/pki/pki.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include "policies/identifiers.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- an operator's certificate and key, for a file ---- */
static int write_secret_file(struct cmd *c, const char *name, struct span text)
{
    int fd = openat(c->start_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    int cause = errno;

    if (fd >= 0)
        close(fd);
    if (ok)
        return PLI_OK;
    if (cause == EEXIST)
        return cmd_fail(c, "%s exists: name a new file", name);
    if (cause == ENOENT)
        return cmd_fail(c, "%s cannot be written: make its folder first", name);
    return cmd_why(c, PLI_FAILED, cause_of_errno(cause), "%s cannot be written (%s)", name, strerror(cause));
}

static int shown(const struct cmd *c, const char *domain, const struct cert_info *info)
{
    const char *file = opt_get(c, "--out");

    if (c->json)
        return out_json(json_pack("{s:s,s:s,s:s}", "domain", domain, "file", file, "dn", info->subject));
    printf("%s: certificate and key of %s\ntrust it with: pli trust add %s --dn '%s'\n", file, domain, domain,
           info->subject);
    return PLI_OK;
}

static int issue_operator(struct cmd *c, const char *domain, uint8_t algorithm)
{
    struct cert_info info = {0};
    struct buf pem = BUF_SECRET_INIT;
    struct err e;
    int answer;

    if (!mail_domain_ok(span_str(domain)))
        return cmd_usage(c, "\"%.100s\" is not a domain", domain);
    if (!opt_get(c, "--out"))
        return cmd_usage(c, "needs --out FILE.pem, where the certificate and its key go");
    if (certificate_issue_operator(inst_admin(c), span_str(domain), algorithm, &pem, &info, &e) != RC_OK)
        answer = cmd_err(c, &e);
    else
        answer = write_secret_file(c, opt_get(c, "--out"), buf_span(&pem));
    buf_free(&pem);
    return answer == PLI_OK ? shown(c, domain, &info) : answer;
}

/* ---- an account's new mail certificate ---- */
static int issue_account(struct cmd *c, uint8_t algorithm)
{
    struct cert_info info = {0};
    struct account a;
    struct err e;
    int answer = account_of(c, c->pos[0], &a);

    if (answer == PLI_OK && certificate_issue(inst_admin(c), a.is.address, algorithm, &info, &e) != RC_OK)
        answer = cmd_err(c, &e);
    if (answer == PLI_OK && c->json)
        answer = out_json(
            json_pack("{s:o,s:s,s:s}", "address", json_text(a.is.address), "dn", info.subject, "serial", info.serial));
    else if (answer == PLI_OK)
        printf("%.*s has a new certificate: %s, serial %s\n", SPAN_ARG(a.is.address), info.subject, info.serial);
    account_free(&a);
    return answer;
}

int cmd_cert_issue(struct cmd *c)
{
    const char *algorithm = opt_get(c, "--algorithm"), *for_domain = opt_get(c, "--operator");
    /* RSA is what every operator's server takes; a person's signature is made faster, and is smaller, with ECDSA */
    uint8_t number = algorithm    ? (strcmp(algorithm, "ecdsa") == 0 ? PKI_P256 : PKI_RSA_2048)
                     : for_domain ? PKI_RSA_2048
                                  : PKI_P256;

    if (algorithm && strcmp(algorithm, "rsa") != 0 && strcmp(algorithm, "ecdsa") != 0)
        return cmd_usage(c, "--algorithm is rsa or ecdsa");
    if (!for_domain && c->n_pos == 0)
        return cmd_usage(c, "needs the ADDRESS of an account, or --operator DOMAIN --out FILE.pem");
    if (for_domain && c->n_pos)
        return cmd_usage(c, "an ADDRESS or --operator, not both");
    return for_domain ? issue_operator(c, for_domain, number) : issue_account(c, number);
}
