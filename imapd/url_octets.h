/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/url_octets.h - the octets that an IMAP URL of this session's own mailbox names, piece by piece.
 *
 * Own      a relative URL, or one whose user is the session's account and whose host is this server. Others are refused, because this process can open
 *          no other mailbox.
 * Authorized  a URL that bears an authorization (RFC 4467) is taken only when that is good.
 * Sets     no \\Seen.
 * Errors   RC_PERM, CAUSE_BAD_URL: it is no such URL, or there is no such message or part. The code BADURL with the URL is set. Errors of the sink end the call.
 * Process  pli-imapd session.   Source RFC 4469 3, RFC 5092.
 */
#pragma once
#include "imapd/fetch.h"
#include "imapd/urlauth.h"
/* Who asks, and where the octets go. */
struct url_want {
    enum url_by by;
    bool authorized; /* the URL must bear an authorization; else one that it bears must be good */
    enum rc (*begin)(void *ctx, uint64_t n, struct err *e); /* once, before the first piece: how many octets come. NULL: not wanted */
    enum rc (*sink)(void *ctx, struct span piece, struct err *e);
    void *ctx;
};
enum rc url_octets(struct imap_session *s, struct span url, const struct url_want *want, struct err *e);
/* The message that the URL names: each is called with a FETCH of that one message, its summary read, and the URL's section. texts: what of the summary each
 * serves as it stands (SUMMARY_ bits). */
struct url_visit {
    enum url_by by;
    bool authorized;
    unsigned texts;
    enum rc (*each)(void *ctx, struct fetch *f, const struct store_entry *en, const struct imap_section *sec, struct err *e);
    void *ctx;
};
enum rc url_visit(struct imap_session *s, struct span url, const struct url_visit *v, struct err *e);
/* Reads a URL of this session's own mailbox and finds its folder. Errors as above, without the code. */
enum rc url_find(struct imap_session *s, struct span url, struct imap_url *u_out, uint32_t *folder_out, struct err *e);
