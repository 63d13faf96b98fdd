/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/signed.c - multipart/signed: made around a canonical message, and found in a received one (mime/canon.h).
 * RFC 1847 2.1, RFC 8551 3.5.3.
 */
#include "base/wipe.h"
#include "mime/canon.h"
#include "mime/part.h"
#include <stdio.h>

static void make_boundary(char out[72])
{
    unsigned char r[16];
    int n = snprintf(out, 72, "pli-");

    random_bytes(r, sizeof r);
    for (size_t i = 0; i < sizeof r; i++)
        n += snprintf(out + n, 72 - (size_t)n, "%02x", r[i]);
}

static void add_field(struct buf *out, struct span raw)
{
    buf_addspan(out, raw);
    if (raw.n < 2 || raw.p[raw.n - 2] != '\r' || raw.p[raw.n - 1] != '\n')
        buf_addstr(out, "\r\n");
}

enum rc signed_form_make(struct span header, struct signed_form *out, struct err *e)
{
    struct field f;
    bool type = false, version = false;

    *out = (struct signed_form){.outer_header = BUF_SECRET_INIT, .inner_header = BUF_SECRET_INIT};
    if (header.n > 4u * SCAN_TOP_HEADER)
        return err_cause(e, RC_PERM, CAUSE_TOO_BIG, "a header block of %zu bytes is not signed", header.n);
    make_boundary(out->boundary);
    while (field_next(&header, &f, e) == RC_OK) {
        bool inner = span_istarts(f.name, "Content-");

        add_field(inner ? &out->inner_header : &out->outer_header, f.raw);
        type |= span_ieq_str(f.name, "Content-Type");
        version |= span_ieq_str(f.name, "MIME-Version");
    }
    if (!type)
        buf_addstr(&out->inner_header, "Content-Type: text/plain; charset=us-ascii\r\n");
    buf_addstr(&out->inner_header, "\r\n");
    if (!version)
        buf_addstr(&out->outer_header, "MIME-Version: 1.0\r\n");
    buf_addf(&out->outer_header,
             "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n"
             "\tmicalg=sha-256; boundary=\"%s\"\r\n\r\n--%s\r\n",
             out->boundary, out->boundary);
    return RC_OK;
}

void signed_form_signature(const struct signed_form *f, struct span cms_der, struct buf *out)
{
    struct encoder base64 = {.kind = CODEC_BASE64};

    buf_addf(out,
             "\r\n--%s\r\n"
             "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
             "Content-Transfer-Encoding: base64\r\n"
             "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n",
             f->boundary);
    encoder_feed(&base64, cms_der, out);
    encoder_end(&base64, out);
    buf_addf(out, "--%s--\r\n", f->boundary);
}

void signed_form_free(struct signed_form *f)
{
    if (!f)
        return;
    buf_free(&f->outer_header);
    buf_free(&f->inner_header);
}

/* ---- reception ---- */

static void note_place(const struct part *p, struct signed_places *out)
{
    static const char *const names[] = {
        [CODEC_IDENTITY] = "", [CODEC_BASE64] = "base64", [CODEC_QP] = "quoted-printable"};

    snprintf(out->sig_encoding, sizeof out->sig_encoding, "%s", names[part_encoding(p, NULL)]);
    out->sig_off = p->body_off;
    out->sig_len = p->body_len;
}

/* Is it application/octet-stream with a file name of that ending? RFC 8551 3.9 */
static bool named(const struct part *p, const struct content_type *ct, const char *ending)
{
    struct buf name = BUF_SECRET_INIT;
    size_t n = strlen(ending);
    bool is;

    part_file_name(p->header, ct, &name);
    is = content_type_is(ct, "application", "octet-stream") && name.n > n &&
         span_ieq_str(span_from(buf_span(&name), name.n - n), ending);
    buf_free(&name);
    return is;
}

static bool is_signature(const struct part *p, const struct content_type *ct)
{
    return content_type_is(ct, "application", "pkcs7-signature") ||
           content_type_is(ct, "application", "x-pkcs7-signature") || named(p, ct, ".p7s");
}

/* Is it pkcs7-mime that may be signed? Yes unless its smime-type names another kind, because smime-type may be missing
 * (RFC 8551 3.2.2). */
