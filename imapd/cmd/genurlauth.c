/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/genurlauth.c - GENURLAUTH and RESETKEY. RFC 4467 7. GENURLAUTH makes all of its URLs, or none. That the message is there is not asked: a
 * URL may be made ahead. */
#include "imapd/commands.h"
#include "imapd/folders.h"
#include "imapd/url_octets.h"
#include "proto/imap/write.h"

static enum rc make(struct imap_session *s, struct span rump, struct span mechanism, struct buf *out, struct err *e)
{
    struct buf url = BUF_SECRET_INIT;
    struct imap_url u;
    uint32_t folder;
    enum rc rc = url_find(s, rump, &u, &folder, e);

    if (rc == RC_OK && (u.auth.access == URL_NO_ACCESS || u.auth.token.n > 0))
        rc = reply_no(e, CAUSE_BAD_URL);
    if (rc == RC_OK && !span_ieq_str(mechanism, "INTERNAL"))
        rc = reply_no(e, CAUSE_URL_ACCESS);
    if (rc == RC_OK)
        rc = urlauth_make(s, folder, &u, &url, e);
    if (rc == RC_OK) {
        buf_addc(out, ' ');
        imap_put_string(out, buf_span(&url));
    }
    buf_free(&url);
    return rc;
}

enum rc cmd_genurlauth(struct imap_session *s, union imap_args *a, struct err *e)
{
    enum rc rc = RC_OK;

    buf_clear(&s->out);
    buf_addstr(&s->out, "* GENURLAUTH");
    for (size_t i = 0; rc == RC_OK && i < a->urls.n; i++)
        rc = make(s, a->urls.url[i], a->urls.mechanism[i], &s->out, e);
    buf_addstr(&s->out, "\r\n");
    if (rc != RC_OK)
        buf_clear(&s->out);
    reply_out(s);
    return rc;
}

enum rc cmd_resetkey(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folder f = {0};
    enum rc rc = a->resetkey.has_name ? folder_get(s, a->resetkey.name, false, &f, e) : RC_OK;

    if (rc == RC_OK && !a->resetkey.known)
        rc = reply_no(e, CAUSE_URL_ACCESS);
    if (rc == RC_OK)
        rc = urlauth_reset(s, f.id, e);
    if (rc == RC_OK && a->resetkey.has_name)
        reply_code(s, "URLMECH INTERNAL");
    return rc;
}
