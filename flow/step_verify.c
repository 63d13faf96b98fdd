/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_verify.c - writes what is known of the author as results: the sign-in, and the S/MIME signature. A broken
 * signature is never a reason to refuse the message, because the reader is to see it.
 * Source   RFC 7281 3 (smime results and properties), RFC 8601 2.7.4 (auth), RFC 8551 3.5.3.
 */
#include "base/clock.h"
#include "base/log.h"
#include "flow/letter_int.h"
#include "mime/fields.h"
#include <stdio.h>

enum { SIGNATURE_MAX = 512 * 1024 };

struct entity {
    struct spool *s;
    uint64_t off, left;
    struct buf mem; /* of the piece given last */
};

static enum rc read_entity(void *ctx, struct span *piece_out, struct err *e)
{
    struct entity *en = ctx;
    struct span piece;
    enum rc rc;

    if (en->left == 0)
        return err_set(e, RC_NOTFOUND, "end of the signed entity");
    rc = spool_read(en->s, en->off, &en->mem, &piece, e);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "signed entity beyond the message") : rc;
    piece = span_head(piece, en->left < piece.n ? (size_t)en->left : piece.n);
    en->off += piece.n;
    en->left -= piece.n;
    *piece_out = piece;
    return RC_OK;
}

/* The signature part's octets, decoded to DER. */
static enum rc load_signature(struct letter *l, const struct signed_places *p, struct buf *der, struct err *e)
{
    struct entity part = {l->message, p->sig_off, p->sig_len, BUF_SECRET_INIT};
    struct buf text = BUF_SECRET_INIT;
    struct span piece;
    enum rc rc;

    if (p->sig_len > SIGNATURE_MAX)
        return err_set(e, RC_SYNTAX, "signature of %llu octets", (unsigned long long)p->sig_len);
    while ((rc = read_entity(&part, &piece, e)) == RC_OK)
        buf_addspan(&text, piece);
    if (rc == RC_NOTFOUND)
        rc = mime_decode(p->sig_encoding, buf_span(&text), der, e);
    buf_free(&part.mem);
    buf_free(&text);
    return rc;
}

/* One of the certificates' addresses that is in From, if any is */
struct author {
    const struct cms_verdict *v;
    const char *found;
};

static enum cause same_author(void *ctx, struct span address, struct err *e)
{
    struct author *a = ctx;

    (void)e;
    for (size_t i = 0; i < a->v->n_mails && !a->found; i++)
        if (span_ieq_str(address, a->v->mails[i]))
            a->found = a->v->mails[i];
    return CAUSE_NONE;
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

/* Which of the certificates' addresses stands in From:? Any address of any signer counts, because every signer had to
 * hold. RFC 8550 3 accepts Sender too. But a mail reader shows From, so a signer who is only the Sender is told as
 * such. With two From fields the answer is no, because a mail reader may show the one that is not the signer's (RFC
 * 5322 3.6 permits one). After signing here there is no scan; the account's From was checked before. */
static const char *author_among(const struct letter *l, const struct cms_verdict *v)
{
    struct author a = {.v = v};
    struct err e;
    size_t n;

    if (!l->scan)
        return v->n_mails > 0 ? v->mails[0] : NULL;
    if (from_fields(letter_header(l)) != 1 ||
        letter_authors(letter_header(l), "From", same_author, &a, &n, &e) != CAUSE_NONE)
        return NULL;
    return a.found;
}

static void judge_author(const struct letter *l, struct letter_verdict *v)
{
    const char *author = author_among(l, &v->cms);

    snprintf(v->identifier, sizeof v->identifier, "%s", author ? author : v->cms.n_mails ? v->cms.mails[0] : "");
    if (v->word != CMS_PASS || author)
        return;
    v->word = CMS_POLICY;
    snprintf(v->reason, sizeof v->reason, "%s",
             v->cms.n_mails ? "the signer is not the author in From"
                            : "the certificate has no address to compare From with");
}

/* ---- revocation ---- */

/* All signers of a message together are waited for no longer than this, whatever trustd does: mail must not be delayed
 * by a verdict. */
enum { ASK_MS = 1500 };
struct asked {
    struct trust *trust;
    int64_t until;
    struct buf mem; /* open: what trustd says of a certificate */
};

static void ask_trustd(void *ctx, struct span chain, struct cms_revocation *out)
{
    static const enum cms_checked of[] = {[TS_GOOD] = CMS_NOT_REVOKED,
                                          [TS_REVOKED] = CMS_REVOKED,
                                          [TS_UNKNOWN] = CMS_NOT_CHECKED,
                                          [TS_PENDING] = CMS_NOT_CHECKED,
                                          [TS_NO_CHAIN] = CMS_NOT_CHECKED};
    struct asked *a = ctx;
    struct trustd_check_rep r = {.state = TS_UNKNOWN};
    struct err e;
    int left = deadline_left_ms(a->until);

    *out = (struct cms_revocation){.state = CMS_NOT_CHECKED};
    if (left == 0 || trust_check_wait(a->trust, TP_MAIL, chain, left, &r, &a->mem, &e) != RC_OK) {
        snprintf(out->why, sizeof out->why, "no answer from pli-trustd");
        return;
    }
    /* good without any data (the certificate names no address) is not checked */
    if (r.state < sizeof of / sizeof *of && !(r.state == TS_GOOD && r.as_of == 0))
        out->state = of[r.state];
    out->as_of = (int64_t)r.as_of;
    snprintf(out->why, sizeof out->why, "%s%.*s",
             r.state == TS_REVOKED ? (r.depth > 0 ? "an authority " : "the signer's certificate ") : "",
             r.why.n < 150 ? (int)r.why.n : 150, (const char *)r.why.p);
}

/* ---- the verdict ---- */

static enum rc judge(struct letter *l, const struct signed_places *p, struct span der, struct letter_verdict *v,
                     struct err *e)
{
    struct entity en = {l->message, p->entity_off, p->entity_len, BUF_SECRET_INIT};
    struct asked asked = {.trust = l->trust, .until = deadline_in(ASK_MS)};
    struct cms_trust t = {.anchors = l->conf->anchors,
                          .crls = l->conf->crls,
                          .n_crls = l->conf->n_crls,
                          .ask = l->trust && l->conf->revocation != LETTER_OFF ? ask_trustd : NULL,
                          .ask_ctx = &asked,
                          .require = l->conf->revocation == LETTER_REQUIRE};
    enum rc rc = cms_verify(der, p->opaque ? NULL : read_entity, &en, &t, &v->cms, e);

