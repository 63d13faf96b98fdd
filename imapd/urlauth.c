/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/urlauth.c - see imapd/urlauth.h. RFC 4467. */
#include "imapd/urlauth.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/wipe.h"
#include "imapd/metadata.h"
#include <stdio.h>

#define SALT "urlauth" /* no client's annotation has such a name */
#define VERSION "01"   /* in front of the token: how it is made */

/* The salts of the mailbox and of the folder, one behind the other; a missing one is nothing. */
static enum rc salts_of(struct imap_session *s, uint32_t folder, struct buf *out, struct err *e)
{
    struct span name = SPAN_LIT(SALT);
    struct imap_entries wanted = {.name = &name, .n = 1};
    uint32_t from[2] = {0, folder};
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < 2; i++) {
        struct annotations a;

        if ((rc = metadata_load(s, from[i], &wanted, NULL, &a, e)) != RC_OK)
            return rc;
        buf_u8(out, (uint8_t)a.n);
        if (a.n > 0)
            buf_addspan(out, span_of(a.mem.p + a.v[0].value, a.v[0].value_n));
        annotations_free(&a);
    }
    return rc;
}

static enum rc token_of(struct imap_session *s, uint32_t folder, struct span rump, char out[2 * SEAL_URL_TOKEN + 1],
                        struct err *e)
{
    unsigned char token[SEAL_URL_TOKEN];
    struct buf salts = BUF_SECRET_INIT;
    enum rc rc = salts_of(s, folder, &salts, e);

    if (rc == RC_OK)
        rc = mailbox_url_token(s->box, folder, buf_span(&salts), rump, token, e);
    for (size_t i = 0; rc == RC_OK && i < sizeof token; i++)
        snprintf(out + 2 * i, 3, "%02x", token[i]);
    wipe(token, sizeof token);
    buf_free(&salts);
    return rc;
}

static bool for_account(const struct imap_session *s, const struct imap_url *u, enum url_by by)
{
    const struct imap_url_auth *a = &u->auth;

    if (a->access == URL_AUTHUSER)
        return by == URL_BY_SESSION;
    return a->access == (by == URL_BY_SUBMIT ? URL_SUBMIT : URL_USER) && span_ieq_str(a->user, s->address);
}

enum rc urlauth_make(struct imap_session *s, uint32_t folder, const struct imap_url *u, struct buf *out, struct err *e)
{
    char token[2 * SEAL_URL_TOKEN + 1];
    enum rc rc;

    if (!for_account(s, u, URL_BY_SUBMIT) && !for_account(s, u, URL_BY_SESSION))
        return reply_no(e, CAUSE_URL_ACCESS);
    if ((rc = token_of(s, folder, u->auth.rump, token, e)) != RC_OK)
        return rc;
    buf_addspan(out, u->auth.rump);
    buf_addf(out, ":INTERNAL:" VERSION "%s", token);
    wipe(token, sizeof token);
    return RC_OK;
}

enum rc urlauth_check(struct imap_session *s, uint32_t folder, const struct imap_url *u, enum url_by by, struct err *e)
{
    const struct imap_url_auth *a = &u->auth;
    char token[sizeof VERSION - 1 + 2 * SEAL_URL_TOKEN + 1] = VERSION;
    unsigned char given[sizeof token - 1];
    bool same;
    enum rc rc;

    if (!for_account(s, u, by) || !span_ieq_str(a->mechanism, "INTERNAL") || a->token.n != sizeof given ||
        (a->expires != 0 && clock_utc() >= a->expires))
        return reply_no(e, CAUSE_BAD_URL);
    if ((rc = token_of(s, folder, a->rump, token + sizeof VERSION - 1, e)) != RC_OK)
        return rc;
    ascii_lower_all(a->token, given);
    same = same_secret(given, token, sizeof given);
    wipe(token, sizeof token);
    return same ? RC_OK : reply_no(e, CAUSE_BAD_URL);
}

enum rc urlauth_reset(struct imap_session *s, uint32_t folder, struct err *e)
{
    unsigned char salt[SEAL_URL_SALT];
    struct imap_annotation one = {.name = SPAN_LIT(SALT), .value = span_of(salt, sizeof salt)};
    struct imap_metadata_args set = {.set = &one, .n = 1};
    enum rc rc;

    random_bytes(salt, sizeof salt);
    rc = metadata_set(s, folder, &set, e);
    wipe(salt, sizeof salt);
    return rc;
}
