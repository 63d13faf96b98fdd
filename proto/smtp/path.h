/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/path.h - reverse and forward paths: "<ana@chu.example>", "<>", "<Postmaster>".
 *
 * Input    starts at '<'. RC_OK: *used_out bytes were the path, up to and with '>'. What follows is the caller's business.
 * Spans    borrow from the input.
 * Bounds   local part 64 octets, domain 255, path 256 (RFC 5321 4.5.3.1). A source route is read and forgotten (RFC 5321 F.2).
 * UTF-8    octets beyond 127 are taken when they are well-formed UTF-8 and .utf8 says so: the caller refuses them without SMTPUTF8.
 * Process  smtpd, relayd.   Source RFC 5321 4.1.2, RFC 6531 3.3.
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
/* The one spelling: quotes and backslashes that change nothing taken off, so that "ana"@chu is ana@chu. NUL-terminated;
 * false when it does not fit. Case is kept. */
bool smtp_path_plain(const struct smtp_path *p, char *out, size_t cap);
bool utf8_ok(struct span s);             /* RFC 3629: shortest forms only, no surrogates */
