/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/convert.c - see mime/convert.h. */
#include "mime/convert.h"
#include "mime/canon.h"
#include "mime/part.h"

/* Types whose octets somebody vouches for, or that are opaque. */
static const struct {
    const char *type, *subtype;
} sealed[] = {
    {"multipart", "signed"},          {"multipart", "encrypted"},         {"application", "pkcs7-mime"},
    {"application", "x-pkcs7-mime"},  {"application", "pkcs7-signature"}, {"application", "x-pkcs7-signature"},
    {"application", "pgp-encrypted"}, {"application", "pgp-signature"},   {"application", "pgp-keys"},
};
/* Of the message, or of one that it encloses: signatures over header and body as they stand. */
static const char *const signing_fields[] = {"DKIM-Signature", "ARC-Message-Signature", "DomainKey-Signature"};

static bool part_is_sealed(const struct part *p)
{
    struct content_type ct;
    struct field f;
    bool is = false;

    part_declared(p->header, p->in_digest, &ct);
    for (size_t i = 0; i < sizeof sealed / sizeof *sealed; i++)
        is = is || content_type_is(&ct, sealed[i].type, sealed[i].subtype);
    content_type_free(&ct);
    for (size_t i = 0; i < sizeof signing_fields / sizeof *signing_fields; i++)
        is = is || field_find(p->header, signing_fields[i], &f);
    return is;
}

/* A message/... that is no container: a status report, a piece of a message, one that is encoded already. */
static bool part_is_fixed(const struct part *p)
{
    struct content_type ct;
    bool is;

    part_declared(p->header, p->in_digest, &ct);
    is = p->kind == PART_LEAF && content_type_is(&ct, "message", NULL) &&
         ((p->body_octets & OCT_8BIT) || content_type_is(&ct, "message", "partial"));
    content_type_free(&ct);
    return is;
}

enum convert_may convert_may(const struct scan *s)
{
    struct signed_places places;
    struct err e;

    if (scan_facts(s)->is_signed || scan_facts(s)->is_encrypted || signed_places(s, &places, &e) != RC_NOTFOUND)
        return CONVERT_SIGNED;
    for (size_t i = 0; i < scan_parts(s); i++)
        if (part_is_sealed(scan_part(s, i)))
            return CONVERT_SIGNED;
    if (scan_flat(s) || (scan_part(s, 0)->header_octets & (OCT_8BIT | OCT_NUL)))
        return CONVERT_NOT;
    for (size_t i = 0; i < scan_parts(s); i++)
        if (part_is_fixed(scan_part(s, i)))
            return CONVERT_NOT;
    return CONVERT_MAY;
}
