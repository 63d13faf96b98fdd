/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/crls.h - revocation lists in files, as an administrator names them.
 * Owns     struct crls owns its lists; crls_free().
 * Process  pli.   Source RFC 5280.
 */
#pragma once
#include "crypto/pki/revocation.h"
#include "pli/cmd.h"

enum { CRLS_MAX = 1024 };
struct crls {
    struct pki_crl *all[CRLS_MAX];
    size_t n;
};
/* named: a file, or a folder of which every list is taken; NULL: none. PLI_OK, or PLI_FAILED after one line on standard error. */
int crls_load(struct cmd *c, const char *named, struct crls *out);
/* One file. der_out may be NULL. RC_SYNTAX, RC_DENIED: it is no list that can be used. */
enum rc crl_file(const char *path, struct pki_crl **crl_out, struct buf *der_out, struct err *e);
void crls_free(struct crls *l);
