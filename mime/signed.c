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

    *out = (struct signed_form){.boundary = ""};
    if (header.n > 4u * SCAN_TOP_HEADER)
        return err_set(e, RC_PERM, "5.3.4", "header too large to sign", "a header block of %zu bytes is not signed",
                       header.n);
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

static void note_encoding(const struct part *p, struct signed_places *out)
{
    struct field f = {.body = SPAN_NULL};

    if (field_find(p->header, "Content-Transfer-Encoding", &f))
        snprintf(out->sig_encoding, sizeof out->sig_encoding, "%.*s", SPAN_ARG(span_head(span_trim(f.body), 23)));
    out->sig_off = p->body_off;
    out->sig_len = p->body_len;
}

static bool is_signature(const struct scan *s, const struct part *p)
{
    struct content_type ct;
    bool is;

    part_type(p, scan_flat(s), &ct);
    is = p->kind == PART_LEAF && (content_type_is(&ct, "application", "pkcs7-signature") ||
                                  content_type_is(&ct, "application", "x-pkcs7-signature"));
    content_type_free(&ct);
    return is;
}

static bool is_opaque(const struct scan *s, const struct part *p)
{
    struct content_type ct;
    struct buf type = BUF_INIT;
    bool is;

    part_type(p, scan_flat(s), &ct);
    is = p->kind == PART_LEAF &&
         (content_type_is(&ct, "application", "pkcs7-mime") || content_type_is(&ct, "application", "x-pkcs7-mime")) &&
         content_type_param(&ct, "smime-type", &type) && span_ieq_str(buf_span(&type), "signed-data");
    content_type_free(&ct);
    buf_free(&type);
    return is;
}

enum rc signed_places(const struct scan *s, struct signed_places *out, struct err *e)
{
    const struct part *root = scan_part(s, 0), *entity, *sig;
    struct signed_places at = {.opaque = is_opaque(s, root)};
    struct content_type ct;
    bool is_signed;

    if (at.opaque) {
        note_encoding(root, &at);
        *out = at;
        return RC_OK;
    }
    part_type(root, scan_flat(s), &ct);
    is_signed = root->kind == PART_MULTIPART && content_type_is(&ct, "multipart", "signed");
    content_type_free(&ct);
    entity = is_signed && root->first_child ? scan_part(s, root->first_child) : NULL;
    sig = entity && entity->next_sibling ? scan_part(s, entity->next_sibling) : NULL;
    if (!sig || sig->next_sibling || !is_signature(s, sig)) /* RFC 1847: exactly two parts */
        return err_set(e, RC_NOTFOUND, NULL, NULL, "no S/MIME signature in it");
    at.entity_off = entity->header_off;
    at.entity_len = entity->header_len + entity->body_len;
    note_encoding(sig, &at);
    *out = at;
    return RC_OK;
}