    buf_free(&en.mem);
    buf_free(&asked.mem);
    if (rc != RC_OK)
        return rc;
    v->word = v->cms.word;
    v->judged = true;
    snprintf(v->reason, sizeof v->reason, "%s", v->cms.reason);
    judge_author(l, v);
    return RC_OK;
}

static enum rc judge_received(struct letter *l, struct letter_verdict *v, struct err *e)
{
    struct signed_places p = {.odd = NULL};
    struct buf der = BUF_SECRET_INIT;
    enum rc rc = signed_places(l->scan, &p, e);

    if (rc == RC_NOTFOUND)
        return RC_OK;
    if (rc == RC_OK && p.odd) {
        v->word = CMS_NEUTRAL;
        snprintf(v->reason, sizeof v->reason, "%s", p.odd);
        return RC_OK;
    }
    if (rc == RC_OK)
        rc = load_signature(l, &p, &der, e);
    if (rc == RC_SYNTAX) { /* beyond what is looked at */
        v->word = CMS_NEUTRAL;
        snprintf(v->reason, sizeof v->reason, "signature too large");
        rc = RC_OK;
    } else if (rc == RC_OK) {
        rc = judge(l, &p, buf_span(&der), v, e);
    }
    buf_free(&der);
    return rc;
}

enum rc letter_verdict(struct letter *l, struct letter_verdict *v, struct err *e)
{
    *v = (struct letter_verdict){.word = CMS_NONE};
    return l->cms.n > 0 ? judge(l, &l->places, buf_span(&l->cms), v, e) : judge_received(l, v, e);
}

/* ---- what is written of it ---- */

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

static const char *const revocation_word[] = {
    [CMS_NOT_CHECKED] = "not-checked", [CMS_NOT_REVOKED] = "good", [CMS_REVOKED] = "revoked"};

/* Said wherever a true signature is spoken of, with the time of the data: a reader may know something younger. */
static const char *revocation_comment(const struct letter_verdict *v, char out[64])
{
    if (!v->judged || !v->cms.valid)
        return "";
    if (v->cms.revoked.state == CMS_NOT_CHECKED)
        return " (revocation not checked)";
    snprintf(out, 64, " (%.50s)", v->cms.revocation);
    return out;
}

static void say_verdict(struct letter *l, const struct letter_verdict *v)
{
    const char *result = cms_word_name(v->word);
    char reason[400] = "", id[600], comment[64];

    quoted(v->identifier, id, sizeof id);
    if (v->reason[0])
        quoted(v->reason, reason, sizeof reason);
    results_add(l, "smime=%s%s%s%s%s%s", result, revocation_comment(v, comment), reason[0] ? " reason=" : "", reason,
                v->identifier[0] ? "\r\n\tbody.smime-identifier=" : "", v->identifier[0] ? id : "");
    log_ev(LOG_INFO_, "smime-verdict", "result=%s valid=%d trusted=%d revocation=%s cause=%s", result, v->cms.valid,
           v->cms.trusted, v->judged ? revocation_word[v->cms.revoked.state] : "-", log_esc(span_str(v->reason)));
}

enum cause step_verify(struct letter *l, struct err *e)
{
    struct letter_verdict v;

    if (l->account->address.n > 0)
        results_add(l, "auth=pass smtp.auth=%.*s", SPAN_ARG(l->account->address));
    if (letter_verdict(l, &v, e) == RC_OK)
        say_verdict(l, &v);
    else
        results_add(l, "smime=%s reason=\"signature not readable\"", e->rc == RC_TEMP ? "temperror" : "permerror");
    return CAUSE_NONE;
}
