/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/urlauth.h - URLs that the mailbox's holder has authorized (RFC 4467): made by GENURLAUTH, taken by URLFETCH, CATENATE and BURL.
 *
 * Key      of a folder follows from the mailbox's key, so it exists only in a session that its holder opened. RESETKEY draws a salt, which is kept as a
 *          sealed annotation that no client sees ("urlauth" of the folder, or of the mailbox as a whole). Decision 0036.
 * Access   submit+ and user+ of the account itself, and authuser. A URL for somebody else, or for anonymous, would lead nowhere: no other session can
 *          open this mailbox. So none is made.
 * Process  pli-imapd session.
 */
#pragma once
#include "imapd/session.h"
#include "proto/imap/url.h"

enum url_by { URL_BY_SESSION, URL_BY_SUBMIT }; /* who wants the octets: this session's client, or the submission server */
/* Appends the URL: the rump, ":INTERNAL:", digits. u: what was read of the rump. */
enum rc urlauth_make(struct imap_session *s, uint32_t folder, const struct imap_url *u, struct buf *out, struct err *e);
/* RC_PERM, CAUSE_BAD_URL: the URL is not authorized for that, or has expired, or its key was reset. */
enum rc urlauth_check(struct imap_session *s, uint32_t folder, const struct imap_url *u, enum url_by by, struct err *e);
/* All URLs made before are void. folder 0: of the whole mailbox. */
enum rc urlauth_reset(struct imap_session *s, uint32_t folder, struct err *e);
