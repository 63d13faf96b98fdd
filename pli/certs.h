/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/certs.h - what the cert commands share: how soon is soon, and a running server told of new certificates, or of another database of the directory.
 * Process  pli.
 */
#pragma once
#include "admin/certificates.h"
#include "pli/cmd.h"

enum { CERT_SOON_DAYS = 30 };
int cert_days(struct cmd *c, int64_t *days); /* --days N, when it is given */
/* A running server reads its certificates anew; told_out false: none runs. directory: its own is among them, so slapd starts again; comes back when it
 * answers, after some seconds at most. */
int certs_reload(struct cmd *c, bool directory, bool *told_out);
int directory_restart(struct cmd *c); /* slapd starts again with the database that has its name now; comes back when it answers */