static bool is_opaque(const struct part *p, const struct content_type *ct)
{
    struct buf type = BUF_SECRET_INIT;
    bool is = named(p, ct, ".p7m");

    if (content_type_is(ct, "application", "pkcs7-mime") || content_type_is(ct, "application", "x-pkcs7-mime"))
        is = !content_type_param(ct, "smime-type", &type) || span_ieq_str(buf_span(&type), "signed-data") ||
             span_ieq_str(buf_span(&type), "signed-receipt");
    buf_free(&type);
    return is;
}

/* Is it multipart/signed for S/MIME? Either its protocol parameter says so, or a signature part is there (part_is). */
static bool says_smime(const struct content_type *ct, bool part_is)
{
    struct buf protocol = BUF_SECRET_INIT;
    bool is = content_type_param(ct, "protocol", &protocol) &&
              (span_ieq_str(buf_span(&protocol), "application/pkcs7-signature") ||
               span_ieq_str(buf_span(&protocol), "application/x-pkcs7-signature"));

    buf_free(&protocol);
    return content_type_is(ct, "multipart", "signed") && (is || part_is);
}

enum found { NOT_SIGNED, DETACHED, OPAQUE, ODD };

/* What one part is when it is looked at alone. sig_out: where its signature is. */
static enum found look(const struct scan *s, const struct part *p, const struct part **sig_out)
{
    const struct part *child = p->first_child ? scan_part(s, p->first_child) : NULL, *sig = NULL;
    struct content_type ct, second;
    enum found f = NOT_SIGNED;
    bool two = child && child->next_sibling, part_is = false;

    if (p->kind == PART_MULTIPART && two) {
        sig = scan_part(s, child->next_sibling);
        part_type(sig, scan_flat(s), &second);
        part_is = sig->kind == PART_LEAF && is_signature(sig, &second);
        content_type_free(&second);
    }
    part_declared(p->header, p->in_digest, &ct);
    if (says_smime(&ct, part_is))
        f = part_is && !sig->next_sibling ? DETACHED : ODD;
    else if (p->kind == PART_LEAF && is_opaque(p, &ct))
        f = OPAQUE;
    content_type_free(&ct);
    *sig_out = sig;
    return f;
}

/* Is p inside an enclosed message? A signature there is about the enclosed message, not about this one. */
static bool enclosed(const struct scan *s, size_t i)
{
    for (; i > 0; i = scan_part(s, i)->parent)
        if (scan_part(s, scan_part(s, i)->parent)->kind == PART_MESSAGE)
            return true;
    return false;
}

/* Can the message be taken apart in another way too? Pli follows the first Content-Type and the first boundary. A
 * reader that follows another one would show, under our "pass", what nobody signed. */
static bool ambiguous(const struct part *root)
{
    struct span rest = root->header;
    struct content_type ct;
    size_t types = 0, encodings = 0, boundaries;
    struct field f;
    struct err e;

    while (field_next(&rest, &f, &e) == RC_OK) {
        types += span_ieq_str(f.name, "Content-Type");
        encodings += span_ieq_str(f.name, "Content-Transfer-Encoding");
    }
    part_declared(root->header, false, &ct);
    boundaries = content_type_given(&ct, "boundary");
    content_type_free(&ct);
    return types > 1 || encodings > 1 || boundaries > 1;
}

static bool part_signed(const struct scan *s)
{
    const struct part *sig;

    for (size_t i = 1; i < scan_parts(s); i++)
        if (look(s, scan_part(s, i), &sig) != NOT_SIGNED && !enclosed(s, i))
            return true;
    return false;
}

enum rc signed_places(const struct scan *s, struct signed_places *out, struct err *e)
{
    const struct part *root = scan_part(s, 0), *sig = NULL, *entity;
    struct signed_places at = {.odd = NULL};
    enum found f = look(s, root, &sig);

    if (f == NOT_SIGNED && !part_signed(s))
        return err_set(e, RC_NOTFOUND, "no S/MIME signature in it");
    if (f == NOT_SIGNED)
        at.odd = "only a part of the message is signed";
    else if (f == ODD)
        at.odd = scan_flat(s) ? "too many parts to be judged" : "not one signed part and its signature";
    else if (ambiguous(root))
        at.odd = "more than one Content-Type, encoding or boundary";
    if (at.odd) {
        *out = at;
        return RC_OK;
    }
    at.opaque = f == OPAQUE;
    if (at.opaque)
        note_place(root, &at);
    if (f == DETACHED) {
        entity = scan_part(s, root->first_child);
        at.entity_off = entity->header_off;
        at.entity_len = entity->header_len + entity->body_len;
        note_place(sig, &at);
    }
    *out = at;
    return RC_OK;
}
