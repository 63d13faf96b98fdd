/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/certs.h - what the cert commands share: every certificate of the instance, one after the other.
 * Units    UTC seconds; days left are whole ones, negative when it is past.
 * Process  pli.
 */
#pragma once
#include "crypto/pki/cert_info.h"
#include "pli/cmd.h"

enum { CERT_SOON_DAYS = 30 };
int cert_days(struct cmd *c, int64_t *days); /* --days N, when it is given */
struct cert_seen {
    const char *what; /* "account", "server" */
    char name[256];   /* address, or file below the instance */
    struct cert_info info;
    int64_t days_left;
};
/* The server's (ca.pem and those of tls that are there), then, when accounts is set (the server must run), the accounts', in address order. Stops at the
 * first answer that is not PLI_OK. */
int certs_each(struct cmd *c, bool accounts, int (*see)(struct cmd *c, const struct cert_seen *s, void *ctx), void *ctx);
/* A new trial certificate and key for the account and its aliases; address and info are filled in. algorithm: 1 RSA, 2 ECDSA;
 * CERT_AS_IT_WAS: that of the certificate it has, and whether the account signs stays too. */
enum { CERT_AS_IT_WAS = 0 };
int cert_issue_account(struct cmd *c, const char *who, uint8_t algorithm, char address[256], struct cert_info *info);
/* A running server reads its certificates anew; told_out false: none runs. directory: its own is among them, so slapd starts again; comes back when it
 * answers, after some seconds at most. */
int certs_reload(struct cmd *c, bool directory, bool *told_out);
