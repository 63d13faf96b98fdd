/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_sign.c - signs a submission of an account that signs. The message is made canonical, its digest goes to
 * keyd, and the signature that comes back closes a multipart/signed. After this step no octet changes; trace goes on
 * top. Mail that is signed or encrypted already is not signed, nor is mail of an account without a signing slot or with
 * "--sign never".
 * Source   RFC 8551 3.1, 3.5.3, RFC 1847, RFC 6409 8.
 */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/cms/cms.h"
#include "crypto/seal/digest.h"
#include "crypto/seal/slot.h"
#include "flow/letter_int.h"
#include "mime/fields.h"

struct signing {
    struct letter *l;
    struct spool *plain; /* canonical message; the letter's own when it was canonical already */
    bool own_plain;
    struct buf header; /* of plain */
    struct signed_form form;
    struct spool *out;
    struct digest *digest;
};

static bool wanted(const struct letter *l)
{
    const struct scan_facts *f = scan_facts(l->scan);
    struct slot slot;
    struct err e;

    if (l->door != DOOR_SUBMISSION || !l->signer->sign || f->is_signed || f->is_encrypted)
        return false;
    return slot_find(l->signer->slots, SLOT_SIGNING, &slot, &e) !=
           RC_NOTFOUND; /* slots that do not read: signing says so, the letter waits */
}

static enum rc to_spool(void *ctx, struct span piece, struct err *e)
{
    return spool_put(ctx, piece, e);
}

static enum rc to_canon(void *ctx, struct span piece, struct err *e)
{
    return canon_feed(ctx, piece, e);
}

/* Room for what re-encoding and the signature add: base64 of all octets with its line ends, and the structure. */
static uint64_t signed_max(const struct letter *l)
{
    return l->conf->max_message * 3 + 1024 * 1024;
}

static enum rc make_canonical(struct signing *g, struct err *e)
{
    struct canon_spec spec = {.message_id_domain = g->l->conf->host, .now = clock_utc()};
    struct canon *c;
    enum rc rc;

    g->plain = g->l->message;
    if (scan_flat(g->l->scan) &&
        scan_facts(g->l->scan)->has_8bit) /* its parts are not known, so they cannot be re-encoded */
        return err_cause(e, RC_PERM, CAUSE_TOO_BIG, "8-bit in a message of too many parts to sign");
    if (!canon_needed(g->l->scan))
        return RC_OK;
    g->plain = spool_new(signed_max(g->l));
    g->own_plain = true;
    c = canon_new(g->l->scan, &spec, to_spool, g->plain);
    rc = spool_each(g->l->message, to_canon, c, e);
    if (rc == RC_OK)
        rc = canon_end(c, e);
    canon_free(&c);
    return rc == RC_OK ? spool_end(g->plain, e) : rc;
}

/* The header block with its empty line, or the whole when there is none. */
static enum rc take_header(struct signing *g, struct err *e)
{
    struct buf mem = BUF_SECRET_INIT;
    struct span piece;
    ptrdiff_t end = -1;
    enum rc rc = RC_OK;

    buf_init_secret(&g->header);
    while (rc == RC_OK && end < 0 && g->header.n < 2 * SCAN_TOP_HEADER) {
        rc = spool_read(g->plain, g->header.n, &mem, &piece, e);
        if (rc == RC_OK)
            buf_addspan(&g->header, piece);
        end = span_istarts(buf_span(&g->header), "\r\n") ? -2 : span_find(buf_span(&g->header), SPAN_LIT("\r\n\r\n"));
        if (end == -2)
            break;
    }
    buf_free(&mem);
    if (rc != RC_OK && rc != RC_NOTFOUND)
        return rc;
    if (end != -1)
        buf_cut(&g->header, end == -2 ? 2 : (size_t)end + 4);
    return RC_OK;
}

static enum rc signed_octets(struct signing *g, struct span piece, struct err *e)
{
    digest_add(g->digest, piece);
    return spool_put(g->out, piece, e);
}

static enum rc write_entity(struct signing *g, struct err *e)
{
    uint64_t off = g->header.n, size = spool_size(g->plain);
    struct buf mem = BUF_SECRET_INIT;
    struct span piece;
    enum rc rc = spool_put(g->out, buf_span(&g->form.outer_header), e);

    if (rc != RC_OK)
        return rc;
    g->l->places.entity_off = spool_size(g->out);
    rc = signed_octets(g, buf_span(&g->form.inner_header), e);
    while (rc == RC_OK && off < size) {
        rc = spool_read(g->plain, off, &mem, &piece, e);
        if (rc == RC_OK)
            rc = signed_octets(g, piece, e);
        off += piece.n;
    }
    buf_free(&mem);
    g->l->places.entity_len = spool_size(g->out) - g->l->places.entity_off;
    return rc;
}

enum { DATE_APART = 50 * 60 };

/* The true time, or none where the message's own Date lies too far off (docs/decisions/0014). */
static int64_t signing_time(const struct signing *g)
{
    int64_t now = clock_utc(), date, day;
    struct field f;

    if (!field_find(buf_span(&g->header), "Date", &f) || !date_parse(f.body, &date, &day))
        return CMS_NO_TIME;
    return date >= now - DATE_APART && date <= now + DATE_APART ? now : CMS_NO_TIME;
}

static enum rc write_signature(struct signing *g, struct err *e)
{
    unsigned char md[DIGEST_LEN];
    struct buf tail = BUF_SECRET_INIT;
    enum rc rc;

    digest_end(&g->digest, md);
    rc = keyd_sign_mail(g->l->keyd, g->l->signer->ticket, g->l->signer->slots, md, signing_time(g), &g->l->cms, e);
    if (rc == RC_OK) {
        signed_form_signature(&g->form, buf_span(&g->l->cms), &tail);
        rc = spool_put(g->out, buf_span(&tail), e);
    }
    buf_free(&tail);
    return rc == RC_OK ? spool_end(g->out, e) : rc;
}

static void signing_end(struct signing *g)
{
    unsigned char md[DIGEST_LEN];

    if (g->digest)
        digest_end(&g->digest, md);
    if (g->own_plain)
        spool_free(&g->plain);
    spool_free(&g->out);
    buf_free(&g->header);
    signed_form_free(&g->form);
}

static enum rc sign(struct signing *g, struct err *e)
{
    enum rc rc = make_canonical(g, e);

    if (rc == RC_OK)
        rc = take_header(g, e);
    if (rc == RC_OK)
        rc = signed_form_make(buf_span(&g->header), &g->form, e);
    g->out = spool_new_led(signed_max(g->l));
    g->digest = digest_new();
    if (rc == RC_OK)
        rc = write_entity(g, e);
    return rc == RC_OK ? write_signature(g, e) : rc;
}

enum cause step_sign(struct letter *l, struct err *e)
{
    struct signing g = {.l = l};
    enum cause r = CAUSE_NONE;

    if (!wanted(l))
        return CAUSE_NONE;
    if (sign(&g, e) == RC_OK) {
        spool_free(&l->message);
        l->message = g.out;
        g.out = NULL;
        if (!g.own_plain)
            g.plain = NULL;
        scan_free(&l->scan); /* it described the message before */
    } else {
        buf_clear(&l->cms);
        r = letter_temp(e);
        if (r == CAUSE_STORE_TEMP)
            r = CAUSE_KEY_TEMP;
    }
    signing_end(&g);
    return r;
}
