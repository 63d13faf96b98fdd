/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/path.h - reverse and forward paths: "<ana@chu.example>", "<>", "<Postmaster>".
 *
 * Input    begins with '<'. RC_OK: the first *used_out bytes are the path, '>' included. The caller reads what follows.
 * Spans    borrow from the input.
 * Bounds   local part 64 octets, domain 255, path 256 (RFC 5321 4.5.3.1). A source route is read and dropped (RFC 5321 F.2).
 * UTF-8    Octets beyond 127 are taken when they are well-formed UTF-8. .utf8 says that there are some: the caller must refuse them without
 *          SMTPUTF8.
 * Process  smtpd, relayd, pli.   Source RFC 5321 4.1.2, RFC 6531 3.3.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"

enum { SMTP_LOCAL_MAX = 64, SMTP_DOMAIN_MAX = 255, SMTP_PATH_MAX = 256 };
enum smtp_path_rule { PATH_REVERSE = 1 /* "<>" may be */, PATH_FORWARD = 2 /* "<Postmaster>" may be */ };
struct smtp_path {
    struct span address; /* local@domain as written; the local part alone for <Postmaster>; empty for <> */
    struct span local, domain;
    bool quoted;  /* the local part is a quoted string */
    bool literal; /* the domain is an address literal */
    bool utf8;
};
enum rc smtp_path(struct span in, enum smtp_path_rule rule, struct smtp_path *out, size_t *used_out, struct err *e);
/* Writes the one spelling of an address: quotes and backslashes that change nothing are taken off, so that "ana"@chu becomes ana@chu, and a domain
 * with U-labels becomes A-labels (base/idn.h). The case is kept, but for A-labels. NUL-terminated. False: out is too small, or the domain is none. */
bool smtp_path_plain(const struct smtp_path *p, char *out, size_t cap);
/* What follows the last @ of an address, because a quoted local part may hold others. Empty: there is none. It borrows. */
struct span smtp_domain_of(struct span address);
bool utf8_ok(struct span s);             /* RFC 3629: shortest forms only, no surrogates */
