/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/ticket.c - see crypto/seal/ticket.h. HMAC: RFC 2104. */
#include "crypto/seal/ticket.h"
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/seal/digest.h"

enum { TICKET_VERSION = 4, TAG = DIGEST_LEN, TAGS = TAG * TICKET_CHECKERS, CLOCK_SLACK = 60 };
_Static_assert(1 + 1 + 4 + 5 * 8 + 4 + 2 * 8 + 16 + 2 * (4 + TICKET_ADDR) + TAGS <= TICKET_MAX,
               "the longest ticket fits");

void ticket_keys_new(struct ticket_keys *out)
{
    random_bytes(out, sizeof *out);
}

static void ticket_put(const struct ticket *t, struct buf *out)
{
    unsigned char nonce[sizeof t->nonce];

    random_bytes(nonce, sizeof nonce);
    buf_u8(out, TICKET_VERSION);
    buf_u8(out, t->method);
    buf_u32(out, t->rights);
    buf_u64(out, t->mbx);
    buf_u64(out, t->begun);
    buf_u64(out, t->issued);
    buf_u64(out, t->expires);
    buf_u64(out, t->secret_at);
    buf_u32(out, t->acl);
    buf_u64(out, t->actor_mbx);
    buf_u64(out, t->grant);
    buf_add(out, nonce, sizeof nonce);
    buf_bytes(out, span_str(t->address));
    buf_bytes(out, span_str(t->actor));
}

/* The checker's number stands before the body: were two checkers ever given one key, their tags would still differ. */
static void tag_of(struct span body, enum ticket_checker who, const unsigned char key[TICKET_KEY],
                   unsigned char out[TAG])
{
    unsigned char text[1 + TICKET_MAX] = {(unsigned char)who};

    memcpy(text + 1, body.p, body.n);
    hmac_of(span_of(key, TICKET_KEY), span_of(text, 1 + body.n), out);
}

void ticket_make(const struct ticket *t, const struct ticket_keys *k, struct buf *out)
{
    unsigned char tags[TICKET_CHECKERS][TAG];
    struct buf body = BUF_INIT;

    ticket_put(t, &body);
    for (unsigned who = 0; who < TICKET_CHECKERS; who++)
        tag_of(buf_span(&body), who, k->of[who], tags[who]);
    buf_addspan(out, buf_span(&body));
    buf_add(out, tags, sizeof tags);
    buf_free(&body);
}

/* Copies a text and ends it with NUL. False: the text is empty, too long, or has a NUL inside. */
static bool text_get(struct rd *r, char out[TICKET_ADDR + 1])
{
    struct span s = rd_bytes(r);

    if (!rd_ok(r) || s.n == 0 || s.n > TICKET_ADDR || memchr(s.p, 0, s.n) != NULL)
        return false;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

static bool ticket_get(struct span body, struct ticket *t)
{
    struct rd r = rd_of(body);
    uint8_t version = rd_u8(&r);
    struct span nonce;

    t->method = rd_u8(&r);
    t->rights = rd_u32(&r);
    t->mbx = rd_u64(&r);
    t->begun = rd_u64(&r);
    t->issued = rd_u64(&r);
    t->expires = rd_u64(&r);
    t->secret_at = rd_u64(&r);
    t->acl = rd_u32(&r);
    t->actor_mbx = rd_u64(&r);
    t->grant = rd_u64(&r);
    nonce = rd_take(&r, sizeof t->nonce);
    if (!rd_ok(&r) || version != TICKET_VERSION)
        return false;
    memcpy(t->nonce, nonce.p, sizeof t->nonce);
    return text_get(&r, t->address) && text_get(&r, t->actor) && rd_done(&r);
}

bool ticket_delegate(const struct ticket *t)
{
    return t->actor_mbx != 0;
}

enum rc ticket_check(struct span wire, enum ticket_checker who, const unsigned char key[TICKET_KEY], int64_t now,
                     struct ticket *t_out, struct err *e)
{
    unsigned char tag[TAG];
    struct span body;
    struct ticket t;

    if (wire.n <= TAGS || wire.n > TICKET_MAX)
        return err_set(e, RC_DENIED, "ticket of %zu bytes", wire.n);
    body = span_head(wire, wire.n - TAGS);
    tag_of(body, who, key, tag);
    if (!same_secret(tag, wire.p + body.n + (size_t)who * TAG, TAG))
        return err_set(e, RC_DENIED, "ticket: wrong tag (made before the last start, or forged)");
    memset(&t, 0, sizeof t);
    if (!ticket_get(body, &t))
        return err_set(e, RC_DENIED, "ticket is malformed");
    if (now < 0 || (uint64_t)now >= t.expires || t.issued > (uint64_t)now + CLOCK_SLACK)
        return err_cause(e, RC_DENIED, CAUSE_SESSION_EXPIRED, "ticket of %s is expired or not yet valid",
                         log_esc(span_str(t.address)));
    *t_out = t;
    return RC_OK;
}
