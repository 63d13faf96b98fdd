/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_verify.c - what we know of the author: the sign-in, and the S/MIME signature, as results (never a refusal: a broken
 * signature is for the reader to see).
 * Source   RFC 7281 3 (smime results and properties), RFC 8601 2.7.4 (auth), RFC 8551 3.5.3.
 */
#include "base/log.h"
#include "flow/letter_int.h"
#include "mime/fields.h"

enum { SIGNATURE_MAX = 512 * 1024 };

struct entity {
    struct spool *s;
    uint64_t off, left;
};

static enum rc read_entity(void *ctx, struct span *piece_out, struct err *e)
{
    struct entity *en = ctx;
    struct span piece;
    enum rc rc;

    if (en->left == 0)
        return err_set(e, RC_NOTFOUND, NULL, NULL, "end of the signed entity");
    rc = spool_read(en->s, en->off, &piece, e);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, NULL, NULL, "signed entity beyond the message") : rc;
    piece = span_head(piece, en->left < piece.n ? (size_t)en->left : piece.n);
    en->off += piece.n;
    en->left -= piece.n;
    *piece_out = piece;
    return RC_OK;
}

/* The signature part's octets, decoded to DER. */
static enum rc load_signature(struct letter *l, const struct signed_places *p, struct buf *der, struct err *e)
{
    struct entity part = {l->message, p->sig_off, p->sig_len};
    struct buf text = BUF_INIT;
    struct span piece;
    enum rc rc;

    if (p->sig_len > SIGNATURE_MAX)
        return err_set(e, RC_SYNTAX, NULL, NULL, "signature of %llu octets", (unsigned long long)p->sig_len);
    while ((rc = read_entity(&part, &piece, e)) == RC_OK)
        buf_addspan(&text, piece);
    if (rc == RC_NOTFOUND)
        rc = mime_decode(p->sig_encoding, buf_span(&text), der, e);
    buf_free(&text);
    return rc;
}

struct author {
    struct span signer;
    bool found;
};

static enum refusal same_author(void *ctx, struct span address, struct err *e)
{
    struct author *a = ctx;

    (void)e;
    a->found = a->found || span_ieq(address, a->signer);
    return REFUSE_NONE;
}

static size_t from_fields(struct span header)
{
    struct field f;
    struct err e;
    size_t n = 0;

    while (field_next(&header, &f, &e) == RC_OK)
        n += span_ieq_str(f.name, "From");
    return n;
}

/* Is the certificate's address one of From:? Of two From fields a reader shows one, perhaps not the signer's: no (RFC 5322 3.6 has
 * one). After signing here there is no scan; the account's From was checked before. */
static bool signer_is_author(const struct letter *l, const char *signer)
{
    struct author a = {.signer = span_str(signer)};
    struct err e;
    size_t n;

    if (a.signer.n == 0)
        return false;
    if (!l->scan)
        return true;
    return from_fields(letter_header(l)) == 1 &&
           letter_authors(letter_header(l), "From", same_author, &a, &n, &e) == REFUSE_NONE && a.found;
}

/* A value in a header field: quoted, controls and 8-bit octets made harmless (RFC 8601 2.2 value = token / quoted-string). */
static void quoted(const char *in, char *out, size_t cap)
{
    size_t n = 0;

    out[n++] = '"';
    for (; *in && n + 3 < cap; in++) {
        if (*in == '"' || *in == '\\')
            out[n++] = '\\';
        out[n++] = *in < 0x20 || *in == 0x7F || (unsigned char)*in >= 0x80 ? '?' : *in;
    }
    out[n++] = '"';
    out[n] = 0;
}

static void say_verdict(struct letter *l, const struct cms_verdict *v)
{
    const char *result = "pass", *why = NULL;
    char reason[200], id[300];

    if (!v->valid) {
        result = "fail";
        why = v->reason;
    } else if (!v->trusted) {
        result = "policy";
        why = v->reason;
    } else if (!signer_is_author(l, v->signer)) {
        result = "policy";
        why = "the signer is not the author in From";
    }
    quoted(v->signer, id, sizeof id);
    if (why) {
        quoted(why, reason, sizeof reason);
        results_add(l, "smime=%s reason=%s\r\n\tbody.smime-identifier=%s", result, reason, id);
    } else {
        results_add(l, "smime=%s body.smime-identifier=%s", result, id);
    }
    log_ev(LOG_INFO_, "smime-verdict", "result=%s valid=%d trusted=%d cause=%s", result, v->valid, v->trusted,
           log_esc(span_str(v->reason)));
}

static void judge(struct letter *l, const struct signed_places *p, struct span der, struct err *e)
{
    struct entity en = {l->message, p->entity_off, p->entity_len};
    struct cms_verdict v;

    if (!l->conf->anchors)
        results_add(l, "smime=neutral reason=\"no trust anchors\"");
    else if (cms_verify_detached(der, read_entity, &en, l->conf->anchors, &v, e) != RC_OK)
        results_add(l, "smime=%s reason=\"signature not readable\"", e->rc == RC_TEMP ? "temperror" : "permerror");
    else
        say_verdict(l, &v);
}

static void judge_received(struct letter *l, struct err *e)
{
    struct signed_places p = {0};
    struct buf der = BUF_INIT;

    if (signed_places(l->scan, &p, e) != RC_OK)
        results_add(l, "smime=none");
    else if (p.opaque)
        results_add(l, "smime=neutral reason=\"opaque signature not judged\"");
    else if (load_signature(l, &p, &der, e) != RC_OK)
        results_add(l, "smime=permerror reason=\"signature not readable\"");
    else
        judge(l, &p, buf_span(&der), e);
    buf_free(&der);
}

enum refusal step_verify(struct letter *l, struct err *e)
{
    if (l->account.n > 0)
        results_add(l, "auth=pass smtp.auth=%.*s", SPAN_ARG(l->account));
    if (l->cms.n > 0)
        judge(l, &l->places, buf_span(&l->cms), e);
    else
        judge_received(l, e);
    return REFUSE_NONE;
}
