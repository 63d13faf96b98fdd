/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/choose.h - the page on which a holder chooses a password with the code of a sheet, once (decision 0053).
 *
 * Sees     one address, one code, one new password, for the time of one request, in a process that serves one connection. It hands them to dird
 *          (DIRD_CHOOSE), which counts, decides and writes. It never sees a password that somebody has: nothing here asks for one, and dird takes a code alone.
 * Forgery  no cookie and no sign-in stands behind the request: who does not know the code can make nobody's browser send it. A browser that says that another
 *          site's page sent the form is refused all the same.
 * Told     to who does not know the code: that address or code is wrong. The texts are in French and English; the address comes back in the form, code and
 *          password never.
 * Process  pli-httpd sessions.
 */
#pragma once
#include "httpd/routes.h"

void choose_show(const struct question *q, struct answer *a); /* the form */
void choose_take(const struct question *q, struct answer *a); /* what was filled in */
/* As the sheet has it, whatever was typed of spaces, hyphens and capitals: "ABCDE fghjk-mnpqr23456" is "abcde-fghjk-mnpqr-23456". What has not that many
 * letters stays as it is, trimmed. Appends; out is secret. */
void choose_code(struct span typed, struct buf *out);
/* A field of application/x-www-form-urlencoded, decoded; false: it is not there, or twice. Appends; out is secret. */
bool choose_field(struct span body, const char *name, struct buf *out);
