/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/cert.c - pli cert issue-trial: certificates of the instance's private trial CA. keyd makes them; a mail
 * certificate's key never leaves it but sealed, an operator's is given out, for it is a stranger's. */
#include "base/base64.h"
#include "base/wipe.h"
#include "crypto/pki/cert_info.h"
#include "crypto/pki/pki.h"
#include "crypto/seal/digest.h"
#include "pli/certs.h"
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
static void add_pem(struct buf *out, struct span der)
{
    struct buf text = BUF_INIT;

    base64_encode(der, &text);
    buf_addstr(out, "-----BEGIN CERTIFICATE-----\n");
    for (struct span rest = buf_span(&text); rest.n > 0; rest = span_from(rest, span_head(rest, 64).n))
        buf_addf(out, "%.*s\n", SPAN_ARG(span_head(rest, 64)));
    buf_addstr(out, "-----END CERTIFICATE-----\n");
    buf_free(&text);
}

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

static int issue_operator(struct cmd *c, const char *domain, uint8_t algorithm)
{
    struct keyd_issue_req rq = {KEYD_ISSUE_OPERATOR, algorithm, 0, span_str(domain), span_str(domain), SPAN_NULL};
    struct buf cert = BUF_INIT, key = BUF_INIT;
    struct cert_info info = {0};
    struct err e;
    enum rc rc;
    int answer;

    if (!mail_domain_ok(span_str(domain)))
        return cmd_usage(c, "\"%.100s\" is not a domain", domain);
    if (!opt_get(c, "--out"))
        return cmd_usage(c, "needs --out FILE.pem, where the certificate and its key go");
    buf_init_secret(&key);
    rc = keyd_issue_trial(inst_keyd(c), &rq, &cert, NULL, &key, &e);
    if (rc == RC_OK)
        rc = cert_info_der(buf_span(&cert), &info, &e);
    if (rc != RC_OK) {
        answer = cmd_err(c, &e);
    } else {
        add_pem(&key, buf_span(&cert));
        answer = write_secret_file(c, opt_get(c, "--out"), buf_span(&key));
    }
    buf_free(&key);
    buf_free(&cert);
    if (answer != PLI_OK)
        return answer;
    if (c->json)
        return out_json(json_pack("{s:s,s:s,s:s}", "domain", domain, "file", opt_get(c, "--out"), "dn", info.subject));
    printf("%s: certificate and key of %s\ntrust it with: pli trust add %s --dn '%s'\n", opt_get(c, "--out"), domain,
           domain, info.subject);
    return PLI_OK;
}

/* ---- an account's new mail certificate ---- */
/* The new signing slot takes the old one's place in the mailbox's list, then the directory publishes the certificate. */
static enum rc replace_slot(struct cmd *c, uint64_t mbx, struct span slot, struct err *e)
{
    struct store_mbx_msg get = {mbx};
    struct store_box_rep box = {0};
    struct store_box_set_req set = {.mbx = mbx, .what = BOX_SET_SLOTS};
    struct buf slots = BUF_INIT, mem = BUF_INIT;
    enum rc rc = store_call_in(inst_store(c), STORE_BOX_GET, &get, -1, &box, &mem, e);

    if (rc == RC_OK)
        rc = slot_without(box.slots, SLOT_SIGNING, 0, &slots, e);
    if (rc == RC_OK) {
        buf_addspan(&slots, slot);
        set.slots_version = box.slots_version;
        set.slots = buf_span(&slots);
        rc = store_call(inst_store(c), STORE_BOX_SET, &set, -1, NULL, e);
    }
    buf_free(&mem);
    buf_free(&slots);
    return rc;
}

static enum rc publish(struct cmd *c, struct dird_account *a, bool signs, struct span cert, struct err *e)
{
    a->cert_der = cert;
    a->flags |= DF_SIGN;
    return dir_account_set(inst_dir(c), signs ? DS_CERT | DS_FLAGS : DS_CERT, a, e);
}

static int issue_for(struct cmd *c, struct dird_account *a, uint8_t algorithm, struct cert_info *info)
{
    struct keyd_issue_req rq = {.use = KEYD_ISSUE_SMIME, .algorithm = algorithm};
    struct buf cert = BUF_INIT, slot = BUF_INIT;
    struct err e;
    enum rc rc;
    int answer;

    rq.name = a->address;
    rq.cn = a->name;
    rq.aliases = a->aliases;
    if (algorithm == CERT_AS_IT_WAS)
        rq.algorithm = cert_info_der(a->cert_der, info, &e) == RC_OK && info->rsa ? PKI_RSA_2048 : PKI_P256;
    rc = keyd_issue_trial(inst_keyd(c), &rq, &cert, &slot, NULL, &e);
    if (rc == RC_OK)
        rc = cert_info_der(buf_span(&cert), info, &e);
    if (rc == RC_OK)
        rc = replace_slot(c, a->mbx, buf_span(&slot), &e);
    if (rc == RC_OK)
        rc = publish(c, a, algorithm != CERT_AS_IT_WAS, buf_span(&cert), &e);
    answer = rc == RC_OK ? PLI_OK : cmd_err(c, &e);
    buf_free(&cert);
    buf_free(&slot);
    return answer;
}

int cert_issue_account(struct cmd *c, const char *who, uint8_t algorithm, char address[256], struct cert_info *info)
{
    struct dird_account a;
    struct buf mem = BUF_INIT;
    int answer = account_get(c, who, &a, &mem);

    if (answer == PLI_OK) {
        snprintf(address, 256, "%.*s", SPAN_ARG(a.address));
        answer = issue_for(c, &a, algorithm, info);
    }
    buf_free(&mem);
    return answer;
}

static int issue_account(struct cmd *c, uint8_t algorithm)
{
    struct cert_info info = {0};
    char address[256];
    int answer = cert_issue_account(c, c->pos[0], algorithm, address, &info);

    if (answer == PLI_OK && c->json)
        return out_json(json_pack("{s:s,s:s,s:s}", "address", address, "dn", info.subject, "serial", info.serial));
    if (answer == PLI_OK)
        printf("%s has a new certificate: %s, serial %s\n", address, info.subject, info.serial);
    return answer;
}

int cmd_cert_issue(struct cmd *c)
{
    const char *algorithm = opt_get(c, "--algorithm"), *for_domain = opt_get(c, "--operator");
    /* RSA is what every operator's server takes; a person's signature is made faster, and is smaller, with ECDSA */
    uint8_t number = algorithm ? (strcmp(algorithm, "ecdsa") == 0 ? 2 : 1) : for_domain ? 1 : 2;

    if (algorithm && strcmp(algorithm, "rsa") != 0 && strcmp(algorithm, "ecdsa") != 0)
        return cmd_usage(c, "--algorithm is rsa or ecdsa");
    if (!for_domain && c->n_pos == 0)
        return cmd_usage(c, "needs the ADDRESS of an account, or --operator DOMAIN --out FILE.pem");
    if (for_domain && c->n_pos)
        return cmd_usage(c, "an ADDRESS or --operator, not both");
    return for_domain ? issue_operator(c, for_domain, number) : issue_account(c, number);
}
